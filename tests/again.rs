//! The real program plays runs again, and forks them.

mod support;

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use serde_json::Value;
use support::place::{Place, code, script, text};

fn shown(place: &Place, run: &str) -> Value {
    serde_json::from_slice(&place.run(&["show", run, "--json"]).stdout).unwrap()
}

/// The ids of all runs, newest first.
fn runs(place: &Place) -> Vec<String> {
    let listed = text(&place.run(&["runs", "--json"]).stdout).to_owned();
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["run"].as_str().unwrap().to_owned();
    listed.lines().map(id).collect()
}

fn file(place: &Place, run: &str) -> Vec<u8> {
    std::fs::read(place.path().join("runs").join(format!("{run}.delm"))).unwrap()
}

#[test]
fn a_recorded_run_plays_again_without_its_model() {
    let place = Place::new();
    let model = script(&place, "");
    let question = ["run", "What is the rent?", "lease", "--headless", "--model", &model];
    let first = place.run(&question);
    assert_eq!(code(&first), 0, "{first:?}");
    // The same name, and nothing to say any more.
    std::fs::write(place.path().join("script.toml"), "rules = []").unwrap();
    let again = place.run(&[&question[..], &["--replay", "latest", "--offline"]].concat());
    assert_eq!(code(&again), 0, "{again:?}");
    assert_eq!(again.stdout, first.stdout);
    let said = text(&again.stderr);
    assert!(said.contains("to its end; ") && said.contains(" answered from it, 0 sent"), "{said}");

    let other = ["run", "What is the notice?", "lease", "--headless", "--model", &model];
    let missing = place.run(&[&other[..], &["--replay", &runs(&place)[1], "--offline"]].concat());
    assert_ne!(code(&missing), 0);
    let said = text(&missing.stderr);
    assert!(said.contains(" by a") && said.contains("is not in the record"), "{said}");
}

#[test]
fn a_team_without_a_model_does_the_same_again() {
    let place = Place::new();
    let question = ["run", "What do passengers pay?", "docs", "--headless", "--agents", "8"];
    let first = place.run(&question);
    let again = place.run(&[&question[..], &["--replay", "latest"]].concat());
    assert_eq!(again.stdout, first.stdout);
    assert!(text(&again.stderr).contains("to its end; 0 calls answered from it, 0 sent"), "{again:?}");
}

/// FAILURES 11.
#[test]
fn a_fork_goes_its_own_way_and_leaves_its_parent_alone() {
    let place = Place::new();
    let parent = place.run(&["run", "What do passengers pay?", "docs", "--headless"]);
    let id = runs(&place).remove(0);
    let before = file(&place, &id);
    let same = place.run(&["fork", &id, "--headless", "--offline"]);
    assert_eq!((code(&same), &same.stdout), (0, &parent.stdout), "{same:?}");

    let events = place.run(&["fork", &id, "--json"]);
    let claimed = text(&events.stdout).lines().find(|line| line.contains("\"task_claimed\"")).unwrap().to_owned();
    let seq = serde_json::from_str::<Value>(&claimed).unwrap()["seq"].to_string();
    let note = "note FACT Dogs travel free.";
    let other = place.run(&["fork", &id, "--headless", "--at", &seq, "--do", note]);
    assert_eq!(code(&other), 0, "{other:?}");
    let entries = shown(&place, "latest")["entry_list"].to_string();
    assert!(entries.contains("Dogs travel free."), "{entries}");
    assert!(!shown(&place, &id)["entry_list"].to_string().contains("Dogs"));
    assert_eq!(file(&place, &id), before, "the parent is only read");
}

#[test]
fn a_false_entry_is_recalled_after_the_answer_and_its_task_is_done_again() {
    let place = Place::new();
    let model = script(&place, "");
    let first = place.run(&["run", "What is the rent?", "lease", "--headless", "--agents", "1", "--model", &model]);
    assert_eq!(code(&first), 0, "{first:?}");
    let recall = "recall W1 S1 all the rent is misread";
    let other = place.run(&["fork", "latest", "--headless", "--do", recall]);
    assert_eq!(code(&other), 0, "{other:?}");
    let shown = shown(&place, "latest");
    let labels: Vec<&str> =
        shown["entry_list"].as_array().unwrap().iter().map(|entry| entry["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["W1 S1", "H S1", "W1 S2"], "the false one stays, the notice follows, then the work again");
    assert_eq!(shown["entry_list"][0]["standing"], "recalled");
    let printed = place.run(&["show", "latest"]);
    assert!(text(&printed.stdout).contains("! recalled"), "{printed:?}");
    assert!(text(&other.stderr).contains("to its end; "), "{other:?}");
}

/// A process that dies in the middle of a call leaves one that never comes back: whoever plays its run sends it.
/// (FAILURES 10)
#[test]
fn a_call_that_never_came_back_is_sent_again_where_its_record_ends() {
    let place = Place::new();
    let slow = "[[rules]]\nmatch = [\"# Work on your task\"]\nreplies = [[{ wait_ms = 600000 }, { text = \"late\" }]]";
    let model = script(&place, slow);
    let question = ["run", "What is the rent?", "lease", "--model", &model];
    let mut child = place
        .delm(&[&question[..], &["--json"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| {
        let line = line.unwrap();
        line.contains("\"call_started\"") && line.contains("\"reason\"")
    }));
    child.kill().unwrap();
    child.wait().unwrap();
    let quick = std::fs::read_to_string(place.path().join("script.toml")).unwrap().replace("600000", "0");
    std::fs::write(place.path().join("script.toml"), quick.replace("\"late\"", "\"OUTPUT FACT: Forty [W0 S1].\""))
        .unwrap();

    let parent = runs(&place).remove(0);
    let forked = place.run(&["fork", &parent, "--headless"]);
    assert_eq!(code(&forked), 0, "{forked:?}");
    let replayed = place.run(&[&question[..], &["--headless", "--replay", &parent]].concat());
    assert_eq!(code(&replayed), 0, "{replayed:?}");
    let offline = place.run(&["fork", &parent, "--headless", "--offline"]);
    assert!(text(&offline.stderr).contains("is not in the record"), "{offline:?}");
}

#[test]
fn a_decision_that_is_open_where_a_fork_begins_is_taken_there() {
    let place = Place::new();
    let model = script(&place, "");
    let asks = ["run", "What is the rent?", "lease", "--headless", "--model", &model, "--agents", "1", "--gate", "all"];
    assert_eq!(code(&place.run(&asks)), 4);
    let parent = runs(&place).remove(0);
    let wrong = place.run(&["fork", &parent, "--headless", "--do", "approve #99"]);
    assert_eq!(code(&wrong), 2, "{wrong:?}");
    assert!(text(&wrong.stderr).contains("#99 is not open"), "{wrong:?}");
    assert_eq!(runs(&place), [parent.as_str()], "nothing is made for what cannot be");
    let approved = place.run(&["fork", &parent, "--headless", "--do", "approve #1"]);
    assert!(text(&approved.stderr).contains("#2 needs a decision"), "{approved:?}");
    let last = place.run(&["fork", &parent, "--headless", "--do", "rule pass any", "--do", "approve #1"]);
    assert_eq!(code(&last), 0, "{last:?}");
}

#[test]
fn what_cannot_be_forked_or_ruled_is_said() {
    let place = Place::new();
    place.run(&["run", "What do passengers pay?", "docs", "--headless"]);
    let said = |args: &[&str]| {
        let output = place.run(args);
        assert_eq!(code(&output), 2, "{output:?}");
        text(&output.stderr).to_owned()
    };
    assert!(said(&["fork", "latest", "--headless", "--at", "9999"]).contains("has no event 9999 to fork at"));
    let wrong = said(&["fork", "latest", "--headless", "--do", "aprove #1"]);
    assert!(wrong.contains(r#"column 1: there is no "aprove" (did you mean "approve"?)"#), "{wrong}");
    assert!(said(&["fork", "latest", "--headless", "--do", "why W1 S1"]).contains("only looks"));
    std::fs::write(place.path().join("rules.txt"), "pass any\nask wrte\n").unwrap();
    let wrong = said(&["run", "What?", "docs", "--headless", "--policy", "rules.txt"]);
    assert!(wrong.contains("rules.txt:2:5: "), "{wrong}");
}
