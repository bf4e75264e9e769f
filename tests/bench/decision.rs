//! What a decision costs: `cargo bench --bench decision`.
//!
//! First from a human's word to the asker's next step, the decision on disk in between, at contexts of many lengths.
//! Beside it stands the floor of the same minute: a bare loop that appends the same decision to a file of the same
//! length, in one commit. Then what the others get done while decisions are open.

#[path = "../support/crew.rs"]
mod crew;
#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/instantly.rs"]
#[allow(dead_code, reason = "other benches give it no time")]
mod instantly;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use delm::{
    run::{CallKind, Choice, Command, DecisionId, Event, Fact, Options, Parting},
    store::Journal as _,
};
use futures_util::FutureExt as _;
use instantly::Instantly;
use tokio::sync::mpsc;

const ASKS: &str = "ask think";

fn options(agents: u16) -> Options {
    Options { agents, policy: Some(ASKS.to_owned()), ..Options::default() }
}

fn opened(event: &Event) -> Option<DecisionId> {
    match &event.fact {
        Fact::GateOpened { decision } => Some(decision.id),
        _ => None,
    }
}

/// From so many decisions to the asker's next steps, and as long a row of logged decisions without an engine: the middle
/// one of each.
fn from_word_to_step(dir: &Path, entries: u32, decisions: u32) -> (Duration, Duration) {
    let (mut journal, mut bare) = (crew::file(dir), crew::file(dir));
    let begun = crew::begin(&mut journal, options(1), entries, decisions);
    let mut head = crew::begin(&mut bare, options(1), entries, decisions).head;
    let (stepped, mut steps) = mpsc::unbounded_channel();
    let asks = Instantly::but(decisions, move |desk, _| {
        let stepped = stepped.clone();
        async move {
            desk.think(CallKind::Reason).await?;
            stepped.send(Instant::now()).expect("it is waited for");
            Ok(())
        }
        .boxed()
    });
    let (mut took, mut floor) = (vec![], vec![]);
    crew::runtime().block_on(async {
        let (engine, mut events) = crew::engine(begun, Box::new(journal), asks).await;
        while took.len() < decisions as usize {
            let batch = events.recv().await.expect("somebody asks");
            for decision in batch.iter().filter_map(opened) {
                let event = Event { seq: head.next(), at: 0, fact: decided(decision) };
                let start = Instant::now();
                bare.append(head, &[event], &[]).expect("room");
                floor.push(start.elapsed());
                head = head.next();

                let start = Instant::now();
                let approve = Command::Decide { decision, choice: Choice::Approve };
                let (done, step) = tokio::join!(engine.command(approve), steps.recv());
                done.expect("it is open");
                took.push(step.expect("it goes on") - start);
            }
        }
        let drained = tokio::spawn(async move { while events.recv().await.is_some() {} });
        crew::finish(engine, entries + decisions).await;
        drained.await.expect("it only listens");
    });
    (crew::middle(took), crew::middle(floor))
}

fn decided(decision: DecisionId) -> Fact {
    Fact::GateDecided { decision, choice: Choice::Approve, rule: None }
}

/// Tasks that four agents finish in a window while so many others wait for a human. Each takes `takes`.
fn others(dir: &Path, open: u32, takes: Duration, window: Duration) -> usize {
    let tasks = open + (4.0 * window.as_secs_f64() / takes.as_secs_f64().max(2e-4)) as u32;
    let mut journal = crew::file(dir);
    let begun = crew::begin(&mut journal, options(open as u16 + 4), 0, tasks);
    let works = Instantly::but(tasks, move |desk, task| {
        let asks = task.id.0 <= open;
        async move {
            match asks {
                true => desk.think(CallKind::Reason).await,
                false => instantly::wait(takes).await,
            }
        }
        .boxed()
    });
    crew::runtime().block_on(async {
        let (engine, mut events) = crew::engine(begun, Box::new(journal), works).await;
        let finished = |event: &&Event| matches!(event.fact, Fact::TaskFinished { .. });
        let (mut waiting, mut at_work) = (0, false);
        while waiting < open as usize || !at_work {
            let batch = events.recv().await.expect("they work");
            waiting += batch.iter().filter_map(opened).count();
            at_work |= batch.iter().any(|event| finished(&event));
        }
        let mut done = 0;
        let end = tokio::time::Instant::now() + window;
        while let Ok(Some(batch)) = tokio::time::timeout_at(end, events.recv()).await {
            done += batch.iter().filter(finished).count();
        }
        drop(events);
        engine.stop(Parting::Interrupted).await.expect("it stops");
        done
    })
}

fn main() {
    // The test runner asks benches whether they still run.
    let measures = std::env::args().any(|arg| arg == "--bench");
    let dir = tempfile::tempdir().expect("a folder");
    let (lengths, decisions): (&[u32], u32) =
        if measures { (&[100, 1_000, 10_000, 100_000], 200) } else { (&[10, 20], 3) };
    let mut first = None;
    for entries in lengths {
        let (took, floor) = from_word_to_step(dir.path(), *entries, decisions);
        let took = took.as_secs_f64() * 1e3;
        let floor = floor.as_secs_f64() * 1e3;
        let first = *first.get_or_insert(took);
        figures::row(
            &format!("From a decision to the asker's next step, the decision on disk, at {entries} entries"),
            &format!("{took:.2} ms, {:.2} times that at {}", took / first, lengths[0]),
            &format!("one logged decision {floor:.2} ms: {:.2} times", took / floor),
            "at most 2 times, flat",
        );
    }
    let (window, rounds) = if measures { (Duration::from_secs(2), 5) } else { (Duration::from_millis(100), 1) };
    for (takes, what) in [(Duration::from_millis(20), "20 ms"), (Duration::ZERO, "no time")] {
        for open in if measures { &[1, 10, 100][..] } else { &[1, 10] } {
            let mut pairs: Vec<(usize, usize)> = (0..rounds)
                .map(|_| (others(dir.path(), *open, takes, window), others(dir.path(), 0, takes, window)))
                .collect();
            pairs.sort_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)));
            let (with, without) = pairs[pairs.len() / 2];
            figures::row(
                &format!("Tasks of {what} that 4 agents finish in {window:?}, open decisions: {open}"),
                &format!("{with}: {:.1} %", 100.0 * with as f64 / without as f64),
                &format!("with none open {without}"),
                "100 %",
            );
        }
    }
}
