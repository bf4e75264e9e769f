//! A disk that is full, busy or read-only for a while, and a file that goes away: the run waits, says so, keeps what it
//! has and goes on; nobody acts on what is not durable. On the engine with paused time, then with the real program.

#![expect(clippy::unwrap_used, reason = "it is a test")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use delm::{
    engine::{Engine, EngineError, Models, Replay, Start, Tap},
    llm::price::Price,
    reason::prompted::Prompted,
    run::{Command, Fact, Options, Parting, Run, Seq},
    store::{Journal as _, Memory, StoreError},
};
use support::{
    ailing::Ailing,
    invariants,
    scenario::fold,
    team::{Planner, Register, begin, for_seeds, on_paused_time, result, session},
};

const TASKS: u32 = 20;
const A_DAY: Duration = Duration::from_secs(86_400);

fn team(seed: u64) -> (Arc<Register>, Models, Memory) {
    let model = Arc::new(Register::new(seed, TASKS, Planner::Content, (&[], 0)));
    let models = Models::one(model.clone(), Some(Price::FREE));
    (model, models, begin(Options { agents: 4, ..Options::default() }))
}

fn found(run: &Run) -> Vec<String> {
    let mut found: Vec<_> =
        run.context.entries().filter(|entry| entry.task.is_some()).map(|entry| entry.gist.clone()).collect();
    found.sort();
    found
}

/// (FAILURES 10, 14)
#[test]
fn a_disk_that_fails_now_and_then_loses_and_doubles_nothing() {
    let failed = AtomicUsize::new(0);
    for_seeds(0..40, |seed| {
        let (model, models, journal) = team(seed);
        let ailing = Ailing::new(journal.clone(), seed, 5 + 10 * (seed % 8));
        // It ends; whether its good-bye can be saved is another matter.
        on_paused_time(session(Box::new(ailing.clone()), &models, A_DAY));
        let events = journal.events(Seq(0)).unwrap();
        let run = fold(&events);
        assert_eq!(invariants::violations_of(&events, &journal), [""; 0], "seed {seed}");
        let mut wanted: Vec<_> = (1..=TASKS).map(result).collect();
        wanted.sort();
        assert_eq!(found(&run), wanted, "seed {seed}: each result is there once");
        assert_eq!(run.calls, model.sent.load(Ordering::SeqCst) as u64, "seed {seed}: each call is counted once");
        assert!(run.answer.is_some(), "seed {seed}");
        failed.fetch_add(ailing.failed.load(Ordering::SeqCst), Ordering::SeqCst);
    });
    assert!(failed.into_inner() > 1000, "the disk was well");
}

async fn start(models: &Models, journal: Ailing) -> Engine {
    let run = fold(&journal.events(Seq(0)).unwrap());
    let start = Start {
        reasoner: Arc::new(Prompted::new("register".into(), run.options.method.clone())),
        run,
        journal: Box::new(journal),
        models: Some(models.clone()),
        audience: None,
        tap: Tap::default(),
        replay: Replay::default(),
    };
    Engine::start(start).await.unwrap()
}

/// Waits until so many tries to save have failed in a row.
async fn failed(engine: &Engine, tries: u32) {
    let mut trouble = engine.trouble();
    let enough = trouble.wait_for(|now| now.as_ref().is_some_and(|trouble| trouble.tries >= tries));
    tokio::time::timeout(A_DAY, enough).await.expect("it is told").unwrap();
}

async fn well(engine: &Engine) {
    engine.trouble().wait_for(Option::is_none).await.unwrap();
}

/// (FAILURES 8, 14)
#[test]
fn while_nothing_can_be_saved_nobody_goes_on_and_a_key_has_it_tried_at_once() {
    on_paused_time(async {
        let (model, models, journal) = team(1);
        let ailing = Ailing::new(journal.clone(), 1, 0);
        let mut engine = start(&models, ailing.clone()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        ailing.full.store(true, Ordering::SeqCst);
        failed(&engine, 3).await;
        // What was sent before comes back.
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (sent, head) = (model.sent.load(Ordering::SeqCst), journal.events(Seq(0)).unwrap().len());
        assert!(sent > 5, "the team is at work");
        let before = ailing.failed.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(model.sent.load(Ordering::SeqCst), sent, "something was sent");
        assert_eq!(journal.events(Seq(0)).unwrap().len(), head);
        let tries = ailing.failed.load(Ordering::SeqCst) - before;
        assert!((110..=125).contains(&tries), "a try each five seconds, not {tries} in ten minutes");

        // Still full: what the human asks for waits as well, and is not lost.
        let why = engine.command(Command::Pause).await.unwrap_err().to_string();
        assert_eq!(why, "this is done as soon as the run can be saved: memory: the disk is full");

        // There is room; the next try would be seconds away.
        ailing.full.store(false, Ordering::SeqCst);
        let asked = tokio::time::Instant::now();
        engine.command(Command::Resume).await.unwrap();
        well(&engine).await;
        assert!(asked.elapsed() < Duration::from_millis(100), "{:?}", asked.elapsed());
        tokio::time::timeout(A_DAY, engine.ended()).await.expect("it goes on");
        let run = engine.stop(Parting::Ended).await.unwrap();
        assert_eq!(found(&run).len(), TASKS as usize);
        let events = journal.events(Seq(0)).unwrap();
        assert_eq!(events.iter().filter(|event| event.fact == Fact::PauseAsked).count(), 1);
        assert_eq!(invariants::violations_of(&events, &journal), [""; 0]);
    });
}

/// (FAILURES 14)
#[test]
fn whoever_leaves_while_the_disk_is_full_is_told_what_was_saved() {
    on_paused_time(async {
        let (_, models, journal) = team(2);
        let ailing = Ailing::new(journal.clone(), 2, 0);
        let engine = start(&models, ailing.clone()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        ailing.full.store(true, Ordering::SeqCst);
        failed(&engine, 1).await;
        let stopped = tokio::time::timeout(Duration::from_secs(1), engine.stop(Parting::Interrupted)).await;
        let error = stopped.expect("it does not hang").unwrap_err();
        let last = Seq(journal.events(Seq(0)).unwrap().len() as u64);
        assert_eq!(error.to_string(), format!("event {last} is the last that was saved: memory: the disk is full"));
    });
}

#[test]
fn whoever_leaves_when_there_is_room_again_leaves_everything_saved() {
    on_paused_time(async {
        let (_, models, journal) = team(3);
        let ailing = Ailing::new(journal.clone(), 3, 0);
        let engine = start(&models, ailing.clone()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        ailing.full.store(true, Ordering::SeqCst);
        failed(&engine, 2).await;
        ailing.full.store(false, Ordering::SeqCst);
        let run = engine.stop(Parting::Interrupted).await.unwrap();
        let events = journal.events(Seq(0)).unwrap();
        assert_eq!(Seq(events.len() as u64), run.head);
        assert!(matches!(events.last().unwrap().fact, Fact::SessionEnded { .. }));
    });
}

#[test]
fn a_file_that_is_gone_ends_the_session_at_once() {
    on_paused_time(async {
        let (model, models, journal) = team(4);
        let ailing = Ailing::new(journal.clone(), 4, 0);
        let mut engine = start(&models, ailing.clone()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        ailing.gone.store(true, Ordering::SeqCst);
        tokio::time::timeout(Duration::from_secs(60), engine.ended()).await.expect("it ends");
        let error = engine.stop(Parting::Interrupted).await.unwrap_err();
        let saved = Seq(journal.events(Seq(0)).unwrap().len() as u64);
        assert!(
            matches!(&error, EngineError::Unsaved { last, error: StoreError::Gone { .. } } if *last == saved),
            "{error}"
        );
        let sent = model.sent.load(Ordering::SeqCst);
        tokio::time::sleep(A_DAY).await;
        assert_eq!(model.sent.load(Ordering::SeqCst), sent);
    });
}
