//! A run in its file, folded.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, anyhow, bail, ensure};
use tokio::sync::Notify;

use crate::{
    engine::{self, Audience, Change, Engine, Replay, Start, Tap},
    run::{
        BlobId, Command, Corpus, Event, Fact, Refusal, Run, RunId, Seq, Source, Timeline,
        rules::human,
        score::{Score, Times},
    },
    store::{Body, Inbox, Journal, Loss, Reread, RunDir, Sqlite, StoreError, salvage},
};

use super::{Mind, print::warn};

pub struct Saved {
    pub id: RunId,
    /// As it stands.
    pub run: Run,
    /// The same over time. Its events stay in the file.
    pub timeline: Timeline,
    /// What a damaged file has lost; then it can only be looked at.
    pub loss: Option<Loss>,
    /// Its log has not been read: what it comes to was noted beside it.
    is_glance: bool,
    store: Sqlite,
}

impl Saved {
    /// Makes the file of a new run with its first facts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(runs: &RunDir, question: &str, facts: Vec<Fact>, bodies: &[Body]) -> anyhow::Result<Self> {
        let now = engine::now();
        let event = |(fact, seq)| Event { seq: Seq(seq), at: now, fact };
        Self::create_from(runs, question, facts.into_iter().zip(1..).map(event).collect(), bodies)
    }

    /// Makes the file of a new run with its first events.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create_from(runs: &RunDir, question: &str, events: Vec<Event>, bodies: &[Body]) -> anyhow::Result<Self> {
        let (id, mut store) = runs.create(question, engine::now())?;
        store.append(Seq(0), &events, bodies)?;
        let mut timeline = Timeline::of(Box::new(Reread::of(store.path())));
        events.into_iter().for_each(|event| timeline.push(event));
        Saved::of(id, timeline, None, store)
    }

    /// Opens the run that `wanted` means, to look at it. Of a damaged one what is whole, which standard error is told.
    ///
    /// # Errors
    /// When there is none, or its file cannot be read.
    pub fn open(runs: &RunDir, wanted: &str) -> anyhow::Result<Self> {
        let id = runs.find(wanted)?;
        let file = runs.file(&id);
        let mut timeline = Timeline::of(Box::new(Reread::of(&file)));
        let salvaged = salvage(&file, &mut |event| timeline.push(event));
        let (store, loss) = salvaged.map_err(|error| error.appraised(&file))?;
        if let Some(loss) = &loss {
            if loss.whole == Seq(0) {
                return Err(StoreError::Lost { path: file.display().to_string(), reason: loss.reason.clone() }.into());
            }
            warn(&format!("{id}: {loss}; {}", to_repair(&id)));
        }
        Saved::of(id, timeline, loss, store)
    }

    /// Opens the run that `wanted` means, to show it at once: as it was noted when its last session ended, where that can
    /// be had, with its log to be folded behind what is shown.
    ///
    /// # Errors
    /// As [`Saved::open`].
    pub fn glance(runs: &RunDir, wanted: &str) -> anyhow::Result<Self> {
        let id = runs.find(wanted)?;
        let file = runs.file(&id);
        match Sqlite::open_to_read(&file).ok().and_then(|store| Some((store.glance()?, store))) {
            Some((run, store)) => {
                let timeline = Timeline::ahead(run.clone(), Box::new(Reread::of(&file)));
                Ok(Saved { id, run, timeline, loss: None, is_glance: true, store })
            }
            None => Saved::open(runs, wanted),
        }
    }

    /// Opens the run that `wanted` means, to go on with it.
    ///
    /// # Errors
    /// As [`Saved::open`], and when another process has it in hand.
    pub fn open_to_write(runs: &RunDir, wanted: &str) -> anyhow::Result<Self> {
        let id = runs.find(wanted)?;
        let file = runs.file(&id);
        let store = Sqlite::open(&file).map_err(|error| error.appraised(&file))?;
        let mut timeline = Timeline::of(Box::new(Reread::of(&file)));
        store.scan(Seq(0), &mut |event| timeline.push(event)).map_err(|error| error.appraised(&file))?;
        Saved::of(id, timeline, None, store)
    }

    fn of(id: RunId, timeline: Timeline, loss: Option<Loss>, store: Sqlite) -> anyhow::Result<Self> {
        let run = timeline.head().clone();
        ensure!(run.head > Seq(0), "{id} never began: its program was ended before it wrote anything");
        Ok(Saved { id, run, timeline, loss, is_glance: false, store })
    }

    /// Every event, oldest first; for what needs them all at once.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.timeline.events().map(Arc::unwrap_or_clone).collect()
    }

    /// Carries out a command between two sessions; it must have been opened to write.
    ///
    /// # Errors
    /// When the run as it stands does not allow it, or it cannot be written.
    pub fn amend(&mut self, command: &Command) -> anyhow::Result<()> {
        let facts = human::carry_out(&self.run, command).map_err(|Refusal(why)| anyhow!(why))?;
        let now = engine::now();
        let events = facts.into_iter().zip(self.run.head.0 + 1..);
        let events: Vec<Event> = events.map(|(fact, seq)| Event { seq: Seq(seq), at: now, fact }).collect();
        self.store.append(self.run.head, &events, &[])?;
        for event in events {
            self.run.apply(&event);
            self.timeline.push(event);
        }
        Ok(())
    }

    /// A second handle on its log and bodies.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn journal(&self) -> anyhow::Result<Box<dyn Journal>> {
        Ok(self.store.reader()?)
    }

    /// A stored body.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn body(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        self.store.body(id)
    }

    /// The folder that the run is kept in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.store.path().parent().unwrap_or(Path::new("."))
    }

    /// What is still needed of the file while the engine has the run.
    #[must_use]
    pub fn keep(&self) -> Kept {
        Kept { id: self.id.clone(), file: self.store.path().to_owned() }
    }

    /// The documents of the run.
    ///
    /// # Errors
    /// When a stored text is missing or damaged.
    pub fn corpus(&self) -> anyhow::Result<Corpus> {
        corpus(&self.run, &self.store)
    }

    /// Takes the run up.
    ///
    /// # Errors
    /// When another process has it in hand or had it meanwhile, or what the run names cannot be read.
    pub async fn start(
        self,
        mind: Mind,
        audience: Option<Audience>,
        tap: Tap,
        replay: Replay,
    ) -> anyhow::Result<Engine> {
        let Mind { reasoner, models } = mind;
        if let Some(loss) = self.loss {
            bail!("{} cannot go on: {loss}; {}", self.id, to_repair(&self.id));
        }
        let journal = match self.store.is_writer() {
            true => self.store,
            false => {
                let store = Sqlite::open(self.store.path())?;
                let is_as_seen = store.events(self.run.head)?.is_empty();
                ensure!(is_as_seen, "{} has gone on since it was opened here; `delm open {0}` shows it", self.id);
                store
            }
        };
        let mut run = self.run;
        if self.is_glance {
            // Nobody goes on with what was only noted.
            run = Run::default();
            journal.scan(Seq(0), &mut |event| run.apply(&event))?;
        }
        let bell = Arc::new(Notify::new());
        let ring = Arc::clone(&bell);
        let inbox = Inbox::open_to_read(journal.path(), move || ring.notify_one());
        let journal = Box::new(journal);
        let mut engine = Engine::start(Start { run, journal, reasoner, models, audience, tap, replay }).await?;
        match inbox {
            Ok(inbox) => engine.read_mail(Box::new(inbox), bell),
            // Others can look on and ask nothing.
            Err(error) => tracing::warn!(%error, "what other processes ask cannot be read"),
        }
        Ok(engine)
    }
}

/// What can be done about a damaged run.
pub(super) fn to_repair(id: &RunId) -> String {
    format!("`delm verify {id} --repair` copies what is whole into a new run")
}

/// What holds a team before anybody moves: the session that starts is all that is played. A fork says itself where it is
/// held; of any other record the answers are left, not the course.
#[must_use]
pub fn held(run: &Run, replay: Replay) -> Replay {
    if replay.change.is_some() {
        return replay;
    }
    let started = Fact::SessionStarted { pid: std::process::id() };
    let started = Event { seq: run.head.next(), at: run.last_at, fact: started };
    Replay {
        record: replay.record,
        score: Some(Score::new(vec![started], run.head, Times::Now)),
        change: Some(Change { facts: vec![Fact::PauseAsked], commands: vec![] }),
    }
}

/// What is still needed of a run's file while its engine has it. No handle is held: the last one to close tidies up
/// beside the file, and only a writer can.
pub struct Kept {
    pub id: RunId,
    file: PathBuf,
}

impl Kept {
    /// Where the run is.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A stored body.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn body(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        Sqlite::open_to_read(&self.file)?.body(id)
    }

    /// The log, to be read a page at a time.
    #[must_use]
    pub fn log(&self) -> Reread {
        Reread::of(&self.file)
    }

    /// The documents of the run as it was left.
    ///
    /// # Errors
    /// When a stored text is missing or damaged.
    pub fn corpus(&self, run: &Run) -> anyhow::Result<Corpus> {
        corpus(run, &Sqlite::open_to_read(&self.file)?)
    }

    /// The events after `after`, all of them durable.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn news(&self, after: Seq) -> Result<Vec<Event>, StoreError> {
        Sqlite::open_to_read(&self.file)?.events(after)
    }

    /// Notes what lists show of the run; they fold its log when that fails.
    pub fn note_digest(&self, run: &Run) {
        if let Err(error) = Sqlite::open(&self.file).and_then(|mut store| store.write_digest(run)) {
            tracing::warn!(%error, "the run's digest could not be written");
        }
    }
}

fn corpus(run: &Run, bodies: &dyn Journal) -> anyhow::Result<Corpus> {
    let mut texts: Vec<(&Source, Arc<str>)> = Vec::new();
    for source in &run.sources {
        let text = String::from_utf8(bodies.body(source.text)?);
        texts.push((source, text.with_context(|| format!("the text of {}", source.path))?.into()));
    }
    Ok(Corpus::of(texts, &run.units))
}
