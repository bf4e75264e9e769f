//! What agents wait for while a run is on no screen: each new reason in a line, and what is waited for now.
//!
//! It hears the tap in a task of its own, so that neither a blocked terminal nor a blocked pipe makes agents slow or what
//! was not seen grow. What nobody takes in time is dropped.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use crate::{
    engine::{Tap, now},
    run::{AgentId, Live, Phase, Sight},
};

/// Reasons of an agent that are told. A server may word each of its refusals differently.
const REASONS: usize = 8;
/// Lines on their way to standard error. Full: the next ones are dropped.
const LINES: usize = 64;
/// From one look to the next; pieces that merge meanwhile cost nothing.
const BEAT: Duration = Duration::from_millis(100);
/// How often what passes with time alone is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long a call may bring nothing before that is told, in milliseconds. Models on small machines read for minutes.
const SILENCE: i64 = 60_000;

/// What is heard of a tap.
pub struct Waits {
    /// Each new reason.
    pub lines: mpsc::Receiver<String>,
    /// What is waited for now; empty when nothing is.
    pub now: watch::Receiver<String>,
}

impl Waits {
    /// Listens from now on, until this is dropped.
    #[must_use]
    pub fn of(tap: Tap) -> Self {
        let (sender, lines) = mpsc::channel(LINES);
        let (shown, now) = watch::channel(String::new());
        tokio::spawn(listen(tap, sender, shown));
        Waits { lines, now }
    }

    /// Hears nothing.
    #[must_use]
    pub fn none() -> Self {
        Waits { lines: mpsc::channel(1).1, now: watch::channel(String::new()).1 }
    }
}

async fn listen(tap: Tap, lines: mpsc::Sender<String>, shown: watch::Sender<String>) {
    let mut ear = Ear::default();
    while !lines.is_closed() {
        tokio::select! {
            seen = tap.look() => seen.into_iter().for_each(|live| ear.hear(live, now())),
            () = sleep(TICK) => {}
        }
        for line in ear.news(now()) {
            let _ = lines.try_send(line);
        }
        let current = ear.current(now());
        shown.send_if_modified(|shown| {
            let is_new = *shown != current;
            *shown = current;
            is_new
        });
        sleep(BEAT).await;
    }
    tap.close();
}

/// What was heard of each agent.
#[derive(Default)]
struct Ear(BTreeMap<AgentId, Heard>);

#[derive(Default)]
struct Heard {
    state: State,
    /// That were told.
    reasons: HashSet<String>,
    /// To be told.
    news: Vec<String>,
}

/// Moments are in milliseconds since the Unix epoch.
#[derive(Default)]
enum State {
    /// No call is out.
    #[default]
    Other,
    /// The next call of this agent goes out.
    Sends,
    /// It brings nothing since then.
    Out {
        call: String,
        since: i64,
        is_told: bool,
    },
    TriesAgain {
        why: String,
        until: i64,
    },
}

impl Ear {
    fn hear(&mut self, Live { agent, sight }: Live, now: i64) {
        let heard = self.0.entry(agent).or_default();
        heard.state = match (sight, std::mem::take(&mut heard.state)) {
            (Sight::Phase(Phase::Thinking(_)), State::Out { call, .. }) => {
                State::Out { call, since: now, is_told: false }
            }
            (Sight::Phase(Phase::Thinking(_)), _) => State::Sends,
            (Sight::Phase(Phase::TriesAgain { why, until }), _) => {
                if heard.reasons.len() < REASONS && heard.reasons.insert(why.clone()) {
                    heard.news.push(again(agent, &why, until, now));
                }
                State::TriesAgain { why, until }
            }
            (Sight::Phase(_), _) => State::Other,
            (Sight::Begins(call), State::Sends) => State::Out { call, since: now, is_told: false },
            (Sight::Begins(_), waits @ State::TriesAgain { .. }) => waits,
            (Sight::Begins(_), _) => State::Other,
            (Sight::Text(..), State::Out { call, .. }) => State::Out { call, since: now, is_told: false },
            (Sight::Text(..), State::TriesAgain { .. }) => State::Other,
            (Sight::Text(..), other) => other,
        };
    }

    /// What is to be told and was not.
    fn news(&mut self, now: i64) -> Vec<String> {
        let mut news = Vec::new();
        for (agent, heard) in &mut self.0 {
            news.append(&mut heard.news);
            if let State::Out { call, since, is_told: is_told @ false } = &mut heard.state
                && now - *since >= SILENCE
            {
                *is_told = true;
                news.push(silent(*agent, call, now - *since));
            }
        }
        news
    }

    /// What the first agent that waits waits for, and how many do.
    fn current(&self, now: i64) -> String {
        let wait = |(agent, heard): (&AgentId, &Heard)| match &heard.state {
            State::TriesAgain { why, until } => Some(again(*agent, why, *until, now)),
            State::Out { call, since, .. } if now - since >= SILENCE => Some(silent(*agent, call, now - since)),
            State::Out { .. } | State::Sends | State::Other => None,
        };
        let mut waits = self.0.iter().filter_map(wait);
        match (waits.next(), waits.count()) {
            (None, _) => String::new(),
            (Some(first), 0) => first,
            (Some(first), others) => format!("{} wait: {first}", others + 1),
        }
    }
}

fn again(agent: AgentId, why: &str, until: i64, now: i64) -> String {
    match ((until - now).max(0) + 999) / 1000 {
        0 => format!("{agent} tries again: {why}"),
        left => format!("{agent} tries again in {left}s: {why}"),
    }
}

fn silent(agent: AgentId, call: &str, ms: i64) -> String {
    format!("{agent} has heard nothing for {}s: {call}", ms / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{CallKind, Stream};

    const NOW: i64 = 1_000_000;

    fn agent(n: u16, sight: Sight) -> Live {
        Live { agent: AgentId(n), sight }
    }

    fn busy(n: u16, why: &str, wait: i64) -> Live {
        agent(n, Sight::Phase(Phase::TriesAgain { why: why.to_owned(), until: NOW + wait }))
    }

    #[test]
    fn each_new_reason_of_an_agent_is_told_once() {
        let mut ear = Ear::default();
        for live in [busy(1, "h: slow down", 11_001), busy(2, "h: slow down", 500), busy(1, "h: slow down", 30_000)] {
            ear.hear(live, NOW);
            ear.hear(agent(1, Sight::Begins("F reason again: h: slow down".into())), NOW);
        }
        assert_eq!(ear.news(NOW), ["a1 tries again in 12s: h: slow down", "a2 tries again in 1s: h: slow down"]);
        assert_eq!(ear.current(NOW), "2 wait: a1 tries again in 30s: h: slow down");
        assert_eq!(ear.current(NOW + 29_500), "2 wait: a1 tries again in 1s: h: slow down");
        ear.hear(agent(1, Sight::Text(Stream::Output, "so".into())), NOW);
        assert_eq!(ear.current(NOW + 2_000), "a2 tries again: h: slow down");
        ear.hear(busy(1, "h: it is down", 1_000), NOW);
        assert_eq!(ear.news(NOW), ["a1 tries again in 1s: h: it is down"]);
        for n in 0..100 {
            ear.hear(busy(1, &format!("request {n} is refused"), 1_000), NOW);
        }
        assert_eq!(ear.news(NOW).len(), REASONS - 2, "and no more");
    }

    #[test]
    fn a_call_that_brings_nothing_is_told_once_and_only_a_call() {
        let mut ear = Ear::default();
        let thinks = || agent(1, Sight::Phase(Phase::Thinking(CallKind::Reason)));
        ear.hear(thinks(), NOW);
        assert_eq!(ear.news(NOW + SILENCE), Vec::<String>::new(), "it thinks without a model");
        ear.hear(agent(1, Sight::Begins("F reason".into())), NOW);
        ear.hear(agent(1, Sight::Text(Stream::Output, "so".into())), NOW + 10_000);
        assert_eq!(ear.news(NOW + SILENCE), Vec::<String>::new(), "it has said something");
        let late = NOW + 10_000 + SILENCE;
        assert_eq!(ear.news(late), ["a1 has heard nothing for 60s: F reason"]);
        assert_eq!(ear.news(late + 9_000), Vec::<String>::new(), "once");
        assert_eq!(ear.current(late + 9_000), "a1 has heard nothing for 69s: F reason");
        ear.hear(agent(1, Sight::Phase(Phase::Writing)), late);
        assert_eq!(ear.current(late + SILENCE), "");
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_is_dropped_and_a_tap_that_nobody_hears_is_closed() {
        let tap = Tap::open();
        let waits = Waits::of(tap.clone());
        for n in 0..=u16::try_from(LINES).unwrap() {
            tap.phase(AgentId(n), Phase::TriesAgain { why: "slow down".into(), until: 0 });
        }
        sleep(TICK).await;
        assert_eq!(waits.lines.len(), LINES);
        assert!(waits.now.borrow().starts_with("65 wait: a0 tries again: slow down"), "{}", *waits.now.borrow());
        drop(waits);
        sleep(TICK * 3).await;
        tap.phase(AgentId(1), Phase::Idle);
        let looked = tokio::time::timeout(TICK, tap.look()).await;
        assert!(looked.is_err(), "{looked:?}");
    }
}
