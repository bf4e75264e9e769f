//! What outlives the process: the log and the bodies that its facts name.
//!
//! It decides nothing about a run. It keeps what it is given, in order, and refuses what does not follow.

pub mod bell;
pub mod chain;
pub mod checkpoint;
pub mod claim;
mod explain;
mod failpoint;
pub mod follow;
pub mod inbox;
pub mod memory;
pub mod named;
mod pack;
mod reread;
pub mod runs;
mod salvage;
mod schema;
pub mod sqlite;
pub mod summary;
pub mod verify;
mod walk;

use std::{borrow::Cow, path::Path};

use sha2::{Digest, Sha256};

use crate::run::{BlobId, Event, Run, Seq};

pub use bell::Bell;
pub use claim::{Claim, Holder};
pub use follow::Follower;
pub use inbox::{Inbox, Mailbox, Posted};
pub use memory::Memory;
pub use reread::Reread;
pub use runs::RunDir;
pub use salvage::{Loss, Repaired, Salvaged, salvage};
pub use sqlite::Sqlite;
pub use summary::{Held, RunState, RunSummary};
pub use verify::Checked;

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has appended; refold and decide again.
    #[error("the log has moved on to {head}")]
    Conflict { head: Seq },
    /// The caller numbered its events wrongly.
    #[error("event {found} does not follow {after}")]
    OutOfOrder { after: Seq, found: Seq },
    #[error("{path}: {reason}")]
    Unusable { path: String, reason: String },
    /// It cannot be written as things are, and nothing was changed; that may pass by itself or by somebody's hand.
    #[error("{path}: {reason}")]
    NotNow { path: String, reason: String },
    /// What would be written into the open file, nobody would ever read.
    #[error("{path} was deleted, moved or replaced while it was open")]
    Gone { path: String },
    /// What is stored is not what was written.
    #[error("{path} is damaged: {reason}; `delm verify {} --repair` copies what is whole into a new run", stem(path))]
    Damaged { path: String, reason: String },
    /// The same, and nothing that a repair could begin with.
    #[error(
        "{path} is damaged: {reason}; not one of its events is whole, so nothing can be copied: it can only be deleted"
    )]
    Lost { path: String, reason: String },
    #[error("{path} was written by a newer delm (schema {found}; this one knows {known}): upgrade delm to open it")]
    Newer { path: String, found: i64, known: i64 },
    /// One process writes a run at a time.
    #[error("{run} is in the hands of {}; `delm open {run}` shows it", held_by(.holder))]
    Claimed { run: String, holder: Option<Holder> },
    /// There is nobody to ask.
    #[error("no process has {run} in hand; `delm resume {run}` takes it up")]
    Unattended { run: String },
    #[error("{0} is not in the store")]
    Missing(BlobId),
    /// No run of that name; `hint` says which there are.
    #[error("no run {wanted:?} in {dir}{hint}")]
    NoRun { wanted: String, dir: String, hint: String },
    #[error("{wanted:?} could be any of {candidates}")]
    Ambiguous { wanted: String, candidates: String },
}

impl StoreError {
    /// Why the same may go well later, the reason first; `None` when it never will.
    #[must_use]
    pub fn passing(&self) -> Option<String> {
        match self {
            StoreError::NotNow { path, reason } => Some(format!("{reason}: {path}")),
            _ => None,
        }
    }
}

/// The run whose file is at `path`.
fn stem(path: &str) -> Cow<'_, str> {
    Path::new(path).file_stem().unwrap_or_default().to_string_lossy()
}

fn held_by(holder: &Option<Holder>) -> String {
    holder.as_ref().map_or_else(|| "another process".to_owned(), Holder::to_string)
}

/// A body and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub id: BlobId,
    pub bytes: Vec<u8>,
}

impl Body {
    /// Names bytes by their SHA-256.
    #[must_use]
    pub fn of(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Body { id: hash(&bytes), bytes }
    }
}

fn hash(bytes: &[u8]) -> BlobId {
    BlobId(Sha256::digest(bytes).into())
}

/// The log of one run and its bodies. Blocking; callers on an async runtime hand it to a blocking thread.
pub trait Journal: Send {
    /// Appends events right after `expected`, and their bodies with them: all or nothing, durable on return.
    ///
    /// # Errors
    /// `Conflict` when the log's head is not `expected`.
    fn append(&mut self, expected: Seq, events: &[Event], bodies: &[Body]) -> Result<(), StoreError>;

    /// Events after `after`, oldest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn events(&self, after: Seq) -> Result<Vec<Event>, StoreError>;

    /// A stored body.
    ///
    /// # Errors
    /// `Missing` when there is none of this name.
    fn body(&self, id: BlobId) -> Result<Vec<u8>, StoreError>;

    /// A second handle for reading, for screens.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn reader(&self) -> Result<Box<dyn Journal>, StoreError>;
}

/// The run as its whole log tells it, and that log.
///
/// # Errors
/// When the log cannot be read.
pub fn load(journal: &dyn Journal) -> Result<(Run, Vec<Event>), StoreError> {
    let events = journal.events(Seq(0))?;
    let mut run = Run::default();
    events.iter().for_each(|event| run.apply(event));
    Ok((run, events))
}

/// Whether events are numbered in a row from `expected`. A hole in the log could never be closed again.
fn check_order(expected: Seq, events: &[Event]) -> Result<(), StoreError> {
    let mut after = expected;
    for event in events {
        if event.seq != after.next() {
            return Err(StoreError::OutOfOrder { after, found: event.seq });
        }
        after = event.seq;
    }
    Ok(())
}
