//! Where agents stop when the run is paused, and where one is let through by a step.
//!
//! It counts who is moving, so that "paused" is said only when nobody is. It decides nothing that outlives the process.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
};

use tokio::sync::oneshot;

use crate::run::{AgentId, Pace};

/// How an agent got past a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// The run was resumed while it stood there.
    Released,
    /// By a step; the run is still paused.
    Stepped,
}

#[derive(Default)]
struct State {
    pace: Pace,
    /// Agents between two checkpoints.
    moving: usize,
    /// Agents held, longest first.
    held: VecDeque<(AgentId, oneshot::Sender<Pass>)>,
}

#[derive(Default)]
pub struct Turnstile {
    // A std mutex: it is never held across an await.
    state: Mutex<State>,
}

impl Turnstile {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the turnstile")
    }

    /// Nobody moves or is held: all agents were taken away.
    pub fn clear(&self) {
        let mut state = self.state();
        state.moving = 0;
        state.held.clear();
    }

    /// An agent starts to move.
    pub fn start_moving(&self) {
        self.state().moving += 1;
    }

    /// An agent waits for something else than a checkpoint. True when it was the last to move and a pause is wanted.
    #[must_use]
    pub fn stop_moving(&self) -> bool {
        let mut state = self.state();
        state.moving = state.moving.saturating_sub(1);
        state.pace == Pace::Pausing && state.moving == 0
    }

    /// Comes to a checkpoint: `None` when it may go on at once, else what will let it through. A held agent does not
    /// move; call [`Turnstile::is_still`] afterwards.
    #[must_use]
    pub fn arrive(&self, agent: AgentId) -> Option<oneshot::Receiver<Pass>> {
        let mut state = self.state();
        if state.pace == Pace::Running {
            return None;
        }
        let (pass, passed) = oneshot::channel();
        state.held.push_back((agent, pass));
        state.moving = state.moving.saturating_sub(1);
        Some(passed)
    }

    /// Whether a pause is wanted and nobody moves.
    #[must_use]
    pub fn is_still(&self) -> bool {
        let state = self.state();
        state.pace == Pace::Pausing && state.moving == 0
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state().pace == Pace::Running
    }

    /// Follows the log: called after the fact that changed the pace is durable.
    pub fn set_pace(&self, pace: Pace) {
        let mut state = self.state();
        if state.pace == pace {
            return;
        }
        state.pace = pace;
        if pace == Pace::Running {
            let held = std::mem::take(&mut state.held);
            state.moving += held.into_iter().filter_map(|(_, pass)| pass.send(Pass::Released).ok()).count();
        }
    }

    /// Lets an agent pass one checkpoint: this one, or whoever has been held longest. False when it is not held.
    #[must_use]
    pub fn step(&self, agent: Option<AgentId>) -> bool {
        let mut state = self.state();
        let wanted = |(held, _): &(AgentId, oneshot::Sender<Pass>)| agent.is_none_or(|agent| agent == *held);
        while let Some((_, pass)) = state.held.iter().position(wanted).and_then(|at| state.held.remove(at)) {
            if pass.send(Pass::Stepped).is_ok() {
                state.moving += 1;
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_still_only_when_the_last_mover_stops() {
        let turnstile = Turnstile::default();
        turnstile.start_moving();
        turnstile.start_moving();
        turnstile.set_pace(Pace::Pausing);
        assert!(!turnstile.is_still());
        let held = turnstile.arrive(AgentId(1));
        assert!(held.is_some() && !turnstile.is_still());
        assert!(turnstile.stop_moving());
        assert!(turnstile.is_still());
    }

    #[test]
    fn a_step_lets_one_through_in_order_of_arrival() {
        let turnstile = Turnstile::default();
        turnstile.set_pace(Pace::Paused);
        let mut first = turnstile.arrive(AgentId(2)).unwrap();
        let mut second = turnstile.arrive(AgentId(3)).unwrap();
        assert!(turnstile.step(None));
        assert_eq!(first.try_recv(), Ok(Pass::Stepped));
        assert!(second.try_recv().is_err());
        turnstile.set_pace(Pace::Running);
        assert_eq!(second.try_recv(), Ok(Pass::Released));
        assert!(!turnstile.step(None), "nobody is held any more");
    }

    #[test]
    fn a_step_is_not_spent_on_an_agent_that_is_gone() {
        let turnstile = Turnstile::default();
        turnstile.set_pace(Pace::Paused);
        drop(turnstile.arrive(AgentId(4)));
        let mut alive = turnstile.arrive(AgentId(5)).unwrap();
        assert!(turnstile.step(None));
        assert_eq!(alive.try_recv(), Ok(Pass::Stepped));
    }
}
