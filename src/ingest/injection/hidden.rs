//! Orders out of sight: letters without width or colour, and base64 that holds what a rule would match.

use std::ops::Range;

use base64::{Engine as _, alphabet, engine};

use super::{fold::Folded, rules};

pub(super) const RULES: &[(&str, &str)] = &[
    ("invisible", "holds letters that no reader sees"),
    ("encoded", "holds base64 that hides what another rule finds"),
];

/// So many characters without width in a row are a message, not spelling.
const UNSEEN: usize = 12;
const TAGS: usize = 4;

/// A base64 run that is read, in bytes. A longer one is a picture, of which the beginning is read.
const SHORTEST: usize = 24;
const LONGEST: usize = 4_096;

/// Forgiving about padding: whoever hides text need not be careful.
const BASE64: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::STANDARD,
    engine::GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
);

pub(super) fn matches(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = if text.is_ascii() { Vec::new() } else { unseen(text) };
    let hides = |span: &Range<usize>| span.len() >= SHORTEST && hides_order(&text[span.clone()]);
    found.extend(base64(text).filter(hides).map(|span| (span, "encoded")));
    found
}

/// Letters without width or colour.
fn unseen(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    for span in runs(text, |c| matches!(c, '\u{e0000}'..='\u{e0fff}' | '\u{1f3f4}')) {
        // The flags of Wales, Scotland and England are a black flag with its letters behind.
        let run = &text[span.clone()];
        let is_flag = run.starts_with('\u{1f3f4}') && run.chars().count() <= 8;
        if !is_flag && run.chars().filter(|c| *c != '\u{1f3f4}').count() >= TAGS {
            found.push((span, "invisible"));
        }
    }
    let unseen = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    let long = |span: &Range<usize>| text[span.clone()].chars().count() >= UNSEEN;
    found.extend(runs(text, unseen).filter(long).map(|span| (span, "invisible")));
    found
}

/// The longest stretches of letters of base64.
fn base64(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.as_bytes().split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))).map(
        move |run| {
            let end = start + run.len();
            std::mem::replace(&mut start, end + 1)..end
        },
    )
}

/// The longest stretches of characters of one kind.
fn runs(text: &str, is: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(&is)?;
        at = text[start..].find(|c| !is(c)).map_or(text.len(), |length| start + length);
        Some(start..at)
    })
}

fn hides_order(run: &str) -> bool {
    let run = run.trim_end_matches('=');
    let run = &run[..run.len().min(LONGEST)];
    // One letter over a group of four says nothing.
    let whole = if run.len() % 4 == 1 { &run[..run.len() - 1] } else { run };
    let Ok(bytes) = BASE64.decode(whole) else { return false };
    match String::from_utf8(bytes) {
        Ok(text) if text.contains(' ') => rules::any(&Folded::of(&text)),
        _ => false,
    }
}
