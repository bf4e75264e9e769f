//! A question as a search reads it: its subjects with the words that may stand for them, which of them stand side by
//! side, and what kind of answer it expects.

use super::{
    expect::{Expectation, expectations},
    library::Library,
    thesaurus::{Thesaurus, derivations},
    word::{Term, humps, words},
};

/// Verbs that frame a question rather than say what it is about.
const FRAMES: &[&str] = &[
    "happen", "mean", "need", "want", "get", "give", "tell", "say", "state", "find", "explain", "describ", "call",
    "use", "make", "work", "take", "go", "put", "keep", "let", "set", "come", "see", "know", "accord", "exact",
    "allow",
];

/// Nouns that only frame it where they stand among its first words: "what is the name of …".
const OPENINGS: &[&str] = &[
    "default", "kind", "sort", "type", "thing", "purpos", "reason", "exampl", "way", "text", "number", "amount",
    "list", "name", "effect", "long", "specif", "document", "differ", "possibl",
];
const OPENING_WORDS: usize = 4;

/// How much a word that stands for another counts.
#[derive(Debug, Clone, Copy)]
pub struct Kinship {
    pub derived: f32,
    pub synonym: f32,
    pub acronym: f32,
    pub compound: f32,
    pub frame: f32,
}

impl Default for Kinship {
    fn default() -> Self {
        Kinship { derived: 0.5, synonym: 0.36, acronym: 0.6, compound: 0.4, frame: 0.3 }
    }
}

/// One subject of a question.
#[derive(Debug, Clone)]
pub struct Concept {
    /// As the question writes it.
    pub word: String,
    pub weight: f32,
    /// Terms that count as it, with how much; the question's own word first.
    pub members: Vec<(Term, f32)>,
}

impl Concept {
    /// The term of the question's own word, if the documents have it.
    fn own(&self) -> Option<Term> {
        self.members.first().filter(|(_, weight)| *weight >= 1.0).map(|(term, _)| *term)
    }
}

#[derive(Debug, Clone, Default)]
pub struct Question {
    pub concepts: Vec<Concept>,
    /// Concepts that follow one another in the question.
    pub pairs: Vec<(usize, usize)>,
    pub expects: Vec<Expectation>,
}

impl Question {
    #[must_use]
    pub fn read(text: &str, library: &Library, thesaurus: &Thesaurus, kin: &Kinship) -> Self {
        let vocabulary = &library.vocabulary;
        let mut question = Question { expects: expectations(text), ..Question::default() };
        let mut stems: Vec<String> = Vec::new();
        // The concept and the number of its word, for pairs.
        let mut last: Option<(usize, usize)> = None;
        for (number, at) in words(text).enumerate() {
            let whole = &text[at];
            let mut parts = vec![whole];
            parts.extend(humps(whole));
            for word in parts {
                if vocabulary.is_stop_word(word) {
                    continue;
                }
                let stem = vocabulary.stem(word);
                let place = stems.iter().position(|known| *known == stem).unwrap_or_else(|| {
                    let frames =
                        FRAMES.contains(&stem.as_str()) || number < OPENING_WORDS && OPENINGS.contains(&stem.as_str());
                    let weight = if frames { kin.frame } else { 1.0 };
                    question.concepts.push(concept(word, &stem, weight, library, thesaurus, kin));
                    stems.push(stem);
                    stems.len() - 1
                });
                if let Some((before, then)) = last
                    && before != place
                    && number - then <= 2
                {
                    question.pairs.push((before, place));
                }
                last = Some((place, number));
            }
        }
        question.keep_words_apart();
        question.join_compounds(&stems, library, kin);
        question.join_acronyms(library, kin);
        question
    }

    /// A word of the question stands for itself only, not for another of its words as well.
    fn keep_words_apart(&mut self) {
        let own: Vec<Term> = self.concepts.iter().filter_map(Concept::own).collect();
        for concept in &mut self.concepts {
            concept.members.retain(|(term, weight)| *weight >= 1.0 || !own.contains(term));
        }
    }

    /// "file name" is also `filename`.
    fn join_compounds(&mut self, stems: &[String], library: &Library, kin: &Kinship) {
        for (a, b) in self.pairs.clone() {
            let joined = format!("{}{}", self.concepts[a].word.to_lowercase(), self.concepts[b].word.to_lowercase());
            let found = library.vocabulary.find(&library.vocabulary.stem(&joined));
            if let Some(term) = found {
                self.concepts[a].members.push((term, kin.compound));
                self.concepts[b].members.push((term, kin.compound));
            }
        }
        // `filename` is also "file name", when the documents never write it in one.
        for (concept, stem) in self.concepts.iter_mut().zip(stems) {
            if !concept.members.is_empty() || stem.len() < 7 || !stem.is_ascii() {
                continue;
            }
            let halves = (3..=stem.len() - 3).find_map(|at| {
                let (a, b) = stem.split_at(at);
                library.vocabulary.find(a).zip(library.vocabulary.find(b))
            });
            if let Some((a, b)) = halves {
                concept.members.extend([(a, kin.compound / 2.0), (b, kin.compound / 2.0)]);
            }
        }
    }

    /// An acronym counts as what it stands for, and the other way round.
    fn join_acronyms(&mut self, library: &Library, kin: &Kinship) {
        let mut acronyms: Vec<_> = library.acronyms.iter().collect();
        acronyms.sort();
        for (acronym, spelt) in acronyms {
            let own = |term: &Term| {
                self.concepts
                    .iter()
                    .position(|c| c.members.first().is_some_and(|(first, w)| first == term && *w == 1.0))
            };
            let places: Option<Vec<usize>> = spelt.iter().map(own).collect();
            if let Some(place) = own(acronym) {
                let share = kin.acronym / spelt.len().max(1) as f32;
                self.concepts[place].members.extend(spelt.iter().map(|term| (*term, share)));
            } else if let Some(places) = places.filter(|places| places.len() >= 2) {
                for place in places {
                    self.concepts[place].members.push((*acronym, kin.acronym));
                }
            }
        }
    }

    /// Whether it asks about nothing that could be looked up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.concepts.iter().all(|concept| concept.members.is_empty())
    }
}

fn concept(word: &str, stem: &str, weight: f32, library: &Library, thesaurus: &Thesaurus, kin: &Kinship) -> Concept {
    let vocabulary = &library.vocabulary;
    let mut members: Vec<(Term, f32)> = Vec::new();
    let mut add = |stem: &str, weight: f32| {
        if let Some(term) = vocabulary.find(stem)
            && !vocabulary.is_stop(term)
            && !members.iter().any(|(known, _)| *known == term)
        {
            members.push((term, weight));
        }
    };
    add(stem, 1.0);
    for derived in derivations(stem) {
        add(&derived, kin.derived);
    }
    for synonym in thesaurus.synonyms(stem) {
        add(synonym, kin.synonym);
    }
    Concept { word: word.to_owned(), weight, members }
}
