//! `delm run`: starts a run, on documents or on a question alone.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::{
    app::{self, Exit, print::warn},
    config::{self, Settings, Where},
    engine::Unrecorded,
    ingest::{self, Document, Intake, ReadOptions, Skipped, split},
    run::{Fact, Section, Source, SourceId, policy::Policy},
    store::{Body, RunDir},
};

use super::{
    dry_run,
    flags::{Doing, SCRIPTS, Scripted, Shared, Showing},
};

#[derive(Debug, Args)]
#[command(after_long_help = SCRIPTS)]
pub struct RunArgs {
    /// What the team is to find out
    question: String,
    /// Files and folders to read; `-` is standard input. With a model there may be none: the team then reasons from the
    /// question alone
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// A file of rules that decide what is asked, first match first; what none speaks of is left to --gate
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Answer calls from the record of an earlier run: what was asked then is not asked again
    #[arg(long, value_name = "RUN")]
    replay: Option<String>,
    /// With --replay: fail, naming the first call that the record lacks, instead of sending it
    #[arg(long, requires = "replay")]
    offline: bool,
    /// Send nothing and begin no run: print the units, the first calls and what they may cost
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    scripted: Scripted,
    #[command(flatten)]
    doing: Doing,
    #[command(flatten)]
    showing: Showing,
}

pub fn run(args: RunArgs, shared: Shared) -> anyhow::Result<Exit> {
    let RunArgs { question, paths, policy, replay, offline, dry_run: rehearse, scripted, doing, showing } = args;
    if question.trim().is_empty() {
        bail!("the question is empty: say what the team is to find out");
    }
    if scripted.script.as_deref() == Some(Path::new("-")) && paths.iter().any(|path| path == "-") {
        bail!("standard input cannot be both a document and the script");
    }
    let script = scripted.read()?;
    let place = if rehearse || script.is_some() { Where::Headless } else { showing.place()? };
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
    resolved.options.policy = policy.as_deref().map(rules).transpose()?;
    let catalogue = app::Catalogue::of(&resolved)?;
    let mind = app::Mind::of(&resolved.options, &catalogue)?;
    if paths.is_empty() && mind.models.is_none() {
        bail!("nothing to read: name files or folders, or a model that reasons without any (--model)");
    }
    let (mut facts, bodies) = read(&paths)?;
    let limits = resolved.options.limits;
    let options = resolved.options.clone();
    let started = Fact::RunStarted { question: question.clone(), paths, options: Box::new(resolved.options) };
    facts.insert(0, started);
    if rehearse {
        return dry_run::dry_run(&mind, &facts, &bodies, &limits, showing.json);
    }

    let runs = RunDir::open(&resolved.run_dir)?;
    // Looked up first, or `latest` would be the run that begins now.
    let replay = replay.map(|wanted| runs.find(&wanted)).transpose()?;
    let saved = app::Saved::create(&runs, &question, facts, &bodies)?;
    let unrecorded = if offline { Unrecorded::Stop } else { Unrecorded::Send };
    let recording = replay.map(|id| app::Recording::open(&runs, &id.0, unrecorded, &saved)).transpose()?;
    let minds = app::Minds::new(catalogue).with(&options, mind.clone());
    match (script, place) {
        (Some(script), _) => app::script::on_run(&script, saved, recording, runs, minds, scripted.recorder()?),
        (None, Where::Screen) => {
            let around = app::Around { runs, minds, theme: resolved.theme, recorder: scripted.recorder()? };
            app::screen(saved, recording, app::Opening::TakeUp, around)
        }
        (None, Where::Headless) => app::headless(saved, mind, recording, showing.json),
    }
}

/// Reads rules, and names everything that is wrong with them.
fn rules(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    match Policy::parse(&text) {
        Ok(_) => Ok(text),
        Err(wrong) => {
            let wrong: Vec<String> = wrong.iter().map(|one| format!("{}:{one}", file.display())).collect();
            bail!("{}", wrong.join("\n"))
        }
    }
}

/// Reads the documents. What cannot be read is named on standard error and in the log; nothing readable is an error.
fn read(paths: &[String]) -> anyhow::Result<(Vec<Fact>, Vec<Body>)> {
    let mut piped = Vec::new();
    let options = ReadOptions { pdf_program: std::env::current_exe().ok(), ..ReadOptions::default() };
    if paths.iter().any(|path| path == "-") {
        // One byte more, so that too much is seen to be too much.
        let mut stdin = std::io::stdin().take(options.file_bytes + 1);
        stdin.read_to_end(&mut piped).context("standard input")?;
    }
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
        let Document { path, media, bytes, text, suspicions, .. } = document;
        let text = Body::of(text);
        let source = Source { id: SourceId(id), path, media, bytes, text: text.id, sections, suspicions };
        facts.push(Fact::SourceRead { source });
        bodies.push(text);
    }
    Ok((facts, bodies))
}
