//! Sentences: exact byte ranges of a block's sentences. A sentence runs over line breaks and never over a block's end.

use std::ops::Range;

/// Longer blocks without a sentence end are cut at a line end or a semicolon, in bytes.
const LONGEST: usize = 1_200;

/// The sentences of the block that stands at `span` in `text`, trimmed, as offsets into `text`.
///
/// `flat` is scratch: line breaks become spaces there, byte for byte, since the splitter takes a blank line for an end.
pub fn sentences(text: &str, span: Range<usize>, flat: &mut String, out: &mut Vec<Range<usize>>) {
    flat.clear();
    for line in text[span.clone()].split_inclusive(['\n', '\r', '\t']) {
        flat.push_str(line);
        if line.ends_with(['\n', '\r', '\t']) {
            flat.pop();
            flat.push(' ');
        }
    }
    if !flat.contains(['.', '!', '?', '。', '…', '！', '？']) {
        push(text, span, out);
        return;
    }
    let mut at = 0;
    for piece in sentencex::segment("en", flat) {
        let from = span.start + at;
        at += piece.len();
        push(text, from..span.start + at, out);
    }
    // The splitter gives back every byte; should it ever not, the rest is one sentence rather than lost.
    push(text, span.start + at..span.end, out);
}

fn push(text: &str, span: Range<usize>, out: &mut Vec<Range<usize>>) {
    let raw = &text[span.clone()];
    let trimmed = raw.trim();
    if trimmed.is_empty() {
        return;
    }
    let start = span.start + (raw.len() - raw.trim_start().len());
    let end = start + trimmed.len();
    if trimmed.len() <= LONGEST {
        // A bare list mark ("2." or "a)") belongs to the sentence that follows it.
        if let Some(last) = out.last_mut()
            && last.end <= start
            && text[last.end..start].trim().is_empty()
            && is_mark(&text[last.clone()])
        {
            last.end = end;
            return;
        }
        out.push(start..end);
        return;
    }
    let cut = cut_point(trimmed);
    push(text, start..start + cut, out);
    push(text, start + cut..end, out);
}

fn is_mark(text: &str) -> bool {
    text.len() <= 5 && text.ends_with(['.', ')']) && !text.contains(char::is_whitespace)
}

/// Where an overlong sentence is cut: the border nearest below the limit, the best kind of border first.
fn cut_point(text: &str) -> usize {
    let mut limit = LONGEST;
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let head = &text[..limit];
    ["; ", ";\n", ":\n", "\n", ", ", " "]
        .iter()
        .find_map(|mark| head.rfind(mark).filter(|at| *at > LONGEST / 4).map(|at| at + mark.len()))
        .unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        let mut spans = Vec::new();
        sentences(text, 0..text.len(), &mut String::new(), &mut spans);
        spans.into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn a_sentence_runs_over_line_breaks_and_abbreviations() {
        let text = "See Fig. 3 of Dr. Who's\n  paper. It is by the F.S.F. and old.\nDone!";
        assert_eq!(cut(text), ["See Fig. 3 of Dr. Who's\n  paper.", "It is by the F.S.F. and old.", "Done!"]);
    }

    #[test]
    fn a_number_belongs_to_its_sentence() {
        assert_eq!(cut("1. You may copy.  You may sell."), ["1. You may copy.", "You may sell."]);
    }

    #[test]
    fn nothing_is_lost_in_an_overlong_sentence() {
        let text = "word ".repeat(1000);
        let pieces = cut(&text);
        assert!(pieces.iter().all(|piece| piece.len() <= LONGEST));
        assert_eq!(pieces.join(" "), text.trim());
    }
}
