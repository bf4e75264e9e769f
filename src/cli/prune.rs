//! `delm runs prune`: deletes saved runs. Each is named with its size before anything goes.

use std::{
    io::{IsTerminal as _, Write as _},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::bail;
use clap::{ArgGroup, Args, ValueEnum};
use indicatif::HumanBytes;

use crate::{
    app::{
        Exit,
        print::{ago, out, warn},
    },
    plain::plain_line,
    store::{Held, RunDir, RunState, RunSummary},
};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true).args(["older_than", "state", "keep"]))]
pub struct PruneArgs {
    /// Those in which nothing has happened for so long, such as 30d or 12h
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    older_than: Option<Duration>,
    /// Those in one of these states
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<State>,
    /// None of the newest N
    #[arg(long, value_name = "N")]
    keep: Option<usize>,
    /// Only name what would go
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    Stopped,
    Undecided,
    Answered,
    Unanswered,
    OverBudget,
}

impl State {
    /// `None` for a run that is open: it never goes.
    fn of(state: RunState) -> Option<Self> {
        Some(match state {
            RunState::Open => return None,
            RunState::Stopped => State::Stopped,
            RunState::Undecided(_) => State::Undecided,
            RunState::Answered => State::Answered,
            RunState::Unanswered => State::Unanswered,
            RunState::OverBudget => State::OverBudget,
        })
    }
}

pub fn prune(args: &PruneArgs, dir: &RunDir) -> anyhow::Result<Exit> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let mut runs = Vec::new();
    for run in dir.list() {
        match run {
            Ok(run) => runs.push(run),
            Err((_, error)) => warn(&format!("left alone, {error}")),
        }
    }
    let chosen = chosen(args, runs, now);
    if chosen.is_empty() {
        warn(&format!("no run in {} is to go", dir.path().display()));
        return Ok(Exit::Answered);
    }
    for run in &chosen {
        out(&format!(
            "{:<20}  {:>10}  {:>8}  {:<11}  {}",
            plain_line(&run.id.0),
            HumanBytes(run.bytes).to_string(),
            ago(now - run.last_at),
            run.state,
            plain_line(&run.question)
        ))?;
    }
    let total = HumanBytes(chosen.iter().map(|run| run.bytes).sum());
    let these = if chosen.len() == 1 { "1 run".to_owned() } else { format!("{} runs", chosen.len()) };
    if args.dry_run {
        out(&format!("{these} of {total} would go"))?;
        return Ok(Exit::Answered);
    }
    if !args.yes && !asked(&format!("Delete {these} of {total}?"))? {
        warn("nothing was deleted");
        return Ok(Exit::Answered);
    }
    let mut left = 0;
    for run in &chosen {
        if let Err(error) = dir.remove(&run.id) {
            warn(&error.to_string());
            left += 1;
        }
    }
    match left {
        0 => out(&format!("deleted {these} of {total}"))?,
        left => bail!("{left} of {these} could not be deleted"),
    }
    Ok(Exit::Answered)
}

/// What goes of `runs`, which are sorted newest first: whatever every given flag says may go.
fn chosen(args: &PruneArgs, runs: Vec<RunSummary>, now: i64) -> Vec<RunSummary> {
    let goes = |run: &RunSummary| {
        let is_old = args.older_than.is_none_or(|age| (now - run.last_at).max(0) as u128 > age.as_millis());
        let is_meant = args.state.is_empty() || State::of(run.state).is_some_and(|state| args.state.contains(&state));
        run.held == Held::No && is_old && is_meant
    };
    runs.into_iter().skip(args.keep.unwrap_or(0)).filter(goes).collect()
}

/// Whether the human at the terminal says yes.
fn asked(question: &str) -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        bail!("nothing was deleted: --yes deletes these without asking, --dry-run only names them");
    }
    write!(std::io::stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    stdin.read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
