//! Documents as they are piped in: bytes of any encoding become text or a page's text, headings and pieces. PDFs are
//! skipped, since a process of their own reads them.
//!
//! Held true: no panic; headings stand in the text, in order; pieces do too and are cut on characters.

use delm::{
    ingest::{
        Document, ReadOptions, read,
        split::{by_headings, cut, cut_points, most_cuts, settle},
    },
    run::Method,
};

pub fn check(data: &[u8]) {
    let intake = read(&["-".to_owned()], data, &ReadOptions::default());
    assert_eq!(intake.documents.len() + intake.skipped.len(), 1);
    for document in &intake.documents {
        check_document(document);
    }
}

fn check_document(document: &Document) {
    let Document { text, headings, .. } = document;
    assert!(headings.iter().all(|heading| text.is_char_boundary(heading.offset)), "{headings:?}");
    assert!(headings.is_sorted_by_key(|heading| heading.offset), "{headings:?}");
    // Documents of a few lines are long enough to be cut.
    let method = Method { unit_max_chars: 200, unit_min_chars: 20, ..Method::default() };
    let mut pieces = Vec::new();
    for piece in by_headings(document) {
        let (points, most) = (cut_points(text, &piece), most_cuts(text, &piece, &method));
        assert!(points.iter().all(|point| text[piece.span.clone()].is_char_boundary(point.offset)), "{points:?}");
        let offsets: Vec<usize> = points.iter().step_by(2).map(|point| point.offset).take(most).collect();
        pieces.extend(cut(text, &piece, &offsets, &method));
    }
    let pieces = settle(text, pieces, &method);
    let whole: Option<String> = pieces.iter().map(|piece| text.get(piece.span.clone())).collect();
    assert_eq!(whole.as_deref(), Some(text.as_str()), "pieces tile the text: {pieces:?}");
}
