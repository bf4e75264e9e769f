//! A journal in memory, for tests. Clones share one log, as several handles on one file do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::run::{BlobId, Event, Seq};

use super::{Body, Journal, StoreError, check_order};

#[derive(Debug, Default)]
struct Log {
    events: Vec<Event>,
    bodies: HashMap<BlobId, Vec<u8>>,
    appends: usize,
}

#[derive(Debug, Clone, Default)]
pub struct Memory {
    log: Arc<Mutex<Log>>,
}

impl Memory {
    /// Appends that went through: each would have been one wait for the disk.
    #[must_use]
    pub fn appends(&self) -> usize {
        self.lock().appends
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("no append panics half way")
    }
}

impl Journal for Memory {
    fn append(&mut self, expected: Seq, events: &[Event], bodies: &[Body]) -> Result<(), StoreError> {
        check_order(expected, events)?;
        let mut log = self.lock();
        let head = Seq(log.events.len() as u64);
        if head != expected {
            return Err(StoreError::Conflict { head });
        }
        for body in bodies {
            log.bodies.entry(body.id).or_insert_with(|| body.bytes.clone());
        }
        log.events.extend_from_slice(events);
        log.appends += 1;
        Ok(())
    }

    fn events(&self, after: Seq) -> Result<Vec<Event>, StoreError> {
        let log = self.lock();
        let from = usize::try_from(after.0).unwrap_or(usize::MAX).min(log.events.len());
        Ok(log.events[from..].to_vec())
    }

    fn body(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.lock().bodies.get(&id).cloned().ok_or(StoreError::Missing(id))
    }

    fn reader(&self) -> Result<Box<dyn Journal>, StoreError> {
        Ok(Box::new(self.clone()))
    }
}
