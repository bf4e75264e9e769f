//! Thinking: from a task to a chain of quotes, or to a scoped report that nothing was found (calls E and F).

use std::collections::BTreeSet;

use crate::{
    reason::{Brief, Thought, Turn, UnfoldedText},
    run::{Chain, Citation, EntryKind, Feedback, Label, Step, Task, one_line},
};

use super::{
    combine::{combine, peers},
    library::SentenceId,
    plan::COVERED,
    rank::Hit,
    state::Studied,
    subject::{COMBINE, search_text, topic_of_task},
};

/// How a report of absence begins.
pub const NOT_FOUND: &str = "not found in";

/// Quotes in one finding, and how good the later ones must be beside the first.
const QUOTES: usize = 3;
const NEAR_BEST: f32 = 0.65;
/// How far below the best of all documents a finding may be.
const FAR_BELOW: f32 = 0.58;
/// Quotes that share more of their words than this say the same.
const ALIKE: f32 = 0.7;
/// The share of the question's weight that a quote's own words must cover.
const OWN: f32 = 0.06;

/// The fewest labels that hold what the task needs (call E).
#[must_use]
pub fn choose(studied: &Studied, brief: &Brief, task: &Task, most: usize) -> Vec<Label> {
    if task.text.starts_with(COMBINE) {
        return peers(brief, task).into_iter().map(|entry| entry.label).take(most).collect();
    }
    let mut labels = studied.units_about(&task.text, &brief.question, &scope(studied, task));
    labels.truncate(most);
    labels
}

/// Where a task looks: its focus, else the sources that its words name, else everywhere.
fn scope(studied: &Studied, task: &Task) -> Vec<Label> {
    if !task.focus.is_empty() {
        return task.focus.iter().map(|label| label.whole()).collect();
    }
    let text = task.text.to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | ',' | '?' | '“' | '”')).collect();
    let units = studied.library.corpus().units().iter();
    let named = units.filter(|unit| words.contains(&studied.library.title(unit.label).to_lowercase().as_str()));
    named.map(|unit| unit.label).collect()
}

/// What the agent shows of its work, and what it does next.
pub struct Thinking {
    pub says: String,
    pub turn: Turn,
}

/// One turn (call F).
#[must_use]
pub fn think(studied: &Studied, thought: &Thought) -> Thinking {
    let Thought { brief, task, .. } = thought;
    if task.text.starts_with(COMBINE) {
        return combine(studied, thought);
    }
    let searched = search_text(&task.text, &brief.question, &studied.library.vocabulary);
    let question = studied.question(&searched);
    let scope = scope(studied, task);
    let count: usize = units_of(studied, &scope).iter().map(|unit| studied.library.sentences_of(*unit).len()).sum();
    let hits = studied.rank(&question, &scope, 40);
    let mut says = heeding(&thought.feedback);
    says.push_str(&format!("I rank {count} sentences for ‘{}’.\n", topic_of_task(&task.text)));
    let words: Vec<&str> = question.concepts.iter().map(|concept| concept.word.as_str()).collect();
    says.push_str(&format!("Words I look for: {}.\n", words.join(", ")));

    let fresh: Vec<Hit> = hits.into_iter().filter(|hit| !was_rejected(studied, &thought.feedback, hit.id)).collect();
    // What fits far worse than another document's best is no answer; after a rejection the next best is wanted.
    let best = studied.rank(&question, &[], 1).first().map_or(0.0, |hit| hit.score);
    let least = if thought.feedback.is_empty() { FAR_BELOW * best } else { 0.0 };
    let picked = pick(studied, &fresh, least);
    let has_raw = thought.unfolded.iter().any(|unfolded| matches!(unfolded.text, UnfoldedText::Raw { .. }));
    if thought.may_unfold && !has_raw && thought.feedback.is_empty() && !picked.is_empty() {
        let labels: BTreeSet<Label> = picked.iter().map(|hit| studied.cite(hit.id).label).collect();
        let labels: Vec<Label> = labels.into_iter().collect();
        says.push_str(&format!("The best of them stand in {}; I read these word by word.\n", list(&labels)));
        return Thinking { says, turn: Turn::DeepUnfold(labels) };
    }
    for (rank, hit) in (1..).zip(fresh.iter().take(5)) {
        let (covered, all) = studied.words_covered(&question, hit.id);
        says.push_str(&format!(
            "{rank}. {fit}, {covered} of {all} words: {quote} [{label}]\n",
            fit = fit(hit.score),
            quote = studied.quote(hit.id),
            label = studied.library.label(hit.id),
        ));
    }
    let chain = match picked.as_slice() {
        [] => not_found(studied, thought, &scope, count),
        hits => found(studied, thought, hits, &searched),
    };
    says.push_str(&format!("{} {}\n", if picked.is_empty() { "Nothing fits:" } else { "I quote:" }, chain.output));
    Thinking { says, turn: Turn::Conclude(chain) }
}

/// A score in words.
fn fit(score: f32) -> &'static str {
    match score {
        s if s >= 0.75 => "fits very well",
        s if s >= 0.55 => "fits well",
        s if s >= 0.4 => "fits in part",
        _ => "fits loosely",
    }
}

/// The best quotes that differ from one another.
fn pick(studied: &Studied, hits: &[Hit], least: f32) -> Vec<Hit> {
    let mut picked: Vec<Hit> = Vec::new();
    for hit in hits.iter().filter(|hit| hit.covered >= COVERED && hit.own >= OWN && hit.score >= least) {
        let best = picked.first().map_or(hit.score, |best| best.score);
        if picked.len() == QUOTES || hit.score < NEAR_BEST * best {
            break;
        }
        let apart = |known: &Hit| {
            let (a, b) = (studied.passage(known.id), studied.passage(hit.id));
            a.end() < b.start() || b.end() < a.start()
        };
        if picked.iter().all(|known| apart(known) && studied.likeness(known.id, hit.id) < ALIKE) {
            picked.push(*hit);
        }
    }
    picked
}

/// Whether a sentence stands in what was turned down before.
fn was_rejected(studied: &Studied, feedback: &[Feedback], id: SentenceId) -> bool {
    let own = studied.library.citation(id);
    let text = one_line(studied.library.text(id));
    feedback.iter().any(|feedback| {
        let shares_place = feedback.citations.iter().any(|citation| {
            citation.label.whole() == own.label
                && citation.span.as_ref().zip(own.span.as_ref()).is_some_and(|(a, b)| {
                    let whole_unit = studied.library.corpus().text(own.label).is_some_and(|text| a.len() >= text.len());
                    a.start < b.end && b.start < a.end && !whole_unit
                })
        });
        shares_place || one_line(&feedback.rejected).contains(&text)
    })
}

/// The reason that this try heeds, for the pane and the first step.
pub fn heeding(feedback: &[Feedback]) -> String {
    feedback.last().map_or_else(String::new, |last| {
        format!("Heeding {} (‘{}’), I leave out what was turned down. ", last.by, bare(&last.reason))
    })
}

/// A human's words without marks that the quotes of a chain are told by.
pub fn bare(text: &str) -> String {
    one_line(&text.replace(['“', '”', '‘', '’', '[', ']'], " "))
}

fn found(studied: &Studied, thought: &Thought, hits: &[Hit], searched: &str) -> Chain {
    let mut steps: Vec<Step> = Vec::new();
    let mut outputs: Vec<String> = Vec::new();
    for hit in hits {
        let citation = studied.cite(hit.id);
        let quoted = format!("{} [{}]", studied.quote(hit.id), citation.label);
        let lead = if steps.is_empty() { heeding(&thought.feedback) } else { String::new() };
        steps.push(Step {
            text: format!("{lead}{}: {quoted}", bare(&studied.whereabouts(hit.id))),
            citations: vec![citation],
        });
        outputs.push(quoted);
    }
    let title = bare(&studied.library.title(studied.library.label(hits[0].id)));
    let denied = asks_yes_or_no(searched) && !denies(searched) && denies(studied.library.text(hits[0].id));
    let (kind, verb) = if denied { (EntryKind::Fail, "denies or limits it") } else { (EntryKind::Fact, "says") };
    Chain { kind, steps, output: format!("{title} {verb}: {}", outputs.join("; ")) }
}

fn asks_yes_or_no(question: &str) -> bool {
    let first = question.split_whitespace().next().unwrap_or_default().to_lowercase();
    matches!(
        first.as_str(),
        "may"
            | "can"
            | "must"
            | "do"
            | "does"
            | "did"
            | "is"
            | "are"
            | "was"
            | "were"
            | "will"
            | "should"
            | "has"
            | "have"
            | "am"
            | "could"
            | "would"
            | "shall"
    )
}

/// Whether a sentence takes something away.
fn denies(sentence: &str) -> bool {
    sentence.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').any(|word| {
        matches!(
            word,
            "not" | "no" | "never" | "neither" | "nor" | "cannot" | "none" | "nothing" | "prohibited" | "forbidden"
        ) || word.ends_with("n't")
            || word.ends_with("n’t")
    })
}

fn units_of(studied: &Studied, scope: &[Label]) -> Vec<Label> {
    match scope {
        [] => studied.library.corpus().units().iter().map(|unit| unit.label).collect(),
        labels => labels.to_vec(),
    }
}

/// A report that says how far it reaches: which units, how many sentences, for what.
fn not_found(studied: &Studied, thought: &Thought, scope: &[Label], count: usize) -> Chain {
    let units = units_of(studied, scope);
    let citations: Vec<Citation> = units
        .iter()
        .filter_map(|unit| Some(Citation::of(*unit, 0..studied.library.corpus().text(*unit)?.len())))
        .take(12)
        .collect();
    let cited: Vec<Label> = citations.iter().map(|citation| citation.label).collect();
    let rest = match units.len() - cited.len() {
        0 => String::new(),
        more => format!(" and {more} more units"),
    };
    let wanted = bare(topic_of_task(&thought.task.text));
    let within = format!("[{}]{rest}", list(&cited));
    Chain {
        kind: EntryKind::Fail,
        steps: vec![Step {
            text: format!("{}{count} sentences of {within} searched for ‘{wanted}’", heeding(&thought.feedback)),
            citations,
        }],
        output: format!("{NOT_FOUND} {within} ({count} sentences searched for ‘{wanted}’)"),
    }
}

pub fn list(labels: &[Label]) -> String {
    labels.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Whether a citation points at words rather than at a whole unit that was searched.
#[must_use]
pub fn is_sentence(studied: &Studied, citation: &Citation) -> bool {
    let whole = studied.library.corpus().text(citation.label).map_or(0, str::len);
    citation
        .span
        .as_ref()
        .is_some_and(|span| span.len() < whole || studied.library.sentences_of(citation.label.whole()).len() <= 1)
}
