//! Run files of every schema there has been open: as they are for reading, brought up to today's for writing.

#![expect(clippy::unwrap_used, reason = "the helpers belong to tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use delm::{
    run::{Event, Fact, Outcome, Run, Seq},
    store::{Body, Journal as _, RunDir, RunState, Sqlite, load},
};
use rusqlite::Connection;
use tempfile::TempDir;

const OLDER: [&str; 1] = ["schema-1.delm"];
const TODAYS: &str = "schema-2.delm";

fn copy(dir: &TempDir, name: &str) -> PathBuf {
    let copy = dir.path().join(name);
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name), &copy).unwrap();
    copy
}

fn schema_of(path: &Path) -> i64 {
    Connection::open(path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// What every fixture tells: one question to one document, and its answer.
fn check_content(run: &Run, events: &[Event], store: &Sqlite) {
    assert_eq!(run.question, "When was the lighthouse built, and what did its first lamp burn?");
    assert_eq!(run.outcome, Some(Outcome::Answered));
    assert!(run.answer.as_ref().unwrap().text.contains("oil of colza"));
    assert!(matches!(&events[0].fact, Fact::RunStarted { .. }));
    let text = String::from_utf8(store.body(run.sources[0].text).unwrap()).unwrap();
    assert!(text.starts_with("# The lighthouse at Cape Arden"), "{text}");
    for entry in run.context.entries() {
        store.body(entry.summary.unwrap()).unwrap();
    }
}

/// How SQLite was told to make the tables.
fn tables(path: &Path) -> Vec<String> {
    let db = Connection::open(path).unwrap();
    let mut rows = db.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn reading_leaves_an_older_file_as_it_is() {
    for (name, schema) in OLDER.iter().zip(1..) {
        let dir = TempDir::new().unwrap();
        let path = copy(&dir, name);
        let before = fs::read(&path).unwrap();
        let store = Sqlite::open_to_read(&path).unwrap();
        let (run, events) = load(&store).unwrap();
        check_content(&run, &events, &store);
        let tail = store.events(Seq(3)).unwrap();
        assert_eq!(tail, events[3..]);
        drop(store);
        assert_eq!(RunDir::open(dir.path()).unwrap().list().remove(0).unwrap().state, RunState::Answered);
        assert_eq!(fs::read(&path).unwrap(), before, "{name}");
        assert_eq!(schema_of(&path), schema);
    }
}

#[test]
fn writing_brings_an_older_file_up_to_today() {
    for name in OLDER {
        let dir = TempDir::new().unwrap();
        let path = copy(&dir, name);
        let before = load(&Sqlite::open_to_read(&path).unwrap()).unwrap().1;
        let mut store = Sqlite::open(&path).unwrap();
        let (run, events) = load(&store).unwrap();
        assert_eq!(events, before);
        check_content(&run, &events, &store);
        let next = Event { seq: run.head.next(), at: 0, fact: Fact::PauseAsked };
        let body = Body::of("new");
        store.append(run.head, std::slice::from_ref(&next), std::slice::from_ref(&body)).unwrap();
        drop(store);

        let store = Sqlite::open_to_read(&path).unwrap();
        assert_eq!(store.events(run.head).unwrap(), [next]);
        assert_eq!(store.body(body.id).unwrap(), body.bytes);
        drop(store);
        let new = dir.path().join("new.delm");
        drop(Sqlite::create(&new).unwrap());
        assert_eq!(schema_of(&path), schema_of(&new));
        assert_eq!(tables(&path), tables(&new));
    }
}

#[test]
fn damage_in_an_older_file_is_named_and_not_sealed_into_the_chain() {
    let dir = TempDir::new().unwrap();
    for (sql, wanted) in [
        ("DELETE FROM events WHERE seq = 3", "event 3 is missing from the log"),
        ("UPDATE events SET fact = '{' WHERE seq = 2", "event 2 cannot be read: EOF"),
    ] {
        let path = copy(&dir, OLDER[0]);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let before = fs::read(&path).unwrap();
        let said = [
            load(&Sqlite::open_to_read(&path).unwrap()).unwrap_err(),
            Sqlite::open(&path).err().expect("it is not migrated"),
        ];
        for said in said {
            assert!(said.to_string().contains(wanted), "{said}");
        }
        assert_eq!(schema_of(&path), 1);
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_file_of_today_opens_both_ways_and_stays_as_it_is() {
    let dir = TempDir::new().unwrap();
    let path = copy(&dir, TODAYS);
    let before = fs::read(&path).unwrap();
    for open in [Sqlite::open_to_read, Sqlite::open] {
        let store = open(&path).unwrap();
        let (run, events) = load(&store).unwrap();
        check_content(&run, &events, &store);
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_file_is_refused_untouched() {
    let dir = TempDir::new().unwrap();
    let path = copy(&dir, TODAYS);
    let newer = schema_of(&path) + 1;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", newer).unwrap();
    let before = fs::read(&path).unwrap();
    for open in [Sqlite::open_to_read, Sqlite::open] {
        let said = open(&path).err().expect("it is refused").to_string();
        assert!(said.ends_with("upgrade delm to open it"), "{said}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}
