//! The rules of `rules.toml` over folded text: where one matches, and whether the match counts.

use std::{ops::Range, sync::LazyLock};

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::fold::Folded;

/// The weak rule that is never reported.
const READER: &str = "reader";

/// How far around a quote talk about attacks is looked for, in bytes.
const TALK_REACH: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rule: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    what: String,
    #[serde(default)]
    weak: bool,
    patterns: Vec<String>,
}

struct Rule {
    name: String,
    what: String,
    is_weak: bool,
    regex: Regex,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("rules.toml")).expect("a test reads the rules");
    let rule = |row: Row| Rule {
        regex: compiled(&row.patterns.iter().map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>().join("|")),
        name: row.name,
        what: row.what,
        is_weak: row.weak,
    };
    table.rule.into_iter().map(rule).collect()
});

/// Words of a text about attacks, prompts or examples.
static TALK: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        "attack|inject|jailbreak|malicious|adversar|exploit|red[ -]team|detect|filter|flagged|payload|phish|suspicious|\
         example|e\\.g\\.|for instance|such as|phrases?|known as|template|token|placeholder|system prompt|the prompt|\
         angriff|angreifer|beispiel|z\\. ?b\\.|attaqu|exemple|ataque|atacante|ejemplo|test case|fixture|regex|pattern",
    )
});

/// What takes the point off an order that follows it.
static NEGATION: LazyLock<Regex> =
    LazyLock::new(|| compiled("(never|not|n't|nie|nicht|niemals|jamais|nunca|cannot|refuse to|refuses to) ?$"));

fn compiled(pattern: &str) -> Regex {
    let pattern = pattern.replace('…', r"[^\n]{0,40}");
    let build = RegexBuilder::new(&pattern).unicode(false).size_limit(64 << 20).dfa_size_limit(16 << 20).build();
    build.expect("a test compiles the rules")
}

pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.iter().filter(|rule| rule.name != READER).map(|rule| (rule.name.as_str(), rule.what.as_str()))
}

/// Whether any strong rule matches, wherever and however.
pub(super) fn any(folded: &Folded) -> bool {
    RULES.iter().any(|rule| !rule.is_weak && rule.regex.is_match(&folded.text))
}

/// Every match that counts: places in the original, with the rule's name.
pub(super) fn matches(folded: &Folded) -> Vec<(Range<usize>, &'static str)> {
    let text = &folded.text;
    let mut found: Vec<(Range<usize>, &'static Rule)> = Vec::new();
    for rule in RULES.iter() {
        let matches = rule.regex.find_iter(text).map(|found| found.range()).filter(|span| !span.is_empty());
        found.extend(matches.filter(|span| counts(text, span)).map(|span| (span, rule)));
    }
    found.sort_unstable_by_key(|(span, _)| span.start);
    let mut counted = Vec::new();
    // Paragraphs are parted by line breaks, which no match holds but at its start.
    let mut rest = found.as_slice();
    while let Some((first, _)) = rest.first() {
        let end = line_end(text, first.end);
        let here = rest.iter().take_while(|(span, _)| span.start < end).count();
        let (paragraph, after) = rest.split_at(here);
        rest = after;
        let has_strong = paragraph.iter().any(|(_, rule)| !rule.is_weak);
        for (span, rule) in paragraph {
            // Where a strong rule has spoken, a weak one adds nothing.
            let in_company = !has_strong && paragraph.iter().any(|(_, other)| other.name != rule.name);
            if rule.name != READER && (!rule.is_weak || in_company) {
                counted.push((folded.original(span.clone()), rule.name.as_str()));
            }
        }
    }
    counted
}

fn line_end(text: &[u8], from: usize) -> usize {
    text[from..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| from + at)
}

/// Whether a match is neither forbidden by the words before it nor an example.
fn counts(text: &[u8], span: &Range<usize>) -> bool {
    let before = &text[span.start.saturating_sub(12)..span.start];
    !NEGATION.is_match(before) && !is_example(text, span)
}

/// Whether the match stands inside of quotes or code, and what stands outside of them talks about such things.
fn is_example(text: &[u8], span: &Range<usize>) -> bool {
    let from = span.start.saturating_sub(TALK_REACH);
    let to = (span.end + TALK_REACH).min(text.len());
    let start = text[from..span.start].iter().rposition(|byte| *byte == b'\n').map_or(from, |at| from + at + 1);
    let end = line_end(&text[..to], span.end);
    [b'"', b'`'].into_iter().any(|quote| {
        let is = |byte: &u8| *byte == quote;
        // A match may begin with the verb before the quote.
        let is_open = text[start..span.end].iter().filter(|byte| is(byte)).count() % 2 == 1;
        let open = text[start..span.end].iter().rposition(is).filter(|_| is_open).map(|at| start + at);
        let close = text[span.end..end].iter().position(is).map(|at| span.end + at);
        match (open, close) {
            (Some(open), Some(close)) => TALK.is_match(&text[start..open]) || TALK.is_match(&text[close..end]),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_read_and_repeat_nothing_without_a_bound() {
        assert!(all().count() >= 12);
        let source: String = include_str!("rules.toml").lines().filter(|line| !line.starts_with('#')).collect();
        let (mut escaped, mut in_class) = (false, false);
        for (at, c) in source.char_indices() {
            let is_repeat = matches!(c, '*' | '+') && !escaped && !in_class;
            assert!(!is_repeat, "{}", &source[at.saturating_sub(30)..=at]);
            in_class = if escaped { in_class } else { c == '[' || in_class && c != ']' };
            escaped = c == '\\' && !escaped;
        }
        assert!(!source.contains(",}"), "a bound has two ends");
    }
}
