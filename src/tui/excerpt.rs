//! The two ends of a text that is too long to lay out, with how much lies between them.

/// Bytes shown of the beginning and of the end; a frame has to stay within its time.
const HEAD: usize = 64 << 10;
const TAIL: usize = 16 << 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt<'a> {
    pub head: &'a [u8],
    /// Bytes in between.
    pub hidden: usize,
    pub tail: &'a [u8],
}

/// All of it as the head when it is short enough. Cuts are between characters where the text is UTF-8.
#[must_use]
pub fn excerpt(text: &[u8]) -> Excerpt<'_> {
    if text.len() <= HEAD + TAIL {
        return Excerpt { head: text, hidden: 0, tail: &[] };
    }
    let is_inside = |at: usize| text[at] & 0b1100_0000 == 0b1000_0000;
    let (mut head, mut tail) = (HEAD, text.len() - TAIL);
    (0..3).for_each(|_| head -= usize::from(is_inside(head)));
    (0..3).for_each(|_| tail += usize::from(is_inside(tail)));
    Excerpt { head: &text[..head], hidden: tail - head, tail: &text[tail..] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up_and_no_character_is_torn() {
        for text in ["日本".repeat(40_000), format!("a{}", "é".repeat(60_000)), "x".repeat(HEAD + TAIL + 1)] {
            let Excerpt { head, hidden, tail } = excerpt(text.as_bytes());
            assert_eq!(head.len() + hidden + tail.len(), text.len());
            assert!(hidden > 0 && std::str::from_utf8(head).is_ok() && std::str::from_utf8(tail).is_ok());
        }
        let short = "x".repeat(HEAD + TAIL);
        assert_eq!((excerpt(short.as_bytes()).hidden, excerpt(short.as_bytes()).head.len()), (0, short.len()));
    }
}
