//! A subtask of the queue and where it stands (METHOD §2.4 "Task, v1").

use std::{ops::Index, sync::Arc};

use imbl::{Vector, shared_ptr::DefaultSharedPtr, vector};
use serde::{Deserialize, Serialize};

use super::{
    cost::Usage,
    id::{AgentId, DecisionId, Seq, TaskId},
    label::{Author, Label},
    write::Feedback,
};

/// A task as it enters the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTask {
    pub id: TaskId,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<TaskId>,
    /// Document units that the planner expects to matter; a hint, not a limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub focus: Vec<Label>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskState {
    /// Some dependency is not done.
    Blocked,
    Ready,
    /// Claimed, and its agent thinks or verifies.
    Running(AgentId),
    /// Its write, or its claim, is in front of a human.
    Checking(AgentId, DecisionId),
    Done,
    Failed(String),
    Dropped(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub text: String,
    pub deps: Vec<TaskId>,
    pub focus: Vec<Label>,
    pub by: Author,
    pub state: TaskState,
    /// The agent that claimed it last.
    pub agent: Option<AgentId>,
    /// Tries of the present claim.
    pub attempt: u32,
    pub requeues: u32,
    /// What was turned down so far, over all claims.
    pub feedback: Vec<Feedback>,
    /// Agents whose claim a human refused; they do not claim it again.
    pub refused: Vec<AgentId>,
    /// What each try used, over all claims; calls before a claim's first try count with it.
    pub spent: Vec<Usage>,
    /// The order in which ready tasks are claimed.
    pub(super) rank: u64,
    /// The one agent that may claim it.
    pub reserved: Option<AgentId>,
    /// What the present try has in front of it beside the shared context.
    pub unfolded: Vec<Label>,
    /// What was in the shared context when the present try began.
    pub snapshot: Seq,
    /// What it brought into the shared context; a redundant result brings nothing.
    pub entry: Option<Label>,
    /// The entry that said already what it came to.
    pub repeats: Option<Label>,
    /// Dependencies that are not done.
    pub(super) waits_for: usize,
}

impl Task {
    /// What all its tries used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.spent.iter().fold(Usage::NONE, |mut sum, one| {
            sum += *one;
            sum
        })
    }

    /// Whether nobody has claimed it, and it depends on one of these and is none of them.
    pub(super) fn waits_for_any(&self, others: &[TaskId]) -> bool {
        matches!(self.state, TaskState::Blocked | TaskState::Ready)
            && !others.contains(&self.id)
            && self.deps.iter().any(|dep| others.contains(dep))
    }

    /// Whether nothing more will come of it by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.state, TaskState::Done | TaskState::Failed(_) | TaskState::Dropped(_))
    }
}

/// All tasks of a run, in the order of their ids. Copies share what they have in common.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tasks(Vector<Arc<Task>>);

impl Tasks {
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn get(&self, place: usize) -> Option<&Task> {
        self.0.get(place).map(AsRef::as_ref)
    }

    #[must_use]
    pub fn last(&self) -> Option<&Task> {
        self.0.last().map(AsRef::as_ref)
    }

    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().map(AsRef::as_ref)
    }

    pub(super) fn push(&mut self, task: Task) {
        self.0.push_back(Arc::new(task));
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Task> {
        self.0.get_mut(place).map(Arc::make_mut)
    }

    /// Where a task is the same in another run, both hold it once.
    pub(super) fn share(&mut self, other: &Tasks, id: TaskId) {
        let place = (id.0 as usize).wrapping_sub(1);
        if let (Some(own), Some(theirs)) = (self.0.get_mut(place), other.0.get(place))
            && own == theirs
        {
            own.clone_from(theirs);
        }
    }
}

type Iter<'a> = std::iter::Map<vector::Iter<'a, Arc<Task>, DefaultSharedPtr>, fn(&'a Arc<Task>) -> &'a Task>;

impl<'a> IntoIterator for &'a Tasks {
    type Item = &'a Task;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl Index<usize> for Tasks {
    type Output = Task;

    fn index(&self, place: usize) -> &Task {
        &self.0[place]
    }
}

/// The key under which two tasks are the same: lower case, white space collapsed (METHOD §2.6.8).
#[must_use]
pub fn normalised_subject(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// A short name for that key, so that a run need not keep every text twice: its FNV-1a hash, which is the same everywhere.
/// Two keys may share one.
pub(super) fn subject_hash(text: &str) -> u64 {
    normalised_subject(text)
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
