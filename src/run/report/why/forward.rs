//! The way on: who read an entry, and what came of it.

use crate::run::{
    label::Label,
    readers::Reader,
    report::{
        Report, Row, Target, Tone, cited,
        past::Past,
        words::{self, names},
    },
    rules::recall,
    state::Run,
};

use super::mention;

pub(super) fn of(past: &Past, label: Label, report: &mut Report) {
    let run = past.run;
    let descendants = run.lineage.descendants(label);
    let readers = run.readers_of(label);
    let since = run.lineage.of(label).map(|descent| descent.admitted).unwrap_or_default();
    report.row(0, Tone::Title, "read by", if readers.is_empty() { "nobody" } else { "" });
    for Reader { agent, task } in readers {
        let opened = run.readers.opened(label).any(|reader| reader == Reader { agent, task });
        let how = if opened { "opened it" } else { "had its line before it" };
        let what = past.purpose(Reader { agent, task }, since);
        let result = task.and_then(|task| run.task(task)?.entry);
        let came = match result {
            None => String::new(),
            Some(result) if result == label => "; it brought this one".to_owned(),
            Some(result) if descendants.contains(&result) => format!("; its {result} rests on it"),
            Some(result) => format!("; its {result} does not rest on it"),
        };
        let target = task.map_or(Target::Agent(agent), Target::Task);
        report.push(Row::new(1, Tone::Plain, agent.to_string(), format!("for {what}: {how}{came}")).opens(target));
    }
    let is_empty = descendants.is_empty();
    report.row(0, Tone::Title, "what rests on it", if is_empty { "no entry" } else { "" });
    let direct: Vec<Label> = run.lineage.used_by(label).collect();
    for user in &descendants {
        let mut row = mention(run, 1, *user);
        let through: Vec<Label> = match run.lineage.of(*user) {
            Some(descent) if !direct.contains(user) => {
                descent.rests_on.iter().copied().filter(|one| descendants.contains(one)).collect()
            }
            _ => vec![],
        };
        if !through.is_empty() {
            row.text = format!("through {}: {}", names(through), row.text);
        }
        report.push(row);
    }
    of_answer(run, label, report);
}

/// Whether the answer rests on it, and with which lines.
pub(in crate::run::report) fn of_answer(run: &Run, label: Label, report: &mut Report) {
    if run.answer.is_none() {
        report.row(0, Tone::Dim, "answer", "there is none yet");
        return;
    }
    let radius = recall::radius(run, label);
    if !radius.answer {
        report.push(Row::new(0, Tone::Plain, "answer", "names neither it nor what rests on it").opens(Target::Answer));
        for (line, _) in cited::lines_on(run, &[label.whole()].into()) {
            let said = format!("cites the same words: {}", line.text);
            report.push(Row::new(1, Tone::Plain, format!("line {}", line.number), said).opens(Target::Answer));
        }
        return;
    }
    lines(run, label, report);
}

/// The lines of the answer that rest on an entry.
fn lines(run: &Run, label: Label, report: &mut Report) {
    let mut touched = run.lineage.descendants(label);
    touched.insert(label.whole());
    let lines = cited::lines_on(run, &touched);
    if lines.is_empty() {
        let said = "rests on it as a whole; none of its lines names it";
        report.push(Row::new(0, Tone::Warn, "answer", said).opens(Target::Answer));
        return;
    }
    let said = words::count(lines.len(), "line rests on it", "lines rest on it");
    report.push(Row::new(0, Tone::Warn, "answer", said).opens(Target::Answer));
    for (line, on) in lines {
        let through = if on == [label.whole()] { String::new() } else { format!(" (through {})", names(on)) };
        let row = Row::new(1, Tone::Warn, format!("line {}", line.number), format!("{}{through}", line.text));
        report.push(row.opens(Target::Answer));
    }
}
