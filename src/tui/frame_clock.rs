//! When to draw: the first change at once, then at most sixty times a second, never while nothing changed. Text that only
//! streams is read no faster at sixty than at thirty, and costs half.

use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_micros(16_667);
const STREAMED: Duration = Duration::from_micros(33_333);

#[derive(Debug, Default)]
pub struct FrameClock {
    /// How long after the last frame the next one is due; `None` while the screen is right.
    after: Option<Duration>,
    drawn: Option<Instant>,
}

impl FrameClock {
    pub fn mark_dirty(&mut self) {
        self.after = Some(FRAME);
    }

    /// Nothing changed but the text that agents stream.
    pub fn mark_streamed(&mut self) {
        self.after.get_or_insert(STREAMED);
    }

    /// When the next frame is to be drawn; `None` while the screen is right.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        self.after.map(|after| self.drawn.map_or(now, |drawn| drawn + after))
    }

    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.deadline(now).is_some_and(|deadline| deadline <= now)
    }

    pub fn mark_drawn(&mut self, now: Instant) {
        (self.after, self.drawn) = (None, Some(now));
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
        clock.mark_dirty();
        assert!(clock.is_due(start));
        clock.mark_drawn(start);
        assert_eq!(clock.deadline(start), None, "asleep when clean");
        clock.mark_dirty();
        assert!(!clock.is_due(start + FRAME / 2));
        assert!(clock.is_due(start + FRAME));
    }

    #[test]
    fn a_key_does_not_wait_for_the_slower_beat_of_streams() {
        let start = Instant::now();
        let mut clock = FrameClock::default();
        clock.mark_drawn(start);
        clock.mark_streamed();
        assert!(!clock.is_due(start + FRAME) && clock.is_due(start + STREAMED));
        clock.mark_dirty();
        clock.mark_streamed();
        assert!(clock.is_due(start + FRAME));
    }
}
