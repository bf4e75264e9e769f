//! `delm fork`: a new run that shares the past of another one.

use anyhow::{anyhow, bail};
use clap::Args;

use crate::{
    app::{self, Exit},
    config::{Settings, Where},
    engine::Unrecorded,
    run::{Command, Seq, line::Line},
    store::RunDir,
};

use super::flags::{Shared, Showing};

#[derive(Debug, Args)]
pub struct ForkArgs {
    /// The run, or the beginning of its id
    run: String,
    /// The last event that both share [default: all of them]
    #[arg(long, value_name = "SEQ")]
    at: Option<u64>,
    /// What is different from there on, as it would be typed on the screen, such as "approve #2" or "note FACT …"; can be
    /// given several times
    #[arg(long = "do", value_name = "COMMAND")]
    commands: Vec<String>,
    /// Fail, naming the first call that the record lacks, instead of sending it
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    showing: Showing,
}

pub fn fork(args: ForkArgs, shared: Shared) -> anyhow::Result<Exit> {
    let ForkArgs { run, at, commands, offline, showing } = args;
    let commands = commands.iter().map(|line| command(line)).collect::<anyhow::Result<Vec<_>>>()?;
    let place = showing.place()?;
    let settings = Settings { theme: showing.theme.clone(), ..Settings::default() };
    let resolved = shared.resolve(settings, place)?;
    let runs = RunDir::open(&resolved.run_dir)?;
    let unrecorded = if offline { Unrecorded::Stop } else { Unrecorded::Send };
    let stand = match place {
        Where::Screen => app::Stand::Hold,
        Where::Headless => app::Stand::Follow,
    };
    let fork = app::Fork { at: at.map(Seq), commands, facts: vec![], stand, unrecorded };
    let (saved, recording) = app::fork(&runs, &run, fork)?;
    let mind = app::Mind::of(&saved.run.options, &app::Catalogue::of_saved(&resolved)?)?;
    match place {
        Where::Screen => app::screen(saved, mind, Some(recording), resolved.theme.as_deref(), app::Opening::TakeUp),
        Where::Headless => app::headless(saved, mind, Some(recording), showing.json),
    }
}

/// A line that changes the run.
fn command(line: &str) -> anyhow::Result<Command> {
    match Line::parse(line).map_err(|why| anyhow!("{line:?}, {}", why.in_line()))? {
        Line::Do(Command::Pause | Command::Resume | Command::Step { .. } | Command::Stop) => {
            bail!("{line:?} changes nothing that a fork could begin with")
        }
        Line::Do(command) => Ok(command),
        _ => bail!("{line:?} only looks; a fork begins with a change"),
    }
}
