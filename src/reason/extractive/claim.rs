//! What a statement claims: its quotes, the labels, numbers and qualifiers outside of them. Text only, no judgement.

use crate::run::Label;

/// Words that change how far a statement reaches (METHOD §3a stage 7, C2).
const QUALIFIERS: &[&str] = &[
    "not",
    "no",
    "never",
    "neither",
    "nor",
    "cannot",
    "none",
    "may",
    "might",
    "must",
    "shall",
    "should",
    "only",
    "unless",
    "except",
    "without",
    "always",
    "all",
    "any",
    "every",
    "required",
    "optional",
    "prohibited",
];

/// A statement taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// What stands in “ ”.
    pub quotes: Vec<String>,
    /// The rest, without quotes, labels and topics in ‘ ’.
    pub frame: String,
    pub labels: Vec<Label>,
}

impl Claim {
    /// Takes `text` apart. `known` are slices that may themselves hold quotation marks; they are taken out first.
    #[must_use]
    pub fn read(text: &str, known: &[String]) -> Self {
        let mut claim = Claim::default();
        let mut rest = text.to_owned();
        let mut known: Vec<&String> = known.iter().collect();
        known.sort_by_key(|slice| std::cmp::Reverse(slice.len()));
        for slice in known {
            let quoted = format!("“{slice}”");
            if rest.contains(&quoted) {
                claim.quotes.push(slice.clone());
                rest = rest.replace(&quoted, " ");
            }
        }
        while let Some((open, close)) = span_between(&rest, '“', '”') {
            claim.quotes.push(rest[open + '“'.len_utf8()..close].to_owned());
            rest.replace_range(open..close + '”'.len_utf8(), " ");
        }
        claim.labels = Label::scan(&rest).into_iter().map(|(label, _)| label).collect();
        for (_, at) in Label::scan(&rest).into_iter().rev() {
            rest.replace_range(at, " ");
        }
        while let Some((open, close)) = span_between(&rest, '‘', '’') {
            rest.replace_range(open..close + '’'.len_utf8(), " ");
        }
        claim.frame = rest;
        claim
    }
}

fn span_between(text: &str, open: char, close: char) -> Option<(usize, usize)> {
    let from = text.find(open)?;
    let to = text[from..].find(close)?;
    Some((from, from + to))
}

/// Numbers as they are written, thousands' commas left out.
#[must_use]
pub fn numbers(text: &str) -> Vec<String> {
    super::word::words(text)
        .map(|at| &text[at])
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(|word| word.replace(',', ""))
        .collect()
}

/// Qualifiers in order, contractions read out.
#[must_use]
pub fn qualifiers(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase().replace("can't", "cannot").replace("n't", " not").replace("n’t", " not");
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| QUALIFIERS.iter().find(|known| **known == word).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_comes_apart() {
        let claim = Claim::read("GPL-3: “You must not.” [W0 S3.2], after 30 tries for ‘90 days’", &[]);
        assert_eq!(claim.quotes, ["You must not."]);
        assert_eq!(claim.labels, [Label::unit(3).with_part(2)]);
        assert!(numbers(&claim.frame).contains(&"30".to_owned()));
        assert!(!claim.frame.contains("90"));
    }

    #[test]
    fn a_quote_may_hold_quotation_marks() {
        let slice = "The “Work” means this.".to_owned();
        let claim = Claim::read("It says “The “Work” means this.” there", std::slice::from_ref(&slice));
        assert_eq!(claim.quotes, [slice]);
        assert!(!claim.frame.contains("Work"));
    }

    #[test]
    fn qualifiers_are_read_out_of_contractions() {
        assert_eq!(qualifiers("You don't have to, but may only"), ["not", "may", "only"]);
    }
}
