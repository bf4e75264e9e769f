//! A page in a frame that scrolls. What the views have in common.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    action::Action,
    theme::Theme,
    widget::page::{Page, Scroll},
};

#[derive(Debug, Default)]
pub struct Reader {
    page: Page,
    pub scroll: Scroll,
    room: usize,
    /// What the page was made from; another stamp needs another page.
    stamp: Option<(u64, u64)>,
}

impl Reader {
    /// Replaces the page when the stamp says that it is no longer right. The place is kept.
    pub fn refresh(&mut self, stamp: (u64, u64), page: impl FnOnce() -> Page) {
        if self.stamp != Some(stamp) {
            self.stamp = Some(stamp);
            self.page = page();
        }
    }

    /// Whether the page is not the one of this stamp.
    #[must_use]
    pub fn is_stale(&self, stamp: (u64, u64)) -> bool {
        self.stamp != Some(stamp)
    }

    /// Makes the next refresh build anew, from the top.
    pub fn restart(&mut self) {
        (self.stamp, self.scroll) = (None, Scroll::default());
    }

    /// The next refresh builds anew.
    pub fn outdate(&mut self) {
        self.stamp = None;
    }

    #[must_use]
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// `inside` is the frame's inside.
    pub fn settle(&mut self, inside: Rect) {
        self.room = usize::from(inside.height);
        self.page.set_width(usize::from(inside.width));
        self.scroll.settle(self.page.height(), self.room);
    }

    /// Brings lines into sight, with some context above.
    pub fn reveal(&mut self, lines: std::ops::Range<usize>) {
        if lines.start < self.scroll.top || lines.end > self.scroll.top + self.room {
            self.scroll.top = lines.start.saturating_sub(self.room / 4);
            self.scroll.settle(self.page.height(), self.room);
        }
    }

    /// Lines before `line` that are below the window.
    #[must_use]
    pub fn lines_to(&self, line: usize) -> usize {
        self.scroll.below(line, self.room)
    }

    /// Lines below the window.
    #[must_use]
    pub fn below(&self) -> usize {
        self.scroll.below(self.page.height(), self.room)
    }

    pub fn on_action(&mut self, action: Action) {
        let page = self.room.max(2) as isize - 1;
        match action {
            Action::Down => self.scroll.by(1),
            Action::Up => self.scroll.by(-1),
            Action::PageDown => self.scroll.by(page),
            Action::PageUp => self.scroll.by(-page),
            Action::HalfDown => self.scroll.by(page / 2 + 1),
            Action::HalfUp => self.scroll.by(-(page / 2 + 1)),
            Action::First => self.scroll.top = 0,
            Action::Last => self.scroll.top = self.page.height(),
            _ => return,
        }
        self.scroll.settle(self.page.height(), self.room);
    }

    /// `12–40 of 300`; nothing when all is in sight.
    #[must_use]
    pub fn place(&self) -> String {
        let height = self.page.height();
        match height > self.room {
            true => format!("{}–{} of {height}", self.scroll.top + 1, (self.scroll.top + self.room).min(height)),
            false => String::new(),
        }
    }

    /// `37 lines ↓`; nothing when the end is in sight.
    #[must_use]
    pub fn beyond(&self) -> String {
        match self.below() {
            0 => String::new(),
            1 => "1 line ↓".to_owned(),
            lines => format!("{lines} lines ↓"),
        }
    }

    pub fn draw(&self, buffer: &mut Buffer, inside: Rect, theme: &Theme) {
        self.page.draw(buffer, inside, self.scroll.top, theme);
    }
}

/// Cells of a line beyond which the eye loses the next one.
const READABLE: u16 = 112;

/// Inside the frame of a panel that is seen at a glance.
#[must_use]
pub fn inside_wide(area: Rect) -> Rect {
    Rect { width: area.width.saturating_sub(4), ..inside(area) }
}

/// Inside the frame of a view, with a cell of air at both sides.
#[must_use]
pub fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4).min(READABLE),
        height: area.height.saturating_sub(2),
    }
}
