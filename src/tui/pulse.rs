//! The call that an agent waits for, as far as it was seen: when it was sent, when its reply began, how much came.

use crate::run::{CallKind, Phase, Sight, estimate_tokens};

use super::msg::Now;

/// How long a reply must have streamed before its speed says anything, in milliseconds.
const SETTLED: i64 = 500;

#[derive(Debug, Clone, Copy, Default)]
pub struct Pulse {
    /// What the last call was for; `None` once the agent turned to something else.
    pub kind: Option<CallKind>,
    /// When it was first sent; later tries are the same call.
    sent: Option<Now>,
    again: bool,
    /// When its reply began.
    pub first: Option<Now>,
    chars: usize,
}

impl Pulse {
    pub fn see(&mut self, sight: &Sight, now: Now) {
        match sight {
            Sight::Phase(Phase::Thinking(kind)) if self.kind != Some(*kind) => {
                *self = Pulse { kind: Some(*kind), ..Pulse::default() };
            }
            Sight::Phase(Phase::Thinking(_) | Phase::WaitsForMoney | Phase::Held(_) | Phase::WaitsForYou(_)) => {}
            // What streamed before is void.
            Sight::Phase(Phase::TriesAgain { .. }) => (self.again, self.first, self.chars) = (true, None, 0),
            Sight::Begins(_) => {
                let sent = self.sent.filter(|_| self.again).unwrap_or(now);
                *self = Pulse { kind: self.kind, sent: Some(sent), ..Pulse::default() };
            }
            Sight::Phase(_) => *self = Pulse::default(),
            Sight::Text(_, text) => {
                self.first.get_or_insert(now);
                self.chars += text.chars().count();
            }
        }
    }

    /// Milliseconds from the sending to the first piece, waits included.
    #[must_use]
    pub fn first_ms(&self) -> Option<u64> {
        Some(self.first?.since(self.sent?).max(0) as u64)
    }

    /// Tokens that came, by the method's estimate.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        estimate_tokens(self.chars)
    }

    /// Tokens a second since the reply began.
    #[must_use]
    pub fn speed(&self, now: Now) -> Option<f64> {
        let ms = now.since(self.first?);
        (ms >= SETTLED).then(|| self.tokens() as f64 * 1000.0 / ms as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Stream;

    #[test]
    fn the_speed_is_that_of_the_try_that_counts() {
        let mut pulse = Pulse::default();
        let text = || Sight::Text(Stream::Output, "four".repeat(100));
        pulse.see(&Sight::Phase(Phase::Thinking(CallKind::Reason)), Now(0));
        pulse.see(&Sight::Begins("F reason".into()), Now(0));
        pulse.see(&text(), Now(1_000));
        assert_eq!(pulse.speed(Now(1_100)), None, "too early to say");
        assert_eq!((pulse.tokens(), pulse.speed(Now(3_000))), (100, Some(50.0)));
        pulse.see(&Sight::Phase(Phase::TriesAgain { why: "reset".into(), until: 9_000 }), Now(4_000));
        pulse.see(&Sight::Begins("F reason again: reset".into()), Now(4_000));
        assert_eq!((pulse.kind, pulse.tokens(), pulse.first), (Some(CallKind::Reason), 0, None));
        pulse.see(&text(), Now(10_000));
        assert_eq!((pulse.speed(Now(11_000)), pulse.first_ms()), (Some(100.0), Some(10_000)));
        pulse.see(&Sight::Begins("F reason".into()), Now(11_000));
        pulse.see(&text(), Now(11_700));
        assert_eq!(pulse.first_ms(), Some(700), "another call of the same kind");
        pulse.see(&Sight::Phase(Phase::Writing), Now(12_000));
        assert_eq!(pulse.kind, None);
    }
}
