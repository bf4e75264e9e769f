//! A long log, as a team at work would have written it: a dozen events a task, each task with its tries and calls.

use std::sync::Arc;

use delm::{run::*, store::Body};

/// A log of at least so many events, in the order in which one agent after another does its task.
pub fn long_log(events: usize) -> Vec<Event> {
    let mut log = Log::begin();
    let mut task = 0;
    while log.events.len() < events {
        task += 1;
        let thought = log.begin_task(task);
        log.end_task(task, thought);
    }
    log.events
}

/// The same, of a run that goes on with that model: all its agents are in the middle of a task, and its bodies are there.
pub fn half_done(events: usize, model: &str) -> (Vec<Event>, Vec<Body>) {
    let json = |value: serde_json::Result<Vec<u8>>| Body::of(value.expect("it is JSON"));
    let summary = json(serde_json::to_vec(&Summary { topic: "A fact".into(), parts: vec![] }));
    let chain = Chain { kind: EntryKind::Fact, steps: vec![], output: "A fact".into() };
    let verdict = Verdict { axes: vec![], ruling: Ruling::Approved("A fact".into()) };
    let trajectory = json(serde_json::to_vec(&Trajectory {
        task: TaskId(1),
        agent: AgentId(1),
        attempt: 1,
        subtask: String::new(),
        feedback: vec![],
        unfolded: vec![],
        chain,
        verdict,
    }));
    let mut log = Log::of(model, summary.id, trajectory.id);
    let mut task = 0;
    while log.events.len() < events {
        task += 1;
        let thought = log.begin_task(task);
        log.end_task(task, thought);
    }
    for n in 1..=16 {
        log.begin_task(task + n);
    }
    (log.events, vec![summary, trajectory])
}

/// A log as it grows.
pub struct Log {
    pub events: Vec<Event>,
    /// Of the newest event.
    seq: u64,
    calls: u64,
    /// What each entry unfolds to.
    summary: BlobId,
    trajectory: BlobId,
}

impl Log {
    /// The documents are read and divided; nobody has anything to do yet.
    pub fn begin() -> Self {
        Log::of(EXTRACTIVE, BlobId([1; 32]), BlobId([2; 32]))
    }

    fn of(model: &str, summary: BlobId, trajectory: BlobId) -> Self {
        let mut log = Log { events: vec![], seq: 0, calls: 0, summary, trajectory };
        let options = Options { agents: 16, model: model.to_owned(), ..Options::default() };
        log.push(Fact::RunStarted { question: "Which facts hold?".into(), paths: vec![], options: Box::new(options) });
        log.push(Fact::SessionStarted { pid: 1 });
        let units = (1..=40).map(|n| Unit {
            label: Label::unit(n),
            source: SourceId(1),
            title: format!("Part {n} of the register"),
            start: 0,
            end: 24_000,
        });
        log.push(Fact::CorpusSplit { units: units.collect() });
        (1..=40).for_each(|n| log.admit(Label::unit(n), None, vec![]));
        log
    }

    fn push(&mut self, fact: Fact) {
        self.seq += 1;
        self.events.push(Event { seq: Seq(self.seq), at: self.seq as i64 * 100, fact });
    }

    fn admit(&mut self, label: Label, task: Option<TaskId>, citations: Vec<Citation>) {
        let kind = if label.is_unit() { EntryKind::Document } else { EntryKind::Fact };
        let entry = Entry {
            label,
            kind,
            task,
            subtask: "What does the register say of this?".into(),
            gist: format!(
                "{label} holds, as the register says in its own words, which are about as long as a gist is."
            ),
            citations,
            admission: Admission::Verified,
            taint: vec![],
            summary: Some(self.summary),
            trajectory: Some(self.trajectory),
        };
        self.push(Fact::EntryAdmitted { entry: Arc::new(entry) });
    }

    fn call(&mut self, kind: CallKind, agent: AgentId, task: TaskId) {
        self.send(kind, agent, task);
        self.receive(CallId(self.calls), kind, agent, task);
    }

    fn send(&mut self, kind: CallKind, agent: AgentId, task: TaskId) {
        self.calls += 1;
        let worst = Usage { input_tokens: 4000, output_tokens: 800, usd: Some(0.01), ..Usage::NONE };
        let (id, model) = (CallId(self.calls), MODEL.to_owned());
        let started = StartedCall { id, kind, agent, task: Some(task), model, key: None, worst };
        self.push(Fact::CallStarted { call: Box::new(started) });
    }

    fn receive(&mut self, id: CallId, kind: CallKind, agent: AgentId, task: TaskId) {
        let usage = Usage { input_tokens: 3000, output_tokens: 300, usd: Some(0.004), ..Usage::NONE };
        let call = Call {
            id,
            kind,
            agent,
            task: Some(task),
            model: MODEL.to_owned(),
            request: BlobId([3; 32]),
            reply: Some(BlobId([4; 32])),
            usage,
            elapsed_ms: 900,
            error: None,
            key: None,
            trace: Some(BlobId([5; 32])),
            from: None,
            fault: None,
            first_ms: Some(200),
            stable: 2000,
        };
        self.push(Fact::CallFinished { call: Box::new(call) });
    }

    /// So many entries of documents in all.
    pub fn admit_documents(&mut self, entries: u32) {
        (41..=entries).for_each(|n| self.admit(Label::unit(n), None, vec![]));
    }

    /// The agent whose turn it is claims a new task, reads, and waits for what it thinks. Gives the call it waits for.
    pub fn begin_task(&mut self, n: u32) -> CallId {
        let (task, agent) = (TaskId(n), agent_of(n));
        let text = format!("Find out what the register says of fact number {n}, and in what words it says so");
        let new = NewTask { id: task, text, deps: vec![], focus: vec![] };
        self.push(Fact::TasksAdded { tasks: vec![new], by: Author::Human });
        self.push(Fact::TaskClaimed { task, agent });
        self.push(Fact::AttemptStarted { task, agent, attempt: 1, snapshot: Seq(self.seq), heeds: vec![] });
        self.call(CallKind::Unfold, agent, task);
        self.push(Fact::Unfolded { agent, task: Some(task), labels: vec![unit_of(n)], depth: Depth::Summary });
        self.send(CallKind::Reason, agent, task);
        CallId(self.calls)
    }

    /// What it thought comes back, holds, and is shared.
    pub fn end_task(&mut self, n: u32, thought: CallId) {
        let (task, agent) = (TaskId(n), agent_of(n));
        self.receive(thought, CallKind::Reason, agent, task);
        self.call(CallKind::Verify, agent, task);
        let label = Label::new(Author::Agent(agent), n / 16 + 1);
        self.admit(label, Some(task), vec![Citation::of(unit_of(n), 100..180)]);
        self.push(Fact::TaskFinished { task, agent, entry: Some(label) });
    }
}

const MODEL: &str = "register";

fn agent_of(n: u32) -> AgentId {
    AgentId((n % 16 + 1) as u16)
}

fn unit_of(n: u32) -> Label {
    Label::unit(n % 40 + 1)
}
