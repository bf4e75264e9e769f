//! Hands the log what was decided, on a blocking thread, and does not let go of it while the disk will not take it.
//!
//! Until it is durable nobody is told of what others may act on (`unsaved.rs`): the agents come to a stand and send
//! nothing new. The writer tries again by itself, and at once when a human does anything. It decides nothing.

use std::time::Duration;

use tokio::sync::watch;

use crate::{
    run::{Event, Seq},
    store::{Body, Journal, StoreError},
};

/// Before the second try, and the most that is ever waited; each wait is twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Why nothing can be saved for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub why: String,
    /// Tries that failed so.
    pub tries: u32,
    /// The last event that is durable.
    pub saved: Seq,
}

/// What is asked of a writer that waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Urge {
    /// How often it was told to try at once.
    pub tries: u64,
    /// The session ends: what does not go well now is given up.
    pub leaving: bool,
}

/// What goes into the log in one piece.
#[derive(Default)]
pub struct Batch {
    pub events: Vec<Event>,
    pub bodies: Vec<Body>,
}

pub struct Writer {
    journal: Box<dyn Journal>,
    trouble: watch::Sender<Option<Trouble>>,
    urge: watch::Receiver<Urge>,
}

impl Writer {
    pub fn new(
        journal: Box<dyn Journal>,
        trouble: watch::Sender<Option<Trouble>>,
        urge: watch::Receiver<Urge>,
    ) -> Self {
        Writer { journal, trouble, urge }
    }

    /// Appends right after `expected`, however long that takes. Gives itself and the batch back.
    ///
    /// # Errors
    /// `Conflict` when another writer was faster; what cannot pass; and what can, once the session ends.
    pub async fn append(mut self, expected: Seq, mut batch: Batch) -> (Self, Result<(), StoreError>, Batch) {
        for tries in 1.. {
            let result;
            (self, (result, batch)) = self.write(expected, batch, tries).await;
            let passing = result.as_ref().err().and_then(StoreError::passing);
            match passing {
                Some(why) if !self.urge.borrow().leaving => {
                    tracing::warn!(%why, tries, saved = %expected, "nothing can be saved");
                    self.trouble.send_replace(Some(Trouble { why, tries, saved: expected }));
                    self.wait(tries).await;
                }
                _ => {
                    self.trouble.send_if_modified(|trouble| trouble.take().is_some());
                    return (self, result, batch);
                }
            }
        }
        unreachable!("nobody has tried so often")
    }

    async fn write(self, expected: Seq, batch: Batch, tries: u32) -> (Self, (Result<(), StoreError>, Batch)) {
        self.with(move |journal| {
            let result = match journal.append(expected, &batch.events, &batch.bodies) {
                // A try that was said to fail may have gone well all the same.
                Err(StoreError::Conflict { .. }) if tries > 1 && holds(journal, expected, &batch.events) => Ok(()),
                result => result,
            };
            (result, batch)
        })
        .await
    }

    /// Every event of the log.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn events(self) -> (Self, Result<Vec<Event>, StoreError>) {
        self.with(|journal| journal.events(Seq(0))).await
    }

    async fn with<T: Send + 'static>(mut self, work: impl FnOnce(&mut dyn Journal) -> T + Send + 'static) -> (Self, T) {
        let done = tokio::task::spawn_blocking(move || {
            let value = work(self.journal.as_mut());
            (self, value)
        });
        done.await.expect("a journal does not panic")
    }

    /// Waits before the next try.
    async fn wait(&mut self, tries: u32) {
        let wait = FIRST_WAIT.saturating_mul(1 << (tries - 1).min(8)).min(LONGEST_WAIT);
        let wait = tokio::time::sleep(wait);
        tokio::pin!(wait);
        tokio::select! {
            () = &mut wait => {}
            changed = self.urge.changed() => if changed.is_err() {
                // Nobody is left who could urge.
                wait.await;
            }
        }
    }
}

/// Whether these events stand in the log right after `expected`.
fn holds(journal: &dyn Journal, expected: Seq, events: &[Event]) -> bool {
    journal.events(expected).is_ok_and(|stored| stored.starts_with(events))
}
