//! One writer a run, with real processes: this test binary starts itself as the other one.

#![expect(clippy::unwrap_used, reason = "the helpers belong to tests")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use delm::{
    run::{Event, Fact, Options, Seq},
    store::{Held, Journal as _, RunDir, RunState, Sqlite, StoreError},
};
use tempfile::TempDir;

const FILE: &str = "DELM_TEST_CLAIMED_FILE";

/// The other process: claims the run, says so, and keeps it until its standard input ends.
#[test]
fn other_process() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let mut store = Sqlite::open(Path::new(&file)).unwrap();
    let head = Seq(store.events(Seq(0)).unwrap().len() as u64);
    let started = Fact::SessionStarted { pid: std::process::id() };
    store.append(head, &[Event { seq: head.next(), at: 0, fact: started }], &[]).unwrap();
    println!("\nit is claimed");
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}

struct Other {
    process: Child,
    // Closing it would be a signal.
    _output: BufReader<ChildStdout>,
}

impl Other {
    fn start(file: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "other_process", "--nocapture"])
            .env(FILE, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while line != "it is claimed\n" {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "it ended before it had the run");
        }
        Other { process, _output: output }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run_file(dir: &TempDir) -> (RunDir, std::path::PathBuf) {
    let runs = RunDir::open(dir.path()).unwrap();
    let (id, mut store) = runs.create("Who has it?", 0).unwrap();
    let started =
        Fact::RunStarted { question: "Who has it?".into(), paths: vec![], options: Box::new(Options::default()) };
    store.append(Seq(0), &[Event { seq: Seq(1), at: 0, fact: started }], &[]).unwrap();
    drop(store);
    let file = runs.file(&id);
    (runs, file)
}

/// (FAILURES 6)
#[test]
fn a_second_process_is_refused_and_told_of_the_first() {
    let dir = TempDir::new().unwrap();
    let (runs, file) = run_file(&dir);
    let other = Other::start(&file);
    let pid = other.process.id();
    let before = std::fs::read(&file).unwrap();
    let refused = Sqlite::open(&file).err().expect("it is refused");
    assert!(matches!(&refused, StoreError::Claimed { holder: Some(holder), .. } if holder.pid == pid), "{refused:?}");
    let run = runs.find("latest").unwrap();
    let said = refused.to_string();
    assert!(said.starts_with(&format!("{run} is in the hands of process {pid} on ")), "{said}");
    assert!(said.ends_with(&format!("Z; `delm open {run}` shows it")), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), before);

    // Whoever only reads is let in, and the list says that it is alive.
    assert_eq!(Sqlite::open_to_read(&file).unwrap().events(Seq(0)).unwrap().len(), 2);
    let listed = runs.list().remove(0).unwrap();
    assert_eq!((listed.held, listed.state), (Held::Yes, RunState::Open));
}

/// (FAILURES 6, 10)
#[test]
fn a_process_that_was_killed_holds_nothing_any_more() {
    let dir = TempDir::new().unwrap();
    let (runs, file) = run_file(&dir);
    drop(Other::start(&file));
    let lock = dir.path().join(format!("{}-lock", file.file_name().unwrap().to_str().unwrap()));
    assert!(lock.exists(), "killed, it could not tidy up");
    let listed = runs.list().remove(0).unwrap();
    assert_eq!((listed.held, listed.state), (Held::No, RunState::Stopped));
    let mut store = Sqlite::open(&file).unwrap();
    store.append(Seq(2), &[Event { seq: Seq(3), at: 0, fact: Fact::PauseAsked }], &[]).unwrap();
}

#[test]
fn a_process_that_ends_leaves_one_file() {
    let dir = TempDir::new().unwrap();
    let (_, file) = run_file(&dir);
    let mut other = Other::start(&file);
    other.process.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(other.process.wait().unwrap().success());
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [file]);
}

#[test]
fn a_killed_run_is_folded_once_for_lists() {
    let dir = TempDir::new().unwrap();
    let (runs, file) = run_file(&dir);
    drop(Other::start(&file));
    let first = runs.list().remove(0).unwrap();
    // From here on the log could not be folded, and need not be.
    let db = rusqlite::Connection::open(&file).unwrap();
    db.execute_batch("UPDATE events SET fact = 'x'").unwrap();
    drop(db);
    let second = runs.list().remove(0).unwrap();
    assert_eq!((second.question, second.state), (first.question, RunState::Stopped));
}
