//! The palette, and the keys that stand for commands.

use crate::{
    run::*,
    tui::{
        fixture::{Story, WRITE},
        layout::Focus,
        modal::Modal,
        msg::Effect,
    },
};

fn prompt(story: &Story) -> Option<String> {
    match story.ui.modals.last() {
        Some(Modal::Prompt(prompt)) => Some(prompt.text()),
        _ => None,
    }
}

fn offered(story: &Story) -> Vec<&'static str> {
    match story.ui.modals.last() {
        Some(Modal::Palette(palette)) => palette.names(),
        _ => vec![],
    }
}

#[test]
fn pictures() {
    for (width, height) in [(140, 40), (80, 24), (50, 15)] {
        let mut story = Story::working(width, height);
        story.press("ctrl-p");
        story.type_text("stop");
        insta::assert_snapshot!(format!("palette_{width}x{height}"), story.picture());
    }
}

#[test]
fn actions_and_commands_are_found_by_their_words() {
    let mut story = Story::working(140, 40);
    story.press("ctrl-p");
    story.type_text("zoom");
    assert_eq!(offered(&story).first(), Some(&"zoom"));
    assert_eq!(story.press("enter"), []);
    assert!(story.ui.modals.is_empty());
    assert_eq!(story.ui.zoom, crate::tui::layout::Zoom::On);
    story.press("ctrl-p");
    story.type_text("hold age");
    story.press("enter");
    assert_eq!(prompt(&story).as_deref(), Some("hold "));
}

#[test]
fn nothing_that_decides_is_in_it() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    story.pass(1_000);
    story.press("ctrl-p");
    let names = offered(&story);
    for name in ["do it", "detach", "stop and save", "finish with it", "do all of it"] {
        assert!(!names.contains(&name), "{name}");
    }
    // `approve`, `edit` and `veto` are there as commands, which are shown before they are done.
    story.type_text("approve");
    assert_eq!(story.press("enter enter"), []);
    assert!(matches!(story.ui.modals.last(), Some(Modal::Batch(_))));
    assert_eq!(story.press("y"), []);
}

#[test]
fn a_key_types_what_it_would_do_about_the_row_under_the_cursor() {
    for (keys, line) in [
        ("1 j j b", "break task T2"),
        ("2 j b", "break agent a1"),
        ("3 k b", "break read W1 S1"),
        ("4 j b", "break write a2"),
        ("1 b", "break "),
        ("2 j j w", "watch cost.a2"),
        ("3 k w", "watch readers(W1 S1)"),
        ("1 u", "until "),
        ("1 /", "find "),
    ] {
        let mut story = Story::working(140, 40);
        assert_eq!(story.press(keys), [], "{keys}");
        assert_eq!(prompt(&story).as_deref(), Some(line), "{keys}");
    }
}

#[test]
fn the_agent_under_the_cursor_is_stepped_and_stopped() {
    let step = |agent| vec![Effect::Send(Command::Step { agent: Some(AgentId(agent)) })];
    let mut story = Story::working(140, 40);
    assert_eq!(story.press("2 j j j s"), step(3));
    assert_eq!(story.press("1 j j j j s"), step(4), "the one that holds the task");
    assert_eq!(story.press("2 x"), []);
    assert!(matches!(story.ui.modals.last(), Some(Modal::Confirm(_))));
    assert_eq!(story.press("y enter"), []);
    assert_eq!(story.press_later("y"), [Effect::Send(Command::StopAgent { agent: AgentId(3) })]);
    story.press("X");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Quit(_))));
}

#[test]
fn a_task_moves_one_place_among_those_that_wait() {
    let mut story = Story::working(140, 40);
    // T6 is the only one that nobody has claimed; two more make a queue.
    for id in 7..=8 {
        let task = NewTask { id: TaskId(id), text: format!("look at matter {id}"), deps: vec![], focus: vec![] };
        story.fact(Fact::TasksAdded { tasks: vec![task], by: Author::Human });
    }
    let moved = |task: u32, before: Option<u32>| {
        vec![Effect::Send(Command::MoveTask { task: TaskId(task), before: before.map(TaskId) })]
    };
    assert_eq!(story.press("1 g j j j j j j J"), moved(7, None));
    assert_eq!(story.press("K"), moved(7, Some(6)));
    assert_eq!(story.press("k J"), moved(6, Some(8)));
    assert_eq!(story.press("K"), [], "it is the first");
    assert_eq!(story.press("g K"), [], "it is done");
    assert_eq!(story.ui.focus, Focus::Queue);
}

#[test]
fn undo_and_deferral_are_commands_at_once() {
    let mut story = Story::working(140, 40);
    assert_eq!(story.press("U"), [Effect::Send(Command::Undo)]);
    let defer = Command::Defer { decision: Some(WRITE) };
    assert_eq!(story.press("4 j D"), [Effect::Send(defer)]);
}
