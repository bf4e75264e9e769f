//! The run over time: its events, the fold of all of them, and the moment that is being looked at.

use super::{event::Event, id::Seq, state::Run};

/// How many folds are kept beside the newest, so that any moment is few events away from one.
const MARKS: usize = 8;

/// Events between a moment that was gone back to and the fold that is kept before it: so many steps back are short ones.
const NEAR: u64 = 256;

/// Events between two kept folds at first; twice as many each time that there would be too many of them.
const STRIDE: u64 = 2048;

#[derive(Debug, Clone)]
pub struct Timeline {
    events: Vec<Event>,
    head: Run,
    past: Option<Run>,
    /// Folds along the way, oldest first.
    marks: Vec<Run>,
    /// One a little before the moment that is being looked at.
    near: Option<Run>,
    stride: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Timeline { events: vec![], head: Run::default(), past: None, marks: vec![], near: None, stride: STRIDE }
    }
}

impl Timeline {
    pub fn push(&mut self, event: Event) {
        self.head.apply(&event);
        self.events.push(event);
        if self.head.head.0.is_multiple_of(self.stride) {
            self.mark();
        }
    }

    fn mark(&mut self) {
        if self.marks.len() == MARKS {
            self.stride *= 2;
            let stride = self.stride;
            self.marks.retain(|run| run.head.0.is_multiple_of(stride));
        }
        if self.head.head.0.is_multiple_of(self.stride) {
            self.marks.push(self.head.clone());
        }
    }

    /// Every event, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The events up to the moment that is being looked at.
    #[must_use]
    pub fn events_so_far(&self) -> &[Event] {
        let upto = self.run().head;
        &self.events[..self.events.partition_point(|event| event.seq <= upto)]
    }

    /// The run at the moment that is being looked at.
    #[must_use]
    pub fn run(&self) -> &Run {
        self.past.as_ref().unwrap_or(&self.head)
    }

    /// The run as it stands now.
    #[must_use]
    pub fn head(&self) -> &Run {
        &self.head
    }

    #[must_use]
    pub fn is_live(&self) -> bool {
        self.past.is_none()
    }

    /// Looks at the run as it stood after event `seq`; the newest moment is live again.
    pub fn look_at(&mut self, seq: Seq) {
        let here = self.past.take();
        if seq >= self.head.head {
            self.near = None;
            return;
        }
        let known = self.known(seq).map_or(Seq(0), |run| run.head);
        let is_forward = here.as_ref().is_some_and(|here| known <= here.head && here.head <= seq);
        if !is_forward && seq.0 - known.0 > NEAR {
            self.near = Some(self.fold(Seq(seq.0 - NEAR), None));
        }
        self.past = Some(self.fold(seq, here));
    }

    /// The run as it stood after event `seq`, wherever is looked.
    #[must_use]
    pub fn at(&self, seq: Seq) -> Run {
        self.fold(seq, None)
    }

    /// The nearest fold at or before an event, of those that are kept.
    fn known(&self, seq: Seq) -> Option<&Run> {
        let mark = self.marks.iter().rev().find(|run| run.head <= seq);
        mark.into_iter().chain(self.near.iter().filter(|run| run.head <= seq)).max_by_key(|run| run.head)
    }

    /// Forward from the nearest fold that is known, or from one at hand when that is nearer.
    fn fold(&self, seq: Seq, here: Option<Run>) -> Run {
        let mark = self.known(seq);
        let here = here.filter(|run| run.head <= seq && mark.is_none_or(|mark| mark.head <= run.head));
        let mut run = here.or_else(|| mark.cloned()).unwrap_or_default();
        let from = self.events.partition_point(|event| event.seq <= run.head);
        self.events[from..].iter().take_while(|event| event.seq <= seq).for_each(|event| run.apply(event));
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Fact;

    #[test]
    fn folds_are_kept_however_long_the_log_grows() {
        let mut timeline = Timeline::default();
        let last = STRIDE * MARKS as u64 * 4 + 7;
        for seq in 1..=last {
            let fact = if seq % 2 == 0 { Fact::PauseAsked } else { Fact::RunResumed };
            timeline.push(Event { seq: Seq(seq), at: seq as i64, fact });
        }
        assert!((MARKS / 2..=MARKS).contains(&timeline.marks.len()));
        for seq in [1, 2, STRIDE - 1, STRIDE, last / 3, last / 2, 3, last - 1] {
            timeline.look_at(Seq(seq));
            assert_eq!((timeline.run().head, timeline.run().last_at), (Seq(seq), seq as i64));
            assert_eq!(timeline.events_so_far().len() as u64, seq);
        }
        for seq in (last - NEAR * 3..last).rev().chain([5, 4, 3, 2, 1, 2]) {
            timeline.look_at(Seq(seq));
            assert_eq!((timeline.run().head, timeline.run().last_at), (Seq(seq), seq as i64));
            let known = timeline.known(Seq(seq)).map_or(0, |run| run.head.0);
            assert!(seq - known <= NEAR, "the next step back is a short one");
        }
        timeline.look_at(Seq(last));
        assert!(timeline.is_live() && timeline.near.is_none());
    }
}
