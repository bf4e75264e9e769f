//! New tasks: from the decomposition, a queue-empty decision or a human (METHOD §3a stage 3 and "Queue-empty decision").

use std::collections::{BTreeSet, HashMap};

use crate::run::{
    agent::{Claim, Held},
    event::Fact,
    gate::{Ask, Revision},
    id::{AgentId, DecisionId, TaskId},
    label::{Author, Label},
    state::Run,
    task::{NewTask, normalised_subject},
};

use super::{lease, open_gate};

/// A task as a planner writes it. Numbers below those of the queue name queued tasks: a listed number that exists
/// revises that task's dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub number: u32,
    pub text: String,
    pub deps: Vec<u32>,
    pub focus: Vec<Label>,
}

/// A plan that passed its checks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    pub tasks: Vec<NewTask>,
    pub revised: Vec<Revision>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("task {0} depends on {1}, which does not exist")]
    UnknownDependency(u32, u32),
    #[error("the dependencies go in a circle: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" → "))]
    Cycle(Vec<u32>),
}

/// How many tasks a planner saw. A human may have queued more meanwhile; its numbers do not mean those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TasksSeen(pub usize);

/// Checks a planner's list against the queue. Tasks whose subject is queued already are left out, what depends on them
/// depends on the queued one (METHOD §2.6.8); tasks beyond the cap are left out.
///
/// # Errors
/// An unknown dependency or a cycle, for the planner to be asked again.
pub fn check(run: &Run, seen: TasksSeen, drafts: &[Draft]) -> Result<Checked, PlanError> {
    let planned = run.tasks.iter().filter(|task| task.by != Author::Human).count();
    let room = run.options.method.max_tasks.saturating_sub(planned);
    let queued = |number: u32| (number as usize) <= seen.0 && run.task(TaskId(number)).is_some();
    // What each of the planner's numbers stands for in the queue.
    let mut ids: HashMap<u32, TaskId> = run.tasks.iter().take(seen.0).map(|task| (task.id.0, task.id)).collect();
    let mut listed: HashMap<String, TaskId> = HashMap::new();
    let mut fresh: Vec<&Draft> = Vec::new();
    for draft in drafts.iter().filter(|draft| !queued(draft.number)) {
        let subject = normalised_subject(&draft.text);
        if let Some(known) = run.task_like(&draft.text).or_else(|| listed.get(&subject).copied()) {
            ids.insert(draft.number, known);
        } else if fresh.len() < room {
            let id = TaskId(run.next_task().0 + fresh.len() as u32);
            ids.insert(draft.number, id);
            listed.insert(subject, id);
            fresh.push(draft);
        }
    }
    let left_out: BTreeSet<u32> = drafts.iter().map(|d| d.number).filter(|n| !ids.contains_key(n)).collect();
    let resolve = |draft: &Draft| -> Result<Vec<TaskId>, PlanError> {
        let mut deps: Vec<TaskId> = Vec::new();
        for dep in draft.deps.iter().filter(|dep| !left_out.contains(dep)) {
            let id = *ids.get(dep).ok_or(PlanError::UnknownDependency(draft.number, *dep))?;
            if !deps.contains(&id) {
                deps.push(id);
            }
        }
        Ok(deps)
    };
    let mut checked = Checked::default();
    for draft in fresh {
        let deps = resolve(draft)?;
        checked.tasks.push(NewTask {
            id: ids[&draft.number],
            text: draft.text.clone(),
            deps,
            focus: draft.focus.clone(),
        });
    }
    for draft in drafts.iter().filter(|draft| queued(draft.number)) {
        let task = TaskId(draft.number);
        let deps = resolve(draft)?;
        if run.task(task).is_some_and(|task| !task.is_over() && task.deps != deps) {
            checked.revised.push(Revision { task, deps });
        }
    }
    match cycle(run, &checked) {
        Some(cycle) => Err(PlanError::Cycle(cycle)),
        None => Ok(checked),
    }
}

/// The circle that a task's new dependencies would close, if they would.
pub(super) fn cycle_with(run: &Run, task: TaskId, deps: &[TaskId]) -> Option<Vec<TaskId>> {
    let revised = vec![Revision { task, deps: deps.to_vec() }];
    let found = cycle(run, &Checked { revised, ..Checked::default() })?;
    Some(found.into_iter().map(TaskId).collect())
}

/// Some circle among the unfinished tasks as they would be, first task repeated at the end.
fn cycle(run: &Run, plan: &Checked) -> Option<Vec<u32>> {
    let mut deps: HashMap<TaskId, &[TaskId]> =
        run.tasks.iter().filter(|task| !task.is_over()).map(|task| (task.id, task.deps.as_slice())).collect();
    deps.extend(plan.tasks.iter().map(|task| (task.id, task.deps.as_slice())));
    deps.extend(plan.revised.iter().map(|revision| (revision.task, revision.deps.as_slice())));
    let mut cleared = BTreeSet::new();
    let mut starts: Vec<TaskId> = deps.keys().copied().collect();
    starts.sort();
    starts.into_iter().find_map(|start| walk(start, &deps, &mut Vec::new(), &mut cleared))
}

fn walk(
    at: TaskId,
    deps: &HashMap<TaskId, &[TaskId]>,
    path: &mut Vec<TaskId>,
    cleared: &mut BTreeSet<TaskId>,
) -> Option<Vec<u32>> {
    if let Some(start) = path.iter().position(|seen| *seen == at) {
        return Some(path[start..].iter().chain([&at]).map(|task| task.0).collect());
    }
    if !cleared.insert(at) {
        return None;
    }
    path.push(at);
    let found = deps.get(&at).into_iter().flat_map(|deps| deps.iter()).find_map(|dep| walk(*dep, deps, path, cleared));
    path.pop();
    found
}

/// What a planner's round led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    Settled,
    Asked(DecisionId),
    /// Somebody else holds the plan now.
    Stale,
}

/// Queues a checked plan and lets the plan go, or asks the human first. An empty plan means that nothing more is needed.
#[must_use]
pub fn submit(run: &Run, claim: Claim, round: u32, plan: Checked, note: &str) -> (Planned, Vec<Fact>) {
    let agent = claim.agent;
    if run.plan.holder != Some(agent) || !lease::stands(run, claim) {
        return (Planned::Stale, lease::refuse(run, claim, Held::Plan, ""));
    }
    let ask = Ask::Plan { round, tasks: plan.tasks.clone(), revised: plan.revised.clone() };
    match open_gate(run, agent, None, ask, &[]) {
        Some((decision, opened)) => (Planned::Asked(decision), opened),
        None => (Planned::Settled, settle(run, agent, round, plan, note)),
    }
}

/// The facts of an accepted plan. When nothing more is needed, what can no longer run is dropped with its reason.
pub(super) fn settle(run: &Run, agent: AgentId, round: u32, plan: Checked, note: &str) -> Vec<Fact> {
    // A human may have queued something while the plan was made.
    let quiet = run.counts.ready + run.counts.running + run.counts.checking == 0;
    let done = quiet && plan.tasks.is_empty() && plan.revised.is_empty();
    let mut facts = Vec::new();
    if !plan.tasks.is_empty() {
        facts.push(Fact::TasksAdded { tasks: plan.tasks, by: Author::Agent(agent) });
    }
    facts.extend(plan.revised.into_iter().map(|Revision { task, deps }| Fact::DependenciesRevised {
        task,
        deps,
        by: None,
    }));
    if done {
        facts.extend(drop_rest(run, agent, "a task that it depends on has no result"));
    }
    facts.push(Fact::PlanSettled { agent, next_round: round + 1, done, note: note.to_owned() });
    facts
}

/// Ends every task that nobody will do any more.
pub(super) fn drop_rest(run: &Run, agent: AgentId, reason: &str) -> impl Iterator<Item = Fact> {
    run.tasks.iter().filter(|task| !task.is_over()).map(move |task| Fact::TaskDropped {
        task: task.id,
        reason: reason.to_owned(),
        by: Author::Agent(agent),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Event, Options, Seq};

    fn run_with(tasks: &[(&str, &[u32])]) -> Run {
        let mut run = Run::default();
        let added = tasks
            .iter()
            .zip(1..)
            .map(|((text, deps), id)| NewTask {
                id: TaskId(id),
                text: (*text).to_owned(),
                deps: deps.iter().map(|dep| TaskId(*dep)).collect(),
                focus: vec![],
            })
            .collect();
        let facts = [
            Fact::RunStarted { question: String::new(), paths: vec![], options: Box::new(Options::default()) },
            Fact::TasksAdded { tasks: added, by: Author::Human },
        ];
        for (fact, seq) in facts.into_iter().zip(1..) {
            run.apply(&Event { seq: Seq(seq), at: 0, fact });
        }
        run
    }

    fn draft(number: u32, text: &str, deps: &[u32]) -> Draft {
        Draft { number, text: text.to_owned(), deps: deps.to_vec(), focus: vec![] }
    }

    #[test]
    fn a_cycle_is_refused_with_the_cycle_named() {
        let run = run_with(&[]);
        let drafts = [draft(1, "one", &[3]), draft(2, "two", &[1]), draft(3, "three", &[2])];
        assert_eq!(check(&run, TasksSeen(run.tasks.len()), &drafts), Err(PlanError::Cycle(vec![1, 3, 2, 1])));
        assert_eq!(
            check(&run, TasksSeen(run.tasks.len()), &[draft(1, "one", &[1])]),
            Err(PlanError::Cycle(vec![1, 1]))
        );
    }

    #[test]
    fn a_revision_can_close_a_cycle_too() {
        let run = run_with(&[("one", &[]), ("two", &[1])]);
        assert_eq!(
            check(&run, TasksSeen(run.tasks.len()), &[draft(1, "one", &[2])]),
            Err(PlanError::Cycle(vec![1, 2, 1]))
        );
    }

    #[test]
    fn an_unknown_dependency_is_refused_by_name() {
        let run = run_with(&[]);
        let error = check(&run, TasksSeen(run.tasks.len()), &[draft(1, "one", &[7])]).unwrap_err();
        assert_eq!(error.to_string(), "task 1 depends on 7, which does not exist");
    }

    #[test]
    fn a_known_subject_is_not_queued_twice_and_dependants_follow_it() {
        let run = run_with(&[("Read  the LGPL", &[])]);
        let plan =
            check(&run, TasksSeen(run.tasks.len()), &[draft(8, "read the lgpl", &[]), draft(9, "Compare", &[8])])
                .unwrap();
        assert_eq!(plan.tasks.len(), 1);
        assert_eq!(plan.tasks[0].id, TaskId(2));
        assert_eq!(plan.tasks[0].deps, [TaskId(1)]);
    }

    #[test]
    fn a_diamond_is_no_cycle() {
        let run = run_with(&[]);
        let drafts = [draft(1, "a", &[]), draft(2, "b", &[1]), draft(3, "c", &[1]), draft(4, "d", &[2, 3])];
        assert_eq!(check(&run, TasksSeen(run.tasks.len()), &drafts).unwrap().tasks.len(), 4);
    }
}
