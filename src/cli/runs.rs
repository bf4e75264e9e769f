//! `delm runs`: the saved runs, newest first.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    app::{
        self, Exit,
        print::{ago, iso, out, out_json, usd, warn},
    },
    plain::plain_line,
    run::report,
    store::{RunDir, RunSummary},
};

use super::{
    flags::Shared,
    prune::{PruneArgs, prune},
};

#[derive(Debug, Args)]
pub struct RunsArgs {
    /// A run a line, as JSON
    #[arg(long)]
    json: bool,
    /// Each run under the one that it was forked from
    #[arg(long, conflicts_with = "json")]
    tree: bool,
    #[command(subcommand)]
    command: Option<Subcommands>,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Delete saved runs; each is named first
    Prune(PruneArgs),
}

pub fn runs(args: &RunsArgs, shared: Shared) -> anyhow::Result<Exit> {
    let dir = shared.runs()?;
    if let Some(Subcommands::Prune(args)) = &args.command {
        return prune(args, &dir);
    }
    if args.tree {
        return tree(&dir);
    }
    let mut rows = Vec::new();
    for run in dir.list() {
        match run {
            Ok(run) => rows.push(run),
            Err((_, error)) => warn(&error.to_string()),
        }
    }
    if args.json {
        for run in &rows {
            out_json(&as_json(run))?;
        }
        return Ok(Exit::Answered);
    }
    if rows.is_empty() {
        warn(&format!("no runs in {} yet", dir.path().display()));
        return Ok(Exit::Answered);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    out(&format!(
        "{:<20}  {:>8}  {:<11}  {:>7}  {:>8}  {:>8}  QUESTION",
        "RUN", "WHEN", "STATE", "ENTRIES", "TOKENS", "COST"
    ))?;
    for run in &rows {
        out(&format!(
            "{:<20}  {:>8}  {:<11}  {:>7}  {:>8}  {:>8}  {}",
            plain_line(&run.id.0),
            ago(now - run.started_at),
            run.state,
            run.entries,
            run.tokens,
            usd(run.usd),
            plain_line(&run.question)
        ))?;
    }
    Ok(Exit::Answered)
}

fn tree(dir: &RunDir) -> anyhow::Result<Exit> {
    let runs = app::kin(dir);
    match runs.is_empty() {
        true => warn(&format!("no runs in {} yet", dir.path().display())),
        false => app::print_report(report::families(&runs))?,
    }
    Ok(Exit::Answered)
}

fn as_json(run: &RunSummary) -> serde_json::Value {
    json!({
        "run": run.id,
        "started": iso(run.started_at),
        "question": run.question,
        "state": run.state.to_string(),
        "entries": run.entries,
        "tokens": run.tokens,
        "usd": run.usd,
        "bytes": run.bytes,
    })
}
