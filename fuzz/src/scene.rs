//! What the calls stand on: three documents, a shared context of documents, a finding and a note, a task, and a desk at
//! which a model gives prepared replies.

#![allow(clippy::unwrap_used, reason = "it fails as tests do")]

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context as Waking, Poll, Waker},
};

use async_trait::async_trait;
use delm::{
    llm::Request,
    reason::{Brief, Desk, ReasonError, Unfolded, UnfoldedText},
    run::{
        Admission, AgentId, Author, BlobId, CallKind, Citation, Context, Corpus, Entry, EntryKind, Event, Fact, Label,
        Media, NewTask, Part, Run, Seq, Source, SourceId, Stream, Summary, TaskId, Unit,
    },
};

/// Where a reply ends in an input.
const END: char = '\u{c}';

/// No call of METHOD §4.1 may ask more often, its gap rounds included.
const MOST_CALLS: usize = 12;

const TEXTS: [&str; 3] = [
    "The first part lets everybody copy the work as it stands.\n\nThe second part says that each copy must keep the \
     notice of 1991 in full.\n",
    "Käufer zahlen 12,50 € für “das Werk”.\r\n\r\nIt’s theirs — all of it… the whole of it.\n\n| row | 1991 |\n| a | 2 |\n",
    "one two three four five six seven eight nine ten eleven twelve one two three four five six\n\n早い者勝ち。早い者勝ち。",
];

/// Where the raw text of the third document begins that was unfolded.
const FROM: usize = 8;

pub fn corpus() -> Corpus {
    let mut corpus = Corpus::default();
    for (number, text) in (1..).zip(TEXTS) {
        let (path, bytes, id) = (format!("{number}.txt"), text.len() as u64, SourceId(number));
        let source =
            Source { id, path, media: Media::Text, bytes, text: BlobId([0; 32]), sections: vec![], suspicions: vec![] };
        let unit =
            Unit { label: Label::unit(number), source: id, title: format!("Doc {number}"), start: 0, end: text.len() };
        corpus.add(&source, text.into(), [unit]);
    }
    corpus
}

pub fn finding() -> Label {
    Label::new(Author::Agent(AgentId(1)), 1)
}

pub fn summary() -> Summary {
    let part = |number, text: &str, head: &str, tail: &str, span| Part {
        number,
        text: text.into(),
        head: head.into(),
        tail: tail.into(),
        span,
    };
    Summary {
        topic: "A licence.".into(),
        parts: vec![
            part(1, "On copying", "The first part", "as it stands.", 0..57),
            part(2, "On notices", "The second part", "in full.", 59..TEXTS[0].len() - 1),
        ],
    }
}

pub fn brief() -> Brief {
    let entry = |label, kind, gist: &str, citations| Entry {
        label,
        kind,
        task: None,
        subtask: String::new(),
        gist: gist.into(),
        citations,
        admission: Admission::Verified,
        summary: None,
        trajectory: None,
        taint: vec![],
    };
    let mut context = Context::default();
    for number in 1..=3 {
        context.push(entry(Label::unit(number), EntryKind::Document, "A document.", vec![]));
    }
    let rests_on = vec![Citation::of(Label::unit(1).with_part(1), 4..9), Citation::of_entry(finding())];
    context.push(entry(finding(), EntryKind::Fact, "It may be copied [W0 S1.1].", rests_on));
    context.push(entry(Label::new(Author::Human, 1), EntryKind::Fact, "Look at 1991.", vec![]));
    Brief { question: Arc::from("What must stay?"), context: context.snapshot() }
}

pub fn unfolded() -> Vec<Unfolded> {
    let item = |label, text| Unfolded { label, title: "Doc".into(), text };
    let raw = |text: &str, start| UnfoldedText::Raw { text: text.into(), start };
    vec![
        item(Label::unit(1), UnfoldedText::Summary(Arc::new(summary()))),
        item(Label::unit(2), raw(TEXTS[1], 0)),
        item(Label::unit(3).with_part(2), raw(&TEXTS[2][FROM..], FROM)),
        item(finding(), raw("1. It may be copied “as it stands” [W0 S1.1].", 0)),
    ]
}

/// A run whose queue holds two tasks, the second after the first.
pub fn run() -> Run {
    let task = |id, text: &str, deps| NewTask { id: TaskId(id), text: text.into(), deps, focus: vec![] };
    let tasks = vec![task(1, "Read the notice", vec![]), task(2, "Compare the two", vec![TaskId(1)])];
    let mut run = Run::default();
    run.apply(&Event { seq: Seq(1), at: 0, fact: Fact::TasksAdded { tasks, by: Author::Human } });
    run
}

/// A desk whose model gives the replies of one input in order, the last one again and again.
pub struct FuzzDesk {
    replies: Vec<String>,
    calls: AtomicUsize,
}

impl FuzzDesk {
    pub fn new(replies: &str) -> Self {
        FuzzDesk { replies: replies.split(END).map(str::to_owned).collect(), calls: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Desk for FuzzDesk {
    async fn call(&self, _kind: CallKind, request: Request) -> Result<String, ReasonError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(call < MOST_CALLS, "it asks for ever");
        assert!(request.stable <= request.messages.len());
        Ok(self.replies[call.min(self.replies.len() - 1)].clone())
    }

    async fn think(&self, _kind: CallKind) -> Result<(), ReasonError> {
        Ok(())
    }

    fn say(&self, _stream: Stream, _text: &str) {}
}

/// What a call gives whose desk never waits.
pub fn now<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Waking::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a call waits for nothing but its desk"),
    }
}
