//! Every call of the prompted reasoner, answered by a script that knows each by its phrase, over a real corpus.

#![allow(clippy::unwrap_used)] // Helpers of tests fail as tests do.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use delm::{
    llm::{
        Model, Request,
        scripted::{Rule, Scripted},
    },
    reason::{
        Approved, Brief, Case, Closing, Desk, FinalTurn, GistReply, Progress, ReasonError, Reasoner, Redundancy,
        Thought, Turn, Unfolded, UnfoldedText, prompted::Prompted,
    },
    run::{
        Admission, Author, BlobId, CallKind, Citation, Context, Corpus, CutPoint, Entry, EntryKind, Event, Fact, Label,
        Media, Method, NewTask, Ruling, Run, Seq, Source, SourceId, Stream, Task, TaskId, Unit,
    },
};
use serde::Deserialize;

const TEXT: &str = "The first part lets everybody copy the work as it stands.\n\nThe second part says that each copy must \
    keep the notice of 1991 in full.";

const SCRIPT: &str = r##"
    [[rule]]
    match = ["# Choose where to cut"]
    replies = ['[(0, "a"), (1000, "b")]']

    [[rule]]
    match = ["# Index this document"]
    replies = ['''
    Chunk topic: A licence.
    Sub-chunks:
    - [Sub-chunk 1] On copying [anchor: The first part lets everybody ... work as it stands.]
    ''']

    [[rule]]
    match = ["# Fill the gaps of the index"]
    replies = ['- [Sub-chunk 2] On notices [anchor: The second part says that ... of 1991 in full.]']

    [[rule]]
    match = ["# Write the document gist"]
    replies = ["Gist: A licence on copying and notices."]

    [[rule]]
    match = ["# Check the document gist"]
    replies = ["yes"]

    [[rule]]
    match = ["# Break the question into tasks"]
    replies = ["1. Find what each copy must keep, in [W0 S1] [deps: ]"]

    [[rule]]
    match = ["# Choose what to unfold"]
    replies = ["W0 S1"]

    [[rule]]
    match = ["# Work on your task", "Find what each copy must keep"]
    replies = [
        "DEEP_UNFOLD: W0 S1.2",
        [{ text = "1. Each copy “must keep the notice of 1991” [W0 S1.2].\n" }, { text = "OUTPUT FACT: The notice of 1991 [W0 S1.2]." }],
    ]

    [[rule]]
    match = ["# Verify the chain"]
    replies = ['''
    VERIFICATION:
    U1 citation support: PASS
    U2 output coherence: PASS
    C1 arithmetic: N/A
    C2 qualifier drift: PASS
    C3 unsupported synthesis: PASS
    APPROVED: Each copy must keep the notice of 1991 [W0 S1.2].
    ''']

    [[rule]]
    match = ["# Write the gist"]
    find = { label = "Label: (.*)" }
    replies = ["**[{label}] GIST**\nSUB-TASK: What each copy must keep.\nRESULT: The notice of 1991 [W0 S1.2]."]

    [[rule]]
    match = ["# Check the form of a gist"]
    replies = ["Yes."]

    [[rule]]
    match = ["# Check for redundancy"]
    replies = ["ACCEPT"]

    [[rule]]
    match = ["# Decide what is still missing"]
    replies = ["[DONE]"]

    [[rule]]
    match = ["# Answer the question"]
    replies = ["The notice of 1991 [W1 S1]."]
"##;

#[derive(Deserialize)]
struct Script {
    rule: Vec<Rule>,
}

/// Sends every call to the script.
struct ScriptedDesk {
    model: Scripted,
    kinds: Mutex<String>,
}

#[async_trait]
impl Desk for ScriptedDesk {
    async fn call(&self, kind: CallKind, request: Request) -> Result<String, ReasonError> {
        self.kinds.lock().unwrap().push(kind.letter());
        Ok(self.model.send(&request, &mut |_| {}).await?.text)
    }

    async fn think(&self, _kind: CallKind) -> Result<(), ReasonError> {
        Ok(())
    }

    fn say(&self, _stream: Stream, _text: &str) {}
}

fn corpus() -> Corpus {
    let source = Source {
        id: SourceId(1),
        path: "licence.txt".into(),
        media: Media::Text,
        bytes: TEXT.len() as u64,
        text: BlobId([0; 32]),
        sections: vec![],
        suspicions: vec![],
    };
    let unit = Unit { label: Label::unit(1), source: SourceId(1), title: "Licence".into(), start: 0, end: TEXT.len() };
    let mut corpus = Corpus::default();
    corpus.add(&source, TEXT.into(), [unit]);
    corpus
}

fn entry(label: Label, kind: EntryKind, gist: &str, citations: Vec<Citation>) -> Entry {
    Entry {
        label,
        kind,
        task: None,
        subtask: String::new(),
        gist: gist.into(),
        citations,
        admission: Admission::Verified,
        taint: vec![],
        summary: None,
        trajectory: None,
    }
}

fn task(text: &str) -> Task {
    let new = NewTask { id: TaskId(1), text: text.into(), deps: vec![], focus: vec![] };
    let mut run = Run::default();
    run.apply(&Event { seq: Seq(1), at: 0, fact: Fact::TasksAdded { tasks: vec![new], by: Author::Human } });
    run.task(TaskId(1)).unwrap().clone()
}

#[tokio::test]
async fn a_finding_goes_from_the_text_to_the_answer() {
    let model = Scripted::new(toml::from_str::<Script>(SCRIPT).unwrap().rule);
    let desk = ScriptedDesk { model, kinds: Mutex::default() };
    let reasoner = Prompted::new("test:m".into(), Method { gap_chars: 40, ..Method::default() });
    let (corpus, unit) = (corpus(), Label::unit(1));

    let points: Vec<CutPoint> = [0, 1000].map(|offset| CutPoint { offset, preview: "words".into() }).into();
    assert_eq!(reasoner.split(&desk, "Licence", &points, 3).await.unwrap(), [0, 1000]);

    let summary = reasoner.summarize(&desk, &corpus, unit).await.unwrap();
    assert_eq!(summary.parts.len(), 2);
    let gist = reasoner.gist_unit(&desk, "What must stay?", "Licence", &summary).await.unwrap();
    assert_eq!(gist, "A licence on copying and notices.");

    let mut context = Context::default();
    context.push(entry(unit, EntryKind::Document, &gist, vec![]));
    let brief = Brief { question: "What must each copy keep?".into(), context: context.snapshot() };
    let mut progress = Progress { brief: brief.clone(), tasks: vec![], round: 0, objections: vec![] };
    let drafts = reasoner.decompose(&desk, &progress).await.unwrap();
    assert_eq!((drafts[0].number, &drafts[0].focus[..]), (1, &[unit][..]));
    let task = task(&drafts[0].text);

    assert_eq!(reasoner.choose(&desk, &brief, &task, 5).await.unwrap(), [unit]);
    let text = UnfoldedText::Summary(Arc::new(summary.clone()));
    let mut thought = Thought {
        brief: brief.clone(),
        task: task.clone(),
        unfolded: vec![Unfolded { label: unit, title: "Licence".into(), text }],
        feedback: vec![],
        may_unfold: true,
    };
    let part = unit.with_part(2);
    assert_eq!(reasoner.think(&desk, &thought).await.unwrap(), Turn::DeepUnfold(vec![part]));
    let span = summary.span_with_neighbours(2).unwrap();
    let text = UnfoldedText::Raw { text: TEXT[span.clone()].into(), start: span.start };
    thought.unfolded.push(Unfolded { label: part, title: "Licence".into(), text });
    let Turn::Conclude(chain) = reasoner.think(&desk, &thought).await.unwrap() else { panic!() };
    let citations = chain.citations();
    assert_eq!(corpus.quote(&citations[0]), Some("must keep the notice of 1991"));

    let label: Label = "W1 S1".parse().unwrap();
    let case =
        Case { brief: brief.clone(), task: task.clone(), label, chain: chain.clone(), evidence: thought.unfolded };
    let verdict = reasoner.verify(&desk, &case).await.unwrap();
    assert_eq!(verdict.objection(), None);
    let Ruling::Approved(paragraph) = verdict.ruling else { panic!() };
    let approved = Approved { task: task.clone(), label, chain, paragraph };
    let GistReply::Gist(gist) = reasoner.gist(&desk, &approved).await.unwrap() else { panic!() };
    assert!(reasoner.check_form(&desk, &gist).await.unwrap());
    let fresh = reasoner.check_redundancy(&desk, &brief, &gist, &citations).await.unwrap();
    assert_eq!(fresh, Redundancy::Accept);

    context.push(entry(label, EntryKind::Fact, &gist.result, citations.clone()));
    let brief = Brief { context: context.snapshot(), ..brief };
    (progress.brief, progress.tasks) = (brief.clone(), vec![task]);
    assert_eq!(reasoner.more_tasks(&desk, &progress).await.unwrap(), []);
    let closing = Closing { brief, unfolded: vec![], failed: vec![], objections: vec![], may_unfold: true };
    let FinalTurn::Answer(answer) = reasoner.finalize(&desk, &closing).await.unwrap() else { panic!() };
    assert_eq!((answer.citations, answer.entries), (citations, vec![label]));
    assert_eq!(*desk.kinds.lock().unwrap(), "ABCDDKEFFGHIJLM");
}
