//! The rounded border around a region, with its titles.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Clear, Widget},
};

use crate::tui::theme::{Role, Tense, Theme};

use super::wrap;

/// Whether keys go here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lit {
    Focused,
    Unfocused,
    /// A view or a form on top of the panes.
    OnTop,
}

/// What stands in the border.
#[derive(Debug, Default)]
pub struct Titles {
    pub name: String,
    /// After the name, quieter.
    pub more: String,
    /// At the right of the upper border.
    pub right: String,
    /// In the lower border: where the window stands.
    pub place: String,
    /// In the lower border at the right: what is out of sight.
    pub beyond: String,
}

/// Draws the border and gives what is inside it.
pub fn draw(buffer: &mut Buffer, area: Rect, mut titles: Titles, lit: Lit, theme: &Theme) -> Rect {
    for title in [&mut titles.name, &mut titles.more, &mut titles.right] {
        *title = unframed(title);
    }
    let (border, name, mark) = match lit {
        Lit::Focused => (Role::Focus, Role::Focus, "▸"),
        Lit::Unfocused => (Role::Border, Role::Title, " "),
        Lit::OnTop => (Role::Focus, Role::Title, " "),
    };
    let kind = match theme.tense {
        Tense::Now => BorderType::Rounded,
        Tense::Past => {
            titles.name.insert_str(0, "PAST ");
            BorderType::LightDoubleDashed
        }
    };
    // Titles would inherit what the border is made of.
    let own = |role| Style::reset().patch(theme.style(role));
    let (border, name, quiet) = (theme.style(border), own(name), own(Role::Dim));
    let room = usize::from(area.width.saturating_sub(4));
    let mut title = vec![Span::styled(format!("{mark}{} ", wrap::cut(&titles.name, room)), name)];
    let right = wrap::width(&titles.right);
    let right = if wrap::width(&titles.name) + right + 4 <= room { right } else { 0 };
    // Between the corners: mark, name, a space; then `── `, what is more, a space; then the right title, padded.
    let taken = wrap::width(&titles.name) + 2 + if right > 0 { right + 3 } else { 0 };
    let left = usize::from(area.width).saturating_sub(2 + taken + 4);
    if let Some(more) = fitting(&titles.more, left) {
        title.push(Span::styled("── ", border));
        title.push(Span::styled(format!("{more} "), quiet));
    }
    let mut block = Block::bordered().border_type(kind).border_style(border).title(Line::from(title));
    let padded = |text: &str| format!(" {text} ");
    if right > 0 {
        block = block.title(Line::styled(padded(&titles.right), quiet).right_aligned());
    }
    if !titles.place.is_empty() && wrap::width(&titles.place) + wrap::width(&titles.beyond) + 4 <= room {
        block = block.title_bottom(Line::styled(padded(&titles.place), quiet));
    }
    if !titles.beyond.is_empty() {
        block = block.title_bottom(Line::styled(padded(&titles.beyond), own(Role::Warn)).right_aligned());
    }
    let inside = block.inner(area);
    block.render(area, buffer);
    inside
}

/// A title may name a file or a model: it must not look like the border that it stands in.
fn unframed(title: &str) -> String {
    title.chars().map(|c| if matches!(c, '─'..='╿') { '-' } else { c }).collect()
}

/// As many of the parts between ` · ` as fit, from the first; `None` when not one does.
fn fitting(more: &str, cells: usize) -> Option<&str> {
    let ends = more.match_indices(" · ").map(|(at, _)| at).chain([more.len()]);
    ends.map(|end| &more[..end]).filter(|more| !more.is_empty() && wrap::width(more) <= cells).last()
}

/// Takes away what was drawn before.
pub fn clear(buffer: &mut Buffer, area: Rect, theme: &Theme) {
    Clear.render(area, buffer);
    buffer.set_style(area, theme.style(Role::Text));
}

/// A bordered region over what was drawn before.
pub fn draw_over(buffer: &mut Buffer, area: Rect, titles: Titles, theme: &Theme) -> Rect {
    clear(buffer, area, theme);
    draw(buffer, area, titles, Lit::OnTop, theme)
}

/// A rectangle of this size, at most, in the middle of the lower edge: what it is about stays in sight above it.
#[must_use]
pub fn at_bottom(area: Rect, width: u16, height: u16) -> Rect {
    let middle = centred(area, width, height);
    Rect { y: area.bottom() - middle.height, ..middle }
}

/// A rectangle of this size, at most, in the middle.
#[must_use]
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(width: u16, more: &str, right: &str) -> String {
        let area = Rect::new(0, 0, width, 3);
        let mut buffer = Buffer::empty(area);
        let (name, more, right) = ("3 Shared context".into(), more.into(), right.into());
        let titles = Titles { name, more, right, ..Titles::default() };
        draw(&mut buffer, area, titles, Lit::Unfocused, &Theme::named("mono").unwrap());
        (0..width).map(|x| buffer[(x, 0)].symbol()).collect()
    }

    #[test]
    fn counts_stand_in_the_title_as_far_as_they_fit() {
        let more = "30 entries · 4.1k tok";
        assert_eq!(top(48, more, ""), "╭ 3 Shared context ── 30 entries · 4.1k tok ───╮");
        assert_eq!(top(45, more, ""), "╭ 3 Shared context ── 30 entries · 4.1k tok ╮");
        assert_eq!(top(44, more, ""), "╭ 3 Shared context ── 30 entries ──────────╮");
        assert_eq!(top(33, more, ""), "╭ 3 Shared context ─────────────╮");
        assert_eq!(top(45, more, "1 of 3"), "╭ 3 Shared context ── 30 entries ─── 1 of 3 ╮");
    }
}
