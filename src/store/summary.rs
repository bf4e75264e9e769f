//! One run in one line, for lists; and its digest, which spares the list from folding every log.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::run::{Outcome, Run, RunId, Seq};

/// Where a run stands, as far as its log knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// A process has it in hand, or died with it.
    Open,
    /// It can be resumed.
    Stopped,
    /// Stopped, and so many decisions wait for a human.
    Undecided(usize),
    Answered,
    Unanswered,
    OverBudget,
}

impl RunState {
    #[must_use]
    pub fn of(run: &Run) -> Self {
        match &run.outcome {
            Some(Outcome::Answered) => RunState::Answered,
            Some(Outcome::Unanswered(_)) => RunState::Unanswered,
            Some(Outcome::OverBudget(_)) => RunState::OverBudget,
            None if run.in_session => RunState::Open,
            None if !run.decisions.is_empty() => RunState::Undecided(run.decisions.len()),
            None => RunState::Stopped,
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            RunState::Open => "open",
            RunState::Stopped => "stopped",
            RunState::Undecided(_) => "undecided",
            RunState::Answered => "answered",
            RunState::Unanswered => "unanswered",
            RunState::OverBudget => "over budget",
        })
    }
}

/// One run in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    pub id: RunId,
    /// Milliseconds since the Unix epoch.
    pub started_at: i64,
    pub question: String,
    pub state: RunState,
    /// Entries of the shared context that are not documents.
    pub entries: usize,
    pub tokens: u64,
    /// US dollars; `None` is unknown, which is not zero.
    pub usd: Option<f64>,
    /// Size on disk.
    pub bytes: u64,
}

impl RunSummary {
    pub(super) fn new(id: RunId, digest: Digest, bytes: u64) -> Self {
        let Digest { seq: _, started_at, question, state, entries, tokens, usd } = digest;
        RunSummary { id, started_at, question, state, entries, tokens, usd, bytes }
    }
}

/// What a list shows of a run, as it stood at `seq`. A cache: the log is right where they differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Digest {
    pub seq: Seq,
    started_at: i64,
    question: String,
    state: RunState,
    entries: usize,
    tokens: u64,
    usd: Option<f64>,
}

impl Digest {
    /// Of a run that has no event yet.
    pub fn unborn(question: &str, now: i64) -> Self {
        Digest { started_at: now, question: question.to_owned(), ..Digest::of(&Run::default()) }
    }

    pub fn of(run: &Run) -> Self {
        Digest {
            seq: run.head,
            started_at: run.started_at,
            question: run.question.clone(),
            state: RunState::of(run),
            entries: run.findings(),
            tokens: run.usage.tokens(),
            usd: run.usage.usd,
        }
    }
}
