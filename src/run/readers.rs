//! Who read what: every view of the shared context that an agent had, and what it opened.

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use super::{
    event::Fact,
    id::{AgentId, Seq, TaskId},
    label::Label,
};

/// Somebody who read, and for which task; none for planning and for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reader {
    pub agent: AgentId,
    pub task: Option<TaskId>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Readers {
    /// Who unfolded an entry or a part of it.
    opened: OrdMap<Label, OrdSet<Reader>>,
    /// The newest moment of the shared context that each reader had before them.
    seen: OrdMap<Reader, Seq>,
}

impl Readers {
    /// Folds one fact in; facts come in the order of the log.
    pub(super) fn fold(&mut self, fact: &Fact) {
        match fact {
            Fact::Unfolded { agent, task, labels, .. } => {
                let reader = Reader { agent: *agent, task: *task };
                for label in labels {
                    self.opened.entry(label.whole()).or_default().insert(reader);
                }
            }
            Fact::AttemptStarted { task, agent, snapshot, .. } => {
                self.see(Reader { agent: *agent, task: Some(*task) }, *snapshot);
            }
            Fact::ContextRead { agent, task, snapshot } => self.see(Reader { agent: *agent, task: *task }, *snapshot),
            Fact::FinalClaimed { agent, snapshot } => self.see(Reader { agent: *agent, task: None }, *snapshot),
            _ => {}
        }
    }

    fn see(&mut self, reader: Reader, snapshot: Seq) {
        let newest = self.seen.entry(reader).or_default();
        *newest = (*newest).max(snapshot);
    }

    /// Who unfolded the entry that a label belongs to, or a part of it.
    pub fn opened(&self, label: Label) -> impl Iterator<Item = Reader> {
        self.opened.get(&label.whole()).into_iter().flatten().copied()
    }

    /// Who had the shared context before them as it was at a moment, or later.
    pub fn saw(&self, since: Seq) -> impl Iterator<Item = Reader> {
        self.seen.iter().filter(move |(_, seen)| **seen >= since).map(|(reader, _)| *reader)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::run::{Admission, Author, Depth, Entry, EntryKind, Event, Run};

    fn entry(label: Label) -> Fact {
        Fact::EntryAdmitted {
            entry: Arc::new(Entry {
                label,
                kind: EntryKind::Fact,
                task: None,
                subtask: String::new(),
                gist: "x".into(),
                citations: vec![],
                admission: Admission::Verified,
                summary: None,
                trajectory: None,
                taint: vec![],
            }),
        }
    }

    #[test]
    fn an_entry_is_read_where_its_line_stands_and_a_document_where_it_is_opened() {
        let (unit, found) = (Label::unit(1), Label::new(Author::Agent(AgentId(1)), 1));
        let attempt = |task, agent, snapshot| Fact::AttemptStarted {
            task: TaskId(task),
            agent: AgentId(agent),
            attempt: 1,
            snapshot: Seq(snapshot),
            heeds: vec![],
        };
        let log = [
            entry(unit),
            attempt(1, 1, 1),
            entry(found),
            attempt(2, 2, 2),
            attempt(3, 3, 3),
            Fact::Unfolded {
                agent: AgentId(2),
                task: Some(TaskId(2)),
                labels: vec![unit.with_part(2)],
                depth: Depth::Raw,
            },
            Fact::FinalClaimed { agent: AgentId(1), snapshot: Seq(6) },
        ];
        let mut run = Run::default();
        for (fact, seq) in log.into_iter().zip(1..) {
            run.apply(&Event { seq: Seq(seq), at: 0, fact });
        }
        assert_eq!(run.agents_that_read(unit), [AgentId(2)].into());
        assert_eq!(run.readers_of(unit.with_part(1)).len(), 1, "a part belongs to its document");
        assert_eq!(run.readers.saw(Seq(1)).count(), 4);
        let writer = Reader { agent: AgentId(1), task: None };
        let third = Reader { agent: AgentId(3), task: Some(TaskId(3)) };
        assert_eq!(run.readers_of(found), [writer, third].into(), "the second began before it came in");
        assert!(run.readers_of(Label::unit(9)).is_empty());
    }
}
