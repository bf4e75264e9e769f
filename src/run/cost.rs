//! What calls to models used, and the caps on it.

use std::{fmt, ops::AddAssign};

use serde::{Deserialize, Serialize};

use super::id::{AgentId, TaskId};

/// Tokens and money. Sums are exact for tokens; `usd` is unknown as soon as one summand's is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Everything that was read, from a cache or not.
    pub input_tokens: u64,
    /// The part of the input that the provider had in its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_tokens: u64,
    /// The part of the input that the provider put into its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_tokens: u64,
    /// Everything that was written, thought included.
    pub output_tokens: u64,
    /// The part of the output that was thought.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
    /// Tokens of input and output that nobody counted; they are the method's estimate.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub estimated_tokens: u64,
    /// US dollars; `None` is unknown, which is not zero.
    pub usd: Option<f64>,
}

fn is_zero(tokens: &u64) -> bool {
    *tokens == 0
}

impl Usage {
    pub const NONE: Usage = Usage {
        input_tokens: 0,
        cached_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: 0,
        reasoning_tokens: 0,
        estimated_tokens: 0,
        usd: Some(0.0),
    };

    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

impl Default for Usage {
    fn default() -> Self {
        Usage::NONE
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        // A server counts as it likes; what it says must not come out small.
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.cache_write_tokens = self.cache_write_tokens.saturating_add(other.cache_write_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(other.reasoning_tokens);
        self.estimated_tokens = self.estimated_tokens.saturating_add(other.estimated_tokens);
        self.usd = self.usd.zip(other.usd).map(|(a, b)| a + b);
    }
}

/// The most that may be used. What is absent is not capped.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cap {
    /// US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// Tokens, read and written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
}

impl Cap {
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.usd.is_none() && self.tokens.is_none()
    }

    /// Whether so much may be used. What has no known price does not fit under a cap in dollars.
    #[must_use]
    pub fn holds(&self, used: &Usage) -> bool {
        self.tokens.is_none_or(|most| used.tokens() <= most)
            && self.usd.is_none_or(|most| used.usd.is_some_and(|usd| usd <= most))
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.usd, self.tokens) {
            (Some(usd), Some(tokens)) => write!(f, "${usd} and {tokens} tokens"),
            (Some(usd), None) => write!(f, "${usd}"),
            (None, Some(tokens)) => write!(f, "{tokens} tokens"),
            (None, None) => f.write_str("no cap"),
        }
    }
}

/// The caps that a run starts with.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    #[serde(skip_serializing_if = "Cap::is_none")]
    pub run: Cap,
    /// For each agent.
    #[serde(skip_serializing_if = "Cap::is_none")]
    pub agent: Cap,
    /// For each task.
    #[serde(skip_serializing_if = "Cap::is_none")]
    pub task: Cap,
}

impl Limits {
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Limits::default()
    }
}

/// What a cap is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Run,
    Agent(AgentId),
    Task(TaskId),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Run => f.write_str("this run"),
            Scope::Agent(agent) => write!(f, "{agent}"),
            Scope::Task(task) => write!(f, "{task}"),
        }
    }
}

/// The method's estimate where nobody counted: four characters are one token (METHOD §2.1).
#[must_use]
pub fn estimate_tokens(chars: usize) -> u64 {
    (chars / 4) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_counts_never_comes_out_small() {
        let absurd = Usage { output_tokens: u64::MAX - 1_000, ..Usage::NONE };
        let mut used = Usage { input_tokens: 3, output_tokens: 1_010, ..Usage::NONE };
        used += absurd;
        assert_eq!((used.input_tokens, used.output_tokens, used.tokens()), (3, u64::MAX, u64::MAX));
        assert!(!Cap { usd: None, tokens: Some(60_000) }.holds(&used));
    }

    #[test]
    fn an_unknown_price_never_fits_under_a_cap_in_dollars() {
        let used = Usage { input_tokens: 10, usd: None, ..Usage::NONE };
        assert!(!Cap { usd: Some(1e9), tokens: None }.holds(&used));
        assert!(Cap { usd: None, tokens: Some(10) }.holds(&used));
        assert!(!Cap { usd: None, tokens: Some(9) }.holds(&used));
    }
}
