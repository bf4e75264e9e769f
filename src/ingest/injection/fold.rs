//! Text as the rules read it: lower case, one space, no accents, nothing invisible; with the way back to the original.

use std::ops::Range;

/// Letters that an accent or a look-alike stands for.
const LATIN: &[(&str, u8)] = &[
    ("àáâãäåāăąÀÁÂÃÄÅĀĂĄ", b'a'),
    ("çćčÇĆČ", b'c'),
    ("èéêëēęěÈÉÊËĒĘĚ", b'e'),
    ("ìíîïīıİÌÍÎÏĪ", b'i'),
    ("łŁ", b'l'),
    ("ñńňÑŃŇ", b'n'),
    ("òóôõöøōőÒÓÔÕÖØŌŐ", b'o'),
    ("śšŚŠ", b's'),
    ("ùúûüūůÙÚÛÜŪŮ", b'u'),
    ("ýÿÝ", b'y'),
    ("źżžŹŻŽ", b'z'),
    ("‘’‚‛", b'\''),
    ("“”„‟«»「」『』", b'"'),
    ("–—−‐‑", b'-'),
];

/// Greek and Cyrillic letters that look Latin; they count as Latin beside a Latin letter only.
const ALIKE: &[(&str, u8)] = &[
    ("аАαΑ", b'a'),
    ("сС", b'c'),
    ("еЕεΕ", b'e'),
    ("іІιΙ", b'i'),
    ("оОοΟ", b'o'),
    ("рРρΡ", b'p'),
    ("ѕЅ", b's'),
    ("хХχΧ", b'x'),
    ("уУ", b'y'),
];

/// Digits that stand for letters beside a letter.
const DIGITS: [(char, u8); 6] = [('0', b'o'), ('1', b'i'), ('3', b'e'), ('4', b'a'), ('5', b's'), ('7', b't')];

/// A folded block.
pub(super) struct Folded<'t> {
    pub text: Vec<u8>,
    original: &'t str,
    /// For each folded byte, where the character that it stands for begins in the original.
    from: Vec<u32>,
}

impl<'t> Folded<'t> {
    pub(super) fn of(original: &'t str) -> Self {
        let capacity = original.len();
        let mut folded = Folded { text: Vec::with_capacity(capacity), original, from: Vec::with_capacity(capacity) };
        // Since the last white space: characters; in the white space before: line breaks.
        let (mut letters, mut line_breaks) = (0, 0);
        let mut blank = None;
        let mut behind = 0;
        while let Some(c) = original[behind..].chars().next() {
            let at = behind;
            behind += c.len_utf8();
            if c.is_whitespace() {
                line_breaks += usize::from(c == '\n' || c == '\u{2029}');
                blank = blank.or(Some(at));
                continue;
            }
            // What begins a line of a quote, a list or a comment does not part a sentence.
            if is_unseen(c) || c == '*' || (line_breaks == 1 && matches!(c, '>' | '/' | '|' | '#')) {
                continue;
            }
            let next = original[behind..].chars().next();
            if let Some(start) = blank.take() {
                // Letters with a space between each are one word.
                let is_letter = c.is_alphabetic() && !next.is_some_and(char::is_alphanumeric);
                if !(is_letter && letters == 1 && at - start == 1 && line_breaks == 0) {
                    folded.push(start, if line_breaks > 1 { b'\n' } else { b' ' });
                }
                (letters, line_breaks) = (0, 0);
            }
            folded.char(at, c, next);
            // The rest of a plain word, which most of a text is made of, goes in at once.
            let rest = original.as_bytes()[behind..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            folded.letters(behind..behind + rest);
            letters += 1 + rest;
            behind += rest;
        }
        folded
    }

    fn push(&mut self, at: usize, byte: u8) {
        self.text.push(byte);
        self.from.push(at as u32);
    }

    fn letters(&mut self, plain: Range<usize>) {
        self.text.extend(self.original.as_bytes()[plain.clone()].iter().map(u8::to_ascii_lowercase));
        self.from.extend(plain.start as u32..plain.end as u32);
    }

    fn char(&mut self, at: usize, c: char, next: Option<char>) {
        if c.is_ascii() && !c.is_ascii_digit() {
            return self.push(at, c.to_ascii_lowercase() as u8);
        }
        let is_latin = self.text.last().is_some_and(u8::is_ascii_alphabetic)
            || next.is_some_and(|next| next.is_ascii_alphabetic());
        if c.is_ascii() {
            let digit = DIGITS.iter().find(|(digit, _)| is_latin && *digit == c);
            return self.push(at, digit.map_or(c as u8, |(_, letter)| *letter));
        }
        let found = |table: &[(&str, u8)]| table.iter().find(|(letters, _)| letters.contains(c)).map(|(_, to)| *to);
        match c {
            'ß' => [b's', b's'].into_iter().for_each(|byte| self.push(at, byte)),
            // Tag characters mirror ASCII, and so do the full-width forms.
            '\u{e0020}'..='\u{e007e}' | '\u{ff01}'..='\u{ff5e}' => {
                let ascii = if c > '\u{e0000}' { c as u32 - 0xe0000 } else { c as u32 - 0xfee0 };
                self.push(at, (ascii as u8).to_ascii_lowercase());
            }
            _ => {
                let byte = match c {
                    '\u{80}'..='\u{17f}' | '\u{2010}'..='\u{201f}' | '\u{300c}'..='\u{300f}' => found(LATIN),
                    '\u{370}'..='\u{460}' if is_latin => found(ALIKE),
                    _ => None,
                };
                match byte {
                    Some(byte) => self.push(at, byte),
                    None => self.as_it_is(at, c),
                }
            }
        }
    }

    fn as_it_is(&mut self, at: usize, c: char) {
        let mut bytes = [0; 4];
        for lower in c.to_lowercase() {
            lower.encode_utf8(&mut bytes).bytes().for_each(|byte| self.push(at, byte));
        }
    }

    /// The stretch of the original that a stretch of the folded text stands for; it is not empty.
    pub(super) fn original(&self, span: Range<usize>) -> Range<usize> {
        let last = self.from[span.end - 1] as usize;
        let end = last + self.original[last..].chars().next().map_or(0, char::len_utf8);
        self.from[span.start] as usize..end
    }
}

/// Without width and without meaning for a rule: joiners, soft hyphens, direction marks, combining marks.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{300}'..='\u{36f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0001}' | '\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}
