//! `delm diff`: two runs side by side, or two moments of one.

use anyhow::ensure;
use clap::Args;

use crate::{
    app::{self, Exit, Saved},
    run::{Seq, line::Look, report},
};

use super::flags::Shared;

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The run, or the beginning of its id; `latest` is the newest
    run: String,
    /// The run to put beside it
    #[arg(conflicts_with = "from")]
    other: Option<String>,
    /// What changed in the run after this event, instead of another run
    #[arg(long, value_name = "SEQ")]
    from: Option<u64>,
    /// The last event that counts [default: the newest]
    #[arg(long, value_name = "SEQ", requires = "from")]
    to: Option<u64>,
}

pub fn diff(args: &DiffArgs, shared: Shared) -> anyhow::Result<Exit> {
    ensure!(args.other.is_some() || args.from.is_some(), "name a second run, or the first of two moments with --from");
    let runs = shared.runs()?;
    let saved = Saved::open(&runs, &args.run)?;
    if let Some(from) = args.from {
        app::look(&saved, &Look::Diff(Seq(from), args.to.map(Seq)))?;
    }
    if let Some(other) = &args.other {
        let other = Saved::open(&runs, other)?;
        app::print_report(report::compare(&saved.id.0, &saved.timeline, &other.id.0, &other.timeline))?;
    }
    Ok(Exit::Answered)
}
