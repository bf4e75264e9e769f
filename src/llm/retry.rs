//! Trying again where that may help, each wait told before it begins: a busy server is waited out under a limiter that
//! all calls to it share, failures are tried a bounded number of times.
//!
//! It never asks another model, and never gives what a broken try has brought.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use super::{CallError, Chunk, Limiter, Model, Reply, Request, Turn, Wait, jitter::Jitter, wire::OnChunk};

/// How long one call waits for a busy server in all.
const BUSY: Duration = Duration::from_secs(15 * 60);

/// How one kind of failure is tried again, with decorrelated jitter.
struct Plan {
    /// Calls in all that may fail so, the first included.
    tries: u32,
    base: Duration,
    cap: Duration,
}

const TRANSIENT: Plan = Plan { tries: 5, base: Duration::from_secs(1), cap: Duration::from_secs(30) };

/// About two minutes, for a server that is being started.
const UNREACHED: Plan = Plan { tries: 8, base: Duration::from_secs(4), cap: Duration::from_secs(30) };

/// A model that is asked again when it failed in a way that may pass. Whoever must reserve money for another try drops
/// the call at the wait before it: nothing is on its way then.
pub struct Retrying {
    model: Arc<dyn Model>,
    limiter: Arc<Limiter>,
    jitter: Mutex<Jitter>,
}

impl Retrying {
    /// `seed` decides the jitter, so that a run can be repeated. `limiter` is the one of the model's server and key.
    #[must_use]
    pub fn new(model: Arc<dyn Model>, limiter: Arc<Limiter>, seed: u64) -> Self {
        Retrying { model, limiter, jitter: Mutex::new(Jitter::new(seed)) }
    }

    /// Waits while the limiter holds calls. `held` is how long this call was held so far.
    async fn turn(&self, held: &mut Duration, on_chunk: OnChunk<'_>) -> Result<Turn, CallError> {
        loop {
            match self.limiter.turn() {
                Ok(turn) => return Ok(turn),
                Err(Wait { why, wait }) if *held + wait > BUSY => {
                    let why = format!(
                        "{why}; waited {}s for it, and {}s more would be too long",
                        held.as_secs(),
                        wait.as_secs()
                    );
                    return Err(CallError::Busy { why, retry_after: Some(wait) });
                }
                Err(wait) => {
                    *held += wait.wait;
                    announce(wait, on_chunk).await;
                }
            }
        }
    }
}

async fn announce(wait: Wait, on_chunk: OnChunk<'_>) {
    let end = tokio::time::Instant::now() + wait.wait;
    on_chunk(Chunk::Waiting(wait));
    tokio::time::sleep_until(end).await;
}

/// One kind of failure in one call.
struct Failures {
    plan: Plan,
    count: u32,
    last: Duration,
}

impl Failures {
    fn of(plan: Plan) -> Self {
        Failures { count: 0, last: plan.base, plan }
    }

    /// The wait before the next try; `None` when there is none.
    fn next(&mut self, jitter: &Mutex<Jitter>) -> Option<Duration> {
        self.count += 1;
        let Plan { tries, base, cap } = self.plan;
        let mut jitter = jitter.lock().unwrap_or_else(PoisonError::into_inner);
        self.last = jitter.decorrelated(base, self.last, cap);
        (self.count < tries).then_some(self.last)
    }
}

#[async_trait]
impl Model for Retrying {
    fn name(&self) -> &str {
        self.model.name()
    }

    async fn send(&self, request: &Request, on_chunk: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError> {
        let (mut transient, mut unreached) = (Failures::of(TRANSIENT), Failures::of(UNREACHED));
        let (mut held, mut tries) = (Duration::ZERO, 0);
        loop {
            let turn = self.turn(&mut held, on_chunk).await?;
            tries += 1;
            let (why, wait) = match self.model.send(request, on_chunk).await {
                Ok(reply) => {
                    self.limiter.succeeded(turn);
                    return Ok(reply);
                }
                Err(CallError::Busy { why, retry_after }) => {
                    self.limiter.busy(turn, &why, retry_after);
                    continue;
                }
                Err(CallError::Transient(why)) => (why, transient.next(&self.jitter)),
                Err(CallError::Unreached(why)) => (why, unreached.next(&self.jitter)),
                Err(error @ (CallError::Refused(_) | CallError::TooLong(_))) => return Err(error),
            };
            let Some(wait) = wait else {
                let why = format!("{why}; tried {tries} times");
                // One try that reached the server may have been charged.
                return Err(if tries > unreached.count {
                    CallError::Transient(why)
                } else {
                    CallError::Unreached(why)
                });
            };
            announce(Wait { why, wait }, on_chunk).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::Instant;

    use super::*;
    use crate::llm::{
        Message, Role,
        scripted::{Beat, Play, Rule, Scripted},
    };

    const SECOND: Duration = Duration::from_secs(1);

    fn request() -> Request {
        let messages = vec![Message { role: Role::User, text: "hello".into() }];
        Request { messages, stable: 0, max_tokens: 10, temperature: None }
    }

    /// Plays each beat as one call, then answers.
    fn after(beats: Vec<Beat>) -> Retrying {
        let mut replies: Vec<_> =
            beats.into_iter().map(|beat| Play::Beats(vec![Beat::Text("half".into()), beat])).collect();
        replies.push(Play::Whole("at last".into()));
        let model = Scripted::new(vec![Rule::on("hello", replies)]);
        Retrying::new(Arc::new(model), Arc::new(Limiter::new(7)), 7)
    }

    fn busy(retry_after_ms: Option<u64>) -> Beat {
        Beat::Busy { why: "full".into(), retry_after_ms }
    }

    fn transient() -> Beat {
        Beat::Transient("broke".into())
    }

    fn unreached() -> Beat {
        Beat::Unreached("gone".into())
    }

    /// What it came to, and every wait.
    async fn send(model: &Retrying) -> (Result<String, CallError>, Vec<Wait>) {
        let mut waits = vec![];
        let mut on_chunk = |chunk| {
            if let Chunk::Waiting(wait) = chunk {
                waits.push(wait);
            }
        };
        let reply = model.send(&request(), &mut on_chunk).await;
        (reply.map(|reply| reply.text), waits)
    }

    #[tokio::test(start_paused = true)]
    async fn every_wait_is_told_with_its_length_and_its_reason() {
        let began = Instant::now();
        let (reply, waits) = send(&after(vec![transient(), unreached(), busy(Some(9000)), busy(None)])).await;
        assert_eq!(reply.unwrap(), "at last");
        assert_eq!(waits.iter().map(|wait| wait.why.as_str()).collect::<Vec<_>>(), ["broke", "gone", "full", "full"]);
        // A timer may be a millisecond late.
        let told: Duration = waits.iter().map(|wait| wait.wait).sum();
        assert!((told..told + Duration::from_millis(10)).contains(&began.elapsed()), "{waits:?}");
        assert!(waits[2].wait >= 9 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn tries_are_bounded_by_the_kind_of_failure() {
        let (error, waits) = send(&after(vec![transient(); 9])).await;
        assert!(matches!(error, Err(CallError::Transient(why)) if why == "broke; tried 5 times"));
        assert!(waits.iter().all(|wait| (SECOND..=30 * SECOND).contains(&wait.wait)));
        let began = Instant::now();
        let (error, waits) = send(&after(vec![unreached(); 9])).await;
        assert!(matches!(error, Err(CallError::Unreached(why)) if why == "gone; tried 8 times"));
        assert_eq!(waits.len(), 7);
        assert!((60 * SECOND..200 * SECOND).contains(&began.elapsed()), "{:?}", began.elapsed());
        for (beat, kind) in [(Beat::Refused("no".into()), "Refused"), (Beat::TooLong("no".into()), "TooLong")] {
            let (error, waits) = send(&after(vec![beat])).await;
            assert_eq!((format!("{:?}", error.unwrap_err()), waits), (format!("{kind}(\"no\")"), vec![]));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_unreached_only_when_no_try_reached_anybody() {
        let mut beats = vec![unreached(); 8];
        beats.insert(3, transient());
        let (error, _) = send(&after(beats)).await;
        assert!(matches!(error, Err(CallError::Transient(why)) if why == "gone; tried 9 times"));
        let (error, _) = send(&after([vec![busy(Some(1))], vec![unreached(); 8]].concat())).await;
        assert!(matches!(error, Err(CallError::Transient(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_server_is_waited_out_for_a_quarter_of_an_hour() {
        let (began, lasting) = (Instant::now(), after(vec![busy(None); 999]));
        let (error, waits) = send(&lasting).await;
        assert!(matches!(&error, Err(CallError::Busy { why, .. }) if why.starts_with("full; waited ")), "{error:?}");
        assert!((BUSY - 70 * SECOND..BUSY).contains(&began.elapsed()), "{:?}", began.elapsed());
        assert!(waits.len() > 15);
        let (error, waits) = send(&after(vec![busy(Some(3_600_000))])).await;
        assert!(matches!(error, Err(CallError::Busy { why, .. }) if why.starts_with("full; waited 0s for it, and 36")));
        assert_eq!(waits, []);
    }

    /// Busy until a moment; counts calls, and remembers when each came.
    struct Full {
        until: Instant,
        came: Mutex<Vec<Instant>>,
        turned_down: AtomicUsize,
    }

    #[async_trait]
    impl Model for Full {
        fn name(&self) -> &str {
            "full"
        }

        async fn send(&self, _: &Request, _: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError> {
            let now = Instant::now();
            self.came.lock().unwrap().push(now);
            tokio::time::sleep(Duration::from_millis(100)).await;
            if now < self.until {
                self.turned_down.fetch_add(1, Ordering::Relaxed);
                return Err(CallError::Busy { why: "full".into(), retry_after: Some(self.until - now) });
            }
            Ok(Reply::default())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn sixteen_agents_back_off_together_and_return_apart() {
        let began = Instant::now();
        let full =
            Arc::new(Full { until: began + 20 * SECOND, came: Mutex::default(), turned_down: AtomicUsize::new(0) });
        let limiter = Arc::new(Limiter::new(7));
        let agents = (0..16).map(|seed| {
            let model = Retrying::new(full.clone(), limiter.clone(), seed);
            tokio::spawn(async move { send(&model).await })
        });
        let agents: Vec<_> = agents.collect();
        tokio::time::sleep(SECOND).await;
        // Two are stopped while they wait, and one comes late.
        agents[0].abort();
        agents[1].abort();
        let late = send(&Retrying::new(full.clone(), limiter.clone(), 99)).await;
        assert!(matches!(&late, (Ok(_), waits) if !waits.is_empty()), "{late:?}");
        for agent in agents.into_iter().skip(2) {
            let (reply, waits) = agent.await.unwrap();
            assert!(reply.is_ok() && !waits.is_empty());
        }
        assert_eq!(full.turned_down.load(Ordering::Relaxed), 16, "nobody asked again before its time");
        let mut back = full.came.lock().unwrap().split_off(16);
        back.sort_unstable();
        back.dedup();
        assert!(back.len() >= 13, "15 came back, at as many moments: {back:?}");
    }
}
