//! What a run takes on disk: `cargo bench --bench space`.
//!
//! A team that asks a model for every step, on a clock of its own, with every request and reply kept whole: bytes of the
//! run file for each subtask and for each million tokens, and beside them what the same is before it is packed. Each
//! agent reads all of the shared context in every call, so a call grows with it.

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/mod.rs"]
mod support;

use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

use delm::{
    engine::Models,
    llm::price::Price,
    run::{BlobId, Method, Options, Run, Seq},
    store::{Body, Journal as _, Memory, RunDir, named},
};
use figures::row;
use support::team::{Left, Planner, Register, begin, on_paused_time, session};

const A_DAY: Duration = Duration::from_secs(86_400);

fn main() {
    // The test runner asks benches whether they still run.
    let sizes: &[u32] = if std::env::args().any(|arg| arg == "--bench") { &[50, 100, 200, 400] } else { &[4] };
    for tasks in sizes {
        measure(*tasks);
    }
}

fn measure(tasks: u32) {
    let journal = on_paused_time(play(tasks));
    let events = journal.events(Seq(0)).expect("memory reads");
    let mut run = Run::default();
    events.iter().for_each(|event| run.apply(event));
    let mut bodies: BTreeMap<BlobId, Body> = BTreeMap::new();
    for (id, _) in events.iter().flat_map(|event| named::bodies(&event.fact)) {
        bodies.entry(id).or_insert_with(|| Body { id, bytes: journal.body(id).expect("every body is there") });
    }
    let log: usize = events.iter().map(|event| serde_json::to_string(event).expect("plain data").len()).sum();
    let plain: usize = log + bodies.values().map(|body| body.bytes.len()).sum::<usize>();

    let dir = tempfile::tempdir().expect("a folder");
    let runs = RunDir::open(dir.path()).expect("a folder for runs");
    let (id, mut store) = runs.create(&run.question, 0).expect("a run");
    store.append(Seq(0), &events, &bodies.into_values().collect::<Vec<_>>()).expect("room");
    store.write_digest(&run).expect("room");
    drop(store);
    let stored = fs::metadata(runs.file(&id)).expect("it is there").len() as usize;

    let done = run.counts.done;
    let per = |bytes: usize, of: f64| format!("{:.1} kB", bytes as f64 / 1e3 / of);
    let millions = run.usage.tokens() as f64 / 1e6;
    let beside = |of: f64| format!("{} unpacked", per(plain, of));
    row(&format!("run file a subtask, of {done}"), &per(stored, done as f64), &beside(done as f64), "linear");
    row(
        &format!("run file a million tokens, of {millions:.1} million"),
        &per(stored, millions),
        &beside(millions),
        "linear",
    );
}

async fn play(tasks: u32) -> Memory {
    let model = Register::new(7, tasks, Planner::Content, (&[], 0));
    let models = Models::one(Arc::new(model), Some(Price::FREE));
    let method = Method { max_tasks: tasks as usize + 1, ..Method::default() };
    let journal = begin(Options { agents: 8, method, ..Options::default() });
    assert_eq!(session(Box::new(journal.clone()), &models, A_DAY).await, Left::Ended);
    journal
}
