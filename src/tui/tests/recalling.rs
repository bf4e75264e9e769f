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
