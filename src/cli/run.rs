//! `delm run`: starts a run, on documents or on a question alone.

use std::io::Read as _;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::{
    app::{self, Exit, print::warn},
    config::{self, Settings, Where},
    ingest::{self, Document, Intake, ReadOptions, Skipped, split},
    run::{Fact, Section, Source, SourceId},
    store::{Body, RunDir},
};

use super::flags::{Doing, Shared, Showing};

#[derive(Debug, Args)]
pub struct RunArgs {
    /// What the team is to find out
    question: String,
    /// Files and folders to read; `-` is standard input. With a model there may be none: the team then reasons from the
    /// question alone
    #[arg(value_name = "PATH")]
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
    let place = showing.place()?;
    let flags = doing.settings(&showing);
    let mut resolved = shared.clone().resolve(flags.clone(), place)?;
    if place == Where::Screen && resolved.origins.of("model").is_none() {
        let providers = app::Catalogue::of(&resolved)?.providers;
        let file = shared.config.clone().or_else(config::default_file);
        match app::choose(&providers, file.as_deref(), resolved.theme.as_deref())? {
            app::Chosen::Nothing => return Ok(Exit::Interrupted),
            app::Chosen::Model(model) => {
                resolved = shared.resolve(Settings { model: Some(model), ..flags }, place)?;
            }
        }
    }
    if place == Where::Headless && resolved.origins.of("model").is_none() {
        warn("no model is named, so `extractive` ranks and quotes without one; `delm models` lists what there is");
    }
    let mind = app::Mind::of(&resolved.options, &app::Catalogue::of(&resolved)?)?;
    if paths.is_empty() && mind.models.is_none() {
        bail!("nothing to read: name files or folders, or a model that reasons without any (--model)");
    }
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
    let mut piped = Vec::new();
    if paths.iter().any(|path| path == "-") {
        std::io::stdin().read_to_end(&mut piped).context("standard input")?;
    }
    let options = ReadOptions { pdf_program: std::env::current_exe().ok(), ..ReadOptions::default() };
    let Intake { documents, skipped } = ingest::read(paths, &piped, &options);
    let (mut facts, mut bodies) = (Vec::new(), Vec::new());
    for Skipped { path, reason } in skipped {
        let reason = reason.to_string();
        warn(&format!("skipped {path}: {reason}"));
        facts.push(Fact::SourceSkipped { path, reason });
    }
    if documents.is_empty() && !paths.is_empty() {
        bail!("nothing readable in {}", paths.join(", "));
    }
    for (document, id) in documents.into_iter().zip(1..) {
        let sections = split::by_headings(&document);
        let sections = sections.into_iter().map(|split::Piece { title, span }| Section { title, span }).collect();
        let Document { path, media, bytes, text, .. } = document;
        let text = Body::of(text);
        let source = Source { id: SourceId(id), path, media, bytes, text: text.id, sections };
        facts.push(Fact::SourceRead { source });
        bodies.push(text);
    }
    Ok((facts, bodies))
}
