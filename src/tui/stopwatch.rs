//! How long the team has been at work, now or at any moment before: neither the time between its sessions nor that of its
//! pauses.

use crate::run::{Event, Fact, Seq};

/// A stretch of work, in milliseconds since the epoch.
#[derive(Debug)]
struct Stretch {
    from: Seq,
    began: i64,
    /// When it was over, and by which event.
    over: Option<(Seq, i64)>,
}

#[derive(Debug, Default)]
pub struct Stopwatch {
    stretches: Vec<Stretch>,
    /// The last event and its time.
    last: (Seq, i64),
}

impl Stopwatch {
    pub fn see(&mut self, event: &Event) {
        let here = (event.seq, event.at);
        match event.fact {
            // A session that ended without a word is over with its last event, and so is what a fork has of its parent.
            Fact::SessionStarted { .. } | Fact::Forked { .. } => self.start((event.seq, self.last.1), here),
            Fact::RunResumed | Fact::RunReopened { .. } => self.start(here, here),
            Fact::RunPaused | Fact::SessionEnded { .. } | Fact::RunEnded { .. } => self.close(here),
            _ => {}
        }
        self.last = here;
    }

    /// No more events come from this session.
    pub fn stop(&mut self) {
        self.close(self.last);
    }

    fn start(&mut self, over: (Seq, i64), (from, began): (Seq, i64)) {
        self.close(over);
        self.stretches.push(Stretch { from, began, over: None });
    }

    fn close(&mut self, over: (Seq, i64)) {
        if let Some(stretch) = self.stretches.last_mut() {
            stretch.over.get_or_insert(over);
        }
    }

    /// Milliseconds up to a time after an event, before the next one.
    #[must_use]
    pub fn elapsed(&self, at: Seq, until: i64) -> i64 {
        let worked = |stretch: &Stretch| match stretch.over {
            Some((seq, over)) if seq <= at => over - stretch.began,
            Some((_, over)) => until.min(over) - stretch.began,
            None => until - stretch.began,
        };
        self.stretches.iter().take_while(|stretch| stretch.from <= at).map(|stretch| worked(stretch).max(0)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Parting;

    #[test]
    fn a_run_that_is_opened_again_is_at_work_again() {
        let mut watch = Stopwatch::default();
        let reopened = Fact::RunReopened { reason: "it is false".into() };
        let ended = Fact::RunEnded { outcome: crate::run::Outcome::Answered };
        let log = [(0, Fact::SessionStarted { pid: 1 }), (3_000, ended.clone()), (60_000, reopened), (62_000, ended)];
        for ((at, fact), seq) in log.into_iter().zip(1..) {
            watch.see(&Event { seq: Seq(seq), at, fact });
        }
        assert_eq!(watch.elapsed(Seq(4), 99_000), 5_000);
        // The same at each moment before.
        assert_eq!([1, 2, 3].map(|seq| watch.elapsed(Seq(seq), 61_000)), [3_000, 3_000, 4_000]);
    }

    #[test]
    fn pauses_and_the_time_between_sessions_do_not_count() {
        let mut watch = Stopwatch::default();
        let mut seq = Seq(0);
        let mut tell = |at: i64, fact: Fact| {
            seq = seq.next();
            watch.see(&Event { seq, at, fact });
            watch.elapsed(seq, at)
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
