//! The log of a run that another process writes, as it grows.

use std::path::{Path, PathBuf};

use crate::run::{Event, Seq};

use super::{Claim, Held, Journal as _, Sqlite, StoreError};

/// A place in a growing log. Only reads; ask it again as often as a human looks.
pub struct Follower {
    path: PathBuf,
    store: Sqlite,
    head: Seq,
    /// What SQLite counted as changes by others when we had read everything.
    read_at: Option<i64>,
}

impl Follower {
    /// Follows a run from after `head`.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn after(run: &Path, head: Seq) -> Result<Self, StoreError> {
        let store = Sqlite::open_to_read(run)?;
        Ok(Follower { path: run.to_owned(), store, head, read_at: None })
    }

    /// Whether a process has the run in hand, so that there may be more.
    #[must_use]
    pub fn is_live(&self) -> bool {
        Claim::look(&self.path) == Held::Yes
    }

    /// The events that came since the last time. Costs next to nothing when nothing was written.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn news(&mut self) -> Result<Vec<Event>, StoreError> {
        // Opened while nobody wrote, a handle never sees more than was there.
        if self.store.is_opened_still() && !Sqlite::is_still(&self.path) {
            *self = Follower::after(&self.path, self.head)?;
        }
        let version = self.store.changes_by_others()?;
        if self.read_at == Some(version) {
            return Ok(vec![]);
        }
        let events = self.store.events(self.head)?;
        self.head = events.last().map_or(self.head, |event| event.seq);
        self.read_at = Some(version);
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Fact;

    fn pause(seq: u64) -> Event {
        Event { seq: Seq(seq), at: 0, fact: Fact::PauseAsked }
    }

    #[test]
    fn each_event_is_news_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.delm");
        let mut store = Sqlite::create(&path).unwrap();
        store.append(Seq(0), &[pause(1), pause(2)], &[]).unwrap();
        let mut follower = Follower::after(&path, Seq(1)).unwrap();
        assert_eq!(follower.news().unwrap(), [pause(2)]);
        assert_eq!(follower.news().unwrap(), []);
        for seq in 3..20 {
            store.append(Seq(seq - 1), &[pause(seq)], &[]).unwrap();
            assert_eq!(follower.news().unwrap(), [pause(seq)]);
        }
        assert!(follower.is_live());
        drop(store);
        assert!(!follower.is_live());
        assert_eq!(follower.news().unwrap(), []);
    }

    #[test]
    fn a_run_that_was_at_rest_is_followed_once_somebody_takes_it_up() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.delm");
        let mut store = Sqlite::create(&path).unwrap();
        store.append(Seq(0), &[pause(1)], &[]).unwrap();
        drop(store);
        let mut follower = Follower::after(&path, Seq(0)).unwrap();
        assert_eq!((follower.is_live(), follower.news().unwrap()), (false, vec![pause(1)]));
        let mut store = Sqlite::open(&path).unwrap();
        store.append(Seq(1), &[pause(2)], &[]).unwrap();
        assert_eq!((follower.is_live(), follower.news().unwrap()), (true, vec![pause(2)]));
    }
}
