//! The end: an answer counts only when nothing came in while it was written (METHOD §3a "Finalization").

use crate::run::{
    agent::{Claim, Held},
    answer::Answer,
    event::{Closing, Fact, Outcome},
    gate::{Ask, Choice, Then},
    id::DecisionId,
    state::{Final, Run},
};

use super::{lease, open_gate};

/// What an answer led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    Ended,
    Asked(DecisionId),
    /// An entry or a task came in after the snapshot; the run goes on.
    Reopened,
    /// Somebody else finalizes now.
    Stale,
}

/// Ends the run with an answer, or asks the human first.
#[must_use]
pub fn submit(run: &Run, claim: Claim, answer: Answer) -> (Finished, Vec<Fact>) {
    if let Some((finished, facts)) = obstacle(run, claim, &answer.text) {
        return (finished, facts);
    }
    let ask = Ask::Finish { answer: Box::new(answer.clone()) };
    match open_gate(run, claim.agent, None, ask, &[]) {
        Some((decision, opened)) => (Finished::Asked(decision), opened),
        None => (Finished::Ended, end(run, answer)),
    }
}

/// Ends the run without an answer.
#[must_use]
pub fn fail(run: &Run, claim: Claim, reason: &str) -> (Finished, Vec<Fact>) {
    let outcome = match &run.closing {
        Some(Closing::CapReached(why)) => Outcome::OverBudget(why.clone()),
        Some(Closing::Wanted) | None => Outcome::Unanswered(reason.to_owned()),
    };
    obstacle(run, claim, "").unwrap_or_else(|| (Finished::Ended, vec![Fact::RunEnded { outcome }]))
}

fn obstacle(run: &Run, claim: Claim, write: &str) -> Option<(Finished, Vec<Fact>)> {
    let mine = |finalizer: &&Final| finalizer.agent == claim.agent && lease::stands(run, claim);
    let Some(finalizer) = run.finalizer.as_ref().filter(mine) else {
        return Some((Finished::Stale, lease::refuse(run, claim, Held::Final, write)));
    };
    let late = news(run, finalizer)?;
    Some((Finished::Reopened, vec![Fact::FinalReopened { reason: late }]))
}

/// What came in since the finalizer's snapshot.
fn news(run: &Run, seen: &Final) -> Option<String> {
    if let Some(entry) = run.context.at(seen.entries) {
        return Some(format!("{} came in while the answer was written", entry.label));
    }
    let late = run.tasks.iter().find(|task| !task.is_over()).or_else(|| run.tasks.get(seen.tasks))?;
    Some(format!("{} came in while the answer was written", late.id))
}

/// The answer and how the run ends with it: at a cap, the answer is only the best there is.
fn end(run: &Run, answer: Answer) -> Vec<Fact> {
    let outcome = match &run.closing {
        Some(Closing::CapReached(why)) => Outcome::OverBudget(why.clone()),
        Some(Closing::Wanted) | None => Outcome::Answered,
    };
    vec![Fact::AnswerWritten { answer: Box::new(answer) }, Fact::RunEnded { outcome }]
}

/// Carries out a human's choice about the answer.
pub(super) fn decide(run: &Run, answer: &Answer, choice: &Choice) -> Vec<Fact> {
    let late = run.finalizer.as_ref().and_then(|finalizer| news(run, finalizer));
    match choice {
        Choice::Veto { reason, then: Then::Drop } => {
            vec![Fact::RunEnded { outcome: Outcome::Unanswered(format!("you dropped the answer: {reason}")) }]
        }
        Choice::Veto { reason, .. } => vec![Fact::FinalReopened { reason: reason.clone() }],
        Choice::Approve | Choice::Edit { .. } if late.is_some() => {
            vec![Fact::FinalReopened { reason: late.unwrap_or_default() }]
        }
        Choice::Raise { .. } | Choice::Finish => vec![],
        Choice::Approve => end(run, answer.clone()),
        Choice::Edit { text } => end(run, Answer { text: text.clone(), ..answer.clone() }),
    }
}
