//! How well a team's time is used: `cargo bench --bench schedule`.
//!
//! 200 tasks whose times are lognormal around 200 ms, from a fixed seed, done by 4, 16 and 64 agents with a real run
//! file: from the moment the plan is made until the last result is on disk. Beside it stands what nobody can beat who
//! takes them in this order: greedy list scheduling, where whoever is free takes the next and nothing else takes time.

#[path = "../support/crew.rs"]
#[allow(dead_code, reason = "other benches ask for more")]
mod crew;
#[path = "../support/dice.rs"]
#[allow(dead_code, reason = "a test throws them otherwise")]
mod dice;
#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/instantly.rs"]
#[allow(dead_code, reason = "other benches give it no time")]
mod instantly;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use delm::run::{Fact, Options};
use dice::Dice;
use futures_util::FutureExt as _;
use instantly::Instantly;

/// The median and the spread of the times: two thirds are between 121 and 330 ms.
const MEDIAN: f64 = 0.2;
const SIGMA: f64 = 0.5;

fn lognormal(tasks: usize, scale: f64) -> Vec<Duration> {
    let mut dice = Dice(7);
    let mut normal = || {
        let (radius, angle) = (1.0 - dice.part(), dice.part());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    };
    (0..tasks).map(|_| Duration::from_secs_f64(scale * MEDIAN * (SIGMA * normal()).exp())).collect()
}

/// When the last task ends, each taken by whoever is free first.
fn greedy(times: &[Duration], agents: u16) -> Duration {
    let mut free = vec![Duration::ZERO; agents.into()];
    for time in times {
        let first = free.iter_mut().min().expect("there are agents");
        *first += *time;
    }
    free.into_iter().max().expect("there are agents")
}

/// From the plan until the last result is on disk.
fn makespan(dir: &Path, times: &Arc<Vec<Duration>>, agents: u16) -> Duration {
    let tasks = times.len() as u32;
    let mut journal = crew::file(dir);
    let begun = crew::begin(&mut journal, Options { agents, ..Options::default() }, 0, tasks);
    let times = Arc::clone(times);
    let planned = Arc::new(OnceLock::new());
    let plan = Arc::clone(&planned);
    let works = Instantly::but(tasks, move |_, task| {
        let time = times[task.id.0 as usize - 1];
        instantly::wait(time).boxed()
    })
    .when_planned(move || plan.set(Instant::now()).expect("it is planned once"));
    crew::runtime().block_on(async {
        let (engine, mut events) = crew::engine(begun, Box::new(journal), works).await;
        let mut done = 0;
        while done < tasks as usize {
            let batch = events.recv().await.expect("they work");
            done += batch.iter().filter(|event| matches!(event.fact, Fact::TaskFinished { .. })).count();
        }
        let took = planned.get().expect("there was a plan").elapsed();
        drop(events);
        crew::finish(engine, tasks).await;
        took
    })
}

fn main() {
    // The test runner asks benches whether they still run.
    let measures = std::env::args().any(|arg| arg == "--bench");
    let (tasks, scale, rounds) = if measures { (200, 1.0, 3) } else { (20, 0.01, 1) };
    let times = Arc::new(lognormal(tasks, scale));
    let dir = tempfile::tempdir().expect("a folder");
    for (agents, goal) in [(4, 99.5), (16, 99.0), (64, 98.0)] {
        let best = greedy(&times, agents);
        let took = crew::middle((0..rounds).map(|_| makespan(dir.path(), &times, agents)).collect());
        figures::row(
            &format!("Schedule of {tasks} tasks of about 200 ms, {agents} agents"),
            &format!("{:.2} %, {:.3} s", 100.0 * best.as_secs_f64() / took.as_secs_f64(), took.as_secs_f64()),
            &format!("greedy list scheduling {:.3} s", best.as_secs_f64()),
            &format!("at least {goal} %"),
        );
    }
}
