//! What each agent was doing when, for the timeline: a bounded list of changes.

use std::collections::VecDeque;

use crate::run::{AgentId, Fact, Phase};

use super::theme::Role;

/// Changes kept for an agent.
const KEPT: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    Thinks,
    /// Waits for you.
    Asks,
    /// Reads or writes.
    Works,
    Waits,
    Nothing,
}

impl Doing {
    pub const LEGEND: [(Doing, &'static str); 4] =
        [(Doing::Thinks, "think"), (Doing::Asks, "you"), (Doing::Works, "read"), (Doing::Waits, "wait")];

    #[must_use]
    pub fn glyph(self) -> &'static str {
        match self {
            Doing::Thinks => "█",
            Doing::Asks => "▓",
            Doing::Works => "▒",
            Doing::Waits => "░",
            Doing::Nothing => " ",
        }
    }

    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Doing::Thinks => Role::Think,
            Doing::Asks => Role::Ask,
            Doing::Works => Role::Tool,
            Doing::Waits | Doing::Nothing => Role::Wait,
        }
    }

    #[must_use]
    pub fn of(phase: &Phase) -> Self {
        match phase {
            Phase::Idle | Phase::WaitsForTasks | Phase::Held(_) | Phase::TriesAgain { .. } | Phase::WaitsForMoney => {
                Doing::Waits
            }
            Phase::WaitsForYou(_) => Doing::Asks,
            Phase::Reading(_) | Phase::Writing => Doing::Works,
            Phase::Thinking(_) => Doing::Thinks,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Lane {
    /// When, in milliseconds since the epoch, and what began then.
    changes: VecDeque<(i64, Doing)>,
}

impl Lane {
    pub fn change(&mut self, at: i64, doing: Doing) {
        if self.changes.back().is_some_and(|(_, last)| *last == doing) {
            return;
        }
        self.changes.push_back((at, doing));
        if self.changes.len() > KEPT {
            self.changes.pop_front();
        }
    }

    /// What was done last before `at`, that time not included.
    #[must_use]
    pub fn before(&self, at: i64) -> Doing {
        let next = self.changes.partition_point(|(start, _)| *start < at);
        next.checked_sub(1).map_or(Doing::Nothing, |at| self.changes[at].1)
    }
}

/// What a fact says of what an agent does from then on.
#[must_use]
pub fn said_by(fact: &Fact) -> Option<(AgentId, Doing)> {
    Some(match fact {
        Fact::AttemptStarted { agent, .. } | Fact::PlanClaimed { agent, .. } | Fact::FinalClaimed { agent, .. } => {
            (*agent, Doing::Thinks)
        }
        Fact::TaskClaimed { agent, .. } | Fact::Unfolded { agent, .. } => (*agent, Doing::Works),
        Fact::GateOpened { decision } => (decision.agent, Doing::Asks),
        Fact::TaskFinished { agent, .. } | Fact::TaskRequeued { agent, .. } | Fact::PlanSettled { agent, .. } => {
            (*agent, Doing::Waits)
        }
        Fact::AgentFailed { agent, .. } | Fact::LeaseExpired { agent, .. } => (*agent, Doing::Nothing),
        _ => return None,
    })
}
