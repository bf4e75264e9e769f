//! The run as it stands: what folding the log so far gives. Everything a screen shows and a rule decides by is here.

use std::collections::{BTreeMap, BTreeSet};

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use super::{
    agent::Agent,
    answer::Answer,
    breakpoint::{BreakId, Breakpoint},
    call::{CallKind, StartedCall},
    context::Context,
    cost::{Cap, Scope, Usage},
    deed::Deed,
    entry::{Entry, EntryKind, Standing},
    event::{Closing, Fact, Outcome, Whose},
    gate::Decision,
    id::{AgentId, CallId, DecisionId, RunId, Seq, TaskId},
    label::{Author, Label},
    lineage::Lineage,
    options::Options,
    policy::Policy,
    readers::{Reader, Readers},
    source::{Source, Unit},
    task::{Task, TaskState, Tasks, normalised_subject, subject_hash},
};

/// Whether agents may pass their checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Pace {
    #[default]
    Running,
    /// Asked to hold; some agent is still on its way to its next checkpoint.
    Pausing,
    Paused,
}

/// The part of the method that a run is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Documents are being read and cut.
    Reading,
    /// Units are being summarised.
    Preparing,
    Working,
    Finalizing,
    Ended,
}

/// Who decides about new tasks, and how often it was decided.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Plan {
    pub holder: Option<AgentId>,
    /// The round that the next holder takes; 0 is the decomposition.
    pub round: u32,
    /// Nothing more is needed, as far as the last round knew.
    pub done: bool,
    /// Why a human sent the last proposal back.
    pub objections: Vec<String>,
}

/// Who writes the answer, from what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Final {
    pub agent: AgentId,
    /// Entries of the shared context in its snapshot.
    pub entries: usize,
    /// Tasks that it knew of.
    pub tasks: usize,
}

/// How many tasks stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCounts {
    pub blocked: usize,
    pub ready: usize,
    pub running: usize,
    pub checking: usize,
    pub done: usize,
    pub failed: usize,
    pub dropped: usize,
}

impl TaskCounts {
    pub(super) fn slot(&mut self, state: &TaskState) -> &mut usize {
        match state {
            TaskState::Blocked => &mut self.blocked,
            TaskState::Ready => &mut self.ready,
            TaskState::Running(_) => &mut self.running,
            TaskState::Checking(..) => &mut self.checking,
            TaskState::Done => &mut self.done,
            TaskState::Failed(_) => &mut self.failed,
            TaskState::Dropped(_) => &mut self.dropped,
        }
    }

    #[must_use]
    pub fn total(&self) -> usize {
        self.blocked + self.ready + self.running + self.checking + self.over()
    }

    /// Done, failed or dropped.
    #[must_use]
    pub fn over(&self) -> usize {
        self.done + self.failed + self.dropped
    }
}

/// Which fold this is: a run that was written down by another one is folded from its log again. To be changed with
/// anything that makes the same log come to another [`Run`], or the same run be written otherwise.
pub const FOLD: &str = concat!(env!("CARGO_PKG_VERSION"), " fold 2");

/// A run, folded from its events by [`Run::apply`]. What grows with it is shared between its copies, so that a copy costs
/// little however long it went on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Run {
    pub question: String,
    pub paths: Vec<String>,
    pub options: Options,
    /// The last event applied.
    pub head: Seq,
    /// Milliseconds since the Unix epoch, of the first and the last event.
    pub started_at: i64,
    pub last_at: i64,
    /// A process has it in hand, as far as the log knows.
    pub in_session: bool,
    pub sources: Vec<Source>,
    /// Paths that could not be read, each with the reason.
    pub skipped: Vec<(String, String)>,
    pub units: Vec<Unit>,
    pub(super) corpus_split: bool,
    pub(super) documents: usize,
    /// Units that somebody of this session has claimed: they are taken in their order.
    pub(super) units_claimed: usize,
    /// Who has which unit in hand.
    pub(super) units_held: BTreeMap<AgentId, Label>,
    /// Units that came back because whoever had them was stopped.
    pub(super) units_freed: BTreeSet<Label>,
    pub context: Context,
    /// `a1` is the first.
    pub agents: Vec<Agent>,
    /// `T1` is the first.
    pub tasks: Tasks,
    /// Claims of anything, so far: the last one's number.
    pub(super) claims: u32,
    pub counts: TaskCounts,
    /// By rank: the first is claimed first.
    pub(super) ready: OrdSet<(u64, TaskId)>,
    pub(super) blocked: OrdSet<(u64, TaskId)>,
    /// Claimed and not over.
    pub(super) held: OrdSet<TaskId>,
    pub(super) dependants: OrdMap<TaskId, Vec<TaskId>>,
    /// By the hash of their normalised subject.
    pub(super) subjects: OrdMap<u64, TaskId>,
    /// When each entry came in, and what it rests on: what it cites and what its author had unfolded.
    pub lineage: Lineage,
    /// Who read what.
    pub readers: Readers,
    /// Contradictions that a human has settled, each pair in the order of its labels.
    pub(super) settled: BTreeSet<(Label, Label)>,
    /// Entries that rest on recalled ones.
    pub suspects: BTreeSet<Label>,
    /// The run whose past this one shares, up to that event.
    pub parent: Option<(RunId, Seq)>,
    /// The last command of another process that is done with: its number, and when it was left.
    pub taken: Option<(i64, i64)>,
    pub(super) signed: BTreeMap<Author, u32>,
    pub plan: Plan,
    pub finalizer: Option<Final>,
    /// Why earlier answers were sent back.
    pub objections: Vec<String>,
    /// Open decisions, oldest first.
    pub decisions: BTreeMap<DecisionId, Decision>,
    pub(super) decisions_opened: u32,
    /// Open decisions that come after the others, in this order.
    pub(super) deferred: Vec<DecisionId>,
    /// When each was opened, in milliseconds since the Unix epoch.
    pub opened_at: BTreeMap<DecisionId, i64>,
    /// The rules that decide what is asked, before the gate level does.
    #[serde(skip)]
    pub policy: Policy,
    /// Their text, as it was given.
    pub policy_text: String,
    pub breakpoints: BTreeMap<BreakId, Breakpoint>,
    pub(super) breakpoints_set: u32,
    pub last_hit: Option<BreakId>,
    pub pace: Pace,
    pub answer: Option<Answer>,
    pub outcome: Option<Outcome>,
    pub usage: Usage,
    /// The part of the usage that was answered from a record, at no cost.
    pub recorded: Usage,
    pub usage_of: BTreeMap<CallKind, Usage>,
    /// Calls that came back.
    pub calls: u64,
    pub(super) calls_started: u64,
    /// Calls that were sent and have not come back.
    pub in_flight: BTreeMap<CallId, StartedCall>,
    /// Calls that were lost with their process; what they cost is unknown.
    pub calls_lost: u64,
    pub(super) caps: BTreeMap<Scope, Cap>,
    /// Models that were changed while the run went on, as `provider:name`.
    pub models: BTreeMap<Whose, String>,
    /// What a human did last.
    pub last_deed: Option<Deed>,
    /// Why no further task is begun.
    pub closing: Option<Closing>,
    pub rejections: u32,
    pub vetoes: u32,
    pub redundant: u32,
}

impl Run {
    /// What a fact has brought to the same here as in another run is held once by both.
    pub(super) fn share(&mut self, other: &Run, fact: &Fact) {
        match fact {
            Fact::EntryAdmitted { .. } => self.context.share(&other.context),
            Fact::TaskFinished { task, .. } => self.tasks.share(&other.tasks, *task),
            _ => {}
        }
    }

    /// Once it was written down and read: what is not written follows from the rest.
    #[must_use]
    pub fn read_back(self) -> Self {
        Run { policy: Policy::parse(&self.policy_text).unwrap_or_default(), ..self }
    }

    #[must_use]
    pub fn stage(&self) -> Stage {
        match () {
            () if self.outcome.is_some() => Stage::Ended,
            () if self.finalizer.is_some() => Stage::Finalizing,
            () if !self.corpus_split => Stage::Reading,
            () if !self.is_prepared() => Stage::Preparing,
            () => Stage::Working,
        }
    }

    /// Every unit has its entry in the shared context, so tasks may be planned.
    #[must_use]
    pub fn is_prepared(&self) -> bool {
        self.corpus_split && self.documents >= self.units.len()
    }

    /// Units whose gist is in the shared context.
    #[must_use]
    pub fn units_prepared(&self) -> usize {
        self.documents
    }

    #[must_use]
    pub fn is_corpus_split(&self) -> bool {
        self.corpus_split
    }

    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get((id.0 as usize).checked_sub(1)?)
    }

    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.get(usize::from(id.0).checked_sub(1)?)
    }

    #[must_use]
    pub fn unit(&self, label: Label) -> Option<&Unit> {
        label.is_unit().then(|| self.units.get((label.index as usize).checked_sub(1)?)).flatten()
    }

    /// The path of the source that a unit was cut from.
    #[must_use]
    pub fn path(&self, unit: &Unit) -> Option<&str> {
        self.sources.iter().find(|source| source.id == unit.source).map(|source| source.path.as_str())
    }

    /// Entries that are not documents: what the team and the human found.
    #[must_use]
    pub fn findings(&self) -> usize {
        self.context.len() - self.documents
    }

    /// The cap on a scope as it stands.
    #[must_use]
    pub fn cap(&self, scope: Scope) -> Cap {
        let limits = &self.options.limits;
        let first = match scope {
            Scope::Run => limits.run,
            Scope::Agent(_) => limits.agent,
            Scope::Task(_) => limits.task,
        };
        self.caps.get(&scope).copied().unwrap_or(first)
    }

    /// Whether calls may have to wait for what others leave.
    #[must_use]
    pub fn is_capped(&self) -> bool {
        !self.options.limits.is_none() || !self.caps.is_empty()
    }

    /// What a scope has used.
    #[must_use]
    pub fn used(&self, scope: Scope) -> Usage {
        match scope {
            Scope::Run => self.usage,
            Scope::Agent(agent) => self.agent(agent).map_or(Usage::NONE, |agent| agent.usage),
            Scope::Task(task) => self.task(task).map_or(Usage::NONE, Task::usage),
        }
    }

    #[must_use]
    pub fn next_breakpoint(&self) -> BreakId {
        BreakId(self.breakpoints_set + 1)
    }

    #[must_use]
    pub fn next_call(&self) -> CallId {
        CallId(self.calls_started + 1)
    }

    /// The label that an author's next entry gets.
    #[must_use]
    pub fn next_label(&self, author: Author) -> Label {
        Label::new(author, self.signed.get(&author).copied().unwrap_or(0) + 1)
    }

    #[must_use]
    pub fn next_decision(&self) -> DecisionId {
        DecisionId(self.decisions_opened + 1)
    }

    #[must_use]
    pub fn next_task(&self) -> TaskId {
        TaskId(self.tasks.len() as u32 + 1)
    }

    #[must_use]
    pub fn standing(&self, label: Label) -> Standing {
        match () {
            () if self.context.is_recalled(label) => Standing::Recalled,
            () if self.suspects.contains(&label.whole()) => Standing::Suspect,
            () => Standing::Holds,
        }
    }

    /// Who read an entry. The gists of documents stand before everybody from the beginning, so a document was read by
    /// those who opened it or a part of it; an entry by those who saw its line too.
    #[must_use]
    pub fn readers_of(&self, label: Label) -> BTreeSet<Reader> {
        let mut readers: BTreeSet<Reader> = self.readers.opened(label).collect();
        if !label.is_unit()
            && let Some(descent) = self.lineage.of(label)
        {
            readers.extend(self.readers.saw(descent.admitted));
        }
        readers
    }

    /// The agents among [`Run::readers_of`], each once.
    #[must_use]
    pub fn agents_that_read(&self, label: Label) -> BTreeSet<AgentId> {
        self.readers_of(label).into_iter().map(|reader| reader.agent).collect()
    }

    /// The task that is claimed next after this one, of those that wait.
    #[must_use]
    pub(super) fn after(&self, id: TaskId) -> Option<TaskId> {
        let rank = self.task(id)?.rank;
        self.tasks.iter().filter(|task| task.rank > rank).min_by_key(|task| task.rank).map(|task| task.id)
    }

    /// Tasks that nobody has claimed, in the order in which they are claimed when nothing holds them back.
    #[must_use]
    pub fn waiting(&self) -> Vec<TaskId> {
        let mut waiting: Vec<(u64, TaskId)> = self.ready.iter().chain(&self.blocked).copied().collect();
        waiting.sort();
        waiting.into_iter().map(|(_, id)| id).collect()
    }

    /// The first by number of the tasks that somebody has claimed and that are not over.
    #[must_use]
    pub fn first_held(&self) -> Option<TaskId> {
        self.held.get_min().copied()
    }

    /// Open decisions in the order in which they are to be taken: the oldest first, deferred ones last.
    pub fn inbox(&self) -> impl Iterator<Item = &Decision> {
        let fresh = self.decisions.values().filter(|decision| !self.deferred.contains(&decision.id));
        fresh.chain(self.deferred.iter().filter_map(|id| self.decisions.get(id)))
    }

    /// The model that was set for calls of this kind by this agent; `None` leaves what the run began with.
    #[must_use]
    pub fn model_set(&self, agent: AgentId, kind: CallKind) -> Option<&str> {
        let order = [Whose::Agent(agent), Whose::Role(kind.role()), Whose::Everybody];
        order.iter().find_map(|whose| self.models.get(whose)).map(String::as_str)
    }

    /// Whether a human has settled that two entries contradict each other.
    #[must_use]
    pub fn is_settled(&self, a: Label, b: Label) -> bool {
        self.settled.contains(&in_order(a, b))
    }

    /// The task under the same normalised subject (METHOD §2.6.8).
    #[must_use]
    pub fn task_like(&self, text: &str) -> Option<TaskId> {
        let like = *self.subjects.get(&subject_hash(text))?;
        let is_same = normalised_subject(&self.task(like)?.text) == normalised_subject(text);
        is_same.then_some(like)
    }

    /// The entries of one kind.
    pub fn entries_of(&self, kind: EntryKind) -> impl Iterator<Item = &Entry> {
        self.context.entries().map(AsRef::as_ref).filter(move |entry: &&Entry| entry.kind == kind)
    }
}

/// Two entries of which neither is the first.
#[must_use]
pub(super) fn in_order(a: Label, b: Label) -> (Label, Label) {
    (a.min(b), a.max(b))
}
