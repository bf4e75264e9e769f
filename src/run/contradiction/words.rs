//! The words of a subject: which count, in what form, and which tables of words the rule knows.

use std::{collections::HashMap, sync::LazyLock};

/// Words that say nothing of the subject, verbs that any subject may have among them.
const EMPTY: &str = " a an the and or but nor that which who whom whose there here of to than then so as also only just \
    is are was were be been being am has have had having do does did done doing will would shall should can could may \
    might must not no never cannot none neither contain contains contained include includes included list lists listed \
    comprise comprises consist consists take takes took taken show shows showed shown say says said state states stated \
    give gives gave given get gets got make makes made provide provides provided report reports reported require \
    requires required total both all every each any it its they their them this these those he she his her we our i you \
    your now still already longer exactly about approximately roughly around nearly almost circa some more less fewer most \
    least over up above below up between across into out per ";

/// Words after which a statement speaks of a part or a case only.
const SCOPE: &str = " for in at under during when if unless since until before after on with without except among within \
    by from while where because through throughout inside outside against despite via ";

/// Of those, the ones whose numbers belong to the case: with 4 agents, when 3 fail.
const CASE: &str = " when if unless with without while where ";

/// What ends the words of a case.
const VERBS: &str =
    " is are was were be has have had does do did will would can could may might must takes took needs ";

const NEGATION: &str = " not no never cannot none neither nobody nothing nowhere ";

/// After `no` they make a bound, not a negation.
const BOUND_AFTER_NO: &str = " more less fewer later earlier sooner ";

/// A number near them is a bound: two of them seldom exclude each other.
const BOUND: &str = " over under above below least most more less fewer than up between from minimum maximum exceeds \
    exceed exceeding beyond within to ";

const ABOUT: &str = " about approximately approx roughly around nearly almost circa some ~ ";

/// What holds of some does not exclude what fails for others.
const PARTIAL: &str = " some many most few several sometimes often usually partly generally other another certain ";

/// With a negation they report that nothing was found, which contradicts nobody.
const SILENT: &str = " evidence mention mentions mentioned find found say says said state states stated specify specifies \
    specified indicate indicates indicated confirm confirms confirmed establish established know known clear sure \
    documented described contain contains information ";

/// A subject without a name of its own.
const PRONOUN: &str = " it they this these those he she we i that its their such here both ";

/// A number after them is a name.
const NAMING: &str = " version v section chapter figure fig table page phase step part level type model article rule \
    number no q quarter item task unit line grade class group stage round appendix volume issue question option step \
    release tier zone gate room building window row column case scenario experiment trial sample batch agent worker ";

/// How words begin that speak of what happens once, so that two dates of it exclude each other.
const ONCE: &str = " deadlin due found sign adopt publish releas launch born died begin began start end expir effectiv \
    open clos establish schedul dat enact ratif approv accept elect appoint complet finish submit submission merg acquir \
    retir inaugurat announc creat written discover invent occur held ";

/// What the tables say of a word, all of them asked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traits(u16);

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident in $table:ident = $bit:literal;)*) => {
        impl Traits {
            $($(#[$doc])* pub fn $name(self) -> bool { self.0 & (1 << $bit) != 0 })*
        }

        static TRAITS: LazyLock<HashMap<&'static str, Traits>> = LazyLock::new(|| {
            let mut traits: HashMap<&'static str, Traits> = HashMap::new();
            $($table.split_whitespace().for_each(|word| traits.entry(word).or_default().0 |= 1 << $bit);)*
            traits
        });
    };
}

tables! {
    is_empty in EMPTY = 0;
    is_scope in SCOPE = 1;
    is_case in CASE = 2;
    is_verb in VERBS = 3;
    is_bound in BOUND = 4;
    is_about in ABOUT = 5;
    is_partial in PARTIAL = 6;
    is_silent in SILENT = 7;
    is_pronoun in PRONOUN = 8;
    is_naming in NAMING = 9;
    /// Of a stem.
    is_once in ONCE = 10;
    is_negation in NEGATION = 11;
    makes_no_a_bound in BOUND_AFTER_NO = 12;
}

pub fn traits(word: &str) -> Traits {
    TRAITS.get(word).copied().unwrap_or_default()
}

/// Whether a word turns its statement round, given the word after it.
pub fn negates(word: &str, next: &str) -> bool {
    match word {
        "not" => next != "only",
        "no" => !traits(next).makes_no_a_bound(),
        _ => traits(word).is_negation() || word.ends_with("n't") || word.ends_with("n’t"),
    }
}

/// A word without its ending: what is left is always how the word begins, so that a text can be searched for it.
pub fn stem(word: &str) -> &str {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    for ending in ["ies", "ied", "ing", "ed", "es", "e", "y"] {
        let Some(stem) = word.strip_suffix(ending) else { continue };
        let has_vowel = stem.contains(['a', 'e', 'i', 'o', 'u']);
        if has_vowel && stem.chars().count() >= 3 {
            return stem;
        }
    }
    let plural = word.strip_suffix('s').filter(|stem| stem.chars().count() >= 3 && !stem.ends_with(['s', 'u', 'i']));
    plural.unwrap_or(word)
}

/// Numbers in words; `one` is more often no number.
pub fn spelled(word: &str) -> Option<f64> {
    let words = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    words.iter().zip(2_u32..).find(|(known, _)| **known == word).map(|(_, number)| f64::from(number))
}

/// What a word multiplies the number before it with.
pub fn scale(word: &str) -> Option<f64> {
    match word {
        "hundred" => Some(1e2),
        "thousand" | "k" => Some(1e3),
        "million" | "mn" => Some(1e6),
        "billion" | "bn" => Some(1e9),
        "trillion" => Some(1e12),
        _ => None,
    }
}

pub fn month(word: &str) -> Option<u8> {
    let months = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let is = |month: &str| {
        month == word || (word.len() == 3 && month.starts_with(word)) || (word == "sept" && month == "september")
    };
    months.iter().zip(1..).find(|(month, _)| is(month)).map(|(_, number)| number)
}
