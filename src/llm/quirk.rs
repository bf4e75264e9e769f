//! What single servers do differently from the wire they speak, as names that the provider table and a configuration
//! may hold.
//!
//! A quirk saves the first refused request and no more: what a server objects to is found out without one.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::Deserialize;

use super::provider::Wire;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// The cap on a reply is called `max_completion_tokens`, not `max_tokens`.
    MaxCompletionTokens,
    /// It does not know `stream_options`, so its streams may end without counts.
    NoStreamOptions,
    /// It refuses a temperature.
    NoTemperature,
    /// It does not know `cache_control`.
    NoCacheControl,
    /// It gives no summary of a model's thought.
    NoReasoningSummary,
}

pub type Quirks = BTreeSet<Quirk>;

impl Quirk {
    pub const ALL: [Quirk; 5] = [
        Quirk::MaxCompletionTokens,
        Quirk::NoStreamOptions,
        Quirk::NoTemperature,
        Quirk::NoCacheControl,
        Quirk::NoReasoningSummary,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Quirk::MaxCompletionTokens => "max_completion_tokens",
            Quirk::NoStreamOptions => "no_stream_options",
            Quirk::NoTemperature => "no_temperature",
            Quirk::NoCacheControl => "no_cache_control",
            Quirk::NoReasoningSummary => "no_reasoning_summary",
        }
    }

    /// Whether requests on this wire could be changed by it.
    #[must_use]
    pub fn fits(self, wire: Wire) -> bool {
        match self {
            Quirk::NoTemperature => true,
            Quirk::MaxCompletionTokens | Quirk::NoStreamOptions => wire == Wire::Chat,
            Quirk::NoCacheControl => wire == Wire::Messages,
            Quirk::NoReasoningSummary => wire == Wire::Responses,
        }
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Quirk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Quirk::ALL.into_iter().find(|quirk| quirk.name() == text);
        found.ok_or_else(|| format!("{text:?} is no quirk; they are {}", Quirk::ALL.map(Quirk::name).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quirk_is_read_by_its_name_alone() {
        for quirk in Quirk::ALL {
            assert_eq!(quirk.name().parse(), Ok(quirk));
        }
        let said = "no_streaming".parse::<Quirk>().unwrap_err();
        assert!(said.starts_with("\"no_streaming\" is no quirk; they are max_completion_tokens, "), "{said}");
    }
}
