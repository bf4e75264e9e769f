//! Where agents stop when the run is paused or they are held, and where one is let through by a step.
//!
//! It knows who is moving, so that "paused" is said only when nobody is, and when each mover last gave a sign of life.
//! It decides nothing that outlives the process.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

use crate::run::{AgentId, AgentState, Pace, Run};

/// How an agent got past a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// It was let go while it stood there.
    Released,
    /// By a step; it is held again at the next.
    Stepped,
}

#[derive(Default)]
struct State {
    pace: Pace,
    /// Agents between two checkpoints, and until when each was seen to live. Whoever stands or rests is waited for, and
    /// does not hang.
    moving: BTreeMap<AgentId, Instant>,
    /// Agents that stand at a checkpoint, longest first.
    standing: VecDeque<(AgentId, oneshot::Sender<Pass>)>,
    /// Agents that pass none, whatever the pace.
    barred: BTreeSet<AgentId>,
    /// Agents that were stopped. What is left of their work may still knock here and counts for nothing.
    gone: BTreeSet<AgentId>,
}

impl State {
    fn lets_pass(&self, agent: AgentId) -> bool {
        self.pace == Pace::Running && !self.barred.contains(&agent)
    }

    fn is_still(&self) -> bool {
        self.pace == Pace::Pausing && self.moving.is_empty()
    }

    fn release(&mut self) {
        for (agent, pass) in std::mem::take(&mut self.standing) {
            if !self.lets_pass(agent) {
                self.standing.push_back((agent, pass));
            } else if pass.send(Pass::Released).is_ok() {
                self.moving.insert(agent, Instant::now());
            }
        }
    }

    fn see(&mut self, agent: AgentId, until: Instant) {
        if let Some(seen) = self.moving.get_mut(&agent) {
            *seen = until.max(*seen);
        }
    }

    fn dismiss(&mut self, agent: AgentId) {
        if self.gone.insert(agent) {
            self.moving.remove(&agent);
            self.standing.retain(|(standing, _)| *standing != agent);
        }
    }
}

#[derive(Default)]
pub struct Turnstile {
    // A std mutex: it is never held across an await.
    state: Mutex<State>,
    stilled: Notify,
}

impl Turnstile {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the turnstile")
    }

    /// Nobody moves or stands here: all agents were taken away.
    pub fn clear(&self) {
        let mut state = self.state();
        state.moving.clear();
        state.standing.clear();
    }

    /// An agent starts to move.
    pub fn start_moving(&self, agent: AgentId) {
        let mut state = self.state();
        if !state.gone.contains(&agent) {
            state.moving.insert(agent, Instant::now());
        }
    }

    /// A sign of life, which is good for some time to come.
    pub fn see(&self, agent: AgentId, ahead: Duration) {
        self.state().see(agent, Instant::now() + ahead);
    }

    /// A sign of life from everybody who moves.
    pub fn see_all(&self) {
        let now = Instant::now();
        self.state().moving.values_mut().for_each(|seen| *seen = now.max(*seen));
    }

    /// Until when an agent was seen to live; `None` while it does not move.
    #[must_use]
    pub fn seen(&self, agent: AgentId) -> Option<Instant> {
        self.state().moving.get(&agent).copied()
    }

    /// An agent waits for something else than a checkpoint.
    pub fn stop_moving(&self, agent: AgentId) {
        let mut state = self.state();
        state.moving.remove(&agent);
        self.tell(&state);
    }

    fn tell(&self, state: &State) {
        if state.is_still() {
            self.stilled.notify_one();
        }
    }

    /// Comes to a checkpoint: `None` when it may go on at once, else what will let it through. Whoever stands does not
    /// move.
    #[must_use]
    pub fn arrive(&self, agent: AgentId) -> Option<oneshot::Receiver<Pass>> {
        let mut state = self.state();
        let (pass, passed) = oneshot::channel();
        if state.gone.contains(&agent) {
            // Nothing will let it through.
            return Some(passed);
        }
        if state.lets_pass(agent) {
            return None;
        }
        state.standing.push_back((agent, pass));
        state.moving.remove(&agent);
        self.tell(&state);
        Some(passed)
    }

    /// Whether a pause is wanted and nobody moves.
    #[must_use]
    pub fn is_still(&self) -> bool {
        self.state().is_still()
    }

    /// Waits until the last mover stops while a pause is wanted. Cancel-safe; it may also wake for nothing.
    pub async fn stilled(&self) {
        self.stilled.notified().await;
    }

    /// Whether an agent would pass now.
    #[must_use]
    pub fn is_open(&self, agent: AgentId) -> bool {
        self.state().lets_pass(agent)
    }

    /// Whether an agent is held whatever the pace.
    #[must_use]
    pub fn is_barred(&self, agent: AgentId) -> bool {
        self.state().barred.contains(&agent)
    }

    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state().pace == Pace::Running
    }

    /// Follows the log: called after the fact that changed the pace or an agent is durable.
    pub fn follow(&self, run: &Run) {
        self.dismiss_stopped(run);
        let mut state = self.state();
        let goes_on = state.pace != Pace::Running && run.pace == Pace::Running;
        state.pace = run.pace;
        let now = Instant::now();
        for agent in &run.agents {
            let was_barred = match agent.held {
                true => !state.barred.insert(agent.id),
                false => state.barred.remove(&agent.id),
            };
            // Nobody was waited for while the run or the agent was held.
            if goes_on || was_barred && !agent.held {
                state.see(agent.id, now);
            }
        }
        state.release();
    }

    /// Takes away agents that were stopped, and leaves the others alone.
    pub fn dismiss_stopped(&self, run: &Run) {
        let mut state = self.state();
        let stopped = run.agents.iter().filter(|agent| agent.state == AgentState::Stopped);
        stopped.for_each(|agent| state.dismiss(agent.id));
        self.tell(&state);
    }

    /// Lets an agent pass one checkpoint: this one, or whoever has stood longest and is not held by itself. False when
    /// it stands at none.
    #[must_use]
    pub fn step(&self, agent: Option<AgentId>) -> bool {
        let mut state = self.state();
        loop {
            let wanted = |standing: &AgentId| match agent {
                Some(agent) => agent == *standing,
                None => !state.barred.contains(standing),
            };
            let found = state.standing.iter().position(|(standing, _)| wanted(standing));
            let Some((agent, pass)) = found.and_then(|at| state.standing.remove(at)) else { return false };
            if pass.send(Pass::Stepped).is_ok() {
                state.moving.insert(agent, Instant::now());
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Agent;

    fn run(pace: Pace) -> Run {
        let mut run = Run::default();
        run.pace = pace;
        run.agents = (1..=5).map(|id| Agent::new(AgentId(id))).collect();
        run
    }

    #[test]
    fn a_pause_is_still_only_when_the_last_mover_stops() {
        let turnstile = Turnstile::default();
        turnstile.start_moving(AgentId(1));
        turnstile.start_moving(AgentId(2));
        turnstile.follow(&run(Pace::Pausing));
        assert!(!turnstile.is_still());
        let held = turnstile.arrive(AgentId(1));
        assert!(held.is_some() && !turnstile.is_still());
        turnstile.stop_moving(AgentId(1));
        assert!(!turnstile.is_still(), "nobody is counted twice");
        turnstile.stop_moving(AgentId(2));
        assert!(turnstile.is_still());
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_of_life_counts_for_a_mover_and_holding_it_takes_none_away() {
        let (turnstile, agent) = (Turnstile::default(), AgentId(1));
        let second = Duration::from_secs(1);
        assert_eq!(turnstile.seen(agent), None);
        turnstile.start_moving(agent);
        let start = Instant::now();
        turnstile.see(agent, 100 * second);
        tokio::time::advance(10 * second).await;
        turnstile.see(agent, Duration::ZERO);
        assert_eq!(turnstile.seen(agent), Some(start + 100 * second), "a wait that was announced is not hanging");
        turnstile.follow(&run(Pace::Pausing));
        tokio::time::advance(500 * second).await;
        turnstile.follow(&run(Pace::Running));
        assert_eq!(turnstile.seen(agent), Some(Instant::now()), "nor is what a pause lasted");
        let mut held = run(Pace::Running);
        held.agents[0].held = true;
        turnstile.follow(&held);
        tokio::time::advance(500 * second).await;
        turnstile.follow(&run(Pace::Running));
        assert_eq!(turnstile.seen(agent), Some(Instant::now()), "nor the time that it was held");
        turnstile.stop_moving(agent);
        assert_eq!(turnstile.seen(agent), None, "whoever rests is waited for");
    }

    #[test]
    fn a_step_lets_one_through_in_order_of_arrival() {
        let turnstile = Turnstile::default();
        turnstile.follow(&run(Pace::Paused));
        let mut first = turnstile.arrive(AgentId(2)).unwrap();
        let mut second = turnstile.arrive(AgentId(3)).unwrap();
        assert!(turnstile.step(None));
        assert_eq!(first.try_recv(), Ok(Pass::Stepped));
        assert!(second.try_recv().is_err());
        turnstile.follow(&run(Pace::Running));
        assert_eq!(second.try_recv(), Ok(Pass::Released));
        assert!(!turnstile.step(None), "nobody is held any more");
    }

    #[test]
    fn a_step_is_not_spent_on_an_agent_that_is_gone() {
        let turnstile = Turnstile::default();
        turnstile.follow(&run(Pace::Paused));
        drop(turnstile.arrive(AgentId(4)));
        let mut alive = turnstile.arrive(AgentId(5)).unwrap();
        assert!(turnstile.step(None));
        assert_eq!(alive.try_recv(), Ok(Pass::Stepped));
    }

    #[test]
    fn one_that_is_held_passes_only_when_it_is_released_or_stepped_itself() {
        let turnstile = Turnstile::default();
        let mut held = run(Pace::Running);
        held.agents[0].held = true;
        turnstile.follow(&held);
        assert!(turnstile.arrive(AgentId(2)).is_none(), "the others go on");
        let mut first = turnstile.arrive(AgentId(1)).unwrap();
        turnstile.follow(&held);
        assert!(!turnstile.step(None) && first.try_recv().is_err());
        assert!(turnstile.step(Some(AgentId(1))));
        assert_eq!(first.try_recv(), Ok(Pass::Stepped));
        let mut again = turnstile.arrive(AgentId(1)).unwrap();
        turnstile.follow(&run(Pace::Running));
        assert_eq!(again.try_recv(), Ok(Pass::Released));
    }

    #[test]
    fn one_that_was_stopped_gives_its_turn_back_and_takes_none_again() {
        let turnstile = Turnstile::default();
        turnstile.start_moving(AgentId(1));
        let mut stopped = run(Pace::Pausing);
        turnstile.follow(&stopped);
        assert!(!turnstile.is_still());
        stopped.agents[0].state = AgentState::Stopped;
        turnstile.follow(&stopped);
        assert!(turnstile.is_still());
        turnstile.start_moving(AgentId(1));
        assert!(turnstile.is_still(), "what is left of it counts for nothing");
        assert!(turnstile.arrive(AgentId(1)).unwrap().try_recv().is_err());
    }
}
