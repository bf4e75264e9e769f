//! One line of cells, built from styled pieces and never wider than it may be.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::Span,
};

use super::wrap;

/// Bytes of a text that are looked at for one or a few lines: more than any terminal is wide.
pub const START: usize = 2_000;

/// A line under construction, with the cells that are left.
#[derive(Debug, Default)]
pub struct Row {
    spans: Vec<Span<'static>>,
    left: usize,
}

impl Row {
    #[must_use]
    pub fn new(cells: usize) -> Self {
        Row { spans: vec![], left: cells }
    }

    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    /// Appends, cut to what is left.
    pub fn push(&mut self, text: impl AsRef<str>, style: Style) {
        let text = wrap::cut(text.as_ref(), self.left);
        self.left -= wrap::width(&text);
        // A line under what pads a word is a mark of nothing.
        let bare = style.remove_modifier(Modifier::UNDERLINED);
        let (word, blank) = text.split_at(text.trim_end_matches(' ').len());
        let (lead, word) = word.split_at(word.len() - word.trim_start_matches(' ').len());
        let pieces = [(lead, bare), (word, style), (blank, bare)];
        let pieces = pieces.into_iter().filter(|(piece, _)| !piece.is_empty());
        self.spans.extend(pieces.map(|(piece, style)| Span::styled(piece.to_owned(), style)));
    }

    /// Fills up so that `cells` cells are left.
    pub fn pad_to(&mut self, cells: usize) {
        let gap = self.left.saturating_sub(cells);
        self.push(" ".repeat(gap), Style::default());
    }

    /// Appends another row's pieces, which were built for cells of this one.
    pub fn append(&mut self, other: Row) {
        let used: usize = other.spans.iter().map(|span| wrap::width(&span.content)).sum();
        self.left = self.left.saturating_sub(used);
        self.spans.extend(other.spans);
    }

    pub fn draw(self, buffer: &mut Buffer, x: u16, y: u16) {
        let mut x = x;
        for span in &self.spans {
            if !buffer.area.contains((x, y).into()) {
                return;
            }
            (x, _) = buffer.set_span(x, y, span, buffer.area.right().saturating_sub(x));
        }
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
