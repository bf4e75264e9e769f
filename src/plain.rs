//! Makes hostile text harmless before it is drawn, printed, logged or copied.
//!
//! Pure and stateless: each character is judged alone, so a sequence that was cut in two by a stream stays harmless.
//! What could steer a terminal or hide text is shown as a visible sign; what has no width of its own is left out.

use std::borrow::Cow;

/// How many combining marks may sit on one character; more are left out.
const MARKS: usize = 4;

/// Text of one or more lines. Line breaks stay, a tab becomes four spaces.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len());
    let mut marks = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if is_combining(c) {
            marks += 1;
            if marks <= MARKS {
                harmless.push(c);
            }
            continue;
        }
        marks = 0;
        match c {
            '\n' => harmless.push('\n'),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\t' => harmless.push_str("    "),
            '\u{2028}' | '\u{2029}' => harmless.push('\n'),
            // The control pictures block mirrors C0 in order.
            '\0'..='\u{1f}' => harmless.push(char::from_u32(0x2400 + c as u32).unwrap_or('␦')),
            '\u{7f}' => harmless.push('␡'),
            c if is_steering(c) => harmless.push_str(&format!("⟪U+{:04X}⟫", c as u32)),
            c if is_invisible(c) => {}
            c => harmless.push(c),
        }
    }
    Cow::Owned(harmless)
}

/// Text for a single line: line breaks become spaces.
#[must_use]
pub fn plain_line(text: &str) -> Cow<'_, str> {
    match plain(text) {
        text if !text.contains('\n') => text,
        text => {
            Cow::Owned(text.split('\n').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
        }
    }
}

/// The beginning of a text for a single line, with an ellipsis when there is more. Rows that are drawn often cost what
/// they show, however long the text is.
#[must_use]
pub fn plain_start(text: &str, bytes: usize) -> Cow<'_, str> {
    if text.len() <= bytes {
        return plain_line(text);
    }
    let start = &text[..text.floor_char_boundary(bytes)];
    Cow::Owned(plain_line(start).into_owned() + "…")
}

/// C1 controls, bidirectional controls, tag characters and annotation marks: they act on what stands around them.
fn is_steering(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Characters without a width that a reader cannot see. Joiners and variation selectors are among them: terminals do
/// not agree on the width of what they join.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0080}'..='\u{e0fff}')
}

fn is_combining(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Whether nothing of a text would be drawn: it may consist of what is invisible.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    plain(text).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in ["GPL-3 §13 lets\nyou combine", "日本語 naïve e\u{301} 🦀", ""] {
            assert_eq!(plain(text), text);
        }
        assert!(matches!(plain("plain ascii\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_steers_a_terminal_becomes_visible() {
        assert_eq!(plain("\x1b]0;owned\x07"), "␛]0;owned␇");
        assert_eq!(plain("\u{9b}2J"), "⟪U+009B⟫2J");
        assert_eq!(plain("abc\u{202e}fed"), "abc⟪U+202E⟫fed");
        assert_eq!(plain("a\rb\r\nc\td"), "a␍b\nc    d");
        assert_eq!(plain("\u{e0041}"), "⟪U+E0041⟫");
    }

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        assert_eq!(plain("pass\u{200b}word\u{feff}"), "password");
        let tower = format!("a{}b", "\u{301}".repeat(500));
        assert_eq!(plain(&tower).chars().count(), 2 + MARKS);
    }

    #[test]
    fn one_line_has_no_line_breaks() {
        assert_eq!(plain_start("one two", 3), "one…");
        assert_eq!(plain_start("日本", 4), "日…");
        assert_eq!(plain_line("one\n  two\n\nthree\u{2028}four"), "one two three four");
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_acts_comes_through(text in "\\PC*|[\\x00-\\x{a0}\\u{200b}-\\u{206f}]*|.*") {
            let harmless = plain(&text);
            let acts = |c: char| (c.is_control() && c != '\n') || is_steering(c) || is_invisible(c);
            assert!(!harmless.contains(acts), "{harmless:?}");
            assert_eq!(plain(&harmless), harmless.as_ref(), "it is stable");
            assert!(!plain_line(&text).contains('\n'));
        }
    }
}
