//! A document into pieces that become units (METHOD §3a stage 0). Pure: no IO, no model.
//!
//! The engine's way through: `by_headings`; each piece that is `oversized` is offered as `cut_points`, its `most_cuts`
//! put to the reasoner, its answer to `cut`, at most `DEPTH` times; `settle` at the end. Pieces are always byte ranges
//! on character borders that tile the text; sizes are counted in characters.

mod cut;
mod family;
mod lines;
mod outline;
mod score;
mod settle;

use std::ops::Range;

use self::{
    family::FamilyHeading,
    lines::{clip, lines},
};
use super::Document;
use crate::run::{Media, Method};

pub use cut::{cut, cut_points, most_cuts};
pub use settle::settle;

/// How often a piece may be cut again (METHOD §3a stage 0.4).
pub const DEPTH: u32 = 2;

/// Text before the first heading that is worth a unit, in characters (METHOD §3a stage 0.3).
const PREAMBLE: usize = 200;

/// What a joined title may have, in characters (METHOD §3a stage 0.6).
const TITLE_MOST: usize = 200;

/// A stretch of a document with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The heading it stands under, or the document's title.
    pub title: String,
    /// Byte range in the document's text, on character borders.
    pub span: Range<usize>,
}

/// A heading: where its line starts and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found<'t> {
    offset: usize,
    title: &'t str,
}

/// The pieces that the document's own headings make (METHOD §3a stage 0.1–0.3), else [our own] those of its markup,
/// else the whole document. Only an empty text gives none.
#[must_use]
pub fn by_headings(document: &Document) -> Vec<Piece> {
    let whole = 0..document.text.len();
    if whole.is_empty() {
        return Vec::new();
    }
    let found = of_families(document).unwrap_or_else(|| {
        let found = outline::headings(document).into_iter();
        found.map(|found| (found.offset, clip(found.title, TITLE_MOST))).collect()
    });
    at_headings(&document.text, &document.title, found)
}

/// Whether a piece is long enough to be put to the reasoner (METHOD §3a stage 0.4).
#[must_use]
pub fn oversized(text: &str, piece: &Piece, method: &Method) -> bool {
    chars(text, &piece.span) > method.split_above_chars
}

/// The headings of the family that fits best. [our own] In a PDF the same heading again is the head of a page, no border.
fn of_families(document: &Document) -> Option<Vec<(usize, String)>> {
    let mut families: Vec<Vec<Found<'_>>> = vec![Vec::new(); family::COUNT];
    let mut keys = [""; family::COUNT];
    for line in lines(&document.text).filter(|line| line.above.is_boundary()) {
        let Some(FamilyHeading { family, title, key }) = family::heading(line.text) else { continue };
        let repeats = keys[family].eq_ignore_ascii_case(key);
        keys[family] = key;
        if !(repeats && document.media == Media::Pdf) {
            families[family].push(Found { offset: line.start, title });
        }
    }
    let ranked = families.into_iter().enumerate();
    let (number, found) = score::best(ranked, |(_, found)| found.iter().map(|found| found.offset).collect())?;
    let cap = family::title_cap(number);
    Some(found.into_iter().map(|found| (found.offset, clip(found.title, cap))).collect())
}

/// A piece for every heading with a body. A heading without one goes to the piece before it and its title is dropped; so
/// does a short preamble, to the piece after it.
fn at_headings(text: &str, whole: &str, found: Vec<(usize, String)>) -> Vec<Piece> {
    let ends: Vec<usize> = found.iter().skip(1).map(|next| next.0).chain([text.len()]).collect();
    let mut pieces: Vec<Piece> = Vec::with_capacity(found.len() + 1);
    let first = found.first().map_or(text.len(), |first| first.0);
    if found.is_empty() || text[..first].trim().chars().count() > PREAMBLE {
        pieces.push(Piece { title: whole.to_owned(), span: 0..first });
    }
    for ((start, title), end) in found.into_iter().zip(ends) {
        let body = text[start..end].trim_start().split_once('\n').map_or("", |line| line.1);
        match pieces.last_mut() {
            Some(before) if body.trim().is_empty() => before.span.end = end,
            None => pieces.push(Piece { title, span: 0..end }),
            Some(_) => pieces.push(Piece { title, span: start..end }),
        }
    }
    pieces
}

/// Characters in a stretch of text.
fn chars(text: &str, span: &Range<usize>) -> usize {
    text[span.clone()].chars().count()
}
