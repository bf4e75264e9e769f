//! The tables of a configuration file whose entries the user names: providers, prices and roles.
//!
//! Which wires and quirks there are, and which providers ship, is not known here: whoever knows finds the place of a
//! wrong one among the origins.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;
use toml::{Spanned, de::DeValue};

use crate::run::Role;

use super::{
    page::{Mistake, Page, in_order, plain, table},
    value,
};

/// What `[providers.NAME]` says; what is absent is as it ships.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProviderSettings {
    pub base_url: Option<String>,
    pub wire: Option<String>,
    /// Environment variables that may hold the key.
    pub keys: Option<Vec<String>>,
    pub local: Option<bool>,
    pub key_file: Option<PathBuf>,
    /// A program and its arguments, which prints the key.
    pub key_command: Option<Vec<String>>,
    pub quirks: Option<Vec<String>>,
}

/// What `[prices."SPEC"]` says: US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PriceSettings {
    pub input: f64,
    pub cached: Option<f64>,
    pub cache_write: Option<f64>,
    pub output: f64,
    pub reasoning: Option<f64>,
}

const PROVIDER_KEYS: [&str; 7] = ["base_url", "wire", "keys", "local", "key_file", "key_command", "quirks"];
const PRICE_KEYS: [&str; 5] = ["input", "cached", "cache_write", "output", "reasoning"];

type Value<'i> = Spanned<DeValue<'i>>;

pub(super) fn providers(page: &mut Page<'_>, value: &Value<'_>) -> Result<BTreeMap<String, ProviderSettings>, Mistake> {
    let mut all = BTreeMap::new();
    for entry in in_order(table(page, "providers", value)?) {
        let dotted = format!("providers.{}", entry.name);
        let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if entry.name.is_empty() || !entry.name.chars().all(named) || RESERVED.contains(&entry.name) {
            let reason = format!("{:?} cannot name a provider: use small letters, digits, - and _", entry.name);
            return Err((entry.key, reason));
        }
        page.places.push((dotted.clone(), entry.key));
        all.insert(entry.name.to_owned(), provider(page, &dotted, entry.value)?);
    }
    Ok(all)
}

/// What a SPEC means something else by.
const RESERVED: [&str; 4] = ["http", "https", "extractive", "scripted"];

fn provider(page: &mut Page<'_>, dotted: &str, value: &Value<'_>) -> Result<ProviderSettings, Mistake> {
    let mut read = ProviderSettings::default();
    for entry in in_order(table(page, dotted, value)?) {
        let (name, value) = (format!("{dotted}.{}", entry.name), entry.value);
        match entry.name {
            "base_url" => {
                let url = text(page, &name, value)?;
                read.base_url = Some(value::base_url(&url).map_err(|reason| page.wrong(&name, value, &reason))?);
            }
            "wire" => read.wire = Some(text(page, &name, value)?),
            "keys" => read.keys = Some(texts(page, &name, value)?),
            "quirks" => read.quirks = Some(texts(page, &name, value)?),
            "local" => match value.get_ref() {
                DeValue::Boolean(local) => read.local = Some(*local),
                _ => return Err(page.wrong(&name, value, "must be true or false")),
            },
            "key_file" => read.key_file = Some(value::path(&text(page, &name, value)?)),
            "key_command" => read.key_command = Some(command(page, &name, value)?),
            "key" | "api_key" => {
                let reason = format!(
                    "unknown key {:?} in [{dotted}]; a key does not belong in this file: name its variable in keys, or use key_file or key_command",
                    entry.name
                );
                return Err((entry.key, reason));
            }
            _ => return Err(page.unknown(&entry, &format!("[{dotted}]"), PROVIDER_KEYS.into_iter())),
        }
        page.places.push((name, entry.key));
    }
    Ok(read)
}

fn text(page: &Page<'_>, name: &str, value: &Value<'_>) -> Result<String, Mistake> {
    match value.get_ref() {
        DeValue::String(text) if !text.is_empty() => Ok(text.to_string()),
        _ => Err(page.wrong(name, value, "must be a text")),
    }
}

fn texts(page: &Page<'_>, name: &str, value: &Value<'_>) -> Result<Vec<String>, Mistake> {
    match value.get_ref() {
        DeValue::Array(values) => values.iter().map(|value| text(page, name, value)).collect(),
        _ => Err(page.wrong(name, value, "must be a list of texts")),
    }
}

/// A list is taken as it is; a text is cut into words as a shell would, but no shell sees it.
fn command(page: &Page<'_>, name: &str, value: &Value<'_>) -> Result<Vec<String>, Mistake> {
    let wrong = |reason: &str| Err(page.wrong(name, value, reason));
    let words = match value.get_ref() {
        DeValue::Array(_) => texts(page, name, value)?,
        DeValue::String(text) => {
            let Some(words) = shlex::split(text) else { return wrong("has a quote that is not closed") };
            let shell =
                |word: &String| matches!(word.as_str(), "|" | "||" | "&&" | ";" | ">" | "<") || word.contains("$(");
            if words.iter().any(shell) {
                return wrong("no shell runs it; [\"sh\", \"-c\", \"…\"] names one");
            }
            words
        }
        _ => vec![],
    };
    match words.is_empty() {
        true => wrong("must be a program with its arguments: \"pass show openai\" or [\"pass\", \"show\", \"openai\"]"),
        false => Ok(words),
    }
}

pub(super) fn prices(page: &mut Page<'_>, value: &Value<'_>) -> Result<BTreeMap<String, PriceSettings>, Mistake> {
    let mut all = BTreeMap::new();
    for entry in in_order(table(page, "prices", value)?) {
        let dotted = format!("prices.{:?}", entry.name);
        value::model(entry.name).map_err(|reason| (entry.key.clone(), format!("{dotted}: the name {reason}")))?;
        let mut read: [Option<f64>; 5] = [None; 5];
        for inner in in_order(table(page, &dotted, entry.value)?) {
            let Some(at) = PRICE_KEYS.iter().position(|key| *key == inner.name) else {
                return Err(page.unknown(&inner, &format!("[{dotted}]"), PRICE_KEYS.into_iter()));
            };
            let number = plain(inner.value).filter(|_| !matches!(inner.value.get_ref(), DeValue::String(_)));
            let usd = number.and_then(|number| value::usd(&number).ok());
            let must = "must be US dollars for a million tokens";
            let wrong = || page.wrong(&format!("{dotted}.{}", inner.name), inner.value, must);
            read[at] = Some(usd.ok_or_else(wrong)?);
        }
        let [Some(input), cached, cache_write, Some(output), reasoning] = read else {
            let reason = format!("{dotted}: needs input and output, in US dollars for a million tokens");
            return Err((entry.key, reason));
        };
        page.places.push((dotted, entry.key));
        all.insert(entry.name.to_owned(), PriceSettings { input, cached, cache_write, output, reasoning });
    }
    Ok(all)
}

pub(super) fn roles(page: &mut Page<'_>, value: &Value<'_>) -> Result<BTreeMap<Role, String>, Mistake> {
    let mut all = BTreeMap::new();
    for entry in in_order(table(page, "roles", value)?) {
        let dotted = format!("roles.{}", entry.name);
        let role = value::role_named(entry.name).map_err(|reason| (entry.key.clone(), format!("[roles]: {reason}")))?;
        let spec = plain(entry.value).filter(|_| matches!(entry.value.get_ref(), DeValue::String(_)));
        let spec = value::model(&spec.unwrap_or_default());
        all.insert(role, spec.map_err(|reason| page.wrong(&dotted, entry.value, &reason))?);
        page.places.push((dotted, entry.key));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{super::Settings, *};

    fn settings(text: &str) -> Settings {
        super::super::file::parse("c.toml", text).map_err(|wrong| format!("{}: {}", wrong.line, wrong.reason)).unwrap()
    }

    fn said(text: &str) -> String {
        let wrong = super::super::file::parse("c.toml", text).expect_err("it is wrong");
        format!("{}: {}", wrong.line, wrong.reason)
    }

    #[test]
    fn a_provider_is_read_whole() {
        let text = "[providers.mine]\nbase_url = 'https://h/v1'\nwire = 'chat'\nkeys = ['A', 'B']\nlocal = true\n\
                    key_file = '/k'\nkey_command = 'pass show \"my key\"'\nquirks = ['no_temperature']\n";
        let settings = settings(text);
        let text = |text: &str| Some(text.to_owned());
        let list = |list: &[&str]| Some(list.iter().map(|&text| text.to_owned()).collect());
        let mine = ProviderSettings {
            base_url: text("https://h/v1"),
            wire: text("chat"),
            keys: list(&["A", "B"]),
            local: Some(true),
            key_file: Some("/k".into()),
            key_command: list(&["pass", "show", "my key"]),
            quirks: list(&["no_temperature"]),
        };
        assert_eq!(settings.providers, BTreeMap::from([("mine".to_owned(), mine)]));
        assert_eq!(settings.origins.of("providers.mine.wire").unwrap().to_string(), "c.toml:3");
        assert_eq!(settings.origins.of("providers.mine").unwrap().to_string(), "c.toml:1");
    }

    #[test]
    fn a_wrong_provider_names_its_line() {
        assert_eq!(
            said("[providers.Mine]\nwire = 'chat'"),
            "1: \"Mine\" cannot name a provider: use small letters, digits, - and _"
        );
        assert_eq!(
            said("[providers.m]\nbase_ur = 'x'"),
            "2: unknown key \"base_ur\" in [providers.m]; did you mean \"base_url\"?"
        );
        assert_eq!(said("[providers.m]\nlocal = 1"), "2: providers.m.local = 1: must be true or false");
        assert_eq!(said("[providers.m]\nkeys = 'A'"), "2: providers.m.keys = 'A': must be a list of texts");
        assert_eq!(said("[providers]\nm = 1"), "2: providers.m = 1: must be a table: [providers.m]");
        assert!(said("[providers.m]\nbase_url = 'host'").contains("must begin with http:// or https://"));
    }

    #[test]
    fn a_key_in_the_file_is_refused_without_being_said() {
        let said = said("[providers.m]\nkey = 'sk-canary'");
        assert!(said.contains("does not belong in this file") && said.contains("key_command"), "{said}");
        assert!(!said.contains("canary"));
    }

    #[test]
    fn a_command_is_words_and_no_shell() {
        let words = |command: &str| {
            let text = format!("[providers.m]\nkey_command = {command}");
            settings(&text).providers["m"].key_command.clone().unwrap()
        };
        assert_eq!(words("'pass show a'"), ["pass", "show", "a"]);
        assert_eq!(words("['sh', '-c', 'a | b']"), ["sh", "-c", "a | b"]);
        let said = |command: &str| said(&format!("[providers.m]\nkey_command = {command}"));
        assert!(said("'pass show a | head -1'").contains("no shell runs it"));
        assert!(said("'pass \"a'").contains("a quote that is not closed"));
        assert!(said("''").contains("must be a program"));
        assert!(said("3").contains("must be a program"));
    }

    #[test]
    fn prices_are_dollars_for_a_million_tokens() {
        let settings = settings("[prices.\"a:b\"]\ninput = 1\ncached = 0.1\noutput = 2.5\n");
        let price = PriceSettings { input: 1.0, cached: Some(0.1), cache_write: None, output: 2.5, reasoning: None };
        assert_eq!(settings.prices, BTreeMap::from([("a:b".to_owned(), price)]));
        assert_eq!(
            said("[prices.\"a:b\"]\ninput = 1"),
            "1: prices.\"a:b\": needs input and output, in US dollars for a million tokens"
        );
        assert!(said("[prices.\"a:b\"]\ninput = '1'").starts_with("2: prices.\"a:b\".input = '1': must be US dollars"));
        assert!(said("[prices.\"a:b\"]\ninptu = 1").ends_with("did you mean \"input\"?"));
        assert!(said("[prices.gpt]\ninput = 1").starts_with("1: prices.\"gpt\": the name must be"));
    }

    #[test]
    fn a_role_has_a_model() {
        assert_eq!(settings("[roles]\nverify = 'a:b'").roles, BTreeMap::from([(Role::Verify, "a:b".to_owned())]));
        let said = said("[roles]\nverfy = 'a:b'");
        assert!(said.starts_with("2: [roles]: \"verfy\" is not a role; they are "), "{said}");
        assert!(said.ends_with("did you mean \"verify\"?"), "{said}");
        assert!(super::tests::said("[roles]\nverify = 'b'").starts_with("2: roles.verify = 'b': must be"));
    }
}
