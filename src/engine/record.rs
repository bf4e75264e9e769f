//! The calls of an earlier run, to be answered again without asking anybody.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

use crate::{
    run::{BlobId, Call, CallId, Event, Fact, StartedCall, Trace},
    store::{Body, Journal, StoreError},
};

/// What becomes of a call that the record does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrecorded {
    /// It is sent.
    Send,
    /// The run stops and names it.
    Stop,
}

/// One call as it was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    pub call: Call,
    pub trace: Trace,
    /// The request, the reply and the trace, as they are stored.
    pub bodies: Vec<Body>,
}

/// What the record has for a call.
pub enum Answer {
    Recorded(Box<Recorded>),
    /// It never came back then, and does not while the run follows its score.
    Lost,
    Unknown,
}

/// How many calls were answered from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub recorded: u64,
    pub sent: u64,
}

#[derive(Default)]
struct Unused {
    calls: HashMap<CallId, Call>,
    by_key: HashMap<BlobId, VecDeque<CallId>>,
}

/// Answers by the key of the request; while the run follows its score, by the number of the call as well, so that equal
/// requests get their own answers.
pub struct Record {
    journal: Mutex<Box<dyn Journal>>,
    unused: Mutex<Unused>,
    lost: HashSet<(CallId, Option<BlobId>)>,
    /// Whether the run still does what the record did.
    followed: watch::Sender<bool>,
    unrecorded: Unrecorded,
    recorded: AtomicU64,
    sent: AtomicU64,
}

impl Record {
    /// The calls in `events`; their bodies are in `journal`.
    #[must_use]
    pub fn new(events: &[Event], journal: Box<dyn Journal>, unrecorded: Unrecorded) -> Self {
        let mut unused = Unused::default();
        let mut lost: HashSet<(CallId, Option<BlobId>)> = HashSet::new();
        for event in events {
            match &event.fact {
                Fact::CallStarted { call } => {
                    let StartedCall { id, key, .. } = **call;
                    lost.insert((id, key));
                }
                Fact::CallFinished { call } => {
                    lost.remove(&(call.id, call.key));
                    if let Some(key) = call.key {
                        unused.by_key.entry(key).or_default().push_back(call.id);
                        unused.calls.insert(call.id, (**call).clone());
                    }
                }
                _ => {}
            }
        }
        Record {
            journal: Mutex::new(journal),
            unused: Mutex::new(unused),
            lost,
            followed: watch::Sender::new(false),
            unrecorded,
            recorded: AtomicU64::new(0),
            sent: AtomicU64::new(0),
        }
    }

    /// Says whether the run does what the record did, event by event.
    pub fn follow(&self, followed: bool) {
        self.followed.send_replace(followed);
    }

    /// Waits until the run goes its own way.
    pub async fn left(&self) {
        // The sender is here, so it does not end.
        let _ = self.followed.subscribe().wait_for(|followed| !followed).await;
    }

    #[must_use]
    pub fn unrecorded(&self) -> Unrecorded {
        self.unrecorded
    }

    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally { recorded: self.recorded.load(Ordering::Relaxed), sent: self.sent.load(Ordering::Relaxed) }
    }

    /// The answer to a call that is about to be sent as number `id`. Each recorded answer is given once.
    ///
    /// # Errors
    /// When a body of the record cannot be read.
    pub fn answer(&self, id: CallId, key: BlobId) -> Result<Answer, StoreError> {
        if *self.followed.borrow() && self.lost.contains(&(id, Some(key))) {
            return Ok(Answer::Lost);
        }
        let Some(call) = self.take(id, key) else {
            self.sent.fetch_add(1, Ordering::Relaxed);
            return Ok(Answer::Unknown);
        };
        self.recorded.fetch_add(1, Ordering::Relaxed);
        let journal = self.journal.lock().expect("nobody panics while reading the record");
        let body = |id: BlobId| journal.body(id).map(|bytes| Body { id, bytes });
        let trace = call.trace.map(body).transpose()?;
        let read = trace.as_ref().and_then(|trace| serde_json::from_slice(&trace.bytes).ok()).unwrap_or_default();
        let bodies = [Some(body(call.request)?), call.reply.map(body).transpose()?, trace];
        let bodies = bodies.into_iter().flatten().collect();
        Ok(Answer::Recorded(Box::new(Recorded { call, trace: read, bodies })))
    }

    fn take(&self, id: CallId, key: BlobId) -> Option<Call> {
        let mut unused = self.unused.lock().expect("nobody panics while holding the record");
        let Unused { calls, by_key } = &mut *unused;
        let ids = by_key.get_mut(&key)?;
        let at = ids.iter().position(|one| *one == id).unwrap_or(0);
        calls.remove(&ids.remove(at)?)
    }
}
