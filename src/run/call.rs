//! Calls to models, as the log remembers them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    cost::Usage,
    id::{AgentId, BlobId, CallId, TaskId},
};

/// What a call is for: the letters of METHOD §4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    Split,
    Summary,
    GapFill,
    DocumentGist,
    Unfold,
    Reason,
    Verify,
    Gist,
    FormCheck,
    Redundancy,
    Decompose,
    MoreTasks,
    Finalize,
}

impl CallKind {
    pub const ALL: [CallKind; 13] = [
        CallKind::Split,
        CallKind::Summary,
        CallKind::GapFill,
        CallKind::DocumentGist,
        CallKind::Unfold,
        CallKind::Reason,
        CallKind::Verify,
        CallKind::Gist,
        CallKind::FormCheck,
        CallKind::Redundancy,
        CallKind::Decompose,
        CallKind::MoreTasks,
        CallKind::Finalize,
    ];

    /// METHOD's letter, A–M.
    #[must_use]
    pub fn letter(self) -> char {
        (b'A' + self as u8) as char
    }

    /// Whose model answers it.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            CallKind::Split | CallKind::Summary | CallKind::GapFill | CallKind::DocumentGist => Role::Summarize,
            CallKind::Unfold | CallKind::Reason | CallKind::Gist => Role::Work,
            CallKind::Verify | CallKind::FormCheck | CallKind::Redundancy => Role::Verify,
            CallKind::Decompose | CallKind::MoreTasks => Role::Decompose,
            CallKind::Finalize => Role::Finalize,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CallKind::Split => "split",
            CallKind::Summary => "summary",
            CallKind::GapFill => "gap fill",
            CallKind::DocumentGist => "document gist",
            CallKind::Unfold => "unfold",
            CallKind::Reason => "reason",
            CallKind::Verify => "verify",
            CallKind::Gist => "gist",
            CallKind::FormCheck => "form check",
            CallKind::Redundancy => "redundancy",
            CallKind::Decompose => "decompose",
            CallKind::MoreTasks => "more tasks",
            CallKind::Finalize => "finalize",
        }
    }
}

/// What a model is wanted for; each role may have a model of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Cutting, summarising and compressing documents (A–D).
    Summarize,
    /// Planning (K and L).
    Decompose,
    /// Evidence, reasoning and the gist of a result (E, F and H).
    Work,
    /// Judging what others wrote (G, I and J).
    Verify,
    /// The answer (M).
    Finalize,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Summarize, Role::Decompose, Role::Work, Role::Verify, Role::Finalize];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Summarize => "summarize",
            Role::Decompose => "decompose",
            Role::Work => "work",
            Role::Verify => "verify",
            Role::Finalize => "finalize",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Role::ALL.map(Role::name).join(", ");
        let found = Role::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| format!("{text:?} is not a role; they are {}", known()))
    }
}

impl fmt::Display for CallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One finished call, whole: what was sent and what came back are bodies in the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub id: CallId,
    pub kind: CallKind,
    pub agent: AgentId,
    pub task: Option<TaskId>,
    pub model: String,
    /// The request as it was sent, without secrets.
    pub request: BlobId,
    /// The reply as it came; `None` when none did.
    pub reply: Option<BlobId>,
    pub usage: Usage,
    pub elapsed_ms: u64,
    /// From the sending to the first piece of the reply, waits before it included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_ms: Option<u64>,
    /// How many leading messages of the request are the same in the next call of its kind.
    #[serde(default)]
    pub stable: u32,
    /// What is the same for two calls that may be answered alike: the hash of the model's name and of the request
    /// before it went on any wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<BlobId>,
    /// How it went: a [`Trace`](super::Trace) in the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<BlobId>,
    /// Answered from a recorded run, at no cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<CallId>,
    /// Why there is no usable reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What kind of failure that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// How a call failed, as far as what follows depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    Unreached,
    Transient,
    /// It broke off after it had begun to answer, and was made again as a call of its own.
    Broken,
    Busy,
    Refused,
    TooLong,
}

/// A call that was sent and has not come back, with the most that it may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartedCall {
    pub id: CallId,
    pub kind: CallKind,
    pub agent: AgentId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    pub model: String,
    /// As in [`Call::key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<BlobId>,
    /// Reserved until it comes back; its tokens are an estimate, its dollars unknown where the price is.
    pub worst: Usage,
}
