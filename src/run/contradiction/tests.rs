//! The rule over a table of pairs, thought through one by one.

use proptest::prelude::*;

use super::*;
use crate::run::{Admission, AgentId, Author, Entry, EntryKind};

const CONTRADICT: &[(&str, &str)] = &[
    // Amounts.
    ("The upload limit is 10 MB.", "The upload limit is 25 MB."),
    ("The survey covered 12 countries.", "The survey covered 15 countries."),
    ("Claims must be filed within 30 days.", "Claims must be filed within 60 days."),
    ("The licence costs $5 per seat.", "The licence costs $7 per seat."),
    ("The parser retries three times.", "The parser retries 5 times."),
    ("Acme had revenue of 5.2 million dollars in 2019.", "In 2019 Acme had revenue of 7.1 million dollars."),
    ("The error rate is 3%.", "The error rate is 4 percent."),
    ("The default timeout of the client is 30 seconds.", "The client's default timeout is 90 seconds."),
    ("3 of 5 tests passed.", "4 of 5 tests passed."),
    ("The archive contains 1,200 letters.", "The archive holds little. The archive contains 1,400 letters."),
    // Dates.
    ("The deadline is 12 March 2025.", "The deadline is 14 March 2025."),
    ("The deadline is March 12, 2025 [W0 S3].", "The deadline is 2025-04-12."),
    ("The treaty was signed in 1648.", "The treaty was signed in 1659."),
    ("Acme was founded in May 1998.", "Acme was founded in June 1998."),
    ("Version 2 was released in 2019.", "Version 2 was released in 2021."),
    // Negation.
    ("The parser supports nested comments.", "The parser does not support nested comments."),
    ("The MIT licence requires a copy of the notice.", "The MIT licence doesn't require a copy of the notice."),
    ("The server never caches private replies.", "The server caches private replies."),
    ("Modified files must carry notices.", "Modified files carry no notices."),
    ("The cluster no longer accepts guest accounts.", "The cluster accepts guest accounts."),
];

const AGREE: &[(&str, &str)] = &[
    // The same thing said twice, or rounded.
    ("The upload limit is 10 MB.", "The upload limit is 10 MB."),
    ("The parser retries three times.", "The parser retries 3 times."),
    ("The city has 5 million inhabitants.", "The city has 4.96 million inhabitants."),
    ("The city has about 100 schools.", "The city has 104 schools."),
    ("The deadline is 12 March 2025.", "The deadline is in March 2025."),
    // Another subject.
    ("The upload limit is 10 MB.", "The download limit is 25 MB."),
    ("Team A won 3 games in total.", "Team B won 5 games in total."),
    ("The Paris office of Acme has 40 engineers.", "The Lyon office of Acme has 55 engineers."),
    ("Section 3 lists four duties.", "Section 4 lists six duties."),
    ("Version 2 was released in 2019.", "Version 3 was released in 2021."),
    ("The maximum height of the north tower is 300 m.", "The maximum height of the south tower is 150 m."),
    // Another case.
    ("The speed limit in Germany is 100 km.", "The speed limit in France is 130 km."),
    ("Revenue was 5 million dollars in 2019.", "Revenue was 7 million dollars in 2020."),
    ("Revenue was 5 million dollars in 2019.", "Revenue was 7 million dollars."),
    ("With 4 workers the build takes 10 minutes.", "With 8 workers the build takes 6 minutes."),
    ("The rate limit is 100 requests.", "The rate limit for partners is 500 requests."),
    ("Revenue rose 5% in the first quarter.", "Revenue rose 7% in the second quarter."),
    // Bounds, ranges and lists.
    ("The trial had more than 100 patients.", "The trial had 120 patients."),
    ("The trip takes 10-20 minutes.", "The trip takes 15 minutes."),
    ("The box holds 3 red and 5 blue pens.", "The box holds 5 blue and 3 red pens."),
    ("The limit is 100 requests.", "The limit is 200 requests, up from 150 requests."),
    // What happens more than once.
    ("Sales grew in 2019.", "Sales grew in 2021."),
    ("The 2023 report was approved by the board.", "The 2024 report was approved by the board."),
    // A negation that denies something else, or nothing.
    ("The parser supports comments.", "The parser does not support nested comments."),
    ("Some tests pass on Windows.", "Some tests do not pass on Windows."),
    ("The licence allows commercial use.", "The text does not state that the licence allows commercial use."),
    ("The limit is not 100 requests.", "The limit is 200 requests."),
    ("It has 5 retries.", "It has 7 retries."),
    ("Is the upload limit 10 MB?", "The upload limit is 25 MB."),
    ("The notice must be kept.", "The notice must not only be kept."),
    ("The cache holds no more than 5 entries.", "The cache holds 5 entries."),
];

#[test]
fn pairs_that_contradict_each_other() {
    for (a, b) in CONTRADICT {
        assert!(contradict(a, b), "{a}  ::  {b}\n{:#?}\n{:#?}", statements(a), statements(b));
        assert!(contradict(b, a), "either way round: {a}  ::  {b}");
    }
}

#[test]
fn pairs_that_do_not() {
    for (a, b) in AGREE {
        assert!(!contradict(a, b), "{a}  ::  {b}\n{:#?}\n{:#?}", statements(a), statements(b));
        assert!(!contradict(b, a), "either way round: {a}  ::  {b}");
    }
}

#[test]
fn tasks_on_one_subject() {
    assert!(same_subject(
        "Find the deadline of the grant application",
        "What is the application deadline for the grant?"
    ));
    assert!(!same_subject("Find the deadline of the grant", "Find the budget of the grant"));
    assert!(!same_subject(
        "Summarise the duties of the tenant in Berlin flats",
        "Summarise the duties of the tenant in Hamburg flats"
    ));
}

fn entry(index: u32, gist: &str, citations: Vec<Citation>) -> Entry {
    Entry {
        label: Label::new(Author::Agent(AgentId(1)), index),
        kind: EntryKind::Fact,
        task: None,
        subtask: String::new(),
        gist: gist.to_owned(),
        citations,
        admission: Admission::Verified,
        summary: None,
        trajectory: None,
        taint: vec![],
    }
}

#[test]
fn one_document_behind_both_makes_one_word_of_difference_small() {
    let cites = || vec![Citation::of(Label::unit(3), 0..5)];
    let mut context = Context::default();
    context.push(entry(1, "The grant pays a stipend of 900 euros.", cites()));
    let text = "The grant pays a salary of 950 euros.";
    assert_eq!(contradictions(&context, text, &[]), []);
    assert_eq!(contradictions(&context, text, &cites()), [Label::new(Author::Agent(AgentId(1)), 1)]);
}

proptest! {
    #[test]
    fn all_pairs_at_once_are_those_of_each_entry_with_the_ones_before_it(
        gists in prop::collection::vec((prop::sample::select([CONTRADICT, AGREE].concat()), any::<bool>(), 1..4_u32), 1..40),
    ) {
        let mut context = Context::default();
        let mut slow = vec![];
        for (index, ((a, b), second, document)) in (1..).zip(&gists) {
            let cites = vec![Citation::of(Label::unit(*document), 0..5)];
            let gist = if *second { format!("{b} {a}") } else { (*a).to_owned() };
            let entry = entry(index, &gist, cites);
            slow.extend(contradictions(&context, &gist, &entry.citations).into_iter().map(|other| (other, entry.label)));
            context.push(entry);
        }
        prop_assert_eq!(pairs(context.entries().map(AsRef::as_ref)), slow);
    }

    #[test]
    fn no_text_does_harm(a in "\\PC{0,80}", b in "\\PC{0,80}") {
        let _ = contradict(&a, &b);
        prop_assert!(!contradict(&a, &a), "nothing contradicts itself");
    }

    #[test]
    fn looking_quickly_finds_what_looking_at_everything_finds(
        gists in prop::collection::vec(prop::sample::select([CONTRADICT, AGREE].concat()), 1..40),
        text in prop::sample::select(CONTRADICT.to_vec()),
    ) {
        let mut context = Context::default();
        for (index, (gist, _)) in (1..).zip(&gists) {
            context.push(entry(index, gist, vec![]));
        }
        let slow: Vec<Label> =
            context.entries().filter(|entry| contradict(text.1, &entry.gist)).map(|entry| entry.label).collect();
        prop_assert_eq!(contradictions(&context, text.1, &[]), slow);
    }
}
