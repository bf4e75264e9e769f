//! Who read what: an index over the log, folded event by event beside the [`Run`](super::Run), which does not keep it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    event::{Event, Fact},
    id::{AgentId, Seq, TaskId},
    label::Label,
};

/// Somebody who read, and for which task; none for planning and for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reader {
    pub agent: AgentId,
    pub task: Option<TaskId>,
}

#[derive(Debug, Clone, Default)]
pub struct Readers {
    /// When each entry came in.
    admitted: HashMap<Label, Seq>,
    /// Who unfolded an entry or a part of it.
    opened: HashMap<Label, BTreeSet<Reader>>,
    /// The newest moment of the shared context that each reader had before them.
    seen: BTreeMap<Reader, Seq>,
}

impl Readers {
    /// Folds one event in; events come in the order of the log.
    pub fn fold(&mut self, event: &Event) {
        match &event.fact {
            Fact::EntryAdmitted { entry } => {
                self.admitted.entry(entry.label).or_insert(event.seq);
            }
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
    #[must_use]
    pub fn opened(&self, label: Label) -> Vec<Reader> {
        self.opened.get(&label.whole()).into_iter().flatten().copied().collect()
    }

    /// Who had its line before them, in the shared context as they read it.
    #[must_use]
    pub fn saw(&self, label: Label) -> Vec<Reader> {
        let Some(admitted) = self.admitted.get(&label.whole()) else { return vec![] };
        self.seen.iter().filter(|(_, seen)| *seen >= admitted).map(|(reader, _)| *reader).collect()
    }

    /// Who read it. The gists of documents stand before everybody from the beginning, so a document was read by those who
    /// opened it; an entry by those who saw its line too.
    #[must_use]
    pub fn of(&self, label: Label) -> Vec<Reader> {
        let mut readers: BTreeSet<Reader> = self.opened(label).into_iter().collect();
        if !label.is_unit() {
            readers.extend(self.saw(label));
        }
        readers.into_iter().collect()
    }

    /// The agents among [`Readers::of`], each once.
    #[must_use]
    pub fn agents(&self, label: Label) -> Vec<AgentId> {
        let agents: BTreeSet<AgentId> = self.of(label).into_iter().map(|reader| reader.agent).collect();
        agents.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Admission, Author, Depth, Entry, EntryKind};

    fn entry(label: Label) -> Fact {
        Fact::EntryAdmitted {
            entry: Box::new(Entry {
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
        let mut readers = Readers::default();
        for (fact, seq) in log.into_iter().zip(1..) {
            readers.fold(&Event { seq: Seq(seq), at: 0, fact });
        }
        assert_eq!(readers.agents(unit), [AgentId(2)]);
        assert_eq!(readers.opened(unit.with_part(1)).len(), 1, "a part belongs to its document");
        assert_eq!(readers.saw(unit).len(), 4);
        let writer = Reader { agent: AgentId(1), task: None };
        let third = Reader { agent: AgentId(3), task: Some(TaskId(3)) };
        assert_eq!(readers.of(found), [writer, third], "the second began before it came in");
        assert!(readers.of(Label::unit(9)).is_empty());
    }
}
