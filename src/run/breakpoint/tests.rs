//! Breakpoints as they are typed, and where they match.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::run::{
    AgentId, Author, BlobId, Call, CallId, CallKind, Depth, Event, Fact, Label, NewTask, Options, Run, Seq,
    StartedCall, TaskId, Usage, lang::tests::examples,
};

const GRAMMAR: &str = include_str!("../lang/GRAMMAR.md");

fn spec(text: &str) -> BreakSpec {
    BreakSpec::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn every_example_is_understood_and_reads_back() {
    let heads = HEADS.iter().map(|head| head.example);
    for text in examples(GRAMMAR, "break").into_iter().chain(heads) {
        let parsed = spec(text);
        assert_eq!(spec(&parsed.to_string()), parsed, "{text} is written {parsed}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_column() {
    let told = |text| BreakSpec::parse(text).unwrap_err().in_line();
    assert!(told("wrte W2").starts_with("column 1: expected what to wait for"), "{}", told("wrte W2"));
    assert!(told("wrte W2").ends_with("found wrte; did you mean write?"));
    assert!(told("agent").starts_with("column 6: expected an agent such as a2 after agent"), "{}", told("agent"));
    assert!(told("read FACT").starts_with("column 6: expected a label such as W1 S2"), "{}", told("read FACT"));
    assert!(told("no-progress 60").starts_with("column 13: expected a time"), "{}", told("no-progress 60"));
    assert!(told("write if verdit").ends_with("did you mean verdict?"));
    assert!(told("cost > 1 thread T2").starts_with("column 17: expected an agent"));
    assert!(told("").starts_with("column 1: expected what to wait for"));
    assert!(told("claim ~ \"(\"").starts_with("column 7: expected a pattern"), "{}", told("claim ~ \"(\""));
}

/// Two agents and three tasks; a1 holds T1.
fn run() -> Run {
    let task = |n: u32, text: &str| NewTask { id: TaskId(n), text: text.into(), deps: vec![], focus: vec![] };
    let tasks = vec![
        task(1, "Find the deadline of the grant application"),
        task(2, "Describe the parser of the project"),
        task(3, "What is the application deadline for the grant?"),
    ];
    let facts = [
        Fact::RunStarted {
            question: "q".into(),
            paths: vec![],
            options: Box::new(Options { agents: 2, ..Options::default() }),
        },
        Fact::TasksAdded { tasks, by: Author::Human },
        claim(1, 1),
    ];
    let mut run = Run::default();
    for (fact, seq) in facts.into_iter().zip(1..) {
        run.apply(&Event { seq: Seq(seq), at: 0, fact });
    }
    run
}

fn claim(task: u32, agent: u16) -> Fact {
    Fact::TaskClaimed { task: TaskId(task), agent: AgentId(agent) }
}

fn started(kind: CallKind) -> Fact {
    let call = StartedCall {
        id: CallId(1),
        kind,
        agent: AgentId(2),
        task: None,
        model: "m".into(),
        key: None,
        worst: Usage::NONE,
    };
    Fact::CallStarted { call: Box::new(call) }
}

fn finished(kind: CallKind, error: Option<&str>) -> Fact {
    let call = Call {
        id: CallId(1),
        kind,
        agent: AgentId(2),
        task: None,
        model: "m".into(),
        request: BlobId([0; 32]),
        reply: None,
        usage: Usage { input_tokens: 70, ..Usage::NONE },
        elapsed_ms: 0,
        first_ms: None,
        stable: 0,
        key: None,
        trace: None,
        from: None,
        error: error.map(str::to_owned),
        fault: None,
    };
    Fact::CallFinished { call: Box::new(call) }
}

#[test]
fn facts_are_matched_before_they_are_visible() {
    let run = run();
    let read = Fact::Unfolded {
        agent: AgentId(2),
        task: Some(TaskId(2)),
        labels: vec![Label::unit(3).with_part(2)],
        depth: Depth::Raw,
    };
    let failed = Fact::AgentFailed { agent: AgentId(2), reason: "gone".into() };
    let table = [
        ("claim", claim(2, 2), true),
        ("claim ~ \"parser\"", claim(2, 2), true),
        ("claim ~ \"deadline\"", claim(2, 2), false),
        ("claim T2 a2", claim(2, 2), true),
        ("claim a1", claim(2, 2), false),
        ("claim thread a1", claim(2, 2), false),
        ("agent a2", claim(2, 2), true),
        ("task T2", claim(2, 2), true),
        ("task T1", claim(2, 2), false),
        ("read W0 S3", read.clone(), true),
        ("read W0 S3.1", read.clone(), false),
        ("read if depth raw and agent a2", read.clone(), true),
        ("write", read, false),
        ("error", failed.clone(), true),
        ("error ~ \"gone\"", failed, true),
        ("error", finished(CallKind::Reason, None), false),
        ("error", finished(CallKind::Reason, Some("timeout")), true),
        // A call stops before it is sent, unless what comes back is asked for.
        ("call verify", started(CallKind::Verify), true),
        ("call verify", finished(CallKind::Verify, None), false),
        ("call verify", started(CallKind::Reason), false),
        ("call verify if fails", started(CallKind::Verify), false),
        ("call verify if fails", finished(CallKind::Verify, None), false),
        ("call verify if fails", finished(CallKind::Verify, Some("x")), true),
        ("call if tokens > 60", finished(CallKind::Gist, None), true),
        ("call if tokens > 80", finished(CallKind::Gist, None), false),
        ("call if agent a2", started(CallKind::Gist), true),
        ("duplicate", claim(3, 2), true),
        ("duplicate", claim(2, 2), false),
        ("duplicate", claim(3, 1), false),
        ("cost > 0", claim(2, 2), false),
    ];
    for (text, fact, wanted) in table {
        assert_eq!(spec(text).matches(&run, std::slice::from_ref(&fact)), wanted, "{text}: {fact:?}");
    }
}

#[test]
fn states_are_matched_when_they_begin() {
    let mut run = run();
    assert!(spec("queue.running = 1").holds(&run));
    assert!(!spec("queue.running = 1 if agents.idle = 0").holds(&run));
    assert_eq!(spec("no-progress 90s").silence(), Some(Duration::from_secs(90)));
    assert!(!spec("no-progress 90s").holds(&run), "a silence is no state");
    let mut point = Breakpoint::new(BreakId(1), spec("queue.ready < 2"));
    assert_eq!(point.on_state(point.spec.holds(&run)), Hit::Ignored);
    run.apply(&Event { seq: Seq(4), at: 0, fact: claim(2, 2) });
    assert_eq!(point.on_state(point.spec.holds(&run)), Hit::Stop);
    assert_eq!(point.on_state(point.spec.holds(&run)), Hit::Ignored, "it goes on holding");
    assert_eq!(point.hits, 1);
}

#[test]
fn matches_are_counted_ignored_and_traced() {
    let mut point = Breakpoint::new(BreakId(3), spec("write if contradicts"));
    point.ignore = 2;
    point.temporary = true;
    assert_eq!([point.on_match(), point.on_match(), point.on_match()], [Hit::Ignored, Hit::Ignored, Hit::Stop]);
    assert_eq!(point.on_match(), Hit::Ignored, "a temporary one stops once");
    assert_eq!(point.to_string(), "b3 write if contradicts (temporary, off, 3 hits)");
    let mut trace = Breakpoint::new(BreakId(4), spec("error"));
    trace.kind = BreakKind::Trace;
    assert_eq!([trace.on_match(), trace.on_match()], [Hit::Trace, Hit::Trace]);
    trace.commands = vec!["print cost".into()];
    let saved = serde_json::to_string(&trace).unwrap();
    assert!(saved.contains("\"spec\":\"error\""), "{saved}");
    assert_eq!(serde_json::from_str::<Breakpoint>(&saved).unwrap(), trace);
}

#[test]
fn what_can_follow_in_a_spec() {
    let next = |prefix| completions(prefix).into_iter().map(|one| one.text).collect::<Vec<_>>();
    assert_eq!(next("wr"), ["write"]);
    assert_eq!(next("call ver"), ["verify"]);
    assert_eq!(next("write if verd"), ["verdict"]);
    assert_eq!(next("queue.re"), ["ready"]);
}

proptest! {
    #[test]
    fn no_text_does_harm(text in "(claim|write|read|call|no-progress|cost)? ?\\PC{0,30}") {
        let run = Run::default();
        if let Ok(spec) = BreakSpec::parse(&text) {
            prop_assert_eq!(BreakSpec::parse(&spec.to_string()), Ok(spec.clone()));
            let _ = (spec.holds(&run), spec.matches(&run, &[claim(1, 1), started(CallKind::Gist)]));
        }
        let _ = completions(&text);
    }
}
