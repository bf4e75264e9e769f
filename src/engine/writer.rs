//! Hands the log what was decided, on a blocking thread, and does not let go of it while the disk will not take it.
//!
//! Until it is durable nobody is told of it, so nobody acts on it: the agents wait where they stand and send nothing
//! new. The writer tries again by itself, and at once when a human does anything. It decides nothing.

use std::time::Duration;

use tokio::sync::watch;

use crate::{
    run::{Event, Seq},
    store::{Body, Journal, StoreError},
};

use super::audience::Audience;

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
    /// `None` only while a blocking thread has it.
    journal: Option<Box<dyn Journal>>,
    trouble: watch::Sender<Option<Trouble>>,
    urge: watch::Receiver<Urge>,
}

impl Writer {
    pub fn new(
        journal: Box<dyn Journal>,
        trouble: watch::Sender<Option<Trouble>>,
        urge: watch::Receiver<Urge>,
    ) -> Self {
        Writer { journal: Some(journal), trouble, urge }
    }

    /// Appends right after `expected`, however long that takes. Gives the batch back.
    ///
    /// # Errors
    /// `Conflict` when another writer was faster; what cannot pass; and what can, once the session ends.
    pub async fn append(
        &mut self,
        expected: Seq,
        mut batch: Batch,
        audience: &mut Option<Audience>,
    ) -> (Result<(), StoreError>, Batch) {
        for tries in 1.. {
            let result;
            (result, batch) = self.write(expected, batch, tries).await;
            let passing = result.as_ref().err().and_then(StoreError::passing);
            match passing {
                Some(why) if !self.urge.borrow().leaving => {
                    tracing::warn!(%why, tries, saved = %expected, "nothing can be saved");
                    self.trouble.send_replace(Some(Trouble { why, tries, saved: expected }));
                    self.wait(tries, audience).await;
                }
                _ => {
                    self.trouble.send_if_modified(|trouble| trouble.take().is_some());
                    return (result, batch);
                }
            }
        }
        unreachable!("nobody has tried so often")
    }

    async fn write(&mut self, expected: Seq, batch: Batch, tries: u32) -> (Result<(), StoreError>, Batch) {
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
    pub async fn events(&mut self) -> Result<Vec<Event>, StoreError> {
        self.with(|journal| journal.events(Seq(0))).await
    }

    async fn with<T: Send + 'static>(&mut self, work: impl FnOnce(&mut dyn Journal) -> T + Send + 'static) -> T {
        let mut journal = self.journal.take().expect("the journal is back before anything else is done with it");
        let done = tokio::task::spawn_blocking(move || {
            let value = work(journal.as_mut());
            (journal, value)
        });
        let (journal, value) = done.await.expect("a journal does not panic");
        self.journal = Some(journal);
        value
    }

    /// Waits before the next try; a screen that was slow hears meanwhile what is durable.
    async fn wait(&mut self, tries: u32, audience: &mut Option<Audience>) {
        let wait = FIRST_WAIT.saturating_mul(1 << (tries - 1).min(8)).min(LONGEST_WAIT);
        let wait = tokio::time::sleep(wait);
        tokio::pin!(wait);
        loop {
            let catching_up = async {
                match audience {
                    Some(audience) => audience.catch_up().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = &mut wait => return,
                changed = self.urge.changed() => match changed {
                    Ok(()) => return,
                    // Nobody is left who could urge.
                    Err(_) => (&mut wait).await,
                },
                () = catching_up => {}
            }
        }
    }
}

/// Whether these events stand in the log right after `expected`.
fn holds(journal: &dyn Journal, expected: Seq, events: &[Event]) -> bool {
    journal.events(expected).is_ok_and(|stored| stored.starts_with(events))
}
