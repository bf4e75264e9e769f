//! Words: cuts text into words and gives each the number of its term, so that `Permissions`, `permission` and
//! `permission's` are one. It knows letters and spelling, never meaning.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use foldhash::fast::RandomState;
use rust_stemmers::{Algorithm, Stemmer};

use super::spelling::spelling;

/// A term of the vocabulary. Terms below [`Vocabulary::stops`] are function words.
pub type Term = u32;

/// Function words and the words that questions are framed in; they find nothing by themselves.
const STOPS: &str = "a an the this that these those of in on at by for from to into onto with without within as is are \
    was were be been being am do does did doing done has have had having and or but nor so than then there here it its \
    they them their theirs he him his she her hers we us our ours you your yours i me my mine one ones who whom whose \
    what which when where why how if whether can could may might must shall should will would ought not no any some all \
    each every both either neither other others such same own about above below between under over up down out off \
    again further once only just also too very more most much many few less least s t d ll re ve m don doesn didn isn \
    aren wasn weren won wouldn couldn shouldn hasn haven hadn cannot ain upon per via etc eg ie because while during \
    before after until unless though although yet still even ever never now";

/// Every word of `text` as its byte range. A word is a run of letters and digits; a point or comma between digits
/// belongs to it. Scripts without spaces give one word a character.
pub fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let byte = *bytes.get(at)?;
            if byte.is_ascii() {
                if !byte.is_ascii_alphanumeric() {
                    at += 1;
                    continue;
                }
            } else {
                let c = text[at..].chars().next().expect("`at` is on a character border");
                if !c.is_alphanumeric() || is_unspaced(c) {
                    let start = at;
                    at += c.len_utf8();
                    if is_unspaced(c) {
                        return Some(start..at);
                    }
                    continue;
                }
            }
            let start = at;
            at = word_end(text, at);
            return Some(start..at);
        }
    })
}

fn word_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii_alphanumeric() {
            at += 1;
        } else if byte.is_ascii() {
            let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
            if matches!(byte, b'.' | b',') && at > start && digit(at - 1) && digit(at + 1) {
                at += 1;
            } else {
                break;
            }
        } else {
            let c = text[at..].chars().next().expect("`at` is on a character border");
            if !c.is_alphanumeric() || is_unspaced(c) {
                break;
            }
            at += c.len_utf8();
        }
    }
    at
}

fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Where a camelCase word is cut: `maxSize` gives `max`, `Size`. Nothing for other words.
pub fn humps(word: &str) -> Vec<&str> {
    let bytes = word.as_bytes();
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 1..bytes.len() {
        if bytes[at - 1].is_ascii_lowercase() && bytes[at].is_ascii_uppercase() {
            parts.push(&word[start..at]);
            start = at;
        }
    }
    if start > 0 {
        parts.push(&word[start..]);
    }
    parts
}

/// Puts a word into lower case.
pub fn lower(word: &str, into: &mut String) {
    into.clear();
    if word.is_ascii() {
        into.push_str(word);
        into.make_ascii_lowercase();
    } else {
        into.extend(word.chars().flat_map(char::to_lowercase));
    }
}

/// Terms by their number. Written while the documents are studied, only read afterwards.
pub struct Vocabulary {
    stemmer: Stemmer,
    surfaces: HashMap<Box<str>, Term, RandomState>,
    terms: HashMap<Box<str>, Term, RandomState>,
    stops: Term,
    lower: String,
}

impl Vocabulary {
    #[must_use]
    pub fn new() -> Self {
        let mut vocabulary = Vocabulary {
            stemmer: Stemmer::create(Algorithm::English),
            surfaces: HashMap::default(),
            terms: HashMap::default(),
            stops: 0,
            lower: String::new(),
        };
        for stop in STOPS.split_whitespace() {
            vocabulary.intern(stop);
        }
        vocabulary.stops = vocabulary.terms.len() as Term;
        vocabulary
    }

    /// The stem of one word, as terms are named.
    #[must_use]
    pub fn stem(&self, word: &str) -> String {
        let lower = word.to_lowercase();
        self.stemmer.stem(&spelling(&lower)).into_owned()
    }

    /// The term of a word, new if it was never seen.
    pub fn intern(&mut self, word: &str) -> Term {
        lower(word, &mut self.lower);
        if let Some(term) = self.surfaces.get(self.lower.as_str()) {
            return *term;
        }
        // A function word stays as it is: the stem of "others" or "does" would hide it.
        let stem = match self.stops {
            0 => Cow::Borrowed(self.lower.as_str()),
            _ => Cow::Owned(self.stemmer.stem(&spelling(&self.lower)).into_owned()),
        };
        let term = match self.terms.get(stem.as_ref()) {
            Some(term) => *term,
            None => {
                let term = self.terms.len() as Term;
                self.terms.insert(stem.as_ref().into(), term);
                term
            }
        };
        self.surfaces.insert(self.lower.as_str().into(), term);
        term
    }

    /// The term of a word as the documents write it, without stemming it again.
    #[must_use]
    pub fn look_up(&self, word: &str) -> Option<Term> {
        let is_lower = word.bytes().all(|byte| byte.is_ascii_lowercase());
        let lower = if is_lower { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) };
        self.surfaces.get(lower.as_ref()).copied()
    }

    /// The term under a stem, if the documents have it.
    #[must_use]
    pub fn find(&self, stem: &str) -> Option<Term> {
        self.terms.get(stem).copied()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    #[must_use]
    pub fn is_stop(&self, term: Term) -> bool {
        term < self.stops
    }

    /// Whether a word of a question carries no subject.
    #[must_use]
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.terms.get(word.to_lowercase().as_str()).is_some_and(|term| self.is_stop(*term))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text).map(|at| &text[at]).collect()
    }

    #[test]
    fn options_and_numbers_are_cut_where_a_reader_would() {
        assert_eq!(cut("--max-size=1.5 MAX_LEN 10,000."), ["max", "size", "1.5", "MAX", "LEN", "10,000"]);
        assert_eq!(cut("Café №2 日本"), ["Café", "2", "日", "本"]);
        assert_eq!(humps("maxSizeLimit"), ["max", "Size", "Limit"]);
        assert!(humps("maximum").is_empty());
    }

    #[test]
    fn spellings_of_one_word_are_one_term() {
        let mut vocabulary = Vocabulary::new();
        for (a, b) in [("Licences", "license"), ("organisation", "organizations"), ("two", "2"), ("10,000", "10000")] {
            assert_eq!(vocabulary.intern(a), vocabulary.intern(b), "{a} {b}");
        }
        assert!(vocabulary.is_stop_word("Which"));
        assert!(!vocabulary.is_stop_word("server"));
    }
}
