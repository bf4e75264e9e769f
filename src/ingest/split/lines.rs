//! A text as lines, each with what stands above it: the one scan that headings and cut points share.

/// What is above a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Above {
    /// Nothing but white space, or nothing at all.
    Start,
    /// A blank line.
    Blank,
    /// A line whose last character, closing quotes and brackets aside, is `.`, `!` or `?`.
    Sentence,
    /// The same with `:`.
    Colon,
    /// Text that runs on.
    Running,
}

impl Above {
    /// Whether a heading may stand here (METHOD §3a stage 0.2). Rejects mentions that a line break put first.
    pub(super) fn is_boundary(self) -> bool {
        self != Above::Running
    }

    /// Whether the line above has text too.
    pub(super) fn adjoins(self) -> bool {
        matches!(self, Above::Sentence | Above::Colon | Above::Running)
    }

    /// Whether a unit may be cut here (METHOD §3a stage 0.4).
    pub(super) fn is_cut(self) -> bool {
        matches!(self, Above::Start | Above::Blank | Above::Sentence)
    }
}

/// A line with text on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// Byte offset of its first byte, white space included.
    pub start: usize,
    /// Without the line end and without white space at either side; never empty.
    pub text: &'t str,
    pub above: Above,
}

/// The lines that are not blank. Lines end at `\n`; a `\r` before it is white space.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut above = Above::Start;
    let mut start = 0;
    text.split_inclusive('\n').filter_map(move |raw| {
        let at = start;
        start += raw.len();
        let trimmed = raw.trim();
        if trimmed.is_empty() {
            if above != Above::Start {
                above = Above::Blank;
            }
            return None;
        }
        let line = Line { start: at, text: trimmed, above };
        above = below(trimmed);
        Some(line)
    })
}

/// What the line after this one has above it.
fn below(line: &str) -> Above {
    match line.trim_end_matches(['"', '\'', '”', '’', '»', ')', ']', '}']).chars().next_back() {
        Some('.' | '!' | '?') => Above::Sentence,
        Some(':') => Above::Colon,
        _ => Above::Running,
    }
}

/// Cuts to `most` characters, the last one an ellipsis when something was left out.
pub(super) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(text: &str) -> Vec<(usize, &str, Above)> {
        lines(text).map(|line| (line.start, line.text, line.above)).collect()
    }

    #[test]
    fn every_line_knows_what_is_above_it() {
        assert_eq!(
            above("\n  one\ntwo.\n\"three?\"\nso:\nfour\r\n \r\nfive"),
            [
                (1, "one", Above::Start),
                (7, "two.", Above::Running),
                (12, "\"three?\"", Above::Sentence),
                (21, "so:", Above::Sentence),
                (25, "four", Above::Colon),
                (34, "five", Above::Blank),
            ]
        );
    }

    #[test]
    fn clipping_counts_characters_and_the_ellipsis() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 3), "äö…");
    }
}
