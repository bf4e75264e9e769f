//! C, gap fill: what the index of a unit still lacks. It goes on from B's own prompt, so that a provider's cache serves
//! it, and its reply is read by B's reader of sub-chunks.

use std::ops::Range;

use crate::run::Label;

use super::{frame, summary::Failed};

pub const PHRASE: &str = "# Fill the gaps of the index";

/// What is shown of each end of a gap, in characters (METHOD §3a stage 1).
const EDGE_CHARS: usize = 60;

/// Names each gap by its length and ends, and each sub-chunk that was not taken by its fault.
#[must_use]
pub fn prompt(label: Label, text: &str, gaps: &[Range<usize>], failed: &[Failed], next: usize) -> String {
    let mut ask = format!("{PHRASE}\n\nDocument [{label}].\n\n");
    if !gaps.is_empty() {
        ask.push_str("No sub-chunk covers these stretches of the document:\n\n");
        for gap in gaps {
            let slice = text.get(gap.clone()).unwrap_or_default();
            let start: String = slice.chars().take(EDGE_CHARS).collect();
            let mut end: Vec<char> = slice.chars().rev().take(EDGE_CHARS).collect();
            end.reverse();
            let edges = format!("begins: {start}\nends: {}", end.into_iter().collect::<String>());
            ask.push_str(&format!("{} characters\n{}\n\n", slice.chars().count(), frame::quoted(&edges)));
        }
    }
    if !failed.is_empty() {
        ask.push_str("These sub-chunks could not be used. Give each a correct anchor, or leave it out:\n\n");
        for Failed { bullet, why } in failed {
            let anchor = bullet.anchor.as_ref().map(|(head, tail)| format!(" [anchor: {head} ... {tail}]"));
            let line = format!("{}{}", bullet.text, anchor.unwrap_or_default());
            ask.push_str(&format!("{}\nBecause {why}.\n\n", frame::quoted(&line)));
        }
    }
    ask.push_str(&format!(
        "Reply with the missing sub-chunks only, as bullets in the form used before, without a topic. Number them from \
         {next}. Copy the words of each anchor letter by letter."
    ));
    ask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_named_by_its_length_and_ends() {
        let text = format!("{}é{}", "a".repeat(100), "b".repeat(100));
        let ask = prompt(Label::unit(3), &text, &[0..2, 0..text.len()], &[], 4);
        assert!(ask.starts_with(PHRASE));
        assert!(ask.contains("201 characters") && ask.contains("from 4"));
        assert!(ask.contains(&format!("begins: {}\nends: {}\n", "a".repeat(60), "b".repeat(60))));
    }
}
