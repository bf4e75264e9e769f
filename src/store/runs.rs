//! The run directory: one file a run, named by its id. Finds, lists, creates and opens runs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::run::{Run, RunId, Seq};

use super::{Claim, Held, RunSummary, Sqlite, StoreError, claim::beside, explain::unusable, summary::Digest};

const EXTENSION: &str = "delm";
/// Runs that an error names before it only counts.
const NAMED: usize = 5;

#[derive(Debug, Clone)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// The directory at `path`, made for its owner alone when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&path) {
            Ok(()) => Ok(RunDir { path }),
            Err(error) => Err(unusable(&path, error)),
        }
    }

    /// The directory at `path` as it is. One that is not there holds no runs, and is not made.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        RunDir { path: path.into() }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a run's file is.
    #[must_use]
    pub fn file(&self, id: &RunId) -> PathBuf {
        self.path.join(format!("{id}.{EXTENSION}"))
    }

    /// Makes the file of a new run. `now` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(&self, question: &str, now: i64) -> Result<(RunId, Sqlite), StoreError> {
        let mut salt = 0;
        let (id, mut store) = loop {
            let id = new_id(now, salt);
            let file = self.file(&id);
            match Sqlite::create(&file) {
                Ok(store) => break (id, store),
                // Two runs in one second with the same four letters: draw again.
                Err(_) if file.exists() && salt < 100 => salt += 1,
                Err(error) => return Err(error),
            }
        };
        store.put_digest(&Digest::unborn(question, now))?;
        Ok((id, store))
    }

    /// The run that is meant: by its id, by the beginning of it if that is enough, or `latest`.
    ///
    /// # Errors
    /// `NoRun` and `Ambiguous`; both name what could have been meant.
    pub fn find(&self, wanted: &str) -> Result<RunId, StoreError> {
        let ids = self.ids()?;
        let none = |hint| StoreError::NoRun { wanted: wanted.to_owned(), dir: self.path.display().to_string(), hint };
        let newest = ids.first().ok_or_else(|| none("; it holds no run yet".to_owned()))?;
        if wanted == "latest" {
            return Ok(newest.clone());
        }
        if let Some(id) = ids.iter().find(|id| id.0 == wanted) {
            return Ok(id.clone());
        }
        let meant: Vec<_> = ids.iter().filter(|id| !wanted.is_empty() && id.0.starts_with(wanted)).collect();
        match meant[..] {
            [id] => Ok(id.clone()),
            [] => Err(none(format!("; the newest are {}", named(&ids.iter().collect::<Vec<_>>())))),
            _ => Err(StoreError::Ambiguous { wanted: wanted.to_owned(), candidates: named(&meant) }),
        }
    }

    /// Every run, newest first; a file that cannot be read stands in its place with the reason, which names it.
    #[must_use]
    pub fn list(&self) -> Vec<Result<RunSummary, (PathBuf, StoreError)>> {
        match self.ids() {
            Ok(ids) => ids.into_iter().map(|id| self.summary(id)).collect(),
            Err(error) => vec![Err((self.path.clone(), error))],
        }
    }

    fn summary(&self, id: RunId) -> Result<RunSummary, (PathBuf, StoreError)> {
        let file = self.file(&id);
        let held = Claim::look(&file);
        match digest(&file, held) {
            Ok(digest) => Ok(RunSummary::new(id, digest, held, bytes(&file))),
            Err(error) => Err((file.clone(), error.appraised(&file))),
        }
    }

    /// Deletes a run and what lies beside its file.
    ///
    /// # Errors
    /// `Claimed` when a process has it in hand; nothing is deleted then.
    pub fn remove(&self, id: &RunId) -> Result<(), StoreError> {
        let file = self.file(id);
        let _claim = Claim::take(&file)?;
        fs::remove_file(&file).map_err(|error| unusable(&file, error))?;
        // Of no use without the run, whichever are there.
        for name in [beside(&file, "-wal"), beside(&file, "-shm")] {
            let _ = fs::remove_file(name);
        }
        Ok(())
    }

    /// Newest first.
    fn ids(&self) -> Result<Vec<RunId>, StoreError> {
        let mut ids = Vec::new();
        let files = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ids),
            files => files.map_err(|error| unusable(&self.path, error))?,
        };
        for file in files {
            let file = file.map_err(|error| unusable(&self.path, error))?.path();
            if file.extension().is_some_and(|extension| extension == EXTENSION)
                && let Some(name) = file.file_stem().and_then(|name| name.to_str())
            {
                ids.push(RunId(name.to_owned()));
            }
        }
        ids.sort_by(|a, b| b.cmp(a));
        Ok(ids)
    }
}

/// What a list shows of a run: as noted where the log ends, else folded. That of a process that died is noted then, so
/// that it is folded once; a run that somebody has in hand is left alone.
fn digest(file: &Path, held: Held) -> Result<Digest, StoreError> {
    let store = Sqlite::open_to_read(file)?;
    let is_noted = match store.noted_digest()? {
        (Some(digest), head) if digest.seq == head => return Ok(digest),
        (noted, _) => noted.is_some(),
    };
    let mut run = Run::default();
    store.scan(Seq(0), &mut |event| run.apply(&event))?;
    // An older file stays what it is until somebody goes on with it, a damaged one for ever.
    let may_note = held == Held::No && store.is_chained() && is_noted;
    drop(store);
    if may_note && let Err(error) = Sqlite::open(file).and_then(|mut store| store.write_digest(&run)) {
        tracing::debug!(%error, file = %file.display(), "its digest could not be noted");
    }
    Ok(Digest::of(&run))
}

fn bytes(file: &Path) -> u64 {
    let parts = [file.to_owned(), beside(file, "-wal"), beside(file, "-shm")];
    parts.iter().filter_map(|part| fs::metadata(part).ok()).map(|part| part.len()).sum()
}

/// `20261122-203145-x7k2`: the time of the start in UTC, and four letters: when in that second, and two against another
/// run just then.
fn new_id(now: i64, salt: u32) -> RunId {
    // Without what is easily misread, in the order in which they sort.
    const LETTERS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
    let at = OffsetDateTime::from_unix_timestamp(now.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    // Runs of one second sort by their thousandths; 31 × 31 letters tell nearly all of those apart.
    let place = now.rem_euclid(1000) as usize * LETTERS.len().pow(2) / 1000;
    let drawn = Sha256::digest(format!("{} {now} {salt}", std::process::id()));
    let letter = |at: usize| char::from(LETTERS[at % LETTERS.len()]);
    let letters: String =
        [place / LETTERS.len(), place, drawn[0].into(), drawn[1].into()].into_iter().map(letter).collect();
    RunId(format!(
        "{:04}{:02}{:02}-{:02}{:02}{:02}-{letters}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    ))
}

fn named(ids: &[&RunId]) -> String {
    let mut text = ids.iter().take(NAMED).map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ");
    if ids.len() > NAMED {
        text.push_str(&format!(" and {} more", ids.len() - NAMED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_begins_with_its_time_in_utc() {
        let id = new_id(1_795_379_505_999, 0).0;
        assert!(id.starts_with("20261122-203145-"), "{id}");
        assert_eq!(id.len(), "20261122-203145-x7k2".len());
        assert_ne!(id, new_id(1_795_379_505_999, 1).0);
        let in_order = (0..1000).step_by(2).map(|ms| new_id(1_795_379_505_000 + ms, 0).0).collect::<Vec<_>>();
        assert!(in_order.is_sorted_by(|a, b| a < b), "`latest` is the latest");
    }
}
