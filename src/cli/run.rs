//! `delm run`: starts a run on documents.

use std::io::Read as _;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::{
    app::{self, Exit, print::warn},
    config::Where,
    ingest,
    run::{Fact, Source, SourceId},
    store::{Body, RunDir},
};

use super::{
    flags::{Doing, Shared, Showing},
};

#[derive(Debug, Args)]
pub struct RunArgs {
    /// What the team is to find out
    question: String,
    /// Files and folders to read; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    #[command(flatten)]
    doing: Doing,
    #[command(flatten)]
    showing: Showing,
}

pub fn run(args: RunArgs, shared: Shared) -> anyhow::Result<Exit> {
    let RunArgs { question, paths, doing, showing } = args;
    if question.trim().is_empty() {
        bail!("the question is empty: say what the team is to find out");
    }
    let place = showing.place();
    let resolved = shared.resolve(doing.settings(&showing), place)?;
    let mind = app::Mind::of(&resolved.options)?;
    let (mut facts, bodies) = read(&paths)?;
    let started = Fact::RunStarted { question: question.clone(), paths, options: resolved.options };
    facts.insert(0, started);

    let runs = RunDir::open(&resolved.run_dir)?;
    let saved = app::Saved::create(&runs, &question, facts, &bodies)?;
    match place {
        Where::Screen => app::screen(saved, mind, resolved.theme.as_deref(), app::Opening::TakeUp),
        Where::Headless => app::headless(saved, mind, showing.json),
    }
}

/// Reads the documents. What cannot be read is named on standard error and in the log; nothing readable is an error.
fn read(paths: &[String]) -> anyhow::Result<(Vec<Fact>, Vec<Body>)> {
    let stdin = match paths.iter().any(|path| path == "-") {
        true => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).context("standard input")?;
            Some(bytes)
        }
        false => None,
    };
    let limits = ingest::Limits { pdf_program: std::env::current_exe().ok(), ..ingest::Limits::default() };
    let (mut facts, mut bodies) = (Vec::new(), Vec::new());
    let mut read = 0;
    for found in ingest::read(paths, stdin, &limits) {
        match found {
            ingest::Found::Document(document) => {
                read += 1;
                let text = Body::of(document.text);
                let source = Source {
                    id: SourceId(read),
                    path: document.path,
                    media: document.media,
                    bytes: document.bytes,
                    text: text.id,
                };
                facts.push(Fact::SourceRead { source });
                bodies.push(text);
            }
            ingest::Found::Skipped { path, reason } => {
                warn(&format!("skipped {path}: {reason}"));
                facts.push(Fact::SourceSkipped { path, reason });
            }
        }
    }
    if read == 0 {
        bail!("nothing readable in {}", paths.join(", "));
    }
    Ok((facts, bodies))
}
