//! The plan: which tasks to start with, and what the queue-empty decision adds (calls K and L).

use std::collections::BTreeMap;

use crate::{
    reason::Progress,
    run::{EntryKind, Label, SourceId, Task, TaskState, rules::plan::Draft},
};

use super::{
    rank::Hit,
    state::Studied,
    subject::{COMBINE, ELSEWHERE, EVERYWHERE, clauses, task_text},
};

/// Tasks about one clause, and tasks in all before the last one that combines them.
const PER_CLAUSE: usize = 6;
const IN_ALL: usize = 12;
/// Documents that are looked into however far the best is ahead.
const LEAST: usize = 3;
/// How good a source's best sentence must be beside the best of all.
const NEAR_BEST: f32 = 0.5;
/// The share of a question that a sentence must cover with what surrounds it, to be worth a task.
pub const COVERED: f32 = 0.18;

/// A source with the units that matter in it, best first, and its best score.
struct Prospect {
    source: SourceId,
    units: Vec<Label>,
    score: f32,
    covered: f32,
}

/// One task for each document that matters, for each clause of the question (call K).
#[must_use]
pub fn decompose(studied: &Studied, progress: &Progress) -> Vec<Draft> {
    let question = &*progress.brief.question;
    let clauses = clauses(question);
    let per_clause = limit(progress, (IN_ALL / clauses.len()).clamp(2, PER_CLAUSE));
    let first = progress.tasks.len() as u32 + 1;
    let mut drafts: Vec<Draft> = Vec::new();
    let add = |drafts: &mut Vec<Draft>, text: String, deps: Vec<u32>, focus: Vec<Label>| {
        if !drafts.iter().any(|draft| draft.text == text) {
            let number = first + drafts.len() as u32;
            drafts.push(Draft { number, text, deps, focus });
        }
    };
    for clause in &clauses {
        let prospects = prospects(studied, progress, clause, per_clause);
        let alone = prospects.len() == 1;
        for prospect in prospects {
            let title = studied.library.title(prospect.units[0]);
            if alone && prospect.units.len() > 1 {
                // One long document: its units are looked at side by side.
                for unit in prospect.units.iter().take(per_clause) {
                    add(&mut drafts, task_text(&format!("{title}, {unit}"), clause), vec![], vec![*unit]);
                }
            } else {
                let focus = prospect.units.into_iter().take(5).collect();
                add(&mut drafts, task_text(&title, clause), vec![], focus);
            }
        }
    }
    if drafts.is_empty() && !studied.library.is_empty() {
        add(&mut drafts, format!("{EVERYWHERE}{}", question.trim()), vec![], vec![]);
    }
    if drafts.len() >= 3 {
        let deps = drafts.iter().map(|draft| draft.number).collect();
        add(&mut drafts, format!("{COMBINE}{}", clauses[0]), deps, vec![]);
    }
    drafts
}

/// A human who sent the list back as too long gets a shorter one.
fn limit(progress: &Progress, usual: usize) -> usize {
    let asks = |words: &[&str]| {
        progress.objections.iter().any(|objection| words.iter().any(|word| objection.to_lowercase().contains(word)))
    };
    match () {
        () if asks(&["fewer", "less", "too many", "shorter"]) => (usual / 2).max(1),
        () if asks(&["more", "missing", "too few", "also", "all "]) => usual * 2,
        () => usual,
    }
}

/// The sources that a clause should be looked up in, the best first; those it names always.
fn prospects(studied: &Studied, progress: &Progress, clause: &str, most: usize) -> Vec<Prospect> {
    let question = studied.question(clause);
    let hits = studied.rank(&question, &[], 200);
    let mut by_source: BTreeMap<SourceId, Vec<Hit>> = BTreeMap::new();
    for hit in &hits {
        by_source.entry(studied.library.source(hit.id)).or_default().push(*hit);
    }
    let mut prospects: Vec<Prospect> = by_source
        .into_iter()
        .map(|(source, hits)| {
            let mut units: Vec<Label> = Vec::new();
            for hit in &hits {
                let unit = studied.library.label(hit.id);
                if !units.contains(&unit) {
                    units.push(unit);
                }
            }
            let covered = hits.iter().map(|hit| hit.covered).fold(0.0, f32::max);
            Prospect { source, units, score: hits[0].score, covered }
        })
        .collect();
    prospects.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.source.cmp(&b.source)));
    let best = prospects.first().map_or(0.0, |prospect| prospect.score);
    let asked = format!("{clause} {}", progress.objections.join(" ")).to_lowercase();
    let mut kept: Vec<Prospect> = Vec::new();
    for prospect in prospects {
        let title = studied.library.title(prospect.units[0]).to_lowercase();
        let named = title.chars().count() >= 2 && asked.contains(&title);
        let near = kept.len() < LEAST || prospect.score >= NEAR_BEST * best;
        let worth = near && prospect.covered >= COVERED && kept.len() < most;
        if named || worth || kept.is_empty() {
            kept.push(prospect);
        }
    }
    kept
}

/// What is still missing: tasks freed of dependencies that came to nothing, and once a wider look for a clause that no
/// entry answers (call L). Empty when nothing more is needed.
#[must_use]
pub fn more_tasks(studied: &Studied, progress: &Progress) -> Vec<Draft> {
    let mut drafts = freed(&progress.tasks);
    // One wider look a clause is all that words can do; asked again, they would find the same.
    if progress.round > 1 || studied.library.is_empty() {
        return drafts;
    }
    let mut number = progress.tasks.len() as u32;
    for clause in clauses(&progress.brief.question) {
        let question = studied.question(&clause);
        if question.is_empty() || is_answered(studied, progress, &clause) {
            continue;
        }
        let tried: Vec<Label> = progress.tasks.iter().flat_map(|task| task.focus.iter().map(|l| l.whole())).collect();
        let mut focus: Vec<Label> = Vec::new();
        for hit in studied.rank(&question, &[], 100) {
            let unit = studied.library.label(hit.id);
            if !tried.contains(&unit) && !focus.contains(&unit) && hit.covered >= COVERED {
                focus.push(unit);
            }
        }
        if !focus.is_empty() {
            focus.truncate(5);
            number += 1;
            drafts.push(Draft { number, text: format!("{ELSEWHERE}{clause}"), deps: vec![], focus });
        }
    }
    drafts
}

/// Waiting tasks without the dependencies that will never be done.
fn freed(tasks: &[Task]) -> Vec<Draft> {
    let lost = |number: u32| {
        tasks
            .iter()
            .any(|task| task.id.0 == number && matches!(task.state, TaskState::Failed(_) | TaskState::Dropped(_)))
    };
    tasks
        .iter()
        .filter(|task| !task.is_over() && task.deps.iter().any(|dep| lost(dep.0)))
        .map(|task| Draft {
            number: task.id.0,
            text: task.text.clone(),
            deps: task.deps.iter().map(|dep| dep.0).filter(|dep| !lost(*dep)).collect(),
            focus: task.focus.clone(),
        })
        .collect()
}

/// Whether some finding's quote, or a human's note, covers the clause.
fn is_answered(studied: &Studied, progress: &Progress, clause: &str) -> bool {
    let question = studied.question(clause);
    progress.brief.context.entries().any(|entry| match entry.kind {
        EntryKind::Document | EntryKind::Done => false,
        EntryKind::Fact | EntryKind::Fail => entry.citations.iter().any(|citation| {
            studied.library.find(citation).is_some_and(|id| {
                let (covered, all) = studied.words_covered(&question, id);
                entry.kind == EntryKind::Fact && 3 * covered >= all
            })
        }),
    })
}
