//! The rules of `rules.toml` over folded text: where one matches, and whether the match counts.

use std::{ops::Range, sync::LazyLock, thread};

use memchr::memchr_iter;
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::{fold::Folded, needed::Needed};

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

struct Rules {
    all: Vec<Rule>,
    needed: Needed,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let mut table: Table = toml::from_str(include_str!("rules.toml")).expect("a test reads the rules");
    let patterns = table.rule.iter_mut().flat_map(|row| &mut row.patterns);
    patterns.for_each(|pattern| *pattern = pattern.replace('…', r"[^\n]{0,40}"));
    let rule = |row: &Row| Rule {
        regex: compiled(&row.patterns.iter().map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>().join("|")),
        name: row.name.clone(),
        what: row.what.clone(),
        is_weak: row.weak,
    };
    // Each takes as long as to read some hundred kilobytes, and the first reader waits for both.
    thread::scope(|scope| {
        let needed = scope.spawn(|| {
            let numbered = (0..).zip(&table.rule);
            Needed::of(numbered.flat_map(|(rule, row)| row.patterns.iter().map(move |each| (rule, each.as_str()))))
        });
        let all = table.rule.iter().map(rule).collect();
        Rules { all, needed: needed.join().expect("a test compiles the rules") }
    })
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
    let build = RegexBuilder::new(pattern).unicode(false).size_limit(64 << 20).dfa_size_limit(16 << 20).build();
    build.expect("a test compiles the rules")
}

pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.all.iter().filter(|rule| rule.name != READER).map(|rule| (rule.name.as_str(), rule.what.as_str()))
}

/// Whether any strong rule matches, wherever and however.
pub(super) fn any(folded: &Folded) -> bool {
    RULES.all.iter().any(|rule| !rule.is_weak && rule.regex.is_match(&folded.text))
}

/// Every match that counts: places in the original, with the rule's name.
pub(super) fn matches(folded: &Folded) -> Vec<(Range<usize>, &'static str)> {
    let text = &folded.text;
    let mut counted = Vec::new();
    for paragraph in paragraphs(text) {
        let mut found = found(text, paragraph);
        found.retain(|(span, _)| counts(text, span));
        let has_strong = found.iter().any(|(_, rule)| !rule.is_weak);
        for (span, rule) in &found {
            // Where a strong rule has spoken, a weak one adds nothing.
            let in_company = !has_strong && found.iter().any(|(_, other)| other.name != rule.name);
            if rule.name != READER && (!rule.is_weak || in_company) {
                counted.push((folded.original(span.clone()), rule.name.as_str()));
            }
        }
    }
    counted
}

/// The paragraphs, each with the line break before it: no match leaves them, since none holds a line break but at its
/// start.
fn paragraphs(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    memchr_iter(b'\n', text).chain([text.len()]).map(move |end| std::mem::replace(&mut start, end)..end)
}

/// Where rules match in a paragraph.
fn found(text: &[u8], paragraph: Range<usize>) -> Vec<(Range<usize>, &'static Rule)> {
    let rules = RULES.needed.rules(&text[paragraph.clone()]).into_iter().map(|rule| &RULES.all[rule]);
    let text = &text[..paragraph.end];
    let places = |rule: &'static Rule| {
        let first = rule.regex.find_at(text, paragraph.start);
        std::iter::successors(first, |last| rule.regex.find_at(text, last.end()))
            .map(move |place| (place.range(), rule))
    };
    rules.flat_map(places).collect()
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

    /// The hostile documents as words, with the white space behind each.
    static HOSTILE: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
        let corpus = include_str!("../../../tests/injections/hostile.toml");
        let corpus: toml::Table = toml::from_str(corpus).unwrap();
        let texts = corpus["item"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap());
        texts.map(|text| text.split_inclusive([' ', '\n']).map(str::to_owned).collect()).collect()
    });

    proptest::proptest! {
        #[test]
        fn paragraph_by_paragraph_all_is_found_that_is_found_in_the_whole(
            pieces in proptest::collection::vec((0..100_usize, 0..40_usize, 1..40_usize, "[ .\n\"]{0,3}"), 1..12)
        ) {
            let mut text = String::new();
            for (item, from, count, end) in pieces {
                HOSTILE[item].iter().cycle().skip(from).take(count).for_each(|word| text.push_str(word));
                text.push_str(&end);
            }
            let text = Folded::of(&text).text;
            let ordered = |mut all: Vec<(Range<usize>, &'static Rule)>| {
                all.sort_by_key(|(span, rule)| (span.start, span.end, rule.name.as_str()));
                all.into_iter().map(|(span, rule)| (span, rule.name.as_str())).collect::<Vec<_>>()
            };
            let whole = |rule: &'static Rule| rule.regex.find_iter(&text).map(move |place| (place.range(), rule));
            let parts = paragraphs(&text).flat_map(|paragraph| found(&text, paragraph)).collect();
            assert_eq!(ordered(parts), ordered(RULES.all.iter().flat_map(whole).collect()));
        }
    }

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
