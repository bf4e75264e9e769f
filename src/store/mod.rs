//! What outlives the process: the log and the bodies that its facts name.

pub mod memory;
pub mod sqlite;

use crate::run::{BlobId, Event, Seq};

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has appended; refold and decide again.
    #[error("the log has moved on to {head}")]
    Conflict { head: Seq },
    #[error("{path}: {reason}")]
    Unusable { path: String, reason: String },
    #[error("{path} was written by a newer delm (schema {found}; this one knows {known}): upgrade delm to open it")]
    Newer { path: String, found: i64, known: i64 },
    #[error("{0} is not in the store")]
    Missing(BlobId),
}

/// A body and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub id: BlobId,
    pub bytes: Vec<u8>,
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
