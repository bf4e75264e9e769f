//! Forms: what is typed into them is not lost by one key, and they decide nothing that a card would not.

use crate::{
    run::*,
    tui::{
        fixture::{Story, WRITE, sent},
        modal::Modal,
    },
};

#[test]
fn what_was_typed_is_thrown_away_by_a_second_esc_only() {
    let question = "Throw away what you wrote? Esc again does";
    for (keys, left) in [("i", 0), ("4 j enter d", 1), ("4 j enter e", 1)] {
        let mut story = Story::working(140, 40);
        for key in keys.split(' ') {
            story.press_later(key);
        }
        let open = story.ui.modals.len();
        story.press("esc");
        assert_eq!(story.ui.modals.len(), left, "{keys}: nothing was typed");
        let last = keys.split(' ').next_back().unwrap();
        story.press_later(last);
        story.type_text("a long thought");
        story.press("esc");
        let picture = story.picture();
        assert!(story.ui.modals.len() == open && picture.contains(question), "{keys}: {picture}");
        story.type_text("!");
        assert!(!story.picture().contains(question), "{keys}: it goes on");
        story.press("esc");
        assert!(story.picture().contains("a long thought!"), "{keys}: it asks again");
        assert_eq!(story.press("esc"), []);
        assert_eq!(story.ui.modals.len(), left, "{keys}");
    }
}

#[test]
fn arrows_move_in_the_reason_of_a_veto_and_tab_turns_what_becomes_of_the_task() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    story.press_later("d");
    assert!(story.picture().contains("Tab change"), "{}", story.picture());
    story.type_text("wrong yer");
    story.press("left");
    story.type_text("a");
    story.press("right tab");
    let veto = Choice::Veto { reason: "wrong year".to_owned(), then: Then::Requeue };
    assert_eq!(sent(&story.press("enter")), [Command::Decide { decision: WRITE, choice: veto }]);
}

/// A write of forty lines, of which each is wrapped into two at 80 columns.
fn long_write(story: &mut Story) -> DecisionId {
    let result: Vec<String> = (1..=40).map(|n| format!("{n} {}", "of what is owed ".repeat(6))).collect();
    let proposal = story.proposal(3, 3, &result.join("\n"));
    story.open(3, Some(3), Ask::Write { proposal: Box::new(proposal) })
}

#[test]
fn what_was_not_read_is_not_approved_as_an_edit_that_changes_nothing() {
    for keys in ["4 G enter", "4 G"] {
        let mut story = Story::working(140, 24);
        let id = long_write(&mut story);
        story.press(keys);
        story.press_later("e");
        assert_eq!(sent(&story.press("ctrl-s")), [], "{keys}");
        assert!(matches!(story.ui.modals.last(), Some(Modal::Edit(_))), "{keys}");
        let (_, said) = story.ui.notices.all().next_back().unwrap().clone();
        assert!(said.starts_with("not taken: ") && said.ends_with("read to its end first"), "{said}");
        // What is changed was not proposed.
        story.type_text("not ");
        let [Command::Decide { decision, choice: Choice::Edit { .. } }] = sent(&story.press("ctrl-s"))[..] else {
            panic!("{keys}");
        };
        assert_eq!(decision, id);
    }
    let mut story = Story::working(140, 24);
    long_write(&mut story);
    story.press("4 G enter G");
    story.press_later("e");
    assert_eq!(sent(&story.press("ctrl-s")).len(), 1, "it was read to its end");
}

#[test]
fn the_edit_form_has_room_for_its_lines_and_counts_those_it_hides() {
    let mut story = Story::working(50, 40);
    story.press("4 j enter G");
    story.press_later("e");
    let picture = story.picture();
    assert!(picture.contains("at no charge.") && !picture.contains('↓'), "{picture}");

    let mut story = Story::working(80, 24);
    long_write(&mut story);
    story.press("4 G enter G");
    story.press_later("e");
    let lines = |picture: &str, arrow: char| {
        let (_, after) = picture.split_once(&format!("{arrow} "))?;
        after.split(' ').next()?.parse::<usize>().ok()
    };
    let picture = story.picture();
    let below = lines(&picture, '↓').unwrap_or_default();
    let shown = picture.lines().filter(|line| line.contains("what is owed")).count();
    assert!(lines(&picture, '↑').is_none() && below + shown == 80, "{below} {shown} {picture}");
    for _ in 0..50 {
        story.press("down");
    }
    let picture = story.picture();
    let (above, below) = (lines(&picture, '↑').unwrap_or_default(), lines(&picture, '↓').unwrap_or_default());
    assert!(above > 0 && above + shown + below == 80, "{above} {below} {picture}");
}
