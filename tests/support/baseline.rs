//! Plain BM25 over sentences, by the crate `bm25` with stemmed words and nothing else: what a ranker must beat.

use bm25::{Embedder, EmbedderBuilder, Scorer, Tokenizer};
use delm::reason::extractive::Library;
use rust_stemmers::{Algorithm, Stemmer};

pub struct Stems(Stemmer);

impl Tokenizer for Stems {
    fn tokenize(&self, text: &str) -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(|word| self.0.stem(&word.to_lowercase()).into_owned()).collect()
    }
}

pub struct Plain {
    embedder: Embedder<u32, Stems>,
    scorer: Scorer<u32>,
}

impl Plain {
    pub fn new(library: &Library) -> Self {
        let ids = 0..library.sentence_count() as u32;
        let texts: Vec<&str> = ids.clone().map(|id| library.text(id)).collect();
        let stems = Stems(Stemmer::create(Algorithm::English));
        let embedder = EmbedderBuilder::<u32, Stems>::with_tokenizer_and_fit_to_corpus(stems, &texts).build();
        let mut scorer = Scorer::new();
        for id in ids {
            scorer.upsert(&id, embedder.embed(texts[id as usize]));
        }
        Plain { embedder, scorer }
    }

    /// Sentences by score, best first.
    pub fn rank(&self, question: &str, most: usize) -> Vec<u32> {
        let matches = self.scorer.matches(&self.embedder.embed(question));
        matches.into_iter().take(most).map(|found| found.id).collect()
    }
}
