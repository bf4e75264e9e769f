//! A small run told by hand, for the tests of this room: one document of two parts, a wrong year in it, and what is built
//! on that.

use std::{collections::HashMap, sync::Arc};

use crate::run::{
    Admission, AgentId, Answer, Author, BlobId, Call, CallId, CallKind, Chain, Citation, Critic, Entry, EntryKind,
    Event, Fact, Feedback, Label, Media, NewTask, Options, Outcome, Ruling, Seq, Source, SourceId, StartedCall, Step,
    TaskId, Timeline, Trajectory, Unit, Usage, Verdict,
    line::{Line, Look},
};

use super::{Made, Report, Row, Scene, make};

pub(in crate::run) const TEXT: &str = "The lamp was completed in 1871. It burns colza.";

/// A log that grows by a second a fact.
pub(in crate::run) struct Log {
    pub timeline: Timeline,
    pub bodies: HashMap<BlobId, Vec<u8>>,
    now: i64,
}

pub(in crate::run) fn agent(n: u16, index: u32) -> Label {
    Label::new(Author::Agent(AgentId(n)), index)
}

/// The words of the document, as its first part.
pub(in crate::run) fn quote(words: &str) -> Citation {
    let start = TEXT.find(words).expect("the words are in the document");
    Citation::of(Label::unit(1).with_part(1), start..start + words.len())
}

impl Log {
    pub fn new() -> Self {
        Log { timeline: Timeline::default(), bodies: HashMap::new(), now: 1_000_000 }
    }

    /// Read and prepared, with so many agents.
    pub fn prepared(agents: u16) -> Self {
        let mut log = Log::new();
        let options = Options { agents, model: "test:m".into(), ..Options::default() };
        log.add(Fact::RunStarted {
            question: "When was it completed?".into(),
            paths: vec![],
            options: Box::new(options),
        });
        log.add(Fact::SessionStarted { pid: 1 });
        let source = Source {
            id: SourceId(1),
            path: "docs/land.txt".into(),
            media: Media::Text,
            bytes: TEXT.len() as u64,
            text: log.body(TEXT.as_bytes()),
            sections: vec![],
            suspicions: vec![],
        };
        log.add(Fact::SourceRead { source });
        let unit = Unit { label: Label::unit(1), source: SourceId(1), title: "Land".into(), start: 0, end: TEXT.len() };
        log.add(Fact::CorpusSplit { units: vec![unit] });
        log.add(Fact::UnitClaimed { unit: Label::unit(1), agent: AgentId(1) });
        log.call(1, None, CallKind::Summary, 500);
        log.admit(Entry { kind: EntryKind::Document, ..entry(Label::unit(1), None, "A lamp and its oil.", vec![]) });
        log
    }

    /// Two tasks, of which the second rests on the first, and an answer that rests on the second.
    pub fn answered() -> Self {
        let mut log = Log::prepared(2);
        log.plan(1, &[("When was it completed?", &[]), ("How old is it?", &[1])]);
        log.claim(1, 1);
        log.call(1, Some(1), CallKind::Reason, 700);
        log.reject(1, 1, "the year is missing");
        log.attempt(1, 1, 2);
        log.unfold(1, 1, &[Label::unit(1)]);
        log.call(1, Some(1), CallKind::Reason, 900);
        log.result(1, agent(1, 1), "The lamp was completed in 1871.", vec![quote("completed in 1871")]);
        log.claim(2, 2);
        log.call(2, Some(2), CallKind::Reason, 400);
        log.result(2, agent(2, 1), "It is 150 years old in 2021.", vec![Citation::of_entry(agent(1, 1))]);
        log.add(Fact::FinalClaimed { agent: AgentId(2), snapshot: log.head() });
        log.call(2, None, CallKind::Finalize, 300);
        let text = "It was lit long ago.\n\nIt is 150 years old [W2 S1].";
        log.answer(text, vec![], vec![agent(2, 1)]);
        log
    }

    pub fn head(&self) -> Seq {
        self.timeline.head().head
    }

    pub fn add(&mut self, fact: Fact) -> Seq {
        self.now += 1_000;
        let seq = self.head().next();
        self.timeline.push(Event { seq, at: self.now, fact });
        seq
    }

    pub fn pass(&mut self, ms: i64) {
        self.now += ms;
    }

    /// Not a hash: reports take names as they come.
    pub fn body(&mut self, bytes: &[u8]) -> BlobId {
        let mut name = [0; 32];
        name[0] = self.bodies.len() as u8 + 1;
        self.bodies.insert(BlobId(name), bytes.to_vec());
        BlobId(name)
    }

    pub fn admit(&mut self, entry: Entry) -> Seq {
        self.add(Fact::EntryAdmitted { entry: Arc::new(entry) })
    }

    pub fn plan(&mut self, agent: u16, tasks: &[(&str, &[u32])]) {
        let (agent, first) = (AgentId(agent), self.timeline.head().next_task().0);
        self.add(Fact::PlanClaimed { agent, round: 0 });
        self.call(agent.0, None, CallKind::Decompose, 200);
        let task = |(id, (text, deps)): (u32, &(&str, &[u32]))| NewTask {
            id: TaskId(id),
            text: (*text).into(),
            deps: deps.iter().copied().map(TaskId).collect(),
            focus: vec![],
        };
        self.add(Fact::TasksAdded { tasks: (first..).zip(tasks).map(task).collect(), by: Author::Agent(agent) });
        self.add(Fact::PlanSettled { agent, next_round: 1, done: true, note: String::new() });
    }

    pub fn claim(&mut self, task: u32, agent: u16) {
        self.add(Fact::TaskClaimed { task: TaskId(task), agent: AgentId(agent) });
        self.attempt(task, agent, 1);
    }

    pub fn attempt(&mut self, task: u32, agent: u16, attempt: u32) {
        let (task, agent, snapshot) = (TaskId(task), AgentId(agent), self.head());
        self.add(Fact::AttemptStarted { task, agent, attempt, snapshot, heeds: vec![] });
    }

    pub fn reject(&mut self, task: u32, agent: u16, reason: &str) {
        let feedback =
            Feedback { by: Critic::Verifier, reason: reason.into(), rejected: "a year".into(), citations: vec![] };
        self.add(Fact::WriteRejected { task: TaskId(task), agent: AgentId(agent), attempt: 1, feedback });
    }

    pub fn unfold(&mut self, agent: u16, task: u32, labels: &[Label]) {
        let (agent, task, depth) = (AgentId(agent), Some(TaskId(task)), crate::run::Depth::Raw);
        self.add(Fact::Unfolded { agent, task, labels: labels.to_vec(), depth });
    }

    pub fn sends(&mut self, agent: u16, task: Option<u32>, kind: CallKind) -> CallId {
        let id = self.timeline.head().next_call();
        let (agent, task, model) = (AgentId(agent), task.map(TaskId), "test:m".to_owned());
        let call = StartedCall { id, kind, agent, task, model, key: None, worst: Usage::NONE };
        self.add(Fact::CallStarted { call: Box::new(call) });
        id
    }

    pub fn answers(&mut self, id: CallId, ms: u64) {
        self.answers_with(id, ms, None);
    }

    pub fn answers_with(&mut self, id: CallId, ms: u64, trace: Option<BlobId>) {
        let StartedCall { kind, agent, task, model, .. } = self.timeline.head().in_flight[&id].clone();
        let request = self.body(format!("request of {id}").as_bytes());
        let usage = Usage { input_tokens: 90, output_tokens: 10, usd: Some(0.5), ..Usage::NONE };
        self.add(Fact::CallFinished {
            call: Box::new(Call {
                id,
                kind,
                agent,
                task,
                model,
                request,
                reply: None,
                usage,
                elapsed_ms: ms,
                first_ms: None,
                stable: 0,
                key: None,
                trace,
                from: None,
                error: None,
                fault: None,
            }),
        });
    }

    /// A whole call that takes so many milliseconds.
    pub fn call(&mut self, agent: u16, task: Option<u32>, kind: CallKind, ms: u64) -> CallId {
        let id = self.sends(agent, task, kind);
        self.pass(ms as i64 - 1_000);
        self.answers(id, ms);
        id
    }

    /// A task's entry, with a chain of one step behind it.
    pub fn result(&mut self, task: u32, label: Label, gist: &str, citations: Vec<Citation>) {
        let Author::Agent(agent) = label.author else { panic!("agents bring results") };
        let verdict = Verdict { axes: vec![], ruling: Ruling::Approved(gist.into()) };
        let step = Step { text: format!("It follows that {gist}"), citations: citations.clone() };
        let trajectory = Trajectory {
            task: TaskId(task),
            agent,
            attempt: 1,
            subtask: String::new(),
            feedback: vec![],
            unfolded: vec![],
            chain: Chain { kind: EntryKind::Fact, steps: vec![step], output: gist.into() },
            verdict,
        };
        let trajectory = self.body(&serde_json::to_vec(&trajectory).expect("it is plain data"));
        let entry = entry(label, Some(TaskId(task)), gist, citations);
        self.admit(Entry { trajectory: Some(trajectory), ..entry });
        self.add(Fact::TaskFinished { task: TaskId(task), agent, entry: Some(label) });
    }

    pub fn recall(&mut self, label: Label, reason: &str) {
        let facts = crate::run::rules::recall::recall(self.timeline.head(), label, reason, &crate::run::Rerun::Nothing);
        for fact in facts.expect("it can be recalled") {
            self.add(fact);
        }
    }

    pub fn answer(&mut self, text: &str, citations: Vec<Citation>, entries: Vec<Label>) {
        self.add(Fact::AnswerWritten { answer: Box::new(Answer { text: text.into(), citations, entries }) });
        self.add(Fact::RunEnded { outcome: Outcome::Answered });
    }

    /// What a line that only looks shows.
    pub fn made(&self, line: &str) -> Made {
        make(&look(line), &Scene { timeline: &self.timeline, body: &|id| self.bodies.get(&id).cloned(), watches: &[] })
    }

    pub fn report(&self, line: &str) -> Report {
        match self.made(line) {
            Made::Report(report) => report,
            other => panic!("{line}: {other:?}"),
        }
    }

    pub fn refused(&self, line: &str) -> String {
        match self.made(line) {
            Made::Refused(why) => why,
            other => panic!("{line}: {other:?}"),
        }
    }
}

pub(in crate::run) fn look(line: &str) -> Look {
    match Line::parse(line) {
        Ok(Line::Look(look)) => look,
        other => panic!("{line}: {other:?}"),
    }
}

pub(in crate::run) fn entry(label: Label, task: Option<TaskId>, gist: &str, citations: Vec<Citation>) -> Entry {
    Entry {
        label,
        kind: EntryKind::Fact,
        task,
        subtask: String::new(),
        gist: gist.into(),
        citations,
        admission: Admission::Verified,
        taint: vec![],
        summary: None,
        trajectory: None,
    }
}

/// The rows under the last row with this head, as head and text.
pub(in crate::run) fn under<'a>(report: &'a Report, head: &str) -> Vec<(&'a str, &'a str)> {
    let at =
        report.rows.iter().rposition(|row| row.head == head).unwrap_or_else(|| panic!("{head}: {}", report.text()));
    let depth = report.rows[at].depth;
    let below = report.rows[at + 1..].iter().take_while(|row| row.depth > depth);
    below.map(|row| (row.head.as_str(), row.text.as_str())).collect()
}

/// The rows with this head.
pub(in crate::run) fn rows<'a>(report: &'a Report, head: &str) -> Vec<&'a Row> {
    report.rows.iter().filter(|row| row.head == head).collect()
}
