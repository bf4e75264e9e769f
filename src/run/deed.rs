//! What a human did last, with what taking it back needs. The fold notes it before it changes the run.

use super::{
    breakpoint::{BreakId, Breakpoint},
    command::Refusal,
    cost::{Cap, Scope},
    event::{Fact, Whose},
    id::{AgentId, DecisionId, Seq, TaskId},
    label::{Author, Label},
    state::Run,
};

/// One deed, at its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    pub seq: Seq,
    pub what: What,
}

/// What was done, and what was there before.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    TaskAdded(TaskId),
    TaskEdited {
        task: TaskId,
        text: String,
    },
    /// It stood before this task, or last.
    TaskMoved {
        task: TaskId,
        before: Option<TaskId>,
    },
    TaskReserved {
        task: TaskId,
        agent: Option<AgentId>,
    },
    DependenciesRevised {
        task: TaskId,
        deps: Vec<TaskId>,
    },
    TaskDropped(TaskId),
    /// What waited for the old ones, with what it waited for.
    TasksReplaced {
        old: Vec<TaskId>,
        new: Vec<TaskId>,
        waited: Vec<(TaskId, Vec<TaskId>)>,
    },
    TaskReopened(TaskId),
    Told(AgentId),
    Noted(Label),
    CapSet {
        scope: Scope,
        cap: Cap,
    },
    PolicySet {
        text: String,
    },
    ModelSet {
        whose: Whose,
        model: Option<String>,
    },
    BreakpointSet {
        id: BreakId,
        before: Option<Box<Breakpoint>>,
    },
    BreakpointRemoved(Box<Breakpoint>),
    AgentAdded(AgentId),
    AgentHeld(AgentId),
    AgentReleased(AgentId),
    Deferred(DecisionId),
    /// What cannot be taken back, and what to do instead.
    Final {
        done: String,
        instead: &'static str,
    },
}

impl Deed {
    /// The deed that a fact is, in the run before it; `None` when no human did it by itself.
    #[must_use]
    pub(super) fn of(run: &Run, fact: &Fact) -> Option<Deed> {
        Some(Deed { seq: run.head, what: what(run, fact)? })
    }
}

fn what(run: &Run, fact: &Fact) -> Option<What> {
    let done = |done: String, instead: &'static str| Some(What::Final { done, instead });
    match fact {
        Fact::TasksAdded { tasks, by: Author::Human } => Some(What::TaskAdded(tasks.first()?.id)),
        Fact::TaskEdited { task, .. } => Some(What::TaskEdited { task: *task, text: run.task(*task)?.text.clone() }),
        Fact::TaskMoved { task, .. } => Some(What::TaskMoved { task: *task, before: run.after(*task) }),
        Fact::TaskReserved { task, .. } => Some(What::TaskReserved { task: *task, agent: run.task(*task)?.reserved }),
        // The plan's holder revises too.
        Fact::DependenciesRevised { task, .. } if run.plan.holder.is_none() => {
            Some(What::DependenciesRevised { task: *task, deps: run.task(*task)?.deps.clone() })
        }
        Fact::TaskDropped { task, by: Author::Human, .. } => Some(What::TaskDropped(*task)),
        Fact::TasksReplaced { old, new } => {
            let waits = |task: &&super::Task| !old.contains(&task.id) && task.deps.iter().any(|dep| old.contains(dep));
            let waited = run.tasks.iter().filter(waits).map(|task| (task.id, task.deps.clone())).collect();
            let new = new.iter().map(|task| task.id).collect();
            Some(What::TasksReplaced { old: old.clone(), new, waited })
        }
        Fact::TaskReopened { task, .. } => Some(What::TaskReopened(*task)),
        Fact::AgentMessaged { agent, .. } => Some(What::Told(*agent)),
        // The line that a recall adds is no deed of its own.
        Fact::EntryAdmitted { entry } if entry.label.author == Author::Human => {
            let recalled = run.last_deed.as_ref().is_some_and(|deed| deed.seq.next() == run.head);
            (!recalled).then_some(What::Noted(entry.label))
        }
        Fact::EntryRecalled { label, .. } => done(
            format!("the recall of {label}"),
            "it has told the team; `note FACT …` tells them that it holds after all",
        ),
        Fact::CapSet { scope, .. } => Some(What::CapSet { scope: *scope, cap: run.cap(*scope) }),
        Fact::PolicySet { .. } => Some(What::PolicySet { text: run.policy_text.clone() }),
        Fact::ModelSet { whose, .. } => Some(What::ModelSet { whose: *whose, model: run.models.get(whose).cloned() }),
        Fact::BreakpointSet { breakpoint } => {
            let before = run.breakpoints.get(&breakpoint.id).cloned().map(Box::new);
            Some(What::BreakpointSet { id: breakpoint.id, before })
        }
        Fact::BreakpointRemoved { id } => Some(What::BreakpointRemoved(Box::new(run.breakpoints.get(id)?.clone()))),
        Fact::AgentAdded { agent } => Some(What::AgentAdded(*agent)),
        Fact::AgentHeld { agent } => Some(What::AgentHeld(*agent)),
        Fact::AgentReleased { agent } => Some(What::AgentReleased(*agent)),
        Fact::GateDeferred { decision } => Some(What::Deferred(*decision)),
        Fact::AgentStopped { agent } => done(format!("stopping {agent}"), "`agent+` adds another one"),
        Fact::GateDecided { decision, rule: None, .. } => done(
            format!("the answer to {decision}"),
            "its agent has gone on with it; `whatif` and `fork` take the other way",
        ),
        Fact::WorkClosed { .. } => done("finishing".to_owned(), "`fork` goes on from before"),
        Fact::ContradictionSettled { first, second, .. } => {
            done(format!("settling {first} against {second}"), "`note FACT …` tells the team otherwise")
        }
        _ => None,
    }
}

/// The facts that take the last deed back.
///
/// # Errors
/// With what has built on it, or why it cannot be taken back and what to do instead.
pub fn undo(run: &Run) -> Result<Vec<Fact>, Refusal> {
    use super::rules::{recall, steer};
    let Some(Deed { what, .. }) = &run.last_deed else { return Err(Refusal("there is nothing to undo".to_owned())) };
    let waiting = |task: TaskId| steer::waiting(run, task).map_err(|Refusal(why)| Refusal(format!("{why} meanwhile")));
    let drop = |task: &TaskId| Fact::TaskDropped { task: *task, reason: "taken back".to_owned(), by: Author::Human };
    Ok(match what {
        What::TaskAdded(task) => {
            waiting(*task)?;
            vec![drop(task)]
        }
        What::TaskEdited { task, text } => {
            waiting(*task)?;
            vec![Fact::TaskEdited { task: *task, text: text.clone() }]
        }
        What::TaskMoved { task, before } => vec![Fact::TaskMoved { task: *task, before: *before }],
        What::TaskReserved { task, agent } => {
            waiting(*task)?;
            vec![Fact::TaskReserved { task: *task, agent: *agent }]
        }
        What::DependenciesRevised { task, deps } => {
            waiting(*task)?;
            vec![Fact::DependenciesRevised { task: *task, deps: deps.clone() }]
        }
        What::TaskDropped(task) => restored(run, *task)?,
        What::TasksReplaced { old, new, waited } => {
            new.iter().try_for_each(|task| waiting(*task).map(std::mem::drop))?;
            let mut facts: Vec<Fact> = old.iter().map(|task| Fact::TaskRestored { task: *task }).collect();
            let waited = waited.iter().cloned();
            facts.extend(waited.map(|(task, deps)| Fact::DependenciesRevised { task, deps }));
            facts.extend(new.iter().map(drop));
            facts
        }
        What::TaskReopened(task) => {
            waiting(*task)?;
            vec![drop(task)]
        }
        What::Told(agent) => match run.agent(*agent).is_some_and(|agent| !agent.messages.is_empty()) {
            true => vec![Fact::MessageTakenBack { agent: *agent }],
            false => return Err(Refusal(format!("{agent} has read it"))),
        },
        What::Noted(label) => {
            let readers: Vec<String> = run.agents_that_read(*label).iter().map(ToString::to_string).collect();
            if !readers.is_empty() {
                let read = readers.join(", ");
                return Err(Refusal(format!("{read} read {label}; `recall {label} REASON` marks it as false")));
            }
            recall::recall(run, *label, "taken back", &super::Rerun::Nothing)?
        }
        What::CapSet { scope, cap } => vec![Fact::CapSet { scope: *scope, cap: *cap }],
        What::PolicySet { text } => vec![Fact::PolicySet { text: text.clone() }],
        What::ModelSet { whose, model } => vec![Fact::ModelSet { whose: *whose, model: model.clone() }],
        What::BreakpointSet { id, before: None } => vec![Fact::BreakpointRemoved { id: *id }],
        What::BreakpointSet { before: Some(breakpoint), .. } | What::BreakpointRemoved(breakpoint) => {
            vec![Fact::BreakpointSet { breakpoint: breakpoint.clone() }]
        }
        What::AgentAdded(agent) => match run.agent(*agent).is_some_and(|one| one.task.is_none() && one.state.is_idle())
        {
            true => vec![Fact::AgentStopped { agent: *agent }],
            false => return Err(Refusal(format!("{agent} has begun to work; `stop {agent}` stops it"))),
        },
        What::AgentHeld(agent) => vec![Fact::AgentReleased { agent: *agent }],
        What::AgentReleased(agent) => vec![Fact::AgentHeld { agent: *agent }],
        What::Deferred(_) => return Err(Refusal("it is open still; take it when you like".to_owned())),
        What::Final { done, instead } => {
            return Err(Refusal(format!("{done} cannot be taken back: {instead}")));
        }
    })
}

fn restored(run: &Run, task: TaskId) -> Result<Vec<Fact>, Refusal> {
    super::rules::human::while_it_runs(run)?;
    match run.task(task).is_some_and(super::Task::is_over) {
        true => Ok(vec![Fact::TaskRestored { task }]),
        false => Err(Refusal(format!("{task} is in the queue again"))),
    }
}
