//! F, reason: one turn of an agent's work on its task (METHOD §3a stage 6). It ends in a request for more evidence or in
//! numbered steps with one output statement.
//!
//! A convention of our own: the output begins with `FACT:`, or with `FAIL:` when the task's hypothesis is contradicted
//! or was not confirmed in what was searched.

use crate::{
    reason::{Desk, ReasonError, Thought, Turn},
    run::{CallKind, Chain, Depth, EntryKind, Label, Step, one_line},
};

use super::{
    cite::Shelf,
    frame,
    lines::{self, Wanted},
};

pub const PHRASE: &str = "# Work on your task";

const REPLY_TOKENS: u32 = 2_500;

/// # Errors
/// `Call`, `Unreadable`, `Stopped`.
pub async fn ask(desk: &dyn Desk, thought: &Thought) -> Result<Turn, ReasonError> {
    let request = frame::on_context(&thought.brief, PHRASE, &prompt(thought), REPLY_TOKENS);
    let reply = desk.call(CallKind::Reason, request).await?;
    parse(&reply, thought).map_err(|why| ReasonError::Unreadable { kind: CallKind::Reason, why: why.to_owned() })
}

fn prompt(thought: &Thought) -> String {
    let mut text = format!("## Your task\n\n{}\n\n", thought.task.text.trim());
    text.push_str(&frame::feedback(&thought.feedback));
    if !thought.unfolded.is_empty() {
        text.push_str("## Opened for you\n\n");
        text.push_str(&frame::unfolded(&thought.unfolded));
    }
    text.push_str("## What to do\n\n");
    text.push_str(match thought.may_unfold {
        true => {
            "If you lack evidence, ask for it with one line and nothing else: `UNFOLD: W0 S3, W0 S7` opens summaries, \
             `DEEP_UNFOLD: W0 S3.2` opens the text itself, of a part with its neighbours or of a whole document. A value, \
             a date, a wording or a condition that matters must be read in the text, not in a summary.\n\nOtherwise do \
             the task. "
        }
        false => "No more can be opened. Do the task with what you have, and say no more than it supports. ",
    });
    text.push_str(
        "Write short numbered steps. Every concrete claim in a step carries the label of what supports it, and where the \
         wording matters, the words themselves in quotation marks, copied letter by letter, next to the label. Show each \
         calculation and each comparison as a step. Then write one output statement that follows from the steps, is no \
         stronger than they are, and stands on its own. It begins with `FACT:`, or with `FAIL:` if what the task supposes \
         is contradicted or was not found; then say in which documents it was looked for.\n\nReply in this form:\n\n\
         1. step, with labels [W0 S3.2]\n2. step, with labels [W0 S3, W2 S1]\nOUTPUT FACT: statement",
    );
    text
}

fn parse(reply: &str, thought: &Thought) -> Result<Turn, &'static str> {
    let shelf = Shelf::new(&thought.brief.context, &thought.unfolded);
    let wanted = lines::wanted(reply);
    if let Some(Wanted { depth, labels }) = wanted.clone().filter(|_| thought.may_unfold) {
        let known: Vec<Label> = labels.into_iter().filter(|label| shelf.knows(*label)).collect();
        match depth {
            _ if known.is_empty() => {}
            Depth::Summary => return Ok(Turn::Unfold(known)),
            Depth::Raw => return Ok(Turn::DeepUnfold(known)),
        }
    }
    match chain(reply, &shelf) {
        Some(chain) => Ok(Turn::Conclude(chain)),
        None if wanted.is_some() && thought.may_unfold => Err("it asks to open what is not in the shared context"),
        None if wanted.is_some() => Err("it asks for more evidence when no more can be opened"),
        None => Err("it has no numbered steps with an output statement behind them"),
    }
}

fn chain(reply: &str, shelf: &Shelf) -> Option<Chain> {
    let (steps, output) = steps_and_output(reply)?;
    let (failed, output) = match ["FAIL", "FACT"].map(|marker| marked(&output, marker)) {
        [Some(text), _] => (true, text.to_owned()),
        [None, Some(text)] => (false, text.to_owned()),
        [None, None] => (false, output),
    };
    let steps: Vec<Step> = steps
        .into_iter()
        .map(|text| Step { citations: shelf.cite(&text), text })
        .filter(|s| !s.text.is_empty())
        .collect();
    if steps.is_empty() || output.is_empty() {
        return None;
    }
    let mut cited = steps.iter().flat_map(|step| &step.citations).peekable();
    let kind = match failed {
        true => EntryKind::Fail,
        // Nothing new was looked at.
        false if cited.peek().is_some() && cited.all(|citation| !citation.label.is_unit()) => EntryKind::Done,
        false => EntryKind::Fact,
    };
    Some(Chain { kind, steps, output })
}

/// The statement behind a marker with its colon.
fn marked<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    let rest = text.trim_start_matches(['*', '_', ' ']).strip_prefix(marker)?;
    let statement = rest.trim_start_matches(['*', '_', ' ']).strip_prefix([':', '：'])?;
    Some(statement.trim_start_matches(['*', '_']).trim())
}

/// The steps, each in one line, and everything behind the word `OUTPUT`. Bullets do where numbers are missing.
fn steps_and_output(reply: &str) -> Option<(Vec<String>, String)> {
    let mut steps: Vec<String> = Vec::new();
    let mut output: Option<String> = None;
    let mut numbered = false;
    for line in lines::lines(reply).filter(|line| !line.is_empty() && lines::wanted(line).is_none()) {
        if let Some(output) = &mut output {
            output.push(' ');
            output.push_str(line);
        } else if let Some(rest) = lines::after(line, "OUTPUT") {
            output = Some(rest.to_owned());
        } else if !steps.is_empty() && ["FACT", "FAIL"].iter().any(|marker| marked(line, marker).is_some()) {
            output = Some(line.to_owned());
        } else if let Some((_, text)) = lines::numbered(line) {
            if !numbered {
                // Bullets before the first number were prose.
                steps.clear();
            }
            numbered = true;
            steps.push(text.to_owned());
        } else if let Some(text) = line.strip_prefix(['-', '*', '•']).filter(|text| !numbered && text.starts_with(' '))
        {
            steps.push(text.trim().to_owned());
        } else if let Some(step) = steps.last_mut() {
            step.push(' ');
            step.push_str(line);
        }
    }
    Some((steps, one_line(lines::bare_text(&output?))))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        reason::{
            Unfolded, UnfoldedText,
            prompted::testing::{self, TestDesk},
        },
        run::{Citation, Critic, Feedback, Part, Summary},
    };

    fn thought(may_unfold: bool) -> Thought {
        let raw = UnfoldedText::Raw { text: "You must keep the notice.".into(), start: 50 };
        let part = Part { number: 1, text: "p".into(), head: String::new(), tail: String::new(), span: 7..30 };
        let summary = UnfoldedText::Summary(Arc::new(Summary { topic: "t".into(), parts: vec![part] }));
        Thought {
            brief: testing::brief(4),
            task: testing::task(1, "Find what must stay."),
            unfolded: vec![
                Unfolded { label: Label::unit(2), title: "Two".into(), text: raw },
                Unfolded { label: Label::unit(3), title: "Three".into(), text: summary },
            ],
            feedback: vec![],
            may_unfold,
        }
    }

    fn conclude(reply: &str) -> Chain {
        match parse(reply, &thought(true)) {
            Ok(Turn::Conclude(chain)) => chain,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn steps_carry_their_citations() {
        let chain = conclude(
            "Let me think.\r\n\r\n**1.** It says “keep the notice” [W0 S2].\r\n\r\n2) Part one agrees [W0 S3.1],\r\n   as does [W0 S4].\r\n\r\n**OUTPUT:** FACT: the notice\r\nmust stay [W0 S2]",
        );
        assert_eq!(chain.kind, EntryKind::Fact);
        assert_eq!(chain.output, "the notice must stay [W0 S2]");
        assert_eq!(chain.steps[0].citations, [Citation::of(Label::unit(2), 59..74)]);
        let part = Citation::of(Label::unit(3).with_part(1), 7..30);
        assert_eq!(chain.steps[1].citations, [part, Citation { label: Label::unit(4), span: None }]);
        assert_eq!(chain.steps[1].text, "Part one agrees [W0 S3.1], as does [W0 S4].");
    }

    #[test]
    fn the_kind_follows_from_the_marker_and_the_sources() {
        assert_eq!(conclude("1. a [W0 S2]\nOUTPUT FAIL: not found in [W0 S2]").kind, EntryKind::Fail);
        assert_eq!(conclude("1. a [W1 S1]\nOUTPUT FACT: so").kind, EntryKind::Done);
        assert_eq!(conclude("1. a [W1 S1, W0 S2]\nOUTPUT so").kind, EntryKind::Fact);
        assert_eq!(conclude("1. a\nOUTPUT\n**FAIL:** so").kind, EntryKind::Fail);
        assert_eq!(conclude("- a [W0 S2]\n- b\nFACT: so").steps.len(), 2);
    }

    #[test]
    fn a_request_counts_while_more_can_be_opened() {
        let reply = "I must read it.\n**DEEP_UNFOLD:** W0 S2.1, W0 S99";
        assert_eq!(parse(reply, &thought(true)), Ok(Turn::DeepUnfold(vec![Label::unit(2).with_part(1)])));
        assert!(parse(reply, &thought(false)).is_err());
        assert_eq!(parse("unfold: S3", &thought(true)), Ok(Turn::Unfold(vec![Label::unit(3)])));
        assert!(parse("UNFOLD: W0 S99", &thought(true)).unwrap_err().contains("not in the shared context"));
        assert!(parse("OUTPUT so it is", &thought(true)).is_err());
        assert!(parse("1. a [W0 S2]", &thought(true)).is_err());
        let both = parse("1. a [W0 S2]\nUNFOLD: W0 S3\nOUTPUT so", &thought(false));
        assert!(matches!(both, Ok(Turn::Conclude(chain)) if chain.steps[0].text == "a [W0 S2]"));
    }

    #[tokio::test]
    async fn feedback_stands_behind_the_task() {
        let mut thought = thought(true);
        let why = "the figure has no source".to_owned();
        thought.feedback =
            vec![Feedback { by: Critic::Verifier, reason: why, rejected: "It cost 5.".into(), citations: vec![] }];
        let desk = TestDesk::replying(&["1. a [W0 S2]\nOUTPUT so"]);
        ask(&desk, &thought).await.unwrap();
        let asked = desk.asked(0);
        let place = |text: &str| asked.find(text).unwrap_or_else(|| panic!("{text}"));
        assert!(asked.starts_with(PHRASE));
        assert!(place("Find what must stay.") < place("Turned down by verifier: the figure has no source"));
        assert!(place("It cost 5.") < place("### [W0 S2] Two: raw text"));
    }

    proptest! {
        #[test]
        fn no_reply_panics(reply in "([0-9]\\.|OUTPUT|FACT:|FAIL|UNFOLD:|\\[W0 S2\\]|“|”|\\*\\*|keep|é|\n| ){0,30}", any in any::<String>()) {
            let _ = parse(&reply, &thought(true));
            let _ = parse(&any, &thought(false));
        }
    }
}
