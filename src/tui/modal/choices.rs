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
            wrap,
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

/// Cells before what a choice does.
const HEAD: usize = 7 + 15;

pub fn draw(buffer: &mut Buffer, area: Rect, title: &str, choices: &[Choice], screen: &Screen) {
    let width = 62.min(area.width);
    let room = usize::from(width).saturating_sub(HEAD + 3);
    let mut rows = vec![];
    for choice in choices {
        let (key, name) = match choice.key {
            Some((action, name)) => (screen.ui.keymap.first(action), name),
            None => (String::new(), ""),
        };
        let what = plain_line(&choice.what);
        for (at, line) in wrap::wrap(&what, room, 0).into_iter().enumerate() {
            let (key, name) = if at == 0 { (key.as_str(), name) } else { ("", "") };
            let mut row = Row::new(usize::from(width.saturating_sub(2)));
            row.push(format!("  {key:<5}"), screen.theme.style(Role::Key));
            row.push(format!("{name:<15}"), screen.theme.style(Role::Title));
            row.push(&what[line], screen.theme.style(Role::Dim));
            rows.push(row);
        }
    }
    let area = frame::centred(area, width, rows.len() as u16 + 4);
    let titles = Titles { name: plain_line(title).into_owned(), ..Titles::default() };
    let inside = frame::draw_over(buffer, area, titles, screen.theme);
    for (row, y) in rows.into_iter().zip(inside.y + 1..inside.bottom()) {
        row.draw(buffer, inside.x, y);
    }
}
