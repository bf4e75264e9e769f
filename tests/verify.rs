//! What `verify` finds: each kind of damage, by the event or the body it hit.

#![expect(clippy::unwrap_used, reason = "the helpers belong to tests")]

use std::{collections::BTreeSet, fs, path::Path};

use delm::{
    run::{Event, Seq},
    store::{Body, Journal as _, Sqlite, chain::Head, named},
};
use rusqlite::Connection;
use tempfile::TempDir;

fn fixture(dir: &TempDir, name: &str) -> Sqlite {
    let path = dir.path().join(name);
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name), &path).unwrap();
    Sqlite::open_to_read(&path).unwrap()
}

#[test]
fn what_is_whole_is_counted() {
    let dir = TempDir::new().unwrap();
    for (name, is_chained) in [("schema-1.delm", false), ("schema-2.delm", true)] {
        let store = fixture(&dir, name);
        let checked = store.verify().unwrap();
        let events = store.events(Seq(0)).unwrap();
        assert_eq!(checked.events, events.len() as u64);
        let ids: BTreeSet<_> = events.iter().flat_map(|event| named::bodies(&event.fact)).map(|(id, _)| id).collect();
        assert_eq!(checked.bodies, ids.len());
        assert_eq!(checked.body_bytes, ids.iter().map(|id| store.body(*id).unwrap().len() as u64).sum::<u64>());
        let last = events
            .iter()
            .fold(Head::START, |head, Event { at, fact, .. }| head.then(*at, &serde_json::to_string(fact).unwrap()));
        assert_eq!(checked.link, is_chained.then_some(last.link), "{name}");
    }
}

#[test]
fn the_first_thing_that_is_wrong_is_named() {
    // The text of the document, which event 2 names, and a body that comes later.
    let text = "(SELECT unhex(json_extract(fact, '$.source.text')) FROM events WHERE seq = 2)";
    let cases = [
        ("UPDATE events SET at = at - 1 WHERE seq = 5".to_owned(), "event 5 is not what was stored"),
        ("UPDATE events SET fact = replace(fact, 'colza', 'whale')".to_owned(), "is not what was stored"),
        ("UPDATE events SET hash = zeroblob(32) WHERE seq = 1".to_owned(), "event 1 is not what was stored"),
        ("DELETE FROM events WHERE seq = 4".to_owned(), "event 4 is missing from the log"),
        ("DELETE FROM events WHERE seq > 9".to_owned(), "the log has lost what came after event 9"),
        ("DELETE FROM meta WHERE key = 'head'".to_owned(), "where its log ends is not noted"),
        (format!("DELETE FROM bodies WHERE id = {text}"), "(the text of D1, lighthouse.md, of event 2) is missing"),
        (
            format!("UPDATE bodies SET bytes = x'00' WHERE id = {text}"),
            "(the text of D1, lighthouse.md, of event 2) is not what was stored",
        ),
        (
            format!("UPDATE bodies SET length = 1 << 40 WHERE id = {text}"),
            "(the text of D1, lighthouse.md, of event 2) is not what was stored",
        ),
        (
            "DELETE FROM bodies WHERE id = (SELECT unhex(json_extract(fact, '$.entry.trajectory')) FROM events
             WHERE json_extract(fact, '$.entry.trajectory') IS NOT NULL)"
                .to_owned(),
            // It was proposed before it was admitted.
            "(the trajectory proposed as W",
        ),
        (
            "INSERT INTO bodies (id, length, bytes) VALUES (zeroblob(32), 1, x'01')".to_owned(),
            "(which no event names) is not what was stored",
        ),
        ("DROP TABLE bodies".to_owned(), "no such table: bodies"),
    ];
    for (sql, wanted) in cases {
        let dir = TempDir::new().unwrap();
        let path = fixture(&dir, "schema-2.delm").path().to_owned();
        let db = Connection::open(&path).unwrap();
        db.execute_batch(&sql).unwrap();
        assert!(db.changes() > 0 || sql.starts_with("DROP"), "it does something: {sql}");
        drop(db);
        let said = Sqlite::open_to_read(&path).unwrap().verify().unwrap_err().to_string();
        assert!(said.contains(" is damaged: ") && said.contains(wanted), "{sql}: {said}");
    }
}

#[test]
fn a_body_that_no_event_names_is_counted_too() {
    let dir = TempDir::new().unwrap();
    let mut store = Sqlite::create(&dir.path().join("run.delm")).unwrap();
    store.append(Seq(0), &[], &[Body::of("alone")]).unwrap();
    let checked = store.verify().unwrap();
    assert_eq!((checked.events, checked.bodies, checked.body_bytes), (0, 1, 5));
}
