//! Why a file cannot be used, in a sentence that somebody who has never heard of SQLite can act on.

use std::{fmt::Display, path::Path};

use rusqlite::{ErrorCode, ffi};

use crate::run::Seq;

use super::StoreError;

pub(super) const NO_RUN: &str = "this is not a run file of delm";

/// Why an event could not be read. A name that serde does not know, of a fact or of something in it, is what a newer
/// delm has added.
pub(super) fn unread(path: &Path, seq: Seq, error: &serde_json::Error) -> StoreError {
    let error = error.to_string();
    let unknown = ["unknown variant `", "unknown field `"].into_iter().find_map(|start| error.strip_prefix(start));
    match unknown.and_then(|rest| rest.split_once('`')) {
        Some((name, _)) => unusable(
            path,
            format!("event {seq} holds a {name:?}, which this delm does not know: upgrade delm to open it"),
        ),
        None => damaged(path, format!("event {seq} cannot be read: {error}")),
    }
}

pub(super) fn damaged(path: &Path, reason: impl Display) -> StoreError {
    StoreError::Damaged { path: path.display().to_string(), reason: reason.to_string() }
}

pub(super) fn unusable(path: &Path, error: impl Display) -> StoreError {
    StoreError::Unusable { path: path.display().to_string(), reason: error.to_string() }
}

fn not_now(path: &Path, reason: impl Display) -> StoreError {
    StoreError::NotNow { path: path.display().to_string(), reason: reason.to_string() }
}

pub(super) fn explained(path: &Path, error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => unusable(path, NO_RUN),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => not_now(path, "another process is writing to it"),
        Some(ErrorCode::DiskFull) => not_now(path, "the disk is full"),
        Some(ErrorCode::DatabaseCorrupt) => damaged(path, "some of its pages are not what was stored"),
        Some(ErrorCode::ReadOnly) => not_now(path, "it may only be read"),
        Some(ErrorCode::SystemIoFailure) => match error.sqlite_error().map(|error| error.extended_code) {
            Some(ffi::SQLITE_IOERR_SHORT_READ) => damaged(path, "it ends in the middle of a page"),
            _ => not_now(path, format!("the disk does not do what it is asked ({error})")),
        },
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => not_now(path, error),
        // A table or a column is gone, or holds what was never put there.
        Some(ErrorCode::Unknown) | None => damaged(path, error),
        _ => unusable(path, error),
    }
}
