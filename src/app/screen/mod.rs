//! A run on the screen. The screen has a thread and a runtime of its own, so that no agent's work can make a key wait;
//! between the two runs the pump, which is all that each knows of the other.

mod asked;
mod pump;

use std::io::IsTerminal as _;

use anyhow::{Context as _, ensure};
use tokio::{runtime::Runtime, sync::mpsc};

use crate::{
    engine::{Engine, EngineError, Unrecorded},
    run::{Command, Event, Parting, Run, RunId},
    store::RunDir,
    tui::{self, Attachment, Door, Left, ScreenOptions, Theme},
};

use super::{
    Exit, Fork, Kept, Minds, Recorder, Recording, Saved, Stand,
    follow::Following,
    fork,
    headless::{self, Watch},
    log_file, print, runtime,
};

pub(super) use asked::about;
use pump::Pump;

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

/// What a screen has beside its run: other runs, what their agents think with, and where what is done is written down.
pub struct Around {
    pub runs: RunDir,
    pub minds: Minds,
    pub theme: Option<String>,
    pub recorder: Option<Recorder>,
}

/// Shows the run until the human leaves; then the answer, or how to go on, is on the normal screen. Who leaves for
/// another run has that one in front of them.
///
/// # Errors
/// When the run's file or the terminal fails.
pub fn screen(
    saved: Saved,
    recording: Option<Recording>,
    opening: Opening,
    mut around: Around,
) -> anyhow::Result<Exit> {
    let name = around.theme.as_deref().unwrap_or_else(|| default_theme());
    let theme = Theme::named(name).with_context(|| format!("{name:?} is not a theme"))?;
    // Before there are other threads: one that sets the environment while it is read would be a race.
    let utc_offset_secs = time::UtcOffset::current_local_offset().ok().map(time::UtcOffset::whole_seconds);
    let options = ScreenOptions { utc_offset_secs, ..ScreenOptions::default() };
    let _log = log_file::start(saved.dir());
    let working = runtime::of_a_team()?;
    let mut next = Next { saved, recording, opening, greeting: None };
    loop {
        let (ended, left) = show(next, &mut around, &working, (&theme, &options))?;
        next = match left {
            Left::Fork(at) => {
                let id = working.block_on(let_go(ended))?;
                let wish = Fork { at, commands: vec![], stand: Stand::Hold, unrecorded: Unrecorded::Send };
                let made = fork(&around.runs, &id.0, wish);
                let made = made.map(|(saved, recording)| (saved, Some(recording)));
                Next::or_back(made, &id.0, &around)?
            }
            Left::Open(wanted) => {
                let id = working.block_on(let_go(ended))?;
                Next::or_back(Saved::glance(&around.runs, &wanted.0).map(|saved| (saved, None)), &id.0, &around)?
            }
            left => return working.block_on(leave(ended, left)),
        };
    }
}

/// What comes on the screen.
struct Next {
    saved: Saved,
    recording: Option<Recording>,
    opening: Opening,
    /// Said as it comes.
    greeting: Option<String>,
}

impl Next {
    /// A fork goes on, held; another run is looked at. When neither can be had, the old run is looked at again, and says
    /// why.
    fn or_back(made: anyhow::Result<(Saved, Option<Recording>)>, old: &str, around: &Around) -> anyhow::Result<Self> {
        match made {
            Ok((saved, recording)) => {
                let (opening, greeting) = match recording {
                    Some(_) => (Opening::TakeUp, format!("{}, fork of {old}", saved.id)),
                    None => (Opening::Look, format!("this is {}", saved.id)),
                };
                Ok(Next { saved, recording, opening, greeting: Some(greeting) })
            }
            Err(why) => {
                let saved = Saved::glance(&around.runs, old)?;
                Ok(Next { saved, recording: None, opening: Opening::Look, greeting: Some(format!("{why:#}")) })
            }
        }
    }
}

fn show(
    next: Next,
    around: &mut Around,
    working: &Runtime,
    (theme, options): (&Theme, &ScreenOptions),
) -> anyhow::Result<(Ended, Left)> {
    let Next { mut saved, recording, opening, greeting } = next;
    let following = match opening {
        Opening::Look if recording.is_none() => Following::begin(&saved),
        _ => None,
    };
    let attachment = match (saved.run.outcome.is_some() && recording.is_none(), opening, &following) {
        (true, ..) => Attachment::Finished,
        (false, Opening::TakeUp, _) => Attachment::Live,
        (false, Opening::Look, Some(following)) => Attachment::Following(following.holding()),
        (false, Opening::Look, None) => Attachment::Saved,
    };
    let (feed, to_screen) = mpsc::channel(FEED);
    let (commands, from_screen) = mpsc::channel(COMMANDS);
    let (bodies, wanted) = mpsc::channel(WANTED);
    let (looks, asked) = mpsc::channel(LOOKS);
    let runs = around.runs.clone();
    let opens = move |run: &RunId| Saved::glance(&runs, &run.0).map(drop).map_err(|why| format!("{why:#}"));
    let editor = crate::app::editor::edit;
    let door = Door { feed: to_screen, commands, bodies, looks, editor, opens: Box::new(opens) };
    let timeline = std::mem::take(&mut saved.timeline);
    let mut pump = Pump::new(saved, recording, (around.runs.clone(), around.minds.clone()));
    (pump.greeting, pump.recorder) = (greeting, around.recorder.take());
    if let Some(following) = following {
        pump.follow(following);
    }
    let pumping = working.spawn(pump.run(attachment, pump::Ends { feed, commands: from_screen, wanted, asked }));
    let watching = runtime::of_one_thread()?;
    let showing = tui::show(door, timeline, attachment, (theme.clone(), options.clone()));
    let left = watching.block_on(showing).context("the terminal")?;
    let mut ended = working.block_on(pumping).context("the run")??;
    around.recorder = ended.recorder.take();
    Ok((ended, left))
}

/// A terminal's own colours, unless the user wants none (no-color.org).
pub(super) fn default_theme() -> &'static str {
    match std::env::var_os("NO_COLOR") {
        Some(value) if !value.is_empty() => "mono",
        _ => "ansi",
    }
}

/// What is left when the screen is gone.
pub(crate) struct Ended {
    run: Run,
    kept: Kept,
    recorder: Option<Recorder>,
    engine: Option<(Engine, mpsc::Receiver<Vec<Event>>)>,
    /// Who has the run in hand, when that is another process.
    holder: Option<String>,
    /// Why the run could not be saved any further.
    lost: Option<EngineError>,
}

/// Stops and saves.
async fn let_go(ended: Ended) -> anyhow::Result<crate::run::RunId> {
    let Ended { kept, engine, lost, .. } = ended;
    if let Some(error) = lost {
        return Err(error.into());
    }
    if let Some((engine, events)) = engine {
        drop(events);
        kept.note_digest(&engine.stop(Parting::Interrupted).await?);
    }
    Ok(kept.id)
}

async fn leave(ended: Ended, left: Left) -> anyhow::Result<Exit> {
    let Ended { run, kept, engine, holder, lost, recorder: _ } = ended;
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
    if let Some(holder) = holder {
        print::warn(&format!("{holder} goes on with {}; `delm open {0}` shows it", kept.id));
        return Ok(Exit::Saved);
    }
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
