//! Waits for keys, for the feed and for the clock; carries out effects; draws when the frame clock says so.
//!
//! The only place of the screen that does anything. It never waits for anybody: what does not fit is a notice.

use std::{
    future::pending,
    io::{self, Write, stdout},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crossterm::{
    clipboard::CopyToClipboard,
    event::{Event as Input, EventStream, KeyEventKind},
    execute,
};
use futures_util::StreamExt;
use tokio::sync::mpsc::error::TrySendError;

use crate::run::Timeline;

use super::{
    Attachment, Door, Feed, Left, ScreenOptions, Theme, draw,
    frame_clock::{Cause, FrameClock},
    msg::{Effect, Msg, Now, Size},
    terminal::Guard,
    ui::{Screen, Ui},
    update::update,
};

/// Messages of the feed that are folded before keys get their turn, and how long that may take.
const BATCH: usize = 256;
const BURST: Duration = Duration::from_millis(4);

/// Shows a run, as far as it has come, until the person leaves. Owns the terminal till it returns. Facts that the timeline
/// has folded already are still to come by the door, for the rest of the screen.
///
/// # Errors
/// When the terminal cannot be used.
pub async fn show(
    door: Door,
    timeline: Timeline,
    attachment: Attachment,
    (theme, options): (Theme, ScreenOptions),
) -> io::Result<Left> {
    let guard = Guard::enter()?;
    let size = guard.terminal.size()?;
    let clock = Clock::start();
    let ui = Ui::new(Size { width: size.width, height: size.height }, attachment, options, clock.now());
    Show { door, guard, theme, clock, ui, timeline, frames: FrameClock::default(), left: None, to_edit: None }
        .run()
        .await
}

/// Time since the epoch that does not jump when the wall clock is set.
struct Clock {
    started: Instant,
    epoch: i64,
}

impl Clock {
    fn start() -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        Clock { started: Instant::now(), epoch }
    }

    fn now(&self) -> Now {
        Now(self.epoch + self.started.elapsed().as_millis() as i64)
    }

    fn instant(&self, at: Now) -> Instant {
        self.started + Duration::from_millis(at.0.saturating_sub(self.epoch).max(0) as u64)
    }
}

struct Show {
    door: Door,
    guard: Guard,
    theme: Theme,
    clock: Clock,
    ui: Ui,
    timeline: Timeline,
    frames: FrameClock,
    left: Option<Left>,
    /// A text that the editor waits for.
    to_edit: Option<String>,
}

impl Show {
    async fn run(mut self) -> io::Result<Left> {
        let mut keys = EventStream::new();
        let mut hang_up = Box::pin(hang_up());
        let mut fed = true;
        // What is there already is laid out before the first frame.
        self.handle(Msg::Resize(self.ui.size))?;
        loop {
            if let Some(left) = self.left.take() {
                return Ok(left);
            }
            if let Some(text) = self.to_edit.take() {
                // Two readers of one terminal would each get half of what is typed.
                drop(keys);
                let went_on = tokio::select! {
                    edited = self.edit(text) => edited?,
                    () = &mut hang_up => return Ok(Left::Interrupted),
                };
                if !went_on {
                    fed = false;
                }
                keys = EventStream::new();
            }
            if self.frames.is_due(Instant::now()) {
                self.draw()?;
            }
            let wake = self.wakes_at();
            // Every branch is cancel-safe: nothing is lost when another one wins.
            tokio::select! {
                biased;
                input = keys.next() => match input {
                    Some(input) => self.on_input(input?)?,
                    None => return Ok(Left::Interrupted),
                },
                () = &mut hang_up => return Ok(Left::Interrupted),
                () = sleep_until(wake) => {
                    if !self.frames.is_due(Instant::now()) {
                        self.handle(Msg::Tick)?;
                    }
                }
                feed = self.door.feed.recv(), if fed => {
                    fed = feed.is_some();
                    self.on_feed(feed)?;
                }
            }
        }
    }

    /// Lends the terminal to the editor. Facts are folded meanwhile, so that nobody has to wait for the screen; nothing
    /// is drawn. False when the feed has ended.
    async fn edit(&mut self, text: String) -> io::Result<bool> {
        self.guard.lend()?;
        let (sender, mut edited) = tokio::sync::oneshot::channel();
        let editor = self.door.editor;
        // A thread of its own: the run can be left although an editor is still open.
        std::thread::spawn(move || sender.send(editor(&text)));
        let _ignored = ignore_interrupts();
        let mut fed = true;
        let text = loop {
            tokio::select! {
                text = &mut edited => break text.unwrap_or_else(|_| Err("the editor ended unexpectedly".to_owned())),
                feed = self.door.feed.recv(), if fed => {
                    fed = feed.is_some();
                    self.on_feed(feed)?;
                }
            }
        };
        self.guard.retake()?;
        self.handle(Msg::Edited(text))?;
        Ok(fed)
    }

    fn wakes_at(&self) -> Option<Instant> {
        let frame = self.frames.deadline(Instant::now());
        let state = self.ui.wakes_at(self.timeline.head()).map(|at| self.clock.instant(at));
        [frame, state].into_iter().flatten().min()
    }

    fn on_input(&mut self, input: Input) -> io::Result<()> {
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => self.handle(Msg::Key(key)),
            Input::Paste(text) => self.handle(Msg::Paste(text)),
            Input::Resize(width, height) => self.handle(Msg::Resize(Size { width, height })),
            _ => Ok(()),
        }
    }

    fn on_feed(&mut self, feed: Option<Feed>) -> io::Result<()> {
        self.handle(Msg::Feed(feed.unwrap_or(Feed::Closed)))?;
        let began = Instant::now();
        for _ in 1..BATCH {
            if began.elapsed() > BURST {
                break;
            }
            match self.door.feed.try_recv() {
                Ok(feed) => self.handle(Msg::Feed(feed))?,
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn handle(&mut self, msg: Msg) -> io::Result<()> {
        Guard::own();
        match msg {
            // What streams now is not in sight.
            Msg::Feed(Feed::Live(_)) if self.ui.past.is_some() => {}
            Msg::Feed(Feed::Live(_)) => self.frames.mark(Cause::Streamed),
            Msg::Key(_) => self.frames.mark(Cause::Pressed),
            _ => self.frames.mark(Cause::Changed),
        }
        let effects = update(&mut self.ui, &mut self.timeline, msg, self.clock.now());
        effects.into_iter().try_for_each(|effect| self.perform(effect))
    }

    fn perform(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Send(command) => match self.door.commands.try_send(command) {
                Ok(()) => Ok(()),
                Err(TrySendError::Full(_)) => self.say("the engine is busy: that was not sent, try again"),
                Err(TrySendError::Closed(_)) => self.say("nobody takes commands any more: the engine is gone"),
            },
            Effect::Fetch(id) => match self.door.bodies.try_send(id) {
                Ok(()) => Ok(()),
                Err(TrySendError::Full(id)) => self.handle(Msg::NotAsked(id)),
                Err(TrySendError::Closed(id)) => {
                    self.handle(Msg::Feed(Feed::Missing { id, why: "the store is closed".to_owned() }))
                }
            },
            Effect::Look(look) => match self.door.looks.try_send(look) {
                Ok(()) => Ok(()),
                Err(TrySendError::Full(_)) => self.say("still busy with what was asked before: try again"),
                Err(TrySendError::Closed(_)) => self.say("nobody is there to look it up"),
            },
            Effect::Edit(text) => {
                self.to_edit = Some(text);
                Ok(())
            }
            Effect::Suspend => self.guard.suspend(),
            Effect::Redraw => self.guard.blank(),
            Effect::Bell => {
                stdout().write_all(b"\x07")?;
                stdout().flush()
            }
            Effect::Copy(text) => execute!(stdout(), CopyToClipboard::to_clipboard_from(text)),
            Effect::Leave(left) => {
                if let Left::Open(run) = &left
                    && let Err(why) = (self.door.opens)(run)
                {
                    return self.say(&why);
                }
                self.left = Some(left);
                Ok(())
            }
        }
    }

    fn say(&mut self, sentence: &str) -> io::Result<()> {
        self.handle(Msg::Feed(Feed::Notice(sentence.to_owned())))
    }

    fn draw(&mut self) -> io::Result<()> {
        let screen = Screen { ui: &self.ui, timeline: &self.timeline, theme: &self.theme };
        self.guard.terminal.draw(|frame| draw::draw(frame, &screen))?;
        self.frames.mark_drawn(Instant::now());
        Ok(())
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => pending().await,
    }
}

/// A Ctrl-C in the editor's terminal is the editor's alone.
#[cfg(unix)]
fn ignore_interrupts() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

#[cfg(not(unix))]
fn ignore_interrupts() {}

/// The terminal was closed, or somebody asks us to end.
async fn hang_up() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (hup, term) = (signal(SignalKind::hangup()), signal(SignalKind::terminate()));
        if let (Ok(mut hup), Ok(mut term)) = (hup, term) {
            tokio::select! {
                _ = hup.recv() => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    pending().await
}
