//! The table of everything that can happen. Past tense; nothing else is true of a run.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    agent::Held,
    answer::Answer,
    breakpoint::{BreakId, Breakpoint},
    call::{Call, Role, StartedCall},
    cost::{Cap, Scope},
    entry::Entry,
    gate::{Checkpoint, Choice, Decision, Then},
    id::{AgentId, DecisionId, RunId, Seq, TaskId},
    label::{Author, Label},
    options::Options,
    source::{Source, Unit},
    task::NewTask,
    write::{Feedback, Proposal},
};

/// A fact in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub seq: Seq,
    /// Milliseconds since the Unix epoch. Nothing is decided by it.
    pub at: i64,
    #[serde(flatten)]
    pub fact: Fact,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered,
    Unanswered(String),
    /// A cap on money or tokens stopped it.
    OverBudget(String),
}

/// Why a process let go of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parting {
    /// The run has ended.
    Ended,
    /// Somebody stopped it; it can be resumed.
    Interrupted,
    /// A decision is needed, and nobody is there to take it.
    Undecided,
}

/// Why the work ends before the team is through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// A human wants the answer now.
    Wanted,
    /// A cap is reached, as the sentence says; no further call is made, not even for the answer.
    CapReached(String),
}

/// Whose calls a model answers. The narrowest that is set holds: an agent's, then a role's, then everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    Everybody,
    Role(Role),
    Agent(AgentId),
}

/// What became of two entries that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// The first holds; the second is recalled.
    First,
    Second,
    /// Both hold, each within its scope, as a note says.
    Both,
    /// A task looks again.
    Examined,
}

/// How deep a label was unfolded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    Summary,
    Raw,
}

impl Fact {
    /// Reads what was written as JSON. The facts that most of a log consists of are read without a detour: a reader that
    /// does not know the kind at first puts everything aside until it does.
    ///
    /// # Errors
    /// When it is no fact.
    pub fn read(json: &str) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct OfCall<C> {
            call: Box<C>,
        }
        #[derive(Deserialize)]
        struct OfEntry {
            entry: Arc<Entry>,
        }
        let is = |kind: &str| json.strip_prefix("{\"type\":\"").is_some_and(|rest| rest.starts_with(kind));
        match () {
            () if is("call_started\"") => serde_json::from_str(json).map(|OfCall { call }| Fact::CallStarted { call }),
            () if is("call_finished\"") => {
                serde_json::from_str(json).map(|OfCall { call }| Fact::CallFinished { call })
            }
            () if is("entry_admitted\"") => {
                serde_json::from_str(json).map(|OfEntry { entry }| Fact::EntryAdmitted { entry })
            }
            () => serde_json::from_str(json),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    // The frame.
    RunStarted {
        question: String,
        paths: Vec<String>,
        options: Box<Options>,
    },
    /// A process took the run up. What an earlier one had claimed is free again.
    SessionStarted {
        pid: u32,
    },
    SessionEnded {
        parting: Parting,
    },
    RunEnded {
        outcome: Outcome,
    },

    // Documents.
    SourceRead {
        source: Source,
    },
    SourceSkipped {
        path: String,
        reason: String,
    },
    /// All sources are read and cut; `W0 S1` is the first unit.
    CorpusSplit {
        units: Vec<Unit>,
    },

    /// This agent summarises this unit (METHOD §3a stages 1 and 2).
    UnitClaimed {
        unit: Label,
        agent: AgentId,
    },

    // The shared context. Its bodies are stored before or with it (METHOD §2.6.2).
    EntryAdmitted {
        entry: Arc<Entry>,
    },

    // The queue.
    /// One agent holds the plan: round 0 decomposes, later rounds are queue-empty decisions (METHOD §2.6.12).
    PlanClaimed {
        agent: AgentId,
        round: u32,
    },
    TasksAdded {
        tasks: Vec<NewTask>,
        by: Author,
    },
    DependenciesRevised {
        task: TaskId,
        deps: Vec<TaskId>,
        /// Whoever holds the plan when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Author>,
    },
    /// The holder of the plan let it go; `done` when it said that nothing more is needed. The next holder takes
    /// `next_round`, and reads the note.
    PlanSettled {
        agent: AgentId,
        next_round: u32,
        done: bool,
        note: String,
    },
    TaskClaimed {
        task: TaskId,
        agent: AgentId,
    },
    TaskFinished {
        task: TaskId,
        agent: AgentId,
        entry: Option<Label>,
    },
    /// Back to the queue; `refused` when a human denied the agent this task.
    TaskRequeued {
        task: TaskId,
        agent: AgentId,
        reason: String,
        refused: bool,
    },
    TaskFailed {
        task: TaskId,
        reason: String,
    },
    TaskDropped {
        task: TaskId,
        reason: String,
        by: Author,
    },

    // The queue, by hand.
    TaskEdited {
        task: TaskId,
        text: String,
    },
    /// Claimed before `before` from now on; after all others when there is none.
    TaskMoved {
        task: TaskId,
        before: Option<TaskId>,
    },
    /// For this agent alone, or for anybody again.
    TaskReserved {
        task: TaskId,
        agent: Option<AgentId>,
    },
    /// What it brought is recalled or was never enough; it is to be done again.
    TaskReopened {
        task: TaskId,
        reason: String,
    },
    /// Several tasks in place of one, or one in place of several. What waited for an old one waits for all the new ones;
    /// a new one that is there already is back in the queue as it was.
    TasksReplaced {
        old: Vec<TaskId>,
        new: Vec<NewTask>,
    },
    /// A dropped task is back in the queue as it was.
    TaskRestored {
        task: TaskId,
    },

    // One attempt.
    /// What its author sees of the shared context is what was admitted up to `snapshot`; what it is told of earlier tries
    /// is in `heeds`.
    AttemptStarted {
        task: TaskId,
        agent: AgentId,
        attempt: u32,
        snapshot: Seq,
        heeds: Vec<Feedback>,
    },
    Unfolded {
        agent: AgentId,
        task: Option<TaskId>,
        labels: Vec<Label>,
        depth: Depth,
    },
    /// Logged before the call is sent, so that what it may cost is reserved; one that never comes back was lost with its
    /// process, and what it cost is unknown.
    CallStarted {
        call: Box<StartedCall>,
    },
    CallFinished {
        call: Box<Call>,
    },
    /// Beside the try that it works on, an agent has in front of it what was admitted up to `snapshot`: to plan, to
    /// compare its gist with (METHOD §3a stage 10), or to write the answer from.
    ContextRead {
        agent: AgentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        snapshot: Seq,
    },
    WriteProposed {
        proposal: Box<Proposal>,
    },
    /// Turned down before any human saw it.
    WriteRejected {
        task: TaskId,
        agent: AgentId,
        attempt: u32,
        feedback: Feedback,
    },
    /// The shared context already says it; nothing is added (METHOD §3a stage 10).
    WriteFoundRedundant {
        task: TaskId,
        agent: AgentId,
        attempt: u32,
        of: Option<Label>,
    },
    /// A human turned a write down, or a call or an unfold on the way to one.
    WriteVetoed {
        task: TaskId,
        agent: AgentId,
        attempt: u32,
        feedback: Feedback,
        then: Then,
    },

    // What was admitted and is not true.
    /// The entry must not be used any more; its words stay where they are. `suspect` is what rests on it.
    EntryRecalled {
        label: Label,
        reason: String,
        suspect: Vec<Label>,
    },
    /// The answer is void, and the work goes on.
    RunReopened {
        reason: String,
    },
    /// Two entries were said to contradict each other; a human has settled it.
    ContradictionSettled {
        first: Label,
        second: Label,
        how: Settled,
    },

    // The human.
    /// One agent reads this before its next thought.
    AgentMessaged {
        agent: AgentId,
        text: String,
    },
    MessagesRead {
        agent: AgentId,
        count: usize,
    },
    /// The last message that nobody has read yet was taken back.
    MessageTakenBack {
        agent: AgentId,
    },
    AgentAdded {
        agent: AgentId,
    },
    /// By hand; what it held is given up by facts of its own.
    AgentStopped {
        agent: AgentId,
    },
    /// It passes no checkpoint, whatever the pace of the others.
    AgentHeld {
        agent: AgentId,
    },
    AgentReleased {
        agent: AgentId,
    },
    /// From now on this model answers, as `provider:name`; without one, what the run began with.
    ModelSet {
        whose: Whose,
        model: Option<String>,
    },
    /// What stood in the log before is the past of another run, up to its event `upto`.
    Forked {
        from: RunId,
        upto: Seq,
    },
    GateOpened {
        decision: Box<Decision>,
    },
    GateDecided {
        decision: DecisionId,
        choice: Choice,
        /// The rule that decided, in words; a human did when there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
    },
    /// It comes after every other open decision.
    GateDeferred {
        decision: DecisionId,
    },
    /// From now on these rules decide what is asked.
    PolicySet {
        text: String,
    },
    /// A new breakpoint, or an old one as it is now.
    BreakpointSet {
        breakpoint: Box<Breakpoint>,
    },
    BreakpointRemoved {
        id: BreakId,
    },
    /// What it waits for is about to happen, or has begun to hold; `said` is what its commands printed.
    BreakpointHit {
        id: BreakId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<AgentId>,
        what: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        said: Vec<String>,
    },
    /// From now on this is the most that may be used.
    CapSet {
        scope: Scope,
        cap: Cap,
    },
    /// No task is begun any more; the answer is written from what there is.
    WorkClosed {
        closing: Closing,
    },
    PauseAsked,
    /// Every agent stands at a checkpoint or has nothing to do.
    RunPaused,
    RunResumed,
    /// One agent may pass one checkpoint although the run is paused.
    StepGranted {
        agent: AgentId,
        checkpoint: Checkpoint,
    },

    /// A command that another process left for whoever has the run in hand was carried out or refused. The next `brings`
    /// events are what it came to, appended with it, so that it is never carried out twice.
    CommandTaken {
        number: i64,
        /// When it was left, in milliseconds since the Unix epoch. A number and a time name one command, in forks too.
        posted: i64,
        /// Who left it.
        pid: u32,
        brings: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },

    // The end.
    FinalClaimed {
        agent: AgentId,
        snapshot: Seq,
    },
    /// Something came in after the snapshot, or a human sent the answer back.
    FinalReopened {
        reason: String,
    },
    AnswerWritten {
        answer: Box<Answer>,
    },

    AgentFailed {
        agent: AgentId,
        reason: String,
    },
    /// It gave no sign of life for as long as its claim lasts; what it had in hand is there for another.
    LeaseExpired {
        agent: AgentId,
        held: Held,
        /// The claim's number.
        claim: u32,
    },
    /// It came back with what belongs to a claim that it had lost, and nothing was written.
    WriteRefused {
        agent: AgentId,
        held: Held,
        /// The number of the claim that it came under.
        claim: u32,
        /// What it would have written, where it came so far.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        write: String,
    },
}
