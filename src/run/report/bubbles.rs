//! Where each agent's time went, as lanes with totals, and how the same calls could have been put beside each other.

use std::{cell::Cell, collections::HashMap};

use serde::Deserialize;

use crate::run::{
    bubble::{Bubbles, Doing, jobs, schedule},
    call::Call,
    event::Fact,
    id::CallId,
    trace::Try,
};

use super::{
    Made, Report, Row, Scene, Target, Tone,
    words::{count, span},
};

/// Characters of a lane.
const WIDTH: usize = 60;

/// Of a [`Trace`](crate::run::Trace) only what was tried; the pieces are many.
#[derive(Deserialize)]
struct Tries {
    #[serde(default)]
    tries: Vec<Try>,
}

pub(super) fn bubbles(scene: &Scene) -> Made {
    let run = scene.timeline.run();
    let unread = Cell::new(0);
    let mut tries: HashMap<CallId, Vec<Try>> = HashMap::new();
    for event in scene.timeline.events_so_far() {
        let Fact::CallFinished { call } = &event.fact else { continue };
        let Some(trace) = call.trace else { continue };
        match (scene.body)(trace).and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            Some(Tries { tries: failed }) if !failed.is_empty() => drop(tries.insert(call.id, failed)),
            Some(_) => {}
            None => unread.set(unread.get() + 1),
        }
    }
    let tries = |call: &Call| tries.get(&call.id).cloned().unwrap_or_default();
    let told = Bubbles::of(scene.timeline.events_so_far(), &tries);
    let makespan = told.makespan();
    let mut report = Report::new(format!("Where the time went, up to event {}", run.head));
    report.row(0, Tone::Plain, "time", format!("{} in all, {} worked on", span(told.to - told.from), span(makespan)));
    let legend = Doing::ALL.iter().filter(|doing| told.total(**doing) > 0 && **doing != Doing::Away);
    let legend: Vec<String> = legend.map(|doing| format!("{} {}", doing.glyph(), doing.name())).collect();
    report.row(0, Tone::Dim, "legend", legend.join("  "));
    for lane in &told.lanes {
        let drawn = lane.drawn(told.from, told.to, WIDTH);
        report.push(Row::new(0, Tone::Plain, lane.agent.to_string(), drawn).opens(Target::Agent(lane.agent)));
        let there = (told.to - told.from) - lane.total(Doing::Away);
        let parts = Doing::ALL.iter().filter(|doing| **doing != Doing::Away && lane.total(**doing) > 0);
        let parts: Vec<String> = parts.map(|doing| part(doing.name(), lane.total(*doing), there)).collect();
        report.row(1, Tone::Dim, "", parts.join(", "));
        if lane.redone() > 0 {
            report.row(1, Tone::Warn, "redone", part("of it in vain", lane.redone(), there));
        }
    }
    report.row(0, Tone::Title, "all agents", "");
    let there: i64 = told.lanes.iter().map(|lane| told.to - told.from - lane.total(Doing::Away)).sum();
    for doing in Doing::ALL.into_iter().filter(|doing| *doing != Doing::Away && told.total(*doing) > 0) {
        report.row(1, Tone::Plain, doing.name(), part("", told.total(doing), there));
    }
    let redone: i64 = told.lanes.iter().map(super::super::bubble::Lane::redone).sum();
    if redone > 0 {
        let said = format!("{}: tries that were turned down, requeued, lost or done again", part("", redone, there));
        report.row(1, Tone::Warn, "redone", said);
    }
    let jobs = jobs(scene.timeline.events_so_far(), &tries);
    efficiency(&mut report, makespan, schedule(&jobs, run.agents.len()), run.agents.len());
    let lost = run.lost_calls();
    if lost > 0 {
        let said = format!("{} lost; how long they took is not known", count(lost as usize, "call was", "calls were"));
        report.row(0, Tone::Warn, "not known", said);
    }
    if unread.get() > 0 {
        let what = count(unread.get(), "call", "calls");
        let said = format!("of {what} it is not at hand whether they were tried again; their waits count as thought");
        report.row(0, Tone::Warn, "not known", said);
    }
    Made::Report(report)
}

fn efficiency(report: &mut Report, makespan: i64, best: u64, agents: usize) {
    if best == 0 {
        report.row(0, Tone::Dim, "efficiency", "no call took any time; there is nothing to put beside each other");
        return;
    }
    let percent = 100.0 * best as f64 / makespan.max(1) as f64;
    report.row(0, Tone::Title, "efficiency", format!("{percent:.0}%"));
    report.row(1, Tone::Plain, "as it went", span(makespan));
    let said = format!("{}, the same calls by {} without waits", span(best as i64), count(agents, "agent", "agents"));
    report.row(1, Tone::Plain, "could be", said);
    let how = "greedy list scheduling: a free agent takes the first piece of work whose dependencies are done; the \
        best order may be shorter still";
    report.row(1, Tone::Dim, "", how);
}

fn part(what: &str, ms: i64, of: i64) -> String {
    let percent = 100.0 * ms as f64 / of.max(1) as f64;
    format!("{what} {} ({percent:.0}%)", span(ms)).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::run::report::fixture::{Log, rows, under};

    #[test]
    fn totals_lanes_and_the_best_schedule_are_told() {
        let log = Log::answered();
        let report = log.report("bubbles");
        let lane = rows(&report, "a1")[0];
        assert_eq!(lane.text.chars().count(), 60);
        assert!(lane.text.contains('█') && lane.text.contains('_'), "{}", report.text());
        let all = under(&report, "all agents");
        assert!(all.iter().any(|(head, text)| *head == "thinks" && text.starts_with("3.0 s (")), "{all:?}");
        assert!(all.iter().any(|(head, text)| *head == "redone" && text.starts_with("2.7 s (")), "{all:?}");
        // All calls depend on each other in a row: 500 + 200 + 1,600 + 400 + 300.
        assert!(under(&report, "efficiency")[1].1.starts_with("3.0 s, the same calls by 2 agents"));
    }

    #[test]
    fn a_run_without_calls_has_nothing_to_schedule() {
        let mut log = Log::new();
        log.add(crate::run::Fact::SessionStarted { pid: 1 });
        assert!(rows(&log.report("bubbles"), "efficiency")[0].text.starts_with("no call took any time"));
    }
}
