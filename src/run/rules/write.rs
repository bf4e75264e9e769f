//! Admission: what becomes of a candidate (METHOD §3a stages 7–11 and "Retries").

use std::sync::Arc;

use crate::run::{
    agent::{Agent, Claim, Held},
    entry::{Admission, Entry},
    event::Fact,
    gate::{Ask, Choice, Then},
    id::{AgentId, DecisionId, TaskId},
    label::{Author, Label},
    one_line,
    source::Citation,
    state::Run,
    taint::Taint,
    write::{Critic, Doubt, Feedback, Proposal},
};

use super::{
    human::Judge,
    lease, open_gate, taint,
    work::{give_up, holds, refused_to_all, refused_without},
};

/// What a candidate led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    Admitted(Label),
    Asked(DecisionId),
    /// What it cites was recalled while it was on its way.
    TurnedDown,
    /// The claim is no longer the author's; nothing was written.
    Stale,
}

/// Publishes a verified candidate, or puts it to the human when the policy asks.
#[must_use]
pub fn submit(run: &Run, claim: Claim, mut proposal: Proposal) -> (Submitted, Vec<Fact>) {
    let Proposal { agent, task, .. } = proposal;
    if !holds(run, claim, task) {
        return (Submitted::Stale, lease::refuse(run, claim, Held::Task(task), &proposal.result));
    }
    if let Some(reason) = recalled(&proposal.citations, |label| run.context.is_recalled(label)) {
        let (rejected, citations) = (proposal.result, proposal.citations);
        let feedback = Feedback { by: Critic::Verifier, reason, rejected, citations };
        return (Submitted::TurnedDown, reject(run, claim, task, feedback));
    }
    proposal.doubts.extend(taint::of(run, &proposal.citations).into_iter().map(Doubt::Tainted));
    let proposed = Fact::WriteProposed { proposal: Box::new(proposal.clone()) };
    let ask = Ask::Write { proposal: Box::new(proposal.clone()) };
    if let Some((decision, opened)) = open_gate(run, agent, Some(task), ask, &proposal.doubts) {
        return (Submitted::Asked(decision), std::iter::once(proposed).chain(opened).collect());
    }
    let label = proposal.label;
    let mut facts = vec![proposed];
    facts.extend(publish(&proposal, proposal.result.clone(), Admission::Verified));
    (Submitted::Admitted(label), facts)
}

/// Why something must not be written that cites what is recalled.
#[must_use]
pub fn recalled(citations: &[Citation], is_recalled: impl Fn(Label) -> bool) -> Option<String> {
    let Citation { label, .. } = citations.iter().find(|citation| is_recalled(citation.label))?;
    Some(format!("it rests on {label}, which was recalled"))
}

/// The entry and the end of its task, in one append: what is visible can be unfolded, what is finished is visible.
fn publish(proposal: &Proposal, gist: String, admission: Admission) -> [Fact; 2] {
    let Proposal { label, kind, agent, task, .. } = *proposal;
    let entry = Entry {
        label,
        kind,
        task: Some(task),
        subtask: proposal.subtask.clone(),
        gist,
        citations: proposal.citations.clone(),
        admission,
        taint: tainted(proposal),
        summary: Some(proposal.summary),
        trajectory: Some(proposal.trajectory),
    };
    [Fact::EntryAdmitted { entry: Arc::new(entry) }, Fact::TaskFinished { task, agent, entry: Some(label) }]
}

/// Found when it was proposed: what it rests on does not change.
fn tainted(proposal: &Proposal) -> Vec<Taint> {
    let taint = |doubt: &Doubt| match doubt {
        Doubt::Tainted(taint) => Some(taint.clone()),
        _ => None,
    };
    proposal.doubts.iter().filter_map(taint).collect()
}

/// A unit's entry, from whoever prepares it; refused when it had lost the unit.
#[must_use]
pub fn unit(run: &Run, agent: AgentId, entry: Entry) -> Vec<Fact> {
    match run.agent(agent) {
        Some(Agent { lost: Some(held), claim, .. }) => {
            lease::refuse(run, Claim { agent, number: *claim }, *held, &entry.gist)
        }
        _ => document(run, entry),
    }
}

/// A document's entry, marked when its unit holds something suspicious; nothing when it is there already.
#[must_use]
pub fn document(run: &Run, entry: Entry) -> Vec<Fact> {
    if run.context.get(entry.label).is_some() {
        return vec![];
    }
    let whole = Citation { label: entry.label, span: None };
    let entry = Entry { taint: taint::of(run, &[whole]), ..entry };
    vec![Fact::EntryAdmitted { entry: Arc::new(entry) }]
}

/// The shared context already says it: the task is finished and nothing is added. What was recalled meanwhile says
/// nothing.
#[must_use]
pub fn redundant(run: &Run, claim: Claim, task: TaskId, of: Option<Label>) -> Vec<Fact> {
    if !holds(run, claim, task) {
        return lease::refuse(run, claim, Held::Task(task), "");
    }
    if let Some(of) = of.filter(|of| run.context.is_recalled(*of)) {
        let reason = format!("it was found to repeat {of}, which was recalled");
        let feedback = Feedback { by: Critic::Verifier, reason, rejected: String::new(), citations: vec![] };
        return reject(run, claim, task, feedback);
    }
    let agent = claim.agent;
    let attempt = run.task(task).map_or(0, |task| task.attempt);
    vec![Fact::WriteFoundRedundant { task, agent, attempt, of }, Fact::TaskFinished { task, agent, entry: None }]
}

/// Turns a try down. Further tries follow until the regenerations of the claim are used up; then the task goes back to
/// the queue once, then it has failed. Unverified text is never admitted by this road.
#[must_use]
pub fn reject(run: &Run, claim: Claim, task: TaskId, feedback: Feedback) -> Vec<Fact> {
    if !holds(run, claim, task) {
        return lease::refuse(run, claim, Held::Task(task), &feedback.rejected);
    }
    let agent = claim.agent;
    let attempt = run.task(task).map_or(0, |task| task.attempt);
    let reason = format!("{}: {}", feedback.by, feedback.reason);
    let mut facts = vec![Fact::WriteRejected { task, agent, attempt, feedback }];
    if attempt > run.options.method.regenerations {
        facts.push(give_up(run, agent, task, &reason));
    }
    facts
}

/// Carries out a choice about a write.
#[must_use]
pub(super) fn decide(run: &Run, decision: DecisionId, proposal: &Proposal, choice: &Choice, judge: Judge) -> Vec<Fact> {
    let Proposal { agent, task, .. } = *proposal;
    match choice {
        Choice::Approve => publish(proposal, proposal.result.clone(), Admission::Approved(decision)).into(),
        Choice::Edit { text } => publish(proposal, one_line(text), Admission::Edited(decision)).into(),
        Choice::Veto { reason, then } => {
            let feedback = Feedback {
                by: Critic::Human,
                reason: reason.clone(),
                rejected: proposal.result.clone(),
                citations: proposal.citations.clone(),
            };
            veto(run, agent, task, feedback, *then, judge)
        }
        Choice::Raise { .. } | Choice::Finish => vec![],
    }
}

/// Turns down what an agent was about to do for a task; it or whoever takes the task next is told why.
#[must_use]
pub(super) fn veto(run: &Run, agent: AgentId, task: TaskId, feedback: Feedback, then: Then, judge: Judge) -> Vec<Fact> {
    let attempt = run.task(task).map_or(0, |task| task.attempt);
    let reason = &feedback.reason;
    let after = match (judge, then) {
        (Judge::Rule, Then::Retry) if attempt <= run.options.method.regenerations => None,
        (Judge::Rule, Then::Retry | Then::Requeue) => Some(give_up(run, agent, task, reason)),
        (Judge::Human, _) | (Judge::Rule, Then::Drop) => task_after_veto(run, agent, task, reason, then, Refused::No),
    };
    let mut facts = vec![Fact::WriteVetoed { task, agent, attempt, feedback, then }];
    facts.extend(after);
    facts
}

/// Whether the agent is denied the task for as long as the run lasts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Yes,
    No,
}

pub(super) fn task_after_veto(
    run: &Run,
    agent: AgentId,
    task: TaskId,
    reason: &str,
    then: Then,
    refused: Refused,
) -> Option<Fact> {
    let reason = reason.to_owned();
    let denied_to_all = refused == Refused::Yes && run.task(task).is_some_and(|task| refused_without(run, task, agent));
    match then {
        Then::Retry => None,
        Then::Requeue if !denied_to_all => {
            Some(Fact::TaskRequeued { task, agent, reason, refused: refused == Refused::Yes })
        }
        Then::Requeue => Some(refused_to_all(task)),
        Then::Drop => Some(Fact::TaskDropped { task, reason, by: Author::Human }),
    }
}
