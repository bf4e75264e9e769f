//! Recall: an admitted entry turns out false. What it reached is shown first; then it is marked by a new fact, never
//! edited, and what rests on it is suspect until it is done again.

use std::{collections::BTreeSet, sync::Arc};

use crate::run::{
    command::{Refusal, Rerun},
    entry::{Admission, Entry, EntryKind},
    event::Fact,
    id::{AgentId, TaskId},
    label::{Author, Label},
    one_line,
    readers::Reader,
    state::Run,
    task::{Task, TaskState},
};

/// What an entry reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Radius {
    /// Agents that read it, at least as a line of the shared context.
    pub agents: BTreeSet<AgentId>,
    /// The tasks that they read it for.
    pub saw: BTreeSet<TaskId>,
    /// Tasks whose result rests on it, directly or through others, those that it made redundant, and the one that brought
    /// it.
    pub tasks: BTreeSet<TaskId>,
    /// Entries that rest on it, directly or through others.
    pub entries: BTreeSet<Label>,
    /// Whether the answer rests on it or on one of those.
    pub answer: bool,
}

/// The blast radius of an entry.
#[must_use]
pub fn radius(run: &Run, label: Label) -> Radius {
    let label = label.whole();
    let entries = run.lineage.descendants(label);
    let touched = |other: &Label| *other == label || entries.contains(other);
    let brought = |label: &Label| run.lineage.of(*label).and_then(|descent| descent.task);
    // What was left out because the entry said it already is said by nobody now.
    let repeats = |task: &&Task| task.state == TaskState::Done && task.repeats.as_ref().is_some_and(touched);
    let repeating = run.tasks.iter().filter(repeats).map(|task| task.id);
    let mut radius = Radius {
        tasks: entries.iter().chain([&label]).filter_map(brought).chain(repeating).collect(),
        answer: run.answer.as_ref().is_some_and(|answer| {
            answer.entries.iter().any(touched) || answer.citations.iter().any(|c| touched(&c.label.whole()))
        }),
        ..Radius::default()
    };
    for Reader { agent, task } in run.readers_of(label) {
        radius.agents.insert(agent);
        radius.saw.extend(task);
    }
    radius.entries = entries;
    radius
}

/// Recalls an entry.
///
/// # Errors
/// When there is no such entry, it is recalled already, the reason is empty, or a task to be done again does not exist.
pub fn recall(run: &Run, label: Label, reason: &str, rerun: &Rerun) -> Result<Vec<Fact>, Refusal> {
    let label = label.whole();
    let Some(entry) = run.context.get(label) else {
        return Err(Refusal(format!("{label} is not in the shared context")));
    };
    if run.context.is_recalled(label) {
        return Err(Refusal(format!("{label} is recalled already")));
    }
    if reason.trim().is_empty() {
        return Err(Refusal("a recall needs a reason; whoever does the work again reads it".to_owned()));
    }
    let radius = radius(run, label);
    let again: Vec<TaskId> = match rerun {
        Rerun::All => radius.tasks.iter().copied().collect(),
        Rerun::Nothing => vec![],
        Rerun::These(tasks) => match tasks.iter().find(|task| run.task(**task).is_none()) {
            Some(unknown) => return Err(Refusal(format!("{unknown} does not exist"))),
            None => tasks.clone(),
        },
    };
    let suspect: Vec<Label> = radius.entries.iter().copied().filter(|one| !run.context.is_recalled(*one)).collect();
    let reason = one_line(reason);
    let mut facts = vec![
        Fact::EntryRecalled { label, reason: reason.clone(), suspect: suspect.clone() },
        Fact::EntryAdmitted { entry: Arc::new(notice(run, entry, &reason, &suspect)) },
    ];
    if run.outcome.is_some() {
        facts.push(Fact::RunReopened { reason: format!("{label} was recalled: {reason}") });
    }
    let why = format!("{label} is false and must not be used: {reason}");
    let over = |task: &TaskId| run.task(*task).is_some_and(|task| task.is_over());
    facts.extend(again.into_iter().filter(over).map(|task| Fact::TaskReopened { task, reason: why.clone() }));
    Ok(facts)
}

/// The line that every agent reads of it from now on: the text of the shared context only grows.
fn notice(run: &Run, entry: &Entry, reason: &str, suspect: &[Label]) -> Entry {
    let mut gist = format!("{} is RECALLED and must not be used: {reason}.", entry.label);
    if !suspect.is_empty() {
        let labels: Vec<String> = suspect.iter().map(ToString::to_string).collect();
        gist.push_str(&format!(" Suspect, since they rest on it: {}.", labels.join(", ")));
    }
    Entry {
        label: run.next_label(Author::Human),
        kind: EntryKind::Fail,
        task: None,
        subtask: String::new(),
        gist,
        citations: vec![],
        admission: Admission::Injected,
        summary: None,
        trajectory: None,
        taint: vec![],
    }
}

/// Puts a task that is over back into the queue.
///
/// # Errors
/// When it does not exist, is not over, or the reason is empty.
pub fn reopen(run: &Run, id: TaskId, reason: &str) -> Result<Vec<Fact>, Refusal> {
    let Some(task) = run.task(id) else { return Err(Refusal(format!("{id} does not exist"))) };
    if !matches!(task.state, TaskState::Done | TaskState::Failed(_) | TaskState::Dropped(_)) {
        return Err(Refusal(format!("{id} is not over yet")));
    }
    let reason = one_line(reason);
    let mut facts = Vec::new();
    if run.outcome.is_some() {
        facts.push(Fact::RunReopened { reason: format!("{id} is done again: {reason}") });
    }
    facts.push(Fact::TaskReopened { task: id, reason });
    Ok(facts)
}
