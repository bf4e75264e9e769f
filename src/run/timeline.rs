//! The run over time: its events, the fold of all of them, and the moment that is being looked at.

use std::sync::Arc;

use super::{
    event::Event,
    id::Seq,
    log::{Events, Log, Row},
    state::Run,
};

/// How many folds are kept beside the newest, so that any moment is few events away from one. They share what they have
/// in common.
const MARKS: usize = 32;

/// Events between a moment that was gone back to and the fold that is kept before it: so many steps back are short ones.
const NEAR: u64 = 256;

/// Events between two kept folds at first; twice as many each time that there would be too many of them.
const STRIDE: u64 = 4096;

#[derive(Debug)]
pub struct Timeline {
    events: Events,
    /// The fold of the events that were handed over so far.
    folded: Run,
    /// The run as it stands, where that was known before its events were handed over.
    ahead: Option<Run>,
    past: Option<Run>,
    /// Folds along the way, oldest first.
    marks: Vec<Run>,
    /// One a little before the moment that is being looked at.
    near: Option<Run>,
    stride: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Timeline {
            events: Events::default(),
            folded: Run::default(),
            ahead: None,
            past: None,
            marks: vec![],
            near: None,
            stride: STRIDE,
        }
    }
}

impl Timeline {
    /// A run without events so far, whose events need not be kept since a log has them.
    #[must_use]
    pub fn of(log: Box<dyn Log>) -> Self {
        Timeline { events: Events::of(log, Seq(0)), ..Timeline::default() }
    }

    /// A run that is known before its events were handed over: what they fold to takes its place once they were.
    #[must_use]
    pub fn ahead(run: Run, log: Box<dyn Log>) -> Self {
        Timeline { events: Events::of(log, run.head), ahead: Some(run), ..Timeline::default() }
    }

    /// The next event. One that was handed over before changes nothing.
    pub fn push(&mut self, event: Event) {
        if event.seq <= self.folded.head {
            return;
        }
        self.folded.apply(&event);
        if let Some(ahead) = &self.ahead {
            self.folded.share(ahead, &event.fact);
        }
        if event.seq > self.events.last() {
            self.events.push(event);
        }
        if self.folded.head.0.is_multiple_of(self.stride) {
            self.mark();
        }
        self.ahead.take_if(|ahead| ahead.head <= self.folded.head);
    }

    fn mark(&mut self) {
        if self.marks.len() == MARKS {
            self.stride *= 2;
            let stride = self.stride;
            self.marks.retain(|run| run.head.0.is_multiple_of(stride));
        }
        if self.folded.head.0.is_multiple_of(self.stride) {
            self.marks.push(self.folded.clone());
        }
    }

    /// There are no more events than were handed over; what was known ahead is void.
    pub fn end_here(&mut self) {
        self.ahead = None;
        self.events.end_at(self.folded.head);
        self.near = None;
        if self.past.as_ref().is_some_and(|past| past.head >= self.folded.head) {
            self.past = None;
        }
    }

    /// Every event, oldest first.
    #[must_use]
    pub fn events(&self) -> Row<'_> {
        self.events_after(Seq(0))
    }

    /// The events after one of them.
    #[must_use]
    pub fn events_after(&self, after: Seq) -> Row<'_> {
        self.events.between(after, self.events.last())
    }

    /// The events up to the moment that is being looked at.
    #[must_use]
    pub fn events_so_far(&self) -> Row<'_> {
        self.events.between(Seq(0), self.run().head)
    }

    #[must_use]
    pub fn event(&self, seq: Seq) -> Option<Arc<Event>> {
        self.events.get(seq)
    }

    /// How many events are in memory, and how many were read again so far.
    #[must_use]
    pub fn weight(&self) -> (usize, u64) {
        self.events.weight()
    }

    /// Why an event could not be read, once.
    pub fn trouble(&self) -> Option<String> {
        self.events.trouble()
    }

    /// The run at the moment that is being looked at.
    #[must_use]
    pub fn run(&self) -> &Run {
        self.past.as_ref().unwrap_or_else(|| self.head())
    }

    /// The run as it stands now.
    #[must_use]
    pub fn head(&self) -> &Run {
        self.ahead.as_ref().unwrap_or(&self.folded)
    }

    /// What was handed over so far comes to this.
    #[must_use]
    pub fn folded(&self) -> &Run {
        &self.folded
    }

    #[must_use]
    pub fn is_live(&self) -> bool {
        self.past.is_none()
    }

    /// Looks at the run as it stood after event `seq`; the newest moment is live again.
    pub fn look_at(&mut self, seq: Seq) {
        let here = self.past.take();
        self.catch_up(seq);
        if seq >= self.head().head {
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

    /// Folds the log up to an event that was not handed over yet, so that it is done once.
    fn catch_up(&mut self, seq: Seq) {
        let upto = self.ahead.as_ref().map_or(Seq(0), |ahead| seq.min(ahead.head));
        while self.folded.head < upto {
            let Some(event) = self.events.get(self.folded.head.next()) else { return };
            self.push(Arc::unwrap_or_clone(event));
        }
    }

    /// The run as it stood after event `seq`, wherever is looked.
    #[must_use]
    pub fn at(&self, seq: Seq) -> Run {
        self.fold(seq, None)
    }

    /// The same, from a fold that is at hand.
    #[must_use]
    pub fn forward(&self, here: Run, seq: Seq) -> Run {
        self.fold(seq, Some(here))
    }

    /// The nearest fold at or before an event, of those that are kept.
    fn known(&self, seq: Seq) -> Option<&Run> {
        let mark = self.marks.iter().rev().find(|run| run.head <= seq);
        let others = self.near.iter().chain([&self.folded]).filter(|run| run.head <= seq);
        mark.into_iter().chain(others).max_by_key(|run| run.head)
    }

    /// Forward from the nearest fold that is known, or from one at hand when that is nearer.
    fn fold(&self, seq: Seq, here: Option<Run>) -> Run {
        let mark = self.known(seq);
        let here = here.filter(|run| run.head <= seq && mark.is_none_or(|mark| mark.head <= run.head));
        let mut run = here.or_else(|| mark.cloned()).unwrap_or_default();
        self.events.between(run.head, seq).for_each(|event| run.apply(&event));
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
            assert_eq!(timeline.events_so_far().count() as u64, seq);
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
