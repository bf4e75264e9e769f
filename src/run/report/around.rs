//! The part of a long piece of evidence that a step speaks of: what stands around the words that the step quotes.

/// Evidence up to this many characters is shown whole.
const WHOLE: usize = 400;

/// Characters shown on each side of quoted words. Conditions tend to stand right before what they bind.
const SIDE: usize = 160;

/// The words around the longest quotation of `said` that stands in `text`; the beginning of a text that none stands in.
/// Both are one line. Whatever is left out is shown by `…`.
#[must_use]
pub fn around(text: &str, said: &str) -> String {
    let count = text.chars().count();
    if count <= WHOLE {
        return text.to_owned();
    }
    let found =
        quotations(said).filter_map(|quote| Some((text.find(quote)?, quote))).max_by_key(|(_, quote)| quote.len());
    let (from, to) = match found {
        Some((at, quote)) => (before(text, at, SIDE), after(text, at + quote.len(), SIDE)),
        None => (0, after(text, 0, WHOLE)),
    };
    let (left, right) = (if from > 0 { "… " } else { "" }, if to < text.len() { " …" } else { "" });
    format!("{left}{}{right}", text[from..to].trim())
}

/// What stands between quotation marks, straight or curved.
fn quotations(said: &str) -> impl Iterator<Item = &str> {
    let odd = said.split(['"', '“', '”']).skip(1).step_by(2);
    odd.map(str::trim).filter(|quote| !quote.is_empty())
}

/// A place so many characters before `at`, at the beginning of a word.
fn before(text: &str, at: usize, most: usize) -> usize {
    let from = text[..at].char_indices().rev().take(most).last().map_or(at, |(from, _)| from);
    if from == 0 { 0 } else { text[from..at].find(' ').map_or(from, |blank| from + blank + 1) }
}

/// A place so many characters after `at`, at the end of a word.
fn after(text: &str, at: usize, most: usize) -> usize {
    let to = text[at..].char_indices().nth(most).map_or(text.len(), |(to, _)| at + to);
    if to == text.len() { to } else { text[at..to].rfind(' ').map_or(to, |blank| at + blank) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_shown_with_what_stands_around_it() {
        let text =
            format!("{} If you sell it, the lamp must be lit each evening, {}", "a ".repeat(400), "b ".repeat(400));
        let text = text.trim();
        let shown = around(text, r#"It says "the lamp must be lit" and no more."#);
        assert!(shown.starts_with("… a a ") && shown.ends_with("b b …"), "{shown}");
        assert!(shown.contains("If you sell it, the lamp must be lit each evening, b"), "{shown}");
        assert!(shown.chars().count() < 2 * SIDE + 60);
        let unquoted = around(text, "nothing is quoted");
        assert!(unquoted.starts_with("a a") && unquoted.ends_with("a …"), "{unquoted}");
        assert_eq!(around("short", r#"a "quote""#), "short");
        assert_eq!(around(&"é".repeat(900), "").chars().count(), WHOLE + 2, "one long word is cut between characters");
    }
}
