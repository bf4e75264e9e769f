//! The answer to the run's question.

use serde::{Deserialize, Serialize};

use super::{
    context::Snapshot,
    entry::{Entry, EntryKind},
    label::Label,
    source::Citation,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// With labels in brackets where it cites.
    pub text: String,
    /// What it rests on, in order of first use; document labels with their spans.
    pub citations: Vec<Citation>,
    /// Entries of the shared context that it used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Label>,
}

impl Answer {
    /// The findings as they stand, one a line: the best answer that costs nothing. `None` when nothing was found.
    #[must_use]
    pub fn gathered(context: &Snapshot) -> Option<Self> {
        let stands = |entry: &&Entry| {
            matches!(entry.kind, EntryKind::Fact | EntryKind::Fail) && !context.is_recalled(entry.label)
        };
        let findings: Vec<&Entry> = context.entries().map(AsRef::as_ref).filter(stands).collect();
        if findings.is_empty() {
            return None;
        }
        let line = |entry: &&Entry| format!("- {} [{}]", entry.gist, entry.label);
        let lines: Vec<String> = findings.iter().map(line).collect();
        let mut citations: Vec<Citation> = Vec::new();
        for citation in findings.iter().flat_map(|entry| &entry.citations) {
            if !citations.contains(citation) {
                citations.push(citation.clone());
            }
        }
        Some(Answer {
            text: format!("Found so far; no answer was written from it:\n{}", lines.join("\n")),
            citations,
            entries: findings.iter().map(|entry| entry.label).collect(),
        })
    }
}
