//! What it costs that a fact is on disk before anybody acts on it: `cargo bench --bench durability`.
//!
//! Tasks of five events and a body of two kilobytes go into the tables of a run file, with `synchronous` at FULL, which
//! waits for the disk at each commit, and at NORMAL, which waits at checkpoints alone and may lose the last commits with
//! the power; one, four or sixteen tasks a commit, as when so many agents queue up behind one write.

#[path = "../support/figures.rs"]
mod figures;

use std::{path::Path, time::Instant};

use delm::store::Sqlite;
use rusqlite::{Connection, params};

const EVENTS: i64 = 5;

/// Milliseconds a commit: the middle one, and the one that ninety-nine of a hundred stay under.
fn commits(dir: &Path, synchronous: &str, tasks: i64) -> (f64, f64) {
    // The test runner asks benches whether they still run.
    let commits = if std::env::args().any(|arg| arg == "--bench") { 300 } else { 3 };
    let file = dir.join(format!("{synchronous}-{tasks}.delm"));
    drop(Sqlite::create(&file).expect("room"));
    let mut db = Connection::open(&file).expect("it is there");
    db.pragma_update(None, "synchronous", synchronous).expect("it is a mode");
    let fact = "f".repeat(400);
    let mut took: Vec<f64> = (0..commits)
        .map(|commit| {
            let bodies: Vec<_> = (0..tasks).map(|task| noise(commit * tasks + task)).collect();
            let start = Instant::now();
            let transaction = db.transaction().expect("nobody else writes");
            for (body, task) in bodies.iter().zip(commit * tasks..) {
                let row = "INSERT INTO bodies (id, length, bytes) VALUES (?1, ?2, ?3)";
                transaction.execute(row, params![task.to_le_bytes(), body.len() as i64, body]).expect("room");
                for event in 1..=EVENTS {
                    let row = "INSERT INTO events (seq, at, fact, hash) VALUES (?1, 0, ?2, ?3)";
                    transaction.execute(row, params![task * EVENTS + event, fact, [0u8; 32]]).expect("room");
                }
            }
            transaction.commit().expect("room");
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    took.sort_by(f64::total_cmp);
    (took[took.len() / 2], took[took.len() * 99 / 100])
}

/// What no disk makes smaller.
fn noise(seed: i64) -> Vec<u8> {
    (0..64_i64).flat_map(|n| *blake3::hash(&(seed * 64 + n).to_le_bytes()).as_bytes()).collect()
}

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    println!("synchronous  tasks a commit  ms a commit (99 %)  ms a task");
    let [full, normal] = ["FULL", "NORMAL"].map(|synchronous| {
        let a_task = [1, 4, 16].map(|tasks| {
            let (middle, most) = commits(dir.path(), synchronous, tasks);
            let a_task = middle / tasks as f64;
            println!("{synchronous:11}  {tasks:14}  {middle:11.2} ({most:.2})  {a_task:9.2}");
            format!("{a_task:.2}")
        });
        a_task.join(" / ")
    });
    figures::row(
        "Five events and 2 kB to disk, time a task with 1 / 4 / 16 tasks a commit, waiting for the disk at each",
        &format!("{full} ms"),
        &format!("waiting at checkpoints alone, {normal} ms"),
        "",
    );
}
