//! Sentences for the person: refusals, warnings, why a key did nothing. The newest is shown for a while, all are kept.

use std::collections::VecDeque;

use crate::plain::plain_line;

use super::msg::Now;

/// Notices kept.
const KEPT: usize = 500;
/// How long the newest one stands in the footer, in milliseconds.
const SHOWN: i64 = 6_000;

#[derive(Debug, Default)]
pub struct Notices {
    all: VecDeque<(Now, String)>,
}

impl Notices {
    pub fn push(&mut self, text: impl AsRef<str>, now: Now) {
        self.all.push_back((now, plain_line(text.as_ref()).into_owned()));
        if self.all.len() > KEPT {
            self.all.pop_front();
        }
    }

    /// The newest, while it is fresh.
    #[must_use]
    pub fn fresh(&self, now: Now) -> Option<&str> {
        self.all.back().filter(|(at, _)| now.since(*at) < SHOWN).map(|(_, text)| text.as_str())
    }

    /// When the newest one leaves the footer.
    #[must_use]
    pub fn fades_at(&self) -> Option<Now> {
        self.all.back().map(|(at, _)| Now(at.0 + SHOWN))
    }

    /// Oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &(Now, String)> {
        self.all.iter()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}
