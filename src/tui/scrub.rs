//! Looking at another moment of the run.

use crate::run::{Seq, Timeline};

use super::ui::Ui;

/// Looks at the run as it stood after an event.
pub fn go(_: &mut Ui, timeline: &mut Timeline, seq: Seq) {
    timeline.look_at(seq);
}

/// Looks at the run as it is now.
pub fn live(_: &mut Ui, timeline: &mut Timeline) {
    let head = timeline.head().head;
    timeline.look_at(head);
}
