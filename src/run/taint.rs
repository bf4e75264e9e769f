//! The mark of an entry that rests on text which speaks to a model as to somebody who takes orders. It passes to whatever
//! cites the entry; a human's approval admits, and leaves it where it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::label::Label;

/// How an entry is marked wherever it is shown: a sign and a word, never colour alone.
pub const TAINTED: &str = "! tainted";

/// Why an entry is marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Taint {
    /// It rests on a paragraph of a document in which these rules found something.
    Text { label: Label, rules: Vec<String> },
    /// It rests on a marked entry.
    Entry { label: Label },
}

impl fmt::Display for Taint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Taint::Text { label, rules } => {
                write!(f, "tainted: text in {label} speaks to a model ({})", rules.join(", "))
            }
            Taint::Entry { label } => write!(f, "tainted: it rests on {label}, which is"),
        }
    }
}
