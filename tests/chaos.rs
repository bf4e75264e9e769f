//! A server that fails a third of all calls, over seeds: eight agents, sixty tasks, the real retries on paused time.
//! Every run ends with the results that it would have had without faults, or says which task failed and why; whether it
//! is stopped in between or not.

#![expect(clippy::unwrap_used, reason = "it is a test")]

mod support;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use delm::{
    engine::Models,
    llm::price::Price,
    run::{Event, Fact, Options, Outcome, Run, Seq, Task, TaskId, TaskState},
    store::Journal as _,
};
use support::{
    dice::Dice,
    invariants,
    scenario::fold,
    team::{Fault, Left, Planner, Played, Register, begin, behind_retries, for_seeds, on_paused_time, result, session},
};

const SEEDS: u64 = 200;
const TASKS: u32 = 60;
const FAULTS: &[Fault] = &[Fault::Unreached, Fault::Transient, Fault::Busy, Fault::Half];
const A_DAY: Duration = Duration::from_secs(86_400);

/// A whole run; every third is stopped twice on its way.
async fn play(seed: u64, share: u64) -> Played {
    let mut dice = Dice(seed);
    let model = Arc::new(Register::new(seed, TASKS, Planner::Content, (FAULTS, share)));
    let models = Models::one(behind_retries(model.clone(), seed), Some(Price::FREE));
    let journal = begin(Options { agents: 8, ..Options::default() });
    for _ in 0..if seed.is_multiple_of(3) { 2 } else { 0 } {
        model.close(false);
        session(Box::new(journal.clone()), &models, Duration::from_millis(1 + dice.below(120_000))).await;
        model.close(true);
        // Whatever a stopped session had left would call now.
        tokio::time::sleep(A_DAY).await;
    }
    model.close(false);
    let left = session(Box::new(journal.clone()), &models, A_DAY).await;
    model.close(true);
    tokio::time::sleep(A_DAY).await;
    assert_eq!(left, Left::Ended, "seed {seed}");
    assert_eq!(model.late.load(Ordering::SeqCst), 0, "seed {seed}: a call after a stop");
    Played { events: journal.events(Seq(0)).unwrap(), journal, model }
}

/// What was found of each task.
fn results(run: &Run) -> HashMap<String, String> {
    let context = run.context.snapshot();
    let found = run.tasks.iter().filter_map(|task| {
        let entry = context.get(task.entry?)?.clone();
        Some((task.text.clone(), entry.gist.clone()))
    });
    found.collect()
}

/// Why a task that is not done is not, as the log says it.
fn honest(run: &Run, events: &[Event], task: &Task) -> bool {
    match &task.state {
        TaskState::Failed(why) => {
            let about = |event: &&Event| match &event.fact {
                Fact::CallFinished { call } => call.task == Some(task.id) && call.error.is_some(),
                _ => false,
            };
            !why.is_empty() && events.iter().any(|event| about(&event))
        }
        TaskState::Dropped(why) => {
            let undone = |dep: &TaskId| run.task(*dep).is_some_and(|dep| dep.state != TaskState::Done);
            !why.is_empty() && task.deps.iter().any(undone)
        }
        _ => false,
    }
}

/// Why the last call brought nothing.
fn last_error(events: &[Event]) -> Option<&String> {
    let last = events.iter().rev().find_map(|event| match &event.fact {
        Fact::CallFinished { call } => Some(call),
        _ => None,
    });
    last?.error.as_ref()
}

/// (FAILURES 8)
#[test]
fn a_third_of_all_calls_fails() {
    let without = on_paused_time(play(1, 0));
    let whole = results(&fold(&without.events));
    assert_eq!(whole.len(), TASKS as usize, "without faults each task has its result");
    assert!(whole.values().any(|gist| *gist == result(TASKS)));

    let (complete, failed, sent, calls) = Default::default();
    let counts: [&AtomicUsize; 4] = [&complete, &failed, &sent, &calls];
    for_seeds(0..SEEDS, |seed| {
        let played = on_paused_time(play(seed, 33));
        let run = fold(&played.events);
        assert_eq!(invariants::violations_of(&played.events, &played.journal), [""; 0], "seed {seed}");

        let found = results(&run);
        for (task, gist) in &found {
            assert_eq!(whole.get(task).unwrap_or(gist), gist, "seed {seed}: {task} has another result");
        }
        let planned = |task: &&String| run.task_like(task).is_some();
        let unplanned = whole.keys().filter(|task| !planned(task)).count();
        let said = |fact: &Fact| matches!(fact, Fact::PlanSettled { note, .. } if note.contains("no plan"));
        if unplanned > 0 {
            assert!(played.events.iter().any(|event| said(&event.fact)), "seed {seed}: {unplanned} tasks are lost");
        }
        for task in run.tasks.iter().filter(|task| task.state != TaskState::Done) {
            assert!(honest(&run, &played.events, task), "seed {seed}: {} is {:?}", task.id, task.state);
        }
        match run.outcome.as_ref().expect("it has an end") {
            Outcome::Answered => assert!(run.answer.is_some()),
            Outcome::Unanswered(why) => assert_eq!(last_error(&played.events), Some(why), "seed {seed}"),
            Outcome::OverBudget(why) => panic!("seed {seed}: {why}"),
        }

        let mut done: HashMap<TaskId, u32> = HashMap::new();
        let (mut started, mut admitted) = (0, 0);
        for event in &played.events {
            match &event.fact {
                Fact::TaskFinished { task, .. } => *done.entry(*task).or_default() += 1,
                Fact::EntryAdmitted { entry } => admitted += usize::from(entry.task.is_some()),
                Fact::CallStarted { .. } => started += 1,
                _ => {}
            }
        }
        assert!(done.values().all(|times| *times == 1), "seed {seed}: a task was done twice");
        assert_eq!((done.len(), admitted), (run.counts.done, run.counts.done), "seed {seed}");
        assert_eq!(
            run.calls + run.calls_lost,
            started,
            "seed {seed}: each call came back or was lost with its process"
        );

        let all = found.len() == whole.len() && run.counts.done == run.counts.total();
        let figures = [usize::from(all), run.counts.failed, played.model.sent.load(Ordering::SeqCst), started as usize];
        for (count, figure) in counts.iter().zip(figures) {
            count.fetch_add(figure, Ordering::SeqCst);
        }
    });
    let [complete, failed, sent, calls] = counts.map(|count| count.load(Ordering::SeqCst));
    println!("{complete} of {SEEDS} runs complete, {failed} tasks failed, {sent} requests for {calls} calls");
    assert!(complete * 10 > SEEDS as usize, "too few runs lose nothing: {complete}");
    assert!(sent > calls, "the retries did nothing");
}
