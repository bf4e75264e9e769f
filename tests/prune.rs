//! `delm runs prune`: what goes is named first, nothing else goes, and nothing goes by accident.

#![expect(clippy::unwrap_used, reason = "the helpers belong to tests")]

mod support;

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use delm::{
    run::{Event, Fact, Options, Outcome, RunId, Seq},
    store::{Journal as _, RunDir, Sqlite, load},
};
use support::terminal::Terminal;
use tempfile::TempDir;

const DAY: i64 = 86_400_000;

/// Four runs: answered 40 and 20 days ago, stopped 10 days and 1 day ago.
fn four_runs(dir: &TempDir) -> (RunDir, [RunId; 4]) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let runs = RunDir::open(dir.path().join("runs")).unwrap();
    let ids = [(40, true), (20, true), (10, false), (1, false)].map(|(days, is_answered)| {
        let at = now - days * DAY;
        let question = format!("{days} days");
        let (id, mut store) = runs.create(&question, at).unwrap();
        let mut facts = vec![Fact::RunStarted { question, paths: vec![], options: Box::new(Options::default()) }];
        facts.extend(is_answered.then_some(Fact::RunEnded { outcome: Outcome::Answered }));
        let events: Vec<_> = facts.into_iter().zip(1..).map(|(fact, seq)| Event { seq: Seq(seq), at, fact }).collect();
        store.append(Seq(0), &events, &[]).unwrap();
        let (run, _) = load(&store).unwrap();
        store.write_digest(&run).unwrap();
        id
    });
    (runs, ids)
}

fn prune(runs: &RunDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_delm"));
    command.args(["runs", "prune"]).args(args).arg("--run-dir").arg(runs.path()).stdin(Stdio::null());
    command.env_remove("DELM_CONFIG").env("XDG_CONFIG_HOME", runs.path()).output().unwrap()
}

fn files(runs: &Path) -> BTreeSet<String> {
    std::fs::read_dir(runs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn each_flag_narrows_what_goes() {
    // Which of the four go.
    let cases: [(&[&str], &[usize]); 7] = [
        (&["--older-than", "30d"], &[0]),
        (&["--older-than", "15d"], &[0, 1]),
        (&["--state", "stopped"], &[2, 3]),
        (&["--state", "answered,stopped", "--older-than", "5d"], &[0, 1, 2]),
        (&["--keep", "3"], &[0]),
        (&["--keep", "1", "--state", "stopped"], &[2]),
        (&["--keep", "9"], &[]),
    ];
    for (args, gone) in cases {
        let dir = TempDir::new().unwrap();
        let (runs, ids) = four_runs(&dir);
        let before = files(runs.path());
        let looked = prune(&runs, &[args, &["--dry-run"]].concat());
        assert!(looked.status.success(), "{looked:?}");
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(text(&looked.stdout).contains(&id.0), gone.contains(&n), "{args:?} {n}: {looked:?}");
        }
        assert_eq!(files(runs.path()), before);

        let done = prune(&runs, &[args, &["--yes"]].concat());
        assert!(done.status.success(), "{done:?}");
        let left = ids.iter().enumerate().filter(|(n, _)| !gone.contains(n)).map(|(_, id)| format!("{id}.delm"));
        assert_eq!(files(runs.path()), left.collect(), "{args:?}");
    }
}

#[test]
fn without_a_terminal_or_a_choice_nothing_goes() {
    let dir = TempDir::new().unwrap();
    let (runs, ids) = four_runs(&dir);
    let before = files(runs.path());
    let refused = prune(&runs, &["--keep", "0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(ids.iter().all(|id| text(&refused.stdout).contains(&id.0)), "named all the same: {refused:?}");
    assert!(text(&refused.stderr).contains("--yes"), "{refused:?}");
    for bad in [&["--yes"][..], &["--keep", "0", "--yes", "--dry-run"], &["--state", "open", "--yes"]] {
        assert_eq!(prune(&runs, bad).status.code(), Some(2), "{bad:?}");
    }
    assert_eq!(files(runs.path()), before);
}

#[test]
fn a_run_that_somebody_has_in_hand_stays() {
    let dir = TempDir::new().unwrap();
    let (runs, ids) = four_runs(&dir);
    let held = Sqlite::open(&runs.file(&ids[3])).unwrap();
    assert!(prune(&runs, &["--keep", "0", "--yes"]).status.success());
    drop(held);
    assert_eq!(files(runs.path()), BTreeSet::from([format!("{}.delm", ids[3])]));
}

#[test]
fn what_a_killed_process_left_beside_a_run_goes_with_it() {
    let dir = TempDir::new().unwrap();
    let (runs, ids) = four_runs(&dir);
    for ending in ["-wal", "-shm", "-lock"] {
        std::fs::write(format!("{}{ending}", runs.file(&ids[0]).display()), "").unwrap();
    }
    assert!(prune(&runs, &["--older-than", "30d", "--yes"]).status.success());
    assert_eq!(files(runs.path()).len(), 3);
}

#[test]
fn what_cannot_be_read_is_named_and_stays() {
    let dir = TempDir::new().unwrap();
    let (runs, _) = four_runs(&dir);
    std::fs::write(runs.path().join("2001.delm"), "not a run").unwrap();
    let done = prune(&runs, &["--keep", "0", "--yes"]);
    assert!(text(&done.stderr).contains("left alone") && text(&done.stderr).contains("2001.delm"), "{done:?}");
    assert_eq!(files(runs.path()), BTreeSet::from(["2001.delm".to_owned()]));
}

#[test]
fn on_a_terminal_it_asks() {
    for (answer, left) in [("\r", 4), ("n\r", 4), ("y\r", 3)] {
        let dir = TempDir::new().unwrap();
        let (runs, _) = four_runs(&dir);
        let place = runs.path().to_str().unwrap().to_owned();
        let args = ["runs", "prune", "--older-than", "30d", "--run-dir", &place];
        let mut terminal = Terminal::start(&args, (120, 20));
        terminal.see("Delete 1 run of ");
        assert_eq!(files(runs.path()).len(), 4);
        terminal.press(answer);
        let (code, screen) = terminal.end();
        assert_eq!(code, 0, "{screen}");
        assert_eq!(files(runs.path()).len(), left, "{answer:?}: {screen}");
    }
}
