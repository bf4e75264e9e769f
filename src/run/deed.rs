//! What a human did last, with what taking it back needs. The fold notes it before it changes the run. What follows from
//! a deed in the same append is part of it, and not a deed of its own.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    breakpoint::{BreakId, Breakpoint},
    command::Refusal,
    cost::{Cap, Scope},
    event::{Fact, Settled, Whose},
    gate::{Choice, Then},
    id::{AgentId, DecisionId, Seq, TaskId},
    label::{Author, Label},
    rules::work::REFUSED_TO_ALL,
    state::Run,
    task::NewTask,
};

/// One deed, at its place in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    pub seq: Seq,
    /// The last event that is part of it.
    last: Seq,
    pub what: What,
}

/// What was done, and what was there before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    TaskRestored(TaskId),
    /// What waited for the old ones, with what it waited for.
    TasksReplaced {
        old: Vec<TaskId>,
        new: Vec<TaskId>,
        waited: Vec<(TaskId, Vec<TaskId>)>,
    },
    Told(AgentId),
    TakenBack {
        agent: AgentId,
        text: String,
    },
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
    Recalled(Label),
    ContradictionSettled {
        first: Label,
        second: Label,
        how: Settled,
    },
    Decided {
        decision: DecisionId,
        choice: Choice,
    },
    /// What cannot be taken back, and what to do instead.
    Final {
        done: String,
        instead: Cow<'static, str>,
    },
}

impl Deed {
    /// The last deed once this fact is in the log, in the run before it; `None` when the fact changes nothing about it.
    #[must_use]
    pub(super) fn after(run: &Run, fact: &Fact) -> Option<Deed> {
        let seq = run.head;
        if let Some(last) = run.last_deed.as_ref().filter(|deed| deed.brings(seq, fact)) {
            return Some(Deed { last: seq, ..last.clone() });
        }
        what(run, fact).map(|what| Deed { seq, last: seq, what })
    }

    /// Whether a fact follows from this deed, in its append.
    fn brings(&self, at: Seq, fact: &Fact) -> bool {
        if self.last.next() != at {
            return false;
        }
        let nth = at.0 - self.seq.0;
        let noted = matches!(fact, Fact::EntryAdmitted { entry } if entry.label.author == Author::Human);
        let again = matches!(fact, Fact::RunReopened { .. } | Fact::TaskReopened { .. });
        match &self.what {
            What::Recalled(_) => {
                if nth == 1 {
                    noted
                } else {
                    again
                }
            }
            What::ContradictionSettled { how: Settled::Both, .. } => nth == 1 && noted,
            What::ContradictionSettled { how: Settled::Examined, .. } => {
                nth == 1 && matches!(fact, Fact::TasksAdded { .. })
            }
            What::ContradictionSettled { how: Settled::First | Settled::Second, .. } => match nth {
                1 => matches!(fact, Fact::EntryRecalled { .. }),
                2 => noted,
                _ => again,
            },
            What::Decided { choice, .. } => match choice {
                Choice::Raise { .. } => nth == 1 && matches!(fact, Fact::CapSet { .. }),
                Choice::Veto { then: Then::Drop, reason: why } => match fact {
                    Fact::WriteVetoed { .. } => nth == 1,
                    Fact::TaskDropped { reason, .. } => nth <= 2 && reason == why,
                    _ => false,
                },
                Choice::Finish => nth == 1 && matches!(fact, Fact::TaskDropped { .. }),
                Choice::Approve | Choice::Edit { .. } | Choice::Veto { .. } => false,
            },
            _ => false,
        }
    }
}

fn what(run: &Run, fact: &Fact) -> Option<What> {
    let done = |done: String, instead: &'static str| Some(What::Final { done, instead: instead.into() });
    match fact {
        Fact::TasksAdded { tasks, by: Author::Human } => Some(What::TaskAdded(tasks.first()?.id)),
        Fact::TaskEdited { task, .. } => Some(What::TaskEdited { task: *task, text: run.task(*task)?.text.clone() }),
        Fact::TaskMoved { task, .. } => Some(What::TaskMoved { task: *task, before: run.after(*task) }),
        Fact::TaskReserved { task, .. } => Some(What::TaskReserved { task: *task, agent: run.task(*task)?.reserved }),
        // The plan's holder revises too.
        Fact::DependenciesRevised { task, by: Some(Author::Human), .. } => {
            Some(What::DependenciesRevised { task: *task, deps: run.task(*task)?.deps.clone() })
        }
        // What nobody may do any more, or is left where the work is closed, was not dropped by a hand.
        Fact::TaskDropped { reason, .. } if reason == REFUSED_TO_ALL || run.closing.is_some() => None,
        Fact::TaskDropped { task, by: Author::Human, .. } => Some(What::TaskDropped(*task)),
        Fact::TaskRestored { task } => Some(What::TaskRestored(*task)),
        Fact::TasksReplaced { old, new } => {
            let waits = |task: &&super::Task| task.waits_for_any(old);
            let waited = run.tasks.iter().filter(waits).map(|task| (task.id, task.deps.clone())).collect();
            let new = new.iter().map(|task| task.id).collect();
            Some(What::TasksReplaced { old: old.clone(), new, waited })
        }
        Fact::TaskReopened { task, .. } => done(format!("doing {task} again"), "`drop` ends it"),
        Fact::AgentMessaged { agent, .. } => Some(What::Told(*agent)),
        Fact::MessageTakenBack { agent } => {
            Some(What::TakenBack { agent: *agent, text: run.agent(*agent)?.messages.last()?.clone() })
        }
        Fact::EntryAdmitted { entry } if entry.label.author == Author::Human => Some(What::Noted(entry.label)),
        Fact::EntryRecalled { label, .. } => Some(What::Recalled(*label)),
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
        Fact::GateDecided { decision, choice, rule: None } => {
            Some(What::Decided { decision: *decision, choice: choice.clone() })
        }
        Fact::WorkClosed { .. } => done("finishing".to_owned(), "`fork` goes on from before"),
        Fact::ContradictionSettled { first, second, how } => {
            Some(What::ContradictionSettled { first: *first, second: *second, how: *how })
        }
        _ => None,
    }
}

/// The facts that take the last deed back.
///
/// # Errors
/// With what has built on it, or why it cannot be taken back and what to do instead.
pub fn undo(run: &Run) -> Result<Vec<Fact>, Refusal> {
    use super::rules::{human::while_it_runs, recall, steer};
    let Some(Deed { what, .. }) = &run.last_deed else { return Err(Refusal("there is nothing to undo".to_owned())) };
    let waiting = |task: TaskId| steer::waiting(run, task).map_err(|Refusal(why)| Refusal(format!("{why} meanwhile")));
    let never = |done: String, instead: &str| Err(Refusal(format!("{done} cannot be taken back: {instead}")));
    Ok(match what {
        What::TaskAdded(task) | What::TaskRestored(task) => {
            waiting(*task)?;
            nobody_waits_for(run, *task)?;
            vec![Fact::TaskDropped { task: *task, reason: "taken back".to_owned(), by: Author::Human }]
        }
        What::TaskEdited { task, text } => {
            waiting(*task)?;
            vec![Fact::TaskEdited { task: *task, text: text.clone() }]
        }
        What::TaskMoved { task, before } => {
            waiting(*task)?;
            vec![Fact::TaskMoved { task: *task, before: *before }]
        }
        What::TaskReserved { task, agent } => {
            waiting(*task)?;
            vec![Fact::TaskReserved { task: *task, agent: *agent }]
        }
        What::DependenciesRevised { task, deps } => {
            waiting(*task)?;
            steer::set_deps(run, *task, deps)?
        }
        What::TaskDropped(task) => {
            while_it_runs(run)?;
            work_goes_on(run)?;
            if !run.task(*task).is_some_and(super::Task::is_over) {
                return Err(Refusal(format!("{task} is in the queue again")));
            }
            vec![Fact::TaskRestored { task: *task }]
        }
        What::TasksReplaced { old, new, waited } => {
            work_goes_on(run)?;
            new.iter().try_for_each(|task| waiting(*task).map(drop))?;
            // Old and new change places; what waited for the old ones waits for just those again.
            let mut facts = Vec::new();
            for (task, deps) in waited {
                waiting(*task)?;
                facts.push(Fact::DependenciesRevised { task: *task, deps: deps.clone(), by: Some(Author::Human) });
            }
            let back = old.iter().filter_map(|task| run.task(*task)).map(|task| NewTask {
                id: task.id,
                text: task.text.clone(),
                deps: task.deps.clone(),
                focus: task.focus.clone(),
            });
            facts.push(Fact::TasksReplaced { old: new.clone(), new: back.collect() });
            facts
        }
        What::Told(agent) => match run.agent(*agent).is_some_and(|agent| !agent.messages.is_empty()) {
            true => vec![Fact::MessageTakenBack { agent: *agent }],
            false => return Err(Refusal(format!("{agent} has read it"))),
        },
        What::TakenBack { agent, text } => steer::tell(run, *agent, text)?,
        What::Noted(label) => {
            let readers: Vec<String> = run.agents_that_read(*label).iter().map(ToString::to_string).collect();
            if !readers.is_empty() {
                let read = readers.join(", ");
                return Err(Refusal(format!("{read} read {label}; `recall {label} REASON` marks it as false")));
            }
            recall::recall(run, *label, "taken back", &super::Rerun::Nothing)?
        }
        What::CapSet { scope, cap } => super::rules::spend::set_cap(run, *scope, *cap)?,
        What::PolicySet { text } => super::rules::debug::set_policy(run, text)?,
        What::ModelSet { whose, model } => steer::set_model(run, *whose, model.as_deref())?,
        What::BreakpointSet { id, before: None } => vec![Fact::BreakpointRemoved { id: *id }],
        What::BreakpointSet { before: Some(breakpoint), .. } | What::BreakpointRemoved(breakpoint) => {
            vec![Fact::BreakpointSet { breakpoint: breakpoint.clone() }]
        }
        What::AgentAdded(agent) => match run.agent(*agent).is_some_and(|one| one.task.is_none() && one.state.is_idle())
        {
            true => steer::stop_agent(run, *agent)?,
            false => return Err(Refusal(format!("{agent} has begun to work; `stop {agent}` stops it"))),
        },
        What::AgentHeld(agent) => steer::release(run, *agent)?,
        What::AgentReleased(agent) => steer::hold(run, *agent)?,
        What::Deferred(_) => return Err(Refusal("it is open still; take it when you like".to_owned())),
        What::Recalled(label) => {
            let instead = "it has told the team; `note FACT …` tells them that it holds after all";
            return never(format!("the recall of {label}"), instead);
        }
        What::ContradictionSettled { first, second, .. } => {
            return never(format!("settling {first} against {second}"), "`note FACT …` tells the team otherwise");
        }
        What::Decided { decision, .. } => {
            let instead = "its agent has gone on with it; `whatif` and `fork` take the other way";
            return never(format!("the answer to {decision}"), instead);
        }
        What::Final { done, instead } => return never(done.clone(), instead),
    })
}

fn work_goes_on(run: &Run) -> Result<(), Refusal> {
    match run.closing {
        Some(_) => Err(Refusal("no task is begun any more".to_owned())),
        None => Ok(()),
    }
}

fn nobody_waits_for(run: &Run, id: TaskId) -> Result<(), Refusal> {
    let waits = |task: &&super::Task| !task.is_over() && task.deps.contains(&id);
    match run.tasks.iter().find(waits) {
        Some(task) => Err(Refusal(format!("{} waits for {id}", task.id))),
        None => Ok(()),
    }
}
