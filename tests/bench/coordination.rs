//! What coordination costs: `cargo bench --bench coordination`.
//!
//! Tasks that think no time, a real run file, every admission durable. Beside each figure stands the floor's: the same
//! events appended to the same kind of file by one loop, one commit a task, with no engine. The last line tells whether
//! a task costs more when the shared context is long.

#[path = "../support/instantly.rs"]
mod instantly;

use std::{path::Path, sync::Arc, time::Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use delm::{
    engine::{Engine, Replay, Start, Tap},
    run::{Event, Fact, Method, Options, Parting, Run, Seq},
    store::{Body, Journal as _, Sqlite},
};
use instantly::{Instantly, RESULT};

/// A whole run of `tasks` tasks; its events, for the floor and for the last line.
fn run(dir: &Path, agents: u16, tasks: u32) -> Vec<Event> {
    let file = dir.join(format!("{agents}-{tasks}-{:?}.delm", Instant::now()));
    let mut journal = Sqlite::create(&file).expect("room");
    let method = Method { max_tasks: tasks as usize, ..Method::default() };
    let options = Options { agents, method, ..Options::default() };
    let facts = [
        Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) },
        Fact::CorpusSplit { units: vec![] },
    ];
    let events: Vec<Event> =
        facts.into_iter().zip(1..).map(|(fact, seq)| Event { seq: Seq(seq), at: 0, fact }).collect();
    journal.append(Seq(0), &events, &[]).expect("room");
    let mut folded = Run::default();
    events.iter().for_each(|event| folded.apply(event));
    let reader = journal.reader().expect("it opens again");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let start = Start {
            run: folded,
            journal: Box::new(journal),
            reasoner: Arc::new(Instantly { tasks }),
            models: None,
            audience: None,
            tap: Tap::default(),
            replay: Replay::default(),
        };
        let mut engine = Engine::start(start).await.expect("it starts");
        engine.ended().await;
        let run = engine.stop(Parting::Ended).await.expect("it stops");
        assert_eq!(run.counts.done, tasks as usize);
    });
    reader.events(Seq(0)).expect("it reads")
}

/// The same events with no engine: one loop, one commit a task.
fn floor(dir: &Path, tasks: u32) {
    let mut journal = Sqlite::create(&dir.join(format!("floor-{:?}.delm", Instant::now()))).expect("room");
    for task in 0..tasks {
        let body = Body::of(format!("{task} {}", RESULT.repeat(5)));
        let head = u64::from(task) * 5;
        let event = |seq| Event {
            seq: Seq(seq),
            at: 0,
            fact: Fact::SourceSkipped { path: RESULT.into(), reason: String::new() },
        };
        let events: Vec<Event> = (head + 1..=head + 5).map(event).collect();
        journal.append(Seq(head), &events, &[body]).expect("room");
    }
}

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("coordination");
    group.sample_size(10);
    for tasks in [200, 2_000] {
        group.throughput(Throughput::Elements(u64::from(tasks)));
        group.bench_function(BenchmarkId::new("floor", tasks), |bench| bench.iter(|| floor(dir.path(), tasks)));
        for agents in [4, 16] {
            let name = BenchmarkId::new(format!("{agents} agents"), tasks);
            group.bench_function(name, |bench| bench.iter(|| run(dir.path(), agents, tasks).len()));
        }
    }
    group.finish();
    let events = run(dir.path(), 4, 10_000);
    let ends: Vec<i64> =
        events.iter().filter(|event| matches!(event.fact, Fact::TaskFinished { .. })).map(|event| event.at).collect();
    let cost = |from: usize, to: usize| (ends[to] - ends[from]) as f64 / (to - from) as f64;
    println!("ms a task around 100 entries {:.3}, around 10,000 {:.3}", cost(50, 1050), cost(8_999, 9_999));
}
