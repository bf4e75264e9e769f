//! All pairs among many entries. Each is read once and met only with those that share one of its rarest words, so that
//! entries on many subjects are not compared each with each.

use std::collections::HashMap;

use crate::run::{
    entry::{Entry, EntryKind},
    label::Label,
};

use super::{
    clash, share_a_document, spare,
    statement::{Statement, statements},
};

/// The pairs of entries that contradict each other, each once, the one that was admitted earlier first; documents count
/// as admitted before all findings, and are not compared with each other. What
/// [`contradictions`](super::contradictions) finds for each entry among those before it.
#[must_use]
pub fn pairs<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<(Label, Label)> {
    let (documents, findings): (Vec<&Entry>, Vec<&Entry>) =
        entries.partition(|entry| entry.kind == EntryKind::Document);
    let mut known = Known::default();
    documents.into_iter().for_each(|document| known.add(document, statements(&document.gist)));
    let mut found = vec![];
    for entry in findings {
        let said = statements(&entry.gist);
        found.extend(known.against(entry, &said).into_iter().map(|other| (other, entry.label)));
        known.add(entry, said);
    }
    found
}

#[derive(Default)]
struct Known<'a> {
    entries: Vec<&'a Entry>,
    /// With the places of their entries.
    statements: Vec<(usize, Statement)>,
    /// The statements that speak of a word.
    speak_of: HashMap<String, Vec<usize>>,
}

impl<'a> Known<'a> {
    fn add(&mut self, entry: &'a Entry, said: Vec<Statement>) {
        for statement in said {
            for word in &statement.subject {
                self.speak_of.entry(word.stem.clone()).or_default().push(self.statements.len());
            }
            self.statements.push((self.entries.len(), statement));
        }
        self.entries.push(entry);
    }

    /// In order of admission.
    fn against(&self, entry: &Entry, said: &[Statement]) -> Vec<Label> {
        let mut places = vec![];
        for statement in said {
            let none = vec![];
            let mut words: Vec<&Vec<usize>> =
                statement.subject.iter().map(|word| self.speak_of.get(&word.stem).unwrap_or(&none)).collect();
            words.sort_by_key(|speak| speak.len());
            // Of its words only so many may be missing in the other, so one of these stands there.
            words.truncate(spare(statement.subject.len()) + 1);
            let mut near: Vec<usize> = words.into_iter().flatten().copied().collect();
            near.sort_unstable();
            near.dedup();
            for at in near {
                let (place, other) = &self.statements[at];
                let known = self.entries[*place];
                let shared = || share_a_document(&entry.citations, &known.citations, known.label);
                if clash(statement, other, &shared) {
                    places.push(*place);
                }
            }
        }
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| self.entries[place].label).collect()
    }
}
