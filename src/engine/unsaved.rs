//! What is decided and not yet durable, and who waits for it. While one batch is being written, the next is gathered.
//!
//! What others may act on (an entry, a decision, a call that is paid for) is durable before anybody hears of it. What
//! concerns its proposer alone (a claim, a look at the shared context) only needs its place in the log: the proposer
//! goes on as soon as everything before it that must be durable is, and lets nothing out before its own is as well,
//! since the call or the entry that comes next stands behind it in the log. It decides nothing.

use std::{future::ready, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::Instant;

use crate::{
    run::{Event, Fact, Seq},
    store::{Body, StoreError},
};

use super::{
    alarm::Alarm,
    log::Proposal,
    writer::{Batch, Writer},
};

/// How long what nobody waits for may wait for company. What comes next is often an entry or a call, whose proposer would
/// otherwise wait for two commits; a screen draws less often than this.
const LINGER: Duration = Duration::from_millis(5);

/// What a write came to.
pub struct Written {
    /// The last event that was durable before.
    pub after: Seq,
    pub result: Result<(), StoreError>,
    pub events: Vec<Event>,
}

/// A proposal that is decided.
struct Waiting {
    proposal: Box<dyn Proposal>,
    /// The event that must be durable before the proposer goes on.
    needs: Seq,
    /// The last event when it was decided; it is kept until that is durable.
    last: Seq,
    told: bool,
}

type Writing = BoxFuture<'static, (Writer, Result<(), StoreError>, Batch)>;

pub struct Unsaved {
    /// `None` while it writes.
    writer: Option<Writer>,
    writing: Option<Writing>,
    next: Batch,
    /// When the next batch is written at the latest; `None` while there is none.
    due: Option<Instant>,
    alarm: Alarm,
    /// In the order in which they were decided.
    waiting: Vec<Waiting>,
    /// The last event that is durable.
    saved: Seq,
    /// The last event that is decided.
    last: Seq,
    /// The last of those that must be durable before anybody acts on them.
    needs: Seq,
}

impl Unsaved {
    /// Nothing yet, after the last event of the log.
    #[must_use]
    pub fn new(writer: Writer, head: Seq) -> Self {
        Unsaved {
            writer: Some(writer),
            writing: None,
            next: Batch::default(),
            due: None,
            alarm: Alarm::default(),
            waiting: vec![],
            saved: head,
            last: head,
            needs: head,
        }
    }

    /// Whether everything is durable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writing.is_none() && self.next.events.is_empty()
    }

    /// Adds an event to the next batch.
    pub fn add(&mut self, event: Event) {
        self.last = event.seq;
        self.due.get_or_insert_with(|| Instant::now() + LINGER);
        if binds(&event.fact) {
            self.needs = event.seq;
        }
        self.next.events.push(event);
    }

    /// Keeps a proposal whose events were added last, and adds its bodies.
    pub fn keep(&mut self, proposal: Box<dyn Proposal>, bodies: Vec<Body>) {
        self.next.bodies.extend(bodies);
        self.waiting.push(Waiting { proposal, needs: self.needs, last: self.last, told: false });
    }

    /// How many proposals are kept.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Lets everybody go on who may.
    pub fn tell(&mut self) {
        let saved = self.saved;
        for waiting in self.waiting.iter_mut().filter(|waiting| !waiting.told && waiting.needs <= saved) {
            waiting.proposal.tell();
            waiting.told = true;
        }
        self.waiting.retain(|waiting| !waiting.told || waiting.last > saved);
    }

    /// Starts to write what was gathered once somebody waits for it, unless a batch is being written.
    pub fn write(&mut self) {
        if self.needs > self.saved {
            self.start();
        }
    }

    fn start(&mut self) {
        if let Some(writer) = self.writer.take() {
            self.due = None;
            let mut writing = writer.append(self.saved, std::mem::take(&mut self.next)).boxed();
            // Its thread begins now, not when it is first waited for.
            let done = (&mut writing).now_or_never();
            self.writing = Some(done.map_or(writing, |done| ready(done).boxed()));
        }
    }

    /// Waits until the next batch is written and done with; for ever when there is none. Cancel-safe.
    pub async fn written(&mut self) -> Written {
        if let (None, Some(due)) = (&self.writing, self.due) {
            self.alarm.at(Some(due)).await;
            self.start();
        }
        let Some(writing) = &mut self.writing else { return std::future::pending().await };
        let (writer, result, Batch { events, mut bodies }) = writing.await;
        (self.writer, self.writing) = (Some(writer), None);
        let after = self.saved;
        match &result {
            Ok(()) => self.saved = events.last().map_or(after, |event| event.seq),
            Err(_) => {
                bodies.append(&mut self.next.bodies);
                self.next.bodies = bodies;
            }
        }
        Written { after, result, events }
    }

    /// Gives back all that is kept, to be decided again after `head`; their bodies stay.
    pub fn take_back(&mut self, head: Seq) -> impl Iterator<Item = Box<dyn Proposal>> {
        self.next.events.clear();
        self.due = None;
        (self.saved, self.last, self.needs) = (head, head, head);
        std::mem::take(&mut self.waiting).into_iter().map(|waiting| waiting.proposal)
    }

    /// Every event of the log. Nothing may be being written.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn stored(&mut self) -> Result<Vec<Event>, StoreError> {
        let writer = self.writer.take().expect("it is asked for after a write");
        let (writer, events) = writer.events().await;
        self.writer = Some(writer);
        events
    }
}

/// Whether a fact must be durable before anybody acts on it or on what comes after it.
fn binds(fact: &Fact) -> bool {
    !matches!(
        fact,
        Fact::UnitClaimed { .. }
            | Fact::PlanClaimed { .. }
            | Fact::TaskClaimed { .. }
            | Fact::FinalClaimed { .. }
            | Fact::AttemptStarted { .. }
            | Fact::Unfolded { .. }
            | Fact::ContextRead { .. }
            | Fact::MessagesRead { .. }
    )
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc as std_mpsc};

    use super::*;
    use crate::{
        engine::{Log, Replay, guide::Guide, sequencer},
        run::{AgentId, BlobId, Run},
        store::{Journal, Memory},
    };

    /// A disk that takes what it is given as often as it is let.
    struct Slow {
        memory: Memory,
        lets: std_mpsc::Receiver<()>,
    }

    impl Journal for Slow {
        fn append(&mut self, expected: Seq, events: &[Event], bodies: &[Body]) -> Result<(), StoreError> {
            self.lets.recv().expect("it is let");
            self.memory.append(expected, events, bodies)
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

    fn start(journal: impl Journal + 'static) -> Log {
        sequencer::start(Run::default(), Box::new(journal), None, Guide::new(Replay::default()), Arc::default()).0
    }

    fn look() -> Vec<Fact> {
        vec![Fact::ContextRead { agent: AgentId(1), task: None, snapshot: Seq(0) }]
    }

    /// Everybody who can go on does.
    async fn settle() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_concerns_its_proposer_alone_does_not_wait_for_the_disk() {
        let (lets, let_to) = std_mpsc::channel();
        let memory = Memory::default();
        let log = start(Slow { memory: memory.clone(), lets: let_to });
        log.append(vec![], look()).await.unwrap();
        log.append(vec![], look()).await.unwrap();
        assert_eq!(memory.appends(), 0);
        let own = Arc::new(Mutex::new(Vec::new()));
        let tell = |what: &'static str, facts: Vec<Fact>| {
            let (log, own) = (log.clone(), Arc::clone(&own));
            tokio::spawn(async move {
                log.append(vec![], facts).await.unwrap();
                own.lock().unwrap().push(what);
            })
        };
        let told =
            [tell("what binds", vec![Fact::RunResumed]), tell("who looks after it", look()), tell("or reads", vec![])];
        settle().await;
        assert_eq!(*own.lock().unwrap(), [""; 0], "it is not durable");
        lets.send(()).unwrap();
        for told in told {
            told.await.unwrap();
        }
        let events = memory.events(Seq(0)).unwrap();
        assert!(matches!(events[..], [_, _, Event { fact: Fact::RunResumed, .. }, _]), "{events:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_is_written_all_the_same() {
        let memory = Memory::default();
        let log = start(memory.clone());
        log.append(vec![], look()).await.unwrap();
        log.append(vec![], look()).await.unwrap();
        tokio::time::sleep(2 * LINGER).await;
        log.append(vec![], vec![Fact::RunResumed]).await.unwrap();
        assert_eq!(memory.appends(), 2);
    }

    #[tokio::test]
    async fn what_was_told_too_early_is_decided_again_when_another_writer_was_faster() {
        let (lets, let_to) = std_mpsc::channel();
        let mut memory = Memory::default();
        let log = start(Slow { memory: memory.clone(), lets: let_to });
        log.append(vec![], look()).await.unwrap();
        memory.append(Seq(0), &[Event { seq: Seq(1), at: 0, fact: Fact::RunResumed }], &[]).unwrap();
        (0..3).for_each(|_| lets.send(()).unwrap());
        log.append(vec![], vec![Fact::PauseAsked]).await.unwrap();
        let facts: Vec<Fact> = memory.events(Seq(0)).unwrap().into_iter().map(|event| event.fact).collect();
        assert_eq!(facts[0], Fact::RunResumed);
        assert_eq!(facts[1..3], [look(), vec![Fact::PauseAsked]].concat());
    }
}
