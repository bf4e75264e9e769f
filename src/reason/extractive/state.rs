//! What a method of the reasoner works with: the studied documents, and how a search over them reads and cites.

use std::{ops::RangeInclusive, sync::Arc};

use crate::run::{Citation, Corpus, Label, one_line};

use super::{
    abreast::both,
    block::BlockKind,
    library::{Library, SentenceId},
    parts::part_at,
    question::{Kinship, Question},
    rank::{Hit, Weights, rank},
    study::study,
    subject::search_text,
    thesaurus::Thesaurus,
    units::Units,
};

/// A passage of two sentences is at most this long, in bytes.
const LONGEST_PASSAGE: usize = 420;

/// The documents as studied, with everything a search needs.
pub struct Studied {
    pub library: Library,
    pub thesaurus: Thesaurus,
    pub weights: Weights,
    pub kin: Kinship,
    units: Units,
}

impl Studied {
    /// Reads the documents, for their sentences and for their units at once.
    #[must_use]
    pub fn of(corpus: &Arc<Corpus>) -> Self {
        let (library, units) = both(|| study(corpus), || Units::new(corpus));
        let thesaurus = Thesaurus::new(&library.vocabulary);
        Studied { library, thesaurus, weights: Weights::default(), kin: Kinship::default(), units }
    }

    #[must_use]
    pub fn question(&self, text: &str) -> Question {
        Question::read(text, &self.library, &self.thesaurus, &self.kin)
    }

    /// The units within a scope that a task is about, best first; an empty scope is everywhere.
    #[must_use]
    pub fn units_about(&self, task: &str, question: &str, scope: &[Label]) -> Vec<Label> {
        let mut units = self.units.about(&search_text(task, question, &self.library.vocabulary));
        units.retain(|unit| scope.is_empty() || scope.contains(unit));
        units
    }

    #[must_use]
    pub fn rank(&self, question: &Question, scope: &[Label], most: usize) -> Vec<Hit> {
        rank(&self.library, question, &self.weights, scope, most)
    }

    /// What is quoted for a sentence: with the one before if it points back to it, or else with the one after if that
    /// points back to this; a reader could not follow half of it. Never beyond the block, and never long.
    #[must_use]
    pub fn passage(&self, id: SentenceId) -> RangeInclusive<SentenceId> {
        let all = &self.library.sentences;
        let own = &all[id as usize];
        let joins = |first: SentenceId, last: SentenceId| {
            let (a, b) = (&all[first as usize], &all[last as usize]);
            let prose = matches!(a.kind, BlockKind::Paragraph | BlockKind::Item);
            b.leans && a.block == b.block && prose && (b.span.end - a.span.start) as usize <= LONGEST_PASSAGE
        };
        match (id.checked_sub(1), id + 1) {
            (Some(before), _) if own.leans && joins(before, id) => before..=id,
            (_, after) if !own.leans && (after as usize) < all.len() && joins(id, after) => id..=after,
            _ => id..=id,
        }
    }

    /// The citation of a sentence's passage under the label of its part.
    #[must_use]
    pub fn cite(&self, id: SentenceId) -> Citation {
        let passage = self.passage(id);
        let (first, last) = (self.library.citation(*passage.start()), self.library.citation(*passage.end()));
        let span = first.span.zip(last.span).map(|(first, last)| first.start..last.end);
        let plain = Citation { label: first.label, span };
        let text = self.library.corpus().text(plain.label).unwrap_or_default();
        let start = plain.span.as_ref().map_or(0, |span| span.start);
        let label = part_at(text, start).map_or(plain.label, |part| plain.label.with_part(part));
        Citation { label, ..plain }
    }

    /// A sentence's passage on one line in quotation marks: verbatim up to white space.
    #[must_use]
    pub fn quote(&self, id: SentenceId) -> String {
        let quoted = self.library.corpus().quote(&self.cite(id)).unwrap_or_default();
        format!("“{}”", one_line(quoted))
    }

    /// Where a sentence stands, for a reader: `GPL-3, 8. Termination`.
    #[must_use]
    pub fn whereabouts(&self, id: SentenceId) -> String {
        let title = self.library.title(self.library.label(id));
        match self.library.under(id) {
            Some(under) if under.chars().count() <= 70 => format!("{title}, {}", under.trim_end_matches([':', '.'])),
            _ => title,
        }
    }

    /// Sentences that say nearly the same; shares of common content words, 0 to 1.
    #[must_use]
    pub fn likeness(&self, a: SentenceId, b: SentenceId) -> f32 {
        let words = |id: SentenceId| {
            let tokens = &self.library.sentences[id as usize].tokens;
            let mut words: Vec<u32> = self.library.tokens[tokens.start as usize..tokens.end as usize]
                .iter()
                .copied()
                .filter(|term| !self.library.vocabulary.is_stop(*term))
                .collect();
            words.sort_unstable();
            words.dedup();
            words
        };
        let (a, b) = (words(a), words(b));
        let common = a.iter().filter(|word| b.binary_search(word).is_ok()).count();
        common as f32 / (a.len() + b.len() - common).max(1) as f32
    }

    /// How many content words of a question a sentence has, and how many there are.
    #[must_use]
    pub fn words_covered(&self, question: &Question, id: SentenceId) -> (usize, usize) {
        let tokens = &self.library.sentences[id as usize].tokens;
        let tokens = &self.library.tokens[tokens.start as usize..tokens.end as usize];
        let has = |members: &[(u32, f32)]| members.iter().any(|(term, _)| tokens.contains(term));
        (question.concepts.iter().filter(|c| has(&c.members)).count(), question.concepts.len())
    }
}
