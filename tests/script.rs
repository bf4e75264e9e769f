//! The real program carries out scripts.

mod support;

use std::{
    io::Write as _,
    process::{Output, Stdio},
};

use serde_json::Value;
use support::place::{Place, code, script, text};

const QUESTION: &str = "What do passengers pay?";

fn shown(place: &Place, run: &str) -> Value {
    serde_json::from_slice(&place.run(&["show", run, "--json"]).stdout).unwrap()
}

/// The ids of all runs, newest first.
fn runs(place: &Place) -> Vec<String> {
    let listed = text(&place.run(&["runs", "--json"]).stdout).to_owned();
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["run"].as_str().unwrap().to_owned();
    listed.lines().map(id).collect()
}

/// Carries out these lines on what `args` name.
fn play(place: &Place, args: &[&str], lines: &str) -> Output {
    std::fs::write(place.path().join("walk.delm"), lines).unwrap();
    place.run(&[args, &["--script", "walk.delm"]].concat())
}

fn on_run(place: &Place, more: &[&str], lines: &str) -> Output {
    play(place, &[&["run", QUESTION, "docs", "--model", "extractive"], more].concat(), lines)
}

/// The message of a script that failed.
fn failure(output: &Output) -> &str {
    assert_eq!(code(output), 1, "{output:?}");
    text(&output.stderr)
}

#[test]
fn the_script_of_the_manual_is_carried_out() {
    let place = Place::new();
    let manual = include_str!("../src/app/script/SCRIPTS.md");
    let walk = manual.split("```").nth(1).unwrap().strip_prefix("text\n").unwrap();
    let output = on_run(&place, &["--agents", "1"], walk);
    assert_eq!(code(&output), 0, "{output:?}");
    let straight = place.run(&["run", QUESTION, "docs", "--model", "extractive", "--headless", "--agents", "1"]);
    assert_eq!(output.stdout, straight.stdout, "the answer is the same");
}

#[test]
fn a_team_is_held_before_it_moves_and_moves_by_steps() {
    let place = Place::new();
    let lines = "expect entries = 0 and calls = 0\nprint seq\nstep\nprint seq\nstepi a1\nprint seq\nbreak finish\ncontinue\n\
                 expect entries.fact = 1\nexpect not answer and not outcome\nexpect outcome = answered\n";
    let output = on_run(&place, &["--agents", "2"], lines);
    assert!(
        failure(&output).contains("walk.delm:11: expected outcome = answered; saw outcome = undefined"),
        "{output:?}"
    );
    let printed = text(&output.stdout).lines().filter_map(|line| line.trim().strip_prefix("seq  = "));
    let seqs: Vec<u64> = printed.map(|seq| seq.parse().unwrap()).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b) && seqs.len() == 3, "each step brought something: {seqs:?}");
    assert!(text(&output.stderr).contains("saved; `delm resume "), "{output:?}");
    assert_eq!(shown(&place, "latest")["answer"], Value::Null, "it was saved where it stood");
    // The breakpoint is part of the run, and nobody is there to look.
    let resumed = place.run(&["resume", &runs(&place)[0], "--headless"]);
    assert_eq!(code(&resumed), 4, "{resumed:?}");
    assert!(text(&resumed.stderr).contains("b1 was hit, and nobody is there to look; `delm resume "), "{resumed:?}");
    assert_eq!(code(&play(&place, &["open", "latest"], "delete b1\ncontinue\nexpect outcome = answered")), 0);
}

#[test]
fn what_does_not_hold_ends_the_program_with_what_was_seen() {
    let place = Place::new();
    let output =
        on_run(&place, &[], "# to the end\n\ncontinue\nexpect outcome = answered and entries.fact > 99\nstep\n");
    let wanted =
        "walk.delm:4: expected outcome = answered and entries.fact > 99; saw outcome = answered, entries.fact = 1";
    assert!(failure(&output).contains(wanted), "{output:?}");
    let output = on_run(&place, &[], "wait entries > 99");
    assert!(failure(&output).contains("walk.delm:1: waited for entries > 99, but the run has ended; saw entries = 3"));
    let output = on_run(&place, &[], "break claim\nwait entries > 99");
    assert!(failure(&output).contains("walk.delm:2: waited for entries > 99, but b1 was hit; saw entries = "));
    let output = on_run(&place, &[], "\napprove #7\n");
    assert!(failure(&output).contains("walk.delm:2: #7 is not open (any more)"), "{output:?}");
    let output = on_run(&place, &[], "goto W9 S9");
    assert!(failure(&output).contains("walk.delm:1: W9 S9 is not in the shared context"), "{output:?}");
}

#[test]
fn what_must_be_refused_fails_when_it_is_carried_out_or_refused_otherwise() {
    let place = Place::new();
    let output = on_run(&place, &[], "! drop T9\n! \"T9 does not exist\" drop T9\n! goto W9 S9\ntask One\n! drop T1\n");
    assert!(failure(&output).contains("walk.delm:5: expected a refusal; it was carried out"), "{output:?}");
    let output = on_run(&place, &[], "! \"is over\" drop T9");
    let wanted = "walk.delm:1: expected a refusal that says \"is over\"; it says \"T9 does not exist\"";
    assert!(failure(&output).contains(wanted), "{output:?}");
    let output = on_run(&place, &[], "! stop");
    assert!(failure(&output).contains("walk.delm:1: expected a refusal; it was carried out"), "{output:?}");
}

#[test]
fn a_line_that_cannot_be_read_is_found_before_anything_runs() {
    let place = Place::new();
    let output = on_run(&place, &[], "continue\n  aprove #1\nexpect entires = 1\n");
    assert_eq!(code(&output), 2, "{output:?}");
    let said = text(&output.stderr);
    assert!(said.contains("walk.delm:2:3: there is no \"aprove\" (did you mean \"approve\"?)"), "{said}");
    assert!(said.contains("walk.delm:3:8: "), "{said}");
    assert!(!place.path().join("runs").exists(), "no run was begun");
    let output = place.run(&["run", QUESTION, "docs", "--script", "nowhere.delm"]);
    assert!(code(&output) == 2 && text(&output.stderr).contains("nowhere.delm: "), "{output:?}");
}

#[test]
fn a_human_decides_in_a_script() {
    let place = Place::new();
    let lines = "continue\nexpect decisions = 1\nveto #1 the fare has changed\nwait vetoes = 1\ncontinue\n\
                 expect decisions = 1\nexpect vetoes = 1\nedit #2 Passengers pay ten shillings.\ncontinue\n\
                 expect outcome = answered\nexpect text(\"ten shillings\") = 1\n";
    let output = on_run(&place, &["--gate", "writes", "--agents", "2"], lines);
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(shown(&place, "latest")["entry_list"].to_string().contains("ten shillings"));
}

#[test]
fn a_fork_in_a_script_takes_the_place_of_its_parent() {
    let place = Place::new();
    assert_eq!(code(&on_run(&place, &["--agents", "2"], "continue")), 0);
    let parent = runs(&place).remove(0);
    let claimed = "goto T1\nrn\nlive\nfork 12\nexpect not outcome\nnote FACT Dogs travel free.\n\
                   expect text(\"dogs\") = 1\ncontinue\nexpect outcome = answered\n";
    let output = play(&place, &["open", "latest"], claimed);
    assert_eq!(code(&output), 0, "{output:?}");
    let fork = runs(&place).remove(0);
    assert!(text(&output.stdout).contains(&format!("\nfork {fork}\n")), "{output:?}");
    assert!(text(&output.stdout).contains("Dogs travel free."), "and its answer is printed: {output:?}");
    assert!(!shown(&place, &parent)["entry_list"].to_string().contains("Dogs"));
    let other = play(&place, &["open", &fork], &format!("open {parent}\nexpect text(\"dogs\") = 0"));
    assert_eq!(code(&other), 0, "{other:?}");
}

#[test]
fn a_run_that_has_ended_is_looked_at_and_opened_again() {
    let place = Place::new();
    assert_eq!(code(&on_run(&place, &["--agents", "1"], "continue")), 0);
    let file = place.path().join("runs").join(format!("{}.delm", runs(&place)[0]));
    let before = std::fs::read(&file).unwrap();
    let output =
        play(&place, &["open", "latest"], "print outcome\ngoto 5\nexpect entries = 0\nlive\nexpect entries = 3\n");
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(text(&output.stdout).contains("  outcome  = answered\nat event 5\n"), "{output:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before, "looking writes nothing");
    let output = play(&place, &["open", "latest"], "continue");
    assert!(failure(&output).contains("walk.delm:1: the run has ended"), "{output:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);

    let again = "recall W1 S1 all the fare is misread\nexpect outcome = answered\n";
    let output = play(&place, &["open", "latest"], again);
    assert!(
        failure(&output).contains("walk.delm:2: expected outcome = answered; saw outcome = undefined"),
        "{output:?}"
    );
    let output = play(&place, &["open", "latest"], "expect entries.by.a1 = 1\ncontinue\nexpect outcome = answered\n");
    assert_eq!(code(&output), 0, "{output:?}");
    assert_eq!(
        shown(&place, "latest")["entry_list"].as_array().unwrap().len(),
        3,
        "the false one, the notice, the new"
    );
}

#[test]
fn a_script_comes_from_standard_input() {
    let place = Place::new();
    let args = ["run", QUESTION, "docs", "--model", "extractive", "--script", "-"];
    let mut child =
        place.delm(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"continue\nexpect entries = 99\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(failure(&output).contains("standard input:2: expected entries = 99; saw entries = 3"), "{output:?}");
    let output = place.run(&["run", QUESTION, "-", "--script", "-"]);
    assert!(code(&output) == 2 && text(&output.stderr).contains("cannot be both a document and the script"));
}

#[test]
fn what_was_done_can_be_done_again_from_its_record() {
    let place = Place::new();
    let lines = "# by hand\nbreak write\ncommands b1\n  print entries\nend\ncontinue\nnote FACT Dogs travel free.\n\
                 delete b1\nexpect text(\"dogs\") = 1\ncontinue\n";
    std::fs::write(place.path().join("walk.delm"), lines).unwrap();
    let args = ["run", QUESTION, "docs", "--model", "extractive", "--agents", "1"];
    let first = place.run(&[&args[..], &["--script", "walk.delm", "--record-script", "again.delm"]].concat());
    assert_eq!(code(&first), 0, "{first:?}");
    let recorded = std::fs::read_to_string(place.path().join("again.delm")).unwrap();
    let wanted = "break write\ncommands b1 \"print entries\"\ncontinue\nnote FACT Dogs travel free.\ndelete b1\n\
                  expect text(\"dogs\") = 1\ncontinue\n";
    assert_eq!(recorded, wanted);
    let again = place.run(&[&args[..], &["--script", "again.delm"]].concat());
    assert_eq!((code(&again), &again.stdout), (0, &first.stdout), "{again:?}");
}

#[test]
fn another_answer_to_a_decision_is_tried_in_forks() {
    let place = Place::new();
    let lines = "continue\nedit #1 Passengers pay ten shillings.\ncontinue\nexpect outcome = answered";
    let output = on_run(&place, &["--gate", "writes", "--agents", "1"], lines);
    assert_eq!(code(&output), 0, "{output:?}");
    let parent = runs(&place).remove(0);
    let file = place.path().join("runs").join(format!("{parent}.delm"));
    let before = std::fs::read(&file).unwrap();
    let output = place.run(&["fork", &parent, "--what-if", "#1 approve", "--samples", "2"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let said = text(&output.stdout);
    assert!(said.starts_with("What if #1 had been approved\n"), "{said}");
    assert_eq!(said.matches("the answer changes").count(), 2, "{said}");
    let gone = said.lines().find(|line| line.contains("ten shillings")).unwrap();
    let new = said.lines().find(|line| line.contains("nine shillings")).unwrap();
    assert!(gone.trim_start().starts_with('-') && new.trim_start().starts_with('+'), "{said}");
    assert!(said.contains("$0.0000, 0 tokens beside the record"), "{said}");
    assert_eq!(runs(&place).len(), 3, "each sample is a run of its own");
    assert_eq!(std::fs::read(&file).unwrap(), before, "the parent is only read");

    let lines = "whatif #1 veto the fare has changed\nfamily\ncompare latest\nexpect outcome = answered\n";
    let output = play(&place, &["open", &parent], lines);
    assert_eq!(code(&output), 0, "{output:?}");
    let said = text(&output.stdout);
    let fork = runs(&place).remove(0);
    assert!(said.contains("What if #1 had been vetoed (retry): the fare has changed"), "{said}");
    assert!(said.matches(&fork).count() > 1, "in the report and in the family: {said}");
    assert!(
        said.contains(&format!("The family of {parent}")) && said.contains(&format!("{parent} against ")),
        "{said}"
    );

    let wrong = |wish: &str| {
        let output = place.run(&["fork", &parent, "--what-if", wish]);
        assert_eq!(code(&output), 2, "{output:?}");
        text(&output.stderr).to_owned()
    };
    assert!(wrong("#9 approve").contains("#9 was never asked in "));
    assert!(wrong("#1 aprove").contains("approve, veto or edit is expected"));
    let failed = play(&place, &["open", &parent], "whatif #9 approve");
    assert!(failure(&failed).contains("walk.delm:1: #9 was never asked in "), "{failed:?}");
}

#[test]
fn looking_at_a_run_needs_nothing_that_its_model_needs() {
    let place = Place::new();
    let model = script(&place, "");
    let args = ["run", "What is the rent?", "lease", "--headless", "--agents", "1", "--model", &model];
    assert_eq!(code(&place.run(&args)), 0);
    std::fs::remove_file(place.path().join("script.toml")).unwrap();
    let output = play(&place, &["open", "latest"], "print answer\nexpect outcome = answered\n");
    assert_eq!(code(&output), 0, "{output:?}");
    let output = play(&place, &["open", "latest"], "again T1 look again\n");
    assert!(code(&output) != 0 && text(&output.stderr).contains("script.toml"), "{output:?}");
    let output = play(&place, &["open", "latest"], "expect outcome = answered\n");
    assert_eq!(code(&output), 0, "nothing was changed: {output:?}");
}
