//! Which model, when nobody has named one: the person is shown what there is, and what they pick is written into their
//! configuration. A key is used for the first time when its provider has been picked.

use std::path::Path;

use anyhow::Context as _;

use crate::{
    config::remember_model,
    llm::{
        listing::Reach,
        provider::{Provider, Providers},
    },
    run::EXTRACTIVE,
    tui::{Choice, Picked, Theme, pick},
};

use super::{Found, KeySource, Probe, print::warn, runtime, screen::default_theme};

const TITLE: &str = "Which model?";

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    Model(String),
    /// The person left.
    Nothing,
}

/// Asks which model to use, where there is more than one answer, and remembers a pick in `file`.
///
/// # Errors
/// When the terminal or the configuration file fails.
pub fn choose(providers: &Providers, file: Option<&Path>, theme: Option<&str>) -> anyhow::Result<Chosen> {
    let runtime = runtime::of_one_thread()?;
    let probe = Probe::new()?;
    let found = runtime.block_on(probe.find(providers));
    if found == [Found::Extractive] {
        return Ok(Chosen::Model(EXTRACTIVE.to_owned()));
    }
    let theme = Theme::named(theme.unwrap_or_else(|| default_theme())).context("the theme")?;
    let rows: Vec<Choice> = found.iter().map(choice).collect();
    loop {
        let hint = "Enter takes it and remembers it in your configuration; Esc goes on without a model";
        let model = match pick(TITLE, hint, &rows, &theme).context("the terminal")? {
            Picked::Interrupted => return Ok(Chosen::Nothing),
            Picked::Back => return Ok(Chosen::Model(EXTRACTIVE.to_owned())),
            Picked::Row(at) => match &found[at] {
                Found::Extractive => Some(EXTRACTIVE.to_owned()),
                Found::Model { provider, model } => Some(format!("{provider}:{model}")),
                Found::Key { provider, source } => {
                    let provider = providers.named(provider).context("it was found among them")?;
                    let models = runtime.block_on(models_of(&probe, provider, source.clone()))?;
                    one_of(provider, &models, &theme)?
                }
            },
        };
        if let Some(model) = model {
            remember(file, &model)?;
            return Ok(Chosen::Model(model));
        }
    }
}

/// A row for something found.
fn choice(found: &Found) -> Choice {
    let (name, detail) = match found {
        Found::Model { provider, model } => (format!("{provider}:{model}"), "on this machine".to_owned()),
        Found::Key { provider, source } => (provider.clone(), format!("key in {source}")),
        Found::Extractive => (EXTRACTIVE.to_owned(), "no model: ranks and quotes".to_owned()),
    };
    Choice { name, detail }
}

/// The models that the key of a provider opens, now that it has been picked.
async fn models_of(probe: &Probe, provider: &Provider, source: KeySource) -> anyhow::Result<Vec<String>> {
    let key = source.fetch()?;
    match probe.reach(provider, Some(&key)).await {
        Reach::Models(models) => Ok(models),
        Reach::WantsKey => anyhow::bail!("{} does not accept the key in {}", provider.name, key.source),
        Reach::Answers(status) => anyhow::bail!(
            "{} lists no models ({}); name one with --model {}:…",
            provider.name,
            status.as_u16(),
            provider.name
        ),
        Reach::Unreached(why) => anyhow::bail!("{}: {why}", provider.name),
    }
}

/// `None` when the person went back.
fn one_of(provider: &Provider, models: &[String], theme: &Theme) -> anyhow::Result<Option<String>> {
    let spec = |model: &String| format!("{}:{model}", provider.name);
    let rows: Vec<Choice> = models.iter().map(|model| Choice { name: spec(model), detail: String::new() }).collect();
    let hint = "Enter takes it and remembers it in your configuration; Esc goes back";
    match pick(TITLE, hint, &rows, theme).context("the terminal")? {
        Picked::Row(at) => Ok(models.get(at).map(spec)),
        Picked::Back | Picked::Interrupted => Ok(None),
    }
}

fn remember(file: Option<&Path>, model: &str) -> anyhow::Result<()> {
    let Some(file) = file else { return Ok(()) };
    remember_model(file, model)?;
    warn(&format!("model = {model:?} is now in {}", file.display()));
    Ok(())
}
