//! [our own] Headings for texts that none of the method's families fits: those of HTML, Markdown and RST, and numbered
//! ones. They come with a level, and the topmost level that has three of them cuts the text.

use super::{
    Found,
    lines::{Line, lines},
};
use crate::{ingest::Document, run::Media};

/// The shortest run of a mark that underlines a heading.
const UNDERLINE: usize = 3;

/// What a numbered heading may have, in characters.
const NUMBERED_MOST: usize = 80;

/// The same for one that ends like a sentence; longer ones are.
const SENTENCE_MOST: usize = 64;

struct Ranked<'t> {
    found: Found<'t>,
    level: usize,
}

/// The headings a text is cut at, in text order; empty when it has no outline.
pub(super) fn headings(document: &Document) -> Vec<Found<'_>> {
    let text = document.text.as_str();
    let outlines: &[fn(&str) -> Vec<Ranked<'_>>] = match document.media {
        Media::Html => &[numbered],
        Media::Markdown => &[marked, underlined, numbered],
        Media::Rst | Media::Text => &[underlined, numbered],
        Media::Pdf => &[numbered],
        Media::Code => &[],
    };
    let known = topmost(of_markup(document));
    if !known.is_empty() {
        return known;
    }
    outlines.iter().map(|outline| topmost(outline(text))).find(|found| !found.is_empty()).unwrap_or_default()
}

/// The headings down to the topmost level that makes three of them.
fn topmost(ranked: Vec<Ranked<'_>>) -> Vec<Found<'_>> {
    let mut levels: Vec<usize> = ranked.iter().map(|heading| heading.level).collect();
    levels.sort_unstable();
    let Some(&level) = levels.get(2) else { return Vec::new() };
    ranked.into_iter().filter(|heading| heading.level <= level).map(|heading| heading.found).collect()
}

fn of_markup(document: &Document) -> Vec<Ranked<'_>> {
    let line_at = |offset: usize| document.text.get(offset..).and_then(|rest| rest.lines().next());
    let headings = document.headings.iter().filter_map(|heading| {
        let title = line_at(heading.offset)?.trim();
        Some(Ranked { found: Found { offset: heading.offset, title }, level: usize::from(heading.level) })
    });
    headings.collect()
}

/// `## Heading`, outside of fenced code.
fn marked(text: &str) -> Vec<Ranked<'_>> {
    let mut fence: Option<&str> = None;
    let mut found = Vec::new();
    for Line { start, text, .. } in lines(text) {
        let mark = ["```", "~~~"].into_iter().find(|mark| text.starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, Some(mark)) => fence = Some(mark),
            (None, None) => {
                if let Some((level, title)) = at_sign(text) {
                    found.push(Ranked { found: Found { offset: start, title }, level });
                }
            }
        }
    }
    found
}

/// The level and the title of a `#` heading.
pub(super) fn at_sign(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    let title = rest.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '*' | '_' | '`'));
    ((1..=6).contains(&level) && rest.starts_with([' ', '\t']) && !title.is_empty()).then_some((level, title))
}

/// A line alone over a rule of one mark that is at least as long; the same rule may be over it too. Levels come in
/// order of appearance.
fn underlined(text: &str) -> Vec<Ranked<'_>> {
    let lines: Vec<Line<'_>> = lines(text).collect();
    let mut styles: Vec<(char, bool)> = Vec::new();
    let mut found = Vec::new();
    for (i, pair) in lines.windows(2).enumerate() {
        let (head, under) = (pair[0], pair[1]);
        let Some(mark) = rule(under.text).filter(|_| under.above.adjoins() && is_title(head.text, under.text)) else {
            continue;
        };
        let over = i.checked_sub(1).map(|i| lines[i]).filter(|_| head.above.adjoins());
        if over.is_some_and(|over| rule(over.text) != Some(mark)) {
            continue; // The last line of a paragraph, or of a table.
        }
        let style = (mark, over.is_some());
        let level = styles.iter().position(|known| *known == style).unwrap_or(styles.len());
        if level == styles.len() {
            styles.push(style);
        }
        found.push(Ranked { found: Found { offset: over.unwrap_or(head).start, title: head.text }, level: level + 1 });
    }
    found
}

fn is_title(head: &str, under: &str) -> bool {
    head.contains(char::is_alphanumeric) && head.chars().count() <= under.chars().count()
}

/// The mark a line consists of.
fn rule(line: &str) -> Option<char> {
    let mark = line.chars().next().filter(|c| "=-~^\"'`#*+:._".contains(*c))?;
    (line.len() >= UNDERLINE && line.chars().all(|c| c == mark)).then_some(mark)
}

/// `3.1 Definitions`, alone between blank lines.
fn numbered(text: &str) -> Vec<Ranked<'_>> {
    let mut found: Vec<Ranked<'_>> = Vec::new();
    let mut open: Option<Ranked<'_>> = None;
    for line in lines(text) {
        if !line.above.adjoins() {
            found.extend(open.take());
        }
        open = number(line.text)
            .filter(|_| !line.above.adjoins())
            .map(|level| Ranked { found: Found { offset: line.start, title: line.text }, level });
    }
    found.extend(open);
    found
}

/// How many numbers a numbered heading begins with.
pub(super) fn number(line: &str) -> Option<usize> {
    let (token, rest) = line.split_once(char::is_whitespace)?;
    let parts = token.trim_end_matches('.').split('.');
    let level = parts.clone().count();
    let digits = parts.clone().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    let is_heading = rest.trim_start().starts_with(char::is_uppercase)
        && !rest.ends_with([';', ',', ':', '?', '!'])
        && rest.chars().count() <= if rest.ends_with('.') { SENTENCE_MOST } else { NUMBERED_MOST };
    // `12 Monkeys` is no heading, `12. Monkeys` and `1.2 Monkeys` are.
    (digits && token.contains('.') && is_heading).then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles<'t>(found: &[Ranked<'t>]) -> Vec<(usize, &'t str)> {
        found.iter().map(|heading| (heading.level, heading.found.title)).collect()
    }

    #[test]
    fn markdown_headings_outside_of_fences() {
        let text = "# One\n\ntext\n## Two ##\n```sh\n# a comment\n```\n#hashtag\n### **`Three`**\n####### seven\n";
        assert_eq!(titles(&marked(text)), [(1, "One"), (2, "Two"), (3, "Three")]);
    }

    #[test]
    fn underlined_headings_by_order_of_appearance() {
        let text = "====\nDoc\n====\n\nOne\n===\n\ntext\nruns on\n-------\n\nSub\n---\n\nTwo\n===\n\nToo long\n===\n";
        let found = underlined(text);
        assert_eq!(titles(&found), [(1, "Doc"), (2, "One"), (3, "Sub"), (2, "Two")]);
        assert_eq!(found[0].found.offset, 0, "the rule above belongs to the heading");
    }

    #[test]
    fn numbered_headings_stand_alone() {
        let text = "1. Scope\n\ntext\n\n1.1 Terms\n\n2. First item\n3. Second item\n\n4. A sentence that is about something, goes on for long, and ends only here.\n\n12 Monkeys\n\n\
                    5. Source Code.\n";
        assert_eq!(titles(&numbered(text)), [(1, "1. Scope"), (2, "1.1 Terms"), (1, "5. Source Code.")]);
    }

    #[test]
    fn the_topmost_level_with_three_cuts() {
        let heading = |level, title| Ranked { found: Found { offset: 0, title }, level };
        let found = topmost(vec![heading(1, "a"), heading(2, "b"), heading(3, "c"), heading(2, "d")]);
        assert_eq!(found.iter().map(|found| found.title).collect::<Vec<_>>(), ["a", "b", "d"]);
        assert!(topmost(vec![heading(1, "a"), heading(2, "b")]).is_empty());
    }
}
