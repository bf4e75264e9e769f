//! Agents: stopped, added, held.

use super::*;

#[test]
fn an_agent_that_is_stopped_leaves_its_work_to_the_others() {
    let mut play = Play::new();
    play.claim(1);
    play.ok(Command::StopAgent { agent: a(1) });
    assert_eq!((play.state(1), &play.0.agents[0].state), (TaskState::Ready, &AgentState::Stopped));
    assert_eq!(play.claim(1), Work::Over);
    assert_eq!(play.claim_task(2), Some(t(1)));
    play.refused(Command::Undo, "stopping a1 cannot be taken back: `agent+` adds another one");
    play.ok(Command::StopAgent { agent: a(3) });
    play.refused(
        Command::StopAgent { agent: a(2) },
        "a2 is the last of the team; `stop` ends the session, `finish` the work",
    );
    play.log(vec![Fact::SessionStarted { pid: 2 }]);
    assert_eq!(play.0.agents[0].state, AgentState::Stopped, "also in the next session");
    assert_eq!(play.0.agents[1].state, AgentState::Idle);
}

#[test]
fn a_task_that_only_the_stopped_agent_might_have_done_is_dropped() {
    let mut play = Play::with(Options { agents: 2, gate: GateLevel::Claims, ..Options::default() });
    play.claim(1);
    let veto = Choice::Veto { reason: "not you".into(), then: Then::Requeue };
    play.ok(Command::DecideOldest { choice: veto });
    play.ok(Command::StopAgent { agent: a(2) });
    assert!(matches!(play.state(1), TaskState::Dropped(_)), "{:?}", play.state(1));
}

#[test]
fn a_stopped_agent_gives_back_the_plan_the_answer_and_its_unit() {
    let mut play = Play(Run::default());
    let unit = |n| delm::run::Unit {
        label: Label::unit(n),
        source: delm::run::SourceId(1),
        title: "u".into(),
        start: 0,
        end: 1,
    };
    let options = Options { agents: 2, ..Options::default() };
    play.log(vec![
        Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) },
        Fact::SessionStarted { pid: 1 },
        Fact::CorpusSplit { units: vec![unit(1), unit(2)] },
    ]);
    let take = |play: &mut Play, agent| {
        let (unit, facts) = work::take_unit(&play.0, a(agent));
        play.log(facts);
        unit
    };
    assert_eq!(take(&mut play, 1), Some(Label::unit(1)));
    assert_eq!(take(&mut play, 2), Some(Label::unit(2)));
    assert_eq!(take(&mut play, 2), None);
    play.ok(Command::StopAgent { agent: a(1) });
    assert_eq!(take(&mut play, 1), None, "it works no more");
    assert_eq!(take(&mut play, 2), Some(Label::unit(1)));
    assert_eq!(take(&mut play, 2), None);
}

#[test]
fn agents_are_added_held_and_released() {
    let mut play = Play::new();
    play.ok(Command::AddAgent);
    assert_eq!(play.claim_task(4), Some(t(1)));
    play.refused(Command::Undo, "a4 has begun to work; `stop a4` stops it");
    play.ok(Command::AddAgent);
    play.undo();
    assert_eq!(play.0.agents[4].state, AgentState::Stopped);
    play.refused(Command::Undo, "stopping a5 cannot be taken back: `agent+` adds another one");
    play.ok(Command::HoldAgent { agent: a(1) });
    play.refused(Command::HoldAgent { agent: a(1) }, "a1 is held already");
    play.undo();
    assert!(!play.0.agents[0].held);
    play.undo();
    assert!(play.0.agents[0].held);
    play.log(vec![Fact::SessionStarted { pid: 2 }]);
    assert!(play.0.agents[0].held, "also in the next session");
    play.refused(Command::ReleaseAgent { agent: a(2) }, "a2 is not held");
    play.refused(Command::HoldAgent { agent: a(5) }, "a5 works no more");
}
