//! The decision about a cap: raised by a typed amount, finished, or stopped; and the wish to finish now.

use crate::{
    run::*,
    tui::{
        Left,
        fixture::Story,
        modal::Modal,
        msg::{Effect, Msg},
    },
};

const BUDGET: DecisionId = DecisionId(3);

/// A third decision is open, about the run's cap.
fn capped(width: u16, height: u16, cap: Cap, usd: Option<f64>) -> Story {
    let mut story = Story::working(width, height);
    let used =
        Usage { input_tokens: 38_000, output_tokens: 3_200, cached_tokens: 9_000, usd: Some(0.4812), ..Usage::NONE };
    let worst = Usage { input_tokens: 3_100, output_tokens: 2_000, estimated_tokens: 3_100, usd, ..Usage::NONE };
    let ask = Ask::Budget { scope: Scope::Run, cap, used, call: CallKind::Reason, worst };
    assert_eq!(story.open(3, Some(3), ask), BUDGET);
    story.press("4 G");
    story
}

fn dollars(width: u16, height: u16) -> Story {
    capped(width, height, Cap { usd: Some(0.5), tokens: None }, Some(0.0312))
}

fn decided(effects: &[Effect]) -> Vec<Choice> {
    let choice = |effect: &Effect| match effect {
        Effect::Send(Command::Decide { decision: BUDGET, choice }) => Some(choice.clone()),
        _ => None,
    };
    effects.iter().filter_map(choice).collect()
}

#[test]
fn its_card_and_its_form() {
    for (width, height) in [(140, 40), (80, 24), (50, 15)] {
        let mut story = dollars(width, height);
        story.press("enter");
        story.pass(400);
        insta::assert_snapshot!(format!("budget_{width}x{height}"), story.picture());
        story.press("r");
        story.type_text("0.51");
        insta::assert_snapshot!(format!("raise_{width}x{height}"), story.picture());
    }
}

#[test]
fn a_cap_is_raised_by_what_was_typed_and_by_nothing_less() {
    let mut story = dollars(140, 40);
    story.press("enter");
    story.press_later("r");
    assert_eq!(story.press("ctrl-s"), [], "nothing is filled in");
    story.type_text("0.5");
    assert_eq!(story.press("enter ctrl-s"), []);
    assert!(story.picture().contains("too low: with this call it may come to $0.5124"), "{}", story.picture());
    story.type_text("2");
    let effects = story.press("ctrl-s");
    assert_eq!(decided(&effects), [Choice::Raise { cap: Cap { usd: Some(0.52), tokens: None } }]);

    let mut story = capped(140, 40, Cap { usd: None, tokens: Some(40_000) }, None);
    story.press_later("r");
    story.type_text("200k");
    let effects = story.press("ctrl-s");
    assert_eq!(decided(&effects), [Choice::Raise { cap: Cap { usd: None, tokens: Some(200_000) } }]);
}

#[test]
fn an_unknown_price_fits_under_no_cap_in_dollars_but_may_be_let_go() {
    let mut story = capped(140, 40, Cap { usd: Some(0.5), tokens: None }, None);
    story.press("enter");
    assert!(story.picture().contains("its price is unknown"));
    story.press_later("r");
    story.type_text("900");
    assert_eq!(story.press("ctrl-s"), []);
    story.press("ctrl-u");
    for _ in 0..3 {
        story.send(Msg::Key(crossterm::event::KeyCode::Backspace.into()));
    }
    story.type_text("none");
    assert_eq!(decided(&story.press("ctrl-s")), [Choice::Raise { cap: Cap::default() }]);
}

#[test]
fn finishing_and_stopping_have_their_own_keys_which_rest_like_the_others() {
    let mut story = dollars(140, 40);
    story.press("enter");
    assert_eq!(story.press("f s"), []);
    assert_eq!(decided(&story.press_later("f")), [Choice::Finish]);
    assert_eq!(decided(&story.press_later("f")), [], "and not twice");

    let mut story = dollars(140, 40);
    story.press("enter");
    assert_eq!(story.press_later("s"), [Effect::Leave(Left::Quit)]);
}

#[test]
fn approving_editing_and_vetoing_do_nothing_and_say_so() {
    for place in ["", "enter"] {
        let mut story = dollars(140, 40);
        story.press(place);
        for key in ["y", "e", "d"] {
            assert_eq!(story.press_later(key), []);
            let said = story.ui.notices.all().next_back().map(|(_, text)| text.clone()).unwrap_or_default();
            assert!(said.contains("neither approved nor vetoed"), "{key}: {said}");
        }
        // A word that begins with one of them does not go on to stop the run.
        story.pass(400);
        assert_eq!(story.type_text("yes"), []);
    }
}

#[test]
fn its_row_opens_the_card_before_anything_is_finished() {
    let mut story = dollars(140, 40);
    assert_eq!(story.press_later("f"), []);
    assert!(matches!(story.ui.modals.last(), Some(Modal::Card(card)) if card.id == BUDGET));
    let mut story = dollars(140, 40);
    story.press("k");
    assert_eq!(story.press_later("f s r"), [], "another decision is not about money");
    assert!(story.ui.modals.is_empty());
}

#[test]
fn a_form_that_the_run_closes_says_what_was_typed() {
    let mut story = dollars(140, 40);
    story.press_later("r");
    story.type_text("7.50");
    story.decided(BUDGET);
    assert!(!story.ui.modals.iter().any(|modal| matches!(modal, Modal::Raise(_))));
    assert!(story.ui.notices.all().any(|(_, text)| text.contains("7.50")));
}

#[test]
fn finishing_now_asks_first() {
    for (width, height) in [(140, 40), (80, 24), (50, 15)] {
        let mut story = Story::working(width, height);
        story.press("F");
        insta::assert_snapshot!(format!("finish_{width}x{height}"), story.picture());
    }
    let mut story = Story::working(140, 40);
    assert_eq!(story.press("F enter y esc"), []);
    story.press("F");
    assert_eq!(story.type_text("for"), [], "a word finishes nothing");
    assert_eq!(story.press_later("f"), [Effect::Send(Command::Finish)]);
    story.fact(Fact::WorkClosed { closing: Closing::Wanted });
    assert!(story.picture().contains("finishing"), "{}", story.picture());
    story.press("F");
    assert!(story.ui.modals.is_empty(), "once is enough");
}
