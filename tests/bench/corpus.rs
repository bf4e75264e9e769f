//! How a whole run grows with its documents: `cargo bench --bench corpus`.
//!
//! Runs the real program headless, eight agents, on 1.25, 2.5 and 5 MB in files of about 14 kB: the middle time of five
//! for each, and the peak memory of the largest. Linear means that doubling the documents doubles the time.

#[path = "../support/documents.rs"]
mod documents;
#[path = "../support/figures.rs"]
mod figures;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const QUESTION: &str =
    "Which of these licences oblige me to offer source to people who use the program over a network?";

/// Documents of a size, in files of about 14 kB.
fn corpus(dir: &Path, bytes: usize) -> PathBuf {
    let dir = dir.join(bytes.to_string());
    std::fs::create_dir_all(&dir).expect("a folder");
    documents::texts(&dir, bytes, 14_000);
    dir
}

fn program(documents: &Path, runs: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_delm"));
    command.args(["run", QUESTION, "--headless", "--agents", "8", "--run-dir"]).arg(runs).arg(documents);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The most memory that the program ever held, in MB, where the system tells.
fn peak(documents: &Path, runs: &Path) -> Option<u64> {
    let mut child = program(documents, runs).spawn().ok()?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    while child.try_wait().ok()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        most = most.max(kilobytes.map(|kilobytes| kilobytes / 1000));
        std::thread::sleep(Duration::from_millis(2));
    }
    most
}

/// Seconds that a run takes: the middle of so many.
fn seconds(documents: &Path, runs: &Path, times: usize) -> f64 {
    let mut took: Vec<f64> = (0..times)
        .map(|_| {
            let began = Instant::now();
            assert!(program(documents, runs).status().expect("it starts").success());
            began.elapsed().as_secs_f64()
        })
        .collect();
    took.sort_by(f64::total_cmp);
    took[times / 2]
}

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let runs = dir.path().join("runs");
    // The test runner asks benches whether they still run.
    if !std::env::args().any(|arg| arg == "--bench") {
        seconds(&corpus(dir.path(), 100_000), &runs, 1);
        return;
    }
    let took = [1_250_000, 2_500_000, 5_000_000].map(|bytes| {
        let took = seconds(&corpus(dir.path(), bytes), &runs, 5);
        println!("{:>5.2} MB  {took:>6.2} s", bytes as f64 / 1e6);
        took
    });
    let memory =
        peak(&corpus(dir.path(), 5_000_000), &runs).map_or(String::new(), |most| format!("; {most} MB at most"));
    let [small, middle, large] = took;
    figures::row(
        "Whole run, 8 agents, no model, on 1.25 / 2.5 / 5 MB of documents",
        &format!("{small:.1} / {middle:.1} / {large:.1} s{memory}"),
        "",
        "twice the documents, at most twice the time",
    );
}
