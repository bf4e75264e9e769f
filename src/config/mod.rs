//! TOML file, environment and flags, in that rising order, become the options of a run, the theme and the run directory.
//!
//! What is set nowhere is decided last, by where the run is shown.

mod file;
mod origin;
mod page;
mod remember;
mod section;
mod value;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;
use serde::Serialize;

use crate::run::{Cap, EXTRACTIVE, GateLevel, Limits, Method, Options, Role};

pub use origin::{Origin, Origins};
pub use remember::remember_model;
pub use section::{PriceSettings, ProviderSettings};
pub use value::{MAX_AGENTS, agents, base_url, gate, model, pace, role, run_dir, seed, theme, tokens, usd};

/// Why a setting was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{file}: {reason}")]
    Unreadable { file: String, reason: String },
    #[error("{file}:{line}: {reason}")]
    Wrong { file: String, line: usize, reason: String },
    #[error("environment: {name}={value}: {reason}")]
    Variable { name: String, value: String, reason: String },
    #[error("{name} {value}: {reason}")]
    Flag { name: String, value: String, reason: String },
    /// A value that is nobody's: a default, or one that a saved run remembers.
    #[error("{0}")]
    Nowhere(String),
}

/// Settings from one origin; `None` is left to the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Settings {
    pub agents: Option<u16>,
    pub model: Option<String>,
    pub base_url: Option<String>,
    pub gate: Option<GateLevel>,
    pub seed: Option<u64>,
    /// Milliseconds.
    pub pace: Option<u64>,
    pub theme: Option<String>,
    pub run_dir: Option<PathBuf>,
    pub budget: Budget,
    /// Models for roles that do not use `model`.
    pub roles: BTreeMap<Role, String>,
    /// Only a file sets it, whole: what the file leaves out is the default.
    pub method: Option<Method>,
    /// Only a file sets them: providers by name, and prices by SPEC.
    pub providers: BTreeMap<String, ProviderSettings>,
    pub prices: BTreeMap<String, PriceSettings>,
    #[serde(skip)]
    pub origins: Origins,
}

/// `[budget]`: the most that may be used; what is absent is not capped.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Budget {
    /// US dollars for the run, and so on.
    pub usd: Option<f64>,
    pub tokens: Option<u64>,
    pub agent_usd: Option<f64>,
    pub agent_tokens: Option<u64>,
    pub task_usd: Option<f64>,
    pub task_tokens: Option<u64>,
}

impl Budget {
    fn limits(&self) -> Limits {
        Limits {
            run: Cap { usd: self.usd, tokens: self.tokens },
            agent: Cap { usd: self.agent_usd, tokens: self.agent_tokens },
            task: Cap { usd: self.task_usd, tokens: self.task_tokens },
        }
    }
}

/// Where a run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// A human watches, and can be asked.
    Screen,
    Headless,
}

/// Settings with nothing left open.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    pub options: Options,
    /// The screen's own choice when nobody named one.
    pub theme: Option<String>,
    pub run_dir: PathBuf,
    pub providers: BTreeMap<String, ProviderSettings>,
    pub prices: BTreeMap<String, PriceSettings>,
    /// Where what is set was written.
    pub origins: Origins,
}

/// The least time between two checkpoints of one agent, in milliseconds, where a human watches a team that needs no
/// model: else the run is over before it is seen.
const WATCHABLE: u64 = 150;

impl Settings {
    /// Settings of the file that a user named, or else of the default file if there is one, and over them those of the
    /// environment. Flags are merged over the result.
    ///
    /// # Errors
    /// When a file that was named cannot be read, or anything in the file or the environment is wrong.
    pub fn load(named: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let file = match named {
            Some(file) => Settings::from_file(file)?,
            None => match default_file().filter(|file| file.exists()) {
                Some(file) => Settings::from_file(&file)?,
                None => Settings::default(),
            },
        };
        Ok(file.merge(Settings::from_env(variable)?))
    }

    /// # Errors
    /// With the line of the first thing that is wrong.
    pub fn from_file(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConfigError::Unreadable { file: file.display().to_string(), reason: error.to_string() })?;
        let name = file.display().to_string();
        let mut settings = file::parse(&name, &text).map_err(|file::Wrong { line, reason }| ConfigError::Wrong {
            file: name,
            line,
            reason,
        })?;
        // What a file names is meant from where the file is, wherever the program is started.
        if let Some(folder) = file.parent() {
            let key_files = settings.providers.values_mut().filter_map(|provider| provider.key_file.as_mut());
            for path in key_files.chain(&mut settings.run_dir) {
                *path = folder.join(&*path);
            }
        }
        Ok(settings)
    }

    /// Reads `DELM_AGENTS`, `DELM_MODEL` and so on: one variable a key. An empty one is not set.
    ///
    /// # Errors
    /// With the variable that is wrong.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut settings = Settings::default();
        for key in value::KEYS {
            let name = key.variable();
            if let Some(value) = variable(&name).filter(|value| !value.is_empty()) {
                if let Err(reason) = (key.set)(&mut settings, &value) {
                    return Err(ConfigError::Variable { name, value: value::without_password(&value), reason });
                }
                settings.origins.set(key.dotted(), Origin::Variable(name));
            }
        }
        Ok(settings)
    }

    /// Notes that whatever is set here was a flag.
    #[must_use]
    pub fn of_flags(mut self) -> Self {
        for key in value::KEYS {
            if (key.is_set)(&self) {
                self.origins.set(key.dotted(), Origin::Flag(key.flag()));
            }
        }
        for role in self.roles.keys() {
            self.origins.set(format!("roles.{role}"), Origin::Flag("--role".to_owned()));
        }
        self
    }

    /// What `over` leaves open stays.
    #[must_use]
    pub fn merge(mut self, mut over: Settings) -> Self {
        for key in value::KEYS {
            if (key.is_set)(&over) {
                (key.take)(&mut self, &mut over);
            }
        }
        self.roles.extend(over.roles);
        self.method = over.method.or(self.method);
        self.providers.extend(over.providers);
        self.prices.extend(over.prices);
        self.origins.extend(over.origins);
        self
    }

    #[must_use]
    pub fn resolve(self, shown: Where) -> Resolved {
        let default = Options::default();
        let model = self.model.unwrap_or(default.model);
        let (gate, pace) = match shown {
            Where::Screen => (GateLevel::Doubts, if model == EXTRACTIVE { WATCHABLE } else { 0 }),
            Where::Headless => (GateLevel::Auto, 0),
        };
        Resolved {
            options: Options {
                roles: self.roles,
                policy: None,
                limits: self.budget.limits(),
                agents: self.agents.unwrap_or(default.agents),
                model,
                base_url: self.base_url,
                gate: self.gate.unwrap_or(gate),
                seed: self.seed.unwrap_or(default.seed),
                pace_ms: self.pace.unwrap_or(pace),
                method: self.method.unwrap_or(default.method),
            },
            theme: self.theme,
            run_dir: self.run_dir.unwrap_or_else(default_run_dir),
            providers: self.providers,
            prices: self.prices,
            origins: self.origins,
        }
    }
}

/// Where settings are read from when no file is named. `None` without a home directory.
#[must_use]
pub fn default_file() -> Option<PathBuf> {
    project().map(|dirs| dirs.config_dir().join("config.toml"))
}

/// Where runs are kept. Without a home directory, that is beside where the program was started.
#[must_use]
pub fn default_run_dir() -> PathBuf {
    project().map_or_else(|| PathBuf::from(".delm/runs"), |dirs| dirs.data_dir().join("runs"))
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "delm")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_env(set: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::from_env(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn every_key_has_a_variable() {
        let settings = from_env(&[
            ("DELM_AGENTS", "8"),
            ("DELM_MODEL", "openai:gpt-5"),
            ("DELM_BASE_URL", "http://localhost:8080/v1"),
            ("DELM_GATE", "writes"),
            ("DELM_SEED", "18446744073709551615"),
            ("DELM_PACE", "20"),
            ("DELM_THEME", "paper"),
            ("DELM_RUN_DIR", "runs"),
            ("DELM_BUDGET_USD", "2.5"),
            ("DELM_BUDGET_TOKENS", "40k"),
        ])
        .unwrap();
        let all = Settings {
            agents: Some(8),
            model: Some("openai:gpt-5".to_owned()),
            base_url: Some("http://localhost:8080/v1".to_owned()),
            gate: Some(GateLevel::Writes),
            seed: Some(u64::MAX),
            pace: Some(20),
            theme: Some("paper".to_owned()),
            run_dir: Some(PathBuf::from("runs")),
            budget: Budget { usd: Some(2.5), tokens: Some(40_000), ..Budget::default() },
            origins: settings.origins.clone(),
            ..Settings::default()
        };
        assert_eq!(settings, all);
        assert_eq!(settings.origins.of("budget.usd").unwrap().to_string(), "environment: DELM_BUDGET_USD");
        assert_eq!(from_env(&[("DELM_AGENTS", "")]).unwrap(), Settings::default());
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let said = |name, value| from_env(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(said("DELM_AGENTS", "65"), "environment: DELM_AGENTS=65: must be 1–64");
        assert_eq!(
            said("DELM_GATE", "write"),
            "environment: DELM_GATE=write: must be one of auto, doubts, writes, claims, all; did you mean \"writes\"?"
        );
    }

    #[test]
    fn the_later_origin_wins_key_by_key() {
        let file = Settings { agents: Some(2), seed: Some(1), gate: Some(GateLevel::All), ..Settings::default() };
        let env = Settings { agents: Some(3), seed: Some(2), ..Settings::default() };
        let flags = Settings { agents: Some(4), ..Settings::default() };
        let merged = file.merge(env).merge(flags);
        assert_eq!((merged.agents, merged.seed, merged.gate), (Some(4), Some(2), Some(GateLevel::All)));
    }

    #[test]
    fn the_place_of_a_value_is_that_of_the_origin_that_won() {
        let file = file::parse("c.toml", "theme = 'x'\nmodel = 'a:b'").ok().unwrap();
        let env = from_env(&[("DELM_MODEL", "c:d")]).unwrap();
        let flags = Settings { model: Some("e:f".to_owned()), ..Settings::default() }.of_flags();
        let place = |settings: &Settings, name| settings.origins.of(name).unwrap().to_string();
        let merged = file.merge(env);
        assert_eq!(place(&merged, "theme"), "c.toml:1");
        assert_eq!(place(&merged, "model"), "environment: DELM_MODEL");
        assert_eq!(place(&merged.merge(flags), "model"), "--model");
    }

    #[test]
    fn what_nobody_set_depends_on_where_the_run_is_shown() {
        let resolved = |model: Option<&str>, shown| {
            let settings = Settings { model: model.map(str::to_owned), ..Settings::default() };
            let options = settings.resolve(shown).options;
            (options.gate, options.pace_ms)
        };
        assert_eq!(resolved(None, Where::Screen), (GateLevel::Doubts, 150));
        assert_eq!(resolved(Some("openai:gpt-5"), Where::Screen), (GateLevel::Doubts, 0));
        assert_eq!(resolved(None, Where::Headless), (GateLevel::Auto, 0));
        let set = Settings { gate: Some(GateLevel::All), pace: Some(7), ..Settings::default() };
        let options = set.resolve(Where::Headless).options;
        assert_eq!((options.gate, options.pace_ms), (GateLevel::All, 7));
    }

    #[test]
    fn a_file_is_read_below_the_environment() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, "agents = 2\nseed = 0x10\nrun_dir = \"runs\"\n").unwrap();
        let settings = Settings::load(Some(&file), |name| (name == "DELM_AGENTS").then(|| "9".to_owned())).unwrap();
        assert_eq!((settings.agents, settings.seed), (Some(9), Some(16)));
        assert_eq!(settings.run_dir, Some(dir.path().join("runs")));
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let error = Settings::load(Some(Path::new("/nowhere/config.toml")), |_| None).unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/config.toml: "), "{error}");
    }

    #[test]
    fn an_error_begins_with_file_and_line() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, "# team\n\nagnets = 4\n").unwrap();
        let error = Settings::from_file(&file).unwrap_err().to_string();
        assert_eq!(error, format!("{}:3: unknown key \"agnets\"; did you mean \"agents\"?", file.display()));
    }
}
