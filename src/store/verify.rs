//! Whether all of a run file is what was written: the chain, every event, every body, and the pages they lie in.

use std::collections::HashSet;

use crate::run::{BlobId, Event, Run, Seq, one_line};

use super::{Sqlite, StoreError, chain::Link, named, sqlite::Stored};

/// What was found whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    pub events: u64,
    pub bodies: usize,
    /// Of all bodies together.
    pub body_bytes: u64,
    /// The hash of the last event; `None` when the file is of a schema without a chain.
    pub link: Option<Link>,
}

impl Sqlite {
    /// Checks everything. The log comes first, each event with the bodies it names.
    ///
    /// # Errors
    /// `Damaged` with the first thing that is wrong and what it belongs to.
    pub fn verify(&self) -> Result<Checked, StoreError> {
        let mut run = Run::default();
        let mut bodies = Bodies { store: self, seen: HashSet::new(), bytes: 0 };
        let head = self.walk(Seq(0), &mut |event: Event| {
            run.apply(&event);
            let named = named::bodies(&event.fact);
            named.into_iter().try_for_each(|(id, what)| bodies.check(id, &format!("{what}, of event {}", event.seq)))
        })?;
        // No event names these: they came with an append that had none.
        for id in self.body_ids()? {
            bodies.check(id, "which no event names")?;
        }
        let Bodies { seen, bytes, .. } = bodies;
        self.check_pages()?;
        let link = self.is_chained().then_some(head.link);
        Ok(Checked { events: run.head.0, bodies: seen.len(), body_bytes: bytes, link })
    }

    fn body_ids(&self) -> Result<Vec<BlobId>, StoreError> {
        let read = || -> rusqlite::Result<Vec<[u8; 32]>> {
            let mut rows = self.db.prepare("SELECT id FROM bodies NOT INDEXED")?;
            rows.query_map([], |row| row.get(0))?.collect()
        };
        Ok(read().map_err(|error| self.failed(error))?.into_iter().map(BlobId).collect())
    }

    /// SQLite's own look at the trees and indexes, which finds what no event and no body lies in.
    pub(super) fn check_pages(&self) -> Result<(), StoreError> {
        let check = |pragma: &str| self.db.query_row(pragma, [], |row| row.get::<_, String>(0));
        match check("PRAGMA integrity_check(1)").map_err(|error| self.failed(error))? {
            whole if whole == "ok" => Ok(()),
            reason => Err(self.damaged(one_line(&reason))),
        }
    }
}

struct Bodies<'a> {
    store: &'a Sqlite,
    seen: HashSet<BlobId>,
    bytes: u64,
}

impl Bodies<'_> {
    fn check(&mut self, id: BlobId, what: &str) -> Result<(), StoreError> {
        if !self.seen.insert(id) {
            return Ok(());
        }
        let reason = match self.store.stored(id)? {
            Stored::Whole(bytes) => {
                self.bytes += bytes.len() as u64;
                return Ok(());
            }
            Stored::Broken => "is not what was stored",
            Stored::Absent => "is missing",
        };
        Err(self.store.damaged(format!("the body {id} ({what}) {reason}")))
    }
}
