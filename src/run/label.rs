//! The address of an entry of the shared context (METHOD §1, "Label").
//!
//! `W0 S3` is document unit 3, `W2 S1` the first result of agent 2, `H S1` the first note of the human in front.
//! `.k` names the k-th part of the summary: `W0 S3.2`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::id::{AgentId, ParseIdError, padded, parsed};

/// Who brought something into the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The documents themselves: `W0`.
    Source,
    Agent(AgentId),
    Human,
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Author::Source => f.pad("document"),
            Author::Agent(agent) => agent.fmt(f),
            Author::Human => f.pad("you"),
        }
    }
}

/// The address of an entry, or of one part of its summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    pub author: Author,
    /// From 1, counted for each author.
    pub index: u32,
    /// The part of the summary, from 1; `None` is the whole.
    pub part: Option<u32>,
}

impl Label {
    #[must_use]
    pub fn new(author: Author, index: u32) -> Self {
        Label { author, index, part: None }
    }

    #[must_use]
    pub fn unit(index: u32) -> Self {
        Label::new(Author::Source, index)
    }

    #[must_use]
    pub fn with_part(self, part: u32) -> Self {
        Label { part: Some(part), ..self }
    }

    /// The entry that this label, or the part it names, belongs to.
    #[must_use]
    pub fn whole(self) -> Self {
        Label { part: None, ..self }
    }

    /// Whether it names a document rather than something that was found in one.
    #[must_use]
    pub fn is_unit(self) -> bool {
        self.author == Author::Source
    }

    /// Every label in `text`, in order, whether bracketed or not: `[W0 S72.2, W1 S1]` gives two. The byte range is that
    /// of the label itself. The paper's short form without `W0` counts only where `S` follows a bracket or a comma.
    #[must_use]
    pub fn scan(text: &str) -> Vec<(Label, std::ops::Range<usize>)> {
        let bytes = text.as_bytes();
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let fresh = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
            match fresh.then(|| label_at(text, at)).flatten() {
                Some((label, end)) => {
                    found.push((label, at..end));
                    at = end;
                }
                None => at += 1,
            }
        }
        found
    }
}

/// The label that starts at byte `at`, and where it ends.
fn label_at(text: &str, at: usize) -> Option<(Label, usize)> {
    let bytes = text.as_bytes();
    let number = |from: usize| -> Option<(u32, usize)> {
        let end = from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        (end > from).then(|| text[from..end].parse().ok().map(|n| (n, end)))?
    };
    let (author, s) = match bytes.get(at)? {
        b'W' => {
            let (worker, end) = number(at + 1)?;
            let author = match worker {
                0 => Author::Source,
                n => Author::Agent(AgentId(u16::try_from(n).ok()?)),
            };
            (author, end + usize::from(bytes.get(end) == Some(&b' ')))
        }
        b'H' => (Author::Human, at + 1 + usize::from(bytes.get(at + 1) == Some(&b' '))),
        b'S' if text[..at].trim_end().ends_with(['[', ',']) => (Author::Source, at),
        _ => return None,
    };
    if bytes.get(s) != Some(&b'S') {
        return None;
    }
    let (index, end) = number(s + 1)?;
    let label = Label::new(author, index);
    if bytes.get(end) == Some(&b'.')
        && let Some((part, end)) = number(end + 1)
    {
        return Some((label.with_part(part), end));
    }
    Some((label, end))
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let author = fmt::from_fn(|f| match self.author {
            Author::Source => f.write_str("W0"),
            Author::Agent(agent) => write!(f, "W{}", agent.0),
            Author::Human => f.write_str("H"),
        });
        let part = fmt::from_fn(|f| self.part.map_or(Ok(()), |part| write!(f, ".{part}")));
        padded(f, format_args!("{author} S{}{part}", self.index))
    }
}

impl FromStr for Label {
    type Err = ParseIdError;

    /// Also takes the paper's short form (`S72.2`), lower case, and a label in brackets.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        // As it is printed, which is how it mostly comes.
        if let Some((label, end)) = label_at(text, 0)
            && end == text.len()
        {
            return Ok(label);
        }
        let wrong = || ParseIdError { wanted: "a label such as W0 S3 or W2 S1.4", found: text.to_owned() };
        let bare = text.trim().trim_matches(['[', ']']).trim().to_ascii_uppercase();
        let full = if bare.starts_with('S') { format!("W0 {bare}") } else { bare };
        match label_at(&full, 0) {
            Some((label, end)) if end == full.len() => Ok(label),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_parse_what_they_print() {
        for text in ["W0 S3", "W0 S72.2", "W12 S1", "H S4"] {
            assert_eq!(text.parse::<Label>().unwrap().to_string(), text);
        }
        assert_eq!("s72.2".parse(), Ok(Label::unit(72).with_part(2)));
        assert_eq!("[W0 S1]".parse(), Ok(Label::unit(1)));
        for text in ["", "W0", "S", "W0 S1.", "W0 S1 and", "T5", "W99999 S1"] {
            assert!(text.parse::<Label>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn scan_finds_each_label_where_it_stands() {
        let text = "As [W0 S72.2, W1 S1] and [S3] show; WW0 S1 and S9 are not labels.";
        let found: Vec<_> = Label::scan(text).into_iter().map(|(label, at)| (label.to_string(), &text[at])).collect();
        assert_eq!(found, [("W0 S72.2".into(), "W0 S72.2"), ("W1 S1".into(), "W1 S1"), ("W0 S3".into(), "S3")]);
    }

    #[test]
    fn a_sentence_end_is_not_a_part() {
        assert_eq!(Label::scan("It says so in W0 S3.")[0].0, Label::unit(3));
    }
}
