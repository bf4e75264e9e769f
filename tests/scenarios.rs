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
