//! One sentence taken apart: what it speaks of, what amounts and dates it gives, and whether it says no.

use super::words;

/// What a sentence says, as far as two sentences can be compared.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// What it speaks of, sorted, each once.
    pub subject: Vec<Word>,
    pub amounts: Vec<Amount>,
    pub dates: Vec<Date>,
    pub negated: bool,
    /// It holds of some only.
    pub partial: bool,
    /// It reports that nothing was found.
    pub silent: bool,
    /// It speaks of something that happens once.
    pub once: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    pub stem: String,
    /// It names one thing among others: `Berlin`, `B`, `version 2`.
    pub name: bool,
    /// It says where or when, for whom or in which case the rest holds.
    pub scope: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Amount {
    pub value: f64,
    /// What its last written digit counts.
    pub place: f64,
    pub unit: String,
    pub exact: Exact,
    /// It belongs to the case that the statement is about.
    pub case: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exact {
    Exactly,
    About,
    /// At least, at most, between.
    Bound,
}

/// A date as far as it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Date {
    pub year: Option<u16>,
    pub month: Option<u8>,
    pub day: Option<u8>,
}

impl Date {
    /// Whether both may be the same day.
    pub fn fits(self, other: Date) -> bool {
        fn agree<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            a.is_none() || b.is_none() || a == b
        }
        agree(self.year, other.year) && agree(self.month, other.month) && agree(self.day, other.day)
    }
}

/// The statements of a text, one a sentence; questions and sentences about `it` are left out.
pub fn statements(text: &str) -> Vec<Statement> {
    sentences(text).filter_map(told).collect()
}

/// What a sentence states, if it states anything of what it names.
pub fn told(sentence: &str) -> Option<Statement> {
    if sentence.ends_with('?') {
        return None;
    }
    let pieces = pieces(sentence);
    let names_it = pieces.first().is_some_and(|first| !words::traits(&first.lower).is_pronoun());
    names_it.then(|| statement(&pieces))
}

/// The words of a text, sorted, each once.
pub fn subject(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = sentences(text).flat_map(|sentence| statement(&pieces(sentence)).subject).collect();
    words.sort();
    words.dedup_by(|a, b| a.stem == b.stem);
    words
}

/// In order, each with what ends it.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let ends = |at: usize, c: char| {
            let after = rest[at + c.len_utf8()..].chars().next();
            matches!(c, ';' | '\n') || matches!(c, '.' | '!' | '?') && after.is_none_or(char::is_whitespace)
        };
        let end = rest.char_indices().find(|(at, c)| ends(*at, *c)).map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, after) = rest.split_at(end);
        rest = after;
        Some(sentence)
    })
}

/// A piece between blanks.
struct Piece<'a> {
    raw: &'a str,
    lower: String,
    /// A comma or a bracket stands after it.
    stops: bool,
}

fn pieces(sentence: &str) -> Vec<Piece<'_>> {
    let mut inside = false;
    let mut found = Vec::new();
    for chunk in sentence.split_whitespace() {
        // Labels in square brackets are citations, not words.
        inside |= chunk.starts_with('[');
        let was_inside = inside;
        inside &= !chunk.contains(']');
        if was_inside {
            continue;
        }
        let raw = chunk.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '$' | '€' | '£' | '%' | '~'));
        if !raw.is_empty() {
            found.push(Piece { raw, lower: raw.to_lowercase(), stops: chunk.ends_with([',', ':', ')']) });
        }
    }
    found
}

fn statement(pieces: &[Piece]) -> Statement {
    let lower = |at: usize| pieces.get(at).map_or("", |piece| piece.lower.as_str());
    let mut found = Statement::default();
    let (mut scope, mut case) = (false, false);
    let mut at = 0;
    while at < pieces.len() {
        let Piece { raw, lower: word, stops } = &pieces[at];
        let before = if at > 0 { lower(at - 1) } else { "" };
        let taken = if names_a_thing(before, word, lower(at + 1)) {
            found.subject.push(Word { stem: format!("{before} {word}"), name: true, scope: false });
            1
        } else if let Some((date, taken)) = date_at(pieces, at) {
            found.dates.push(date);
            taken
        } else if let Some((amounts, taken)) = amounts_at(pieces, at, case) {
            found.amounts.extend(amounts);
            taken
        } else {
            let traits = words::traits(word);
            found.negated ^= words::negates(word, lower(at + 1));
            found.partial |= traits.is_partial();
            found.silent |= traits.is_silent();
            let stem = words::stem(word);
            found.once |= words::traits(stem).is_once();
            if traits.is_scope() {
                scope = true;
                case |= traits.is_case() || at == 0;
            } else if traits.is_verb() {
                (scope, case) = (false, false);
            }
            let name = is_name(raw, at);
            let says_nothing = traits.is_empty() || traits.is_scope() || words::negates(word, "");
            if name || !says_nothing {
                found.subject.push(Word { stem: stem.to_owned(), name, scope });
            }
            1
        };
        at += taken;
        if *stops {
            (scope, case) = (false, false);
        }
    }
    for amount in &found.amounts {
        if matches!(amount.unit.as_str(), "$" | "€" | "£" | "%") {
            found.subject.push(Word { stem: amount.unit.clone(), name: false, scope: false });
        }
    }
    found.subject.sort();
    found.subject.dedup_by(|a, b| a.stem == b.stem);
    found
}

/// Whether a number is a name: `section 3`, `the 2023 report`.
fn names_a_thing(before: &str, word: &str, after: &str) -> bool {
    let named_by_year = before == "the" && year(word).is_some() && !after.is_empty();
    named_by_year || (words::traits(before).is_naming() && word.starts_with(|c: char| c.is_ascii_digit()))
}

fn year(word: &str) -> Option<u16> {
    word.parse().ok().filter(|year| word.len() == 4 && (1500..2100).contains(year))
}

/// A capital inside of a sentence, or a letter or digit that tells things of one kind apart.
fn is_name(raw: &str, at: usize) -> bool {
    let upper = raw.starts_with(char::is_uppercase);
    let one_letter = raw.chars().count() == 1 && upper;
    let inside = raw.chars().skip(1).any(|c| c.is_uppercase() || c.is_ascii_digit());
    (at > 0 && (upper || one_letter)) || inside
}

/// A date that begins at a piece, and how many pieces it takes.
fn date_at(pieces: &[Piece], at: usize) -> Option<(Date, usize)> {
    let piece = |at: usize| pieces.get(at).map_or("", |piece| piece.lower.as_str());
    let month = |at: usize| {
        let capital = pieces.get(at).is_some_and(|piece| piece.raw.starts_with(char::is_uppercase));
        capital.then(|| words::month(piece(at))).flatten()
    };
    let year = |at: usize| year(piece(at));
    let day = |at: usize| {
        let digits = piece(at).trim_end_matches(char::is_alphabetic);
        let ordinal = matches!(&piece(at)[digits.len()..], "" | "st" | "nd" | "rd" | "th");
        digits.parse::<u8>().ok().filter(|day| (1..=31).contains(day) && ordinal)
    };
    let with_year = |date: Date, next: usize, taken: usize| match year(next) {
        Some(year) => (Date { year: Some(year), ..date }, taken + 1),
        None => (date, taken),
    };
    let mut parts = piece(at).split('-').map(str::parse::<u16>);
    if let (Some(Ok(year)), Some(Ok(month @ 1..=12)), Some(Ok(day @ 1..=31)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    {
        return Some((Date { year: Some(year), month: Some(month as u8), day: Some(day as u8) }, 1));
    }
    if let (Some(day), Some(month)) = (day(at), month(at + 1)) {
        return Some(with_year(Date { day: Some(day), month: Some(month), year: None }, at + 2, 2));
    }
    if let Some(month) = month(at) {
        // `May` and `March` begin sentences too.
        return match (day(at + 1), year(at + 1)) {
            (Some(day), _) => Some(with_year(Date { day: Some(day), month: Some(month), year: None }, at + 2, 2)),
            (None, Some(year)) => Some((Date { year: Some(year), month: Some(month), day: None }, 2)),
            (None, None) => None,
        };
    }
    year(at).map(|year| (Date { year: Some(year), ..Date::default() }, 1))
}

/// The amount, or the range, that a piece begins; and how many pieces it takes.
fn amounts_at(pieces: &[Piece], at: usize, case: bool) -> Option<(Vec<Amount>, usize)> {
    let piece = |at: usize| pieces.get(at).map_or("", |piece| piece.lower.as_str());
    let written = piece(at);
    let exact = exactness(pieces, at);
    let unit_after = |next: usize| match pieces.get(next - 1).is_some_and(|last| last.stops) {
        true => String::new(),
        false => Some(piece(next))
            .filter(|word| !words::traits(word).is_empty() && !words::traits(word).is_scope())
            .map_or_else(String::new, |word| words::stem(word).to_owned()),
    };
    if let Some(value) = words::spelled(written) {
        return Some((vec![Amount { value, place: 1.0, unit: unit_after(at + 1), exact, case }], 1));
    }
    let currency = written.chars().next().filter(|c| matches!(c, '$' | '€' | '£'));
    let body = written.trim_start_matches(['$', '€', '£', '~']);
    let (value, place, rest) = read_number(body)?;
    // A range of numbers is a bound.
    if let Some(other) = rest.strip_prefix(['-', '–'])
        && let Some((second, _, "")) = read_number(other)
    {
        let unit = unit_after(at + 1);
        let bound = |value| Amount { value, place, unit: unit.clone(), exact: Exact::Bound, case };
        return Some((vec![bound(value), bound(second)], 1));
    }
    let exact = if written.starts_with('~') { Exact::About } else { exact };
    let amount = |value: f64, place: f64, unit: String| vec![Amount { value, place, unit, exact, case }];
    let with = |unit: String| currency.map_or(unit, String::from);
    match rest {
        "" => match words::scale(piece(at + 1)) {
            Some(scale) => Some((amount(value * scale, place * scale, with(unit_after(at + 2))), 2)),
            None if piece(at + 1) == "percent" => Some((amount(value, place, "%".to_owned()), 2)),
            None => Some((amount(value, place, with(unit_after(at + 1))), 1)),
        },
        rest => match words::scale(rest).filter(|_| currency.is_some() || rest.len() > 1) {
            Some(scale) => Some((amount(value * scale, place * scale, with(unit_after(at + 1))), 1)),
            None if rest == "%" || rest.chars().all(|c| c.is_alphabetic() || c == '/') => {
                Some((amount(value, place, with(rest.to_owned())), 1))
            }
            None => None,
        },
    }
}

/// The number that a text begins with, what its last digit counts, and what follows it.
fn read_number(text: &str) -> Option<(f64, f64, &str)> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    let mut decimals = None;
    while digit(end) || (matches!(bytes.get(end), Some(b',' | b'.')) && end > 0 && digit(end + 1)) {
        match bytes[end] {
            b'.' if decimals.is_some() => return None,
            b'.' => decimals = Some(0),
            b',' => {}
            _ => decimals = decimals.map(|count: i32| count + 1),
        }
        end += 1;
    }
    let value: f64 = text[..end].replace(',', "").parse().ok()?;
    Some((value, 10_f64.powi(-decimals.unwrap_or(0)), &text[end..]))
}

/// What the words before a number, or the one after it, make of it.
fn exactness(pieces: &[Piece], at: usize) -> Exact {
    let before = &pieces[at.saturating_sub(3)..at];
    let near = &before[before.len().saturating_sub(1)..];
    let is_limit = |piece: &Piece| matches!(piece.lower.as_str(), "to" | "within" | "from" | "minimum" | "maximum");
    let ranges = pieces.get(at + 1).is_some_and(|next| matches!(next.lower.as_str(), "to" | "or"))
        && pieces.get(at + 2).is_some_and(|piece| piece.raw.starts_with(|c: char| c.is_ascii_digit()));
    let follows_a_range = before.len() >= 2
        && matches!(near, [last] if matches!(last.lower.as_str(), "to" | "or" | "and"))
        && before[before.len() - 2].raw.starts_with(|c: char| c.is_ascii_digit());
    // `limited to 5` and `within 5 days` say just that; `up to 5` and `more than 5` leave room.
    let bounded = before[before.len().saturating_sub(2)..]
        .iter()
        .any(|piece| words::traits(&piece.lower).is_bound() && !is_limit(piece));
    match () {
        () if ranges || follows_a_range || bounded => Exact::Bound,
        () if near.iter().any(|piece| words::traits(&piece.lower).is_about()) => Exact::About,
        () => Exact::Exactly,
    }
}
