//! What facts do to the team: who holds what, who asks, who is gone.

use crate::run::{
    agent::{Agent, AgentState, Held},
    call::StartedCall,
    gate::{Ask, Decision},
    id::{AgentId, TaskId},
    state::{Final, Pace, Run},
    task::TaskState,
    write::Feedback,
};

impl Run {
    pub(super) fn settle_plan(&mut self, agent: AgentId, next_round: u32, done: bool, note: &str) {
        self.plan.holder = None;
        self.plan.done = done;
        self.plan.round = next_round;
        self.plan.objections.clear();
        if !note.is_empty() {
            self.plan.objections.push(note.to_owned());
        }
        self.set_agent(agent, AgentState::Idle);
    }

    pub(super) fn open_gate(&mut self, decision: &Decision) {
        self.decisions_opened = self.decisions_opened.max(decision.id.0);
        self.decisions.insert(decision.id, decision.clone());
        if let Some(task) = decision.task {
            self.set_task(task, TaskState::Checking(decision.agent, decision.id));
        }
        self.set_agent(decision.agent, AgentState::Asking(decision.id));
    }

    /// The asker goes on where it asked; facts that follow in the same append may move it further.
    pub(super) fn close_gate(&mut self, decision: &Decision) {
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

    pub(super) fn turn_down(&mut self, task: TaskId, agent: AgentId, feedback: &Feedback) {
        if let Some(task) = self.task_mut(task) {
            task.feedback.push(feedback.clone());
        }
        if let Some(agent) = self.agent_mut(agent) {
            agent.rejections += 1;
        }
    }

    /// It holds nothing more; what it held of the plan or the end is there for another. Its task is given up by a fact of
    /// its own.
    pub(super) fn end_agent(&mut self, agent: AgentId, state: AgentState) {
        if self.plan.holder == Some(agent) {
            self.plan.holder = None;
        }
        if self.finalizer.as_ref().is_some_and(|finalizer| finalizer.agent == agent) {
            self.finalizer = None;
        }
        self.set_agent(agent, state);
        if let Some(agent) = self.agent_mut(agent) {
            agent.lost = None;
        }
    }

    /// Each claim gets the next number. Whoever claims is there again.
    pub(super) fn number_claim(&mut self, agent: AgentId) {
        self.claims += 1;
        let number = self.claims;
        if let Some(agent) = self.agent_mut(agent) {
            agent.claim = number;
            agent.lost = None;
        }
    }

    /// What it held is there for another. Its task is given up by a fact of its own.
    pub(super) fn lose_lease(&mut self, id: AgentId, held: Held) {
        match held {
            Held::Unit(_) => self.units_freed.extend(self.units_held.remove(&id)),
            Held::Task(_) => {}
            Held::Plan => self.plan.holder = None,
            Held::Final => self.finalizer = None,
        }
        self.set_agent(id, AgentState::Idle);
        if let Some(agent) = self.agent_mut(id) {
            agent.lost = Some(held);
        }
    }

    /// The run ends without those who hang.
    pub(super) fn leave_lost_calls(&mut self) {
        let lost: Vec<AgentId> =
            self.agents.iter().filter(|agent| agent.lost.is_some()).map(|agent| agent.id).collect();
        self.lose_calls(|call| lost.contains(&call.agent));
    }

    /// These calls do not come back: what they cost is unknown, and they reserve nothing more.
    pub(super) fn lose_calls(&mut self, is_lost: impl Fn(&StartedCall) -> bool) {
        let before = self.in_flight.len();
        self.in_flight.retain(|_, call| !is_lost(call));
        self.calls_lost += (before - self.in_flight.len()) as u64;
    }

    /// Whoever wrote the answer is done with it.
    pub(super) fn free_finalizer(&mut self) {
        if let Some(Final { agent, .. }) = self.finalizer.take() {
            self.set_agent(agent, AgentState::Idle);
        }
    }

    pub(super) fn hold_agent(&mut self, agent: AgentId, held: bool) {
        if let Some(agent) = self.agent_mut(agent) {
            agent.held = held;
        }
    }

    pub(super) fn set_agent(&mut self, id: AgentId, state: AgentState) {
        let Some(agent) = self.agent_mut(id) else { return };
        if let AgentState::Working(task) = state {
            agent.task = Some(task);
        }
        agent.state = state;
    }

    pub(super) fn agent_mut(&mut self, id: AgentId) -> Option<&mut Agent> {
        self.agents.get_mut(usize::from(id.0).checked_sub(1)?)
    }

    /// Frees what a dead process held. What waits for a human goes on waiting.
    pub(super) fn start_session(&mut self) {
        self.in_session = true;
        self.units_claimed = 0;
        self.units_held.clear();
        self.units_freed.clear();
        self.lose_calls(|_| true);
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
            agent.lost = None;
            if !asking(agent) && agent.state != AgentState::Stopped {
                agent.state = AgentState::Idle;
            }
        }
    }
}
