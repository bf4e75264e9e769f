//! What time travel costs: `cargo bench --bench scrub`.
//!
//! A log of 100,000 events on a timeline: what folding it takes, going to any moment of it, one step back, and how much
//! memory it all holds. Then the same log in its file, opened by the real program on its screen at 200×60: from the key
//! that goes somewhere until the screen shows that moment, and what the whole process holds. (FAILURES 14)

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/long_log.rs"]
#[allow(dead_code, reason = "other benches let it grow")]
mod long_log;
#[path = "../support/process.rs"]
#[allow(dead_code, reason = "other benches ask for more")]
mod process;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "a test resizes")]
mod terminal;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use delm::{
    run::{Event, Seq, Timeline},
    store::{Journal as _, RunDir},
};
use terminal::Terminal;

fn main() {
    // The test runner asks benches whether they still run.
    let events = if std::env::args().any(|arg| arg == "--bench") { 100_000 } else { 2_000 };
    let log = long_log::long_log(events);
    let before = process::resident(std::process::id());
    let began = Instant::now();
    let mut timeline = Timeline::default();
    log.iter().cloned().for_each(|event| timeline.push(event));
    let fold = began.elapsed();
    let last = timeline.head().head.0;
    println!("{last} events, {} entries, {} tasks", timeline.head().context.len(), timeline.head().tasks.len());
    println!("fold             {:>9.2} µs an event", fold.as_secs_f64() * 1e6 / last as f64);
    println!(
        "on the timeline  {:>9} MB more than the log",
        process::resident(std::process::id()).saturating_sub(before) / 1_000_000
    );
    // A stride that meets every residue, so no moment is favoured.
    let anywhere = times(500, |n| timeline.look_at(Seq(1 + n * 7919 % last)));
    tell("go to any moment", &anywhere);
    timeline.look_at(Seq(last - 1));
    let back = times(500, |n| timeline.look_at(Seq(last - 2 - n)));
    tell("one event back", &back);
    let forth = times(500, |n| timeline.look_at(Seq(last - 501 + n)));
    tell("one event on", &forth);
    println!("resident         {:>9} MB", process::resident(std::process::id()) / 1_000_000);
    black_box(&timeline);
    drop(timeline);
    on_the_screen(&log);
}

fn on_the_screen(log: &[Event]) {
    let dir = tempfile::tempdir().expect("a folder");
    let runs = RunDir::open(dir.path()).expect("a folder for runs");
    let (id, mut store) = runs.create("Which facts hold?", 0).expect("a run");
    store.append(Seq(0), log, &[]).expect("room");
    drop(store);
    let began = Instant::now();
    let place = dir.path().to_string_lossy();
    let mut terminal = Terminal::start(&["open", &id.0, "--run-dir", &place], (200, 60));
    let last = log.len() as u64;
    terminal.until("the whole log", |screen| screen.contains(&format!("{last} ")));
    println!("on the screen    {:>9.2} s until all of it is there", began.elapsed().as_secs_f64());
    let mut to = 0;
    let anywhere = times(60, |n| {
        to = 1 + (n + 1) * 7919 % (last - 1);
        terminal.press(&format!(":goto {to}\r"));
        let here = format!("PAST {to}/");
        terminal.until(&here, |screen| screen.contains(&here));
    });
    tell("its goto", &anywhere);
    let back = times(60, |n| {
        terminal.press("\x1b[D");
        let here = format!("PAST {}/", to - n - 1);
        terminal.until(&here, |screen| screen.contains(&here));
    });
    tell("its ←", &back);
    let memory = process::resident(terminal.pid()) / 1_000_000;
    println!("its memory       {memory:>9} MB");
    let ms = |time: &Duration| time.as_secs_f64() * 1e3;
    let (median, most) = (ms(&anywhere[anywhere.len() / 2]), ms(&anywhere[anywhere.len() - 1]));
    figures::row(
        &format!(
            "Going to any moment of {last} events, from the key to the drawn moment at 200×60; what the program holds"
        ),
        &format!("{median:.0} ms, {most:.0} ms at most; {memory} MB"),
        "",
        "",
    );
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

fn tell(what: &str, times: &[Duration]) {
    let ms = |time: &Duration| time.as_secs_f64() * 1e3;
    let (median, most) = (&times[times.len() / 2], &times[times.len() - 1]);
    println!("{what:<16} {:>9.2} ms median, {:.2} ms at most", ms(median), ms(most));
}
