//! How a process is to die, drawn from dice.

use std::time::Duration;

use crate::support::dice::Dice;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Death {
    Never,
    /// Once it has told so many events that were not there when it began.
    Told(usize),
    /// So long after its start.
    After(Duration),
    /// By its own hand, at a place in the store.
    Failpoint(String),
    /// Once so many keys that decide were pressed, in a terminal.
    Decided(usize),
}

/// Every place, and how often it is passed at most before the process dies there.
const PLACES: &[(&str, u64)] = &[
    ("begin", 25),
    ("bodies", 25),
    ("events", 25),
    ("committed", 25),
    ("events", 8),
    ("committed", 8),
    ("claim", 1),
    ("digest", 1),
];

fn failpoint(dice: &mut Dice) -> Death {
    let (place, most) = PLACES[dice.below(PLACES.len() as u64) as usize];
    Death::Failpoint(format!("{place}=kill@{}", 1 + dice.below(most)))
}

/// A released program has no failpoints.
const HAS_FAILPOINTS: bool = cfg!(debug_assertions);

impl Death {
    pub fn headless(dice: &mut Dice) -> Self {
        match dice.below(6) {
            0..3 if HAS_FAILPOINTS => failpoint(dice),
            3 => Death::After(Duration::from_micros(dice.below(250_000))),
            _ => Death::Told(dice.below(40) as usize),
        }
    }

    pub fn in_terminal(dice: &mut Dice) -> Self {
        match dice.below(6) {
            0..3 if HAS_FAILPOINTS => failpoint(dice),
            3 => Death::After(Duration::from_micros(dice.below(1_500_000))),
            _ => Death::Decided(1 + dice.below(3) as usize),
        }
    }

    /// What the program's environment says of it.
    pub fn variable(&self) -> Option<(&'static str, &str)> {
        match self {
            Death::Failpoint(text) => Some(("DELM_FAIL", text)),
            _ => None,
        }
    }
}
