//! Putting peers' entries side by side: the last task of a plan, done without a new observation.

use crate::{
    reason::{Brief, Thought, Turn},
    run::{Chain, Citation, Entry, EntryKind, Step, Task},
};

use super::{
    state::Studied,
    subject::topic_of_task,
    think::{NOT_FOUND, Thinking, bare, heeding},
};

/// Entries that the tasks this one waits for brought in.
#[must_use]
pub fn peers<'a>(brief: &'a Brief, task: &Task) -> Vec<&'a Entry> {
    let entries = brief.context.entries().map(AsRef::as_ref);
    entries.filter(|entry: &&Entry| entry.task.is_some_and(|of| task.deps.contains(&of))).collect()
}

/// Peers' entries side by side, without a new observation.
#[must_use]
pub fn combine(studied: &Studied, thought: &Thought) -> Thinking {
    let peers = peers(&thought.brief, &thought.task);
    let wanted = bare(topic_of_task(&thought.task.text));
    let mut says = heeding(&thought.feedback);
    says.push_str(&format!("{} peers' entries bear on ‘{wanted}’.\n", peers.len()));
    let mut steps = Vec::new();
    let (mut with, mut without): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for entry in &peers {
        let place = place_of(studied, entry);
        let found = !entry.gist.starts_with(NOT_FOUND);
        let line = format!("{place} [{}]", entry.label);
        let text = if found { format!("found in {line}") } else { format!("not found in {line}") };
        says.push_str(&format!("{text}\n"));
        steps.push(Step { text, citations: vec![Citation::of_entry(entry.label)] });
        if found { with.push(line) } else { without.push(line) }
    }
    let output = match (with.is_empty(), without.is_empty()) {
        (true, true) => "no peer found anything to put together".to_owned(),
        (false, true) => format!("on ‘{wanted}’, statements found in {}", with.join(", ")),
        (true, false) => format!("on ‘{wanted}’, not found in {}", without.join(", ")),
        (false, false) => {
            format!("on ‘{wanted}’, statements found in {}; not found in {}", with.join(", "), without.join(", "))
        }
    };
    let kind = if peers.is_empty() { EntryKind::Fail } else { EntryKind::Done };
    Thinking { says, turn: Turn::Conclude(Chain { kind, steps, output }) }
}

/// The document that an entry is about.
fn place_of(studied: &Studied, entry: &Entry) -> String {
    let first = entry.citations.iter().find(|citation| citation.label.is_unit());
    first.map_or_else(|| "a peer's work".to_owned(), |citation| bare(&studied.library.title(citation.label)))
}
