//! The screen without a terminal: whoever holds it hands in what happens, and says when it is and where to draw. It asks
//! nobody for anything, so what a key would have sent goes nowhere.

use crossterm::event::KeyEvent;
use ratatui::Frame;

use crate::run::Timeline;

use super::{
    Attachment, Feed, ScreenOptions, Theme, draw,
    msg::{Msg, Now, Size},
    ui::{Screen, Ui},
    update::update,
};

/// A screen on a team at work. Times are milliseconds since the epoch and never run backwards.
pub struct Offscreen {
    ui: Ui,
    timeline: Timeline,
    theme: Theme,
}

impl Offscreen {
    /// For a terminal of so many columns and rows.
    #[must_use]
    pub fn new((width, height): (u16, u16), theme: Theme, now: i64) -> Self {
        let ui = Ui::new(Size { width, height }, Attachment::Live, ScreenOptions::default(), Now(now));
        Offscreen { ui, timeline: Timeline::default(), theme }
    }

    pub fn tell(&mut self, feed: Feed, now: i64) {
        update(&mut self.ui, &mut self.timeline, Msg::Feed(feed), Now(now));
    }

    pub fn press(&mut self, key: KeyEvent, now: i64) {
        update(&mut self.ui, &mut self.timeline, Msg::Key(key), Now(now));
    }

    pub fn draw(&self, frame: &mut Frame) {
        draw::draw(frame, &Screen { ui: &self.ui, timeline: &self.timeline, theme: &self.theme });
    }
}
