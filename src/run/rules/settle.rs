//! A contradiction between two entries, settled by hand.

use crate::run::{
    command::{Refusal, Rerun, Settle},
    entry::EntryKind,
    event::{Fact, Settled},
    label::Label,
    state::Run,
};

use super::{human, recall};

/// Settles which of two entries holds. What is done about it follows in the same append.
///
/// # Errors
/// When one is not in the shared context, both are the same, the pair is settled already, or what has to be done is
/// refused: a recall without a reason, a task or a note without a text.
pub fn settle(run: &Run, first: Label, second: Label, how: &Settle) -> Result<Vec<Fact>, Refusal> {
    let (first, second) = (first.whole(), second.whole());
    for label in [first, second] {
        if run.context.get(label).is_none() {
            return Err(Refusal(format!("{label} is not in the shared context")));
        }
    }
    if first == second {
        return Err(Refusal(format!("{first} cannot contradict itself")));
    }
    if run.is_settled(first, second) {
        return Err(Refusal(format!("{first} and {second} are settled already")));
    }
    let (how, follows) = match how {
        Settle::First(reason) => (Settled::First, recall::recall(run, second, reason, &Rerun::All)?),
        Settle::Second(reason) => (Settled::Second, recall::recall(run, first, reason, &Rerun::All)?),
        Settle::Both(scopes) => {
            human::while_it_runs(run)?;
            if scopes.trim().is_empty() {
                return Err(Refusal("say in what scope each of them holds".to_owned()));
            }
            (
                Settled::Both,
                human::add_note(run, EntryKind::Fact, &format!("{first} and {second} both hold: {scopes}"))?,
            )
        }
        Settle::Examine(text) => (Settled::Examined, human::add_task(run, text, &[])?),
    };
    Ok([vec![Fact::ContradictionSettled { first, second, how }], follows].concat())
}
