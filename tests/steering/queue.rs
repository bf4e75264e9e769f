//! Tasks that wait: added, changed, moved, joined, split and kept for somebody.

use super::*;

/// Each deed about the queue is taken back exactly, and the taking back too.
#[test]
fn what_waits_is_changed_and_taken_back_and_taken_back_again() {
    let deeds = [
        Command::AddTask { text: "four".into(), deps: vec![t(2)] },
        Command::EditTask { task: t(2), text: "two or more".into() },
        Command::EditTask { task: t(2), text: "Two".into() },
        Command::SetDeps { task: t(2), deps: vec![t(1)] },
        Command::ReserveTask { task: t(2), agent: Some(a(2)) },
        Command::DropTask { task: t(2), reason: "no".into() },
        Command::SplitTask { task: t(1), into: vec!["one half".into(), "the other".into()] },
        Command::MergeTasks { tasks: vec![t(1), t(2)], text: "both".into() },
        Command::MergeTasks { tasks: vec![t(1), t(3)], text: "first and last".into() },
    ];
    for deed in deeds {
        let mut play = Play::new();
        let before = play.queue();
        play.ok(deed.clone());
        let after = play.queue();
        assert_ne!(before, after, "{deed:?}");
        for _ in 0..2 {
            play.undo();
            let mut undone = play.queue();
            let added = undone.split_off(before.len());
            assert!(added.iter().all(|(.., is_over, _)| *is_over), "{deed:?}: what was added is over");
            assert_eq!(undone, before, "{deed:?}");
            play.undo();
            assert_eq!(play.queue(), after, "{deed:?} again");
        }
    }
}

#[test]
fn a_moved_task_goes_back_to_its_place() {
    let mut play = Play::new();
    play.ok(Command::MoveTask { task: t(2), before: Some(t(1)) });
    play.undo();
    assert_eq!(play.claim_task(1), Some(t(1)));
    play.refused(Command::MoveTask { task: t(1), before: None }, "a1 has claimed T1");
    play.refused(Command::MoveTask { task: t(2), before: Some(t(2)) }, "T2 cannot come before itself");
    play.refused(Command::MoveTask { task: t(2), before: Some(t(9)) }, "T9 does not exist");
}

#[test]
fn what_a_human_changes_while_the_plan_is_held_is_theirs_to_take_back() {
    let mut play = Play::new();
    play.log(vec![Fact::PlanClaimed { agent: AgentId(3), round: 1 }]);
    play.ok(Command::SetDeps { task: t(2), deps: vec![t(1)] });
    play.undo();
    assert_eq!(play.deps(2), [0_u32; 0]);
    // What its holder changes is not.
    play.log(vec![Fact::DependenciesRevised { task: t(2), deps: vec![t(1)], by: None }]);
    play.undo();
    assert_eq!(play.deps(2), [1], "the taking back was taken back, which is the same");
}

#[test]
fn a_deed_that_was_built_on_is_not_taken_back() {
    let mut play = Play::new();
    play.ok(Command::EditTask { task: t(1), text: "one and only".into() });
    play.claim(1);
    play.refused(Command::Undo, "a1 has claimed T1 meanwhile");

    let mut play = Play::new();
    play.ok(Command::AddTask { text: "four".into(), deps: vec![] });
    play.log(vec![Fact::DependenciesRevised { task: t(2), deps: vec![t(4)], by: Some(Author::Human) }]);
    // The revision is the last deed now; it is taken back, and nothing waits for T4 any more.
    play.undo();
    assert_eq!(play.deps(2), [0_u32; 0]);

    let mut play = Play::new();
    play.refused(
        Command::SplitTask { task: t(1), into: vec!["half".into()] },
        "T1: name at least two tasks to split it into",
    );
    play.ok(Command::SplitTask { task: t(1), into: vec!["one half".into(), "the other".into()] });
    assert_eq!(play.deps(3), [4, 5], "what waited for it waits for both");
    play.claim(1);
    play.claim(1);
    let first = play.claim_task(2).unwrap();
    assert!(matches!(play.state(4), TaskState::Running(_)) || first == t(4));
    let said = play.ask(Command::Undo).unwrap_err();
    assert!(said.ends_with("has claimed T4 meanwhile"), "{said}");
}

#[test]
fn what_cannot_be_merged_or_split_is_said() {
    let mut play = Play::new();
    play.ok(Command::AddTask { text: "four".into(), deps: vec![t(3)] });
    play.refused(
        Command::MergeTasks { tasks: vec![t(1), t(4)], text: "ends".into() },
        "merged, they would wait for themselves: T1 → T3 → T1",
    );
    play.refused(Command::MergeTasks { tasks: vec![t(1)], text: "x".into() }, "name at least two tasks to merge");
    play.refused(Command::MergeTasks { tasks: vec![t(1), t(2)], text: "Three".into() }, "T3 has this subject already");
    play.refused(Command::EditTask { task: t(1), text: " TWO ".into() }, "T2 has this subject already");
    play.refused(Command::SetDeps { task: t(1), deps: vec![t(4)] }, "T1 would wait for itself: T1 → T4 → T3 → T1");
    play.refused(Command::SplitTask { task: t(1), into: vec!["a".into(), " ".into()] }, "a task needs a text");
    play.refused(Command::SplitTask { task: t(1), into: vec!["same".into(), "Same".into()] }, "same is named twice");
    play.refused(Command::MergeTasks { tasks: vec![t(1), t(1)], text: "x".into() }, "T1 is named twice");
}

#[test]
fn a_reserved_task_is_claimed_by_its_agent_alone_until_that_is_gone() {
    let mut play = Play::new();
    play.ok(Command::ReserveTask { task: t(1), agent: Some(a(2)) });
    assert_eq!(play.claim_task(1), Some(t(2)));
    assert_eq!(play.claim(3), Work::Wait);
    play.ok(Command::StopAgent { agent: a(2) });
    assert_eq!(play.claim_task(3), Some(t(1)));
    play.refused(Command::ReserveTask { task: t(3), agent: Some(a(2)) }, "a2 works no more");
    play.refused(Command::ReserveTask { task: t(3), agent: Some(a(7)) }, "a7 does not exist");
    play.refused(Command::Tell { agent: a(2), text: "hear".into() }, "a2 works no more");
}

#[test]
fn a_reserved_task_that_its_agent_is_refused_is_anybodys() {
    let mut play = Play::with(Options { agents: 2, gate: GateLevel::Claims, ..Options::default() });
    play.ok(Command::ReserveTask { task: t(1), agent: Some(a(1)) });
    play.claim(1);
    let veto = Choice::Veto { reason: "not you".into(), then: Then::Requeue };
    play.ok(Command::DecideOldest { choice: veto });
    assert!(matches!(play.claim(2), Work::Await(_)));
    assert!(matches!(play.state(1), TaskState::Checking(AgentId(2), _)));
    play.refused(Command::ReserveTask { task: t(1), agent: Some(a(2)) }, "a2 has claimed T1");
}
