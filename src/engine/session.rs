//! One process's time with a run: starts the sequencer and the agents, carries out commands, stops everything.

use std::{collections::HashMap, sync::Arc};

use tokio::{
    sync::watch,
    task::{Id, JoinHandle, JoinSet},
};

use crate::{
    reason::Reasoner,
    run::{
        Agent, AgentId, Ask, BlobId, Command, Corpus, Entry, EntryKind, Fact, Label, Pace, Parting, Refusal, Run,
        Source, Summary, Trajectory,
        rules::{human, work},
    },
    store::{Journal, StoreError},
};

use super::{
    Stopped, agent,
    audience::Audience,
    guide::{Guide, Progress, Replay},
    library::Library,
    models::Models,
    prepare, sequencer,
    shop::Shop,
    tap::Tap,
    turnstile::Turnstile,
};

/// What a session needs.
pub struct Start {
    /// Folded from the journal.
    pub run: Run,
    pub journal: Box<dyn Journal>,
    pub reasoner: Arc<dyn Reasoner>,
    pub models: Option<Models>,
    pub audience: Option<Audience>,
    pub tap: Tap,
    /// The default plays nothing.
    pub replay: Replay,
}

/// Why a session could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a stored body is damaged: {0}")]
    Body(String),
}

/// A session in progress.
pub struct Engine {
    shop: Arc<Shop>,
    /// Taken once it has ended.
    crew: Option<JoinHandle<()>>,
    progress: watch::Receiver<Progress>,
    sequencer: JoinHandle<Result<Run, StoreError>>,
}

impl Engine {
    /// Takes a run up: what an earlier session had claimed is free again, what waits for a human still waits.
    ///
    /// # Errors
    /// When a body that the run names cannot be read.
    pub async fn start(start: Start) -> Result<Engine, EngineError> {
        let Start { run, journal, reasoner, models, audience, tap, replay } = start;
        let sources = read_sources(&run, journal.as_ref())?;
        let shelves = read_shelves(&run, journal.as_ref())?;
        let record = replay.record.clone();
        let guide = Guide::new(replay);
        let progress = guide.progress();
        let turnstile = Arc::new(Turnstile::default());
        let (log, sequencer) = sequencer::start(run.clone(), journal, audience, guide, Arc::clone(&turnstile));
        let shop = Arc::new(Shop::new(log, turnstile, tap, reasoner, models, record, &run));
        // Whoever asks for the run after this sees a session.
        let started = vec![Fact::SessionStarted { pid: std::process::id() }];
        let _ = shop.log.append(vec![], started).await;
        tracing::info!(head = %run.head, agents = run.agents.len(), "a session starts");
        let crew = Some(tokio::spawn(work(Arc::clone(&shop), run, sources, shelves, progress.clone())));
        Ok(Engine { shop, crew, progress, sequencer })
    }

    /// Carries out what a human or a script asks.
    ///
    /// # Errors
    /// When the run as it stands does not allow it; nothing was changed then.
    pub async fn command(&self, command: Command) -> Result<(), Refusal> {
        self.carry_out(command).await.unwrap_or_else(|Stopped| Err(Refusal("the session has ended".to_owned())))
    }

    async fn carry_out(&self, command: Command) -> Result<Result<(), Refusal>, Stopped> {
        let shop = &self.shop;
        match command {
            Command::Pause => self.pause().await,
            Command::Resume => {
                let resumed = self.propose(|run| match run.pace {
                    Pace::Running => Ok(vec![]),
                    Pace::Pausing | Pace::Paused => Ok(vec![Fact::RunResumed]),
                });
                resumed.await
            }
            Command::Step { .. } if shop.turnstile.is_open() => self.pause().await,
            Command::Step { agent } => match shop.turnstile.step(agent) {
                true => Ok(Ok(())),
                false => Ok(Err(Refusal(match agent {
                    None => "no agent stands at a checkpoint".to_owned(),
                    Some(agent) => format!("{agent} does not stand at a checkpoint"),
                }))),
            },
            Command::Stop => Ok(Err(Refusal("a session is stopped by leaving it".to_owned()))),
            command => self.propose(move |run| human::carry_out(run, &command)).await,
        }
    }

    async fn pause(&self) -> Result<Result<(), Refusal>, Stopped> {
        let asked = self.propose(|run| match (&run.outcome, run.pace) {
            (Some(_), _) => Err(Refusal("the run has ended".to_owned())),
            (None, Pace::Running) => Ok(vec![Fact::PauseAsked]),
            (None, Pace::Pausing | Pace::Paused) => Ok(vec![]),
        });
        let done = asked.await?;
        if done.is_ok() {
            self.shop.say_when_still().await?;
        }
        Ok(done)
    }

    async fn propose(
        &self,
        mut rule: impl FnMut(&Run) -> Result<Vec<Fact>, Refusal> + Send + 'static,
    ) -> Result<Result<(), Refusal>, Stopped> {
        let ruled = move |run: &Run| match rule(run) {
            Ok(facts) => (Ok(()), facts),
            Err(refusal) => (Err(refusal), vec![]),
        };
        Ok(self.shop.log.propose(vec![], ruled).await?)
    }

    /// Waits until no agent has anything to do any more, or the session cannot go on. Cancel-safe.
    pub async fn ended(&mut self) {
        let Some(crew) = &mut self.crew else { return };
        let mut failure = self.shop.failure();
        let failed = failure.wait_for(Option::is_some);
        tokio::select! {
            _ = crew => self.crew = None,
            _ = failed => {}
        }
    }

    /// Why the session could not go on.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.shop.failure().borrow().clone()
    }

    /// How far the record was followed, as it changes.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Ends the session: agents are dropped where they stand, which ends their calls; everything proposed before is
    /// durable. Gives the run as it was left.
    ///
    /// # Errors
    /// When the log could not be written.
    pub async fn stop(self, parting: Parting) -> Result<Run, EngineError> {
        if let Some(crew) = self.crew {
            crew.abort();
            let _ = crew.await;
        }
        tracing::info!(?parting, "the session ends");
        let parting = move |run: &Run| {
            let parting = if run.outcome.is_some() { Parting::Ended } else { parting };
            ((), vec![Fact::SessionEnded { parting }])
        };
        let _ = self.shop.log.propose(vec![], parting).await;
        drop(self.shop);
        Ok(self.sequencer.await.expect("the sequencer does not panic")?)
    }
}

/// Prepares what is not prepared yet, then lets the agents live until the last one has nothing to do. Where a record
/// says that a session ended, all begin anew as they did then.
async fn work(
    shop: Arc<Shop>,
    run: Run,
    sources: Vec<(Source, Arc<str>)>,
    shelves: Shelves,
    mut progress: watch::Receiver<Progress>,
) {
    let units = match run.is_corpus_split() {
        true => run.units.clone(),
        false => {
            shop.turnstile.start_moving();
            let Ok(units) = prepare::cut(&shop, &sources).await else { return };
            if shop.turnstile.stop_moving() && shop.say_when_still().await.is_err() {
                return;
            }
            units
        }
    };
    let texts = sources.iter().map(|(source, text)| (source, Arc::clone(text)));
    let corpus = Arc::new(Corpus::of(texts, &units));
    let (studied, student) = (Arc::clone(&corpus), Arc::clone(&shop.reasoner));
    tokio::task::spawn_blocking(move || student.study(&studied)).await.expect("studying does not panic");
    let library = Library::new(corpus);
    shelves.fill(&library);
    shop.stock(library);
    let mut sessions = 0;
    loop {
        let all = |run: &Run| run.agents.iter().map(|agent| agent.id).collect::<Vec<_>>();
        let Ok(agents) = shop.log.read(all).await else { return };
        let mut crew = JoinSet::new();
        let mut names = HashMap::new();
        for agent in agents {
            let handle = crew.spawn(agent::live(Arc::clone(&shop), agent));
            names.insert(handle.id(), agent);
        }
        let mut record = progress.clone();
        let over = async {
            if record.wait_for(|progress| progress.sessions > sessions).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = watch_over(&shop, &mut crew, &names) => {
                // The record may go on, and what is different at its end may open the run again.
                let settled = progress.wait_for(|progress| progress.done || progress.sessions > sessions).await;
                let Ok(seen) = settled.map(|progress| progress.sessions) else { return };
                if seen == sessions {
                    match shop.log.read(is_open).await {
                        Ok(true) => continue,
                        Ok(false) | Err(_) => return,
                    }
                }
            }
            () = over => {}
        }
        sessions += 1;
        crew.shutdown().await;
        shop.turnstile.clear();
        if shop.log.append(vec![], vec![Fact::SessionStarted { pid: std::process::id() }]).await.is_err() {
            return;
        }
    }
}

/// Whether there is work, and somebody to do it.
fn is_open(run: &Run) -> bool {
    let lives = |agent: &Agent| !agent.state.is_gone();
    run.outcome.is_none() && run.agents.iter().any(lives)
}

/// Waits for the last agent to end; one that panics is lost.
async fn watch_over(shop: &Shop, crew: &mut JoinSet<Result<(), Stopped>>, names: &HashMap<Id, AgentId>) {
    while let Some(ended) = crew.join_next_with_id().await {
        if let Err(failure) = ended
            && failure.is_panic()
            && let Some(agent) = names.get(&failure.id())
        {
            lose(shop, *agent).await;
        }
    }
}

/// An agent that panicked is a fact, not the end of the run.
async fn lose(shop: &Shop, agent: AgentId) {
    tracing::error!(%agent, "an agent failed unexpectedly");
    let _ = shop.turnstile.stop_moving();
    let failed = move |run: &Run| ((), work::fail_agent(run, agent, "it failed unexpectedly; the log file has more"));
    let _ = shop.log.propose(vec![], failed).await;
    let _ = shop.say_when_still().await;
}

/// What stands behind the entries of a run that is taken up again.
#[derive(Default)]
struct Shelves {
    units: HashMap<Label, Arc<Summary>>,
    results: Vec<(Label, Arc<Summary>, Trajectory)>,
}

impl Shelves {
    fn fill(self, library: &Library) {
        for (label, summary) in self.units {
            library.keep_unit(label, summary);
        }
        for (label, summary, trajectory) in self.results {
            library.keep_result(label, summary, &trajectory);
        }
    }
}

fn read_sources(run: &Run, journal: &dyn Journal) -> Result<Vec<(Source, Arc<str>)>, EngineError> {
    let read = |source: &Source| {
        let text = String::from_utf8(journal.body(source.text)?)
            .map_err(|_| EngineError::Body(format!("the text of {} is not UTF-8", source.path)))?;
        Ok((source.clone(), text.into()))
    };
    run.sources.iter().map(read).collect()
}

fn read_shelves(run: &Run, journal: &dyn Journal) -> Result<Shelves, EngineError> {
    let mut shelves = Shelves::default();
    for entry in run.context.entries() {
        let Entry { label, kind, summary: Some(summary), trajectory, .. } = &**entry else { continue };
        let summary = Arc::new(read_json::<Summary>(journal, *summary)?);
        match (kind, trajectory) {
            (EntryKind::Document, _) => drop(shelves.units.insert(*label, summary)),
            (_, Some(trajectory)) => shelves.results.push((*label, summary, read_json(journal, *trajectory)?)),
            (_, None) => {}
        }
    }
    // What a human may still admit.
    for decision in run.decisions.values() {
        if let Ask::Write { proposal } = &decision.ask {
            let summary = Arc::new(read_json(journal, proposal.summary)?);
            shelves.results.push((proposal.label, summary, read_json(journal, proposal.trajectory)?));
        }
    }
    Ok(shelves)
}

fn read_json<T: serde::de::DeserializeOwned>(journal: &dyn Journal, id: BlobId) -> Result<T, EngineError> {
    serde_json::from_slice(&journal.body(id)?).map_err(|why| EngineError::Body(format!("{id}: {why}")))
}
