//! What a run cost, taken apart: for each try of each task and each kind of call. The sums of the run, its agents and its
//! tasks are the fold's own.

use std::{borrow::Borrow, collections::BTreeMap};

use super::{
    call::{Call, CallKind, Role},
    cost::Usage,
    event::{Event, Fact},
    id::{AgentId, TaskId},
    label::Label,
    state::Run,
};

/// Calls that came back, and what they used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    pub calls: u64,
    pub usage: Usage,
}

impl Cost {
    fn count(&mut self, usage: Usage) {
        self.calls += 1;
        self.usage += usage;
    }
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes on, or its process ended in the middle.
    Open,
    Admitted(Label),
    /// The shared context said it already.
    Redundant,
    /// Turned down by the verifier, a rule or a failed call.
    Rejected(String),
    Vetoed(String),
    /// Its task was taken away or given up.
    LeftOff(String),
}

impl Fate {
    /// Whether it was turned down, by whomever.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        matches!(self, Fate::Rejected(_) | Fate::Vetoed(_))
    }
}

/// One try of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    pub agent: AgentId,
    pub cost: Cost,
    pub fate: Fate,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// In their order, over all claims.
    pub tries: BTreeMap<TaskId, Vec<Tried>>,
    pub kinds: BTreeMap<CallKind, Cost>,
    pub roles: BTreeMap<Role, Cost>,
    pub agents: BTreeMap<AgentId, Cost>,
    /// Calls that brought no usable reply; what they used is counted with the others.
    pub failed: u64,
}

impl Ledger {
    #[must_use]
    pub fn of(events: impl IntoIterator<Item: Borrow<Event>>) -> Self {
        let mut ledger = Ledger::default();
        events.into_iter().for_each(|event| ledger.enter(&event.borrow().fact));
        ledger
    }

    fn enter(&mut self, fact: &Fact) {
        match fact {
            Fact::AttemptStarted { task, agent, .. } => self.open(*task, *agent),
            Fact::CallFinished { call } => self.count(call),
            Fact::WriteRejected { task, feedback, .. } => self.settle(*task, Fate::Rejected(feedback.reason.clone())),
            Fact::WriteVetoed { task, feedback, .. } => self.settle(*task, Fate::Vetoed(feedback.reason.clone())),
            Fact::WriteFoundRedundant { task, .. } => self.settle(*task, Fate::Redundant),
            Fact::EntryAdmitted { entry } => {
                if let Some(task) = entry.task {
                    self.settle(task, Fate::Admitted(entry.label));
                }
            }
            Fact::TaskRequeued { task, reason, .. }
            | Fact::TaskFailed { task, reason }
            | Fact::TaskDropped { task, reason, .. } => self.settle(*task, Fate::LeftOff(reason.clone())),
            _ => {}
        }
    }

    fn open(&mut self, task: TaskId, agent: AgentId) {
        let tried = Tried { agent, cost: Cost::default(), fate: Fate::Open };
        self.tries.entry(task).or_default().push(tried);
    }

    fn count(&mut self, call: &Call) {
        self.failed += u64::from(call.error.is_some());
        self.kinds.entry(call.kind).or_default().count(call.usage);
        self.roles.entry(call.kind.role()).or_default().count(call.usage);
        self.agents.entry(call.agent).or_default().count(call.usage);
        let Some(task) = call.task else { return };
        if !self.tries.contains_key(&task) {
            self.open(task, call.agent);
        }
        // What comes late, from one that has lost the task, belongs to the try that it began.
        let tries = self.tries.get_mut(&task).map(Vec::as_mut_slice).unwrap_or_default();
        let at = tries.iter().rposition(|tried| tried.agent == call.agent).or(tries.len().checked_sub(1));
        if let Some(tried) = at.and_then(|at| tries.get_mut(at)) {
            tried.cost.count(call.usage);
        }
    }

    /// The first thing that is said of a try stands.
    fn settle(&mut self, task: TaskId, fate: Fate) {
        if let Some(tried) = self.tries.get_mut(&task).and_then(|tries| tries.last_mut())
            && tried.fate == Fate::Open
        {
            tried.fate = fate;
        }
    }

    /// What the try cost that brought an entry.
    #[must_use]
    pub fn of_entry(&self, label: Label) -> Option<Cost> {
        let tries = self.tries.values().flatten();
        tries.filter(|tried| tried.fate == Fate::Admitted(label)).map(|tried| tried.cost).next()
    }

    /// All tries that were turned down.
    #[must_use]
    pub fn rejected(&self) -> (usize, Cost) {
        let rejected: Vec<Cost> =
            self.tries.values().flatten().filter(|tried| tried.fate.is_rejected()).map(|tried| tried.cost).collect();
        let mut sum = Cost::default();
        for cost in &rejected {
            sum.calls += cost.calls;
            sum.usage += cost.usage;
        }
        (rejected.len(), sum)
    }
}

impl Run {
    /// Calls that were lost with a process, those of a session that has ended included.
    #[must_use]
    pub fn lost_calls(&self) -> u64 {
        self.calls_lost + if self.in_session { 0 } else { self.in_flight.len() as u64 }
    }
}
