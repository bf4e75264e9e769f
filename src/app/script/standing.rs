//! What is known of a team from its facts and from what it shows beside them: who can move, and whether it stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::run::{
    Agent, AgentId, AgentState, DecisionId, Event, Fact, Live, Pace, Phase, Run, Seq, Sight, Timeline,
    rules::work::{self, Work},
    score::agent_of,
};

/// A run as far as it was seen.
#[derive(Default)]
pub struct Seen {
    pub timeline: Timeline,
    phases: BTreeMap<AgentId, Phase>,
    /// Agents that a breakpoint has stopped and that did nothing since.
    stopped: BTreeSet<AgentId>,
}

impl Seen {
    /// A run that was seen up to its newest event.
    pub fn of(timeline: Timeline) -> Self {
        let mut seen = Seen::default();
        let is_start = |event: &Arc<Event>| matches!(event.fact, Fact::SessionStarted { .. });
        let start = timeline.events().rev().find(is_start).map_or(Seq(0), |event| event.seq);
        let mut run = timeline.at(start);
        for event in timeline.events_after(start) {
            seen.note(&event.fact, agent_of(&run, std::slice::from_ref(&event.fact)));
            run.apply(&event);
        }
        Seen { timeline, ..seen }
    }

    pub fn event(&mut self, event: Event) {
        let by = agent_of(self.timeline.head(), std::slice::from_ref(&event.fact));
        self.note(&event.fact, by);
        self.timeline.push(event);
    }

    fn note(&mut self, fact: &Fact, by: Option<AgentId>) {
        match fact {
            Fact::BreakpointHit { agent: Some(agent), .. } => drop(self.stopped.insert(*agent)),
            Fact::SessionStarted { .. } => self.forget_phases(),
            _ => {
                if let Some(agent) = by {
                    self.stopped.remove(&agent);
                }
            }
        }
    }

    pub fn live(&mut self, seen: Vec<Live>) {
        for Live { agent, sight } in seen {
            match sight {
                Sight::Phase(phase) => drop(self.phases.insert(agent, phase)),
                // It is at work on something.
                Sight::Begins(_) | Sight::Text(..) => drop(self.phases.remove(&agent)),
            }
        }
    }

    /// What agents showed so far says nothing of where they stand from now on.
    pub fn forget_phases(&mut self) {
        self.phases.clear();
        self.stopped.clear();
    }

    /// Held, ended, or in such a state that nothing but a human can move it.
    pub fn stands(&self) -> bool {
        let run = self.timeline.head();
        run.outcome.is_some() || run.pace == Pace::Paused || self.is_stuck()
    }

    /// Whether every living agent waits for a decision or has nothing to do.
    pub fn is_stuck(&self) -> bool {
        let run = self.timeline.head();
        // Whom a breakpoint holds says nothing more of where it stands.
        let is_stopped = |agent: &Agent| agent.held && self.stopped.contains(&agent.id);
        let is_stuck = |agent| is_stopped(agent) || cannot_move(run, agent, self.phases.get(&agent.id));
        run.is_corpus_split() && run.agents.iter().all(is_stuck)
    }

    /// Whether every agent is where a pause keeps it.
    pub fn all_held(&self) -> bool {
        let run = self.timeline.head();
        run.agents.iter().all(|agent| self.is_held(run, agent))
    }

    /// Whether an agent has come to where a pause keeps it.
    pub fn holds(&self, agent: AgentId) -> bool {
        let run = self.timeline.head();
        run.agent(agent).is_none_or(|agent| self.is_held(run, agent))
    }

    /// The agent that a step was granted to after `seq`.
    pub fn stepped_after(&self, seq: Seq) -> Option<AgentId> {
        let events = self.timeline.events().rev().take_while(|event| event.seq > seq);
        let granted = |event: Arc<Event>| match event.fact {
            Fact::StepGranted { agent, .. } => Some(agent),
            _ => None,
        };
        events.filter_map(granted).last()
    }

    fn is_held(&self, run: &Run, agent: &Agent) -> bool {
        let rests = match self.phases.get(&agent.id) {
            Some(Phase::Held(_) | Phase::Idle | Phase::WaitsForTasks | Phase::WaitsForMoney) => true,
            // Once it is decided the agent is on its way, whatever it showed last.
            Some(Phase::WaitsForYou(decision)) => run.decisions.contains_key(decision),
            _ => false,
        };
        rests || self.stopped.contains(&agent.id) || cannot_move(run, agent, self.phases.get(&agent.id))
    }
}

fn cannot_move(run: &Run, agent: &Agent, phase: Option<&Phase>) -> bool {
    match (&agent.state, phase) {
        (state, _) if state.is_gone() => true,
        (AgentState::Asking(decision), _) => waits_for_a_human(run, *decision),
        (_, Some(Phase::Held(_))) => agent.held,
        (AgentState::Idle, phase) => {
            let (work, claims) = work::take(run, agent.id);
            // Whoever prepares a unit holds nothing that the log knows of.
            let rests = run.is_prepared() || matches!(phase, Some(Phase::Idle | Phase::WaitsForTasks));
            rests && claims.is_empty() && matches!(work, Work::Wait | Work::Over)
        }
        (_, Some(Phase::WaitsForYou(decision))) => waits_for_a_human(run, *decision),
        (_, Some(Phase::WaitsForMoney)) => true,
        _ => false,
    }
}

/// Whether a team stands, as far as its log alone tells.
pub fn stands(run: &Run) -> bool {
    let is_stuck = |agent: &Agent| cannot_move(run, agent, None);
    let stuck = run.is_prepared() && run.agents.iter().all(is_stuck);
    run.outcome.is_some() || run.pace == Pace::Paused || stuck
}

/// It is open, and comes to nothing by itself.
fn waits_for_a_human(run: &Run, decision: DecisionId) -> bool {
    run.decisions.get(&decision).is_some_and(|open| open.deadline.is_none())
}
