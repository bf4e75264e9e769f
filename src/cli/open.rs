//! `delm open`: the screen on a saved run.

use clap::Args;

use crate::{
    app::{self, Exit},
    config::{Settings, Where},
    store::RunDir,
};

use super::flags::{Shared, THEMES};

#[derive(Debug, Args)]
pub struct OpenArgs {
    /// The run, or the beginning of its id
    #[arg(default_value = "latest")]
    run: String,
    /// Colours of the screen: ansi, dark, light or mono
    #[arg(long, value_name = "NAME", value_parser = THEMES, hide_possible_values = true)]
    theme: Option<String>,
}

pub fn open(args: OpenArgs, shared: Shared) -> anyhow::Result<Exit> {
    app::require_terminal()?;
    let settings = Settings { theme: args.theme, ..Settings::default() };
    let resolved = shared.resolve(settings, Where::Screen)?;
    let runs = RunDir::open(&resolved.run_dir)?;
    let saved = app::Saved::open(&runs, &args.run)?;
    let mind = app::Mind::of(&saved.run.options, &app::Catalogue::of_saved(&resolved)?)?;
    app::screen(saved, mind, None, resolved.theme.as_deref(), app::Opening::Look)
}
