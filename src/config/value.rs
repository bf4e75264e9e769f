//! The table of all settings, and what each may be. A value is text here, wherever it was written, so that file,
//! environment and flags are held to the same rules.

use std::path::PathBuf;

use directories::BaseDirs;

use crate::run::GateLevel;

use super::Settings;

pub const MAX_AGENTS: u16 = 64;
pub(super) const EXTRACTIVE: &str = "extractive";
/// Milliseconds; longer than this nobody waits between two steps.
const MAX_PACE: u64 = 60_000;

/// How a setting is written in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Number,
    Text,
}

/// One setting.
pub(super) struct Key {
    pub name: &'static str,
    pub form: Form,
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
}

macro_rules! keys {
    ($($name:ident: $form:ident),* $(,)?) => {
        pub(super) const KEYS: &[Key] = &[$(Key {
            name: stringify!($name),
            form: Form::$form,
            set: |settings, text| {
                settings.$name = Some($name(text)?);
                Ok(())
            },
        }),*];
    };
}

keys! {
    agents: Number,
    model: Text,
    base_url: Text,
    gate: Text,
    seed: Number,
    pace: Number,
    theme: Text,
    run_dir: Text,
}

// Each of these also serves a flag: they say what a value must be, and whoever calls says where it stood.

/// # Errors
/// Outside 1–64.
pub fn agents(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|agents| (1..=MAX_AGENTS).contains(agents));
    number.ok_or_else(|| format!("must be 1–{MAX_AGENTS}"))
}

/// Which providers there are is not ours to know.
///
/// # Errors
/// When it is neither `extractive` nor `provider:model` nor `http://host/v1#model`, or the address holds a password.
pub fn model(text: &str) -> Result<String, String> {
    if text.starts_with("http://") || text.starts_with("https://") {
        let (address, model) = text.split_once('#').unwrap_or((text, ""));
        base_url(address)?;
        return match model.is_empty() {
            false => Ok(text.to_owned()),
            true => Err("must name the model behind the address: \"http://host/v1#model\"".to_owned()),
        };
    }
    let named = text.split_once(':').is_some_and(|(provider, model)| !provider.is_empty() && !model.is_empty());
    match named || text == EXTRACTIVE {
        true => Ok(text.to_owned()),
        false => {
            Err(format!("must be {EXTRACTIVE:?} or \"provider:model\"{}", nearest(text, [EXTRACTIVE].into_iter())))
        }
    }
}

/// # Errors
/// When it is no address of a server, or holds a password: it is kept in the log of each run.
pub fn base_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    match host {
        None | Some("") => Err("must begin with http:// or https:// and a host".to_owned()),
        Some(host) if host.contains('@') => Err("must not hold a user name or password".to_owned()),
        Some(_) => Ok(text.to_owned()),
    }
}

/// # Errors
/// When there is no such level.
pub fn gate(text: &str) -> Result<GateLevel, String> {
    let names = GateLevel::ALL.map(GateLevel::name);
    text.parse().map_err(|_| format!("must be one of {}{}", names.join(", "), nearest(text, names.into_iter())))
}

/// # Errors
/// When it is not a whole number.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("must be a whole number, 0–{}", u64::MAX))
}

/// Milliseconds.
///
/// # Errors
/// Outside 0–60000.
pub fn pace(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|pace| *pace <= MAX_PACE);
    number.ok_or_else(|| format!("must be milliseconds, 0–{MAX_PACE}"))
}

/// # Errors
/// When it is empty; which themes there are is the screen's to know.
pub fn theme(text: &str) -> Result<String, String> {
    match text.is_empty() {
        false => Ok(text.to_owned()),
        true => Err("must name a theme".to_owned()),
    }
}

/// `~/` is the home directory: a shell expands it for flags, but nobody does in a file.
///
/// # Errors
/// When it is empty.
pub fn run_dir(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("must name a folder".to_owned());
    }
    let home = text.strip_prefix("~/").zip(BaseDirs::new());
    Ok(home.map_or_else(|| PathBuf::from(text), |(rest, dirs)| dirs.home_dir().join(rest)))
}

/// `; did you mean "…"?` when one of the names is near enough to be meant, else nothing.
pub(super) fn nearest<'a>(found: &str, names: impl Iterator<Item = &'a str>) -> String {
    let found = found.to_lowercase();
    let near = names
        .map(|name| (strsim::damerau_levenshtein(&found, name), name))
        .min()
        .filter(|(distance, name)| *distance <= (name.len() / 3).max(1));
    near.map_or_else(String::new, |(_, name)| format!("; did you mean {name:?}?"))
}
