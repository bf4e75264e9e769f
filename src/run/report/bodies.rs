//! Bodies behind facts, read as what they are: steps, verbatim evidence. What is not at hand is counted, never guessed.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use crate::run::{entry::Entry, id::BlobId, label::Label, one_line, source::Citation, state::Run, write::Trajectory};

use super::around::around;

pub(super) struct Bodies<'a> {
    run: &'a Run,
    body: &'a dyn Fn(BlobId) -> Option<Vec<u8>>,
    texts: RefCell<HashMap<BlobId, Option<Rc<str>>>>,
    missing: Cell<usize>,
}

impl<'a> Bodies<'a> {
    pub fn new(run: &'a Run, body: &'a dyn Fn(BlobId) -> Option<Vec<u8>>) -> Self {
        Bodies { run, body, texts: RefCell::default(), missing: Cell::new(0) }
    }

    /// How many bodies were looked for in vain.
    pub fn missing(&self) -> usize {
        self.missing.get()
    }

    fn bytes(&self, id: BlobId) -> Option<Vec<u8>> {
        let bytes = (self.body)(id);
        self.missing.set(self.missing.get() + usize::from(bytes.is_none()));
        bytes
    }

    /// The steps behind an entry, and what its author had before it.
    pub fn trajectory(&self, entry: &Entry) -> Option<Trajectory> {
        serde_json::from_slice(&self.bytes(entry.trajectory?)?).ok()
    }

    fn text(&self, id: BlobId) -> Option<Rc<str>> {
        if let Some(text) = self.texts.borrow().get(&id) {
            return text.clone();
        }
        let text = self.bytes(id).and_then(|bytes| String::from_utf8(bytes).ok()).map(Rc::from);
        self.texts.borrow_mut().insert(id, text.clone());
        text
    }

    /// Where a document's label stands: the path of its source, and the heading.
    pub fn place(&self, label: Label) -> String {
        let unit = self.run.unit(label);
        let path = unit.and_then(|unit| self.run.path(unit));
        path.map_or_else(|| "a document that this run does not have".to_owned(), str::to_owned)
    }

    /// The words that a citation points at, as far as `said` speaks of them, with their place; or that they are not at
    /// hand.
    pub fn evidence(&self, citation: &Citation, said: &str) -> String {
        let Some(span) = citation.span.clone() else { return self.place(citation.label) };
        let place = format!("{} {}–{}", self.place(citation.label), span.start, span.end);
        let words = || {
            let unit = self.run.unit(citation.label)?;
            let source = self.run.sources.iter().find(|source| source.id == unit.source)?;
            let text = self.text(source.text)?;
            text.get(unit.start + span.start..unit.start + span.end).map(one_line)
        };
        match words() {
            Some(words) => format!("{place}: “{}”", around(&words, said)),
            None => format!("{place}: the words are not at hand"),
        }
    }
}
