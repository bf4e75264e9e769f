//! Which units a text is about: BM25 over stemmed words, by the crate `bm25`. Sentences are ranked elsewhere, by more
//! than their words.

use std::collections::HashMap;

use bm25::{Embedder, EmbedderBuilder, Embedding, Scorer, TokenEmbedder as _, TokenEmbedding, Tokenizer};
use foldhash::fast::RandomState;
use rust_stemmers::{Algorithm, Stemmer};

use crate::run::{Corpus, Label};

use super::word::{lower, words};

/// How soon repeats of a word stop counting, and how much longer units are held back.
const K1: f32 = 1.2;
const B: f32 = 0.75;

struct Stems(Stemmer);

impl Default for Stems {
    fn default() -> Self {
        Stems(Stemmer::create(Algorithm::English))
    }
}

impl Tokenizer for Stems {
    fn tokenize(&self, text: &str) -> Vec<String> {
        let mut word = String::new();
        let stem = |at| {
            lower(&text[at], &mut word);
            self.0.stem(&word).into_owned()
        };
        words(text).map(stem).collect()
    }
}

/// Embeds units as the crate does, but each word once however often it stands there: it says the same, and a unit has
/// thousands of words. A word that was seen before is looked up, since stemming takes far longer.
struct Embeddings {
    stems: Stems,
    known: HashMap<Box<str>, u32, RandomState>,
    mean: f32,
}

impl Embeddings {
    fn of(&mut self, text: &str) -> Embedding<u32> {
        let mut word = String::new();
        let mut indices: Vec<u32> = Vec::with_capacity(text.len() / BYTES_A_WORD as usize);
        for at in words(text) {
            lower(&text[at], &mut word);
            indices.push(match self.known.get(word.as_str()) {
                Some(index) => *index,
                None => {
                    let index = u32::embed(&self.stems.0.stem(&word));
                    self.known.insert(word.as_str().into(), index);
                    index
                }
            });
        }
        indices.sort_unstable();
        let length = indices.len() as f32;
        let weighed = |same: &[u32]| {
            let count = same.len() as f32;
            let value = count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * (length / self.mean)));
            TokenEmbedding { index: same[0], value }
        };
        Embedding(indices.chunk_by(|a, b| a == b).map(weighed).collect())
    }
}

pub struct Units {
    embedder: Embedder<u32, Stems>,
    scorer: Scorer<u32>,
}

impl Units {
    #[must_use]
    pub fn new(corpus: &Corpus) -> Self {
        // The mean length of a unit, in words, from their sizes: fitting would read every text twice.
        let bytes: usize = corpus.units().iter().map(|unit| unit.end - unit.start).sum();
        let mean = bytes as f32 / BYTES_A_WORD / corpus.units().len().max(1) as f32;
        let mut embeddings = Embeddings { stems: Stems::default(), known: HashMap::default(), mean };
        let mut scorer = Scorer::new();
        for unit in corpus.units() {
            scorer.upsert(&unit.label.index, embeddings.of(corpus.text(unit.label).unwrap_or_default()));
        }
        Units { embedder: embedder(mean), scorer }
    }

    /// Units that share a word with the text, best first.
    #[must_use]
    pub fn about(&self, text: &str) -> Vec<Label> {
        let found = self.scorer.matches(&self.embedder.embed(text));
        found.into_iter().map(|found| Label::unit(found.id)).collect()
    }
}

fn embedder(mean: f32) -> Embedder<u32, Stems> {
    EmbedderBuilder::<u32, Stems>::with_avgdl(mean).k1(K1).b(B).build()
}

/// Of English prose and manuals, with the space behind a word.
const BYTES_A_WORD: f32 = 6.0;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::run::{BlobId, Media, Source, SourceId, Unit};

    #[test]
    fn a_unit_is_embedded_as_the_crate_does_it_but_for_repeats() {
        let text = "To convey a work is to copy it. Works conveyed, or copied: conveying. Café, café!";
        for mean in [3.5, 700.0] {
            let mut embeddings = Embeddings { stems: Stems::default(), known: HashMap::default(), mean };
            let mut all = embedder(mean).embed(text).0;
            all.sort_by_key(|token| token.index);
            assert_eq!(all.len(), 15);
            all.dedup();
            assert_eq!(embeddings.of(text).0, all);
            assert_eq!(all.len(), 9);
        }
    }

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
