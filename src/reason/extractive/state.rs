//! What a method of the reasoner works with: the studied documents, and how a search over them reads and cites.

use crate::run::{Citation, Label};

use super::{
    library::{Library, SentenceId, one_line},
    parts::part_at,
    question::{Kinship, Question},
    rank::{Hit, Weights, rank},
    subject::search_text,
    thesaurus::Thesaurus,
};

/// The documents as studied, with everything a search needs.
pub struct Studied {
    pub library: Library,
    pub thesaurus: Thesaurus,
    pub weights: Weights,
    pub kin: Kinship,
}

impl Studied {
    #[must_use]
    pub fn new(library: Library) -> Self {
        let thesaurus = Thesaurus::new(&library.vocabulary);
        Studied { library, thesaurus, weights: Weights::default(), kin: Kinship::default() }
    }

    #[must_use]
    pub fn question(&self, text: &str) -> Question {
        Question::read(text, &self.library, &self.thesaurus, &self.kin)
    }

    /// What a task searches for.
    #[must_use]
    pub fn question_of_task(&self, task: &str, question: &str) -> Question {
        self.question(&search_text(task, question, &self.library.vocabulary))
    }

    #[must_use]
    pub fn rank(&self, question: &Question, scope: &[Label], most: usize) -> Vec<Hit> {
        rank(&self.library, question, &self.weights, scope, most)
    }

    /// The citation of a sentence under the label of its part.
    #[must_use]
    pub fn cite(&self, id: SentenceId) -> Citation {
        let plain = self.library.citation(id);
        let text = self.library.corpus().text(plain.label).unwrap_or_default();
        let start = plain.span.as_ref().map_or(0, |span| span.start);
        let label = part_at(text, start).map_or(plain.label, |part| plain.label.with_part(part));
        Citation { label, ..plain }
    }

    /// The sentence on one line in quotation marks: verbatim up to white space.
    #[must_use]
    pub fn quote(&self, id: SentenceId) -> String {
        format!("“{}”", one_line(self.library.text(id)))
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

    #[doc(hidden)]
    pub fn names(&self, members: &[(u32, f32)]) -> String {
        members
            .iter()
            .map(|(t, w)| format!("{}:{w:.1}", self.library.vocabulary.name(*t)))
            .collect::<Vec<_>>()
            .join(" ")
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
