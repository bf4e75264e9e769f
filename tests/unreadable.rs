//! Files of the run folder that are no run, or none any more: each is named once, with a way out that is one.

mod support;

use std::fs;

use support::place::{Place, code, text};

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
