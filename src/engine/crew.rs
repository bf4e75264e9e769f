//! The agents at work, each a task of its own. Who is to be at work is what the log says; it starts those who are not,
//! and an agent that was stopped is dropped where it stands, which ends its call.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
};

use crate::run::{Agent, AgentId, AgentState, Fact, Phase, Run, rules::work};

use super::{Stopped, agent, guide::Progress, shop::Shop};

/// Who is to be at work, as the log says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roster {
    pub living: Vec<AgentId>,
    /// Whose work is dropped where it stands.
    pub stopped: BTreeSet<AgentId>,
    /// There is work, and somebody to do it.
    pub open: bool,
}

impl Roster {
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let living: Vec<_> = run.agents.iter().filter(|agent| !agent.state.is_gone()).map(|agent| agent.id).collect();
        let stopped = run.agents.iter().filter(|agent| Roster::leaves(run, agent)).map(|agent| agent.id);
        Roster { open: run.outcome.is_none() && !living.is_empty(), stopped: stopped.collect(), living }
    }

    /// Whether an agent was stopped, or hangs while the run has ended without it.
    #[must_use]
    pub fn leaves(run: &Run, agent: &Agent) -> bool {
        agent.state == AgentState::Stopped || run.outcome.is_some() && agent.lost.is_some()
    }

    /// Whether a fact may change it.
    #[must_use]
    pub fn is_changed_by(fact: &Fact) -> bool {
        matches!(
            fact,
            Fact::RunStarted { .. }
                | Fact::SessionStarted { .. }
                | Fact::AgentAdded { .. }
                | Fact::AgentStopped { .. }
                | Fact::AgentFailed { .. }
                | Fact::RunEnded { .. }
                | Fact::RunReopened { .. }
        )
    }
}

/// Who is at work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AtWork {
    pub agents: BTreeSet<AgentId>,
    /// All have come to an end, and so has the run.
    pub over: bool,
}

/// Keeps those at work who are to be, for as long as the session lasts. Where a record says that a session ended, all
/// begin anew as they did then; `sessions` of them have ended before.
pub async fn lead(
    shop: Arc<Shop>,
    mut progress: watch::Receiver<Progress>,
    mut sessions: u32,
    at_work: watch::Sender<AtWork>,
) {
    let mut roster = shop.log.roster();
    let mut tasks = JoinSet::new();
    let mut names: HashMap<Id, AgentId> = HashMap::new();
    loop {
        let Roster { living, open, .. } = roster.borrow_and_update().clone();
        let Progress { done, sessions: ended, .. } = progress.borrow_and_update().clone();
        if ended > sessions {
            sessions += 1;
            tasks.shutdown().await;
            names.clear();
            if begin(&shop).await.is_err() {
                return;
            }
            continue;
        }
        if open && shop.failure().borrow().is_none() {
            for agent in living {
                if !names.values().any(|one| *one == agent) {
                    names.insert(tasks.spawn(live(Arc::clone(&shop), agent)).id(), agent);
                }
            }
        }
        let now = AtWork { agents: names.values().copied().collect(), over: names.is_empty() && !open && done };
        at_work.send_if_modified(|before| std::mem::replace(before, now.clone()) != now);
        let heard = tokio::select! {
            Some(ended) = tasks.join_next_with_id() => {
                part(&shop, &mut names, ended).await;
                Ok(())
            }
            heard = roster.changed() => heard,
            heard = progress.changed() => heard,
        };
        if heard.is_err() {
            return;
        }
    }
}

/// A session begins while nobody is at work: here, or where a record says that the one before it ended.
///
/// # Errors
/// When this session ends.
pub async fn begin(shop: &Shop) -> Result<(), Stopped> {
    shop.turnstile.clear();
    Ok(shop.log.append(vec![], vec![Fact::SessionStarted { pid: std::process::id() }]).await?)
}

/// One agent's time, until it has nothing more to do or is stopped.
async fn live(shop: Arc<Shop>, agent: AgentId) -> Result<(), Stopped> {
    match shop.unless_stopped(agent, agent::live(Arc::clone(&shop), agent)).await {
        Some(lived) => lived,
        None => {
            shop.tap.phase(agent, Phase::Idle);
            shop.turnstile.stop_moving(agent);
            Ok(())
        }
    }
}

/// One that panicked is lost.
async fn part(shop: &Shop, names: &mut HashMap<Id, AgentId>, ended: Result<(Id, Result<(), Stopped>), JoinError>) {
    let id = match &ended {
        Ok((id, _)) => *id,
        Err(failure) => failure.id(),
    };
    let Some(agent) = names.remove(&id) else { return };
    if ended.is_err_and(|failure| failure.is_panic()) {
        lose(shop, agent).await;
    }
}

/// An agent that panicked is a fact, not the end of the run.
async fn lose(shop: &Shop, agent: AgentId) {
    tracing::error!(%agent, "an agent failed unexpectedly");
    shop.turnstile.stop_moving(agent);
    let failed = move |run: &Run| ((), work::fail_agent(run, agent, "it failed unexpectedly; the log file has more"));
    let _ = shop.log.propose(vec![], failed).await;
}
