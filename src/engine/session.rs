//! One process's time with a run: starts the sequencer and the agents, carries out commands, stops everything.

use std::{collections::HashMap, sync::Arc};

use tokio::{
    sync::{Notify, oneshot, watch},
    task::JoinHandle,
};

use crate::{
    reason::Reasoner,
    run::{
        Ask, BlobId, Command, Corpus, Entry, EntryKind, Fact, Label, Parting, Refusal, Run, Seq, Source, Summary,
        Trajectory, rules::human,
    },
    store::{Journal, Mailbox, StoreError},
};

use super::{
    Stopped,
    audience::Audience,
    crew::{self, AtWork, Roster},
    guide::{Guide, Progress, Replay},
    library::Library,
    mail,
    models::Models,
    prepare, sequencer,
    shop::{Shop, Stepped},
    tap::Tap,
    turnstile::Turnstile,
    writer::Trouble,
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
    /// What came after `last` is not in the log.
    #[error("event {last} is the last that was saved: {error}")]
    Unsaved { last: Seq, error: StoreError },
}

/// A session in progress.
pub struct Engine {
    shop: Arc<Shop>,
    crew: JoinHandle<()>,
    at_work: watch::Receiver<AtWork>,
    progress: watch::Receiver<Progress>,
    sequencer: JoinHandle<Result<Run, EngineError>>,
    /// Reads what other processes ask until the sender is dropped.
    mail: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
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
        let _ = crew::begin(&shop).await;
        tracing::info!(head = %run.head, agents = run.agents.len(), "a session starts");
        let (news, at_work) = watch::channel(AtWork::default());
        let crew = tokio::spawn(work(Arc::clone(&shop), run, sources, shelves, progress.clone(), news));
        Ok(Engine { shop, crew, at_work, progress, sequencer, mail: None })
    }

    /// Carries out what other processes leave for this one, from now on until the session ends.
    /// `bell` is notified when there may be more.
    pub fn read_mail(&mut self, mailbox: Box<dyn Mailbox>, bell: Arc<Notify>) {
        let (leave, leaving) = oneshot::channel();
        let reading = tokio::spawn(mail::read(Arc::clone(&self.shop), mailbox, bell, leaving));
        self.mail = Some((leave, reading));
    }

    /// Carries out what a human or a script asks. While nothing can be saved, this has it tried at once, and what was
    /// asked is done when that goes well.
    ///
    /// # Errors
    /// When the run as it stands does not allow it, nothing was changed then; or when it has to wait.
    pub async fn command(&self, command: Command) -> Result<(), Refusal> {
        self.carry_out(command).await.unwrap_or_else(|Stopped| Err(Refusal("the session has ended".to_owned())))
    }

    /// Why nothing can be saved for now; told anew after every try that failed, `None` while all is well.
    #[must_use]
    pub fn trouble(&self) -> watch::Receiver<Option<Trouble>> {
        self.shop.log.trouble()
    }

    async fn carry_out(&self, command: Command) -> Result<Result<(), Refusal>, Stopped> {
        let shop = &self.shop;
        if let Command::SetModel { model: Some(name), .. } = &command
            && let Err(why) = shop.can_be_had(name).await
        {
            return Ok(Err(Refusal(why)));
        }
        if let Command::Step { agent: Some(agent) } = command
            && shop.log.read(move |run| run.agent(agent).is_none()).await?
        {
            return Ok(Err(Refusal(format!("{agent} does not exist"))));
        }
        match command {
            Command::Step { agent } => match shop.step(agent) {
                Ok(Stepped::One) => Ok(Ok(())),
                Ok(Stepped::Runs) => self.propose(|run| human::carry_out(run, &Command::Pause)).await,
                Err(refusal) => Ok(Err(refusal)),
            },
            command => self.propose(move |run| human::carry_out(run, &command)).await,
        }
    }

    async fn propose(
        &self,
        mut rule: impl FnMut(&Run) -> Result<Vec<Fact>, Refusal> + Send + 'static,
    ) -> Result<Result<(), Refusal>, Stopped> {
        let ruled = move |run: &Run| match rule(run) {
            Ok(facts) => (Ok(()), facts),
            Err(refusal) => (Err(refusal), vec![]),
        };
        let log = &self.shop.log;
        let mut trouble = log.trouble();
        let waits = trouble.borrow_and_update().clone();
        if let Some(Trouble { why, .. }) = waits {
            log.try_now();
            if log.is_full() {
                return Ok(Err(Refusal(format!("too much waits to be saved already: {why}"))));
            }
        }
        let done = tokio::select! {
            biased;
            done = log.propose(vec![], ruled) => done?,
            why = failed_try(&mut trouble) => {
                return Ok(Err(Refusal(format!("this is done as soon as the run can be saved: {why}"))));
            }
        };
        // Who was stopped sends nothing more once this is acknowledged.
        let stopped = self.shop.log.roster().borrow().stopped.clone();
        let mut at_work = self.at_work.clone();
        let _ = at_work.wait_for(|at_work| at_work.agents.is_disjoint(&stopped)).await;
        Ok(done)
    }

    /// Waits until no agent has anything to do any more, or the session cannot go on. A run that is opened again after
    /// that goes on, and this waits for its next end. Cancel-safe.
    pub async fn ended(&mut self) {
        let mut failure = self.shop.failure();
        let failed = failure.wait_for(Option::is_some);
        tokio::select! {
            () = self.over() => {}
            _ = failed => {}
        }
    }

    async fn over(&self) {
        let mut at_work = self.at_work.clone();
        while at_work.wait_for(|at_work| at_work.over).await.is_ok() {
            let open = |run: &Run| Roster::of(run).open;
            if !self.shop.log.read(open).await.unwrap_or(false) {
                return;
            }
            // It was opened again, and the crew is about to hear of it.
            let _ = at_work.changed().await;
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
    /// When the log could not be written; one more try is made.
    pub async fn stop(self, parting: Parting) -> Result<Run, EngineError> {
        self.crew.abort();
        let _ = self.crew.await;
        if let Some((leave, reading)) = self.mail {
            drop(leave);
            let _ = reading.await;
        }
        tracing::info!(?parting, "the session ends");
        self.shop.log.leave();
        let parting = move |run: &Run| {
            let parting = if run.outcome.is_some() { Parting::Ended } else { parting };
            ((), vec![Fact::SessionEnded { parting }])
        };
        let _ = self.shop.log.propose(vec![], parting).await;
        drop(self.shop);
        self.sequencer.await.expect("the sequencer does not panic")
    }
}

/// The next try to save that fails. Cancel-safe.
async fn failed_try(trouble: &mut watch::Receiver<Option<Trouble>>) -> String {
    loop {
        if trouble.changed().await.is_err() {
            return std::future::pending().await;
        }
        if let Some(Trouble { why, .. }) = &*trouble.borrow_and_update() {
            return why.clone();
        }
    }
}

/// Cuts the documents if they are not cut yet, then leads the crew.
async fn work(
    shop: Arc<Shop>,
    run: Run,
    sources: Vec<(Source, Arc<str>)>,
    shelves: Shelves,
    mut progress: watch::Receiver<Progress>,
    at_work: watch::Sender<AtWork>,
) {
    let mut sessions = 0;
    let units = match run.is_corpus_split() {
        true => run.units.clone(),
        false => loop {
            // A record may say that its session ended before the documents were cut.
            let ended = progress.wait_for(|progress| progress.sessions > sessions);
            let cut = tokio::select! {
                cut = prepare::cut(&shop, &sources) => Some(cut),
                _ = ended => None,
            };
            match cut {
                Some(Ok(units)) => break units,
                Some(Err(Stopped)) => return,
                None if crew::begin(&shop).await.is_err() => return,
                None => sessions += 1,
            }
        },
    };
    let texts = sources.iter().map(|(source, text)| (source, Arc::clone(text)));
    let corpus = Arc::new(Corpus::of(texts, &units));
    let (studied, student) = (Arc::clone(&corpus), Arc::clone(&shop.reasoner));
    tokio::task::spawn_blocking(move || student.study(&studied)).await.expect("studying does not panic");
    let library = Library::new(corpus);
    shelves.fill(&library);
    shop.stock(library);
    crew::lead(shop, progress, sessions, at_work).await;
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
