//! Rules as they are typed, and what they decide.

use proptest::prelude::*;

use super::*;
use crate::run::{
    AgentId, Answer, Axis, AxisOutcome, BlobId, CallKind, Cap, Citation, DecisionId, Doubt, EntryKind, Label, NewTask,
    Options, Proposal, Scope, TaskId, Usage, lang::tests::examples, write,
};

const GRAMMAR: &str = include_str!("../lang/GRAMMAR.md");

fn proposal(text: &str, doubts: Vec<Doubt>) -> Proposal {
    let blob = BlobId([0; 32]);
    Proposal {
        label: "W1 S1".parse().unwrap(),
        kind: EntryKind::Fact,
        agent: AgentId(1),
        task: TaskId(1),
        attempt: 1,
        subtask: String::new(),
        result: text.to_owned(),
        citations: vec![Citation::of(Label::unit(3), 0..4)],
        summary: blob,
        trajectory: blob,
        verdict: write::Verdict {
            axes: vec![(Axis::U1, AxisOutcome::Pass)],
            ruling: write::Ruling::Approved(text.to_owned()),
        },
        doubts,
    }
}

fn write_ask(text: &str) -> Ask {
    Ask::Write { proposal: Box::new(proposal(text, vec![])) }
}

fn plan(tasks: u32) -> Ask {
    let task = |n| NewTask { id: TaskId(n), text: format!("task {n}"), deps: vec![], focus: vec![] };
    Ask::Plan { round: 0, tasks: (1..=tasks).map(task).collect(), revised: vec![] }
}

fn asks_of_all_kinds() -> Vec<Ask> {
    vec![
        Ask::Claim,
        Ask::Unfold { labels: vec![Label::unit(1)] },
        Ask::Think { call: CallKind::Reason },
        write_ask("x"),
        plan(3),
        Ask::Finish { answer: Box::new(Answer { text: "x".into(), citations: vec![], entries: vec![] }) },
    ]
}

fn run(gate: GateLevel) -> Run {
    Run { options: Options { gate, ..Options::default() }, ..Run::default() }
}

fn decide(policy: &str, gate: GateLevel, ask: &Ask) -> (Verdict, Option<u32>) {
    let run = run(gate);
    let moment = Moment::of_ask(&run, AgentId(1), Some(TaskId(1)), ask, &[]);
    let ruling = Policy::parse(policy).unwrap().decide(&run, &moment);
    (ruling.verdict, ruling.line)
}

const ASK: Verdict = Verdict::Ask { within: None };

#[test]
fn every_example_is_a_rule_and_reads_back() {
    let text = examples(GRAMMAR, "rules").join("\n");
    let policy = Policy::parse(&text).unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!(policy.rules().len(), 8, "all but the comment");
    let again = Policy::parse(&policy.to_string()).unwrap();
    for (a, b) in policy.rules().iter().zip(again.rules()) {
        let b = Rule { line: a.line, ..b.clone() };
        // A veto without a reason names its line.
        assert_eq!(*a, b);
    }
}

/// The gate levels as `--gate` documents them.
fn asks(level: GateLevel, checkpoint: Checkpoint, doubts: &[Doubt]) -> bool {
    match level {
        GateLevel::Auto => false,
        GateLevel::Doubts => checkpoint == Checkpoint::Write && !doubts.is_empty(),
        GateLevel::Writes => checkpoint == Checkpoint::Write,
        GateLevel::Claims => matches!(checkpoint, Checkpoint::Claim | Checkpoint::Write),
        GateLevel::All => true,
    }
}

#[test]
fn a_level_is_rules_that_decide_the_same() {
    let doubts = [vec![], vec![Doubt::Negative], vec![Doubt::Unverified("no".into()), Doubt::Rule("odd".into())]];
    for level in GateLevel::ALL {
        let run = run(level);
        for ask in asks_of_all_kinds() {
            for doubts in &doubts {
                let moment = Moment::of_ask(&run, AgentId(1), None, &ask, doubts);
                let wanted = asks(level, ask.checkpoint(), doubts);
                let said = |policy: Policy| policy.decide(&run, &moment).verdict;
                assert_eq!(said(Policy::of_level(level)) == ASK, wanted, "{level} {} {doubts:?}", ask.checkpoint());
                assert_eq!(said(Policy::default()) == ASK, wanted, "without rules the level decides");
            }
        }
    }
}

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = "# mine\npass write if text ~ \"fine\"\n\nveto write if author = a1 drop because \"no\"\nask any";
    assert_eq!(decide(rules, GateLevel::Auto, &write_ask("all fine")), (Verdict::Pass, Some(2)));
    let veto = Verdict::Veto { then: Then::Drop, reason: "no".into() };
    assert_eq!(decide(rules, GateLevel::Auto, &write_ask("odd")), (veto, Some(4)));
    assert_eq!(decide(rules, GateLevel::Auto, &Ask::Claim), (ASK, Some(5)));
    assert_eq!(decide("ask plan if tasks > 8", GateLevel::Auto, &plan(9)), (ASK, Some(1)));
    assert_eq!(decide("ask plan if tasks > 8", GateLevel::Auto, &plan(8)), (Verdict::Pass, None));
    assert_eq!(decide("ask plan if tasks > 8", GateLevel::All, &plan(8)), (ASK, None), "the level decides the rest");
    // The verifier says nothing at a claim, so no rule about its verdict speaks of one.
    assert_eq!(decide("veto any if verdict != passes", GateLevel::Auto, &Ask::Claim), (Verdict::Pass, None));
}

#[test]
fn money_is_never_decided_by_a_rule() {
    let ask = Ask::Budget {
        scope: Scope::Run,
        cap: Cap::default(),
        used: Usage::NONE,
        call: CallKind::Reason,
        worst: Usage::NONE,
    };
    assert_eq!(decide("pass any", GateLevel::Auto, &ask), (ASK, None));
}

#[test]
fn a_deadline_and_its_default_are_read() {
    let said = |rule| Policy::parse(rule).unwrap().rules()[0].verdict.clone();
    let within =
        |seconds, default| Verdict::Ask { within: Some(Deadline { after: Duration::from_secs(seconds), default }) };
    assert_eq!(said("ask write within 60s else pass"), within(60, Otherwise::Pass));
    let veto = Otherwise::Veto { then: Then::Requeue, reason: "late".into() };
    assert_eq!(said("ask any if fails within 5m else veto requeue because \"late\""), within(300, veto));
}

#[test]
fn all_that_is_wrong_is_said_at_once_with_its_place() {
    let text = "ask wrte\npass write if verdit fails\nask plan\nveto write if fails becuase \"x\"\npass claim retry\nask finish within 60";
    let told: Vec<String> = Policy::parse(text).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "1:5: expected one of claim, unfold, think, write, plan, finish, tool, any, found wrte; did you mean write?",
            "2:15: expected a name such as cost or queue.ready, found verdit; did you mean verdict?",
            "4:21: expected true or false, found becuase",
            "5:12: expected if or the end, found retry",
            "6:19: expected a time such as 60s, 5m or 300ms, found 60",
        ]
    );
}

fn log(asks: Vec<Ask>) -> Vec<Event> {
    let mut facts =
        vec![Fact::RunStarted { question: "q".into(), paths: vec![], options: Box::new(Options::default()) }];
    for (ask, n) in asks.into_iter().zip(1..) {
        if let Ask::Write { proposal } = &ask {
            facts.push(Fact::WriteProposed { proposal: proposal.clone() });
        }
        let decision = Decision { id: DecisionId(n), agent: AgentId(1), task: None, ask, deadline: None };
        facts.push(Fact::GateOpened { decision: Box::new(decision) });
    }
    facts.into_iter().zip(1..).map(|(fact, seq)| Event { seq: Seq(seq), at: 0, fact }).collect()
}

#[test]
fn what_a_rule_would_have_decided_in_a_run() {
    let mut events = log(vec![Ask::Claim, write_ask("fine"), write_ask("odd"), plan(2)]);
    let passed = Fact::WriteProposed { proposal: Box::new(proposal("fine, and nobody was asked", vec![])) };
    events.push(Event { seq: Seq(8), at: 0, fact: passed });
    let policy = Policy::parse("pass write if text ~ \"fine\"\nveto claim").unwrap();
    let decided = would_have_decided(&policy, &events);
    let places: Vec<_> = decided.iter().map(|(seq, ruling)| (seq.0, ruling.line)).collect();
    // 3 and 5 propose what 4 and 6 put to the human.
    assert_eq!(places, [(2, Some(2)), (4, Some(1)), (8, Some(1))]);
}

#[test]
fn always_for_this_kind_is_a_rule_that_decides_it() {
    for ask in asks_of_all_kinds() {
        let decision = Decision { id: DecisionId(1), agent: AgentId(2), task: None, ask, deadline: None };
        let rule = proposed_rule(&decision);
        let run = run(GateLevel::All);
        let ruling = Policy::parse(&rule).unwrap().decide(&run, &Moment::of_decision(&run, &decision));
        assert_eq!((ruling.verdict, ruling.line), (Verdict::Pass, Some(1)), "{rule}");
    }
    let doubtful = Ask::Write { proposal: Box::new(proposal("x", vec![Doubt::Negative])) };
    let sure = Decision { id: DecisionId(1), agent: AgentId(1), task: None, ask: write_ask("x"), deadline: None };
    let rule = Policy::parse(&proposed_rule(&sure)).unwrap();
    let run = run(GateLevel::All);
    let decision = Decision { ask: doubtful, ..sure };
    assert_eq!(rule.decide(&run, &Moment::of_decision(&run, &decision)).line, None, "a doubt is another kind");
}

#[test]
fn what_can_follow_in_a_rule() {
    let next = |prefix| completions(prefix).into_iter().map(|one| one.text).collect::<Vec<_>>();
    assert_eq!(next(""), ["pass", "ask", "veto"]);
    assert_eq!(next("ask p"), ["plan"]);
    assert_eq!(next("ask plan "), ["if"]);
    assert_eq!(next("ask write if verdict f"), ["fails"]);
    assert!(next("veto write if fails ").contains(&"because".to_owned()));
}

proptest! {
    #[test]
    fn no_text_does_harm(text in "(pass|ask|veto)? ?(write|any|plan)? ?(if )?\\PC{0,40}") {
        let _ = Policy::parse(&text);
        let _ = completions(&text);
    }

    #[test]
    fn a_slip_does_no_harm(line in prop::sample::select(examples(GRAMMAR, "rules")), at in any::<prop::sample::Index>(), slip in "\\PC{0,3}") {
        let at = line.char_indices().map(|(at, _)| at).nth(at.index(line.chars().count())).unwrap_or(0);
        let _ = Policy::parse(&format!("{}{slip}{}", &line[..at], &line[at..]));
        let _ = completions(&line[..at]);
    }
}
