//! Everything that the program writes is for its owner alone, whatever the shell was told: runs, what SQLite and the
//! program lay beside them, logs, exports, copies.
#![cfg(unix)]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use support::place::{Place, code, text};

/// The program in a shell that shares everything it makes with everybody.
fn shared(place: &Place, args: &[&str]) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_delm")]).args(args);
    let own = |name: &str| name.starts_with("DELM_") || name.ends_with("_API_KEY");
    for (name, _) in std::env::vars().filter(|(name, _)| own(name)) {
        shell.env_remove(name);
    }
    shell.args(["--run-dir", "kept/runs"]).env("XDG_CONFIG_HOME", place.path()).current_dir(place.path());
    shell.stdin(Stdio::null());
    shell
}

/// The names of all files below a folder; each, and each folder, is checked.
fn private(folder: &Path) -> Vec<String> {
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700, "{}", folder.display());
    let mut names = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(private(&path));
        } else {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    names
}

#[test]
fn whatever_is_written_is_for_its_owner_alone() {
    let place = Place::new();
    let question = "What do passengers without a ticket pay?";
    // So slow that it is still at work while its files are looked at.
    let mut child = shared(&place, &["run", question, "docs", "--json", "--pace", "300"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("\"task_claimed\"")));
    let live = private(&place.path().join("kept"));
    child.kill().unwrap();
    child.wait().unwrap();
    for ending in [".delm", ".delm-wal", ".delm-shm", ".delm-lock", ".log"] {
        assert!(live.iter().any(|name| name.ends_with(ending)), "{ending} in {live:?}");
    }

    fs::create_dir(place.path().join("out")).unwrap();
    fs::set_permissions(place.path().join("out"), fs::Permissions::from_mode(0o700)).unwrap();
    let done = |args: &[&str]| {
        let output = shared(&place, args).output().unwrap();
        assert_eq!(code(&output), 0, "{args:?} {}", text(&output.stderr));
    };
    done(&["resume", "latest", "--headless"]);
    done(&["fork", "latest", "--headless"]);
    done(&["export", "-o", "out/new.jsonl"]);
    // One that others could read is replaced, not filled.
    fs::write(place.path().join("out/old.jsonl"), "").unwrap();
    fs::set_permissions(place.path().join("out/old.jsonl"), fs::Permissions::from_mode(0o666)).unwrap();
    done(&["export", "-o", "out/old.jsonl", "--force", "--redact"]);
    let runs = |names: &[String]| names.iter().filter(|name| name.ends_with(".delm")).count();
    let kept = place.path().join("kept");
    assert_eq!(runs(&private(&kept)), 2);
    let damaged = fs::read_dir(kept.join("runs")).unwrap().map(|file| file.unwrap().path());
    let damaged = damaged.filter(|file| file.extension().is_some_and(|is| is == "delm")).max().unwrap();
    rusqlite::Connection::open(&damaged).unwrap().execute("DELETE FROM bodies", []).unwrap();
    done(&["verify", "latest", "--repair"]);
    assert_eq!(runs(&private(&kept)), 3);
    let mut exports = private(&place.path().join("out"));
    exports.sort();
    assert_eq!(exports, ["new.jsonl", "old.jsonl"]);
}
