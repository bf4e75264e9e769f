//! What calls to models used.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Tokens and money. Sums are exact for tokens; `usd` is unknown as soon as one summand's is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// US dollars; `None` is unknown, which is not zero.
    pub usd: Option<f64>,
}

impl Usage {
    pub const NONE: Usage = Usage { input_tokens: 0, output_tokens: 0, usd: Some(0.0) };

    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.input_tokens + self.output_tokens
    }
}

impl Default for Usage {
    fn default() -> Self {
        Usage::NONE
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.usd = self.usd.zip(other.usd).map(|(a, b)| a + b);
    }
}

/// The method's estimate where nobody counted: four characters are one token (METHOD §2.1).
#[must_use]
pub fn estimate_tokens(chars: usize) -> u64 {
    (chars / 4) as u64
}
