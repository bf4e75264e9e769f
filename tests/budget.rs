//! Caps on money and tokens, over seeds: sixteen agents, a priced model of random sizes and latencies that also fails,
//! processes that die. Whatever happens, a cap is never passed.
//! (FAILURES 7)

#![expect(clippy::unwrap_used, reason = "it is a test")]

mod support;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use delm::{
    engine::Models,
    llm::price::Price,
    run::{Cap, Fact, Limits, Method, Options, Outcome, Run, Scope, Seq, Usage},
    store::Journal as _,
};
use support::{
    dice::Dice,
    invariants,
    mortal::{Death, Mortal},
    team::{Fault, Left, Planner, Played, Register, begin, behind_retries, for_seeds, on_paused_time, session},
};

const CAPS: u64 = 50;
const PRICE: Price =
    Price { input: 3.0, cached: Some(0.3), cache_write: Some(3.75), output: 15.0, reasoning: Some(20.0) };
const FAULTS: &[Fault] = &[Fault::Unreached, Fault::Transient, Fault::Busy, Fault::Half, Fault::Refused];
const A_DAY: Duration = Duration::from_secs(86_400);

/// From what is too little for one call to what is enough for all: each power of ten as likely.
fn cap(dice: &mut Dice) -> Cap {
    let tokens = 10f64.powf(3.5 + 3.2 * dice.part()) as u64;
    let usd = 10f64.powf(-1.3 + 2.8 * dice.part());
    match dice.below(3) {
        0 => Cap { usd: None, tokens: Some(tokens) },
        1 => Cap { usd: Some(usd), tokens: None },
        _ => Cap { usd: Some(usd), tokens: Some(tokens) },
    }
}

fn limits(dice: &mut Dice) -> Limits {
    let some = |dice: &mut Dice, often: u64| if dice.below(often) == 0 { cap(dice) } else { Cap::default() };
    Limits { run: cap(dice), agent: some(dice, 4), task: some(dice, 4) }
}

fn options(limits: Limits) -> Options {
    Options { agents: 16, limits, ..Options::default() }
}

/// Whether the model stands behind the retries; those that brought nothing are part of their call.
fn is_tried_again(seed: u64) -> bool {
    seed % 2 == 1
}

/// A whole run under random caps, over as many deaths as it takes.
async fn play(seed: u64, deaths: u64) -> Played {
    let mut dice = Dice(seed);
    let limits = limits(&mut dice);
    let model = Arc::new(Register::new(seed, 40, Planner::Content, (FAULTS, 15)));
    let models = match is_tried_again(seed) {
        false => Models::one(model.clone(), Some(PRICE)),
        true => Models::one(behind_retries(model.clone(), seed), Some(PRICE)),
    };
    let journal = begin(options(limits));
    for _ in 0..deaths {
        let appends = journal.appends() + 1 + dice.below(150) as usize;
        session(Box::new(Mortal::new(journal.clone(), Death::Appends(appends))), &models, A_DAY).await;
    }
    let left = session(Box::new(journal.clone()), &models, A_DAY).await;
    let events = journal.events(Seq(0)).unwrap();
    let sent = model.sent.load(Ordering::SeqCst);
    tokio::time::sleep(A_DAY).await;
    assert_eq!(model.sent.load(Ordering::SeqCst), sent, "seed {seed}: a call after the end");
    assert_eq!(left, Left::Ended, "seed {seed}, {limits:?}");
    Played { events, journal, model }
}

/// What was used at each moment, under every cap.
fn never_passed(seed: u64, played: &Played) -> Run {
    let mut run = Run::default();
    for event in &played.events {
        run.apply(event);
        let Fact::CallFinished { call } = &event.fact else { continue };
        for scope in
            [Some(Scope::Run), Some(Scope::Agent(call.agent)), call.task.map(Scope::Task)].into_iter().flatten()
        {
            let (used, cap) = (run.used(scope), run.cap(scope));
            assert!(cap.holds(&used), "seed {seed}: {scope} used {used:?} under a cap of {cap} at {}", event.seq);
        }
    }
    run
}

fn ends_as_it_should(seed: u64, run: &Run) {
    match &run.outcome {
        Some(Outcome::OverBudget(why)) => {
            assert!(why.contains("cap"), "seed {seed}: {why}");
            assert_eq!(run.answer.is_some(), run.findings() > 0, "seed {seed}: what was found is gathered");
            let gathered = run.answer.as_ref().map_or(0, |answer| answer.entries.len());
            assert_eq!(gathered, run.findings(), "seed {seed}");
        }
        Some(Outcome::Answered) => assert!(run.answer.is_some(), "seed {seed}"),
        // The call for the answer fails too.
        Some(Outcome::Unanswered(why)) => assert!(!why.is_empty(), "seed {seed}"),
        None => panic!("seed {seed}: it has no end"),
    }
    assert_eq!(run.counts.over(), run.counts.total(), "seed {seed}: a task is left");
    assert!(run.in_flight.is_empty(), "seed {seed}: {:?}", run.in_flight);
}

#[test]
fn a_cap_is_never_passed() {
    let ends = std::sync::Mutex::new([0, 0]);
    for_seeds(0..CAPS, |seed| {
        let played = on_paused_time(play(seed, 0));
        let run = never_passed(seed, &played);
        ends_as_it_should(seed, &run);
        assert_eq!(invariants::violations_of(&played.events, &played.journal), [""; 0], "seed {seed}");
        let sent = played.model.sent.load(Ordering::SeqCst) as u64;
        let most = if is_tried_again(seed) { u64::MAX } else { run.calls };
        assert!((run.calls..=most).contains(&sent), "seed {seed}: each call is counted once");
        assert_eq!(run.calls_lost, 0);
        let over = matches!(run.outcome, Some(Outcome::OverBudget(_)));
        ends.lock().unwrap()[usize::from(over)] += 1;
    });
    let [within, over] = ends.into_inner().unwrap();
    assert!(within >= 5 && over >= 5, "the caps are no test of both ends: {within} within, {over} over");
}

/// (FAILURES 10)
#[test]
fn a_run_that_is_taken_up_again_counts_each_call_once() {
    for_seeds(1000..1000 + CAPS, |seed| {
        let played = on_paused_time(play(seed, 1 + seed % 4));
        let run = never_passed(seed, &played);
        ends_as_it_should(seed, &run);
        assert_eq!(invariants::violations_of(&played.events, &played.journal), [""; 0], "seed {seed}");
        let mut seen = HashSet::new();
        let (mut sum, mut started, mut lost) = (Usage::NONE, 0, Usage::NONE);
        let mut before = Run::default();
        for event in &played.events {
            match &event.fact {
                Fact::SessionStarted { .. } => before.in_flight.values().for_each(|call| lost += call.worst),
                Fact::CallStarted { .. } => started += 1,
                Fact::CallFinished { call } => {
                    assert!(seen.insert(call.id), "seed {seed}: {} is there twice", call.id);
                    sum += call.usage;
                }
                _ => {}
            }
            before.apply(event);
        }
        assert_eq!(run.usage.tokens(), sum.tokens(), "seed {seed}");
        assert_eq!(run.usage.usd, sum.usd, "seed {seed}");
        assert_eq!(run.calls + run.calls_lost, started, "seed {seed}: a call is finished or lost");
        // A process may die between the fact and the call.
        let sent = played.model.sent.load(Ordering::SeqCst) as u64;
        let most = if is_tried_again(seed) { u64::MAX } else { started };
        assert!((run.calls..=most).contains(&sent), "seed {seed}: {sent} of {started}");
        // What was lost may have been charged, and is not counted.
        let charged: u64 = played.model.charged.lock().unwrap().iter().map(|one| one.input + one.output).sum();
        let counted = run.usage.tokens() - run.usage.estimated_tokens;
        assert!(counted <= charged, "seed {seed}: {counted} counted, {charged} charged");
        assert!(charged <= counted + lost.tokens(), "seed {seed}: more was charged than was in flight at a death");
    });
}

#[test]
fn tasks_that_spawn_tasks_are_bounded() {
    let bounded = AtomicUsize::new(0);
    for_seeds(0..10, |seed| {
        let method = Method { max_tasks: 120, ..Method::default() };
        let limits = Limits { task: Cap { usd: None, tokens: Some(200_000) }, ..Limits::default() };
        let model = Arc::new(Register::new(seed, 40, Planner::Greedy, (FAULTS, 5)));
        let journal = begin(Options { method: method.clone(), ..options(limits) });
        let models = Models::one(model.clone(), Some(PRICE));
        assert_eq!(on_paused_time(session(Box::new(journal.clone()), &models, A_DAY)), Left::Ended, "seed {seed}");
        let events = journal.events(Seq(0)).unwrap();
        let mut run = Run::default();
        events.iter().for_each(|event| run.apply(event));
        assert!(run.tasks.len() <= method.max_tasks, "seed {seed}: {} tasks", run.tasks.len());
        // A round whose call fails plans nothing, so not every team comes to the bound.
        bounded.fetch_add(usize::from(run.tasks.len() == method.max_tasks), Ordering::SeqCst);
        let tries = (method.regenerations + 1) * (method.requeues + 1);
        for task in &run.tasks {
            assert!(task.spent.len() as u32 <= tries, "seed {seed}: {} was tried {} times", task.id, task.spent.len());
            assert!(task.usage().tokens() <= 200_000, "seed {seed}: {} used {:?}", task.id, task.usage());
        }
        assert!(run.outcome.is_some(), "seed {seed}");
    });
    assert!(bounded.load(Ordering::SeqCst) > 0, "some team wants more than it may have");
}
