//! The answer to the run's question.

use serde::{Deserialize, Serialize};

use super::{label::Label, source::Citation};

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
