//! One session as a person has it: the real program in a terminal, through pause, steps, a veto, an edit, injections
//! and the answer; then the log says what happened.

mod support;

use delm::{
    run::{Admission, Author, Choice, Event, Fact, Run, Then},
    store::{self, RunDir, Sqlite},
};
use support::terminal::Terminal;

const QUESTION: &str =
    "Which of these licences oblige me to offer source to people who only use the program over a network?";

/// The number of the last event, from the bottom right of the screen.
fn seq(screen: &str) -> u64 {
    let line = screen.lines().rev().find(|line| line.trim_end().ends_with("· live")).unwrap_or_default();
    let number = line.trim_end().trim_end_matches("· live").trim_end().rsplit(' ').next().unwrap_or_default();
    number.parse().unwrap_or(0)
}

fn open_decisions(screen: &str) -> usize {
    let Some((before, _)) = screen.split_once(" to decide") else { return 0 };
    before.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Opens the first decision that is left, waits until its keys are awake, and reads it to its end.
fn open_card(terminal: &mut Terminal) {
    terminal.press("4");
    terminal.press("\r");
    terminal.see("For and against");
    terminal.press("G");
    terminal.until("a card whose keys are awake", |s| s.contains("y approve") && !s.contains("keys rest"));
}

/// Back to the panes, whatever is open.
fn back_to_panes(terminal: &mut Terminal) {
    terminal.press("\x1b");
    terminal.until("the panes", |screen| screen.contains("1 Queue") && !screen.contains("For and against"));
}

/// The README's picture: `DELM_PICTURE=assets/screen.svg cargo test --test screen_session` draws it anew.
/// It is taken of a paused team, so that no frame is half drawn.
fn take_picture(terminal: &mut Terminal) {
    let Some(file) = std::env::var_os("DELM_PICTURE") else { return };
    terminal.press(" ");
    terminal.until("a team that stands", |screen| screen.contains("PAUSED") && screen.contains("Space resume"));
    std::fs::write(file, terminal.look(support::svg::picture)).unwrap();
    terminal.press(" ");
    terminal.see("RUNNING");
}

#[test]
fn a_session_from_the_first_write_to_the_answer() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let mut terminal = Terminal::start(
        &[
            "run",
            QUESTION,
            "assets/licences",
            "--model",
            "extractive",
            "--gate",
            "writes",
            "--agents",
            "3",
            "--pace",
            "150",
            "--theme",
            "dark",
            "--run-dir",
            runs.to_str().unwrap(),
        ],
        (140, 40),
    );

    // Watch, then pause while the agents are under way.
    terminal.until("a claimed task", |screen| screen.contains('▶'));
    terminal.press(" ");
    terminal.see("PAUSED");

    // Steps go on until two writes ask; two of them would be enough for the issue, and each moves one agent.
    let mut steps = 0;
    let all_stand = |screen: &str| screen.matches("held at").count() + screen.matches("waits: you").count() == 3;
    while open_decisions(&terminal.until("all agents standing", all_stand)) < 2 {
        let before = seq(&terminal.text());
        terminal.press("n");
        terminal.until("the step's event", |screen| seq(screen) > before);
        steps += 1;
        assert!(steps < 200, "two writes ask within some steps\n{}", terminal.text());
    }
    assert!(steps >= 2, "the writes were reached by stepping");
    assert!(terminal.text().contains("PAUSED"), "a step does not resume");

    open_card(&mut terminal);
    terminal.press("d");
    terminal.see("Reason, which the agent reads");
    terminal.press("not about networks");
    terminal.press("\r");
    terminal.see("vetoed (retry): not about networks");

    terminal.until("the panes", |screen| screen.contains("1 Queue"));
    open_card(&mut terminal);
    terminal.press("e");
    terminal.see("Ctrl-S accept");
    terminal.press("As I read it, this is about copies. ");
    terminal.press("\x13");
    terminal.until("the edit's notice", |screen| screen.contains("edited") && screen.contains("1 Queue"));

    terminal.press("i");
    terminal.see("● task");
    terminal.press("What does the MIT licence say about warranty?");
    terminal.press("\x13");
    terminal.until("the task in the queue", |screen| screen.contains("What does the MIT"));
    terminal.press("i");
    terminal.see("● task");
    terminal.press("\t");
    terminal.see("● FACT");
    terminal.press("The GFDL is for documents and is not at issue here.");
    terminal.press("\x13");
    terminal.until("the note in the shared context", |screen| screen.contains("H S1"));

    // On to the answer; every other write is approved, read to its end.
    terminal.press("c");
    terminal.see("RUNNING");
    loop {
        let screen = terminal.until("a decision or the end", |s| open_decisions(s) > 0 || s.contains("✓ DONE"));
        if screen.contains("✓ DONE") {
            break;
        }
        if screen.contains("4/8 tasks") {
            take_picture(&mut terminal);
        }
        let before = seq(&screen);
        open_card(&mut terminal);
        terminal.press("y");
        terminal.until("the decision's event", |screen| screen.contains("1 Queue") && seq(screen) > before);
    }

    terminal.press("A");
    terminal.until("the answer's citations", |screen| screen.contains("Rests on"));
    terminal.press("\r");
    terminal.until("the raw text with its mark", |screen| screen.contains('▌'));
    terminal.press("\x1b");
    terminal.until("the answer again", |screen| screen.contains("Answer ──"));
    back_to_panes(&mut terminal);
    terminal.press("q");
    let (code, left_on_screen) = terminal.end();
    assert_eq!(code, 0, "answered");
    assert!(left_on_screen.contains("[W0 S"), "the answer is on the normal screen:\n{left_on_screen}");

    assert_log(&runs);
}

fn assert_log(runs: &std::path::Path) {
    let runs = RunDir::open(runs).unwrap();
    let file = runs.file(&runs.find("latest").unwrap());
    let (run, events): (Run, Vec<Event>) = store::load(&Sqlite::open_to_read(&file).unwrap()).unwrap();
    let facts: Vec<&Fact> = events.iter().map(|event| &event.fact).collect();

    let steps = facts.iter().filter(|fact| matches!(fact, Fact::StepGranted { .. })).count();
    assert!(steps >= 2, "two steps at least");
    for wanted in [Fact::PauseAsked, Fact::RunPaused, Fact::RunResumed] {
        assert!(facts.contains(&&wanted), "{wanted:?}");
    }

    let (vetoed_at, author, task, vetoed) = events
        .iter()
        .find_map(|event| match &event.fact {
            Fact::WriteVetoed { task, agent, feedback, then: Then::Retry, .. } => {
                assert_eq!(feedback.reason, "not about networks");
                Some((event.seq, *agent, *task, feedback.rejected.clone()))
            }
            _ => None,
        })
        .expect("a write was vetoed");
    assert!(!vetoed.is_empty());
    for entry in run.context.entries() {
        assert_ne!(entry.gist, vetoed, "{} holds the vetoed text", entry.label);
    }
    let heard = events.iter().filter(|event| event.seq > vetoed_at).any(|event| match &event.fact {
        Fact::AttemptStarted { agent, task: tried, heeds, .. } => {
            *agent == author && *tried == task && heeds.iter().any(|told| told.reason == "not about networks")
        }
        _ => false,
    });
    assert!(heard, "the reason reached the author's next try");

    let edited = run
        .context
        .entries()
        .find(|entry| matches!(entry.admission, Admission::Edited(_)))
        .expect("an edited write was admitted");
    assert!(edited.gist.contains("As I read it, this is about copies."), "{}", edited.gist);
    assert!(facts.iter().any(|fact| matches!(fact, Fact::GateDecided { choice: Choice::Edit { .. }, .. })));

    let note = run.context.entries().find(|entry| entry.label.author == Author::Human).expect("the note is there");
    assert_eq!(note.gist, "The GFDL is for documents and is not at issue here.");
    let own = run.tasks.iter().find(|task| task.by == Author::Human).expect("the task was queued");
    assert!(own.is_over() && own.text == "What does the MIT licence say about warranty?");

    let answer = run.answer.as_ref().expect("there is an answer");
    assert!(!answer.citations.is_empty());
}
