//! All open decisions in the editor: nothing is done by saving, everything is shown before it is done. And decisions
//! that decide themselves.

use crate::{
    run::*,
    tui::{
        fixture::{CLAIM, Story, WRITE},
        msg::{Effect, Msg},
    },
};

/// Opens the editor, and gives the text that it was handed.
fn handed(story: &mut Story) -> String {
    match &story.press("4 E")[..] {
        [Effect::Edit(text)] => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn saved(story: &mut Story, text: &str) -> Vec<Effect> {
    story.send(Msg::Edited(Ok(text.to_owned())))
}

fn said(story: &Story) -> String {
    story.ui.notices.all().next_back().map(|(_, text)| text.clone()).unwrap_or_default()
}

/// Rewords the write, and adds a note.
fn reworded(text: &str) -> String {
    format!(
        "{}\n+ FAIL\n  Do not look at the GFDL: it is not about software.\n",
        text.replace("at no charge", "for nothing")
    )
}

#[test]
fn pictures() {
    for (width, height) in [(140, 40), (80, 24), (50, 15)] {
        let mut story = Story::working(width, height);
        let text = handed(&mut story);
        saved(&mut story, &reworded(&text));
        insta::assert_snapshot!(format!("batch_{width}x{height}"), story.picture());
    }
}

#[test]
fn what_was_saved_is_shown_and_then_done_by_its_own_key() {
    let mut story = Story::working(140, 40);
    let text = handed(&mut story);
    assert_eq!(saved(&mut story, &reworded(&text)), [], "saving does nothing");
    assert_eq!(story.press("y"), [], "its key rests");
    assert_eq!(story.press_later("enter"), []);
    let mut effects = story.press_later("y");
    let Some(Effect::Send(Command::Decide { choice: Choice::Edit { text }, .. })) =
        effects.iter().find(|effect| matches!(effect, Effect::Send(Command::Decide { decision: WRITE, .. })))
    else {
        panic!("{effects:?}")
    };
    assert!(text.ends_with("for nothing."));
    effects.retain(|effect| !matches!(effect, Effect::Send(Command::Decide { decision: WRITE, .. })));
    let note = "Do not look at the GFDL: it is not about software.".to_owned();
    assert_eq!(effects.len(), 2);
    assert!(effects.contains(&Effect::Send(Command::Decide { decision: CLAIM, choice: Choice::Approve })));
    assert!(effects.contains(&Effect::Send(Command::AddNote { kind: EntryKind::Fail, text: note })));
    assert_eq!(story.press_later("y"), [], "and once");
}

#[test]
fn an_unchanged_or_empty_text_does_nothing() {
    for edit in [str::to_owned as fn(&str) -> String, |_| String::new()] {
        let mut story = Story::working(140, 40);
        let text = handed(&mut story);
        saved(&mut story, &edit(&text));
        assert!(story.ui.modals.is_empty() && said(&story).contains("nothing is done"));
    }
}

#[test]
fn a_text_that_cannot_be_read_or_was_not_carried_out_is_opened_again() {
    let mut story = Story::working(140, 40);
    let text = handed(&mut story);
    let wrong = text.replace("== #1 ", "== one ");
    saved(&mut story, &wrong);
    assert!(story.ui.modals.is_empty() && said(&story).contains("names no decision"), "{}", said(&story));
    assert_eq!(handed(&mut story), wrong);
    let right = reworded(&text);
    saved(&mut story, &right);
    assert_eq!(story.press_later("esc"), []);
    assert_eq!(handed(&mut story), right);
    story.send(Msg::Edited(Err("vi cannot be run".to_owned())));
    assert!(said(&story).contains("vi cannot be run"));
    assert_eq!(handed(&mut story), right);
}

#[test]
fn what_was_decided_while_the_editor_was_open_is_not_covered() {
    let mut story = Story::working(140, 40);
    let text = handed(&mut story);
    story.decided(CLAIM);
    saved(&mut story, &reworded(&text));
    assert!(!story.picture().contains("CLAIM"), "{}", story.picture());
    // One more goes while the form is open: the keys rest again.
    story.pass(1_000);
    story.decided(WRITE);
    assert_eq!(story.press("y"), []);
    assert!(matches!(story.press_later("y")[..], [Effect::Send(Command::AddNote { .. })]));
}

#[test]
fn a_form_that_does_not_fit_is_read_to_its_end_first() {
    let mut story = Story::working(50, 15);
    let text = handed(&mut story);
    saved(&mut story, &reworded(&text));
    assert_eq!(story.press_later("y"), []);
    assert!(said(&story).contains("read to its end first"), "{}", said(&story));
    story.press("G");
    assert_eq!(story.press_later("y").len(), 3);
}

#[test]
fn a_decision_that_decides_itself_counts_down() {
    for (width, height) in [(140, 40), (80, 24), (50, 15)] {
        let mut story = Story::working(width, height);
        let id = story.timeline.head().next_decision();
        let veto = Choice::Veto { reason: "nobody looked".into(), then: Then::Retry };
        let deadline = Some(DueChoice { after_ms: 90_000, choice: veto });
        let decision = Decision { id, agent: AgentId(3), task: Some(TaskId(3)), ask: Ask::Claim, deadline };
        story.fact(Fact::SessionStarted { pid: 7 });
        story.fact(Fact::GateOpened { decision: Box::new(decision) });
        story.press("4 G");
        story.pass(28_500);
        assert!(story.picture().contains("01:02 → veto"), "{}", story.picture());
        story.press("enter");
        assert!(story.picture().contains("01:02 → veto"), "{}", story.picture());
        // A paused team waits, a deadline does not.
        story.fact(Fact::PauseAsked);
        story.fact(Fact::RunPaused);
        assert!(story.ui.wakes_at(story.timeline.head()).is_some_and(|at| at.since(story.ui.now) <= 1_000));
    }
}
