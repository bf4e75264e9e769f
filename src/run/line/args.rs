//! The words of a line, with their columns.

use std::str::FromStr;

use crate::run::{label::Label, lang::Complaint};

/// What is left of a line.
#[derive(Debug, Clone)]
pub struct Args<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Args<'a> {
    #[must_use]
    pub fn new(line: &'a str) -> Self {
        Args { line, at: 0 }
    }

    fn rest_here(&self) -> &'a str {
        &self.line[self.at..]
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest_here();
        self.at += rest.len() - rest.trim_start().len();
    }

    #[must_use]
    pub fn complaint(&self, why: impl Into<String>) -> Complaint {
        let read = &self.line[..self.at];
        let blanks = self.rest_here().len() - self.rest_here().trim_start().len();
        Complaint::at((read.chars().count() + blanks + 1) as u32, why)
    }

    /// Everything that is left, as it stands.
    pub fn rest(&mut self) -> &'a str {
        self.skip_blanks();
        let rest = self.rest_here().trim_end();
        self.at = self.line.len();
        rest
    }

    /// The next word; `None` at the end.
    pub fn word(&mut self) -> Option<&'a str> {
        self.skip_blanks();
        let rest = self.rest_here();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| &rest[..end])
    }

    #[must_use]
    pub fn peek(&self) -> Option<&'a str> {
        self.clone().word()
    }

    /// The next word as a `T`; it stays where it is when it is none.
    pub fn optional<T: FromStr>(&mut self) -> Option<T> {
        let value = self.peek()?.parse().ok()?;
        self.word();
        Some(value)
    }

    /// # Errors
    /// When the next word is no `T`; `what` says what was expected.
    pub fn wanted<T: FromStr>(&mut self, what: &str) -> Result<T, Complaint> {
        let here = self.complaint(match self.peek() {
            Some(word) => format!("{word:?} is not {what}"),
            None => format!("{what} is missing"),
        });
        self.optional().ok_or(here)
    }

    /// Every following word that is a `T`.
    pub fn list<T: FromStr>(&mut self) -> Vec<T> {
        std::iter::from_fn(|| self.optional()).collect()
    }

    /// A label, with the blank in it: `W1 S2`.
    pub fn label(&mut self) -> Option<Label> {
        let mut ahead = self.clone();
        let start = ahead.word()?;
        let mut label = format!("{start} ");
        label.push_str(ahead.word()?);
        let label = label.parse().ok()?;
        self.at = ahead.at;
        Some(label)
    }

    /// # Errors
    /// When there is no label here.
    pub fn wanted_label(&mut self) -> Result<Label, Complaint> {
        let here = self.complaint("a label such as W1 S2 is expected");
        self.label().ok_or(here)
    }

    /// Takes this word if it is the next one.
    pub fn takes(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        if found {
            self.word();
        }
        found
    }

    /// A text: in double quotes (`\"` and `\\` inside), or everything that is left.
    pub fn text(&mut self) -> String {
        self.skip_blanks();
        let rest = self.rest_here();
        let Some(quoted) = rest.strip_prefix('"') else {
            self.at = self.line.len();
            return rest.trim_end().to_owned();
        };
        let (mut text, mut escaped) = (String::new(), false);
        for (at, char) in quoted.char_indices() {
            match char {
                _ if escaped => {
                    text.push(if char == 'n' { '\n' } else { char });
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.at += at + 2;
                    return text;
                }
                _ => text.push(char),
            }
        }
        self.at = self.line.len();
        text
    }

    /// # Errors
    /// When nothing is left; `what` says what was expected.
    pub fn wanted_text(&mut self, what: &str) -> Result<String, Complaint> {
        let here = self.complaint(format!("{what} is missing"));
        Some(self.text()).filter(|text| !text.is_empty()).ok_or(here)
    }

    /// # Errors
    /// When something is left.
    pub fn end(&mut self) -> Result<(), Complaint> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(self.complaint(format!("{word:?} is not expected here"))),
        }
    }
}
