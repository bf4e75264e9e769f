//! Calls to models, as the log remembers them.

use std::fmt;

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
    /// Why there is no usable reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
