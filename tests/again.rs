//! The real program plays runs again, and forks them.

mod support;

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
