//! The table of everything a human or a script may ask. Imperative; the engine answers with facts or a refusal.

use serde::{Deserialize, Serialize};

use super::{
    breakpoint::{BreakId, BreakKind, BreakSpec},
    cost::{Cap, Scope},
    entry::EntryKind,
    event::Whose,
    gate::Choice,
    id::{AgentId, DecisionId, TaskId},
    label::Label,
    rules::debug::Times,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    Decide {
        decision: DecisionId,
        choice: Choice,
    },
    /// The oldest open decision.
    DecideOldest {
        choice: Choice,
    },
    Pause,
    Resume,
    /// Let one agent pass one checkpoint, then hold; pauses a running team.
    Step {
        /// Whoever has been held longest when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<AgentId>,
    },
    AddTask {
        text: String,
        deps: Vec<TaskId>,
    },
    /// A FACT or FAIL by the human, for all to read.
    AddNote {
        kind: EntryKind,
        text: String,
    },
    /// One agent reads this before its next thought.
    Tell {
        agent: AgentId,
        text: String,
    },
    DropTask {
        task: TaskId,
        reason: String,
    },
    EditTask {
        task: TaskId,
        text: String,
    },
    SetDeps {
        task: TaskId,
        deps: Vec<TaskId>,
    },
    /// Claimed before another; after all when there is none.
    MoveTask {
        task: TaskId,
        before: Option<TaskId>,
    },
    /// For one agent alone, or for anybody again.
    ReserveTask {
        task: TaskId,
        agent: Option<AgentId>,
    },
    /// Done again, with the reason.
    ReopenTask {
        task: TaskId,
        reason: String,
    },
    /// In place of one task, several.
    SplitTask {
        task: TaskId,
        into: Vec<String>,
    },
    /// In place of several tasks, one.
    MergeTasks {
        tasks: Vec<TaskId>,
        text: String,
    },
    /// An entry is false: it and what rests on it are marked, and the chosen tasks are done again.
    Recall {
        label: Label,
        reason: String,
        rerun: Rerun,
    },
    /// Two entries contradict each other: what becomes of them.
    Settle {
        first: Label,
        second: Label,
        how: Settle,
    },
    AddAgent,
    /// It works no more; what it had claimed goes back to the queue.
    StopAgent {
        agent: AgentId,
    },
    /// It passes no checkpoint until it is released.
    HoldAgent {
        agent: AgentId,
    },
    ReleaseAgent {
        agent: AgentId,
    },
    /// Which model answers from now on; without one, what the run began with.
    SetModel {
        whose: Whose,
        model: Option<String>,
    },
    /// A breakpoint.
    Break {
        spec: Box<BreakSpec>,
        #[serde(default)]
        kind: BreakKind,
        #[serde(default)]
        temporary: Times,
    },
    ChangeBreak {
        id: BreakId,
        change: BreakChange,
    },
    /// Goes on, and stops once at this.
    Until {
        spec: Box<BreakSpec>,
    },
    /// The rules that decide what is asked.
    SetPolicy {
        text: String,
    },
    /// A rule before all others.
    AddRule {
        text: String,
    },
    /// Behind every other open decision; the oldest when none is named.
    Defer {
        decision: Option<DecisionId>,
    },
    /// Takes back what a human did last, while nothing has built on it.
    Undo,
    /// The most that a scope may use from now on.
    SetCap {
        scope: Scope,
        cap: Cap,
    },
    /// Begin no further task and write the answer from what there is.
    Finish,
    /// End this session; the run stays resumable.
    Stop,
}

/// What becomes of a breakpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakChange {
    Remove,
    Enable,
    Disable,
    /// Passes over so many matches.
    Ignore(u32),
    /// What is carried out when it is hit.
    Commands(Vec<String>),
}

/// Which tasks a recall puts back into the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rerun {
    /// Everything that rests on the entry, and the task that brought it.
    All,
    /// Nothing: what is suspect stays marked.
    Nothing,
    These(Vec<TaskId>),
}

/// How a contradiction is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settle {
    /// The first holds: the second is recalled for this reason, and what rests on it is done again.
    First(String),
    Second(String),
    /// Both hold; this says of each in what scope.
    Both(String),
    /// This task looks again.
    Examine(String),
}

/// Why a command was not carried out, as a sentence for the one who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}
