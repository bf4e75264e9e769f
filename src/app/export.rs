//! A run as text: its events, then its bodies, one JSON object a line. It writes what the store gives and changes nothing
//! but, where asked to, what `redact` takes out.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    Saved,
    print::{harmless_json, warn},
    redact::{marker, redact},
};
use crate::{run::BlobId, store::named};

/// Of the lines themselves; raised when an old reader would misread them.
const FORMAT: u32 = 1;

/// What of a run is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Everything,
    /// The structure alone.
    Redacted,
}

/// What becomes of a file that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Keep,
    Replace,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    pub events: usize,
    pub bodies: usize,
    /// Bodies that the store has lost.
    pub lost: usize,
}

/// Writes the run to `to`. A body that cannot be read is named on standard error and marked in its place.
///
/// # Errors
/// When `to` cannot be written to.
pub fn export(saved: &Saved, content: Content, to: &mut dyn Write) -> anyhow::Result<Written> {
    let is_redacted = content == Content::Redacted;
    let is_whole = saved.loss.is_none();
    let run = if is_redacted { marker(saved.id.0.len()) } else { saved.id.0.clone() };
    line(
        to,
        &json!({ "type": "export", "format": FORMAT, "delm": env!("CARGO_PKG_VERSION"), "run": run,
        "redacted": is_redacted, "whole": is_whole }),
    )?;
    let mut written = Written::default();
    let mut ids = BTreeSet::new();
    for event in saved.timeline.events() {
        ids.extend(named::bodies(&event.fact).into_iter().map(|(id, _)| id));
        let mut event = serde_json::to_value(&*event)?;
        if is_redacted {
            redact(&mut event);
        }
        line(to, &event)?;
        written.events += 1;
    }
    for id in ids {
        match saved.body(id) {
            Ok(bytes) => line(to, &body(id, bytes, content))?,
            Err(error) => {
                warn(&error.to_string());
                line(to, &json!({ "type": "body", "id": id, "lost": true }))?;
                written.lost += 1;
            }
        }
        written.bodies += 1;
    }
    to.flush()?;
    Ok(written)
}

fn body(id: BlobId, bytes: Vec<u8>, content: Content) -> Value {
    let length = bytes.len();
    match (content, String::from_utf8(bytes)) {
        (Content::Redacted, _) => json!({ "type": "body", "id": id, "bytes": length, "text": marker(length) }),
        (Content::Everything, Ok(text)) => json!({ "type": "body", "id": id, "bytes": length, "text": text }),
        (Content::Everything, Err(error)) => {
            let base64 = BASE64_STANDARD.encode(error.as_bytes());
            json!({ "type": "body", "id": id, "bytes": length, "base64": base64 })
        }
    }
}

fn line(to: &mut dyn Write, value: &Value) -> io::Result<()> {
    // Whoever looks at the file with `cat` is safe, too.
    writeln!(to, "{}", harmless_json(&value.to_string()))
}

/// Writes the run into a file that only its owner may read. What cannot be written whole is not left behind.
///
/// # Errors
/// When it exists and is to be kept, or cannot be written.
pub fn export_to_file(saved: &Saved, content: Content, file: &Path, existing: Existing) -> anyhow::Result<Written> {
    let shown = file.display();
    // The old one stays until the new one is whole.
    let written_to = match existing {
        Existing::Keep => file.to_owned(),
        Existing::Replace => beside(file),
    };
    let made = match private(&written_to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is already there: name another file, or --force replaces it", written_to.display())
        }
        made => made.with_context(|| format!("{shown} cannot be made"))?,
    };
    let mut to = BufWriter::new(made);
    let written = export(saved, content, &mut to).and_then(|written| {
        to.get_ref().sync_all()?;
        if existing == Existing::Replace {
            fs::rename(&written_to, file)?;
        }
        Ok(written)
    });
    if written.is_err() {
        let _ = fs::remove_file(&written_to);
    }
    written.with_context(|| format!("{shown} cannot be written"))
}

fn private(file: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// The name under which a file is written until it is whole.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    name.into()
}
