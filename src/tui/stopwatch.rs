//! How long the team has been at work: neither the time between its sessions nor that of its pauses.

use crate::run::{Event, Fact};

use super::msg::Now;

#[derive(Debug, Default)]
pub struct Stopwatch {
    /// Milliseconds of stretches that are over.
    closed: i64,
    /// When the stretch that runs began.
    since: Option<i64>,
    last: i64,
}

impl Stopwatch {
    pub fn see(&mut self, event: &Event) {
        match event.fact {
            // A session that ended without a word is over with its last event, and so is what a fork has of its parent.
            Fact::SessionStarted { .. } | Fact::Forked { .. } => {
                self.close(self.last);
                self.since = Some(event.at);
            }
            Fact::RunResumed | Fact::RunReopened { .. } => {
                self.close(event.at);
                self.since = Some(event.at);
            }
            Fact::RunPaused | Fact::SessionEnded { .. } | Fact::RunEnded { .. } => self.close(event.at),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Parting, Seq};

    #[test]
    fn a_run_that_is_opened_again_is_at_work_again() {
        let mut watch = Stopwatch::default();
        let reopened = Fact::RunReopened { reason: "it is false".into() };
        let ended = Fact::RunEnded { outcome: crate::run::Outcome::Answered };
        let log = [(0, Fact::SessionStarted { pid: 1 }), (3_000, ended.clone()), (60_000, reopened), (62_000, ended)];
        for ((at, fact), seq) in log.into_iter().zip(1..) {
            watch.see(&Event { seq: Seq(seq), at, fact });
        }
        assert_eq!(watch.elapsed(Now(99_000)), 5_000);
    }

    #[test]
    fn pauses_and_the_time_between_sessions_do_not_count() {
        let mut watch = Stopwatch::default();
        let mut tell = |at: i64, fact: Fact| {
            watch.see(&Event { seq: Seq(1), at, fact });
            watch.elapsed(Now(at))
        };
        tell(1_000, Fact::SessionStarted { pid: 1 });
        assert_eq!(tell(3_000, Fact::RunPaused), 2_000);
        assert_eq!(tell(9_000, Fact::RunResumed), 2_000);
        assert_eq!(tell(10_000, Fact::SessionEnded { parting: Parting::Interrupted }), 3_000);
        tell(50_000, Fact::SessionStarted { pid: 2 });
        // This session dies without a word; the next one shows it.
        tell(51_000, Fact::PauseAsked);
        assert_eq!(tell(90_000, Fact::SessionStarted { pid: 3 }), 4_000);
        // Nobody worked while the past lay there to be forked.
        let from = crate::run::RunId("20260102-lamp".to_owned());
        assert_eq!(tell(800_000, Fact::Forked { from, upto: Seq(7) }), 4_000);
        assert_eq!(tell(801_000, Fact::SessionStarted { pid: 4 }), 4_000);
    }
}
