//! Entries, and writes that wait for you, that seem to contradict each other; which of them are settled.

use std::collections::HashMap;

use crate::run::{
    contradiction::{contradictions, pairs},
    event::{Fact, Settled},
    gate::Ask,
    label::Label,
    state::Run,
};

use super::{Report, Row, Scene, Target, Tone, words};

/// Every suspected pair, open ones first. Each entry is compared with those before it; documents are not compared with
/// each other, and what is recalled is left out unless its pair is settled.
pub(super) fn all(scene: &Scene, report: &mut Report) {
    let run = scene.timeline.run();
    let settled = settled(scene);
    let mut rows: Vec<(bool, Row)> = vec![];
    let mut pairs = pairs(run.context.entries().map(AsRef::as_ref));
    // What was settled by hand need not be what the rule suspects.
    let by_hand = settled.keys().filter(|(a, b)| !pairs.contains(&(*a, *b)) && !pairs.contains(&(*b, *a)));
    let mut by_hand: Vec<(Label, Label)> = by_hand.copied().collect();
    by_hand.sort_unstable();
    pairs.extend(by_hand);
    for (a, b) in pairs {
        let how = settled.get(&(a.min(b), a.max(b)));
        if how.is_none() && (run.context.is_recalled(a) || run.context.is_recalled(b)) {
            continue;
        }
        let said = format!("{} AGAINST {}", line(run, a), line(run, b));
        let (tone, said) = match how {
            None => (Tone::Warn, said),
            Some(how) => (Tone::Dim, format!("settled, {}: {said}", outcome(*how, a, b))),
        };
        rows.push((how.is_some(), Row::new(0, tone, format!("{a} {b}"), said).opens(Target::Pair(a, b))));
    }
    for decision in run.decisions.values() {
        let Ask::Write { proposal } = &decision.ask else { continue };
        for other in contradictions(&run.context, &proposal.result, &proposal.citations) {
            if !run.context.is_recalled(other) {
                let said = format!("proposed: {} AGAINST {}", proposal.result, line(run, other));
                let head = format!("{} {other}", decision.id);
                rows.push((false, Row::new(0, Tone::Warn, head, said).opens(Target::Decision(decision.id))));
            }
        }
    }
    rows.sort_by_key(|(is_settled, _)| *is_settled);
    rows.into_iter().for_each(|(_, row)| report.push(row));
}

fn line(run: &Run, label: Label) -> String {
    run.context.get(label).map_or_else(String::new, |entry| words::entry(run, entry).1)
}

fn settled(scene: &Scene) -> HashMap<(Label, Label), Settled> {
    let settled = scene.timeline.events_so_far().filter_map(|event| match &event.fact {
        Fact::ContradictionSettled { first, second, how } => Some(match first <= second {
            true => ((*first, *second), *how),
            false => ((*second, *first), turned(*how)),
        }),
        _ => None,
    });
    settled.collect()
}

/// The same of the pair in the other order.
fn turned(how: Settled) -> Settled {
    match how {
        Settled::First => Settled::Second,
        Settled::Second => Settled::First,
        other => other,
    }
}

/// How a pair was settled, of whose labels the smaller counts as the first.
fn outcome(how: Settled, a: Label, b: Label) -> String {
    match how {
        Settled::First => format!("{} holds", a.min(b)),
        Settled::Second => format!("{} holds", a.max(b)),
        Settled::Both => "both hold".to_owned(),
        Settled::Examined => "a task looks again".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::run::{
        Entry, EntryKind, Label, Settled,
        report::{
            Target,
            fixture::{Log, agent, entry},
        },
    };

    use super::*;

    #[test]
    fn a_suspected_pair_is_named_once_and_a_settled_one_says_how() {
        let mut log = Log::answered();
        assert_eq!(log.report("info contradictions").rows[0].text, "no two entries seem to contradict each other");
        log.admit(entry(agent(2, 2), None, "The lamp was completed in 1874.", vec![]));
        let report = log.report("info contradictions");
        assert_eq!(report.rows.len(), 1, "{}", report.text());
        assert_eq!(report.rows[0].target, Some(Target::Pair(agent(1, 1), agent(2, 2))));
        log.add(Fact::ContradictionSettled { first: agent(2, 2), second: agent(1, 1), how: Settled::Second });
        let report = log.report("info contradictions");
        assert!(report.rows[0].text.starts_with("settled, W1 S1 holds: "), "{}", report.text());
    }

    #[test]
    fn a_recalled_entry_contradicts_nobody_and_documents_do_not_contradict_each_other() {
        let mut log = Log::answered();
        let document = |n, gist| Entry { kind: EntryKind::Document, ..entry(Label::unit(n), None, gist, vec![]) };
        log.admit(document(2, "The lamp was completed in 1880."));
        log.admit(document(3, "The lamp was completed in 1890."));
        let documents = log.report("info contradictions").rows.len();
        assert_eq!(documents, 2, "the finding against each of them");
        log.recall(agent(1, 1), "misread");
        assert_eq!(log.report("info contradictions").rows[0].text, "no two entries seem to contradict each other");
    }
}
