//! Who does what next: claims, the queue-empty decision and finalization (METHOD §2.6.6, .7 and .12).

use crate::run::{
    agent::{Agent, AgentState, Claim},
    event::{Closing, Fact},
    gate::Ask,
    id::{AgentId, DecisionId, TaskId},
    label::{Author, Label},
    state::Run,
    task::{Task, TaskState},
};

use super::{lease, open_gate, plan::drop_rest};

/// What an agent is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    Task(TaskId, Claim),
    /// It holds the plan: round 0 decomposes, later rounds decide whether more is needed.
    Plan(u32, Claim),
    Final(Claim),
    /// It has asked a human and goes on with the answer.
    Await(DecisionId),
    /// Nothing now.
    Wait,
    /// Nothing any more.
    Over,
}

/// The next work of a free agent. Taken under the log, so no two agents get the same. One that had lost its lease is
/// there again with this.
#[must_use]
pub fn take(run: &Run, agent: AgentId) -> (Work, Vec<Fact>) {
    let (work, mut facts) = next(run, agent);
    if let Some(Agent { lost: Some(held), claim, .. }) = run.agent(agent) {
        let back = lease::refuse(run, Claim { agent, number: *claim }, *held, "");
        facts.splice(0..0, back);
    }
    (work, facts)
}

fn next(run: &Run, agent: AgentId) -> (Work, Vec<Fact>) {
    let none = Vec::new;
    let present = || Claim { agent, number: run.agent(agent).map_or(0, |agent| agent.claim) };
    match run.agent(agent).map(|agent| &agent.state) {
        _ if run.outcome.is_some() => return (Work::Over, none()),
        None | Some(AgentState::Failed(_) | AgentState::Stopped) => return (Work::Over, none()),
        Some(AgentState::Asking(decision)) => return (Work::Await(*decision), none()),
        Some(AgentState::Working(task)) => return (Work::Task(*task, present()), none()),
        Some(AgentState::Planning(round)) => return (Work::Plan(*round, present()), none()),
        Some(AgentState::Finalizing) => return (Work::Final(present()), none()),
        Some(AgentState::Idle) => {}
    }
    if !run.is_prepared() {
        return (Work::Wait, none());
    }
    let held = run.counts.running + run.counts.checking > 0 || run.plan.holder.is_some() || run.finalizer.is_some();
    match &run.closing {
        Some(_) if held => return (Work::Wait, none()),
        Some(Closing::Wanted) => return finalize(run, agent, "the answer was wanted before it was done"),
        Some(Closing::CapReached(why)) => return finalize(run, agent, why),
        None => {}
    }
    if let Some(task) = next_ready(run, agent) {
        return claim(run, agent, task);
    }
    if held || run.counts.ready > 0 {
        return (Work::Wait, none());
    }
    let method = &run.options.method;
    if !run.plan.done && run.plan.round <= method.plan_rounds {
        let round = run.plan.round;
        return (Work::Plan(round, next_claim(run, agent)), vec![Fact::PlanClaimed { agent, round }]);
    }
    finalize(run, agent, "a task that it depends on has no result")
}

fn finalize(run: &Run, agent: AgentId, reason: &str) -> (Work, Vec<Fact>) {
    let mut facts: Vec<Fact> = drop_rest(run, agent, reason).collect();
    facts.push(Fact::FinalClaimed { agent, snapshot: run.head });
    (Work::Final(next_claim(run, agent)), facts)
}

fn next_claim(run: &Run, agent: AgentId) -> Claim {
    Claim { agent, number: run.claims + 1 }
}

/// The next unit to be summarised, for this agent alone; `None` when none is left.
#[must_use]
pub fn take_unit(run: &Run, agent: AgentId) -> (Option<Label>, Vec<Fact>) {
    if run.agent(agent).is_none_or(|agent| agent.state.is_gone()) {
        return (None, vec![]);
    }
    let fresh = run.units.iter().skip(run.units_claimed).map(|unit| unit.label);
    let mut left = run.units_freed.iter().copied().chain(fresh);
    let unit = left.find(|label| run.context.get(*label).is_none());
    (unit, unit.into_iter().map(|unit| Fact::UnitClaimed { unit, agent }).collect())
}

/// The first ready task that this agent was not refused, and that is not reserved for another who lives.
fn next_ready(run: &Run, agent: AgentId) -> Option<TaskId> {
    let lives = |agent| run.agent(agent).is_some_and(|agent| !agent.state.is_gone());
    let mine = |task: &Task| {
        !task.refused.contains(&agent) && task.reserved.is_none_or(|owner| owner == agent || !lives(owner))
    };
    run.ready.iter().map(|(_, id)| *id).find(|id| run.task(*id).is_some_and(mine))
}

fn claim(run: &Run, agent: AgentId, task: TaskId) -> (Work, Vec<Fact>) {
    let claimed = Fact::TaskClaimed { task, agent };
    match open_gate(run, agent, Some(task), Ask::Claim, &[]) {
        Some((decision, opened)) => (Work::Await(decision), std::iter::once(claimed).chain(opened).collect()),
        None => (Work::Task(task, next_claim(run, agent)), vec![claimed]),
    }
}

/// The next try of a claimed task: the task as it will be, whether the method leaves no further try, and the fact;
/// `None` when the claim was lost.
#[must_use]
pub fn start_attempt(run: &Run, claim: Claim, task: TaskId) -> Option<(Task, LastTry, Fact)> {
    let claimed = run.task(task).filter(|_| holds(run, claim, task))?;
    let agent = claim.agent;
    let next = Task { attempt: claimed.attempt + 1, ..claimed.clone() };
    let method = &run.options.method;
    let last = LastTry(next.attempt > method.regenerations && next.requeues >= method.requeues);
    let fact =
        Fact::AttemptStarted { task, agent, attempt: next.attempt, snapshot: run.head, heeds: next.feedback.clone() };
    Some((next, last, fact))
}

/// Whether a claim is the present one of a task, and nothing about it waits for a human.
pub(super) fn holds(run: &Run, claim: Claim, task: TaskId) -> bool {
    lease::stands(run, claim) && run.task(task).is_some_and(|task| task.state == TaskState::Running(claim.agent))
}

/// Neither a regeneration nor a requeue is left after this try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastTry(pub bool);

/// Gives up for an agent that cannot go on: its task returns to the queue or, the requeues being used up, has failed.
/// What only this agent could still have claimed is dropped, so that nobody waits for it.
#[must_use]
pub fn fail_agent(run: &Run, agent: AgentId, reason: &str) -> Vec<Fact> {
    let ends = leaves(run, agent).map(|(task, left)| match left {
        Left::ToOthers => give_up(run, agent, task.id, reason),
        Left::ToNobody => refused_to_all(task.id),
    });
    ends.chain([Fact::AgentFailed { agent, reason: reason.to_owned() }]).collect()
}

/// Why a task ends that nobody may claim any more.
pub(in crate::run) const REFUSED_TO_ALL: &str = "refused to every agent";

pub(super) fn living_without(run: &Run, agent: AgentId) -> impl Iterator<Item = AgentId> {
    let lives = move |other: &&Agent| other.id != agent && !other.state.is_gone();
    run.agents.iter().filter(lives).map(|other| other.id)
}

/// Whether nobody who lives may claim a task when `agent` does not.
pub(super) fn refused_without(run: &Run, task: &Task, agent: AgentId) -> bool {
    living_without(run, agent).all(|other| task.refused.contains(&other))
}

/// What to do about the tasks of an agent that goes: each that it has in hand, and each that nobody else may claim.
pub(super) fn leaves(run: &Run, agent: AgentId) -> impl Iterator<Item = (&Task, Left)> {
    // Nobody waits when nobody is left; all come back with the next session.
    let some_are_left = living_without(run, agent).next().is_some();
    run.tasks.iter().filter_map(move |task| {
        let orphaned = some_are_left && refused_without(run, task, agent);
        match task.state {
            // In front of a human it is its agent's too.
            TaskState::Running(by) | TaskState::Checking(by, _) if by == agent => {
                Some((task, if orphaned { Left::ToNobody } else { Left::ToOthers }))
            }
            TaskState::Blocked | TaskState::Ready if orphaned => Some((task, Left::ToNobody)),
            _ => None,
        }
    })
}

/// Who may claim what an agent leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    ToOthers,
    /// A human has refused it to all the others.
    ToNobody,
}

/// Ends a task that a human has refused to everybody who could have done it.
pub(super) fn refused_to_all(task: TaskId) -> Fact {
    Fact::TaskDropped { task, reason: REFUSED_TO_ALL.to_owned(), by: Author::Human }
}

/// Ends a claim because the work is closed; `None` when the claim was lost.
#[must_use]
pub fn leave(run: &Run, claim: Claim, task: TaskId) -> Option<Fact> {
    if !holds(run, claim, task) {
        return None;
    }
    let reason = match &run.closing {
        Some(Closing::CapReached(why)) => why.clone(),
        Some(Closing::Wanted) | None => "the answer was wanted before it was done".to_owned(),
    };
    Some(Fact::TaskDropped { task, reason, by: Author::Human })
}

/// Ends a claim without a result (METHOD §3a "Retries").
#[must_use]
pub fn give_up(run: &Run, agent: AgentId, task: TaskId, reason: &str) -> Fact {
    let reason = reason.to_owned();
    let again = run.task(task).is_some_and(|task| task.requeues < run.options.method.requeues);
    match again {
        true => Fact::TaskRequeued { task, agent, reason, refused: false },
        false => Fact::TaskFailed { task, reason },
    }
}
