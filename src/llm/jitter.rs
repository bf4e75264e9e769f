//! Waits that differ from caller to caller and are the same for the same seed.

use std::time::Duration;

/// A xorshift.
#[derive(Debug, Clone)]
pub struct Jitter(u64);

impl Jitter {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // It stays at zero for ever when it starts there.
        Jitter(seed ^ 0x9E37_79B9_7F4A_7C15 | 1)
    }

    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        least + most.saturating_sub(least).mul_f64((self.0 % 1000) as f64 / 1000.0)
    }

    /// The wait after one of `last`: between `base` and three times the last, and never more than `cap`.
    pub fn decorrelated(&mut self, base: Duration, last: Duration, cap: Duration) -> Duration {
        self.between(base, last.saturating_mul(3)).min(cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_in_their_bounds_and_differ() {
        let second = Duration::from_secs(1);
        for seed in [0, 7, u64::MAX, 0x9E37_79B9_7F4A_7C15] {
            let (mut jitter, mut last) = (Jitter::new(seed), second);
            let waits: Vec<_> = (0..200)
                .map(|_| {
                    last = jitter.decorrelated(second, last, 30 * second);
                    last
                })
                .collect();
            assert!(waits.iter().all(|wait| (second..=30 * second).contains(wait)));
            assert!(waits.contains(&(30 * second)) && waits.iter().any(|wait| *wait < 10 * second));
            assert_eq!(jitter.between(second, second), second);
        }
    }
}
