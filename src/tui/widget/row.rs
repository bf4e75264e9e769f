//! One line of cells, built from styled pieces and never wider than it may be.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

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
        self.spans.push(Span::styled(text, style));
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
