//! The table of everything a human or a script may ask. Imperative; the engine answers with facts or a refusal.

use serde::{Deserialize, Serialize};

use super::{
    cost::{Cap, Scope},
    entry::EntryKind,
    gate::Choice,
    id::{DecisionId, TaskId},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    Decide {
        decision: DecisionId,
        choice: Choice,
    },
    Pause,
    Resume,
    /// Let one agent pass one checkpoint, then hold; pauses a running team.
    Step,
    AddTask {
        text: String,
        deps: Vec<TaskId>,
    },
    /// A FACT or FAIL by the human, for all to read.
    AddNote {
        kind: EntryKind,
        text: String,
    },
    /// The most that a scope may use from now on.
    SetCap {
        scope: Scope,
        cap: Cap,
    },
    /// Begin no further task and write the answer from what there is.
    Finish,
    /// End this session; the run stays resumable.
    Stop,
}

/// Why a command was not carried out, as a sentence for the one who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}
