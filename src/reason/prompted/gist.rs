//! H, gate and gist: whether there is a grounded finding at all, and its compact form (METHOD §3a stage 8). The labels
//! must come through unchanged.

use std::collections::BTreeSet;

use crate::{
    reason::{Approved, Desk, Gist, GistReply, ReasonError},
    run::{CallKind, Label, one_line},
};

use super::{
    frame::{self, Grounds},
    lines,
};

pub const PHRASE: &str = "# Write the gist";

/// What stands before the label that the gist will have; a script may take the label from behind it.
pub const LABEL_LINE: &str = "Label: ";

const REFUSAL: &str = "NO_RECOVERABLE_FINDING";

/// # Errors
/// `Call`, `Stopped`. A gist that cannot be used twice is a refusal.
pub async fn ask(
    desk: &dyn Desk,
    approved: &Approved,
    words: usize,
    grounds: Grounds,
) -> Result<GistReply, ReasonError> {
    let cap = u32::try_from(words).unwrap_or(1_000).saturating_mul(4).saturating_add(200);
    let request = frame::alone(PHRASE, &prompt(approved, words, grounds), cap);
    let first = match parse(&desk.call(CallKind::Gist, request.clone()).await?, approved, grounds) {
        Ok(reply) => return Ok(reply),
        Err(why) => why,
    };
    let second = parse(&desk.call(CallKind::Gist, frame::again(request, &first)).await?, approved, grounds);
    Ok(second.unwrap_or_else(GistReply::Refused))
}

fn prompt(approved: &Approved, words: usize, grounds: Grounds) -> String {
    let Approved { task, label, paragraph, .. } = approved;
    // Where there are no documents, a finding may rest on reasoning alone.
    let (rests, stub) = match grounds {
        Grounds::Documents => ("the labels given", "a plan, or a text without labels"),
        Grounds::Reasoning => ("reasoning or on the labels given", "or a plan"),
    };
    format!(
        "{LABEL_LINE}{label}\n\nA verified finding is to become one entry of the team's shared context.\n\nIts \
         sub-task:\n\n{}\n\nThe finding:\n\n{}\n\nFirst decide whether there is a finding to record: something that is \
         said of the subject and rests on {rests}. A bare option letter, a stub, {stub} is none; then reply with one line:\n\
         {REFUSAL}: reason\n\nOtherwise write the entry. Others will take it \
         as settled and see nothing else of this work, so it must stand on its own: name what the sub-task asked, with \
         its subject, and what was found. Be exactly as strong and as narrow as the finding. Keep every hedge and \
         condition; if something was not found, say where it was looked for. Keep all labels in square brackets as they \
         are, and add none. {words} words at most.\n\nReply in this form:\n\n**[{label}] GIST**\nSUB-TASK: one line\n\
         RESULT: one line",
        frame::quoted(&task.text),
        frame::quoted(paragraph),
    )
}

/// The gist or the refusal; else what is wrong with the reply.
fn parse(reply: &str, approved: &Approved, grounds: Grounds) -> Result<GistReply, String> {
    if let Some(why) = lines::lines(reply).find_map(|line| lines::after(line, REFUSAL)) {
        let why = one_line(why);
        return Ok(GistReply::Refused(if why.is_empty() { "there is no finding to record".to_owned() } else { why }));
    }
    let (mut subtask, mut result): (Option<String>, Option<String>) = (None, None);
    let mut ended = false;
    for line in lines::lines(reply) {
        if let Some(text) = lines::after(line, "SUB-TASK").or_else(|| lines::after(line, "SUBTASK")) {
            subtask = Some(text.to_owned());
        } else if let Some(text) = lines::after(line, "RESULT") {
            (result, ended) = (Some(text.to_owned()), false);
        } else if let Some(text) = result.as_mut().or(subtask.as_mut()).filter(|_| !ended) {
            // What follows a blank line is chat.
            ended = line.is_empty() && !text.is_empty();
            text.push(' ');
            text.push_str(line);
        }
    }
    let field = |text: Option<String>| text.map(|text| one_line(&text)).filter(|text| !text.is_empty());
    let Some((subtask, result)) = field(subtask).zip(field(result)) else {
        return Err("the gist could not be read: it lacks a SUB-TASK or a RESULT line".to_owned());
    };
    match changed(&approved.paragraph, &result, grounds) {
        Some(why) => Err(why),
        None => Ok(GistReply::Gist(Gist { subtask, result, doubts: vec![] })),
    }
}

/// How the labels of the gist differ from those of the finding.
fn changed(finding: &str, result: &str, grounds: Grounds) -> Option<String> {
    let set = |text: &str| Label::scan(text).into_iter().map(|(label, _)| label).collect::<BTreeSet<_>>();
    let (before, after) = (set(finding), set(result));
    if after.is_empty() && grounds == Grounds::Documents {
        return Some("the gist's result has no label".to_owned());
    }
    let names = |labels: Vec<&Label>| labels.iter().map(|label| format!("[{label}]")).collect::<Vec<_>>().join(" ");
    let added: Vec<&Label> = after.difference(&before).collect();
    if !added.is_empty() {
        return Some(format!("the gist cites {}, which the finding does not", names(added)));
    }
    let lost: Vec<&Label> = before.difference(&after).collect();
    (!lost.is_empty()).then(|| format!("the gist's result has lost {}", names(lost)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        reason::prompted::testing::{self, TestDesk},
        run::{Chain, EntryKind},
    };

    fn approved() -> Approved {
        Approved {
            task: testing::task(1, "What must stay?"),
            label: "W2 S1".parse().unwrap(),
            chain: Chain { kind: EntryKind::Fact, steps: vec![], output: String::new() },
            paragraph: "The notice must stay [W0 S2.1, W1 S1].".into(),
        }
    }

    const GIST: &str = "**[W2 S1] GIST**\n**SUB-TASK:** What must stay.\n\n**RESULT:** The notice\nmust stay [W0 S2.1] [W1 S1].\n\nI hope this helps!";

    #[test]
    fn a_gist_is_read_in_one_line_each() {
        let GistReply::Gist(gist) = parse(GIST, &approved(), Grounds::Documents).unwrap() else { panic!() };
        assert_eq!(
            (gist.subtask.as_str(), gist.result.as_str()),
            ("What must stay.", "The notice must stay [W0 S2.1] [W1 S1].")
        );
    }

    #[test]
    fn a_refusal_keeps_its_reason() {
        let reply = parse("**NO_RECOVERABLE_FINDING:** only a letter", &approved(), Grounds::Documents);
        assert_eq!(reply, Ok(GistReply::Refused("only a letter".into())));
    }

    #[tokio::test]
    async fn changed_labels_are_asked_again_and_then_refused() {
        let lost = GIST.replace(" [W1 S1]", "");
        let desk = TestDesk::replying(&[&lost, GIST]);
        assert!(matches!(ask(&desk, &approved(), 100, Grounds::Documents).await.unwrap(), GistReply::Gist(_)));
        assert!(desk.asked(1).contains("has lost [W1 S1]"));
        assert!(desk.asked(0).contains("\nLabel: W2 S1\n"));
        let added = GIST.replace("[W1 S1]", "[W1 S1, W0 S3]");
        let desk = TestDesk::replying(&[&lost, &added]);
        let refused = ask(&desk, &approved(), 100, Grounds::Documents).await.unwrap();
        assert_eq!(refused, GistReply::Refused("the gist cites [W0 S3], which the finding does not".into()));
    }

    proptest! {
        #[test]
        fn no_reply_panics(reply in "(SUB-TASK|RESULT|:|\\*\\*|\\[W0 S2\\]|é|\n| ){0,30}") {
            let _ = parse(&reply, &approved(), Grounds::Documents);
        }
    }

    #[test]
    fn a_finding_without_labels_is_none_unless_there_are_no_documents() {
        let said = |grounds| prompt(&approved(), 100, grounds);
        assert!(said(Grounds::Documents).contains("a plan, or a text without labels is none"));
        assert!(!said(Grounds::Reasoning).contains("without labels"));
        assert_eq!(changed("It ends in 1.", "It ends in 1.", Grounds::Reasoning), None);
        assert_eq!(changed("1", "1", Grounds::Documents).as_deref(), Some("the gist's result has no label"));
        // What the finding rests on is kept all the same.
        assert!(changed("1 [W1 S1]", "1", Grounds::Reasoning).is_some());
    }
}
