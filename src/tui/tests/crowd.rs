//! Many decisions at once: whatever the person is doing, all of them are announced, can be reached, and none is taken by
//! what was meant for something else. (FAILURES 1) (FAILURES 2)

use proptest::prelude::*;

use crate::{
    run::*,
    tui::{
        Feed,
        fixture::Story,
        modal::Modal,
        msg::{Effect, Msg, Size},
    },
};

/// Keys that lead to each pane, view and form, and into the past.
const PLACES: [&str; 26] = [
    "",
    "1",
    "2",
    "3",
    "4",
    "4 +",
    "3 +",
    "?",
    "M",
    "i",
    "F",
    "q",
    ":",
    "ctrl-p",
    "B",
    "C",
    "/",
    "1 enter enter",
    "2 enter enter",
    "3 k enter",
    "4 enter",
    "4 enter o",
    "left",
    "left left 3",
    "home",
    "X",
];

fn ask(story: &mut Story, kind: u8) -> Ask {
    let used = Usage { input_tokens: 900, output_tokens: 100, usd: Some(0.9), ..Usage::NONE };
    match kind {
        0 => Ask::Claim,
        1 => Ask::Unfold { labels: vec![Label::unit(1)] },
        2 => Ask::Think { call: CallKind::Reason },
        3 => Ask::Finish { answer: Box::new(Answer { text: "Yes.".to_owned(), citations: vec![], entries: vec![] }) },
        4 => {
            let text = "Who conveys a modified program?".to_owned();
            let tasks = vec![NewTask { id: TaskId(7), text, deps: vec![], focus: vec![] }];
            Ask::Plan { round: 1, tasks, revised: vec![] }
        }
        5 => {
            let cap = Cap { usd: Some(1.0), ..Cap::default() };
            Ask::Budget { scope: Scope::Run, cap, used, call: CallKind::Reason, worst: used }
        }
        _ => Ask::Write { proposal: Box::new(story.proposal(3, 3, "The GPL-3 names no duty towards remote users.")) },
    }
}

fn decides(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Send(Command::Decide { .. } | Command::DecideOldest { .. })))
}

/// Opens decisions of these kinds in one message.
fn open(story: &mut Story, kinds: &[u8]) {
    let head = story.timeline.head();
    let (mut seq, mut id, at) = (head.head, head.next_decision().0, story.ui.now.0);
    let mut events = vec![];
    for kind in kinds {
        let ask = ask(story, *kind);
        seq = seq.next();
        let decision = Decision { id: DecisionId(id), agent: AgentId(3), task: Some(TaskId(3)), ask, deadline: None };
        events.push(Event { seq, at, fact: Fact::GateOpened { decision: Box::new(decision) } });
        id += 1;
    }
    story.send(Msg::Feed(Feed::Facts(events)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decisions_that_open_at_once_are_announced_and_reached_wherever_the_person_is(
        place in 0..PLACES.len(),
        size in prop_oneof![Just((50, 15)), Just((80, 24)), Just((140, 40)), (50..200_u16, 15..60_u16)],
        kinds in proptest::collection::vec(0..7_u8, 1..=12),
    ) {
        let (width, height) = size;
        let mut story = Story::working(width, height);
        story.press(PLACES[place]);
        open(&mut story, &kinds);
        let wanted = kinds.len() + 2;
        prop_assert_eq!(story.timeline.head().decisions.len(), wanted);
        let picture = story.picture();
        let said = [format!("{wanted} to decide"), format!("{wanted} live")];
        prop_assert!(said.iter().any(|said| picture.contains(said)), "after {:?}:\n{}", PLACES[place], picture);

        // Back to the panes, as anybody would go.
        story.press("esc esc esc esc L 4");
        prop_assert!(story.ui.modals.is_empty() && story.timeline.is_live());
        story.press("g enter");
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..wanted {
            let Some(Modal::Card(card)) = story.ui.modals.last() else { panic!("no card is open") };
            seen.insert(card.id);
            story.press("tab");
        }
        prop_assert_eq!(seen.len(), wanted, "every card is reached by the key for the next one");
    }

    #[test]
    fn what_is_typed_elsewhere_decides_none_of_them(
        place in 0..PLACES.len(),
        size in prop_oneof![Just((50, 15)), Just((80, 24)), Just((140, 40))],
        kinds in proptest::collection::vec(0..7_u8, 1..=12),
        burst in "[ -35-~]{1,40}",
        pasted in "[a-z ,.:]{0,30}\n[yY]{0,3}",
        pace in prop_oneof![Just(0_i64), Just(40), Just(120), Just(250)],
    ) {
        // On the card and in its pane, which 4 leads to, a key that has rested decides: those have rules of their own.
        prop_assume!(!PLACES[place].starts_with('4'));
        let mut story = Story::working(size.0, size.1);
        story.press(PLACES[place]);
        open(&mut story, &kinds);
        let mut effects = story.send(Msg::Paste(pasted));
        effects.extend(story.send(Msg::Resize(Size { width: size.0 + 3, height: size.1 + 1 })));
        for letter in burst.chars() {
            story.pass(pace);
            effects.extend(story.type_text(&letter.to_string()));
        }
        prop_assert!(!decides(&effects), "{:?} after {:?}: {:?}", burst, PLACES[place], effects);
    }
}
