//! Entries that say otherwise on the same subject (METHOD §7, "Two supported claims contradict"): a pure rule, made to
//! miss rather than to cry wolf.
//!
//! Two sentences contradict each other when they speak of the same and differ in one of three ways: an amount of the same
//! unit, the date of what happens once, or a negation. They speak of the same when their words are the same up to their
//! endings; one may say a little more than the other, but not another name, and no other case (`in Berlin`, `when cold`).
//! When both rest on the same document, each may have one word of its own. Two amounts that differ are two cases; bounds
//! and ranges are not compared, rounded amounts are as they are rounded; `not stated` contradicts nobody.

mod pairs;
mod statement;
mod words;

use std::collections::BTreeMap;

use super::{context::Context, label::Label, source::Citation};
pub use pairs::pairs;
use statement::{Amount, Exact, Statement, Word, sentences, statements, subject, told};

/// The entries that contradict a text, in order of admission. Linear in the entries; few of them are read as sentences.
#[must_use]
pub fn contradictions(context: &Context, text: &str, citations: &[Citation]) -> Vec<Label> {
    let wanted: Vec<Wanted> = statements(text).into_iter().map(Wanted::of).collect();
    let mut found = Vec::new();
    if wanted.is_empty() {
        return found;
    }
    for entry in context.entries() {
        let shared = || share_a_document(citations, &entry.citations, entry.label);
        let wanted: Vec<&Wanted> = wanted.iter().filter(|wanted| wanted.may_be_in(&entry.gist)).collect();
        let clashes = |sentence: &str| {
            let mut wanted = wanted.iter().filter(|wanted| wanted.may_be_in(sentence)).peekable();
            let other = wanted.peek().and_then(|_| told(sentence));
            other.is_some_and(|other| wanted.any(|wanted| clash(&wanted.statement, &other, &shared)))
        };
        if !wanted.is_empty() && sentences(&entry.gist).any(clashes) {
            found.push(entry.label);
        }
    }
    found
}

/// Whether two texts contradict each other, when they rest on nothing in common.
#[must_use]
pub fn contradict(a: &str, b: &str) -> bool {
    let others = statements(b);
    statements(a).iter().any(|a| others.iter().any(|b| clash(a, b, &|| false)))
}

/// Whether two tasks ask for much the same: most of the words of the shorter one, three at least, are in the other.
#[must_use]
pub fn same_subject(a: &str, b: &str) -> bool {
    let (a, b) = (subject(a), subject(b));
    let shared = a.iter().filter(|word| has(&b, word)).count();
    let differ = a.iter().any(|word| word.name && !has(&b, word)) && b.iter().any(|word| word.name && !has(&a, word));
    shared >= 3 && !differ && shared * 4 >= a.len().min(b.len()) * 3
}

/// Words of its own that a statement may have beside those that it shares.
fn spare(shared: usize) -> usize {
    (shared / 3).max(1)
}

/// A statement with what a text must contain to be worth reading for it.
struct Wanted {
    statement: Statement,
    /// Stems without their first letter, which may be a capital; names are left out, since they may be all capitals.
    needles: Vec<String>,
    /// Of those, how many may be missing.
    spare: usize,
}

impl Wanted {
    fn of(statement: Statement) -> Self {
        let plain = |word: &&Word| !word.name && word.stem.is_ascii() && word.stem.len() > 3;
        let mut needles: Vec<String> =
            statement.subject.iter().filter(plain).map(|word| word.stem[1..].to_owned()).collect();
        // The longest are the rarest.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        let spare = spare(statement.subject.len()).min(statement.subject.len().saturating_sub(2));
        Wanted { statement, needles, spare }
    }

    /// Whether so many of its words stand in the text that a sentence of it may speak of the same.
    fn may_be_in(&self, text: &str) -> bool {
        let mut missing = 0;
        self.needles.iter().all(|needle| {
            missing += usize::from(!text.contains(needle.as_str()));
            missing <= self.spare
        })
    }
}

fn share_a_document(a: &[Citation], b: &[Citation], label: Label) -> bool {
    a.iter().any(|a| a.label.whole() == label || b.iter().any(|b| a.label.whole() == b.label.whole()))
}

fn has(words: &[Word], wanted: &Word) -> bool {
    words.binary_search_by(|word| word.stem.as_str().cmp(&wanted.stem)).is_ok()
}

fn clash(a: &Statement, b: &Statement, shares_a_document: &dyn Fn() -> bool) -> bool {
    fn own<'a>(of: &'a Statement, other: &Statement) -> Vec<&'a Word> {
        of.subject.iter().filter(|word| !has(&other.subject, word)).collect()
    }
    let (of_a, of_b) = (own(a, b), own(b, a));
    let shared = a.subject.len() - of_a.len();
    // Another name or another case is another subject.
    if of_a.iter().chain(&of_b).any(|word| word.name || word.scope) {
        return false;
    }
    let one_sided = of_a.is_empty() || of_b.is_empty();
    let close = of_a.len().max(of_b.len()) <= spare(shared);
    let same = close && (one_sided || (shared >= 2 && of_a.len() <= 1 && of_b.len() <= 1 && shares_a_document()));
    if !same {
        return false;
    }
    let dates_fit = match (a.dates.is_empty(), b.dates.is_empty()) {
        (true, true) => true,
        (false, false) => a.dates.iter().any(|a| b.dates.iter().any(|b| a.fits(*b))),
        _ => false,
    };
    let dates_differ = !dates_fit && !a.dates.is_empty() && !b.dates.is_empty();
    let amounts = compare_amounts(&a.amounts, &b.amounts);
    if a.negated != b.negated {
        // What is denied of a part is not denied of the whole.
        let (yes_has_more, no_has_more) = if a.negated { (&of_b, &of_a) } else { (&of_a, &of_b) };
        let speaks = !a.silent && !b.silent && !a.partial && !b.partial;
        return speaks
            && shared >= 2
            && no_has_more.is_empty()
            && yes_has_more.len() <= 1
            && dates_fit
            && amounts == Amounts::Agree;
    }
    match amounts {
        Amounts::Differ => shared >= 2 && dates_fit,
        Amounts::Agree => {
            dates_differ && a.once && b.once && (shared >= 2 || shared == 1 && of_a.is_empty() && of_b.is_empty())
        }
        Amounts::Unclear => false,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Amounts {
    Agree,
    /// In one unit.
    Differ,
    /// In several, in the case they speak of, or in a way that says nothing.
    Unclear,
}

fn compare_amounts(a: &[Amount], b: &[Amount]) -> Amounts {
    let mut units: BTreeMap<&str, (Vec<&Amount>, Vec<&Amount>)> = BTreeMap::new();
    a.iter().for_each(|amount| units.entry(&amount.unit).or_default().0.push(amount));
    b.iter().for_each(|amount| units.entry(&amount.unit).or_default().1.push(amount));
    let mut differ = 0;
    for (a, b) in units.values() {
        if a.len() != b.len() {
            return Amounts::Unclear;
        }
        let (a, b): (Vec<&Amount>, Vec<&Amount>) = a.iter().zip(b).filter(|(a, b)| !agree(a, b)).unzip();
        if a.is_empty() {
            continue;
        }
        let unclear = a.iter().chain(&b).any(|amount| amount.case || amount.exact == Exact::Bound);
        // The same amounts in another order.
        if unclear || a.iter().any(|a| b.iter().any(|b| agree(a, b))) {
            return Amounts::Unclear;
        }
        differ += 1;
    }
    match differ {
        0 => Amounts::Agree,
        1 => Amounts::Differ,
        _ => Amounts::Unclear,
    }
}

/// Whether two amounts may be the same one, rounded or not.
fn agree(a: &Amount, b: &Amount) -> bool {
    let (a, b) = if a.place >= b.place { (a, b) } else { (b, a) };
    let apart = (a.value - b.value).abs();
    let rounded = if a.place > b.place { a.place / 2.0 } else { 0.0 };
    let about =
        if a.exact == Exact::About || b.exact == Exact::About { 0.2 * a.value.abs().max(b.value.abs()) } else { 0.0 };
    // A hair more, since decimals are not exact.
    apart <= rounded.max(about) + 1e-9 * a.value.abs().max(1.0)
}

#[cfg(test)]
mod tests;
