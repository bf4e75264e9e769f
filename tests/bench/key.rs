//! From a key to the screen that shows what it did: `cargo bench --bench key`.
//!
//! The real program in a pseudo-terminal at 200×60, while 16 agents stream 200 tokens a second each: on a run that has
//! just begun, and on one of 100,000 events that was taken up again; and on one of 1,000,000 events that is looked at. A
//! key is over when the cursor that it moves stands elsewhere on the screen as a terminal emulator has it, so that one's
//! time is in the figure too.

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/long_log.rs"]
#[allow(dead_code, reason = "other benches want it whole")]
mod long_log;
#[path = "../support/streaming_server.rs"]
#[allow(dead_code, reason = "another bench sends bursts")]
mod streaming_server;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "a test resizes")]
mod terminal;

use std::{
    thread,
    time::{Duration, Instant},
};

use delm::{
    run::{EXTRACTIVE, Seq},
    store::{Journal as _, RunDir},
};
use streaming_server::{Flow, StreamingServer};
use terminal::Terminal;

const AGENTS: u32 = 16;
const EVERY: Duration = Duration::from_millis(5);
const SIZE: (u16, u16) = (200, 60);
/// Puts a cursor into the queue, where there is one, and into the agents.
const BEFORE: &str = "1jj2jj";
/// From there each moves a cursor, up and down in a pane or to another one, and all of them together none.
const KEYS: [&str; 7] = ["j", "k", "3", "1", "k", "j", "2"];
/// The same without tasks.
const NO_TASKS: [&str; 4] = ["j", "k", "3", "2"];

/// A run that begins.
fn fresh(keys: usize) -> Vec<Duration> {
    let server = StreamingServer::start(Flow::Beat(EVERY));
    let dir = tempfile::tempdir().expect("a folder");
    for number in 0..AGENTS {
        let text = format!("Document {number}. ").repeat(100);
        std::fs::write(dir.path().join(format!("{number}.txt")), text).expect("room");
    }
    let (documents, runs) = (dir.path().to_string_lossy(), dir.path().join("runs").to_string_lossy().into_owned());
    let (agents, model) = (AGENTS.to_string(), server.model());
    let args = ["run", "What do they say?", &documents, "--agents", &agents, "--gate", "auto", "--model", &model];
    let mut terminal = Terminal::start(&[&args[..], &["--run-dir", &runs]].concat(), SIZE);
    all_stream(&terminal);
    press(&mut terminal, &NO_TASKS, keys)
}

/// A run with a long log, taken up by agents that were in the middle of their tasks.
fn taken_up(events: usize, keys: usize) -> Vec<Duration> {
    let server = StreamingServer::start(Flow::Beat(EVERY));
    let (dir, id) = saved(events, &server.model());
    let place = dir.path().to_string_lossy();
    let mut terminal = Terminal::start(&["resume", &id, "--run-dir", &place], SIZE);
    all_stream(&terminal);
    press(&mut terminal, &KEYS, keys)
}

/// A run with a long log that nobody works on.
fn looked_at(events: usize, keys: usize) -> Vec<Duration> {
    let (dir, id) = saved(events, EXTRACTIVE);
    let place = dir.path().to_string_lossy();
    let mut terminal = Terminal::start(&["open", &id, "--run-dir", &place], SIZE);
    terminal.see("of 16 at work");
    press(&mut terminal, &KEYS, keys)
}

/// A run in its file.
fn saved(events: usize, model: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let runs = RunDir::open(dir.path()).expect("a folder for runs");
    let (id, mut store) = runs.create("Which facts hold?", 0).expect("a run");
    let (events, bodies) = long_log::half_done(events, model);
    store.append(Seq(0), &events, &bodies).expect("room");
    (dir, id.0)
}

/// Waits until every agent in sight streams: what they were asked is long, and takes a while to be written and sent.
fn all_stream(terminal: &Terminal) {
    terminal.look_until("streams", |screen| places(screen, "▌").len() >= 12);
}

fn press(terminal: &mut Terminal, keys: &[&str], count: usize) -> Vec<Duration> {
    terminal.press(BEFORE);
    terminal.see("▸a2");
    let mut times: Vec<Duration> = keys
        .iter()
        .cycle()
        .take(count)
        .enumerate()
        .map(|(n, key)| {
            // Neither in step with the frames nor with the server.
            thread::sleep(Duration::from_micros(20_000 + n as u64 * 7_919 % 40_000));
            let before = terminal.look(cursors);
            let began = Instant::now();
            terminal.press(key);
            terminal.look_until("the cursor elsewhere", |screen| cursors(screen) != before);
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

/// Where marks of a selection or of the focus stand.
fn cursors(screen: &vt100::Screen) -> Vec<(u16, u16)> {
    places(screen, "▸")
}

fn places(screen: &vt100::Screen, sign: &str) -> Vec<(u16, u16)> {
    let all = (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |column| (row, column)));
    all.filter(|(row, column)| screen.cell(*row, *column).is_some_and(|cell| cell.contents() == sign)).collect()
}

fn main() {
    // The test runner asks benches whether they still run.
    let timed = std::env::args().any(|arg| arg == "--bench");
    let (long, longest, keys) = if timed { (100_000, 1_000_000, 1_000) } else { (1_000, 1_000, 8) };
    tell("16 agents streaming, a run that has just begun", &fresh(keys));
    tell(&format!("16 agents streaming, a run of {long} events"), &taken_up(long, keys));
    tell(&format!("a run of {longest} events that is looked at"), &looked_at(longest, keys));
}

fn tell(what: &str, times: &[Duration]) {
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3;
    figures::row(
        &format!("key → changed screen, {what}: 99 %"),
        &format!("{:.1} ms (median {:.1}, 95 % {:.1})", at(0.99), at(0.5), at(0.95)),
        "",
        "< 16 ms",
    );
}
