//! `delm fork`: a new run that shares the past of another one.

use anyhow::{anyhow, bail};
use clap::Args;

use crate::{
    app::{self, Exit},
    config::{self, Resolved, Settings, Where},
    engine::Unrecorded,
    run::{
        Cap, Command, Seq,
        line::{Line, Look, WhatIf},
    },
};

use super::flags::{Shared, Showing, runs_of};

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
    /// Take another answer at a decision, run to the end without a screen and say whether the answer changes, such as
    /// "#2 veto it is not in the documents"
    #[arg(long, value_name = "DECISION", conflicts_with_all = ["at", "commands", "offline", "json"])]
    what_if: Option<String>,
    /// With --what-if: how many forks to run
    #[arg(long, value_name = "N", requires = "what_if", value_parser = clap::value_parser!(u32).range(1..=16))]
    samples: Option<u32>,
    /// With --what-if: the most that all of them may cost beside the record, in US dollars
    #[arg(long, value_name = "USD", requires = "what_if", value_parser = config::usd)]
    budget_usd: Option<f64>,
    /// With --what-if: the most tokens that all of them may read and write beside the record, such as 40k
    #[arg(long, value_name = "N", requires = "what_if", value_parser = config::tokens)]
    budget_tokens: Option<u64>,
    /// Fail, naming the first call that the record lacks, instead of sending it
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    showing: Showing,
}

pub fn fork(args: ForkArgs, shared: Shared) -> anyhow::Result<Exit> {
    let ForkArgs { run, at, commands, what_if: other, samples, budget_usd, budget_tokens, offline, showing } = args;
    if let Some(text) = other {
        let wish = wish(&text, samples, budget_usd, budget_tokens)?;
        return what_if(&run, wish, &shared.resolve(Settings::default(), Where::Headless)?);
    }
    let commands = commands.iter().map(|line| command(line)).collect::<anyhow::Result<Vec<_>>>()?;
    let place = showing.place()?;
    let settings = Settings { theme: showing.theme.clone(), ..Settings::default() };
    let resolved = shared.resolve(settings, place)?;
    let runs = runs_of(&resolved)?;
    let unrecorded = if offline { Unrecorded::Stop } else { Unrecorded::Send };
    let stand = match place {
        Where::Screen => app::Stand::Hold,
        Where::Headless => app::Stand::Follow,
    };
    let fork = app::Fork { at: at.map(Seq), commands, stand, unrecorded };
    let (saved, recording) = app::fork(&runs, &run, fork)?;
    let minds = app::Minds::new(app::Catalogue::of_saved(&resolved)?);
    let mind = minds.of(&saved.run.options)?;
    match place {
        Where::Screen => {
            let around = app::Around { runs, minds, theme: resolved.theme, recorder: None };
            app::screen(saved, Some(recording), app::Opening::TakeUp, around)
        }
        Where::Headless => app::headless(saved, mind, Some(recording), showing.json),
    }
}

/// Takes the other answer at a decision, without a screen.
fn what_if(run: &str, wish: WhatIf, resolved: &Resolved) -> anyhow::Result<Exit> {
    let runs = runs_of(resolved)?;
    let minds = app::Minds::new(app::Catalogue::of_saved(resolved)?);
    let runtime = app::runtime::of_a_team()?;
    let report = runtime.block_on(app::what_if(&runs, &minds, run, &wish))?;
    app::print_report(report)?;
    Ok(Exit::Saved)
}

/// `#2 veto not so`, with the caps that stand beside it.
fn wish(text: &str, samples: Option<u32>, usd: Option<f64>, tokens: Option<u64>) -> anyhow::Result<WhatIf> {
    let line = format!("whatif {text}");
    let read = Line::parse(&line).map_err(|why| anyhow!("--what-if {text:?}: {}", why.message))?;
    let Line::Look(Look::WhatIf(mut wish)) = read else { bail!("--what-if {text:?}: a decision is expected") };
    wish.samples = samples.unwrap_or(wish.samples);
    wish.cap = Cap { usd: usd.or(wish.cap.usd), tokens: tokens.or(wish.cap.tokens) };
    Ok(wish)
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
