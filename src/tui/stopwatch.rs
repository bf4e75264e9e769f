//! How long the team has been at work: the sum of its sessions, not the time between them.

use crate::run::{Event, Fact};

use super::msg::Now;

#[derive(Debug, Default)]
pub struct Stopwatch {
    /// Milliseconds of sessions that are over.
    closed: i64,
    /// When the session that runs began.
    since: Option<i64>,
    last: i64,
}

impl Stopwatch {
    pub fn see(&mut self, event: &Event) {
        match event.fact {
            Fact::SessionStarted { .. } => {
                // A session that ended without a word is over with its last event.
                self.close(self.last);
                self.since = Some(event.at);
            }
            Fact::SessionEnded { .. } | Fact::RunEnded { .. } => self.close(event.at),
            _ => {}
        }
        self.last = event.at;
    }

    /// No more events come from this session.
    pub fn stop(&mut self) {
        self.close(self.last);
    }

    fn close(&mut self, at: i64) {
        if let Some(since) = self.since.take() {
            self.closed += (at - since).max(0);
        }
    }

    /// Milliseconds until `now`.
    #[must_use]
    pub fn elapsed(&self, now: Now) -> i64 {
        self.closed + self.since.map_or(0, |since| (now.0 - since).max(0))
    }
}
