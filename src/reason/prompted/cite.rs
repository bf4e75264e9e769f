//! From labels in a model's text to citations: which words of which document a statement stands on.
//!
//! A span is only ever one that was in front of the model, and a quote counts only where it stands verbatim.

use std::{collections::HashMap, ops::Range, sync::Arc};

use crate::{
    reason::{Unfolded, UnfoldedText},
    run::{Citation, Entry, Label, Snapshot, summary::resolve_anchor},
};

use super::lines;

/// Quotes shorter than this many characters stand everywhere and prove nothing.
const QUOTE_CHARS: usize = 4;

/// Quotes on one side of a label that are looked up; a reply that runs wild must not cost minutes.
const QUOTES: usize = 8;

/// A quote and where it stands in the statement.
type Quote<'a> = (Range<usize>, &'a str);

/// Everything that a label in one call can point at.
pub struct Shelf<'a> {
    unfolded: &'a [Unfolded],
    entries: HashMap<Label, &'a Arc<Entry>>,
}

impl<'a> Shelf<'a> {
    #[must_use]
    pub fn new(context: &'a Snapshot, unfolded: &'a [Unfolded]) -> Self {
        Shelf { unfolded, entries: context.entries().map(|entry| (entry.label, entry)).collect() }
    }

    /// Whether the label, or the part it names, belongs to something that the agent has seen.
    #[must_use]
    pub fn knows(&self, label: Label) -> bool {
        let whole = label.whole();
        self.entries.contains_key(&whole) || self.unfolded.iter().any(|item| item.label.whole() == whole)
    }

    #[must_use]
    pub fn entry(&self, label: Label) -> Option<&'a Arc<Entry>> {
        self.entries.get(&label.whole()).copied()
    }

    /// The citations of a statement, in order, each once. Labels that nobody has seen are left out. A document label
    /// gets the first of these spans that there is: a quote beside it that stands verbatim in the unit's raw text; the
    /// sub-chunk that it names; the raw text that was unfolded; the span under which an entry cites the same label; all
    /// of the unfolded summary. Without any it stands for its whole unit, with no span yet.
    #[must_use]
    pub fn cite(&self, text: &str) -> Vec<Citation> {
        let quotes = quotes(text);
        let groups = groups(text);
        let mut citations: Vec<Citation> = Vec::new();
        for (at, (labels, place)) in groups.iter().enumerate() {
            let before = at.checked_sub(1).map_or(0, |at| groups[at].1.end)..place.start;
            let behind = place.end..groups.get(at + 1).map_or(text.len(), |next| next.1.start);
            for label in lines::each_once(labels.clone()).into_iter().filter(|label| self.knows(*label)) {
                let found = if !label.is_unit() {
                    vec![Citation::of_entry(label.whole())]
                } else {
                    let quoted = [near_end(&quotes, &before), near_start(&quotes, &behind)];
                    let mut quoted = quoted.into_iter().map(|near| self.quoted(label, near));
                    quoted.find(|found| !found.is_empty()).unwrap_or_else(|| vec![self.unquoted(label)])
                };
                for citation in found {
                    if !citations.contains(&citation) {
                        citations.push(citation);
                    }
                }
            }
        }
        citations
    }

    fn of_unit(&self, label: Label) -> impl Iterator<Item = &'a Unfolded> {
        self.unfolded.iter().filter(move |item| item.label.whole() == label.whole())
    }

    /// Every one of the quotes that stands in the label's raw text.
    fn quoted(&self, label: Label, near: &[Quote]) -> Vec<Citation> {
        near.iter()
            .filter_map(|(_, quote)| {
                self.of_unit(label).find_map(|item| {
                    let UnfoldedText::Raw { text, start } = &item.text else { return None };
                    let found = find_quote(text, quote)?;
                    Some(Citation::of(label, start + found.start..start + found.end))
                })
            })
            .collect()
    }

    fn unquoted(&self, label: Label) -> Citation {
        let part = label.part.and_then(|number| {
            self.of_unit(label).find_map(|item| match &item.text {
                UnfoldedText::Summary(summary) => Some(summary.part(number)?.span.clone()),
                UnfoldedText::Raw { .. } => None,
            })
        });
        let raw = || {
            let mut raws: Vec<_> = self
                .of_unit(label)
                .filter_map(|item| match &item.text {
                    UnfoldedText::Raw { text, start } => Some((item.label != label, *start..start + text.len())),
                    UnfoldedText::Summary(_) => None,
                })
                .collect();
            raws.sort_by_key(|(other, _)| *other);
            raws.into_iter().next().map(|(_, span)| span)
        };
        let peer = || {
            let cited = self.entries.values().flat_map(|entry| &entry.citations);
            // The least span, since a map has no order that would be the same in the next run.
            cited
                .filter(|citation| citation.label == label)
                .filter_map(|citation| citation.span.clone())
                .min_by_key(|span| (span.len(), span.start))
        };
        let summary = || {
            let whole = self.of_unit(label).filter(|_| label.part.is_none()).find_map(|item| match &item.text {
                UnfoldedText::Summary(summary) => {
                    let start = summary.parts.iter().map(|part| part.span.start).min()?;
                    Some(start..summary.parts.iter().map(|part| part.span.end).max()?)
                }
                UnfoldedText::Raw { .. } => None,
            });
            whole.filter(|span| !span.is_empty())
        };
        match part.or_else(raw).or_else(peer).or_else(summary) {
            Some(span) => Citation::of(label, span),
            None => Citation { label: label.whole(), span: None },
        }
    }
}

/// Labels that stand together, as in `[W0 S1, W0 S2]`, and where they do.
fn groups(text: &str) -> Vec<(Vec<Label>, Range<usize>)> {
    let mut groups: Vec<(Vec<Label>, Range<usize>)> = Vec::new();
    for (label, at) in Label::scan(text) {
        match groups.last_mut() {
            Some((labels, place)) if is_list_glue(&text[place.end..at.start]) => {
                labels.push(label);
                place.end = at.end;
            }
            _ => groups.push((vec![label], at)),
        }
    }
    groups
}

fn is_list_glue(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '[' | ']' | '&'))
        .all(|word| matches!(word, "" | "and"))
}

/// The last quotes of a stretch.
fn near_end<'q, 't>(quotes: &'q [Quote<'t>], side: &Range<usize>) -> &'q [Quote<'t>] {
    let all = within(quotes, side);
    &all[all.len().saturating_sub(QUOTES)..]
}

/// The first quotes of a stretch.
fn near_start<'q, 't>(quotes: &'q [Quote<'t>], side: &Range<usize>) -> &'q [Quote<'t>] {
    let all = within(quotes, side);
    &all[..all.len().min(QUOTES)]
}

fn within<'q, 't>(quotes: &'q [Quote<'t>], side: &Range<usize>) -> &'q [Quote<'t>] {
    let from = quotes.partition_point(|(at, _)| at.start < side.start);
    let to = quotes.partition_point(|(at, _)| at.end <= side.end);
    &quotes[from..to.max(from)]
}

/// What stands between quotation marks, and where.
fn quotes(text: &str) -> Vec<Quote<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        open = match (open, c) {
            (Some((from, close)), c) if c == close => {
                if text[from..at].chars().nth(QUOTE_CHARS - 1).is_some() {
                    found.push((from..at, &text[from..at]));
                }
                None
            }
            (None, '“') => Some((at + c.len_utf8(), '”')),
            (None, '«') => Some((at + c.len_utf8(), '»')),
            (None, '"') => Some((at + 1, '"')),
            (open, _) => open,
        };
    }
    found
}

/// Where a quote stands in `text`. Words left out are marked by an ellipsis.
fn find_quote(text: &str, quote: &str) -> Option<Range<usize>> {
    let quote = quote.trim();
    match split_ellipsis(quote) {
        Some((head, tail)) if !head.is_empty() && !tail.is_empty() => find_verbatim(text, head, tail),
        Some((head, "")) => find_verbatim(text, head, head),
        Some((_, tail)) => find_verbatim(text, tail, tail),
        None => find_verbatim(text, quote, quote),
    }
}

/// What stands before and behind the first ellipsis.
#[must_use]
pub fn split_ellipsis(text: &str) -> Option<(&str, &str)> {
    let at = ["...", "…", ". . ."].iter().filter_map(|dots| Some((text.find(dots)?, dots.len()))).min()?;
    Some((text[..at.0].trim(), text[at.0 + at.1..].trim()))
}

/// Where `head … tail` stands verbatim, up to white space, the kind of apostrophe and punctuation at the ends.
#[must_use]
pub fn find_verbatim(text: &str, head: &str, tail: &str) -> Option<Range<usize>> {
    let shapes: [fn(&str) -> String; 3] =
        [str::to_owned, |text| text.replace(['’', '‘'], "'").replace(['“', '”'], "\""), |text| text.replace('\'', "’")];
    let mut tried: Vec<(String, String)> = Vec::new();
    for shape in shapes {
        for ends in [&[][..], &['.', ',', ';', ':', '!', '?', '"', '“', '”'][..]] {
            let (head, tail) = (shape(head.trim_matches(ends)), shape(tail.trim_matches(ends)));
            let pair = (head, tail);
            if pair.0.trim().is_empty() || pair.1.trim().is_empty() || tried.contains(&pair) {
                continue;
            }
            if let Some(span) = resolve_anchor(text, &pair.0, &pair.1) {
                return Some(span);
            }
            tried.push(pair);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        reason::prompted::testing,
        run::{Part, Summary},
    };

    const RAW: &str = "You must keep\nthe notice. It’s yours to copy.";

    fn raw(label: Label, start: usize) -> Unfolded {
        Unfolded { label, title: "t".into(), text: UnfoldedText::Raw { text: RAW.into(), start } }
    }

    fn summary() -> Unfolded {
        let part = |number, span| Part { number, text: String::new(), head: String::new(), tail: String::new(), span };
        let summary = Summary { topic: "t".into(), parts: vec![part(1, 0..10), part(2, 10..30)] };
        Unfolded { label: Label::unit(1), title: "t".into(), text: UnfoldedText::Summary(Arc::new(summary)) }
    }

    fn cite(text: &str, unfolded: &[Unfolded]) -> Vec<Citation> {
        Shelf::new(&testing::context(3), unfolded).cite(text)
    }

    #[test]
    fn a_verbatim_quote_beside_the_label_is_the_span() {
        let label = Label::unit(1);
        let at = |from: usize, to: usize| Citation::of(label, 100 + from..100 + to);
        let shelf = [raw(label, 100), summary()];
        assert_eq!(cite("It says “keep the notice.” [W0 S1].", &shelf), [at(9, 25)]);
        assert_eq!(cite("[W0 S1] says \"keep the … yours\"", &shelf), [at(9, RAW.find(" to copy").unwrap())]);
        assert_eq!(cite("“It's yours to copy” [W0 S1]", &shelf), [at(26, RAW.len() - 1)]);
        assert_eq!(cite("“keep the notice” and “You must” [W0 S1]", &shelf), [at(9, 24), at(0, 8)]);
    }

    #[test]
    fn without_a_verbatim_quote_the_part_or_the_raw_text_is_the_span() {
        let (one, part) = (Label::unit(1), Label::unit(1).with_part(2));
        assert_eq!(cite("“made up words” [W0 S1]", &[raw(one, 5)]), [Citation::of(one, 5..5 + RAW.len())]);
        assert_eq!(cite("[W0 S1.2]", &[summary()]), [Citation::of(part, 10..30)]);
        assert_eq!(cite("[W0 S1]", &[summary()]), [Citation::of(one, 0..30)]);
        assert_eq!(cite("[W0 S1.9]", &[summary()]), [Citation { label: one, span: None }]);
        assert_eq!(cite("[W0 S2.4]", &[summary()]), [Citation { label: Label::unit(2), span: None }]);
    }

    #[test]
    fn peers_have_no_span_and_strangers_are_left_out() {
        let found = cite("As [W1 S1, W0 S2] and [W0 S99] show [W1 S1].", &[]);
        let peer = Citation::of_entry("W1 S1".parse().unwrap());
        assert_eq!(found, [peer, Citation { label: Label::unit(2), span: None }]);
    }

    #[test]
    fn a_label_that_an_entry_cites_has_that_entrys_span() {
        // The finding in the test context rests on W0 S1.1 at 3..9.
        let label = Label::unit(1).with_part(1);
        assert_eq!(cite("[W0 S1.1]", &[]), [Citation::of(label, 3..9)]);
    }
}
