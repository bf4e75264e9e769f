//! Which servers there are, as data (`providers.toml`), and which of them a SPEC means.
//!
//! Knows the names of the variables that hold keys, and never a key: it reads no environment.

use std::sync::LazyLock;

use reqwest::Url;
use serde::Deserialize;

use super::Proxies;

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
    /// Answers without a key.
    #[serde(default)]
    pub local: bool,
}

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
    #[error("there is no provider {name:?}{}; there are {known}", question(*meant))]
    Unknown { name: String, meant: Option<&'static str>, known: String },
    #[error("it must be provider:model or http://host/v1#model")]
    Shape,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    provider: Vec<Provider>,
}

static TABLE: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("providers.toml")).expect("the table that ships is read by a test").provider
});

/// Every provider that ships, in the table's order.
#[must_use]
pub fn all() -> &'static [Provider] {
    &TABLE
}

impl Spec {
    /// Reads `provider:model`, or `http(s)://host/v1#model` for any server that speaks Chat Completions without a key.
    ///
    /// # Errors
    /// `Unknown` with the nearest name when there is no such provider, `Shape` when a part is missing.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        if text.starts_with("http://") || text.starts_with("https://") {
            let (base_url, model) = text.split_once('#').ok_or(SpecError::Shape)?;
            if model.is_empty() || Url::parse(base_url).is_err() {
                return Err(SpecError::Shape);
            }
            let (name, base_url) = (base_url.to_owned(), base_url.to_owned());
            let provider = Provider { name, base_url, wire: Wire::Chat, keys: vec![], local: true };
            return Ok(Spec { provider, model: model.to_owned(), address: Address::Written });
        }
        let (name, model) = text.split_once(':').ok_or(SpecError::Shape)?;
        let Some(provider) = all().iter().find(|provider| provider.name == name) else {
            let known = all().iter().map(|provider| provider.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(SpecError::Unknown { name: name.to_owned(), meant: nearest(name), known });
        };
        match model.is_empty() {
            true => Err(SpecError::Shape),
            false => Ok(Spec { provider: provider.clone(), model: model.to_owned(), address: Address::Usual }),
        }
    }
}

impl Provider {
    /// A server on this machine is asked directly, whatever proxy the environment names for the web.
    #[must_use]
    pub fn proxies(&self) -> Proxies {
        let host = Url::parse(&self.base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        match host.as_deref() {
            Some("localhost" | "127.0.0.1" | "[::1]") => Proxies::None,
            _ => Proxies::Environment,
        }
    }
}

fn question(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!(" (did you mean {meant:?}?)"))
}

/// The provider whose name is near enough to be meant.
fn nearest(found: &str) -> Option<&'static str> {
    let found = found.to_lowercase();
    let near = all().iter().map(|provider| provider.name.as_str());
    let (distance, name) = near.map(|name| (strsim::damerau_levenshtein(&found, name), name)).min()?;
    (distance <= (name.len() / 3).max(1)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        for (at, provider) in all().iter().enumerate() {
            let url = Url::parse(&provider.base_url).unwrap();
            assert!(!provider.base_url.ends_with('/') && url.query().is_none(), "{}", provider.name);
            assert!(provider.local || !provider.keys.is_empty(), "{} has a key or needs none", provider.name);
            assert!(provider.local || url.scheme() == "https", "{}: a key is not sent in the clear", provider.name);
            assert_eq!(provider.local, provider.proxies() == Proxies::None, "{}", provider.name);
            assert!(all()[..at].iter().all(|other| other.name != provider.name), "{} twice", provider.name);
        }
    }

    #[test]
    fn a_provider_and_its_model_are_split_at_the_first_colon() {
        let spec = Spec::parse("ollama:qwen3:8b").unwrap();
        assert_eq!((spec.provider.name.as_str(), spec.model.as_str()), ("ollama", "qwen3:8b"));
        assert_eq!((spec.provider.base_url.as_str(), spec.address), ("http://127.0.0.1:11434/v1", Address::Usual));
        assert_eq!(Spec::parse("openrouter:qwen/qwen3:free").unwrap().model, "qwen/qwen3:free");
    }

    #[test]
    fn an_address_with_a_model_is_a_server_without_a_key() {
        let spec = Spec::parse("https://gpu.lan:8443/v1#org/tiny:q4#2").unwrap();
        assert_eq!(
            (spec.provider.base_url.as_str(), spec.model.as_str()),
            ("https://gpu.lan:8443/v1", "org/tiny:q4#2")
        );
        assert_eq!((spec.provider.wire, spec.provider.local, spec.address), (Wire::Chat, true, Address::Written));
        assert_eq!(spec.provider.proxies(), Proxies::Environment);
        assert_eq!(Spec::parse("http://[::1]:8080/v1#m").unwrap().provider.proxies(), Proxies::None);
    }

    #[test]
    fn what_names_no_model_says_what_would() {
        for text in ["", "gpt", "openai:", "http://host/v1", "http://host/v1#", "http://#m"] {
            assert_eq!(Spec::parse(text), Err(SpecError::Shape), "{text}");
        }
        let said = Spec::parse("opneai:gpt").unwrap_err().to_string();
        assert!(
            said.starts_with(r#"there is no provider "opneai" (did you mean "openai"?); there are openai, "#),
            "{said}"
        );
        let said = Spec::parse("elephant:m").unwrap_err().to_string();
        assert!(said.starts_with(r#"there is no provider "elephant"; there are openai, "#), "{said}");
    }
}
