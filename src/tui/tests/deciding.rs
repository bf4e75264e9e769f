//! Deciding on the screen (SCREEN.md "A decision opened"): a key decides on its card and nowhere else.

use crate::{
    run::*,
    tui::{
        fixture::{CLAIM, Story, WRITE},
        modal::Modal,
        msg::{Effect, Msg, Size},
    },
};

fn decided(effects: &[Effect]) -> Vec<(DecisionId, Choice)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send(Command::Decide { decision, choice }) => Some((*decision, choice.clone())),
            _ => None,
        })
        .collect()
}

#[test]
fn a_decision_is_taken_by_its_key_on_its_card() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    assert_eq!(decided(&story.press_later("y")), [(WRITE, Choice::Approve)]);
    assert!(matches!(story.ui.modals.last(), Some(Modal::Card(_))), "the card stays until the run says it is closed");
    assert_eq!(decided(&story.press_later("y")), [], "and is not sent twice");
    story.decided(WRITE);
    assert!(story.ui.modals.is_empty());
}

#[test]
fn keys_rest_after_a_card_appears_or_changes_under_the_cursor() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    assert_eq!(decided(&story.press("y")), []);
    assert!(matches!(story.ui.modals.last(), Some(Modal::Card(_))));
    story.press_later("tab");
    assert_eq!(decided(&story.press("y")), [], "another card rests again");
    assert_eq!(decided(&story.press_later("y")), [(CLAIM, Choice::Approve)]);

    let mut story = Story::working(140, 40);
    story.press("4");
    story.pass(400);
    // The row under the cursor is decided elsewhere, so another one comes under it.
    story.decided(CLAIM);
    assert_eq!(decided(&story.press("y")), []);
}

/// (FAILURES 2)
#[test]
fn typing_pasting_and_resizing_decide_nothing() {
    let every_key = "yed\tqnci?A+_M[]ojkgGyed \n";
    for place in ["", "1", "2", "3", "? ", "i", "1 enter enter", "3 k enter", "M"] {
        let mut story = Story::working(140, 40);
        story.press(place);
        story.pass(1000);
        assert_eq!(decided(&story.send(Msg::Paste("y\ny\nyyyy\x1b[200~y".to_owned()))), [], "{place}");
        assert_eq!(decided(&story.send(Msg::Resize(Size { width: 90, height: 30 }))), [], "{place}");
        assert_eq!(decided(&story.press_later("y y enter esc enter y")), [], "{place}");
        assert!(story.timeline.head().decisions.len() == 2);
    }
    // On the card itself pasted keys are nothing.
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    story.pass(1000);
    assert_eq!(story.send(Msg::Paste(every_key.to_owned())), []);
    assert_eq!(story.send(Msg::Resize(Size { width: 100, height: 30 })), []);
    assert!(matches!(story.ui.modals.last(), Some(Modal::Card(_))));
}

#[test]
fn a_burst_of_keys_while_decisions_pop_up_decides_nothing() {
    let mut story = Story::working(140, 40);
    story.press("4");
    for round in 0..20 {
        story.open(3, Some(3), Ask::Claim);
        story.decided(DecisionId(round + 1));
        assert_eq!(decided(&story.type_text("yyyy")), []);
    }
}

#[test]
fn a_sentence_typed_onto_a_card_decides_nothing() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter o");
    story.pass(1_000);
    // The veto key comes too early, and the reason after it at the pace of a quick typist.
    story.press("esc d");
    for letter in "this wraps a why: badly worry, ivy, try".chars().filter(|letter| !"eio ".contains(*letter)) {
        story.pass(120);
        assert_eq!(decided(&story.type_text(&letter.to_string())), []);
    }
    // Its colon opened the line for commands, which took the rest.
    assert!(matches!(story.ui.modals.last(), Some(Modal::Prompt(_))));
    assert_eq!(decided(&story.press_later("esc y")), []);
    assert_eq!(decided(&story.press_later("y")), [(WRITE, Choice::Approve)]);
}

#[test]
fn enter_and_esc_never_decide() {
    let mut story = Story::working(140, 40);
    story.press("4");
    let mut effects = story.press_later("enter");
    for _ in 0..6 {
        effects.extend(story.press_later("enter"));
        effects.extend(story.press_later("esc"));
    }
    assert_eq!(effects, []);
}

#[test]
fn a_row_is_approved_only_when_it_says_everything() {
    let mut story = Story::working(140, 40);
    story.press("4");
    assert_eq!(decided(&story.press_later("y")), [(CLAIM, Choice::Approve)], "the claim fits in its row");

    let mut story = Story::working(140, 40);
    story.press("4 j");
    assert_eq!(decided(&story.press_later("y")), [], "the write is cut in its row");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Card(card)) if card.id == WRITE), "so its card opens");

    let mut story = Story::working(90, 24);
    story.press("4");
    assert_eq!(decided(&story.press_later("y")), [], "the line of a narrow screen says less");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Card(card)) if card.id == CLAIM));
}

fn long_write(story: &mut Story) -> DecisionId {
    let result = (1..=10_000).map(|n| format!("line {n}\n")).collect::<String>();
    let proposal = story.proposal(3, 3, &result);
    story.open(3, Some(3), Ask::Write { proposal: Box::new(proposal) })
}

/// (FAILURES 3)
#[test]
fn a_long_proposal_is_not_approved_unread() {
    for width in [50, 80, 140] {
        let mut story = Story::working(width, 24);
        let id = long_write(&mut story);
        story.press("4 G enter");
        let picture = story.picture();
        assert!(picture.contains("lines ↓ to read before"), "{picture}");
        assert_eq!(decided(&story.press_later("y")), []);
        story.press("pgdn pgdn");
        assert_eq!(decided(&story.press_later("y")), []);
        story.press("G g");
        assert_eq!(decided(&story.press_later("y")), [(id, Choice::Approve)], "the end was reached once");
    }
}

#[test]
fn several_decisions_are_answered_in_any_order_each_to_its_own() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    assert_eq!(decided(&story.press_later("y")), [(WRITE, Choice::Approve)]);
    story.press_later("tab");
    assert_eq!(decided(&story.press_later("y")), [(CLAIM, Choice::Approve)]);
    story.decided(CLAIM);
    story.decided(WRITE);
    assert_eq!(decided(&story.press_later("y")), []);
}

#[test]
fn a_veto_needs_a_reason_and_says_what_next() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    assert_eq!(story.press_later("d enter"), []);
    story.send(Msg::Paste("wrong\ryear".to_owned()));
    let effects = story.press("tab enter");
    let veto = Choice::Veto { reason: "wrong year".to_owned(), then: Then::Requeue };
    assert_eq!(decided(&effects), [(WRITE, veto)]);
}

#[test]
fn an_edit_is_sent_by_its_own_key_and_a_changed_text_is_not_lost_by_one_esc() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    story.press_later("e");
    story.type_text("yes ");
    story.press("esc");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Edit(_))));
    let effects = story.press("ctrl-s");
    let [(WRITE, Choice::Edit { text })] = &decided(&effects)[..] else { panic!("{effects:?}") };
    assert!(text.starts_with("yes Who modifies"));

    story.pass(3_000);
    story.press("e");
    story.type_text("x");
    story.press("esc esc");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Card(_))));
}

#[test]
fn a_form_closes_with_its_decision_and_says_so() {
    let mut story = Story::working(140, 40);
    story.press("4 j enter");
    story.press_later("d");
    story.type_text("too broad");
    story.decided(WRITE);
    assert!(story.ui.modals.is_empty());
    assert!(story.ui.notices.all().any(|(_, text)| text.contains("too broad")));
}
