//! What the log knows of an agent.

use serde::{Deserialize, Serialize};

use super::{
    cost::Usage,
    id::{AgentId, DecisionId, TaskId},
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgentState {
    /// Holds nothing.
    Idle,
    Working(TaskId),
    /// Blocked by a decision of the human.
    Asking(DecisionId),
    /// Holds the plan: decomposition is round 0, queue-empty decisions follow.
    Planning(u32),
    Finalizing,
    Failed(String),
    /// By hand, for good.
    Stopped,
}

impl AgentState {
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == AgentState::Idle
    }

    /// Whether it works no more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, AgentState::Failed(_) | AgentState::Stopped)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    pub id: AgentId,
    pub state: AgentState,
    /// The task it holds, or held last.
    pub task: Option<TaskId>,
    pub entries: u32,
    pub rejections: u32,
    pub usage: Usage,
    /// What a human told it, not read yet.
    pub messages: Vec<String>,
    /// It passes no checkpoint, whatever the pace of the others.
    pub held: bool,
}

impl Agent {
    #[must_use]
    pub fn new(id: AgentId) -> Self {
        Agent {
            id,
            state: AgentState::Idle,
            task: None,
            entries: 0,
            rejections: 0,
            usage: Usage::NONE,
            messages: vec![],
            held: false,
        }
    }
}
