//! How a whole run grows with its documents: `cargo bench --bench corpus`.
//!
//! Runs the real program headless, eight agents, on 1.25, 2.5 and 5 MB in files of about 14 kB; prints the time for
//! each, and at the end the peak memory of the largest. Linear means that doubling the documents doubles the time.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use criterion::{BenchmarkId, Criterion, Throughput};

const QUESTION: &str =
    "Which of these licences oblige me to offer source to people who use the program over a network?";

/// Documents of a size: the licence texts over and over, each copy with words of its own, so that no two are alike.
fn corpus(dir: &Path, bytes: usize) -> PathBuf {
    let texts: Vec<String> = std::fs::read_dir("assets/licences")
        .expect("the demo documents are there")
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("a text"))
        .collect();
    let dir = dir.join(bytes.to_string());
    std::fs::create_dir_all(&dir).expect("a folder");
    let (mut written, mut copy) = (0, 0_usize);
    while written < bytes {
        for (number, text) in texts.iter().enumerate() {
            let text: String = text.chars().take(14_000).collect();
            let own =
                text.replace("License", &format!("License{copy}")).replace("the ", &format!("the x{copy}y{number} "));
            written += own.len();
            std::fs::write(dir.join(format!("{copy:03}-{number:02}.txt")), own).expect("room");
            if written >= bytes {
                break;
            }
        }
        copy += 1;
    }
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

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let runs = dir.path().join("runs");
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("corpus");
    group.sample_size(10).measurement_time(Duration::from_secs(15));
    for bytes in [1_250_000, 2_500_000, 5_000_000] {
        let documents = corpus(dir.path(), bytes);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_with_input(BenchmarkId::from_parameter(bytes), &documents, |bench, documents| {
            bench.iter(|| assert!(program(documents, &runs).status().expect("it starts").success()));
        });
    }
    group.finish();
    if let Some(megabytes) = peak(&corpus(dir.path(), 5_000_000), &runs) {
        println!("peak memory at 5 MB: {megabytes} MB");
    }
}
