//! One line of cells, built from styled pieces and never wider than it may be.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};

use super::wrap;

/// Bytes of a text that are looked at for one or a few lines: more than any terminal is wide.
pub const START: usize = 2_000;

/// A line under construction, with the cells that are left.
#[derive(Debug, Default)]
pub struct Row {
    text: String,
    /// Where each piece of the text ends, and how it looks.
    pieces: Vec<(usize, Style)>,
    used: usize,
    left: usize,
}

impl Row {
    #[must_use]
    pub fn new(cells: usize) -> Self {
        Row { left: cells, ..Row::default() }
    }

    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    /// Appends, cut to what is left.
    pub fn push(&mut self, text: impl AsRef<str>, style: Style) {
        let text = wrap::cut(text.as_ref(), self.left);
        let cells = wrap::width(&text);
        (self.used, self.left) = (self.used + cells, self.left - cells);
        // A line under what pads a word is a mark of nothing.
        let bare = style.remove_modifier(Modifier::UNDERLINED);
        let (word, blank) = text.split_at(text.trim_end_matches(' ').len());
        let (lead, word) = word.split_at(word.len() - word.trim_start_matches(' ').len());
        for (piece, style) in [(lead, bare), (word, style), (blank, bare)] {
            if !piece.is_empty() {
                self.text.push_str(piece);
                self.pieces.push((self.text.len(), style));
            }
        }
    }

    /// Fills up so that `cells` cells are left.
    pub fn pad_to(&mut self, cells: usize) {
        let gap = self.left.saturating_sub(cells);
        self.push(" ".repeat(gap), Style::default());
    }

    /// Appends another row's pieces, which were built for cells of this one.
    pub fn append(&mut self, other: Row) {
        (self.used, self.left) = (self.used + other.used, self.left.saturating_sub(other.used));
        let before = self.text.len();
        self.text.push_str(&other.text);
        self.pieces.extend(other.pieces.into_iter().map(|(end, style)| (before + end, style)));
    }

    pub fn draw(self, buffer: &mut Buffer, x: u16, y: u16) {
        let (mut x, mut start) = (x, 0);
        for (end, style) in self.pieces {
            if !buffer.area.contains((x, y).into()) {
                return;
            }
            x = put(buffer, x, y, &self.text[start..end], style);
            start = end;
        }
    }
}

/// Draws a text as far as the buffer goes, and gives the column after it. Plain ASCII has a cell a byte, so that most
/// text needs no look at its graphemes.
fn put(buffer: &mut Buffer, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let room = usize::from(buffer.area.right().saturating_sub(x));
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return buffer.set_stringn(x, y, text, room, style).0;
    }
    let (first, cells) = (buffer.index_of(x, y), text.len().min(room));
    for (at, cell) in buffer.content[first..first + cells].iter_mut().enumerate() {
        cell.set_symbol(&text[at..=at]).set_style(style);
    }
    x + cells as u16
}

/// A line across the area, of one sign that is a cell wide.
pub fn rule(buffer: &mut Buffer, area: Rect, sign: &str, style: Style) {
    let area = area.intersection(buffer.area);
    for x in area.left()..area.right() {
        buffer[(x, area.y)].set_symbol(sign).set_style(style);
    }
}

/// Draws one text at the left of a line, cut to the area.
pub fn text(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    if area.is_empty() {
        return;
    }
    let mut row = Row::new(usize::from(area.width));
    row.push(text, style);
    row.draw(buffer, area.x, area.y);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_a_word_are_not_underlined() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        let mut row = Row::new(10);
        row.push(" W0 S1  ", Style::default().add_modifier(Modifier::UNDERLINED | Modifier::BOLD));
        row.draw(&mut buffer, 0, 0);
        let underlined = |x| buffer[(x, 0)].modifier.contains(Modifier::UNDERLINED);
        assert_eq!((0..8).filter(|x| underlined(*x)).collect::<Vec<u16>>(), [1, 2, 3, 4, 5]);
    }
}
