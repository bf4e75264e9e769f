//! A run that is played again from the record of an earlier one.

use std::sync::Arc;

use crate::{
    engine::{Progress, Record, Replay, Tally, Unrecorded},
    run::{
        Fact, Options, Run, RunId,
        score::{Score, Times, same},
    },
    store::RunDir,
};

use super::{Saved, print::warn};

/// The record of a run, to be played in another one.
pub struct Recording {
    of: RunId,
    replay: Replay,
}

impl Recording {
    /// Reads the run that `wanted` means, to be played in `run`. Its course is followed when the two begin alike: the
    /// same question, documents, agents and constants of the method; its calls are answered in any case.
    ///
    /// # Errors
    /// When there is no such run, or its file cannot be read.
    pub fn open(runs: &RunDir, wanted: &str, unrecorded: Unrecorded, run: &Saved) -> anyhow::Result<Self> {
        let earlier = Saved::open(runs, wanted)?;
        let events = earlier.events();
        let record = Arc::new(Record::new(&events, earlier.journal()?, unrecorded));
        let alike = alike(&earlier, run);
        let of = earlier.id;
        let score = alike.then(|| Score::new(events, run.run.head, Times::Now));
        Ok(Recording::of(of, Replay { record: Some(record), score, change: None }))
    }

    #[must_use]
    pub fn of(of: RunId, replay: Replay) -> Self {
        Recording { of, replay }
    }

    /// What the engine needs of it, and what tells afterwards how far it went.
    #[must_use]
    pub fn split(self) -> (Replay, Told) {
        let Recording { of, replay } = self;
        let told = Told { of, record: replay.record.clone(), followed: replay.score.is_some() };
        (replay, told)
    }
}

/// Whether two runs have the same first facts, but for what a replay may differ in: models, caps, gate and pace.
fn alike(earlier: &Saved, run: &Saved) -> bool {
    let begins = |one: &Run| {
        let Options { agents, seed, ref method, .. } = one.options;
        (one.question.clone(), agents, seed, method.clone())
    };
    let sources = |saved: &Saved| {
        let read = saved.timeline.events().take(run.run.head.0 as usize);
        read.filter(|event| !matches!(event.fact, Fact::RunStarted { .. })).map(|e| e.fact.clone()).collect::<Vec<_>>()
    };
    let (theirs, ours) = (sources(earlier), sources(run));
    begins(&earlier.run) == begins(&run.run)
        && theirs.len() == ours.len()
        && theirs.iter().zip(&ours).all(|(a, b)| same(a, b))
}

/// Tells how a replay went.
pub struct Told {
    of: RunId,
    record: Option<Arc<Record>>,
    followed: bool,
}

impl Told {
    /// One line on standard error.
    pub fn tell(&self, progress: &Progress) {
        let Tally { recorded, sent } = self.record.as_ref().map(|record| record.tally()).unwrap_or_default();
        let calls = format!("{recorded} calls answered from it, {sent} sent");
        let of = &self.of;
        match &progress.departure {
            _ if !self.followed => warn(&format!("the record of {of} begins otherwise; {calls}")),
            Some(left) => warn(&format!("left the record of {of} at event {}: {}; {calls}", left.at, left.why)),
            None if progress.done => warn(&format!("followed the record of {of} to its end; {calls}")),
            None => warn(&format!("followed the record of {of} to event {}; {calls}", progress.followed)),
        }
    }
}
