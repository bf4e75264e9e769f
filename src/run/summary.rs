//! The middle level between gist and raw text (METHOD §2.1 "Summary"): parts that tile a unit, each tied to it by an
//! anchor of the words it begins and ends with.

use std::ops::Range;

use memchr::memmem;
use serde::{Deserialize, Serialize};

/// The summary of one unit, or of one worker result (which has a topic and no parts).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub topic: String,
    pub parts: Vec<Part>,
}

/// One sub-chunk; `W0 S3.2` is part 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// From 1, in source order.
    pub number: u32,
    pub text: String,
    /// First and last words, verbatim up to white space.
    pub head: String,
    pub tail: String,
    /// The span that the anchor was resolved to: byte offsets into the unit's raw text.
    pub span: Range<usize>,
}

impl Summary {
    #[must_use]
    pub fn part(&self, number: u32) -> Option<&Part> {
        self.parts.iter().find(|part| part.number == number)
    }

    /// What an agent reads when it unfolds: the topic, then a line for each part under its own label.
    #[must_use]
    pub fn render(&self, label: super::Label) -> String {
        let mut text = format!("[{label}] {}\n", self.topic);
        for part in &self.parts {
            text.push_str(&format!("  [{}] {}\n", label.with_part(part.number), part.text));
        }
        text
    }

    /// Deep unfold of part `number`: its slice with both neighbours', to absorb off-by-one citations (METHOD §3a
    /// stage 6). Byte offsets into the unit's raw text.
    #[must_use]
    pub fn span_with_neighbours(&self, number: u32) -> Option<Range<usize>> {
        let at = self.parts.iter().position(|part| part.number == number)?;
        let first = &self.parts[at.saturating_sub(1)];
        let last = self.parts.get(at + 1).unwrap_or(&self.parts[at]);
        Some(first.span.start.min(last.span.start)..first.span.end.max(last.span.end))
    }
}

/// Where `head … tail` stands in `text`: both verbatim up to white space, in that order, the tail nearest after the head.
#[must_use]
pub fn resolve_anchor(text: &str, head: &str, tail: &str) -> Option<Range<usize>> {
    let start = find_words(text, head, 0)?;
    let end = find_words(text, tail, start.start)?;
    // A short sub-chunk's tail may overlap its head, but must not end before it.
    let end = if end.end >= start.end { end } else { find_words(text, tail, start.end)? };
    Some(start.start..end.end)
}

/// The first place at or after byte `from` where the words of `wanted` stand in a row.
fn find_words(text: &str, wanted: &str, from: usize) -> Option<Range<usize>> {
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let first = *words.first()?;
    let mut at = from;
    let first_word = memmem::Finder::new(first);
    while let Some(found) = first_word.find(text.get(at..)?.as_bytes()) {
        let start = at + found;
        if let Some(end) = words_end(text, start, &words) {
            return Some(start..end);
        }
        at = start + first.chars().next().map_or(1, char::len_utf8);
    }
    None
}

/// Where the words end when they start at `start` and only white space stands between them.
fn words_end(text: &str, start: usize, words: &[&str]) -> Option<usize> {
    let mut at = start;
    for (i, word) in words.iter().enumerate() {
        if i > 0 {
            let rest = &text[at..];
            let trimmed = rest.trim_start();
            if trimmed.len() == rest.len() {
                return None;
            }
            at += rest.len() - trimmed.len();
        }
        if !text[at..].starts_with(word) {
            return None;
        }
        at += word.len();
    }
    Some(at)
}

/// Stretches of `text` longer than `least` bytes that no part covers (METHOD §3a stage 1, coverage loop).
#[must_use]
pub fn gaps(text: &str, parts: &[Part], least: usize) -> Vec<Range<usize>> {
    let mut spans: Vec<_> = parts.iter().map(|part| part.span.clone()).collect();
    spans.sort_by_key(|span| span.start);
    spans.push(text.len()..text.len());
    let mut covered = 0;
    let mut gaps = Vec::new();
    for span in spans {
        if span.start > covered && span.start - covered > least {
            gaps.push(covered..span.start);
        }
        covered = covered.max(span.end);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "The licence grants you\n  permission to copy. You must keep the notice. Nothing else is granted.";

    fn part(number: u32, span: Range<usize>) -> Part {
        Part { number, text: String::new(), head: String::new(), tail: String::new(), span }
    }

    #[test]
    fn an_anchor_is_found_across_line_breaks() {
        let span = resolve_anchor(TEXT, "licence grants you permission", "keep the notice.").unwrap();
        assert_eq!(&TEXT[span], "licence grants you\n  permission to copy. You must keep the notice.");
    }

    #[test]
    fn an_anchor_out_of_order_or_absent_is_refused() {
        assert_eq!(resolve_anchor(TEXT, "keep the notice.", "grants you permission"), None);
        assert_eq!(resolve_anchor(TEXT, "The licence forbids", "is granted."), None);
        assert_eq!(resolve_anchor(TEXT, "", "is granted."), None);
    }

    #[test]
    fn gaps_are_what_no_part_covers() {
        let text = "x".repeat(100);
        assert_eq!(gaps(&text, &[part(1, 10..40), part(2, 35..60)], 9), [0..10, 60..100]);
        assert_eq!(gaps(&text, &[part(1, 10..40), part(2, 35..60)], 10).first(), Some(&(60..100)));
        assert_eq!(gaps(&text, &[part(1, 10..40), part(2, 35..60)], 10).len(), 1);
        assert_eq!(gaps(&text, &[], 0).first(), Some(&(0..100)));
        assert!(gaps(&text, &[part(1, 0..100)], 0).is_empty());
    }

    #[test]
    fn a_deep_unfold_brings_both_neighbours() {
        let summary = Summary {
            topic: String::new(),
            parts: vec![part(1, 0..5), part(2, 5..9), part(3, 9..20), part(4, 20..30)],
        };
        assert_eq!(summary.span_with_neighbours(3), Some(5..30));
        assert_eq!(summary.span_with_neighbours(1), Some(0..9));
        assert_eq!(summary.span_with_neighbours(4), Some(9..30));
        assert_eq!(summary.span_with_neighbours(5), None);
    }
}
