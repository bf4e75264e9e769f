//! `delm resume`: goes on with an unfinished run.

use anyhow::bail;
use clap::Args;

use crate::{
    app::{self, Exit},
    config::{Settings, Where},
};

use super::flags::{Shared, Showing, runs_of};

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
    let runs = runs_of(&resolved)?;
    let saved = app::Saved::open_to_write(&runs, &run)?;
    if saved.run.outcome.is_some() {
        bail!(
            "{} has ended: `delm show {}` prints its answer, `delm open {0}` shows how it came about",
            saved.id,
            saved.id
        );
    }
    let minds = app::Minds::new(app::Catalogue::of_saved(&resolved)?);
    // Before anything is shown: without it nobody can go on.
    let mind = minds.of(&saved.run.options)?;
    match place {
        Where::Screen => {
            let around = app::Around { runs, minds, theme: resolved.theme, recorder: None };
            app::screen(saved, None, app::Opening::TakeUp, around)
        }
        Where::Headless => app::headless(saved, mind, None, showing.json),
    }
}
