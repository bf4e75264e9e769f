//! What taints an entry: a citation that touches a suspicious paragraph, or that names a tainted entry.

use crate::run::{label::Label, source::Citation, state::Run, taint::Taint};

/// Everything that taints what rests on these citations, each once. A document's label without a span is the whole unit.
#[must_use]
pub fn of(run: &Run, citations: &[Citation]) -> Vec<Taint> {
    let mut found = Vec::new();
    for Citation { label, span } in citations {
        let taint = match run.unit(*label) {
            Some(unit) => {
                let span = span.clone().unwrap_or(0..unit.end - unit.start);
                in_text(run, *label, unit.start + span.start..unit.start + span.end)
            }
            None => in_entry(run, *label),
        };
        if let Some(taint) = taint.filter(|taint| !found.contains(taint)) {
            found.push(taint);
        }
    }
    found
}

fn in_text(run: &Run, label: Label, span: std::ops::Range<usize>) -> Option<Taint> {
    let source = run.unit(label).and_then(|unit| run.sources.iter().find(|source| source.id == unit.source));
    let suspicions = source.map_or(&[][..], |source| &source.suspicions);
    let near = suspicions.iter().filter(|one| one.reach.start < span.end && span.start < one.reach.end);
    let mut rules: Vec<String> = near.map(|one| one.rule.clone()).collect();
    rules.sort_unstable();
    rules.dedup();
    (!rules.is_empty()).then(|| Taint::Text { label: label.whole(), rules })
}

fn in_entry(run: &Run, label: Label) -> Option<Taint> {
    let is_tainted = run.context.get(label).is_some_and(|entry| !entry.taint.is_empty());
    is_tainted.then(|| Taint::Entry { label: label.whole() })
}
