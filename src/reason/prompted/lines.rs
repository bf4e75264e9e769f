//! Reading replies leniently: models wrap keywords in markdown, number lists in their own way and put prose around
//! them. What carries meaning is read strictly by the calls themselves.

use crate::run::{Depth, Label};

/// The lines of a reply without code fences.
pub fn lines(reply: &str) -> impl Iterator<Item = &str> {
    reply.lines().map(str::trim).filter(|line| !line.starts_with("```") && !line.starts_with("~~~"))
}

fn is_mark(c: char) -> bool {
    c.is_whitespace() || matches!(c, '*' | '_' | '#' | '>' | '`' | '-' | '–' | '•' | '\u{feff}')
}

/// What follows a keyword at the start of a line. In other letters than the keyword's own it needs a colon behind it.
#[must_use]
pub fn after<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    let line = line.trim_start_matches(is_mark);
    let (head, rest) = (line.get(..keyword.len())?, line.get(keyword.len()..)?);
    if !head.eq_ignore_ascii_case(keyword) || rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let bare = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | ']'));
    let text = match bare.strip_prefix([':', '：']) {
        Some(text) => text,
        None if head == keyword => bare.trim_start_matches(['-', '–', '—']),
        None => return None,
    };
    Some(bare_text(text))
}

/// Text without white space and emphasis around it.
#[must_use]
pub fn bare_text(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix("**") {
        // Emphasis that was opened before the text is closed at its start, or opened here and closed at its end.
        Some(inner) => inner.strip_suffix("**").unwrap_or(inner).trim(),
        None => text.strip_suffix("**").filter(|inner| !inner.contains("**")).unwrap_or(text).trim(),
    }
}

/// The first word of a reply in capitals, and what follows it.
#[must_use]
pub fn first_word(reply: &str) -> Option<(String, &str)> {
    let reply = reply.trim_start_matches("```").trim_start_matches(|c: char| !c.is_alphanumeric());
    let end = reply.find(|c: char| !c.is_alphanumeric()).unwrap_or(reply.len());
    (end > 0).then(|| (reply[..end].to_uppercase(), &reply[end..]))
}

/// The number and the text of a line such as `3. text`, `**3)** text`, `Step 3: text` or `T3. text`.
#[must_use]
pub fn numbered(line: &str) -> Option<(u32, &str)> {
    let mut line = line.trim_start_matches(is_mark);
    for word in ["step", "task", "t"] {
        if let Some(rest) =
            line.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)).map(|_| &line[word.len()..])
            && rest.trim_start().starts_with(|c: char| c.is_ascii_digit())
        {
            line = rest.trim_start();
            break;
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let number = line[..digits].parse().ok()?;
    let rest = line[digits..].trim_start_matches(['*', '_']).strip_prefix(['.', ')', ':'])?;
    // 12.5 is an amount.
    (!rest.starts_with(|c: char| c.is_ascii_digit())).then(|| (number, bare_text(rest.trim_start_matches(['*', '_']))))
}

/// The labels of a list such as `W0 S3, W0 S4.1`, each once; anything else in it is passed over.
#[must_use]
pub fn labels(list: &str) -> Vec<Label> {
    let mut found = Vec::new();
    for piece in list.split([',', ';', '\n']) {
        let piece = piece.trim_matches(|c: char| is_mark(c) || matches!(c, '[' | ']' | '(' | ')' | '.' | '"'));
        match piece.parse() {
            Ok(label) => found.push(label),
            Err(_) => found.extend(Label::scan(piece).into_iter().map(|(label, _)| label)),
        }
    }
    each_once(found)
}

/// Order kept, repeats left out.
#[must_use]
pub fn each_once<T: Clone + Eq + std::hash::Hash>(all: Vec<T>) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    all.into_iter().filter(|one| seen.insert(one.clone())).collect()
}

/// What an agent asks to see, when its reply is such a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub depth: Depth,
    pub labels: Vec<Label>,
}

/// The first request to unfold in a reply.
#[must_use]
pub fn wanted(reply: &str) -> Option<Wanted> {
    lines(reply).find_map(|line| {
        let keywords = [("DEEP_UNFOLD", Depth::Raw), ("DEEP UNFOLD", Depth::Raw), ("UNFOLD", Depth::Summary)];
        let (list, depth) = keywords.into_iter().find_map(|(word, depth)| Some((after(line, word)?, depth)))?;
        Some(Wanted { depth, labels: labels(list) })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keywords_are_found_under_markdown() {
        for line in
            ["Gist: it is", "**Gist:** it is", "**Gist**: it is", "## gist : it is", "- GIST: it is", "**Gist: it is**"]
        {
            assert_eq!(after(line, "Gist"), Some("it is"), "{line}");
        }
        assert_eq!(after("OUTPUT — so it is", "OUTPUT"), Some("so it is"));
        assert_eq!(after("Output of the mill fell", "OUTPUT"), None);
        assert_eq!(after("OUTPUTS: x", "OUTPUT"), None);
        assert_eq!(after("Gi", "Gist"), None);
        assert_eq!(after("Giß: x", "Gist"), None);
    }

    #[test]
    fn numbers_are_found_under_markdown() {
        for line in ["3. text", "3) text", "**3.** text", "Step 3: text", "**Step 3:** text", "T3. text", "> 3. text"] {
            assert_eq!(numbered(line), Some((3, "text")), "{line}");
        }
        for line in ["12.5 percent", "2007 was dry", "text", "99999999999. x", ""] {
            assert_eq!(numbered(line), None, "{line}");
        }
    }

    #[test]
    fn a_list_of_labels_may_be_sloppy() {
        let found: Vec<String> =
            labels("[W0 S3], s4.1; W2 S1 and W0 S5., nothing, W0 S3").iter().map(ToString::to_string).collect();
        assert_eq!(found, ["W0 S3", "W0 S4.1", "W2 S1", "W0 S5"]);
    }

    #[test]
    fn the_first_request_counts() {
        assert_eq!(
            wanted("I need more.\n**DEEP_UNFOLD:** W0 S1\nUNFOLD: W0 S2"),
            Some(Wanted { depth: Depth::Raw, labels: vec![Label::unit(1)] })
        );
        assert_eq!(wanted("Unfold: [W0 S2]"), Some(Wanted { depth: Depth::Summary, labels: vec![Label::unit(2)] }));
        assert_eq!(wanted("1. They unfold the map."), None);
    }

    #[test]
    fn the_first_word_is_read_through_marks() {
        assert_eq!(first_word("**Yes**, it does").map(|(word, _)| word).as_deref(), Some("YES"));
        assert_eq!(first_word(" \n"), None);
    }

    proptest! {
        #[test]
        fn no_line_panics(line in any::<String>(), list in "[WS0-9 .,\\[\\]é]{0,40}") {
            for text in [&line, &list] {
                let _ = (after(text, "Gist"), bare_text(text), first_word(text), numbered(text), wanted(text));
                let found = labels(text);
                prop_assert_eq!(each_once(found.clone()), found);
            }
        }
    }
}
