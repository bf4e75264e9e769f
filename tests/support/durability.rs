//! Journals that are durable in different degrees, for benches, and what a loop without an engine commits to them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use delm::{
    run::{BlobId, Event, Fact, Seq},
    store::{Body, Journal, Memory, Sqlite, StoreError, chain::Head},
};
use rusqlite::{Connection, params};

use crate::crew::file;

#[derive(Debug, Clone, Copy)]
pub enum Durability {
    /// What a run has: each commit waits for the disk.
    Full,
    /// The same file with `synchronous=NORMAL`, which no run has: the power may take the last commits.
    Normal,
    /// Nothing outlives the process.
    Memory,
}

impl Durability {
    pub const ALL: [Durability; 3] = [Durability::Full, Durability::Normal, Durability::Memory];

    pub fn name(self) -> &'static str {
        match self {
            Durability::Full => "`synchronous=FULL`",
            Durability::Normal => "`synchronous=NORMAL`",
            Durability::Memory => "in memory",
        }
    }

    pub fn journal(self, dir: &Path) -> Box<dyn Journal> {
        match self {
            Durability::Full => Box::new(file(dir)),
            Durability::Normal => Box::new(Relaxed::new(file(dir))),
            Durability::Memory => Box::new(Memory::default()),
        }
    }
}

/// A run file that is written without waiting for the disk at each commit.
struct Relaxed {
    path: PathBuf,
    db: Connection,
    head: Head,
}

impl Relaxed {
    fn new(empty: Sqlite) -> Self {
        let path = empty.path().to_owned();
        drop(empty);
        let db = Connection::open(&path).expect("it is there");
        db.pragma_update(None, "synchronous", "NORMAL").expect("it is a mode");
        Relaxed { path, db, head: Head::START }
    }
}

impl Journal for Relaxed {
    fn append(&mut self, _: Seq, events: &[Event], bodies: &[Body]) -> Result<(), StoreError> {
        let transaction = self.db.transaction().expect("nobody else writes");
        let row = |text: &str, values: &[&dyn rusqlite::ToSql]| {
            transaction.prepare_cached(text).and_then(|mut row| row.execute(values)).expect("room");
        };
        for Body { id, bytes } in bodies {
            row(
                "INSERT OR IGNORE INTO bodies (id, length, bytes) VALUES (?1, ?2, ?3)",
                params![id.0, bytes.len() as i64, bytes],
            );
        }
        for Event { at, fact, .. } in events {
            let fact = serde_json::to_string(fact).expect("plain data");
            self.head = self.head.then(*at, &fact);
            row(
                "INSERT INTO events (seq, at, fact, hash) VALUES (?1, ?2, ?3, ?4)",
                params![self.head.seq.0 as i64, at, fact, self.head.link.bytes()],
            );
        }
        row("INSERT OR REPLACE INTO meta (key, value) VALUES ('head', ?1)", params![self.head.to_string()]);
        transaction.commit().expect("room");
        Ok(())
    }

    fn events(&self, after: Seq) -> Result<Vec<Event>, StoreError> {
        self.reader()?.events(after)
    }

    fn body(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.reader()?.body(id)
    }

    fn reader(&self) -> Result<Box<dyn Journal>, StoreError> {
        Ok(Box::new(Sqlite::open_to_read(&self.path)?))
    }
}

/// A journal that notes where each commit ended.
pub struct Noted {
    pub journal: Box<dyn Journal>,
    pub commits: Arc<Mutex<Vec<Seq>>>,
}

impl Journal for Noted {
    fn append(&mut self, expected: Seq, events: &[Event], bodies: &[Body]) -> Result<(), StoreError> {
        self.journal.append(expected, events, bodies)?;
        let last = events.last().map_or(expected, |event| event.seq);
        self.commits.lock().expect("nobody panics here").push(last);
        Ok(())
    }

    fn events(&self, after: Seq) -> Result<Vec<Event>, StoreError> {
        self.journal.events(after)
    }

    fn body(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.journal.body(id)
    }

    fn reader(&self) -> Result<Box<dyn Journal>, StoreError> {
        self.journal.reader()
    }
}

/// What goes into a journal in one piece.
pub struct Commit {
    events: Vec<Event>,
    bodies: Vec<Body>,
}

/// The log in pieces, each with the bodies of its results.
pub fn pieces(log: &dyn Journal, ends: &[Seq]) -> Vec<Commit> {
    let mut events = log.events(Seq(0)).expect("it reads").into_iter().peekable();
    let body = |id| Body { id, bytes: log.body(id).expect("it is there") };
    let piece = |end: &Seq| {
        let events: Vec<Event> = std::iter::from_fn(|| events.next_if(|event| event.seq <= *end)).collect();
        let of = |event: &Event| match &event.fact {
            Fact::WriteProposed { proposal } => vec![body(proposal.summary), body(proposal.trajectory)],
            _ => vec![],
        };
        Commit { bodies: events.iter().flat_map(of).collect(), events }
    };
    ends.iter().map(piece).collect()
}

/// Commits all pieces, one after the other.
pub fn commit(journal: &mut dyn Journal, pieces: &[Commit]) {
    let mut head = Seq(0);
    for Commit { events, bodies } in pieces {
        journal.append(head, events, bodies).expect("room");
        head = events.last().map_or(head, |event| event.seq);
    }
}
