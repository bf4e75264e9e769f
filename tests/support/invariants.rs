//! What must hold of every run, however it went (METHOD §2.6), read off its log.

use std::collections::{HashMap, HashSet};

use delm::{
    run::{
        Admission, AgentId, AgentState, Author, Closing, DecisionId, Event, Fact, Label, Pace, Run, Scope, Seq,
        StartedCall, TaskId, TaskState,
    },
    store::{Journal as _, Memory},
};

use super::scenario::{Played, corpus};

/// Everything that does not hold, in words.
pub fn violations(played: &Played) -> Vec<String> {
    violations_of(&played.events, &played.journal)
}

/// The same of any log.
pub fn violations_of(events: &[Event], journal: &Memory) -> Vec<String> {
    let mut watch = Watch::default();
    for event in events {
        watch.see(events, journal, event);
    }
    let run = &watch.run;
    let corpus = corpus(run, journal);
    let ends = events.iter().filter(|event| matches!(event.fact, Fact::RunEnded { .. })).count();
    let reopened = events.iter().filter(|event| matches!(event.fact, Fact::RunReopened { .. })).count();
    if ends > reopened + 1 {
        watch.found.push(format!("the run ended {ends} times and was opened again {reopened} times"));
    }
    let answers = run.answer.iter().flat_map(|answer| &answer.citations);
    let entries = run.context.entries().flat_map(|entry| &entry.citations);
    for citation in answers.chain(entries).filter(|citation| citation.label.is_unit()) {
        if corpus.quote(citation).is_none_or(str::is_empty) {
            watch.found.push(format!("{citation:?} quotes nothing"));
        }
    }
    watch.found
}

/// The run so far, and what the fold of it does not say.
#[derive(Default)]
struct Watch {
    run: Run,
    claimed: HashSet<TaskId>,
    /// Who has begun a try under the last claim of each task.
    trying: HashMap<TaskId, AgentId>,
    decided: HashSet<DecisionId>,
    context: String,
    /// Checkpoints passed less calls made since the run stood still.
    steps: usize,
    /// Who was let through by hand since it last claimed.
    steps_of: HashSet<AgentId>,
    found: Vec<String>,
}

impl Watch {
    fn see(&mut self, events: &[Event], journal: &Memory, event: &Event) {
        self.check(events, journal, event);
        let before = self.run.context.len();
        self.run.apply(event);
        self.found.extend(wrong_queue(&self.run).map(|why| format!("{why} at {}", event.seq)));
        if self.run.context.len() == before {
            return;
        }
        let now = self.run.context.snapshot().render();
        if !now.starts_with(&self.context) {
            self.found.push(format!("the context did not only grow at {}", event.seq));
        }
        if now.lines().count() != self.run.context.len() {
            self.found.push(format!("an entry is not one line at {}", event.seq));
        }
        self.context = now;
    }

    fn check(&mut self, events: &[Event], journal: &Memory, event: &Event) {
        let Watch { run, claimed, trying, found, .. } = self;
        let by = delm::run::score::agent_of(run, std::slice::from_ref(&event.fact)).and_then(|agent| run.agent(agent));
        if let Some(agent) = by.filter(|agent| agent.state == AgentState::Stopped) {
            found.push(format!("{} was stopped and acts at {}", agent.id, event.seq));
        }
        match &event.fact {
            Fact::TaskClaimed { task, agent } => {
                trying.remove(task);
                let reserved = run.task(*task).and_then(|task| task.reserved).filter(|owner| owner != agent);
                if let Some(owner) = reserved.and_then(|owner| run.agent(owner)).filter(|owner| !owner.state.is_gone())
                {
                    found.push(format!("{task} is reserved for {} and claimed by {agent}", owner.id));
                }
                if run.agent(*agent).is_some_and(|agent| agent.held) && !self.steps_of.remove(agent) {
                    found.push(format!("{agent} is held and claims {task} at {}", event.seq));
                }
                if !claimed.insert(*task) {
                    found.push(format!("{task} is claimed twice at {}", event.seq));
                }
                let deps = run.task(*task).map(|task| task.deps.clone()).unwrap_or_default();
                let undone = |dep: &&TaskId| run.task(**dep).is_some_and(|dep| dep.state != TaskState::Done);
                found.extend(deps.iter().find(undone).map(|dep| format!("{task} ran before {dep}")));
            }
            Fact::TaskFinished { task, .. }
            | Fact::TaskRequeued { task, .. }
            | Fact::TaskFailed { task, .. }
            | Fact::TaskDropped { task, .. } => drop(claimed.remove(task)),
            // What a dead process held is free again.
            Fact::SessionStarted { .. } => {
                claimed.retain(|task| run.task(*task).is_some_and(|task| matches!(task.state, TaskState::Checking(..))))
            }
            Fact::PlanClaimed { .. } if run.plan.holder.is_some() => {
                found.push(format!("two hold the plan at {}", event.seq));
            }
            Fact::FinalClaimed { .. } if run.finalizer.is_some() => {
                found.push(format!("two finalize at {}", event.seq))
            }
            Fact::GateOpened { decision } if run.decisions.values().any(|open| open.agent == decision.agent) => {
                found.push(format!("{} asks twice at once at {}", decision.agent, event.seq));
            }
            Fact::GateDecided { decision, .. } if !self.decided.insert(*decision) => {
                found.push(format!("{decision} is decided twice"));
            }
            Fact::AttemptStarted { task, agent, .. } => drop(trying.insert(*task, *agent)),
            Fact::LeaseExpired { agent, held, .. } if run.pace != Pace::Running => {
                found.push(format!("{agent} loses {held} while the run is held at {}", event.seq));
            }
            Fact::LeaseExpired { agent, held, .. } if run.decisions.values().any(|open| open.agent == *agent) => {
                found.push(format!("{agent} loses {held} while it asks at {}", event.seq));
            }
            Fact::EntryAdmitted { entry } => {
                if let (Author::Agent(agent), Some(task)) = (entry.label.author, entry.task)
                    && !holds(run, agent, task, trying)
                {
                    found.push(format!("{} is written without the present claim of {task}", entry.label));
                }
                let bodies = entry.summary.iter().chain(&entry.trajectory);
                let missing = bodies.filter(|id| journal.body(**id).is_err());
                found.extend(missing.map(|id| format!("{} is visible without its body {id}", entry.label)));
                if matches!((entry.label.author, entry.admission), (Author::Agent(_), Admission::Verified))
                    && !was_approved(events, event.seq, entry.label)
                {
                    found.push(format!("{} was admitted unverified", entry.label));
                }
            }
            Fact::CallStarted { call } => {
                found.extend(wrong_start(run, call).map(|why| format!("{} {why} at {}", call.id, event.seq)));
            }
            Fact::CallFinished { call } if !run.in_flight.contains_key(&call.id) => {
                found.push(format!("{} comes back and was not sent at {}", call.id, event.seq));
            }
            Fact::AgentStopped { agent } => {
                let in_hand = |task: &&delm::run::Task| matches!(task.state, TaskState::Running(by) | TaskState::Checking(by, _) if by == *agent);
                found.extend(
                    run.tasks.iter().find(in_hand).map(|task| format!("{agent} is stopped and keeps {}", task.id)),
                );
            }
            Fact::RunPaused => self.steps = 0,
            Fact::StepGranted { agent, .. } => {
                self.steps += 1;
                self.steps_of.insert(*agent);
            }
            Fact::CallFinished { call } if run.pace == Pace::Paused => match self.steps.checked_sub(1) {
                Some(left) => self.steps = left,
                None => found.push(format!("{} was made while the run was paused", call.id)),
            },
            _ => {}
        }
    }
}

/// Which task the queue has lost, or has twice.
fn wrong_queue(run: &Run) -> Option<String> {
    let waits = |state: &TaskState| matches!(state, TaskState::Ready | TaskState::Blocked);
    let held = |state: &TaskState| matches!(state, TaskState::Running(_) | TaskState::Checking(..));
    let (mut found, mut wanted): (Vec<TaskId>, Vec<TaskId>) =
        (run.waiting(), run.tasks.iter().filter(|task| waits(&task.state)).map(|task| task.id).collect());
    found.sort_unstable();
    wanted.sort_unstable();
    let first = run.tasks.iter().find(|task| held(&task.state)).map(|task| task.id);
    match () {
        () if found != wanted => Some(format!("{found:?} wait where {wanted:?} should")),
        () if run.first_held() != first => Some(format!("{:?} is held first, not {first:?}", run.first_held())),
        () => None,
    }
}

/// Whether an agent has the present claim of a task and began a try under it.
fn holds(run: &Run, agent: AgentId, task: TaskId, trying: &HashMap<TaskId, AgentId>) -> bool {
    let state = run.task(task).map(|task| &task.state);
    matches!(state, Some(TaskState::Running(by) | TaskState::Checking(by, _)) if *by == agent)
        && trying.get(&task) == Some(&agent)
}

/// Why a call may not be sent as the run stands.
fn wrong_start(run: &Run, call: &StartedCall) -> Option<String> {
    let finalizes = run.finalizer.as_ref().is_some_and(|finalizer| finalizer.agent == call.agent);
    let holder = run.agent(call.agent).map(|agent| &agent.state);
    match (&run.closing, call.task) {
        _ if run.outcome.is_some() => return Some("is sent after the end".to_owned()),
        (Some(Closing::CapReached(_)), _) => return Some("is sent after a cap closed the work".to_owned()),
        (Some(Closing::Wanted), _) if !finalizes => return Some("is sent although the answer is wanted".to_owned()),
        (_, Some(task)) if holder != Some(&AgentState::Working(task)) => {
            return Some(format!("is sent for a lost {task}"));
        }
        _ if holder.is_none_or(AgentState::is_gone) => return Some("is sent by nobody".to_owned()),
        _ => {}
    }
    let scopes = [Some(Scope::Run), Some(Scope::Agent(call.agent)), call.task.map(Scope::Task)];
    scopes.into_iter().flatten().find_map(|scope| {
        let mut most = run.used(scope);
        most += call.worst;
        let under = |other: &&StartedCall| match scope {
            Scope::Run => true,
            Scope::Agent(agent) => other.agent == agent,
            Scope::Task(task) => other.task == Some(task),
        };
        run.in_flight.values().filter(under).for_each(|other| most += other.worst);
        (!run.cap(scope).holds(&most)).then(|| format!("does not fit under the cap of {scope}"))
    })
}

/// Whether the last proposal under a label had no objection.
fn was_approved(events: &[Event], before: Seq, label: Label) -> bool {
    let earlier = events.iter().rev().skip_while(|event| event.seq >= before);
    let mut proposals = earlier.filter_map(|event| match &event.fact {
        Fact::WriteProposed { proposal } if proposal.label == label => Some(proposal),
        _ => None,
    });
    proposals.next().is_some_and(|proposal| proposal.verdict.objection().is_none())
}
