//! What a run file looks like inside, and how a file of an older delm becomes one of today.
//!
//! Schema 2 gave each event the hash that chains it to the one before, noted beside the log where it ends, packs
//! bodies, whose length it therefore notes, and lets other processes leave commands.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::run::Seq;

use super::chain::Head;

/// "DELM", so that `file` and we can tell a run from any other database.
const APPLICATION_ID: i64 = 0x4445_4c4d;
/// What this delm writes.
pub(super) const SCHEMA: i64 = 2;

// Bodies keep their rowid: a tree without one would carry long texts in its inner pages.
const TABLES: &str = "
    CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, fact TEXT NOT NULL, hash BLOB NOT NULL);
    CREATE TABLE bodies (id BLOB PRIMARY KEY, length INTEGER NOT NULL, bytes BLOB NOT NULL);
    CREATE TABLE inbox (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, command TEXT NOT NULL);
";
const META: &str = "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID";

// One row at most, of a file whose session has ended. It is no note among the others: whoever looks one up would read all
// of it.
const FOLD: &str = "CREATE TABLE IF NOT EXISTS fold (number INTEGER PRIMARY KEY CHECK (number = 1), run BLOB NOT NULL)";

/// Makes the tables of a new run.
pub(super) fn create(db: &mut Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = db.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute_batch(META)?;
    put_head(&transaction, Head::START)?;
    transaction.commit()
}

/// The schema of a file; `None` when it is no run.
pub(super) fn of(db: &Connection) -> rusqlite::Result<Option<i64>> {
    let number = |pragma| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, schema) = (number("application_id")?, number("user_version")?);
    Ok((application == APPLICATION_ID && schema >= 1).then_some(schema))
}

/// Brings a file of an older schema up to today's: all of it or nothing.
pub(super) fn migrate(db: &mut Connection) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again now that nobody else can write.
    if of(&transaction)? == Some(1) {
        chain_and_measure(&transaction)?;
        transaction.pragma_update(None, "user_version", 2)?;
    }
    transaction.commit()
}

/// 1 to 2. The tables are made anew, so that a migrated file is the same as a new one.
fn chain_and_measure(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "ALTER TABLE events RENAME TO events_1;
         ALTER TABLE bodies RENAME TO bodies_1;",
    )?;
    transaction.execute_batch(TABLES)?;
    let mut head = Head::START;
    {
        let mut rows = transaction.prepare("SELECT seq, at, fact FROM events_1 ORDER BY seq")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let (seq, at, fact): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let seq = Seq(seq.unsigned_abs());
            head = Head { seq, link: head.link.then(seq, at, &fact) };
            insert_event(transaction, head, at, &fact)?;
        }
    }
    transaction.execute_batch(
        "INSERT INTO bodies (id, length, bytes) SELECT id, length(bytes), bytes FROM bodies_1;
         DROP TABLE bodies_1;
         DROP TABLE events_1;",
    )?;
    put_head(transaction, head)
}

/// Stores an event as the new end of the log; the head itself is noted once for a batch.
pub(super) fn insert_event(db: &Connection, head: Head, at: i64, fact: &str) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO events (seq, at, fact, hash) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![integer(head.seq), at, fact, head.link.bytes()])
        .map(drop)
}

pub(super) fn put_head(db: &Connection, head: Head) -> rusqlite::Result<()> {
    put_meta(db, "head", &head.to_string())
}

pub(super) fn put_meta(db: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?.execute([key, value]).map(drop)
}

pub(super) fn meta(db: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()
}

pub(super) fn put_fold(db: &Connection, run: &[u8]) -> rusqlite::Result<()> {
    db.execute_batch(FOLD)?;
    db.execute("INSERT OR REPLACE INTO fold (number, run) VALUES (1, ?1)", [run]).map(drop)
}

pub(super) fn fold(db: &Connection) -> rusqlite::Result<Vec<u8>> {
    db.query_row("SELECT run FROM fold", [], |row| row.get(0))
}

/// SQLite counts to 2^63 - 1.
pub(super) fn integer(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}
