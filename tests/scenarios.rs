//! The loop with a scripted model: one TOML file a scenario, one runner.
//!
//! A scenario holds documents, the model's script, what the human does after which events, and what must and must not
//! be in the log at the end. Time is paused, so waits cost nothing. `DELM_SCENARIO=name` plays one alone, and
//! `DELM_REQUESTS=1` prints what the model was asked when one fails.

mod support;

use std::path::PathBuf;

use support::{
    invariants,
    mortal::Death,
    scenario::{Scenario, play, play_with},
};

fn files() -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir("tests/scenarios")
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter(|path| std::env::var("DELM_SCENARIO").map_or(true, |name| path.file_stem().unwrap() == name.as_str()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are scenarios");
    files
}

#[tokio::test(start_paused = true)]
async fn scenarios() {
    let mut failures = Vec::new();
    for file in files() {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let scenario = Scenario::read(&file);
        let played = play(&scenario).await;
        failures.extend(scenario.complaints(&played).into_iter().map(|complaint| format!("{name}: {complaint}")));
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// The process is killed after each append of a run: the run that is taken up again keeps every invariant and comes to
/// the same answer.
/// (FAILURES 10)
#[tokio::test(start_paused = true)]
async fn a_run_survives_a_kill_after_every_append() {
    let scenario = |name: &str| Scenario::read(&PathBuf::from(format!("tests/scenarios/{name}.toml")));
    for name in [
        "good_path",
        "two_finish_at_once",
        "g_wrong_twice_then_passes",
        "l_failed_dependency_is_dropped",
        "gate_all_asks_at_each_checkpoint",
    ] {
        let scenario = scenario(name);
        let whole = play(&scenario).await;
        for appends in 2..whole.journal.appends() {
            let played = play_with(&scenario, Death::Appends(appends)).await;
            assert_eq!(invariants::violations(&played), [""; 0], "{name}, killed after append {appends}");
            assert_eq!(played.run.outcome, whole.run.outcome, "{name}, killed after append {appends}");
            assert_eq!(played.run.answer, whole.run.answer, "{name}, killed after append {appends}");
            let (entries, all) = (played.run.context.len(), whole.run.context.len());
            assert_eq!(entries, all, "{name}: no entry is lost or there twice after append {appends}");
        }
    }
}
