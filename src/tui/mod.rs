//! The screen. Knows `run` only: it is handed facts and hands back commands, and cannot tell live from replay.
//!
//! `event_loop` is the only file that does anything; `update` turns a message into state and effects, `draw` turns
//! state into cells. Every key is a row of `action`.

pub mod action;
mod arming;
mod bodies;
mod calls;
mod completion;
mod condition;
mod copy;
mod curl;
mod difference;
mod draw;
mod easel;
mod event_loop;
mod excerpt;
#[cfg(test)]
mod fixture;
mod frame_clock;
pub mod keymap;
mod lane;
mod layout;
mod look;
mod marks;
mod modal;
mod msg;
mod notices;
mod pane;
mod pick;
mod player;
mod pulse;
mod request;
mod scrub;
mod sheet;
mod shortcut;
mod stopwatch;
mod stream;
mod tape;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod ui;
mod under;
mod update;
mod watches;
mod widget;
mod words;

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::run::{BlobId, Command, Event, Live, RunId, Seq, line::Look, report::Report};

pub use easel::Easel;
pub use event_loop::show;
pub use pick::{Choice, Picked, pick};
pub use theme::{Role, Theme};

/// What the screen is told.
#[derive(Debug)]
pub enum Feed {
    /// The next facts; first those of a run that was shown before its log was handed over.
    Facts(Vec<Event>),
    /// The log is damaged: only what was handed over so far is whole, as the sentence says.
    Lost(String),
    Live(Vec<Live>),
    /// A body that was asked for.
    Body {
        id: BlobId,
        bytes: Arc<[u8]>,
    },
    Missing {
        id: BlobId,
        why: String,
    },
    /// What was looked for outside the run.
    Report(Report),
    /// A refusal or a warning, as a sentence.
    Notice(String),
    Saving(Saving),
    /// The engine is gone: the run is over, or was stopped.
    Closed,
}

/// Whether what happens gets into the run's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saving {
    Goes,
    /// It cannot be written, and the run waits for that.
    Waits,
}

/// What stands behind the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    Live,
    /// Another process has the run in hand: what it writes is shown, and what is asked here is sent to it.
    Following(Holding),
    /// An unfinished run without an engine; resuming it starts one.
    Saved,
    /// Read-only.
    Finished,
}

impl Attachment {
    /// Whether a team may be at work, here or elsewhere.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Attachment::Live | Attachment::Following(_))
    }
}

/// The process that has a run in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Unknown where a locked file cannot be read.
    pub pid: Option<u32>,
    /// Milliseconds since the Unix epoch.
    pub since: Option<i64>,
}

/// The screen's only way in and out. Sending never waits: what does not fit is refused with a notice.
pub struct Door {
    pub feed: mpsc::Receiver<Feed>,
    pub commands: mpsc::Sender<Command>,
    pub bodies: mpsc::Sender<BlobId>,
    /// What only somebody with other runs at hand can answer: comparisons, families, forks that are run to their end.
    pub looks: mpsc::Sender<Look>,
    /// The person's own editor.
    pub editor: Editor,
    pub opens: Opens,
}

/// Whether another run can be opened, or a sentence about why not: asked before this one is left for it.
pub type Opens = Box<dyn Fn(&RunId) -> Result<(), String>>;

/// Lets the person change a text, waits until they are done, and gives it back; or a sentence about why not. The
/// terminal is free meanwhile.
pub type Editor = fn(&str) -> Result<String, String>;

/// Why the screen was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// Stop and save.
    Quit,
    /// The run goes on without a screen.
    Detach,
    /// For a fork of this run, held at an event, or where it ends; this one is stopped and saved.
    Fork(Option<Seq>),
    /// For another run; this one is stopped and saved.
    Open(RunId),
    /// Two Ctrl-C, a closed terminal or a signal: stop and save, now.
    Interrupted,
}

/// Whether a decision that opens while nobody types makes a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bell {
    #[default]
    Ring,
    Silent,
}

#[derive(Debug, Clone, Default)]
pub struct ScreenOptions {
    pub bell: Bell,
    /// Seconds east of UTC, for times of the day; unknown shows UTC and says so.
    pub utc_offset_secs: Option<i32>,
}
