//! `delm open`: the screen on a saved run.

use clap::Args;

use crate::{
    app::{self, Exit},
    config::{Settings, Where},
};

use super::flags::{SCRIPTS, Scripted, Shared, THEMES, runs_of};

#[derive(Debug, Args)]
#[command(after_long_help = SCRIPTS)]
pub struct OpenArgs {
    /// The run, or the beginning of its id
    #[arg(default_value = "latest")]
    run: String,
    /// Colours of the screen: ansi, dark, light or mono
    #[arg(long, value_name = "NAME", value_parser = THEMES, hide_possible_values = true)]
    theme: Option<String>,
    #[command(flatten)]
    scripted: Scripted,
}

pub fn open(args: OpenArgs, shared: Shared) -> anyhow::Result<Exit> {
    let OpenArgs { run, theme, scripted } = args;
    let script = scripted.read()?;
    let place = if script.is_some() { Where::Headless } else { Where::Screen };
    if place == Where::Screen {
        app::require_terminal()?;
    }
    let settings = Settings { theme, ..Settings::default() };
    let resolved = shared.resolve(settings, place)?;
    let runs = runs_of(&resolved)?;
    let saved = match &script {
        Some(_) => app::Saved::open(&runs, &run)?,
        None => app::Saved::glance(&runs, &run)?,
    };
    let minds = app::Minds::new(app::Catalogue::of_saved(&resolved)?);
    let recorder = scripted.recorder()?;
    match script {
        Some(script) => app::script::on_saved(&script, saved, runs, minds, recorder),
        None => {
            let around = app::Around { runs, minds, theme: resolved.theme, recorder };
            app::screen(saved, None, app::Opening::Look, around)
        }
    }
}
