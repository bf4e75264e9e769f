//! `delm show`: a run's answer with its citations, then its entries; or the text of one unit.

use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::{
    app::{
        Exit, Saved,
        print::{self, out, out_json, out_raw},
    },
    plain::plain_line,
    run::{Corpus, Entry, EntryKind, Label, Ledger, Outcome, Standing, Task, TaskState},
    store::RunState,
};

use super::{cost, flags::Shared};

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The run, or the beginning of its id
    #[arg(default_value = "latest")]
    run: String,
    /// Everything as one JSON object
    #[arg(long)]
    json: bool,
    /// Print the text of one document unit, such as "W0 S3": byte for byte, but for what could steer a terminal where
    /// it goes to one
    #[arg(long, value_name = "LABEL", conflicts_with = "json")]
    source: Option<Label>,
}

pub fn show(args: &ShowArgs, shared: Shared) -> anyhow::Result<Exit> {
    let saved = Saved::open(&shared.runs()?, &args.run)?;
    let corpus = saved.corpus()?;
    match &args.source {
        Some(label) => source(&corpus, *label)?,
        None if args.json => out_json(&as_json(&saved, &corpus))?,
        None => as_text(&saved, &corpus)?,
    }
    Ok(Exit::Answered)
}

fn source(corpus: &Corpus, label: Label) -> anyhow::Result<()> {
    let Some(text) = corpus.text(label) else {
        match corpus.units().last() {
            Some(last) => bail!("{label} is not a document of this run: they are W0 S1 to {}", last.label),
            None => bail!("this run has no documents"),
        }
    };
    out_raw(text)
}

fn as_text(saved: &Saved, corpus: &Corpus) -> anyhow::Result<()> {
    let run = &saved.run;
    out(&format!("Question: {}", plain_line(&run.question)))?;
    match &run.outcome {
        Some(Outcome::Answered) => {
            out("")?;
            print::answer(run, corpus)?;
        }
        Some(Outcome::Unanswered(why)) => out(&format!("No answer: {}", plain_line(why)))?,
        Some(Outcome::OverBudget(why)) => {
            out(&format!("Over budget: {}", plain_line(why)))?;
            if run.answer.is_some() {
                out("")?;
                print::answer(run, corpus)?;
            }
        }
        None => out(&format!("No answer yet: the run is {}", RunState::of(run)))?,
    }
    let findings: Vec<_> = run.context.entries().filter(|entry| entry.kind != EntryKind::Document).collect();
    if !findings.is_empty() {
        out("\nEntries")?;
    }
    for entry in findings {
        out(&format!("  {}", plain_line(entry.render().trim_end())))?;
        match run.standing(entry.label) {
            Standing::Holds => {}
            Standing::Recalled => out("    ! recalled: it must not be used")?,
            Standing::Suspect => out("    ! suspect: it rests on an entry that was recalled")?,
        }
        for taint in &entry.taint {
            out(&format!("    ! {}", plain_line(&taint.to_string())))?;
        }
    }
    let unfinished: Vec<_> = run.tasks.iter().filter_map(|task| Some((task, reason(task)?))).collect();
    if !unfinished.is_empty() {
        out("\nTasks without a result")?;
    }
    for (task, reason) in unfinished {
        out(&format!("  {} {}: {}", task.id, plain_line(&task.text), plain_line(reason)))?;
    }
    cost::as_text(run, &Ledger::of(saved.timeline.events()))
}

fn reason(task: &Task) -> Option<&str> {
    match &task.state {
        TaskState::Failed(reason) | TaskState::Dropped(reason) => Some(reason),
        _ => None,
    }
}

fn as_json(saved: &Saved, corpus: &Corpus) -> serde_json::Value {
    let Saved { id, run, .. } = saved;
    let mut shown = print::result(id, run, corpus);
    let ledger = Ledger::of(saved.timeline.events());
    let entry = |entry: &Entry| {
        json!({
            "label": entry.label,
            "kind": entry.kind,
            "author": entry.label.author.to_string(),
            "task": entry.task,
            "subtask": entry.subtask,
            "gist": entry.gist,
            "admission": entry.admission,
            "taint": entry.taint,
            "standing": run.standing(entry.label),
            "citations": print::citations(corpus, &entry.citations),
            // Of the try that brought it; the tries before it stand under its task.
            "cost": ledger.of_entry(entry.label).map(|sum| cost::cost(&sum)),
        })
    };
    let fields = [
        ("type", json!("run")),
        ("question", json!(run.question)),
        ("started", json!(print::iso(run.started_at))),
        ("options", json!(run.options)),
        ("cost", cost::as_json(run, &ledger)),
        ("skipped", run.skipped.iter().map(|(path, reason)| json!({ "path": path, "reason": reason })).collect()),
        ("entry_list", run.context.entries().filter(|e| e.kind != EntryKind::Document).map(|e| entry(e)).collect()),
    ];
    if let Some(object) = shown.as_object_mut() {
        object.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    }
    shown
}
