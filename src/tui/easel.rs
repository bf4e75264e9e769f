//! The screen without a terminal and without a clock: what it is fed, and what it would send to the terminal. Benches and
//! counts draw on it; the program never does.

use std::{
    cell::Cell,
    io::{self, Write},
    rc::Rc,
};

use crossterm::event::KeyEvent;
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};

use crate::run::Timeline;

use super::{
    Attachment, Feed, ScreenOptions, Theme, draw,
    msg::{Msg, Now, Size},
    ui::{Screen, Ui},
    update::update,
};

/// A live run's screen of a fixed size. What the screen wants done, such as fetching a body, is not done.
pub struct Easel {
    ui: Ui,
    timeline: Timeline,
    theme: Theme,
    now: Now,
    terminal: Terminal<CrosstermBackend<Scale>>,
    sent: Rc<Cell<usize>>,
}

impl Easel {
    /// An empty screen, in cells, opened at a time in milliseconds since the epoch.
    ///
    /// # Panics
    /// When ratatui gains a reason to refuse a fixed area.
    #[must_use]
    pub fn new(width: u16, height: u16, theme: Theme, now: i64) -> Self {
        let now = Now(now);
        let ui = Ui::new(Size { width, height }, Attachment::Live, ScreenOptions::default(), now);
        let sent = Rc::new(Cell::new(0));
        let area = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, width, height)) };
        let terminal = Terminal::with_options(CrosstermBackend::new(Scale(Rc::clone(&sent))), area)
            .expect("a fixed area asks no terminal");
        Easel { ui, timeline: Timeline::default(), theme, now, terminal, sent }
    }

    /// Takes in what the screen is told, as the event loop would at this time.
    pub fn feed(&mut self, feed: Feed, now: i64) {
        self.now = Now(now);
        drop(update(&mut self.ui, &mut self.timeline, Msg::Feed(feed), self.now));
    }

    /// Takes a key, as the event loop would at this time.
    pub fn press(&mut self, key: KeyEvent, now: i64) {
        self.now = Now(now);
        drop(update(&mut self.ui, &mut self.timeline, Msg::Key(key), self.now));
    }

    /// Draws a frame; gives the bytes that go to the terminal for it.
    ///
    /// # Panics
    /// Never: counting bytes does not fail.
    pub fn draw(&mut self) -> usize {
        let before = self.sent.get();
        let screen = Screen { ui: &self.ui, timeline: &self.timeline, theme: &self.theme };
        self.terminal.draw(|frame| draw::draw(frame, &screen)).expect("counting bytes does not fail");
        self.sent.get() - before
    }
}

/// Counts bytes and forgets them.
struct Scale(Rc<Cell<usize>>);

impl Write for Scale {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
