//! What a name can stand for, and when two values are the same.

use std::fmt;

use crate::run::{call::CallKind, id::AgentId, id::TaskId, label::Author, label::Label};

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Text(String),
    /// Compared without regard to case; `W1` is `a1`.
    Word(String),
    Flag(bool),
    Label(Label),
    /// It is like whatever one of its members is like; as a number it is how many they are.
    Many(Vec<Value>),
}

impl Value {
    #[must_use]
    pub fn word(word: impl fmt::Display) -> Self {
        Value::Word(word.to_string())
    }

    /// A kind of call: its name with `-` for blanks, or its letter in METHOD §4.1.
    #[must_use]
    pub fn call(kind: CallKind) -> Self {
        Value::Many(vec![Value::word(call_word(kind)), Value::word(kind.letter())])
    }

    #[must_use]
    pub fn labels(labels: impl IntoIterator<Item = Label>) -> Self {
        Value::Many(labels.into_iter().map(Value::Label).collect())
    }

    /// Not empty, not zero, not `none`.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self {
            Value::Number(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Word(word) => !word.eq_ignore_ascii_case("none"),
            Value::Flag(flag) => *flag,
            Value::Label(_) => true,
            Value::Many(many) => !many.is_empty(),
        }
    }

    /// What a comparison by size, or a curve over time, makes of it.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Flag(flag) => Some(f64::from(u8::from(*flag))),
            Value::Many(many) => Some(many.len() as f64),
            Value::Text(_) | Value::Word(_) | Value::Label(_) => None,
        }
    }

    /// Whether two values are the same. A label without a part is the same as each of its parts.
    #[must_use]
    pub fn is_like(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Many(many), Value::Number(number)) => many.len() as f64 == *number,
            (Value::Many(many), Value::Word(word)) if many.is_empty() => word.eq_ignore_ascii_case("none"),
            (Value::Many(many), other) | (other, Value::Many(many)) => many.iter().any(|one| one.is_like(other)),
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Text(a) | Value::Word(a), Value::Word(b)) | (Value::Word(a), Value::Text(b)) => {
                canonical(a) == canonical(b)
            }
            (Value::Flag(a), Value::Flag(b)) => a == b,
            (Value::Flag(flag), Value::Word(word)) | (Value::Word(word), Value::Flag(flag)) => {
                truth(word) == Some(*flag)
            }
            (Value::Label(a), Value::Label(b)) => {
                a.whole() == b.whole() && (a.part == b.part || a.part.is_none() || b.part.is_none())
            }
            _ => false,
        }
    }

    /// Whether it has the other in it: a member of many, or letters of a text, without regard to case.
    #[must_use]
    pub fn has(&self, part: &Value) -> bool {
        match (self, part) {
            (Value::Many(many), part) => many.iter().any(|one| one.is_like(part) || one.has(part)),
            (Value::Text(text), Value::Text(part) | Value::Word(part)) => {
                text.to_lowercase().contains(&part.to_lowercase())
            }
            (Value::Text(text), part) => text.contains(&part.to_string()),
            _ => false,
        }
    }
}

/// The word that names a kind of call.
#[must_use]
pub fn call_word(kind: CallKind) -> String {
    kind.name().replace(' ', "-")
}

pub(super) fn truth(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// A word as it is compared: the names that labels and people use for one author are one.
fn canonical(word: &str) -> String {
    match author(word) {
        Some(author) => author.to_string(),
        None => word.to_lowercase(),
    }
}

/// The author that a word names: `a1` or `W1`, `document` or `W0`, `you` or `H`.
#[must_use]
pub fn author(word: &str) -> Option<Author> {
    match word.to_ascii_lowercase().as_str() {
        "document" | "doc" | "w0" => Some(Author::Source),
        "you" | "human" | "h" => Some(Author::Human),
        word => agent(word).map(Author::Agent),
    }
}

/// The agent that `a2` or `W2` names.
#[must_use]
pub fn agent(word: &str) -> Option<AgentId> {
    let word = word.to_ascii_lowercase();
    let number = word.strip_prefix(['a', 'w'])?.parse().ok().filter(|number| *number > 0)?;
    (!word[1..].starts_with('+')).then_some(AgentId(number))
}

/// The task that `T5` names.
#[must_use]
pub fn task(word: &str) -> Option<TaskId> {
    word.to_ascii_uppercase().parse().ok().filter(|task: &TaskId| task.0 > 0)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Sums of dollars are not exact to the last bit; nobody reads further than this.
            Value::Number(number) => write!(f, "{}", (number * 1e6).round() / 1e6),
            Value::Text(text) | Value::Word(text) => f.write_str(text),
            Value::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Value::Label(label) => label.fmt(f),
            Value::Many(many) if many.is_empty() => f.write_str("none"),
            Value::Many(many) => {
                let many: Vec<String> = many.iter().map(ToString::to_string).collect();
                f.write_str(&many.join(", "))
            }
        }
    }
}
