//! Flags that several subcommands share, and how they join the environment and the configuration file.

use std::{io::ErrorKind, path::PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::{
    app::{self, script::Script},
    config::{self, Budget, Resolved, Settings, Where},
    run::{GateLevel, Role},
    store::RunDir,
    tui::Theme,
};

/// Flags of every subcommand.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    pub run_dir: Option<PathBuf>,
    pub config: Option<PathBuf>,
}

impl Shared {
    /// The settings in force: flags over environment over file over defaults.
    ///
    /// # Errors
    /// When the file or a variable has a bad value, or there is no such theme; the message names it.
    pub fn resolve(self, flags: Settings, place: Where) -> anyhow::Result<Resolved> {
        let settings = Settings::load(self.config.as_deref(), |name| std::env::var(name).ok())?;
        let flags = Settings { run_dir: self.run_dir, ..flags }.of_flags();
        let resolved = settings.merge(flags).resolve(place);
        // Before anything is read or saved; the flag is checked where it is parsed.
        if let Some(name) = resolved.theme.as_deref().filter(|name| !THEMES.contains(name)) {
            let reason = format!("must be {}", THEMES.join(", "));
            return Err(resolved.origins.blame("theme", name, &reason).into());
        }
        Ok(resolved)
    }

    /// The saved runs, for who only reads them.
    ///
    /// # Errors
    /// As [`Shared::resolve`] and [`runs_of`].
    pub fn runs(self) -> anyhow::Result<RunDir> {
        runs_of(&self.resolve(Settings::default(), Where::Headless)?)
    }
}

/// The saved runs. Nothing is made: a folder that somebody named and that is not there was mistyped.
///
/// # Errors
/// When there is no such folder; the message says who named it.
pub fn runs_of(resolved: &Resolved) -> anyhow::Result<RunDir> {
    let Resolved { run_dir, origins, .. } = resolved;
    let wrong = match std::fs::metadata(run_dir) {
        Ok(found) if !found.is_dir() => Some("this is no folder"),
        Err(error) if error.kind() == ErrorKind::NotFound => origins.of("run_dir").map(|_| "there is no such folder"),
        Ok(_) | Err(_) => None,
    };
    match wrong {
        Some(reason) => Err(origins.blame("run_dir", &run_dir.display().to_string(), reason).into()),
        None => Ok(RunDir::at(run_dir)),
    }
}

/// What `--theme` takes.
pub const THEMES: [&str; 4] = Theme::NAMES;

/// Where a run is to be shown.
#[derive(Debug, Clone, Args)]
pub struct Showing {
    /// Without the screen: a progress bar on standard error, the answer on standard output
    #[arg(long)]
    pub headless: bool,
    /// One event a line as JSON, the result last; implies --headless
    #[arg(long)]
    pub json: bool,
    /// Colours of the screen: ansi, dark, light or mono
    #[arg(long, value_name = "NAME", value_parser = THEMES, hide_possible_values = true)]
    pub theme: Option<String>,
}

impl Showing {
    /// # Errors
    /// When the screen is meant and there is no terminal.
    pub fn place(&self) -> anyhow::Result<Where> {
        if self.headless || self.json {
            return Ok(Where::Headless);
        }
        app::require_terminal()?;
        Ok(Where::Screen)
    }
}

/// What the lines of a script mean.
pub const SCRIPTS: &str = include_str!("../app/script/SCRIPTS.md");

/// Lines that are carried out in place of a person.
#[derive(Debug, Clone, Args)]
pub struct Scripted {
    /// Carry out the lines of a file without the screen, such as `break write`, `continue`, `expect entries.fail = 0`;
    /// `-` is standard input. `delm help run` says more
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Write every command that is carried out into a script that does it again
    #[arg(long, value_name = "FILE")]
    pub record_script: Option<PathBuf>,
}

impl Scripted {
    /// The script, with every line of it read.
    ///
    /// # Errors
    /// When the file cannot be read, or a line of it.
    pub fn read(&self) -> anyhow::Result<Option<Script>> {
        let Some(file) = &self.script else { return Ok(None) };
        if file.as_os_str() == "-" {
            let text = std::io::read_to_string(std::io::stdin()).context("standard input")?;
            return Script::read("standard input", &text).map(Some);
        }
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).with_context(|| name.clone())?;
        Script::read(&name, &text).map(Some)
    }

    /// # Errors
    /// When the file cannot be made.
    pub fn recorder(&self) -> anyhow::Result<Option<app::Recorder>> {
        self.record_script.as_deref().map(app::Recorder::create).transpose()
    }
}

/// How a run is done.
#[derive(Debug, Clone, Args)]
pub struct Doing {
    /// Agents that work at the same time, 1–64 [default: 4]
    #[arg(long, value_name = "N", value_parser = config::agents)]
    pub agents: Option<u16>,
    /// What the agents think with: `extractive` (no model: ranks and quotes), `provider:model` such as `ollama:qwen3`
    /// or `openai:gpt-5`, or `http://host/v1#model` [default: extractive]
    #[arg(long, value_name = "SPEC", value_parser = config::model)]
    pub model: Option<String>,
    /// Where the provider's server answers, if not at its usual address, such as http://localhost:11434/v1
    #[arg(long, value_name = "URL", value_parser = config::base_url)]
    pub base_url: Option<String>,
    /// A model of its own for one role, as often as needed: summarize, decompose, work, verify or finalize
    #[arg(long = "role", value_name = "ROLE=SPEC", value_parser = config::role)]
    pub roles: Vec<(Role, String)>,
    /// The most that the run may cost, in US dollars; at the cap it asks, or without a screen finishes with what is there
    #[arg(long, value_name = "USD", value_parser = config::usd)]
    pub budget_usd: Option<f64>,
    /// The most tokens that the run may read and write, such as 40k or 1.5M
    #[arg(long, value_name = "N", value_parser = config::tokens)]
    pub budget_tokens: Option<u64>,
    /// What is put to you: auto (nothing), doubts (writes that the verifier or a rule doubts), writes, claims (claims
    /// and writes), all (every checkpoint) [default: doubts on the screen, auto headless]
    #[arg(long, value_name = "LEVEL", value_parser = config::gate)]
    pub gate: Option<GateLevel>,
    /// What ties are broken by
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Least time between two checkpoints of an agent, in milliseconds, so that eyes can follow [default: 150 on the
    /// screen without a model, else 0]
    #[arg(long, value_name = "MS", value_parser = config::pace)]
    pub pace: Option<u64>,
}

impl Doing {
    #[must_use]
    pub fn settings(self, showing: &Showing) -> Settings {
        Settings {
            agents: self.agents,
            model: self.model,
            base_url: self.base_url,
            gate: self.gate,
            seed: self.seed,
            pace: self.pace,
            theme: showing.theme.clone(),
            roles: self.roles.into_iter().collect(),
            budget: Budget { usd: self.budget_usd, tokens: self.budget_tokens, ..Budget::default() },
            ..Settings::default()
        }
    }
}
