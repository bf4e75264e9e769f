//! What stands out in the log, for the line of the moment: writes, vetoes, hits of breakpoints and failures.

use crate::run::{EntryKind, Event, Fact, Seq};

use super::theme::Role;

/// The weightier ones come later: where several fall into one cell, the weightiest is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    Write,
    Veto,
    Hit,
    Failure,
}

impl Mark {
    pub const LEGEND: [(Mark, &'static str); 4] =
        [(Mark::Write, "write"), (Mark::Veto, "veto"), (Mark::Hit, "break"), (Mark::Failure, "failure")];

    #[must_use]
    pub fn glyph(self) -> &'static str {
        match self {
            Mark::Write => "+",
            Mark::Veto => "✗",
            Mark::Hit => "●",
            Mark::Failure => "!",
        }
    }

    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Mark::Write => Role::Good,
            Mark::Veto => Role::Warn,
            Mark::Hit => Role::Ask,
            Mark::Failure => Role::Bad,
        }
    }

    fn of(fact: &Fact) -> Option<Self> {
        Some(match fact {
            Fact::EntryAdmitted { entry } if entry.kind != EntryKind::Document => Mark::Write,
            Fact::WriteVetoed { .. } | Fact::WriteRefused { .. } => Mark::Veto,
            Fact::BreakpointHit { .. } => Mark::Hit,
            Fact::TaskFailed { .. } | Fact::AgentFailed { .. } | Fact::LeaseExpired { .. } => Mark::Failure,
            Fact::CallFinished { call } if call.error.is_some() => Mark::Failure,
            _ => return None,
        })
    }
}

#[derive(Debug, Default)]
pub struct Marks {
    /// In the order of the log.
    all: Vec<(Seq, Mark)>,
}

impl Marks {
    pub fn see(&mut self, event: &Event) {
        self.all.extend(Mark::of(&event.fact).map(|mark| (event.seq, mark)));
    }

    /// The weightiest mark of each of so many cells, over a log that ends with event `head`.
    #[must_use]
    pub fn scaled(&self, head: Seq, cells: usize) -> Vec<Option<Mark>> {
        let mut scaled = vec![None; cells];
        for (seq, mark) in &self.all {
            if let Some(cell) = scaled.get_mut(cell_of(*seq, head, cells)) {
                *cell = (*cell).max(Some(*mark));
            }
        }
        scaled
    }
}

/// The cell of an event, of so many that stand for a log that ends with event `head`.
#[must_use]
pub fn cell_of(seq: Seq, head: Seq, cells: usize) -> usize {
    let (at, last) = (seq.0.saturating_sub(1), head.0.saturating_sub(1).max(1));
    (u128::from(at.min(last)) * cells.saturating_sub(1) as u128 / u128::from(last)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weightiest_mark_of_a_cell_is_shown_and_both_ends_are_there() {
        let mut marks = Marks::default();
        let hit = Fact::BreakpointHit { id: crate::run::BreakId(1), agent: None, what: String::new(), said: vec![] };
        let failed = Fact::AgentFailed { agent: crate::run::AgentId(1), reason: String::new() };
        for (seq, fact) in [(1, failed.clone()), (50, hit.clone()), (51, failed), (52, Fact::PauseAsked), (100, hit)] {
            marks.see(&Event { seq: Seq(seq), at: 0, fact });
        }
        let scaled = marks.scaled(Seq(100), 10);
        assert_eq!([0, 4, 9].map(|at| scaled[at]), [Some(Mark::Failure), Some(Mark::Failure), Some(Mark::Hit)]);
        assert_eq!(scaled.iter().flatten().count(), 3);
        assert_eq!(marks.scaled(Seq(100), 0), []);
        assert_eq!((cell_of(Seq(1), Seq(1), 5), cell_of(Seq(0), Seq(0), 0)), (0, 0));
    }
}
