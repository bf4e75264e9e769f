//! A journal on a disk that does not take everything at once.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use delm::{
    run::{BlobId, Event, Seq},
    store::{Body, Journal, Memory, StoreError},
};

use super::dice::Dice;

/// Hands over what it is given, but for what fails. Clones fail together.
#[derive(Clone)]
pub struct Ailing {
    pub memory: Memory,
    /// Nothing is taken while this is set.
    pub full: Arc<AtomicBool>,
    /// Set, it is the file that is gone.
    pub gone: Arc<AtomicBool>,
    /// So many of a hundred appends fail besides, and of those every fourth although it was written.
    pub share: u64,
    pub failed: Arc<AtomicUsize>,
    dice: Arc<Mutex<Dice>>,
}

impl Ailing {
    pub fn new(memory: Memory, seed: u64, share: u64) -> Self {
        let dice = Arc::new(Mutex::new(Dice(seed)));
        Ailing { memory, full: Arc::default(), gone: Arc::default(), share, failed: Arc::default(), dice }
    }

    fn fail(&self) -> Result<(), StoreError> {
        self.failed.fetch_add(1, Ordering::SeqCst);
        Err(StoreError::NotNow { path: "memory".into(), reason: "the disk is full".into() })
    }
}

impl Journal for Ailing {
    fn append(&mut self, expected: Seq, events: &[Event], bodies: &[Body]) -> Result<(), StoreError> {
        if self.gone.load(Ordering::SeqCst) {
            return Err(StoreError::Gone { path: "memory".into() });
        }
        if self.full.load(Ordering::SeqCst) {
            return self.fail();
        }
        let rolled = self.dice.lock().unwrap().below(400);
        if rolled >= self.share * 4 {
            return self.memory.append(expected, events, bodies);
        }
        if rolled.is_multiple_of(4) {
            self.memory.append(expected, events, bodies)?;
        }
        self.fail()
    }

    fn events(&self, after: Seq) -> Result<Vec<Event>, StoreError> {
        self.memory.events(after)
    }

    fn body(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.memory.body(id)
    }

    fn reader(&self) -> Result<Box<dyn Journal>, StoreError> {
        self.memory.reader()
    }
}
