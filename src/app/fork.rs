//! A fork: a new run that shares the past of another one and goes on from there, differently or not. The past is played
//! again from the record, so the agents stand where they stood; the parent is only read.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};

use crate::{
    engine::{Change, Record, Replay, Unrecorded},
    run::{
        Command, Event, Fact, Seq,
        score::{Departure, Score, Times},
    },
    store::{Body, RunDir},
};

use super::{Recording, Saved};

/// What a fork does where nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// It goes on as its parent did.
    Follow,
    /// It is held, for somebody to change something by hand.
    Hold,
}

/// Where a fork leaves its parent, and what is different then.
pub struct Fork {
    /// `None`: only where the parent ends.
    pub at: Option<Seq>,
    pub commands: Vec<Command>,
    pub stand: Stand,
    pub unrecorded: Unrecorded,
}

/// Makes the run that forks from the one that `wanted` means; its engine is still to be started.
///
/// # Errors
/// When there is no such run, it cannot be read, or it has no such event.
pub fn fork(runs: &RunDir, wanted: &str, fork: Fork) -> anyhow::Result<(Saved, Recording)> {
    let Fork { at, commands, stand, unrecorded } = fork;
    let parent = Saved::open(runs, wanted)?;
    let events = parent.events();
    let first = beginning(&events);
    let last = parent.run.head;
    let earliest = first.last().map_or(Seq(0), |event| event.seq);
    let upto = at.unwrap_or(last);
    ensure!(
        (earliest..=last).contains(&upto),
        "{} has no event {upto} to fork at: they go from {earliest} to {last}",
        parent.id
    );
    let mut facts = vec![Fact::Forked { from: parent.id.clone(), upto }];
    // Whoever has ended need not be held.
    if stand == Stand::Hold && (upto < last || parent.run.outcome.is_none()) {
        facts.push(Fact::PauseAsked);
    }
    let change = Change { facts, commands };
    // Nothing is made or sent for what cannot be.
    if !change.commands.is_empty()
        && let (_, departures) = change.carried_out(parent.timeline.at(upto))
        && let Some(Departure { why, .. }) = departures.first()
    {
        bail!("at event {upto}: {why}; `--at SEQ` forks elsewhere");
    }
    let bodies = first.iter().filter_map(|event| match &event.fact {
        Fact::SourceRead { source } => Some(parent.body(source.text).map(|bytes| Body { id: source.text, bytes })),
        _ => None,
    });
    let bodies = bodies.collect::<Result<Vec<_>, _>>().context("the documents of the parent")?;
    let child = Saved::create_from(runs, &parent.run.question, first, &bodies)?;
    let record = Arc::new(Record::new(&events, parent.journal()?, unrecorded));
    let follows = change.commands.is_empty() && stand == Stand::Follow;
    let past = events.into_iter().filter(|event| follows || event.seq <= upto).collect();
    let replay = Replay {
        record: Some(record),
        score: Some(Score::new(past, child.run.head, Times::Recorded)),
        change: Some(change),
    };
    Ok((child, Recording::of(parent.id, replay)))
}

/// What stands in a log before its first session: it is not played but copied.
fn beginning(events: &[Event]) -> Vec<Event> {
    let is_first = |event: &&Event| !matches!(event.fact, Fact::SessionStarted { .. });
    events.iter().take_while(is_first).cloned().collect()
}
