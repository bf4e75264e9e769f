//! The only writer of the log. A proposal is a rule over the run as it stands; its facts are decided, folded in, made
//! durable and shown in one order. When the proposer goes on is `unsaved.rs`'s to say.
//!
//! What is decided while a batch is being written forms the next batch, so many agents share one commit.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use crate::{
    run::{
        Agent, BreakId, Checkpoint, DecisionId, Event, Fact, Pace, Run, Seq,
        rules::debug::{self, Halt},
        score::{Times, agent_of},
    },
    store::{Journal, StoreError},
};

use super::{
    EngineError,
    alarm::Alarm,
    audience::Audience,
    crew::Roster,
    guide::{Guide, Turn, words},
    lease,
    log::{Log, Proposal},
    stops::{Stopped, Stops},
    turnstile::{Pass, Turnstile},
    unsaved::{Unsaved, Written},
    writer::{Trouble, Urge, Writer},
};

/// Proposals waiting to be decided. Full: proposers wait, which is what they do anyway until theirs is durable.
const QUEUE: usize = 256;

/// How long the next fact of a record may take before the run goes its own way. It is long for a reasoner that studies
/// large documents, and short for whoever waits for one that never comes.
const OVERDUE: Duration = Duration::from_secs(60);

/// How long nobody may have proposed anything before the record's next fact from outside is played: whoever was about
/// to wait for it waits then.
const QUIET: Duration = Duration::from_millis(20);

/// Starts the sequencer. It ends when every [`Log`] is dropped, or with the error that keeps it from writing.
pub fn start(
    run: Run,
    journal: Box<dyn Journal>,
    audience: Option<Audience>,
    guide: Guide,
    turnstile: Arc<Turnstile>,
) -> (Log, tokio::task::JoinHandle<Result<Run, EngineError>>) {
    let (proposals, inbox) = mpsc::channel(QUEUE);
    let (wake, wakes) = watch::channel(0);
    let (roster, rosters) = watch::channel(Roster::of(&run));
    let (asked, open) = watch::channel(run.decisions.keys().copied().collect());
    let (trouble, troubles) = watch::channel(None);
    let (urge, urged) = watch::channel(Urge::default());
    let sequencer = Sequencer {
        trouble: trouble.subscribe(),
        unsaved: Unsaved::new(Writer::new(journal, trouble, urged), run.head),
        run,
        audience,
        wake,
        roster,
        asked,
        guide,
        turnstile,
        held: vec![],
        stops: Stops::new(),
    };
    (Log { proposals, wakes, rosters, open, troubles, urge }, tokio::spawn(sequencer.serve(inbox)))
}

struct Sequencer {
    /// With everything that is decided.
    run: Run,
    unsaved: Unsaved,
    /// Why the disk does not take what is being written.
    trouble: watch::Receiver<Option<Trouble>>,
    audience: Option<Audience>,
    wake: watch::Sender<u64>,
    roster: watch::Sender<Roster>,
    asked: watch::Sender<BTreeSet<DecisionId>>,
    guide: Guide,
    turnstile: Arc<Turnstile>,
    /// Proposals whose turn has not come, oldest first.
    held: Vec<Pending>,
    stops: Stops,
}

/// A proposal on its way.
struct Pending {
    proposal: Box<dyn Proposal>,
    breaks: Breaks,
}

/// Whether breakpoints still hold a proposal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Hold,
    /// A record that it is not part of held it back; meanwhile its agent may have been held too.
    Led,
    /// It has been let pass.
    Passed,
}

/// What the sequencer woke up for.
enum Came {
    Written(Written),
    Proposals(Vec<Box<dyn Proposal>>),
    /// What follows from the log itself.
    Facts(Vec<Fact>),
    /// The last agent that moved may have stopped.
    Still,
    /// A stopped agent may go on.
    Passed(Pass, Stopped),
    /// Nobody proposes anything: the record goes on from outside or not at all, or a time has come.
    Nothing,
}

impl Sequencer {
    async fn serve(mut self, mut inbox: mpsc::Receiver<Box<dyn Proposal>>) -> Result<Run, EngineError> {
        let (mut batch, mut alarm) = (Vec::new(), Alarm::default());
        let (mut open, mut in_trouble) = (true, false);
        while open || !self.unsaved.is_empty() {
            let was_in_trouble = std::mem::replace(&mut in_trouble, self.trouble.borrow_and_update().is_some());
            if was_in_trouble && !in_trouble {
                // Whoever waited for the disk did not hang.
                self.turnstile.see_all();
            }
            // While the disk will not take what is decided, nothing more is.
            let hears = open && !in_trouble;
            let patience = self.patience();
            let audience = async {
                match &mut self.audience {
                    Some(audience) => audience.catch_up().await,
                    None => std::future::pending().await,
                }
            };
            let silence = alarm.at(patience.map(|patience| Instant::now() + patience));
            let came = tokio::select! {
                biased;
                Ok(()) = self.trouble.changed() => continue,
                written = self.unsaved.written() => Came::Written(written),
                count = inbox.recv_many(&mut batch, QUEUE), if hears => {
                    if count == 0 {
                        open = false;
                        continue;
                    }
                    Came::Proposals(std::mem::take(&mut batch))
                }
                // A screen that was slow must not wait for the next event to see the last one.
                () = audience => continue,
                (pass, stopped) = self.stops.passed(), if hears => Came::Passed(pass, stopped),
                () = self.turnstile.stilled(), if hears => Came::Still,
                () = silence, if hears => Came::Nothing,
            };
            let mut saved = vec![];
            match came {
                Came::Written(written) => {
                    saved = self.settle(written).await?;
                    self.follow(&saved);
                }
                came => self.hear(came),
            }
            if self.run.pace == Pace::Pausing && !self.guide.leads() && self.turnstile.is_still() {
                self.hear(Came::Facts(vec![Fact::RunPaused]));
            }
            // The disk is at work while everybody hears of what it has.
            self.unsaved.write();
            self.show(&saved);
            self.unsaved.tell();
            // A call that has come back leaves the others what it did not use.
            let capped = self.run.is_capped();
            let gives = |fact: &Fact| may_give_work(fact) || capped && matches!(fact, Fact::CallFinished { .. });
            if saved.iter().any(|event| gives(&event.fact)) {
                self.wake.send_modify(|count| *count += 1);
            }
        }
        if let Some(audience) = self.audience.take() {
            audience.flush().await;
        }
        Ok(self.run)
    }

    /// Agents are let go, held or taken away before anybody hears of it.
    fn follow(&mut self, events: &[Event]) {
        if self.guide.leads() {
            // A record's pauses are history; nobody is held by them.
            self.turnstile.dismiss_stopped(&self.run);
        } else {
            self.turnstile.follow(&self.run);
        }
        for event in events {
            if let Some(agent) = agent_of(&self.run, std::slice::from_ref(&event.fact)) {
                self.turnstile.see(agent, Duration::ZERO);
            }
        }
        if events.iter().any(|event| Roster::is_changed_by(&event.fact)) {
            self.roster.send_replace(Roster::of(&self.run));
        }
        // Whoever waits for a decision is not woken by anything else.
        self.asked.send_if_modified(|asked| {
            let changed = !asked.iter().eq(self.run.decisions.keys());
            if changed {
                *asked = self.run.decisions.keys().copied().collect();
            }
            changed
        });
    }

    fn show(&mut self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        self.stops.hear();
        if let Some(audience) = &mut self.audience {
            audience.show(events);
        }
    }

    /// Decides what there is to decide now.
    fn hear(&mut self, came: Came) {
        let mut cue: Vec<(i64, Fact)> = Vec::new();
        match came {
            Came::Proposals(batch) => {
                let pending = |proposal| Pending { proposal, breaks: Breaks::Hold };
                self.held.extend(batch.into_iter().map(pending));
            }
            Came::Facts(facts) => cue = at_once(facts).collect(),
            Came::Passed(pass, Stopped { proposal, agent, checkpoint }) => {
                if pass == Pass::Stepped {
                    cue.push((now(), Fact::StepGranted { agent, checkpoint }));
                }
                self.held.insert(0, Pending { proposal, breaks: Breaks::Passed });
            }
            Came::Nothing if self.guide.has_cue(&self.run) => {
                let events = self.guide.cue(&self.run).unwrap_or_default();
                cue = self.times(events);
            }
            Came::Nothing if self.guide.leads() => self.guide.leave_without_next(&self.run),
            Came::Nothing => {
                let mut facts = self.stops.gone_off(&self.run);
                if facts.is_empty() {
                    facts = lease::expired(&self.run, &self.turnstile);
                }
                cue = at_once(facts).collect();
            }
            Came::Still | Came::Written(_) => {}
        }
        self.decide(cue);
    }

    /// What a write came to: the events that are in the log now. Where another writer was faster these are its own, and
    /// everything that was not durable is decided again after them.
    async fn settle(&mut self, Written { after, result, events }: Written) -> Result<Vec<Event>, EngineError> {
        match result {
            Ok(()) => Ok(events),
            Err(StoreError::Conflict { .. }) => {
                let others = self.refold(after).await?;
                let again = |proposal| Pending { proposal, breaks: Breaks::Passed };
                self.held.splice(0..0, self.unsaved.take_back(self.run.head).map(again));
                if self.guide.leads() {
                    self.guide.leave(&self.run, "somebody else wrote to the log".to_owned());
                }
                self.decide(vec![]);
                Ok(others)
            }
            Err(error) => Err(EngineError::Unsaved { last: after, error }),
        }
    }

    /// Decides everything whose turn it is after what came from outside. Without a record to follow that is everything.
    fn decide(&mut self, cue: Vec<(i64, Fact)>) {
        self.fold(cue.into_iter());
        loop {
            let (before, head) = (self.unsaved.waiting(), self.run.head);
            let mut open = std::mem::take(&mut self.held);
            if self.guide.leads() {
                // What somebody proposed in a session that is over must not stand for what is proposed in the next.
                open.retain(|pending| !pending.proposal.is_abandoned());
            }
            for Pending { mut proposal, breaks } in open {
                let mut facts = proposal.decide(&self.run);
                let brings = !facts.is_empty();
                if brings && self.is_by_nobody(&facts) {
                    continue;
                }
                let turn = if brings { self.guide.judge(&facts) } else { Turn::Free };
                if brings && matches!(turn, Turn::Free) && breaks != Breaks::Passed {
                    let head = self.run.head;
                    match self.stop_at(proposal, &facts, breaks) {
                        Some(freed) => proposal = freed,
                        None => continue,
                    }
                    if self.run.head != head {
                        // What a breakpoint carried out may have changed what it is to be.
                        facts = proposal.decide(&self.run);
                    }
                }
                match turn {
                    Turn::Free => self.fold(at_once(facts)),
                    Turn::Recorded(events) => self.play(events),
                    Turn::Hold => {
                        let breaks = if breaks == Breaks::Hold { Breaks::Led } else { breaks };
                        self.held.push(Pending { proposal, breaks });
                        continue;
                    }
                }
                let bodies = if brings { proposal.take_bodies() } else { vec![] };
                self.unsaved.keep(proposal, bodies);
            }
            if !self.run.breakpoints.is_empty() && self.run.head > head {
                let begun = self.stops.begun(&self.run);
                // Hits of the record are part of the record.
                if !self.guide.leads() {
                    let hits = debug::hit(&self.run, &begun, None, "it holds now").1;
                    self.fold(at_once(hits));
                }
            }
            if self.held.is_empty() {
                return;
            }
            if (before, head) == (self.unsaved.waiting(), self.run.head) {
                // Whoever has gone since is not waited for.
                self.held.retain(|pending| !pending.proposal.is_abandoned());
                let Some(why) = self.at_odds() else { return };
                self.guide.leave(&self.run, why);
            }
        }
    }

    fn play(&mut self, events: Vec<Event>) {
        let facts = self.times(events);
        self.fold(facts.into_iter());
    }

    fn times(&self, events: Vec<Event>) -> Vec<(i64, Fact)> {
        let times = self.guide.times();
        let at = |event: &Event| if times == Times::Recorded { event.at } else { now() };
        events.into_iter().map(|event| (at(&event), event.fact)).collect()
    }

    /// How long to wait for a proposal before something is to happen without one.
    fn patience(&mut self) -> Option<Duration> {
        let going_off = self.stops.patience(&self.run);
        // Nobody is waited for who still waits for the disk.
        let all_told = self.unsaved.is_empty();
        if self.guide.has_cue(&self.run) {
            return all_told.then_some(QUIET);
        }
        if !self.held.is_empty() {
            return all_told.then_some(OVERDUE);
        }
        [going_off, lease::patience(&self.run, &self.turnstile)].into_iter().flatten().min()
    }

    /// Whether facts come from an agent that was stopped, or that the run ended without: they were on their way, and
    /// nobody does them any more.
    fn is_by_nobody(&self, facts: &[Fact]) -> bool {
        let left = |agent: &Agent| Roster::leaves(&self.run, agent);
        agent_of(&self.run, facts).and_then(|agent| self.run.agent(agent)).is_some_and(left)
    }

    /// Lets breakpoints see facts before anybody else does. Gives the proposal back unless one of them holds it.
    fn stop_at(&mut self, proposal: Box<dyn Proposal>, facts: &[Fact], breaks: Breaks) -> Option<Box<dyn Proposal>> {
        let hit: Vec<BreakId> = debug::matches(&self.run, facts);
        if hit.is_empty() && breaks != Breaks::Led {
            return Some(proposal);
        }
        // What a human does is not held, or the one who could let the team go on would wait for it.
        let agent = agent_of(&self.run, &facts[..1]);
        let (halt, hits) = debug::hit(&self.run, &hit, agent, &words(facts));
        self.fold(at_once(hits));
        let Some(agent) = agent.filter(|_| halt == Halt::Yes || breaks == Breaks::Led) else { return Some(proposal) };
        self.turnstile.follow(&self.run);
        let Some(passed) = self.turnstile.arrive(agent) else { return Some(proposal) };
        self.stops.keep(Stopped { proposal, agent, checkpoint: checkpoint_of(facts) }, passed);
        None
    }

    fn fold(&mut self, facts: impl Iterator<Item = (i64, Fact)>) {
        for (at, fact) in facts {
            let event = Event { seq: self.run.head.next(), at, fact };
            self.run.apply(&event);
            self.unsaved.add(event);
        }
    }

    /// Why the record can not be followed any further, if one of the held proposals shows that.
    fn at_odds(&mut self) -> Option<String> {
        let (run, guide) = (&self.run, &self.guide);
        let odd = |pending: &mut Pending| {
            let facts = pending.proposal.decide(run);
            guide.contradicts(run, &facts).then(|| format!("{} in its place", words(&facts)))
        };
        self.held.iter_mut().find_map(odd)
    }

    /// Folds the log anew; gives the events after `known`.
    async fn refold(&mut self, known: Seq) -> Result<Vec<Event>, StoreError> {
        let mut events = self.unsaved.stored().await?;
        self.run = Run::default();
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

/// The checkpoint that an agent had passed to bring these facts about.
fn checkpoint_of(facts: &[Fact]) -> Checkpoint {
    match facts.first() {
        Some(Fact::TaskClaimed { .. } | Fact::PlanClaimed { .. } | Fact::FinalClaimed { .. }) => Checkpoint::Claim,
        Some(Fact::Unfolded { .. }) => Checkpoint::Unfold,
        Some(Fact::TasksAdded { .. } | Fact::PlanSettled { .. } | Fact::DependenciesRevised { .. }) => Checkpoint::Plan,
        Some(Fact::AnswerWritten { .. } | Fact::RunEnded { .. }) => Checkpoint::Finish,
        Some(Fact::WriteProposed { .. } | Fact::EntryAdmitted { .. }) => Checkpoint::Write,
        _ => Checkpoint::Think,
    }
}

fn at_once(facts: Vec<Fact>) -> impl Iterator<Item = (i64, Fact)> {
    facts.into_iter().map(|fact| (now(), fact))
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
            | Fact::TaskReopened { .. }
            | Fact::TasksReplaced { .. }
            | Fact::TaskRestored { .. }
            | Fact::TaskReserved { .. }
            | Fact::RunReopened { .. }
            | Fact::TaskFailed { .. }
            | Fact::TaskDropped { .. }
            | Fact::GateDecided { .. }
            | Fact::CapSet { .. }
            | Fact::WorkClosed { .. }
            | Fact::FinalReopened { .. }
            | Fact::RunEnded { .. }
            | Fact::AgentFailed { .. }
            | Fact::AgentStopped { .. }
            | Fact::LeaseExpired { .. }
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
        let told = || vec![Fact::TaskRestored { task: crate::run::TaskId(1) }];
        log.append(vec![], told()).await.unwrap();
        journal.append(Seq(1), &[Event { seq: Seq(2), at: 0, fact: Fact::RunResumed }], &[]).unwrap();
        log.append(vec![], told()).await.unwrap();
        drop(log);
        assert_eq!(sequencer.await.unwrap().unwrap().head, Seq(3));
        let mut seen = vec![];
        while let Some(batch) = shown.recv().await {
            seen.extend(batch.iter().map(|event| event.seq.0));
        }
        assert_eq!(seen, [1, 2, 3]);
    }
}
