//! What can be typed next, from the vocabulary.

use super::{
    ast::{Expr, Op},
    token::{Placed, Token, tokens},
    vocabulary::{Row, Vocabulary},
};

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What takes the place of the word that is being typed.
    pub text: String,
    /// What it is; empty where the word says it.
    pub what: &'static str,
}

impl Completion {
    #[must_use]
    pub fn bare(text: impl Into<String>) -> Self {
        Completion { text: text.into(), what: "" }
    }
}

/// What can follow `prefix`, an expression up to the cursor.
#[must_use]
pub fn complete(prefix: &str, vocabulary: Vocabulary) -> Vec<Completion> {
    let Ok(placed) = tokens(prefix) else { return vec![] };
    let (before, partial) = match placed.split_last() {
        Some((Placed { token: Token::Word(word), span, .. }, before)) if span.end == prefix.len() => {
            (before, word.to_lowercase())
        }
        Some((Placed { token: Token::Sign(_), .. }, _)) | None => (placed.as_slice(), String::new()),
        Some((last, _)) if last.span.end == prefix.len() => return vec![],
        Some(_) => (placed.as_slice(), String::new()),
    };
    let mut next = what_follows(prefix, before, vocabulary);
    next.retain(|completion| completion.text.to_lowercase().starts_with(&partial));
    next
}

fn what_follows(prefix: &str, before: &[Placed], vocabulary: Vocabulary) -> Vec<Completion> {
    let joins = || ["and", "or"].map(Completion::bare).to_vec();
    let Some(last) = before.last() else { return names(vocabulary) };
    match &last.token {
        Token::Word(word) if ["and", "or", "not"].contains(&word.to_lowercase().as_str()) => names(vocabulary),
        Token::Sign("(") => names(vocabulary),
        Token::Sign(".") => row_before(&before[..before.len() - 1], vocabulary).map_or_else(Vec::new, fields),
        Token::Sign(")") => joins(),
        Token::Sign(_) => row_before(&before[..before.len() - 1], vocabulary).map_or_else(Vec::new, values),
        Token::Word(word) if word.eq_ignore_ascii_case("contains") => vec![],
        _ => match row_before(before, vocabulary).filter(|_| ends_in_a_name(&prefix[..last.span.end], vocabulary)) {
            Some(row) => {
                let may = |op: &Op| !op.orders() || row.sort.has_size();
                let signs = Op::WRITTEN.iter().filter(|(_, op)| may(op)).map(|(sign, _)| Completion::bare(*sign));
                values(row).into_iter().chain(signs).chain(joins()).collect()
            }
            None => joins(),
        },
    }
}

fn names(vocabulary: Vocabulary) -> Vec<Completion> {
    let rows = vocabulary.rows().map(|row| Completion { text: row.name.to_owned(), what: row.what });
    rows.chain([Completion::bare("not")]).collect()
}

fn values(row: &'static Row) -> Vec<Completion> {
    row.sort.words().into_iter().map(Completion::bare).collect()
}

fn fields(row: &'static Row) -> Vec<Completion> {
    row.fields().iter().flat_map(|field| field.words()).map(Completion::bare).collect()
}

/// The row of the name that these tokens end in, fields included or not.
fn row_before(before: &[Placed], vocabulary: Vocabulary) -> Option<&'static Row> {
    let mut path: Vec<String> = Vec::new();
    for placed in before.iter().rev() {
        match &placed.token {
            Token::Word(word) => path.insert(0, word.to_lowercase()),
            Token::Sign(".") => continue,
            _ => break,
        }
        let at_start = placed.span.start;
        let dotted = before.iter().any(|dot| dot.token == Token::Sign(".") && dot.span.end == at_start);
        if !dotted {
            break;
        }
    }
    (1..=path.len()).rev().find_map(|length| vocabulary.row(&path[..length].join("."), false))
}

/// Whether the text is an expression whose last part is a bare name.
fn ends_in_a_name(text: &str, vocabulary: Vocabulary) -> bool {
    let open = text.matches('(').count().saturating_sub(text.matches(')').count());
    Expr::parse(&format!("{text}{}", ")".repeat(open)), vocabulary).is_ok_and(|expr| is_bare_at_its_end(&expr))
}

fn is_bare_at_its_end(expr: &Expr) -> bool {
    match expr {
        Expr::Or(many) | Expr::And(many) => many.last().is_some_and(is_bare_at_its_end),
        Expr::Not(one) => is_bare_at_its_end(one),
        Expr::Truth(_) => true,
        Expr::Compare(..) => false,
    }
}

/// The text before and after the first place where this word stands by itself, outside of quotes.
#[must_use]
pub fn split_at_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    // An open text at the end is no reason to see nothing before it.
    let closed = format!("{text}\"");
    let placed = tokens(text).or_else(|_| tokens(&closed)).ok()?;
    let is = |placed: &&Placed| matches!(&placed.token, Token::Word(next) if next.eq_ignore_ascii_case(word));
    let span = placed.iter().find(is)?.span.clone();
    text[span.end..].starts_with(char::is_whitespace).then(|| (&text[..span.start], &text[span.end..]))
}
