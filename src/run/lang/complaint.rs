//! What is wrong with a text that a person typed, and where.

use std::fmt;

/// One thing that is wrong. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub line: u32,
    pub column: u32,
    /// What was expected, and what would do.
    pub message: String,
}

impl Complaint {
    #[must_use]
    pub fn at(column: u32, message: impl Into<String>) -> Self {
        Complaint { line: 1, column, message: message.into() }
    }

    #[must_use]
    pub fn on_line(self, line: u32) -> Self {
        Complaint { line, ..self }
    }

    /// For a text of one line: `column 4: …`.
    #[must_use]
    pub fn in_line(&self) -> String {
        format!("column {}: {}", self.column, self.message)
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Complaint {}

/// The known word that is most like a typed one, when one is like it at all.
#[must_use]
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let near = |word: &&str| strsim::jaro_winkler(&typed, &word.to_lowercase());
    let (likeness, word) = known.into_iter().map(|word| (near(&word), word)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness > 0.75).then_some(word)
}

/// `; did you mean X?`, or nothing.
pub(crate) fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(typed, known).map_or_else(String::new, |word| format!("; did you mean {word}?"))
}
