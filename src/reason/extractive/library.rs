//! The library: the documents as sentences, the places they stand in, and where each term occurs. Built once by
//! `study`, only read afterwards; it holds offsets into the corpus and no copy of the text.

use std::{collections::HashMap, ops::Range, sync::Arc};

use crate::run::{Citation, Corpus, Label, SourceId, one_line};

use super::{
    block::BlockKind,
    word::{Term, Vocabulary},
};

/// The number of a sentence in the library, in reading order.
pub type SentenceId = u32;

/// The number of a place: a heading, a defined term, the lead of a list, or the title of a unit.
pub type PlaceId = u32;

pub(super) struct Sentence {
    /// Index into the corpus' units.
    pub unit: u32,
    /// Byte offsets into the unit's raw text.
    pub span: Range<u32>,
    pub block: u32,
    pub kind: BlockKind,
    pub place: PlaceId,
    /// It opens with a word such as "it" or "this", so that its subject stands before it.
    pub leans: bool,
    /// Its words in `Library::tokens`.
    pub tokens: Range<u32>,
}

/// What a sentence stands under, and what that stands under.
pub(super) struct Place {
    pub parent: Option<PlaceId>,
    pub terms: Vec<Term>,
    /// Byte offsets into the raw text of `unit`; empty for a unit's title.
    pub span: Range<u32>,
    pub unit: u32,
    pub role: PlaceRole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceRole {
    Title,
    Heading,
    Term,
    /// A sentence that ends with a colon before a list.
    Lead,
}

/// The studied documents.
pub struct Library {
    pub(super) corpus: Arc<Corpus>,
    pub(super) vocabulary: Vocabulary,
    pub(super) sentences: Vec<Sentence>,
    pub(super) places: Vec<Place>,
    /// All words in reading order, function words too.
    pub(super) tokens: Vec<Term>,
    /// For each term, the sentences that have it and how often; empty for function words.
    pub(super) postings: Vec<Vec<(SentenceId, u8)>>,
    /// The sentences of each unit.
    pub(super) of_unit: Vec<Range<SentenceId>>,
    /// The title of each unit.
    pub(super) titles: Vec<PlaceId>,
    /// An acronym and the words that it stands for, as the documents write them: "Long Name (LN)".
    pub(super) acronyms: HashMap<Term, Vec<Term>>,
    /// Content words a sentence has on average.
    pub(super) mean_words: f32,
}

impl Library {
    #[must_use]
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    #[must_use]
    pub fn sentence_count(&self) -> usize {
        self.sentences.len()
    }

    /// The sentences of one unit.
    #[must_use]
    pub fn sentences_of(&self, label: Label) -> Range<SentenceId> {
        let index = label.is_unit().then(|| (label.index as usize).checked_sub(1)).flatten();
        index.and_then(|index| self.of_unit.get(index)).cloned().unwrap_or(0..0)
    }

    #[must_use]
    pub fn label(&self, id: SentenceId) -> Label {
        Label::unit(self.sentences[id as usize].unit + 1)
    }

    #[must_use]
    pub fn source(&self, id: SentenceId) -> SourceId {
        self.corpus.units()[self.sentences[id as usize].unit as usize].source
    }

    #[must_use]
    pub fn citation(&self, id: SentenceId) -> Citation {
        let span = &self.sentences[id as usize].span;
        Citation::of(self.label(id), span.start as usize..span.end as usize)
    }

    /// The sentence, byte for byte.
    #[must_use]
    pub fn text(&self, id: SentenceId) -> &str {
        self.corpus.quote(&self.citation(id)).expect("the library's spans come from the same corpus")
    }

    /// The sentence that a citation points at, or the one around it.
    #[must_use]
    pub fn find(&self, citation: &Citation) -> Option<SentenceId> {
        let span = citation.span.clone()?;
        let ids = self.sentences_of(citation.label.whole());
        let all = &self.sentences[ids.start as usize..ids.end as usize];
        let at = all.partition_point(|sentence| sentence.span.end as usize <= span.start);
        let found = all.get(at)?;
        ((found.span.start as usize) < span.end).then_some(ids.start + at as SentenceId)
    }

    /// The nearest heading, term or lead above a sentence, on one line; `None` right under the title.
    #[must_use]
    pub fn under(&self, id: SentenceId) -> Option<String> {
        let place = &self.places[self.sentences[id as usize].place as usize];
        if place.role == PlaceRole::Title || place.span.is_empty() {
            return None;
        }
        let text = self.corpus.text(Label::unit(place.unit + 1))?;
        Some(one_line(text.get(place.span.start as usize..place.span.end as usize)?))
    }

    /// What the reader calls a unit's source, on one line: the file's name, without its ending where that only says the
    /// format.
    #[must_use]
    pub fn title(&self, label: Label) -> String {
        self.corpus.path(label).map_or_else(|| label.to_string(), |path| one_line(source_name(path)))
    }
}

/// A path's last component without an ending such as `.txt`.
#[must_use]
pub fn source_name(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let known = ["txt", "md", "markdown", "rst", "html", "htm", "pdf", "text", "adoc"];
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && known.contains(&ending.to_ascii_lowercase().as_str()) => stem,
        _ => name,
    }
}
