//! `delm completions`: a completion script for a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::app::{Exit, print::out_raw};

use super::Cli;

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    shell: Shell,
}

pub fn completions(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "delm", &mut script);
    out_raw(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Answered)
}
