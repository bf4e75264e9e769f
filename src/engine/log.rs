//! The way into the log: whoever has a handle proposes rules over the run as it stands, and reads it. What becomes of a
//! proposal is the sequencer's to say.

use std::collections::BTreeSet;

use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    run::{DecisionId, Fact, Run},
    store::Body,
};

use super::{
    crew::Roster,
    writer::{Trouble, Urge},
};

/// The sequencer is gone: the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session has ended")]
pub struct Closed;

/// A handle for proposing facts and reading the run.
#[derive(Clone)]
pub struct Log {
    pub(super) proposals: mpsc::Sender<Box<dyn Proposal>>,
    pub(super) wakes: watch::Receiver<u64>,
    pub(super) rosters: watch::Receiver<Roster>,
    pub(super) open: watch::Receiver<BTreeSet<DecisionId>>,
    pub(super) troubles: watch::Receiver<Option<Trouble>>,
    pub(super) urge: watch::Sender<Urge>,
}

impl Log {
    /// Appends the facts that `rule` gives for the run as it stands, with their bodies, and returns its value once
    /// everything is durable that must be before anybody acts on it (`unsaved.rs` says what). When another writer was
    /// faster, the rule is asked again.
    ///
    /// # Errors
    /// When the session has ended; nothing was written then.
    pub async fn propose<T, R>(&self, bodies: Vec<Body>, rule: R) -> Result<T, Closed>
    where
        T: Send + 'static,
        R: FnMut(&Run) -> (T, Vec<Fact>) + Send + 'static,
    {
        let (reply, value) = oneshot::channel();
        let proposal = Ruled { rule, bodies, value: None, reply: Some(reply) };
        self.proposals.send(Box::new(proposal)).await.map_err(|_| Closed)?;
        value.await.map_err(|_| Closed)
    }

    /// Appends facts that need no deciding.
    ///
    /// # Errors
    /// As [`Log::propose`].
    pub async fn append(&self, bodies: Vec<Body>, facts: Vec<Fact>) -> Result<(), Closed> {
        self.propose(bodies, move |_| ((), facts.clone())).await
    }

    /// Reads the run as it stands, everything in it durable that must be.
    ///
    /// # Errors
    /// When the session has ended.
    pub async fn read<T: Send + 'static>(&self, mut look: impl FnMut(&Run) -> T + Send + 'static) -> Result<T, Closed> {
        self.propose(vec![], move |run| (look(run), vec![])).await
    }

    /// Changes whenever something happened that may give a waiting agent work.
    #[must_use]
    pub fn wakes(&self) -> watch::Receiver<u64> {
        self.wakes.clone()
    }

    /// Why nothing can be saved for now; told anew after every try that failed, `None` while all is well.
    #[must_use]
    pub fn trouble(&self) -> watch::Receiver<Option<Trouble>> {
        self.troubles.clone()
    }

    /// Whether a proposal would have to wait for others before it is even heard.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.proposals.capacity() == 0
    }

    /// Has a writer that waits for the disk try at once.
    pub fn try_now(&self) {
        self.urge.send_modify(|urge| urge.tries += 1);
    }

    /// Has a writer that waits for the disk try once more, and then give up what it holds.
    pub fn leave(&self) {
        self.urge.send_modify(|urge| urge.leaving = true);
    }

    /// The decisions that are open, as they change.
    #[must_use]
    pub fn open(&self) -> watch::Receiver<BTreeSet<DecisionId>> {
        self.open.clone()
    }

    /// Who is to be at work, as it changes.
    #[must_use]
    pub fn roster(&self) -> watch::Receiver<Roster> {
        self.rosters.clone()
    }
}

pub trait Proposal: Send {
    fn decide(&mut self, run: &Run) -> Vec<Fact>;
    fn take_bodies(&mut self) -> Vec<Body>;
    /// Lets the proposer go on. It may be decided again after that, when another writer was faster.
    fn tell(&mut self);
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
}

struct Ruled<T, R> {
    rule: R,
    bodies: Vec<Body>,
    value: Option<T>,
    /// `None` once the proposer is told.
    reply: Option<oneshot::Sender<T>>,
}

impl<T: Send, R: FnMut(&Run) -> (T, Vec<Fact>) + Send> Proposal for Ruled<T, R> {
    fn decide(&mut self, run: &Run) -> Vec<Fact> {
        let (value, facts) = (self.rule)(run);
        self.value = Some(value);
        facts
    }

    fn take_bodies(&mut self) -> Vec<Body> {
        std::mem::take(&mut self.bodies)
    }

    fn tell(&mut self) {
        if let (Some(value), Some(reply)) = (self.value.take(), self.reply.take()) {
            // The proposer may have been stopped meanwhile; its facts stand all the same.
            let _ = reply.send(value);
        }
    }

    fn is_abandoned(&self) -> bool {
        self.reply.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}
