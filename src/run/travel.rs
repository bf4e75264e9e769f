//! Where in the log a moment is that somebody names.

use std::sync::Arc;

use super::{
    command::Refusal,
    event::{Event, Fact},
    id::Seq,
    line::{Back, Moment},
    score::agent_of,
    timeline::Timeline,
};

/// The last event that belongs to a moment.
///
/// # Errors
/// When the log has no such moment (yet).
pub fn find(timeline: &Timeline, moment: &Moment) -> Result<Seq, Refusal> {
    let head = timeline.head();
    let none = |what: String| Refusal(what);
    match moment {
        Moment::Seq(seq) if (Seq(1)..=head.head).contains(seq) => Ok(*seq),
        Moment::Seq(seq) => Err(none(format!("there is no event {seq}; they go from 1 to {}", head.head))),
        Moment::Entry(label) => {
            let descent = head.lineage.of(*label).filter(|descent| descent.admitted != Seq(0));
            descent.map(|descent| descent.admitted).ok_or_else(|| none(format!("{label} is not in the shared context")))
        }
        Moment::Task(task) => {
            let claims =
                |event: &Arc<Event>| matches!(event.fact, Fact::TaskClaimed { task: claimed, .. } if claimed == *task);
            match (head.task(*task), timeline.events().find(claims)) {
                (_, Some(event)) => Ok(event.seq),
                (Some(_), None) => Err(none(format!("nobody has claimed {task} yet"))),
                (None, None) => Err(none(format!("{task} does not exist"))),
            }
        }
        Moment::Time(after) => {
            let at = head.started_at + after;
            // Times may jump back where a clock was set; the last event that is not later is meant.
            let last = timeline.events().rev().find(|event| event.at <= at);
            last.map(|event| event.seq).ok_or_else(|| none("the run had not begun then".to_owned()))
        }
    }
}

/// So many events after the moment that is looked at, or before it; the first or the last event where there are no more.
/// `None` while nothing has happened.
#[must_use]
pub fn nearby(timeline: &Timeline, events: isize) -> Option<Seq> {
    let last = timeline.head().head;
    let near = timeline.run().head.0.saturating_add_signed(events as i64);
    (last > Seq(0)).then(|| Seq(near).clamp(Seq(1), last))
}

/// One step back from the moment that is looked at.
///
/// # Errors
/// When there is nothing to go back to.
pub fn back(timeline: &Timeline, back: Back) -> Result<Seq, Refusal> {
    let here = timeline.run().head;
    // Before what is looked at: one that happened just now is not gone back to.
    let mut before = timeline.events_so_far().rev().skip(1);
    let found = match back {
        Back::Event => before.next().map(|event| event.seq),
        Back::Hit => before.find(|event| matches!(event.fact, Fact::BreakpointHit { .. })).map(|event| event.seq),
        Back::Agent(agent) => {
            let run = timeline.run();
            let is_its = |event: &Arc<Event>| agent_of(run, std::slice::from_ref(&event.fact)) == Some(agent);
            before.find(is_its).map(|event| event.seq)
        }
    };
    found.ok_or_else(|| {
        Refusal(match back {
            Back::Event => format!("event {here} is the first"),
            Back::Hit => format!("no breakpoint was hit before event {here}"),
            Back::Agent(agent) => format!("{agent} did nothing before event {here}"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end_where_the_log_does() {
        let mut timeline = Timeline::default();
        assert_eq!(nearby(&timeline, -1), None);
        for seq in 1..=5 {
            timeline.push(Event { seq: Seq(seq), at: 0, fact: Fact::PauseAsked });
        }
        assert_eq!([-1, 1, isize::MIN].map(|by| nearby(&timeline, by)), [Some(Seq(4)), Some(Seq(5)), Some(Seq(1))]);
        timeline.look_at(Seq(2));
        let found = [-1, 1, 2, -3, isize::MAX].map(|by| nearby(&timeline, by));
        assert_eq!(found, [1, 3, 4, 1, 5].map(|seq| Some(Seq(seq))));
    }
}
