//! How a question with a few answers looks: a key, a name and what it does, a line each.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::plain_line,
    tui::{
        action::Action,
        theme::Role,
        ui::Screen,
        widget::{
            frame::{self, Titles},
            row::Row,
        },
    },
};

/// One line of it.
pub struct Choice {
    key: Option<(Action, &'static str)>,
    what: String,
}

impl Choice {
    #[must_use]
    pub fn key(action: Action, name: &'static str, what: String) -> Self {
        Choice { key: Some((action, name)), what }
    }

    /// More about the choice above.
    #[must_use]
    pub fn more(what: String) -> Self {
        Choice { key: None, what }
    }
}

pub fn draw(buffer: &mut Buffer, area: Rect, title: &str, choices: &[Choice], screen: &Screen) {
    let area = frame::centred(area, 62, choices.len() as u16 + 4);
    let titles = Titles { name: plain_line(title).into_owned(), ..Titles::default() };
    let inside = frame::draw_over(buffer, area, titles, screen.theme);
    for (choice, y) in choices.iter().zip(inside.y + 1..inside.bottom()) {
        let mut row = Row::new(usize::from(inside.width));
        let (key, name) = match choice.key {
            Some((action, name)) => (screen.ui.keymap.first(action), name),
            None => (String::new(), ""),
        };
        row.push(format!("  {key:<5}"), screen.theme.style(Role::Key));
        row.push(format!("{name:<15}"), screen.theme.style(Role::Title));
        row.push(plain_line(&choice.what), screen.theme.style(Role::Dim));
        row.draw(buffer, inside.x, y);
    }
}
