//! The line in which commands are typed: what Enter does with it, what it proposes, and that it decides nothing.

use crate::{
    run::*,
    tui::{
        Attachment, Left,
        fixture::{Story, WRITE},
        modal::Modal,
        msg::{Effect, Msg},
    },
};

/// Opens the line, types and presses Enter.
fn typed(story: &mut Story, line: &str) -> Vec<Effect> {
    story.press(":");
    let mut effects = story.type_text(line);
    effects.extend(story.press("enter"));
    effects
}

fn said(story: &Story) -> String {
    story.ui.notices.all().next_back().map(|(_, text)| text.clone()).unwrap_or_default()
}

fn prompt(story: &Story) -> Option<String> {
    match story.ui.modals.last() {
        Some(Modal::Prompt(prompt)) => Some(prompt.text()),
        _ => None,
    }
}

#[test]
fn commands_are_sent_as_they_are_typed() {
    let mut story = Story::working(140, 40);
    assert_eq!(typed(&mut story, "pause"), [Effect::Send(Command::Pause)]);
    assert!(story.ui.modals.is_empty(), "what was taken goes");
    assert_eq!(typed(&mut story, "stepi a2"), [Effect::Send(Command::Step { agent: Some(AgentId(2)) })]);
    let drop = Command::DropTask { task: TaskId(6), reason: "too broad".into() };
    assert_eq!(typed(&mut story, "drop T6 too broad"), [Effect::Send(drop)]);
    assert_eq!(typed(&mut story, ""), []);
    assert!(story.ui.modals.is_empty());
}

#[test]
fn a_wrong_line_stays_with_a_caret_under_what_is_wrong() {
    let mut story = Story::working(140, 40);
    assert_eq!(typed(&mut story, "stepi T2"), []);
    assert_eq!(prompt(&story).as_deref(), Some("stepi T2"));
    let picture = story.picture();
    let at = |line: &str, text: &str| {
        let line = picture.lines().find(|shown| shown.contains(line)).unwrap_or_else(|| panic!("{line}\n{picture}"));
        line[..line.find(text).unwrap()].chars().count()
    };
    assert_eq!(at(": stepi T2", "T2"), at("is not an agent", "^"), "{picture}");
    // Typing on takes the complaint away.
    story.press("backspace");
    assert!(!story.picture().contains("is not an agent"));
}

#[test]
fn what_was_typed_comes_back() {
    let mut story = Story::working(140, 40);
    typed(&mut story, "pause");
    story.press(":");
    story.type_text("note half a thou");
    story.press("esc :");
    assert_eq!(prompt(&story).as_deref(), Some(""));
    story.press("up");
    assert_eq!(prompt(&story).as_deref(), Some("note half a thou"));
    story.press("up up up");
    assert_eq!(prompt(&story).as_deref(), Some("pause"));
    story.press("down down");
    assert_eq!(prompt(&story).as_deref(), Some(""));
}

#[test]
fn tab_completes_verbs_and_what_follows_them() {
    let mut story = Story::working(140, 40);
    story.press(":");
    story.type_text("rec");
    story.press("tab");
    assert_eq!(prompt(&story).as_deref(), Some("recall "));
    story.press("tab");
    assert_eq!(prompt(&story).as_deref(), Some("recall W1 S1"));
    story.press("tab");
    assert_eq!(prompt(&story).as_deref(), Some("recall W0 S1"));
    story.type_text(" n");
    story.press("tab");
    assert_eq!(prompt(&story).as_deref(), Some("recall W0 S1 nothing "));
}

#[test]
fn no_key_typed_into_it_decides() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    story.pass(1_000);
    story.press(":");
    let mut effects = vec![];
    for key in "yedfsrax".chars() {
        story.pass(400);
        effects.extend(story.type_text(&key.to_string()));
    }
    effects.extend(story.send(Msg::Paste("y\ny\n".to_owned())));
    assert_eq!(effects, []);
    // Leaving it for the card lets the keys rest again.
    assert_eq!(story.press("esc y"), []);
}

#[test]
fn a_typed_decision_is_shown_whole_before_its_own_key_takes_it() {
    let mut story = Story::working(140, 40);
    assert_eq!(typed(&mut story, "approve #2"), [], "Enter never approves");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Batch(_))));
    assert!(story.picture().contains("at no charge."), "{}", story.picture());
    assert_eq!(story.press("y"), [], "its key rests");
    assert_eq!(story.press_later("enter"), []);
    let approve = Command::Decide { decision: WRITE, choice: Choice::Approve };
    assert_eq!(story.press_later("y"), [Effect::Send(approve)]);
    assert!(story.ui.modals.is_empty());

    let mut story = Story::working(140, 40);
    typed(&mut story, "veto #2 requeue it says nothing of prior versions");
    story.decided(WRITE);
    assert!(story.ui.modals.is_empty(), "what was decided elsewhere is no longer covered");
    assert_eq!(story.press_later("y"), []);
    typed(&mut story, "approve #9");
    assert_eq!(prompt(&story).as_deref(), Some("approve #9"), "{}", said(&story));
}

#[test]
fn stopping_asks_as_its_key_does() {
    let mut story = Story::working(140, 40);
    assert_eq!(typed(&mut story, "stop"), []);
    assert!(matches!(story.ui.modals.last(), Some(Modal::Quit(_))));
    story.press("esc");
    assert_eq!(typed(&mut story, "stop a3"), []);
    assert_eq!(story.press("y"), []);
    assert_eq!(story.press_later("y"), [Effect::Send(Command::StopAgent { agent: AgentId(3) })]);
}

#[test]
fn the_past_and_a_finished_run_are_only_looked_at() {
    let mut story = Story::working(140, 40);
    typed(&mut story, "goto 5");
    assert!(!story.timeline.is_live());
    assert_eq!(typed(&mut story, "drop T6"), []);
    assert!(said(&story).contains("this is the past, event 5"), "{}", said(&story));
    assert_eq!(prompt(&story).as_deref(), Some("drop T6"), "nothing is lost");
    story.press("esc");
    typed(&mut story, "live");
    assert!(story.timeline.is_live());
    story.answered();
    assert_eq!(story.ui.attachment, Attachment::Finished);
    assert_eq!(typed(&mut story, "drop T6"), []);
    assert!(said(&story).contains("the run has ended; `recall` and `again` open it once more"), "{}", said(&story));
    story.press("esc");
    let recalled = typed(&mut story, "recall W1 S1 all it is false");
    assert!(matches!(recalled[..], [Effect::Send(Command::Recall { .. })]), "{recalled:?}");
}

#[test]
fn another_run_is_opened_and_forked_behind_a_question_while_the_team_works() {
    for (line, left) in [
        ("fork 12", Left::Fork(Some(Seq(12)))),
        ("fork", Left::Fork(None)),
        ("open 20260102-lamp", Left::Open(RunId("20260102-lamp".into()))),
    ] {
        let mut story = Story::working(140, 40);
        assert_eq!(typed(&mut story, line), []);
        assert_eq!(story.press("y"), []);
        assert_eq!(story.press_later("y"), [Effect::Leave(left.clone())]);
        let mut story = Story::working(140, 40);
        story.answered();
        assert_eq!(typed(&mut story, line), [Effect::Leave(left)], "nobody works: nothing is asked");
    }
}

#[test]
fn a_line_is_cleared_as_in_a_shell() {
    let mut story = Story::working(140, 40);
    story.press(":");
    "drop T6".chars().for_each(|key| drop(story.press(&key.to_string().replace(' ', "space"))));
    assert_eq!(prompt(&story).as_deref(), Some("drop T6"));
    story.press("ctrl-u");
    assert_eq!(prompt(&story).as_deref(), Some(""));
}

#[test]
fn expectations_are_for_scripts_and_say_whether_they_hold() {
    let mut story = Story::working(140, 40);
    typed(&mut story, "expect decisions = 2");
    assert!(said(&story).starts_with("decisions = 2 holds"));
    typed(&mut story, "wait decisions = 0");
    assert!(said(&story).starts_with("decisions = 0 does not hold"));
}

#[test]
fn pictures() {
    for (width, height) in [(140, 40), (80, 24), (50, 15)] {
        let mut story = Story::working(width, height);
        story.press(":");
        story.type_text("re");
        insta::assert_snapshot!(format!("verbs_{width}x{height}"), story.picture());
        story.type_text("call W1");
        insta::assert_snapshot!(format!("words_{width}x{height}"), story.picture());
        story.type_text(" because the year is misread");
        story.press("enter");
        insta::assert_snapshot!(format!("complaint_{width}x{height}"), story.picture());
        story.press("esc");
        typed(&mut story, "veto #2 it says nothing of prior versions");
        insta::assert_snapshot!(format!("decides_{width}x{height}"), story.picture());
    }
}
