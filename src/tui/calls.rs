//! Where in the log each agent's calls came back, so that a history costs what it shows.

use std::collections::BTreeMap;

use crate::run::{AgentId, Call, Event, Fact, TaskId, Timeline};

/// A call of an agent: its event's place in the log, and the try of its task that it was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    at: usize,
    /// 0 before the first try of a claim, and without a task.
    pub attempt: u32,
}

#[derive(Debug, Default)]
pub struct Calls {
    of: BTreeMap<AgentId, Vec<Place>>,
    attempts: BTreeMap<AgentId, (TaskId, u32)>,
}

impl Calls {
    /// Takes in the event that will stand at `at`.
    pub fn see(&mut self, event: &Event, at: usize) {
        match &event.fact {
            Fact::TaskClaimed { task, agent } => drop(self.attempts.insert(*agent, (*task, 0))),
            Fact::AttemptStarted { task, agent, attempt, .. } => drop(self.attempts.insert(*agent, (*task, *attempt))),
            Fact::CallFinished { call } => {
                let claim = self.attempts.get(&call.agent).filter(|(task, _)| Some(*task) == call.task);
                let attempt = claim.map_or(0, |(_, attempt)| *attempt);
                self.of.entry(call.agent).or_default().push(Place { at, attempt });
            }
            _ => {}
        }
    }

    /// Oldest first.
    #[must_use]
    pub fn of(&self, agent: AgentId) -> &[Place] {
        self.of.get(&agent).map_or(&[], Vec::as_slice)
    }

    /// The call that came back last.
    #[must_use]
    pub fn last<'a>(&self, agent: AgentId, timeline: &'a Timeline) -> Option<&'a Call> {
        self.of(agent).last()?.call(timeline)
    }
}

impl Place {
    #[must_use]
    pub fn call(self, timeline: &Timeline) -> Option<&Call> {
        match &timeline.events().get(self.at)?.fact {
            Fact::CallFinished { call } => Some(call),
            _ => None,
        }
    }
}
