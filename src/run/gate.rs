//! Checkpoints, and the decisions that open at them.
//!
//! A pending decision is data of the run; only the waker of the agent that asked lives elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    answer::Answer,
    call::CallKind,
    cost::{Cap, Scope, Usage},
    id::{AgentId, DecisionId, TaskId},
    label::Label,
    task::NewTask,
    write::Proposal,
};

/// The moments at which an agent can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checkpoint {
    Claim,
    Unfold,
    /// Before any call to a model, or before a step of reasoning without one.
    Think,
    Write,
    /// New tasks.
    Plan,
    /// The final answer.
    Finish,
    Tool,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Checkpoint::Claim => "claim",
            Checkpoint::Unfold => "unfold",
            Checkpoint::Think => "think",
            Checkpoint::Write => "write",
            Checkpoint::Plan => "plan",
            Checkpoint::Finish => "finish",
            Checkpoint::Tool => "tool",
        })
    }
}

/// What is asked, with everything that carrying out the answer needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Ask {
    Claim,
    Unfold {
        labels: Vec<Label>,
    },
    Think {
        call: CallKind,
    },
    Write {
        proposal: Box<Proposal>,
    },
    Plan {
        round: u32,
        tasks: Vec<NewTask>,
        revised: Vec<Revision>,
    },
    Finish {
        answer: Box<Answer>,
    },
    /// A call does not fit under a cap: what was used, and the most that the call may use.
    Budget {
        scope: Scope,
        cap: Cap,
        used: Usage,
        call: CallKind,
        worst: Usage,
    },
}

impl Ask {
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        match self {
            Ask::Claim => Checkpoint::Claim,
            Ask::Unfold { .. } => Checkpoint::Unfold,
            Ask::Think { .. } | Ask::Budget { .. } => Checkpoint::Think,
            Ask::Write { .. } => Checkpoint::Write,
            Ask::Plan { .. } => Checkpoint::Plan,
            Ask::Finish { .. } => Checkpoint::Finish,
        }
    }
}

/// New dependencies of a task that is already queued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    pub task: TaskId,
    pub deps: Vec<TaskId>,
}

/// One open question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub id: DecisionId,
    pub agent: AgentId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    pub ask: Ask,
    /// What it comes to by itself, and after how long; without it, it waits for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DueChoice>,
}

/// A choice that is taken when nobody else has decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DueChoice {
    /// Milliseconds after the decision was opened.
    pub after_ms: u64,
    pub choice: Choice,
}

/// What becomes of a task whose write was vetoed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The same agent tries again, with the reason.
    Retry,
    /// Back to the queue, with the reason.
    Requeue,
    Drop,
}

impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Then::Retry => "retry",
            Then::Requeue => "requeue",
            Then::Drop => "drop",
        })
    }
}

/// What a human answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Choice {
    Approve,
    /// Approve with another text: a write's result, a plan's task list (one a line), the final answer.
    Edit {
        text: String,
    },
    Veto {
        reason: String,
        then: Then,
    },
    /// A budget: go on under this cap.
    Raise {
        cap: Cap,
    },
    /// A budget: go no further than it allows. A run ends with what is there, a task is dropped, an agent stops.
    Finish,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Approve => f.write_str("approved"),
            Choice::Edit { .. } => f.write_str("edited"),
            Choice::Veto { reason, then } => write!(f, "vetoed ({then}): {reason}"),
            Choice::Raise { cap } => write!(f, "raised to {cap}"),
            Choice::Finish => f.write_str("finished with what is there"),
        }
    }
}
