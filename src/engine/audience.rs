//! Who watches the log: events go there in order, and the run never waits for a slow screen.

use tokio::sync::mpsc;

use crate::run::Event;

/// Where events go once they are durable.
pub struct Audience {
    sender: mpsc::Sender<Vec<Event>>,
    /// Full: events wait here until there is room. None is lost and the run never waits for a screen.
    waiting: Vec<Event>,
}

impl Audience {
    #[must_use]
    pub fn new(sender: mpsc::Sender<Vec<Event>>) -> Self {
        Audience { sender, waiting: vec![] }
    }

    pub(super) fn show(&mut self, events: &[Event]) {
        self.waiting.extend_from_slice(events);
        match self.sender.try_reserve() {
            Ok(place) => place.send(std::mem::take(&mut self.waiting)),
            Err(mpsc::error::TrySendError::Full(())) => {}
            Err(mpsc::error::TrySendError::Closed(())) => self.waiting.clear(),
        }
    }

    /// Hands over what waits once there is room; never returns when nothing waits. Cancel-safe.
    pub(super) async fn catch_up(&mut self) {
        if self.waiting.is_empty() {
            return std::future::pending().await;
        }
        match self.sender.reserve().await {
            Ok(place) => place.send(std::mem::take(&mut self.waiting)),
            Err(mpsc::error::SendError(())) => self.waiting.clear(),
        }
    }

    /// Hands over what is left when the run stops; here the sequencer does wait.
    pub(super) async fn flush(self) {
        if !self.waiting.is_empty() {
            let _ = self.sender.send(self.waiting).await;
        }
    }
}
