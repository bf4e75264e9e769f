//! The right to write a run: one process has it, and every other can read who.
//!
//! It is a lock on a small file beside the run, which the operating system lets go of however the process ends. Not on
//! the run file: SQLite keeps POSIX locks there, and a process loses those on a file as soon as it closes any handle on
//! it; where `flock` is made of such locks (NFS) the two would be one; and on Windows a lock keeps readers out as well.

use std::{
    fmt,
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Held, StoreError,
    explain::unusable,
    failpoint::{self, Point},
};

/// Tries before a claim counts as held: whoever only asks whether it is held has it for an instant, and whoever notes a
/// digest for a few milliseconds.
const TRIES: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(10);

const LOCK: &str = "-lock";

/// A run that this process alone may write, until it is dropped.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    _locked: File,
}

/// Who has a run in hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub pid: u32,
    pub host: String,
    /// Milliseconds since the Unix epoch.
    pub since: i64,
}

impl Claim {
    /// Claims the run whose file is at `run`; the file itself is not looked at.
    ///
    /// # Errors
    /// `Claimed` when another has it; `Unusable` when the file system cannot lock.
    pub fn take(run: &Path) -> Result<Self, StoreError> {
        let path = Claim::file(run);
        for _ in 0..TRIES {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&path).map_err(|error| unusable(&path, error))?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => {
                    failpoint::at(Point::Claim).map_err(|error| unusable(&path, error))?;
                    Holder::this().note(&mut file).map_err(|error| unusable(&path, error))?;
                    return Ok(Claim { path, _locked: file });
                }
                // The one before removed its file between our two steps.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN),
                Err(TryLockError::Error(error)) => {
                    return Err(unusable(&path, format!("it cannot be locked ({error}): keep runs on another disk")));
                }
            }
        }
        let name = run.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Err(StoreError::Claimed { run: name, holder: Holder::noted(&path) })
    }

    /// The file that is there while a process has the run in hand.
    #[must_use]
    pub fn file(run: &Path) -> PathBuf {
        beside(run, LOCK)
    }

    /// Whether a process has the run in hand at this moment.
    #[must_use]
    pub fn look(run: &Path) -> Held {
        let Ok(file) = File::open(Claim::file(run)) else { return Held::No };
        match file.try_lock_shared() {
            Ok(()) => Held::No,
            Err(_) => Held::Yes,
        }
    }
}

impl Holder {
    /// Who has the run in hand, as far as it has noted that.
    #[must_use]
    pub fn of(run: &Path) -> Option<Self> {
        Holder::noted(&Claim::file(run))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // While it is still locked. Elsewhere nobody could tell that the file they locked is gone, so it stays.
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Holder {
    fn this() -> Self {
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        Holder { pid: std::process::id(), host, since }
    }

    fn note(&self, file: &mut File) -> std::io::Result<()> {
        file.set_len(0)?;
        file.write_all(&serde_json::to_vec(self)?)
    }

    /// `None` when it has not noted itself yet, or this system does not let others read a locked file.
    fn noted(path: &Path) -> Option<Self> {
        let mut text = String::new();
        File::open(path).ok()?.take(4096).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = OffsetDateTime::from_unix_timestamp(self.since.div_euclid(1000)).ok();
        let since = since.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default();
        write!(f, "process {} on {} since {since}", self.pid, self.host)
    }
}

/// A file that belongs to a run: `-lock` is ours, `-wal` and `-shm` are SQLite's.
pub(super) fn beside(run: &Path, ending: &str) -> PathBuf {
    let mut name = run.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Whether the file that we opened is still the one of that name.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => Identity::of(&ours) == Identity::of(&there),
        _ => false,
    }
}

/// What tells a file from another that takes its name. Elsewhere an open file keeps its name, so all are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    #[cfg(unix)]
    device_and_inode: (u64, u64),
}

impl Identity {
    /// Of the file at `path`, without opening it: SQLite loses its locks on a file when any handle on it is closed.
    pub fn at(path: &Path) -> std::io::Result<Self> {
        fs::metadata(path).map(|file| Identity::of(&file))
    }

    #[cfg(unix)]
    fn of(file: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Identity { device_and_inode: (file.dev(), file.ino()) }
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Identity {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// (FAILURES 6)
    #[test]
    fn one_has_it_at_a_time_however_many_try() {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("run.delm");
        let (inside, taken) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let Ok(_claim) = Claim::take(&run) else { continue };
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(taken.into_inner() >= 50);
    }

    #[test]
    fn the_holder_is_named_and_gone_with_its_claim() {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("a-run.delm");
        assert_eq!(Claim::look(&run), Held::No);
        let claim = Claim::take(&run).unwrap();
        assert_eq!(Claim::look(&run), Held::Yes);
        let refused = Claim::take(&run).unwrap_err().to_string();
        let wanted = format!("a-run is in the hands of process {} on ", std::process::id());
        assert!(refused.starts_with(&wanted) && refused.ends_with("; `delm open a-run` shows it"), "{refused}");
        drop(claim);
        assert_eq!(Claim::look(&run), Held::No);
        drop(Claim::take(&run).unwrap());
        #[cfg(unix)]
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
