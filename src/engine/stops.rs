//! What makes the team stop, or goes off by itself: breakpoints, deadlines of decisions, and silence. It keeps what they
//! hold and when they are due; what a hit comes to is a rule's to say, and the sequencer logs it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::{sync::oneshot, time::Instant};

use crate::run::{
    AgentId, BreakId, Checkpoint, DecisionId, Fact, Pace, Run,
    rules::{self, debug},
};

use super::{log::Proposal, sequencer::now, turnstile::Pass};

/// A proposal that a breakpoint stopped, at what its agent was about to do: its facts are seen by nobody until the agent
/// may pass.
pub struct Stopped {
    pub proposal: Box<dyn Proposal>,
    pub agent: AgentId,
    pub checkpoint: Checkpoint,
}

pub struct Stops {
    stopped: FuturesUnordered<BoxFuture<'static, (Pass, Stopped)>>,
    /// Which breakpoints on the run's state hold, so that each hits when it begins to.
    holding: BTreeSet<BreakId>,
    /// When open decisions are decided by themselves.
    due: BTreeMap<DecisionId, Instant>,
    /// The last time anything happened.
    last_news: Instant,
}

impl Stops {
    #[must_use]
    pub fn new() -> Self {
        Stops {
            stopped: FuturesUnordered::new(),
            holding: BTreeSet::new(),
            due: BTreeMap::new(),
            last_news: Instant::now(),
        }
    }

    /// Keeps a proposal until its agent may pass.
    pub fn keep(&mut self, stopped: Stopped, passed: oneshot::Receiver<Pass>) {
        let kept = async move {
            // Whoever is dropped with the turnstile is let go.
            let pass = passed.await.unwrap_or(Pass::Released);
            (pass, stopped)
        };
        self.stopped.push(kept.boxed());
    }

    /// The next that may pass; waits for ever while there is none. Cancel-safe.
    pub async fn passed(&mut self) -> (Pass, Stopped) {
        match self.stopped.next().await {
            Some(passed) => passed,
            None => std::future::pending().await,
        }
    }

    /// Something happened.
    pub fn hear(&mut self) {
        self.last_news = Instant::now();
    }

    /// How long nothing may happen until something goes off by itself.
    pub fn patience(&mut self, run: &Run) -> Option<Duration> {
        self.follow_deadlines(run);
        let deadline = self.due.values().min().map(|at| at.saturating_duration_since(Instant::now()));
        let since = self.last_news.elapsed();
        let silence = silences(run).map(|(_, silence)| silence.saturating_sub(since)).min();
        [deadline, silence].into_iter().flatten().min()
    }

    /// Knows when each open decision is due: what was left of its time when this process first saw it.
    fn follow_deadlines(&mut self, run: &Run) {
        let open = &run.decisions;
        self.due.retain(|id, _| open.contains_key(id));
        for (id, decision) in open {
            let Some(deadline) = &decision.deadline else { continue };
            let opened = run.opened_at.get(id).copied().unwrap_or_default();
            let left = (opened + deadline.after_ms as i64 - now()).max(0) as u64;
            self.due.entry(*id).or_insert_with(|| Instant::now() + Duration::from_millis(left));
        }
    }

    /// What a deadline, or a silence that has lasted long enough, comes to.
    #[must_use]
    pub fn gone_off(&self, run: &Run) -> Vec<Fact> {
        let passed = Instant::now();
        if let Some((id, _)) = self.due.iter().find(|(_, at)| **at <= passed) {
            return rules::take_default(run, *id);
        }
        let since = self.last_news.elapsed();
        let allowed = |id: &BreakId| run.breakpoints.get(id).is_some_and(|one| one.spec.allows(run));
        let hit: Vec<BreakId> =
            silences(run).filter(|(_, most)| since >= *most).map(|(id, _)| id).filter(allowed).collect();
        debug::hit(run, &hit, None, "nothing happens").1
    }

    /// Breakpoints on the run's state that have begun to hold since the last look.
    pub fn begun(&mut self, run: &Run) -> Vec<BreakId> {
        let enabled = run.breakpoints.values().filter(|breakpoint| breakpoint.enabled);
        let holding: BTreeSet<BreakId> =
            enabled.filter(|breakpoint| breakpoint.spec.holds(run)).map(|breakpoint| breakpoint.id).collect();
        let begun = holding.difference(&self.holding).copied().collect();
        self.holding = holding;
        begun
    }
}

/// Breakpoints on silence, which count while the team works.
fn silences(run: &Run) -> impl Iterator<Item = (BreakId, Duration)> {
    let works = run.outcome.is_none() && run.pace == Pace::Running && run.in_session;
    let enabled = run.breakpoints.values().filter(move |breakpoint| works && breakpoint.enabled);
    enabled.filter_map(|breakpoint| Some((breakpoint.id, breakpoint.spec.silence()?)))
}
