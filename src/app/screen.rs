//! A run on the screen. The screen has a thread and a runtime of its own, so that no agent's work can make a key wait;
//! between the two runs the pump, which is all that each knows of the other.

use std::{io::IsTerminal as _, sync::Arc};

use anyhow::{Context as _, ensure};
use tokio::sync::mpsc;

use crate::{
    engine::{Audience, Engine, Tap},
    run::{BlobId, Command, Event, Parting, Run},
    tui::{self, Attachment, Door, Feed, Left, ScreenOptions, Theme},
};

use super::{
    Exit, Mind, Saved,
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
pub fn screen(saved: Saved, mind: Mind, theme: Option<&str>, opening: Opening) -> anyhow::Result<Exit> {
    let name = theme.unwrap_or_else(|| default_theme());
    let theme = Theme::named(name).with_context(|| format!("{name:?} is not a theme"))?;
    let _log = log_file::start(saved.dir());
    let attachment = match (saved.run.outcome.is_some(), opening) {
        (true, _) => Attachment::Finished,
        (false, Opening::TakeUp) => Attachment::Live,
        (false, Opening::Look) => Attachment::Saved,
    };
    let (feed, to_screen) = mpsc::channel(FEED);
    let (commands, from_screen) = mpsc::channel(COMMANDS);
    let (bodies, wanted) = mpsc::channel(WANTED);
    let options = ScreenOptions::default();
    let door = Door { feed: to_screen, commands, bodies };

    let working = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")?;
    let kept = saved.keep()?;
    let pump = Pump {
        feed,
        commands: from_screen,
        wanted,
        kept,
        tap: Tap::open(),
        mind,
        run: saved.run.clone(),
        state: State::Saved(Some(Box::new(saved))),
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
fn default_theme() -> &'static str {
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
}

async fn leave(ended: Ended, left: Left) -> anyhow::Result<Exit> {
    let Ended { run, kept, engine } = ended;
    let run = match engine {
        Some((engine, events)) if left == Left::Detach && run.outcome.is_none() => {
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
            headless::say_why_not(&run);
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
    Live(Engine, mpsc::Receiver<Vec<Event>>),
}

/// Carries facts, text and bodies to the screen and commands to the engine.
struct Pump {
    feed: mpsc::Sender<Feed>,
    commands: mpsc::Receiver<Command>,
    wanted: mpsc::Receiver<BlobId>,
    kept: Kept,
    tap: Tap,
    mind: Mind,
    /// Folded beside the screen's, so that leaving needs no screen.
    run: Run,
    state: State,
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
                Some(batch) = next_batch(&mut self.state) => self.show(batch).await,
                seen = self.tap.look() => drop(self.feed.send(Feed::Live(seen)).await),
                Some(id) = self.wanted.recv() => self.fetch(id).await,
                command = self.commands.recv() => match command {
                    Some(command) => self.carry(command).await?,
                    None => break,
                },
                () = self.feed.closed() => break,
            }
        }
        let engine = match self.state {
            State::Live(engine, events) => Some((engine, events)),
            State::Saved(_) => None,
        };
        Ok(Ended { run: self.run, kept: self.kept, engine })
    }

    async fn show(&mut self, batch: Vec<Event>) {
        batch.iter().for_each(|event| self.run.apply(event));
        let _ = self.feed.send(Feed::Facts(batch)).await;
    }

    async fn fetch(&mut self, id: BlobId) {
        let body = match self.kept.body(id) {
            Ok(bytes) => Feed::Body { id, bytes: Arc::from(bytes) },
            Err(why) => Feed::Missing { id, why: why.to_string() },
        };
        let _ = self.feed.send(body).await;
    }

    async fn carry(&mut self, command: Command) -> anyhow::Result<()> {
        if self.run.outcome.is_some() {
            return self.notice("the run has ended; nothing can be changed any more").await;
        }
        if let State::Saved(_) = self.state {
            self.take_up().await?;
            // Going on is what taking up does; anything else is done to a held team.
            if command == Command::Resume {
                return Ok(());
            }
            self.refused(Command::Pause).await?;
        }
        self.refused(command).await
    }

    async fn refused(&mut self, command: Command) -> anyhow::Result<()> {
        let State::Live(engine, _) = &self.state else { return Ok(()) };
        match engine.command(command).await {
            Ok(()) => Ok(()),
            Err(refusal) => self.notice(&refusal.to_string()).await,
        }
    }

    async fn notice(&mut self, text: &str) -> anyhow::Result<()> {
        let _ = self.feed.send(Feed::Notice(text.to_owned())).await;
        Ok(())
    }

    async fn take_up(&mut self) -> anyhow::Result<()> {
        let State::Saved(saved) = &mut self.state else { return Ok(()) };
        let Some(saved) = saved.take() else { return Ok(()) };
        let (sender, events) = mpsc::channel(BATCHES);
        let engine = saved.start(self.mind.clone(), Some(Audience::new(sender)), self.tap.clone()).await?;
        self.state = State::Live(engine, events);
        Ok(())
    }
}

/// The next events; `None` for ever when there is no engine.
async fn next_batch(state: &mut State) -> Option<Vec<Event>> {
    match state {
        State::Live(_, events) => events.recv().await,
        State::Saved(_) => None,
    }
}
