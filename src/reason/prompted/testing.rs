//! What the tests of the calls share: a desk that gives prepared replies, and a small shared context.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;

use crate::{
    llm::Request,
    reason::{Brief, Desk, ReasonError},
    run::{
        Admission, AgentId, Author, CallKind, Citation, Context, Entry, EntryKind, Event, Fact, Label, NewTask, Run,
        Seq, Snapshot, Stream, Task, TaskId,
    },
};

/// Gives its replies in order; panics when asked once more than that.
pub struct TestDesk {
    replies: Mutex<VecDeque<String>>,
    requests: Mutex<Vec<(CallKind, Request)>>,
    said: Mutex<String>,
}

impl TestDesk {
    pub fn replying(replies: &[&str]) -> Self {
        TestDesk {
            replies: Mutex::new(replies.iter().map(ToString::to_string).collect()),
            requests: Mutex::default(),
            said: Mutex::default(),
        }
    }

    pub fn requests(&self) -> Vec<(CallKind, Request)> {
        self.requests.lock().unwrap().clone()
    }

    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The last message of the n-th request, from 0.
    pub fn asked(&self, n: usize) -> String {
        self.requests()[n].1.messages.last().unwrap().text.clone()
    }
}

#[async_trait]
impl Desk for TestDesk {
    async fn call(&self, kind: CallKind, request: Request) -> Result<String, ReasonError> {
        self.requests.lock().unwrap().push((kind, request));
        Ok(self.replies.lock().unwrap().pop_front().expect("a reply is prepared"))
    }

    async fn think(&self, _kind: CallKind) -> Result<(), ReasonError> {
        Ok(())
    }

    fn say(&self, _stream: Stream, text: &str) {
        self.said.lock().unwrap().push_str(text);
    }
}

fn entry(label: Label, kind: EntryKind, citations: Vec<Citation>) -> Entry {
    Entry {
        label,
        kind,
        task: None,
        subtask: String::new(),
        gist: format!("gist of {label}"),
        citations,
        admission: Admission::Verified,
        taint: vec![],
        summary: None,
        trajectory: None,
    }
}

/// Documents 1 to `units`, with `W1 S1` behind the first, which cites W0 S1.1 at 3..9. More documents make a later
/// state of the same context.
pub fn context(units: u32) -> Snapshot {
    let mut context = Context::default();
    for index in 1..=units {
        context.push(entry(Label::unit(index), EntryKind::Document, vec![]));
        // Pushed again it is ignored.
        let rests_on = vec![Citation::of(Label::unit(1).with_part(1), 3..9)];
        context.push(entry(Label::new(Author::Agent(AgentId(1)), 1), EntryKind::Fact, rests_on));
    }
    context.snapshot()
}

pub fn brief(units: u32) -> Brief {
    Brief { question: Arc::from("What must stay?"), context: context(units) }
}

/// A task as the fold of a run has it.
pub fn task(id: u32, text: &str) -> Task {
    let new = |id| NewTask { id: TaskId(id), text: text.to_owned(), deps: vec![], focus: vec![] };
    let added = Fact::TasksAdded { tasks: (1..=id).map(new).collect(), by: Author::Human };
    let mut run = Run::default();
    run.apply(&Event { seq: Seq(1), at: 0, fact: added });
    run.task(TaskId(id)).unwrap().clone()
}
