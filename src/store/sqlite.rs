//! One SQLite file a run: the log, the bodies, and a digest for lists.
//!
//! The key of an event is its seq, so a second writer at the same head fails instead of forking the log.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::run::{BlobId, Event, Run, Seq};

use super::{
    Body, Journal, StoreError, check_order,
    explain::{NO_RUN, explained, unread, unusable},
    hash, load,
    summary::Digest,
};

/// "DELM", so that `file` and we can tell a run from any other database.
const APPLICATION_ID: i64 = 0x4445_4c4d;
const SCHEMA: i64 = 1;
/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(5);

// Bodies keep their rowid: a tree without one would carry long texts in its inner pages.
const TABLES: &str = "
    CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, fact TEXT NOT NULL);
    CREATE TABLE bodies (id BLOB PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
";

pub struct Sqlite {
    path: PathBuf,
    db: Connection,
}

impl Sqlite {
    /// Makes a new, empty run file that only its owner may read.
    ///
    /// # Errors
    /// When the file exists or cannot be made.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|error| unusable(path, error))?;
        let mut store = Sqlite::connect(path, path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        store.make_tables().map_err(|error| store.failed(error))?;
        Ok(store)
    }

    /// Opens a run to go on with it.
    ///
    /// # Errors
    /// When it is no run file, or one of a newer delm.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let store = Sqlite::connect(path, path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        store.check_schema()?;
        store.db.pragma_update(None, "synchronous", "FULL").map_err(|error| store.failed(error))?;
        Ok(store)
    }

    /// Opens a run to look at it; nothing can be appended.
    ///
    /// # Errors
    /// When it is no run file, or one of a newer delm.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        // Not READ_ONLY: such a connection cannot tidy up the files beside the log when it is the last to close.
        let read = Sqlite::connect(path, path, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(|store| {
            store.check_schema()?;
            store.db.pragma_update(None, "query_only", "ON").map_err(|error| store.failed(error))?;
            Ok(store)
        });
        match (read, still(path)) {
            (Err(StoreError::Unusable { .. }), Some(uri)) => Sqlite::open_still(path, &uri),
            (read, _) => read,
        }
    }

    /// Opens a run for one short look: without locks and without files beside it where nobody has it open.
    pub(super) fn glance(path: &Path) -> Result<Self, StoreError> {
        match still(path) {
            Some(uri) => Sqlite::open_still(path, &uri),
            None => Sqlite::open_to_read(path),
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes what lists show of the run, so that they need not fold its log. Called as a session ends.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_digest(&mut self, run: &Run) -> Result<(), StoreError> {
        self.put_digest(&Digest::of(run))
    }

    pub(super) fn put_digest(&mut self, digest: &Digest) -> Result<(), StoreError> {
        let json = serde_json::to_string(digest).expect("a digest is plain data");
        self.db
            .execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('digest', ?1)", [json])
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// What a list shows of the run: as noted when the log ended there, else folded anew.
    pub(super) fn digest(&self) -> Result<Digest, StoreError> {
        let noted: Option<String> = self
            .db
            .query_row("SELECT value FROM meta WHERE key = 'digest'", [], |row| row.get(0))
            .optional()
            .map_err(|error| self.failed(error))?;
        let noted: Option<Digest> = noted.and_then(|json| serde_json::from_str(&json).ok());
        let head = head(&self.db).map_err(|error| self.failed(error))?;
        match noted {
            Some(digest) if digest.seq == head => Ok(digest),
            _ => Ok(Digest::of(&load(self)?.0)),
        }
    }

    fn connect(path: &Path, name: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(unusable(path, "no such file"));
        }
        let db = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| explained(path, &error))?;
        db.busy_timeout(BUSY).map_err(|error| explained(path, &error))?;
        Ok(Sqlite { path: path.to_owned(), db })
    }

    fn open_still(path: &Path, uri: &str) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let store = Sqlite::connect(path, Path::new(uri), flags)?;
        store.check_schema()?;
        Ok(store)
    }

    fn make_tables(&mut self) -> rusqlite::Result<()> {
        self.db.pragma_update(None, "journal_mode", "WAL")?;
        self.db.pragma_update(None, "synchronous", "FULL")?;
        let transaction = self.db.transaction()?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
        transaction.execute_batch(TABLES)?;
        transaction.commit()
    }

    fn check_schema(&self) -> Result<(), StoreError> {
        let number = |pragma| {
            self.db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).map_err(|error| self.failed(error))
        };
        let found = number("user_version")?;
        if number("application_id")? != APPLICATION_ID || found < 1 {
            return Err(unusable(&self.path, NO_RUN));
        }
        if found > SCHEMA {
            return Err(StoreError::Newer { path: self.path.display().to_string(), found, known: SCHEMA });
        }
        Ok(())
    }

    fn failed(&self, error: rusqlite::Error) -> StoreError {
        explained(&self.path, &error)
    }

    fn damaged(&self, reason: String) -> StoreError {
        unusable(&self.path, reason)
    }
}

impl Journal for Sqlite {
    fn append(&mut self, expected: Seq, events: &[Event], bodies: &[Body]) -> Result<(), StoreError> {
        check_order(expected, events)?;
        let path = &self.path;
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| explained(path, &error))?;
        let head = head(&transaction).map_err(|error| explained(path, &error))?;
        if head != expected {
            return Err(StoreError::Conflict { head });
        }
        insert(&transaction, events, bodies)
            .and_then(|()| transaction.commit())
            .map_err(|error| explained(path, &error))
    }

    fn events(&self, after: Seq) -> Result<Vec<Event>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(i64, i64, String)>> {
            let mut rows = self.db.prepare_cached("SELECT seq, at, fact FROM events WHERE seq > ?1 ORDER BY seq")?;
            rows.query_map([integer(after)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        };
        let rows = read().map_err(|error| self.failed(error))?;
        let mut events: Vec<Event> = Vec::with_capacity(rows.len());
        for (seq, at, fact) in rows {
            let wanted = events.last().map_or(after, |event| event.seq).next();
            if integer(wanted) != seq {
                return Err(self.damaged(format!("damaged: event {wanted} is missing from the log")));
            }
            let fact = serde_json::from_str(&fact).map_err(|error| self.damaged(unread(wanted, &error)))?;
            events.push(Event { seq: wanted, at, fact });
        }
        Ok(events)
    }

    fn body(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        let read = || -> rusqlite::Result<Option<Vec<u8>>> {
            self.db
                .prepare_cached("SELECT bytes FROM bodies WHERE id = ?1")?
                .query_row([&id.0], |row| row.get(0))
                .optional()
        };
        let bytes = read().map_err(|error| self.failed(error))?.ok_or(StoreError::Missing(id))?;
        match hash(&bytes) == id {
            true => Ok(bytes),
            false => Err(self.damaged(format!("damaged: the body {id} is not what was stored"))),
        }
    }

    fn reader(&self) -> Result<Box<dyn Journal>, StoreError> {
        Ok(Box::new(Sqlite::open_to_read(&self.path)?))
    }
}

fn insert(transaction: &Transaction<'_>, events: &[Event], bodies: &[Body]) -> rusqlite::Result<()> {
    let mut body = transaction.prepare_cached("INSERT OR IGNORE INTO bodies (id, bytes) VALUES (?1, ?2)")?;
    for Body { id, bytes } in bodies {
        body.execute(params![id.0, bytes])?;
    }
    let mut row = transaction.prepare_cached("INSERT INTO events (seq, at, fact) VALUES (?1, ?2, ?3)")?;
    for Event { seq, at, fact } in events {
        let fact = serde_json::to_string(fact).expect("a fact is plain data with string keys");
        row.execute(params![integer(*seq), at, fact])?;
    }
    Ok(())
}

fn head(db: &Connection) -> rusqlite::Result<Seq> {
    let newest: Option<i64> = db.prepare_cached("SELECT max(seq) FROM events")?.query_row([], |row| row.get(0))?;
    Ok(Seq(newest.unwrap_or(0).unsigned_abs()))
}

/// SQLite counts to 2^63 - 1.
fn integer(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

/// How SQLite is told to read a file that nobody writes, without touching its folder. `None` while it has a
/// write-ahead log: then somebody has it open, or died with it.
fn still(path: &Path) -> Option<String> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if cfg!(windows) || Path::new(&log).exists() {
        return None;
    }
    let name = path.to_str()?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Some(format!("file:{name}?immutable=1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Fact;

    fn pause(seq: u64) -> Event {
        Event { seq: Seq(seq), at: 0, fact: Fact::PauseAsked }
    }

    #[test]
    fn a_full_disk_loses_nothing_that_was_there() {
        let dir = tempfile::TempDir::new().unwrap();
        let mut store = Sqlite::create(&dir.path().join("run.delm")).unwrap();
        store.append(Seq(0), &[pause(1)], &[]).unwrap();
        let body = Body::of(vec![7; 100_000]);
        let limit = |store: &Sqlite, pages: u32| {
            store.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        };

        limit(&store, 1);
        let error = store.append(Seq(1), &[pause(2)], std::slice::from_ref(&body)).unwrap_err();
        assert!(error.to_string().ends_with("the disk is full; the last step was not saved"), "{error}");
        assert_eq!(store.events(Seq(0)).unwrap(), [pause(1)]);

        limit(&store, 1_000_000);
        store.append(Seq(1), &[pause(2)], std::slice::from_ref(&body)).unwrap();
        assert_eq!(store.body(body.id).unwrap(), body.bytes);
    }

    #[test]
    fn every_append_waits_for_the_disk() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("run.delm");
        let created = Sqlite::create(&path).unwrap();
        for store in [&created, &Sqlite::open(&path).unwrap()] {
            let of = |pragma| store.db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!(of("synchronous"), 2, "FULL");
            let mode: String = store.db.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
            assert_eq!(mode, "wal");
        }
    }

    #[test]
    fn a_file_that_nobody_writes_is_read_without_a_trace() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("run.delm");
        let mut store = Sqlite::create(&path).unwrap();
        store.append(Seq(0), &[pause(1)], &[]).unwrap();
        assert_eq!(still(&path), None, "it is open");
        drop(store);
        let store = Sqlite::open_still(&path, &still(&path).unwrap()).unwrap();
        assert_eq!(store.events(Seq(0)).unwrap(), [pause(1)]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
