//! Trying again where that may help: a bounded number of times, each wait twice the last, with jitter so that a team
//! does not come back in step.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::{CallError, Chunk, Model, Reply, Request, Wait};

/// Calls in all, the first included.
const TRIES: u32 = 3;

/// The wait before the second call; before jitter.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// A model that is asked again after a transient failure.
pub struct Retrying {
    model: Arc<dyn Model>,
    jitter: AtomicU64,
}

impl Retrying {
    /// `seed` decides the jitter, so that a run can be repeated.
    #[must_use]
    pub fn new(model: Arc<dyn Model>, seed: u64) -> Self {
        // A xorshift stays at zero for ever when it starts there.
        Retrying { model, jitter: AtomicU64::new(seed ^ 0x9E37_79B9_7F4A_7C15 | 1) }
    }

    /// Between half of the nominal wait and all of it.
    fn wait(&self, failures: u32) -> Duration {
        let nominal = FIRST_WAIT * 2u32.saturating_pow(failures.saturating_sub(1));
        let turn = |bits: u64| {
            let bits = bits ^ (bits << 13);
            let bits = bits ^ (bits >> 7);
            Some(bits ^ (bits << 17))
        };
        let bits = self.jitter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, turn).unwrap_or_else(|bits| bits);
        nominal / 2 + nominal.mul_f64((bits % 1000) as f64 / 2000.0)
    }
}

#[async_trait]
impl Model for Retrying {
    fn name(&self) -> &str {
        self.model.name()
    }

    async fn send(&self, request: &Request, on_chunk: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError> {
        let (mut failures, mut reached) = (0, false);
        loop {
            match self.model.send(request, on_chunk).await {
                Err(error @ (CallError::Transient(_) | CallError::Unreached(_))) => {
                    failures += 1;
                    reached |= matches!(error, CallError::Transient(_));
                    let why = error.to_string();
                    if failures >= TRIES {
                        let why = format!("{why}; tried {failures} times");
                        return Err(if reached { CallError::Transient(why) } else { CallError::Unreached(why) });
                    }
                    let wait = self.wait(failures);
                    on_chunk(Chunk::Waiting(Wait { why, wait }));
                    tokio::time::sleep(wait).await;
                }
                other => return other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{
        Message, Role,
        scripted::{Beat, Play, Rule, Scripted},
    };

    fn request() -> Request {
        let messages = vec![Message { role: Role::User, text: "hello".into() }];
        Request { messages, stable: 0, max_tokens: 10, temperature: None }
    }

    fn failing(times: usize) -> Retrying {
        let mut replies = vec![Play::Beats(vec![Beat::Transient("busy".into())]); times];
        replies.push(Play::Whole("at last".into()));
        Retrying::new(Arc::new(Scripted::new(vec![Rule::on("hello", replies)])), 7)
    }

    #[tokio::test(start_paused = true)]
    async fn a_transient_failure_is_tried_again_and_says_so() {
        let mut seen = vec![];
        let reply = failing(2).send(&request(), &mut |chunk| seen.push(chunk)).await.unwrap();
        assert_eq!(reply.text, "at last");
        assert!(matches!(&seen[0], Chunk::Waiting(Wait { why, .. }) if why == "busy"));
    }

    #[tokio::test(start_paused = true)]
    async fn tries_are_bounded() {
        let error = failing(5).send(&request(), &mut |_| {}).await.unwrap_err();
        assert_eq!(error.to_string(), "busy; tried 3 times");
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_unreached_only_when_no_try_reached_anybody() {
        let error = async |last: [Beat; 3]| {
            let replies = last.into_iter().map(|beat| Play::Beats(vec![beat])).collect();
            let model = Retrying::new(Arc::new(Scripted::new(vec![Rule::on("hello", replies)])), 7);
            model.send(&request(), &mut |_| {}).await.unwrap_err()
        };
        let unreached = || Beat::Unreached("refused".into());
        assert!(matches!(error([unreached(), unreached(), unreached()]).await, CallError::Unreached(_)));
        let mixed = error([unreached(), Beat::Transient("busy".into()), unreached()]).await;
        assert!(matches!(mixed, CallError::Transient(why) if why == "refused; tried 3 times"));
    }

    #[test]
    fn waits_grow_and_stay_in_their_bounds() {
        let model = failing(0);
        for _ in 0..100 {
            assert!((500..=1000).contains(&model.wait(1).as_millis()));
            assert!((1000..=2000).contains(&model.wait(2).as_millis()));
        }
    }
}
