//! What coordination costs: `cargo bench --bench coordination`.
//!
//! Tasks that think no time, in a real run file and, to see the engine alone, in files that are less durable. Beside each
//! figure stand two floors of the same run: a loop with no engine that makes the very same commits, and one that commits
//! once a task. The last rows tell whether a task costs more when the shared context is long.

#[path = "../support/crew.rs"]
#[allow(dead_code, reason = "other benches ask for more")]
mod crew;
#[path = "../support/durability.rs"]
mod durability;
#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/instantly.rs"]
#[allow(dead_code, reason = "other benches give it time")]
mod instantly;

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use delm::{
    run::{Fact, Options, Seq},
    store::Journal,
};
use durability::{Commit, Durability, Noted};
use instantly::Instantly;

/// A run from its start to its end: how long it took, and what it committed.
struct Ran {
    took: Duration,
    log: Box<dyn Journal>,
    commits: Vec<Seq>,
}

/// A team that has so many entries does so many tasks more.
fn run(dir: &Path, durability: Durability, agents: u16, entries: u32, tasks: u32) -> Ran {
    let mut journal = durability.journal(dir);
    let begun = crew::begin(journal.as_mut(), Options { agents, ..Options::default() }, entries, tasks);
    let log = journal.reader().expect("it opens again");
    let commits = Arc::new(Mutex::new(vec![begun.head]));
    let noted = Noted { journal, commits: Arc::clone(&commits) };
    let runtime = crew::runtime();
    let took = runtime.block_on(async {
        let (engine, events) = crew::engine(begun, Box::new(noted), Instantly::new(tasks)).await;
        drop(events);
        let start = Instant::now();
        crew::finish(engine, entries + tasks).await;
        start.elapsed()
    });
    drop(runtime);
    let commits = commits.lock().expect("nobody panics here").clone();
    Ran { took, log, commits }
}

/// The same commits, or one a task.
fn floor(dir: &Path, durability: Durability, pieces: &[Commit]) -> Duration {
    let mut journal = durability.journal(dir);
    let start = Instant::now();
    durability::commit(journal.as_mut(), pieces);
    start.elapsed()
}

/// Where each task ends in a log, and the log itself.
fn ends_of_tasks(log: &dyn Journal) -> Vec<Seq> {
    let events = log.events(Seq(0)).expect("it reads");
    let ends = events.iter().filter(|event| matches!(event.fact, Fact::TaskFinished { .. }));
    ends.map(|event| event.seq).chain(events.last().map(|event| event.seq)).collect()
}

fn a_second(tasks: u32, took: Duration) -> f64 {
    f64::from(tasks) / took.as_secs_f64()
}

fn coordination(dir: &Path, durability: Durability, agents: u16, tasks: u32, rounds: usize) {
    let mut rates = vec![];
    for _ in 0..rounds {
        let Ran { took, log, commits } = run(dir, durability, agents, 0, tasks);
        let same = floor(dir, durability, &durability::pieces(log.as_ref(), &commits));
        let ends = ends_of_tasks(log.as_ref());
        let one = floor(dir, durability, &durability::pieces(log.as_ref(), &ends));
        let a_task = commits.len() as f64 / f64::from(tasks);
        rates.push((a_second(tasks, took), a_second(tasks, same), a_second(tasks, one), a_task));
    }
    // The middle one by its share of the floor: the machine's mood is the same for both.
    rates.sort_by(|a, b| f64::total_cmp(&(a.0 / a.1), &(b.0 / b.1)));
    let (engine, same, one, a_task) = rates[rates.len() / 2];
    figures::row(
        &format!("Coordination, {}: {tasks} tasks that think no time, {agents} agents", durability.name()),
        &format!("{engine:.0} tasks/s, {a_task:.2} commits a task"),
        &format!(
            "the same commits alone {same:.0} tasks/s ({:.2} of it); one commit a task {one:.0} ({:.2})",
            engine / same,
            engine / one
        ),
        "at least half",
    );
}

fn flatness(dir: &Path, durability: Durability, [short, long]: [u32; 2], tasks: u32, rounds: usize) {
    let a_task = |entries| run(dir, durability, 4, entries, tasks).took / tasks;
    let (shorts, longs): (Vec<_>, Vec<_>) = (0..rounds).map(|_| (a_task(short), a_task(long))).unzip();
    let (at_short, at_long) = (crew::middle(shorts).as_secs_f64() * 1e3, crew::middle(longs).as_secs_f64() * 1e3);
    figures::row(
        &format!("A task of 4 agents at {long} entries, {}", durability.name()),
        &format!("{at_long:.3} ms"),
        &format!("at {short} entries {at_short:.3} ms: {:.2} times", at_long / at_short),
        "at most 1.3 times",
    );
}

fn main() {
    // The test runner asks benches whether they still run.
    let measures = std::env::args().any(|arg| arg == "--bench");
    let sizes: &[(u32, usize)] = if measures { &[(200, 9), (2_000, 5), (20_000, 1)] } else { &[(20, 1)] };
    for durability in Durability::ALL {
        for (tasks, rounds) in sizes {
            for agents in [4, 16] {
                let dir = tempfile::tempdir().expect("a folder");
                coordination(dir.path(), durability, agents, *tasks, *rounds);
            }
        }
    }
    let (lengths, tasks, rounds) = if measures { ([100, 10_000], 400, 9) } else { ([10, 100], 20, 1) };
    for durability in [Durability::Full, Durability::Memory] {
        let dir = tempfile::tempdir().expect("a folder");
        flatness(dir.path(), durability, lengths, tasks, rounds);
    }
}
