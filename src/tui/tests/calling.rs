//! A team that calls a model: what is seen of its calls, their waits and their cost.

use crate::{
    run::*,
    tui::{
        Feed, Saving,
        fixture::{Answered, Story},
        msg::Msg,
    },
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
fn an_agent_that_hung_is_said_to_have_lost_its_task_and_its_late_write_to_be_refused() {
    let mut story = calling(140, 40);
    let (agent, held) = (AgentId(3), Held::Task(TaskId(3)));
    story.fact(Fact::LeaseExpired { agent, held, claim: 3 });
    let requeued = Fact::TaskRequeued { task: TaskId(3), agent, reason: "its agent hung".into(), refused: false };
    story.fact(requeued);
    let picture = story.picture();
    assert!(picture.contains("! lost its lease on T3"), "{picture}");
    assert!(picture.contains("a3 lost its lease on T3, claim 3"), "{picture}");
    story.fact(Fact::WriteRefused { agent, held, claim: 3, write: "the GPL-3 names none".into() });
    let picture = story.picture();
    assert!(!picture.contains("! lost its lease"), "it is heard of again: {picture}");
    assert!(picture.contains("a late write of a3 for T3 refused"), "{picture}");
}

#[test]
fn a_run_that_cannot_be_saved_says_so_for_as_long_as_that_is_so() {
    for (width, height) in SIZES {
        let mut story = calling(width, height);
        story.send(Msg::Feed(Feed::Saving(Saving::Waits)));
        story.pass(60_000);
        assert!(story.picture().contains("! NOT SAVED"), "{}", story.picture());
        story.send(Msg::Feed(Feed::Saving(Saving::Goes)));
        assert!(!story.picture().contains("NOT SAVED"));
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

/// FAILURES 9. Where a record ends, what an agent was about to do is held for it, and it says no more itself.
#[test]
fn whoever_was_at_work_when_all_stood_still_is_held() {
    let mut story = Story::working(140, 40);
    story.fact(Fact::PauseAsked);
    assert!(!story.picture().contains("‖ held"), "it may be at work until everybody stands");
    story.fact(Fact::RunPaused);
    let picture = story.picture();
    assert!(picture.contains("‖ held") && picture.contains("0 of 4 at work"), "{picture}");
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
