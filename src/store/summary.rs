//! One run in one line, for lists; and its digest, which spares the list from folding every log.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::run::{Outcome, Run, RunId, Seq};

/// Where a run stands, as far as its log knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// A process has it in hand; of the log alone, which cannot know, also that one died with it.
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

/// Whether a process has a run in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Yes,
    No,
}

/// One run in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    pub id: RunId,
    /// Milliseconds since the Unix epoch.
    pub started_at: i64,
    /// Of the last event, likewise.
    pub last_at: i64,
    pub question: String,
    pub state: RunState,
    pub held: Held,
    /// Entries of the shared context that are not documents.
    pub entries: usize,
    pub tokens: u64,
    /// US dollars; `None` is unknown, which is not zero.
    pub usd: Option<f64>,
    /// Size on disk.
    pub bytes: u64,
}

impl RunSummary {
    pub(super) fn new(id: RunId, digest: Digest, held: Held, bytes: u64) -> Self {
        let Digest { seq: _, started_at, last_at, question, state, decisions, entries, tokens, usd } = digest;
        let state = match (state, held, decisions) {
            (RunState::Open, Held::No, 0) => RunState::Stopped,
            (RunState::Open, Held::No, open) => RunState::Undecided(open),
            (state, ..) => state,
        };
        let last_at = last_at.max(started_at);
        RunSummary { id, started_at, last_at, question, state, held, entries, tokens, usd, bytes }
    }
}

/// What a list shows of a run, as it stood at `seq`. A cache: the log is right where they differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Digest {
    pub seq: Seq,
    started_at: i64,
    #[serde(default)]
    last_at: i64,
    question: String,
    state: RunState,
    /// That wait for a human.
    #[serde(default)]
    decisions: usize,
    entries: usize,
    tokens: u64,
    usd: Option<f64>,
}

/// Its hash, and itself as JSON: it is not in the chain, and what a damaged one says must not be believed.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        write!(f, "{} {json}", blake3::hash(json.as_bytes()))
    }
}

impl Digest {
    /// `None` when it is not what was noted.
    pub fn parse(text: &str) -> Option<Self> {
        let (hash, json) = text.split_once(' ')?;
        (blake3::hash(json.as_bytes()).to_hex().as_str() == hash).then(|| Digest::parse_bare(json))?
    }

    /// As schema 1 noted it, without a hash.
    pub fn parse_bare(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Of a run that has no event yet.
    pub fn unborn(question: &str, now: i64) -> Self {
        Digest { started_at: now, question: question.to_owned(), ..Digest::of(&Run::default()) }
    }

    pub fn of(run: &Run) -> Self {
        Digest {
            seq: run.head,
            started_at: run.started_at,
            last_at: run.last_at,
            question: run.question.clone(),
            state: RunState::of(run),
            decisions: run.decisions.len(),
            entries: run.findings(),
            tokens: run.usage.tokens(),
            usd: run.usage.usd,
        }
    }
}
