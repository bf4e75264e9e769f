//! A recorded log as the score that a run is played from: which facts come next, and whether what somebody proposes is
//! that. It knows nothing of who proposes, or of how a call is answered.

use super::{
    call::Call,
    event::{Event, Fact},
    id::{AgentId, Seq},
    label::{Author, Label},
    state::Run,
};

/// Which time an event gets that was played from the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// A replay happens now.
    Now,
    /// The past of a fork is the past of its parent.
    Recorded,
}

/// Where the run stopped following the record, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// The first event that is not the record's.
    pub at: Seq,
    pub why: String,
}

/// The rest of a record, and how far it was followed.
#[derive(Debug)]
pub struct Score {
    events: Vec<Event>,
    next: usize,
    pub times: Times,
}

impl Score {
    /// What follows the events that stand in the log already. The end of a session is no part of what a team plays.
    #[must_use]
    pub fn new(mut events: Vec<Event>, standing: Seq, times: Times) -> Self {
        while matches!(events.last(), Some(Event { fact: Fact::SessionEnded { .. }, .. })) {
            events.pop();
        }
        let next = events.partition_point(|event| event.seq <= standing);
        Score { events, next, times }
    }

    /// The next recorded event; `None` at the end.
    #[must_use]
    pub fn next(&self) -> Option<&Event> {
        self.events.get(self.next)
    }

    /// The recorded events for facts that come next in the record, in their order; `None` when they do not.
    #[must_use]
    pub fn take(&mut self, facts: &[Fact]) -> Option<Vec<Event>> {
        let recorded = self.events.get(self.next..self.next + facts.len())?;
        if !recorded.iter().zip(facts).all(|(event, fact)| same(&event.fact, fact)) {
            return None;
        }
        self.next += facts.len();
        Some(recorded.iter().map(played).collect())
    }

    /// Whether the next recorded event belongs to whoever proposes `facts`: then they are at odds, and always will be.
    #[must_use]
    pub fn contradicts(&self, run: &Run, facts: &[Fact]) -> bool {
        let Some(next) = self.next() else { return false };
        let wanted = actor(run, &next.fact);
        wanted != Actor::Outside && facts.first().is_some_and(|fact| actor(run, fact) == wanted)
    }

    /// Whether the next event came from outside the team: a human, the pace, the end of a session.
    #[must_use]
    pub fn is_cue(&self, run: &Run) -> bool {
        self.next().is_some_and(|next| actor(run, &next.fact) == Actor::Outside)
    }
}

/// A recorded event as it stands in the log of the run that is played: its calls were answered before.
fn played(event: &Event) -> Event {
    let mut event = event.clone();
    if let Fact::CallFinished { call } = &mut event.fact {
        call.from = call.from.or(Some(call.id));
    }
    event
}

/// Whether two facts say the same but for times, and for which process and record they came from.
#[must_use]
pub fn same(a: &Fact, b: &Fact) -> bool {
    match (a, b) {
        (Fact::SessionStarted { .. }, Fact::SessionStarted { .. }) => true,
        (Fact::CallFinished { call: a }, Fact::CallFinished { call: b }) => timeless(a) == timeless(b),
        (a, b) => a == b,
    }
}

fn timeless(call: &Call) -> Call {
    Call { elapsed_ms: 0, first_ms: None, trace: None, from: None, ..call.clone() }
}

/// The agent that brings these facts about, if one does.
#[must_use]
pub fn agent_of(run: &Run, facts: &[Fact]) -> Option<AgentId> {
    facts.iter().find_map(|fact| match actor(run, fact) {
        Actor::Agent(agent) => Some(agent),
        Actor::Unit(_) | Actor::Process | Actor::Outside => None,
    })
}

/// Who brings a fact about. One actor does one thing after another.
#[derive(Debug, PartialEq, Eq)]
enum Actor {
    Agent(AgentId),
    /// Whoever prepares this unit.
    Unit(Label),
    /// The process itself: it reads, cuts and starts sessions.
    Process,
    Outside,
}

fn actor(run: &Run, fact: &Fact) -> Actor {
    let of_author = |author: Author| match author {
        Author::Agent(agent) => Actor::Agent(agent),
        Author::Human => Actor::Outside,
        Author::Source => Actor::Process,
    };
    let finalizer = || run.finalizer.as_ref().map_or(Actor::Outside, |finalizer| Actor::Agent(finalizer.agent));
    match fact {
        Fact::RunStarted { .. }
        | Fact::SessionStarted { .. }
        | Fact::SourceRead { .. }
        | Fact::SourceSkipped { .. }
        | Fact::CorpusSplit { .. } => Actor::Process,
        Fact::EntryAdmitted { entry } if entry.label.is_unit() => Actor::Unit(entry.label),
        Fact::EntryAdmitted { entry } => of_author(entry.label.author),
        Fact::TasksAdded { by, .. } | Fact::TaskDropped { by, .. } => of_author(*by),
        Fact::DependenciesRevised { by: Some(by), .. } => of_author(*by),
        Fact::DependenciesRevised { by: None, .. } => run.plan.holder.map_or(Actor::Outside, Actor::Agent),
        Fact::UnitClaimed { agent, .. }
        | Fact::PlanClaimed { agent, .. }
        | Fact::PlanSettled { agent, .. }
        | Fact::TaskClaimed { agent, .. }
        | Fact::TaskFinished { agent, .. }
        | Fact::TaskRequeued { agent, refused: false, .. }
        | Fact::AttemptStarted { agent, .. }
        | Fact::Unfolded { agent, .. }
        | Fact::ContextRead { agent, .. }
        | Fact::WriteRejected { agent, .. }
        | Fact::WriteFoundRedundant { agent, .. }
        | Fact::WriteVetoed { agent, .. }
        | Fact::FinalClaimed { agent, .. }
        | Fact::WriteRefused { agent, .. }
        | Fact::AgentFailed { agent, .. } => Actor::Agent(*agent),
        Fact::TaskFailed { task, .. } => {
            run.task(*task).and_then(|task| task.agent).map_or(Actor::Outside, Actor::Agent)
        }
        Fact::CallStarted { call } => Actor::Agent(call.agent),
        Fact::CallFinished { call } => Actor::Agent(call.agent),
        Fact::WriteProposed { proposal } => Actor::Agent(proposal.agent),
        Fact::GateOpened { decision } => Actor::Agent(decision.agent),
        Fact::FinalReopened { .. } | Fact::AnswerWritten { .. } | Fact::RunEnded { .. } => finalizer(),
        Fact::MessagesRead { agent, .. } => Actor::Agent(*agent),
        Fact::GateDecided { .. }
        | Fact::TaskRequeued { .. }
        | Fact::TaskEdited { .. }
        | Fact::TaskMoved { .. }
        | Fact::TaskReserved { .. }
        | Fact::TaskReopened { .. }
        | Fact::TasksReplaced { .. }
        | Fact::TaskRestored { .. }
        | Fact::MessageTakenBack { .. }
        | Fact::AgentStopped { .. }
        | Fact::LeaseExpired { .. }
        | Fact::AgentHeld { .. }
        | Fact::AgentReleased { .. }
        | Fact::ModelSet { .. }
        | Fact::ContradictionSettled { .. }
        | Fact::GateDeferred { .. }
        | Fact::EntryRecalled { .. }
        | Fact::RunReopened { .. }
        | Fact::AgentMessaged { .. }
        | Fact::AgentAdded { .. }
        | Fact::Forked { .. }
        | Fact::CapSet { .. }
        | Fact::PolicySet { .. }
        | Fact::BreakpointSet { .. }
        | Fact::BreakpointRemoved { .. }
        | Fact::BreakpointHit { .. }
        | Fact::WorkClosed { .. }
        | Fact::PauseAsked
        | Fact::RunPaused
        | Fact::RunResumed
        | Fact::StepGranted { .. }
        | Fact::CommandTaken { .. }
        | Fact::SessionEnded { .. } => Actor::Outside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Parting, TaskId};

    fn events(facts: Vec<Fact>) -> Vec<Event> {
        facts.into_iter().zip(1..).map(|(fact, seq)| Event { seq: Seq(seq), at: 7, fact }).collect()
    }

    fn claim(task: u32, agent: u16) -> Fact {
        Fact::TaskClaimed { task: TaskId(task), agent: AgentId(agent) }
    }

    #[test]
    fn what_comes_next_is_taken_and_what_comes_later_is_not() {
        let log = vec![claim(1, 1), claim(2, 2), Fact::SessionEnded { parting: Parting::Interrupted }];
        let mut score = Score::new(events(log), Seq(0), Times::Now);
        assert_eq!(score.take(&[claim(2, 2)]), None);
        assert!(!score.contradicts(&Run::default(), &[claim(2, 2)]), "the other agent may be on its way");
        assert!(score.contradicts(&Run::default(), &[claim(2, 1)]));
        assert_eq!(score.take(&[claim(1, 1), claim(2, 2)]).map(|events| events.len()), Some(2));
        assert_eq!(score.next(), None, "the end of a session is not played");
    }

    #[test]
    fn the_process_is_not_part_of_the_record() {
        assert!(same(&Fact::SessionStarted { pid: 1 }, &Fact::SessionStarted { pid: 2 }));
    }
}
