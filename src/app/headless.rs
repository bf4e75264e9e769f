//! A run without a screen: a progress bar on standard error, the answer on standard output, never a question.

use std::{collections::HashSet, time::Duration};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use crate::{
    engine::{Audience, Engine, Tap},
    plain::plain_line,
    run::{Ask, BreakId, Choice, Command, Decision, Event, Fact, Outcome, Pace, Parting, Run, RunId, Stage},
};

use super::{
    Exit, Mind, Recording, Saved, log_file,
    print::{self, ReaderGone, out_json, warn},
    runtime, saved,
    waits::Waits,
};

/// Batches of events on their way here. Full: the sequencer keeps them for its next batch.
const BATCHES: usize = 64;

/// What standard output gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
}

/// Does the run to its end.
///
/// # Errors
/// When the run's file fails, or standard output cannot be written to.
pub fn headless(saved: Saved, mind: Mind, recording: Option<Recording>, json: bool) -> anyhow::Result<Exit> {
    let form = if json { Form::Json } else { Form::Text };
    let _log = log_file::start(saved.dir());
    let runtime = runtime::of_a_team()?;
    runtime.block_on(async {
        let (sender, events) = mpsc::channel(BATCHES);
        let mut watch = Watch::new(form);
        let kept = saved.keep();
        if let Err(error) = saved.timeline.events().try_for_each(|event| watch.see(&event)) {
            return unread(&kept, &saved.run, error);
        }
        let (replay, told) = recording.map(Recording::split).unzip();
        let replay = replay.unwrap_or_default();
        let tap = Tap::open();
        watch.waits = Waits::of(tap.clone());
        let engine = saved.start(mind, Some(Audience::new(sender)), tap, replay).await?;
        let progress = engine.progress();
        let exit = go_on(engine, kept, watch, events).await;
        if let Some(told) = told {
            told.tell(&progress.borrow());
        }
        exit
    })
}

/// Follows a run that is already going on, as after leaving its screen.
pub(super) async fn go_on(
    mut engine: Engine,
    kept: saved::Kept,
    mut watch: Watch,
    mut events: mpsc::Receiver<Vec<Event>>,
) -> anyhow::Result<Exit> {
    let interrupted = interrupted();
    tokio::pin!(interrupted);
    let mut trouble = engine.trouble();
    let mut waits = false;
    // Decisions that need nobody here.
    let mut left_alone = HashSet::new();
    // Until then the pace is that of an earlier session.
    let mut heard = false;
    // What became of standard output.
    let mut told = Ok(());
    let parting = loop {
        // Decisions and pauses of a record that is played are history.
        let led = !engine.progress().borrow().is_over_at(watch.run.head);
        // Also before the first event: whoever leaves the screen may leave decisions open.
        let open = watch.run.decisions.values().find(|open| !led && !left_alone.contains(&open.id));
        match open {
            // Its rule says what becomes of it when nobody comes.
            Some(Decision { id, ask, deadline: Some(due), .. })
                if watch.run.outcome.is_none() && !matches!(ask, Ask::Budget { .. }) =>
            {
                left_alone.insert(*id);
                let after = humantime::format_duration(Duration::from_millis(due.after_ms));
                let line = format!("nobody decides {id} here; {after} after it was asked its rule does");
                watch.bar.suspend(|| warn(&line));
                continue;
            }
            Some(Decision { id, ask: Ask::Budget { .. }, .. }) if watch.run.outcome.is_none() => {
                // Nobody is there to raise a cap: what there is has to do. Refused, it has been answered already.
                let decision = *id;
                left_alone.insert(decision);
                let _ = engine.command(Command::Decide { decision, choice: Choice::Finish }).await;
                continue;
            }
            Some(_) if watch.run.outcome.is_none() => break Parting::Undecided,
            Some(_) | None => {}
        }
        if heard && !waits && watch.run.pace == Pace::Paused && watch.run.outcome.is_none() && !led {
            if watch.hit.is_some() {
                break Parting::Undecided;
            }
            match watch.hold {
                // Nobody is there to let a held team go on.
                Hold::Own => drop(engine.command(Command::Resume).await),
                Hold::Others => {
                    watch.hold = Hold::Told;
                    let id = &kept.id;
                    watch.bar.suspend(|| warn(&format!("held by another process; `delm open {id}` lets it go on")));
                }
                Hold::Told => {}
            }
        }
        tokio::select! {
            batch = events.recv() => match batch {
                Some(batch) => {
                    heard = true;
                    told = batch.iter().try_for_each(|event| watch.see(event));
                    if told.is_err() {
                        break Parting::Interrupted;
                    }
                }
                None => break Parting::Ended,
            },
            Ok(()) = trouble.changed() => {
                let why = trouble.borrow_and_update().as_ref().map(|trouble| trouble.why.clone());
                if waits != why.is_some() {
                    waits = why.is_some();
                    watch.bar.suspend(|| warn(&waiting(why.as_deref())));
                }
            }
            Some(line) = watch.waits.lines.recv() => watch.bar.suspend(|| warn(&line)),
            Ok(()) = watch.waits.now.changed() => watch.show(),
            () = engine.ended() => break Parting::Ended,
            () = &mut interrupted => break Parting::Interrupted,
        }
    };
    let drained = tokio::spawn(async move {
        let mut rest = Vec::new();
        while let Some(batch) = events.recv().await {
            rest.extend(batch);
        }
        rest
    });
    let failure = engine.failure();
    let parting = if failure.is_some() { Parting::Interrupted } else { parting };
    let stopped = engine.stop(parting).await;
    let rest = drained.await.context("the last events")?;
    let told = told.and_then(|()| rest.iter().try_for_each(|event| watch.see(event)));
    watch.bar.finish_and_clear();
    let run = stopped?;
    kept.note_digest(&run);
    if let Some(why) = failure {
        bail!("{}: {why}; `delm resume {0}` goes on without the record", kept.id);
    }
    if let (Parting::Undecided, Some(hit), None) = (parting, watch.hit, &run.outcome) {
        let id = &kept.id;
        warn(&format!(
            "{hit} was hit, and nobody is there to look; `delm resume {id}` goes on, `delm open {id}` shows it"
        ));
    }
    match told {
        Ok(()) => conclude(&kept, &run, watch.form, parting),
        Err(error) => unread(&kept, &run, error),
    }
}

/// Says how a run stands that standard output cannot be told of any more. It is saved.
fn unread(kept: &saved::Kept, run: &Run, error: anyhow::Error) -> anyhow::Result<Exit> {
    let exit = told_how(&kept.id, run, Parting::Interrupted);
    if error.is::<ReaderGone>() { Ok(exit) } else { Err(error.context("standard output")) }
}

/// Says why a run waits, or that it goes on.
pub(super) fn waiting(why: Option<&str>) -> String {
    match why {
        Some(why) => format!("the run waits and tries again, for it cannot be saved: {why}"),
        None => "the run is saved again and goes on".to_owned(),
    }
}

/// Somebody wants the program to stop.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return,
            _ = terminated.recv() => return,
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Prints what there is and says what to do when there is no answer.
fn conclude(kept: &saved::Kept, run: &Run, form: Form, parting: Parting) -> anyhow::Result<Exit> {
    let id = &kept.id;
    let corpus = kept.corpus(run)?;
    let told = match form {
        Form::Json => out_json(&print::result(id, run, &corpus)),
        Form::Text => print::answer(run, &corpus),
    };
    match told {
        // The exit code is what it would be.
        Err(error) if !error.is::<ReaderGone>() => return Err(error),
        Ok(()) | Err(_) => {}
    }
    Ok(told_how(id, run, parting))
}

/// Says how a run ended, or how to go on with it.
fn told_how(id: &RunId, run: &Run, parting: Parting) -> Exit {
    match Exit::of(run) {
        Some(exit) => {
            say_why_not(id, run);
            exit
        }
        None => unfinished(id, run, parting),
    }
}

/// Says why a run that has ended has no answer, or not the one that was hoped for.
pub(super) fn say_why_not(id: &RunId, run: &Run) {
    if let Some(why) = why_not(id, run) {
        warn(&why);
    }
}

fn why_not(id: &RunId, run: &Run) -> Option<String> {
    match (run.outcome.as_ref()?, &run.answer) {
        (Outcome::Answered, _) => None,
        (Outcome::Unanswered(why), _) => Some(format!("no answer: {why}")),
        (Outcome::OverBudget(why), Some(_)) => Some(format!(
            "over budget, this is the best answer so far: {why}; `delm open {id}` shows how it came about"
        )),
        (Outcome::OverBudget(why), None) => {
            Some(format!("over budget, nothing was found so far: {why}; `delm open {id}` shows how far it came"))
        }
    }
}

/// Says how to go on with a run that has not ended.
pub(super) fn unfinished(id: &RunId, run: &Run, parting: Parting) -> Exit {
    match (parting, run.decisions.values().next()) {
        (Parting::Undecided, Some(decision)) => {
            warn(&format!(
                "{} needs a decision ({}), and nobody is there to take it; `delm resume {id}` asks you on the screen",
                decision.id,
                decision.ask.checkpoint()
            ));
            Exit::Undecided
        }
        // It was said already: a breakpoint was hit.
        (Parting::Undecided, None) => Exit::Undecided,
        (Parting::Ended, _) => {
            warn(&format!(
                "the agents stopped before the run had ended; the log file has more; `delm resume {id}` goes on"
            ));
            Exit::Unanswered
        }
        _ => {
            warn(&format!("interrupted and saved; `delm resume {id}` goes on"));
            Exit::Interrupted
        }
    }
}

/// What a headless run shows while it goes on.
pub(super) struct Watch {
    run: Run,
    form: Form,
    bar: ProgressBar,
    /// The breakpoint that holds the team.
    hit: Option<BreakId>,
    /// Events to come that another process has asked for.
    asked: usize,
    hold: Hold,
    waits: Waits,
}

/// Who holds the team, if anybody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Own,
    /// Another process, which can let it go on as well.
    Others,
    /// The same, and standard error has been told.
    Told,
}

impl Watch {
    pub(super) fn text(run: Run) -> Self {
        Watch { run, ..Watch::new(Form::Text) }
    }

    fn new(form: Form) -> Self {
        let bar = match print::stderr_is_terminal() {
            true => ProgressBar::new(0),
            false => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{spinner} {elapsed} {bar:30} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(250));
        Watch { run: Run::default(), form, bar, hit: None, asked: 0, hold: Hold::Own, waits: Waits::none() }
    }

    fn see(&mut self, event: &Event) -> anyhow::Result<()> {
        self.run.apply(event);
        if self.form == Form::Json {
            out_json(event)?;
        }
        match &event.fact {
            Fact::AgentFailed { agent, reason } => tracing::warn!(%agent, reason, "an agent failed"),
            Fact::BreakpointHit { id, .. } => self.hit = Some(*id),
            Fact::SessionStarted { .. } | Fact::Forked { .. } | Fact::RunResumed => {
                (self.hit, self.hold) = (None, Hold::Own);
            }
            Fact::PauseAsked if self.asked > 0 => self.hold = Hold::Others,
            _ => {}
        }
        self.asked = match &event.fact {
            Fact::CommandTaken { brings, .. } => *brings,
            _ => self.asked.saturating_sub(1),
        };
        self.show();
        Ok(())
    }

    fn show(&self) {
        let (done, total, message) = progress(&self.run);
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        // What is waited for quotes servers.
        let waits = plain_line(&self.waits.now.borrow()).into_owned();
        self.bar.set_message(if waits.is_empty() { message } else { format!("{message}  {waits}") });
    }
}

fn progress(run: &Run) -> (usize, usize, String) {
    let counts = run.counts;
    match run.stage() {
        Stage::Reading => (0, run.sources.len(), format!("{} documents", run.sources.len())),
        Stage::Preparing => (
            run.units_prepared(),
            run.units.len(),
            format!("preparing {}/{} units", run.units_prepared(), run.units.len()),
        ),
        Stage::Working | Stage::Finalizing | Stage::Ended => {
            let message = format!("{}/{} tasks  {} entries", counts.over(), counts.total(), run.findings());
            (counts.over(), counts.total(), message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Answer, Seq};

    #[test]
    fn at_a_cap_one_sentence_says_where_it_stands() {
        let mut run = Run::default();
        let id = RunId("x".to_owned());
        assert_eq!(why_not(&id, &run), None);
        let mut add = |fact| run.apply(&Event { seq: Seq(1), at: 0, fact });
        let answer = Answer { text: "so".into(), citations: vec![], entries: vec![] };
        add(Fact::AnswerWritten { answer: Box::new(answer) });
        add(Fact::RunEnded { outcome: Outcome::OverBudget("the cap of $1 is reached".into()) });
        let why = why_not(&id, &run).expect("a reason");
        assert!(why.contains("best answer so far: the cap of $1 is reached; `delm open "), "{why}");
        assert!(!why.contains("resume"), "it has ended");
    }
}
