//! What the log knows of an agent.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    cost::Usage,
    id::{AgentId, DecisionId, TaskId},
    label::Label,
};

/// What an agent has in hand, one thing at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    Unit(Label),
    Task(TaskId),
    Plan,
    Final,
}

impl Held {
    #[must_use]
    pub fn task(self) -> Option<TaskId> {
        match self {
            Held::Task(task) => Some(task),
            Held::Unit(_) | Held::Plan | Held::Final => None,
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Held::Unit(unit) => unit.fmt(f),
            Held::Task(task) => task.fmt(f),
            Held::Plan => f.pad("the plan"),
            Held::Final => f.pad("the answer"),
        }
    }
}

/// An agent's right to what it has in hand. The number is its fence: how many claims the run had seen with this one.
/// What is proposed under a claim that was lost, or that is not its agent's last, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub agent: AgentId,
    pub number: u32,
}

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
    /// The number of its last claim; 0 before the first.
    pub claim: u32,
    /// What it lost because it hung longer than its lease; it has not been heard of since.
    pub lost: Option<Held>,
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
            claim: 0,
            lost: None,
        }
    }
}
