//! The log, read in order: every event that is handed on follows the one before it and is what was stored. It writes
//! nothing.

use rusqlite::OptionalExtension as _;

use crate::run::{Event, Fact, Seq};

use super::{
    Sqlite, StoreError,
    chain::{Head, Link},
    explain::unread,
    schema::{self, integer},
};

impl Sqlite {
    /// Gives the events after `after` to `each`, one at a time.
    ///
    /// # Errors
    /// When the log cannot be read, or is damaged; what was given until then is whole.
    pub fn scan(&self, after: Seq, each: &mut dyn FnMut(Event)) -> Result<(), StoreError> {
        let each = &mut |event| {
            each(event);
            Ok(())
        };
        self.walk(after, each).map(drop)
    }

    /// Gives the events after `after` to `each` as far as they are whole, and then where the log ends; the error is what
    /// is wrong with the first that is not.
    pub(super) fn walk(
        &self,
        after: Seq,
        each: &mut dyn FnMut(Event) -> Result<(), StoreError>,
    ) -> Result<Head, StoreError> {
        self.walk_some(after, None, each)
    }

    /// The same, for `most` events at most; then it ends with the last of those.
    pub(super) fn walk_some(
        &self,
        after: Seq,
        most: Option<usize>,
        each: &mut dyn FnMut(Event) -> Result<(), StoreError>,
    ) -> Result<Head, StoreError> {
        // One look: the log and its head must be of the same moment.
        let look = self.db.unchecked_transaction().map_err(|error| self.failed(error))?;
        let is_chained = self.is_chained();
        let Some(mut head) = self.head_at(after)? else { return self.noted_head() };
        let hash = if is_chained { "hash" } else { "NULL" };
        // Without a limit it is -1 for SQLite.
        let limit = most.map_or(-1, |most| i64::try_from(most).unwrap_or(i64::MAX));
        let mut left = limit;
        let select = format!("SELECT seq, at, fact, {hash} FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2");
        let mut rows = look.prepare_cached(&select).map_err(|error| self.failed(error))?;
        let mut rows = rows.query([integer(after), limit]).map_err(|error| self.failed(error))?;
        while let Some(row) = rows.next().map_err(|error| self.failed(error))? {
            let columns = (|| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))();
            let (seq, at, fact, hash): (i64, i64, String, Option<Vec<u8>>) =
                columns.map_err(|error: rusqlite::Error| self.failed(error))?;
            let wanted = head.seq.next();
            if integer(wanted) != seq {
                return Err(self.damaged(format!("event {wanted} is missing from the log")));
            }
            head = head.then(at, &fact);
            if is_chained && hash.as_deref() != Some(head.link.bytes()) {
                return Err(self.damaged(format!("event {wanted} is not what was stored")));
            }
            let fact = Fact::read(&fact).map_err(|error| unread(&self.path, wanted, &error))?;
            each(Event { seq: wanted, at, fact })?;
            left -= 1;
        }
        if left == 0 {
            return Ok(head);
        }
        match is_chained && self.noted_head()? != head {
            true => Err(self.damaged(format!("the log has lost what came after event {}", head.seq))),
            false => Ok(head),
        }
    }

    /// The head as it was at an event; `None` past the end of the log.
    pub(super) fn head_at(&self, seq: Seq) -> Result<Option<Head>, StoreError> {
        if seq == Seq(0) || !self.is_chained() {
            return Ok(Some(Head { seq, link: Link::START }));
        }
        let hash: Option<[u8; 32]> = self
            .db
            .prepare_cached("SELECT hash FROM events WHERE seq = ?1")
            .and_then(|mut row| row.query_row([integer(seq)], |row| row.get(0)).optional())
            .map_err(|error| self.failed(error))?;
        Ok(hash.map(|hash| Head { seq, link: Link::from(hash) }))
    }

    /// Where the log ends, as noted beside it.
    pub(super) fn noted_head(&self) -> Result<Head, StoreError> {
        let noted = schema::meta(&self.db, "head").map_err(|error| self.failed(error))?;
        noted.and_then(|head| head.parse().ok()).ok_or_else(|| self.damaged("where its log ends is not noted"))
    }
}
