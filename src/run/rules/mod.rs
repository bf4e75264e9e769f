//! What follows from a wish. Each rule is a pure function of the run and gives the facts to append; it applies nothing.
//!
//! "First claim wins", "one agent holds the plan", "a decision applies once" are these functions under a log that
//! accepts a batch only at the head it was decided for.

pub mod answer;
pub mod debug;
pub mod human;
pub mod lease;
pub mod plan;
pub mod recall;
pub mod settle;
pub mod spend;
pub mod steer;
pub mod taint;
pub mod work;
pub mod write;

use super::{
    event::Fact,
    gate::{Ask, Choice, Decision, DueChoice, Then},
    id::{AgentId, DecisionId, TaskId},
    lang::Moment,
    policy::{Deadline, Otherwise, Verdict},
    state::Run,
    write::Doubt,
};

use human::Judge;

/// What the rules say of a moment: nothing, or the decision that opens, and what follows where a rule decides it at
/// once.
#[must_use]
pub fn open_gate(
    run: &Run,
    agent: AgentId,
    task: Option<TaskId>,
    ask: Ask,
    doubts: &[Doubt],
) -> Option<(DecisionId, Vec<Fact>)> {
    let ruling = run.policy.decide(run, &Moment::of_ask(run, agent, task, &ask, doubts));
    let line = ruling.line.map(|line| format!("rule {line}"));
    let (deadline, veto) = match ruling.verdict {
        Verdict::Pass => return None,
        Verdict::Ask { within } => (within.map(due), None),
        Verdict::Veto { then, reason } => (None, Some(Choice::Veto { reason, then })),
    };
    let id = run.next_decision();
    let decision = Decision { id, agent, task, ask, deadline };
    let mut facts = vec![Fact::GateOpened { decision: Box::new(decision.clone()) }];
    if let Some(choice) = veto {
        let rule = line.or_else(|| Some("a rule".to_owned()));
        facts.push(Fact::GateDecided { decision: id, choice: choice.clone(), rule });
        // A veto that a rule may not give leaves the question to the human.
        match human::consequences(run, &decision, &choice, Judge::Rule) {
            Ok(follows) => facts.extend(follows),
            Err(_) => facts.truncate(1),
        }
    }
    Some((id, facts))
}

fn due(Deadline { after, default }: Deadline) -> DueChoice {
    let choice = match default {
        Otherwise::Pass => Choice::Approve,
        Otherwise::Veto { then, reason } => Choice::Veto { reason, then },
    };
    DueChoice { after_ms: after.as_millis() as u64, choice }
}

/// What an open decision comes to whose deadline has passed; nothing when it has none.
#[must_use]
pub fn take_default(run: &Run, id: DecisionId) -> Vec<Fact> {
    let Some(open) = run.decisions.get(&id) else { return vec![] };
    let Some(DueChoice { mut choice, .. }) = open.deadline.clone() else { return vec![] };
    let mut follows = human::consequences(run, open, &choice, Judge::Rule);
    if follows.is_err()
        && let Choice::Veto { then, .. } = &mut choice
    {
        // Nobody has come, and it was sent back before.
        *then = Then::Drop;
        follows = human::consequences(run, open, &choice, Judge::Rule);
    }
    let rule = Some("its deadline has passed".to_owned());
    let mut facts = vec![Fact::GateDecided { decision: id, choice, rule }];
    facts.extend(follows.unwrap_or_default());
    facts
}
