//! What rests on what: each entry, the entries that its author cited or had unfolded, and the way back.

use std::collections::BTreeSet;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};

use super::{
    id::{Seq, TaskId},
    label::Label,
};

/// One entry's place in it. Labels are whole ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descent {
    pub admitted: Seq,
    pub task: Option<TaskId>,
    pub rests_on: Vec<Label>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Lineage {
    entries: OrdMap<Label, Descent>,
    /// Of entries that others rest on.
    used_by: OrdMap<Label, Vector<Label>>,
}

impl Lineage {
    pub(super) fn add(&mut self, label: Label, admitted: Seq, task: Option<TaskId>, mut rests_on: Vec<Label>) {
        rests_on.iter_mut().for_each(|source| *source = source.whole());
        rests_on.sort_unstable();
        rests_on.dedup();
        rests_on.shrink_to_fit();
        for source in &rests_on {
            self.used_by.entry(*source).or_default().push_back(label);
        }
        self.entries.insert(label, Descent { admitted, task, rests_on });
    }

    #[must_use]
    pub fn of(&self, label: Label) -> Option<&Descent> {
        self.entries.get(&label.whole())
    }

    /// The entries that rest on one directly, in order of admission.
    pub fn used_by(&self, label: Label) -> impl Iterator<Item = Label> {
        self.used_by.get(&label.whole()).into_iter().flatten().copied()
    }

    /// Everything that rests on an entry, directly or through others; not the entry itself.
    #[must_use]
    pub fn descendants(&self, label: Label) -> BTreeSet<Label> {
        let mut found = BTreeSet::new();
        let mut open = vec![label.whole()];
        while let Some(next) = open.pop() {
            for user in self.used_by(next) {
                if user != label && found.insert(user) {
                    open.push(user);
                }
            }
        }
        found
    }
}
