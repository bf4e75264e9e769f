//! Whose lease runs out, by the signs of life that the turnstile has seen. What that comes to is a rule's to say.

use std::time::Duration;

use tokio::time::Instant;

use crate::run::{Agent, Fact, Run, rules::lease};

use super::turnstile::Turnstile;

/// How long nobody may give a sign of life until a lease runs out; `None` while none can.
#[must_use]
pub fn patience(run: &Run, turnstile: &Turnstile) -> Option<Duration> {
    let left = ends(run, turnstile).map(|(agent, end)| (agent, end.saturating_duration_since(Instant::now())));
    // One that has run out and that nobody else could take is not waited for: what changes that is an event.
    left.filter(|(agent, left)| !left.is_zero() || !lease::expire(run, agent.id).is_empty()).map(|(_, left)| left).min()
}

/// What the leases that have run out come to, one at a time.
#[must_use]
pub fn expired(run: &Run, turnstile: &Turnstile) -> Vec<Fact> {
    let now = Instant::now();
    let over = ends(run, turnstile).filter(|(_, end)| *end <= now);
    over.map(|(agent, _)| lease::expire(run, agent.id)).find(|facts| !facts.is_empty()).unwrap_or_default()
}

/// Whoever has something in hand and moves, and when its lease ends.
fn ends<'a>(run: &'a Run, turnstile: &'a Turnstile) -> impl Iterator<Item = (&'a Agent, Instant)> {
    let lease = Duration::from_secs(run.options.method.claim_seconds.into());
    let leased = run.agents.iter().filter(move |agent| !lease.is_zero() && lease::in_hand(run, agent).is_some());
    leased.filter_map(move |agent| Some((agent, turnstile.seen(agent.id)? + lease)))
}
