//! A, split: where a long unit is cut (METHOD §3a stage 0.4). Any failure leaves the unit whole.

use crate::{
    reason::{Desk, ReasonError},
    run::{CallKind, CutPoint, Stream},
};

use super::frame;

pub const PHRASE: &str = "# Choose where to cut";

/// The method's cap on the reply, in tokens (METHOD §3a stage 0.4).
const REPLY_TOKENS: u32 = 600;

/// An offset farther than this from any candidate, in bytes, was made up.
const SNAP: usize = 200;

/// # Errors
/// `Stopped` only.
pub async fn ask(desk: &dyn Desk, title: &str, points: &[CutPoint], most: usize) -> Result<Vec<usize>, ReasonError> {
    if points.len() < 2 || most < 2 {
        return Ok(vec![]);
    }
    let mut request = frame::alone(PHRASE, &prompt(title, points, most), REPLY_TOKENS);
    request.temperature = Some(0.0);
    match desk.call(CallKind::Split, request).await {
        Ok(reply) => Ok(parse(&reply, points, most)),
        Err(ReasonError::Stopped) => Err(ReasonError::Stopped),
        Err(error) => {
            desk.say(Stream::Reasoning, &format!("The text stays uncut: {error}.\n"));
            Ok(vec![])
        }
    }
}

fn prompt(title: &str, points: &[CutPoint], most: usize) -> String {
    let mut candidates = String::new();
    for CutPoint { offset, preview } in points {
        candidates.push_str(&format!("({offset}, {preview:?})\n"));
    }
    format!(
        "A document is too long to be read in one piece. Its title is {title:?}. Below are the places where it could be \
         cut, each with its offset and the words that follow. Choose the ones at which a new topic begins, so that each \
         piece holds together and no piece is much longer than the others. Choose {most} at most, the start of the text \
         included.\n\n{}\n\nReply with one list in ascending order that begins with the first offset, each offset with \
         the first words behind it:\n[(0, \"first words\"), (1234, \"first words\")]",
        frame::quoted(&candidates)
    )
}

/// The chosen offsets, ascending, snapped to candidates, with the first candidate forced in; empty when that leaves
/// fewer than two.
fn parse(reply: &str, points: &[CutPoint], most: usize) -> Vec<usize> {
    let Some(first) = points.first().map(|point| point.offset) else { return vec![] };
    let mut chosen = vec![first];
    chosen.extend(offsets(reply).into_iter().filter_map(|offset| snap(offset, points)));
    chosen.sort_unstable();
    chosen.dedup();
    if chosen.len() > most {
        chosen = (0..most).map(|i| chosen[i * chosen.len() / most]).collect();
    }
    if chosen.len() < 2 { vec![] } else { chosen }
}

/// The number of every pair of a number and a quoted text; the rest is passed over.
fn offsets(reply: &str) -> Vec<usize> {
    let pairs = reply.split(['(', '[']).filter_map(|pair| {
        let (number, text) = pair.split_once(',')?;
        text.trim_start().starts_with(['"', '\'', '“', '`']).then(|| number.trim().parse().ok())?
    });
    pairs.collect()
}

fn snap(offset: usize, points: &[CutPoint]) -> Option<usize> {
    let nearest = points.iter().map(|point| point.offset).min_by_key(|point| point.abs_diff(offset))?;
    (nearest.abs_diff(offset) <= SNAP).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points() -> Vec<CutPoint> {
        (0..10).map(|i| CutPoint { offset: i * 1000, preview: format!("words {i}") }).collect()
    }

    #[test]
    fn pairs_are_read_out_of_anything() {
        let reply = "Sure:\n```\n[(0, \"a\"), (2013, “b”), (5700, 'far'), [8000, \"c\"], (3000, no quote)]\n```";
        assert_eq!(parse(reply, &points(), 5), [0, 2000, 8000]);
    }

    #[test]
    fn too_few_or_too_many_are_put_right() {
        assert_eq!(parse("no idea", &points(), 5), [0usize; 0]);
        assert_eq!(parse("(0, \"a\")", &points(), 5), [0usize; 0]);
        let all: String = (0..10).map(|i| format!("({}, \"w\"), ", i * 1000)).collect();
        assert_eq!(parse(&all, &points(), 3), [0, 3000, 6000]);
        assert_eq!(parse("(4000, \"a\")", &points(), 5), [0, 4000]);
    }

    proptest! {
        #[test]
        fn any_reply_gives_candidates_in_order(reply in "[(0-9, \"a)]{0,60}", most in 0usize..6) {
            let cuts = parse(&reply, &points(), most);
            prop_assert!(cuts.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(cuts.iter().all(|cut| cut % 1000 == 0));
        }
    }
}
