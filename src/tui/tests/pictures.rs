//! Snapshots of what the person sees.

use crate::{run::*, tui::fixture::Story};

const SIZES: [(u16, u16); 3] = [(140, 40), (80, 24), (50, 15)];

fn at_every_size(name: &str, tell: impl Fn(&mut Story)) {
    for (width, height) in SIZES {
        let mut story = Story::working(width, height);
        tell(&mut story);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), story.picture());
    }
}

#[test]
fn a_team_at_work() {
    at_every_size("working", |_| {});
}

#[test]
fn the_card_of_a_write() {
    at_every_size("card", |story| {
        story.press("4 j enter");
        story.pass(400);
    });
}

#[test]
fn the_card_of_every_other_ask() {
    let task = |id: u32, text: &str, deps: &[u32]| NewTask {
        id: TaskId(id),
        text: text.to_owned(),
        deps: deps.iter().copied().map(TaskId).collect(),
        focus: vec![],
    };
    let plan = Ask::Plan {
        round: 1,
        tasks: vec![
            task(7, "Look for transition rules between the versions of each licence.", &[]),
            task(8, "Compare what both licences call conveying, in their own words and with every exception.", &[4, 7]),
        ],
        revised: vec![Revision { task: TaskId(6), deps: vec![TaskId(8)] }],
    };
    let unfold = Ask::Unfold { labels: vec![Label::unit(1).with_part(1), Label::unit(2)] };
    let think = Ask::Think { call: CallKind::Reason };
    let text = "Only the AGPL-3 obliges [W0 S2.1].".to_owned();
    let citations = vec![Citation::of(Label::unit(2), 10..60)];
    let finish = Ask::Finish { answer: Box::new(Answer { text, citations, entries: vec![] }) };
    for (name, task, ask) in
        [("plan", None, plan), ("unfold", Some(3), unfold), ("think", Some(3), think), ("finish", None, finish)]
    {
        let mut story = Story::working(120, 30);
        story.open(3, task, ask);
        story.press("4 G enter");
        story.pass(400);
        insta::assert_snapshot!(format!("card_{name}"), story.picture());
    }
}

#[test]
fn a_write_that_the_verifier_doubts() {
    let mut story = Story::working(120, 30);
    let mut proposal = story.proposal(3, 3, "The GPL-3 must always oblige servers.");
    proposal.verdict.axes[3].1 = AxisOutcome::Fail("the source says \"may\", the step says \"must\"".to_owned());
    proposal.verdict.ruling = Ruling::Wrong("step 1 is stronger than §13".to_owned());
    proposal.doubts = vec![Doubt::Unverified("step 1 is stronger than §13".to_owned())];
    story.open(3, Some(3), Ask::Write { proposal: Box::new(proposal) });
    story.press("4 G enter");
    story.pass(400);
    insta::assert_snapshot!(story.picture());
}

#[test]
fn the_raw_text_behind_a_citation() {
    at_every_size("evidence", |story| {
        story.press("4 j enter o");
    });
}

#[test]
fn an_entry_down_to_its_trajectory() {
    at_every_size("trajectory", |story| {
        story.press("3 k enter enter enter");
    });
}

#[test]
fn the_answer() {
    at_every_size("answer", |story| {
        story.answered();
        story.press("A j");
    });
}

#[test]
fn help() {
    at_every_size("help", |story| {
        story.press("?");
    });
}

#[test]
fn forms() {
    at_every_size("veto", |story| {
        story.press("4 j enter");
        story.press_later("d");
        story.type_text("the duty also covers prior versions");
    });
    at_every_size("inject", |story| {
        story.press("i");
        story.type_text("Look for transition rules between versions of each licence.");
    });
    at_every_size("edit", |story| {
        story.press("4 j enter");
        story.press_later("e");
    });
    at_every_size("quit", |story| {
        story.press("q");
    });
}

#[test]
fn other_views() {
    at_every_size("task", |story| {
        story.press("1 j j enter");
    });
    at_every_size("agent", |story| {
        story.press("2 j j j enter");
    });
    at_every_size("queue_zoomed", |story| {
        story.press("1 +");
    });
}

#[test]
fn too_small() {
    insta::assert_snapshot!(Story::working(38, 8).picture());
}

#[test]
fn before_there_is_anything() {
    insta::assert_snapshot!(Story::blank(140, 40).picture());
}

#[test]
fn what_a_task_waits_for_leaves_room_for_what_it_is() {
    for (width, height) in [(50, 20), (80, 24), (140, 40)] {
        let mut story = Story::working(width, height);
        let deps = (1..=6).map(TaskId).collect();
        let new = NewTask { id: TaskId(7), text: "Compare what all of them say.".into(), deps, focus: vec![] };
        story.fact(Fact::TasksAdded { tasks: vec![new], by: Author::Human });
        story.press("1");
        let picture = story.picture();
        let row = picture.lines().find(|line| line.contains(" T7 ")).unwrap_or_default();
        let (cells, _) = row.trim_start_matches('│').split_once('│').unwrap_or_default();
        let (text, waits) = cells.split_once(" ⟵").unwrap_or_default();
        assert!(text.contains("T7 Compare what"), "{picture}");
        // T1 is done, so it waits for five; where not all of them fit, the rest is counted.
        let (named, more) = waits.trim_end().split_once(" +").unwrap_or((waits, "0"));
        assert_eq!(named.split_whitespace().count() + more.parse::<usize>().unwrap(), 5, "{picture}");
        assert!(cells.ends_with(' ') && waits.chars().count() <= cells.chars().count() / 3 + 1, "{picture}");
    }
}
