//! Blocks: what the lines of a text are — headings, paragraphs, list items, table rows, terms that a definition
//! follows. Exact byte ranges; it reads layout, never words.

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// A heading and its depth, 1 the highest.
    Heading(u8),
    /// A line that names what the deeper lines below it explain, such as an option of a manual page.
    Term,
    Paragraph,
    Item,
    Row,
}

/// Consecutive lines that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub kind: BlockKind,
    /// Byte offsets into the text, white space at both ends left out.
    pub span: Range<usize>,
    /// Columns of the first line before its first character.
    pub indent: usize,
}

#[derive(Clone, Copy)]
struct Line<'a> {
    /// Where the trimmed text starts.
    start: usize,
    text: &'a str,
    indent: usize,
}

/// The blocks of a text, in order.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<Line> = lines(text).collect();
    let mut blocks: Vec<Block> = Vec::new();
    // The block that the next line may continue.
    let mut open: Option<usize> = None;
    let mut skip = false;
    for (at, line) in lines.iter().enumerate() {
        if std::mem::take(&mut skip) || line.text.is_empty() || is_rule(line.text) || is_target(line.text) {
            open = None;
            continue;
        }
        let before = at.checked_sub(1).map(|at| lines[at]).filter(|line| !line.text.is_empty());
        let after = lines.get(at + 1).copied().filter(|line| !line.text.is_empty());
        let kind = match kind_of(*line, before, after, lines.get(at + 2).copied()) {
            Some(kind) => kind,
            None if open.is_some() && !starts_anew(*line, before) => {
                let block = &mut blocks[open.expect("checked just above")];
                block.span.end = line.start + line.text.len();
                continue;
            }
            None => BlockKind::Paragraph,
        };
        // The line under a heading is its underline.
        skip = matches!(kind, BlockKind::Heading(_)) && after.is_some_and(|after| is_rule(after.text));
        let lead = if matches!(kind, BlockKind::Heading(_)) { hashes(line.text) } else { 0 };
        let start = line.start + lead;
        let end = line.start + line.text.len();
        let start = start + (text[start..end].len() - text[start..end].trim_start().len());
        if start == end {
            continue;
        }
        open = matches!(kind, BlockKind::Paragraph | BlockKind::Item).then_some(blocks.len());
        blocks.push(Block { kind, span: start..end, indent: line.indent });
    }
    blocks
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |raw| {
        let trimmed = raw.trim_start();
        let lead = raw.len() - trimmed.len();
        let line = Line { start: at + lead, text: trimmed.trim_end(), indent: columns(&raw[..lead]) };
        at += raw.len();
        line
    })
}

/// Columns that white space takes; a tab counts eight.
fn columns(lead: &str) -> usize {
    lead.chars().map(|c| if c == '\t' { 8 } else { 1 }).sum()
}

fn kind_of(line: Line, before: Option<Line>, after: Option<Line>, second: Option<Line>) -> Option<BlockKind> {
    let text = line.text;
    // HTML and Markdown without heading marks set their titles in bold: `**4. Files**` or `4. **Files**`.
    let unnumbered = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | '>' | ' '));
    if unnumbered.len() > 4
        && unnumbered.starts_with("**")
        && unnumbered[2..].find("**") == Some(unnumbered.len() - 4)
        && before.is_none()
    {
        return Some(BlockKind::Heading(4));
    }
    let level = hashes(text);
    if level > 0 {
        return Some(BlockKind::Heading(level as u8));
    }
    if before.is_none_or(|before| is_rule(before.text))
        && let Some(rule) = after.filter(|after| is_rule(after.text) && after.text.len() + 3 >= text.chars().count())
        && text.chars().count() <= 100
        && !text.starts_with(['|', '+', '│'])
    {
        return Some(BlockKind::Heading(match rule.text.as_bytes()[0] {
            b'=' | b'*' | b'#' => 1,
            b'-' => 2,
            b'~' => 3,
            _ => 4,
        }));
    }
    if text.starts_with(['|', '│']) || text.ends_with(['|', '│']) && text.matches(['|', '│']).count() >= 2 {
        return Some(BlockKind::Row);
    }
    if before.is_none() && is_short_numbered_title(text) && after.is_some_and(|after| after.text.chars().count() > 60) {
        return Some(BlockKind::Heading(depth_of_number(text)));
    }
    if is_item(text) {
        // A numbered line that stands alone and reads like a title is a heading.
        let alone = before.is_none() && after.is_none();
        return Some(match alone && is_numbered_title(text) {
            true => BlockKind::Heading(depth_of_number(text)),
            false => BlockKind::Item,
        });
    }
    if let Some(name) = text.strip_prefix(".. ").and_then(|rest| rest.split_once(":: ")) {
        // An rst directive with an argument: `.. option:: --force`.
        return (!matches!(name.0, "note" | "warning" | "tip")).then_some(BlockKind::Term);
    }
    if text.len() <= 90 && text.ends_with("::") && !text.contains(". ") && before.is_none() && after.is_some() {
        return Some(BlockKind::Term);
    }
    let short = text.chars().count() <= 72;
    let ends_open = text.ends_with(['.', ',', ';', '!', '?', ':', '\\']);
    if before.is_none() && short && !ends_open {
        if after.is_none() {
            let deeper = second.is_some_and(|second| !second.text.is_empty() && second.indent > line.indent + 1);
            if deeper && !is_caps(text) && line.indent > 0 {
                return Some(BlockKind::Term);
            }
            if is_caps(text) {
                return Some(BlockKind::Heading(2));
            }
            let first = text.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric() || c == '§');
            return first.then_some(BlockKind::Heading(3)).or(deeper.then_some(BlockKind::Term));
        }
        if is_caps(text) && text.len() > 3 {
            return Some(BlockKind::Heading(2));
        }
    }
    if short && !ends_open && after.is_some_and(|after| after.indent > line.indent + 2) {
        // A hanging definition; but a first line that is *less* indented inside a paragraph is only prose.
        let opens = before.is_none_or(|before| before.indent > line.indent + 1);
        return opens.then_some(BlockKind::Term);
    }
    None
}

/// Whether a line without a mark of its own cannot belong to the lines above it.
fn starts_anew(line: Line, before: Option<Line>) -> bool {
    let Some(before) = before else { return true };
    // Less indented than the line above, after a finished sentence: the end of an item's hanging lines.
    line.indent + 2 <= before.indent && before.text.ends_with(['.', ':', ';']) && line.indent == 0 && before.indent > 4
}

/// The number of `#` that open a Markdown heading, 0 for other lines.
fn hashes(text: &str) -> usize {
    let level = text.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&level) && text.as_bytes().get(level) == Some(&b' ') { level } else { 0 }
}

/// A line of nothing but one kind of mark: underlines, borders, separators.
fn is_rule(text: &str) -> bool {
    let mut marks = text.chars().filter(|c| !c.is_whitespace());
    let Some(first) = marks.next() else { return false };
    text.chars().nth(2).is_some()
        && (marks.clone().all(|c| c == first) && (first.is_ascii_punctuation() || ('─'..='╿').contains(&first))
            || first == '+' && marks.all(|c| matches!(c, '+' | '-' | '='))
            || text.chars().all(|c| ('─'..='╿').contains(&c)))
}

/// The target of a link, written apart from the prose: `[12]: page.html`, `.. _name: https://…`. It says nothing.
fn is_target(text: &str) -> bool {
    let numbered = text.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    numbered.is_some_and(|(name, target)| name.len() <= 40 && !target.contains(' ')) || text.starts_with(".. _")
}

fn is_caps(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && !text.chars().any(char::is_lowercase)
}

/// Whether a line opens a list item: a bullet, a number or a letter.
fn is_item(text: &str) -> bool {
    if ["* ", "- ", "+ ", "• ", "— ", "– ", "o ", "·"].iter().any(|bullet| text.starts_with(bullet)) {
        return true;
    }
    let (mark, bracketed) = match text.strip_prefix('(') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let end = mark.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(mark.len());
    let (name, rest) = mark.split_at(end);
    let name_is_number = !name.is_empty() && name.starts_with(|c: char| c.is_ascii_digit());
    let bare = name.trim_end_matches('.');
    let name_is_letter = bare.len() == 1 || matches!(bare, "ii" | "iii" | "iv" | "vi" | "vii" | "viii" | "ix");
    match rest.chars().next() {
        Some(')') => (name_is_number && name.len() <= 5 || name_is_letter) && rest.len() > 1,
        Some(c) if c.is_whitespace() && !bracketed => {
            name.ends_with('.') && (name_is_number && name.len() <= 8 || name_is_letter && bare.len() == 1)
                || name_is_number && name.contains('.') && name.len() <= 8
        }
        _ => false,
    }
}

/// `13. Remote Network Interaction` or `4.2 Files`, but not a sentence that happens to be numbered.
fn is_numbered_title(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().count() <= 90
        && !text.ends_with([',', ';', ':'])
        && text.trim_end_matches('.').matches(". ").count() <= 1
}

/// `10.Acceptance of the Licence` right above its text: a number, then capitalised words without an end mark.
fn is_short_numbered_title(text: &str) -> bool {
    let name = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim_start();
    name.len() < text.len()
        && text.starts_with(|c: char| c.is_ascii_digit())
        && name.starts_with(char::is_uppercase)
        && text.chars().count() <= 60
        && !text.ends_with(['.', ',', ';', ':', '!', '?'])
}

fn depth_of_number(text: &str) -> u8 {
    let number = text.split_whitespace().next().unwrap_or_default();
    1 + number.trim_end_matches('.').matches('.').count().min(4) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<(BlockKind, &str)> {
        blocks(text).into_iter().map(|block| (block.kind, &text[block.span])).collect()
    }

    #[test]
    fn a_paragraph_runs_over_its_line_breaks_and_headings_stand_alone() {
        let text = "Title\n=====\n\n## Part\n\nOne two\n  three.\nFour.\n\n13. Remote Use.\n\nA SHOUT\n\nEnd of it.\n";
        use BlockKind::{Heading, Paragraph};
        assert_eq!(
            seen(text),
            [
                (Heading(1), "Title"),
                (Heading(2), "Part"),
                (Paragraph, "One two\n  three.\nFour."),
                (Heading(1), "13. Remote Use."),
                (Heading(2), "A SHOUT"),
                (Paragraph, "End of it."),
            ]
        );
    }

    #[test]
    fn items_and_rows_break_even_without_blank_lines() {
        let text = "You may:\n  a) copy it\n     freely;\n  b) sell it.\n| a | b |\n| 1 | 2 |\n";
        use BlockKind::{Item, Paragraph, Row};
        assert_eq!(
            seen(text),
            [
                (Paragraph, "You may:"),
                (Item, "a) copy it\n     freely;"),
                (Item, "b) sell it."),
                (Row, "| a | b |"),
                (Row, "| 1 | 2 |"),
            ]
        );
    }

    #[test]
    fn an_option_of_a_manual_page_is_a_term() {
        let text = "OPTIONS\n\n   --size N\n          Stop at N bytes.\n\n   -v     Be loud.\n\n--keep::\n\tKeep it.\n";
        let kinds: Vec<_> = seen(text).into_iter().filter(|(kind, _)| *kind == BlockKind::Term).collect();
        assert_eq!(kinds, [(BlockKind::Term, "--size N"), (BlockKind::Term, "--keep::")]);
    }
}
