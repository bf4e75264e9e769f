//! The folder that runs are kept in, by who only reads it: nothing is made, and a mistyped one is told.

mod support;

use std::fs;

use support::place::{Place, code, text};

#[test]
fn a_folder_that_is_not_there_is_told_and_not_made() {
    let place = Place::new();
    let commands: [&[&str]; 9] = [
        &["runs"],
        &["runs", "--json"],
        &["runs", "prune", "--keep", "1"],
        &["show"],
        &["why", "latest", "1"],
        &["verify"],
        &["export", "latest"],
        &["fork", "latest", "--headless"],
        &["resume", "latest", "--headless"],
    ];
    for args in commands {
        let output = place.run(args);
        assert_eq!(code(&output), 2, "{args:?}: {output:?}");
        let said = text(&output.stderr);
        assert!(said.contains("--run-dir") && said.contains("there is no such folder"), "{args:?}: {said}");
        assert!(said.contains(place.path().join("runs").to_str().unwrap()), "{args:?}: {said}");
        assert_eq!(text(&output.stdout), "", "{args:?}");
        assert!(!place.path().join("runs").exists(), "{args:?} made it");
    }
    fs::write(place.path().join("runs"), "a file").unwrap();
    let output = place.run(&["runs"]);
    assert_eq!(code(&output), 2, "{output:?}");
    assert!(text(&output.stderr).contains("this is no folder"), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn before_the_first_run_there_are_none_and_nothing_is_made() {
    let place = Place::new();
    let home = place.path().join("data");
    fs::create_dir(&home).unwrap();
    let delm = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_delm"));
        command.args(args).env("XDG_DATA_HOME", &home).env("XDG_CONFIG_HOME", place.path()).env_remove("DELM_RUN_DIR");
        command.env_remove("DELM_CONFIG").output().unwrap()
    };
    let listed = delm(&["runs"]);
    assert_eq!((code(&listed), text(&listed.stdout)), (0, ""));
    assert!(text(&listed.stderr).starts_with("delm: no runs in "), "{listed:?}");
    let shown = delm(&["show"]);
    assert_eq!(code(&shown), 2);
    assert!(text(&shown.stderr).contains("it holds no run yet"), "{shown:?}");
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
}
