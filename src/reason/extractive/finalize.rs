//! The answer: the best quotes of the shared context against the question, each with its place; the human's notes as
//! the human's; absences as far as they reach (call M).

use crate::{
    reason::Closing,
    run::{Admission, Answer, Author, Citation, Entry, EntryKind, Label, one_line},
};

use super::{
    library::SentenceId,
    rank::Hit,
    state::Studied,
    think::{NOT_FOUND, is_sentence, list},
};

/// Quotes of an answer, and how good a later one must be beside the first.
const QUOTES: usize = 5;
const NEAR_BEST: f32 = 0.4;
/// How much a quote loses by its likeness to a better one.
const SAMENESS: f32 = 0.35;

/// One quote and the entry that brought it in.
struct Find {
    /// Its best sentence.
    hit: Hit,
    citation: Citation,
    entry: Option<Label>,
}

#[must_use]
pub fn answer(studied: &Studied, closing: &Closing) -> Answer {
    let entries: Vec<&Entry> = closing.brief.context.entries().map(AsRef::as_ref).collect();
    let findings: Vec<&Entry> =
        entries.into_iter().filter(|entry| !matches!(entry.kind, EntryKind::Document | EntryKind::Done)).collect();
    let asked = format!("{} {}", closing.brief.question, closing.objections.join(" "));
    let mut page = Page::default();
    let finds = match findings.iter().any(|entry| entry.kind == EntryKind::Fact || is_human(entry)) {
        true => of_entries(studied, &asked, &findings),
        false => {
            let quoted = of_entries(studied, &asked, &findings);
            if quoted.is_empty() { of_documents(studied, &asked, closing) } else { quoted }
        }
    };
    let most = QUOTES * (1 + closing.objections.len());
    for find in choose(studied, finds, most) {
        page.quote(studied, &find);
    }
    for entry in findings.iter().filter(|entry| is_human(entry)) {
        page.human(entry);
    }
    page.absences(studied, &findings);
    for (task, reason) in &closing.failed {
        page.lines.push(format!(
            "No result for “{}”: {}.",
            one_line(&task.text),
            one_line(reason).trim_end_matches('.')
        ));
    }
    if page.lines.is_empty() {
        page.lines.push("The documents say nothing that fits the question.".to_owned());
    }
    Answer { text: page.lines.join("\n"), citations: page.citations, entries: page.entries }
}

/// Whether its words are a human's.
fn is_human(entry: &Entry) -> bool {
    entry.label.author == Author::Human || matches!(entry.admission, Admission::Edited(_) | Admission::Injected)
}

/// Whether it reports that nothing was found, as `think` words it.
fn is_absence(entry: &Entry) -> bool {
    entry.kind == EntryKind::Fail && entry.gist.starts_with(NOT_FOUND)
}

/// The sentences that entries quote, scored against the question. What a human rewrote is not quoted from its source.
fn of_entries(studied: &Studied, asked: &str, findings: &[&Entry]) -> Vec<Find> {
    let hits = studied.rank(&studied.question(asked), &[], usize::MAX);
    let mut finds: Vec<Find> = Vec::new();
    for entry in findings.iter().filter(|entry| !is_human(entry) && !is_absence(entry)) {
        for citation in entry.citations.iter().filter(|citation| is_sentence(studied, citation)) {
            let Some(id) = studied.library.find(citation) else { continue };
            let unranked = Hit { id, score: 0.0, own: 0.0, covered: 0.0 };
            // The best sentence of the passage stands for it.
            let inside = |hit: &&Hit| overlap(&studied.library.citation(hit.id), citation);
            let hit = hits.iter().find(inside).copied().unwrap_or(unranked);
            if !finds.iter().any(|find| overlap(&find.citation, citation)) {
                finds.push(Find { hit, citation: citation.clone(), entry: Some(entry.label) });
            }
        }
    }
    finds
}

fn overlap(a: &Citation, b: &Citation) -> bool {
    a.label.whole() == b.label.whole()
        && a.span.as_ref().zip(b.span.as_ref()).is_some_and(|(a, b)| a.start < b.end && b.start < a.end)
}

/// Sentences straight from the documents, for a question that no entry answers; nothing that was turned down.
fn of_documents(studied: &Studied, asked: &str, closing: &Closing) -> Vec<Find> {
    let feedback = || closing.failed.iter().flat_map(|(task, _)| &task.feedback);
    let turned_down = |id: SentenceId| {
        let text = one_line(studied.library.text(id));
        feedback().any(|feedback| {
            feedback.citations.iter().any(|citation| studied.library.find(citation) == Some(id))
                || one_line(&feedback.rejected).contains(&text)
        })
    };
    let hits = studied.rank(&studied.question(asked), &[], 40);
    let fit = hits.into_iter().filter(|hit| hit.covered >= 0.4 && hit.own >= 0.2);
    fit.filter(|hit| !turned_down(hit.id))
        .take(QUOTES)
        .map(|hit| Find { hit, citation: studied.cite(hit.id), entry: None })
        .collect()
}

/// The best first, each as different as it is good (maximal marginal relevance).
fn choose(studied: &Studied, mut finds: Vec<Find>, most: usize) -> Vec<Find> {
    let best = finds.iter().map(|find| find.hit.score).fold(0.0, f32::max);
    finds.retain(|find| find.hit.score >= NEAR_BEST * best);
    let mut chosen: Vec<Find> = Vec::new();
    while chosen.len() < most && !finds.is_empty() {
        let worth = |find: &Find| {
            let alike = chosen.iter().map(|known| studied.likeness(known.hit.id, find.hit.id)).fold(0.0, f32::max);
            // Sentences about one subject share words; only near copies are held back.
            find.hit.score * (1.0 - SAMENESS * alike * alike) - if alike > 0.9 { best } else { 0.0 }
        };
        let next = (0..finds.len())
            .max_by(|a, b| {
                worth(&finds[*a]).total_cmp(&worth(&finds[*b])).then(finds[*b].hit.id.cmp(&finds[*a].hit.id))
            })
            .expect("`finds` is not empty");
        if worth(&finds[next]) <= 0.0 && !chosen.is_empty() {
            break;
        }
        chosen.push(finds.swap_remove(next));
    }
    chosen
}

/// The answer as it is written.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
    citations: Vec<Citation>,
    entries: Vec<Label>,
    quotes: usize,
}

impl Page {
    fn quote(&mut self, studied: &Studied, find: &Find) {
        self.quotes += 1;
        let citation = find.citation.clone();
        let quoted = one_line(studied.library.corpus().quote(&citation).unwrap_or_default());
        let by = find.entry.map_or_else(String::new, |entry| format!(", {entry}"));
        self.lines.push(format!(
            "{}. “{quoted}” [{}{by}] {}",
            self.quotes,
            citation.label,
            studied.whereabouts(find.hit.id)
        ));
        self.citations.push(citation);
        self.use_entry(find.entry);
    }

    fn human(&mut self, entry: &Entry) {
        let text = entry.gist.trim();
        self.lines.push(match entry.label.author {
            Author::Human => format!("Your note [{}]: {text}", entry.label),
            Author::Source | Author::Agent(_) => format!("As you edited it [{}]: {text}", entry.label),
        });
        self.citations.push(Citation::of_entry(entry.label));
        self.use_entry(Some(entry.label));
    }

    /// What was looked for in vain, with how far the search reached.
    fn absences(&mut self, studied: &Studied, findings: &[&Entry]) {
        for entry in findings.iter().filter(|entry| is_absence(entry) && !is_human(entry)) {
            let mut titles: Vec<String> = Vec::new();
            for citation in entry.citations.iter().filter(|citation| citation.label.is_unit()) {
                let title = studied.library.title(citation.label.whole());
                if !titles.contains(&title) {
                    titles.push(title);
                }
            }
            let gist = capital(&entry.gist);
            // A reader knows documents by their names; the labels stand in the entry.
            let labels = gist.find('[').zip(gist.find(']')).filter(|(from, to)| from < to && !titles.is_empty());
            let named = match labels {
                Some((from, to)) => format!("{}{}{}", &gist[..from], titles.join(", "), &gist[to + 1..]),
                None => gist,
            };
            self.lines.push(format!("{named} [{}]", entry.label));
            self.citations.push(Citation::of_entry(entry.label));
            self.use_entry(Some(entry.label));
        }
    }

    fn use_entry(&mut self, entry: Option<Label>) {
        if let Some(entry) = entry
            && !self.entries.contains(&entry)
        {
            self.entries.push(entry);
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What the agent shows while it writes.
#[must_use]
pub fn says(closing: &Closing) -> String {
    let entries: Vec<Label> =
        closing.brief.context.entries().filter(|e| e.kind != EntryKind::Document).map(|e| e.label).collect();
    let heeds = closing.objections.last().map_or_else(String::new, |reason| format!("Heeding ‘{reason}’. "));
    format!("{heeds}I rank the quotes of {} entries ({}) against the question.\n", entries.len(), list(&entries))
}
