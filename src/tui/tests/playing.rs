//! What was recorded, played again: every word in its order, nothing by the clock unless it plays.

use crate::{
    run::{line::Speed, *},
    tui::{
        fixture::{Answered, CLAIM, Story},
        msg::{Effect, Msg, Now},
        player::play,
        update::update,
    },
};

/// Two agents call at the same time, one of them twice with a retry; a long silence; the end.
fn recorded() -> Story {
    let mut story = Story::blank(140, 40);
    story.prepared();
    story.plan();
    story.claim(1, 1);
    story.claim(2, 2);
    let (first, second) = (story.sends(1, Some(1), CallKind::Reason), story.sends(2, Some(2), CallKind::Reason));
    story.pass(3_000);
    story.answers(first, said("Alpha beta gamma.", "I think so.", 250));
    story.answers(second, said("Delta epsilon zeta.", "", 400));
    let third = story.sends(1, Some(1), CallKind::Gist);
    story.pass(2_000);
    let mut again = said("Eta theta.", "", 100);
    again.trace.tries = vec![Try { at_ms: 20, why: "reset".to_owned(), wait_ms: 10 }];
    story.answers(third, again);
    story.pass(90_000);
    story.fact(Fact::PauseAsked);
    let last = story.sends(2, Some(2), CallKind::Gist);
    story.pass(1_000);
    story.answers(last, said("Iota kappa.", "", 100));
    story.answered();
    story
}

/// A piece every so many milliseconds, a word each; the last word is in no piece.
fn said(text: &str, reasoning: &str, every: u64) -> Answered {
    let words = |text: &str| text.split_inclusive(' ').map(str::len).collect::<Vec<_>>();
    let thought = words(reasoning).into_iter().map(|bytes| (Stream::Reasoning, bytes));
    let mut pieces: Vec<_> = thought.chain(words(text).into_iter().map(|bytes| (Stream::Output, bytes))).collect();
    pieces.pop();
    let pieces = (1..).zip(pieces).map(|(n, (stream, bytes))| Piece { at_ms: n * every, stream, bytes }).collect();
    let trace = Trace { text: text.to_owned(), reasoning: reasoning.to_owned(), pieces, ..Trace::default() };
    Answered { trace, ..Answered::default() }
}

fn words_of(story: &Story, agent: u16) -> String {
    story.ui.stream(AgentId(agent)).map(|stream| stream.text().to_owned()).unwrap_or_default()
}

/// Ticks whenever the screen wants one, until it wants none; gives the milliseconds, the ticks, and all texts of a1.
fn run_out(story: &mut Story) -> (i64, usize, Vec<String>) {
    let (begun, mut ticks, mut seen) = (story.ui.now, 0, vec![]);
    while let Some(player) = story.ui.player
        && let Some(at) = player.wakes_at()
    {
        assert!(at > story.ui.now, "it never asks for the time that is");
        story.pass(at.since(story.ui.now));
        ticks += 1;
        assert!(ticks < 10_000);
        seen.push(words_of(story, 1));
    }
    (story.ui.now.since(begun), ticks, seen)
}

const A1: &str = "┄ F reason\nI think so.\nAlpha beta gamma.\n┄ H gist\n┄ H gist again: reset\nEta theta.";
const A2: &str = "┄ F reason\nDelta epsilon zeta.\n┄ H gist\nIota kappa.";

#[test]
fn every_word_is_shown_in_order_at_any_speed() {
    for speed in [Speed::Times(1), Speed::Times(4), Speed::Times(16), Speed::Times(1_000), Speed::Max] {
        let mut story = recorded();
        play(&mut story.ui, &mut story.timeline, speed).unwrap();
        assert_eq!(story.timeline.run().head, Seq(1), "a run that is looked at live is played from its first moment");
        let (_, _, seen) = run_out(&mut story);
        assert!(story.timeline.is_live() && story.ui.player.is_none(), "{speed:?}");
        let grows = seen.windows(2).all(|pair| pair[1].starts_with(&pair[0]));
        assert!(grows, "{speed:?}: {seen:#?}");
        assert_eq!((words_of(&story, 1).as_str(), words_of(&story, 2).as_str()), (A1, A2), "{speed:?}");
    }
}

#[test]
fn it_takes_the_recorded_time_divided_by_the_speed_and_long_silences_are_cut() {
    let recorded_ms = |story: &Story| {
        let run = story.timeline.head();
        run.last_at - run.started_at
    };
    for times in [1, 4, 16] {
        let mut story = recorded();
        let whole = recorded_ms(&story);
        assert!(whole > 100_000);
        play(&mut story.ui, &mut story.timeline, Speed::Times(times)).unwrap();
        let (took, ticks, _) = run_out(&mut story);
        // All but the silence of 90 seconds, of which 5 are left.
        let wanted = (whole - 90_000 - 400 + 5_000) / i64::from(times);
        assert!((wanted - 100..=wanted + 400).contains(&took), "{times}×: {took} of {wanted} ms");
        assert!(ticks as i64 <= took / 33 + 1, "{ticks} ticks in {took} ms");
        let notices: Vec<&str> = story.ui.notices.all().map(|(_, text)| text.as_str()).collect();
        assert!(notices.contains(&"a silence of 01:30 was shortened to 5 s"), "{notices:?}");
    }
}

#[test]
fn words_come_when_they_came() {
    let mut story = recorded();
    play(&mut story.ui, &mut story.timeline, Speed::Times(1)).unwrap();
    while words_of(&story, 1).is_empty() {
        story.pass(33);
    }
    let begun = story.ui.now;
    while !words_of(&story, 1).ends_with("I ") {
        story.pass(33);
    }
    assert!((200..=350).contains(&story.ui.now.since(begun)), "the first word came after 250 ms");
    assert!(story.picture().contains("▶ 1×") && story.picture().contains("in flight then"), "{}", story.picture());
    while !words_of(&story, 1).contains("Alpha ") {
        story.pass(33);
    }
    assert!((950..=1_150).contains(&story.ui.now.since(begun)), "the fourth after a second");
}

#[test]
fn space_halts_and_goes_on_and_steps_halt() {
    let mut story = recorded();
    play(&mut story.ui, &mut story.timeline, Speed::Times(4)).unwrap();
    story.pass(500);
    story.press("space");
    let at = story.timeline.run().head;
    assert!(story.picture().contains("‖ 4×"), "{}", story.picture());
    story.pass(60_000);
    assert_eq!(story.timeline.run().head, at);
    assert_eq!(story.ui.wakes_at(story.timeline.head()), None, "halted it needs no clock");
    story.press("space");
    story.pass(500);
    assert!(story.timeline.run().head > at);
    story.press("left");
    let at = story.timeline.run().head;
    story.pass(5_000);
    assert_eq!(story.timeline.run().head, at, "a step halts");
    story.press(">");
    assert!(story.picture().contains("‖ 16×"), "{}", story.picture());
    story.press("> > >");
    assert!(story.picture().contains("‖ max"), "{}", story.picture());
    story.press("< L");
    assert!(story.timeline.is_live() && story.ui.player.is_none());
}

#[test]
fn the_past_of_a_live_run_is_played_from_where_is_looked() {
    let mut story = Story::working(140, 40);
    story.press("left left left left");
    let at = story.timeline.run().head;
    story.press("space");
    assert_eq!(story.timeline.run().head, at);
    assert!(story.picture().contains("▶ 1×"), "{}", story.picture());
    story.decided(CLAIM);
    run_out(&mut story);
    assert!(story.timeline.is_live());
    assert!(words_of(&story, 3).contains("It names no duty"), "what streamed live is there again");
}

#[test]
fn there_must_be_something_to_play() {
    let mut story = Story::blank(140, 40);
    assert!(play(&mut story.ui, &mut story.timeline, Speed::Max).unwrap_err().contains("nothing to play"));
    story.prepared();
    assert!(play(&mut story.ui, &mut story.timeline, Speed::Times(0)).unwrap_err().contains("slowest speed is 1×"));
    assert!(story.ui.player.is_none() && story.timeline.is_live());
    story.press("<");
    assert!(story.picture().contains("nothing is being played"));
}

#[test]
fn the_recording_stands_until_its_words_are_here() {
    let mut story = recorded();
    play(&mut story.ui, &mut story.timeline, Speed::Times(16)).unwrap();
    let mut now = story.ui.now;
    let mut tick = |story: &mut Story| {
        now = Now(now.0 + 50);
        update(&mut story.ui, &mut story.timeline, Msg::Tick, now)
    };
    let wanted = std::iter::repeat_with(|| tick(&mut story)).flatten().find_map(|effect| match effect {
        Effect::Fetch(id) => Some(id),
        _ => None,
    });
    let (wanted, at) = (wanted.unwrap(), story.timeline.run().head);
    let now = story.ui.now;
    let refused = update(&mut story.ui, &mut story.timeline, Msg::NotAsked(wanted), now);
    assert_eq!(refused, [], "it is not asked for at once again");
    let mut now = story.ui.now;
    for _ in 0..100 {
        now = Now(now.0 + 50);
        let effects = update(&mut story.ui, &mut story.timeline, Msg::Tick, now);
        assert!(effects.iter().all(|effect| *effect == Effect::Fetch(wanted)), "{effects:?}");
    }
    assert_eq!(story.timeline.run().head, at, "five seconds went by, and it waited");
    let why = "gone".to_owned();
    update(&mut story.ui, &mut story.timeline, Msg::Feed(crate::tui::Feed::Missing { id: wanted, why }), now);
    update(&mut story.ui, &mut story.timeline, Msg::Tick, Now(now.0 + 400));
    assert!(story.timeline.run().head > at, "what is gone holds nothing up");
}
