//! Files of the run folder that are no run, or none any more: each is named once, with a way out that is one.

mod support;

use std::fs;

use support::place::{Place, code, text};

#[test]
fn where_no_event_is_whole_nobody_is_sent_to_a_repair() {
    let place = Place::new();
    let run = ["run", "When does the ferry leave?", "docs", "--headless", "--model", "extractive"];
    assert_eq!(code(&place.run(&run)), 0);
    let runs = delm::store::RunDir::open(place.path().join("runs")).unwrap();
    let id = runs.find("latest").unwrap();
    let whole = fs::read(runs.file(&id)).unwrap();
    // The first page, with its schema and no table behind it.
    fs::write(runs.file(&id), &whole[..4096]).unwrap();
    let commands: [(&[&str], i32); 6] = [
        (&["runs"], 0),
        (&["verify"], 1),
        (&["verify", "--repair"], 2),
        (&["show"], 2),
        (&["runs", "prune", "--keep", "9"], 0),
        (&["resume", &id.0, "--headless"], 2),
    ];
    for (args, exit) in commands {
        let output = place.run(args);
        let said = text(&output.stderr);
        assert_eq!(code(&output), exit, "{args:?}: {said}");
        assert!(!said.contains("--repair") && said.contains("not one of its events is whole"), "{args:?}: {said}");
        assert!(said.contains("it can only be deleted") && !said.contains("#0"), "{args:?}: {said}");
        assert_eq!(said.matches(&format!("{id}.delm")).count(), 1, "{args:?}: {said}");
    }
}

#[test]
fn a_file_that_is_no_run_is_named_once() {
    let place = Place::new();
    fs::create_dir(place.path().join("runs")).unwrap();
    let file = place.path().join("runs/notes.delm");
    fs::write(&file, "no run\n".repeat(99)).unwrap();
    let said = format!("{}: this is not a run file of delm", file.display());
    for (args, before) in
        [(&["runs"][..], ""), (&["runs", "--tree"], ""), (&["runs", "prune", "--keep", "1"], "left alone, ")]
    {
        let output = place.run(args);
        assert_eq!(text(&output.stderr).lines().next(), Some(&*format!("delm: {before}{said}")), "{args:?}");
    }
}
