//! The side channel for what agents do between facts. A slow screen gets merged pieces, never fewer words.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::sync::Notify;

use crate::run::{AgentId, Live, Phase, Sight, Stream};

#[derive(Default)]
struct Pool {
    /// Not yet seen, in order for each agent. It grows only by what agents say while nobody looks.
    unseen: Mutex<BTreeMap<AgentId, Vec<Sight>>>,
    news: Notify,
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
        let mut unseen = pool.unseen.lock().expect("nobody panics while holding the tap");
        let sights = unseen.entry(agent).or_default();
        match sights.last_mut() {
            Some(Sight::Text(last, said)) if *last == stream => said.push_str(text),
            _ => sights.push(Sight::Text(stream, text.to_owned())),
        }
        drop(unseen);
        pool.news.notify_one();
    }

    fn show(&self, agent: AgentId, sight: Sight) {
        let Some(pool) = &self.pool else { return };
        pool.unseen.lock().expect("nobody panics while holding the tap").entry(agent).or_default().push(sight);
        pool.news.notify_one();
    }

    /// Everything since the last look; waits until there is something. Cancel-safe. Never returns on a closed tap.
    pub async fn look(&self) -> Vec<Live> {
        let Some(pool) = &self.pool else { return std::future::pending().await };
        loop {
            let unseen = std::mem::take(&mut *pool.unseen.lock().expect("nobody panics while holding the tap"));
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
}
