//! The store: nothing is lost, nothing forks, nothing foreign is opened, and a file says what is wrong with it.

#![expect(clippy::unwrap_used, reason = "the helpers belong to tests")]

mod facts;

use std::{collections::BTreeSet, fs, path::Path};

use delm::{
    run::{BlobId, Event, Fact, Outcome, Parting, Run, Seq},
    store::{Body, Journal, Memory, RunDir, RunState, Salvaged, Sqlite, StoreError, chain::Head, load, named},
};
use proptest::prelude::*;
use rusqlite::{Connection, params};
use serde_json::Value;
use tempfile::TempDir;

/// 2026-11-22 20:31:45 UTC.
const NOW: i64 = 1_795_379_505_000;

fn events(after: u64, facts: Vec<Fact>) -> Vec<Event> {
    (after + 1..).zip(facts).map(|(seq, fact)| Event { seq: Seq(seq), at: NOW, fact }).collect()
}

fn pauses(after: u64, count: usize) -> Vec<Event> {
    events(after, vec![Fact::PauseAsked; count])
}

fn new_run(dir: &TempDir) -> Sqlite {
    Sqlite::create(&dir.path().join("run.delm")).unwrap()
}

/// Every journal must behave the same.
fn journals(dir: &TempDir) -> Vec<Box<dyn Journal>> {
    vec![Box::new(Memory::default()), Box::new(new_run(dir))]
}

#[test]
fn every_kind_of_fact_has_a_sample() {
    let samples = facts::every_fact("é", 1, 0.1);
    let missing: Vec<_> =
        facts::KINDS.iter().filter(|kind| !samples.iter().any(|f| facts::kind(f) == **kind)).collect();
    assert!(missing.is_empty(), "add samples to tests/facts/mod.rs: {missing:?}");
}

/// Every text in `value` that looks like the name of a body.
fn names(value: &Value, found: &mut BTreeSet<BlobId>) {
    match value {
        Value::String(text) => found.extend(text.parse::<BlobId>()),
        Value::Array(values) => values.iter().for_each(|value| names(value, found)),
        // The key of a call names no body; it only tells like from unlike.
        Value::Object(values) => {
            values.iter().filter(|(name, _)| *name != "key").for_each(|(_, value)| names(value, found));
        }
        _ => {}
    }
}

#[test]
fn no_body_that_a_fact_names_is_overlooked() {
    let mut some = 0;
    for fact in facts::every_fact("text", 3, 0.5) {
        let mut wanted = BTreeSet::new();
        names(&serde_json::to_value(&fact).unwrap(), &mut wanted);
        let named: BTreeSet<_> = named::bodies(&fact).into_iter().map(|(id, _)| id).collect();
        assert_eq!(named, wanted, "{}", facts::kind(&fact));
        some += named.len();
    }
    assert!(some > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(text in any::<String>(), n in 1..u32::MAX, x in 0.0..1e6_f64, at in any::<i64>()) {
        let written: Vec<Event> = (1..)
            .zip(facts::every_fact(&text, n, x))
            .map(|(seq, fact)| Event { seq: Seq(seq), at, fact })
            .collect();
        for event in &written {
            let json = serde_json::to_string(event).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), event);
        }
        let dir = TempDir::new().unwrap();
        for mut journal in journals(&dir) {
            journal.append(Seq(0), &written, &[]).unwrap();
            prop_assert_eq!(&journal.events(Seq(0)).unwrap(), &written);
        }
    }
}

/// (FAILURES 6)
#[test]
fn a_second_writer_at_the_same_head_fails_and_changes_nothing() {
    let dir = TempDir::new().unwrap();
    for mut journal in journals(&dir) {
        journal.append(Seq(0), &pauses(0, 2), &[]).unwrap();
        let body = Body::of("too late");
        let conflict = journal.append(Seq(1), &pauses(1, 3), std::slice::from_ref(&body));
        assert!(matches!(conflict, Err(StoreError::Conflict { head: Seq(2) })), "{conflict:?}");
        assert_eq!(journal.events(Seq(0)).unwrap(), pauses(0, 2));
        assert!(matches!(journal.body(body.id), Err(StoreError::Missing(id)) if id == body.id));
        journal.append(Seq(2), &pauses(2, 1), &[]).unwrap();
        assert_eq!(journal.events(Seq(1)).unwrap(), pauses(1, 2));
    }
}

#[test]
fn events_out_of_order_are_refused_whole() {
    let dir = TempDir::new().unwrap();
    for mut journal in journals(&dir) {
        let mut gap = pauses(0, 3);
        gap[2].seq = Seq(4);
        let refused = journal.append(Seq(0), &gap, &[]).unwrap_err();
        assert_eq!(refused.to_string(), "event 4 does not follow 2");
        assert!(journal.events(Seq(0)).unwrap().is_empty());
    }
}

#[test]
fn an_append_that_fails_half_way_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let mut store = new_run(&dir);
    Connection::open(store.path())
        .unwrap()
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON events WHEN new.seq = 2 BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
        .unwrap();
    let body = Body::of("first half");
    store.append(Seq(0), &pauses(0, 3), std::slice::from_ref(&body)).unwrap_err();
    assert!(store.events(Seq(0)).unwrap().is_empty());
    assert!(matches!(store.body(body.id), Err(StoreError::Missing(_))));
}

#[test]
fn bodies_are_kept_once_under_their_hash() {
    let dir = TempDir::new().unwrap();
    let body = Body::of("Grüße, 世界");
    assert_eq!(
        Body::of("").id,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".parse::<BlobId>().unwrap()
    );
    for mut journal in journals(&dir) {
        journal.append(Seq(0), &pauses(0, 1), &[body.clone(), body.clone()]).unwrap();
        journal.append(Seq(1), &[], std::slice::from_ref(&body)).unwrap();
        assert_eq!(journal.body(body.id).unwrap(), body.bytes);
        assert_eq!(journal.reader().unwrap().body(body.id).unwrap(), body.bytes);
    }
}

#[test]
fn a_reader_follows_and_cannot_write_the_file() {
    let dir = TempDir::new().unwrap();
    let mut store = new_run(&dir);
    let mut reader = store.reader().unwrap();
    store.append(Seq(0), &pauses(0, 2), &[]).unwrap();
    assert_eq!(reader.events(Seq(1)).unwrap(), pauses(1, 1));
    let refused = reader.append(Seq(2), &pauses(2, 1), &[]).unwrap_err();
    assert!(refused.to_string().ends_with("it may only be read"), "{refused}");
}

#[test]
fn memory_counts_its_appends() {
    let mut memory = Memory::default();
    let seen = memory.clone();
    memory.append(Seq(0), &pauses(0, 3), &[]).unwrap();
    memory.append(Seq(0), &pauses(0, 3), &[]).unwrap_err();
    assert_eq!(seen.appends(), 1);
    assert_eq!(seen.events(Seq(9)).unwrap(), []);
}

/// (FAILURES 10)
#[test]
fn a_run_goes_on_where_its_process_died() {
    let dir = TempDir::new().unwrap();
    let mut store = new_run(&dir);
    let written = events(0, facts::every_fact("naïve", 3, 0.25));
    store.append(Seq(0), &written, &[Body::of("x")]).unwrap();
    // What a process that was killed leaves: the file and its write-ahead log, never merged.
    let copy = dir.path().join("copy.delm");
    fs::copy(store.path(), &copy).unwrap();
    fs::copy(format!("{}-wal", store.path().display()), format!("{}-wal", copy.display())).unwrap();

    let mut store = Sqlite::open(&copy).unwrap();
    let (run, events) = load(&store).unwrap();
    assert_eq!((events, run.head), (written.clone(), Seq(written.len() as u64)));
    assert_eq!(store.body(Body::of("x").id).unwrap(), b"x");
    store.append(run.head, &pauses(run.head.0, 1), &[]).unwrap();
}

#[test]
fn files_beside_the_run_go_when_it_is_closed() {
    let dir = TempDir::new().unwrap();
    let store = new_run(&dir);
    let path = store.path().to_owned();
    drop(store);
    Sqlite::open_to_read(&path).unwrap().events(Seq(0)).unwrap();
    assert!(RunDir::open(dir.path()).unwrap().list()[0].is_ok());
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["run.delm"]);
}

/// The sentence that opening a file ends in, without its path.
fn refusal(path: &Path) -> String {
    let errors = [Sqlite::open(path).err().unwrap(), Sqlite::open_to_read(path).err().unwrap()];
    let [write, read] = errors.map(|error| error.to_string());
    assert_eq!(write, read);
    write.strip_prefix(&path.display().to_string()).expect("it begins with the path").to_owned()
}

#[test]
fn a_newer_schema_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = new_run(&dir).path().to_owned();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let said = " was written by a newer delm (schema 9; this one knows 2): upgrade delm to open it";
    assert_eq!(refusal(&path), said);
    let listed = RunDir::open(dir.path()).unwrap().list();
    assert!(matches!(&listed[..], [Err((at, StoreError::Newer { found: 9, .. }))] if *at == path), "{listed:?}");
}

#[test]
fn what_is_no_run_file_is_refused() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("text.delm"), "a question, but not a run; and longer than one page header of SQLite".repeat(9))
        .unwrap();
    fs::write(at("empty.delm"), "").unwrap();
    Connection::open(at("other.delm")).unwrap().execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    for name in ["text.delm", "empty.delm", "other.delm"] {
        assert_eq!(refusal(&at(name)), ": this is not a run file of delm", "{name}");
    }
    assert_eq!(refusal(&at("absent.delm")), ": no such file");
    assert!(!at("absent.delm").exists());
    assert!(Sqlite::create(&at("empty.delm")).is_err(), "never over a file that is there");
}

#[test]
fn damage_is_named() {
    let dir = TempDir::new().unwrap();
    let mut store = new_run(&dir);
    store.append(Seq(0), &pauses(0, 4), &[Body::of("whole")]).unwrap();
    let path = store.path().display().to_string();
    let said = |sql: &str| {
        let db = Connection::open(store.path()).unwrap();
        db.execute_batch(sql).unwrap();
        let error = load(&store).err().or_else(|| store.body(Body::of("whole").id).err()).unwrap().to_string();
        let way_out = "; `delm verify run --repair` copies what is whole into a new run";
        error.strip_prefix(&path).and_then(|said| said.strip_suffix(way_out)).expect("path and way out").to_owned()
    };
    assert_eq!(said("UPDATE bodies SET bytes = x'00'").split_once(" the body").unwrap().0, " is damaged:");
    assert_eq!(
        said("UPDATE meta SET value = '9' || substr(value, 2) WHERE key = 'head'"),
        " is damaged: the log has lost what came after event 4"
    );
    let untouched = |fact: &str| format!(" is damaged: event {fact} is not what was stored");
    assert_eq!(said("UPDATE events SET at = at + 1 WHERE seq = 4"), untouched("4"));
    assert_eq!(said("UPDATE events SET fact = fact || ' ' WHERE seq = 3"), untouched("3"));
    assert_eq!(said("DELETE FROM events WHERE seq = 2"), " is damaged: event 2 is missing from the log");
    assert_eq!(said("ALTER TABLE events RENAME TO songs"), " is damaged: no such table: events");
}

/// What a program says that opens this run after a newer one has written a fact to it; reading and writing alike.
fn read_by_an_older_one(fact: &str) -> String {
    let dir = TempDir::new().unwrap();
    let mut store = new_run(&dir);
    let path = store.path().to_owned();
    store.append(Seq(0), &pauses(0, 1), &[]).unwrap();
    let head = Head::START.then(NOW, r#"{"type":"pause_asked"}"#).then(NOW, fact);
    let db = Connection::open(&path).unwrap();
    let row = params![head.seq.0 as i64, NOW, fact, head.link.bytes()];
    db.execute("INSERT INTO events (seq, at, fact, hash) VALUES (?1, ?2, ?3, ?4)", row).unwrap();
    db.execute("UPDATE meta SET value = ?1 WHERE key = 'head'", [head.to_string()]).unwrap();
    drop((store, db));
    let before = fs::read(&path).unwrap();
    let said = [Sqlite::open_to_read, Sqlite::open].map(|open| load(&open(&path).unwrap()).unwrap_err().to_string());
    let salvaged = Salvaged::open(&path).err().expect("nothing of it is called damaged").to_string();
    assert!(said.iter().all(|said| *said == salvaged), "{said:?} {salvaged}");
    assert_eq!(fs::read(&path).unwrap(), before, "it is refused untouched");
    salvaged.strip_prefix(&path.display().to_string()).unwrap().to_owned()
}

/// Facts are added without a new schema; a program that does not know one must not fold as if it were not there.
#[test]
fn a_fact_of_a_newer_delm_is_named() {
    for (fact, unknown) in [
        (r#"{"type":"agent_sang","song":1}"#, "agent_sang"),
        (r#"{"type":"contradiction_settled","first":"W1 S1","second":"W2 S1","how":"by_lot"}"#, "by_lot"),
        (r#"{"type":"model_set","whose":{"planet":3},"model":"x"}"#, "planet"),
    ] {
        let wanted = format!(": event 2 holds a {unknown:?}, which this delm does not know: upgrade delm to open it");
        assert_eq!(read_by_an_older_one(fact), wanted);
    }
    // A constant of the method that nobody here would heed.
    let mut fact = serde_json::to_value(&facts::every_fact("", 1, 0.5)[0]).unwrap();
    fact["options"]["method"]["luck"] = 7.into();
    let said = read_by_an_older_one(&fact.to_string());
    assert!(said.ends_with(r#"holds a "luck", which this delm does not know: upgrade delm to open it"#), "{said}");
}

#[test]
fn runs_are_found_by_id_prefix_and_latest() {
    let dir = TempDir::new().unwrap();
    let runs = RunDir::open(dir.path().join("deep/runs")).unwrap();
    let none = runs.find("latest").unwrap_err().to_string();
    assert!(none.ends_with("it holds no run yet"), "{none}");

    let (old, _) = runs.create("old?", NOW - 86_400_000).unwrap();
    let (new, _) = runs.create("new?", NOW).unwrap();
    fs::write(runs.path().join("notes.txt"), "not a run").unwrap();
    assert!(new.0.starts_with("20261122-203145-") && old.0.starts_with("20261121-203145-"), "{old} {new}");
    assert_eq!(runs.find("latest").unwrap(), new);
    assert_eq!(runs.find(&old.0).unwrap(), old);
    assert_eq!(runs.find("20261121").unwrap(), old);
    let many = runs.find("202611").unwrap_err().to_string();
    assert_eq!(many, format!("\"202611\" could be any of {new}, {old}"));
    let none = runs.find("2025").unwrap_err().to_string();
    assert!(
        none.starts_with("no run \"2025\" in ") && none.ends_with(&format!("; the newest are {new}, {old}")),
        "{none}"
    );
    assert!(runs.find("").is_err() && runs.find("../2026").is_err());
}

#[test]
fn an_exact_id_wins_over_longer_ones() {
    let dir = TempDir::new().unwrap();
    for name in ["mine", "mine-too"] {
        Sqlite::create(&dir.path().join(format!("{name}.delm"))).unwrap();
    }
    assert_eq!(RunDir::open(dir.path()).unwrap().find("mine").unwrap().0, "mine");
}

#[test]
fn two_runs_in_one_millisecond_are_two_runs() {
    let dir = TempDir::new().unwrap();
    let runs = RunDir::open(dir.path()).unwrap();
    let (first, _) = runs.create("?", NOW).unwrap();
    let (second, _) = runs.create("?", NOW).unwrap();
    assert_ne!(first, second);
}

#[test]
fn a_list_shows_the_digest_while_it_is_fresh_and_the_log_when_it_is_not() {
    let dir = TempDir::new().unwrap();
    let runs = RunDir::open(dir.path()).unwrap();
    let (id, mut store) = runs.create("Who said “no”?", NOW).unwrap();
    let listed = || runs.list().remove(0).unwrap();
    let summary = listed();
    assert_eq!((&summary.id, summary.question.as_str(), summary.started_at), (&id, "Who said “no”?", NOW));
    assert_eq!((summary.state, summary.tokens, summary.usd), (RunState::Stopped, 0, Some(0.0)));

    let mut run = Run::default();
    let question = facts::every_fact("Who said “no”?", 1, 0.5);
    for event in events(0, question.into_iter().filter(|fact| facts::kind(fact) == "RunStarted").collect()) {
        run.apply(&event);
        store.append(Seq(event.seq.0 - 1), &[event], &[]).unwrap();
    }
    let head = run.head;
    store.append(head, &events(head.0, vec![Fact::SessionStarted { pid: 7 }]), &[]).unwrap();
    assert_eq!(listed().state, RunState::Open, "the digest is old");

    let (run, _) = load(&store).unwrap();
    let end = vec![Fact::RunEnded { outcome: Outcome::Answered }, Fact::SessionEnded { parting: Parting::Ended }];
    store.append(run.head, &events(run.head.0, end), &[]).unwrap();
    let (run, _) = load(&store).unwrap();
    store.write_digest(&run).unwrap();
    drop(store);
    assert_eq!(listed().state, RunState::Answered);
    assert!(listed().bytes > 0);

    // The digest alone is read: the log could not be.
    let db = Connection::open(runs.file(&id)).unwrap();
    db.execute_batch("UPDATE events SET fact = 'x'").unwrap();
    drop(db);
    assert_eq!(listed().question, "Who said “no”?");
}

#[test]
fn a_path_may_hold_any_character() {
    let dir = TempDir::new().unwrap();
    let runs = RunDir::open(dir.path().join("50% #sure? ünì")).unwrap();
    let (id, store) = runs.create("?", NOW).unwrap();
    drop(store);
    assert_eq!(runs.list().remove(0).unwrap().id, id);
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_a_run() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let runs = RunDir::open(dir.path().join("runs")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (_, mut store) = runs.create("?", NOW).unwrap();
    store.append(Seq(0), &pauses(0, 1), &[]).unwrap();
    assert_eq!(mode(runs.path()), 0o700);
    let files: Vec<_> = fs::read_dir(runs.path()).unwrap().map(|file| mode(&file.unwrap().path())).collect();
    assert!(files.len() > 1 && files.iter().all(|mode| *mode == 0o600), "{files:?}");
}
