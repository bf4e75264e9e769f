//! What time travel costs: `cargo bench --bench scrub`.
//!
//! A log of 100,000 events on a timeline: what folding it takes, going to any moment of it, one step back, and how much
//! memory it all holds.

#[path = "../support/long_log.rs"]
mod long_log;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use delm::run::{Seq, Timeline};

fn main() {
    // The test runner asks benches whether they still run.
    let events = if std::env::args().any(|arg| arg == "--bench") { 100_000 } else { 2_000 };
    let log = long_log::long_log(events);
    let before = resident();
    let began = Instant::now();
    let mut timeline = Timeline::default();
    log.iter().cloned().for_each(|event| timeline.push(event));
    let fold = began.elapsed();
    let last = timeline.head().head.0;
    println!("{last} events, {} entries, {} tasks", timeline.head().context.len(), timeline.head().tasks.len());
    println!("fold             {:>9.2} µs an event", fold.as_secs_f64() * 1e6 / last as f64);
    println!("on the timeline  {:>9} MB more than the log", resident().saturating_sub(before) / 1_000_000);
    // A stride that meets every residue, so no moment is favoured.
    let anywhere = times(500, |n| timeline.look_at(Seq(1 + n * 7919 % last)));
    tell("go to any moment", anywhere);
    timeline.look_at(Seq(last - 1));
    let back = times(500, |n| timeline.look_at(Seq(last - 2 - n)));
    tell("one event back", back);
    let forth = times(500, |n| timeline.look_at(Seq(last - 501 + n)));
    tell("one event on", forth);
    println!("resident         {:>9} MB", resident() / 1_000_000);
    black_box(&timeline);
}

fn times(count: u64, mut act: impl FnMut(u64)) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..count)
        .map(|n| {
            let began = Instant::now();
            act(n);
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

fn tell(what: &str, times: Vec<Duration>) {
    let ms = |time: &Duration| time.as_secs_f64() * 1e3;
    let (median, most) = (&times[times.len() / 2], &times[times.len() - 1]);
    println!("{what:<16} {:>9.2} ms median, {:.2} ms at most", ms(median), ms(most));
}

/// Bytes that the process holds; 0 where there is no /proc.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}
