//! D, document gist: one neutral line about a unit, checked against its summary (METHOD §3a stage 2). A line that fails
//! is written once more with the reason; after that the summary's own topic stands in.

use crate::{
    reason::{Desk, ReasonError},
    run::{CallKind, Stream, Summary, one_line},
};

use super::{frame, lines};

pub const PHRASE: &str = "# Write the document gist";
pub const CHECK_PHRASE: &str = "# Check the document gist";

/// Tries in all.
const TRIES: u32 = 2;

/// # Errors
/// `Call`, `Stopped`.
pub async fn ask(
    desk: &dyn Desk,
    words: usize,
    question: &str,
    title: &str,
    summary: &Summary,
) -> Result<String, ReasonError> {
    let source = source(title, summary);
    let request = frame::alone(PHRASE, &prompt(&source, question, words), reply_tokens(words));
    let mut next = request.clone();
    for _ in 0..TRIES {
        let reply = desk.call(CallKind::DocumentGist, next).await?;
        let why = match parse(&reply) {
            None => "It had no line that begins with `Gist:`.".to_owned(),
            Some(gist) if gist.split_whitespace().count() > 2 * words => format!("It had more than {words} words."),
            Some(gist) => {
                let check = frame::alone(CHECK_PHRASE, &check_prompt(&source, &gist), 200);
                match parse_check(&desk.call(CallKind::DocumentGist, check).await?) {
                    Ok(()) => return Ok(gist),
                    Err(why) => format!("The gist was {gist:?}. {why}"),
                }
            }
        };
        desk.say(Stream::Reasoning, &format!("The gist of “{title}” is turned down. {why}\n"));
        next = frame::again(request.clone(), &why);
    }
    let topic = one_line(&summary.topic);
    Ok(if topic.is_empty() { one_line(title) } else { topic })
}

fn reply_tokens(words: usize) -> u32 {
    // A word is seldom more than two tokens.
    u32::try_from(words).unwrap_or(u32::MAX / 4).saturating_mul(2).saturating_add(100)
}

fn source(title: &str, summary: &Summary) -> String {
    let parts = summary.parts.iter().map(|part| format!("\n- {}", part.text));
    let text = format!("{}{}", summary.topic, parts.collect::<String>());
    format!("The document is titled {:?}. Its summary:\n\n{}", one_line(title), frame::quoted(&text))
}

fn prompt(source: &str, question: &str, words: usize) -> String {
    format!(
        "{source}\n\nThe team's question is:\n\n{}\n\nSay in one or two neutral sentences, {words} words at most, what \
         this document holds, so that a reader knows when to open it. Say nothing that the summary does not say, and keep \
         its qualifications. The question may decide what you mention first; it must not decide what you leave out, and \
         you must not answer it or judge how the document bears on it. Do not mention parts by number.\n\nReply with one \
         line:\nGist: your sentences",
        frame::quoted(question)
    )
}

fn check_prompt(source: &str, gist: &str) -> String {
    format!(
        "{source}\n\nSomebody wrote this gist of it:\n\n{}\n\nIs everything in the gist also in the summary, in the same \
         sense, with no qualification lost? Reply `yes`, or `no:` with what is invented, shifted or lost, in one line.",
        frame::quoted(gist)
    )
}

fn parse(reply: &str) -> Option<String> {
    let mut rest = lines::lines(reply).skip_while(|line| lines::after(line, "Gist").is_none());
    let line = lines::after(rest.next()?, "Gist")?;
    // The keyword may stand on a line of its own.
    let line = if line.is_empty() { rest.find(|line| !line.is_empty())? } else { line };
    Some(one_line(line)).filter(|gist| !gist.is_empty())
}

/// `Ok` when the checker said yes; else what it objects to.
fn parse_check(reply: &str) -> Result<(), String> {
    match lines::first_word(reply) {
        Some((word, _)) if word == "YES" => Ok(()),
        Some((word, why)) if word == "NO" => {
            let why = one_line(why.trim_start_matches([':', ',', '.', '-', '*', ' ']));
            Err(if why.is_empty() { "The checker found it to differ from the summary.".to_owned() } else { why })
        }
        _ => Err("The check of it could not be read.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reason::prompted::testing::TestDesk;

    fn summary() -> Summary {
        Summary { topic: "A licence\nfor software.".into(), parts: vec![] }
    }

    #[tokio::test]
    async fn a_checked_gist_is_taken() {
        let desk = TestDesk::replying(&["**Gist:** A software licence.\nMore prose.", "Yes."]);
        assert_eq!(ask(&desk, 100, "q", "t", &summary()).await.unwrap(), "A software licence.");
        let asked = desk.requests();
        assert!(
            asked[0].1.messages[1].text.starts_with(PHRASE) && asked[1].1.messages[1].text.starts_with(CHECK_PHRASE)
        );
    }

    #[tokio::test]
    async fn a_gist_that_fails_is_written_again_with_the_reason() {
        let desk = TestDesk::replying(&["Gist: All licences.", "no: it covers one only", "Gist: A licence.", "yes"]);
        assert_eq!(ask(&desk, 100, "q", "t", &summary()).await.unwrap(), "A licence.");
        assert!(desk.requests()[2].1.messages[1].text.contains("it covers one only"));
    }

    #[tokio::test]
    async fn the_topic_stands_in_at_last() {
        let desk = TestDesk::replying(&["no keyword", "Gist: x", "maybe"]);
        assert_eq!(ask(&desk, 100, "q", "t", &summary()).await.unwrap(), "A licence for software.");
        let wordy = format!("Gist: {}", "word ".repeat(300));
        let desk = TestDesk::replying(&[&wordy, &wordy]);
        assert_eq!(ask(&desk, 100, "q", "t", &Summary { topic: String::new(), parts: vec![] }).await.unwrap(), "t");
    }

    proptest! {
        #[test]
        fn no_reply_panics(reply in "(Gist|\\*\\*|:|é|\n|no|yes| ){0,20}") {
            if let Some(gist) = parse(&reply) {
                prop_assert!(!gist.contains('\n') && !gist.is_empty());
            }
            let _ = parse_check(&reply);
        }
    }
}
