//! The hash chain: what makes any change to a stored log evident.
//!
//! Each event is stored with the BLAKE3 hash of these bytes, one after the other:
//!
//! | Bytes | What |
//! |---|---|
//! | 32 | the hash of the event before; zeros before the first |
//! | 8 | its seq, unsigned, little-endian |
//! | 8 | its time in milliseconds since the Unix epoch, signed, little-endian |
//! | the rest | its fact: the JSON exactly as it is stored, in UTF-8 |
//!
//! All but the last have a fixed width, so no two events give the same bytes. Facts name bodies by their SHA-256, so
//! the chain covers those as well. Whoever rewrites all of a log can rewrite its chain: against that, keep the last
//! hash elsewhere; `delm verify` prints it.

use std::{fmt, str::FromStr};

use crate::run::{ParseIdError, Seq};

/// The hash of an event and, through it, of all events before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Link([u8; 32]);

impl Link {
    /// What stands before the first event.
    pub const START: Link = Link([0; 32]);

    /// The link after this one. `fact` is the stored text.
    #[must_use]
    pub fn then(self, seq: Seq, at: i64, fact: &str) -> Link {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0).update(&seq.0.to_le_bytes()).update(&at.to_le_bytes()).update(fact.as_bytes());
        Link(hasher.finalize().into())
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Link {
    fn from(bytes: [u8; 32]) -> Self {
        Link(bytes)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        blake3::Hash::from_bytes(self.0).to_hex().fmt(f)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Link {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        match blake3::Hash::from_hex(text) {
            Ok(hash) => Ok(Link(hash.into())),
            Err(_) => Err(ParseIdError { wanted: "64 hexadecimal digits", found: text.to_owned() }),
        }
    }
}

/// Where a log ends: its last event and the hash of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub seq: Seq,
    pub link: Link,
}

impl Head {
    /// Of a log without events.
    pub const START: Head = Head { seq: Seq(0), link: Link::START };

    /// The head after one more event.
    #[must_use]
    pub fn then(self, at: i64, fact: &str) -> Head {
        let seq = self.seq.next();
        Head { seq, link: self.link.then(seq, at, fact) }
    }
}

/// `412 3f2a…`: stored beside the log, so that a log which lost its end is told from one that never had more.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.seq, self.link)
    }
}

impl FromStr for Head {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let parsed = text.split_once(' ').and_then(|(seq, link)| Some((seq.parse().ok()?, link.parse().ok()?)));
        match parsed {
            Some((seq, link)) => Ok(Head { seq: Seq(seq), link }),
            None => Err(ParseIdError { wanted: "a number and a hash", found: text.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_documented_one() {
        let mut bytes = vec![0; 32];
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        bytes.extend("{\"é\"}".bytes());
        assert_eq!(Link::START.then(Seq(1), -2, "{\"é\"}").0, *blake3::hash(&bytes).as_bytes());
    }

    #[test]
    fn each_part_counts() {
        let link = Link::START.then(Seq(1), 2, "fact");
        for other in [
            Link::START.then(Seq(2), 2, "fact"),
            Link::START.then(Seq(1), 3, "fact"),
            Link::START.then(Seq(1), 2, "facts"),
            link.then(Seq(1), 2, "fact"),
        ] {
            assert_ne!(link, other);
        }
    }

    #[test]
    fn a_head_parses_what_it_prints() {
        let head = Head::START.then(7, "fact");
        assert_eq!(head.to_string().parse(), Ok(head));
        assert_eq!(head.seq, Seq(1));
        for wrong in ["", "1", "1 xyz", "x 00", &head.to_string()[..20]] {
            assert!(wrong.parse::<Head>().is_err(), "{wrong:?}");
        }
    }
}
