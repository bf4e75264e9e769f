//! M, finalize: the answer, from the question and the shared context (METHOD §3a, "Finalization").

use std::collections::HashSet;

use crate::{
    reason::{Closing, Desk, FinalTurn, ReasonError},
    run::{Answer, CallKind, Citation, Depth, Label, one_line},
};

use super::{
    cite::Shelf,
    frame,
    lines::{self, Wanted},
};

pub const PHRASE: &str = "# Answer the question";

const REPLY_TOKENS: u32 = 4_000;

/// # Errors
/// `Call`, `Stopped`, `Unreadable` when the reply is empty.
pub async fn ask(desk: &dyn Desk, closing: &Closing) -> Result<FinalTurn, ReasonError> {
    let request = frame::on_context(&closing.brief, PHRASE, &prompt(closing), REPLY_TOKENS);
    let reply = desk.call(CallKind::Finalize, request).await?;
    parse(&reply, closing)
        .ok_or_else(|| ReasonError::Unreadable { kind: CallKind::Finalize, why: "it holds no answer".to_owned() })
}

fn prompt(closing: &Closing) -> String {
    let mut text = String::new();
    if !closing.unfolded.is_empty() {
        text.push_str("## Opened for you\n\n");
        text.push_str(&frame::unfolded(&closing.unfolded));
    }
    if !closing.failed.is_empty() {
        text.push_str("## Tasks that brought no result\n\n");
        for (task, why) in &closing.failed {
            text.push_str(&format!("- {} ({})\n", one_line(&task.text), one_line(why)));
        }
        text.push('\n');
    }
    if !closing.objections.is_empty() {
        text.push_str("## Why your last answer was sent back\n\n");
        text.extend(closing.objections.iter().map(|why| format!("- {}\n", why.trim())));
        text.push('\n');
    }
    text.push_str("## What to do\n\n");
    if closing.may_unfold {
        text.push_str(
            "If the answer turns on words that you cannot see, ask for them with one line and nothing else: \
             `UNFOLD: W0 S3` opens summaries, `DEEP_UNFOLD: W0 S3.2` opens the text itself.\n\nOtherwise answer. ",
        );
    }
    text.push_str(
        "Answer the question first and plainly, then give the reasons, as briefly as they allow. Put the label of what \
         supports it behind each statement; rather the finding or the document part that you used than a whole document. \
         Words that matter stand in quotation marks, copied letter by letter. Say nothing that neither the shared context \
         nor what was opened supports. Where findings contradict each other, or something was not found, say so; where a \
         task brought no result that the answer would need, say what is missing. If the question offers options, name the \
         one you choose by its letter at the start.",
    );
    text
}

fn parse(reply: &str, closing: &Closing) -> Option<FinalTurn> {
    let shelf = Shelf::new(&closing.brief.context, &closing.unfolded);
    if let Some(Wanted { depth, labels }) = lines::wanted(reply).filter(|_| closing.may_unfold) {
        let known: Vec<Label> = labels.into_iter().filter(|label| shelf.knows(*label)).collect();
        match depth {
            _ if known.is_empty() => {}
            Depth::Summary => return Some(FinalTurn::Unfold(known)),
            Depth::Raw => return Some(FinalTurn::DeepUnfold(known)),
        }
    }
    let kept: Vec<&str> = reply.lines().filter(|line| lines::wanted(line).is_none()).collect();
    let text = kept.join("\n").trim().to_owned();
    (!text.is_empty()).then(|| FinalTurn::Answer(answer(text, &shelf)))
}

/// The answer with what it rests on: a finding that it cites stands for the documents that the finding cites.
fn answer(text: String, shelf: &Shelf) -> Answer {
    let mut citations: Vec<Citation> = Vec::new();
    let mut entries: Vec<Label> = Vec::new();
    let mut seen: HashSet<Label> = HashSet::new();
    for citation in text.lines().flat_map(|line| shelf.cite(line)) {
        if !citation.label.is_unit() && !entries.contains(&citation.label) {
            entries.push(citation.label);
        }
        ground(citation, shelf, &mut seen, &mut citations);
    }
    Answer { text, citations, entries }
}

/// Follows findings down to the documents under them, each once.
fn ground(citation: Citation, shelf: &Shelf, seen: &mut HashSet<Label>, citations: &mut Vec<Citation>) {
    let mut open = vec![citation];
    while let Some(citation) = open.pop() {
        if citation.label.is_unit() {
            if !citations.contains(&citation) {
                citations.push(citation);
            }
        } else if seen.insert(citation.label)
            && let Some(entry) = shelf.entry(citation.label)
        {
            open.extend(entry.citations.iter().rev().cloned());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reason::{
        Unfolded, UnfoldedText,
        prompted::testing::{self, TestDesk},
    };

    fn closing(may_unfold: bool) -> Closing {
        let raw = UnfoldedText::Raw { text: "You must keep the notice.".into(), start: 0 };
        Closing {
            brief: testing::brief(3),
            unfolded: vec![Unfolded { label: Label::unit(2), title: "Two".into(), text: raw }],
            failed: vec![(testing::task(3, "Find more"), "nothing came".into())],
            objections: vec!["too long".into()],
            may_unfold,
        }
    }

    #[tokio::test]
    async fn an_answer_rests_on_documents_and_findings() {
        let reply = "B. It stays [W1 S1].\n\nThe text says “keep the notice” [W0 S2], [W0 S9].";
        let desk = TestDesk::replying(&[reply]);
        let FinalTurn::Answer(answer) = ask(&desk, &closing(true)).await.unwrap() else { panic!() };
        assert_eq!(answer.text, reply);
        assert_eq!(answer.entries, ["W1 S1".parse().unwrap()]);
        let under_the_finding = Citation::of(Label::unit(1).with_part(1), 3..9);
        assert_eq!(answer.citations, [under_the_finding, Citation::of(Label::unit(2), 9..24)]);
        let asked = desk.asked(0);
        for text in [PHRASE, "Find more (nothing came)", "too long", "DEEP_UNFOLD"] {
            assert!(asked.contains(text), "{text}");
        }
    }

    #[test]
    fn it_may_ask_for_more_only_while_more_can_be_opened() {
        let reply = "DEEP_UNFOLD: W0 S1.2";
        assert_eq!(parse(reply, &closing(true)), Some(FinalTurn::DeepUnfold(vec![Label::unit(1).with_part(2)])));
        assert_eq!(parse(reply, &closing(false)), None);
        assert_eq!(parse(" \n", &closing(true)), None);
    }

    proptest! {
        #[test]
        fn no_reply_panics(reply in "(UNFOLD:|\\[W0 S2\\]|W1 S1|“|”|keep|é|\n| ){0,30}") {
            let _ = parse(&reply, &closing(true));
        }
    }
}
