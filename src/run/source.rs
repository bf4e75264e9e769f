//! Documents as the run knows them: a source is what was read, a unit is the stretch of it that has a label.

use std::{collections::HashMap, fmt, ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    id::{BlobId, SourceId},
    label::Label,
};

/// What kind of document a source was before its text was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    Text,
    Markdown,
    Rst,
    Html,
    Pdf,
    Code,
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Media::Text => "text",
            Media::Markdown => "markdown",
            Media::Rst => "rst",
            Media::Html => "html",
            Media::Pdf => "pdf",
            Media::Code => "code",
        })
    }
}

/// One document that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub id: SourceId,
    /// As the user would name it; `-` is standard input.
    pub path: String,
    pub media: Media,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// The extracted text, UTF-8.
    pub text: BlobId,
    /// The stretches that its own headings make, in order (METHOD §3a stage 0.1–0.3).
    pub sections: Vec<Section>,
    /// Places where the text speaks to a model, in order of `span.start`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
}

/// A place where a document speaks to whoever reads it as to a model that takes orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicion {
    /// The rule that found it.
    pub rule: String,
    /// The words themselves: byte offsets into the extracted text, on character borders.
    pub span: Range<usize>,
    /// The paragraph that they stand in. What is taken from it is suspicious too.
    pub reach: Range<usize>,
}

/// A stretch of a source under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    pub title: String,
    /// Byte offsets into the extracted text, on character borders.
    pub span: Range<usize>,
}

/// A labelled stretch of one source (METHOD §2.1 "Source unit"). The units of a source do not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// `W0 S<i>`.
    pub label: Label,
    pub source: SourceId,
    /// The heading it stands under, or the file's name.
    pub title: String,
    /// Byte offsets into the source's extracted text; `start..end` is on character borders.
    pub start: usize,
    pub end: usize,
}

/// A place where a long unit may be cut (stage 0.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutPoint {
    /// Byte offset into the text.
    pub offset: usize,
    /// The first sentence after it, at most 140 characters.
    pub preview: String,
}

/// The documents of a run in memory: what an agent may unfold down to.
#[derive(Debug, Default)]
pub struct Corpus {
    units: Vec<Unit>,
    paths: HashMap<SourceId, String>,
    texts: HashMap<SourceId, Arc<str>>,
}

impl Corpus {
    /// The sources with their texts, and all units in label order. Linear in both.
    #[must_use]
    pub fn of<'a>(sources: impl IntoIterator<Item = (&'a Source, Arc<str>)>, units: &[Unit]) -> Self {
        let mut corpus = Corpus::default();
        for (source, text) in sources {
            corpus.add(source, text, []);
        }
        corpus.units = units.to_vec();
        corpus
    }

    /// Adds a source with its units. Units come in label order over all calls: `W0 S1` is the first added.
    pub fn add(&mut self, source: &Source, text: Arc<str>, units: impl IntoIterator<Item = Unit>) {
        self.paths.insert(source.id, source.path.clone());
        self.texts.insert(source.id, text);
        self.units.extend(units);
        debug_assert!(
            self.units.iter().zip(1..).all(|(unit, i)| unit.label == Label::unit(i)),
            "units are added in label order"
        );
    }

    /// In label order.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit that a document label, whole or part, belongs to.
    #[must_use]
    pub fn unit(&self, label: Label) -> Option<&Unit> {
        label.is_unit().then(|| self.units.get(label.index.checked_sub(1)? as usize)).flatten()
    }

    /// A unit's raw text. Offsets of citations count in it.
    #[must_use]
    pub fn text(&self, label: Label) -> Option<&str> {
        let unit = self.unit(label)?;
        self.texts.get(&unit.source)?.get(unit.start..unit.end)
    }

    /// The path of the source that a unit was cut from.
    #[must_use]
    pub fn path(&self, label: Label) -> Option<&str> {
        self.unit(label).and_then(|unit| self.paths.get(&unit.source)).map(String::as_str)
    }

    /// The verbatim text that a citation points at.
    #[must_use]
    pub fn quote(&self, citation: &Citation) -> Option<&str> {
        self.text(citation.label)?.get(citation.span.clone()?)
    }
}

/// Where a statement says it comes from. A document label always has a span; an entry's label never has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Citation {
    pub label: Label,
    /// Byte offsets into the unit's raw text; the quote is that slice, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Range<usize>>,
}

impl Citation {
    #[must_use]
    pub fn of(label: Label, span: Range<usize>) -> Self {
        Citation { label, span: Some(span) }
    }

    #[must_use]
    pub fn of_entry(label: Label) -> Self {
        Citation { label, span: None }
    }
}
