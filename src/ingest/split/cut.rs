//! Where a long piece may be cut, and the cut itself once somebody chose (METHOD §3a stage 0.4).
//! Offsets here count from the start of the piece, so that the first candidate is always 0.

use super::{
    Found, Piece, chars, family,
    lines::{Line, clip, lines},
    outline,
};
use crate::run::{CutPoint, Method};

/// Candidates offered for one piece; one more than the buckets, for offset 0.
const BUCKETS: usize = 79;

/// What is shown of the first sentence after a candidate, in characters.
const PREVIEW: usize = 140;

/// How far from a candidate a returned offset may be, in characters.
const SNAP: usize = 200;

/// The candidates of a piece: its start, and every line after a blank one or after the end of a sentence. Over 80, one
/// for each 79th of the piece, heading-like first. Offsets count from the start of the piece.
#[must_use]
pub fn cut_points(text: &str, piece: &Piece) -> Vec<CutPoint> {
    let text = &text[piece.span.clone()];
    let mut candidates = candidates(text);
    if candidates.len() > BUCKETS + 1 {
        candidates = thinned(candidates, text.len());
    }
    candidates
        .into_iter()
        .map(|found| CutPoint { offset: found.offset, preview: preview(&text[found.offset..]) })
        .collect()
}

/// The most pieces that a piece may be cut into: ⌊length ÷ unit maximum⌋ + 2.
#[must_use]
pub fn most_cuts(text: &str, piece: &Piece, method: &Method) -> usize {
    chars(text, &piece.span) / method.unit_max_chars.max(1) + 2
}

/// Cuts a piece at the returned offsets, which count from its start and snap to the nearest candidate within 200
/// characters or are dropped. Too many are thinned evenly; fewer than two, the start included, leave the piece whole.
#[must_use]
pub fn cut(text: &str, piece: &Piece, offsets: &[usize], method: &Method) -> Vec<Piece> {
    let body = &text[piece.span.clone()];
    let points: Vec<usize> = candidates(body).into_iter().map(|found| found.offset).collect();
    let mut starts: Vec<usize> = offsets.iter().filter_map(|offset| snapped(body, &points, *offset)).collect();
    starts.push(0);
    starts.sort_unstable();
    starts.dedup();
    let starts = spread(starts, most_cuts(text, piece, method));
    let ends = starts.iter().skip(1).copied().chain([body.len()]);
    let count = starts.len();
    if count < 2 {
        return vec![piece.clone()];
    }
    let spans = starts.iter().zip(ends).map(|(start, end)| piece.span.start + start..piece.span.start + end);
    let parts = spans.zip(1..).map(|(span, k)| Piece { title: format!("{} (part {k}/{count})", piece.title), span });
    parts.collect()
}

/// Every place a piece may be cut at; the first is 0.
fn candidates(text: &str) -> Vec<Found<'_>> {
    let places = lines(text).filter(|line| line.above.is_cut()).enumerate();
    places.map(|(i, Line { start, text, .. })| Found { offset: if i == 0 { 0 } else { start }, title: text }).collect()
}

/// The start, and of each of 79 equal stretches the first heading-like candidate, else the first.
fn thinned(candidates: Vec<Found<'_>>, length: usize) -> Vec<Found<'_>> {
    let mut kept: Vec<Found<'_>> = Vec::with_capacity(BUCKETS + 1);
    let (mut bucket, mut has_heading) = (usize::MAX, false);
    for candidate in candidates {
        let its = candidate.offset * BUCKETS / length.max(1);
        let is_heading = looks_like_heading(candidate.title);
        if kept.is_empty() {
            kept.push(candidate);
        } else if its != bucket {
            (bucket, has_heading) = (its, is_heading);
            kept.push(candidate);
        } else if is_heading && !has_heading {
            has_heading = true;
            *kept.last_mut().expect("the bucket has a candidate") = candidate;
        }
    }
    kept
}

/// A heading of a family, of Markdown, a numbered one, or a short line in capitals.
fn looks_like_heading(line: &str) -> bool {
    let in_capitals = || line.len() <= 80 && line.contains(char::is_uppercase) && !line.contains(char::is_lowercase);
    family::heading(line).is_some()
        || outline::at_sign(line).is_some()
        || outline::number(line).is_some()
        || in_capitals()
}

/// The first sentence, on one line.
fn preview(text: &str) -> String {
    let mut shown = String::new();
    let paragraph = text.trim_start().split("\n\n").next().unwrap_or_default();
    for word in paragraph.split_whitespace() {
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(word);
        if word.ends_with(['.', '!', '?']) && shown.split(' ').nth(2).is_some() || shown.len() > PREVIEW * 4 {
            break;
        }
    }
    clip(&shown, PREVIEW)
}

/// The candidate nearest to an offset, if it is near.
fn snapped(text: &str, points: &[usize], offset: usize) -> Option<usize> {
    let offset = text.floor_char_boundary(offset);
    let after = points.partition_point(|point| *point < offset);
    let around = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|i| points.get(i).copied());
    let distance = |point: usize| chars(text, &(point.min(offset)..point.max(offset)));
    let (far, point) = around.map(|point| (distance(point), point)).min()?;
    (far <= SNAP).then_some(point)
}

/// At most `most` of them at even steps, the first always among them.
fn spread(starts: Vec<usize>, most: usize) -> Vec<usize> {
    if starts.len() <= most {
        return starts;
    }
    (0..most).map(|i| starts[i * starts.len() / most]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Piece {
        Piece { title: "T".into(), span: 0..text.len() }
    }

    fn offsets(text: &str) -> Vec<usize> {
        cut_points(text, &whole(text)).into_iter().map(|point| point.offset).collect()
    }

    #[test]
    fn candidates_follow_blank_lines_and_sentence_ends() {
        let text = "one\ntwo.\nthree:\nfour\n\nfive";
        assert_eq!(offsets(text), [0, 9, 22]);
    }

    #[test]
    fn leading_white_space_belongs_to_the_first_candidate() {
        assert_eq!(offsets("\n\n  one"), [0]);
    }

    #[test]
    fn offsets_count_from_the_piece() {
        let text = "before\n\none\n\ntwo";
        let points = cut_points(text, &Piece { title: String::new(), span: 8..text.len() });
        assert_eq!(points.iter().map(|point| point.offset).collect::<Vec<_>>(), [0, 5]);
        assert_eq!(points[1].preview, "two");
    }

    #[test]
    fn a_preview_is_one_sentence_on_one_line() {
        assert_eq!(preview("The first\n  sentence. The next."), "The first sentence.");
        assert_eq!(preview("Heading\n\nText"), "Heading");
        assert_eq!(preview(&"ä".repeat(500)).chars().count(), 140);
    }

    #[test]
    fn at_most_eighty_with_headings_first() {
        let text: String =
            (0..790).map(|i| format!("{}\n\n", if i % 10 == 7 { "SECTION" } else { "a word." })).collect();
        let points = cut_points(&text, &whole(&text));
        assert_eq!(points.len(), 80);
        assert_eq!(points[0].preview, "a word.", "the start is always offered");
        assert!(points[1..].iter().all(|point| point.preview == "SECTION"), "every tenth line is one");
    }

    #[test]
    fn returned_offsets_snap_within_two_hundred_characters() {
        let text = format!("{}\n\n{}", "ä".repeat(1_000), "b".repeat(1_000));
        let at = |offset: usize| cut(&text, &whole(&text), &[offset], &Method::default()).len();
        // The border is at byte 2,002; 198 two-byte letters and the two newlines before it are 200 characters.
        assert_eq!(at(2_002 - 2 - 2 * 198), 2);
        assert_eq!(at(2_002 - 2 - 2 * 199), 1);
        assert_eq!(at(2_202), 2);
        assert_eq!(at(2_203), 1);
        assert_eq!(at(usize::MAX), 1);
    }

    #[test]
    fn a_cut_piece_is_numbered_and_tiled() {
        let text = "one.\n\ntwo.\n\nthree.";
        let pieces = cut(text, &whole(text), &[12], &Method::default());
        assert_eq!(pieces[0], Piece { title: "T (part 1/2)".into(), span: 0..12 });
        assert_eq!(pieces[1], Piece { title: "T (part 2/2)".into(), span: 12..18 });
    }

    #[test]
    fn too_many_are_thinned_evenly() {
        assert_eq!(spread(vec![0, 1, 2, 3, 4, 5], 3), [0, 2, 4]);
        assert_eq!(spread(vec![0, 1], 3), [0, 1]);
    }
}
