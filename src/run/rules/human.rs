//! What a human may do to a run, whatever screen or script it comes from.

use std::{collections::HashSet, sync::Arc};

use crate::run::{
    command::{Command, Refusal},
    deed::undo,
    entry::{Admission, Entry, EntryKind},
    event::{Closing, Fact},
    gate::{Ask, Choice, Decision, Revision, Then},
    id::{DecisionId, TaskId},
    label::Author,
    one_line,
    state::{Pace, Run},
    task::{NewTask, normalised_subject},
    write::Feedback,
};

use super::{
    answer, debug,
    plan::{self, Checked},
    recall, settle, spend, steer,
    write::{self, Refused, task_after_veto},
};

/// What a command comes to, as far as it is a matter of facts: steps and sessions are the engine's.
///
/// # Errors
/// When the run as it stands does not allow it.
pub fn carry_out(run: &Run, command: &Command) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::Decide { decision, choice } => decide(run, *decision, choice),
        Command::AddTask { text, deps } => add_task(run, text, deps),
        Command::AddNote { kind, text } => add_note(run, *kind, text),
        Command::SetCap { scope, cap } => spend::set_cap(run, *scope, *cap),
        Command::Finish => finish(run),
        Command::Tell { agent, text } => steer::tell(run, *agent, text),
        Command::DropTask { task, reason } => steer::drop_task(run, *task, reason),
        Command::EditTask { task, text } => steer::edit_task(run, *task, text),
        Command::SetDeps { task, deps } => steer::set_deps(run, *task, deps),
        Command::MoveTask { task, before } => steer::move_task(run, *task, *before),
        Command::ReserveTask { task, agent } => steer::reserve(run, *task, *agent),
        Command::SplitTask { task, into } => steer::split(run, *task, into),
        Command::MergeTasks { tasks, text } => steer::merge(run, tasks, text),
        Command::AddAgent => steer::add_agent(run),
        Command::StopAgent { agent } => steer::stop_agent(run, *agent),
        Command::HoldAgent { agent } => steer::hold(run, *agent),
        Command::ReleaseAgent { agent } => steer::release(run, *agent),
        Command::SetModel { whose, model } => steer::set_model(run, *whose, model.as_deref()),
        Command::Defer { decision } => steer::defer(run, *decision),
        Command::Settle { first, second, how } => settle::settle(run, *first, *second, how),
        Command::AddRule { text } => debug::add_rule(run, text),
        Command::Undo => undo(run),
        Command::ReopenTask { task, reason } => recall::reopen(run, *task, reason),
        Command::Recall { label, reason, rerun } => recall::recall(run, *label, reason, rerun),
        Command::DecideOldest { choice } => match run.inbox().next() {
            Some(oldest) => decide(run, oldest.id, choice),
            None => Err(Refusal("nothing waits to be decided".to_owned())),
        },
        Command::Break { spec, kind, temporary } => Ok(debug::set(run, spec, *kind, *temporary)),
        Command::ChangeBreak { id, change } => debug::change(run, *id, change),
        Command::Until { spec } => Ok(debug::until(run, spec)),
        Command::SetPolicy { text } => debug::set_policy(run, text),
        Command::Pause => pause(run),
        Command::Resume => Ok(resume(run)),
        Command::Step { .. } => Err(Refusal("a step is taken where the agents stand".to_owned())),
        Command::Stop => Err(Refusal("a session is stopped by leaving it".to_owned())),
    }
}

/// Holds everybody at the next checkpoint.
fn pause(run: &Run) -> Result<Vec<Fact>, Refusal> {
    while_it_runs(run)?;
    Ok(if run.pace == Pace::Running { vec![Fact::PauseAsked] } else { vec![] })
}

fn resume(run: &Run) -> Vec<Fact> {
    if run.pace == Pace::Running { vec![] } else { vec![Fact::RunResumed] }
}

/// What a command comes to on a run that has ended: whatever the rules allow then, never its pace.
///
/// # Errors
/// When it cannot be carried out any more.
pub fn after_the_end(run: &Run, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Pause | Command::Resume | Command::Step { .. } | Command::Until { .. } | Command::Stop => {
            Err(Refusal("the run has ended".to_owned()))
        }
        command => carry_out(run, command).map(drop),
    }
}

/// Answers an open decision; its effect is appended with it, so both are durable or neither.
///
/// # Errors
/// When it is not open, or the choice does not fit what was asked.
pub fn decide(run: &Run, id: DecisionId, choice: &Choice) -> Result<Vec<Fact>, Refusal> {
    let Some(decision) = run.decisions.get(&id) else {
        return Err(Refusal(format!("{id} is not open (any more)")));
    };
    if let Choice::Edit { text } = choice
        && text.trim().is_empty()
    {
        return Err(Refusal(format!("{id}: the edited text is empty; veto it instead")));
    }
    let mut facts = vec![Fact::GateDecided { decision: id, choice: choice.clone(), rule: None }];
    facts.extend(consequences(run, decision, choice, Judge::Human)?);
    Ok(facts)
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judge {
    Human,
    /// It never tires: what it turns down is tried no more often than the method tries what a verifier turns down.
    Rule,
}

/// What a choice leads to.
///
/// # Errors
/// When the choice does not fit what was asked, or a rule has turned the same down as often as it may.
pub(super) fn consequences(
    run: &Run,
    decision: &Decision,
    choice: &Choice,
    judge: Judge,
) -> Result<Vec<Fact>, Refusal> {
    let Decision { id, agent, task, ref ask, deadline: _ } = *decision;
    if !matches!(ask, Ask::Budget { .. }) && matches!(choice, Choice::Raise { .. } | Choice::Finish) {
        return Err(Refusal(format!("{id} is not about money: approve, edit or veto it")));
    }
    if judge == Judge::Rule && is_worn_out(run, ask, choice) {
        return Err(Refusal(format!("{id} was turned down for this reason before: it needs a human")));
    }
    match ask {
        Ask::Write { proposal } => Ok(write::decide(run, id, proposal, choice, judge)),
        Ask::Finish { answer } => Ok(answer::decide(run, answer, choice)),
        Ask::Budget { .. } => spend::decide(run, decision, choice),
        Ask::Plan { round, tasks, revised } => match choice {
            Choice::Approve => {
                let lines: Vec<&str> = tasks.iter().map(|task| task.text.as_str()).collect();
                Ok(plan::settle(run, agent, *round, listed_plan(run, &lines, tasks, revised), ""))
            }
            Choice::Edit { text } => {
                let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
                Ok(plan::settle(run, agent, *round, listed_plan(run, &lines, tasks, revised), ""))
            }
            Choice::Veto { then: Then::Drop, .. } => Ok(plan::settle(run, agent, *round, Checked::default(), "")),
            Choice::Veto { reason, .. } => {
                Ok(vec![Fact::PlanSettled { agent, next_round: *round, done: false, note: reason.clone() }])
            }
            Choice::Raise { .. } | Choice::Finish => Ok(vec![]),
        },
        Ask::Claim => match (choice, task) {
            (Choice::Veto { reason, then }, Some(task)) => {
                // Trying the same claim again is what was just refused.
                let then = if *then == Then::Retry { Then::Requeue } else { *then };
                Ok(task_after_veto(run, agent, task, reason, then, Refused::Yes).into_iter().collect())
            }
            (Choice::Edit { .. }, _) => Err(Refusal(format!("{id}: a claim cannot be edited"))),
            _ => Ok(vec![]),
        },
        Ask::Unfold { .. } | Ask::Think { .. } => match (choice, task) {
            (Choice::Veto { reason, then }, Some(task)) => {
                Ok(write::veto(run, agent, task, Feedback::by_human(reason), *then, judge))
            }
            (Choice::Veto { .. }, None) => Err(Refusal(format!(
                "{id}: no task stands behind it that could be given up; pause or stop the run instead"
            ))),
            (Choice::Edit { .. }, _) => Err(Refusal(format!("{id}: there is no text to edit"))),
            _ => Ok(vec![]),
        },
    }
}

/// Whether a plan or an answer was sent back for a reason as often as may be without a human.
fn is_worn_out(run: &Run, ask: &Ask, choice: &Choice) -> bool {
    let Choice::Veto { reason, then: Then::Retry | Then::Requeue } = choice else { return false };
    let times = |objections: &[String]| objections.iter().filter(|one| *one == reason).count();
    match ask {
        Ask::Plan { .. } => times(&run.plan.objections) > 0,
        Ask::Finish { .. } => times(&run.objections) >= run.options.method.regenerations as usize,
        _ => false,
    }
}

/// The human's list replaces the planner's: kept lines keep their dependencies. Numbers are given anew, since the human
/// may have queued something while the plan lay open.
fn listed_plan(run: &Run, lines: &[&str], tasks: &[NewTask], revised: &[Revision]) -> Checked {
    let mut kept: Vec<(TaskId, NewTask)> = Vec::new();
    // What is queued already, or listed twice, is queued once.
    let mut seen: HashSet<String> = HashSet::new();
    let fresh = lines.iter().filter(|line| run.task_like(line).is_none() && seen.insert(normalised_subject(line)));
    for (line, id) in fresh.zip(run.next_task().0..) {
        let old = tasks.iter().find(|task| task.text == *line);
        let new = NewTask {
            id: TaskId(id),
            text: (*line).to_owned(),
            deps: old.map_or_else(Vec::new, |old| old.deps.clone()),
            focus: old.map_or_else(Vec::new, |old| old.focus.clone()),
        };
        kept.push((old.map_or(TaskId(0), |old| old.id), new));
    }
    let renumbered = |dep: &TaskId| match tasks.iter().find(|task| task.id == *dep) {
        Some(old) => kept.iter().find(|(id, _)| id == dep).map(|(_, new)| new.id).or_else(|| run.task_like(&old.text)),
        None => run.task(*dep).map(|task| task.id),
    };
    let tasks = kept
        .iter()
        .map(|(_, new)| NewTask { deps: new.deps.iter().filter_map(renumbered).collect(), ..new.clone() })
        .collect();
    let revised = revised
        .iter()
        .map(|Revision { task, deps }| Revision { task: *task, deps: deps.iter().filter_map(renumbered).collect() })
        .collect();
    Checked { tasks, revised }
}

pub(in crate::run) fn while_it_runs(run: &Run) -> Result<(), Refusal> {
    match run.outcome {
        Some(_) => Err(Refusal("the run has ended".to_owned())),
        None => Ok(()),
    }
}

/// Begins no further task and has the answer written from what there is.
///
/// # Errors
/// When the run has ended, or the answer is on its way already.
pub fn finish(run: &Run) -> Result<Vec<Fact>, Refusal> {
    while_it_runs(run)?;
    match run.closing {
        Some(_) => Err(Refusal("the answer is on its way already".to_owned())),
        None => {
            let decided = spend::moot(run);
            Ok(decided.chain([Fact::WorkClosed { closing: Closing::Wanted }]).collect())
        }
    }
}

/// Queues a task of the human's own.
///
/// # Errors
/// When the run has ended, the text is empty or queued already, or a dependency does not exist.
pub fn add_task(run: &Run, text: &str, deps: &[TaskId]) -> Result<Vec<Fact>, Refusal> {
    while_it_runs(run)?;
    if text.trim().is_empty() {
        return Err(Refusal("a task needs a text".to_owned()));
    }
    if let Some(known) = run.task_like(text) {
        return Err(Refusal(format!("{known} has this subject already")));
    }
    if let Some(dep) = deps.iter().find(|dep| run.task(**dep).is_none()) {
        return Err(Refusal(format!("{dep} does not exist")));
    }
    let task = NewTask { id: run.next_task(), text: text.trim().to_owned(), deps: deps.to_vec(), focus: vec![] };
    Ok(vec![Fact::TasksAdded { tasks: vec![task], by: Author::Human }])
}

/// Puts a FACT or FAIL of the human's into the shared context.
///
/// # Errors
/// When the run has ended or the text is empty.
pub fn add_note(run: &Run, kind: EntryKind, text: &str) -> Result<Vec<Fact>, Refusal> {
    while_it_runs(run)?;
    if text.trim().is_empty() {
        return Err(Refusal("a note needs a text".to_owned()));
    }
    if !matches!(kind, EntryKind::Fact | EntryKind::Fail) {
        return Err(Refusal(format!("a note is a FACT or a FAIL, not a {kind}")));
    }
    let entry = Entry {
        label: run.next_label(Author::Human),
        kind,
        task: None,
        subtask: String::new(),
        gist: one_line(text),
        citations: vec![],
        admission: Admission::Injected,
        taint: vec![],
        summary: None,
        trajectory: None,
    };
    Ok(vec![Fact::EntryAdmitted { entry: Arc::new(entry) }])
}
