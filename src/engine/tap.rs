//! The side channel for what agents do between facts. A slow screen gets merged pieces, never fewer words.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::Notify;

use crate::run::{AgentId, Live, Phase, Sight, Stream};

#[derive(Default)]
struct Pool {
    unseen: Mutex<Unseen>,
    news: Notify,
}

#[derive(Default)]
struct Unseen {
    /// In order for each agent. It grows only by what agents say between two looks.
    sights: BTreeMap<AgentId, Vec<Sight>>,
    /// Nobody will look any more.
    closed: bool,
}

impl Pool {
    fn unseen(&self) -> MutexGuard<'_, Unseen> {
        self.unseen.lock().expect("nobody panics while holding the tap")
    }
}

/// A handle to show something, or to look.
#[derive(Clone, Default)]
pub struct Tap {
    /// `None` when nobody will ever look.
    pool: Option<Arc<Pool>>,
}

impl Tap {
    #[must_use]
    pub fn open() -> Self {
        Tap { pool: Some(Arc::default()) }
    }

    pub fn phase(&self, agent: AgentId, phase: Phase) {
        self.show(agent, Sight::Phase(phase));
    }

    pub fn begin(&self, agent: AgentId, title: String) {
        self.show(agent, Sight::Begins(title));
    }

    pub fn text(&self, agent: AgentId, stream: Stream, text: &str) {
        let Some(pool) = &self.pool else { return };
        let mut unseen = pool.unseen();
        if unseen.closed {
            return;
        }
        let sights = unseen.sights.entry(agent).or_default();
        match sights.last_mut() {
            Some(Sight::Text(last, said)) if *last == stream => said.push_str(text),
            _ => sights.push(Sight::Text(stream, text.to_owned())),
        }
        drop(unseen);
        pool.news.notify_one();
    }

    fn show(&self, agent: AgentId, sight: Sight) {
        let Some(pool) = &self.pool else { return };
        let mut unseen = pool.unseen();
        if unseen.closed {
            return;
        }
        unseen.sights.entry(agent).or_default().push(sight);
        drop(unseen);
        pool.news.notify_one();
    }

    /// Nobody looks any more: what was not seen is let go, and nothing more is kept.
    pub fn close(&self) {
        if let Some(pool) = &self.pool {
            *pool.unseen() = Unseen { sights: BTreeMap::new(), closed: true };
        }
    }

    /// Everything since the last look; waits until there is something. Cancel-safe. Never returns on a closed tap.
    pub async fn look(&self) -> Vec<Live> {
        let Some(pool) = &self.pool else { return std::future::pending().await };
        loop {
            let unseen = std::mem::take(&mut pool.unseen().sights);
            if !unseen.is_empty() {
                let one =
                    |(agent, sights): (AgentId, Vec<Sight>)| sights.into_iter().map(move |sight| Live { agent, sight });
                return unseen.into_iter().flat_map(one).collect();
            }
            pool.news.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_merge_and_none_is_lost() {
        let tap = Tap::open();
        for word in ["one ", "two ", "three"] {
            tap.text(AgentId(1), Stream::Output, word);
            tap.text(AgentId(2), Stream::Reasoning, word);
        }
        tap.phase(AgentId(1), Phase::Writing);
        let text = |agent, stream| Live { agent, sight: Sight::Text(stream, "one two three".into()) };
        assert_eq!(
            tap.look().await,
            [
                text(AgentId(1), Stream::Output),
                Live { agent: AgentId(1), sight: Sight::Phase(Phase::Writing) },
                text(AgentId(2), Stream::Reasoning),
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_tap_keeps_nothing() {
        let tap = Tap::open();
        tap.text(AgentId(1), Stream::Output, "before");
        tap.close();
        tap.text(AgentId(1), Stream::Output, "after");
        let looked = tokio::time::timeout(std::time::Duration::from_secs(1), tap.look()).await;
        assert!(looked.is_err(), "{looked:?}");
    }
}
