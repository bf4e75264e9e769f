//! All reply parsers of METHOD §4: the first byte of an input names the call by its letter, the rest is what the model
//! says, one reply behind the other with a form feed between them.
//!
//! Held true: no panic and no endless asking; what comes out is what METHOD promises of that call, whatever was said.

#![allow(clippy::unwrap_used, reason = "it fails as tests do")]

use std::collections::{BTreeSet, HashSet};

use delm::{
    reason::{
        Approved, Brief, Case, Closing, FinalTurn, Gist, GistReply, Progress, ReasonError, Reasoner, Redundancy,
        Thought, Turn, prompted::Prompted,
    },
    run::{
        Axis, AxisOutcome, Chain, Citation, Corpus, CutPoint, EntryKind, Label, Method, Ruling, Step,
        rules::plan::{self, Draft, TasksSeen},
    },
};

use super::scene::{self, FuzzDesk, now};

const LETTERS: &[u8; 13] = b"ABCDEFGHIJKLM";

/// One reply to B that leaves a gap, so that C is asked.
const HALF: &str = "Chunk topic: A licence.\nSub-chunks:\n\
    - [Sub-chunk 1] On copying [anchor: The first part lets ... as it stands.]\u{c}";

/// Most labels that E may open, and most words of a gist.
const MOST: usize = 3;
const WORDS: usize = 20;

pub fn check(data: &[u8]) {
    let Some((letter, replies)) = data.split_first() else { return };
    let replies = String::from_utf8_lossy(replies);
    match LETTERS[*letter as usize % LETTERS.len()] {
        b'A' => split(&replies),
        b'B' => summary(&replies),
        b'C' => summary(&format!("{HALF}{replies}")),
        b'D' => document_gist(&replies),
        b'E' => unfold(&replies),
        b'F' => [true, false].into_iter().for_each(|may_unfold| reason(&replies, may_unfold)),
        b'G' => verify(&replies),
        b'H' => gist(&replies),
        b'I' => drop(now(reasoner().check_form(&FuzzDesk::new(&replies), &result()))),
        b'J' => redundancy(&replies),
        b'K' => drafts(&now(reasoner().decompose(&FuzzDesk::new(&replies), &progress())), 1),
        b'L' => drafts(&now(reasoner().more_tasks(&FuzzDesk::new(&replies), &progress())), 0),
        _ => [true, false].into_iter().for_each(|may_unfold| finalize(&replies, may_unfold)),
    }
}

fn reasoner() -> Prompted {
    // Any stretch of the little documents is a gap worth asking for.
    Prompted::new("fuzz:m".into(), Method { gap_chars: 10, gist_words: WORDS, ..Method::default() })
}

fn result() -> Gist {
    Gist { subtask: "What must stay".into(), result: "The notice [W0 S1.2].".into(), doubts: vec![] }
}

fn progress() -> Progress {
    Progress {
        brief: scene::brief(),
        tasks: scene::run().tasks.iter().cloned().collect(),
        round: 1,
        objections: vec!["no".into()],
    }
}

fn split(replies: &str) {
    let points: Vec<CutPoint> =
        [0, 90, 400, 1200, 1300].map(|offset| CutPoint { offset, preview: format!("at {offset}") }).to_vec();
    let cuts = now(reasoner().split(&FuzzDesk::new(replies), "Doc", &points, MOST)).unwrap();
    assert!(cuts.is_empty() || (2..=MOST).contains(&cuts.len()) && cuts[0] == 0, "{cuts:?}");
    assert!(cuts.is_sorted_by(|one, next| one < next), "{cuts:?}");
    assert!(cuts.iter().all(|cut| points.iter().any(|point| point.offset == *cut)), "{cuts:?}");
}

fn summary(replies: &str) {
    let corpus = scene::corpus();
    for label in [1, 2, 3].map(Label::unit) {
        let summary = now(reasoner().summarize(&FuzzDesk::new(replies), &corpus, label)).unwrap();
        let text = corpus.text(label).unwrap();
        assert!(!summary.parts.is_empty() && !summary.topic.contains('\n'), "{summary:?}");
        for (number, part) in (1..).zip(&summary.parts) {
            assert_eq!(part.number, number);
            assert!(text.get(part.span.clone()).is_some_and(|part| !part.trim().is_empty()), "{part:?}");
            assert!(text.get(summary.span_with_neighbours(number).unwrap()).is_some(), "{summary:?}");
        }
        assert!(summary.parts.is_sorted_by_key(|part| part.span.start), "{summary:?}");
    }
}

fn document_gist(replies: &str) {
    let (desk, summary) = (FuzzDesk::new(replies), scene::summary());
    let gist = now(reasoner().gist_unit(&desk, "What must stay?", "Doc", &summary)).unwrap();
    assert!(!gist.is_empty() && !gist.contains('\n'), "{gist:?}");
    assert!(gist.split_whitespace().count() <= 2 * WORDS, "{gist:?}");
}

/// Labels that are asked for: some, each once, all of them known.
fn opens(labels: &[Label], brief: &Brief) {
    assert!(!labels.is_empty() && labels.iter().collect::<HashSet<_>>().len() == labels.len(), "{labels:?}");
    assert!(labels.iter().all(|label| brief.context.get(*label).is_some()), "{labels:?}");
}

/// Citations: of known labels, each span a slice of its document.
fn grounded<'a>(citations: impl IntoIterator<Item = &'a Citation>, brief: &Brief, corpus: &Corpus) {
    for citation in citations {
        assert!(brief.context.get(citation.label).is_some(), "{citation:?}");
        assert!(citation.label.is_unit() || citation.span.is_none(), "{citation:?}");
        assert!(
            citation.span.is_none() || corpus.quote(citation).is_some_and(|quote| !quote.is_empty()),
            "{citation:?}"
        );
    }
}

fn unfold(replies: &str) {
    let (brief, task) = (scene::brief(), scene::run().tasks[0].clone());
    let labels = now(reasoner().choose(&FuzzDesk::new(replies), &brief, &task, MOST)).unwrap();
    assert!(labels.len() <= MOST);
    if !labels.is_empty() {
        opens(&labels, &brief);
    }
}

fn reason(replies: &str, may_unfold: bool) {
    let (brief, task) = (scene::brief(), scene::run().tasks[0].clone());
    let thought = Thought { brief, task, unfolded: scene::unfolded(), feedback: vec![], may_unfold };
    match now(reasoner().think(&FuzzDesk::new(replies), &thought)) {
        Ok(Turn::Unfold(labels) | Turn::DeepUnfold(labels)) => {
            assert!(may_unfold);
            opens(&labels, &thought.brief);
        }
        Ok(Turn::Conclude(chain)) => {
            assert!(!chain.steps.is_empty() && !chain.output.is_empty() && !chain.output.contains('\n'), "{chain:?}");
            assert!(chain.steps.iter().all(|step| !step.text.is_empty() && !step.text.contains('\n')), "{chain:?}");
            grounded(&chain.citations(), &thought.brief, &scene::corpus());
        }
        Err(ReasonError::Unreadable { why, .. }) => assert!(!why.is_empty()),
        Err(error) => panic!("{error:?}"),
    }
}

fn step(text: &str, citations: Vec<Citation>) -> Step {
    Step { text: text.into(), citations }
}

fn chain() -> Chain {
    let cited = |number, span| vec![Citation::of(Label::unit(number), span)];
    Chain {
        kind: EntryKind::Fact,
        steps: vec![
            step("It costs 12,50 [W0 S2].", cited(2, 0..7)),
            step("It stays [W1 S1, W0 S1.2].", cited(1, 0..3)),
        ],
        output: "It stays [W0 S1.2].".into(),
    }
}

fn verify(replies: &str) {
    let (brief, task) = (scene::brief(), scene::run().tasks[0].clone());
    let label = Label { index: 2, ..scene::finding() };
    let case = Case { brief, task, label, chain: chain(), evidence: scene::unfolded() };
    let verdict = now(reasoner().verify(&FuzzDesk::new(replies), &case)).unwrap();
    match &verdict.ruling {
        Ruling::Approved(paragraph) => {
            assert!(!paragraph.is_empty() && !paragraph.contains('\n'), "{verdict:?}");
            assert_eq!(verdict.axes.iter().map(|(axis, _)| *axis).collect::<Vec<_>>(), Axis::ALL);
            assert!(verdict.axes.iter().all(|(_, outcome)| !matches!(outcome, AxisOutcome::Fail(_))), "{verdict:?}");
            let known = labels(&chain().render());
            let wholes: BTreeSet<Label> = known.iter().map(|label| label.whole()).collect();
            assert!(
                labels(paragraph).iter().all(|label| known.contains(label) || wholes.contains(label)),
                "{verdict:?}"
            );
        }
        Ruling::Wrong(line) => assert!(!line.is_empty() && !line.contains('\n'), "{verdict:?}"),
    }
}

fn labels(text: &str) -> BTreeSet<Label> {
    Label::scan(text).into_iter().map(|(label, _)| label).collect()
}

fn gist(replies: &str) {
    let paragraph = "It stays [W0 S1.2], as found [W1 S1].".to_owned();
    let task = scene::run().tasks[0].clone();
    let approved = Approved { task, label: Label { index: 2, ..scene::finding() }, chain: chain(), paragraph };
    match now(reasoner().gist(&FuzzDesk::new(replies), &approved)).unwrap() {
        GistReply::Gist(gist) => {
            assert!(!gist.subtask.is_empty() && !format!("{}{}", gist.subtask, gist.result).contains('\n'), "{gist:?}");
            assert_eq!(labels(&gist.result), labels(&approved.paragraph));
        }
        GistReply::Refused(why) => assert!(!why.is_empty()),
    }
}

fn redundancy(replies: &str) {
    let brief = scene::brief();
    match now(reasoner().check_redundancy(&FuzzDesk::new(replies), &brief, &result(), &[])).unwrap() {
        Redundancy::Redundant(Some(label)) => opens(&[label], &brief),
        Redundancy::Redundant(None) | Redundancy::Accept => {}
    }
}

/// A plan that a planner wrote, and what the rules make of it.
fn drafts(drafts: &Result<Vec<Draft>, ReasonError>, least: usize) {
    let drafts = match drafts {
        Ok(drafts) => drafts,
        Err(ReasonError::Unreadable { .. }) => return,
        Err(error) => panic!("{error:?}"),
    };
    let (run, brief) = (scene::run(), scene::brief());
    assert!(drafts.len() >= least);
    assert!(drafts.iter().all(|draft| !draft.text.trim().is_empty() && !draft.text.contains('\n')), "{drafts:?}");
    let fresh: Vec<u32> = drafts.iter().map(|draft| draft.number).filter(|number| *number > 2).collect();
    assert_eq!(fresh.iter().collect::<HashSet<_>>().len(), fresh.len(), "{drafts:?}");
    drafts.iter().filter(|draft| !draft.focus.is_empty()).for_each(|draft| opens(&draft.focus, &brief));
    if let Ok(checked) = plan::check(&run, TasksSeen(run.tasks.len()), drafts) {
        assert!(run.tasks.len() + checked.tasks.len() <= run.tasks.len() + run.options.method.max_tasks);
        assert!(checked.tasks.iter().all(|task| !task.deps.contains(&task.id)), "{checked:?}");
    }
}

fn finalize(replies: &str, may_unfold: bool) {
    let brief = scene::brief();
    let failed = vec![(scene::run().tasks[1].clone(), "nothing came".to_owned())];
    let closing = Closing { brief, unfolded: scene::unfolded(), failed, objections: vec![], may_unfold };
    match now(reasoner().finalize(&FuzzDesk::new(replies), &closing)) {
        Ok(FinalTurn::Unfold(labels) | FinalTurn::DeepUnfold(labels)) => {
            assert!(may_unfold);
            opens(&labels, &closing.brief);
        }
        Ok(FinalTurn::Answer(answer)) => {
            assert!(!answer.text.trim().is_empty());
            grounded(&answer.citations, &closing.brief, &scene::corpus());
            assert!(answer.citations.iter().all(|citation| citation.label.is_unit()), "{answer:?}");
            assert!(answer.entries.iter().all(|label| closing.brief.context.get(*label).is_some()), "{answer:?}");
        }
        Err(ReasonError::Unreadable { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
}
