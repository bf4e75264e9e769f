//! What is looked at before the run is changed: what a recall reaches, what a rule would decide, two entries that
//! contradict each other. And that a report stays where the cursor is while the run goes on.

use crate::{
    run::{line::Look, report::Target, *},
    tui::{
        fixture::{CLAIM, Story, WRITE},
        modal::Modal,
        msg::Effect,
        under::{Under, under},
    },
};

const SIZES: [(u16, u16); 3] = [(140, 40), (80, 24), (50, 15)];

fn prompt(story: &Story) -> Option<String> {
    match story.ui.modals.last() {
        Some(Modal::Prompt(prompt)) => Some(prompt.text()),
        _ => None,
    }
}

fn first() -> Label {
    Label::new(Author::Agent(AgentId(1)), 1)
}

fn second() -> Label {
    Label::new(Author::Agent(AgentId(4)), 1)
}

/// Another entry says otherwise than W1 S1.
fn contradicted(width: u16, height: u16) -> Story {
    let mut story = Story::working(width, height);
    let proposal = story.proposal(4, 4, "GPL-3 §13 does not let a covered work be combined with one under the AGPL-3.");
    assert_eq!(proposal.label, second());
    story.admit(proposal);
    story.ui.modals.push(Modal::pair(first(), second()));
    story.pass(1);
    story
}

#[test]
fn pictures() {
    for (width, height) in SIZES {
        insta::assert_snapshot!(format!("pair_{width}x{height}"), contradicted(width, height).picture());
        let mut story = Story::working(width, height);
        story.press("3 G k r");
        insta::assert_snapshot!(format!("recall_{width}x{height}"), story.picture());
    }
}

#[test]
fn both_sides_of_a_pair_show_what_they_rest_on_and_each_key_begins_to_settle_it() {
    let story = contradicted(140, 40);
    let picture = story.picture();
    assert_eq!(picture.matches("must prominently offer all users").count(), 2, "{picture}");
    for (key, line) in [
        ("1", "settle W1 S1 W4 S1 first "),
        ("2", "settle W1 S1 W4 S1 second "),
        ("b", "settle W1 S1 W4 S1 both "),
        ("t", "settle W1 S1 W4 S1 examine "),
    ] {
        let mut story = contradicted(140, 40);
        assert_eq!(story.press(key), []);
        assert_eq!(prompt(&story).as_deref(), Some(line));
    }
    let mut story = contradicted(140, 40);
    story.press("1");
    story.type_text("it quotes the text");
    let how = Settle::First("it quotes the text".into());
    assert_eq!(story.press("enter"), [Effect::Send(Command::Settle { first: first(), second: second(), how })]);
}

#[test]
fn a_recall_is_typed_below_what_it_would_reach() {
    let mut story = Story::working(140, 40);
    assert_eq!(story.press("3 G k r"), []);
    assert_eq!(prompt(&story).as_deref(), Some("recall W1 S1 all "));
    assert!(matches!(story.ui.modals[..], [Modal::Report(_), Modal::Prompt(_)]));
    assert!(story.picture().contains("W1 S1  FACT GPL-3 §13"), "{}", story.picture());
    story.press("pgdn");
    let walked = match &story.ui.modals[0] {
        Modal::Report(view) => view.target().cloned(),
        _ => None,
    };
    assert_ne!(walked, Some(Target::Entry(first())), "the report above moves under the page keys");
    story.type_text("it is misread");
    let recall = Command::Recall { label: first(), reason: "it is misread".into(), rerun: Rerun::All };
    assert_eq!(story.press("enter"), [Effect::Send(recall)]);
    assert!(matches!(story.ui.modals[..], [Modal::Report(_)]), "what it reaches stays to be looked at");
}

#[test]
fn always_shows_the_rule_and_what_it_would_have_decided() {
    let mut story = Story::working(140, 40);
    assert_eq!(story.press("4 j a"), []);
    assert_eq!(prompt(&story).as_deref(), Some("rule pass write if kind FACT and verdict passes and doubts none"));
    assert!(story.picture().contains("it would have decided"), "{}", story.picture());
    let text = "pass write if kind FACT and verdict passes and doubts none".to_owned();
    assert_eq!(story.press("enter"), [Effect::Send(Command::AddRule { text })]);
}

#[test]
fn the_cursor_of_a_report_stays_on_its_row_while_the_run_goes_on() {
    let mut story = Story::working(140, 40);
    story.press(":");
    story.type_text("info decisions");
    story.press("enter");
    story.press("j");
    let run = story.timeline.head().clone();
    assert_eq!(under(&story.ui, &run), Some(Under::Decision(WRITE)));
    story.decided(CLAIM);
    story.pass(400);
    let run = story.timeline.head().clone();
    assert_eq!(under(&story.ui, &run), Some(Under::Decision(WRITE)), "{}", story.picture());
    assert!(!story.picture().contains("#1 "), "{}", story.picture());
}

#[test]
fn a_report_wakes_to_be_made_again_although_nothing_else_happens() {
    let mut story = Story::working(140, 40);
    story.press(":");
    story.type_text("info decisions");
    story.press("enter");
    story.fact(Fact::PauseAsked);
    story.fact(Fact::RunPaused);
    // Within the rest of the last making.
    let event = Event {
        seq: story.timeline.head().head.next(),
        at: story.ui.now.0,
        fact: Fact::GateDecided { decision: CLAIM, choice: Choice::Approve, rule: None },
    };
    story.send(crate::tui::msg::Msg::Feed(crate::tui::Feed::Facts(vec![event])));
    assert!(story.picture().contains("#1 "), "made a moment ago");
    let wakes = story.ui.wakes_at(story.timeline.head()).expect("it is stale");
    story.pass(wakes.since(story.ui.now));
    assert!(!story.picture().contains("#1 "), "{}", story.picture());
}

#[test]
fn breakpoints_are_toggled_and_removed_in_their_list() {
    let mut story = Story::working(140, 40);
    for (id, spec) in [(1, "write if contradicts"), (2, "agent a2")] {
        let mut one = Breakpoint::new(BreakId(id), BreakSpec::parse(spec).unwrap());
        (one.hits, one.ignore) = (3, 2);
        one.commands = vec!["print cost".to_owned()];
        story.fact(Fact::BreakpointSet { breakpoint: Box::new(one) });
    }
    story.press("B j");
    let picture = story.picture();
    for said in ["2 of 2 on", "▸b2  ● on   agent a2", "3 hits · passes over 2 more", "then  print cost"] {
        assert!(picture.contains(said), "{said}\n{picture}");
    }
    let change = |id, change| vec![Effect::Send(Command::ChangeBreak { id: BreakId(id), change })];
    assert_eq!(story.press("e"), change(2, BreakChange::Disable));
    assert_eq!(story.press("k enter"), change(1, BreakChange::Disable));
    assert_eq!(story.press("x"), change(1, BreakChange::Remove));
}

#[test]
fn the_list_of_contradictions_opens_the_pair() {
    let mut story = Story::working(140, 40);
    for (task, agent, metres) in [(3, 3, 30), (4, 4, 40)] {
        let proposal = story.proposal(task, agent, &format!("The tower of the lighthouse is {metres} metres high."));
        story.admit(proposal);
    }
    story.press("C");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Report(_))));
    let pair = |story: &Story| match story.ui.modals.last() {
        Some(Modal::Report(view)) => matches!(view.target(), Some(Target::Pair(..))),
        _ => false,
    };
    for _ in 0..5 {
        if pair(&story) {
            break;
        }
        story.press("j");
    }
    assert!(pair(&story), "{}", story.picture());
    story.press("enter");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Pair(_))));
}

#[test]
fn every_look_at_this_run_opens_something_or_says_why_not() {
    let lines = [
        "bubbles",
        "diff 3 9",
        "find AGPL",
        "why T1",
        "why 1",
        "radius W1 S1",
        "info rules",
        "help recall",
        "print decisions",
    ];
    for line in lines {
        let mut story = Story::working(80, 24);
        story.press(":");
        story.type_text(line);
        let effects = story.press("enter");
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Look(Look::Family))));
        let opened = matches!(story.ui.modals.last(), Some(Modal::Report(_)));
        let said = story.ui.notices.all().next_back().is_some();
        assert!(opened || said, "{line}\n{}", story.picture());
    }
}
