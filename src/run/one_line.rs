//! Texts that must stand in one line: gists, titles, quotes.

/// A text with single spaces between its words and no line break.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
