//! Steering: what a human changes of the queue and the team while it works.

use crate::run::{
    agent::Agent,
    command::Refusal,
    event::{Fact, Whose},
    gate::{Choice, Then},
    id::{AgentId, DecisionId, TaskId},
    label::Author,
    options::EXTRACTIVE,
    state::Run,
    task::{NewTask, Task, TaskState, normalised_subject},
};

use super::{human::while_it_runs, plan, work};

/// The most agents a run may have.
const MAX_AGENTS: usize = 64;

fn known(run: &Run, id: TaskId) -> Result<&Task, Refusal> {
    run.task(id).ok_or_else(|| Refusal(format!("{id} does not exist")))
}

/// A task that nobody has claimed and that is not over.
pub(in crate::run) fn waiting(run: &Run, id: TaskId) -> Result<&Task, Refusal> {
    while_it_runs(run)?;
    let task = known(run, id)?;
    match &task.state {
        TaskState::Blocked | TaskState::Ready => Ok(task),
        TaskState::Running(agent) | TaskState::Checking(agent, _) => Err(Refusal(format!("{agent} has claimed {id}"))),
        TaskState::Done | TaskState::Failed(_) | TaskState::Dropped(_) => Err(Refusal(format!("{id} is over"))),
    }
}

fn text_of<'a>(run: &Run, text: &'a str) -> Result<&'a str, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal("a task needs a text".to_owned()));
    }
    match run.task_like(text) {
        Some(known) => Err(Refusal(format!("{known} has this subject already"))),
        None => Ok(text),
    }
}

/// # Errors
/// When the agent does not exist or works no more, or the text is empty.
pub fn tell(run: &Run, agent: AgentId, text: &str) -> Result<Vec<Fact>, Refusal> {
    while_it_runs(run)?;
    living(run, agent)?;
    match text.trim() {
        "" => Err(Refusal("a message needs a text".to_owned())),
        text => Ok(vec![Fact::AgentMessaged { agent, text: text.to_owned() }]),
    }
}

/// # Errors
/// When it is over or does not exist. A claimed one is taken from its agent.
pub fn drop_task(run: &Run, id: TaskId, reason: &str) -> Result<Vec<Fact>, Refusal> {
    while_it_runs(run)?;
    let task = known(run, id)?;
    match task.state {
        _ if task.is_over() => Err(Refusal(format!("{id} is over"))),
        TaskState::Checking(_, decision) => Err(Refusal(format!("{id} waits for {decision}: veto it there"))),
        _ => Ok(vec![Fact::TaskDropped { task: id, reason: reason.trim().to_owned(), by: Author::Human }]),
    }
}

/// # Errors
/// When it is claimed or over, or the text is empty or another task's.
pub fn edit_task(run: &Run, id: TaskId, text: &str) -> Result<Vec<Fact>, Refusal> {
    waiting(run, id)?;
    // Its own subject in other letters is no other task's.
    let text = if run.task_like(text) == Some(id) { text.trim() } else { text_of(run, text)? };
    Ok(vec![Fact::TaskEdited { task: id, text: text.to_owned() }])
}

/// # Errors
/// When it is claimed or over, a dependency does not exist, or they would close a cycle, which is named.
pub fn set_deps(run: &Run, id: TaskId, deps: &[TaskId]) -> Result<Vec<Fact>, Refusal> {
    waiting(run, id)?;
    deps.iter().try_for_each(|dep| known(run, *dep).map(drop))?;
    if let Some(cycle) = plan::cycle_with(run, id, deps) {
        let names: Vec<String> = cycle.iter().map(ToString::to_string).collect();
        return Err(Refusal(format!("{id} would wait for itself: {}", names.join(" → "))));
    }
    Ok(vec![Fact::DependenciesRevised { task: id, deps: deps.to_vec(), by: Some(Author::Human) }])
}

/// # Errors
/// When it is claimed or over, or the other does not exist.
pub fn move_task(run: &Run, id: TaskId, before: Option<TaskId>) -> Result<Vec<Fact>, Refusal> {
    waiting(run, id)?;
    match before {
        Some(before) if before == id => Err(Refusal(format!("{id} cannot come before itself"))),
        Some(before) => known(run, before).map(|_| vec![Fact::TaskMoved { task: id, before: Some(before) }]),
        None => Ok(vec![Fact::TaskMoved { task: id, before: None }]),
    }
}

/// # Errors
/// When it is claimed or over, or the agent does not exist, works no more, or was refused it.
pub fn reserve(run: &Run, id: TaskId, agent: Option<AgentId>) -> Result<Vec<Fact>, Refusal> {
    let task = waiting(run, id)?;
    if let Some(agent) = agent {
        living(run, agent)?;
        if task.refused.contains(&agent) {
            return Err(Refusal(format!("{id} was refused to {agent}")));
        }
    }
    Ok(vec![Fact::TaskReserved { task: id, agent }])
}

/// Several tasks in place of one: each waits for what it waited for, and what waited for it waits for all of them.
///
/// # Errors
/// When it is claimed or over, or a text is empty or queued already.
pub fn split(run: &Run, id: TaskId, into: &[String]) -> Result<Vec<Fact>, Refusal> {
    let task = waiting(run, id)?;
    if into.len() < 2 {
        return Err(Refusal(format!("{id}: name at least two tasks to split it into")));
    }
    let texts = into.iter().map(|text| text_of(run, text)).collect::<Result<Vec<_>, _>>()?;
    each_once(&into.iter().map(|text| normalised_subject(text)).collect::<Vec<_>>())?;
    let tasks = fresh(run, &texts, &task.deps, &task.focus);
    Ok(vec![Fact::TasksReplaced { old: vec![id], new: tasks }])
}

/// One task in place of several.
///
/// # Errors
/// When one is claimed or over, they wait for one another, or the text is empty or queued already.
pub fn merge(run: &Run, ids: &[TaskId], text: &str) -> Result<Vec<Fact>, Refusal> {
    if ids.len() < 2 {
        return Err(Refusal("name at least two tasks to merge".to_owned()));
    }
    each_once(ids)?;
    let old = ids.iter().map(|id| waiting(run, *id)).collect::<Result<Vec<_>, _>>()?;
    let text = text_of(run, text)?;
    let mut deps: Vec<TaskId> = old.iter().flat_map(|task| &task.deps).copied().collect();
    deps.retain(|dep| !ids.contains(dep));
    deps.sort_unstable();
    deps.dedup();
    let mut focus: Vec<_> = old.iter().flat_map(|task| &task.focus).copied().collect();
    focus.sort_unstable();
    focus.dedup();
    let tasks = fresh(run, &[text], &deps, &focus);
    if let Some(cycle) = ids.iter().find_map(|id| plan::cycle_with(run, *id, &deps)) {
        let names: Vec<String> = cycle.iter().map(ToString::to_string).collect();
        return Err(Refusal(format!("merged, they would wait for themselves: {}", names.join(" → "))));
    }
    Ok(vec![Fact::TasksReplaced { old: ids.to_vec(), new: tasks }])
}

fn each_once<T: PartialEq + std::fmt::Display>(named: &[T]) -> Result<(), Refusal> {
    match named.iter().enumerate().find(|(at, one)| named[..*at].contains(one)) {
        Some((_, twice)) => Err(Refusal(format!("{twice} is named twice"))),
        None => Ok(()),
    }
}

fn fresh(run: &Run, texts: &[&str], deps: &[TaskId], focus: &[crate::run::Label]) -> Vec<NewTask> {
    let new = |(text, id): (&&str, u32)| NewTask {
        id: TaskId(id),
        text: (*text).to_owned(),
        deps: deps.to_vec(),
        focus: focus.to_vec(),
    };
    texts.iter().zip(run.next_task().0..).map(new).collect()
}

/// # Errors
/// When the run has ended or the team is as large as it may be.
pub fn add_agent(run: &Run) -> Result<Vec<Fact>, Refusal> {
    while_it_runs(run)?;
    match run.agents.len() < MAX_AGENTS {
        true => Ok(vec![Fact::AgentAdded { agent: AgentId(run.agents.len() as u16 + 1) }]),
        false => Err(Refusal(format!("a team has at most {MAX_AGENTS} agents"))),
    }
}

fn living(run: &Run, id: AgentId) -> Result<&Agent, Refusal> {
    while_it_runs(run)?;
    match run.agent(id) {
        None => Err(Refusal(format!("{id} does not exist"))),
        Some(agent) if agent.state.is_gone() => Err(Refusal(format!("{id} works no more"))),
        Some(agent) => Ok(agent),
    }
}

/// Stops one agent for good: what it asks is closed, what it had claimed is there for the others.
///
/// # Errors
/// When it does not exist, works no more, or nobody else is left.
pub fn stop_agent(run: &Run, id: AgentId) -> Result<Vec<Fact>, Refusal> {
    living(run, id)?;
    if work::living_without(run, id).next().is_none() {
        return Err(Refusal(format!("{id} is the last of the team; `stop` ends the session, `finish` the work")));
    }
    let why = format!("{id} was stopped");
    let choice = Choice::Veto { reason: why.clone(), then: Then::Requeue };
    let asked = run.decisions.values().filter(|open| open.agent == id);
    let closed =
        asked.map(|open| Fact::GateDecided { decision: open.id, choice: choice.clone(), rule: Some(why.clone()) });
    let given_up = work::leaves(run, id).map(|(task, left)| match left {
        work::Left::ToOthers => Fact::TaskRequeued { task: task.id, agent: id, reason: why.clone(), refused: true },
        work::Left::ToNobody => work::refused_to_all(task.id),
    });
    Ok(closed.chain(given_up).chain([Fact::AgentStopped { agent: id }]).collect())
}

/// Holds one agent at its next checkpoint.
///
/// # Errors
/// When it does not exist, works no more, or is held already.
pub fn hold(run: &Run, id: AgentId) -> Result<Vec<Fact>, Refusal> {
    match living(run, id)?.held {
        true => Err(Refusal(format!("{id} is held already"))),
        false => Ok(vec![Fact::AgentHeld { agent: id }]),
    }
}

/// # Errors
/// When it does not exist, works no more, or is not held.
pub fn release(run: &Run, id: AgentId) -> Result<Vec<Fact>, Refusal> {
    match living(run, id)?.held {
        true => Ok(vec![Fact::AgentReleased { agent: id }]),
        false => Err(Refusal(format!("{id} is not held"))),
    }
}

/// Changes a model from now on. That it can be had at all is for whoever asks to know.
///
/// # Errors
/// When the run thinks without one, has ended, or the agent does not exist.
pub fn set_model(run: &Run, whose: Whose, model: Option<&str>) -> Result<Vec<Fact>, Refusal> {
    while_it_runs(run)?;
    if run.options.model == EXTRACTIVE {
        return Err(Refusal("this run thinks without a model, so none can be set".to_owned()));
    }
    if let Whose::Agent(agent) = whose {
        living(run, agent)?;
    }
    let model = model.map(str::trim);
    if model == Some("") {
        return Err(Refusal("name a model as provider:name".to_owned()));
    }
    Ok(vec![Fact::ModelSet { whose, model: model.map(str::to_owned) }])
}

/// Puts a decision behind the others.
///
/// # Errors
/// When it is not open, or none is.
pub fn defer(run: &Run, decision: Option<DecisionId>) -> Result<Vec<Fact>, Refusal> {
    let first = || run.inbox().next().map(|open| open.id);
    match decision.or_else(first) {
        None => Err(Refusal("nothing waits to be decided".to_owned())),
        Some(id) if !run.decisions.contains_key(&id) => Err(Refusal(format!("{id} is not open (any more)"))),
        Some(decision) => Ok(vec![Fact::GateDeferred { decision }]),
    }
}
