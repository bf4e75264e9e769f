//! An entry of the shared context: what every agent sees.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    id::{BlobId, DecisionId, TaskId},
    label::Label,
    one_line::one_line,
    source::Citation,
    taint::Taint,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The gist of a document unit.
    Document,
    /// A finding that rests on observed evidence.
    Fact,
    /// A hypothesis that its evidence contradicts, or that a scoped search did not confirm.
    Fail,
    /// A task completed from peers' entries alone, without a new observation.
    Done,
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            EntryKind::Document => "DOC",
            EntryKind::Fact => "FACT",
            EntryKind::Fail => "FAIL",
            EntryKind::Done => "DONE",
        })
    }
}

/// How an entry came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// It passed verification and no policy asked.
    Verified,
    /// A human approved it as proposed; with an objection of the verifier this is an override.
    Approved(DecisionId),
    /// A human approved it with words of their own.
    Edited(DecisionId),
    /// A human wrote it.
    Injected,
}

/// One entry. Immutable once admitted (METHOD §2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub label: Label,
    pub kind: EntryKind,
    /// The task that it answers; none for documents and notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The restated sub-task; empty for documents and notes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subtask: String,
    /// The text at the default reading level.
    pub gist: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
    pub admission: Admission,
    /// Why it is marked; empty for most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taint: Vec<Taint>,
    /// The middle level, a [`super::summary::Summary`] as JSON; none for notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<BlobId>,
    /// The raw level of a result, a [`super::write::Trajectory`] as JSON. A document's raw level is its unit's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trajectory: Option<BlobId>,
}

/// Whether an entry may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Holds,
    /// It rests on one that is recalled.
    Suspect,
    Recalled,
}

impl Entry {
    /// The entry's line in the shared context. A pure function of the entry, so that the context only ever grows: no
    /// clock, no counter, nothing that a later event could change (METHOD §5). One line whatever the text holds, so that
    /// no entry can forge another.
    #[must_use]
    pub fn render(&self) -> String {
        let Entry { label, kind, subtask, gist, .. } = self;
        match subtask.as_str() {
            "" => format!("[{label}] {kind} {}\n", one_line(gist)),
            subtask => format!("[{label}] {kind} SUB-TASK: {} RESULT: {}\n", one_line(subtask), one_line(gist)),
        }
    }
}
