//! Bodies that were fetched for showing, as many as fit a bound; the one that was longest unused goes first.

use std::{collections::HashMap, sync::Arc};

use crate::run::BlobId;

use super::msg::Effect;

/// Bytes kept. A view keeps what it has laid out, so a small bound costs a fetch, never a wrong picture.
const BOUND: usize = 64 << 20;

#[derive(Debug, Clone)]
pub enum Body {
    Waiting,
    Here(Arc<[u8]>),
    Missing(String),
}

#[derive(Debug, Default)]
pub struct Bodies {
    bodies: HashMap<BlobId, (Body, u64)>,
    bytes: usize,
    uses: u64,
    /// Grows with every arrival; a view that waits looks again when it changed.
    pub version: u64,
}

impl Bodies {
    /// The body, which is asked for when it was not yet.
    pub fn want(&mut self, id: BlobId, effects: &mut Vec<Effect>) -> Body {
        self.uses += 1;
        let uses = self.uses;
        let (body, used) = self.bodies.entry(id).or_insert_with(|| {
            effects.push(Effect::Fetch(id));
            (Body::Waiting, uses)
        });
        *used = uses;
        body.clone()
    }

    /// The bytes, if they are here; a command to copy cannot wait.
    #[must_use]
    pub fn held(&self, id: BlobId) -> Option<Arc<[u8]>> {
        match &self.bodies.get(&id)?.0 {
            Body::Here(bytes) => Some(bytes.clone()),
            Body::Waiting | Body::Missing(_) => None,
        }
    }

    pub fn arrived(&mut self, id: BlobId, bytes: Arc<[u8]>) {
        self.bytes += bytes.len();
        self.put(id, Body::Here(bytes));
        while self.bytes > BOUND && self.drop_oldest(id) {}
    }

    pub fn missing(&mut self, id: BlobId, why: String) {
        self.put(id, Body::Missing(why));
    }

    /// It could not be asked for; the next one who wants it asks again.
    pub fn not_asked(&mut self, id: BlobId) {
        self.bodies.remove(&id);
        self.version += 1;
    }

    fn put(&mut self, id: BlobId, body: Body) {
        self.version += 1;
        self.uses += 1;
        if let Some((Body::Here(old), _)) = self.bodies.insert(id, (body, self.uses)) {
            self.bytes -= old.len();
        }
    }

    fn drop_oldest(&mut self, keep: BlobId) -> bool {
        let held = self.bodies.iter().filter(|(id, (body, _))| **id != keep && matches!(body, Body::Here(_)));
        let Some(oldest) = held.min_by_key(|(_, (_, used))| *used).map(|(id, _)| *id) else { return false };
        if let Some((Body::Here(old), _)) = self.bodies.remove(&oldest) {
            self.bytes -= old.len();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> BlobId {
        BlobId([n; 32])
    }

    #[test]
    fn a_body_is_asked_for_once() {
        let (mut bodies, mut effects) = (Bodies::default(), vec![]);
        assert!(matches!(bodies.want(id(1), &mut effects), Body::Waiting));
        assert!(matches!(bodies.want(id(1), &mut effects), Body::Waiting));
        assert_eq!(effects, [Effect::Fetch(id(1))]);
        bodies.arrived(id(1), Arc::from(&b"text"[..]));
        assert!(matches!(bodies.want(id(1), &mut effects), Body::Here(_)));
        assert_eq!(effects.len(), 1);
    }

    #[test]
    fn memory_is_bounded_and_the_longest_unused_goes() {
        let mut bodies = Bodies::default();
        for n in 0..5 {
            bodies.arrived(id(n), vec![0; BOUND / 4].into());
        }
        assert!(bodies.bytes <= BOUND);
        assert!(!bodies.bodies.contains_key(&id(0)));
        assert!(bodies.bodies.contains_key(&id(4)));
    }
}
