//! A long log, as a team at work would have written it: a dozen events a task, each task with its tries and calls.

use delm::run::*;

/// A log of at least so many events, in the order in which one agent after another does its task.
pub fn long_log(events: usize) -> Vec<Event> {
    let mut log = Log { events: Vec::with_capacity(events + 16), calls: 0 };
    let options = Options { agents: 16, ..Options::default() };
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
    let mut task = 0;
    while log.events.len() < events {
        task += 1;
        log.task(task);
    }
    log.events
}

struct Log {
    events: Vec<Event>,
    calls: u64,
}

impl Log {
    fn push(&mut self, fact: Fact) {
        let seq = self.events.len() as u64 + 1;
        self.events.push(Event { seq: Seq(seq), at: seq as i64 * 100, fact });
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
            summary: Some(BlobId([1; 32])),
            trajectory: Some(BlobId([2; 32])),
        };
        self.push(Fact::EntryAdmitted { entry: Box::new(entry) });
    }

    fn call(&mut self, kind: CallKind, agent: AgentId, task: TaskId) {
        self.calls += 1;
        let id = CallId(self.calls);
        let (model, task) = ("register".to_owned(), Some(task));
        let worst = Usage { input_tokens: 4000, output_tokens: 800, usd: Some(0.01), ..Usage::NONE };
        let request = BlobId([3; 32]);
        let started = StartedCall { id, kind, agent, task, model: model.clone(), key: None, worst };
        self.push(Fact::CallStarted { call: Box::new(started) });
        let usage = Usage { input_tokens: 3000, output_tokens: 300, usd: Some(0.004), ..Usage::NONE };
        let call = Call {
            id,
            kind,
            agent,
            task,
            model,
            request,
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

    fn task(&mut self, n: u32) {
        let (task, agent) = (TaskId(n), AgentId((n % 16 + 1) as u16));
        let text = format!("Find out what the register says of fact number {n}, and in what words it says so");
        let new = NewTask { id: task, text, deps: vec![], focus: vec![] };
        self.push(Fact::TasksAdded { tasks: vec![new], by: Author::Human });
        self.push(Fact::TaskClaimed { task, agent });
        let snapshot = Seq(self.events.len() as u64);
        self.push(Fact::AttemptStarted { task, agent, attempt: 1, snapshot, heeds: vec![] });
        let unit = Label::unit(n % 40 + 1);
        self.call(CallKind::Unfold, agent, task);
        self.push(Fact::Unfolded { agent, task: Some(task), labels: vec![unit], depth: Depth::Summary });
        self.call(CallKind::Reason, agent, task);
        self.call(CallKind::Verify, agent, task);
        let label = Label::new(Author::Agent(agent), n / 16 + 1);
        self.admit(label, Some(task), vec![Citation::of(unit, 100..180)]);
        self.push(Fact::TaskFinished { task, agent, entry: Some(label) });
    }
}
