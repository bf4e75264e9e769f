//! The rules under random play: agents and a human act in any order, and what must hold of every run holds at every
//! step. No engine, no clock: an interleaving is a list of choices.

mod play;

use delm::run::{
    AgentId, Ask, Author, Cap, Choice, Claim, Command, DecisionId, Fact, GateLevel, Rerun, Run, Seq, Stage, TaskId,
    TaskState, Then, Timeline,
    rules::{
        human,
        plan::{self, Draft, TasksSeen},
        work::{self, Work},
    },
};
use proptest::prelude::*;

use play::{Play, cap};

#[derive(Debug, Clone)]
enum Move {
    Agent(u16, u8),
    /// It panics, wherever it stands; but not while it waits for the human.
    Fails(u16),
    Human(u8, u8),
    Crash,
    Hangs(u16, bool),
    Wakes(u8),
    LeaseEnds(u16),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        12 => (1..=4_u16, any::<u8>()).prop_map(|(agent, luck)| Move::Agent(agent, luck)),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(deed, luck)| Move::Human(deed, luck)),
        1 => (1..=4_u16).prop_map(Move::Fails),
        1 => Just(Move::Crash),
        2 => (1..=4_u16, any::<bool>()).prop_map(|(agent, in_call)| Move::Hangs(agent, in_call)),
        2 => any::<u8>().prop_map(Move::Wakes),
        2 => (1..=4_u16).prop_map(Move::LeaseEnds),
    ];
    prop::collection::vec(one, 0..120)
}

/// `DELM_PLAYS=1000000 PROPTEST_RNG_SEED=$RANDOM` plays so many that nobody has seen.
fn plays() -> u32 {
    std::env::var("DELM_PLAYS").map_or(10_000, |count| count.parse().expect("a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: plays(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Any interleaving keeps the invariants, ends once, and loses nothing that was accepted.
    /// (FAILURES 6, 13)
    #[test]
    fn any_interleaving_ends_once(
        agents in 1..=4_u16,
        gate in prop::sample::select(GateLevel::ALL.to_vec()),
        most in prop::option::of(0..200_u64),
        moves in moves(),
    ) {
        let mut play = Play::new(agents, gate, most.map_or(Cap::default(), cap));
        for step in moves {
            match step {
                Move::Agent(agent, luck) => play.agent_acts(play.agent(agent), luck),
                Move::Fails(agent) => play.agent_fails(play.agent(agent)),
                Move::Human(deed, luck) => play.human_acts(deed, luck),
                // Whoever hung is gone with its process.
                Move::Crash => {
                    play.hanging.clear();
                    play.log(vec![Fact::SessionStarted { pid: 2 }]);
                }
                Move::Hangs(agent, in_call) => play.agent_hangs(play.agent(agent), in_call),
                Move::Wakes(luck) => play.agent_wakes(luck),
                Move::LeaseEnds(agent) => play.lease_ends(play.agent(agent)),
            }
        }
        play.play_out();
        // What was answered from it is found to be false, and the team works again.
        let last = play.run.context.at(play.run.context.len().wrapping_sub(1)).map(|entry| entry.label);
        if let Some(label) = last
            && let Ok(facts) = human::carry_out(
                &play.run,
                &Command::Recall { label, reason: "it is false".into(), rerun: Rerun::All },
            )
        {
            play.log(facts);
            prop_assert!(play.run.outcome.is_none());
            play.play_out();
        }
        let run = &play.run;
        prop_assert_eq!(run.stage(), Stage::Ended);
        let ends = play.events.iter().filter(|event| matches!(event.fact, Fact::RunEnded { .. })).count();
        let reopened = play.events.iter().filter(|event| matches!(event.fact, Fact::RunReopened { .. })).count();
        prop_assert_eq!(ends, 1 + reopened, "no double finalization");
        let mut stopped = vec![];
        for event in &play.events {
            match &event.fact {
                Fact::AgentStopped { agent } => stopped.push(*agent),
                Fact::TaskClaimed { agent, .. } | Fact::PlanClaimed { agent, .. } | Fact::FinalClaimed { agent, .. } => {
                    prop_assert!(!stopped.contains(agent), "{agent} was stopped");
                }
                _ => {}
            }
        }
        let human_tasks = run.tasks.iter().filter(|task| task.by == Author::Human);
        if run.answer.is_some() {
            for task in human_tasks {
                prop_assert!(task.is_over(), "{} was accepted and is settled before the answer", task.id);
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The fold of a prefix is the moment that scrubbing shows, from wherever one comes.
    #[test]
    fn scrubbing_shows_the_fold_of_a_prefix(moves in moves(), places in prop::collection::vec(any::<prop::sample::Index>(), 1..8)) {
        let mut play = Play::new(2, GateLevel::Doubts, Cap::default());
        for step in moves {
            if let Move::Agent(agent, luck) = step {
                play.agent_acts(AgentId(1 + agent % 2), luck);
            }
        }
        let mut timeline = Timeline::default();
        play.events.iter().cloned().for_each(|event| timeline.push(event));
        for place in places {
            let at = Seq(place.index(play.events.len() + 1) as u64);
            timeline.look_at(at);
            let mut fold = Run::default();
            play.events.iter().take_while(|event| event.seq <= at).for_each(|event| fold.apply(event));
            prop_assert_eq!(format!("{:?}", timeline.run().tasks), format!("{:?}", fold.tasks));
            prop_assert_eq!(timeline.run().head, fold.head);
            prop_assert_eq!(timeline.run().context.snapshot().render(), fold.context.snapshot().render());
        }
    }
}

#[test]
fn a_vetoed_claim_goes_to_somebody_else_and_is_dropped_when_all_are_refused() {
    let mut play = Play::new(2, GateLevel::Claims, Cap::default());
    play.agent_acts(AgentId(1), 3); // plans: 4 tasks
    let veto = Choice::Veto { reason: "not you".into(), then: Then::Requeue };
    for agent in [1, 2] {
        play.agent_acts(AgentId(agent), 3);
        let id = *play.run.decisions.keys().next().unwrap();
        assert!(matches!(play.run.decisions[&id].ask, Ask::Claim));
        assert_eq!(play.run.decisions[&id].task, Some(TaskId(1)));
        let facts = human::decide(&play.run, id, &veto).unwrap();
        play.log(facts);
    }
    assert!(matches!(play.run.task(TaskId(1)).unwrap().state, TaskState::Dropped(_)));
}

#[test]
fn a_task_refused_to_all_who_live_is_dropped_whoever_failed_first() {
    let veto = Choice::Veto { reason: "not you".into(), then: Then::Requeue };
    for fails_first in [true, false] {
        let mut play = Play::new(2, GateLevel::Claims, Cap::default());
        play.agent_acts(AgentId(1), 3); // plans: 4 tasks
        play.agent_acts(AgentId(1), 3);
        if fails_first {
            play.agent_fails(AgentId(2));
        }
        let facts = human::decide(&play.run, DecisionId(1), &veto).unwrap();
        play.log(facts);
        if !fails_first {
            assert_eq!(play.run.task(TaskId(1)).unwrap().state, TaskState::Ready);
            play.agent_fails(AgentId(2));
        }
        assert!(
            matches!(play.run.task(TaskId(1)).unwrap().state, TaskState::Dropped(_)),
            "failed first: {fails_first}"
        );
    }
}

#[test]
fn a_task_that_is_to_be_done_again_has_somebody_who_may() {
    let mut play = Play::new(2, GateLevel::Auto, Cap::default());
    let facts = human::add_task(&play.run, "read", &[]).unwrap();
    play.log(facts);
    let requeued = |agent| {
        let claimed = Fact::TaskClaimed { task: TaskId(1), agent };
        vec![claimed, Fact::TaskRequeued { task: TaskId(1), agent, reason: "not you".into(), refused: true }]
    };
    play.log(requeued(AgentId(1)));
    let facts = human::carry_out(&play.run, &Command::DropTask { task: TaskId(1), reason: "no".into() }).unwrap();
    play.log(facts);
    let facts = human::carry_out(&play.run, &Command::StopAgent { agent: AgentId(2) }).unwrap();
    play.log(facts);
    // Only the one to whom it was refused is left.
    play.log(vec![Fact::TaskReopened { task: TaskId(1), reason: "needed after all".into() }]);
    assert!(matches!(work::take(&play.run, AgentId(1)).0, Work::Task(TaskId(1), _)));
}

#[test]
fn what_an_agent_that_failed_had_in_hand_is_taken_by_another() {
    let mut play = Play::new(2, GateLevel::Auto, Cap::default());
    let (work, facts) = work::take(&play.run, AgentId(1));
    assert!(matches!(work, Work::Plan(0, _)));
    play.log(facts);
    play.agent_fails(AgentId(1));
    assert_eq!(work::take(&play.run, AgentId(1)).0, Work::Over);
    assert!(matches!(work::take(&play.run, AgentId(2)).0, Work::Plan(0, _)));
}

#[test]
fn a_revision_follows_the_number_that_its_new_task_gets() {
    let mut play = Play::new(1, GateLevel::All, Cap::default());
    let facts = work::take(&play.run, AgentId(1)).1;
    play.log(facts);
    let facts = human::add_task(&play.run, "compare", &[]).unwrap();
    play.log(facts);
    let drafts = [(1, "compare", vec![2]), (2, "read", vec![])].map(|(number, text, deps)| Draft {
        number,
        text: text.into(),
        deps,
        focus: vec![],
    });
    let checked = plan::check(&play.run, TasksSeen(1), &drafts).unwrap();
    let claim = Claim { agent: AgentId(1), number: 1 };
    let facts = plan::submit(&play.run, claim, 0, checked, "").1;
    play.log(facts);
    // While the plan lies open, the human takes its number.
    let facts = human::add_task(&play.run, "look", &[]).unwrap();
    play.log(facts);
    let facts = human::decide(&play.run, DecisionId(1), &Choice::Approve).unwrap();
    play.log(facts);
    assert_eq!(play.run.task(TaskId(3)).unwrap().text, "read");
    assert_eq!(play.run.task(TaskId(1)).unwrap().deps, [TaskId(3)]);
}
