//! Two whole runs side by side: up to where they are the same, what is the first thing that differs, and what became of
//! queue, entries, answer and cost.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use similar::{ChangeTag, TextDiff};

use crate::run::{
    event::{Event, Fact},
    id::Seq,
    score,
    state::Run,
    task::{Task, normalised_subject},
    timeline::Timeline,
};

use super::{
    Report, Row, Target, Tone,
    told::told,
    words::{count, money, outcome, span, task_state},
};

/// Puts two runs side by side. Events that rows open are those of the first.
#[must_use]
pub fn compare(name_a: &str, a: &Timeline, name_b: &str, b: &Timeline) -> Report {
    let mut report = Report::new(format!("{name_a} against {name_b}"));
    first(&mut report, (name_a, a), (name_b, b));
    let (run_a, run_b) = (a.head(), b.head());
    queue(&mut report, (name_a, run_a), (name_b, run_b));
    entries(&mut report, (name_a, run_a), (name_b, run_b));
    answer(&mut report, (name_a, run_a), (name_b, run_b));
    cost(&mut report, (name_a, run_a), (name_b, run_b));
    report
}

fn first(report: &mut Report, (name_a, a): (&str, &Timeline), (name_b, b): (&str, &Timeline)) {
    let parent = |run: &Run, of: &str, other: &str| match &run.parent {
        Some((from, upto)) if from.0 == other => Some(format!("{of} was forked from {other} at event {upto}")),
        _ => None,
    };
    let forked = parent(b.head(), name_b, name_a).or_else(|| parent(a.head(), name_a, name_b));
    let both = match (&a.head().parent, &b.head().parent) {
        (Some((from, x)), Some((other, y))) if from == other => {
            Some(format!("both were forked from {from}, at events {x} and {y}"))
        }
        _ => None,
    };
    if let Some(said) = forked.or(both) {
        report.row(0, Tone::Plain, "family", said);
    }
    let (team_a, team_b) = (Team::of(a), Team::of(b));
    let (mut facts_a, mut facts_b, mut same) = (team_a.facts(), team_b.facts(), None);
    let (next_a, next_b) = loop {
        match (facts_a.next(), facts_b.next()) {
            (Some(x), Some(y)) if team_a.same(&x, &team_b, &y) => same = Some((x.seq, y.seq)),
            differing => break differing,
        }
    };
    match same {
        None => report.row(0, Tone::Plain, "same", "nothing, from the first event on"),
        Some((x, y)) if x == y => report.row(0, Tone::Plain, "same", format!("up to event {x}")),
        Some((x, y)) => report.row(0, Tone::Plain, "same", format!("up to event {x} of the one and {y} of the other")),
    }
    let sides = [(name_a, next_a), (name_b, next_b)];
    if sides.iter().all(|(_, event)| event.is_none()) {
        report.row(0, Tone::Good, "then", "neither team did anything otherwise");
        return;
    }
    report.row(0, Tone::Title, "first difference", "");
    for (place, (name, event)) in sides.into_iter().enumerate() {
        let row = match event {
            None => Row::new(1, Tone::Dim, name, "ends there"),
            Some(event) => {
                let row = Row::new(1, Tone::Warn, name, format!("event {}: {}", event.seq, told(&event.fact)));
                if place == 0 { row.opens(Target::Seq(event.seq)) } else { row }
            }
        };
        report.push(row);
    }
}

/// What a team did: its facts without those that only frame them, which a fork or a pause puts in between.
struct Team<'a> {
    timeline: &'a Timeline,
    admitted: Vec<Seq>,
}

impl<'a> Team<'a> {
    fn of(timeline: &'a Timeline) -> Self {
        let is_entry = |event: &Arc<Event>| matches!(event.fact, Fact::EntryAdmitted { .. });
        Team { timeline, admitted: timeline.events().filter(is_entry).map(|event| event.seq).collect() }
    }

    fn facts(&self) -> impl Iterator<Item = Arc<Event>> {
        self.timeline.events().filter(|event| !is_frame(&event.fact))
    }

    /// How many entries stood in the shared context at a moment: what a snapshot means, wherever its event stands.
    fn entries_at(&self, seq: Seq) -> u64 {
        self.admitted.partition_point(|admitted| *admitted <= seq) as u64
    }

    fn same(&self, mine: &Event, other: &Team, theirs: &Event) -> bool {
        score::same(&mine.fact, &theirs.fact)
            || match (self.placed(&mine.fact), other.placed(&theirs.fact)) {
                (Some(mine), Some(theirs)) => score::same(&mine, &theirs),
                _ => false,
            }
    }

    /// A fact that names a moment, with the number of entries in its place.
    fn placed(&self, fact: &Fact) -> Option<Fact> {
        let mut fact = fact.clone();
        match &mut fact {
            Fact::AttemptStarted { snapshot, .. }
            | Fact::ContextRead { snapshot, .. }
            | Fact::FinalClaimed { snapshot, .. } => *snapshot = Seq(self.entries_at(*snapshot)),
            _ => return None,
        }
        Some(fact)
    }
}

fn is_frame(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::SessionStarted { .. }
            | Fact::SessionEnded { .. }
            | Fact::Forked { .. }
            | Fact::PauseAsked
            | Fact::RunPaused
            | Fact::RunResumed
            | Fact::StepGranted { .. }
            | Fact::BreakpointSet { .. }
            | Fact::BreakpointRemoved { .. }
            | Fact::BreakpointHit { .. }
            | Fact::GateDeferred { .. }
            | Fact::CommandTaken { .. }
            | Fact::AgentHeld { .. }
            | Fact::AgentReleased { .. }
    )
}

fn queue(report: &mut Report, (name_a, a): (&str, &Run), (name_b, b): (&str, &Run)) {
    let by_text = |run: &Run| -> BTreeMap<String, Task> {
        run.tasks.iter().map(|task| (normalised_subject(&task.text), task.clone())).collect()
    };
    let (of_a, of_b) = (by_text(a), by_text(b));
    let shared = of_a.keys().filter(|text| of_b.contains_key(*text)).count();
    report.row(0, Tone::Title, "queue", format!("{} in both", count(shared, "task", "tasks")));
    for task in &a.tasks {
        match of_b.get(&normalised_subject(&task.text)) {
            None => {
                let row = Row::new(1, Tone::Plain, format!("only {name_a}"), format!("{} {}", task.id, task.text));
                report.push(row.opens(Target::Task(task.id)));
            }
            Some(other) if task_state(&task.state).1 != task_state(&other.state).1 => {
                let said =
                    format!("{}: {} against {}", task.text, task_state(&task.state).1, task_state(&other.state).1);
                report.push(Row::new(1, Tone::Warn, task.id.to_string(), said).opens(Target::Task(task.id)));
            }
            Some(_) => {}
        }
    }
    for task in b.tasks.iter().filter(|task| !of_a.contains_key(&normalised_subject(&task.text))) {
        report.row(1, Tone::Plain, format!("only {name_b}"), format!("{} {}", task.id, task.text));
    }
}

/// What the shared context says, documents left out; what is recalled is not said any more.
fn entries(report: &mut Report, (name_a, a): (&str, &Run), (name_b, b): (&str, &Run)) {
    let said = |run: &Run| -> BTreeMap<String, String> {
        let findings = run.context.entries().filter(|entry| !entry.label.is_unit());
        let stands = findings.filter(|entry| !run.context.is_recalled(entry.label));
        stands.map(|entry| (normalised_subject(&entry.gist), format!("{} {}", entry.kind, entry.gist))).collect()
    };
    let (of_a, of_b) = (said(a), said(b));
    let shared = of_a.keys().filter(|text| of_b.contains_key(*text)).count();
    report.row(0, Tone::Title, "entries", format!("{} in both", count(shared, "entry", "entries")));
    let only = |mine: &BTreeMap<String, String>, others: &BTreeMap<String, String>, run: &Run| -> Vec<Row> {
        let mine = run.context.entries().filter_map(|entry| {
            let key = normalised_subject(&entry.gist);
            let said = mine.get(&key).filter(|_| !others.contains_key(&key) && !entry.label.is_unit())?;
            Some(Row::new(1, Tone::Plain, "", format!("{} {said}", entry.label)).opens(Target::Entry(entry.label)))
        });
        mine.collect()
    };
    for row in only(&of_a, &of_b, a) {
        report.push(Row { head: format!("only {name_a}"), ..row });
    }
    for row in only(&of_b, &of_a, b) {
        report.push(Row { head: format!("only {name_b}"), target: None, ..row });
    }
}

fn answer(report: &mut Report, (name_a, a): (&str, &Run), (name_b, b): (&str, &Run)) {
    let text = |run: &Run| run.answer.as_ref().map(|answer| answer.text.clone());
    match (text(a), text(b)) {
        (None, None) => report.row(0, Tone::Title, "answer", "neither has one"),
        (Some(_), None) => report.row(0, Tone::Title, "answer", format!("only {name_a} has one")),
        (None, Some(_)) => report.row(0, Tone::Title, "answer", format!("only {name_b} has one")),
        (Some(x), Some(y)) if x == y => report.row(0, Tone::Title, "answer", "the same, word for word"),
        (Some(x), Some(y)) => {
            report.row(0, Tone::Title, "answer", format!("differs; − {name_a}, + {name_b}"));
            for change in TextDiff::from_lines(&x, &y).iter_all_changes() {
                let (tone, sign) = match change.tag() {
                    ChangeTag::Equal => (Tone::Dim, "="),
                    ChangeTag::Delete => (Tone::Bad, "−"),
                    ChangeTag::Insert => (Tone::Good, "+"),
                };
                if !change.value().trim().is_empty() {
                    report.row(1, tone, sign, change.value().trim_end());
                }
            }
        }
    }
}

/// What is said of a run.
type Of<'a> = &'a dyn Fn(&Run) -> String;

fn cost(report: &mut Report, (name_a, a): (&str, &Run), (name_b, b): (&str, &Run)) {
    report.row(0, Tone::Title, "side by side", format!("{name_a} | {name_b}"));
    let ended = |run: &Run| run.outcome.as_ref().map_or_else(|| "not ended".to_owned(), outcome);
    let models = |run: &Run| {
        let set: BTreeSet<&str> = run.models.values().chain([&run.options.model]).map(String::as_str).collect();
        set.into_iter().collect::<Vec<_>>().join(", ")
    };
    let rows: [(&str, Of); 9] = [
        ("outcome", &ended),
        ("models", &models),
        ("calls", &|run| run.calls.to_string()),
        ("tokens", &|run| run.usage.tokens().to_string()),
        ("cost", &|run| money(run.usage.usd)),
        ("tries turned down", &|run| (run.rejections + run.vetoes).to_string()),
        ("findings", &|run| run.findings().to_string()),
        ("tasks done", &|run| format!("{} of {}", run.counts.done, run.counts.total())),
        ("time", &|run| span(run.last_at - run.started_at)),
    ];
    for (head, of) in rows {
        let (of_a, of_b) = (of(a), of(b));
        let tone = if of_a == of_b { Tone::Dim } else { Tone::Plain };
        report.row(1, tone, head, format!("{of_a} | {of_b}"));
    }
    let lost = [(name_a, a.lost_calls()), (name_b, b.lost_calls())];
    for (name, lost) in lost.into_iter().filter(|(_, lost)| *lost > 0) {
        let said = format!("{} of {name}; what they cost is not known", count(lost as usize, "call", "calls"));
        report.row(1, Tone::Warn, "lost", said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{
        RunId,
        report::fixture::{Log, agent, rows, under},
    };

    #[test]
    fn two_tellings_of_one_run_are_the_same() {
        let (a, b) = (Log::answered(), Log::answered());
        let report = compare("a", &a.timeline, "b", &b.timeline);
        assert_eq!(rows(&report, "same")[0].text, "up to event 35");
        assert_eq!(rows(&report, "then")[0].text, "neither team did anything otherwise");
        assert_eq!(rows(&report, "answer")[0].text, "the same, word for word");
        assert_eq!(rows(&report, "queue")[0].text, "2 tasks in both");
    }

    /// The first task, in a run that was forked, or not, after its claim.
    fn told(forked: bool, year: &str) -> Log {
        let mut log = Log::prepared(1);
        log.plan(1, &[("When was it completed?", &[])]);
        if forked {
            log.add(Fact::Forked { from: RunId("old".into()), upto: log.head() });
            log.add(Fact::PauseAsked);
            log.add(Fact::RunResumed);
        }
        log.claim(1, 1);
        log.result(1, agent(1, 1), &format!("It was completed in {year}."), vec![]);
        log.answer(&format!("Once upon a time:\nIn {year} [W1 S1]."), vec![], vec![agent(1, 1)]);
        log
    }

    #[test]
    fn a_fork_that_does_the_same_is_the_same_although_its_events_stand_elsewhere() {
        let report = compare("old", &told(false, "1871").timeline, "new", &told(true, "1871").timeline);
        assert_eq!(rows(&report, "family")[0].text, "new was forked from old at event 13");
        assert_eq!(rows(&report, "then").len(), 1, "{}", report.text());
    }

    #[test]
    fn the_first_thing_done_otherwise_is_told_of_both() {
        let report = compare("old", &told(false, "1871").timeline, "new", &told(true, "1874").timeline);
        assert_eq!(rows(&report, "same")[0].text, "up to event 15 of the one and 18 of the other");
        let first = under(&report, "first difference");
        assert_eq!(first[0], ("old", "event 16: W1 S1 admitted: FACT It was completed in 1871."));
        assert_eq!(first[1], ("new", "event 19: W1 S1 admitted: FACT It was completed in 1874."));
        let answer: Vec<_> = under(&report, "answer");
        assert_eq!(answer, [("=", "Once upon a time:"), ("−", "In 1871 [W1 S1]."), ("+", "In 1874 [W1 S1].")]);
        let entries = under(&report, "entries");
        assert_eq!(entries[0], ("only old", "W1 S1 FACT It was completed in 1871."));
        assert_eq!(entries[1].0, "only new");
    }
}
