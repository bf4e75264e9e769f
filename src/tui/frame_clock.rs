//! When to draw: the first change at once, then at most sixty times a second, never while nothing changed.

use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_micros(16_667);

#[derive(Debug, Default)]
pub struct FrameClock {
    dirty: bool,
    drawn: Option<Instant>,
}

impl FrameClock {
    pub fn mark_dirty(&mut self) {
        self.dirty = true;
    }

    /// When the next frame is to be drawn; `None` while the screen is right.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        self.dirty.then(|| self.drawn.map_or(now, |drawn| drawn + FRAME))
    }

    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.deadline(now).is_some_and(|deadline| deadline <= now)
    }

    pub fn mark_drawn(&mut self, now: Instant) {
        (self.dirty, self.drawn) = (false, Some(now));
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
}
