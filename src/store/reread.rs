//! The log of a run, read again a page at a time for whoever looks back. It checks what it reads, and writes nothing.

use std::{
    cell::RefCell,
    fmt,
    path::{Path, PathBuf},
};

use crate::run::{Event, Log, Seq};

use super::{Sqlite, StoreError};

pub struct Reread {
    path: PathBuf,
    store: RefCell<Option<Sqlite>>,
}

impl Reread {
    /// Of the run in a file, which is opened when it is first asked for something.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Reread { path: path.to_owned(), store: RefCell::new(None) }
    }

    fn events(&self, after: Seq, most: usize) -> Result<Vec<Event>, StoreError> {
        let mut store = self.store.borrow_mut();
        // Opened while nobody wrote, a handle never sees more than was there.
        if store.as_ref().is_some_and(|store| store.is_opened_still() && !Sqlite::is_still(&self.path)) {
            *store = None;
        }
        let store = match &mut *store {
            Some(store) => store,
            none => none.insert(match Sqlite::open_to_read(&self.path) {
                Err(StoreError::Damaged { .. }) => Sqlite::open_damaged(&self.path)?,
                opened => opened?,
            }),
        };
        let mut events = Vec::with_capacity(most);
        let keep = &mut |event| {
            events.push(event);
            Ok(())
        };
        match store.walk_some(after, Some(most), keep) {
            // The log of a damaged file ends before its pages do.
            Err(StoreError::Damaged { .. }) if !events.is_empty() => Ok(events),
            walked => walked.map(|_| events),
        }
    }
}

impl Log for Reread {
    fn read(&self, after: Seq, most: usize) -> Result<Vec<Event>, String> {
        self.events(after, most).map_err(|error| error.to_string())
    }
}

impl fmt::Debug for Reread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reread").field(&self.path).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{run::Fact, store::Journal as _};

    fn pause(seq: u64) -> Event {
        Event { seq: Seq(seq), at: 0, fact: Fact::PauseAsked }
    }

    #[test]
    fn a_page_is_what_stands_there_however_the_log_grows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.delm");
        let mut store = Sqlite::create(&path).unwrap();
        store.append(Seq(0), &[pause(1), pause(2), pause(3)], &[]).unwrap();
        drop(store);
        let log = Reread::of(&path);
        assert_eq!(log.read(Seq(1), 1).unwrap(), [pause(2)]);
        assert_eq!(log.read(Seq(1), 9).unwrap(), [pause(2), pause(3)]);
        let mut store = Sqlite::open(&path).unwrap();
        store.append(Seq(3), &[pause(4)], &[]).unwrap();
        assert_eq!(log.read(Seq(3), 9).unwrap(), [pause(4)]);
        assert_eq!(log.read(Seq(4), 9).unwrap(), []);
    }

    #[test]
    fn what_is_not_what_was_stored_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.delm");
        let mut store = Sqlite::create(&path).unwrap();
        store.append(Seq(0), &[pause(1), pause(2), pause(3)], &[]).unwrap();
        store.db.execute("UPDATE events SET at = 7 WHERE seq = 2", []).unwrap();
        drop(store);
        let log = Reread::of(&path);
        assert_eq!(log.read(Seq(0), 9).unwrap(), [pause(1)]);
        let why = log.read(Seq(1), 9).unwrap_err();
        assert!(why.contains("event 2 is not what was stored"), "{why}");
        assert!(Reread::of(&dir.path().join("none.delm")).read(Seq(0), 1).is_err());
    }
}
