//! What names stand for over a run, and at its moments.

use std::sync::Arc;

use crate::run::{
    Admission, AgentId, Ask, Author, Axis, AxisOutcome, BlobId, Call, CallId, CallKind, Citation, Critic, Doubt, Entry,
    EntryKind, Event, Fact, Feedback, Label, NewTask, Options, Proposal, Ruling, Run, Seq, TaskId, Usage, Verdict,
};

use super::super::*;

fn label(text: &str) -> Label {
    text.parse().unwrap()
}

fn entry(at: &str, kind: EntryKind, gist: &str) -> Fact {
    Fact::EntryAdmitted {
        entry: Arc::new(Entry {
            label: label(at),
            kind,
            task: None,
            subtask: String::new(),
            gist: gist.into(),
            citations: vec![],
            admission: Admission::Verified,
            summary: None,
            trajectory: None,
            taint: vec![],
        }),
    }
}

fn call(kind: CallKind, agent: u16, task: Option<u32>, usd: Option<f64>) -> Fact {
    Fact::CallFinished {
        call: Box::new(Call {
            id: CallId(1),
            kind,
            agent: AgentId(agent),
            task: task.map(TaskId),
            model: "big".into(),
            request: BlobId([0; 32]),
            reply: None,
            usage: Usage { input_tokens: 100, usd, ..Usage::NONE },
            elapsed_ms: 0,
            first_ms: None,
            stable: 0,
            key: None,
            trace: None,
            from: None,
            error: None,
            fault: None,
        }),
    }
}

/// Two agents; a1 holds T1 and has read what came in before; T2 waits for T1.
fn history(usd: Option<f64>) -> Run {
    let task = |n, deps| NewTask { id: TaskId(n), text: format!("parser {n}"), deps, focus: vec![] };
    let facts = [
        Fact::RunStarted {
            question: "q".into(),
            paths: vec![],
            options: Box::new(Options { agents: 2, ..Options::default() }),
        },
        entry("W0 S1", EntryKind::Document, "About deadlines."),
        entry("H S1", EntryKind::Fact, "The Deadline is 12 March 2025."),
        Fact::TasksAdded { tasks: vec![task(1, vec![]), task(2, vec![TaskId(1)])], by: Author::Human },
        Fact::TaskClaimed { task: TaskId(1), agent: AgentId(1) },
        Fact::AttemptStarted { task: TaskId(1), agent: AgentId(1), attempt: 1, snapshot: Seq(5), heeds: vec![] },
        call(CallKind::Reason, 1, Some(1), Some(0.25)),
        call(CallKind::FormCheck, 2, None, usd),
    ];
    let mut run = Run::default();
    for (fact, seq) in facts.into_iter().zip(1..) {
        let event = Event { seq: Seq(seq), at: 1000 * seq as i64, fact };
        run.apply(&event);
    }
    run
}

#[test]
fn a_run_says_what_its_names_stand_for() {
    let run = history(Some(0.5));
    let table = [
        "entries = 2 and entries.document = 1 and entries.fact = 1 and entries.fail = 0",
        "entries.by.you = 1 and entries.by.H = 1 and entries.by.a1 = 0",
        "cost = $0.75 and cost.a1 = $0.25 and cost.T1 = $0.25 and cost.T2 = 0 and cost.a2 = $0.50",
        // The role verify has what the form check used; the call verify, G, has used nothing.
        "cost.verify = $0.50 and cost.G = 0 and cost.form-check = cost.a2 and cost.run = cost",
        "tokens = 200 and tokens.reason = 100 and tokens < 40k",
        "queue = 2 and queue.running = 1 and queue.blocked = 1 and queue.ready = 0 and queue.total = 2",
        "agents = 2 and agents.working = 1 and agents.idle = 1 and agents.failed = 0",
        "calls = 2 and seq = 8 and elapsed = 7s and decisions = 0",
        "text(\"deadline\") = 2 and text(\"DEADLINE IS\") = 1 and text(\"(\") = 0",
        "readers(H S1) a1 and readers(H S1) = 1 and readers(W0 S1) none",
        "context = 2 and context.tokens > 5",
        "not outcome and not answer and not (outcome answered or outcome != answered)",
    ];
    for text in table {
        assert!(Expr::parse(text, Vocabulary::Watch).unwrap().holds(&Watch::from(&run)), "{text}");
    }
}

#[test]
fn what_has_no_known_price_has_no_known_sum() {
    let run = history(None);
    let holds = |text| Expr::parse(text, Vocabulary::Watch).unwrap().holds(&Watch::from(&run));
    assert!(!holds("cost >= 0 or cost.a2 >= 0 or cost.verify >= 0"));
    assert!(holds("cost.a1 > 0 and tokens.a2 = 100"));
}

fn proposal(text: &str) -> Proposal {
    Proposal {
        label: label("W1 S1"),
        kind: EntryKind::Fact,
        agent: AgentId(1),
        task: TaskId(1),
        attempt: 2,
        subtask: "s".into(),
        result: text.into(),
        citations: vec![Citation::of(label("W0 S1.2"), 0..4)],
        summary: BlobId([0; 32]),
        trajectory: BlobId([0; 32]),
        verdict: Verdict {
            axes: vec![(Axis::U1, AxisOutcome::Pass), (Axis::C1, AxisOutcome::Fail("wrong sum".into()))],
            ruling: Ruling::Approved("x".into()),
        },
        doubts: vec![Doubt::Negative],
    }
}

#[test]
fn a_moment_says_what_its_names_stand_for() {
    let run = history(Some(0.5));
    let proposal = proposal("The deadline is 14 March 2025.");
    let proposed = Fact::WriteProposed { proposal: Box::new(proposal.clone()) };
    let asked = Ask::Write { proposal: Box::new(proposal.clone()) };
    let doubts = proposal.doubts.clone();
    let write = "agent a1 and task T1 and author W1 and label W1 S1 and kind FACT and try 2 and subject ~ \"parser 1\" \
        and text contains \"14 march\" and chars = 30 and cites W0 S1 and evidence verified and verdict fails and fails \
        and doubts negative and doubts = 1 and contradicts H S1 and contradicts = 1 and cost = $0.75 and queue.running = 1 \
        and not (error or call or model or reads or depth or round or tasks)";
    let rejected = Fact::WriteRejected {
        task: TaskId(1),
        agent: AgentId(1),
        attempt: 1,
        feedback: Feedback { by: Critic::Verifier, reason: "r".into(), rejected: "t".into(), citations: vec![] },
    };
    let returned = call(CallKind::FormCheck, 2, None, Some(0.125));
    let note = entry("H S2", EntryKind::Fail, "n");
    let claimed = Fact::TaskClaimed { task: TaskId(2), agent: AgentId(2) };
    let think = Ask::Think { call: CallKind::GapFill };
    let table = [
        (Moment::of_fact(&run, &proposed), write),
        (Moment::of_ask(&run, AgentId(1), Some(TaskId(1)), &asked, &doubts), write),
        (
            Moment::of_fact(&run, &rejected),
            "call verify and verdict fails and fails and try 1 and text = \"t\" and evidence none",
        ),
        (
            Moment::of_fact(&run, &returned),
            "call form-check and call I and model \"big\" and cost = $0.125 and tokens = 100 and cost.run = $0.75 and \
             fails false and not error and not verdict",
        ),
        (
            Moment::of_fact(&run, &note),
            "author you and author H and kind FAIL and evidence none and not agent and not task",
        ),
        (
            Moment::of_fact(&run, &claimed),
            "agent a2 and task T2 and text = \"parser 2\" and not verdict fails and not label",
        ),
        (
            Moment::of_ask(&run, AgentId(2), None, &think, &[]),
            "call gap-fill and call C and model extractive and cost = $0.75 and not doubts",
        ),
    ];
    for (moment, text) in table {
        // Name by name, so that a failure says which.
        let expr = Expr::parse(text, Vocabulary::Moment).unwrap_or_else(|why| panic!("{text}: {why}"));
        let Expr::And(parts) = expr else { panic!("{text}") };
        for part in parts {
            assert!(part.holds(&moment), "{part} of {moment:?}");
        }
    }
}

#[test]
fn an_entry_does_not_contradict_itself() {
    let run = history(None);
    let again = entry("H S1", EntryKind::Fact, "The deadline is 14 March 2025.");
    assert_eq!(Moment::of_fact(&run, &again).contradicts(), Some(vec![]));
}
