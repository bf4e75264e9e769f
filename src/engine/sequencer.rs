//! The only writer of the log. A proposal is a rule over the run as it stands; its facts are decided, made durable,
//! folded in and shown in one order, and only then does the proposer go on.
//!
//! Proposals that queue up while a batch is being written form the next batch, so many agents share one commit.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    run::{Event, Fact, Run, Seq, score::Times},
    store::{Body, Journal, StoreError},
};

use super::{
    guide::{Guide, Turn, words},
    turnstile::Turnstile,
};

/// Proposals waiting to be decided. Full: proposers wait, which is what they do anyway until theirs is durable.
const QUEUE: usize = 256;

/// How long the next fact of a record may take before the run goes its own way. It is long for a reasoner that studies
/// large documents, and short for whoever waits for one that never comes.
const OVERDUE: Duration = Duration::from_secs(60);

/// How long nobody may have proposed anything before the record's next fact from outside is played: whoever was about
/// to wait for it waits then.
const QUIET: Duration = Duration::from_millis(20);

/// The sequencer is gone: the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session has ended")]
pub struct Closed;

/// A handle for proposing facts and reading the run.
#[derive(Clone)]
pub struct Log {
    proposals: mpsc::Sender<Box<dyn Proposal>>,
    wakes: watch::Receiver<u64>,
}

impl Log {
    /// Appends the facts that `rule` gives for the run as it stands, with their bodies, and returns its value once they
    /// are durable. When another writer was faster, the rule is asked again.
    ///
    /// # Errors
    /// When the session has ended; nothing was written then.
    pub async fn propose<T, R>(&self, bodies: Vec<Body>, rule: R) -> Result<T, Closed>
    where
        T: Send + 'static,
        R: FnMut(&Run) -> (T, Vec<Fact>) + Send + 'static,
    {
        let (reply, value) = oneshot::channel();
        let proposal = Ruled { rule, bodies, value: None, reply };
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

    /// Reads the run as it stands, everything in it durable.
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
}

trait Proposal: Send {
    fn decide(&mut self, run: &Run) -> Vec<Fact>;
    fn take_bodies(&mut self) -> Vec<Body>;
    fn settle(self: Box<Self>);
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
}

struct Ruled<T, R> {
    rule: R,
    bodies: Vec<Body>,
    value: Option<T>,
    reply: oneshot::Sender<T>,
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

    fn settle(self: Box<Self>) {
        if let Some(value) = self.value {
            // The proposer may have been stopped meanwhile; its facts stand all the same.
            let _ = self.reply.send(value);
        }
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}

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

    fn show(&mut self, events: &[Event]) {
        self.waiting.extend_from_slice(events);
        match self.sender.try_reserve() {
            Ok(place) => place.send(std::mem::take(&mut self.waiting)),
            Err(mpsc::error::TrySendError::Full(())) => {}
            Err(mpsc::error::TrySendError::Closed(())) => self.waiting.clear(),
        }
    }

    /// Hands over what waits once there is room; never returns when nothing waits. Cancel-safe.
    async fn catch_up(&mut self) {
        if self.waiting.is_empty() {
            return std::future::pending().await;
        }
        match self.sender.reserve().await {
            Ok(place) => place.send(std::mem::take(&mut self.waiting)),
            Err(mpsc::error::SendError(())) => self.waiting.clear(),
        }
    }

    /// Hands over what is left when the run stops; here the sequencer does wait.
    async fn flush(self) {
        if !self.waiting.is_empty() {
            let _ = self.sender.send(self.waiting).await;
        }
    }
}

/// Starts the sequencer. It ends when every [`Log`] is dropped, or with the error that keeps it from writing.
pub fn start(
    run: Run,
    journal: Box<dyn Journal>,
    audience: Option<Audience>,
    guide: Guide,
    turnstile: Arc<Turnstile>,
) -> (Log, tokio::task::JoinHandle<Result<Run, StoreError>>) {
    let (proposals, inbox) = mpsc::channel(QUEUE);
    let (wake, wakes) = watch::channel(0);
    let sequencer = Sequencer { run, journal: Some(journal), audience, wake, guide, turnstile, held: vec![] };
    (Log { proposals, wakes }, tokio::spawn(sequencer.serve(inbox)))
}

struct Sequencer {
    run: Run,
    /// `None` only while a blocking thread has it.
    journal: Option<Box<dyn Journal>>,
    audience: Option<Audience>,
    wake: watch::Sender<u64>,
    guide: Guide,
    turnstile: Arc<Turnstile>,
    /// Proposals whose turn has not come, oldest first.
    held: Vec<Box<dyn Proposal>>,
}

/// What the sequencer woke up for.
enum Came {
    Proposals(Vec<Box<dyn Proposal>>),
    /// Nobody proposes anything, and the record goes on from outside or not at all.
    Nothing,
}

/// What a batch came to: what is new, with its bodies, and whose proposals are decided.
#[derive(Default)]
struct Decided {
    events: Vec<Event>,
    bodies: Vec<Body>,
    settled: Vec<Box<dyn Proposal>>,
}

impl Sequencer {
    async fn serve(mut self, mut inbox: mpsc::Receiver<Box<dyn Proposal>>) -> Result<Run, StoreError> {
        let mut batch = Vec::new();
        loop {
            let audience = async {
                match &mut self.audience {
                    Some(audience) => audience.catch_up().await,
                    None => std::future::pending().await,
                }
            };
            let patience = match () {
                () if self.guide.has_cue(&self.run) => Some(QUIET),
                () if !self.held.is_empty() => Some(OVERDUE),
                () => None,
            };
            let silence = async {
                match patience {
                    Some(patience) => tokio::time::sleep(patience).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                count = inbox.recv_many(&mut batch, QUEUE) => if count == 0 { break },
                // A screen that was slow must not wait for the next event to see the last one.
                () = audience => continue,
                () = silence => {}
            }
            let came = if batch.is_empty() { Came::Nothing } else { Came::Proposals(std::mem::take(&mut batch)) };
            let (events, settled) = self.commit(came).await?;
            if let Some(audience) = &mut self.audience
                && !events.is_empty()
            {
                audience.show(&events);
            }
            // A record's pauses are history; nobody is held by them.
            if !self.guide.leads() {
                self.turnstile.set_pace(self.run.pace);
            }
            // A call that has come back leaves the others what it did not use.
            let capped = self.run.is_capped();
            let gives = |fact: &Fact| may_give_work(fact) || capped && matches!(fact, Fact::CallFinished { .. });
            let wakes = events.iter().any(|event| gives(&event.fact));
            settled.into_iter().for_each(Proposal::settle);
            if wakes {
                self.wake.send_modify(|count| *count += 1);
            }
        }
        if let Some(audience) = self.audience.take() {
            audience.flush().await;
        }
        Ok(self.run)
    }

    /// Decides a batch and makes it durable; asks again from the refolded log when another writer was faster. Gives what
    /// is new in the log, the other's events included, and the proposals that are decided.
    async fn commit(&mut self, came: Came) -> Result<(Vec<Event>, Vec<Box<dyn Proposal>>), StoreError> {
        let mut others: Vec<Event> = Vec::new();
        let mut bodies = Vec::new();
        let mut cue = Vec::new();
        match came {
            Came::Proposals(batch) => self.held.extend(batch),
            Came::Nothing if self.guide.has_cue(&self.run) => cue = self.guide.cue(&self.run).unwrap_or_default(),
            Came::Nothing => self.guide.leave_without_next(&self.run),
        }
        loop {
            let expected = self.run.head;
            let decided = self.decide(std::mem::take(&mut cue));
            bodies.extend(decided.bodies);
            if decided.events.is_empty() {
                return Ok((others, decided.settled));
            }
            let (result, rest) = self.append(expected, decided.events, bodies).await;
            match result {
                Ok(()) => {
                    others.extend(rest.0);
                    return Ok((others, decided.settled));
                }
                Err(StoreError::Conflict { .. }) => {
                    bodies = rest.1;
                    others.extend(self.refold(expected).await?);
                    self.held.splice(0..0, decided.settled);
                    if self.guide.leads() {
                        self.guide.leave(&self.run, "somebody else wrote to the log".to_owned());
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Decides everything whose turn it is after what came from outside. Without a record to follow that is everything.
    fn decide(&mut self, cue: Vec<Event>) -> Decided {
        let mut decided = Decided::default();
        self.play(cue, &mut decided);
        loop {
            let before = (decided.settled.len(), decided.events.len());
            let open = std::mem::take(&mut self.held);
            for mut proposal in open {
                let facts = proposal.decide(&self.run);
                let brings = !facts.is_empty();
                let turn = if brings { self.guide.judge(&facts) } else { Turn::Free };
                match turn {
                    Turn::Free => self.fold(facts.into_iter().map(|fact| (now(), fact)), &mut decided),
                    Turn::Recorded(events) => self.play(events, &mut decided),
                    Turn::Hold => {
                        self.held.push(proposal);
                        continue;
                    }
                }
                if brings {
                    decided.bodies.extend(proposal.take_bodies());
                }
                decided.settled.push(proposal);
            }
            if self.held.is_empty() {
                return decided;
            }
            if before == (decided.settled.len(), decided.events.len()) {
                // Whoever has gone since is not waited for.
                self.held.retain(|proposal| !proposal.is_abandoned());
                let Some(why) = self.at_odds() else { return decided };
                self.guide.leave(&self.run, why);
            }
        }
    }

    fn play(&mut self, events: Vec<Event>, decided: &mut Decided) {
        let times = self.guide.times();
        let at = |event: &Event| if times == Times::Recorded { event.at } else { now() };
        self.fold(events.into_iter().map(|event| (at(&event), event.fact)), decided);
    }

    fn fold(&mut self, facts: impl Iterator<Item = (i64, Fact)>, decided: &mut Decided) {
        for (at, fact) in facts {
            let event = Event { seq: self.run.head.next(), at, fact };
            self.run.apply(&event);
            decided.events.push(event);
        }
    }

    /// Why the record can not be followed any further, if one of the held proposals shows that.
    fn at_odds(&mut self) -> Option<String> {
        let (run, guide) = (&self.run, &self.guide);
        let odd = |proposal: &mut Box<dyn Proposal>| {
            let facts = proposal.decide(run);
            guide.contradicts(run, &facts).then(|| format!("{} in its place", words(&facts)))
        };
        self.held.iter_mut().find_map(odd)
    }

    /// Hands everything to a blocking thread and takes it back.
    async fn append(
        &mut self,
        expected: Seq,
        events: Vec<Event>,
        bodies: Vec<Body>,
    ) -> (Result<(), StoreError>, (Vec<Event>, Vec<Body>)) {
        let mut journal = self.journal.take().expect("the journal is back before the next batch");
        let written = tokio::task::spawn_blocking(move || {
            let result = journal.append(expected, &events, &bodies);
            (journal, result, (events, bodies))
        });
        let (journal, result, rest) = written.await.expect("writing does not panic");
        self.journal = Some(journal);
        (result, rest)
    }

    /// Folds the log anew; gives the events after `known`.
    async fn refold(&mut self, known: Seq) -> Result<Vec<Event>, StoreError> {
        let journal = self.journal.take().expect("the journal is back before the next batch");
        let read = tokio::task::spawn_blocking(move || {
            let events = journal.events(Seq(0));
            (journal, events)
        });
        let (journal, events) = read.await.expect("reading does not panic");
        self.journal = Some(journal);
        self.run = Run::default();
        let mut events = events?;
        events.iter().for_each(|event| self.run.apply(event));
        events.retain(|event| event.seq > known);
        Ok(events)
    }
}

/// Milliseconds since the Unix epoch: the only place where a run meets the clock.
#[must_use]
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

fn may_give_work(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::CorpusSplit { .. }
            | Fact::EntryAdmitted { .. }
            | Fact::TasksAdded { .. }
            | Fact::DependenciesRevised { .. }
            | Fact::PlanSettled { .. }
            | Fact::TaskFinished { .. }
            | Fact::TaskRequeued { .. }
            | Fact::TaskFailed { .. }
            | Fact::TaskDropped { .. }
            | Fact::GateDecided { .. }
            | Fact::CapSet { .. }
            | Fact::WorkClosed { .. }
            | Fact::FinalReopened { .. }
            | Fact::RunEnded { .. }
            | Fact::AgentFailed { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::Replay, store::Memory};

    #[tokio::test]
    async fn what_another_writer_appended_is_shown_in_its_place() {
        let mut journal = Memory::default();
        let (sender, mut shown) = mpsc::channel(8);
        let (log, sequencer) = start(
            Run::default(),
            Box::new(journal.clone()),
            Some(Audience::new(sender)),
            Guide::new(Replay::default()),
            Arc::default(),
        );
        log.append(vec![], vec![Fact::PauseAsked]).await.unwrap();
        journal.append(Seq(1), &[Event { seq: Seq(2), at: 0, fact: Fact::RunResumed }], &[]).unwrap();
        log.append(vec![], vec![Fact::PauseAsked]).await.unwrap();
        drop(log);
        assert_eq!(sequencer.await.unwrap().unwrap().head, Seq(3));
        let mut seen = vec![];
        while let Some(batch) = shown.recv().await {
            seen.extend(batch.iter().map(|event| event.seq.0));
        }
        assert_eq!(seen, [1, 2, 3]);
    }
}
