//! A sample of every fact, whole and varied, for tests of what happens to facts.

use std::sync::Arc;

use delm::run::*;

/// Names the kinds once, so that the compiler misses a new one here and the test of the samples misses its sample.
macro_rules! kinds {
    ($($kind:ident),* $(,)?) => {
        pub const KINDS: &[&str] = &[$(stringify!($kind)),*];

        pub fn kind(fact: &Fact) -> &'static str {
            match fact {
                $(Fact::$kind { .. } => stringify!($kind),)*
            }
        }
    };
}

kinds!(
    RunStarted,
    SessionStarted,
    SessionEnded,
    RunEnded,
    SourceRead,
    SourceSkipped,
    CorpusSplit,
    UnitClaimed,
    EntryAdmitted,
    PlanClaimed,
    TasksAdded,
    DependenciesRevised,
    PlanSettled,
    TaskClaimed,
    TaskFinished,
    TaskRequeued,
    TaskFailed,
    TaskDropped,
    TaskEdited,
    TaskMoved,
    TaskReserved,
    TaskReopened,
    TasksReplaced,
    TaskRestored,
    AttemptStarted,
    Unfolded,
    CallStarted,
    CallFinished,
    ContextRead,
    WriteProposed,
    WriteRejected,
    WriteFoundRedundant,
    WriteVetoed,
    EntryRecalled,
    RunReopened,
    ContradictionSettled,
    AgentMessaged,
    MessagesRead,
    MessageTakenBack,
    AgentAdded,
    AgentStopped,
    AgentHeld,
    AgentReleased,
    ModelSet,
    Forked,
    GateOpened,
    GateDecided,
    GateDeferred,
    CommandTaken,
    PolicySet,
    BreakpointSet,
    BreakpointRemoved,
    BreakpointHit,
    CapSet,
    WorkClosed,
    PauseAsked,
    RunPaused,
    RunResumed,
    StepGranted,
    FinalClaimed,
    FinalReopened,
    AnswerWritten,
    AgentFailed,
    LeaseExpired,
    WriteRefused,
);

/// At least one fact of each kind, with `text`, `n` (from 1) and `x` wherever they fit.
pub fn every_fact(text: &str, n: u32, x: f64) -> Vec<Fact> {
    let t = || text.to_owned();
    let agent = AgentId((n % 64 + 1) as u16);
    let task = TaskId(n);
    let blob = BlobId(std::array::from_fn(|i| (n as usize * (i + 1)) as u8));
    let unit = Label::unit(n);
    let label = Label::new(Author::Agent(agent), n);
    let span = n as usize..n as usize + 7;
    let citations = vec![Citation::of(unit.with_part(2), span), Citation::of_entry(label)];
    let feedback = |by| Feedback {
        by,
        reason: t(),
        rejected: if n.is_multiple_of(2) { t() } else { String::new() },
        citations: citations.clone(),
    };
    let new_task = NewTask { id: task, text: t(), deps: vec![TaskId(n), TaskId(1)], focus: vec![unit] };
    let bare_task = NewTask { id: task, text: t(), deps: vec![], focus: vec![] };
    let answer = Answer { text: t(), citations: citations.clone(), entries: vec![label] };
    let verdict = |ruling| Verdict {
        axes: vec![
            (Axis::U1, AxisOutcome::Pass),
            (Axis::C1, AxisOutcome::NotApplicable),
            (Axis::C3, AxisOutcome::Fail(t())),
        ],
        ruling,
    };
    let proposal = Proposal {
        label,
        kind: EntryKind::Fail,
        agent,
        task,
        attempt: n,
        subtask: t(),
        result: t(),
        citations: citations.clone(),
        summary: blob,
        trajectory: blob,
        verdict: verdict(Ruling::Wrong(t())),
        doubts: vec![Doubt::Unverified(t()), Doubt::Negative, Doubt::Tainted(Taint::Entry { label }), Doubt::Rule(t())],
    };
    let entry = |kind, admission| Entry {
        label,
        kind,
        task: Some(task),
        subtask: t(),
        gist: t(),
        citations: citations.clone(),
        admission,
        taint: vec![Taint::Text { label, rules: vec![t()] }, Taint::Entry { label }],
        summary: Some(blob),
        trajectory: Some(blob),
    };
    let note = Entry {
        label: Label::new(Author::Human, n),
        task: None,
        subtask: String::new(),
        citations: vec![],
        summary: None,
        trajectory: None,
        ..entry(EntryKind::Fact, Admission::Injected)
    };
    let used = |usd| Usage { input_tokens: u64::from(n), output_tokens: 3, usd, ..Usage::NONE };
    let cap = Cap { usd: Some(x), tokens: Some(u64::MAX) };
    let started = StartedCall {
        id: CallId(u64::from(n)),
        kind: CallKind::Reason,
        agent,
        task: Some(task),
        model: t(),
        key: Some(blob),
        worst: used(None),
    };
    let call = |usd, error: Option<String>| Call {
        id: CallId(u64::from(n) << 20),
        kind: CallKind::Verify,
        agent,
        task: error.is_none().then_some(task),
        model: t(),
        request: blob,
        reply: error.is_none().then_some(blob),
        usage: Usage { cached_tokens: u64::from(n) / 2, ..used(usd) },
        elapsed_ms: u64::from(n),
        first_ms: error.is_none().then_some(1),
        stable: n,
        key: Some(blob),
        trace: error.is_none().then_some(blob),
        from: error.is_none().then_some(CallId(7)),
        fault: error.is_some().then_some(Fault::TooLong),
        error,
    };
    let asks = vec![
        Ask::Claim,
        Ask::Unfold { labels: vec![unit, label] },
        Ask::Think { call: CallKind::Decompose },
        Ask::Write { proposal: Box::new(Proposal { verdict: verdict(Ruling::Approved(t())), ..proposal.clone() }) },
        Ask::Plan { round: n, tasks: vec![new_task.clone()], revised: vec![Revision { task, deps: vec![TaskId(1)] }] },
        Ask::Finish { answer: Box::new(answer.clone()) },
        Ask::Budget { scope: Scope::Task(task), cap, used: used(Some(x)), call: CallKind::Finalize, worst: used(None) },
    ];
    let options = Options {
        agents: agent.0,
        model: t(),
        base_url: Some(t()),
        roles: [(Role::Verify, t())].into(),
        limits: Limits { run: cap, agent: Cap { usd: None, tokens: Some(1) }, task: Cap::default() },
        policy: Some(t()),
        gate: GateLevel::ALL[n as usize % GateLevel::ALL.len()],
        seed: u64::MAX - u64::from(n),
        pace_ms: u64::from(n),
        method: Method { gist_words: n as usize, ..Method::default() },
    };

    let mut breakpoint = Breakpoint::new(BreakId(n), BreakSpec::parse("write if contradicts").unwrap());
    (breakpoint.ignore, breakpoint.commands) = (n, vec![t()]);
    let mut facts = vec![
        Fact::RunStarted { question: t(), paths: vec![t(), t()], options: Box::new(options) },
        Fact::RunStarted { question: t(), paths: vec![], options: Box::new(Options::default()) },
        Fact::SessionStarted { pid: n },
        Fact::SourceRead {
            source: Source {
                id: SourceId(n),
                path: t(),
                media: Media::Rst,
                bytes: u64::MAX,
                text: blob,
                sections: vec![Section { title: t(), span: 0..7 }],
                suspicions: vec![Suspicion { rule: t(), span: 1..2, reach: 0..7 }],
            },
        },
        Fact::SourceSkipped { path: t(), reason: t() },
        Fact::CorpusSplit {
            units: vec![Unit { label: unit, source: SourceId(n), title: t(), start: 0, end: n as usize }],
        },
        Fact::EntryAdmitted { entry: Arc::new(entry(EntryKind::Document, Admission::Verified)) },
        Fact::EntryAdmitted { entry: Arc::new(entry(EntryKind::Done, Admission::Approved(DecisionId(n)))) },
        Fact::EntryAdmitted { entry: Arc::new(entry(EntryKind::Fail, Admission::Edited(DecisionId(n)))) },
        Fact::EntryAdmitted { entry: Arc::new(note) },
        Fact::UnitClaimed { unit, agent },
        Fact::PlanClaimed { agent, round: n },
        Fact::TasksReplaced { old: vec![task, TaskId(1)], new: vec![bare_task.clone()] },
        Fact::TasksAdded { tasks: vec![new_task, bare_task], by: Author::Agent(agent) },
        Fact::TasksAdded { tasks: vec![], by: Author::Human },
        Fact::DependenciesRevised { task, deps: vec![TaskId(1)], by: None },
        Fact::DependenciesRevised { task, deps: vec![], by: Some(Author::Human) },
        Fact::PlanSettled { agent, next_round: n, done: n.is_multiple_of(2), note: t() },
        Fact::TaskClaimed { task, agent },
        Fact::TaskFinished { task, agent, entry: Some(label) },
        Fact::TaskFinished { task, agent, entry: None },
        Fact::TaskRequeued { task, agent, reason: t(), refused: n.is_multiple_of(2) },
        Fact::TaskFailed { task, reason: t() },
        Fact::TaskDropped { task, reason: t(), by: Author::Source },
        Fact::TaskEdited { task, text: t() },
        Fact::TaskMoved { task, before: Some(TaskId(1)) },
        Fact::TaskMoved { task, before: None },
        Fact::TaskReserved { task, agent: Some(agent) },
        Fact::TaskReopened { task, reason: t() },
        Fact::TaskRestored { task },
        Fact::EntryRecalled { label, reason: t(), suspect: vec![unit, label] },
        Fact::RunReopened { reason: t() },
        Fact::ContradictionSettled { first: label, second: unit, how: Settled::Both },
        Fact::AgentMessaged { agent, text: t() },
        Fact::MessagesRead { agent, count: n as usize },
        Fact::MessageTakenBack { agent },
        Fact::AgentAdded { agent },
        Fact::AgentStopped { agent },
        Fact::AgentHeld { agent },
        Fact::AgentReleased { agent },
        Fact::ModelSet { whose: Whose::Role(Role::Verify), model: Some(t()) },
        Fact::ModelSet { whose: Whose::Agent(agent), model: None },
        Fact::GateDeferred { decision: DecisionId(n) },
        Fact::CommandTaken { number: 1, posted: i64::from(n), pid: n, brings: 2, refused: None },
        Fact::CommandTaken { number: i64::MAX, posted: 0, pid: n, brings: 0, refused: Some(t()) },
        Fact::Forked { from: RunId(t()), upto: Seq(u64::from(n)) },
        Fact::AttemptStarted {
            task,
            agent,
            attempt: n,
            snapshot: Seq(u64::from(n)),
            heeds: vec![feedback(Critic::Human), feedback(Critic::Model)],
        },
        Fact::Unfolded { agent, task: Some(task), labels: vec![unit.with_part(n)], depth: Depth::Summary },
        Fact::Unfolded { agent, task: None, labels: vec![], depth: Depth::Raw },
        Fact::CallStarted { call: Box::new(started) },
        Fact::ContextRead { agent, task: Some(task), snapshot: Seq(u64::from(n)) },
        Fact::CapSet { scope: Scope::Agent(agent), cap },
        Fact::CapSet { scope: Scope::Run, cap: Cap::default() },
        Fact::PolicySet { text: t() },
        Fact::BreakpointSet { breakpoint: Box::new(breakpoint) },
        Fact::BreakpointRemoved { id: BreakId(n) },
        Fact::BreakpointHit { id: BreakId(n), agent: Some(agent), what: t(), said: vec![t()] },
        Fact::BreakpointHit { id: BreakId(n), agent: None, what: t(), said: vec![] },
        Fact::WorkClosed { closing: Closing::Wanted },
        Fact::WorkClosed { closing: Closing::CapReached(t()) },
        Fact::CallFinished { call: Box::new(call(Some(x), None)) },
        Fact::CallFinished { call: Box::new(call(None, Some(t()))) },
        Fact::WriteProposed { proposal: Box::new(proposal) },
        Fact::WriteRejected { task, agent, attempt: n, feedback: feedback(Critic::FormCheck) },
        Fact::WriteRejected { task, agent, attempt: n, feedback: feedback(Critic::GistGate) },
        Fact::WriteFoundRedundant { task, agent, attempt: n, of: Some(label) },
        Fact::WriteFoundRedundant { task, agent, attempt: n, of: None },
        Fact::PauseAsked,
        Fact::RunPaused,
        Fact::RunResumed,
        Fact::StepGranted { agent, checkpoint: Checkpoint::Tool },
        Fact::FinalClaimed { agent, snapshot: Seq(u64::MAX) },
        Fact::FinalReopened { reason: t() },
        Fact::AnswerWritten { answer: Box::new(answer) },
        Fact::AgentFailed { agent, reason: t() },
        Fact::LeaseExpired { agent, held: Held::Task(task), claim: n },
        Fact::LeaseExpired { agent, held: Held::Unit(unit), claim: n },
        Fact::WriteRefused { agent, held: Held::Task(task), claim: n, write: t() },
        Fact::WriteRefused { agent, held: Held::Plan, claim: n, write: String::new() },
        Fact::WriteRefused { agent, held: Held::Final, claim: n, write: t() },
    ];
    facts.extend(
        [Parting::Ended, Parting::Interrupted, Parting::Undecided].map(|parting| Fact::SessionEnded { parting }),
    );
    facts.extend(
        [Outcome::Answered, Outcome::Unanswered(t()), Outcome::OverBudget(t())]
            .map(|outcome| Fact::RunEnded { outcome }),
    );
    facts.extend([Then::Retry, Then::Requeue, Then::Drop].map(|then| Fact::WriteVetoed {
        task,
        agent,
        attempt: n,
        feedback: feedback(Critic::Verifier),
        then,
    }));
    let due = n.is_multiple_of(2).then(|| DueChoice { after_ms: u64::from(n), choice: Choice::Approve });
    facts.extend(asks.into_iter().map(|ask| {
        let task = (ask.checkpoint() != Checkpoint::Plan).then_some(task);
        Fact::GateOpened { decision: Box::new(Decision { id: DecisionId(n), agent, task, ask, deadline: due.clone() }) }
    }));
    facts.extend(
        [
            Choice::Approve,
            Choice::Edit { text: t() },
            Choice::Veto { reason: t(), then: Then::Retry },
            Choice::Raise { cap },
            Choice::Finish,
        ]
        .map(|choice| Fact::GateDecided { decision: DecisionId(n), choice, rule: n.is_multiple_of(2).then(t) }),
    );
    facts
}
