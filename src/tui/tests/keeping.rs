//! What keeps its place and its word: rows that move stay themselves, what happens is said, every view names its way out.

use crate::{
    run::*,
    tui::{
        Feed,
        fixture::{CLAIM, Story, sent},
        modal::Modal,
        msg::{Msg, Size},
    },
};

#[test]
fn what_waits_stands_as_it_will_be_claimed_and_the_selected_row_stays_itself() {
    let mut story = Story::blank(140, 40);
    story.prepared();
    story.plan();
    story.claim(4, 1);
    let rows = |story: &Story| -> Vec<String> {
        let picture = story.picture();
        let row = |line: &str| {
            Some(line.chars().take(20).collect::<String>().split_whitespace().find(|word| is_task(word))?.to_owned())
        };
        picture.lines().filter(|line| line.starts_with('│')).filter_map(row).collect()
    };
    fn is_task(word: &str) -> bool {
        word.strip_prefix('T').is_some_and(|number| number.parse::<u32>().is_ok())
    }
    assert_eq!(rows(&story), ["T4", "T1", "T2", "T3", "T5", "T6"]);
    story.press("1 j j j");
    assert_eq!(story.ui.queue.selected(), Some(TaskId(2)));
    let effects = story.press("K");
    let [Command::MoveTask { task: TaskId(2), before: Some(TaskId(1)) }] = sent(&effects)[..] else {
        panic!("{effects:?}")
    };
    story.fact(Fact::TaskMoved { task: TaskId(2), before: Some(TaskId(1)) });
    assert_eq!(rows(&story), ["T4", "T2", "T1", "T3", "T5", "T6"]);
    assert_eq!(story.ui.queue.selected(), Some(TaskId(2)));
    story.claim(2, 2);
    assert_eq!(rows(&story), ["T2", "T4", "T1", "T3", "T5", "T6"]);
    assert_eq!(story.ui.queue.selected(), Some(TaskId(2)));
    story.press("home end");
    assert_eq!(story.ui.queue.selected(), Some(TaskId(2)), "also after a look at a time before it was there");
}

#[test]
fn what_is_put_off_stands_last_and_comes_last() {
    let mut story = Story::working(140, 40);
    story.press("4");
    assert_eq!(sent(&story.press_later("D")), [Command::Defer { decision: Some(CLAIM) }]);
    story.fact(Fact::GateDeferred { decision: CLAIM });
    let picture = story.picture();
    let at = |id: &str| picture.lines().position(|line| line.contains(&format!("{id}   "))).unwrap();
    assert!(at("#2") < at("#1") && picture.contains("#1 is put after the others"), "{picture}");
    assert_eq!(story.ui.decisions.selected(story.timeline.head()), Some(CLAIM), "the cursor goes with it");
    story.press("g enter tab");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Card(card)) if card.id == CLAIM));
}

#[test]
fn a_hit_is_said_as_it_comes_and_not_of_an_old_log() {
    let mut story = Story::working(140, 40);
    let hit = || Fact::BreakpointHit {
        id: BreakId(1),
        agent: Some(AgentId(2)),
        what: "a2 writes W2 S1".to_owned(),
        said: vec![],
    };
    story.fact(hit());
    assert!(story.picture().contains("breakpoint b1 hit by a2: a2 writes W2 S1"), "{}", story.picture());
    let mut story = Story::working(140, 40);
    let event = Event { seq: story.timeline.head().head.next(), at: story.ui.started.0 - 1, fact: hit() };
    story.send(Msg::Feed(Feed::Facts(vec![event])));
    assert!(!story.picture().contains("breakpoint b1 hit"));
}

#[test]
fn every_view_says_how_to_leave_it_whatever_else_is_said() {
    for keys in ["M", "?", "B", "C", "1 enter enter", "2 j enter", "3 k enter", "4 enter", "i", ":", "ctrl-p", "q"] {
        let mut story = Story::working(50, 15);
        story.send(Msg::Feed(Feed::Notice("a sentence that is far too long for a line of fifty cells".to_owned())));
        story.press(keys);
        story.pass(400);
        let picture = story.picture();
        assert!(picture.lines().last().unwrap_or_default().contains("Esc "), "after {keys:?}:\n{picture}");
    }
}

#[test]
fn what_decides_itself_says_so_whole_on_a_narrow_screen() {
    let mut story = Story::working(50, 15);
    let proposal = story.proposal(3, 3, "The GPL-3 names no duty towards remote users.");
    let deadline = Some(DueChoice { after_ms: 20_000, choice: Choice::Approve });
    let decision = Decision {
        id: DecisionId(3),
        agent: AgentId(3),
        task: Some(TaskId(3)),
        ask: Ask::Write { proposal: Box::new(proposal) },
        deadline,
    };
    story.fact(Fact::GateOpened { decision: Box::new(decision) });
    story.press("4");
    for width in [50, 55, 59, 60, 79] {
        story.send(Msg::Resize(Size { width, height: 15 }));
        let picture = story.picture();
        let row = picture.lines().find(|line| line.contains("#3 ")).unwrap();
        assert!(row.contains('✓') && row.contains("→ pass "), "{width}: {row}");
    }
}
