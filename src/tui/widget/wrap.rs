//! Breaks text into lines of terminal cells: at words where it can, inside a word where it must.
//!
//! Lines are byte ranges of the text, so marks on the text survive. Text comes here sanitised.

use std::{borrow::Cow, ops::Range};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Width in cells.
#[must_use]
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The lines of `text` at `cells` cells, continuation lines `hang` cells narrower. Never empty: an empty text is one
/// empty line. A trailing line break opens a last, empty line.
#[must_use]
pub fn wrap(text: &str, cells: usize, hang: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        wrap_line(text, start..start + line.len(), cells, hang, &mut lines);
        start += line.len() + 1;
    }
    lines
}

fn wrap_line(text: &str, range: Range<usize>, cells: usize, hang: usize, lines: &mut Vec<Range<usize>>) {
    let line = &text[range.clone()];
    if line.is_ascii() && line.len() <= cells {
        lines.push(range.start..range.start + line.trim_end_matches(' ').len());
        return;
    }
    let graphemes = Graphemes::of(line);
    let (mut from, mut room) = (0, cells.max(2));
    loop {
        let next = line_end(&graphemes, from, room);
        let piece = line[graphemes.byte(from)..graphemes.byte(next)].trim_end_matches(' ');
        let start = range.start + graphemes.byte(from);
        lines.push(start..start + piece.len());
        if next >= graphemes.len() {
            return;
        }
        (from, room) = (next, cells.saturating_sub(hang).max(2));
    }
}

/// The graphemes of a line by their number. ASCII has one a byte, so that most text needs no list of them.
struct Graphemes<'a> {
    line: &'a str,
    starts: Option<Vec<usize>>,
}

impl<'a> Graphemes<'a> {
    fn of(line: &'a str) -> Self {
        let starts = (!line.is_ascii()).then(|| line.grapheme_indices(true).map(|(start, _)| start).collect());
        Graphemes { line, starts }
    }

    fn len(&self) -> usize {
        self.starts.as_ref().map_or(self.line.len(), Vec::len)
    }

    /// Where one starts; behind the last one the line ends.
    fn byte(&self, at: usize) -> usize {
        let start = self.starts.as_ref().map_or(Some(at), |starts| starts.get(at).copied());
        start.unwrap_or(self.line.len())
    }

    fn get(&self, at: usize) -> Option<&'a str> {
        (at < self.len()).then(|| &self.line[self.byte(at)..self.byte(at + 1)])
    }
}

/// The grapheme that starts the line after the one that starts at `from`.
fn line_end(graphemes: &Graphemes, from: usize, room: usize) -> usize {
    let mut used = 0;
    let mut break_at = None;
    for at in from..graphemes.len() {
        let grapheme = graphemes.get(at).unwrap_or_default();
        used += width(grapheme);
        match grapheme {
            " " if is_inside_label(graphemes, at) => {}
            // Spaces may hang over the edge: they are trimmed from the line they end.
            " " => break_at = Some(at + 1),
            _ if used > room && at > from => return break_at.unwrap_or(at),
            _ => {}
        }
    }
    graphemes.len()
}

/// Whether the space at `at` is the one inside `W0 S3`: a label that is torn apart is hard to find.
fn is_inside_label(graphemes: &Graphemes, at: usize) -> bool {
    let digit = |at| graphemes.get(at).is_some_and(|grapheme| grapheme.as_bytes()[0].is_ascii_digit());
    if graphemes.get(at + 1) != Some("S") || !digit(at + 2) {
        return false;
    }
    let author = (0..at).rev().find(|at| !digit(*at)).and_then(|author| graphemes.get(author));
    matches!(author, Some("W" | "H"))
}

/// `text` in at most `cells` cells, with an ellipsis where it was cut.
#[must_use]
pub fn cut(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let cell = width(grapheme);
        if used + cell + 1 > cells {
            break;
        }
        used += cell;
        kept.push_str(grapheme);
    }
    let trimmed = kept.trim_end().len();
    kept.truncate(trimmed);
    if cells > 0 {
        kept.push('…');
    }
    Cow::Owned(kept)
}

/// A text that grows at its end, with its lines at one width. A chunk costs its own length and that of the last line.
#[derive(Debug, Clone, Default)]
pub struct Growing {
    cells: usize,
    lines: Vec<Range<usize>>,
}

impl Growing {
    /// Brings the lines up to date with `text`, of which everything before the last known line is unchanged.
    pub fn grow(&mut self, text: &str, cells: usize) {
        if cells != self.cells {
            (self.cells, self.lines) = (cells, vec![]);
        }
        let from = self.lines.pop().map_or(0, |last| last.start);
        self.lines.extend(wrap(&text[from..], cells, 0).into_iter().map(|line| line.start + from..line.end + from));
    }

    /// The first `bytes` bytes of the text are gone. What is wrapped stays so where a line begins behind them.
    pub fn forget(&mut self, bytes: usize) {
        let first = self.lines.partition_point(|line| line.start < bytes);
        match self.lines.get(first) {
            Some(line) if line.start == bytes => drop(self.lines.drain(..first)),
            _ => self.lines.clear(),
        }
        for line in &mut self.lines {
            *line = line.start - bytes..line.end - bytes;
        }
    }

    #[must_use]
    pub fn lines(&self) -> &[Range<usize>] {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, cells: usize) -> Vec<&str> {
        wrap(text, cells, 0).into_iter().map(|line| &text[line]).collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(lines("the source of the work", 10), ["the source", "of the", "work"]);
        assert_eq!(lines("indistinguishable", 6), ["indist", "inguis", "hable"]);
        assert_eq!(lines("a\n\nb", 6), ["a", "", "b"]);
        assert_eq!(lines("", 6), [""]);
        assert_eq!(lines("12345 67890", 5), ["12345", "67890"]);
    }

    #[test]
    fn a_label_is_not_torn_apart() {
        assert_eq!(lines("as said [W0 S12.1] here", 14), ["as said", "[W0 S12.1]", "here"]);
    }

    #[test]
    fn wide_characters_count_as_two_cells() {
        assert_eq!(lines("日本語日本", 5), ["日本", "語日", "本"]);
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("conveying", 6), "conve…");
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_wide_and_nothing_is_lost(text in "[a-z日é \n]{0,80}", cells in 2usize..12) {
            let wrapped = wrap(&text, cells, 0);
            assert!(wrapped.iter().all(|line| width(&text[line.clone()]) <= cells));
            let kept: String = wrapped.iter().map(|line| text[line.clone()].replace(' ', "")).collect();
            assert_eq!(kept, text.replace([' ', '\n'], ""));
        }

        #[test]
        fn what_forgets_its_beginning_is_wrapped_as_its_rest(
            text in "[a-z日 \n]{0,60}", cells in 2usize..12, cut in proptest::prelude::any::<proptest::sample::Index>()
        ) {
            let mut growing = Growing::default();
            growing.grow(&text, cells);
            // Where a line of the text begins.
            let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
            let cut = starts[cut.index(starts.len())];
            growing.forget(cut);
            assert_eq!(growing.lines().len(), lines(&text[cut..], cells).len());
            growing.grow(&text[cut..], cells);
            let shown: Vec<_> = growing.lines().iter().map(|line| &text[cut..][line.clone()]).collect();
            assert_eq!(shown, lines(&text[cut..], cells));
        }

        #[test]
        fn growing_is_wrapping(chunks in proptest::collection::vec("[a-z日 \n]{0,20}", 0..8), cells in 2usize..12) {
            let mut text = String::new();
            let mut growing = Growing::default();
            for chunk in chunks {
                text.push_str(&chunk);
                growing.grow(&text, cells);
                let shown: Vec<_> = growing.lines().iter().map(|line| text[line.clone()].to_owned()).collect();
                assert_eq!(shown, lines(&text, cells));
            }
        }
    }
}
