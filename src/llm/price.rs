//! What tokens cost.

use serde::{Deserialize, Serialize};

use super::Tokens;

/// US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub input: f64,
    /// Input that came from a cache; as other input when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<f64>,
    /// Input that was written to a cache; as other input when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
    pub output: f64,
    /// Thought; as other output when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<f64>,
}

impl Price {
    /// Of a model on a machine of one's own.
    pub const FREE: Price = Price { input: 0.0, cached: None, cache_write: None, output: 0.0, reasoning: None };

    /// US dollars for one call.
    #[must_use]
    pub fn of(&self, tokens: Tokens) -> f64 {
        let plain = tokens.input.saturating_sub(tokens.cached + tokens.cache_write);
        let said = tokens.output.saturating_sub(tokens.reasoning);
        let sum = plain as f64 * self.input
            + tokens.cached as f64 * self.cached.unwrap_or(self.input)
            + tokens.cache_write as f64 * self.cache_write.unwrap_or(self.input)
            + said as f64 * self.output
            + tokens.reasoning as f64 * self.reasoning.unwrap_or(self.output);
        sum / 1e6
    }

    /// The most that a call of so many tokens can cost: nothing cached, everything at the dearer rate.
    #[must_use]
    pub fn worst(&self, input: u64, output: u64) -> f64 {
        let most = |one: f64, other: Option<f64>| one.max(other.unwrap_or(one));
        let sum = input as f64 * most(self.input, self.cache_write) + output as f64 * most(self.output, self.reasoning);
        sum / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_price() {
        let price = Price { input: 3.0, cached: Some(0.3), cache_write: Some(3.75), output: 15.0, reasoning: None };
        let tokens =
            Tokens { input: 1_000_000, cached: 400_000, cache_write: 200_000, output: 100_000, reasoning: 50_000 };
        // 0.4 M plain at 3, 0.4 M cached at 0.3, 0.2 M written at 3.75, 0.1 M out at 15.
        assert!((price.of(tokens) - (1.2 + 0.12 + 0.75 + 1.5)).abs() < 1e-9);
        assert!((price.worst(1_000_000, 100_000) - (3.75 + 1.5)).abs() < 1e-9);
        assert!(price.of(tokens) <= price.worst(tokens.input, tokens.output));
    }
}
