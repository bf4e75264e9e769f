//! When to draw: the first change at once, then at most sixty times a second, never while nothing changed. Text that only
//! streams is read no faster at sixty than at thirty, and costs half. What a key did waits for no frame but those of
//! other keys.

use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_micros(16_667);
const STREAMED: Duration = Duration::from_micros(33_333);

/// Why the screen is not right any more; a later one is the more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Nothing changed but the text that agents stream.
    Streamed,
    Changed,
    /// The person did something and looks for what it did.
    Pressed,
}

#[derive(Debug, Default)]
pub struct FrameClock {
    /// Why a frame is due; `None` while the screen is right.
    cause: Option<Cause>,
    drawn: Option<Instant>,
    /// The last frame that a key had asked for.
    answered: Option<Instant>,
}

impl FrameClock {
    pub fn mark(&mut self, cause: Cause) {
        self.cause = self.cause.max(Some(cause));
    }

    /// When the next frame is to be drawn; `None` while the screen is right.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        let after = match self.cause? {
            Cause::Streamed => self.drawn.map(|drawn| drawn + STREAMED),
            Cause::Changed => self.drawn.map(|drawn| drawn + FRAME),
            Cause::Pressed => self.answered.map(|answered| answered + FRAME),
        };
        Some(after.unwrap_or(now))
    }

    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.deadline(now).is_some_and(|deadline| deadline <= now)
    }

    pub fn mark_drawn(&mut self, now: Instant) {
        if self.cause.take() == Some(Cause::Pressed) {
            self.answered = Some(now);
        }
        self.drawn = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_is_drawn_at_once_and_the_next_after_a_frame() {
        let start = Instant::now();
        let mut clock = FrameClock::default();
        assert_eq!(clock.deadline(start), None);
        clock.mark(Cause::Changed);
        assert!(clock.is_due(start));
        clock.mark_drawn(start);
        assert_eq!(clock.deadline(start), None, "asleep when clean");
        clock.mark(Cause::Changed);
        assert!(!clock.is_due(start + FRAME / 2));
        assert!(clock.is_due(start + FRAME));
    }

    #[test]
    fn what_only_streams_goes_with_whatever_else_is_drawn() {
        let start = Instant::now();
        let mut clock = FrameClock::default();
        clock.mark_drawn(start);
        clock.mark(Cause::Streamed);
        assert!(!clock.is_due(start + FRAME) && clock.is_due(start + STREAMED));
        clock.mark(Cause::Changed);
        clock.mark(Cause::Streamed);
        assert!(clock.is_due(start + FRAME));
    }

    #[test]
    fn a_key_waits_for_frames_of_keys_alone() {
        let start = Instant::now();
        let mut clock = FrameClock::default();
        clock.mark_drawn(start);
        clock.mark(Cause::Pressed);
        assert!(clock.is_due(start), "however lately something else was drawn");
        clock.mark_drawn(start);
        clock.mark(Cause::Pressed);
        assert!(!clock.is_due(start + FRAME / 2), "a key that is held down draws no more than sixty times a second");
        assert!(clock.is_due(start + FRAME));
    }
}
