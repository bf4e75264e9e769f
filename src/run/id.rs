//! Names of things: one newtype for each kind of id, so that a task can never be taken for an agent.
//!
//! Ids print the way the screen shows them (`T5`, `a2`, `#12`) and parse from the same text.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What was read was not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseIdError {
    /// What an id of this kind looks like, for the message.
    pub wanted: &'static str,
    pub found: String,
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not {}", self.found, self.wanted)
    }
}

impl std::error::Error for ParseIdError {}

/// Writes an id as wide as it was asked for. Only for that must it be made whole first: a log is full of ids.
pub(super) fn padded(f: &mut fmt::Formatter<'_>, id: fmt::Arguments<'_>) -> fmt::Result {
    match f.width().or(f.precision()) {
        Some(_) => f.pad(&id.to_string()),
        None => f.write_fmt(id),
    }
}

macro_rules! numbered_id {
    ($(#[$doc:meta])* $name:ident($int:ty), $prefix:literal, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                padded(f, format_args!(concat!($prefix, "{}"), self.0))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.trim()
                    .strip_prefix($prefix)
                    .and_then(|digits| digits.parse().ok())
                    .map($name)
                    .ok_or_else(|| ParseIdError { wanted: $wanted, found: text.to_owned() })
            }
        }
    };
}

numbered_id!(
    /// A worker of the team, from 1; it signs its entries `W<n>`.
    AgentId(u16), "a", "an agent such as a2"
);
numbered_id!(
    /// A task of the queue, from 1, never reused.
    TaskId(u32), "T", "a task such as T5"
);
numbered_id!(
    /// A question put to a human, from 1, never reused.
    DecisionId(u32), "#", "a decision such as #12"
);
numbered_id!(
    /// A call to a model, from 1 within its run.
    CallId(u64), "c", "a call such as c7"
);
numbered_id!(
    /// A source: one file, or standard input. From 1.
    SourceId(u32), "D", "a source such as D3"
);

/// The place of an event in the log: 1 is the first, 0 stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    #[must_use]
    pub fn next(self) -> Self {
        Seq(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The SHA-256 of a stored body. The hashing itself is the store's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 32]);

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: a log is full of them.
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            (pair[0], pair[1]) = (DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]);
        }
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for BlobId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let wrong = || ParseIdError { wanted: "64 hexadecimal digits", found: text.to_owned() };
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8).ok_or_else(wrong);
        if text.len() != 64 {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(BlobId(bytes))
    }
}

impl Serialize for BlobId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlobId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

/// What is written as a text is read from it where it stands.
pub(super) fn parsed<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    struct Text<T>(PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

/// The name of a run and of its file: sortable by the time of its start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_parse_what_they_print() {
        assert_eq!("T5".parse(), Ok(TaskId(5)));
        assert_eq!(TaskId(5).to_string(), "T5");
        assert_eq!(" a2 ".parse(), Ok(AgentId(2)));
        assert_eq!(DecisionId(12).to_string(), "#12");
        assert_eq!("5".parse::<TaskId>().unwrap_err().to_string(), "\"5\" is not a task such as T5");
    }

    #[test]
    fn a_blob_id_is_its_64_digits() {
        let id = BlobId(std::array::from_fn(|i| i as u8));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("é".repeat(32).parse::<BlobId>().is_err());
    }
}
