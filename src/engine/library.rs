//! What can be unfolded: the documents with their summaries, and what stands behind peers' results (stores L and R of
//! METHOD §1). Filled before a label becomes visible, so every visible label unfolds (METHOD §2.6.2).

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, RwLock},
};

use crate::{
    reason::{Unfolded, UnfoldedText},
    run::{Author, Citation, Corpus, Depth, Entry, Label, Summary, Trajectory},
};

/// Both levels behind one gist.
#[derive(Debug, Clone)]
struct Shelf {
    title: String,
    summary: Arc<Summary>,
    /// A document's raw text is the corpus's.
    raw: Option<Arc<str>>,
}

pub struct Library {
    corpus: Arc<Corpus>,
    // Held for a look-up or an insert only, never across an await.
    shelves: RwLock<HashMap<Label, Shelf>>,
}

impl Library {
    #[must_use]
    pub fn new(corpus: Arc<Corpus>) -> Self {
        Library { corpus, shelves: RwLock::default() }
    }

    #[must_use]
    pub fn corpus(&self) -> &Arc<Corpus> {
        &self.corpus
    }

    pub fn keep_unit(&self, label: Label, summary: Arc<Summary>) {
        let title = self.corpus.unit(label).map(|unit| unit.title.clone()).unwrap_or_default();
        self.keep(label, Shelf { title, summary, raw: None });
    }

    pub fn keep_result(&self, label: Label, summary: Arc<Summary>, trajectory: &Trajectory) {
        let raw = trajectory.chain.render().into();
        self.keep(label, Shelf { title: trajectory.subtask.clone(), summary, raw: Some(raw) });
    }

    fn keep(&self, label: Label, shelf: Shelf) {
        self.shelves.write().expect("nobody panics while holding the library").insert(label, shelf);
    }

    fn shelf(&self, label: Label) -> Option<Shelf> {
        self.shelves.read().expect("nobody panics while holding the library").get(&label.whole()).cloned()
    }

    /// Unfolds an entry for one call; `None` for a label that nothing is known of.
    #[must_use]
    pub fn unfold(&self, entry: &Entry, label: Label, depth: Depth) -> Option<Unfolded> {
        if entry.label.author == Author::Human {
            let summary = Summary { topic: entry.gist.clone(), parts: vec![] };
            return Some(Unfolded {
                label,
                title: "a note by the human".into(),
                text: UnfoldedText::Summary(summary.into()),
            });
        }
        let shelf = self.shelf(label)?;
        let text = match (depth, shelf.raw) {
            (Depth::Summary, _) => UnfoldedText::Summary(shelf.summary),
            (Depth::Raw, Some(raw)) => UnfoldedText::Raw { text: raw.to_string(), start: 0 },
            (Depth::Raw, None) => {
                let text = self.corpus.text(label)?;
                let part = label.part.and_then(|part| shelf.summary.span_with_neighbours(part));
                let span = part.unwrap_or(0..text.len());
                UnfoldedText::Raw { text: text.get(span.clone())?.to_owned(), start: span.start }
            }
        };
        Some(Unfolded { label, title: shelf.title, text })
    }

    /// What the verifier sees of one citation: the summary and the raw text, the part's slice for a part's citation and
    /// the whole unit otherwise (METHOD §3a stage 7).
    #[must_use]
    pub fn evidence(&self, entry: &Entry, label: Label) -> Vec<Unfolded> {
        let summary = self.unfold(entry, label, Depth::Summary);
        let raw = match label.part {
            Some(_) if label.is_unit() => self.part_text(label).map(|(text, span)| Unfolded {
                label,
                title: String::new(),
                text: UnfoldedText::Raw { text: text.to_owned(), start: span.start },
            }),
            _ => self.unfold(entry, label, Depth::Raw),
        };
        summary.into_iter().chain(raw).collect()
    }

    fn part_text(&self, label: Label) -> Option<(&str, Range<usize>)> {
        let span = self.shelf(label)?.summary.part(label.part?)?.span.clone();
        Some((self.corpus.text(label)?.get(span.clone())?, span))
    }

    /// Makes citations exact: a document's without a span gets the span of its part or its whole unit. What points
    /// nowhere is left out, so that `source[start..end]` is always a quote.
    #[must_use]
    pub fn settle(&self, citations: &[Citation]) -> Vec<Citation> {
        citations.iter().filter_map(|citation| self.settle_one(citation)).collect()
    }

    fn settle_one(&self, citation: &Citation) -> Option<Citation> {
        let label = citation.label;
        if !label.is_unit() {
            return Some(Citation::of_entry(label));
        }
        let text = self.corpus.text(label)?;
        let span = match (&citation.span, label.part) {
            (Some(span), _) => span.clone(),
            (None, Some(_)) => self.part_text(label)?.1,
            (None, None) => 0..text.len(),
        };
        text.get(span.clone()).filter(|quote| !quote.is_empty())?;
        Some(Citation::of(label, span))
    }
}
