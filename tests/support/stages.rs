//! Documents on their way to an agent, as the program takes them: read, cut, studied, summarised, put into gists.

use std::sync::Arc;

use delm::{
    ingest::{self, Document, ReadOptions, split},
    reason::{Desk, Reasoner},
    run::{Corpus, Label, Method, Section, Source, SourceId, Unit},
    store::Body,
};

/// The documents under these paths.
pub fn read(paths: &[String], options: &ReadOptions) -> Vec<Document> {
    let intake = ingest::read(paths, b"", options);
    assert!(intake.skipped.is_empty(), "{:?}", intake.skipped);
    intake.documents
}

/// The documents cut into units.
pub async fn cut(documents: Vec<Document>, reasoner: &dyn Reasoner, desk: &dyn Desk) -> Arc<Corpus> {
    let method = Method::default();
    let mut corpus = Corpus::default();
    let mut label = 0;
    for (document, id) in documents.into_iter().zip(1..) {
        let mut pieces = Vec::new();
        let sections = split::by_headings(&document);
        let text: Arc<str> = document.text.into();
        for piece in sections.iter().cloned() {
            let mut open = vec![(piece, 0)];
            while let Some((piece, depth)) = open.pop() {
                let mut parts = vec![];
                if depth < split::DEPTH && split::oversized(&text, &piece, &method) {
                    let points = split::cut_points(&text, &piece);
                    let most = split::most_cuts(&text, &piece, &method);
                    let offsets = reasoner.split(desk, &piece.title, &points, most).await.expect("it cuts");
                    parts = split::cut(&text, &piece, &offsets, &method);
                }
                match parts.len() {
                    0 | 1 => pieces.push(piece),
                    _ => open.extend(parts.into_iter().rev().map(|part| (part, depth + 1))),
                }
            }
        }
        let units = split::settle(&text, pieces, &method).into_iter().map(|piece| {
            label += 1;
            let split::Piece { title, span } = piece;
            Unit { label: Label::unit(label), source: SourceId(id), title, start: span.start, end: span.end }
        });
        let units: Vec<Unit> = units.collect();
        let sections = sections.into_iter().map(|split::Piece { title, span }| Section { title, span }).collect();
        let source = Source {
            id: SourceId(id),
            path: document.path,
            media: document.media,
            bytes: document.bytes,
            text: Body::of(text.as_bytes()).id,
            sections,
            suspicions: document.suspicions,
        };
        corpus.add(&source, text, units);
    }
    Arc::new(corpus)
}

/// The gist of a unit, by way of its summary.
pub async fn gist(corpus: &Corpus, label: Label, question: &str, reasoner: &dyn Reasoner, desk: &dyn Desk) -> String {
    let summary = reasoner.summarize(desk, corpus, label).await.expect("it summarises");
    let title = &corpus.unit(label).expect("it is there").title;
    reasoner.gist_unit(desk, question, title, &summary).await.expect("it has a gist")
}
