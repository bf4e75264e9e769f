//! What all agents of a session share, and the waits that they have in common: checkpoints and decisions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use crate::{
    reason::Reasoner,
    run::{
        AgentId, AgentState, Ask, Checkpoint, Decision, DecisionId, Fact, Method, Phase, Refusal, Run, TaskId, rules,
    },
};

use super::{
    Stopped,
    library::Library,
    log::Log,
    models::Models,
    record::Record,
    tap::Tap,
    turnstile::{Pass, Turnstile},
};

pub struct Shop {
    pub log: Log,
    pub turnstile: Arc<Turnstile>,
    pub tap: Tap,
    pub reasoner: Arc<dyn Reasoner>,
    /// None for a reasoner that calls none.
    pub models: Option<Models>,
    /// Calls of an earlier run.
    pub record: Option<Arc<Record>>,
    /// Why the session cannot go on.
    failure: watch::Sender<Option<String>>,
    pub question: Arc<str>,
    pub method: Method,
    pub pace: Duration,
    /// Set when the documents are cut.
    library: OnceLock<Arc<Library>>,
    last_checkpoints: Mutex<HashMap<AgentId, Instant>>,
}

/// What became of a question to the human, for the agent that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Go on.
    Granted,
    /// What was asked for is no longer this agent's.
    Denied,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// One agent passes one checkpoint.
    One,
    /// Nobody stands while the team runs: it is to be paused first.
    Runs,
}

impl Shop {
    /// Lets one agent pass one checkpoint.
    ///
    /// # Errors
    /// When nobody who may stands at one.
    pub fn step(&self, agent: Option<AgentId>) -> Result<Stepped, Refusal> {
        match (self.turnstile.step(agent), agent) {
            (true, _) => Ok(Stepped::One),
            (false, _) if self.turnstile.is_running() => Ok(Stepped::Runs),
            (false, None) => Err(Refusal("no agent stands at a checkpoint".to_owned())),
            (false, Some(agent)) => Err(Refusal(format!("{agent} does not stand at a checkpoint"))),
        }
    }

    /// Makes a model before anything is said of it.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub async fn can_be_had(&self, name: &str) -> Result<(), String> {
        match &self.models {
            Some(models) => models.make(name).await,
            None => Err("this run thinks without a model, so none can be set".to_owned()),
        }
    }

    #[must_use]
    pub fn new(
        log: Log,
        turnstile: Arc<Turnstile>,
        tap: Tap,
        reasoner: Arc<dyn Reasoner>,
        models: Option<Models>,
        record: Option<Arc<Record>>,
        run: &Run,
    ) -> Self {
        Shop {
            log,
            turnstile,
            tap,
            reasoner,
            models,
            record,
            failure: watch::Sender::new(None),
            question: run.question.as_str().into(),
            method: run.options.method.clone(),
            pace: Duration::from_millis(run.options.pace_ms),
            library: OnceLock::new(),
            last_checkpoints: Mutex::default(),
        }
    }

    /// Ends the session: it cannot go on, for the reason given first.
    pub fn give_up(&self, why: String) {
        self.failure.send_modify(|failure| _ = failure.get_or_insert(why));
    }

    /// Why the session cannot go on, as soon as it cannot.
    #[must_use]
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.failure.subscribe()
    }

    /// Opens the documents to the agents.
    pub fn stock(&self, library: Library) {
        self.library.set(Arc::new(library)).ok().expect("the documents are cut once");
    }

    #[must_use]
    pub fn library(&self) -> &Arc<Library> {
        self.library.get().expect("no agent starts before the documents are cut")
    }

    /// Holds an agent to its pace, then at the turnstile while the run is paused.
    ///
    /// # Errors
    /// When the session ends.
    pub async fn checkpoint(&self, agent: AgentId, checkpoint: Checkpoint) -> Result<(), Stopped> {
        self.keep_pace(agent).await;
        if let Some(passed) = self.turnstile.arrive(agent) {
            self.tap.phase(agent, Phase::Held(checkpoint));
            let passed = tokio::select! {
                pass = passed => pass.map_err(|_| Stopped)?,
                over = self.is_over() => return Err(over),
            };
            match passed {
                Pass::Stepped => self.log.append(vec![], vec![Fact::StepGranted { agent, checkpoint }]).await?,
                Pass::Released => {}
            }
        }
        Ok(())
    }

    /// Waits until the run or the session ends. Cancel-safe.
    async fn is_over(&self) -> Stopped {
        let mut wakes = self.log.wakes();
        loop {
            wakes.mark_unchanged();
            let over = self.log.read(|run| run.outcome.is_some()).await;
            if over.unwrap_or(true) || wakes.changed().await.is_err() {
                return Stopped;
            }
        }
    }

    async fn keep_pace(&self, agent: AgentId) {
        if self.pace.is_zero() {
            return;
        }
        let last = self.last_checkpoints.lock().expect("nobody panics while holding the pace").get(&agent).copied();
        if let Some(last) = last {
            tokio::time::sleep_until(last + self.pace).await;
        }
        self.last_checkpoints.lock().expect("nobody panics while holding the pace").insert(agent, Instant::now());
    }

    /// Waits for something that is not a checkpoint; a waiting agent does not keep a pause from being complete.
    pub async fn rest<F: Future>(&self, agent: AgentId, wait: F) -> F::Output {
        self.turnstile.stop_moving(agent);
        let value = wait.await;
        self.turnstile.start_moving(agent);
        value
    }

    /// Does `work` until an agent is stopped; then it is dropped where it stands, and there is `None`.
    pub async fn unless_stopped<F: Future>(&self, agent: AgentId, work: F) -> Option<F::Output> {
        let mut roster = self.log.roster();
        let stopped = async {
            if roster.wait_for(|roster| roster.stopped.contains(&agent)).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = stopped => None,
            value = work => Some(value),
        }
    }

    /// A checkpoint that may also ask the human.
    ///
    /// # Errors
    /// When the session ends.
    pub async fn ask(&self, agent: AgentId, task: Option<TaskId>, ask: Ask) -> Result<Leave, Stopped> {
        let checkpoint = ask.checkpoint();
        let (decision, told) = loop {
            self.checkpoint(agent, checkpoint).await?;
            let ask = ask.clone();
            let opening = move |run: &Run| {
                let told = objections(run, task);
                match (left_open(run, agent), rules::open_gate(run, agent, task, ask.clone(), &[])) {
                    _ if has_failed(run, agent) => (Opened::TooLate, vec![]),
                    _ if run.agent(agent).is_some_and(|agent| agent.lost.is_some()) => (Opened::TooLate, vec![]),
                    (Some(open), _) if open.ask == ask => (Opened::Asked(open.id, told), vec![]),
                    (Some(open), _) => (Opened::Earlier(open.id), vec![]),
                    (None, Some((decision, opened))) => (Opened::Asked(decision, told), opened),
                    (None, None) => (Opened::NotAsked, vec![]),
                }
            };
            match self.log.propose(vec![], opening).await? {
                Opened::NotAsked => return Ok(Leave::Granted),
                Opened::TooLate => return Ok(Leave::Denied),
                Opened::Asked(decision, told) => break (decision, told),
                Opened::Earlier(decision) => {
                    self.decided(agent, task, decision).await?;
                }
            }
        };
        if self.decided(agent, task, decision).await? == Leave::Denied {
            return Ok(Leave::Denied);
        }
        // The run may have been paused, or the agent held, while it waited.
        self.checkpoint(agent, checkpoint).await?;
        let granted = move |run: &Run| match objections(run, task) > told {
            // A veto leaves a reason even where the agent keeps its task.
            true => Leave::Denied,
            false => still_holds(run, agent, task),
        };
        Ok(self.log.read(granted).await?)
    }

    /// Waits until a decision is taken; says whether the asker still holds what it held.
    ///
    /// # Errors
    /// When the session ends.
    pub async fn decided(&self, agent: AgentId, task: Option<TaskId>, decision: DecisionId) -> Result<Leave, Stopped> {
        self.tap.phase(agent, Phase::WaitsForYou(decision));
        let mut open = self.log.open();
        loop {
            let taken = async { open.wait_for(|open| !open.contains(&decision)).await.is_ok() };
            if !self.rest(agent, taken).await {
                return Err(Stopped);
            }
            let left = move |run: &Run| match run.decisions.contains_key(&decision) {
                true => None,
                false => Some(still_holds(run, agent, task)),
            };
            // Another writer may have undone what was not durable yet.
            if let Some(leave) = self.log.read(left).await? {
                return Ok(leave);
            }
        }
    }
}

/// What came of the wish to ask the human.
enum Opened {
    NotAsked,
    /// The agent has stopped meanwhile.
    TooLate,
    /// With the objections that the task had by then.
    Asked(DecisionId, usize),
    /// An earlier session left another question of this agent open; that is answered first.
    Earlier(DecisionId),
}

/// The question of this agent that an earlier session left open.
fn left_open(run: &Run, agent: AgentId) -> Option<&Decision> {
    match run.agent(agent)?.state {
        AgentState::Asking(id) => run.decisions.get(&id),
        _ => None,
    }
}

/// How often a task's author was turned down.
fn objections(run: &Run, task: Option<TaskId>) -> usize {
    task.and_then(|task| run.task(task)).map_or(0, |task| task.feedback.len())
}

/// Whether an agent does nothing more in this session.
#[must_use]
pub fn has_failed(run: &Run, agent: AgentId) -> bool {
    run.agent(agent).is_none_or(|agent| agent.state.is_gone())
}

fn still_holds(run: &Run, agent: AgentId, task: Option<TaskId>) -> Leave {
    let holds = match task {
        Some(task) => run.agent(agent).is_some_and(|agent| agent.state == AgentState::Working(task)),
        None => run.agent(agent).is_some_and(|agent| !agent.state.is_gone() && agent.lost.is_none()),
    };
    if holds { Leave::Granted } else { Leave::Denied }
}
