//! Plays what was recorded again: events at their times divided by the speed, and the words of calls as they came.
//!
//! It only moves the moment that is looked at. It needs the clock while it plays and at no other time.

use crate::run::{Fact, Seq, Timeline, line::Speed, travel};

use super::{action::Action, msg::Now, scrub, ui::Ui, words};

/// Milliseconds between two steps at least: words are read no faster.
const BEAT: i64 = 33;
/// Milliseconds between two steps at most, so that the clock of the moment goes on.
const SECOND: i64 = 1_000;
/// The longest silence that is played, in milliseconds of the recording.
const SILENCE: i64 = 5_000;
/// In how many steps the longest log is played at full speed.
const STEPS: usize = 600;
/// What a turn of the speed multiplies or divides it by, and the fastest but the fullest.
const TURN: u32 = 4;
const FASTEST: u32 = 64;

#[derive(Debug, Clone, Copy)]
pub struct Player {
    pub speed: Speed,
    /// Until when the clock was used up; `None` while it is halted.
    goes: Option<Now>,
    wakes: Now,
    /// When something was heard last, in recorded time.
    heard: i64,
}

impl Player {
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.goes.is_none()
    }

    #[must_use]
    pub fn wakes_at(&self) -> Option<Now> {
        self.goes.map(|_| self.wakes)
    }

    /// `▶ 4×`, `‖ max`.
    #[must_use]
    pub fn sign(&self) -> String {
        let glyph = if self.is_halted() { "‖" } else { "▶" };
        match self.speed {
            Speed::Times(times) => format!("{glyph} {times}×"),
            Speed::Max => format!("{glyph} max"),
        }
    }
}

/// Plays from the moment that is looked at, or from the first when that is now.
///
/// # Errors
/// When there is nothing to play.
pub fn play(ui: &mut Ui, timeline: &mut Timeline, speed: Speed) -> Result<(), String> {
    if timeline.head().head < Seq(2) {
        return Err("there is nothing to play yet".to_owned());
    }
    if speed == Speed::Times(0) {
        return Err("0× stands still: the slowest speed is 1×".to_owned());
    }
    if timeline.is_live() {
        scrub::go(ui, timeline, Seq(1));
    }
    start(ui, timeline, speed);
    Ok(())
}

fn start(ui: &mut Ui, timeline: &Timeline, speed: Speed) {
    let heard = ui.past.as_ref().map_or(timeline.run().last_at, |past| past.until);
    ui.player = Some(Player { speed, goes: Some(ui.now), wakes: Now(ui.now.0 + BEAT), heard });
}

/// Halts what is played; it can go on from wherever is looked then.
pub fn halt(ui: &mut Ui) {
    if let Some(player) = &mut ui.player {
        player.goes = None;
    }
}

/// Halts, or goes on from the moment that is looked at.
pub fn toggle(ui: &mut Ui, timeline: &Timeline) {
    match ui.player {
        Some(player) if !player.is_halted() => halt(ui),
        Some(player) => start(ui, timeline, player.speed),
        None => start(ui, timeline, Speed::Times(1)),
    }
}

/// Another speed.
pub fn turn(ui: &mut Ui, action: Action) {
    let now = ui.now;
    let Some(player) = &mut ui.player else { return };
    player.speed = match (action, player.speed) {
        (Action::Faster, Speed::Times(times)) if times < FASTEST => Speed::Times((times * TURN).min(FASTEST)),
        (Action::Faster, _) => Speed::Max,
        (_, Speed::Times(times)) => Speed::Times((times / TURN).max(1)),
        (_, Speed::Max) => Speed::Times(FASTEST),
    };
    player.wakes = Now(now.0 + BEAT);
    if player.goes.is_some() {
        player.goes = Some(now);
    }
}

/// Why the speed cannot be changed.
#[must_use]
pub fn why_not(action: Action, ui: &Ui) -> Option<&'static str> {
    match (action, ui.player.map(|player| player.speed)) {
        (_, None) => Some("nothing is being played: in the past, Space plays"),
        (Action::Faster, Some(Speed::Max)) => Some("it is as fast as it gets"),
        (Action::Slower, Some(Speed::Times(1))) => Some("it is as slow as it was"),
        _ => None,
    }
}

/// Lets the time since the last step go by in the recording; whether anything may have moved.
pub fn advance(ui: &mut Ui, timeline: &mut Timeline) -> bool {
    let (Some(mut player), Some(past)) = (ui.player, &ui.past) else { return false };
    let Some(since) = player.goes.filter(|_| ui.now >= player.wakes) else { return false };
    player.wakes = Now(ui.now.0 + BEAT);
    if past.tape.waits() {
        // The recording stands while a text is fetched, and asked for again, so that none is passed over.
        player.goes = Some(ui.now);
        ui.player = Some(player);
        return true;
    }
    match player.speed {
        Speed::Max => leap(ui, timeline, &mut player),
        Speed::Times(times) => {
            // A process that was suspended does not skip what it would have shown.
            let since = since.max(Now(ui.now.0 - SECOND - BEAT));
            pass(ui, timeline, &mut player, since, i64::from(times));
        }
    }
    if ui.past.is_some() {
        ui.player = Some(player);
    }
    true
}

/// As many events as full speed takes at once.
fn leap(ui: &mut Ui, timeline: &mut Timeline, player: &mut Player) {
    let by = (timeline.head().head.0 as usize).div_ceil(STEPS) as isize;
    let Some(seq) = travel::nearby(timeline, by) else { return };
    player.goes = Some(ui.now);
    reach(ui, timeline, seq);
    player.heard = timeline.run().last_at;
}

fn pass(ui: &mut Ui, timeline: &mut Timeline, player: &mut Player, since: Now, times: i64) {
    let mut left = ui.now.since(since).max(0) * times;
    let mut held = false;
    while let Some(past) = ui.past.as_mut().filter(|_| !held) {
        let at = past.until;
        let Some(next) = timeline.event(timeline.run().head.next()) else { break };
        // A clock that was set back while the run went on holds nothing up.
        let event = next.at.max(at);
        let word = past.tape.next_word(timeline.run(), at, &ui.calls).filter(|word| *word < event);
        let due = word.unwrap_or(event);
        let cut = player.heard + SILENCE;
        let target = if due > cut { cut.max(at) } else { due };
        if target - at > left {
            past.until += left;
            left = 0;
            let wait = (target - past.until + times - 1) / times;
            player.wakes = Now(ui.now.0 + wait.clamp(BEAT, SECOND));
            break;
        }
        left -= target - at;
        if due > target {
            let (whole, short) = (words::clock(due - player.heard), SILENCE / 1_000);
            ui.notices.push(format!("a silence of {whole} was shortened to {short} s"), ui.now);
        }
        (past.until, player.heard) = (due, due);
        if word.is_none() {
            // What a call says is looked up before time goes on, and all that was said is shown before the end.
            let seq = next.seq;
            held = matches!(next.fact, Fact::CallStarted { .. });
            reach(ui, timeline, seq);
            held |= timeline.run().head == before_last(timeline);
            if let Some(past) = &mut ui.past {
                past.until = due;
            }
        }
    }
    player.goes = Some(Now(ui.now.0 - left / times));
}

/// Goes on to an event. The one before the last is shown on the way; at the last one the playing ends.
fn reach(ui: &mut Ui, timeline: &mut Timeline, seq: Seq) {
    let (head, stop) = (timeline.head().head, before_last(timeline));
    if seq < head || timeline.run().head < stop {
        scrub::look(ui, timeline, seq.min(stop));
        if let Some(past) = &mut ui.past {
            past.until = timeline.run().last_at;
        }
        return;
    }
    // A run that nobody works on has no words of its own to show.
    if let Some(past) = ui.past.as_mut().filter(|_| !ui.attachment.is_live()) {
        // Every trace is here: the tape waited for nothing.
        past.tape.wind(timeline.head(), i64::MAX, &ui.calls, timeline, &mut ui.bodies, &mut vec![]);
        ui.streams.extend(std::mem::take(&mut past.tape.streams));
    }
    scrub::live(ui, timeline);
    ui.notices.push("played to its end: this is the run as it is now", ui.now);
}

fn before_last(timeline: &Timeline) -> Seq {
    Seq(timeline.head().head.0.saturating_sub(1))
}
