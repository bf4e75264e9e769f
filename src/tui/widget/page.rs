//! A long text to read: paragraphs with marks, wrapped once for a width, drawn by the visible lines only.

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    plain::plain,
    tui::theme::{Role, Theme},
};

use super::{row::Row, wrap};

/// Text with roles. Everything pushed is sanitised here.
#[derive(Debug, Clone, Default)]
struct Paragraph {
    text: String,
    /// In order, without overlap.
    roles: Vec<(Range<usize>, Role)>,
    /// Cells that continuation lines stand in.
    hang: usize,
    kind: Kind,
}

/// What a paragraph is where it is copied as Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Prose,
    /// A text of somebody else's, to the letter.
    Verbatim,
}

/// A text to read. Lines exist once [`Page::set_width`] was called.
#[derive(Debug, Clone, Default)]
pub struct Page {
    paragraphs: Vec<Paragraph>,
    lines: Vec<(usize, Range<usize>)>,
    width: usize,
    /// Lines with marked text have a bar at their left, so that the mark does not depend on colour.
    gutter: usize,
}

impl Page {
    /// Starts a paragraph whose continuation lines hang by `hang` cells.
    pub fn paragraph(&mut self, hang: usize) -> &mut Self {
        self.paragraphs.push(Paragraph { hang, ..Paragraph::default() });
        self.width = 0;
        self
    }

    /// Starts a paragraph that holds a text to the letter.
    pub fn verbatim(&mut self) -> &mut Self {
        self.paragraphs.push(Paragraph { kind: Kind::Verbatim, ..Paragraph::default() });
        self.width = 0;
        self
    }

    /// The logical text: a line a paragraph, without wraps.
    #[must_use]
    pub fn text(&self) -> String {
        self.paragraphs.iter().map(|paragraph| format!("{}\n", paragraph.text.trim_end())).collect()
    }

    /// The same as Markdown: titles are headings, foreign texts are fenced.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for paragraph in &self.paragraphs {
            let said = paragraph.text.trim_end();
            let is_title = paragraph.roles.iter().all(|(_, role)| *role == Role::Title);
            text.push_str(&match paragraph.kind {
                _ if said.is_empty() => "\n".to_owned(),
                Kind::Verbatim => fenced(said),
                Kind::Prose if is_title => format!("## {said}\n\n"),
                // Two blanks keep a line a line.
                Kind::Prose => format!("{said}  \n"),
            });
        }
        text
    }

    /// Appends to the last paragraph.
    pub fn add(&mut self, text: &str, role: Role) -> &mut Self {
        if self.paragraphs.is_empty() {
            self.paragraph(0);
        }
        if role == Role::Mark {
            self.gutter = 2;
        }
        let last = self.paragraphs.last_mut().expect("a paragraph was pushed above");
        let start = last.text.len();
        last.text.push_str(&plain(text));
        last.roles.push((start..last.text.len(), role));
        self.width = 0;
        self
    }

    /// A paragraph of one role.
    pub fn line(&mut self, text: &str, role: Role) -> &mut Self {
        self.paragraph(0).add(text, role)
    }

    pub fn blank(&mut self) -> &mut Self {
        self.paragraph(0)
    }

    /// Wraps for a width in cells, if it is not wrapped for it yet.
    pub fn set_width(&mut self, width: usize) {
        if self.width == width {
            return;
        }
        self.width = width;
        let cells = width.saturating_sub(self.gutter);
        self.lines = self
            .paragraphs
            .iter()
            .enumerate()
            .flat_map(|(at, paragraph)| {
                wrap::wrap(&paragraph.text, cells, paragraph.hang).into_iter().map(move |line| (at, line))
            })
            .collect();
    }

    #[must_use]
    pub fn height(&self) -> usize {
        self.lines.len()
    }

    /// Lines taken by the first `paragraphs` paragraphs.
    #[must_use]
    pub fn height_of(&self, paragraphs: usize) -> usize {
        self.lines.partition_point(|(at, _)| *at < paragraphs)
    }

    #[must_use]
    pub fn paragraphs(&self) -> usize {
        self.paragraphs.len()
    }

    /// The first line with marked text.
    #[must_use]
    pub fn first_mark(&self) -> Option<usize> {
        self.lines.iter().position(|(at, line)| self.is_marked(*at, line))
    }

    fn is_marked(&self, at: usize, line: &Range<usize>) -> bool {
        self.paragraphs[at]
            .roles
            .iter()
            .any(|(range, role)| *role == Role::Mark && range.start < line.end && line.start < range.end)
    }

    /// Draws the lines from `top` on.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, top: usize, theme: &Theme) {
        let shown = self.lines.iter().enumerate().skip(top).take(usize::from(area.height));
        for ((number, (at, line)), y) in shown.zip(area.y..) {
            let paragraph = &self.paragraphs[*at];
            let mut row = Row::new(usize::from(area.width));
            if self.gutter > 0 {
                row.push(if self.is_marked(*at, line) { "▌ " } else { "  " }, theme.style(Role::Accent));
            }
            let continues = number > 0
                && self.lines[number - 1].0 == *at
                && line.start > 0
                && paragraph.text.as_bytes()[line.start - 1] != b'\n';
            if continues {
                row.push(" ".repeat(paragraph.hang), Style::default());
            }
            let first = paragraph.roles.partition_point(|(range, _)| range.end <= line.start);
            for (range, role) in &paragraph.roles[first..] {
                if range.start >= line.end {
                    break;
                }
                let piece = &paragraph.text[range.start.max(line.start)..range.end.min(line.end)];
                row.push(piece, theme.style(*role));
            }
            row.draw(buffer, area.x, y);
        }
    }
}

/// A text between fences that are longer than any in it.
#[must_use]
pub fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("\n{fence}\n{}\n{fence}\n\n", text.trim_end_matches('\n'))
}

/// How far a page is scrolled, in lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scroll {
    pub top: usize,
}

impl Scroll {
    pub fn by(&mut self, lines: isize) {
        self.top = self.top.saturating_add_signed(lines);
    }

    /// Keeps the last line at the bottom edge, not above it.
    pub fn settle(&mut self, height: usize, room: usize) {
        self.top = self.top.min(height.saturating_sub(room));
    }

    /// Lines below the window.
    #[must_use]
    pub fn below(&self, height: usize, room: usize) -> usize {
        height.saturating_sub(self.top + room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_neither_wraps_nor_borders() {
        let mut page = Page::default();
        page.line("A title", Role::Title).blank();
        page.paragraph(4).add("  1. ", Role::Dim).add("one line that is wrapped on the screen", Role::Text);
        page.verbatim().add("raw ``` text\nof two lines", Role::Mark);
        page.set_width(10);
        assert_eq!(page.text(), "A title\n\n  1. one line that is wrapped on the screen\nraw ``` text\nof two lines\n");
        assert_eq!(
            page.markdown(),
            "## A title\n\n\n  1. one line that is wrapped on the screen  \n\n````\nraw ``` text\nof two lines\n````\n\n"
        );
    }
}
