//! The rules of the screen (SCREEN.md): keys in, effects and state out.

use std::sync::Arc;

use crate::{
    run::*,
    tui::{
        Attachment, Bell, Feed, Holding, Left,
        fixture::{CLAIM, Story, WRITE, sent},
        layout::Focus,
        modal::Modal,
        msg::{Effect, Msg, Size},
    },
};

#[test]
fn focus_and_selection_stay_while_facts_arrive() {
    let mut story = Story::working(140, 40);
    story.press("3 k");
    for n in 0..50 {
        let agent = AgentId(4);
        let proposal = story.proposal(4, 4, &format!("finding {n}"));
        story.fact(Fact::EntryAdmitted {
            entry: Arc::new(Entry {
                label: Label::new(Author::Agent(agent), n + 1),
                kind: EntryKind::Fact,
                task: None,
                subtask: String::new(),
                gist: proposal.result,
                citations: vec![],
                admission: Admission::Verified,
                taint: vec![],
                summary: None,
                trajectory: None,
            }),
        });
        story.open(3, None, Ask::Think { call: CallKind::Reason });
    }
    assert_eq!(story.ui.focus, Focus::Context);
    assert!(story.ui.modals.is_empty());
    let picture = story.picture();
    assert!(picture.contains("new ↓") && picture.contains("▸W1 S1"), "{picture}");

    let mut story = Story::working(140, 40);
    story.press("4 j");
    story.open(3, Some(3), Ask::Claim);
    story.decided(CLAIM);
    assert_eq!(story.ui.decisions.selected(story.timeline.head()), Some(WRITE));
}

#[test]
fn a_long_label_does_not_touch_what_it_stands_before() {
    let mut story = Story::working(140, 40);
    let label = Label::new(Author::Agent(AgentId(12)), 1000);
    let first = story.timeline.head().context.at(0).unwrap().as_ref().clone();
    story.fact(Fact::EntryAdmitted { entry: Arc::new(Entry { label, gist: "far along".into(), ..first }) });
    let picture = story.picture();
    assert!(picture.contains("W12 S1000 far along"), "{picture}");
    story.open(3, None, Ask::Unfold { labels: vec![label] });
    story.press("4 G enter");
    let picture = story.picture();
    let picture = picture.split("wants to unfold").nth(1).unwrap_or_else(|| panic!("{picture}"));
    assert!(picture.contains("W12 S1000 far along"), "{picture}");
}

#[test]
fn what_is_injected_is_what_was_typed() {
    let mut story = Story::working(140, 40);
    story.press("i");
    story.type_text("Check §14 too, yes?");
    let effects = story.press("ctrl-s");
    assert_eq!(sent(&effects), [Command::AddTask { text: "Check §14 too, yes?".to_owned(), deps: vec![] }]);
    story.press("i tab tab");
    story.send(Msg::Paste("no\x1b[31m".to_owned()));
    let effects = story.press("ctrl-s");
    assert_eq!(sent(&effects), [Command::AddNote { kind: EntryKind::Fail, text: "no␛[31m".to_owned() }]);
}

#[test]
fn the_debugger_keys_ask_for_what_they_say() {
    let mut story = Story::working(140, 40);
    assert_eq!(sent(&story.press("space")), [Command::Pause]);
    assert_eq!(sent(&story.press("n")), [Command::Step { agent: None }]);
    assert_eq!(sent(&story.press("c")), [], "it runs already");
    story.fact(Fact::PauseAsked);
    assert!(story.picture().contains("◌ PAUSING"));
    story.fact(Fact::RunPaused);
    assert!(story.picture().contains("‖ PAUSED"));
    assert_eq!(sent(&story.press("space")), [Command::Resume]);
    assert_eq!(sent(&story.press("c")), [Command::Resume]);
}

#[test]
fn leaving_asks_and_two_interrupts_leave() {
    let mut story = Story::working(140, 40);
    assert_eq!(story.press("q"), []);
    assert_eq!(story.press("enter y q esc"), []);
    assert!(story.ui.modals.is_empty());
    assert_eq!(story.type_text("requests and quads"), [], "a word does not leave");
    story.press("esc q");
    assert_eq!(story.press_later("d"), [Effect::Leave(Left::Detach)]);
    assert_eq!(story.press_later("s"), [Effect::Leave(Left::Quit)]);
    story.press("esc");

    assert_eq!(story.press("ctrl-c"), [Effect::Send(Command::Pause)]);
    story.pass(2_500);
    assert_eq!(story.press("ctrl-c"), [Effect::Send(Command::Pause)]);
    assert_eq!(story.press("ctrl-c"), [Effect::Leave(Left::Interrupted)]);
    assert_eq!(story.press("ctrl-z"), [Effect::Suspend]);

    story.answered();
    assert_eq!(story.press("q"), [Effect::Leave(Left::Quit)], "nothing runs, so nothing is asked");
}

#[test]
fn a_saved_run_is_taken_up_by_its_keys_and_decides_nothing_before() {
    let mut story = Story::working(140, 40);
    story.ui.attachment = Attachment::Saved;
    assert!(story.picture().contains("■ SAVED"));
    story.press("4");
    assert_eq!(story.press_later("y"), []);
    assert_eq!(sent(&story.press("c")), [Command::Resume]);
    assert_eq!(sent(&story.press("space")), [Command::Resume]);
    story.fact(Fact::SessionStarted { pid: 8 });
    assert_eq!(story.ui.attachment, Attachment::Live);
}

#[test]
fn a_run_in_other_hands_says_whose_and_is_not_paused_by_leaving() {
    let mut story = Story::working(140, 40);
    story.ui.options.utc_offset_secs = Some(0);
    let holding = Holding { pid: Some(4711), since: Some(12 * 3_600_000 + 3 * 60_000) };
    story.ui.attachment = Attachment::Following(holding);
    let picture = story.picture();
    assert!(picture.contains("FOLLOWING pid 4711 since 12:03 ") && picture.contains("● RUNNING"), "{picture}");
    story.press("4");
    let [Command::Decide { .. }] = sent(&story.press_later("y"))[..] else { panic!("it is sent on") };
    assert!(!story.picture().contains("approved"), "nobody has taken it yet");
    assert_eq!(story.press("q"), [Effect::Leave(Left::Quit)], "the team goes on by itself");
    assert_eq!(sent(&story.press("ctrl-c")), []);
}

#[test]
fn a_run_that_ended_without_an_answer_says_why_and_nobody_works() {
    let mut story = Story::working(140, 40);
    let why = "the model at the far end of a long line was not reached by anybody today";
    story.fact(Fact::RunEnded { outcome: Outcome::Unanswered(why.to_owned()) });
    assert!(story.picture().contains("0 of 4 at work"));
    assert!(story.picture().contains("A why"));
    story.press("A");
    assert!(story.picture().contains(&format!("The run ended without an answer: {why}")));
}

#[test]
fn who_waits_for_the_person_is_not_at_work() {
    let mut story = Story::working(140, 40);
    assert_eq!(story.timeline.run().decisions.len(), 2);
    assert!(story.picture().contains("2 of 4 at work"));
    story.press("space");
    story.fact(Fact::RunPaused);
    for agent in 1..=4 {
        story.see(agent, Sight::Phase(Phase::Held(Checkpoint::Think)));
    }
    assert!(story.picture().contains("0 of 4 at work"));
}

#[test]
fn an_open_decision_is_named_in_the_footer_of_every_other_pane() {
    let mut story = Story::working(140, 40);
    assert!(story.picture().contains("4 decide"));
    story.press("4");
    assert!(!story.picture().contains("4 decide"));
}

#[test]
fn a_notice_leaves_room_for_the_keys_of_a_form() {
    let mut story = Story::working(50, 15);
    story.send(Msg::Feed(Feed::Notice("#1 vetoed (requeue): not supported by anything that was read".to_owned())));
    story.press("i");
    let picture = story.picture();
    let footer = picture.lines().last().unwrap_or_default();
    assert!(footer.contains("Ctrl-S accept"), "{footer}");
}

#[test]
fn help_over_a_view_says_that_esc_goes_back() {
    let mut story = Story::working(140, 40);
    let effects = story.press("3 g enter ? y");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    let (now, not_now) = text.split_once("Not now").unwrap();
    assert!(now.contains("One step back") && !not_now.contains("One step back"), "{text}");
}

#[test]
fn leaving_says_what_detaching_comes_to() {
    let mut story = Story::working(140, 40);
    story.press("q");
    assert!(story.picture().contains("stops: decisions are open"));
    for id in story.timeline.run().decisions.keys().copied().collect::<Vec<_>>() {
        story.decided(id);
    }
    assert!(story.picture().contains("goes on until a decision"));
}

#[test]
fn nothing_acts_on_a_screen_that_is_too_small() {
    let mut story = Story::working(140, 40);
    story.press("4");
    story.send(Msg::Resize(Size { width: 40, height: 10 }));
    assert_eq!(story.press_later("y q d s space n"), []);
    assert_eq!(story.press("ctrl-c"), [Effect::Send(Command::Pause)]);
}

#[test]
fn the_clock_ticks_only_while_the_team_runs() {
    let mut story = Story::working(140, 40);
    story.pass(60_000);
    assert!(story.ui.wakes_at(story.timeline.head()).is_some());
    story.fact(Fact::RunPaused);
    story.pass(60_000);
    assert_eq!(story.ui.wakes_at(story.timeline.head()), None, "asleep while paused");
    story.send(Msg::Feed(Feed::Notice("the store is slow".to_owned())));
    assert!(story.ui.wakes_at(story.timeline.head()).is_some(), "awake to take the notice away");
}

#[test]
fn a_decision_rings_when_nobody_has_typed_for_a_while() {
    let rings = |story: &mut Story| {
        let id = story.timeline.head().next_decision();
        let decision =
            Decision { id, agent: AgentId(3), task: None, ask: Ask::Think { call: CallKind::Reason }, deadline: None };
        let fact = Fact::GateOpened { decision: Box::new(decision) };
        let event = Event { seq: story.timeline.head().head.next(), at: story.ui.now.0, fact };
        story.send(Msg::Feed(Feed::Facts(vec![event]))) == [Effect::Bell]
    };
    let mut story = Story::working(140, 40);
    story.press("j");
    assert!(!rings(&mut story), "somebody is there");
    story.pass(10_000);
    assert!(rings(&mut story));
    story.ui.options.bell = Bell::Silent;
    assert!(!rings(&mut story));
}

/// FAILURES 9.
#[test]
fn a_silent_agent_is_stale_and_not_at_work() {
    let mut story = Story::working(140, 40);
    story.pass(45_000);
    assert!(story.picture().contains("! stale: it silent 00:50"), "{}", story.picture());
    assert!(story.picture().contains("0 of 4 at work"), "{}", story.picture());
}

#[test]
fn any_size_is_drawn_even_one_that_was_not_told_yet() {
    let views =
        ["", "4 enter", "4 j enter", "4 j enter o", "3 k enter enter enter", "2 j enter", "1 j enter", "?", "i", "q"];
    for view in views {
        let mut story = Story::working(140, 40);
        story.press(view);
        for (width, height) in [(20, 5), (50, 15), (51, 60), (79, 16), (80, 15), (119, 24), (120, 15), (300, 100)] {
            story.picture_on(Size { width, height });
            story.send(Msg::Resize(Size { width, height }));
            story.picture_on(Size { width: 37, height: 11 });
            story.picture_on(Size { width: 200, height: 70 });
            let picture = story.picture();
            assert_eq!(picture.lines().count(), usize::from(height), "{view} {width}×{height}");
        }
    }
}

#[test]
fn every_key_in_every_place_is_survived() {
    let keys = "y e d j k g G 1 2 3 4 + _ ? A M i q [ ] o n c space enter esc tab right left pgdn ctrl-d ctrl-u ctrl-s";
    for (width, height) in [(120, 20), (50, 15)] {
        for first in keys.split(' ') {
            let mut story = Story::working(width, height);
            story.press(first);
            for second in keys.split(' ') {
                story.press_later(second);
                story.picture();
            }
        }
    }
}

#[test]
fn the_help_of_some_place_names_every_action_and_every_command() {
    use crate::{
        run::line::VERBS,
        tui::{
            action::{ACTIONS, Action, Place},
            completion::usage,
            copy::Form,
        },
    };
    let places: std::collections::BTreeSet<Place> =
        ACTIONS.iter().filter(|row| row.action == Action::Help).flat_map(|row| row.places).copied().collect();
    let mut story = Story::working(140, 40);
    let mut text = String::new();
    for place in places {
        story.ui.modals = vec![Modal::help(place)];
        story.pass(1);
        text.push_str(&story.ui.modals[0].copied(Form::Text, &story.ui, &story.timeline).unwrap());
    }
    for row in ACTIONS {
        assert!(text.contains(row.help), "{}", row.name);
    }
    for verb in VERBS {
        assert!(text.contains(&usage(verb)) && text.contains(verb.help), "{}", verb.names[0]);
    }
}
