//! The table of all settings, and what each may be. A value is text here, wherever it was written, so that file,
//! environment and flags are held to the same rules.

use std::path::PathBuf;

use directories::BaseDirs;

use crate::run::{EXTRACTIVE, GateLevel, Role};

use super::Settings;

pub const MAX_AGENTS: u16 = 64;
/// Milliseconds; longer than this nobody waits between two steps.
const MAX_PACE: u64 = 60_000;

/// How a setting is written in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A whole number.
    Number,
    /// A number, with a fraction or without.
    Amount,
    /// A whole number, or a text such as `"40k"`.
    Count,
    Text,
}

/// One setting.
pub(super) struct Key {
    /// The table that it stands in, in a file.
    pub table: Option<&'static str>,
    pub name: &'static str,
    pub form: Form,
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
    pub is_set: fn(&Settings) -> bool,
    /// Moves what is set.
    pub take: fn(&mut Settings, &mut Settings),
}

impl Key {
    /// As errors name it: `model`, `budget.usd`.
    pub fn dotted(&self) -> String {
        self.table.map_or_else(|| self.name.to_owned(), |table| format!("{table}.{}", self.name))
    }

    /// Its environment variable.
    pub fn variable(&self) -> String {
        format!("DELM_{}", self.dotted().replace('.', "_").to_ascii_uppercase())
    }

    pub fn flag(&self) -> String {
        format!("--{}", self.dotted().replace(['.', '_'], "-"))
    }
}

macro_rules! table {
    () => {
        None
    };
    ($table:ident) => {
        Some(stringify!($table))
    };
}

macro_rules! keys {
    ($($($table:ident.)? ($name:ident): $form:ident by $check:ident),* $(,)?) => {
        pub(super) const KEYS: &[Key] = &[$(Key {
            table: table!($($table)?),
            name: stringify!($name),
            form: Form::$form,
            set: |settings, text| {
                settings$(.$table)?.$name = Some($check(text)?);
                Ok(())
            },
            is_set: |settings| settings$(.$table)?.$name.is_some(),
            take: |into, from| into$(.$table)?.$name = from$(.$table)?.$name.take(),
        }),*];
    };
}

keys! {
    (agents): Number by agents,
    (model): Text by model,
    (base_url): Text by base_url,
    (gate): Text by gate,
    (seed): Number by seed,
    (pace): Number by pace,
    (theme): Text by theme,
    (run_dir): Text by run_dir,
    budget.(usd): Amount by usd,
    budget.(tokens): Count by tokens,
    budget.(agent_usd): Amount by usd,
    budget.(agent_tokens): Count by tokens,
    budget.(task_usd): Amount by usd,
    budget.(task_tokens): Count by tokens,
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
    Ok(path(text))
}

/// A path as a file has it.
pub(super) fn path(text: &str) -> PathBuf {
    let home = text.strip_prefix("~/").zip(BaseDirs::new());
    home.map_or_else(|| PathBuf::from(text), |(rest, dirs)| dirs.home_dir().join(rest))
}

/// US dollars; a `$` before the number is allowed.
///
/// # Errors
/// When it is no number, or less than nothing.
pub fn usd(text: &str) -> Result<f64, String> {
    let number = text.strip_prefix('$').unwrap_or(text).parse::<f64>().ok();
    let number = number.filter(|usd| usd.is_finite() && !usd.is_sign_negative());
    number.ok_or_else(|| "must be US dollars, such as 2.50".to_owned())
}

/// A number of tokens: `40000`, `40k`, `1.5M`.
///
/// # Errors
/// When it is none, or less than one.
pub fn tokens(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1e3),
        Some((at, 'm' | 'M')) => (&text[..at], 1e6),
        _ => (text, 1.0),
    };
    let plain = || !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let tokens = number.parse::<f64>().ok().filter(|_| plain()).map(|number| number * unit);
    let whole = tokens.filter(|tokens| (1.0..=1e15).contains(tokens) && (tokens - tokens.round()).abs() < 1e-6);
    whole
        .map(|tokens| tokens.round() as u64)
        .ok_or_else(|| "must be a number of tokens, such as 40k or 1.5M".to_owned())
}

/// `ROLE=SPEC`.
///
/// # Errors
/// When there is no such role or the SPEC names no model.
pub fn role(text: &str) -> Result<(Role, String), String> {
    let (name, spec) = text.split_once('=').ok_or("must be ROLE=SPEC, such as verify=openai:gpt-5")?;
    Ok((role_named(name)?, model(spec)?))
}

pub(super) fn role_named(name: &str) -> Result<Role, String> {
    name.parse::<Role>().map_err(|why| format!("{why}{}", nearest(name, Role::ALL.into_iter().map(Role::name))))
}

/// An address without the user name and password that somebody wrote into it.
pub(super) fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..host].rfind('@') {
        Some(at) => format!("{scheme}://[hidden]{}", &rest[at..]),
        None => text.to_owned(),
    }
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
