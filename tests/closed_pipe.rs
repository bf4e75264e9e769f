//! Who reads standard output goes away: a run that is going on is saved and can be resumed; what only reads ends quietly.
#![cfg(unix)]

mod support;

use std::{
    io::{BufRead as _, BufReader},
    process::{Output, Stdio},
};

use support::place::{Place, code, text};

/// Reads one line of what it prints and goes away.
fn head(place: &Place, args: &[&str]) -> Output {
    let mut child = place.delm(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(!first.is_empty());
    child.wait_with_output().unwrap()
}

#[test]
fn a_run_that_nobody_reads_any_more_is_saved_and_goes_on_later() {
    let place = Place::new();
    let question = "What do passengers without a ticket pay?";
    // So slow that it is in the middle, whatever the machine.
    let run = ["run", question, "docs", "--json", "--pace", "300", "--model", "extractive"];
    let output = head(&place, &run);
    assert_eq!(code(&output), 130, "{output:?}");
    let runs = delm::store::RunDir::open(place.path().join("runs")).unwrap();
    let id = runs.find("latest").unwrap();
    assert_eq!(text(&output.stderr), format!("delm: interrupted and saved; `delm resume {id}` goes on\n"));
    assert!(text(&place.run(&["runs"]).stdout).contains("stopped"), "its session has ended");

    let output = head(&place, &["resume", &id.0, "--json"]);
    assert_eq!(code(&output), 130, "{output:?}");
    let output = head(&place, &["fork", &id.0, "--json"]);
    assert_eq!(code(&output), 130, "{output:?}");
    let resumed = place.run(&["resume", &id.0, "--headless"]);
    assert_eq!(code(&resumed), 0, "{resumed:?}");
    assert!(text(&resumed.stdout).contains("nine shillings"), "{resumed:?}");
}

#[test]
fn what_only_reads_ends_quietly() {
    let place = Place::new();
    // More than a pipe holds.
    std::fs::write(place.path().join("docs/long.txt"), "The lamp of the lighthouse is lit.\n".repeat(9_000)).unwrap();
    let run = ["run", "When was the lighthouse built?", "docs", "--headless", "--model", "extractive"];
    assert_eq!(code(&place.run(&run)), 0);
    for args in [&["export", "latest"][..], &["show", "latest", "--source", "W0 S3"], &["show", "latest", "--json"]] {
        let output = head(&place, args);
        assert_eq!((code(&output), text(&output.stderr)), (0, ""), "{args:?}");
    }
}
