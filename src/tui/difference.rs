//! What changed between two texts, line by line, with a little of what stayed around it.

use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

/// Lines of what stayed around each change.
const AROUND: usize = 2;
/// How long the shortest difference is looked for; after that any will do.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
    /// So many lines that stayed are left out.
    Skipped(usize),
}

/// Empty when nothing changed.
#[must_use]
pub fn difference<'a>(before: &'a str, after: &'a str) -> Vec<Line<'a>> {
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(PATIENCE).diff_lines(before, after);
    let mut lines = vec![];
    let mut shown = 0;
    for group in diff.grouped_ops(AROUND) {
        let from = group.first().map_or(shown, |op| op.old_range().start);
        if from > shown {
            lines.push(Line::Skipped(from - shown));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches('\n');
            lines.push(match change.tag() {
                ChangeTag::Equal => Line::Same(text),
                ChangeTag::Delete => Line::Gone(text),
                ChangeTag::Insert => Line::New(text),
            });
        }
        shown = group.last().map_or(shown, |op| op.old_range().end);
    }
    let all = diff.old_slices().len();
    if !lines.is_empty() && all > shown {
        lines.push(Line::Skipped(all - shown));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_stand_in_a_little_of_what_stayed() {
        let before: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let after = before.replace("line 10\n", "line ten\n");
        assert_eq!(
            difference(&before, &after),
            [
                Line::Skipped(7),
                Line::Same("line 8"),
                Line::Same("line 9"),
                Line::Gone("line 10"),
                Line::New("line ten"),
                Line::Same("line 11"),
                Line::Same("line 12"),
                Line::Skipped(8),
            ]
        );
        assert_eq!(difference(&before, &before), []);
    }
}
