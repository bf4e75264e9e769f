//! What other processes ask of the one that has a run in hand. They leave commands in the run's file; it reads them,
//! carries them out and strikes them off.
//!
//! A command is struck off after its facts are durable, so a process that dies in between reads it again. It knows then
//! what is done already: the facts of a command are appended in one piece with one that names it.

use std::path::Path;

use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::run::{Command, Event, Seq};

use super::{Bell, Claim, Held, Journal as _, Sqlite, StoreError, explain::unusable};

/// Commands that may wait. More wait only when nobody reads them.
const ROOM: i64 = 256;

/// A handle for leaving and reading commands; it can append nothing to the log.
pub struct Inbox {
    store: Sqlite,
    /// What SQLite counted as changes by others when the inbox was last found empty.
    empty_at: Option<i64>,
    /// Rings for whoever reads it.
    _bell: Option<Bell>,
}

/// A command that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    /// In the order they came; never used twice.
    pub number: i64,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// The process that left it.
    pub pid: u32,
    /// `None` when it is of a newer delm: refuse it.
    pub command: Option<Command>,
}

/// What a process needs of the commands that others left. Blocking, as a journal is.
pub trait Mailbox: Send {
    /// The commands that wait, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    fn waiting(&mut self) -> Result<Vec<Posted>, StoreError>;

    /// Strikes off a command that was carried out or refused.
    ///
    /// # Errors
    /// When that cannot be written; the command is read again then.
    fn strike(&mut self, number: i64) -> Result<(), StoreError>;

    /// The log, for whoever is told why a command came too late.
    ///
    /// # Errors
    /// When it cannot be read.
    fn log(&self) -> Result<Vec<Event>, StoreError>;
}

/// A command as it is stored.
#[derive(Serialize, Deserialize)]
struct Letter<C> {
    #[serde(default)]
    pid: u32,
    #[serde(flatten)]
    command: C,
}

impl Inbox {
    /// Opens the inbox of a run for the process that has it in hand. `on_ring` is called on another thread whenever
    /// somebody has left a command since.
    ///
    /// # Errors
    /// As [`Inbox::open`], and when nobody could be heard.
    pub fn open_to_read(run: &Path, on_ring: impl Fn() + Send + Sync + 'static) -> Result<Self, StoreError> {
        let inbox = Inbox::open(run)?;
        Ok(Inbox { _bell: Some(Bell::hang(run, on_ring)?), ..inbox })
    }

    /// Opens the inbox of a run to leave commands.
    ///
    /// # Errors
    /// When it is no run file of today's schema.
    pub fn open(run: &Path) -> Result<Self, StoreError> {
        let store = Sqlite::connect_to_post(run)?;
        match store.is_chained() {
            true => Ok(Inbox { store, empty_at: None, _bell: None }),
            false => Err(unusable(run, "an older delm wrote it, and nobody has gone on with it since")),
        }
    }

    /// Leaves a command for the process that has the run in hand; durable on return.
    ///
    /// # Errors
    /// `Unattended` when there is no such process, `Unusable` when it does not read what is left.
    pub fn post(&mut self, command: &Command, at: i64) -> Result<i64, StoreError> {
        let run = self.store.path();
        if Claim::look(run) == Held::No {
            let run = run.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            return Err(StoreError::Unattended { run });
        }
        // Our own change would not count as one by others.
        self.empty_at = None;
        let json =
            serde_json::to_string(&Letter { pid: std::process::id(), command }).expect("a command is plain data");
        let posted = self.store.db.execute(
            "INSERT INTO inbox (at, command) SELECT ?1, ?2 WHERE (SELECT count(*) FROM inbox) < ?3",
            params![at, json, ROOM],
        );
        match posted.map_err(|error| self.store.failed(error))? {
            0 => Err(unusable(run, format!("{ROOM} commands wait already, and its process reads none of them"))),
            _ => {
                // It is left, whoever hears it: at the latest the next one to ring is heard, or the next session looks.
                if let Err(error) = Bell::ring(run) {
                    tracing::warn!(%error, "the process that has the run in hand could not be told");
                }
                Ok(self.store.db.last_insert_rowid())
            }
        }
    }
}

impl Mailbox for Inbox {
    /// Costs next to nothing when nobody has written to the file since it was last empty.
    fn waiting(&mut self) -> Result<Vec<Posted>, StoreError> {
        let version = self.store.changes_by_others()?;
        if self.empty_at == Some(version) {
            return Ok(vec![]);
        }
        let read = || -> rusqlite::Result<Vec<Posted>> {
            let mut rows = self.store.db.prepare_cached("SELECT number, at, command FROM inbox ORDER BY number")?;
            let posted = rows.query_map([], |row| {
                let json: String = row.get(2)?;
                let (pid, command) = match serde_json::from_str::<Letter<Command>>(&json) {
                    Ok(Letter { pid, command }) => (pid, Some(command)),
                    Err(_) => (0, None),
                };
                Ok(Posted { number: row.get(0)?, at: row.get(1)?, pid, command })
            })?;
            posted.collect()
        };
        let posted = read().map_err(|error| self.store.failed(error))?;
        self.empty_at = posted.is_empty().then_some(version);
        Ok(posted)
    }

    fn strike(&mut self, number: i64) -> Result<(), StoreError> {
        let struck = self.store.db.execute("DELETE FROM inbox WHERE number = ?1", [number]);
        struck.map(drop).map_err(|error| self.store.failed(error))
    }

    fn log(&self) -> Result<Vec<Event>, StoreError> {
        self.store.events(Seq(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Choice, DecisionId};

    fn decide(n: u32) -> Command {
        Command::Decide { decision: DecisionId(n), choice: Choice::Approve }
    }

    fn run_file() -> (tempfile::TempDir, Sqlite) {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::create(&dir.path().join("run.delm")).unwrap();
        (dir, store)
    }

    #[test]
    fn every_command_is_read_once_in_order_whoever_posts() {
        const EACH: u32 = 20;
        let (_dir, store) = run_file();
        let path = store.path().to_owned();
        let post = |from: u32| {
            let mut inbox = Inbox::open(&path).unwrap();
            for n in 0..EACH {
                inbox.post(&decide(from * EACH + n), 0).unwrap();
            }
        };
        let mut ours = Inbox::open(store.path()).unwrap();
        let mut read = vec![];
        std::thread::scope(|scope| {
            (0..3).for_each(|from| {
                drop(scope.spawn({
                    let post = &post;
                    move || post(from)
                }))
            });
            while read.len() < 3 * EACH as usize {
                for posted in ours.waiting().unwrap() {
                    ours.strike(posted.number).unwrap();
                    read.push(posted.command.unwrap());
                }
            }
        });
        assert_eq!(ours.waiting().unwrap(), []);
        assert!(ours.empty_at.is_some());
        for from in 0..3 {
            let whose =
                |command: &&Command| matches!(command, Command::Decide { decision, .. } if decision.0 / EACH == from);
            let in_order: Vec<_> = (0..EACH).map(|n| decide(from * EACH + n)).collect();
            assert_eq!(read.iter().filter(whose).cloned().collect::<Vec<_>>(), in_order);
        }
    }

    #[test]
    fn what_was_not_struck_off_is_read_again() {
        let (_dir, store) = run_file();
        let path = store.path().to_owned();
        let number = Inbox::open(&path).unwrap().post(&Command::Pause, 7).unwrap();
        let posted = Posted { number, at: 7, pid: std::process::id(), command: Some(Command::Pause) };
        assert_eq!(Inbox::open(&path).unwrap().waiting().unwrap(), std::slice::from_ref(&posted));
        let mut after_death = Inbox::open(&path).unwrap();
        assert_eq!(after_death.waiting().unwrap(), [posted]);
        after_death.strike(number).unwrap();
        assert!(after_death.post(&Command::Pause, 8).unwrap() > number, "a number is never used twice");
    }

    #[test]
    fn nobody_posts_to_a_run_that_nobody_has() {
        let (_dir, store) = run_file();
        let mut inbox = Inbox::open(store.path()).unwrap();
        drop(store);
        let refused = inbox.post(&Command::Pause, 0).unwrap_err().to_string();
        assert_eq!(refused, "no process has run in hand; `delm resume run` takes it up");
    }

    #[test]
    fn an_inbox_that_nobody_reads_fills_up_and_says_so() {
        let (_dir, store) = run_file();
        let mut inbox = Inbox::open(store.path()).unwrap();
        store.db.execute_batch("PRAGMA synchronous = OFF").unwrap();
        inbox.store.db.execute_batch("PRAGMA synchronous = OFF").unwrap();
        for _ in 0..ROOM {
            inbox.post(&Command::Pause, 0).unwrap();
        }
        let refused = inbox.post(&Command::Pause, 0).unwrap_err().to_string();
        assert!(refused.ends_with("256 commands wait already, and its process reads none of them"), "{refused}");
    }

    #[test]
    fn a_command_of_a_newer_delm_is_told_from_ours() {
        let (_dir, store) = run_file();
        store.db.execute("INSERT INTO inbox (at, command) VALUES (0, '{\"do\":\"sing\"}')", []).unwrap();
        let waiting = Inbox::open(store.path()).unwrap().waiting().unwrap();
        assert!(matches!(&waiting[..], [Posted { command: None, .. }]), "{waiting:?}");
    }
}
