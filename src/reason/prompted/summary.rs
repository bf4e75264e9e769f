//! B, summary: a unit's index of sub-chunks, each tied to the text by its first and last words (METHOD §3a stage 1).
//!
//! Without a single usable sub-chunk the unit is cut at its paragraphs, so that it can still be unfolded part by part.

use std::ops::Range;

use crate::{
    reason::{Desk, ReasonError},
    run::{CallKind, Label, Method, Part, Stream, Summary, one_line, summary::gaps},
};

use super::{cite, frame, gap_fill, lines, paragraphs};

pub const PHRASE: &str = "# Index this document";

/// The method's cap on a summary, in tokens (METHOD §2.5).
pub const REPLY_TOKENS: u32 = 2_500;

/// An anchor side of fewer words stands everywhere.
const ANCHOR_WORDS: usize = 3;

/// A sub-chunk as the model wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bullet {
    pub text: String,
    /// First and last words; `None` when there was no anchor to be read.
    pub anchor: Option<(String, String)>,
}

/// A sub-chunk that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    pub bullet: Bullet,
    pub why: &'static str,
}

/// The summary with its anchors resolved and its gaps filled, in as many rounds as the method allows.
///
/// # Errors
/// `Call` when the first call brings nothing, `Stopped`.
pub async fn ask(
    desk: &dyn Desk,
    method: &Method,
    label: Label,
    title: &str,
    text: &str,
) -> Result<Summary, ReasonError> {
    let mut request = frame::alone(PHRASE, &prompt(label, title, text), REPLY_TOKENS);
    // The gap fill begins with all of this.
    request.stable = request.messages.len();
    let mut reply = desk.call(CallKind::Summary, request.clone()).await?;
    let topic = topic(&reply);
    let mut parts = Vec::new();
    let mut failed = accept(bullets(&reply), text, &mut parts);
    for _ in 0..method.gap_rounds {
        let open = uncovered(text, &parts, method.gap_chars);
        if open.is_empty() && failed.is_empty() {
            break;
        }
        request = frame::next_turn(request, &reply, gap_fill::prompt(label, text, &open, &failed, parts.len() + 1));
        reply = match desk.call(CallKind::GapFill, request.clone()).await {
            Ok(reply) => reply,
            // What there is of a summary is kept, whatever keeps the rest away.
            Err(why @ (ReasonError::Call(_) | ReasonError::Closed)) => {
                desk.say(Stream::Reasoning, &format!("The gaps of [{label}] stay open: {why}.\n"));
                break;
            }
            Err(error) => return Err(error),
        };
        failed = accept(bullets(&reply), text, &mut parts);
    }
    if parts.is_empty() {
        desk.say(Stream::Reasoning, &format!("No summary of [{label}] was to be had; it is cut at its paragraphs.\n"));
        return Ok(paragraphs::summary(title, text));
    }
    parts.sort_by_key(|part: &Part| (part.span.start, part.span.end));
    for (number, part) in (1..).zip(&mut parts) {
        part.number = number;
    }
    Ok(Summary { topic: topic.unwrap_or_else(|| one_line(title)), parts })
}

fn prompt(label: Label, title: &str, text: &str) -> String {
    format!(
        "Document [{label}], titled {title:?}:\n\n{}\n\nWrite an index of this document for readers who have not seen it \
         and must decide which part to open. It says where to find what, not what is found: no figures, no dates, no \
         amounts, no quotations, no judgements.\n\n\
         Divide the document into about {} consecutive sub-chunks of similar length, fewer if it is short. Together they \
         cover it from its first word to its last, in its own order, with no gap and no overlap. Describe each in one or \
         two sentences. If it holds a table or a list, add all its row labels, and its column or period headings. End each \
         with an anchor: the first five to eight words of the sub-chunk, three dots, and its last five to eight words, \
         copied letter by letter. No two sub-chunks begin with the same words.\n\n\
         Reply in this form:\n\nChunk topic: one or two sentences\nSub-chunks:\n\
         - [Sub-chunk 1] description; row labels: a, b; columns/periods: c, d [anchor: first words ... last words]\n\
         - [Sub-chunk 2] description [anchor: first words ... last words]",
        frame::quoted(text),
        paragraphs::parts_wanted(text)
    )
}

fn topic(reply: &str) -> Option<String> {
    let mut rest = lines::lines(reply).skip_while(|line| lines::after(line, "Chunk topic").is_none());
    let first = lines::after(rest.next()?, "Chunk topic")?;
    let more = rest.take_while(|line| lines::after(line, "Sub-chunks").is_none() && bullet_start(line).is_none());
    let text = std::iter::once(first).chain(more).collect::<Vec<_>>().join(" ");
    Some(one_line(&text)).filter(|topic| !topic.is_empty())
}

/// What follows the number of a sub-chunk at the start of a line.
fn bullet_start(line: &str) -> Option<&str> {
    const WORD: &str = "sub-chunk";
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '*' | '•' | '[' | '–' | '#'));
    line.get(..WORD.len()).filter(|word| word.eq_ignore_ascii_case(WORD))?;
    let rest = line[WORD.len()..].trim_start();
    let text = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    // The heading `Sub-chunks:` has no number.
    (text.len() < rest.len()).then(|| text.trim_start_matches([']', ':', '.', ')', '*', ' ']))
}

/// Every sub-chunk of a reply; whatever stands around them is passed over.
#[must_use]
pub fn bullets(reply: &str) -> Vec<Bullet> {
    let mut texts: Vec<String> = Vec::new();
    for line in lines::lines(reply) {
        match (bullet_start(line), texts.last_mut()) {
            (Some(text), _) => texts.push(text.to_owned()),
            (None, Some(text)) => {
                text.push(' ');
                text.push_str(line);
            }
            (None, None) => {}
        }
    }
    texts.iter().map(|text| bullet(text)).collect()
}

fn bullet(text: &str) -> Bullet {
    // ASCII lower case keeps byte offsets.
    let lower = text.to_ascii_lowercase();
    let tag = ["[anchor:", "[ref:"].iter().filter_map(|tag| Some((lower.rfind(tag)?, tag.len()))).max();
    let Some((at, len)) = tag else {
        return Bullet { text: one_line(text), anchor: None };
    };
    let inside = &text[at + len..];
    let inside = inside.rfind(']').map_or(inside, |end| &inside[..end]);
    let side = |text: &str| one_line(text.trim().trim_matches(['"', '“', '”', '`', '*']));
    let anchor = cite::split_ellipsis(inside).map(|(head, tail)| (side(head), side(tail)));
    Bullet { text: one_line(text[..at].trim_end_matches([' ', ';', '-', '*'])), anchor }
}

/// Takes every sub-chunk whose anchor stands in the text and whose head no other has; gives the others back.
fn accept(bullets: Vec<Bullet>, text: &str, parts: &mut Vec<Part>) -> Vec<Failed> {
    let mut failed = Vec::new();
    for bullet in bullets {
        match part(&bullet, text, parts) {
            Ok(part) => parts.push(part),
            Err(why) => failed.push(Failed { bullet, why }),
        }
    }
    failed
}

fn part(bullet: &Bullet, text: &str, parts: &[Part]) -> Result<Part, &'static str> {
    let (head, tail) = bullet.anchor.clone().ok_or("it has no anchor")?;
    if bullet.text.is_empty() {
        return Err("it has no description");
    }
    if [&head, &tail].iter().any(|side| side.split_whitespace().count() < ANCHOR_WORDS) {
        return Err("a side of its anchor is too short");
    }
    if parts.iter().any(|part| part.head == head) {
        return Err("another sub-chunk begins with the same words; the two should be one");
    }
    let span = cite::find_verbatim(text, &head, &tail)
        .ok_or("the words of its anchor do not stand in the document, or not in this order")?;
    if parts.iter().any(|part| part.span.start == span.start) {
        return Err("another sub-chunk begins at the same place; the two should be one");
    }
    Ok(Part { number: 0, text: bullet.text.clone(), head, tail, span })
}

/// The stretches that need another call; all of the text when nothing covers any of it.
fn uncovered(text: &str, parts: &[Part], least: usize) -> Vec<Range<usize>> {
    gaps(text, parts, if parts.is_empty() { 0 } else { least })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reason::prompted::testing::TestDesk;

    const TEXT: &str = "The first part speaks of copying and of sharing it with others.\n\nThe second part speaks of \
        notices that must stay in every copy made.\n\nThe third part says what is not granted to anybody at all.";

    const REPLY: &str = "Here you are:\n**Chunk topic:** A licence\nof few words.\n\n**Sub-chunks:**\n\
        - [Sub-chunk 2] On notices [anchor: The second part speaks of ... in every copy made.]\n\
        - **[Sub-chunk 1]** On copying; row labels: a, b [Anchor: “The first part speaks of” … “sharing it with others.”]\n";

    fn method(rounds: u32) -> Method {
        Method { gap_chars: 20, gap_rounds: rounds, ..Method::default() }
    }

    async fn summarize(rounds: u32, replies: &[&str]) -> (Summary, TestDesk) {
        let desk = TestDesk::replying(replies);
        let summary = ask(&desk, &method(rounds), Label::unit(1), "Licence", TEXT).await.unwrap();
        (summary, desk)
    }

    #[test]
    fn a_reply_is_read_through_its_markdown() {
        assert_eq!(topic(REPLY).as_deref(), Some("A licence of few words."));
        let found = bullets(REPLY);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].text, "On copying; row labels: a, b");
        let side = |text: &str| text.to_owned();
        assert_eq!(found[1].anchor, Some((side("The first part speaks of"), side("sharing it with others."))));
    }

    #[tokio::test]
    async fn gaps_are_filled_and_parts_stand_in_order() {
        let more = "- [Sub-chunk 3] On limits [anchor: The third part says what ... to anybody at all.]";
        let (summary, desk) = summarize(2, &[REPLY, more]).await;
        let found: Vec<_> = summary.parts.iter().map(|part| (part.number, part.text.as_str())).collect();
        assert_eq!(found, [(1, "On copying; row labels: a, b"), (2, "On notices"), (3, "On limits")]);
        for part in &summary.parts {
            assert!(TEXT[part.span.clone()].starts_with(&part.head) && TEXT[part.span.clone()].ends_with(&part.tail));
        }
        let requests = desk.requests();
        assert_eq!(
            requests[1].1.messages[..2],
            requests[0].1.messages[..],
            "the gap fill begins with the first prompt"
        );
        assert_eq!(requests[1].0, CallKind::GapFill);
    }

    #[tokio::test]
    async fn a_bad_anchor_or_a_taken_head_is_sent_back_with_its_reason() {
        let bad = "Chunk topic: t\n- [Sub-chunk 1] made up [anchor: The fourth part speaks of ... no such words here]\n\
            - [Sub-chunk 2] one [anchor: The first part speaks of ... sharing it with others.]\n\
            - [Sub-chunk 3] two [anchor: The first part speaks of ... in every copy made.]\n- [Sub-chunk 4] none";
        let (summary, desk) = summarize(1, &[bad, "nothing"]).await;
        assert_eq!(summary.parts.len(), 1);
        let asked = &desk.requests()[1].1.messages[3].text;
        for why in ["do not stand in the document", "begins with the same words", "has no anchor"] {
            assert!(asked.contains(why), "{why}");
        }
    }

    #[tokio::test]
    async fn without_any_usable_reply_the_unit_is_cut_at_paragraphs() {
        let (summary, desk) = summarize(2, &["I cannot.", "No.", "No."]).await;
        assert_eq!(desk.requests().len(), 3);
        assert!(summary.topic.starts_with("No summary was to be had"));
        assert!(desk.said().contains("cut at its paragraphs"));
        assert!(summary.parts.len() >= 2);
        assert!(gaps(TEXT, &summary.parts, 2).is_empty());
    }

    proptest! {
        #[test]
        fn no_reply_and_no_text_panics(reply in "(- \\[Sub-chunk [0-9]\\] |\\[anchor: |a b c|\\.\\.\\.|…|\\]|é|\n| ){0,30}", text in "[aé \n]{0,300}") {
            let mut parts = vec![];
            accept(bullets(&reply), &text, &mut parts);
            let summary = paragraphs::summary("t", &text);
            for part in parts.iter().chain(&summary.parts) {
                prop_assert!(text.get(part.span.clone()).is_some_and(|slice| !slice.is_empty()));
            }
            for part in &summary.parts {
                prop_assert!(crate::run::summary::resolve_anchor(&text, &part.head, &part.tail).is_some());
            }
        }
    }
}
