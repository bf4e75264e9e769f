//! What a rule cannot match without: for each stretch of its patterns, words of which every match holds one. One pass
//! over a paragraph tells by them which rules are worth trying there. It never says that a rule matches.

use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;
use regex_syntax::{
    ParserBuilder,
    hir::{Hir, HirKind, literal::Extractor},
};

/// Stretches of one pattern, a bit each.
type Stretches = u8;

/// A word is cut after so many bytes: more would part hardly any more texts.
const LONGEST: usize = 12;

/// Words of single letters stand everywhere.
const SHORTEST: usize = 2;

pub(super) struct Needed {
    words: AhoCorasick,
    /// For each word, the patterns that need it or another, and for which of their stretches.
    needs: Vec<Vec<(usize, Stretches)>>,
    /// For each pattern, its rule and all of its stretches that need words.
    patterns: Vec<(usize, Stretches)>,
}

impl Needed {
    /// What patterns need that come with the numbers of their rules, in that order.
    pub(super) fn of<'p>(rules_and_patterns: impl Iterator<Item = (usize, &'p str)>) -> Self {
        let mut needs: BTreeMap<Box<[u8]>, Vec<(usize, Stretches)>> = BTreeMap::new();
        let mut patterns = Vec::new();
        for (pattern, (rule, text)) in rules_and_patterns.enumerate() {
            let mut all = 0;
            for (stretch, words) in stretches(text).into_iter().enumerate() {
                all |= 1 << stretch;
                words.into_iter().for_each(|word| needs.entry(word).or_default().push((pattern, 1 << stretch)));
            }
            patterns.push((rule, all));
        }
        let words = AhoCorasick::new(needs.keys()).expect("a test compiles the rules");
        Needed { words, needs: needs.into_values().collect(), patterns }
    }

    /// The numbers of all rules that may match in a text.
    pub(super) fn rules(&self, text: &[u8]) -> Vec<usize> {
        let mut met: Vec<Stretches> = vec![0; self.patterns.len()];
        for word in self.words.find_overlapping_iter(text) {
            self.needs[word.pattern()].iter().for_each(|(pattern, stretch)| met[*pattern] |= stretch);
        }
        let patterns = self.patterns.iter().zip(met).filter(|((_, all), met)| all == met);
        let mut rules: Vec<usize> = patterns.map(|((rule, _), _)| *rule).collect();
        rules.dedup();
        rules
    }
}

/// The words that each stretch of a pattern between its gaps needs one of.
fn stretches(pattern: &str) -> Vec<Vec<Box<[u8]>>> {
    let parser = &mut ParserBuilder::new().unicode(false).utf8(false).build();
    let pattern = parser.parse(pattern).expect("a test compiles the rules");
    let parts = match pattern.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(&pattern),
    };
    let is_gap =
        |part: &Hir| matches!(part.kind(), HirKind::Repetition(gap) if matches!(gap.sub.kind(), HirKind::Class(_)));
    parts.split(is_gap).filter_map(words).collect()
}

/// What a stretch holds from one of its parts on, from the part where that says most.
fn words(parts: &[Hir]) -> Option<Vec<Box<[u8]>>> {
    let mut extractor = Extractor::new();
    extractor.limit_literal_len(LONGEST);
    let from = |part: usize| extractor.extract(&Hir::concat(parts[part..].to_vec()));
    let best = (0..parts.len()).map(from).max_by_key(|words| words.min_literal_len())?;
    let best = best.literals().filter(|words| words.iter().all(|word| word.len() >= SHORTEST))?;
    Some(best.iter().map(|word| word.as_bytes().into()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pattern: &str) -> Vec<Vec<String>> {
        let shown = |word: Box<[u8]>| String::from_utf8_lossy(&word).into_owned();
        stretches(pattern).into_iter().map(|words| words.into_iter().map(shown).collect()).collect()
    }

    #[test]
    fn each_stretch_between_gaps_needs_its_longest_words() {
        assert_eq!(shown(r"(do|let) [^\n]{0,40}rules\b"), [vec!["do ", "let "], vec!["rules"]]);
        assert_eq!(shown(r"(^|\n|, )(ai|llm) (agent|model)\b"), [["ai agent", "ai model", "llm agent", "llm model"]]);
        assert_eq!(shown("забудь"), [["забудь"]]);
        assert_eq!(shown(r"(a|an?) ?[^\n]{0,40}\bfact"), [["fact"]], "a letter stands everywhere");
    }

    #[test]
    fn a_rule_is_worth_trying_where_all_that_one_of_its_patterns_needs_stands() {
        let patterns = [(0, "(forget|drop) [^\n]{0,9}(it|this)"), (3, "obey me"), (3, "drop [^\n]{0,9}now")];
        let needed = Needed::of(patterns.into_iter());
        let rules = |text: &str| needed.rules(text.as_bytes());
        assert_eq!(rules("you obey mean people"), [3]);
        assert_eq!(rules("now drop it"), [0, 3]);
        assert_eq!(rules("obey me and drop that now"), [3]);
        assert_eq!(rules("forget nothing"), [0; 0]);
    }
}
