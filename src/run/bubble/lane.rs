//! One agent over time.

use std::collections::HashMap;

use crate::run::id::AgentId;

use super::Doing;

/// So long it did one thing. Milliseconds since the Unix epoch; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    pub from: i64,
    pub to: i64,
    pub doing: Doing,
    /// It belongs to a try that brought nothing, or whose result was recalled and done again.
    pub redone: bool,
}

/// Slices in order, without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    pub agent: AgentId,
    pub slices: Vec<Slice>,
}

impl Lane {
    #[must_use]
    pub fn total(&self, doing: Doing) -> i64 {
        self.slices.iter().filter(|slice| slice.doing == doing).map(|slice| slice.to - slice.from).sum()
    }

    #[must_use]
    pub fn redone(&self) -> i64 {
        self.slices.iter().filter(|slice| slice.redone).map(|slice| slice.to - slice.from).sum()
    }

    /// The lane between two times in so many characters, each what was done longest in its part of the time.
    #[must_use]
    pub fn drawn(&self, from: i64, to: i64, width: usize) -> String {
        let edge = |cell: usize| from + ((to - from) as i128 * cell as i128 / width.max(1) as i128) as i64;
        let mut next = 0;
        let mut drawn = String::new();
        for cell in 0..width {
            let (start, end) = (edge(cell), edge(cell + 1).max(edge(cell) + 1));
            while self.slices.get(next).is_some_and(|slice| slice.to <= start) {
                next += 1;
            }
            let mut times: HashMap<Doing, i64> = HashMap::new();
            for slice in self.slices[next..].iter().take_while(|slice| slice.from < end) {
                *times.entry(slice.doing).or_default() += slice.to.min(end) - slice.from.max(start);
            }
            let most = times.into_iter().max_by_key(|(doing, time)| (*time, std::cmp::Reverse(*doing)));
            drawn.push(most.map_or(' ', |(doing, _)| doing.glyph()));
        }
        drawn
    }

    /// Within a call, this was waiting.
    pub(super) fn carve(&mut self, from: i64, to: i64) {
        let first = self.slices.partition_point(|slice| slice.to <= from);
        let last = self.slices.partition_point(|slice| slice.from < to);
        let mut carved = Vec::new();
        for slice in &self.slices[first.min(last)..last] {
            if slice.doing != Doing::Thinks {
                carved.push(*slice);
                continue;
            }
            let (begin, end) = (slice.from.max(from), slice.to.min(to));
            carved.push(Slice { to: begin, ..*slice });
            carved.push(Slice { from: begin, to: end, doing: Doing::WaitsForModel, ..*slice });
            carved.push(Slice { from: end, ..*slice });
        }
        carved.retain(|slice| slice.from < slice.to);
        self.slices.splice(first.min(last)..last, carved);
    }
}

/// A lane while it is told: which try a slice belongs to is known before what became of that.
pub(super) struct Draft {
    agent: AgentId,
    slices: Vec<(i64, i64, Doing, Option<usize>)>,
}

impl Draft {
    /// Of an agent that joined at `now`.
    pub fn new(agent: AgentId, from: i64, now: i64) -> Self {
        let slices = if from < now { vec![(from, now, Doing::Away, None)] } else { vec![] };
        Draft { agent, slices }
    }

    pub fn push(&mut self, from: i64, to: i64, doing: Doing, number: Option<usize>) {
        match self.slices.last_mut() {
            Some(last) if (last.1, last.2, last.3) == (from, doing, number) => last.1 = to,
            _ => self.slices.push((from, to, doing, number)),
        }
    }

    pub fn settled(self, redone: &[bool]) -> Lane {
        let slice = |(from, to, doing, number): (i64, i64, Doing, Option<usize>)| {
            let redone = number.is_some_and(|number| redone.get(number) == Some(&true));
            Slice { from, to, doing, redone }
        };
        Lane { agent: self.agent, slices: self.slices.into_iter().map(slice).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(slices: &[(i64, i64, Doing)]) -> Lane {
        let slice =
            |(from, to, doing): &(i64, i64, Doing)| Slice { from: *from, to: *to, doing: *doing, redone: false };
        Lane { agent: AgentId(1), slices: slices.iter().map(slice).collect() }
    }

    #[test]
    fn a_cell_shows_what_was_done_longest_in_it() {
        let lane = lane(&[(0, 40, Doing::Thinks), (40, 70, Doing::WaitsForYou), (70, 100, Doing::Works)]);
        assert_eq!(lane.drawn(0, 100, 10), "████▓▓▓▒▒▒");
        // Three cells: 0–33 thinks, 33–66 has 7 of thought and 26 of waiting, 66–100 has 4 of waiting.
        assert_eq!(lane.drawn(0, 100, 3), "█▓▒");
        // 0–50 is 40 of thought, 50–100 is 20 of waiting and 30 of work, then nothing is known.
        assert_eq!(lane.drawn(0, 200, 4), "█▒  ");
    }

    #[test]
    fn a_wait_is_cut_out_of_the_call_alone() {
        let mut lane = lane(&[(0, 10, Doing::Works), (10, 50, Doing::Thinks), (50, 60, Doing::Works)]);
        lane.carve(20, 55);
        let told: Vec<_> = lane.slices.iter().map(|slice| (slice.from, slice.to, slice.doing)).collect();
        assert_eq!(
            told,
            [(0, 10, Doing::Works), (10, 20, Doing::Thinks), (20, 50, Doing::WaitsForModel), (50, 60, Doing::Works)]
        );
    }
}
