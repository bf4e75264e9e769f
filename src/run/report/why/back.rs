//! The way back: author, task, tries, steps with their evidence, calls, decisions, and then what that rests on.

use std::{collections::BTreeSet, sync::Arc};

use crate::run::{
    entry::{Admission, Entry},
    id::DecisionId,
    label::{Author, Label},
    report::{
        Report, Row, Target, Tone,
        bodies::Bodies,
        cited,
        past::{Added, End, Past, Work},
        words::{self, call_name, clock, count, names},
    },
    source::Citation,
    task::Task,
};

use super::mention;

pub(super) struct Walk<'a> {
    past: &'a Past<'a>,
    bodies: &'a Bodies<'a>,
    /// Entries that were told in full.
    told: BTreeSet<Label>,
    /// Entries still to be told, the next one last: the depth, and how what named it rests on it. A stack of its own,
    /// since entries may rest on each other in a long row.
    open: Vec<(usize, Label, &'static str)>,
}

impl<'a> Walk<'a> {
    pub fn new(past: &'a Past<'a>, bodies: &'a Bodies<'a>) -> Self {
        Walk { past, bodies, told: BTreeSet::new(), open: vec![] }
    }

    /// Everything that is rested on, each entry once.
    pub fn rest(&mut self, report: &mut Report) {
        while let Some((depth, label, how)) = self.open.pop() {
            let mut row = mention(self.past.run, depth, label);
            row.text = format!("{how}: {}", row.text);
            let again = self.told.contains(&label);
            row.text.push_str(if again { " (see above)" } else { "" });
            report.push(row);
            if !again {
                self.body(report, depth + 1, label);
            }
        }
    }

    pub fn entry(&mut self, report: &mut Report, depth: usize, label: Label) {
        report.push(mention(self.past.run, depth, label));
        self.body(report, depth + 1, label);
    }

    /// What is behind an entry; what it rests on is left for [`Walk::rest`].
    fn body(&mut self, report: &mut Report, depth: usize, label: Label) {
        let Past { run, .. } = *self.past;
        let Some(entry) = run.context.get(label).map(Arc::clone) else { return };
        self.told.insert(entry.label);
        self.state(report, depth, &entry);
        self.author(report, depth, &entry);
        if let Some(task) = entry.task.and_then(|task| run.task(task)) {
            self.origin(report, depth, task);
            self.tries(report, depth, task, Some(entry.label));
        }
        if let Some(work) = self.past.units.get(&entry.label) {
            let preparation = format!("{} read and compressed it from event {}", work.agent, work.began);
            report.push(Row::new(depth, Tone::Plain, "prepared", preparation).opens(Target::Agent(work.agent)));
            self.calls(report, depth + 1, work);
        }
        self.steps(report, depth, &entry);
        let Some(descent) = run.lineage.of(entry.label) else { return };
        let is_cited = |label: Label| entry.citations.iter().any(|one| one.label.whole() == label);
        for source in descent.rests_on.iter().rev().filter(|source| **source != entry.label) {
            let how = match is_cited(*source) {
                true => "cited",
                false => "open before its author, not cited",
            };
            self.open.push((depth, *source, how));
        }
    }

    fn state(&self, report: &mut Report, depth: usize, entry: &Entry) {
        if let Some((seq, reason)) = self.past.recalled.get(&entry.label) {
            let said = format!("at event {seq}: {reason}");
            report.push(Row::new(depth, Tone::Bad, "RECALLED", said).opens(Target::Seq(*seq)));
        }
        for taint in &entry.taint {
            report.row(depth, Tone::Warn, "!", taint.to_string());
        }
    }

    fn author(&self, report: &mut Report, depth: usize, entry: &Entry) {
        let run = self.past.run;
        let seq = run.lineage.of(entry.label).map(|descent| descent.admitted).unwrap_or_default();
        let when = format!("event {seq}, {}", clock(run, self.past.at(seq)));
        let admission = match entry.admission {
            Admission::Verified if entry.label.is_unit() => "from the documents".to_owned(),
            Admission::Verified => "admitted as verified".to_owned(),
            Admission::Approved(decision) => format!("you approved it, {decision}"),
            Admission::Edited(decision) => format!("in your words, {decision}"),
            Admission::Injected => "you put it there".to_owned(),
        };
        let row = match entry.label.author {
            Author::Agent(agent) => Row::new(depth, Tone::Plain, "author", format!("{agent}, {admission}, {when}"))
                .opens(Target::Agent(agent)),
            Author::Human => {
                Row::new(depth, Tone::Plain, "author", format!("{admission}, {when}")).opens(Target::Seq(seq))
            }
            Author::Source => {
                let place = self.bodies.place(entry.label);
                let title = run.unit(entry.label).map(|unit| unit.title.clone()).unwrap_or_default();
                let said = format!("{place}, “{title}”, in the shared context since {when}");
                Row::new(depth, Tone::Plain, "document", said).opens(Target::Entry(entry.label))
            }
        };
        report.push(row);
    }

    /// A task with its whole way, and its entry.
    pub fn task(&mut self, report: &mut Report, task: &Task) {
        let (tone, state) = words::task_state(&task.state);
        report.push(
            Row::new(0, tone, task.id.to_string(), format!("{} ({state})", task.text)).opens(Target::Task(task.id)),
        );
        match task.entry {
            Some(label) => self.entry(report, 1, label),
            None => {
                self.origin(report, 1, task);
                self.tries(report, 1, task, None);
            }
        }
    }

    /// Who asked for a task, and when.
    fn origin(&self, report: &mut Report, depth: usize, task: &Task) {
        let mut said = format!("{} {}", task.id, task.text);
        let added = self.past.added.get(&task.id);
        if let Some(Added { at, by, .. }) = added {
            let when = clock(self.past.run, self.past.at(*at));
            said.push_str(&format!(", asked for by {by} at event {at}, {when}"));
        }
        if !task.deps.is_empty() {
            said.push_str(&format!(", after {}", names(&task.deps)));
        }
        report.push(Row::new(depth, Tone::Plain, "task", said).opens(Target::Task(task.id)));
        if let Some(work) = added.and_then(|added| self.past.plans.get(added.plan?)) {
            self.calls(report, depth + 1, work);
        }
    }

    /// Every try of a task; the one that brought `result` with what its author had read and who decided about it.
    fn tries(&self, report: &mut Report, depth: usize, task: &Task, result: Option<Label>) {
        let tries = self.past.tries.get(&task.id).map_or(&[][..], Vec::as_slice);
        if tries.is_empty() {
            report.row(depth, Tone::Dim, "try", "nobody has begun it");
        }
        for (number, work) in (1..).zip(tries) {
            let (tone, fate) = match work.end {
                None => (Tone::Plain, "goes on".to_owned()),
                Some((seq, end)) => {
                    let (tone, said) = fate(end);
                    (tone, format!("{said}, event {seq}"))
                }
            };
            let row = Row::new(depth, tone, format!("try {number}"), format!("{}: {fate}", work.agent));
            report.push(row.opens(Target::Seq(work.began)));
            let brought = work.end.is_some_and(|(_, end)| matches!(end, End::Admitted(label) if Some(label) == result));
            if brought || result.is_none() {
                self.read(report, depth + 1, work);
            }
            self.calls(report, depth + 1, work);
            work.asked.iter().for_each(|id| self.decision(report, depth + 1, *id));
        }
    }

    /// What an agent had before it.
    fn read(&self, report: &mut Report, depth: usize, work: &Work) {
        let Some(snapshot) = work.snapshot else { return };
        let stood = count(self.past.entries_at(snapshot), "entry", "entries");
        let mut opened: Vec<Label> = vec![];
        work.unfolded.iter().for_each(|label| {
            if !opened.contains(label) {
                opened.push(*label);
            }
        });
        let said = format!("{stood} of the shared context, as of event {snapshot}; opened {}", names(&opened));
        report.push(Row::new(depth, Tone::Plain, "had read", said).opens(Target::Seq(snapshot)));
    }

    fn calls(&self, report: &mut Report, depth: usize, work: &Work) {
        for call in &work.calls {
            let tone = if call.error.is_some() { Tone::Bad } else { Tone::Dim };
            report.push(Row::new(depth, tone, call_name(call), words::call(call)).opens(Target::Call(call.id)));
        }
        for call in &work.unanswered {
            let head = format!("{} {} {}", call.id, call.kind.letter(), call.kind);
            let row = Row::new(depth, Tone::Warn, head, words::unanswered(self.past.run, call));
            report.push(row.opens(Target::Call(call.id)));
        }
    }

    fn decision(&self, report: &mut Report, depth: usize, id: DecisionId) {
        let Some(asked) = self.past.asked.get(&id) else { return };
        let what = asked.decision.ask.checkpoint();
        let (tone, said) = match asked.decided {
            None => (Tone::Warn, format!("{what} {id} waits for you since event {}", asked.opened)),
            Some((seq, choice, rule)) => {
                let by = rule.unwrap_or("you");
                (Tone::Plain, format!("{what} {id}, {by}: {choice}, event {seq}"))
            }
        };
        report.push(Row::new(depth, tone, "decision", said).opens(Target::Decision(id)));
    }

    /// The chain with its evidence; without its body, the evidence alone.
    fn steps(&self, report: &mut Report, depth: usize, entry: &Entry) {
        let Some(chain) = self.bodies.trajectory(entry).map(|trajectory| trajectory.chain) else {
            if entry.trajectory.is_some() {
                report.row(depth, Tone::Warn, "steps", "not at hand; what the entry cites:");
            }
            entry.citations.iter().for_each(|citation| self.evidence(report, depth + 1, citation, &entry.gist));
            return;
        };
        for (number, step) in (1..).zip(&chain.steps) {
            report.row(depth, Tone::Plain, format!("step {number}"), step.text.clone());
            step.citations.iter().for_each(|citation| self.evidence(report, depth + 1, citation, &step.text));
        }
        report.row(depth, Tone::Plain, "so", chain.output.clone());
        if chain.citations() != entry.citations {
            report.row(depth, Tone::Dim, "cites", "in the end:");
            entry.citations.iter().for_each(|citation| self.evidence(report, depth + 1, citation, &entry.gist));
        }
    }

    fn evidence(&self, report: &mut Report, depth: usize, citation: &Citation, said: &str) {
        if citation.span.is_none() {
            report.push(mention(self.past.run, depth, citation.label));
            return;
        }
        let (tone, marks) = words::marks(self.past.run, citation.label);
        let said = format!("{}{marks}", self.bodies.evidence(citation, said));
        report.push(Row::new(depth, tone, citation.label.to_string(), said).opens(Target::Evidence(citation.clone())));
    }

    pub fn answer(&mut self, report: &mut Report, number: usize) {
        let run = self.past.run;
        let (Ok(line), Some(answer)) = (cited::line(run, number), &run.answer) else { return };
        report.push(Row::new(0, Tone::Title, format!("line {number}"), line.text).opens(Target::Answer));
        let is_done = |work: &&Work| matches!(work.end, Some((_, End::Done)));
        if let Some(work) = self.past.finals.iter().rev().find(is_done) {
            report.push(Row::new(1, Tone::Plain, "author", work.agent.to_string()).opens(Target::Agent(work.agent)));
            self.read(report, 2, work);
            self.calls(report, 2, work);
            work.asked.iter().for_each(|id| self.decision(report, 2, *id));
        }
        for citation in &line.citations {
            self.evidence(report, 1, citation, "");
        }
        let mut rests: Vec<(Label, &'static str)> = vec![];
        rests.extend(line.labels.iter().map(|label| (label.whole(), "named")));
        rests.extend(line.through.iter().map(|label| (label.whole(), "cites the same words")));
        if line.labels.is_empty() {
            report.row(1, Tone::Warn, "cites", "nothing in this line; the answer as a whole rests on:");
            rests.extend(answer.entries.iter().map(|label| (label.whole(), "used")));
            rests.extend(answer.citations.iter().map(|citation| (citation.label.whole(), "cited")));
        }
        let mut known = BTreeSet::new();
        rests.retain(|(label, _)| known.insert(*label));
        self.open.extend(rests.into_iter().rev().map(|(label, how)| (1, label, how)));
    }
}

fn fate(end: End) -> (Tone, String) {
    match end {
        End::Admitted(label) => (Tone::Good, format!("brought {label}")),
        End::Redundant(Some(of)) => (Tone::Dim, format!("redundant: {of} says it already")),
        End::Redundant(None) => (Tone::Dim, "redundant: the shared context says it already".to_owned()),
        End::Rejected(critic, why) => (Tone::Bad, format!("turned down by {critic}: {why}")),
        End::Vetoed(why) => (Tone::Bad, format!("vetoed: {why}")),
        End::LeftOff(why) => (Tone::Warn, format!("left off: {why}")),
        End::Done => (Tone::Good, "done".to_owned()),
    }
}
