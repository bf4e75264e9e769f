//! Reports: rows to walk through and open, also those that others are asked for.

use crate::{
    run::{
        line::Look,
        report::{Report, Row, Target, Tone},
        *,
    },
    tui::{
        Feed,
        fixture::Story,
        modal::{Modal, report::ReportView},
        msg::{Effect, Msg},
    },
};

fn lamp() -> Label {
    Label::new(Author::Agent(AgentId(1)), 1)
}

/// How W1 S1 came about, by hand.
fn story_of_an_entry(story: &Story) -> Report {
    let entry = story.timeline.head().context.get(lamp()).unwrap();
    let mut report = Report::new("Why W1 S1");
    report.push(Row::new(0, Tone::Title, "W1 S1", entry.gist.clone()).opens(Target::Entry(lamp())));
    report.row(1, Tone::Plain, "author", "a1");
    report.push(Row::new(1, Tone::Plain, "T1", "What does GPL-3 §13 say?").opens(Target::Task(TaskId(1))));
    report.row(1, Tone::Dim, "rests on", "");
    for citation in &entry.citations {
        let row = Row::new(2, Tone::Good, citation.label.to_string(), "quoted to the letter");
        report.push(row.opens(Target::Evidence(citation.clone())));
    }
    report.row(1, Tone::Bad, "read by", "nobody yet");
    report.push(Row::new(2, Tone::Warn, "#1", "a claim is open").opens(Target::Decision(DecisionId(1))));
    report.push(Row::new(2, Tone::Plain, "event 9", "the plan").opens(Target::Seq(Seq(9))));
    report
}

fn shown(width: u16, height: u16) -> Story {
    let mut story = Story::working(width, height);
    let report = story_of_an_entry(&story);
    story.send(Msg::Feed(Feed::Report(report)));
    story
}

#[test]
fn pictures() {
    for (width, height) in [(140, 40), (80, 24), (50, 15)] {
        let mut story = shown(width, height);
        story.press("j j");
        insta::assert_snapshot!(format!("report_{width}x{height}"), story.picture());
    }
}

#[test]
fn a_row_opens_what_it_stands_for() {
    let opened = |downs: usize| {
        let mut story = shown(140, 40);
        story.press(&"j ".repeat(downs));
        assert_eq!(story.press("enter"), []);
        story
    };
    assert!(matches!(opened(0).ui.modals.last(), Some(Modal::Entry(_))));
    assert!(matches!(opened(1).ui.modals.last(), Some(Modal::Report(_))), "it opens nothing and says so");
    assert!(matches!(opened(2).ui.modals.last(), Some(Modal::Task(_))));
    assert!(matches!(opened(4).ui.modals.last(), Some(Modal::Evidence(_))));
    assert!(matches!(opened(7).ui.modals.last(), Some(Modal::Card(_))));
    let moved = opened(8);
    assert_eq!(moved.timeline.run().head, Seq(9));
    assert!(moved.ui.modals.is_empty(), "the panes show the moment");
}

#[test]
fn it_is_copied_as_rows() {
    let mut story = shown(140, 40);
    let effects = story.press("y");
    assert!(matches!(&effects[..], [Effect::Copy(text)] if text.starts_with("Why W1 S1\n  W1 S1  GPL-3 §13 lets")));
}

#[test]
fn a_long_one_says_where_it_stands() {
    let mut story = Story::working(80, 24);
    let mut report = Report::new("Many");
    (1..=312).for_each(|n| report.row(0, Tone::Plain, format!("row {n}"), "as it is"));
    story.send(Msg::Feed(Feed::Report(report)));
    assert!(story.picture().contains("1–19 of 312"), "{}", story.picture());
    story.press("G");
    assert!(story.picture().contains("of 312") && story.picture().contains("row 312"));
    story.press("g j j j");
    assert!(story.picture().contains("▸ row 4"), "{}", story.picture());
}

#[test]
fn what_others_are_asked_for_is_awaited_and_takes_no_keys_from_a_card() {
    let mut story = Story::working(140, 40);
    story.press(":");
    story.type_text("family");
    assert_eq!(story.press("enter"), [Effect::Look(Look::Family)]);
    assert!(story.picture().contains("looking it up"));
    let report = story_of_an_entry(&story);
    story.send(Msg::Feed(Feed::Report(report.clone())));
    assert_eq!(story.ui.modals.len(), 1);
    assert!(story.picture().contains("Why W1 S1"));

    let mut story = Story::working(140, 40);
    story.press("4 enter");
    story.send(Msg::Feed(Feed::Report(report)));
    assert!(matches!(story.ui.modals.last(), Some(Modal::Card(_))), "the card keeps the keys");
    story.press("esc");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Report(_))));
}

#[test]
fn why_it_does_not_come_stands_in_the_view_that_waits() {
    let mut story = Story::working(140, 40);
    story.press(":");
    story.type_text("compare lamp");
    story.press("enter");
    story.send(Msg::Feed(Feed::Notice("there is no run lamp".to_owned())));
    assert!(story.picture().contains("meanwhile  there is no run lamp"), "{}", story.picture());
}

#[test]
fn a_given_view_keeps_its_rows() {
    let view = ReportView::given(Report::new("empty"));
    assert!(view.report().rows.is_empty() && view.target().is_none());
}
