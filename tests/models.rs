//! The real program and its models: roles, budgets, and runs without documents.

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Output, Stdio},
};

use serde_json::{Value, json};
use support::place::{Place, code, text};

/// A model that does everything right; its price comes before its rules.
const RULES: &str = include_str!("scenarios/base/rules.toml");

fn script(place: &Place, name: &str, price: &str) {
    let rules = &RULES[RULES.find("[[rules]]").unwrap()..];
    fs::write(place.path().join(name), format!("{price}\n{rules}")).unwrap();
}

const LEASE: &str = "Here begins the document. The rent is 40 francs. The document ends here.";
const QUESTION: &str = "What is the rent?";

/// A place with the scripted model's document and its script.
fn place() -> Place {
    let place = Place::new();
    fs::write(place.path().join("lease.txt"), LEASE).unwrap();
    script(&place, "a.toml", "");
    place
}

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_role_asks_its_own_model() {
    let place = place();
    script(&place, "b.toml", "price = { input = 1, output = 2 }");
    let output = place.run(&[
        "run",
        QUESTION,
        "lease.txt",
        "--json",
        "--model",
        "scripted:a.toml",
        "--role",
        "verify=scripted:b.toml",
    ]);
    assert_eq!(code(&output), 0, "{output:?}");
    let lines = lines(&output);
    assert_eq!(lines[0]["options"]["roles"], json!({ "verify": "scripted:b.toml" }));
    let finished: Vec<_> = lines.iter().filter(|line| line["type"] == "call_finished").collect();
    let model = |kind: &str| {
        let mut calls = finished.iter().filter(|line| line["call"]["kind"] == kind).peekable();
        assert!(calls.peek().is_some(), "{kind}");
        calls.map(|line| line["call"]["model"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert!(model("verify").iter().all(|model| *model == "scripted:b.toml"));
    assert!(model("reason").iter().chain(&model("finalize")).all(|model| *model == "scripted:a.toml"));
    // Only the verifier sends a bill.
    let bills: f64 = finished.iter().map(|line| line["call"]["usage"]["usd"].as_f64().unwrap()).sum();
    assert!(bills > 0.0);
    for line in finished.iter().filter(|line| line["call"]["model"] == "scripted:a.toml") {
        assert_eq!(line["call"]["usage"]["usd"], 0.0);
    }
    assert_eq!(lines.last().unwrap()["usage"]["usd"], bills);
}

#[test]
fn a_role_that_is_none_is_told() {
    let place = place();
    let said = |args: &[&str]| {
        let run = ["run", QUESTION, "lease.txt", "--headless"];
        let output = place.run(&[&run[..], args].concat());
        assert_eq!(code(&output), 2, "{output:?}");
        text(&output.stderr).to_owned()
    };
    assert!(said(&["--role", "verfy=a:b"]).contains("did you mean \"verify\"?"));
    assert!(said(&["--role", "verify"]).contains("must be ROLE=SPEC"));
    assert!(said(&["--role", "verify=scripted:a.toml"]).contains("--role scripted:a.toml: extractive asks no model"));
    let both = said(&["--model", "scripted:a.toml", "--role", "verify=nobody:m"]);
    assert!(both.contains("--role nobody:m: there is no provider \"nobody\""), "{both}");
}

#[test]
fn a_budget_comes_from_file_and_flags() {
    let place = place();
    fs::write(place.path().join("c.toml"), "[budget]\nusd = 3\nagent_tokens = '200k'\ntask_usd = 0.5\n").unwrap();
    let output = place.run(&[
        "run",
        QUESTION,
        "lease.txt",
        "--json",
        "--model",
        "scripted:a.toml",
        "--config",
        "c.toml",
        "--budget-tokens",
        "1.5M",
        "--budget-usd",
        "2",
    ]);
    assert_eq!(code(&output), 0, "{output:?}");
    let limits = json!({
        "run": { "usd": 2.0, "tokens": 1_500_000 },
        "agent": { "tokens": 200_000 },
        "task": { "usd": 0.5 },
    });
    assert_eq!(lines(&output)[0]["options"]["limits"], limits);
}

#[test]
fn a_cap_in_dollars_needs_known_prices() {
    let place = place();
    let run = ["run", QUESTION, "lease.txt", "--headless", "--model", "https://models.example/v1#m"];
    let output = place.run(&[&run[..], &["--budget-usd", "5"]].concat());
    assert_eq!(code(&output), 2, "{output:?}");
    let said = text(&output.stderr);
    for part in ["--budget-usd 5", "price of https://models.example/v1#m is not known", "[prices.", "--budget-tokens"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!place.path().join("runs").exists());
    fs::write(place.path().join("c.toml"), "[budget]\n\nagent_usd = 1\n").unwrap();
    let output = place.run(&[&run[..], &["--config", "c.toml"]].concat());
    assert!(text(&output.stderr).contains("c.toml:3: budget.agent_usd"), "{output:?}");
}

#[test]
fn a_budget_that_is_too_small_ends_the_run_with_what_is_there() {
    let place = place();
    script(&place, "dear.toml", "price = { input = 1000, output = 1000 }");
    let run = ["run", QUESTION, "lease.txt", "--headless", "--model", "scripted:dear.toml", "--budget-usd", "0.01"];
    let output = place.run(&run);
    assert_eq!(code(&output), 3, "{output:?}");
}

/// A team that has nothing but the question: one finding from reasoning, one that rests on the first.
const REASONING: &str = r##"
[[rules]]
match = ["# Break the question into tasks"]
replies = ["1. Find the last digit of 7 to the power 4 [deps: ]\n2. Find the last digit of 7 to the power 100 [deps: 1]"]

[[rules]]
match = ["# Choose what to unfold"]
replies = ["W1 S1"]

[[rules]]
match = ["# Work on your task", "to the power 4\n"]
replies = ["1. 7 times 7 is 49, and 49 times 49 is 2401 (calculation).\nOUTPUT FACT: 7 to the power 4 ends in 1."]

[[rules]]
match = ["# Work on your task", "to the power 100\n"]
replies = ["1. 7 to the power 4 ends in 1 [W1 S1].\n2. 100 is 25 times 4 (calculation).\nOUTPUT FACT: 7 to the power 100 ends in 1 [W1 S1]."]

[[rules]]
match = ["# Verify the chain", "[W1 S1]."]
replies = ["""VERIFICATION:
U1 citation support: PASS
U2 output coherence: PASS
C1 arithmetic: PASS
C2 qualifier drift: N/A
C3 unsupported synthesis: PASS
APPROVED: 7 to the power 100 ends in 1, as 7 to the power 4 does [W1 S1]."""]

[[rules]]
match = ["# Verify the chain"]
replies = ["""VERIFICATION:
U1 citation support: PASS
U2 output coherence: PASS
C1 arithmetic: PASS
C2 qualifier drift: N/A
C3 unsupported synthesis: PASS
APPROVED: 7 to the power 4 is 2401, which ends in 1."""]

[[rules]]
match = ["# Write the gist", "to the power 100"]
find = { label = "Label: (.*)" }
replies = ["**[{label}] GIST**\nSUB-TASK: The last digit of 7 to the power 100\nRESULT: 7 to the power 100 ends in 1 [W1 S1]."]

[[rules]]
match = ["# Write the gist"]
find = { label = "Label: (.*)" }
replies = ["**[{label}] GIST**\nSUB-TASK: The last digit of 7 to the power 4\nRESULT: 7 to the power 4 is 2401 and ends in 1."]

[[rules]]
match = ["# Check the form of a gist"]
replies = ["yes"]

[[rules]]
match = ["# Check for redundancy"]
replies = ["ACCEPT"]

[[rules]]
match = ["# Decide what is still missing"]
replies = ["[DONE]"]

[[rules]]
match = ["# Answer the question"]
replies = ["It ends in 1 [W1 S2]."]
"##;

#[test]
fn a_question_alone_is_answered_from_what_the_team_reasons() {
    let place = Place::new();
    fs::write(place.path().join("s.toml"), REASONING).unwrap();
    let question = "What is the last digit of 7 to the power 100?";
    let run = ["run", question, "--model", "scripted:s.toml", "--agents", "1", "--json"];
    let output = place.run(&run);
    assert_eq!(code(&output), 0, "{output:?}");
    let lines = lines(&output);
    assert!(lines.iter().any(|line| line["type"] == "corpus_split" && line["units"] == json!([])));
    let entries: Vec<_> = lines.iter().filter(|line| line["type"] == "entry_admitted").collect();
    assert_eq!(entries.len(), 2, "{entries:?}");
    // What stands behind a finding is how its agent came to it.
    assert!(
        entries.iter().all(|line| line["entry"]["trajectory"].is_string() && line["entry"]["admission"] == "verified")
    );
    assert_eq!(entries[1]["entry"]["citations"][0]["label"], "W1 S1");
    assert_eq!(lines.last().unwrap()["answer"], "It ends in 1 [W1 S2].");
    let shown = place.run(&["show"]);
    assert!(text(&shown.stdout).contains("\n[W1 S2] "), "{shown:?}");
    let source = place.run(&["show", "--source", "W0 S1"]);
    assert!(text(&source.stderr).contains("this run has no documents"), "{source:?}");
}

#[test]
fn a_run_without_documents_that_was_killed_goes_on() {
    let place = Place::new();
    // The first call never comes back, so the run is still at its plan when it is interrupted.
    let stall = "[[rules]]\nmatch = [\"# Break the question\"]\nreplies = [[\"stall\"]]\n";
    fs::write(place.path().join("s.toml"), stall).unwrap();
    let mut child = place
        .delm(&["run", "What is it?", "--model", "scripted:s.toml", "--agents", "1", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(printed.any(|line| line.unwrap().contains("call_started")));
    child.kill().unwrap();
    child.wait().unwrap();
    fs::write(place.path().join("s.toml"), REASONING).unwrap();
    let output = place.run(&["resume", "latest", "--json"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let lines = lines(&output);
    let result = lines.last().unwrap();
    assert_eq!((&result["answer"], &result["entries"]), (&json!("It ends in 1 [W1 S2]."), &json!(2)));
}

#[test]
fn without_a_model_there_must_be_something_to_read() {
    let place = Place::new();
    let output = place.run(&["run", "why?", "--headless"]);
    assert_eq!(code(&output), 2, "{output:?}");
    assert!(text(&output.stderr).contains("nothing to read: name files or folders, or a model"), "{output:?}");
}
