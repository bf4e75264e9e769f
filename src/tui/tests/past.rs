//! The past on the screen: what is looked at is the fold of the log until then, and nothing in it can be changed.

use crate::{
    run::*,
    tui::{
        Attachment, Feed,
        fixture::{Answered, CLAIM, Story, WRITE, sent},
        modal::Modal,
        msg::{Effect, Msg, Now, Size},
        scrub, watches, words,
    },
};

const SIZES: [(u16, u16); 3] = [(140, 40), (80, 24), (50, 15)];

/// Text and times of a call.
fn answered(text: &str, reasoning: &str, pieces: &[(u64, Stream, usize)]) -> Answered {
    let pieces = pieces.iter().map(|piece| Piece::from(*piece)).collect();
    let trace = Trace { text: text.to_owned(), reasoning: reasoning.to_owned(), pieces, ..Trace::default() };
    Answered { trace, ..Answered::default() }
}

#[test]
fn what_is_drawn_is_the_fold_of_the_log_until_then() {
    let mut story = Story::working(140, 40);
    let events: Vec<_> = story.timeline.events().collect();
    // There and back, so that each moment is reached from both sides.
    for keys in ["left", "right"] {
        for _ in &events {
            let (mut fold, run) = (Run::default(), story.timeline.run());
            events.iter().take_while(|event| event.seq <= run.head).for_each(|event| fold.apply(event));
            let told = |run: &Run| format!("{:?}", (run.head, &run.tasks, &run.agents, &run.decisions, &run.context));
            assert!(told(&fold).len() == told(run).len() && fold.counts == run.counts, "event {}", run.head);
            let picture = story.picture();
            let is_past = story.timeline.run().head < story.timeline.head().head;
            assert_eq!(picture.contains("PAST"), is_past, "{picture}");
            let done = format!("{}/{} done", fold.counts.done, fold.counts.total());
            assert!(picture.contains(&done), "{picture}");
            story.press(keys);
        }
    }
    assert!(story.timeline.is_live() && story.ui.past.is_none());
}

#[test]
fn keys_move_through_time_and_back() {
    let mut story = Story::working(140, 40);
    let last = story.timeline.head().head.0;
    let mut at = |keys: &str| {
        story.press(keys);
        (story.timeline.run().head.0, story.ui.past.is_some())
    };
    assert_eq!(at("left"), (last - 1, true));
    assert_eq!(at("left right right"), (last, false));
    assert_eq!(at("right"), (last, false), "there is nothing after now");
    assert_eq!(at("home"), (1, true));
    assert_eq!(at("left shift-left"), (1, true));
    assert_eq!(at("shift-right"), (1 + last / 10, true));
    assert_eq!(at("shift-left end"), (last, false));
    assert_eq!(at("home L"), (last, false));
    assert_eq!(at("home right esc"), (last, false));
    assert_eq!(at("home + esc"), (1, true), "Esc takes the zoom away first");
}

#[test]
fn the_run_goes_on_behind_the_past_and_is_counted() {
    let mut story = Story::working(140, 40);
    story.press("left left left");
    let at = story.timeline.run().head;
    assert!(!story.picture().contains("0 live") && !story.picture().contains("+1"), "{}", story.picture());
    story.decided(CLAIM);
    story.open(3, Some(3), Ask::Claim);
    story.see(3, Sight::Text(Stream::Output, "ONLYNOW".to_owned()));
    let picture = story.picture();
    assert!(picture.contains("+2 live") && picture.contains("◆ 2 live"), "{picture}");
    assert!(!picture.contains("ONLYNOW"), "{picture}");
    assert_eq!(story.timeline.run().head, at, "nothing moves what is looked at");
    story.press("L");
    let picture = story.picture();
    assert!(picture.contains("ONLYNOW") && !picture.contains("PAST"), "{picture}");
}

#[test]
fn nothing_can_be_decided_or_changed_in_the_past() {
    for place in ["", "1", "2", "3", "4", "4 enter", "1 j enter", "2 j enter", "3 k enter"] {
        let mut story = Story::working(140, 40);
        story.press(place);
        story.press("home end left left");
        assert!(story.ui.past.is_some(), "{place}");
        for key in "y e d r f s n c i F".split(' ') {
            story.pass(1_000);
            let effects = story.press(key);
            assert_eq!(sent(&effects), [], "{place} {key}");
            assert!(!effects.iter().any(|effect| matches!(effect, Effect::Leave(_))), "{place} {key}");
        }
        assert_eq!(story.timeline.head().decisions.len(), 2);
        assert!(story.ui.modals.iter().all(|modal| modal.draft().is_none()), "{place}: no form opens");
    }
    let mut story = Story::working(140, 40);
    story.press("4 left");
    story.press_later("y");
    assert!(story.picture().contains("nothing in it can be changed: L goes back to live"), "{}", story.picture());
    assert_eq!(sent(&story.press_later("ctrl-c")), [Command::Pause], "but the team can be held");
    story.press("L");
    assert_eq!(sent(&story.press("y")), [], "keys rest when a decision comes back into sight");
}

#[test]
fn a_decision_is_shown_as_it_was_and_waits_no_longer() {
    let mut story = Story::working(140, 40);
    let opened = story.timeline.events_so_far().count();
    story.decided(CLAIM);
    story.decided(WRITE);
    assert!(story.picture().contains("0 open"));
    scrub::go(&mut story.ui, &mut story.timeline, Seq(opened as u64));
    story.press("4");
    let picture = story.picture();
    assert!(picture.contains("2 open then") && picture.contains("#2   WRITE"), "{picture}");
    let waited = picture.lines().find(|line| line.contains("#2   WRITE")).unwrap().to_owned();
    story.pass(60_000);
    assert!(story.picture().contains(&waited), "no clock runs in the past: {}", story.picture());
    story.press("j enter");
    assert!(story.picture().contains("PAST #2 WRITE"), "{}", story.picture());
    story.press("home");
    assert!(story.picture().contains("not there at this moment"), "{}", story.picture());
    story.press("j esc L");
    assert!(story.ui.modals.is_empty());
}

#[test]
fn rows_keep_their_identity() {
    let mut story = Story::working(140, 40);
    story.press("1 j j j 3 k 4 j");
    let selected = |story: &Story| {
        let run = story.timeline.run();
        (story.ui.queue.copied(run), story.ui.context.copied(run), story.ui.decisions.selected(run))
    };
    let before = selected(&story);
    assert_eq!(before.2, Some(WRITE));
    story.press("left left");
    assert_eq!(selected(&story).0, before.0);
    story.press("home");
    assert_eq!(selected(&story), (None, None, None), "nothing of it was there");
    story.press("L");
    assert_eq!(selected(&story), before);
}

#[test]
fn without_a_log_or_on_a_tiny_screen_nothing_happens() {
    let mut story = Story::blank(140, 40);
    story.press("left right home end shift-left L esc < > space");
    assert!(story.timeline.is_live() && story.ui.past.is_none());
    let mut story = Story::working(30, 8);
    story.press("left home");
    assert!(story.timeline.is_live());
    // One that got small in the past still says what it is, and comes back as it was.
    let mut story = Story::working(80, 24);
    story.press("home");
    story.send(Msg::Resize(Size { width: 30, height: 8 }));
    story.press("left end L");
    story.send(Msg::Resize(Size { width: 80, height: 24 }));
    assert!(story.picture().contains("PAST 1/"));
}

#[test]
fn what_an_agent_had_said_by_then_is_shown_and_no_more() {
    let mut story = Story::working(140, 40);
    let id = story.sends(4, Some(4), CallKind::Reason);
    let sent_at = story.timeline.head().head;
    story.pass(400);
    story.fact(Fact::PauseAsked);
    story.pass(5_000);
    story.answers(
        id,
        answered("Early words. Late words.", "", &[(700, Stream::Output, 12), (3_000, Stream::Output, 12)]),
    );
    story.press("2");
    let mut at = |seq: Seq| {
        scrub::go(&mut story.ui, &mut story.timeline, seq);
        story.pass(0);
        story.press("k");
        story.picture()
    };
    let picture = at(sent_at);
    assert!(picture.contains("in flight then: F reason") && !picture.contains("Early"), "{picture}");
    let picture = at(sent_at.next());
    assert!(picture.contains("Early words.") && !picture.contains("Late words."), "{picture}");
    story.fact(Fact::RunPaused);
    story.press("L left");
    let picture = story.picture();
    assert!(picture.contains("Early words. Late words.") && !picture.contains("in flight then"), "{picture}");
}

#[test]
fn pictures_of_the_past_with_watches() {
    for (width, height) in SIZES {
        let mut story = Story::working(width, height);
        for expr in ["queue.running", "entries", "decisions > 1", "answer"] {
            watches::add(&mut story.ui, &story.timeline, expr).unwrap();
        }
        story.press("1");
        insta::assert_snapshot!(format!("watches_{width}x{height}"), story.picture());
        story.press("left left left left left left");
        story.decided(CLAIM);
        insta::assert_snapshot!(format!("past_{width}x{height}"), story.picture());
        story.press("end left 4 j enter");
        insta::assert_snapshot!(format!("past_card_{width}x{height}"), story.picture());
    }
}

#[test]
fn a_saved_run_is_looked_through_as_well() {
    let mut story = Story::working(140, 40);
    story.answered();
    assert_eq!(story.ui.attachment, Attachment::Finished);
    story.press("left");
    story.send(Msg::Feed(Feed::Notice("hello".to_owned())));
    assert!(story.ui.past.is_some() && story.picture().contains("PAST"));
    assert_eq!(
        story.ui.wakes_at(story.timeline.head()).map(|at| at.0 > story.ui.now.0 + 5_000),
        Some(true),
        "only the notice fades"
    );
}

#[test]
fn a_key_types_what_would_have_answered_a_decision_of_the_past_otherwise() {
    let mut story = Story::working(140, 40);
    let said = |story: &Story| story.ui.notices.all().next_back().map(|(_, text)| text.clone()).unwrap_or_default();
    story.press("4 O");
    assert!(story.ui.modals.is_empty() && said(&story).contains("a decision of the past"), "{}", said(&story));
    story.decided(CLAIM);
    let typed = |story: &mut Story| {
        story.press("O");
        let Some(Modal::Prompt(prompt)) = story.ui.modals.pop() else { panic!("{}", story.picture()) };
        prompt.text()
    };
    story.press("left g");
    assert_eq!(story.ui.decisions.selected(story.timeline.run()), Some(CLAIM));
    assert_eq!(typed(&mut story), "whatif #1 veto ");
    story.press("enter");
    assert_eq!(typed(&mut story), "whatif #1 veto ", "on its card too");
    story.press("esc j O");
    assert!(story.ui.modals.is_empty() && said(&story).contains("not decided yet"), "{}", said(&story));
    story.press("L");
    let choice = Choice::Veto { reason: "too broad".to_owned(), then: Then::Drop };
    story.fact(Fact::GateDecided { decision: WRITE, choice, rule: None });
    story.press("left");
    assert_eq!(typed(&mut story), "whatif #2 approve");
}

#[test]
fn what_the_store_is_too_busy_for_is_asked_for_by_what_comes_next() {
    use crate::tui::update::update;
    for keys in ["3 k enter right", "3 k enter right right", "4 j enter", "2 g enter enter"] {
        let mut story = Story::working(140, 40);
        story.call(1, Some(1), CallKind::Reason, Answered::default());
        let mut now = story.ui.now;
        // Nothing comes back: what is asked for stays asked for.
        let mut hand = |story: &mut Story, msg: Msg| {
            now = Now(now.0 + 1);
            let effects = update(&mut story.ui, &mut story.timeline, msg, now);
            let wanted = effects.into_iter().filter_map(|effect| match effect {
                Effect::Fetch(id) => Some(id),
                _ => None,
            });
            wanted.collect::<Vec<_>>()
        };
        let mut wanted = vec![];
        for event in story.keys(keys) {
            wanted.extend(hand(&mut story, Msg::Key(event)));
        }
        assert!(!wanted.is_empty(), "{keys}");
        for id in &wanted {
            assert_eq!(
                hand(&mut story, Msg::NotAsked(*id)),
                [],
                "{keys}: asked for at once, it is refused without end"
            );
        }
        let next = Msg::Feed(Feed::Body { id: BlobId([9; 32]), bytes: (*b"x").into() });
        let again = hand(&mut story, next);
        assert!(!again.is_empty() && again.iter().all(|id| wanted.contains(id)), "{keys}: {again:?} of {wanted:?}");
    }
}

#[test]
fn the_clock_of_the_past_counts_no_pause_as_that_of_now_counts_none() {
    let mut story = Story::blank(140, 40);
    story.prepared();
    let begun = story.ui.now;
    story.pass(10_000);
    story.fact(Fact::RunPaused);
    story.pass(3_600_000);
    story.fact(Fact::RunResumed);
    story.pass(5_000);
    story.fact(Fact::PauseAsked);
    let worked = words::clock(story.ui.stopwatch.elapsed(story.timeline.head().head, story.ui.now.0));
    assert!(worked.starts_with("00:") && story.ui.now.since(begun) > 3_600_000);
    story.fact(Fact::PauseAsked);
    assert!(!story.picture().contains("1:00:"), "{}", story.picture());
    story.press("left");
    let picture = story.picture();
    assert!(picture.lines().next().unwrap().contains(&format!("  {worked}  ")), "{worked}: {picture}");
    // What is played in between stands still with the team.
    let paused = story.timeline.head().head.0 - 3;
    let clock =
        |story: &Story| words::clock(story.ui.stopwatch.elapsed(Seq(paused), story.ui.past.as_ref().unwrap().until));
    scrub::go(&mut story.ui, &mut story.timeline, Seq(paused));
    let before = clock(&story);
    story.ui.past.as_mut().unwrap().until += 60_000;
    assert_eq!(clock(&story), before);
}

#[test]
fn a_moment_that_is_gone_to_shows_every_pane() {
    for open in ["3 k enter", "3 k W", "1 enter enter", "?", "4 enter o"] {
        let mut story = Story::working(140, 40);
        story.press(open);
        assert!(!story.ui.modals.is_empty(), "{open}");
        story.press(":");
        story.type_text("goto 9");
        story.press("enter");
        let picture = story.picture();
        assert!(picture.contains("PAST 1 Queue") && picture.contains("PAST 3 Shared context"), "{open}: {picture}");
        story.press("L");
        assert!(story.ui.modals.is_empty() && story.timeline.is_live(), "{open}: {}", story.picture());
    }
    // What is refused takes nothing away.
    let mut story = Story::working(140, 40);
    story.press("3 k enter :");
    story.type_text("goto W9 S9");
    story.press("enter esc");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Entry(_))), "{}", story.picture());
}

#[test]
fn a_report_whose_row_was_followed_into_the_past_is_there_again_with_now() {
    let mut story = Story::working(140, 40);
    story.press(":");
    story.type_text("find AGPL");
    story.press("enter");
    let report = story.picture();
    let open = story.ui.modals.len();
    assert!(matches!(story.ui.modals.last(), Some(Modal::Report(_))), "{report}");
    story.press("enter");
    assert!(story.ui.modals.is_empty() && story.ui.past.is_some(), "{}", story.picture());
    assert!(story.picture().contains("PAST 1 Queue"), "{}", story.picture());
    story.press("L");
    assert_eq!((story.ui.modals.len(), story.picture()), (open, report));
}
