//! Which servers there are, as data (`providers.toml` and what a user adds), and which of them a SPEC means.
//!
//! Knows where keys are kept, and never a key: it reads no environment and no file.

use std::{path::PathBuf, str::FromStr, sync::LazyLock};

use reqwest::Url;
use serde::Deserialize;

use super::{Proxies, quirk::Quirks};

/// How a server wants to be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wire {
    /// OpenAI Chat Completions.
    Chat,
    /// OpenAI Responses.
    Responses,
    /// Anthropic Messages.
    Messages,
}

impl Wire {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Wire::Chat => "chat",
            Wire::Responses => "responses",
            Wire::Messages => "messages",
        }
    }
}

impl FromStr for Wire {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Wire::Chat, Wire::Responses, Wire::Messages].into_iter().find(|wire| wire.name() == text);
        found.ok_or_else(|| "must be chat, responses or messages".to_owned())
    }
}

/// One server, or one of many that run the same program at the same place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What stands before the colon of a SPEC.
    pub name: String,
    /// Up to and without the path of the wire.
    pub base_url: String,
    pub wire: Wire,
    /// Environment variables that may hold the key; the first that is set counts.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Answers without a key, and without a bill.
    #[serde(default)]
    pub local: bool,
    /// A file that holds the key. None ships.
    #[serde(skip)]
    pub key_file: Option<PathBuf>,
    /// A program and its arguments, which prints the key; none when empty. None ships.
    #[serde(skip)]
    pub key_command: Vec<String>,
    #[serde(default)]
    pub quirks: Quirks,
}

/// Every server that a SPEC can name, those that ship first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Providers(Vec<Provider>);

/// Whether `--base-url` may say where a SPEC's server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// The provider's usual one.
    Usual,
    /// The SPEC names it, and says more than any default.
    Written,
}

/// A SPEC, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub provider: Provider,
    /// As the server knows it.
    pub model: String,
    pub address: Address,
}

/// Why a SPEC names no model.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SpecError {
    #[error("there is no provider {name:?}{}; there are {known}", question(meant.as_deref()))]
    Unknown { name: String, meant: Option<String>, known: String },
    #[error("it must be provider:model or http://host/v1#model")]
    Shape,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    provider: Vec<Provider>,
}

static TABLE: LazyLock<Providers> = LazyLock::new(|| {
    let table = toml::from_str::<Table>(include_str!("providers.toml"));
    Providers(table.expect("the table that ships is read by a test").provider)
});

impl Providers {
    /// Those that ship, in the table's order.
    #[must_use]
    pub fn shipped() -> Self {
        TABLE.clone()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.name == name)
    }

    /// Takes the place of one of the same name, or comes last.
    pub fn put(&mut self, provider: Provider) {
        match self.0.iter_mut().find(|known| known.name == provider.name) {
            Some(known) => *known = provider,
            None => self.0.push(provider),
        }
    }

    /// Reads `provider:model`, or `http(s)://host/v1#model` for any server that speaks Chat Completions without a key.
    ///
    /// # Errors
    /// `Unknown` with the nearest name when there is no such provider, `Shape` when a part is missing.
    pub fn spec(&self, text: &str) -> Result<Spec, SpecError> {
        if text.starts_with("http://") || text.starts_with("https://") {
            let (base_url, model) = text.split_once('#').ok_or(SpecError::Shape)?;
            if model.is_empty() || Url::parse(base_url).is_err() {
                return Err(SpecError::Shape);
            }
            let provider = Provider::at(base_url);
            return Ok(Spec { provider, model: model.to_owned(), address: Address::Written });
        }
        let (name, model) = text.split_once(':').ok_or(SpecError::Shape)?;
        let Some(provider) = self.named(name) else {
            let known = self.iter().map(|provider| provider.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(SpecError::Unknown { name: name.to_owned(), meant: self.nearest(name), known });
        };
        match model.is_empty() {
            true => Err(SpecError::Shape),
            false => Ok(Spec { provider: provider.clone(), model: model.to_owned(), address: Address::Usual }),
        }
    }

    /// The provider whose name is near enough to be meant.
    fn nearest(&self, found: &str) -> Option<String> {
        let found = found.to_lowercase();
        let near = self.iter().map(|provider| provider.name.as_str());
        let (distance, name) = near.map(|name| (strsim::damerau_levenshtein(&found, name), name)).min()?;
        (distance <= (name.len() / 3).max(1)).then(|| name.to_owned())
    }
}

impl Provider {
    /// Any server that speaks Chat Completions without a key.
    fn at(base_url: &str) -> Self {
        Provider {
            name: base_url.to_owned(),
            base_url: base_url.to_owned(),
            wire: Wire::Chat,
            keys: vec![],
            local: true,
            key_file: None,
            key_command: vec![],
            quirks: Quirks::new(),
        }
    }

    /// The same provider at another address. What its usual server is peculiar in says nothing about that one.
    #[must_use]
    pub fn moved(self, base_url: String) -> Self {
        match self.base_url == base_url {
            true => self,
            false => Provider { base_url, quirks: Quirks::new(), ..self },
        }
    }

    /// Whether its address is on this machine.
    #[must_use]
    pub fn is_here(&self) -> bool {
        let host = Url::parse(&self.base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        matches!(host.as_deref(), Some("localhost" | "127.0.0.1" | "[::1]"))
    }

    /// A server on this machine is asked directly, whatever proxy the environment names for the web.
    #[must_use]
    pub fn proxies(&self) -> Proxies {
        if self.is_here() { Proxies::None } else { Proxies::Environment }
    }
}

fn question(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!(" (did you mean {meant:?}?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Spec, SpecError> {
        Providers::shipped().spec(text)
    }

    #[test]
    fn the_table_is_sound() {
        let all = TABLE.clone().0;
        for (at, provider) in all.iter().enumerate() {
            let url = Url::parse(&provider.base_url).unwrap();
            assert!(!provider.base_url.ends_with('/') && url.query().is_none(), "{}", provider.name);
            assert!(provider.local || !provider.keys.is_empty(), "{} has a key or needs none", provider.name);
            assert!(provider.local || url.scheme() == "https", "{}: a key is not sent in the clear", provider.name);
            assert_eq!(provider.local, provider.proxies() == Proxies::None, "{}", provider.name);
            assert!(provider.quirks.iter().all(|quirk| quirk.fits(provider.wire)), "{}", provider.name);
            assert!(all[..at].iter().all(|other| other.name != provider.name), "{} twice", provider.name);
        }
    }

    #[test]
    fn a_provider_and_its_model_are_split_at_the_first_colon() {
        let spec = parse("ollama:qwen3:8b").unwrap();
        assert_eq!((spec.provider.name.as_str(), spec.model.as_str()), ("ollama", "qwen3:8b"));
        assert_eq!((spec.provider.base_url.as_str(), spec.address), ("http://127.0.0.1:11434/v1", Address::Usual));
        assert_eq!(parse("openrouter:qwen/qwen3:free").unwrap().model, "qwen/qwen3:free");
    }

    #[test]
    fn an_address_with_a_model_is_a_server_without_a_key() {
        let spec = parse("https://gpu.lan:8443/v1#org/tiny:q4#2").unwrap();
        assert_eq!(
            (spec.provider.base_url.as_str(), spec.model.as_str()),
            ("https://gpu.lan:8443/v1", "org/tiny:q4#2")
        );
        assert_eq!((spec.provider.wire, spec.provider.local, spec.address), (Wire::Chat, true, Address::Written));
        assert_eq!(spec.provider.proxies(), Proxies::Environment);
        assert_eq!(parse("http://[::1]:8080/v1#m").unwrap().provider.proxies(), Proxies::None);
    }

    #[test]
    fn a_provider_of_ones_own_is_found_and_one_of_the_same_name_replaced() {
        let mut all = Providers::shipped();
        let ollama = Provider { base_url: "http://gpu.lan/v1".into(), ..all.named("ollama").unwrap().clone() };
        all.put(ollama.clone());
        all.put(Provider { name: "mine".into(), ..ollama });
        assert_eq!(all.iter().count(), Providers::shipped().iter().count() + 1);
        assert_eq!(all.spec("ollama:m").unwrap().provider.base_url, "http://gpu.lan/v1");
        assert_eq!(all.spec("mine:m").unwrap().provider.name, "mine");
        assert!(all.spec("mien:m").unwrap_err().to_string().contains("did you mean \"mine\"?"));
    }

    #[test]
    fn quirks_stay_behind_when_a_provider_moves() {
        let openai = Providers::shipped().named("openai").unwrap().clone();
        assert!(!openai.quirks.is_empty());
        assert_eq!(openai.clone().moved(openai.base_url.clone()), openai);
        assert!(openai.moved("http://127.0.0.1/v1".into()).quirks.is_empty());
    }

    #[test]
    fn what_names_no_model_says_what_would() {
        for text in ["", "gpt", "openai:", "http://host/v1", "http://host/v1#", "http://#m"] {
            assert_eq!(parse(text), Err(SpecError::Shape), "{text}");
        }
        let said = parse("opneai:gpt").unwrap_err().to_string();
        assert!(
            said.starts_with(r#"there is no provider "opneai" (did you mean "openai"?); there are openai, "#),
            "{said}"
        );
        let said = parse("elephant:m").unwrap_err().to_string();
        assert!(said.starts_with(r#"there is no provider "elephant"; there are openai, "#), "{said}");
    }
}
