//! A text to type into, inside a frame. What is typed or pasted here is text and decides nothing, and one Esc does not
//! lose it.

use crossterm::event::KeyEvent;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    widgets::Widget,
};
use tui_textarea::{CursorMove, TextArea, WrapMode};

use crate::{
    plain::{plain, plain_line},
    tui::{
        theme::{Role, Theme},
        widget::wrap,
    },
};

/// Whether Enter and pasted line breaks make lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    One,
    Many,
}

/// Leaving a changed text takes a second Esc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    No,
    Asked,
}

pub struct Field {
    area: TextArea<'static>,
    lines: Lines,
    original: String,
    leaving: Leaving,
}

impl Field {
    /// What is edited is what is seen: the text is sanitised first.
    #[must_use]
    pub fn new(text: &str, lines: Lines) -> Self {
        let text = plain(text).into_owned();
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        area.set_cursor_line_style(Style::default());
        area.set_cursor_style(Style::default().add_modifier(Modifier::REVERSED));
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_max_histories(200);
        Field { area, lines, original: text, leaving: Leaving::No }
    }

    #[must_use]
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.text() != self.original
    }

    /// Puts another text in its place, with the cursor at its end.
    pub fn set(&mut self, text: &str) {
        self.area.select_all();
        self.area.cut();
        self.on_paste(text);
    }

    /// Characters before the cursor in its line.
    #[must_use]
    pub fn column(&self) -> usize {
        self.area.cursor().1
    }

    /// Puts the cursor behind so many characters of the first line.
    pub fn go_to(&mut self, column: usize) {
        self.area.move_cursor(CursorMove::Jump(0, u16::try_from(column).unwrap_or(u16::MAX)));
    }

    /// Lines of the text at a width, as near as can be told before it is drawn.
    #[must_use]
    pub fn height(&self, cells: u16) -> usize {
        wrap::wrap(&self.text(), usize::from(cells), 0).len()
    }

    /// Lines above and below those that were drawn last.
    #[must_use]
    pub fn hidden(&self, drawn: Rect) -> (usize, usize) {
        let mut end = self.area.clone();
        end.move_cursor(CursorMove::Bottom);
        end.move_cursor(CursorMove::End);
        let above = usize::from(self.area.scroll_offset().0);
        (above, (end.screen_cursor().row + 1).saturating_sub(above + usize::from(drawn.height)))
    }

    /// Whether it may be left now: a changed text only when that was asked before.
    pub fn may_leave(&mut self) -> bool {
        let may = !self.is_changed() || self.leaving == Leaving::Asked;
        self.leaving = Leaving::Asked;
        may
    }

    /// It is not left.
    pub fn stay(&mut self) {
        self.leaving = Leaving::No;
    }

    /// What stands below the text: the question whether to leave it, while that is asked.
    #[must_use]
    pub fn or_asked<'a>(&self, otherwise: &'a str) -> (&'a str, Role) {
        match self.leaving {
            Leaving::No => (otherwise, Role::Dim),
            Leaving::Asked => ("Throw away what you wrote? Esc again does; any text key goes on.", Role::Warn),
        }
    }

    pub fn on_key(&mut self, key: KeyEvent) {
        self.stay();
        self.area.input(key);
    }

    pub fn on_paste(&mut self, text: &str) {
        self.stay();
        // Terminals hand over pasted line breaks as carriage returns.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.area.insert_str(match self.lines {
            Lines::One => plain_line(&text),
            Lines::Many => plain(&text),
        });
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        (&self.area).render(area, buffer);
        buffer.set_style(area, theme.style(Role::Text));
    }
}
