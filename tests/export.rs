//! A run as text: whole it tells everything, redacted it tells nothing that anybody wrote and still folds (FAILURES 15).

#![expect(clippy::unwrap_used, reason = "the helpers belong to tests")]

mod facts;
mod support;

use std::{collections::BTreeSet, fs};

use delm::{
    app::redact::{known, redact},
    run::{Agent, Entry, Event, Fact, Outcome, Run, Task, TaskState},
    store::{Journal as _, Sqlite, load, named},
};
use serde_json::{Value, json};
use support::place::{Place, code, script, text};

const CANARY: &str = "CANARY";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The log of an export: what stands between its first line and its bodies.
fn events(lines: &[Value]) -> Vec<Event> {
    let is_event = |line: &&Value| !["export", "body"].contains(&line["type"].as_str().unwrap());
    lines.iter().filter(is_event).map(|line| serde_json::from_value(line.clone()).unwrap()).collect()
}

fn fold(events: &[Event]) -> Run {
    let mut run = Run::default();
    events.iter().for_each(|event| run.apply(event));
    run
}

/// What a fold must say the same of a run and of its redacted form: counts, states and costs.
fn shape(run: &Run) -> String {
    let state = |state: &TaskState| match state {
        TaskState::Failed(_) => "failed".to_owned(),
        TaskState::Dropped(_) => "dropped".to_owned(),
        state => format!("{state:?}"),
    };
    let task =
        |task: &Task| format!("{:?}", (task.id, state(&task.state), &task.deps, task.attempt, &task.spent, task.entry));
    let agent =
        |agent: &Agent| format!("{:?}", (agent.id, std::mem::discriminant(&agent.state), agent.usage, agent.entries));
    let entry = |entry: &Entry| {
        format!("{:?}", (entry.label, entry.kind, run.standing(entry.label), &entry.citations, entry.admission))
    };
    let tasks: Vec<_> = run.tasks.iter().map(task).collect();
    let agents: Vec<_> = run.agents.iter().map(agent).collect();
    let entries: Vec<_> = run.context.entries().map(|one| entry(one)).collect();
    let outcome = run.outcome.as_ref().map(std::mem::discriminant::<Outcome>);
    let totals =
        (run.head, run.started_at, run.last_at, run.counts, run.usage, &run.usage_of, run.calls, run.rejections);
    let rest = (run.vetoes, run.redundant, run.decisions.keys().collect::<Vec<_>>(), run.pace, run.sources.len());
    format!("{:?}", (tasks, agents, entries, outcome, totals, rest, run.units.len(), run.skipped.len(), run.stage()))
}

#[test]
fn every_kind_of_fact_has_a_row() {
    let rows: BTreeSet<&str> = known().collect();
    let kinds: BTreeSet<String> = facts::every_fact("é", 1, 0.1)
        .iter()
        .map(|fact| serde_json::to_value(fact).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();
    let kinds: BTreeSet<&str> = kinds.iter().map(String::as_str).collect();
    assert_eq!(kinds.len(), facts::KINDS.len());
    assert_eq!(rows, kinds, "say in src/app/redact.toml what of a new fact is harmless");
    assert!(rows.is_disjoint(&["export", "body"].into()), "the names of the other lines");
}

/// Also what no run of the program below brings about. Texts of one kind of length keep it.
#[test]
fn no_text_of_any_fact_comes_through_and_all_of_them_read_again() {
    for n in 1..=4 {
        for fact in facts::every_fact(CANARY, n, 0.25) {
            let whole = serde_json::to_value(&fact).unwrap();
            let mut redacted = whole.clone();
            redact(&mut redacted);
            let shown = redacted.to_string();
            assert!(!shown.contains(CANARY), "{shown}");
            assert_eq!(whole.to_string().contains(CANARY), shown.contains("‹redacted 6 bytes›"), "{whole}\n{shown}");
            let again: Fact = serde_json::from_value(redacted).unwrap_or_else(|error| panic!("{error}: {shown}"));
            assert_eq!(facts::kind(&again), facts::kind(&fact));
            assert_eq!(named::bodies(&again).len(), named::bodies(&fact).len());
        }
    }
}

/// Every field that is no text is there as it was: only texts go, but for the names of models and runs.
#[test]
fn what_is_no_text_stays() {
    fn same(whole: &Value, redacted: &Value, fact: &Value) {
        match (whole, redacted) {
            (Value::Array(whole), Value::Array(redacted)) => {
                assert_eq!(whole.len(), redacted.len());
                whole.iter().zip(redacted).for_each(|(whole, redacted)| same(whole, redacted, fact));
            }
            (Value::Object(whole), Value::Object(redacted)) => {
                assert!(whole.keys().eq(redacted.keys()), "{fact}");
                whole.iter().zip(redacted).for_each(|((_, whole), (_, redacted))| same(whole, redacted, fact));
            }
            (Value::String(whole), Value::String(redacted)) if whole == CANARY => {
                assert_eq!(redacted, "‹redacted 6 bytes›");
            }
            (whole, redacted) => assert_eq!(whole, redacted, "{fact}"),
        }
    }
    for fact in facts::every_fact(CANARY, 2, 0.25) {
        let whole = serde_json::to_value(&fact).unwrap();
        let mut redacted = whole.clone();
        redact(&mut redacted);
        same(&whole, &redacted, &whole);
    }
}

const KEY: &str = "sk-CANARY-key-1a2b3c4d5e6f";

/// A run in which every text that anybody can write holds a canary: the question, the name and the text of a document,
/// what the model says, notes and messages of a person. It has a rejected try, a veto and a budget.
fn planted() -> Place {
    let place = Place::new();
    let first = format!(
        "[[rules]]\nmatch = [\"# Verify the chain\"]\nreplies = [\"WRONG: {CANARY} is not said so\"]\nthen = \"pass\"\n"
    );
    let model = script(&place, &first);
    let lease = place.path().join("lease/lease.txt");
    let document = fs::read_to_string(&lease).unwrap() + &format!("\n\n{CANARY} in the document.\n");
    fs::write(place.path().join(format!("lease/{CANARY}.txt")), document).unwrap();
    fs::remove_file(lease).unwrap();
    fs::write(place.path().join("lease/unread.zip"), b"PK\x03\x04 CANARY").unwrap();
    let question = format!("What is the rent, {CANARY}?");
    let policy = place.path().join("policy");
    fs::write(&policy, format!("ask write if text ~ \"{CANARY}\"\n")).unwrap();
    let run = ["run", &question, "lease", "--headless", "--model", &model, "--policy", policy.to_str().unwrap()];
    let output = place.delm(&run).env("OPENAI_API_KEY", KEY).output().unwrap();
    assert_eq!(code(&output), 0, "{output:?}");
    let told = [&format!("note FACT {CANARY} is a note"), &format!("task \"{CANARY} again\"")];
    // In the middle of the work: notes and tasks come into a run that goes on.
    let logged = events(&lines(text(&place.run(&["export", "latest"]).stdout)));
    let claimed = logged.iter().find(|event| matches!(event.fact, Fact::TaskClaimed { .. })).unwrap().seq.to_string();
    let forked = ["fork", "latest", "--headless", "--at", &claimed, "--do", told[0], "--do", told[1]];
    let output = place.delm(&forked).env("OPENAI_API_KEY", KEY).output().unwrap();
    assert_eq!(code(&output), 0, "{output:?}");
    place
}

#[test]
fn an_export_is_the_whole_run_and_a_redacted_one_its_structure() {
    let place = planted();
    let whole = place.run(&["export", "latest"]);
    assert!(text(&whole.stdout).contains(&format!("{CANARY} is a note")));
    let redacted = place.run(&["export", "latest", "--redact"]);
    assert_eq!([code(&whole), code(&redacted)], [0, 0], "{redacted:?}");
    let (whole, redacted) = (text(&whole.stdout), text(&redacted.stdout));
    assert!(!whole.contains(KEY), "a key is in no run");
    for canary in [CANARY, "rent", "lease"] {
        assert!(whole.contains(canary), "{canary} is not there to be taken out");
        assert!(!redacted.contains(canary), "{canary}");
    }
    // The program's own names of places and people.
    let temporary = place.path().to_str().unwrap();
    assert!(!redacted.contains(temporary));

    let (whole, redacted) = (lines(whole), lines(redacted));
    assert_eq!(whole.len(), redacted.len());
    let (all, shapes) = (events(&whole), events(&redacted));
    let file = fs::read_dir(place.path().join("runs")).unwrap().map(|file| file.unwrap().path());
    let file = file.filter(|file| file.extension().is_some_and(|is| is == "delm")).max().unwrap();
    let store = Sqlite::open_to_read(&file).unwrap();
    let (run, log) = load(&store).unwrap();
    assert_eq!(all, log);
    assert!(run.rejections > 0 && run.calls > 0 && !run.skipped.is_empty() && run.parent.is_some());
    assert_eq!(shape(&fold(&shapes)), shape(&run));
    assert_eq!(whole[0]["run"], file.file_stem().unwrap().to_str().unwrap());

    let bodies: Vec<&Value> = whole.iter().filter(|line| line["type"] == "body").collect();
    assert!(bodies.is_sorted_by_key(|body| body["id"].as_str().unwrap()));
    for (body, bare) in bodies.iter().zip(&redacted[all.len() + 1..]) {
        let id = body["id"].as_str().unwrap();
        let stored = store.body(id.parse().unwrap()).unwrap();
        assert_eq!(body["text"], String::from_utf8(stored.clone()).unwrap());
        let marker = if stored.is_empty() { String::new() } else { format!("‹redacted {} bytes›", stored.len()) };
        assert_eq!(*bare, json!({ "type": "body", "id": id, "bytes": stored.len(), "text": marker }));
    }
    let wanted: BTreeSet<_> = log.iter().flat_map(|event| named::bodies(&event.fact)).map(|(id, _)| id).collect();
    assert_eq!(bodies.len(), wanted.len());
}

#[test]
fn an_export_overwrites_nothing_that_it_is_not_told_to() {
    let place = Place::new();
    assert_eq!(code(&place.run(&["run", "When was the lighthouse built?", "docs", "--headless"])), 0);
    let file = place.path().join("out.jsonl");
    fs::write(&file, "mine").unwrap();
    let refused = place.run(&["export", "-o", "out.jsonl"]);
    assert_eq!(code(&refused), 2);
    let said = text(&refused.stderr);
    assert!(said.contains("out.jsonl is already there: name another file, or --force replaces it"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(code(&place.run(&["export", "-o", "out.jsonl", "--force"])), 0);
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written, text(&place.run(&["export"]).stdout));
    assert_eq!(code(&place.run(&["export", "-o", "nowhere/out.jsonl"])), 2);
    let there = fs::read_dir(place.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(there.filter(|name| name.contains("out.jsonl")).collect::<Vec<_>>(), ["out.jsonl"]);
}

/// What is there is written, and the exit code says that something is not.
#[test]
fn a_lost_body_is_marked_in_its_place() {
    let place = Place::new();
    assert_eq!(code(&place.run(&["run", "When was the lighthouse built?", "docs", "--headless"])), 0);
    let runs = fs::read_dir(place.path().join("runs")).unwrap().map(|file| file.unwrap().path());
    let file = runs.into_iter().find(|file| file.extension().is_some_and(|is| is == "delm")).unwrap();
    let db = rusqlite::Connection::open(&file).unwrap();
    db.execute("DELETE FROM bodies WHERE id = (SELECT min(id) FROM bodies)", []).unwrap();
    drop(db);
    let output = place.run(&["export"]);
    assert_eq!(code(&output), 1);
    let all = lines(text(&output.stdout));
    let lost: Vec<_> = all.iter().filter(|line| line["lost"] == true).collect();
    assert_eq!(lost.len(), 1);
    assert!(text(&output.stderr).contains("is not in the store"), "{output:?}");
    assert!(all.iter().any(|line| line["text"].is_string()), "the others are there");
}
