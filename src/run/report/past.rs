//! The log of a run, put in order by what belongs together: tries with their calls, decisions with their answers, who
//! planned, who answered. One pass over the events.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use crate::run::{
    call::{Call, StartedCall},
    event::{Event, Fact},
    gate::{Choice, Decision},
    id::{AgentId, CallId, DecisionId, Seq, TaskId},
    label::{Author, Label},
    readers::Reader,
    state::Run,
    write::Critic,
};

/// A stretch of one agent's work: a try, the preparation of a unit, a round of planning, the writing of the answer.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub agent: AgentId,
    /// The event that it began with.
    pub began: Seq,
    /// What was in the shared context up to this moment stood before it.
    pub snapshot: Option<Seq>,
    /// What it opened, in order.
    pub unfolded: Vec<Label>,
    pub calls: Vec<&'a Call>,
    /// Calls that have not come back.
    pub unanswered: Vec<&'a StartedCall>,
    pub asked: Vec<DecisionId>,
    pub end: Option<(Seq, End<'a>)>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End<'a> {
    Admitted(Label),
    Redundant(Option<Label>),
    Rejected(Critic, &'a str),
    Vetoed(&'a str),
    LeftOff(&'a str),
    Done,
}

impl Work<'_> {
    /// Whether nothing is known of it but that it began.
    fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.unanswered.is_empty() && self.asked.is_empty()
    }

    fn new(agent: AgentId, began: Seq, snapshot: Option<Seq>) -> Self {
        let (unfolded, asked) = (vec![], vec![]);
        Work { agent, began, snapshot, unfolded, calls: vec![], unanswered: vec![], asked, end: None }
    }
}

/// A question to the human, and its answer.
pub(super) struct Asked<'a> {
    pub decision: &'a Decision,
    pub opened: Seq,
    pub decided: Option<(Seq, &'a Choice, Option<&'a str>)>,
}

/// How a task came into the queue.
pub(super) struct Added {
    pub at: Seq,
    pub by: Author,
    /// The round of planning that it came from.
    pub plan: Option<usize>,
}

/// What an agent does beside tasks.
#[derive(Clone, Copy)]
enum Side {
    Unit(Label),
    Plan(usize),
    Final(usize),
}

pub(super) struct Past<'a> {
    pub run: &'a Run,
    events: &'a [Arc<Event>],
    /// All tries of each task, in order.
    pub tries: BTreeMap<TaskId, Vec<Work<'a>>>,
    pub units: BTreeMap<Label, Work<'a>>,
    pub plans: Vec<Work<'a>>,
    pub finals: Vec<Work<'a>>,
    pub added: BTreeMap<TaskId, Added>,
    pub asked: BTreeMap<DecisionId, Asked<'a>>,
    pub recalled: BTreeMap<Label, (Seq, &'a str)>,
    /// When each entry came in, in order.
    admitted: Vec<Seq>,
    /// Claims whose first try has not begun.
    claims: HashMap<TaskId, Work<'a>>,
    sides: HashMap<AgentId, Side>,
    answered: HashSet<CallId>,
}

impl<'a> Past<'a> {
    pub fn of(run: &'a Run, events: &'a [Arc<Event>]) -> Self {
        let mut past = Past {
            run,
            events,
            tries: BTreeMap::new(),
            units: BTreeMap::new(),
            plans: vec![],
            finals: vec![],
            added: BTreeMap::new(),
            asked: BTreeMap::new(),
            recalled: BTreeMap::new(),
            admitted: vec![],
            claims: HashMap::new(),
            sides: HashMap::new(),
            answered: HashSet::new(),
        };
        events.iter().for_each(|event| past.enter(event.seq, &event.fact));
        let mut claims: Vec<_> = past.claims.drain().filter(|(_, work)| !work.is_empty()).collect();
        claims.sort_by_key(|(task, _)| *task);
        for (task, work) in claims {
            past.tries.entry(task).or_default().push(work);
        }
        let Past { tries, units, plans, finals, answered, .. } = &mut past;
        let all = tries.values_mut().flatten().chain(units.values_mut()).chain(plans).chain(finals);
        all.for_each(|work| work.unanswered.retain(|call| !answered.contains(&call.id)));
        past
    }

    /// When an event happened.
    pub fn at(&self, seq: Seq) -> i64 {
        let place = self.events.partition_point(|event| event.seq < seq);
        self.events.get(place).map_or(self.run.started_at, |event| event.at)
    }

    /// How many entries stood in the shared context at a moment.
    pub fn entries_at(&self, seq: Seq) -> usize {
        self.admitted.partition_point(|admitted| *admitted <= seq)
    }

    /// What a reader read for beside a task; `since` is when the entry came in.
    pub fn purpose(&self, reader: Reader, since: Seq) -> String {
        if let Some(task) = reader.task {
            return task.to_string();
        }
        let had = |all: &[Work]| all.iter().any(|work| work.agent == reader.agent && work.snapshot >= Some(since));
        match (had(&self.plans), had(&self.finals)) {
            (true, true) => "planning and the answer".to_owned(),
            (true, false) => "planning".to_owned(),
            (false, true) => "the answer".to_owned(),
            // It was opened beside both.
            (false, false) => "no task".to_owned(),
        }
    }

    fn work(&mut self, agent: AgentId, task: Option<TaskId>) -> Option<&mut Work<'a>> {
        if let Some(task) = task {
            let claim = self.claims.get_mut(&task);
            // What comes late, from one that has lost the task, belongs to the try that it began.
            let tries = self.tries.get_mut(&task);
            let own = |tries: &'_ mut Vec<Work<'a>>| tries.iter().rposition(|work| work.agent == agent);
            return claim.filter(|claim| claim.agent == agent).or_else(|| {
                let tries = tries?;
                let at = own(tries).or(tries.len().checked_sub(1))?;
                tries.get_mut(at)
            });
        }
        match self.sides.get(&agent)? {
            Side::Unit(label) => self.units.get_mut(label),
            Side::Plan(at) => self.plans.get_mut(*at),
            Side::Final(at) => self.finals.get_mut(*at),
        }
    }

    /// The first thing that is said of a stretch of work stands.
    fn end(&mut self, task: TaskId, seq: Seq, end: End<'a>) {
        if let Some(mut claim) = self.claims.remove(&task) {
            claim.end = Some((seq, end));
            self.tries.entry(task).or_default().push(claim);
        } else if let Some(work) = self.tries.get_mut(&task).and_then(|tries| tries.last_mut()) {
            work.end.get_or_insert((seq, end));
        }
    }

    fn enter(&mut self, seq: Seq, fact: &'a Fact) {
        match fact {
            Fact::SessionStarted { .. } => self.cut_off(seq),
            Fact::UnitClaimed { unit, agent } => {
                self.units.insert(*unit, Work::new(*agent, seq, None));
                self.sides.insert(*agent, Side::Unit(*unit));
            }
            Fact::PlanSettled { agent, .. } => {
                if let Some(Side::Plan(at)) = self.sides.get(agent) {
                    self.plans[*at].end.get_or_insert((seq, End::Done));
                }
            }
            Fact::PlanClaimed { agent, .. } => {
                self.sides.insert(*agent, Side::Plan(self.plans.len()));
                self.plans.push(Work::new(*agent, seq, None));
            }
            Fact::FinalClaimed { agent, snapshot } => {
                self.sides.insert(*agent, Side::Final(self.finals.len()));
                self.finals.push(Work::new(*agent, seq, Some(*snapshot)));
            }
            Fact::TaskClaimed { task, agent } => drop(self.claims.insert(*task, Work::new(*agent, seq, None))),
            Fact::AttemptStarted { task, agent, snapshot, .. } => {
                let claim = self.claims.remove(task).unwrap_or_else(|| Work::new(*agent, seq, None));
                let work = Work { began: seq, snapshot: Some(*snapshot), ..claim };
                self.tries.entry(*task).or_default().push(work);
            }
            Fact::ContextRead { agent, task: None, snapshot } => {
                if let Some(work) = self.work(*agent, None) {
                    work.snapshot = Some(*snapshot);
                }
            }
            Fact::Unfolded { agent, task, labels, .. } => {
                if let Some(work) = self.work(*agent, *task) {
                    work.unfolded.extend(labels);
                }
            }
            Fact::CallStarted { call } => {
                if let Some(work) = self.work(call.agent, call.task) {
                    work.unanswered.push(call);
                }
            }
            Fact::CallFinished { call } => {
                self.answered.insert(call.id);
                if let Some(work) = self.work(call.agent, call.task) {
                    work.calls.push(call);
                }
            }
            Fact::TasksAdded { tasks, by } => {
                let plan = match by {
                    Author::Agent(agent) => match self.sides.get(agent) {
                        Some(Side::Plan(at)) => Some(*at),
                        _ => None,
                    },
                    _ => None,
                };
                self.added.extend(tasks.iter().map(|task| (task.id, Added { at: seq, by: *by, plan })));
            }
            Fact::TasksReplaced { new, .. } => {
                let by = Author::Human;
                self.added.extend(new.iter().map(|task| (task.id, Added { at: seq, by, plan: None })));
            }
            Fact::GateOpened { decision } => {
                self.asked.insert(decision.id, Asked { decision, opened: seq, decided: None });
                if let Some(work) = self.work(decision.agent, decision.task) {
                    work.asked.push(decision.id);
                }
            }
            Fact::GateDecided { decision, choice, rule } => {
                if let Some(asked) = self.asked.get_mut(decision) {
                    asked.decided = Some((seq, choice, rule.as_deref()));
                }
            }
            Fact::EntryAdmitted { entry } => {
                self.admitted.push(seq);
                match entry.task {
                    Some(task) => self.end(task, seq, End::Admitted(entry.label)),
                    None => {
                        if let Some(work) = self.units.get_mut(&entry.label) {
                            work.end.get_or_insert((seq, End::Admitted(entry.label)));
                        }
                    }
                }
            }
            Fact::EntryRecalled { label, reason, .. } => drop(self.recalled.insert(*label, (seq, reason))),
            Fact::WriteRejected { task, feedback, .. } => {
                self.end(*task, seq, End::Rejected(feedback.by, &feedback.reason));
            }
            Fact::WriteVetoed { task, feedback, .. } => self.end(*task, seq, End::Vetoed(&feedback.reason)),
            Fact::WriteFoundRedundant { task, of, .. } => self.end(*task, seq, End::Redundant(*of)),
            Fact::TaskRequeued { task, reason, .. }
            | Fact::TaskFailed { task, reason }
            | Fact::TaskDropped { task, reason, .. } => self.end(*task, seq, End::LeftOff(reason)),
            Fact::LeaseExpired { agent, held, .. } if held.task().is_none() => {
                if let Some(work) = self.work(*agent, None) {
                    work.end.get_or_insert((seq, End::LeftOff("it lost its lease")));
                }
            }
            Fact::AnswerWritten { .. } => self.end_final(seq, End::Done),
            Fact::FinalReopened { reason } => self.end_final(seq, End::LeftOff(reason)),
            _ => {}
        }
    }

    /// What a process had begun ended with it. What waits for a human goes on waiting.
    fn cut_off(&mut self, seq: Seq) {
        let asked = &self.asked;
        let waits = |work: &Work| work.asked.iter().any(|id| asked.get(id).is_some_and(|one| one.decided.is_none()));
        let last = self.tries.values_mut().filter_map(|tries| tries.last_mut());
        for work in last.chain(&mut self.finals).chain(&mut self.plans).filter(|work| !waits(work)) {
            work.end.get_or_insert((seq, End::LeftOff("its process ended")));
        }
    }

    fn end_final(&mut self, seq: Seq, end: End<'a>) {
        if let Some(work) = self.finals.last_mut() {
            work.end.get_or_insert((seq, end));
        }
    }
}
