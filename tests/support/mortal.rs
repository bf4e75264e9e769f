//! A journal whose process dies: what was appended stays, nothing is appended any more.

use delm::{
    run::{BlobId, Event, Seq},
    store::{Body, Journal, Memory, StoreError},
};

/// When the process dies.
#[derive(Debug, Clone)]
pub enum Death {
    Never,
    /// Once an event whose JSON contains all of these is durable.
    After(Vec<String>),
    /// Once so many appends are durable.
    Appends(usize),
}

pub struct Mortal {
    pub memory: Memory,
    pub death: Death,
    dead: bool,
}

impl Mortal {
    pub fn new(memory: Memory, death: Death) -> Self {
        Mortal { memory, death, dead: false }
    }
}

pub fn contains_all(line: &str, wanted: &[String]) -> bool {
    wanted.iter().all(|part| line.contains(part.as_str()))
}

impl Journal for Mortal {
    fn append(&mut self, expected: Seq, events: &[Event], bodies: &[Body]) -> Result<(), StoreError> {
        if self.dead {
            return Err(StoreError::Unusable { path: "memory".into(), reason: "the process is dead".into() });
        }
        self.memory.append(expected, events, bodies)?;
        self.dead = match &self.death {
            Death::Never => false,
            Death::After(event) => events.iter().any(|e| contains_all(&serde_json::to_string(e).unwrap(), event)),
            Death::Appends(count) => self.memory.appends() >= *count,
        };
        Ok(())
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
