//! A run on the screen. The screen has a thread and a runtime of its own, so that no agent's work can make a key wait;
//! between the two runs the pump, which is all that each knows of the other.

use std::{io::IsTerminal as _, sync::Arc};

use anyhow::{Context as _, ensure};
use tokio::sync::{mpsc, watch};

use crate::{
    engine::{Audience, Engine, EngineError, Tap, Trouble},
    run::{BlobId, Command, Event, Parting, Run, line::Look},
    tui::{self, Attachment, Door, Feed, Left, ScreenOptions, Theme},
};

use super::{
    Exit, Mind, Recording, Saved,
    headless::{self, Watch},
    log_file, print,
    saved::Kept,
};

/// Batches of events on their way to the screen. Full: the sequencer keeps them for its next batch.
const BATCHES: usize = 64;
/// Facts, pieces of text and bodies on their way to the screen. Full: the pump waits, and what agents say merges
/// behind it.
const FEED: usize = 64;
/// Keys on their way to the engine. Full: the screen says so and the key is to be pressed again.
const COMMANDS: usize = 64;
/// Bodies that the screen asked for. Full: it asks again at its next frame.
const WANTED: usize = 64;

/// What is asked about other runs. Full: the screen says so.
const LOOKS: usize = 4;

/// How a run comes on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Its agents go to work at once.
    TakeUp,
    /// It is looked at; an unfinished one goes on when told to.
    Look,
}

/// Whether there is a terminal to show anything on.
///
/// # Errors
/// When there is none.
pub fn require_terminal() -> anyhow::Result<()> {
    ensure!(std::io::stdout().is_terminal(), "the screen needs a terminal; --headless does without");
    Ok(())
}

/// Shows the run until the human leaves; then the answer, or how to go on, is on the normal screen.
///
/// # Errors
/// When the run's file or the terminal fails.
pub fn screen(
    saved: Saved,
    mind: Mind,
    recording: Option<Recording>,
    theme: Option<&str>,
    opening: Opening,
) -> anyhow::Result<Exit> {
    let name = theme.unwrap_or_else(|| default_theme());
    let theme = Theme::named(name).with_context(|| format!("{name:?} is not a theme"))?;
    // Before there are other threads: one that sets the environment while it is read would be a race.
    let utc_offset_secs = time::UtcOffset::current_local_offset().ok().map(time::UtcOffset::whole_seconds);
    let _log = log_file::start(saved.dir());
    let attachment = match (saved.run.outcome.is_some(), opening) {
        (true, _) => Attachment::Finished,
        (false, Opening::TakeUp) => Attachment::Live,
        (false, Opening::Look) => Attachment::Saved,
    };
    let (feed, to_screen) = mpsc::channel(FEED);
    let (commands, from_screen) = mpsc::channel(COMMANDS);
    let (bodies, wanted) = mpsc::channel(WANTED);
    let options = ScreenOptions { utc_offset_secs, ..ScreenOptions::default() };
    let (looks, asked) = mpsc::channel(LOOKS);
    let door = Door { feed: to_screen, commands, bodies, looks };

    let working = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")?;
    let kept = saved.keep();
    let pump = Pump {
        feed,
        commands: from_screen,
        wanted,
        asked,
        kept,
        tap: Tap::open(),
        mind,
        recording,
        run: saved.run.clone(),
        state: State::Saved(Some(Box::new(saved))),
        lost: None,
    };
    let pumping = working.spawn(pump.run(attachment));
    let watching = tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime")?;
    let left = watching.block_on(tui::show(door, attachment, theme, options)).context("the terminal")?;
    working.block_on(async move {
        let ended = pumping.await.context("the run")??;
        leave(ended, left).await
    })
}

/// A terminal's own colours, unless the user wants none (no-color.org).
pub(super) fn default_theme() -> &'static str {
    match std::env::var_os("NO_COLOR") {
        Some(value) if !value.is_empty() => "mono",
        _ => "ansi",
    }
}

/// What is left when the screen is gone.
struct Ended {
    run: Run,
    kept: Kept,
    engine: Option<(Engine, mpsc::Receiver<Vec<Event>>)>,
    /// Why the run could not be saved any further.
    lost: Option<EngineError>,
}

async fn leave(ended: Ended, left: Left) -> anyhow::Result<Exit> {
    let Ended { run, kept, engine, lost } = ended;
    if let Some(error) = lost {
        return Err(error.into());
    }
    let run = match engine {
        Some((engine, events)) if left == Left::Detach && run.outcome.is_none() => {
            // Nobody is left to let a held team go on.
            let _ = engine.command(Command::Resume).await;
            return headless::go_on(engine, kept, Watch::text(run), events).await;
        }
        Some((engine, events)) => {
            drop(events);
            let run = engine.stop(Parting::Interrupted).await?;
            kept.note_digest(&run);
            run
        }
        None => run,
    };
    match Exit::of(&run) {
        Some(exit) => {
            print::answer(&run, &kept.corpus(&run)?)?;
            headless::say_why_not(&kept.id, &run);
            Ok(exit)
        }
        None => {
            print::warn(&format!("saved; `delm resume {}` goes on", kept.id));
            Ok(Exit::Interrupted)
        }
    }
}

enum State {
    /// No agents yet; taken when they start.
    Saved(Option<Box<Saved>>),
    /// With its events, and why nothing can be saved for now.
    Live(Engine, mpsc::Receiver<Vec<Event>>, watch::Receiver<Option<Trouble>>),
}

/// Carries facts, text and bodies to the screen and commands to the engine.
struct Pump {
    feed: mpsc::Sender<Feed>,
    commands: mpsc::Receiver<Command>,
    wanted: mpsc::Receiver<BlobId>,
    asked: mpsc::Receiver<Look>,
    kept: Kept,
    tap: Tap,
    mind: Mind,
    /// Taken when the agents start.
    recording: Option<Recording>,
    /// Folded beside the screen's, so that leaving needs no screen.
    run: Run,
    state: State,
    lost: Option<EngineError>,
}

impl Pump {
    async fn run(mut self, attachment: Attachment) -> anyhow::Result<Ended> {
        if let State::Saved(Some(saved)) = &self.state {
            let _ = self.feed.send(Feed::Facts(saved.events.clone())).await;
        }
        if attachment == Attachment::Live {
            self.take_up().await?;
        }
        // The screen's door closing is the sign to stop.
        while !self.feed.is_closed() {
            tokio::select! {
                news = next_news(&mut self.state) => match news {
                    News::Events(batch) => self.show(batch).await,
                    News::Waits(why) => {
                        let text = headless::waiting(why.as_deref());
                        self.notice(&text).await;
                    }
                    News::Closed => self.lose().await,
                },
                seen = self.tap.look() => drop(self.feed.send(Feed::Live(seen)).await),
                Some(id) = self.wanted.recv() => self.fetch(id).await,
                Some(_) = self.asked.recv() => self.notice("this cannot be looked up yet").await,
                command = self.commands.recv() => match command {
                    Some(command) => self.carry(command).await?,
                    None => break,
                },
                () = self.feed.closed() => break,
            }
        }
        // Whoever decides and leaves in the same breath has decided.
        while let Ok(command) = self.commands.try_recv() {
            self.carry(command).await?;
        }
        self.tap.close();
        let engine = match self.state {
            State::Live(engine, events, _) => Some((engine, events)),
            State::Saved(_) => None,
        };
        Ok(Ended { run: self.run, kept: self.kept, engine, lost: self.lost })
    }

    /// The log cannot be written any more, so the agents have stopped; the screen stays for whoever wants to read.
    async fn lose(&mut self) {
        let State::Live(engine, ..) = std::mem::replace(&mut self.state, State::Saved(None)) else { return };
        self.lost = engine.stop(Parting::Interrupted).await.err();
        let why = self.why_lost();
        self.notice(&why).await;
        let _ = self.feed.send(Feed::Closed).await;
    }

    fn why_lost(&self) -> String {
        self.lost.as_ref().map_or_else(String::new, |error| format!("the team has stopped: {error}"))
    }

    async fn show(&mut self, batch: Vec<Event>) {
        batch.iter().for_each(|event| self.run.apply(event));
        let _ = self.feed.send(Feed::Facts(batch)).await;
    }

    async fn fetch(&mut self, id: BlobId) {
        let body = match tokio::task::block_in_place(|| self.kept.body(id)) {
            Ok(bytes) => Feed::Body { id, bytes: Arc::from(bytes) },
            Err(why) => Feed::Missing { id, why: why.to_string() },
        };
        let _ = self.feed.send(body).await;
    }

    async fn carry(&mut self, command: Command) -> anyhow::Result<()> {
        if self.run.outcome.is_some() {
            self.notice("the run has ended; nothing can be changed any more").await;
            return Ok(());
        }
        if self.lost.is_some() {
            let why = self.why_lost();
            self.notice(&why).await;
            return Ok(());
        }
        if let State::Saved(_) = self.state {
            self.take_up().await?;
            // Going on is what taking up does; anything else is done to a held team.
            if command == Command::Resume {
                return Ok(());
            }
            self.command(Command::Pause).await;
        }
        self.command(command).await;
        Ok(())
    }

    async fn command(&mut self, command: Command) {
        let State::Live(engine, _, trouble) = &mut self.state else { return };
        if let Err(refusal) = engine.command(command).await {
            if trouble.borrow().is_some() {
                // It says what the last try came to; told twice, it would be hidden at once.
                trouble.mark_unchanged();
            }
            self.notice(&refusal.to_string()).await;
        }
    }

    async fn notice(&mut self, text: &str) {
        let _ = self.feed.send(Feed::Notice(text.to_owned())).await;
    }

    async fn take_up(&mut self) -> anyhow::Result<()> {
        let State::Saved(saved) = &mut self.state else { return Ok(()) };
        let Some(saved) = saved.take() else { return Ok(()) };
        let (sender, events) = mpsc::channel(BATCHES);
        let replay = self.recording.take().map(|recording| recording.split().0).unwrap_or_default();
        let engine = saved.start(self.mind.clone(), Some(Audience::new(sender)), self.tap.clone(), replay).await?;
        let trouble = engine.trouble();
        self.state = State::Live(engine, events, trouble);
        Ok(())
    }
}

/// What the engine has to tell.
enum News {
    Events(Vec<Event>),
    /// Nothing can be saved, for this reason; or it can again.
    Waits(Option<String>),
    /// It writes no more.
    Closed,
}

/// Never returns when there is no engine. Cancel-safe.
async fn next_news(state: &mut State) -> News {
    let State::Live(_, events, trouble) = state else { return std::future::pending().await };
    tokio::select! {
        batch = events.recv() => batch.map_or(News::Closed, News::Events),
        Ok(()) = trouble.changed() => {
            News::Waits(trouble.borrow_and_update().as_ref().map(|trouble| trouble.why.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::Catalogue,
        run::{Fact, Media, Options, Section, Source, SourceId},
        store::{Body, RunDir},
    };

    const TEXT: &str = "The lighthouse at Cape Arden was built in 1871. Its lamp burns oil of colza.";

    fn saved(dir: &tempfile::TempDir) -> Saved {
        let text = Body::of(TEXT);
        let sections = vec![Section { title: "a".into(), span: 0..TEXT.len() }];
        let bytes = TEXT.len() as u64;
        let source = Source {
            id: SourceId(1),
            path: "a.txt".into(),
            media: Media::Text,
            bytes,
            text: text.id,
            sections,
            suspicions: vec![],
        };
        let question = "When was the lighthouse built?".to_owned();
        let started =
            Fact::RunStarted { question: question.clone(), paths: vec![], options: Box::new(Options::default()) };
        let runs = RunDir::open(dir.path()).unwrap();
        Saved::create(&runs, &question, vec![started, Fact::SourceRead { source }], &[text]).unwrap()
    }

    /// A pump, and what the screen holds of it.
    fn pump(saved: Saved) -> (Pump, mpsc::Receiver<Feed>, mpsc::Sender<Command>) {
        let (feed, to_screen) = mpsc::channel(FEED);
        let (commands, from_screen) = mpsc::channel(COMMANDS);
        let (_, wanted) = mpsc::channel(WANTED);
        let (_, asked) = mpsc::channel(LOOKS);
        let mind = Mind::of(&saved.run.options, &Catalogue::shipped()).unwrap();
        let (kept, run) = (saved.keep(), saved.run.clone());
        let state = State::Saved(Some(Box::new(saved)));
        let pump = Pump {
            feed,
            commands: from_screen,
            wanted,
            asked,
            kept,
            tap: Tap::open(),
            mind,
            recording: None,
            run,
            state,
            lost: None,
        };
        (pump, to_screen, commands)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_held_team_goes_on_when_its_screen_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let (pump, to_screen, commands) = pump(saved(&dir));
        // The key and the leaving in the same breath.
        commands.send(Command::Pause).await.unwrap();
        drop(to_screen);
        let ended = pump.run(Attachment::Saved).await.unwrap();
        assert!(ended.engine.is_some(), "the key was not lost");
        let left = tokio::time::timeout(std::time::Duration::from_secs(60), leave(ended, Left::Detach)).await;
        assert_eq!(left.expect("it does not hang").unwrap(), Exit::Answered);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_log_that_cannot_be_written_is_said_on_the_screen() {
        let dir = tempfile::tempdir().unwrap();
        let saved = saved(&dir);
        let file = RunDir::open(dir.path()).unwrap().file(&saved.id);
        let (pump, mut to_screen, _commands) = pump(saved);
        rusqlite::Connection::open(file).unwrap().execute_batch("DROP TABLE events").unwrap();
        let pumping = tokio::spawn(pump.run(Attachment::Live));
        let mut said = String::new();
        let told = async {
            while let Some(feed) = to_screen.recv().await {
                match feed {
                    Feed::Notice(text) => said = text,
                    Feed::Closed => break,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), told).await.expect("it is told");
        assert!(said.starts_with("the team has stopped: "), "{said:?}");
        drop(to_screen);
        assert!(leave(pumping.await.unwrap().unwrap(), Left::Quit).await.is_err());
    }
}
