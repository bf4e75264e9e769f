//! G, verify: five axes and a ruling on one chain (METHOD §3a stage 7). What a model cannot be trusted to refuse is
//! refused by rule: a value whose raw text was not there, a label that does not exist, a rewrite with new labels.

use std::collections::HashSet;

use crate::{
    reason::{Case, Desk, ReasonError, UnfoldedText},
    run::{Axis, AxisOutcome, CallKind, Chain, Label, Ruling, Verdict, one_line},
};

use super::{
    cite::Shelf,
    frame::{self, Grounds},
    lines,
};

pub const PHRASE: &str = "# Verify the chain";

const REPLY_TOKENS: u32 = 1_500;

/// What is said of a verdict that was no verdict twice.
const UNREADABLE: &str = "the verifier's reply could not be read";

/// # Errors
/// `Call`, `Stopped`. A reply that cannot be read twice is a verdict against the chain.
pub async fn ask(desk: &dyn Desk, case: &Case) -> Result<Verdict, ReasonError> {
    let request = frame::on_context(&case.brief, PHRASE, &prompt(case), REPLY_TOKENS);
    let mut verdict = parse(&desk.call(CallKind::Verify, request.clone()).await?);
    if let Err(why) = &verdict {
        verdict = parse(&desk.call(CallKind::Verify, frame::again(request, why)).await?);
    }
    let verdict = verdict.unwrap_or_else(|_| Verdict { axes: vec![], ruling: Ruling::Wrong(UNREADABLE.to_owned()) });
    Ok(by_rule(verdict, case))
}

/// How a chain is judged that cites documents.
const BY_SOURCES: &str = "\
Judge the chain against what it cites, and only against that: not by what you know. Where raw text is given, it decides \
on values and wording; a summary does not.

- U1 citation support: each cited source really says what the step says, of the same thing, row, period and condition. A \
specific value whose source has no raw text here fails.";

/// How a chain is judged where there are no documents.
const BY_REASON: &str = "\
There are no documents, so judge whether the chain is right: by the question, by what it cites, by working it out again, \
and by what is generally known.

- U1 citation support: each cited finding really says what the step says; each step without a label follows from the \
question or from steps before it, or is generally known and says so. A step that is doubtful but not said to be fails.";

fn prompt(case: &Case) -> String {
    let how = match Grounds::of(&case.brief.context) {
        Grounds::Documents => BY_SOURCES,
        Grounds::Reasoning => BY_REASON,
    };
    format!(
        "## The task\n\n{}\n\n## The chain, to be published as [{}]\n\n{}\n\n## What it cites\n\n{}\
         ## What to do\n\n{how}\n\
         - U2 output coherence: the output follows from the steps; nothing in it is new, stronger or reversed, and no \
         condition that matters is lost.\n\
         - C1 arithmetic: work out every calculation and comparison again, the silent ones too. `N/A` only if every \
         number is quoted as it stands.\n\
         - C2 qualifier drift: the source itself is as strong. A mention is not an emphasis, going together is not \
         causing, some is not most.\n\
         - C3 unsupported synthesis: whatever is said beyond single sources is a plain combination of cited steps.\n\n\
         If any of the five fails the chain is WRONG: name the one thing to be put right, in one line. Otherwise it is \
         APPROVED: rewrite it as one clean paragraph that keeps its labels, adds none and says nothing more.\n\n\
         Reply in this form, with one of the last two lines:\n\n\
         VERIFICATION:\nU1 citation support: PASS or FAIL: reason\nU2 output coherence: PASS or FAIL: reason\n\
         C1 arithmetic: PASS or N/A or FAIL: reason\nC2 qualifier drift: PASS or N/A or FAIL: reason\n\
         C3 unsupported synthesis: PASS or N/A or FAIL: reason\nAPPROVED: paragraph\nWRONG: line",
        case.task.text.trim(),
        case.label,
        frame::quoted(&case.chain.render()),
        frame::unfolded(&case.evidence),
    )
}

/// The verdict as the model gave it; else why it cannot be read.
fn parse(reply: &str) -> Result<Verdict, &'static str> {
    let mut axes: Vec<(Axis, AxisOutcome)> = Vec::new();
    let (mut approved, mut wrong): (Option<String>, Option<String>) = (None, None);
    let mut ended = false;
    for line in lines::lines(reply) {
        let ruling = lines::after(line, "VERDICT").or_else(|| lines::after(line, "RULING")).unwrap_or(line);
        if let Some(text) = lines::after(ruling, "APPROVED") {
            approved.get_or_insert_default().push_str(text);
        } else if let Some(text) = lines::after(ruling, "WRONG") {
            wrong.get_or_insert_default().push_str(text);
        } else if let Some((axis, outcome)) = axis(line) {
            if !axes.iter().any(|(known, _)| *known == axis) {
                axes.push((axis, outcome));
            }
        } else if let Some(text) = approved.as_mut().or(wrong.as_mut()).filter(|_| !ended) {
            // One paragraph; what follows a blank line behind it is chat.
            ended = line.is_empty() && !text.is_empty();
            text.push(' ');
            text.push_str(line);
        }
    }
    let ruling = match (approved, wrong) {
        (Some(_), Some(_)) => return Err("It said both APPROVED and WRONG."),
        (None, None) => return Err("It said neither APPROVED nor WRONG at the start of a line."),
        (None, Some(line)) => match one_line(&line) {
            line if line.is_empty() => Ruling::Wrong("no reason given".to_owned()),
            line => Ruling::Wrong(line),
        },
        (Some(paragraph), None) => match one_line(&paragraph) {
            paragraph if paragraph.is_empty() => return Err("APPROVED had no paragraph behind it."),
            _ if axes.len() < Axis::ALL.len() => {
                return Err("It said APPROVED without an outcome for all five points.");
            }
            paragraph => Ruling::Approved(paragraph),
        },
    };
    axes.sort_by_key(|(axis, _)| *axis);
    Ok(Verdict { axes, ruling })
}

fn axis(line: &str) -> Option<(Axis, AxisOutcome)> {
    let bare = line.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let axis = Axis::ALL.into_iter().find(|axis| {
        bare.get(..2).is_some_and(|head| head.eq_ignore_ascii_case(&axis.to_string()))
            && !bare[2..].starts_with(|c: char| c.is_alphanumeric())
    })?;
    let rest = bare[2..].trim_start_matches(is_between);
    let named = rest.get(..axis.name().len()).filter(|name| name.eq_ignore_ascii_case(axis.name()));
    let unnamed = named.map_or(rest, |name| rest[name.len()..].trim_start_matches(is_between));
    // Under another name than ours the outcome follows the colon.
    let behind_colon = rest.split_once(':').map(|(_, text)| text.trim_start_matches(is_between));
    let outcome = outcome(axis, unnamed).or_else(|| outcome(axis, behind_colon?))?;
    Some((axis, outcome))
}

/// What may stand between the parts of an axis' line.
fn is_between(c: char) -> bool {
    !c.is_alphanumeric()
}

/// The outcome that a text begins with. It must be its first word: "does not pass" is no pass.
fn outcome(axis: Axis, text: &str) -> Option<AxisOutcome> {
    let begins = |word: &str| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    if begins("PASS") {
        Some(AxisOutcome::Pass)
    } else if begins("FAIL") {
        // A reason, not the tail of FAILS or FAILED.
        let rest = text["FAIL".len()..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let reason = lines::bare_text(rest.trim_start_matches(['*', '_', ' ', ':', '-', '–', '—', '.', ',']));
        Some(AxisOutcome::Fail(if reason.is_empty() { "no reason given".to_owned() } else { reason.to_owned() }))
    } else if begins("N/A") || begins("NOT APPLICABLE") {
        Some(match axis {
            Axis::U1 | Axis::U2 => AxisOutcome::Fail("it was not judged".to_owned()),
            Axis::C1 | Axis::C2 | Axis::C3 => AxisOutcome::NotApplicable,
        })
    } else {
        None
    }
}

/// The verdict with what the rules add. A failed axis overrides an approval.
fn by_rule(mut verdict: Verdict, case: &Case) -> Verdict {
    if let Some(reason) = unsupported(case) {
        let u1 = (Axis::U1, AxisOutcome::Fail(reason));
        match verdict.axes.iter_mut().find(|(axis, _)| *axis == Axis::U1) {
            Some(axis @ (_, AxisOutcome::Pass | AxisOutcome::NotApplicable)) => *axis = u1,
            Some(_) => {}
            None => verdict.axes.insert(0, u1),
        }
    }
    if let Ruling::Approved(paragraph) = &verdict.ruling {
        let known = labels_of(&case.chain);
        let stranger = Label::scan(paragraph).into_iter().map(|(label, _)| label).find(|label| !known.contains(label));
        if let Some(line) = verdict.objection() {
            verdict.ruling = Ruling::Wrong(line);
        } else if let Some(label) = stranger {
            let line = format!("the verifier's rewrite cites [{label}], which the chain does not");
            verdict.ruling = Ruling::Wrong(line);
        }
    }
    verdict
}

/// Every label of the chain, and the wholes of those that name a part.
fn labels_of(chain: &Chain) -> HashSet<Label> {
    let texts = chain.steps.iter().map(|step| &step.text).chain([&chain.output]);
    texts.flat_map(|text| Label::scan(text)).flat_map(|(label, _)| [label, label.whole()]).collect()
}

/// A step that cites what does not exist, or a value without the raw text to check it by.
fn unsupported(case: &Case) -> Option<String> {
    let shelf = Shelf::new(&case.brief.context, &case.evidence);
    let raw: HashSet<Label> = case
        .evidence
        .iter()
        .filter(|item| matches!(item.text, UnfoldedText::Raw { .. }))
        .map(|item| item.label.whole())
        .collect();
    (1..).zip(&case.chain.steps).find_map(|(number, step)| {
        let labels = Label::scan(&step.text);
        if let Some((label, _)) = labels.iter().find(|(label, _)| !shelf.knows(*label)) {
            return Some(format!("step {number} cites [{label}], which does not exist"));
        }
        let bare = labels.iter().find(|(label, _)| label.is_unit() && !raw.contains(&label.whole()))?;
        has_value(&step.text, &labels)
            .then(|| format!("step {number} takes a value from [{}], whose text is not there to check it by", bare.0))
    })
}

/// Whether a number stands in the text that is no part of a label or a name.
fn has_value(text: &str, labels: &[(Label, std::ops::Range<usize>)]) -> bool {
    let mut from = 0;
    let mut outside: Vec<&str> = Vec::new();
    for (_, at) in labels {
        outside.push(&text[from..at.start]);
        from = at.end;
    }
    outside.push(&text[from..]);
    let is_break = |c: char| c.is_whitespace() || "([{“\"'=<>:/".contains(c);
    let mut words = outside.iter().flat_map(|piece| piece.split(is_break));
    words.any(|word| word.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        reason::{
            Unfolded,
            prompted::testing::{self, TestDesk},
        },
        run::{EntryKind, Step},
    };

    const PASSES: &str = "**VERIFICATION:**\n- **U1 citation support**: PASS\n- U2: PASS\nC1 arithmetic: N/A\nC2 — pass\n\
        C3 (synthesis): PASS\n\n**APPROVED:** The notice\nmust stay [W0 S2].\n\nI hope this helps!";

    fn case(step: &str) -> Case {
        let raw = UnfoldedText::Raw { text: "keep the notice".into(), start: 0 };
        Case {
            brief: testing::brief(3),
            task: testing::task(1, "t"),
            label: "W2 S1".parse().unwrap(),
            chain: Chain {
                kind: EntryKind::Fact,
                steps: vec![Step { text: step.into(), citations: vec![] }],
                output: "it stays [W0 S2]".into(),
            },
            evidence: vec![Unfolded { label: Label::unit(2), title: "t".into(), text: raw }],
        }
    }

    fn judge(reply: &str, step: &str) -> Verdict {
        by_rule(parse(reply).unwrap(), &case(step))
    }

    #[test]
    fn an_approval_is_read_through_its_markdown() {
        let verdict = judge(PASSES, "a [W0 S2]");
        assert_eq!(verdict.ruling, Ruling::Approved("The notice must stay [W0 S2].".into()));
        assert_eq!(verdict.axes.len(), 5);
        assert_eq!(verdict.axes[2], (Axis::C1, AxisOutcome::NotApplicable));
    }

    #[test]
    fn a_failed_axis_overrides_an_approval() {
        let reply = PASSES.replace("C2 — pass", "**C2:** FAIL: some became most");
        let verdict = judge(&reply, "a [W0 S2]");
        assert_eq!(verdict.ruling, Ruling::Wrong("C2 qualifier drift: some became most".into()));
        let reply = PASSES.replace("U2: PASS", "U2: N/A");
        assert!(matches!(judge(&reply, "a [W0 S2]").ruling, Ruling::Wrong(_)));
    }

    #[test]
    fn a_rewrite_with_a_new_label_is_turned_down() {
        let reply = PASSES.replace("[W0 S2].", "[W0 S2, W0 S3].");
        let Ruling::Wrong(line) = judge(&reply, "a [W0 S2.1]").ruling else { panic!() };
        assert!(line.contains("[W0 S3]"), "{line}");
    }

    #[test]
    fn a_value_without_its_raw_text_never_passes() {
        let wrong = |step: &str| matches!(judge(PASSES, step).ruling, Ruling::Wrong(_));
        assert!(wrong("it cost $12.5 million [W0 S3]"));
        assert!(wrong("it cost 12 [W0 S99]"));
        assert!(wrong("growth=~-12% [W0 S3]"));
        assert!(!wrong("it cost $12.5 million [W0 S2.1]"));
        assert!(!wrong("the GPL-3.0 says so [W0 S3]"));
        assert!(!wrong("it cost 12 [W1 S1]"));
    }

    #[test]
    fn what_is_no_verdict_is_not_taken_for_one() {
        for reply in ["", "APPROVED: fine", "It is wrong.", "APPROVED: a\nWRONG: b", "VERIFICATION:\nU1: PASS"] {
            assert!(parse(reply).is_err(), "{reply}");
        }
        assert!(parse(&PASSES.replace("U2: PASS", "U2: it does not pass")).is_err());
        assert!(parse(PASSES.split("**APPROVED").next().unwrap()).is_err());
        let wrong = parse("Verdict: WRONG: step 2 has no source").unwrap();
        assert_eq!(wrong.ruling, Ruling::Wrong("step 2 has no source".into()));
    }

    #[tokio::test]
    async fn an_unreadable_verdict_is_asked_again_once_and_then_wrong() {
        let desk = TestDesk::replying(&["hm", PASSES]);
        assert!(ask(&desk, &case("a [W0 S2]")).await.unwrap().objection().is_none());
        assert!(desk.asked(1).starts_with(PHRASE) && desk.asked(1).contains("neither APPROVED nor WRONG"));
        let desk = TestDesk::replying(&["hm", "hm"]);
        assert_eq!(ask(&desk, &case("a [W0 S2]")).await.unwrap().objection().as_deref(), Some(UNREADABLE));
    }

    proptest! {
        #[test]
        fn no_reply_panics(reply in "(U1|C3|PASS|FAIL|N/A|APPROVED|WRONG|:|é|\\[W0 S2\\]|\n| ){0,30}", any in any::<String>()) {
            for reply in [&reply, &any] {
                if let Ok(verdict) = parse(reply) {
                    by_rule(verdict, &case(reply));
                }
            }
        }
    }
}
