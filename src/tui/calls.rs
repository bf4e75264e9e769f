//! Where in the log each agent's calls were sent and came back, so that a history costs what it shows.

use std::{collections::BTreeMap, ops::Deref, sync::Arc};

use crate::run::{AgentId, Call, CallId, CallKind, Event, Fact, Seq, TaskId, Timeline};

/// A call of an agent: its event's place in the log, and the try of its task that it was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    seq: Seq,
    /// 0 before the first try of a claim, and without a task.
    pub attempt: u32,
}

/// A call that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub id: CallId,
    pub kind: CallKind,
    pub seq: Seq,
    /// In milliseconds since the epoch.
    pub at: i64,
}

#[derive(Debug, Default)]
pub struct Calls {
    of: BTreeMap<AgentId, Vec<Place>>,
    sent: BTreeMap<AgentId, Vec<Sent>>,
    back: BTreeMap<CallId, Place>,
    attempts: BTreeMap<AgentId, (TaskId, u32)>,
}

impl Calls {
    /// Takes in the next event.
    pub fn see(&mut self, event: &Event) {
        match &event.fact {
            Fact::TaskClaimed { task, agent } => drop(self.attempts.insert(*agent, (*task, 0))),
            Fact::AttemptStarted { task, agent, attempt, .. } => drop(self.attempts.insert(*agent, (*task, *attempt))),
            Fact::CallStarted { call } => {
                let sent = Sent { id: call.id, kind: call.kind, seq: event.seq, at: event.at };
                self.sent.entry(call.agent).or_default().push(sent);
            }
            Fact::CallFinished { call } => {
                let claim = self.attempts.get(&call.agent).filter(|(task, _)| Some(*task) == call.task);
                let attempt = claim.map_or(0, |(_, attempt)| *attempt);
                let place = Place { seq: event.seq, attempt };
                self.of.entry(call.agent).or_default().push(place);
                self.back.insert(call.id, place);
            }
            _ => {}
        }
    }

    /// Those that had come back by event `upto`, oldest first.
    #[must_use]
    pub fn of(&self, agent: AgentId, upto: Seq) -> &[Place] {
        let all = self.of.get(&agent).map_or(&[][..], Vec::as_slice);
        &all[..all.partition_point(|place| place.seq <= upto)]
    }

    /// The call that came back last by event `upto`.
    #[must_use]
    pub fn last(&self, agent: AgentId, upto: Seq, timeline: &Timeline) -> Option<Came> {
        self.of(agent, upto).last()?.call(timeline)
    }

    /// Those that were sent by event `upto`, oldest first.
    #[must_use]
    pub fn sent(&self, agent: AgentId, upto: Seq) -> &[Sent] {
        let all = self.sent.get(&agent).map_or(&[][..], Vec::as_slice);
        &all[..all.partition_point(|sent| sent.seq <= upto)]
    }

    /// Where a call came back, if it ever did.
    #[must_use]
    pub fn back(&self, id: CallId) -> Option<Place> {
        self.back.get(&id).copied()
    }
}

impl Place {
    #[must_use]
    pub fn seq(self) -> Seq {
        self.seq
    }

    #[must_use]
    pub fn call(self, timeline: &Timeline) -> Option<Came> {
        let event = timeline.event(self.seq)?;
        matches!(event.fact, Fact::CallFinished { .. }).then_some(Came(event))
    }
}

/// A call that came back, in its event.
#[derive(Debug, Clone)]
pub struct Came(Arc<Event>);

impl Deref for Came {
    type Target = Call;

    fn deref(&self) -> &Call {
        match &self.0.fact {
            Fact::CallFinished { call } => call,
            _ => unreachable!("it is made of the event of a call that came back"),
        }
    }
}
