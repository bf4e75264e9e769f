//! A line cut into tokens, each with its column. `#` begins a comment, which is no token.

use std::fmt;

use crate::run::{label::Label, one_line};

use super::complaint::Complaint;

/// What a number was written as; it counts in units, dollars or seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Plain,
    Dollars,
    Seconds,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Word(String),
    Number(f64, Measure),
    Text(String),
    Label(Label),
    /// One of [`SIGNS`].
    Sign(&'static str),
}

/// Longer ones first, so that `<=` is not read as `<`.
const SIGNS: &[&str] = &["!=", "<=", ">=", "==", "=", "<", ">", "~", "(", ")", "."];

/// Numbers beyond it are typing mistakes.
const LARGEST: f64 = 1e15;

#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub token: Token,
    /// From 1, in characters.
    pub column: u32,
    /// Bytes from here to there in the line.
    pub span: std::ops::Range<usize>,
}

/// Cuts a line.
///
/// # Errors
/// At the first character that belongs to no token.
pub fn tokens(line: &str) -> Result<Vec<Placed>, Complaint> {
    let mut found = Vec::new();
    let (mut at, mut column) = (0, 1);
    while let Some(first) = line[at..].chars().next() {
        let rest = &line[at..];
        let (token, length) = match first {
            '#' => break,
            c if c.is_whitespace() => {
                at += c.len_utf8();
                column += 1;
                continue;
            }
            '"' => text(rest, column)?,
            '$' => number(&rest[1..], column).and_then(|(value, measure, length)| match measure {
                Measure::Seconds => Err(Complaint::at(column, "expected dollars such as $0.50, found a time")),
                _ => Ok((Token::Number(value, Measure::Dollars), length + 1)),
            })?,
            c if c.is_ascii_digit() => {
                let (value, measure, length) = number(rest, column)?;
                (Token::Number(value, measure), length)
            }
            c if c.is_alphabetic() || c == '_' => word(rest),
            other => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| {
                    let message = format!("expected a name, a value or one of = != < <= > >= ~ ( ), found {other:?}");
                    Complaint::at(column, message)
                })?;
                (Token::Sign(if *sign == "==" { "=" } else { sign }), sign.len())
            }
        };
        found.push(Placed { token, column, span: at..at + length });
        column += line[at..at + length].chars().count() as u32;
        at += length;
    }
    Ok(found)
}

/// A text in quotes: `\"` is a quote and `\\` a backslash; any other backslash stays, as patterns want it.
fn text(rest: &str, column: u32) -> Result<(Token, usize), Complaint> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Text(text), at + 1)),
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => text.push(escaped),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    Err(Complaint::at(column, "expected a closing \" to this text"))
}

/// A text as it is written, so that it reads back.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut written = String::from("\"");
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escape = match c {
            '"' => true,
            '\\' => matches!(chars.peek(), None | Some('"' | '\\')),
            _ => false,
        };
        if escape {
            written.push('\\');
        }
        written.push(c);
    }
    written.push('"');
    written
}

fn number(rest: &str, column: u32) -> Result<(f64, Measure, usize), Complaint> {
    let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if end > 0 && rest[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    let suffix: String = rest[end..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let (times, measure) = match suffix.as_str() {
        "" => (1.0, Measure::Plain),
        "k" => (1e3, Measure::Plain),
        "M" => (1e6, Measure::Plain),
        "ms" => (1e-3, Measure::Seconds),
        "s" => (1.0, Measure::Seconds),
        "m" => (60.0, Measure::Seconds),
        "h" => (3600.0, Measure::Seconds),
        other => {
            let message =
                format!("expected a number such as 8, 0.5, 40k, 2M, 60s, 5m or 300ms, found the suffix {other:?}");
            return Err(Complaint::at(column, message));
        }
    };
    let value = rest[..end].parse::<f64>().map_err(|_| Complaint::at(column, "expected a number such as $0.50"))?;
    match value * times {
        value if value <= LARGEST => Ok((value, measure, end + suffix.len())),
        _ => Err(Complaint::at(column, "expected a smaller number")),
    }
}

/// A word, or the label that begins with one: `W1 S2` is one token.
fn word(rest: &str) -> (Token, usize) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let length = |text: &str| text.find(|c| !is_part(c)).unwrap_or(text.len());
    let first = length(rest);
    let after = rest[first..].trim_start_matches([' ', '\t']);
    let second_at = rest.len() - after.len();
    let second = length(after);
    // `W1S2` or `W1 S2`, and then perhaps `.3`.
    for end in [second_at + second, first] {
        let part = rest[end..].strip_prefix('.').map_or(0, |part| part.bytes().take_while(u8::is_ascii_digit).count());
        let end = if part > 0 { end + 1 + part } else { end };
        let written = &rest[..end];
        if written.starts_with(['W', 'w', 'H', 'h'])
            && let Ok(label) = one_line(written).parse::<Label>()
        {
            return (Token::Label(label), end);
        }
    }
    (Token::Word(rest[..first].to_owned()), first)
}

/// A number as it is written, so that it reads back to the last bit.
pub(super) fn write_number(f: &mut fmt::Formatter<'_>, value: f64, measure: Measure) -> fmt::Result {
    let many = |of: f64| value >= of && value % of == 0.0;
    match measure {
        Measure::Dollars => write!(f, "${value}"),
        Measure::Seconds if many(60.0) => write!(f, "{}m", value / 60.0),
        Measure::Seconds => write!(f, "{value}s"),
        Measure::Plain if many(1e6) => write!(f, "{}M", value / 1e6),
        Measure::Plain if many(1e3) => write!(f, "{}k", value / 1e3),
        Measure::Plain => write!(f, "{value}"),
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(word) => f.write_str(word),
            Token::Number(value, measure) => write_number(f, *value, *measure),
            Token::Text(text) => f.write_str(&quoted(text)),
            Token::Label(label) => label.fmt(f),
            Token::Sign(sign) => f.write_str(sign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(line: &str) -> Vec<(u32, String)> {
        tokens(line).unwrap().into_iter().map(|placed| (placed.column, placed.token.to_string())).collect()
    }

    #[test]
    fn tokens_stand_at_their_columns() {
        assert_eq!(
            cut("é W1  s2.3 >= 40k # rest"),
            [(1, "é".into()), (3, "W1 S2.3".into()), (12, ">=".into()), (15, "40k".into())]
        );
        assert_eq!(cut("W2 if"), [(1, "W2".into()), (4, "if".into())], "an author is no label");
        assert_eq!(cut("cost.a2"), [(1, "cost".into()), (5, ".".into()), (6, "a2".into())]);
        assert_eq!(cut("HS1"), [(1, "H S1".into())]);
    }

    #[test]
    fn numbers_count_in_their_measure() {
        let number = |line| tokens(line).unwrap().remove(0).token;
        assert_eq!(number("2M"), Token::Number(2e6, Measure::Plain));
        assert_eq!(number("$0.50"), Token::Number(0.5, Measure::Dollars));
        assert_eq!(number("5m"), Token::Number(300.0, Measure::Seconds));
        assert_eq!(number("300ms"), Token::Number(0.3, Measure::Seconds));
        for wrong in ["5x", "$", "$5s", "9".repeat(400).as_str(), "\"open", "a ? b"] {
            assert!(tokens(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_text_reads_back() {
        for text in ["", "a \"b\"", r"\d+\", r"\\", r#"\""#, "(?i)as an ai", r"a\\\"] {
            let written = quoted(text);
            assert_eq!(tokens(&written).unwrap().remove(0).token, Token::Text(text.to_owned()), "{written}");
        }
    }
}
