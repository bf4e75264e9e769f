//! Forms: what is typed into them is not lost by one key, and they decide nothing that a card would not.

use crate::{
    run::*,
    tui::fixture::{Story, WRITE, sent},
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
