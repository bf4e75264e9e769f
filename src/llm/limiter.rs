//! One pace for all calls that share a provider and a key: when a server asks one of them to wait, all wait, and they
//! come back spread out.
//!
//! It holds no place for anybody: a caller that is dropped while it waits leaves nothing behind. Times are tokio's.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Wait, jitter::Jitter};

/// The shortest wait where the server names none.
const BASE: Duration = Duration::from_secs(1);

/// The longest wait where the server names none.
const CAP: Duration = Duration::from_secs(60);

/// The longest time over which callers come back.
const SPREAD: Duration = Duration::from_secs(10);

/// Leave to send one call. It knows how many holds there were before, so that what a call met is not held against, or
/// in favour of, a later hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn(u64);

/// Holds the calls of one provider and key while its server is busy.
#[derive(Debug)]
pub struct Limiter {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    hold: Option<Hold>,
    /// The last wait since the last success; `None` after one.
    backoff: Option<Duration>,
    /// How many holds there were.
    holds: u64,
    jitter: Jitter,
}

#[derive(Debug, Clone)]
struct Hold {
    until: Instant,
    /// Over which time behind `until` callers come back.
    spread: Duration,
    why: String,
}

impl Limiter {
    /// `seed` decides the jitter, so that a run can be repeated.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Limiter { state: Mutex::new(State { hold: None, backoff: None, holds: 0, jitter: Jitter::new(seed) }) }
    }

    /// A turn to send.
    ///
    /// # Errors
    /// How long to wait before asking again, while callers are held. Each is given a moment of its own behind the end of
    /// the hold.
    pub fn turn(&self) -> Result<Turn, Wait> {
        let mut state = self.state();
        let now = Instant::now();
        match state.hold.clone() {
            Some(hold) if now < hold.until => {
                let wait = hold.until - now + state.jitter.between(Duration::ZERO, hold.spread);
                Err(Wait { why: hold.why, wait })
            }
            _ => Ok(Turn(state.holds)),
        }
    }

    /// A call of this turn was told that the server is busy, and when to come back.
    pub fn busy(&self, turn: Turn, why: &str, retry_after: Option<Duration>) {
        let mut state = self.state();
        let now = Instant::now();
        let asked = retry_after.filter(|asked| !asked.is_zero());
        // Calls that were on their way together meet one trouble, not many.
        let known = state.holds > turn.0;
        if let Some(hold) = state.hold.as_mut().filter(|hold| known && now < hold.until) {
            hold.until = hold.until.max(now + asked.unwrap_or_default());
            return;
        }
        let wait = match (asked, state.backoff) {
            // Who asks for next to nothing again and again is not taken at its word.
            (Some(asked), Some(_)) => asked.max(BASE),
            (Some(asked), None) => asked,
            (None, last) => state.jitter.decorrelated(BASE, last.unwrap_or(BASE), CAP),
        };
        state.backoff = Some(wait.clamp(BASE, CAP));
        state.holds += 1;
        state.hold = Some(Hold { until: now + wait, spread: wait.min(SPREAD), why: why.to_owned() });
    }

    /// A call of this turn brought a reply.
    pub fn succeeded(&self, turn: Turn) {
        let mut state = self.state();
        if turn.0 == state.holds {
            state.backoff = None;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn all_wait_for_what_one_was_told_and_none_comes_back_early_or_in_step() {
        let limiter = Limiter::new(7);
        let turn = limiter.turn().unwrap();
        limiter.busy(turn, "busy", Some(5 * SECOND));
        let waits: Vec<_> = (0..16).map(|_| limiter.turn().unwrap_err().wait).collect();
        assert!(waits.iter().all(|wait| (5 * SECOND..10 * SECOND).contains(wait)), "{waits:?}");
        let mut places: Vec<_> = waits.iter().map(Duration::as_millis).collect();
        places.sort_unstable();
        places.dedup();
        assert!(places.len() >= 14, "{waits:?}");
        tokio::time::advance(5 * SECOND).await;
        assert!(limiter.turn().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_on_their_way_together_meet_one_trouble() {
        let limiter = Limiter::new(7);
        let turn = limiter.turn().unwrap();
        let end = |limiter: &Limiter| limiter.state().hold.as_ref().unwrap().until;
        limiter.busy(turn, "busy", None);
        let first = end(&limiter);
        for _ in 0..15 {
            limiter.busy(turn, "busy", None);
        }
        assert_eq!(end(&limiter), first);
        limiter.busy(turn, "busy", Some(90 * SECOND));
        assert_eq!(end(&limiter), Instant::now() + 90 * SECOND, "the longest Retry-After counts");
        limiter.busy(turn, "busy", Some(SECOND));
        assert_eq!(end(&limiter), Instant::now() + 90 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_until_a_call_of_a_later_turn_succeeds() {
        let limiter = Limiter::new(7);
        let early = limiter.turn().unwrap();
        let hold = async |turn| {
            limiter.busy(turn, "busy", None);
            let wait = limiter.state().hold.as_ref().unwrap().until - Instant::now();
            tokio::time::advance(wait).await;
            wait
        };
        let mut longest = Duration::ZERO;
        for _ in 0..30 {
            longest = longest.max(hold(limiter.turn().unwrap()).await);
        }
        assert_eq!(longest, CAP);
        limiter.succeeded(early);
        assert!(limiter.state().backoff.is_some(), "that call knew nothing of the trouble");
        limiter.succeeded(limiter.turn().unwrap());
        assert!(hold(limiter.turn().unwrap()).await <= 3 * BASE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_asks_for_nothing_again_and_again_is_still_left_alone() {
        let limiter = Limiter::new(7);
        for asked in [1, 0, 1, 1] {
            limiter.busy(limiter.turn().unwrap(), "busy", Some(Duration::from_millis(asked)));
            tokio::time::advance(limiter.turn().unwrap_err().wait).await;
        }
        limiter.busy(limiter.turn().unwrap(), "busy", Some(Duration::from_millis(1)));
        assert!(limiter.turn().unwrap_err().wait >= BASE);
    }
}
