//! The twelve heading families of the method, as a table and the matcher that reads it (METHOD §3a stage 0.1).
//! It judges one line; what stands around the line is the caller's.

/// What must follow a family's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// `4`, `4.2`, `12a`, or a Roman numeral.
    Number,
    /// `1`, `1A`.
    Item,
    /// A number, or one letter.
    Id,
    /// `[4]`, `4`, or nothing more than a colon.
    MaybeNumber,
    /// A colon.
    Colon,
}

struct Family {
    words: &'static [&'static str],
    after: After,
    /// Characters the heading may go on for.
    cap: usize,
}

const fn family(words: &'static [&'static str], after: After, cap: usize) -> Family {
    Family { words, after, cap }
}

const FAMILIES: [Family; 12] = [
    family(&["section"], After::Number, 120),
    family(&["article"], After::Number, 120),
    family(&["chapter"], After::Number, 120),
    family(&["part"], After::Number, 120),
    family(&["title"], After::Number, 120),
    family(&["item"], After::Item, 120),
    family(&["schedule"], After::Id, 120),
    family(&["annex"], After::Id, 120),
    family(&["appendix"], After::Id, 120),
    family(&["document", "passage", "doc"], After::MaybeNumber, 80),
    family(&["source"], After::Colon, 200),
    family(&["title"], After::Colon, 200),
];

/// How many there are; a family's number is below this.
pub(super) const COUNT: usize = FAMILIES.len();

/// A line read as a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FamilyHeading<'t> {
    pub family: usize,
    /// Without the marks of Markdown around it.
    pub title: &'t str,
    /// What stays the same when a page repeats it: its word and number; all of it where it has no number.
    pub key: &'t str,
}

/// The heading that a line is. A line that goes on for more than its family allows is prose, but after `Source:` and
/// `Title:` it is a long heading: the caller clips it.
pub(super) fn heading(line: &str) -> Option<FamilyHeading<'_>> {
    let title = line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '*' | '_'));
    let word = &title[..title.bytes().take_while(u8::is_ascii_alphabetic).count()];
    let rest = &title[word.len()..];
    FAMILIES.iter().enumerate().find_map(|(number, family)| {
        let is_its = family.words.iter().any(|known| known.eq_ignore_ascii_case(word));
        let tail = is_its.then(|| tail(rest, family.after)).flatten()?;
        let ends = family.after == After::Colon || tail.chars().count() <= family.cap;
        let key = if family.after == After::Colon { title } else { title[..title.len() - tail.len()].trim_end() };
        ends.then_some(FamilyHeading { family: number, title, key })
    })
}

/// What a title of a family is clipped to, in characters.
pub(super) fn title_cap(family: usize) -> usize {
    FAMILIES[family].cap
}

/// What is left of a heading after its number, or `None` when it has not the number it needs.
fn tail(rest: &str, after: After) -> Option<&str> {
    let spaced = rest.trim_start();
    match after {
        After::Colon => spaced.strip_prefix(':'),
        After::MaybeNumber => {
            if rest.trim_matches(|c: char| c.is_whitespace() || c == ':').is_empty() {
                return Some(&rest[rest.len()..]);
            }
            let bracketed = spaced.strip_prefix(['[', '(', '#']);
            if bracketed.is_none() && spaced.len() == rest.len() {
                return None;
            }
            let (digits, tail) = split_digits(bracketed.unwrap_or(spaced));
            let tail = tail.trim_start_matches([']', ')']);
            (!digits.is_empty() && !tail.starts_with(char::is_alphanumeric)).then_some(tail)
        }
        // A number stands apart from its word.
        _ if spaced.len() == rest.len() => None,
        _ => {
            let token =
                &spaced[..spaced.find(|c: char| c.is_whitespace() || ":—–(,".contains(c)).unwrap_or(spaced.len())];
            let tail = &spaced[token.len()..];
            let bare = token.trim_end_matches(['.', ')', '-']);
            let ok = match after {
                After::Item => is_number(bare),
                After::Number => is_number(bare) || (is_roman(bare) && is_apart(token, tail)),
                _ => is_number(bare) || ((is_roman(bare) || is_letter(bare)) && is_apart(token, tail)),
            };
            ok.then_some(tail)
        }
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Digits first, then digits, dots, dashes and at most two letters: `4`, `4.2.1`, `12a`, `3-1`.
fn is_number(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit())
        && token.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        && token.chars().filter(char::is_ascii_alphabetic).count() <= 2
}

fn is_roman(token: &str) -> bool {
    (1..=8).contains(&token.len()) && token.bytes().all(|b| b"IVXLCDMivxlcdm".contains(&b))
}

/// `A`, `B.2`, `A-1`.
fn is_letter(token: &str) -> bool {
    let mut chars = token.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
}

/// Whether letters that could be a word are a number: nothing, punctuation or a capital follows. "Section I wrote" is
/// no heading.
fn is_apart(token: &str, tail: &str) -> bool {
    token.ends_with(['.', ')', '-']) || !tail.trim_start().starts_with(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_knows_its_headings() {
        for (line, family) in [
            ("Section 4", 0),
            ("SECTION 4.2 — Definitions", 0),
            ("section iv. Of the Crown", 0),
            ("Article 12a: Fees", 1),
            ("Chapter XII", 2),
            ("Part II The Sea", 3),
            ("Title 42", 4),
            ("Item 1A. Risk Factors", 5),
            ("Schedule 3", 6),
            ("Annex B", 7),
            ("Appendix A-1 (forms)", 8),
            ("Document [7] (a note)", 9),
            ("Passage 3:", 9),
            ("Doc:", 9),
            ("Source: the Times", 10),
            ("Title: On Growth", 11),
            ("## **Article 5**", 1),
        ] {
            assert_eq!(heading(line).map(|found| found.family), Some(family), "{line}");
        }
    }

    #[test]
    fn lines_that_only_begin_like_one_are_none() {
        for line in [
            "Section",
            "Sections 4 and 5",
            "Section I wrote myself",
            "Chapter by chapter",
            "Item A",
            "Appendix a hidden gem",
            "Partial 4",
            "Documentation 3",
            "Document the 3 steps",
            "Doc3x",
            "Source code 4",
            "",
        ] {
            assert_eq!(heading(line), None, "{line}");
        }
    }

    #[test]
    fn a_heading_ends_where_its_family_says() {
        let at = |head: &str, n: usize| heading(&format!("{head}{}", "x".repeat(n))).is_some();
        assert!(at("Section 4 ", 119) && !at("Section 4 ", 120), "the space counts");
        assert!(at("Passage 4 ", 79) && !at("Passage 4 ", 80));
        assert!(at("Source: ", 5_000), "a long source is still a source");
    }
}
