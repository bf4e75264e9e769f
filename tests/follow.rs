//! A run that one process has in hand, on the screens of others: real programs in terminals. (FAILURES 4, 6)

mod support;

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use delm::{
    run::{Event, Fact},
    store::{self, RunDir, Sqlite},
};
use support::{
    place::{Place, code, text},
    terminal::Terminal,
};

const QUESTION: &str = "What do passengers pay?";
const RUN: &[&str] = &["run", QUESTION, "docs", "--model", "extractive", "--agents", "1"];

fn show(place: &Place, args: &[&str]) -> Terminal {
    let runs = place.path().join("runs");
    let args: Vec<&str> = args.iter().copied().chain(["--run-dir", runs.to_str().unwrap()]).collect();
    Terminal::start_in(place.path(), &args, &[("XDG_CONFIG_HOME", place.path().to_str().unwrap())], (140, 40))
}

/// A team whose first write waits for a human, on a screen.
fn asking(place: &Place) -> Terminal {
    let first = show(place, &[RUN, &["--gate", "writes"]].concat());
    first.see("1 to decide");
    first
}

/// Another screen on it.
fn follower(place: &Place, first: &Terminal) -> Terminal {
    let second = show(place, &["open", "latest"]);
    second.until("who has the run", |s| s.contains(&format!("FOLLOWING pid {} since ", first.pid())));
    second.see("1 to decide");
    second
}

/// The number of the last event, from the bottom right of the screen.
fn seq(screen: &str) -> u64 {
    let line = screen.lines().rev().find(|line| line.trim_end().ends_with("· live")).unwrap_or_default();
    let number = line.trim_end().trim_end_matches("· live").trim_end().rsplit(' ').next().unwrap_or_default();
    number.parse().unwrap_or(0)
}

/// Opens the decision, reads it to its end, and approves it.
fn approve(terminal: &mut Terminal) {
    terminal.press("4");
    terminal.press("\r");
    terminal.see("For and against");
    terminal.press("G");
    terminal.until("a card whose keys are awake", |s| s.contains("y approve") && !s.contains("keys rest"));
    terminal.press("y");
}

fn signal(name: &str, terminal: &Terminal) {
    assert!(Command::new("kill").args([name, &terminal.pid().to_string()]).status().unwrap().success());
}

/// Everything that is durable.
fn log(place: &Place) -> Vec<Event> {
    let runs = RunDir::open(place.path().join("runs")).unwrap();
    store::load(&Sqlite::open_to_read(&runs.file(&runs.find("latest").unwrap())).unwrap()).unwrap().1
}

/// How often the first decision was taken.
fn decided(log: &[Event]) -> usize {
    let opened = |event: &Event| match &event.fact {
        Fact::GateOpened { decision } => Some(decision.id),
        _ => None,
    };
    let first = log.iter().find_map(opened).unwrap();
    log.iter().filter(|e| matches!(&e.fact, Fact::GateDecided { decision, .. } if *decision == first)).count()
}

#[test]
fn a_run_that_cannot_be_opened_takes_nobody_from_the_one_at_hand() {
    let place = Place::new();
    let mut first = asking(&place);
    first.press(":");
    first.press("open nosuch\r");
    first.see("Open nosuch?");
    let refused = |screen: &str| screen.contains("no run \"nosuch\"");
    loop {
        first.press("y");
        if refused(&first.until("what comes of it", |s| refused(s) || s.contains("keys rest"))) {
            break;
        }
        first.until("keys that are awake", |s| !s.contains("keys rest"));
    }
    first.see("1 to decide");
    assert!(!log(&place).iter().any(|event| matches!(event.fact, Fact::SessionEnded { .. })), "the team goes on");
}

#[test]
fn a_decision_on_a_second_screen_lets_the_first_go_on() {
    let place = Place::new();
    let first = asking(&place);
    let mut second = follower(&place, &first);
    let before = seq(&first.text());
    assert!(before > 0);
    approve(&mut second);
    second.until("a card that has closed", |s| !s.contains("For and against"));
    first.until("what came of it", |s| seq(s) > before);
    assert_eq!(decided(&log(&place)), 1);

    // Whoever would take the run up is told who has it.
    let refused = place.run(&["resume", "latest", "--headless"]);
    let told = text(&refused.stderr);
    assert_eq!(code(&refused), 2, "{refused:?}");
    assert!(told.contains(&format!("is in the hands of process {} on ", first.pid())), "{told}");
    assert!(told.contains(" since ") && told.contains("; `delm open "), "{told}");
}

#[test]
fn of_two_decisions_the_first_holds_and_the_second_is_told_of_it() {
    let place = Place::new();
    let first = asking(&place);
    let mut second = follower(&place, &first);
    let mut third = follower(&place, &first);
    // Both have answered before anybody reads what they say.
    signal("-STOP", &first);
    approve(&mut second);
    second.see(&format!("sent to process {}", first.pid()));
    approve(&mut third);
    third.see(&format!("sent to process {}", first.pid()));
    signal("-CONT", &first);
    third.see("not taken: approve");
    third.see(&format!("process {} was first", second.pid()));
    assert_eq!(decided(&log(&place)), 1);
}

/// (FAILURES 10)
#[test]
fn what_was_sent_to_a_process_that_died_is_done_once_by_the_next() {
    let place = Place::new();
    let first = asking(&place);
    let mut second = follower(&place, &first);
    signal("-STOP", &first);
    approve(&mut second);
    second.see("sent to process");
    signal("-KILL", &first);
    second.until("that it has ended", |s| s.contains("has ended: c takes the run up, and then does approve"));
    second.see("SAVED");
    assert_eq!(decided(&log(&place)), 0, "nobody has read it");
    second.press("\x1b");
    second.until("the panes", |s| !s.contains("For and against"));
    second.press("c");
    second.until("the team at work", |s| s.contains("RUNNING") && !s.contains("FOLLOWING") || s.contains("DONE"));
    // Only the team's own facts move the screen from here on.
    second.until("the decision", |_| decided(&log(&place)) == 1);
    let taken = log(&place).iter().filter(|event| matches!(event.fact, Fact::CommandTaken { .. })).count();
    assert_eq!(taken, 1);
}

#[test]
fn a_run_that_its_process_has_left_is_taken_up_by_who_followed_it() {
    let place = Place::new();
    let mut first = asking(&place);
    let pid = first.pid();
    let mut second = follower(&place, &first);
    first.press("q");
    first.see("Leave a running team?");
    first.until("keys that are awake", |s| s.contains("stop and save"));
    signal("-TERM", &first);
    first.end();
    second.see(&format!("process {pid} has ended: c takes the run up"));
    second.press("c");
    second.until("the team at work", |s| s.contains("RUNNING") && !s.contains("FOLLOWING"));
    approve(&mut second);
    second.until("that it was decided", |s| !s.contains("For and against"));
    assert_eq!(decided(&log(&place)), 1);
}

#[test]
fn a_team_without_a_screen_is_held_and_let_go_from_another_process() {
    let place = Place::new();
    let mut headless = place.delm(&[RUN, &["--headless", "--json", "--pace", "300"]].concat());
    let mut headless = headless.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(headless.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("session_started")), "it goes to work");
    let mut second = show(&place, &["open", "latest"]);
    second.see(&format!("FOLLOWING pid {}", headless.id()));
    second.press(" ");
    assert!(lines.any(|line| line.contains("run_paused")), "it is held");
    second.see("PAUSED");
    second.press("c");
    assert!(lines.any(|line| line.contains("run_resumed")), "it goes on");
    lines.for_each(drop);
    second.see("DONE");
    assert_eq!(headless.wait().unwrap().code(), Some(0));
    // Nobody but the other process has let it go on.
    let let_go = log(&place).iter().filter(|event| event.fact == Fact::RunResumed).count();
    assert_eq!(let_go, 1);
}
