//! A list on the whole screen, of which one row is picked. It runs before there is a run to show, and knows no more than
//! the rows it is handed.

use std::io;

use crossterm::event::{self, Event as Input, KeyEventKind};
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    action::{Action, Place},
    keymap::{Key, Keymap},
    terminal::Guard,
    theme::{Role, Theme},
    widget::{
        frame::{self, Titles},
        row::Row,
    },
};

/// What can be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    /// What it is, quieter.
    pub detail: String,
}

/// What the person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    /// The row, from 0.
    Row(usize),
    /// Nothing, and back to where they came from.
    Back,
    /// They want to leave the program.
    Interrupted,
}

/// Shows the rows until one is picked. Owns the terminal till it returns.
///
/// # Errors
/// When the terminal cannot be used.
pub fn pick(title: &str, hint: &str, rows: &[Choice], theme: &Theme) -> io::Result<Picked> {
    let mut guard = Guard::enter()?;
    let (keymap, mut list) = (Keymap::standard(), List { rows, at: 0 });
    loop {
        guard.terminal.draw(|screen| {
            let area = screen.area();
            list.draw(screen.buffer_mut(), area, title, hint, theme);
        })?;
        if let Input::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
            && let Some(picked) = list.on_key(Key::from(key), &keymap)
        {
            return Ok(picked);
        }
    }
}

struct List<'a> {
    rows: &'a [Choice],
    at: usize,
}

impl List<'_> {
    fn on_key(&mut self, key: Key, keymap: &Keymap) -> Option<Picked> {
        let last = self.rows.len().saturating_sub(1);
        // It is a list as the queue is, and is left as help is.
        let meant = [Place::Queue, Place::Help].into_iter().find_map(|place| keymap.action(place, key));
        match meant? {
            Action::Down => self.at = (self.at + 1).min(last),
            Action::Up => self.at = self.at.saturating_sub(1),
            Action::First => self.at = 0,
            Action::Last => self.at = last,
            Action::Open if !self.rows.is_empty() => return Some(Picked::Row(self.at)),
            Action::Back => return Some(Picked::Back),
            Action::Interrupt => return Some(Picked::Interrupted),
            _ => {}
        }
        None
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, title: &str, hint: &str, theme: &Theme) {
        let height = (self.rows.len() as u16).saturating_add(5).min(area.height);
        let area = frame::centred(area, area.width.min(96), height);
        let titles = Titles { name: title.to_owned(), ..Titles::default() };
        let inside = frame::draw_over(buffer, area, titles, theme);
        // Where there is little room, the rows have it.
        let (lead, foot) = if inside.height >= 4 { (1, 2) } else { (0, 0) };
        let room = usize::from(inside.height - lead - foot);
        let top = (self.at + 1).saturating_sub(room);
        let names = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).min(44);
        for ((at, choice), y) in self.rows.iter().enumerate().skip(top).take(room).zip(inside.y + lead..) {
            let mut row = Row::new(usize::from(inside.width));
            let (mark, name) = match at == self.at {
                true => ("▸ ", theme.style(Role::Selected)),
                false => ("  ", theme.style(Role::Text)),
            };
            row.push(mark, theme.style(Role::Focus));
            row.push(format!("{:<names$}", choice.name), name);
            row.push(format!("  {}", choice.detail), theme.style(Role::Dim));
            row.draw(buffer, inside.x, y);
        }
        if foot > 0 {
            let mut row = Row::new(usize::from(inside.width));
            row.push(format!("  {hint}"), theme.style(Role::Dim));
            row.draw(buffer, inside.x, inside.bottom() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Choice> {
        let row = |name: &str, detail: &str| Choice { name: name.into(), detail: detail.into() };
        vec![
            row("ollama:qwen3:8b", "on this machine"),
            row("openai", "key in OPENAI_API_KEY"),
            row("extractive", "no model"),
        ]
    }

    fn picked(keys: &[&str]) -> Option<Picked> {
        let (rows, keymap) = (rows(), Keymap::standard());
        let mut list = List { rows: &rows, at: 0 };
        keys.iter().find_map(|key| list.on_key(key.parse().unwrap(), &keymap))
    }

    #[test]
    fn a_row_is_picked_by_enter_alone() {
        assert_eq!(picked(&["enter"]), Some(Picked::Row(0)));
        assert_eq!(picked(&["j", "j", "j", "k", "enter"]), Some(Picked::Row(1)));
        assert_eq!(picked(&["G", "enter"]), Some(Picked::Row(2)));
        assert_eq!(picked(&["j", "esc"]), Some(Picked::Back));
        assert_eq!(picked(&["ctrl-c"]), Some(Picked::Interrupted));
        assert_eq!(picked(&["x", "y", "space"]), None);
    }

    #[test]
    fn the_row_under_the_cursor_is_in_sight_however_small_the_screen() {
        let (rows, theme) = (rows(), Theme::named("mono").unwrap());
        for height in 0..12 {
            let area = Rect::new(0, 0, 60, height);
            let mut buffer = Buffer::empty(area);
            List { rows: &rows, at: 2 }.draw(&mut buffer, area, "Which model?", "Enter picks", &theme);
            let shown: String = buffer.content().iter().map(|cell| cell.symbol()).collect();
            assert_eq!(shown.contains("▸ extractive"), height >= 3, "{height}: {shown}");
        }
    }
}
