//! `delm resume`: goes on with an unfinished run.

use anyhow::bail;
use clap::Args;

use crate::{
    app::{self, Exit},
    config::{Settings, Where},
    store::RunDir,
};

use super::flags::{Shared, Showing};

#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The run, or the beginning of its id
    run: String,
    #[command(flatten)]
    showing: Showing,
}

pub fn resume(args: ResumeArgs, shared: Shared) -> anyhow::Result<Exit> {
    let ResumeArgs { run, showing } = args;
    let place = showing.place()?;
    let settings = Settings { theme: showing.theme.clone(), ..Settings::default() };
    let resolved = shared.resolve(settings, place)?;
    let saved = app::Saved::open_to_write(&RunDir::open(&resolved.run_dir)?, &run)?;
    if saved.run.outcome.is_some() {
        bail!(
            "{} has ended: `delm show {}` prints its answer, `delm open {0}` shows how it came about",
            saved.id,
            saved.id
        );
    }
    let mind = app::Mind::of(&saved.run.options, &app::Catalogue::of_saved(&resolved)?)?;
    match place {
        Where::Screen => app::screen(saved, mind, None, resolved.theme.as_deref(), app::Opening::TakeUp),
        Where::Headless => app::headless(saved, mind, None, showing.json),
    }
}
