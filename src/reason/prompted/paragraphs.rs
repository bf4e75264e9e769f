//! A unit's parts where no summary was to be had: cut at its paragraphs, so that it can still be unfolded part by part.

use std::ops::RangeInclusive;

use crate::run::{Part, Summary, one_line};

/// What a sub-chunk should hold, in characters, and how many there should be (METHOD §2.5).
const PART_CHARS: usize = 2_500;
const PARTS: RangeInclusive<usize> = 3..=12;

/// How many sub-chunks a text of this length should have.
#[must_use]
pub fn parts_wanted(text: &str) -> usize {
    text.chars().count().div_ceil(PART_CHARS).clamp(*PARTS.start(), *PARTS.end())
}

/// A summary that nobody wrote: about as many parts as one would have, each tied to the text by its own first and last
/// words.
#[must_use]
pub fn summary(title: &str, text: &str) -> Summary {
    let size = text.len().div_ceil(parts_wanted(text)).max(1);
    let mut parts: Vec<Part> = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.trim().is_empty()) {
        let end = match rest.len() <= size + size / 2 {
            true => text.len(),
            false => cut_near(text, start + size),
        };
        let slice = text[start..end].trim();
        if !slice.is_empty() {
            let from = start + (text[start..end].len() - text[start..end].trim_start().len());
            let words: Vec<&str> = slice.split_whitespace().collect();
            let head = words[..words.len().min(8)].join(" ");
            let tail = words[words.len().saturating_sub(8)..].join(" ");
            let number = parts.len() as u32 + 1;
            let described = format!("Not described; begins “{head}”.");
            parts.push(Part { number, text: described, head, tail, span: from..from + slice.len() });
        }
        start = end;
    }
    Summary { topic: format!("No summary was to be had of {:?}; cut at paragraphs.", one_line(title)), parts }
}

/// The first break at or after byte `from`: of a paragraph, else of a line, else of a word, each within reach.
fn cut_near(text: &str, from: usize) -> usize {
    let from = text.ceil_char_boundary(from);
    let reach = text.ceil_char_boundary(from + PART_CHARS);
    let window = &text[from..reach];
    let behind = |sign: &str| window.find(sign).map(|at| from + at + sign.len());
    behind("\n\n").or_else(|| behind("\n")).or_else(|| behind(" ")).unwrap_or(reach)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::summary::{gaps, resolve_anchor};

    #[test]
    fn parts_tile_the_text_at_its_paragraphs() {
        let text = (1..=40).map(|i| format!("Paragraph {i} {}\n\n", "wörd ".repeat(60))).collect::<String>();
        let summary = summary("t", &text);
        assert!((3..=7).contains(&summary.parts.len()), "{}", summary.parts.len());
        assert!(gaps(&text, &summary.parts, 3).is_empty());
        for part in &summary.parts {
            assert!(text[part.span.clone()].starts_with("Paragraph"));
            assert!(resolve_anchor(&text, &part.head, &part.tail).is_some());
        }
    }

    #[test]
    fn a_text_without_breaks_or_words_is_no_obstacle() {
        assert!(summary("t", &"é".repeat(9_000)).parts.len() >= 2);
        assert!(summary("t", " \n ").parts.is_empty());
    }
}
