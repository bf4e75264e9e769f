//! Which units a text is about: BM25 over stemmed words, by the crate `bm25`. Sentences are ranked elsewhere, by more
//! than their words.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bm25::{Embedder, EmbedderBuilder, Scorer, Tokenizer};
use rust_stemmers::{Algorithm, Stemmer};

use crate::run::{Corpus, Label};

use super::word::{lower, words};

/// Stems words; a word that was seen before is looked up, since stemming takes far longer.
struct Stems {
    stemmer: Stemmer,
    known: Mutex<HashMap<Box<str>, Box<str>>>,
}

impl Default for Stems {
    fn default() -> Self {
        Stems { stemmer: Stemmer::create(Algorithm::English), known: Mutex::default() }
    }
}

impl Tokenizer for Stems {
    fn tokenize(&self, text: &str) -> Vec<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut word = String::new();
        let mut stems = Vec::with_capacity(text.len() / BYTES_A_WORD as usize);
        for at in words(text) {
            lower(&text[at], &mut word);
            match known.get(word.as_str()) {
                Some(stem) => stems.push(stem.to_string()),
                None => {
                    let stem = self.stemmer.stem(&word).into_owned();
                    known.insert(word.as_str().into(), stem.as_str().into());
                    stems.push(stem);
                }
            }
        }
        stems
    }
}

pub struct Units {
    embedder: Embedder<u32, Stems>,
    scorer: Scorer<u32>,
}

impl Units {
    #[must_use]
    pub fn new(corpus: &Corpus) -> Self {
        let text = |label: Label| corpus.text(label).unwrap_or_default();
        // The mean length of a unit, in words, from their sizes: fitting would read every text twice.
        let bytes: usize = corpus.units().iter().map(|unit| unit.end - unit.start).sum();
        let mean = bytes as f32 / BYTES_A_WORD / corpus.units().len().max(1) as f32;
        let embedder = EmbedderBuilder::<u32, Stems>::with_avgdl(mean).build();
        let mut scorer = Scorer::new();
        for unit in corpus.units() {
            scorer.upsert(&unit.label.index, embedder.embed(text(unit.label)));
        }
        Units { embedder, scorer }
    }

    /// Units that share a word with the text, best first.
    #[must_use]
    pub fn about(&self, text: &str) -> Vec<Label> {
        let found = self.scorer.matches(&self.embedder.embed(text));
        found.into_iter().map(|found| Label::unit(found.id)).collect()
    }
}

/// Of English prose and manuals, with the space behind a word.
const BYTES_A_WORD: f32 = 6.0;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::run::{BlobId, Media, Source, SourceId, Unit};

    #[test]
    fn the_unit_that_repeats_the_rarer_word_comes_first() {
        let text: Arc<str> = "Licences are texts. Conveying is copying; conveyed works. Licences bind.".into();
        let source = Source {
            id: SourceId(1),
            path: "a".into(),
            media: Media::Text,
            bytes: text.len() as u64,
            text: BlobId([0; 32]),
            sections: vec![],
            suspicions: vec![],
        };
        let unit =
            |index, start, end| Unit { label: Label::unit(index), source: source.id, title: String::new(), start, end };
        let mut corpus = Corpus::default();
        corpus.add(&source, Arc::clone(&text), [unit(1, 0, 20), unit(2, 20, 56), unit(3, 56, text.len())]);
        let units = Units::new(&corpus);
        assert_eq!(units.about("to convey"), [Label::unit(2)], "stems are compared");
        assert_eq!(units.about("a licence that conveys").first(), Some(&Label::unit(2)));
        assert!(units.about("nothing here").is_empty());
    }
}
