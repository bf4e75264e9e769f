//! What if a past decision had been another one: forks that take the other answer and run to their end by themselves,
//! and a report of what became of the answer. The run itself is only read.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use anyhow::{anyhow, bail};
use similar::{ChangeTag, TextDiff};
use tokio::sync::mpsc;

use crate::{
    engine::{Audience, Tap, Unrecorded},
    run::{
        Ask, Cap, Choice, Command, DecisionId, Event, Fact, Pace, Parting, Refusal, Run, RunId, Scope, Seq, Timeline,
        line::WhatIf,
        report::{Report, Row, Target, Tone},
        rules::human,
    },
    store::RunDir,
};

use super::{Fork, Mind, Minds, Recording, Saved, Stand, fork};

/// Batches of events on their way here. Full: the sequencer keeps them for its next batch.
const BATCHES: usize = 256;

/// Forks the run that `wanted` means and says what came of it. The cap is on all samples together, and on what is not
/// answered from the record.
///
/// # Errors
/// When there is no such decision, the answer does not fit it, or a run cannot be read or written.
pub async fn what_if(runs: &RunDir, minds: &Minds, wanted: &str, wish: &WhatIf) -> anyhow::Result<Report> {
    let WhatIf { decision, ref choice, samples, cap } = *wish;
    let parent = Saved::open(runs, wanted)?;
    let at = place(&parent, decision)?;
    let before = parent.timeline.at(at);
    human::decide(&before, decision, choice).map_err(|Refusal(why)| anyhow!(why))?;
    let precedents = precedents(&parent.timeline);
    let mut report = Report::new(format!("What if {decision} had been {choice}"));
    report.push(Row::new(0, Tone::Plain, "from", format!("{} at event {at}", parent.id)).opens(Target::Seq(at)));
    let mut left = cap;
    for sample in 1..=samples {
        if is_used_up(left) {
            report.row(0, Tone::Warn, "cap", format!("{cap} is used up: {} of {samples} were run", sample - 1));
            break;
        }
        let mut commands = vec![Command::Decide { decision, choice: choice.clone() }];
        if !left.is_none() {
            commands.insert(0, Command::SetCap { scope: Scope::Run, cap: over(&before, left) });
        }
        let wish = Fork { at: Some(at), commands, stand: Stand::Follow, unrecorded: Unrecorded::Send };
        let (saved, recording) = fork(runs, &parent.id.0, wish)?;
        let (id, mind) = (saved.id.clone(), minds.of(&saved.run.options)?);
        let (run, alone) = finish(saved, recording, mind, &precedents).await?;
        let spent = spent(&run);
        left.usd = left.usd.map(|usd| usd - spent.usd.unwrap_or(usd));
        left.tokens = left.tokens.map(|tokens| tokens.saturating_sub(spent.tokens.unwrap_or(tokens)));
        tell(&mut report, (&parent.run, &id, &run), spent, alone);
    }
    Ok(report)
}

/// The last event before the decision was taken, or the newest while it is open.
fn place(parent: &Saved, decision: DecisionId) -> anyhow::Result<Seq> {
    let taken =
        |event: &Arc<Event>| matches!(event.fact, Fact::GateDecided { decision: taken, .. } if taken == decision);
    match parent.timeline.events().find(taken) {
        Some(event) => Ok(Seq(event.seq.0 - 1)),
        None if parent.run.decisions.contains_key(&decision) => Ok(parent.run.head),
        None => bail!("{decision} was never asked in {}", parent.id),
    }
}

/// What was asked and how it was answered.
fn precedents(timeline: &Timeline) -> Vec<(Ask, Choice)> {
    let mut asked = BTreeMap::new();
    let mut taken = Vec::new();
    for event in timeline.events() {
        match &event.fact {
            Fact::GateOpened { decision } => drop(asked.insert(decision.id, decision.ask.clone())),
            Fact::GateDecided { decision, choice, .. } => {
                taken.extend(asked.remove(decision).map(|ask| (ask, choice.clone())));
            }
            _ => {}
        }
    }
    taken
}

fn is_used_up(left: Cap) -> bool {
    left.usd.is_some_and(|usd| usd <= 0.0) || left.tokens == Some(0)
}

/// The cap on a run that may use so much more.
fn over(run: &Run, left: Cap) -> Cap {
    Cap {
        usd: left.usd.map(|usd| usd + run.usage.usd.unwrap_or(0.0)),
        tokens: left.tokens.map(|tokens| tokens + run.usage.tokens()),
    }
}

/// What was not answered from the record.
fn spent(run: &Run) -> Cap {
    Cap {
        usd: run.usage.usd.zip(run.recorded.usd).map(|(all, recorded)| (all - recorded).max(0.0)),
        tokens: Some(run.usage.tokens().saturating_sub(run.recorded.tokens())),
    }
}

/// Runs a fork to its end. What was asked before is answered as it was then; at a cap it ends with what is there, and
/// anything else is approved, which is counted: nobody is there.
async fn finish(
    saved: Saved,
    recording: Recording,
    mind: Mind,
    precedents: &[(Ask, Choice)],
) -> anyhow::Result<(Run, usize)> {
    let (sender, mut events) = mpsc::channel(BATCHES);
    let (mut run, kept) = (saved.run.clone(), saved.keep());
    let (replay, _) = recording.split();
    let mut engine = saved.start(mind, Some(Audience::new(sender)), Tap::default(), replay).await?;
    let progress = engine.progress();
    let (mut tried, mut alone) = (HashSet::new(), 0);
    loop {
        let led = !progress.borrow().is_over_at(run.head);
        let open = run.decisions.values().find(|open| !led && !tried.contains(&open.id));
        if let Some(open) = open.filter(|_| run.outcome.is_none()) {
            let decision = open.id;
            tried.insert(decision);
            let before = precedents.iter().find(|(ask, _)| *ask == open.ask).map(|(_, choice)| choice.clone());
            let choice = match (&open.ask, before) {
                (Ask::Budget { .. }, _) => Choice::Finish,
                (_, Some(choice)) => choice,
                (_, None) => {
                    alone += 1;
                    Choice::Approve
                }
            };
            // Refused, it has been answered already.
            let _ = engine.command(Command::Decide { decision, choice }).await;
            continue;
        }
        if run.pace == Pace::Paused && !led && run.outcome.is_none() {
            let _ = engine.command(Command::Resume).await;
        }
        tokio::select! {
            batch = events.recv() => match batch {
                Some(batch) => batch.iter().for_each(|event| run.apply(event)),
                None => break,
            },
            () = engine.ended() => break,
        }
    }
    let drained = tokio::spawn(async move { while events.recv().await.is_some() {} });
    let failure = engine.failure();
    let run = engine.stop(Parting::Interrupted).await;
    let _ = drained.await;
    let run = run?;
    kept.note_digest(&run);
    match failure {
        Some(why) => bail!("{}: {why}", kept.id),
        None => Ok((run, alone)),
    }
}

fn tell(report: &mut Report, (parent, id, run): (&Run, &RunId, &Run), spent: Cap, alone: usize) {
    let said = |run: &Run| run.answer.as_ref().map_or_else(String::new, |answer| answer.text.clone());
    let (then, now) = (said(parent), said(run));
    let (tone, what) = match (then == now, now.is_empty()) {
        (true, true) => (Tone::Dim, "no answer, as before"),
        (true, false) => (Tone::Good, "the answer is the same"),
        (false, true) => (Tone::Bad, "no answer"),
        (false, false) => (Tone::Warn, "the answer changes"),
    };
    report.push(Row::new(0, tone, id.to_string(), what).opens(Target::Run(id.clone())));
    for change in TextDiff::from_lines(&then, &now).iter_all_changes() {
        let line = change.value().trim_end();
        match change.tag() {
            _ if line.is_empty() => {}
            ChangeTag::Equal => {}
            ChangeTag::Delete => report.row(1, Tone::Bad, "-", line),
            ChangeTag::Insert => report.row(1, Tone::Good, "+", line),
        }
    }
    let tokens = spent.tokens.unwrap_or_default();
    let cost = spent.usd.map_or_else(|| "unknown".to_owned(), |usd| format!("${usd:.4}"));
    report.row(1, Tone::Dim, "cost", format!("{cost}, {tokens} tokens beside the record"));
    if alone > 0 {
        report.row(1, Tone::Dim, "approved", format!("{alone} that nobody had been asked before"));
    }
}
