//! The fold: one event changes the run. Pure, total, and the only place where a run changes.
//!
//! Facts were decided by the rules before they were logged, so nothing is refused here; a fact about something unknown
//! is passed over.

use super::{
    agent::{Agent, AgentState},
    call::Call,
    cost::Usage,
    entry::{Entry, EntryKind},
    event::{Event, Fact},
    gate::{Ask, Decision, Then},
    id::{AgentId, Seq, TaskId},
    label::Author,
    policy::Policy,
    state::{Final, Pace, Run},
    task::{NewTask, Task, TaskState, normalised_subject},
    write::Feedback,
};

/// The rank of the task that stands at this place when nobody has moved any.
fn rank(place: TaskId) -> u64 {
    u64::from(place.0)
}

impl Run {
    /// Folds one event in. Constant time but for what the event itself brings.
    pub fn apply(&mut self, event: &Event) {
        if self.head.0 == 0 {
            self.started_at = event.at;
        }
        self.head = event.seq;
        self.last_at = event.at;
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
            Fact::RunEnded { outcome } => self.outcome = Some(outcome.clone()),

            Fact::SourceRead { source } => self.sources.push(source.clone()),
            Fact::SourceSkipped { path, reason } => self.skipped.push((path.clone(), reason.clone())),
            Fact::CorpusSplit { units } => {
                self.units.clone_from(units);
                self.corpus_split = true;
            }

            Fact::UnitClaimed { unit, .. } => self.units_claimed = self.units_claimed.max(unit.index as usize),
            Fact::EntryAdmitted { entry } => self.admit(entry),

            Fact::PlanClaimed { agent, round } => {
                self.plan.holder = Some(*agent);
                self.plan.round = *round;
                self.set_agent(*agent, AgentState::Planning(*round));
            }
            Fact::TasksAdded { tasks, by } => tasks.iter().for_each(|task| self.add_task(task, *by)),
            Fact::DependenciesRevised { task, deps } => self.revise(*task, deps),
            Fact::PlanSettled { agent, next_round, done, note } => self.settle_plan(*agent, *next_round, *done, note),

            Fact::TaskClaimed { task, agent, .. } => {
                self.set_task(*task, TaskState::Running(*agent));
                if let Some(task) = self.task_mut(*task) {
                    task.agent = Some(*agent);
                    task.attempt = 0;
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
                        true => task.refused.push(*agent),
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

            Fact::AttemptStarted { task, attempt, snapshot, .. } => {
                if let Some(task) = self.task_mut(*task) {
                    task.snapshot = *snapshot;
                    task.unfolded.clear();
                    task.attempt = *attempt;
                    task.spent.push(Usage::NONE);
                }
            }
            Fact::Unfolded { task, labels, .. } => {
                if let Some(task) = task.and_then(|task| self.task_mut(task)) {
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
            Fact::WriteFoundRedundant { .. } => self.redundant += 1,
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
                self.closing = None;
                self.objections.push(reason.clone());
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
            Fact::Forked { from, upto } => self.parent = Some((from.clone(), *upto)),

            Fact::GateOpened { decision } => {
                self.opened_at.insert(decision.id, event.at);
                self.open_gate(decision);
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
                if let Some(decision) = self.decisions.remove(decision) {
                    self.close_gate(&decision);
                }
            }
            Fact::CapSet { scope, cap } => drop(self.caps.insert(*scope, *cap)),
            Fact::WorkClosed { closing } => self.closing = Some(closing.clone()),
            Fact::PauseAsked => self.pace = Pace::Pausing,
            Fact::RunPaused => self.pace = Pace::Paused,
            Fact::RunResumed => self.pace = Pace::Running,

            Fact::FinalClaimed { agent, .. } => {
                self.finalizer = Some(Final { agent: *agent, entries: self.context.len(), tasks: self.tasks.len() });
                self.set_agent(*agent, AgentState::Finalizing);
            }
            Fact::FinalReopened { reason } => {
                if let Some(Final { agent, .. }) = self.finalizer.take() {
                    self.set_agent(agent, AgentState::Idle);
                }
                self.objections.push(reason.clone());
            }
            Fact::AnswerWritten { answer } => {
                self.answer = Some((**answer).clone());
                if let Some(Final { agent, .. }) = self.finalizer.take() {
                    self.set_agent(agent, AgentState::Idle);
                }
            }
            Fact::AgentFailed { agent, reason } => self.fail_agent(*agent, reason),
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

    /// Frees what a dead process held. What waits for a human goes on waiting.
    fn start_session(&mut self) {
        self.in_session = true;
        self.units_claimed = 0;
        self.calls_lost += self.in_flight.len() as u64;
        self.in_flight.clear();
        self.pace = Pace::Running;
        let asking = |agent: &Agent| matches!(agent.state, AgentState::Asking(_));
        let held: Vec<_> =
            self.tasks.iter().filter(|task| matches!(task.state, TaskState::Running(_))).map(|task| task.id).collect();
        held.into_iter().for_each(|task| self.free(task));
        let asks = |run: &Run, agent: AgentId| run.agent(agent).is_some_and(asking);
        if let Some(holder) = self.plan.holder
            && !asks(self, holder)
        {
            self.plan.holder = None;
        }
        if let Some(Final { agent, .. }) = self.finalizer
            && !asks(self, agent)
        {
            self.finalizer = None;
        }
        for agent in &mut self.agents {
            if !asking(agent) {
                agent.state = AgentState::Idle;
            }
        }
    }

    fn admit(&mut self, entry: &Entry) {
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
        let rests_on = entry.citations.iter().map(|citation| citation.label).chain(read).collect();
        self.lineage.add(entry.label, self.head, entry.task, rests_on);
        self.context.push(entry.clone());
    }

    fn edit_task(&mut self, id: TaskId, text: &str) {
        let Some(task) = self.task_mut(id) else { return };
        let old = std::mem::replace(&mut task.text, text.to_owned());
        if self.subjects.get(&normalised_subject(&old)) == Some(&id) {
            self.subjects.remove(&normalised_subject(&old));
        }
        self.subjects.entry(normalised_subject(text)).or_insert(id);
    }

    fn move_task(&mut self, id: TaskId, before: Option<TaskId>) {
        let mut order: Vec<(u64, TaskId)> = self.tasks.iter().map(|task| (task.rank, task.id)).collect();
        order.sort_unstable();
        order.retain(|(_, task)| *task != id);
        let at = order.iter().position(|(_, task)| Some(*task) == before).unwrap_or(order.len());
        order.insert(at, (0, id));
        for ((_, task), place) in order.into_iter().zip(1..) {
            let rank = rank(TaskId(place));
            let Some(task) = self.task_mut(task) else { continue };
            let (old, id) = (std::mem::replace(&mut task.rank, rank), task.id);
            if self.ready.remove(&(old, id)) {
                self.ready.insert((rank, id));
            }
        }
    }

    /// Back in the queue with all its tries; what it brought stays where it is.
    fn reopen_task(&mut self, id: TaskId, reason: &str) {
        let result = self.task(id).and_then(|task| task.entry).and_then(|label| self.context.get(label));
        let rejected = result.map_or_else(String::new, |entry| entry.gist.clone());
        let Some(task) = self.task_mut(id) else { return };
        task.requeues = 0;
        task.attempt = 0;
        task.feedback.push(Feedback { rejected, ..Feedback::by_human(reason) });
        // Who waited for it before has gone on; nobody is made to wait again.
        self.free(id);
        self.plan.done = false;
    }

    fn add_task(&mut self, new: &NewTask, by: Author) {
        let waits_for = new.deps.iter().filter(|dep| !self.is_done(**dep)).count();
        let state = if waits_for == 0 { TaskState::Ready } else { TaskState::Blocked };
        for dep in &new.deps {
            self.dependants.entry(*dep).or_default().push(new.id);
        }
        self.subjects.entry(normalised_subject(&new.text)).or_insert(new.id);
        *self.counts.slot(&state) += 1;
        if state == TaskState::Ready {
            self.ready.insert((rank(new.id), new.id));
        }
        self.tasks.push(Task {
            id: new.id,
            text: new.text.clone(),
            deps: new.deps.clone(),
            focus: new.focus.clone(),
            by,
            state,
            agent: None,
            attempt: 0,
            requeues: 0,
            feedback: vec![],
            refused: vec![],
            spent: vec![],
            entry: None,
            waits_for,
            rank: rank(new.id),
            reserved: None,
            unfolded: vec![],
            snapshot: Seq(0),
        });
        self.plan.done = false;
    }

    fn revise(&mut self, id: TaskId, deps: &[TaskId]) {
        let waits_for = deps.iter().filter(|dep| !self.is_done(**dep)).count();
        for task in self.dependants.values_mut() {
            task.retain(|dependant| *dependant != id);
        }
        for dep in deps {
            self.dependants.entry(*dep).or_default().push(id);
        }
        let Some(task) = self.task_mut(id) else { return };
        task.deps = deps.to_vec();
        task.waits_for = waits_for;
        match (&task.state, waits_for) {
            (TaskState::Blocked, 0) => self.set_task(id, TaskState::Ready),
            (TaskState::Ready, 1..) => self.set_task(id, TaskState::Blocked),
            _ => {}
        }
    }

    fn settle_plan(&mut self, agent: AgentId, next_round: u32, done: bool, note: &str) {
        self.plan.holder = None;
        self.plan.done = done;
        self.plan.round = next_round;
        self.plan.objections.clear();
        if !note.is_empty() {
            self.plan.objections.push(note.to_owned());
        }
        self.set_agent(agent, AgentState::Idle);
    }

    fn open_gate(&mut self, decision: &Decision) {
        self.decisions_opened = self.decisions_opened.max(decision.id.0);
        self.decisions.insert(decision.id, decision.clone());
        if let Some(task) = decision.task {
            self.set_task(task, TaskState::Checking(decision.agent, decision.id));
        }
        self.set_agent(decision.agent, AgentState::Asking(decision.id));
    }

    /// Rules were checked before they were logged; what cannot be read leaves everything to the gate level.
    fn set_policy(&mut self, text: &str) {
        self.policy = Policy::parse(text).unwrap_or_default();
        text.clone_into(&mut self.policy_text);
    }

    /// The asker goes on where it asked; facts that follow in the same append may move it further.
    fn close_gate(&mut self, decision: &Decision) {
        let state = match (&decision.ask, decision.task) {
            (Ask::Plan { round, .. }, _) => AgentState::Planning(*round),
            (Ask::Finish { .. }, _) => AgentState::Finalizing,
            (_, Some(task)) => {
                self.set_task(task, TaskState::Running(decision.agent));
                AgentState::Working(task)
            }
            (_, None) if self.plan.holder == Some(decision.agent) => AgentState::Planning(self.plan.round),
            (_, None) if self.finalizer.as_ref().is_some_and(|f| f.agent == decision.agent) => AgentState::Finalizing,
            (_, None) => AgentState::Idle,
        };
        self.set_agent(decision.agent, state);
    }

    fn turn_down(&mut self, task: TaskId, agent: AgentId, feedback: &Feedback) {
        if let Some(task) = self.task_mut(task) {
            task.feedback.push(feedback.clone());
        }
        if let Some(agent) = self.agent_mut(agent) {
            agent.rejections += 1;
        }
    }

    /// It holds nothing more; what it held of the plan or the end is there for another. Its task is given up by a fact of
    /// its own.
    fn fail_agent(&mut self, agent: AgentId, reason: &str) {
        if self.plan.holder == Some(agent) {
            self.plan.holder = None;
        }
        if self.finalizer.as_ref().is_some_and(|finalizer| finalizer.agent == agent) {
            self.finalizer = None;
        }
        self.set_agent(agent, AgentState::Failed(reason.to_owned()));
    }

    /// Puts a task back; its agent, if it has one, holds nothing more.
    fn free(&mut self, id: TaskId) {
        self.let_go(id);
        let blocked = self.task(id).is_some_and(|task| task.waits_for > 0);
        self.set_task(id, if blocked { TaskState::Blocked } else { TaskState::Ready });
    }

    fn end_task(&mut self, id: TaskId, state: TaskState) {
        self.let_go(id);
        self.set_task(id, state);
    }

    fn let_go(&mut self, id: TaskId) {
        let holder = self.task(id).and_then(|task| match task.state {
            TaskState::Running(agent) | TaskState::Checking(agent, _) => Some(agent),
            _ => None,
        });
        if let Some(agent) = holder {
            self.set_agent(agent, AgentState::Idle);
        }
    }

    fn release_dependants(&mut self, id: TaskId) {
        for dependant in self.dependants.remove(&id).unwrap_or_default() {
            let Some(task) = self.task_mut(dependant) else { continue };
            task.waits_for = task.waits_for.saturating_sub(1);
            if task.waits_for == 0 && task.state == TaskState::Blocked {
                self.set_task(dependant, TaskState::Ready);
            }
        }
    }

    fn set_task(&mut self, id: TaskId, state: TaskState) {
        let Some(task) = self.tasks.get_mut((id.0 as usize).wrapping_sub(1)) else { return };
        *self.counts.slot(&task.state) -= 1;
        *self.counts.slot(&state) += 1;
        match state {
            TaskState::Ready => self.ready.insert((task.rank, id)),
            _ => self.ready.remove(&(task.rank, id)),
        };
        task.state = state;
    }

    fn set_agent(&mut self, id: AgentId, state: AgentState) {
        let Some(agent) = self.agent_mut(id) else { return };
        if let AgentState::Working(task) = state {
            agent.task = Some(task);
        }
        agent.state = state;
    }

    fn is_done(&self, id: TaskId) -> bool {
        self.task(id).is_some_and(|task| task.state == TaskState::Done)
    }

    fn task_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.tasks.get_mut((id.0 as usize).checked_sub(1)?)
    }

    fn agent_mut(&mut self, id: AgentId) -> Option<&mut Agent> {
        self.agents.get_mut(usize::from(id.0).checked_sub(1)?)
    }
}
