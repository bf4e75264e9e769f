//! Runs that share a past, as a tree: each under the run that it was forked from.

use std::collections::{BTreeMap, BTreeSet};

use crate::run::id::{RunId, Seq};

use super::{Report, Row, Target, Tone};

/// One run, as far as its place among others needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kin {
    pub id: RunId,
    pub parent: Option<(RunId, Seq)>,
    pub question: String,
    /// How it stands, in words.
    pub outcome: String,
}

/// The runs that share a past with this one, which is marked.
#[must_use]
pub fn family(of: &RunId, runs: &[Kin]) -> Report {
    let tree = Tree::of(runs);
    let mut report = Report::new(format!("The family of {of}"));
    tree.rows(&tree.root(of), Some(of), &mut report);
    if report.rows.len() == 1 {
        report.row(0, Tone::Dim, "", "it was not forked, and nothing was forked from it");
    }
    report
}

/// All runs, each family as a tree, in the order of their ids.
#[must_use]
pub fn families(runs: &[Kin]) -> Report {
    let tree = Tree::of(runs);
    let mut report = Report::new("Runs and what was forked from them");
    let roots: BTreeSet<RunId> = runs.iter().map(|kin| tree.root(&kin.id)).collect();
    roots.iter().for_each(|root| tree.rows(root, None, &mut report));
    report
}

struct Tree<'a> {
    runs: BTreeMap<&'a RunId, &'a Kin>,
    children: BTreeMap<&'a RunId, Vec<&'a Kin>>,
}

impl<'a> Tree<'a> {
    fn of(runs: &'a [Kin]) -> Self {
        let mut tree = Tree { runs: BTreeMap::new(), children: BTreeMap::new() };
        for kin in runs {
            tree.runs.insert(&kin.id, kin);
            if let Some((parent, _)) = &kin.parent {
                tree.children.entry(parent).or_default().push(kin);
            }
        }
        for children in tree.children.values_mut() {
            children.sort_by_key(|kin| (kin.parent.as_ref().map(|(_, upto)| *upto), &kin.id));
        }
        tree
    }

    /// The oldest ancestor that is known by name, here or not. A file may say anything: nobody is its own ancestor.
    fn root(&self, of: &RunId) -> RunId {
        let (mut at, mut met) = (of, BTreeSet::from([of]));
        while let Some((parent, _)) = self.runs.get(at).and_then(|kin| kin.parent.as_ref()) {
            if !met.insert(parent) {
                break;
            }
            at = parent;
        }
        at.clone()
    }

    fn rows(&self, root: &RunId, marked: Option<&RunId>, report: &mut Report) {
        let mut met = BTreeSet::new();
        let mut open = vec![(0, root)];
        while let Some((depth, id)) = open.pop() {
            if !met.insert(id) {
                continue;
            }
            report.push(self.row(depth, id, marked));
            let children = self.children.get(id).map_or(&[][..], Vec::as_slice);
            open.extend(children.iter().rev().map(|kin| (depth + 1, &kin.id)));
        }
    }

    fn row(&self, depth: usize, id: &RunId, marked: Option<&RunId>) -> Row {
        let Some(kin) = self.runs.get(id) else {
            return Row::new(depth, Tone::Dim, id.to_string(), "is not here any more");
        };
        let from = kin.parent.as_ref().map_or_else(String::new, |(_, upto)| format!("from event {upto}, "));
        let here = if marked == Some(id) { " ← this one" } else { "" };
        let tone = if marked == Some(id) { Tone::Title } else { Tone::Plain };
        let said = format!("{from}{}: {}{here}", kin.outcome, kin.question);
        Row::new(depth, tone, id.to_string(), said).opens(Target::Run(id.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kin(id: &str, parent: Option<(&str, u64)>) -> Kin {
        let parent = parent.map(|(parent, upto)| (RunId(parent.into()), Seq(upto)));
        Kin { id: RunId(id.into()), parent, question: "Why?".into(), outcome: "answered".into() }
    }

    fn shape(report: &Report) -> Vec<(usize, &str)> {
        report.rows.iter().map(|row| (row.depth, row.head.as_str())).collect()
    }

    #[test]
    fn forks_stand_under_what_they_were_forked_from() {
        let runs = [
            kin("a", None),
            kin("b", Some(("a", 40))),
            kin("c", Some(("a", 12))),
            kin("d", Some(("b", 50))),
            kin("e", None),
        ];
        let report = family(&RunId("b".into()), &runs);
        assert_eq!(shape(&report), [(0, "a"), (1, "c"), (1, "b"), (2, "d")]);
        assert_eq!(report.rows[2].text, "from event 40, answered: Why? ← this one");
        assert_eq!(report.rows[2].target, Some(Target::Run(RunId("b".into()))));
        assert_eq!(shape(&families(&runs)), [(0, "a"), (1, "c"), (1, "b"), (2, "d"), (0, "e")]);
        assert_eq!(family(&RunId("e".into()), &runs).rows[1].text, "it was not forked, and nothing was forked from it");
    }

    #[test]
    fn a_parent_that_is_gone_still_joins_its_children_and_a_circle_ends() {
        let report = family(&RunId("b".into()), &[kin("b", Some(("gone", 3))), kin("c", Some(("gone", 2)))]);
        assert_eq!(shape(&report), [(0, "gone"), (1, "c"), (1, "b")]);
        assert_eq!(report.rows[0].text, "is not here any more");
        let circle = [kin("a", Some(("b", 1))), kin("b", Some(("a", 1)))];
        assert_eq!(family(&RunId("a".into()), &circle).rows.len(), 2);
        assert!(!families(&circle).rows.is_empty());
    }
}
