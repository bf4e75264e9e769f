//! Leases: an agent that hangs loses what it has in hand to another, and what it brings under that claim is refused.
//! How long it has hung is not known here.

use crate::run::{
    agent::{Agent, AgentState, Claim, Held},
    event::Fact,
    id::AgentId,
    state::{Pace, Run},
};

use super::work::{give_up, living_without};

/// Ends the claim of an agent that hangs. Nothing while the run or the agent is held, or while what it has in hand waits
/// for a human; nor when nobody else could take it, since then nobody is helped. A task that is lost goes back to the
/// queue like one that is given up, so that a model that always hangs does not get it for ever.
#[must_use]
pub fn expire(run: &Run, agent: AgentId) -> Vec<Fact> {
    let works = run.outcome.is_none() && run.in_session && run.pace == Pace::Running;
    let is_there = |one: &&Agent| !one.held && one.lost.is_none();
    let Some(one) = run.agent(agent).filter(is_there).filter(|_| works) else { return vec![] };
    let Some(held) = in_hand(run, one) else { return vec![] };
    let mut others = living_without(run, agent).filter_map(|other| run.agent(other)).filter(is_there);
    if !others.any(|other| may_take(run, held, agent, other.id)) {
        return vec![];
    }
    let given_up = held.task().map(|task| give_up(run, agent, task, "its agent hung longer than its lease"));
    [Fact::LeaseExpired { agent, held, claim: one.claim }].into_iter().chain(given_up).collect()
}

/// What an agent has in hand that does not wait for a human.
#[must_use]
pub fn in_hand(run: &Run, agent: &Agent) -> Option<Held> {
    match agent.state {
        AgentState::Working(task) => Some(Held::Task(task)),
        AgentState::Planning(_) => Some(Held::Plan),
        AgentState::Finalizing => Some(Held::Final),
        AgentState::Idle => {
            let unit = run.units_held.get(&agent.id).filter(|unit| run.context.get(**unit).is_none());
            unit.map(|unit| Held::Unit(*unit))
        }
        AgentState::Asking(_) | AgentState::Failed(_) | AgentState::Stopped => None,
    }
}

fn may_take(run: &Run, held: Held, holder: AgentId, other: AgentId) -> bool {
    let task = held.task().and_then(|task| run.task(task));
    task.is_none_or(|task| task.reserved != Some(holder) && !task.refused.contains(&other))
}

/// Whether a claim is its agent's last, and it has not lost it.
#[must_use]
pub fn stands(run: &Run, claim: Claim) -> bool {
    run.agent(claim.agent).is_some_and(|agent| agent.claim == claim.number && agent.lost.is_none())
}

/// Says that what came under a claim was refused, if the claim was lost; what was taken away in another way has been
/// said already.
#[must_use]
pub fn refuse(run: &Run, claim: Claim, held: Held, write: &str) -> Vec<Fact> {
    let Claim { agent, number } = claim;
    match stands(run, claim) {
        true => vec![],
        false => vec![Fact::WriteRefused { agent, held, claim: number, write: write.to_owned() }],
    }
}
