//! Answers from two screens, in any order, repeated and late: each decision is decided once, by the answer that was taken,
//! and what follows reaches its own asker. (FAILURES 4)

mod support;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use delm::{
    engine::{Audience, Engine, Models, Replay, Start, Tap},
    llm::price::Price,
    reason::prompted::Prompted,
    run::{Ask, Choice, Command, Decision, DecisionId, Event, Fact, GateLevel, Options, Parting, Run, Seq, Then},
    store::{Journal as _, Memory},
};
use support::{
    dice::Dice,
    scenario::fold,
    team::{Planner, Register, begin, for_seeds, on_paused_time},
};
use tokio::sync::mpsc;

/// One answer that somebody gave, with words of its own.
struct Given {
    decision: DecisionId,
    choice: Choice,
    taken: bool,
}

/// What one screen has seen of the run, and what was typed there.
struct Clerk {
    run: Run,
    /// Every decision there ever was: a screen that lags answers what is closed.
    seen: Vec<DecisionId>,
    dice: Dice,
    given: Vec<Given>,
}

impl Clerk {
    /// Any decision that was ever open here, as often as it likes.
    fn choice(&mut self, who: usize) -> Option<(DecisionId, Choice)> {
        let many = self.seen.len() as u64;
        if many == 0 {
            return None;
        }
        // The newest ones mostly, or the run would never end.
        let back = if self.dice.below(3) == 0 { self.dice.below(many) } else { self.dice.below(many.min(4)) };
        let decision = self.seen[(many - 1 - back) as usize];
        let words = format!("said by {who} as answer {}", self.given.len());
        let then = [Then::Retry, Then::Requeue, Then::Drop][self.dice.below(3) as usize];
        let choice = match self.dice.below(6) {
            0 => Choice::Veto { reason: words, then },
            1 => Choice::Edit { text: words },
            _ => Choice::Approve,
        };
        Some((decision, choice))
    }
}

async fn play(seed: u64) -> (Vec<Event>, Vec<Given>) {
    let agents = 1 + Dice(seed).below(16) as u16;
    let gate = if seed.is_multiple_of(2) { GateLevel::All } else { GateLevel::Writes };
    let journal: Memory = begin(Options { agents, gate, model: "register".into(), ..Options::default() });
    let model = Arc::new(Register::new(seed, 6, Planner::Content, (&[], 0)));
    let run = fold(&journal.events(Seq(0)).unwrap());
    let (sender, mut batches) = mpsc::channel(64);
    let start = Start {
        reasoner: Arc::new(Prompted::new("register".into(), run.options.method.clone())),
        run: run.clone(),
        journal: Box::new(journal.clone()),
        models: Some(Models::one(model, Some(Price::FREE))),
        audience: Some(Audience::new(sender)),
        tap: Tap::default(),
        replay: Replay::default(),
    };
    let mut engine = Engine::start(start).await.unwrap();
    let clerk = |who| Clerk { run: run.clone(), seen: vec![], dice: Dice(seed * 2 + who), given: vec![] };
    let mut clerks = [clerk(0), clerk(1)];
    let mut unseen: Vec<Event> = vec![];
    let mut dice = Dice(!seed);
    loop {
        let wait = tokio::time::sleep(Duration::from_millis(1 + dice.below(700)));
        tokio::select! {
            Some(batch) = batches.recv() => unseen.extend(batch),
            () = engine.ended() => break,
            () = wait => {
                let who = dice.below(2) as usize;
                // The second screen sees things late.
                if who == 0 || dice.below(4) == 0 {
                    for event in unseen.drain(..) {
                        for clerk in &mut clerks {
                            clerk.run.apply(&event);
                            if let Fact::GateOpened { decision } = &event.fact {
                                clerk.seen.push(decision.id);
                            }
                        }
                    }
                }
                let clerk = &mut clerks[who];
                if let Some((decision, choice)) = clerk.choice(who) {
                    let taken = engine.command(Command::Decide { decision, choice: choice.clone() }).await.is_ok();
                    clerk.given.push(Given { decision, choice, taken });
                }
            }
        }
    }
    let drain = async { while batches.recv().await.is_some() {} };
    tokio::join!(engine.stop(Parting::Interrupted), drain).0.unwrap();
    let events = journal.events(Seq(0)).unwrap();
    (events, clerks.into_iter().flat_map(|clerk| clerk.given).collect())
}

/// What the answer brought about, up to the next one: it is for the asker, in the answer's words.
fn reached_its_asker(open: &Decision, choice: &Choice, after: &[Event]) {
    let next = after.iter().position(|event| matches!(event.fact, Fact::GateDecided { .. })).unwrap_or(after.len());
    let facts = || after[..next].iter().map(|event| &event.fact);
    let Ask::Write { proposal } = &open.ask else { return };
    let admitted = facts().find_map(|fact| match fact {
        Fact::EntryAdmitted { entry } if entry.label == proposal.label => Some(entry),
        _ => None,
    });
    match choice {
        Choice::Approve => assert!(admitted.is_some_and(|entry| entry.gist == proposal.result), "{open:?}"),
        Choice::Edit { text } => assert!(admitted.is_some_and(|entry| entry.gist.contains(text.as_str())), "{open:?}"),
        Choice::Veto { reason, then } => {
            assert!(admitted.is_none());
            let told = facts().any(|fact| {
                matches!(fact, Fact::WriteVetoed { agent, task, feedback, then: did, .. }
                    if *agent == open.agent && Some(*task) == open.task && did == then
                        && feedback.reason == *reason)
            });
            assert!(told, "{reason} did not reach {}", open.agent);
        }
        Choice::Raise { .. } | Choice::Finish => unreachable!("nobody is asked for money"),
    }
}

#[test]
fn any_order_of_answers_decides_each_once_for_its_own_asker() {
    let tally = std::sync::Mutex::new((0, 0));
    for_seeds(0..100, |seed| {
        let (events, given) = on_paused_time(play(seed));
        let mut open: BTreeMap<DecisionId, Decision> = BTreeMap::new();
        let mut decided: BTreeMap<DecisionId, Choice> = BTreeMap::new();
        for (at, event) in events.iter().enumerate() {
            match &event.fact {
                Fact::GateOpened { decision } => drop(open.insert(decision.id, (**decision).clone())),
                Fact::GateDecided { decision, choice, .. } => {
                    let asked = open.remove(decision).unwrap_or_else(|| panic!("{decision} was not open"));
                    reached_its_asker(&asked, choice, &events[at + 1..]);
                    assert!(decided.insert(*decision, choice.clone()).is_none());
                }
                _ => {}
            }
        }
        let taken: BTreeMap<DecisionId, Choice> =
            given.iter().filter(|given| given.taken).map(|given| (given.decision, given.choice.clone())).collect();
        assert_eq!(taken, decided, "what was taken is what was decided, and nothing else was");
        let mut tally = tally.lock().unwrap();
        *tally = (tally.0 + decided.len(), tally.1 + given.len() - decided.len());
    });
    let (decided, refused) = *tally.lock().unwrap();
    println!("{decided} decided, {refused} answers came too late or fitted nothing");
    assert!(decided > 500 && refused > 500, "{decided} {refused}");
}
