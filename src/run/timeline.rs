//! The run over time: its events, the fold of all of them, and the moment that is being looked at.

use super::{event::Event, id::Seq, state::Run};

#[derive(Debug, Clone, Default)]
pub struct Timeline {
    events: Vec<Event>,
    head: Run,
    past: Option<Run>,
}

impl Timeline {
    pub fn push(&mut self, event: Event) {
        self.head.apply(&event);
        self.events.push(event);
    }

    /// Every event, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
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
        if seq >= self.head.head {
            self.past = None;
            return;
        }
        // Forward from where we look already, else from the beginning.
        let mut run = self.past.take().filter(|run| run.head <= seq).unwrap_or_default();
        for event in &self.events {
            if event.seq > run.head && event.seq <= seq {
                run.apply(event);
            }
        }
        self.past = Some(run);
    }
}
