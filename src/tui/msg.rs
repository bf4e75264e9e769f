//! What can happen to the screen, and what it may do about it. Both are data.

use crossterm::event::KeyEvent;

use crate::run::{BlobId, Command, line::Look};

use super::{Feed, Left};

/// The time, in milliseconds since the Unix epoch, that never runs backwards. Handed in by the event loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Now(pub i64);

impl Now {
    /// Milliseconds since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Now) -> i64 {
        self.0 - earlier.0
    }
}

/// Size of the terminal, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    pub width: u16,
    pub height: u16,
}

#[derive(Debug)]
pub enum Msg {
    Key(KeyEvent),
    Paste(String),
    Resize(Size),
    Feed(Feed),
    /// Nothing happened but the passing of time.
    Tick,
    /// A body could not be asked for just now; it will be asked for again.
    NotAsked(BlobId),
    /// The editor was closed: the text as it was saved, or why there is none.
    Edited(Result<String, String>),
}

/// What the event loop is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Send(Command),
    Fetch(BlobId),
    Look(Look),
    /// Hand a text and the terminal to the person's editor.
    Edit(String),
    /// Stop the process until the shell continues it.
    Suspend,
    /// Draw every cell again.
    Redraw,
    Bell,
    /// Hand a text to the terminal's clipboard. It is harmless and short enough.
    Copy(String),
    Leave(Left),
}
