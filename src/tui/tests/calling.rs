//! A team that calls a model: what is seen of its calls, their waits and their cost.

use crate::{
    run::*,
    tui::fixture::{Answered, Story},
};

const SIZES: [(u16, u16); 3] = [(140, 40), (80, 24), (50, 15)];

fn tokens(input: u64, cached: u64, output: u64, usd: Option<f64>) -> Usage {
    Usage { input_tokens: input, cached_tokens: cached, output_tokens: output, usd, ..Usage::NONE }
}

/// Each agent in another state of a call.
fn calling(width: u16, height: u16) -> Story {
    let mut story = Story::blank(width, height);
    story.prepared();
    story.plan();
    for n in 1..=4 {
        story.claim(n, n as u16);
        let answered = Answered { usage: tokens(4_100, 3_000, 120, Some(0.0021)), ..Answered::default() };
        story.call(n as u16, Some(n), CallKind::Unfold, answered);
    }
    for n in 1..=3 {
        story.sends(n, Some(u32::from(n)), CallKind::Reason);
    }
    story.see(4, Sight::Phase(Phase::WaitsForMoney));
    story.see(2, Sight::Text(Stream::Reasoning, "half a thou".to_owned()));
    story.pass(1_200);
    story.see(1, Sight::Text(Stream::Reasoning, "The task asks for a duty towards remote users. ".repeat(3)));
    let why = "openai: the server asks for fewer requests (429)".to_owned();
    story.see(2, Sight::Phase(Phase::TriesAgain { why: why.clone(), until: story.ui.now.0 + 12_000 }));
    story.see(2, Sight::Begins(format!("F reason again: {why}")));
    story.pass(2_000);
    story.see(1, Sight::Text(Stream::Output, "1. GPL-3 §13 permits linking with AGPL-3 works [W0 S1.1]".to_owned()));
    story.pass(1_000);
    story
}

#[test]
fn each_agent_says_what_it_waits_for_and_what_it_used() {
    for (width, height) in SIZES {
        let mut story = calling(width, height);
        if width == 50 {
            story.press("2");
        }
        insta::assert_snapshot!(format!("calling_{width}x{height}"), story.picture());
    }
}

#[test]
fn the_end_of_a_wait_is_counted_down() {
    let mut story = calling(140, 40);
    // 08:53:20 is the beginning; offsets move the clock, not the wait.
    story.ui.options.utc_offset_secs = Some(3600);
    let left = |story: &Story| {
        let picture = story.picture();
        let (_, after) = picture.split_once("waits: openai until 09:53:").expect("a wait with its end");
        after.split(", ").nth(1).unwrap().split('s').next().unwrap().parse::<u32>().unwrap()
    };
    let before = left(&story);
    assert_eq!(before, 9);
    story.pass(3_000);
    assert_eq!(left(&story), 6);
    story.pass(60_000);
    assert_eq!(left(&story), 0, "never less than nothing");
}

/// FAILURES 9.
#[test]
fn a_model_that_says_nothing_is_stale_and_not_at_work() {
    let mut story = calling(140, 40);
    assert!(story.picture().contains("2 of 4 at work"), "a3 waits for its model, a1 streams: {}", story.picture());
    story.pass(25_500);
    assert!(story.picture().contains("waits: model") && !story.picture().contains("stale"), "{}", story.picture());
    story.pass(5_000);
    let picture = story.picture();
    assert!(picture.contains("! stale: openai silent 00:3"), "{picture}");
    assert!(picture.contains("0 of 4 at work") && !picture.contains("thinks"), "{picture}");
    story.see(1, Sight::Text(Stream::Output, " and".to_owned()));
    assert!(story.picture().contains("1 of 4 at work"), "a word ends the silence: {}", story.picture());
}

/// A backend that is cut in the middle of a reply is named, and whoever waits for it is not at work (FAILURES 9).
#[test]
fn a_connection_that_broke_off_is_named_and_no_work() {
    let mut story = calling(140, 40);
    assert!(story.picture().contains("2 of 4 at work"), "{}", story.picture());
    let why = "openai: the connection broke off".to_owned();
    for agent in [1, 3] {
        story.see(agent, Sight::Phase(Phase::TriesAgain { why: why.clone(), until: story.ui.now.0 + 40_000 }));
    }
    for (pass, left) in [(0, "40s"), (35_000, "5s")] {
        story.pass(pass);
        let picture = story.picture();
        let rows: Vec<&str> = picture.lines().filter(|line| line.contains(" a1 ") || line.contains(" a3 ")).collect();
        let waits = rows.iter().filter(|row| row.contains("waits: openai until") && row.contains(left)).count();
        assert_eq!(waits, 2, "{picture}");
        assert!(picture.contains("0 of 4 at work") && picture.matches("the connection broke off").count() >= 2);
    }
}

#[test]
fn what_is_used_of_a_cap_is_in_the_status() {
    let mut story = calling(140, 40);
    assert!(story.picture().contains("16.9k tok  $0.0084"), "{}", story.picture());
    story.fact(Fact::CapSet { scope: Scope::Run, cap: Cap { usd: Some(0.5), tokens: Some(20_000) } });
    assert!(story.picture().contains("16.9k / 20k tok  $0.0084 / 0.50"), "{}", story.picture());
    let answered = Answered { usage: tokens(10, 0, 10, None), ..Answered::default() };
    story.call(1, None, CallKind::Verify, answered);
    assert!(story.picture().contains("$? / 0.50"), "an unknown price is not zero: {}", story.picture());
}

#[test]
fn who_waits_for_money_says_what_for() {
    let mut story = calling(140, 40);
    assert!(story.picture().contains("E unfold  3 calls in flight may use what is left"));
    let cap = Cap { usd: Some(0.01), tokens: None };
    let ask = Ask::Budget { scope: Scope::Run, cap, used: Usage::NONE, call: CallKind::Reason, worst: Usage::NONE };
    let id = story.open(1, Some(1), ask);
    assert!(story.picture().contains(&format!("E unfold  {id} asks for more")), "{}", story.picture());
}

#[test]
fn figures_come_from_the_log_once_a_call_is_back() {
    let mut story = Story::working(140, 40);
    let usage = tokens(1_000, 500, 200, Some(0.01));
    story.call(
        3,
        Some(3),
        CallKind::Verify,
        Answered { usage, first_ms: Some(1_500), ms: 3_500, ..Answered::default() },
    );
    let picture = story.picture();
    assert!(picture.contains("G verify  1k→200 tok  100/s  $0.010  500 cached"), "{picture}");
}
