//! The fold: one event changes the run. Pure, total, and the only place where a run changes.
//!
//! Facts were decided by the rules before they were logged, so nothing is refused here; a fact about something unknown
//! is passed over.

mod queue;
mod team;

use std::sync::Arc;

use super::{
    agent::{Agent, AgentState},
    call::Call,
    cost::Usage,
    deed::Deed,
    entry::{Entry, EntryKind},
    event::{Event, Fact},
    gate::Then,
    id::AgentId,
    label::{Author, Label},
    policy::Policy,
    state::{Final, Pace, Run, in_order},
    task::TaskState,
};

impl Run {
    /// Folds one event in. Constant time but for what the event itself brings.
    pub fn apply(&mut self, event: &Event) {
        if self.head.0 == 0 {
            self.started_at = event.at;
        }
        self.head = event.seq;
        self.last_at = event.at;
        self.readers.fold(&event.fact);
        if let Some(deed) = Deed::after(self, &event.fact) {
            self.last_deed = Some(deed);
        }
        match &event.fact {
            Fact::RunStarted { question, paths, options } => {
                self.question.clone_from(question);
                self.paths.clone_from(paths);
                self.options.clone_from(options);
                if let Some(policy) = &options.policy {
                    self.set_policy(policy);
                }
                self.agents = (1..=options.agents).map(|n| Agent::new(AgentId(n))).collect();
            }
            Fact::SessionStarted { .. } => self.start_session(),
            Fact::SessionEnded { .. } => self.in_session = false,
            Fact::RunEnded { outcome } => {
                self.outcome = Some(outcome.clone());
                self.leave_lost_calls();
            }

            Fact::SourceRead { source } => self.sources.push(source.clone()),
            Fact::SourceSkipped { path, reason } => self.skipped.push((path.clone(), reason.clone())),
            Fact::CorpusSplit { units } => {
                self.units.clone_from(units);
                self.corpus_split = true;
            }

            Fact::UnitClaimed { unit, agent } => {
                self.number_claim(*agent);
                self.units_claimed = self.units_claimed.max(unit.index as usize);
                self.units_freed.remove(unit);
                self.units_held.insert(*agent, *unit);
            }
            Fact::EntryAdmitted { entry } => self.admit(entry),

            Fact::PlanClaimed { agent, round } => {
                self.number_claim(*agent);
                self.plan.holder = Some(*agent);
                self.plan.round = *round;
                self.set_agent(*agent, AgentState::Planning(*round));
            }
            Fact::TasksAdded { tasks, by } => tasks.iter().for_each(|task| self.add_task(task, *by)),
            Fact::DependenciesRevised { task, deps, .. } => self.revise(*task, deps),
            Fact::PlanSettled { agent, next_round, done, note } => self.settle_plan(*agent, *next_round, *done, note),

            Fact::TaskClaimed { task, agent } => {
                self.number_claim(*agent);
                self.set_task(*task, TaskState::Running(*agent));
                if let Some(task) = self.task_mut(*task) {
                    task.agent = Some(*agent);
                    task.attempt = 0;
                    task.repeats = None;
                }
                self.set_agent(*agent, AgentState::Working(*task));
            }
            Fact::TaskFinished { task, agent, entry } => {
                if let Some(task) = self.task_mut(*task) {
                    task.entry = *entry;
                }
                self.set_task(*task, TaskState::Done);
                self.set_agent(*agent, AgentState::Idle);
                self.release_dependants(*task);
            }
            Fact::TaskRequeued { task, agent, refused, .. } => {
                if let Some(task) = self.task_mut(*task) {
                    match refused {
                        true => {
                            task.refused.push(*agent);
                            // What nobody else may claim is anybody's when that one may not.
                            task.reserved = task.reserved.filter(|owner| owner != agent);
                        }
                        false => task.requeues += 1,
                    }
                }
                self.free(*task);
            }
            Fact::TaskFailed { task, reason } => self.end_task(*task, TaskState::Failed(reason.clone())),
            Fact::TaskDropped { task, reason, .. } => self.end_task(*task, TaskState::Dropped(reason.clone())),

            Fact::TaskEdited { task, text } => self.edit_task(*task, text),
            Fact::TaskMoved { task, before } => self.move_task(*task, *before),
            Fact::TaskReserved { task, agent } => {
                if let Some(task) = self.task_mut(*task) {
                    task.reserved = *agent;
                }
            }
            Fact::TaskReopened { task, reason } => self.reopen_task(*task, reason),
            Fact::TasksReplaced { old, new } => self.replace_tasks(old, new),
            Fact::TaskRestored { task } => self.bring_back(*task),

            Fact::AttemptStarted { task, attempt, snapshot, .. } => {
                if let Some(task) = self.task_mut(*task) {
                    task.snapshot = *snapshot;
                    task.unfolded.clear();
                    task.attempt = *attempt;
                    // Most tasks take one try, and there are many of them.
                    task.spent.reserve_exact(1);
                    task.spent.push(Usage::NONE);
                }
            }
            Fact::Unfolded { task, labels, .. } => {
                if let Some(task) = task.and_then(|task| self.task_mut(task)) {
                    task.unfolded.reserve_exact(labels.len());
                    task.unfolded.extend(labels);
                }
            }
            Fact::WriteProposed { .. } | Fact::StepGranted { .. } => {}
            Fact::CallStarted { call } => {
                self.calls_started = self.calls_started.max(call.id.0);
                self.in_flight.insert(call.id, (**call).clone());
            }
            Fact::CallFinished { call } => self.count(call),
            Fact::ContextRead { .. } => {}
            Fact::WriteRejected { task, agent, feedback, .. } => {
                self.rejections += 1;
                self.turn_down(*task, *agent, feedback);
            }
            Fact::WriteFoundRedundant { task, of, .. } => {
                self.redundant += 1;
                if let Some(task) = self.task_mut(*task) {
                    task.repeats = of.map(Label::whole);
                }
            }
            Fact::WriteVetoed { task, agent, feedback, then, .. } => {
                self.vetoes += 1;
                self.turn_down(*task, *agent, feedback);
                if *then == Then::Retry {
                    self.set_task(*task, TaskState::Running(*agent));
                    self.set_agent(*agent, AgentState::Working(*task));
                }
            }

            Fact::EntryRecalled { label, suspect, .. } => {
                self.context.recall(*label);
                self.suspects.remove(label);
                self.suspects.extend(suspect.iter().filter(|label| !self.context.is_recalled(**label)));
            }
            Fact::RunReopened { reason } => {
                self.outcome = None;
                self.agents.iter_mut().for_each(|agent| agent.lost = None);
                self.closing = None;
                // A run that ended without an answer ended under its finalizer.
                self.free_finalizer();
                self.objections.push(reason.clone());
            }

            Fact::ContradictionSettled { first, second, .. } => {
                self.settled.insert(in_order(*first, *second));
            }

            Fact::AgentMessaged { agent, text } => {
                if let Some(agent) = self.agent_mut(*agent) {
                    agent.messages.push(text.clone());
                }
            }
            Fact::MessagesRead { agent, count } => {
                if let Some(agent) = self.agent_mut(*agent) {
                    agent.messages.drain(..(*count).min(agent.messages.len()));
                }
            }
            Fact::AgentAdded { agent } => {
                if usize::from(agent.0) == self.agents.len() + 1 {
                    self.agents.push(Agent::new(*agent));
                }
            }
            Fact::MessageTakenBack { agent } => {
                if let Some(agent) = self.agent_mut(*agent) {
                    agent.messages.pop();
                }
            }
            Fact::AgentStopped { agent } => {
                self.lose_calls(|call| call.agent == *agent);
                // One that failed still publishes what it can of its unit; one that was stopped does not.
                self.units_freed.extend(self.units_held.remove(agent));
                self.end_agent(*agent, AgentState::Stopped);
            }
            Fact::AgentHeld { agent } => self.hold_agent(*agent, true),
            Fact::AgentReleased { agent } => self.hold_agent(*agent, false),
            Fact::ModelSet { whose, model } => drop(match model {
                Some(model) => self.models.insert(*whose, model.clone()),
                None => self.models.remove(whose),
            }),
            Fact::Forked { from, upto } => self.parent = Some((from.clone(), *upto)),

            Fact::GateOpened { decision } => {
                self.opened_at.insert(decision.id, event.at);
                self.open_gate(decision);
            }
            Fact::GateDeferred { decision } => {
                self.deferred.retain(|id| id != decision);
                self.deferred.push(*decision);
            }
            Fact::PolicySet { text } => self.set_policy(text),
            Fact::BreakpointSet { breakpoint } => {
                self.breakpoints_set = self.breakpoints_set.max(breakpoint.id.0);
                self.breakpoints.insert(breakpoint.id, (**breakpoint).clone());
            }
            Fact::BreakpointRemoved { id } => drop(self.breakpoints.remove(id)),
            Fact::BreakpointHit { id, .. } => {
                self.last_hit = Some(*id);
                if let Some(breakpoint) = self.breakpoints.get_mut(id) {
                    breakpoint.on_match();
                }
            }

            Fact::GateDecided { decision, .. } => {
                self.opened_at.remove(decision);
                self.deferred.retain(|id| id != decision);
                if let Some(decision) = self.decisions.remove(decision) {
                    self.close_gate(&decision);
                }
            }
            Fact::CapSet { scope, cap } => drop(self.caps.insert(*scope, *cap)),
            Fact::WorkClosed { closing } => self.closing = Some(closing.clone()),
            Fact::PauseAsked => self.pace = Pace::Pausing,
            Fact::RunPaused => self.pace = Pace::Paused,
            Fact::RunResumed => self.pace = Pace::Running,
            Fact::CommandTaken { number, posted, .. } => self.taken = Some((*number, *posted)),

            Fact::FinalClaimed { agent, .. } => {
                self.number_claim(*agent);
                self.finalizer = Some(Final { agent: *agent, entries: self.context.len(), tasks: self.tasks.len() });
                self.set_agent(*agent, AgentState::Finalizing);
            }
            Fact::FinalReopened { reason } => {
                self.free_finalizer();
                self.objections.push(reason.clone());
            }
            Fact::AnswerWritten { answer } => {
                self.answer = Some((**answer).clone());
                self.free_finalizer();
            }
            Fact::AgentFailed { agent, reason } => self.end_agent(*agent, AgentState::Failed(reason.clone())),
            Fact::LeaseExpired { agent, held, .. } => self.lose_lease(*agent, *held),
            Fact::WriteRefused { agent, .. } => {
                if let Some(agent) = self.agent_mut(*agent) {
                    agent.lost = None;
                }
            }
        }
    }

    fn count(&mut self, call: &Call) {
        self.calls += 1;
        self.calls_started = self.calls_started.max(call.id.0);
        self.in_flight.remove(&call.id);
        self.usage += call.usage;
        if call.from.is_some() {
            self.recorded += call.usage;
        }
        *self.usage_of.entry(call.kind).or_default() += call.usage;
        if let Some(agent) = self.agent_mut(call.agent) {
            agent.usage += call.usage;
        }
        if let Some(task) = call.task.and_then(|task| self.task_mut(task)) {
            match task.spent.last_mut() {
                Some(spent) => *spent += call.usage,
                None => task.spent.push(call.usage),
            }
        }
    }

    fn admit(&mut self, entry: &Arc<Entry>) {
        let author = entry.label.author;
        let signed = self.signed.entry(author).or_default();
        *signed = (*signed).max(entry.label.index);
        if entry.kind == EntryKind::Document {
            self.documents += 1;
        }
        if let Author::Agent(agent) = author
            && let Some(agent) = self.agent_mut(agent)
        {
            agent.entries += 1;
        }
        let task = entry.task.and_then(|task| self.task(task));
        let read = task.into_iter().flat_map(|task| task.unfolded.iter().copied());
        let rests_on: Vec<Label> = entry.citations.iter().map(|citation| citation.label).chain(read).collect();
        // It may have been recalled while this was on its way.
        let doubtful = |label: &Label| self.context.is_recalled(*label) || self.suspects.contains(&label.whole());
        if rests_on.iter().any(doubtful) {
            self.suspects.insert(entry.label);
        }
        self.lineage.add(entry.label, self.head, entry.task, rests_on);
        self.context.push(Arc::clone(entry));
    }

    /// Rules were checked before they were logged; what cannot be read leaves everything to the gate level.
    fn set_policy(&mut self, text: &str) {
        self.policy = Policy::parse(text).unwrap_or_default();
        text.clone_into(&mut self.policy_text);
    }
}
