//! Which files a run reads: given paths as they are, folders as git would walk them, each file once, in one order.
//! It opens nothing.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use ignore::WalkBuilder;

use super::{
    document::{Reason, Skipped},
    intake::ReadOptions,
};

/// The path that means standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// Something to read, in order.
#[derive(Debug)]
pub(super) enum Found {
    StandardInput,
    File(PathBuf),
    Skipped(Skipped),
}

/// Everything the paths name: files as they are, folders sorted by name without what is hidden or ignored by git's
/// rules (outside of a repository too), symbolic links only where a path itself is one.
pub(super) fn walk(paths: &[String], options: &ReadOptions) -> Vec<Found> {
    let mut walk = Walk { options, found: Vec::new(), seen: HashSet::new(), files: 0, skipped: 0, bytes: 0 };
    for path in paths {
        walk.path(path);
    }
    walk.found
}

struct Walk<'o> {
    options: &'o ReadOptions,
    found: Vec<Found>,
    /// Real paths.
    seen: HashSet<PathBuf>,
    files: usize,
    skipped: usize,
    bytes: u64,
}

impl Walk<'_> {
    fn path(&mut self, path: &str) {
        if path == STANDARD_INPUT {
            if self.seen.insert(PathBuf::from(STANDARD_INPUT)) {
                self.found.push(Found::StandardInput);
            }
            return;
        }
        let real = fs::metadata(path).and_then(|metadata| Ok((metadata, fs::canonicalize(path)?)));
        match real {
            Err(error) => self.skip(path, unread(error)),
            Ok((metadata, real)) if metadata.is_dir() => self.folder(path, &real),
            Ok((metadata, real)) => {
                self.file(PathBuf::from(path), real, metadata.len());
            }
        }
    }

    fn folder(&mut self, folder: &str, real: &Path) {
        let before = (self.found.len(), self.seen.len());
        let mut has_duplicates = false;
        let walker = WalkBuilder::new(folder)
            .require_git(false)
            .follow_links(false)
            .max_depth(Some(self.options.depth))
            .sort_by_file_name(std::ffi::OsStr::cmp)
            .build();
        for entry in walker {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = named(&error).map_or_else(|| folder.to_owned(), |path| path.display().to_string());
                    let error = error.into_io_error().unwrap_or_else(|| io::Error::other("the walk failed"));
                    self.skip(&path, unread(error));
                    continue;
                }
            };
            let Some(kind) = entry.file_type() else { continue };
            if kind.is_dir() && entry.depth() == self.options.depth {
                self.skip(&entry.path().display().to_string(), Reason::TooDeep(self.options.depth));
            }
            if kind.is_dir() {
                continue;
            }
            // What is left out is a fact each, too.
            if self.skipped >= self.options.files {
                self.skip(folder, Reason::TooMany(self.options.files));
                return;
            }
            if entry.depth() == 0 {
                continue; // A link to a folder shows up as itself before it is walked.
            }
            let path = entry.path();
            let shown = path.display().to_string();
            if kind.is_symlink() {
                self.skip(&shown, Reason::Link);
            } else if !kind.is_file() {
                self.skip(&shown, Reason::Special);
            } else {
                // Links are not followed, so what is below the real folder is real.
                let real = path.strip_prefix(folder).map(|below| real.join(below)).unwrap_or_else(|_| path.to_owned());
                let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
                if self.files >= self.options.files && !self.seen.contains(&real) {
                    self.skip(folder, Reason::TooMany(self.options.files));
                    return;
                }
                has_duplicates |= !self.file(path.to_owned(), real, bytes);
            }
        }
        if before == (self.found.len(), self.seen.len()) && !has_duplicates {
            self.skip(folder, Reason::EmptyFolder);
        }
    }

    /// Whether the file is a new one.
    fn file(&mut self, path: PathBuf, real: PathBuf, bytes: u64) -> bool {
        if !self.seen.insert(real) {
            return false;
        }
        let shown = path.display().to_string();
        if self.files >= self.options.files {
            self.skip(&shown, Reason::TooMany(self.options.files));
        } else if bytes > self.options.file_bytes {
            self.skip(&shown, Reason::TooLarge(self.options.file_bytes));
        } else if self.bytes.saturating_add(bytes) > self.options.total_bytes {
            self.skip(&shown, Reason::TooMuch(self.options.total_bytes));
        } else {
            self.files += 1;
            self.bytes += bytes;
            self.found.push(Found::File(path));
        }
        true
    }

    fn skip(&mut self, path: &str, reason: Reason) {
        self.skipped += 1;
        self.found.push(Found::Skipped(Skipped { path: path.to_owned(), reason }));
    }
}

fn unread(error: io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::NotFound => Reason::Missing,
        _ => Reason::Unreadable(error),
    }
}

/// The path an error of the walk is about.
fn named(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => named(err),
        _ => None,
    }
}
