//! Reading: every file that was found becomes a document or a reason. Files are read side by side; the order of the
//! result does not depend on it.

use std::{
    fs::File,
    io::{self, Read},
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::{
    decode,
    document::{Document, Intake, Reason, Skipped},
    html, injection, media, pdf,
    walk::{self, Found, STANDARD_INPUT},
};
use crate::run::{Media, one_line};

/// What reading is allowed to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// The largest file that is read, in bytes.
    pub file_bytes: u64,
    /// The most files that are read.
    pub files: usize,
    /// How many folders deep a folder is walked.
    pub depth: usize,
    /// The most bytes that are read in all.
    pub total_bytes: u64,
    /// How long one HTML page may take.
    pub html_time: Duration,
    /// This program itself, called with `PDF_TEXT` as its only argument; without it PDFs are skipped.
    pub pdf_program: Option<PathBuf>,
    /// How long one PDF may take.
    pub pdf_time: Duration,
    /// The most memory that reading one PDF may take, in bytes. Kept on Linux only, by a limit on its process.
    pub pdf_memory: u64,
    /// The most text one PDF may give, in bytes.
    pub pdf_text_bytes: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            file_bytes: 64 << 20,
            files: 20_000,
            depth: 64,
            total_bytes: 1 << 30,
            html_time: Duration::from_secs(20),
            pdf_program: None,
            pdf_time: Duration::from_secs(20),
            pdf_memory: 1 << 30,
            pdf_text_bytes: 64 << 20,
        }
    }
}

/// Reads what the paths name. `-` stands for `standard_input`. Nothing fails as a whole: see `Intake::skipped`.
#[must_use]
pub fn read(paths: &[String], standard_input: &[u8], options: &ReadOptions) -> Intake {
    let found = walk::walk(paths, options);
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Result<Document, Skipped>)>> = Mutex::default();
    let work = || {
        while let Some((i, found)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, found.get(i)?))) {
            let result = match found {
                Found::Skipped(_) => continue,
                Found::StandardInput if standard_input.len() as u64 > options.file_bytes => {
                    Err((STANDARD_INPUT.to_owned(), Reason::TooLarge(options.file_bytes)))
                }
                Found::StandardInput => whole(None, STANDARD_INPUT, standard_input.to_vec(), options)
                    .map_err(|reason| (STANDARD_INPUT.to_owned(), reason)),
                Found::File(path) => {
                    let shown = path.display().to_string();
                    file(path, &shown, options).map_err(|reason| (shown, reason))
                }
            };
            let result = result.map_err(|(path, reason)| Skipped { path, reason });
            results.lock().expect("no reader panics with the results in hand").push((i, result));
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from).min(8).min(found.len().max(1));
    thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().expect("no reader panics with the results in hand");
    results.extend(found.into_iter().enumerate().filter_map(|(i, found)| match found {
        Found::Skipped(skipped) => Some((i, Err(skipped))),
        _ => None,
    }));
    results.sort_unstable_by_key(|result| result.0);
    let mut intake = Intake::default();
    for (_, result) in results {
        match result {
            Ok(document) => intake.documents.push(document),
            Err(skipped) => intake.skipped.push(skipped),
        }
    }
    intake
}

fn file(path: &Path, shown: &str, options: &ReadOptions) -> Result<Document, Reason> {
    whole(Some(path), shown, bytes(path, options.file_bytes)?, options)
}

/// A document, or the reason when its reader panics: one bad file must not take the run down.
fn whole(path: Option<&Path>, shown: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<Document, Reason> {
    let read = AssertUnwindSafe(|| document(path, shown, bytes, options));
    panic::catch_unwind(read).unwrap_or(Err(Reason::Broken))
}

/// What a file holds. The limit is checked again here, since a pipe has no size and a file may grow.
fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, Reason> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Reason::Missing,
        _ => Reason::Unreadable(error),
    })?;
    let mut bytes = Vec::with_capacity(file.metadata().map_or(0, |metadata| metadata.len().min(most) as usize + 1));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(Reason::TooLarge(most)) } else { Ok(bytes) }
}

fn document(path: Option<&Path>, shown: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<Document, Reason> {
    if media::is_archive(&bytes) {
        return Err(Reason::Archive);
    }
    let media = media::of(path, &bytes);
    let size = bytes.len() as u64;
    let name =
        path.and_then(Path::file_name).map_or_else(|| shown.to_owned(), |name| name.to_string_lossy().into_owned());
    let mut document = Document {
        path: shown.to_owned(),
        // A name may hold line breaks; whoever reads a title takes it for one line.
        title: one_line(&name),
        media,
        bytes: size,
        text: String::new(),
        headings: Vec::new(),
        suspicions: Vec::new(),
    };
    match media {
        Media::Pdf => document.text = pdf::text(bytes, options)?,
        Media::Html => {
            let declared = decode::declared(&bytes);
            let html = decode::text(bytes, declared).ok_or(Reason::Binary)?;
            let page = html::page(&html, options.html_time).ok_or(Reason::HtmlTooSlow(options.html_time))?;
            document.title = page.title.unwrap_or(document.title);
            (document.text, document.headings) = (page.text, page.headings);
        }
        _ => document.text = decode::text(bytes, None).ok_or(Reason::Binary)?,
    }
    if document.text.trim().is_empty() {
        return Err(Reason::Empty);
    }
    document.suspicions = injection::suspicions(&document.text);
    Ok(document)
}
