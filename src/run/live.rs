//! What agents do between facts. It is shown as it happens and is not part of the log: tokens are not facts.

use serde::{Deserialize, Serialize};

use super::{
    call::CallKind,
    gate::Checkpoint,
    id::{AgentId, DecisionId},
    label::Label,
};

/// What an agent is doing now, or what it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing to do.
    #[default]
    Idle,
    /// Tasks exist, but all of them wait for others.
    WaitsForTasks,
    WaitsForYou(DecisionId),
    /// Held at a checkpoint by a pause.
    Held(Checkpoint),
    Reading(Label),
    Thinking(CallKind),
    /// A try of a call failed, or its provider wants fewer; the next goes out at `until`, in milliseconds since the Unix
    /// epoch.
    TriesAgain {
        why: String,
        until: i64,
    },
    /// Calls in flight have reserved what is left under a cap.
    WaitsForMoney,
    Writing,
}

/// Which of an agent's two streams a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Thought that is not part of the reply.
    Reasoning,
    Output,
}

/// One thing seen of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    Phase(Phase),
    /// A new attempt or call begins; what streams next belongs to it.
    Begins(String),
    Text(Stream, String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    pub agent: AgentId,
    pub sight: Sight,
}
