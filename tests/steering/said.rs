//! Words, decisions and settings of a human, and which of them can be taken back.

use super::*;

#[test]
fn a_message_is_taken_back_until_it_is_read() {
    let mut play = Play::new();
    for text in ["first", "second"] {
        play.ok(Command::Tell { agent: a(1), text: text.into() });
    }
    play.undo();
    assert_eq!(play.0.agents[0].messages, ["first"]);
    play.undo();
    assert_eq!(play.0.agents[0].messages, ["first", "second"], "taking back is a deed too");
    play.log(vec![Fact::MessagesRead { agent: a(1), count: 2 }]);
    play.refused(Command::Undo, "a1 has read it");
}

#[test]
fn a_note_is_taken_back_until_it_is_read() {
    let mut play = Play::new();
    for text in ["a", "b"] {
        play.ok(Command::AddNote { kind: EntryKind::Fact, text: text.into() });
    }
    play.undo();
    assert!(play.0.context.is_recalled(Label::new(Author::Human, 2)), "the second of two in a row");
    play.refused(
        Command::Undo,
        "the recall of H S2 cannot be taken back: it has told the team; `note FACT …` tells them that it holds after all",
    );
    play.ok(Command::AddNote { kind: EntryKind::Fact, text: "c".into() });
    play.claim(1);
    let started = work::start_attempt(&play.0, play.last_claim(a(1)), t(1)).map(|(.., fact)| vec![fact]).unwrap();
    play.log(started);
    play.refused(Command::Undo, "a1 read H S4; `recall H S4 REASON` marks it as false");
}

#[test]
fn a_recall_and_what_follows_from_it_is_one_deed_that_stays() {
    let mut play = Play::new();
    play.claim(1);
    let label = play.write(1, 1);
    play.ok(Command::Recall { label, reason: "false".into(), rerun: Rerun::All });
    assert_eq!(play.state(1), TaskState::Ready);
    let said = play.ask(Command::Undo).unwrap_err();
    assert!(said.starts_with("the recall of W1 S1 cannot be taken back"), "{said}");
    play.ok(Command::AddNote { kind: EntryKind::Fact, text: "mine".into() });
    play.undo();
}

#[test]
fn a_contradiction_is_settled_once_and_each_way_does_what_it_says() {
    let entries = || {
        let mut play = Play::new();
        play.claim(1);
        let first = play.write(1, 1);
        play.claim(2);
        let second = play.write(2, 2);
        (play, first, second)
    };
    let settle = |how: Settle, first, second| Command::Settle { first, second, how };
    let never = "settling W1 S1 against W2 S1 cannot be taken back: `note FACT …` tells the team otherwise";

    let (mut play, first, second) = entries();
    play.refused(
        settle(Settle::First(" ".into()), first, second),
        "a recall needs a reason; whoever does the work again reads it",
    );
    play.refused(settle(Settle::First("x".into()), first, first), "W1 S1 cannot contradict itself");
    play.refused(settle(Settle::Both("x".into()), first, Label::unit(9)), "W0 S9 is not in the shared context");
    play.ok(settle(Settle::First("older".into()), first, second));
    assert!(play.0.context.is_recalled(second) && !play.0.context.is_recalled(first));
    assert_eq!((play.state(1), play.state(2)), (TaskState::Done, TaskState::Ready));
    play.refused(settle(Settle::Both("x".into()), second, first), "W2 S1 and W1 S1 are settled already");
    play.refused(Command::Undo, never);

    let (mut play, first, second) = entries();
    play.ok(settle(Settle::Second("older".into()), first, second));
    assert!(play.0.context.is_recalled(first) && !play.0.context.is_recalled(second));

    let (mut play, first, second) = entries();
    play.refused(settle(Settle::Both(" ".into()), first, second), "say in what scope each of them holds");
    play.ok(settle(Settle::Both("one before May, one after".into()), first, second));
    let text = play.0.context.snapshot().render();
    assert!(text.contains("W1 S1 and W2 S1 both hold: one before May, one after"), "{text}");
    play.refused(Command::Undo, never);

    let (mut play, first, second) = entries();
    play.ok(settle(Settle::Examine("which of them".into()), first, second));
    assert_eq!(play.state(4), TaskState::Ready);
    play.refused(Command::Undo, never);
    play.ok(Command::DropTask { task: t(4), reason: "no".into() });
    play.undo();
    assert_eq!(play.state(4), TaskState::Ready);
}

#[test]
fn an_answer_to_a_decision_and_what_follows_from_it_stays() {
    let asks = || Play::with(Options { agents: 1, gate: GateLevel::Writes, ..Options::default() });
    let mut play = asks();
    play.claim(1);
    play.write(1, 1);
    play.ok(Command::DecideOldest { choice: Choice::Veto { reason: "no".into(), then: Then::Drop } });
    assert!(matches!(play.state(1), TaskState::Dropped(_)));
    let never =
        "the answer to #1 cannot be taken back: its agent has gone on with it; `whatif` and `fork` take the other way";
    play.refused(Command::Undo, never);
    play.ok(Command::DropTask { task: t(2), reason: "no".into() });
    play.undo();
    assert_eq!(play.state(2), TaskState::Ready, "a drop of its own is");

    let mut play = asks();
    play.claim(1);
    play.write(1, 1);
    play.ok(Command::DecideOldest { choice: Choice::Approve });
    play.ok(Command::DropTask { task: t(2), reason: "no".into() });
    play.undo();
    assert_eq!(play.state(2), TaskState::Ready);
}

#[test]
fn caps_rules_models_and_breakpoints_go_back_to_what_they_were() {
    let mut play = Play::new();
    let cap = |tokens| Cap { usd: None, tokens: Some(tokens) };
    play.ok(Command::SetCap { scope: Scope::Run, cap: cap(100) });
    play.ok(Command::SetCap { scope: Scope::Run, cap: cap(50) });
    play.undo();
    assert_eq!(play.0.cap(Scope::Run), cap(100));
    play.undo();
    assert_eq!(play.0.cap(Scope::Run), cap(50));

    play.ok(Command::SetPolicy { text: "ask write\npass any".into() });
    play.ok(Command::AddRule { text: " ask claim \n".into() });
    assert_eq!(play.0.policy_text, "ask claim\nask write\npass any");
    play.undo();
    assert_eq!(play.0.policy_text, "ask write\npass any");
    play.undo();
    assert_eq!(play.0.policy_text, "ask claim\nask write\npass any");
    assert!(matches!(play.claim(1), Work::Await(_)), "and it holds");
    play.ok(Command::DecideOldest { choice: Choice::Approve });
    let said = play.ask(Command::AddRule { text: "ask wrte".into() }).unwrap_err();
    assert!(said.contains("wrte"), "{said}");

    let whose = Whose::Role(Role::Verify);
    let set = |model: Option<&str>| Command::SetModel { whose, model: model.map(str::to_owned) };
    play.ok(set(Some("x:a")));
    play.ok(set(Some("x:b")));
    play.undo();
    assert_eq!(play.0.models.get(&whose).map(String::as_str), Some("x:a"));
    play.ok(set(None));
    play.undo();
    assert_eq!(play.0.models.get(&whose).map(String::as_str), Some("x:a"));
    play.refused(set(Some(" ")), "name a model as provider:name");

    let spec = Box::new(delm::run::BreakSpec::parse("write W2").unwrap());
    play.ok(Command::Break { spec, kind: Default::default(), temporary: Default::default() });
    play.undo();
    assert!(play.0.breakpoints.is_empty());
    play.undo();
    assert_eq!(play.0.breakpoints.len(), 1);
}

#[test]
fn a_run_without_a_model_is_set_none() {
    let mut play = Play::with(Options { agents: 1, ..Options::default() });
    let set = Command::SetModel { whose: Whose::Everybody, model: Some("x:a".into()) };
    play.refused(set, "this run thinks without a model, so none can be set");
}

#[test]
fn deferred_decisions_come_last_in_the_order_in_which_they_were_deferred() {
    let mut play = Play::with(Options { agents: 3, gate: GateLevel::Claims, ..Options::default() });
    play.refused(Command::Defer { decision: None }, "nothing waits to be decided");
    play.ok(Command::SetDeps { task: t(3), deps: vec![] });
    for agent in 1..=3 {
        assert!(matches!(play.claim(agent), Work::Await(_)));
    }
    let order = |play: &Play| play.0.inbox().map(|open| open.id.0).collect::<Vec<_>>();
    assert_eq!(order(&play), [1, 2, 3]);
    play.ok(Command::Defer { decision: None });
    assert_eq!(order(&play), [2, 3, 1]);
    play.ok(Command::Defer { decision: Some(DecisionId(3)) });
    assert_eq!(order(&play), [2, 1, 3]);
    play.refused(Command::Undo, "it is open still; take it when you like");
    play.refused(Command::Defer { decision: Some(DecisionId(9)) }, "#9 is not open (any more)");
    for next in [2, 1, 3] {
        play.ok(Command::DecideOldest { choice: Choice::Approve });
        assert!(!play.0.decisions.contains_key(&DecisionId(next)), "{next} was next");
    }
    play.refused(Command::DecideOldest { choice: Choice::Approve }, "nothing waits to be decided");
}

#[test]
fn the_pace_is_a_fact_like_any_other() {
    let mut play = Play::new();
    play.ok(Command::Pause);
    assert_eq!(play.0.pace, Pace::Pausing);
    let head = play.0.head;
    play.ok(Command::Pause);
    assert_eq!(play.0.head, head, "once is enough");
    play.ok(Command::Resume);
    assert_eq!(play.0.pace, Pace::Running);
    play.ok(Command::Resume);
    play.log(vec![Fact::RunEnded { outcome: Outcome::Answered }]);
    play.refused(Command::Pause, "the run has ended");
    play.refused(Command::AddAgent, "the run has ended");
}
