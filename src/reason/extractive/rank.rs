//! Ranking: how well each sentence of the library answers a question. A sentence is scored by its own words, those
//! around it and what it stands under; every share is a number between 0 and 1 before it is weighted.

use std::collections::HashMap;

use crate::run::{Label, SourceId};

use super::{
    block::BlockKind,
    expect::meets,
    library::{Library, SentenceId},
    question::Question,
    word::Term,
};

/// How much each sign counts. Found on questions over licences and over manuals, where most of them stand on a plateau:
/// without headings, neighbours, synonyms or the expected kind of answer, fewer sentences are found; feedback from the
/// best hits and bonds of fixed phrases changed nothing and are not here.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// How soon repeats of a word stop counting.
    pub saturation: f32,
    /// How much longer sentences are held back.
    pub length: f32,
    /// A word in the sentence before or after.
    pub near: f32,
    /// A word in the sentence before, for one that points back to it.
    pub back: f32,
    /// A word in the heading, term or lead above.
    pub place: f32,
    /// A word in the title of the unit or the name of its file.
    pub title: f32,
    /// How much of a sentence's context is disregarded when few of the question's words stand in the sentence itself.
    pub gate: f32,
    /// How much of the question is covered at all.
    pub coverage: f32,
    /// Words that stand together in question and sentence.
    pub pair: f32,
    /// The kind of answer that is expected.
    pub expectation: f32,
    /// How well the whole source fits.
    pub source: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Weights {
            saturation: 0.33,
            length: 0.85,
            near: 0.17,
            back: 0.2,
            place: 0.95,
            title: 0.2,
            gate: 0.33,
            coverage: 0.15,
            pair: 0.08,
            expectation: 0.15,
            source: 0.1,
        }
    }
}

/// One sentence that fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub id: SentenceId,
    /// For comparing hits of one question; about 1 is a perfect fit.
    pub score: f32,
    /// The share of the question's weight that the sentence's own words cover.
    pub own: f32,
    /// The same with the words around it and above it.
    pub covered: f32,
}

/// Hits that are looked at closely; the rest keeps its first score.
const CLOSE: usize = 400;

/// Sentences of `scope` (of everything, if empty) by how well they answer, best first, at most `most`.
#[must_use]
pub fn rank(library: &Library, question: &Question, weights: &Weights, scope: &[Label], most: usize) -> Vec<Hit> {
    let field = Field::new(library, question, weights);
    let ids = |label: &Label| library.sentences_of(*label);
    let mut hits: Vec<Hit> = match scope {
        [] => (0..library.sentences.len() as SentenceId).filter_map(|id| field.score(id)).collect(),
        labels => labels.iter().flat_map(ids).filter_map(|id| field.score(id)).collect(),
    };
    let best_first = |a: &Hit, b: &Hit| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id));
    hits.sort_by(best_first);
    hits.truncate(CLOSE.max(most));
    for hit in &mut hits {
        hit.score += field.closer(hit.id);
        hit.score *= shape(library, hit.id);
    }
    hits.sort_by(best_first);
    hits.truncate(most);
    hits
}

/// The share of a question's weight that a sentence must have in its own words for its context to count in full.
const OWN_ENOUGH: f32 = 0.35;

/// Everything about one question that its sentences are scored with.
struct Field<'a> {
    library: &'a Library,
    question: &'a Question,
    weights: &'a Weights,
    /// How rare each concept is, times its weight.
    idf: Vec<f32>,
    total: f32,
    /// For each concept, how often it is in each sentence, synonyms counted less.
    own: Vec<Vec<f32>>,
    in_block: Vec<Vec<f32>>,
    /// For each place and concept, how well the place names it.
    places: Vec<f32>,
    in_unit: Vec<f32>,
    source_fit: HashMap<SourceId, f32>,
}

impl<'a> Field<'a> {
    fn new(library: &'a Library, question: &'a Question, weights: &'a Weights) -> Self {
        let concepts = question.concepts.len();
        let sentences = library.sentences.len();
        let blocks = library.sentences.last().map_or(0, |last| last.block as usize + 1);
        let units = library.of_unit.len();
        let mut field = Field {
            library,
            question,
            weights,
            idf: vec![0.0; concepts],
            total: 0.0,
            own: vec![vec![0.0; sentences]; concepts],
            in_block: vec![vec![0.0; blocks]; concepts],
            places: vec![0.0; library.places.len() * concepts],
            in_unit: vec![0.0; units * concepts],
            source_fit: HashMap::new(),
        };
        for (c, concept) in question.concepts.iter().enumerate() {
            for (term, weight) in &concept.members {
                for (id, count) in &library.postings[*term as usize] {
                    let count = f32::from(*count).min(3.0) * weight;
                    let sentence = &library.sentences[*id as usize];
                    field.own[c][*id as usize] += count;
                    field.in_block[c][sentence.block as usize] += count;
                    field.in_unit[sentence.unit as usize * concepts + c] += count;
                }
            }
            let n = sentences as f32;
            let df: f32 = field.own[c].iter().map(|count| count.min(1.0)).sum();
            field.idf[c] = concept.weight * (1.0 + (n - df + 0.5).max(0.5) / (df + 0.5)).ln();
            if df == 0.0 {
                // Nothing can cover it, so it says little about which sentence is best.
                field.idf[c] *= 0.3;
            }
        }
        field.total = field.idf.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        field.read_places();
        field.read_sources();
        field
    }

    /// What each place names; what stands above it counts a little less at every step.
    fn read_places(&mut self) {
        let concepts = self.question.concepts.len();
        let mut of_term: HashMap<Term, Vec<(usize, f32)>> = HashMap::new();
        for (c, concept) in self.question.concepts.iter().enumerate() {
            for (term, weight) in &concept.members {
                of_term.entry(*term).or_default().push((c, *weight));
            }
        }
        for (p, place) in self.library.places.iter().enumerate() {
            if let Some(parent) = place.parent {
                for c in 0..concepts {
                    self.places[p * concepts + c] = 0.7 * self.places[parent as usize * concepts + c];
                }
            }
            for (c, weight) in place.terms.iter().filter_map(|term| of_term.get(term)).flatten() {
                let slot = &mut self.places[p * concepts + c];
                *slot = slot.max(*weight);
            }
        }
    }

    fn read_sources(&mut self) {
        let concepts = self.question.concepts.len();
        let mut counts: HashMap<SourceId, Vec<f32>> = HashMap::new();
        for (u, unit) in self.library.corpus().units().iter().enumerate() {
            let slots = counts.entry(unit.source).or_insert_with(|| vec![0.0; concepts]);
            let title = self.library.titles[u] as usize;
            for (c, slot) in slots.iter_mut().enumerate() {
                *slot += self.in_unit[u * concepts + c] + 5.0 * self.places[title * concepts + c];
            }
        }
        let n = counts.len() as f32;
        let rare: Vec<f32> = (0..concepts)
            .map(|c| {
                let df = counts.values().filter(|slots| slots[c] >= 0.5).count() as f32;
                self.question.concepts[c].weight * (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
            })
            .collect();
        for (source, slots) in counts {
            let fit = slots.iter().zip(&rare).map(|(count, rare)| rare * count / (count + 4.0)).sum();
            self.source_fit.insert(source, fit);
        }
        let best = self.source_fit.values().copied().fold(f32::MIN_POSITIVE, f32::max);
        self.source_fit.values_mut().for_each(|fit| *fit /= best);
    }

    /// The first score: words in fields. `None` when nothing of the question is in the sentence or its block.
    fn score(&self, id: SentenceId) -> Option<Hit> {
        let Weights { saturation, length, near, back, place, title, gate, .. } = *self.weights;
        let concepts = self.question.concepts.len();
        let sentence = &self.library.sentences[id as usize];
        let words = (sentence.tokens.end - sentence.tokens.start) as f32;
        let stretch = 1.0 - length + length * words / (self.library.mean_words * 1.8);
        let root = self.library.titles[sentence.unit as usize] as usize;
        let (mut score, mut own_share, mut covered) = (0.0, 0.0, 0.0);
        for c in 0..concepts {
            own_share += self.idf[c] * self.own[c][id as usize].min(1.0);
        }
        if own_share == 0.0 {
            return None;
        }
        let trust = 1.0 - gate * (1.0 - own_share / self.total / OWN_ENOUGH).max(0.0);
        for c in 0..concepts {
            let own = self.own[c][id as usize];
            let in_block = self.in_block[c][sentence.block as usize];
            let above = self.places[sentence.place as usize * concepts + c];
            let (before, after) = self.beside(c, id);
            let beside = before.max(after);
            let around = near * (before + 0.5 * after).min(1.0)
                + if sentence.leans { back * before.min(1.0) } else { 0.0 }
                + place * above
                + title * self.places[root * concepts + c];
            let count = own / stretch + trust * around;
            score += self.idf[c] * count / (count + saturation);
            covered += self.idf[c] * own.max(0.8 * above).max(0.6 * (beside.max(in_block))).min(1.0);
        }
        let (own, covered) = (own_share / self.total, covered / self.total);
        let source = self.source_fit[&self.library.source(id)];
        let score =
            (score / self.total) * (1.0 - self.weights.coverage * (1.0 - covered)) + self.weights.source * source;
        Some(Hit { id, score, own, covered })
    }

    /// How often a concept is in the sentences before and after this one, within its unit.
    fn beside(&self, c: usize, id: SentenceId) -> (f32, f32) {
        let unit = self.library.sentences[id as usize].unit;
        let at = |other: Option<SentenceId>| -> f32 {
            other
                .filter(|other| self.library.sentences.get(*other as usize).is_some_and(|s| s.unit == unit))
                .map_or(0.0, |other| self.own[c][other as usize])
        };
        (at(id.checked_sub(1)), at(id.checked_add(1)))
    }

    /// What only a closer look shows: words that stand together, and the expected kind of answer.
    fn closer(&self, id: SentenceId) -> f32 {
        let sentence = &self.library.sentences[id as usize];
        let tokens = &self.library.tokens[sentence.tokens.start as usize..sentence.tokens.end as usize];
        let places = |c: usize| {
            let members = &self.question.concepts[c].members;
            tokens
                .iter()
                .enumerate()
                .filter_map(move |(at, token)| Some((at, members.iter().find(|(term, _)| term == token)?.1)))
        };
        let (mut together, mut possible) = (0.0, f32::MIN_POSITIVE);
        for (a, b) in &self.question.pairs {
            let worth = self.idf[*a].min(self.idf[*b]);
            possible += worth;
            let best = places(*a)
                .flat_map(|(at, wa)| places(*b).map(move |(bt, wb)| (at.abs_diff(bt), wa.min(wb))))
                .filter(|(apart, _)| (1..=4).contains(apart))
                .map(|(apart, weight)| weight / (1.0 + 0.3 * (apart as f32 - 1.0)))
                .fold(0.0, f32::max);
            together += worth * best;
        }
        let expects = &self.question.expects;
        let text = self.library.text(id);
        let met: f32 = expects.iter().map(|expectation| meets(*expectation, text)).sum();
        self.weights.pair * together / possible + self.weights.expectation * met / expects.len().max(1) as f32
    }
}

/// How much like a statement a sentence is: headings, questions, fragments and tables of contents answer nothing.
fn shape(library: &Library, id: SentenceId) -> f32 {
    let sentence = &library.sentences[id as usize];
    let text = library.text(id);
    let words = sentence.tokens.end - sentence.tokens.start;
    let kind = match sentence.kind {
        BlockKind::Heading(_) => 0.45,
        BlockKind::Term => 0.7,
        BlockKind::Row => 0.85,
        BlockKind::Paragraph | BlockKind::Item => 1.0,
    };
    let length = match words {
        0..=2 => 0.5,
        3..=5 => 0.8,
        6..=70 => 1.0,
        _ => 0.9,
    };
    let letters = text.chars().filter(|c| c.is_alphabetic() || c.is_whitespace()).count();
    let prose = if (letters as f32) < 0.6 * text.chars().count() as f32 { 0.75 } else { 1.0 };
    let asks = if text.ends_with('?') { 0.6 } else { 1.0 };
    let lists = if text.contains(". . .") || text.contains(".....") { 0.3 } else { 1.0 };
    let leads = if text.ends_with(':') && words < 12 { 0.8 } else { 1.0 };
    // A menu or a table of contents: most of its words stand in links.
    let links = text.matches("][").count() + text.matches("](").count();
    let menu = if links >= 3 && links as u32 * 6 > words { 0.3 } else { 1.0 };
    kind * length * prose * asks * lists * leads * menu
}
