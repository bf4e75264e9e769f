//! Cutting documents into units: by headings, where they are long, and whatever they hold.

use delm::{
    ingest::{Document, ReadOptions, read, split},
    run::{Media, Method},
};
use proptest::prelude::*;

fn text(text: impl Into<String>) -> Document {
    let text = text.into();
    Document {
        path: "acts/act.txt".into(),
        title: "act.txt".into(),
        media: Media::Text,
        bytes: text.len() as u64,
        text,
        headings: Vec::new(),
        suspicions: Vec::new(),
    }
}

fn titles(document: &Document) -> Vec<String> {
    split::by_headings(document).into_iter().map(|piece| piece.title).collect()
}

#[test]
fn a_family_of_headings_cuts_and_mentions_do_not() {
    let act = text(
        "Section 1 Scope\nThis act follows\nSection 9 of the old one.\n\nSection 2 Fees\nAs in (see\n\
         Section 1 above), fees are due.\nSection 3 End\nIt ends.\n",
    );
    assert_eq!(titles(&act), ["Section 1 Scope", "Section 2 Fees", "Section 3 End"]);
}

#[test]
fn the_head_of_a_page_is_no_border_in_a_pdf() {
    let mut book =
        text("Chapter 1: A 1\nx\n\nChapter 1: A 2\nx\n\nCHAPTER 2: B 3\nx\n\nChapter 3: C 4\nx\n\nChapter 3: C 5\nx");
    assert_eq!(titles(&book).len(), 5);
    book.media = Media::Pdf;
    assert_eq!(titles(&book), ["Chapter 1: A 1", "CHAPTER 2: B 3", "Chapter 3: C 4"]);
}

#[test]
fn the_family_with_the_better_score_wins() {
    let chapters: String = (1..=3).map(|i| format!("Chapter {i}\n\n{}\n", "word ".repeat(200))).collect();
    let sections: String = (1..=9).map(|i| format!("Section {i}\n\n{}\n\n", "word ".repeat(60))).collect();
    // Three evenly long chapters score 3; nine sections, just as even, 9.
    let document = text(format!("{chapters}\n{sections}"));
    assert_eq!(titles(&document).len(), 10, "nine sections, and the chapters before them as preamble");
    assert_eq!(titles(&document)[..2], ["act.txt", "Section 1"]);
}

#[test]
fn a_long_preamble_is_kept_and_a_short_one_joins() {
    let body = "Article 1\na\n\nArticle 2\nb\n\nArticle 3\nc\n";
    let short = text(format!("{}\n\n{body}", "x".repeat(200)));
    assert_eq!(titles(&short), ["Article 1", "Article 2", "Article 3"]);
    assert_eq!(split::by_headings(&short)[0].span.start, 0);
    let long = text(format!("{}\n\n{body}", "x".repeat(201)));
    assert_eq!(titles(&long), ["act.txt", "Article 1", "Article 2", "Article 3"]);
}

#[test]
fn headings_without_a_body_are_dropped_but_not_their_text() {
    let act = text("Part 1\n\nPart 2\n\nPart 3\n\nPart 1\nreal\n\nPart 2\nreal too\n");
    assert_eq!(titles(&act), ["Part 1", "Part 1", "Part 2"], "the first one takes the list of contents");
    assert_eq!(split::by_headings(&act)[0].span, 0..24);
}

#[test]
fn other_outlines_serve_where_no_family_fits() {
    let mut guide = text("# Guide\n\nintro\n\n## Use\n\nx\n\n### Deep\n\n## License\n\ny\n");
    guide.media = Media::Markdown;
    assert_eq!(titles(&guide), ["Guide", "Use", "License"]);
    let terms = text("1. Scope\n\nx\n\n2. Terms\n\ny\n\n3. End\n\nz\n");
    assert_eq!(titles(&terms), ["1. Scope", "2. Terms", "3. End"]);
    let mut script = text("# one\n\n# two\n\n# three\n\nx\n");
    script.media = Media::Code;
    assert_eq!(titles(&script), ["act.txt"], "comments are no headings");
    let page = "<html><h1>One</h1><p>a</p><h2>Two</h2><p>b</p><h2>Three</h2><p>c</p>";
    let intake = read(&["-".to_owned()], page.as_bytes(), &ReadOptions::default());
    assert_eq!(intake.documents.iter().map(titles).collect::<Vec<_>>(), [["One", "Two", "Three"]]);
}

#[test]
fn a_long_unit_is_offered_cut_and_settled() {
    let paragraph = format!("{} end.\n\n", "word ".repeat(100));
    let document = text(paragraph.repeat(80));
    let method = Method::default();
    let [whole] = <[split::Piece; 1]>::try_from(split::by_headings(&document)).expect("it has no headings");
    assert!(split::oversized(&document.text, &whole, &method), "80 paragraphs of 507 characters");
    assert_eq!(split::most_cuts(&document.text, &whole, &method), 3, "40,560 / 25,000 is one, and two");
    let points = split::cut_points(&document.text, &whole);
    assert_eq!(points.len(), 80);
    let parts = split::cut(&document.text, &whole, &[points[40].offset + 150], &method);
    assert_eq!(parts.iter().map(|part| part.span.clone()).collect::<Vec<_>>(), [0..40 * 507, 40 * 507..80 * 507]);
    assert_eq!(split::settle(&document.text, parts.clone(), &method), parts);
    assert_eq!(split::cut(&document.text, &whole, &[], &method), [whole]);
}

/// Text that looks like documents do: headings, prose, blank lines, odd characters.
fn documents() -> impl Strategy<Value = Document> {
    let line = prop_oneof![
        4 => "[ -~äß漢🦀\u{301}]{0,60}[.!?:,]?",
        2 => "(Section|CHAPTER|Item|Annex|Source:|Document|#|##) ?[0-9A-Ziv]{0,3}[ a-zé]{0,20}",
        1 => "[0-9]\\. [A-Z][a-z]{1,9}",
        2 => "(|[ \t]{1,3}|=====|-----|```)",
    ];
    let end = prop_oneof![6 => "\n", 1 => "\r\n", 2 => "\n\n"];
    let kinds = prop::sample::select(vec![Media::Text, Media::Markdown, Media::Rst, Media::Code, Media::Pdf]);
    (prop::collection::vec((line, end), 0..60), kinds).prop_map(|(lines, media)| {
        let all: String = lines.into_iter().flat_map(|(line, end)| [line, end]).collect();
        Document { media, ..text(all) }
    })
}

fn assert_tiled(text: &str, pieces: &[split::Piece], whole: std::ops::Range<usize>) -> Result<(), TestCaseError> {
    let mut at = whole.start;
    for piece in pieces {
        prop_assert_eq!(piece.span.start, at);
        prop_assert!(text.get(piece.span.clone()).is_some_and(|body| !body.is_empty()), "{:?}", piece);
        at = piece.span.end;
    }
    prop_assert_eq!(at, whole.end);
    Ok(())
}

fn small() -> Method {
    Method { split_above_chars: 120, unit_min_chars: 30, unit_max_chars: 100, ..Method::default() }
}

proptest! {
    #[test]
    fn pieces_tile_the_text_at_every_step(document in documents(), picks in prop::collection::vec(0usize..4_000, 0..12)) {
        let (text, method) = (document.text.as_str(), small());
        let pieces = split::by_headings(&document);
        assert_tiled(text, &pieces, 0..text.len())?;
        let mut cut = Vec::new();
        for piece in pieces {
            let parts = split::cut(text, &piece, &picks, &method);
            assert_tiled(text, &parts, piece.span.clone())?;
            prop_assert!(parts.len() <= split::most_cuts(text, &piece, &method));
            cut.extend(parts);
        }
        let settled = split::settle(text, cut, &method);
        assert_tiled(text, &settled, 0..text.len())?;
        prop_assert!(settled.iter().all(|piece| !piece.title.is_empty() && !piece.title.contains('\n')));
    }

    #[test]
    fn every_offered_point_can_be_cut_at(document in documents()) {
        for piece in split::by_headings(&document) {
            let points = split::cut_points(&document.text, &piece);
            prop_assert!(points.len() <= 80);
            prop_assert!(points.is_sorted_by(|a, b| a.offset < b.offset));
            prop_assert!(points.iter().all(|point| point.preview.chars().count() <= 140));
            let body = &document.text[piece.span.clone()];
            prop_assert_eq!(points.first().map(|point| point.offset), (!body.trim().is_empty()).then_some(0));
            for point in points.iter().skip(1) {
                let parts = split::cut(&document.text, &piece, &[point.offset], &Method::default());
                prop_assert_eq!(parts.len(), 2);
                prop_assert_eq!(parts[1].span.start - piece.span.start, point.offset);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_skipped(bytes in prop::collection::vec(any::<u8>(), 0..400), html in any::<bool>()) {
        let mut bytes = bytes;
        if html {
            bytes.splice(0..0, *b"<html>");
        }
        let intake = read(&["-".to_owned()], &bytes, &ReadOptions::default());
        prop_assert_eq!(intake.documents.len() + intake.skipped.len(), 1);
        for document in &intake.documents {
            prop_assert!(document.headings.iter().all(|heading| document.text.is_char_boundary(heading.offset)));
            assert_tiled(&document.text, &split::by_headings(document), 0..document.text.len())?;
        }
    }

    #[test]
    fn any_markup_becomes_text(html in "(<(/?(p|h1|h2|a|li|ul|ol|td|tr|table|pre|br|sup|title|script|b)( x=1)?)>|[a-z¶ \n]{0,4}){0,40}") {
        let intake = read(&["-".to_owned()], format!("<html>{html}").as_bytes(), &ReadOptions::default());
        for document in &intake.documents {
            prop_assert!(document.headings.is_sorted_by_key(|heading| heading.offset));
            for heading in &document.headings {
                prop_assert!(document.text[heading.offset..].starts_with(|c: char| !c.is_whitespace()));
            }
            assert_tiled(&document.text, &split::by_headings(document), 0..document.text.len())?;
        }
    }
}
