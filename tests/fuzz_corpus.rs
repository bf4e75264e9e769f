//! The kept corpus of the fuzz targets through the same checks: what a fuzzer once found stays found, without a fuzzer.
//! `fuzz/README.md` says how the corpus came about.

#[path = "../fuzz/src/documents.rs"]
mod documents;
#[path = "../fuzz/src/replies.rs"]
mod replies;
#[path = "../fuzz/src/scene.rs"]
mod scene;
#[path = "../fuzz/src/settings.rs"]
mod settings;
#[path = "../fuzz/src/streams.rs"]
mod streams;

use std::{fs, path::Path};

/// Runs every input of a target. The name of the last one stands above the panic that it causes.
fn run(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs = 0;
    for input in fs::read_dir(&folder).expect("the corpus is kept") {
        let file = input.expect("it can be read").path();
        println!("{}", file.display());
        check(&fs::read(&file).expect("it can be read"));
        inputs += 1;
    }
    assert!(inputs > 10, "{inputs} inputs in {}", folder.display());
}

#[test]
fn chat() {
    run("chat", streams::chat);
}

#[test]
fn responses() {
    run("responses", streams::responses);
}

#[test]
fn messages() {
    run("messages", streams::messages);
}

#[test]
fn replies() {
    run("replies", replies::check);
}

#[test]
fn documents() {
    run("documents", documents::check);
}

#[test]
fn settings() {
    run("settings", settings::check);
}
