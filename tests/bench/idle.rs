//! What the program does when there is nothing to do: `cargo bench --bench idle`.
//!
//! The real program on its screen at 200×60 with 16 agents, paused in the midst of its calls, and later with its run
//! over: the share of one core, how often a thread woke up, and how many calls were sent meanwhile.

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/loopback.rs"]
#[allow(dead_code, reason = "another test answers in JSON")]
mod loopback;
#[path = "../support/process.rs"]
#[allow(dead_code, reason = "another bench asks for memory")]
mod process;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "another test resizes")]
mod terminal;

use std::{
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use loopback::{Answer, Loopback};
use terminal::Terminal;

const AGENTS: usize = 16;

fn measure(what: &str, terminal: &Terminal, server: &Loopback, measured: Duration) {
    let pid = terminal.pid();
    // What the last key set in motion is over.
    thread::sleep(measured / 5);
    let (before, sent) = (process::threads_of(pid), server.seen().len());
    thread::sleep(measured);
    let (mut wakes, mut cpu) = (0, Duration::ZERO);
    // A thread that was done meanwhile had nothing to do either.
    for (thread, now) in process::threads_of(pid) {
        let before = before.get(&thread).copied().unwrap_or_default();
        wakes += now.wakes - before.wakes;
        cpu += now.cpu - before.cpu;
    }
    let (share, wakes) = (cpu.div_duration_f64(measured), wakes as f64 / measured.as_secs_f64());
    let sent = server.seen().len() - sent;
    figures::row(
        &format!("idle, {what}: share of one core, wake-ups a second, calls sent"),
        &format!("{:.3} %, {wakes:.1}, {sent}", share * 100.0),
        "",
        "< 0.1 %, no timer while nothing changes",
    );
}

fn main() {
    // The test runner asks benches whether they still run.
    let timed = std::env::args().any(|arg| arg == "--bench");
    let measured = if timed { Duration::from_secs(10) } else { Duration::from_millis(100) };
    let fast = Arc::new(AtomicBool::new(false));
    let hurry = Arc::clone(&fast);
    let server = Loopback::start(move |_| {
        if !hurry.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(100));
        }
        Answer::stream(&[
            r#"{"choices":[{"index":0,"delta":{"content":"I cannot say anything about this."}}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            "[DONE]",
        ])
    });
    let dir = tempfile::tempdir().expect("a folder");
    for number in 0..AGENTS * 4 {
        let text = format!("Document {number}. ").repeat(500);
        std::fs::write(dir.path().join(format!("{number}.txt")), text).expect("room");
    }
    let (documents, runs) = (dir.path().to_string_lossy(), dir.path().join("runs").to_string_lossy().into_owned());
    let model = format!("{}#tiny", server.url());
    let agents = AGENTS.to_string();
    let args = ["run", "What do they say?", &documents, "--agents", &agents, "--gate", "auto", "--model", &model];
    let mut terminal = Terminal::start(&[&args[..], &["--run-dir", &runs]].concat(), (200, 60));
    terminal.until("calls", |_| server.seen().len() > AGENTS);
    terminal.press(" ");
    terminal.see("PAUSED");
    measure("the team paused in the midst of its calls", &terminal, &server, measured);
    fast.store(true, Ordering::Relaxed);
    terminal.press("c");
    terminal.until("the end", |screen| screen.contains("DONE") || screen.contains("NO ANSWER"));
    measure("the run over", &terminal, &server, measured);
}
