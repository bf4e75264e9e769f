//! The last two steps: what is still far too long is halved, what is too short is merged (METHOD §3a stages 0.5, 0.6).
//! It never merges over the border of a document, since it sees one document at a time.

use super::{
    Piece, TITLE_MOST, chars,
    lines::{Above, clip, lines},
};
use crate::run::Method;

/// How many times the unit maximum a piece may have before it is halved without asking anyone.
const FAR_TOO_LONG: usize = 5;

/// The final pieces of a document.
#[must_use]
pub fn settle(text: &str, pieces: Vec<Piece>, method: &Method) -> Vec<Piece> {
    let halved = pieces.into_iter().flat_map(|piece| {
        let too_long = chars(text, &piece.span) > method.unit_max_chars.saturating_mul(FAR_TOO_LONG);
        if too_long { halve(text, piece, method) } else { vec![piece] }
    });
    merge(text, halved, method)
}

/// Halves at the paragraph break, else the newline, nearest to the middle, until nothing is too long or no break is left.
fn halve(text: &str, piece: Piece, method: &Method) -> Vec<Piece> {
    let (start, end) = (piece.span.start, piece.span.end);
    let (mut paragraphs, mut newlines) = (Vec::new(), Vec::new());
    for line in lines(&text[start..end]).skip(1) {
        let breaks = if line.above == Above::Blank { &mut paragraphs } else { &mut newlines };
        breaks.push(start + line.start);
    }
    let mut open = vec![piece.span.clone()];
    let mut spans = Vec::new();
    while let Some(span) = open.pop() {
        let middle = span.start.midpoint(span.end);
        let at = || [&paragraphs, &newlines].into_iter().find_map(|breaks| nearest(breaks, middle, &span));
        match if chars(text, &span) > method.unit_max_chars { at() } else { None } {
            Some(at) => open.extend([at..span.end, span.start..at]),
            None => spans.push(span),
        }
    }
    let count = spans.len();
    if count < 2 {
        return vec![piece];
    }
    let numbered = spans.into_iter().zip(1..);
    numbered.map(|(span, k)| Piece { title: format!("{} (force {k}/{count})", piece.title), span }).collect()
}

/// The break inside a span that is nearest to its middle. `breaks` ascend.
fn nearest(breaks: &[usize], middle: usize, span: &std::ops::Range<usize>) -> Option<usize> {
    let after = breaks.partition_point(|at| *at < middle);
    let around = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|i| breaks.get(i).copied());
    around.filter(|at| span.start < *at && *at < span.end).min_by_key(|at| at.abs_diff(middle))
}

/// A short piece joins the one before it, the first one the one after. [our own] Never past what stage 0.4 would cut
/// again: without that, a document of many short sections would become one unit.
fn merge(text: &str, pieces: impl IntoIterator<Item = Piece>, method: &Method) -> Vec<Piece> {
    struct Sized {
        piece: Piece,
        chars: usize,
    }
    let mut merged: Vec<Sized> = Vec::new();
    for piece in pieces {
        let chars = chars(text, &piece.span);
        match merged.last_mut() {
            Some(last)
                if last.chars.min(chars) < method.unit_min_chars && last.chars + chars <= method.split_above_chars =>
            {
                last.piece.title = joined(&last.piece.title, &piece.title);
                last.piece.span.end = piece.span.end;
                last.chars += chars;
            }
            _ => merged.push(Sized { piece, chars }),
        }
    }
    merged.into_iter().map(|sized| sized.piece).collect()
}

fn joined(first: &str, second: &str) -> String {
    // A title that is full stays as it is, so that joining many costs no more than joining two.
    if first == second || first.ends_with('…') {
        return first.to_owned();
    }
    clip(&format!("{first}; {second}"), TITLE_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method() -> Method {
        Method { unit_min_chars: 10, unit_max_chars: 20, split_above_chars: 30, ..Method::default() }
    }

    /// Pieces of these sizes, named a, b, c and so on, over a text without any break.
    fn sized(sizes: &[usize]) -> (String, Vec<Piece>) {
        let mut start = 0;
        let pieces = sizes.iter().zip('a'..).map(|(size, name)| {
            start += size;
            Piece { title: name.to_string(), span: start - size..start }
        });
        ("x".repeat(sizes.iter().sum()), pieces.collect())
    }

    fn titles(sizes: &[usize]) -> Vec<String> {
        let (text, pieces) = sized(sizes);
        settle(&text, pieces, &method()).into_iter().map(|piece| piece.title).collect()
    }

    #[test]
    fn short_pieces_join_the_one_before_and_the_first_the_next() {
        assert_eq!(titles(&[15, 5, 15]), ["a; b", "c"]);
        assert_eq!(titles(&[5, 15, 15]), ["a; b", "c"]);
        assert_eq!(titles(&[10, 10]), ["a", "b"], "ten are enough");
    }

    #[test]
    fn merging_never_makes_what_would_be_cut_again() {
        assert_eq!(titles(&[28, 5, 28]), ["a", "b", "c"]);
        assert_eq!(titles(&[28, 5, 15]), ["a", "b; c"], "the next one has room");
        assert_eq!(titles(&[9; 7]), ["a; b; c", "d; e; f", "g"]);
    }

    #[test]
    fn joined_titles_end_at_two_hundred_characters() {
        let title = joined(&"ä".repeat(150), &"ö".repeat(150));
        assert_eq!(title.chars().count(), 200);
        assert_eq!(joined(&title, "more"), title);
    }

    #[test]
    fn far_too_long_pieces_are_halved_at_paragraphs_first() {
        // 101 characters in lines of ten; the only blank line is after the third.
        let text = format!("{}\n{}", "123456789\n".repeat(3), "123456789\n".repeat(7));
        let pieces = halve(&text, Piece { title: "T".into(), span: 0..text.len() }, &method());
        let spans: Vec<_> = pieces.iter().map(|piece| piece.span.clone()).collect();
        assert_eq!(spans[..2], [0..10, 10..20], "cut at 31 first, then at newlines");
        assert!(pieces.iter().all(|piece| chars(&text, &piece.span) <= 20));
        assert_eq!(pieces[0].title, format!("T (force 1/{})", pieces.len()));
    }

    #[test]
    fn without_a_break_it_is_left_alone() {
        let (text, pieces) = sized(&[500]);
        assert_eq!(settle(&text, pieces.clone(), &method()), pieces);
    }
}
