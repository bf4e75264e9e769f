//! One SQLite file a run: the log, the bodies, and a digest for lists.
//!
//! The key of an event is its seq, so a second writer at the same head fails instead of forking the log. What is read is
//! checked against the hash chain, so a change to a stored event never goes unseen.
//!
//! Every append waits for the disk: `synchronous=FULL`. NORMAL waits at checkpoints alone, so the power could take what
//! somebody has acted on. Measured on a virtual disk with two processors that others use as well, unoptimised (`cargo
//! test --bench durability`; milliseconds, the middle one of 300 commits):
//!
//! | Tasks a commit | FULL | NORMAL | FULL, a task |
//! |---|---|---|---|
//! | 1 | 0.9–1.4 | 0.07 | 0.9–1.4 |
//! | 4 | 1.2 | 0.18 | 0.3 |
//! | 16 | 2.3–3.1 | 0.7 | 0.14–0.19 |
//!
//! What queues up behind a write shares the next one (`engine/sequencer.rs`), so a busy team pays a fraction of it, and a
//! call of a model takes a thousand times as long. So decisions and entries are no exception: nothing is looser.

use std::{
    borrow::Cow,
    fmt::Display,
    fs::OpenOptions,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::run::{BlobId, Event, Run, Seq};

use super::{
    Body, Journal, StoreError,
    chain::Head,
    check_order,
    claim::{Claim, Identity, beside},
    explain::{NO_RUN, damaged, explained, unusable},
    failpoint::{self, Point},
    hash, load,
    pack::{pack, unpack},
    schema::{self, SCHEMA},
    summary::Digest,
};

const NO_FILE: &str = "no such file";
/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(5);

/// What is found under the name of a body.
pub(super) enum Stored {
    Whole(Vec<u8>),
    /// Something else, or nothing that unpacks.
    Broken,
    Absent,
}

pub struct Sqlite {
    pub(super) path: PathBuf,
    pub(super) db: Connection,
    /// Which file it is, whatever takes its name later.
    identity: Identity,
    schema: i64,
    is_still: bool,
    /// Of a handle for writing. The last field, so that it outlives the connection.
    claim: Option<Claim>,
}

impl Sqlite {
    /// Makes a new, empty run file that only its owner may read.
    ///
    /// # Errors
    /// When the file exists or cannot be made.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let claim = Claim::take(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|error| unusable(path, error))?;
        let mut store = Sqlite::connect_to_write(path)?;
        schema::create(&mut store.db).map_err(|error| store.failed(error))?;
        Ok(Sqlite { schema: SCHEMA, claim: Some(claim), ..store })
    }

    /// Opens a run to go on with it. A file of an older schema is brought up to today's.
    ///
    /// # Errors
    /// `Claimed` when another process has it; `Damaged` when its pages are; when it is no run file, or one of a newer
    /// delm.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut store = Sqlite::connect_to_write(path)?;
        store.check_schema()?;
        store.claim = Some(Claim::take(path)?);
        if !path.exists() {
            return Err(unusable(path, NO_FILE));
        }
        // Writing into broken pages could spoil what is still whole. 0.07 s for 100 MB.
        store.check_pages()?;
        if store.schema < SCHEMA {
            // A log that has a hole or cannot be read must not get a chain that vouches for it.
            load(&store)?;
            schema::migrate(&mut store.db).map_err(|error| store.failed(error))?;
            store.schema = SCHEMA;
        }
        Ok(store)
    }

    /// Opens a run to look at it. Writes nothing, not even beside it where nobody has it open; then, though, it sees
    /// nothing that is written later.
    ///
    /// # Errors
    /// When it is no run file, or one of a newer delm.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let mut store = Sqlite::connect_to_read(path)?;
        store.check_schema()?;
        Ok(store)
    }

    /// Opens a damaged run to read what is whole of it. SQLite otherwise refuses all of a file that is too short.
    pub(super) fn open_damaged(path: &Path) -> Result<Self, StoreError> {
        let mut store = Sqlite::connect_to_read(path)?;
        store.db.pragma_update(None, "writable_schema", "ON").map_err(|error| store.failed(error))?;
        store.check_schema()?;
        Ok(store)
    }

    /// Opens a run to leave commands in it or read them, beside the process that has it in hand.
    pub(super) fn connect_to_post(path: &Path) -> Result<Self, StoreError> {
        let mut store = Sqlite::connect_to_write(path)?;
        store.check_schema()?;
        Ok(store)
    }

    /// A number that changes whenever another connection has written to the file.
    pub(super) fn changes_by_others(&self) -> Result<i64, StoreError> {
        self.db.pragma_query_value(None, "data_version", |row| row.get(0)).map_err(|error| self.failed(error))
    }

    /// Whether this handle reads without locks and so sees nothing that is written later.
    pub(super) fn is_opened_still(&self) -> bool {
        self.is_still
    }

    /// Whether nobody has the file open for writing or died with it; then it is read without locks.
    pub(super) fn is_still(path: &Path) -> bool {
        still(path).is_some()
    }

    /// Whether this handle may append.
    #[must_use]
    pub fn is_writer(&self) -> bool {
        self.claim.is_some()
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes what lists show of the run, so that they need not fold its log, and the run itself for who opens it next.
    /// Called as a session ends.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_digest(&mut self, run: &Run) -> Result<(), StoreError> {
        self.put_digest(&Digest::of(run))?;
        self.put_checkpoint(run)
    }

    pub(super) fn put_digest(&mut self, digest: &Digest) -> Result<(), StoreError> {
        let put = failpoint::at(Point::Digest).and_then(|()| schema::put_meta(&self.db, "digest", &digest.to_string()));
        put.map_err(|error| self.failed(error))
    }

    /// What a list shows of the run as it was last noted, and where the log ends now. `None` when the note is damaged.
    pub(super) fn noted_digest(&self) -> Result<(Option<Digest>, Seq), StoreError> {
        let noted = schema::meta(&self.db, "digest").map_err(|error| self.failed(error))?;
        let head = newest(&self.db).map_err(|error| self.failed(error))?;
        let parse = if self.is_chained() { Digest::parse } else { Digest::parse_bare };
        Ok((noted.and_then(|text| parse(&text)), head))
    }

    fn connect(path: &Path, name: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(unusable(path, NO_FILE));
        }
        let db = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| explained(path, &error))?;
        db.busy_timeout(BUSY).map_err(|error| explained(path, &error))?;
        let identity = Identity::at(path).map_err(|error| unusable(path, error))?;
        Ok(Sqlite { path: path.to_owned(), db, identity, schema: 0, is_still: false, claim: None })
    }

    fn connect_to_read(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        match still(path) {
            Some(uri) => {
                let store = Sqlite::connect(path, Path::new(&uri), flags | OpenFlags::SQLITE_OPEN_URI)?;
                Ok(Sqlite { is_still: true, ..store })
            }
            None => Sqlite::connect(path, path, flags),
        }
    }

    fn connect_to_write(path: &Path) -> Result<Self, StoreError> {
        let store = Sqlite::connect(path, path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Where the system has two ways to wait for a disk, the one that waits for its cache too.
        for (pragma, value) in [("synchronous", "FULL"), ("fullfsync", "ON"), ("checkpoint_fullfsync", "ON")] {
            store.db.pragma_update(None, pragma, value).map_err(|error| store.failed(error))?;
        }
        Ok(store)
    }

    fn check_schema(&mut self) -> Result<(), StoreError> {
        match schema::of(&self.db).map_err(|error| self.failed(error))? {
            None => Err(unusable(&self.path, NO_RUN)),
            Some(found) if found > SCHEMA => {
                Err(StoreError::Newer { path: self.path.display().to_string(), found, known: SCHEMA })
            }
            Some(found) => {
                self.schema = found;
                Ok(())
            }
        }
    }

    /// Schema 1 had no chain.
    pub(super) fn is_chained(&self) -> bool {
        self.schema >= 2
    }

    /// A body by its name, and whether it is the one.
    pub(super) fn stored(&self, id: BlobId) -> Result<Stored, StoreError> {
        self.stored_in("bodies", id)
    }

    /// The same; `table` may also say how to look.
    pub(super) fn stored_in(&self, table: &str, id: BlobId) -> Result<Stored, StoreError> {
        let length = if self.is_chained() { "length" } else { "length(bytes)" };
        let row: Option<(i64, Vec<u8>)> = self
            .db
            .prepare_cached(&format!("SELECT {length}, bytes FROM {table} WHERE id = ?1"))
            .and_then(|mut row| row.query_row([&id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional())
            .map_err(|error| self.failed(error))?;
        let body = row.map(|(length, bytes)| unpack(bytes, usize::try_from(length).ok()?));
        Ok(match body {
            None => Stored::Absent,
            Some(Some(bytes)) if hash(&bytes) == id => Stored::Whole(bytes),
            Some(_) => Stored::Broken,
        })
    }

    pub(super) fn failed(&self, error: rusqlite::Error) -> StoreError {
        explained(&self.path, &error)
    }

    pub(super) fn damaged(&self, reason: impl Display) -> StoreError {
        damaged(&self.path, reason)
    }
}

impl Journal for Sqlite {
    fn append(&mut self, expected: Seq, events: &[Event], bodies: &[Body]) -> Result<(), StoreError> {
        check_order(expected, events)?;
        // SQLite would go on in a file without a name.
        if Identity::at(&self.path).ok() != Some(self.identity) {
            return Err(StoreError::Gone { path: self.path.display().to_string() });
        }
        // Before anybody else has to wait for us.
        let packed: Vec<_> = bodies.iter().map(|body| (body, pack(&body.bytes))).collect();
        let failed = |error: &rusqlite::Error| explained(&self.path, error);
        failpoint::at(Point::Begin).map_err(|error| failed(&error))?;
        let transaction =
            self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| failed(&error))?;
        let noted = schema::meta(&transaction, "head").map_err(|error| failed(&error))?;
        let head: Head = noted
            .and_then(|head| head.parse().ok())
            .ok_or_else(|| damaged(&self.path, "where its log ends is not noted"))?;
        if head.seq != expected {
            return Err(StoreError::Conflict { head: head.seq });
        }
        insert(&transaction, head, events, &packed)
            .and_then(|()| transaction.commit())
            .and_then(|()| failpoint::at(Point::Committed))
            .map_err(|error| explained(&self.path, &error))
    }

    fn events(&self, after: Seq) -> Result<Vec<Event>, StoreError> {
        let mut events = Vec::new();
        self.scan(after, &mut |event| events.push(event)).map(|()| events)
    }

    fn body(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        match self.stored(id)? {
            Stored::Whole(bytes) => Ok(bytes),
            Stored::Broken => Err(self.damaged(format!("the body {id} is not what was stored"))),
            Stored::Absent => Err(StoreError::Missing(id)),
        }
    }

    fn reader(&self) -> Result<Box<dyn Journal>, StoreError> {
        Ok(Box::new(Sqlite::open_to_read(&self.path)?))
    }
}

fn insert(
    transaction: &Transaction<'_>,
    head: Head,
    events: &[Event],
    bodies: &[(&Body, Cow<'_, [u8]>)],
) -> rusqlite::Result<()> {
    let mut row = transaction.prepare_cached("INSERT OR IGNORE INTO bodies (id, length, bytes) VALUES (?1, ?2, ?3)")?;
    for (Body { id, bytes }, packed) in bodies {
        row.execute(params![id.0, bytes.len() as i64, packed])?;
    }
    failpoint::at(Point::Bodies)?;
    let mut head = head;
    for Event { at, fact, .. } in events {
        let fact = serde_json::to_string(fact).expect("a fact is plain data with string keys");
        head = head.then(*at, &fact);
        schema::insert_event(transaction, head, *at, &fact)?;
    }
    schema::put_head(transaction, head)?;
    failpoint::at(Point::Events)
}

/// The last event that is there, for what needs no check.
fn newest(db: &Connection) -> rusqlite::Result<Seq> {
    let newest: Option<i64> = db.prepare_cached("SELECT max(seq) FROM events")?.query_row([], |row| row.get(0))?;
    Ok(Seq(newest.unwrap_or(0).unsigned_abs()))
}

/// How SQLite is told to read a file that nobody writes, without locks and without touching its folder. `None` while it
/// has a write-ahead log: then somebody has it open, or died with it.
fn still(path: &Path) -> Option<String> {
    if beside(path, "-wal").exists() {
        return None;
    }
    let name = path.to_str()?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let name = if cfg!(windows) { format!("/{}", name.replace('\\', "/")) } else { name };
    Some(format!("file:{name}?immutable=1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Fact;

    fn pause(seq: u64) -> Event {
        Event { seq: Seq(seq), at: 0, fact: Fact::PauseAsked }
    }

    /// (FAILURES 14)
    #[test]
    fn a_full_disk_loses_nothing_that_was_there() {
        let dir = tempfile::TempDir::new().unwrap();
        let mut store = Sqlite::create(&dir.path().join("run.delm")).unwrap();
        store.append(Seq(0), &[pause(1)], &[]).unwrap();
        // What deflate cannot make smaller.
        let noise: Vec<u8> = (0..3_000_u32).flat_map(|n| *blake3::hash(&n.to_le_bytes()).as_bytes()).collect();
        let body = Body::of(noise);
        let limit = |store: &Sqlite, pages: u32| {
            store.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        };

        limit(&store, 1);
        let error = store.append(Seq(1), &[pause(2)], std::slice::from_ref(&body)).unwrap_err();
        assert!(error.to_string().ends_with("the disk is full"), "{error}");
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
        drop(created);
        for store in [Sqlite::create(&dir.path().join("new.delm")).unwrap(), Sqlite::open(&path).unwrap()] {
            let of = |pragma| store.db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!((of("synchronous"), of("fullfsync"), of("checkpoint_fullfsync")), (2, 1, 1), "2 is FULL");
            let mode: String = store.db.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
            assert_eq!(mode, "wal");
        }
    }

    /// A writer that does not ask whether there is another, as on a file system whose locks do not hold.
    fn unclaimed(path: &Path) -> Sqlite {
        let mut store = Sqlite::connect_to_write(path).unwrap();
        store.check_schema().unwrap();
        store
    }

    #[test]
    fn two_writers_on_one_file_agree_on_one_log() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("run.delm");
        let mut first = Sqlite::create(&path).unwrap();
        let mut second = unclaimed(&path);
        for round in 0..20 {
            let ours = first.append(Seq(round), &[pause(round + 1)], &[]);
            let theirs = second.append(Seq(round), &[pause(round + 1)], &[]);
            assert!(ours.is_ok() && matches!(theirs, Err(StoreError::Conflict { .. })));
        }
        assert_eq!(second.events(Seq(0)).unwrap().len(), 20);
    }

    /// (FAILURES 6)
    #[test]
    fn writers_that_race_share_one_log() {
        const EACH: usize = 25;
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("run.delm");
        drop(Sqlite::create(&path).unwrap());
        let race = |pid: u32| {
            let mut store = unclaimed(&path);
            let mut head = Seq(0);
            for _ in 0..EACH {
                loop {
                    let event = Event { seq: head.next(), at: 0, fact: Fact::SessionStarted { pid } };
                    match store.append(head, &[event], &[]) {
                        Ok(()) => break head = head.next(),
                        Err(StoreError::Conflict { head: now }) => head = now,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|pid| drop(scope.spawn(move || race(pid)))));
        let log = Sqlite::open_to_read(&path).unwrap().events(Seq(0)).unwrap();
        for pid in 0..4 {
            let own = log.iter().filter(|event| event.fact == Fact::SessionStarted { pid }).count();
            assert_eq!(own, EACH, "{pid}");
        }
        assert_eq!(log.len(), 4 * EACH);
    }

    #[test]
    fn a_file_that_nobody_writes_is_read_without_a_trace() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("run.delm");
        let mut store = Sqlite::create(&path).unwrap();
        store.append(Seq(0), &[pause(1)], &[]).unwrap();
        assert_eq!(still(&path), None, "it is open");
        drop(store);
        let store = Sqlite::open_to_read(&path).unwrap();
        assert_eq!(store.events(Seq(0)).unwrap(), [pause(1)]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
