//! Parts: a unit cut into stretches of about 2,500 characters that tile it, each found again by its first and last words
//! (METHOD §2.5 "Sub-chunk target"; calls A, B and D).

use std::{collections::HashMap, ops::Range};

use foldhash::fast::RandomState;

use crate::run::{CutPoint, Label, Part, Summary, one_line, summary::resolve_anchor};

use super::{
    block::{Block, BlockKind, blocks},
    library::{Library, source_name},
    word::words,
};

/// Characters a part aims at.
const AIM: usize = 2_500;
/// Words of an anchor, each side. More only where fewer are found too early in the text.
const ANCHOR: std::ops::RangeInclusive<usize> = 5..=8;
/// The most words that are tried before all of them.
const LONGEST_ANCHOR: usize = 40;

/// A stretch with its first and last words.
type Anchored = (Range<usize>, String, String);

/// Where a long text is cut: at the points nearest to equal pieces, headings preferred (call A).
#[must_use]
pub fn cuts(points: &[CutPoint], most: usize) -> Vec<usize> {
    let Some(last) = points.last() else { return vec![] };
    let pieces = last.offset.div_ceil(25_000).min(most.saturating_sub(1)).max(1);
    let mut chosen: Vec<usize> = (1..pieces)
        .filter_map(|piece| {
            let aim = last.offset * piece / pieces;
            let cost = |point: &&CutPoint| {
                let titled = point.preview.chars().count() < 60 && !point.preview.ends_with(['.', ',', ';']);
                point.offset.abs_diff(aim) + if titled { 0 } else { 1_000 }
            };
            points.iter().filter(|point| point.offset > 0).min_by_key(cost).map(|point| point.offset)
        })
        .collect();
    chosen.dedup();
    chosen
}

/// The summary of a unit: what each part is about, never what it says (call B: no values, no quotes).
#[must_use]
pub fn summarize(library: &Library, label: Label, title: &str, text: &str) -> Summary {
    let blocks = blocks(text);
    let parts: Vec<Part> = (1..)
        .zip(tile(text, &blocks))
        .map(|(number, (span, head, tail))| Part {
            number,
            text: describe(library, text, &blocks, &span),
            head,
            tail,
            span,
        })
        .collect();
    let path = library.corpus().path(label).map(|path| one_line(source_name(path))).unwrap_or_default();
    let name = if path.is_empty() || title.contains(&path) { title.to_owned() } else { format!("{path}, {title}") };
    let topic = match parts.len() {
        0 => name,
        1 => format!("{name}: {}", parts[0].text),
        n => format!("{name}, {n} parts from {} to {}", parts[0].text, parts[n - 1].text),
    };
    Summary { topic, parts }
}

/// Which part of a unit a span starts in, counted as [`summarize`] counts.
#[must_use]
pub fn part_at(text: &str, at: usize) -> Option<u32> {
    let parts = tile(text, &blocks(text));
    (1..).zip(&parts).filter(|(_, (span, ..))| span.start <= at).last().map(|(number, _)| number)
}

/// Spans with their anchors, in order. White space between parts belongs to none.
fn tile(text: &str, blocks: &[Block]) -> Vec<Anchored> {
    let chars = text.chars().count();
    let wanted = chars.div_ceil(AIM).clamp(3, 12).min(blocks.len()).max(1);
    let mut borders: Vec<usize> = vec![0];
    for piece in 1..wanted {
        let aim = text.len() * piece / wanted;
        let cost = |block: &&Block| {
            let heading = matches!(block.kind, BlockKind::Heading(_) | BlockKind::Term);
            block.span.start.abs_diff(aim) + if heading { 0 } else { AIM / 6 }
        };
        let nearest = blocks.iter().filter(|block| block.kind != BlockKind::Row).min_by_key(cost);
        borders.extend(nearest.map(|block| block.span.start));
    }
    borders.sort_unstable();
    borders.dedup();
    // A border whose words are found elsewhere first cannot be an anchor: the part joins the one before.
    let mut parts: Vec<Option<Anchored>> = Vec::new();
    while parts.len() < borders.len() {
        let at = parts.len();
        let part = anchor(text, borders[at]..borders.get(at + 1).copied().unwrap_or(text.len()));
        if part.is_some() || borders.len() == 1 {
            parts.push(part);
        } else {
            // Without the border at its end, or, for the last part, without the one at its start.
            borders.remove(if at + 1 < borders.len() { at + 1 } else { at });
            parts.pop();
        }
    }
    parts.into_iter().flatten().collect()
}

/// The shortest first and last words that resolve to exactly this stretch.
fn anchor(text: &str, span: Range<usize>) -> Option<Anchored> {
    let raw = &text[span.clone()];
    let start = span.start + (raw.len() - raw.trim_start().len());
    let raw = raw.trim();
    let span = start..start + raw.len();
    // Only as many words as may matter are counted: a stretch is long, and its first and last few mostly do.
    let words = raw.split_whitespace().take(LONGEST_ANCHOR + 1).count();
    let lengths = || ANCHOR.chain([12, 20, LONGEST_ANCHOR]).filter(|n| *n < words).chain([usize::MAX]);
    for n in lengths() {
        let head = raw.split_whitespace().take(n).collect::<Vec<_>>().join(" ");
        for m in lengths() {
            let mut tail: Vec<&str> = raw.split_whitespace().rev().take(m).collect();
            tail.reverse();
            let tail = tail.join(" ");
            if resolve_anchor(text, &head, &tail) == Some(span.clone()) {
                return Some((span, head, tail));
            }
        }
    }
    None
}

/// Headings of a stretch, or the words that mark it out among the documents.
fn describe(library: &Library, text: &str, blocks: &[Block], span: &Range<usize>) -> String {
    let inside = blocks.iter().filter(|block| span.contains(&block.span.start));
    let headings: Vec<String> = inside
        .filter(|block| matches!(block.kind, BlockKind::Heading(_) | BlockKind::Term))
        .map(|block| plain(&text[block.span.clone()]))
        .filter(|heading| heading.chars().filter(|c| c.is_alphabetic()).count() >= 3)
        .take(4)
        .collect();
    let topics = topics(library, &text[span.clone()], if headings.is_empty() { 6 } else { 3 });
    match (headings.is_empty(), topics.is_empty()) {
        (true, true) => "text".to_owned(),
        (true, false) => topics.join(", "),
        (false, true) => headings.join("; "),
        (false, false) => format!("{} ({})", headings.join("; "), topics.join(", ")),
    }
}

/// A heading without its number and without values.
fn plain(heading: &str) -> String {
    let heading = heading.replace(['“', '”', '"'], "");
    let bare: Vec<&str> = heading.split_whitespace().filter_map(without_value).collect();
    let bare = bare.join(" ");
    let bare = bare.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, ')' | '-')).to_owned();
    bare.chars().take(80).collect()
}

/// A word without a number at its edge, as in `10.Acceptance` or `GPL-3`; `None` for a value, such as `2003` or `17th`.
fn without_value(word: &str) -> Option<&str> {
    if !word.contains(|c: char| c.is_ascii_digit()) {
        return Some(word);
    }
    let rest = word.trim_matches(|c: char| !c.is_alphabetic());
    let is_name = rest.chars().count() >= 3 && !rest.contains(|c: char| c.is_ascii_digit());
    is_name.then_some(rest)
}

/// Words that a stretch has often and other sentences seldom, as the stretch writes them.
fn topics(library: &Library, text: &str, most: usize) -> Vec<String> {
    let mut counts: HashMap<u32, (usize, &str), RandomState> = HashMap::default();
    for word in words(text).map(|at| &text[at]) {
        if word.len() > 3
            && word.chars().all(char::is_alphabetic)
            && let Some(term) = library.vocabulary.look_up(word)
            && !library.vocabulary.is_stop(term)
        {
            counts.entry(term).or_insert((0, word)).0 += 1;
        }
    }
    let n = library.sentences.len() as f32;
    let mut ranked: Vec<(f32, &str)> = counts
        .into_iter()
        .filter(|(_, (count, _))| *count >= 2)
        .map(|(term, (count, word))| {
            (count as f32 * (1.0 + n / (1.0 + library.postings[term as usize].len() as f32)).ln(), word)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    ranked.into_iter().take(most).map(|(_, word)| word.to_lowercase()).collect()
}

/// One line about a unit: its title and what its parts cover, what the question names first (call D).
#[must_use]
pub fn gist(library: &Library, question: &str, title: &str, summary: &Summary) -> String {
    let stems = |text: &str| -> Vec<String> {
        words(text)
            .map(|at| &text[at])
            .filter(|word| !library.vocabulary.is_stop_word(word))
            .map(|word| library.vocabulary.stem(word))
            .collect()
    };
    let asked = stems(question);
    let mut parts: Vec<&Part> = summary.parts.iter().collect();
    parts.sort_by_cached_key(|part| {
        std::cmp::Reverse(stems(&part.text).iter().filter(|stem| asked.contains(stem)).count())
    });
    let mut line = format!("{}: covers", one_line(summary.topic.split([':', ',']).next().unwrap_or(title)));
    if !line.contains(title) && !title.is_empty() {
        line = format!("{}, {}: covers", line.trim_end_matches(": covers"), one_line(title));
    }
    for (at, part) in parts.iter().enumerate() {
        let joined = format!("{line}{} {}", if at == 0 { "" } else { ";" }, part.text);
        if joined.split_whitespace().count() > 90 && at > 0 {
            break;
        }
        line = joined;
    }
    let short: Vec<&str> = line.split_whitespace().take(99).collect();
    format!("{}.", short.join(" ").trim_end_matches(['.', ',', ';']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_loses_its_values_and_no_other_part_of_a_word() {
        assert_eq!(
            plain("Boost Software License - Version 1.0 - August 17th, 2003"),
            "Boost Software License - Version - August"
        );
        assert_eq!(plain("10.Acceptance of the Licence"), "Acceptance of the Licence");
        assert_eq!(plain("13. Use with the “GPL-3”."), "Use with the GPL");
        assert_eq!(plain("CC0 1.0 Universal"), "Universal");
    }
}
