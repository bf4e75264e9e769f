//! Studying: one pass over the documents that builds the library. Linear in the text.

use std::{collections::HashMap, ops::Range, sync::Arc};

use crate::run::{Corpus, Label, SourceId, Unit, one_line};

use super::{
    abreast::abreast,
    block::{Block, BlockKind, blocks},
    library::{Library, Place, PlaceId, PlaceRole, Sentence, SentenceId, source_name},
    sentence::sentences,
    word::{Term, Vocabulary, humps, words},
};

/// Reads every unit of the corpus.
#[must_use]
pub fn study(corpus: &Arc<Corpus>) -> Library {
    let mut scribe = Scribe::default();
    let text = |unit: &Unit| corpus.text(unit.label).unwrap_or_default();
    let mut index = 0;
    for units in corpus.units().chunks(AT_ONCE) {
        let layouts = abreast(units, String::new, |flat, unit| laid_out(text(unit), flat));
        for (unit, layout) in units.iter().zip(layouts) {
            let path = corpus.path(unit.label).unwrap_or_default();
            scribe.unit(index, unit.source, &format!("{} {}", source_name(path), unit.title), text(unit), layout);
            index += 1;
        }
    }
    scribe.finish(corpus)
}

/// Units whose blocks and sentences are found before any of them is read: some for every core, not all of a corpus.
const AT_ONCE: usize = 256;

/// A block with its sentences.
type Laid = (Block, Vec<Range<usize>>);

/// The blocks of a text with their sentences; `flat` is scratch.
fn laid_out(text: &str, flat: &mut String) -> Vec<Laid> {
    let lay = |block: Block| {
        let mut spans = Vec::new();
        sentences(text, block.span.clone(), flat, &mut spans);
        (block, spans)
    };
    blocks(text).into_iter().map(lay).collect()
}

/// A sentence with a colon, and how to tell that its list is over.
struct Lead {
    place: PlaceId,
    indent: usize,
    /// The mark of the item that it stands in, if it does: the next item of that kind is no part of its list.
    mark: Option<Mark>,
}

#[derive(PartialEq)]
enum Mark {
    Number,
    Letter,
    Bullet,
}

fn mark(block: &Block, text: &str) -> Option<Mark> {
    let first = text[block.span.clone()].trim_start_matches('(').chars().next()?;
    (block.kind == BlockKind::Item).then_some(match first {
        c if c.is_ascii_digit() => Mark::Number,
        c if c.is_alphabetic() => Mark::Letter,
        _ => Mark::Bullet,
    })
}

struct Scribe {
    vocabulary: Vocabulary,
    sentences: Vec<Sentence>,
    places: Vec<Place>,
    tokens: Vec<Term>,
    of_unit: Vec<Range<SentenceId>>,
    titles: Vec<PlaceId>,
    acronyms: HashMap<Term, Vec<Term>>,
    blocks: u32,
    source: Option<SourceId>,
    /// What the source calls itself, and the number of its first sentence.
    source_title: Vec<Term>,
    first_of_source: SentenceId,
    /// Open headings, with their depth, outermost first.
    headings: Vec<(u8, PlaceId)>,
    /// The open term and the least indentation of what it explains.
    term: Option<(usize, PlaceId)>,
    /// The lead of the list being read.
    lead: Option<Lead>,
}

impl Default for Scribe {
    fn default() -> Self {
        Scribe {
            vocabulary: Vocabulary::new(),
            sentences: Vec::new(),
            places: Vec::new(),
            tokens: Vec::new(),
            of_unit: Vec::new(),
            titles: Vec::new(),
            acronyms: HashMap::new(),
            blocks: 0,
            source: None,
            source_title: Vec::new(),
            first_of_source: 0,
            headings: Vec::new(),
            term: None,
            lead: None,
        }
    }
}

impl Scribe {
    fn unit(&mut self, unit: u32, source: SourceId, title: &str, text: &str, layout: Vec<Laid>) {
        // A long source is cut into units in the middle of its sections; the headings above go on.
        if self.source.replace(source) != Some(source) {
            self.headings.clear();
            self.source_title.clear();
            self.first_of_source = self.sentences.len() as SentenceId;
        }
        (self.term, self.lead) = (None, None);
        let mut terms = self.terms(title);
        terms.extend(&self.source_title);
        let root = self.place(Place { parent: None, terms, span: 0..0, unit, role: PlaceRole::Title });
        self.titles.push(root);
        let first = self.sentences.len() as SentenceId;
        let mut last_kind = None;
        for (at, (block, spans)) in layout.into_iter().enumerate() {
            self.settle(&block, text);
            let opens = at == 0 && first == self.first_of_source && block.span.len() <= 100;
            if self.source_title.is_empty() && (opens || matches!(block.kind, BlockKind::Heading(_))) {
                // What a document calls itself counts as a title for all of its units.
                self.source_title = self.terms(&text[block.span.clone()]);
                let own = self.source_title.clone();
                self.places[root as usize].terms.extend(own);
            }
            let place = match block.kind {
                BlockKind::Heading(depth) => {
                    self.headings.retain(|(open, _)| *open < depth);
                    let parent = self.here(root);
                    let place = self.named(unit, &block, text, parent, PlaceRole::Heading);
                    self.headings.push((depth, place));
                    parent
                }
                BlockKind::Term => {
                    let parent = match self.term {
                        // `-v` and `--verbose` on two lines are one term.
                        Some((_, place)) if last_kind == Some(BlockKind::Term) => place,
                        _ => self.headings.last().map_or(root, |(_, place)| *place),
                    };
                    let place = self.named(unit, &block, text, parent, PlaceRole::Term);
                    let hangs = !text[block.span.clone()].ends_with("::");
                    self.term = Some((block.indent + usize::from(hangs), place));
                    parent
                }
                BlockKind::Paragraph | BlockKind::Item | BlockKind::Row => self.here(root),
            };
            for span in &spans {
                self.sentence(unit, text, span.clone(), &block, place);
            }
            if matches!(block.kind, BlockKind::Paragraph | BlockKind::Item)
                && text[block.span.clone()].ends_with(':')
                && let Some(last) = spans.last()
            {
                let terms = self.terms(&text[last.clone()]);
                let span = last.start as u32..last.end as u32;
                let lead = Place { parent: Some(place), terms, span, unit, role: PlaceRole::Lead };
                let place = self.place(lead);
                self.lead = Some(Lead { place, indent: block.indent, mark: mark(&block, text) });
            }
            self.acronyms(&text[block.span.clone()]);
            last_kind = Some(block.kind);
            self.blocks += 1;
        }
        self.of_unit.push(first..self.sentences.len() as SentenceId);
    }

    /// Closes the term and the lead that a block no longer stands under.
    fn settle(&mut self, block: &Block, text: &str) {
        if matches!(block.kind, BlockKind::Heading(_)) {
            (self.term, self.lead) = (None, None);
        }
        if let Some((least, _)) = self.term
            && block.indent < least
            && block.kind != BlockKind::Term
        {
            self.term = None;
        }
        if let Some(lead) = &self.lead
            && (block.indent < lead.indent
                || block.kind == BlockKind::Paragraph && block.indent <= lead.indent
                || lead.mark.is_some() && block.indent <= lead.indent && mark(block, text) == lead.mark)
        {
            self.lead = None;
        }
        if block.kind == BlockKind::Term {
            self.lead = None;
        }
    }

    fn here(&self, root: PlaceId) -> PlaceId {
        let lead = self.lead.as_ref().map(|lead| lead.place);
        lead.or(self.term.map(|(_, place)| place)).or(self.headings.last().map(|(_, place)| *place)).unwrap_or(root)
    }

    fn named(&mut self, unit: u32, block: &Block, text: &str, parent: PlaceId, role: PlaceRole) -> PlaceId {
        let terms = self.terms(&text[block.span.clone()]);
        self.place(Place {
            parent: Some(parent),
            terms,
            span: block.span.start as u32..block.span.end as u32,
            unit,
            role,
        })
    }

    fn place(&mut self, place: Place) -> PlaceId {
        self.places.push(place);
        self.places.len() as PlaceId - 1
    }

    /// The content words of a text.
    fn terms(&mut self, text: &str) -> Vec<Term> {
        let mut terms = Vec::new();
        self.each_term(text, |term, vocabulary| {
            if !vocabulary.is_stop(term) {
                terms.push(term);
            }
        });
        terms
    }

    fn each_term(&mut self, text: &str, mut take: impl FnMut(Term, &Vocabulary)) {
        for at in words(text) {
            let word = &text[at];
            let term = self.vocabulary.intern(word);
            take(term, &self.vocabulary);
            for hump in humps(word) {
                let term = self.vocabulary.intern(hump);
                take(term, &self.vocabulary);
            }
        }
    }

    fn sentence(&mut self, unit: u32, text: &str, span: Range<usize>, block: &Block, place: PlaceId) {
        let first = self.tokens.len() as u32;
        let mut tokens = std::mem::take(&mut self.tokens);
        self.each_term(&text[span.clone()], |term, _| tokens.push(term));
        self.tokens = tokens;
        self.sentences.push(Sentence {
            unit,
            span: span.start as u32..span.end as u32,
            block: self.blocks,
            kind: block.kind,
            place,
            leans: leans(&text[span.clone()]),
            tokens: first..self.tokens.len() as u32,
        });
    }

    /// "Long Name (LN)": the capitals of the words before the bracket spell what stands in it.
    fn acronyms(&mut self, text: &str) {
        for (open, _) in text.match_indices('(') {
            let inside = text[open + 1..].split(')').next().unwrap_or_default().trim_matches(['"', '“', '”', '\'']);
            let letters: Vec<char> = inside.chars().collect();
            if !(2..=8).contains(&letters.len()) || !letters.iter().all(|c| c.is_ascii_uppercase()) {
                continue;
            }
            let line = one_line(&text[..open]);
            let before: Vec<&str> = line.split([' ', '-']).collect();
            let Some(from) = before.len().checked_sub(letters.len()) else { continue };
            let spelt = before[from..]
                .iter()
                .zip(&letters)
                .all(|(word, letter)| word.chars().next().is_some_and(|first| first.eq_ignore_ascii_case(letter)));
            if spelt {
                let terms = self.terms(&before[from..].join(" "));
                let acronym = self.vocabulary.intern(inside);
                self.acronyms.entry(acronym).or_insert(terms);
            }
        }
    }

    fn finish(self, corpus: &Arc<Corpus>) -> Library {
        let Scribe { vocabulary, sentences, places, tokens, of_unit, titles, acronyms, .. } = self;
        let mut postings: Vec<Vec<(SentenceId, u8)>> = vec![Vec::new(); vocabulary.len()];
        let mut content = 0_usize;
        for (id, sentence) in (0..).zip(&sentences) {
            for term in &tokens[sentence.tokens.start as usize..sentence.tokens.end as usize] {
                if vocabulary.is_stop(*term) {
                    continue;
                }
                content += 1;
                let list = &mut postings[*term as usize];
                match list.last_mut() {
                    Some((last, count)) if *last == id => *count = count.saturating_add(1),
                    _ => list.push((id, 1)),
                }
            }
        }
        debug_assert!(corpus.units().iter().all(|unit| unit.label == Label::unit(unit.label.index)));
        let mean_words = content as f32 / sentences.len().max(1) as f32;
        Library {
            corpus: corpus.clone(),
            vocabulary,
            sentences,
            places,
            tokens,
            postings,
            of_unit,
            titles,
            acronyms,
            mean_words,
        }
    }
}

/// Whether one of the first words points back.
fn leans(sentence: &str) -> bool {
    let mut first = words(sentence).map(|at| &sentence[at]).take(3).enumerate();
    first.any(|(at, word)| {
        let word = word.to_ascii_lowercase();
        matches!(word.as_str(), "this" | "that" | "these" | "those" | "such")
            || at == 0 && matches!(word.as_str(), "it" | "its" | "they" | "their" | "then" | "otherwise" | "he" | "she")
            || at < 2 && matches!(word.as_str(), "it" | "they" | "so")
    })
}
