//! What a recall changes on the screen: pages that are open say so, and the entries that it reached are marked.

use crate::{
    run::*,
    tui::{fixture::Story, modal::Modal},
};

fn lamp() -> Label {
    Label::new(Author::Agent(AgentId(1)), 1)
}

/// The run ends with an answer that uses W1 S1.
fn answered(width: u16, height: u16) -> Story {
    let mut story = Story::working(width, height);
    story.answered();
    story
}

fn recalled(story: &mut Story, label: Label, suspect: Vec<Label>) {
    let reason = "it binds only who distributes".to_owned();
    story.fact(Fact::EntryRecalled { label, reason, suspect });
}

#[test]
fn an_open_answer_says_that_it_is_written_again_and_gives_way_to_the_next_one() {
    let mut story = answered(140, 40);
    story.press("A j");
    let again = "This answer is being written again: W1 S1 was recalled";
    assert!(!story.picture().contains("again"), "{}", story.picture());
    recalled(&mut story, lamp(), vec![]);
    story.fact(Fact::RunReopened { reason: "W1 S1 was recalled".to_owned() });
    let picture = story.picture();
    assert!(picture.contains(again) && picture.contains("Only the AGPL-3 obliges"), "{picture}");
    let answer = Answer { text: "Nothing obliges [W0 S2].".to_owned(), citations: vec![], entries: vec![] };
    story.fact(Fact::AnswerWritten { answer: Box::new(answer) });
    let picture = story.picture();
    assert!(picture.contains("Nothing obliges [W0 S2].") && picture.contains("0 citations"), "{picture}");
    assert!(!picture.contains("Only the AGPL-3") && !picture.contains("again"), "{picture}");
    story.fact(Fact::RunEnded { outcome: Outcome::Answered });
    // Each moment has its own.
    story.press("left left");
    let picture = story.picture();
    assert!(picture.contains(again) && picture.contains("Only the AGPL-3"), "{picture}");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Answer(_))));
}

#[test]
fn an_answer_that_the_run_went_on_from_is_not_passed_off_as_its_end() {
    let mut story = answered(140, 40);
    story.fact(Fact::RunReopened { reason: "W1 S1 was recalled".to_owned() });
    story.press("A");
    story.fact(Fact::RunEnded { outcome: Outcome::Unanswered("you dropped the answer".to_owned()) });
    let picture = story.picture();
    assert!(picture.contains("ended without another one: you dropped the answer"), "{picture}");
}

/// W1 S1 is recalled, and what rests on it, W2 S1, is suspect.
fn marked(width: u16, height: u16) -> Story {
    let mut story = Story::working(width, height);
    let proposal = story.proposal(3, 2, "The GPL-3 itself obliges nobody towards remote users of a server.");
    story.admit(proposal);
    recalled(&mut story, lamp(), vec![Label::new(Author::Agent(AgentId(2)), 1)]);
    story
}

#[test]
fn entries_that_a_recall_reached_are_marked_where_they_stand() {
    for (width, height) in [(140, 40), (80, 24), (50, 20)] {
        let mut story = marked(width, height);
        story.press("3 left");
        let before = story.picture();
        assert!(!before.contains("RECALLED") && !before.contains("suspect"), "{before}");
        story.press("right");
        let picture = story.picture();
        let row = |label: &str, words: &str| {
            let row = picture.lines().find(|line| line.contains(label)).unwrap_or_default();
            assert!(row.contains(words), "{picture}");
        };
        row("W1 S1 ", "RECALLED ✓ FACT");
        row("W2 S1 ", "suspect ✓ FACT");
        assert!(picture.lines().all(|line| line.chars().count() <= usize::from(width)), "{picture}");
        insta::assert_snapshot!(format!("recalled_{width}x{height}"), picture);
    }
}

#[test]
fn the_page_of_an_entry_says_how_it_stands() {
    let mut story = marked(140, 40);
    story.press("3 k enter");
    assert!(story.picture().contains("standing    suspect: it rests on what is recalled"), "{}", story.picture());
    // The page is open while it happens.
    recalled(&mut story, Label::new(Author::Agent(AgentId(2)), 1), vec![]);
    assert!(story.picture().contains("standing    RECALLED: it must not be used"), "{}", story.picture());
}

#[test]
fn a_recall_is_not_offered_twice() {
    let mut story = Story::working(140, 40);
    story.press("3 k r");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Prompt(_))) && story.picture().contains("recall … all"));
    story.press("esc esc");
    recalled(&mut story, lamp(), vec![]);
    story.press("r");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Report(_))), "{}", story.picture());
    assert!(story.picture().contains("it is recalled already") && !story.picture().contains("recall … all"));
}
