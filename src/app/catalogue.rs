//! Which providers there are in this process and what their models cost: what ships, and over it what the configuration
//! says. Whatever the configuration has wrong is told with its place.

use std::collections::BTreeMap;

use crate::{
    config::{ConfigError, Origins, PriceSettings, ProviderSettings, Resolved},
    llm::{
        price::{self, Price},
        provider::{Address, Provider, Providers, Spec, Wire},
        quirk::{Quirk, Quirks},
    },
};

/// What models are made from.
#[derive(Debug, Clone)]
pub struct Catalogue {
    pub providers: Providers,
    /// By SPEC, as the configuration has them.
    prices: BTreeMap<String, Price>,
    /// Where the names of models were written.
    pub origins: Origins,
}

impl Catalogue {
    /// For a run that starts.
    ///
    /// # Errors
    /// With the place of the first provider in the configuration that cannot be one.
    pub fn of(resolved: &Resolved) -> Result<Self, ConfigError> {
        let origins = resolved.origins.clone();
        let mut providers = Providers::shipped();
        for (name, settings) in &resolved.providers {
            let shipped = providers.named(name).cloned();
            let provider = extended(name, shipped, settings).map_err(|Fault { key, value, reason }| {
                let key = if key.is_empty() { format!("providers.{name}") } else { format!("providers.{name}.{key}") };
                origins.blame(&key, &value, &reason)
            })?;
            providers.put(provider);
        }
        let prices = resolved.prices.iter().map(|(spec, price)| (spec.clone(), price_of(price))).collect();
        Ok(Catalogue { providers, prices, origins })
    }

    /// For a run that is taken up: its models stand in its own log, whatever the configuration names by now.
    ///
    /// # Errors
    /// As [`Catalogue::of`].
    pub fn of_saved(resolved: &Resolved) -> Result<Self, ConfigError> {
        let catalogue = Catalogue::of(resolved)?;
        let own = |name: &str| {
            matches!(name, "model" | "base_url") || name.starts_with("roles.") || name.starts_with("budget.")
        };
        Ok(Catalogue { origins: catalogue.origins.without(own), ..catalogue })
    }

    /// What a model costs behind this provider, which may have been moved; `None` is unknown, which is not free.
    ///
    /// What the configuration says counts. Else a server of one's own sends no bill, and a provider's list prices are
    /// those of its own address.
    #[must_use]
    pub fn price(&self, text: &str, spec: &Spec) -> Option<Price> {
        if let Some(price) = price::names(text).find_map(|name| self.prices.get(name)) {
            return Some(*price);
        }
        let Spec { provider, model, address } = spec;
        if provider.is_here() || (provider.local && *address == Address::Usual) {
            return Some(Price::FREE);
        }
        let shipped = Providers::shipped();
        let own = shipped.named(&provider.name).filter(|own| own.base_url == provider.base_url)?;
        price::listed(&own.name, model).map(|listed| listed.price)
    }

    /// What ships, for tests.
    #[cfg(test)]
    #[must_use]
    pub fn shipped() -> Self {
        Catalogue { providers: Providers::shipped(), prices: BTreeMap::new(), origins: Origins::default() }
    }
}

fn price_of(settings: &PriceSettings) -> Price {
    let PriceSettings { input, cached, cache_write, output, reasoning } = *settings;
    Price { input, cached, cache_write, output, reasoning }
}

/// What is wrong with which key of a provider's table; the table itself when there is no key.
struct Fault {
    key: &'static str,
    value: String,
    reason: String,
}

impl Fault {
    fn of(key: &'static str, value: &str, reason: impl Into<String>) -> Self {
        Fault { key, value: value.to_owned(), reason: reason.into() }
    }
}

/// A provider as the configuration has it, over the one that ships under the same name.
fn extended(name: &str, shipped: Option<Provider>, said: &ProviderSettings) -> Result<Provider, Fault> {
    let wire = said.wire.as_deref().map(|wire| wire.parse::<Wire>().map_err(|why| Fault::of("wire", wire, why)));
    let wire = wire.transpose()?;
    let provider = match (shipped, &said.base_url) {
        (Some(shipped), None) => shipped,
        (Some(shipped), Some(base_url)) => shipped.moved(base_url.clone()),
        (None, Some(base_url)) => Provider {
            name: name.to_owned(),
            base_url: base_url.clone(),
            wire: Wire::Chat,
            keys: vec![],
            local: false,
            key_file: None,
            key_command: vec![],
            quirks: Quirks::new(),
        },
        (None, None) => {
            return Err(Fault::of("", "", "needs a base_url: no provider of this name comes with the program"));
        }
    };
    let wire = wire.unwrap_or(provider.wire);
    let provider = Provider {
        wire,
        keys: said.keys.clone().unwrap_or(provider.keys),
        local: said.local.unwrap_or(provider.local),
        key_file: said.key_file.clone(),
        key_command: said.key_command.clone().unwrap_or_default(),
        quirks: match &said.quirks {
            Some(quirks) => quirks_of(quirks, wire)?,
            None => provider.quirks.into_iter().filter(|quirk| quirk.fits(wire)).collect(),
        },
        ..provider
    };
    let keyless = provider.keys.is_empty() && provider.key_file.is_none() && provider.key_command.is_empty();
    if keyless && !provider.local {
        let reason = "needs a key: name its variable in keys, or use key_file or key_command; or say local = true if it \
                      answers without one";
        return Err(Fault::of("", "", reason));
    }
    Ok(provider)
}

fn quirks_of(names: &[String], wire: Wire) -> Result<Quirks, Fault> {
    let read = |name: &String| {
        let quirk: Quirk = name.parse().map_err(|why: String| Fault::of("quirks", "", why))?;
        match quirk.fits(wire) {
            true => Ok(quirk),
            false => Err(Fault::of("quirks", name, format!("means nothing on the {} wire", wire.name()))),
        }
    };
    names.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, Where};

    fn catalogue(text: &str) -> Result<Catalogue, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("c.toml");
        std::fs::write(&file, text).unwrap();
        let resolved = Settings::from_file(&file).unwrap().resolve(Where::Headless);
        let placed = |error: ConfigError| error.to_string().replace(&file.display().to_string(), "c.toml");
        Catalogue::of(&resolved).map_err(placed)
    }

    #[test]
    fn a_new_provider_is_data() {
        let text = "[providers.mine]\nbase_url = 'https://h/v1'\nwire = 'messages'\nkeys = ['MINE']\n\
                    quirks = ['no_cache_control']\n";
        let spec = catalogue(text).unwrap().providers.spec("mine:m").unwrap();
        assert_eq!((spec.provider.wire, spec.provider.keys), (Wire::Messages, vec!["MINE".to_owned()]));
        assert_eq!(spec.provider.quirks, Quirks::from([Quirk::NoCacheControl]));
    }

    #[test]
    fn one_field_of_a_shipped_provider_is_overridden_alone() {
        let all = catalogue("[providers.groq]\nkeys = ['WORK_KEY']\n").unwrap().providers;
        let (groq, before) = (all.named("groq").unwrap(), Providers::shipped());
        let before = before.named("groq").unwrap();
        assert_eq!(
            (&groq.base_url, groq.wire, groq.keys.as_slice()),
            (&before.base_url, before.wire, ["WORK_KEY".to_owned()].as_slice())
        );
    }

    #[test]
    fn a_wire_that_changes_leaves_the_quirks_of_the_other_behind() {
        let all = catalogue("[providers.openai]\nwire = 'responses'\n").unwrap().providers;
        assert!(all.named("openai").unwrap().quirks.is_empty());
    }

    #[test]
    fn what_cannot_be_a_provider_is_told_with_its_place() {
        let said = |text: &str| catalogue(text).unwrap_err();
        assert_eq!(
            said("[providers.m]\nbase_url = 'http://h'\nlocal = true\nwire = 'chatt'"),
            "c.toml:4: providers.m.wire = \"chatt\": must be chat, responses or messages"
        );
        assert!(said("\n[providers.m]\nwire = 'chat'").starts_with("c.toml:2: providers.m: needs a base_url"));
        assert!(said("[providers.m]\nbase_url = 'http://h'").starts_with("c.toml:1: providers.m: needs a key"));
        let base = "[providers.m]\nbase_url = 'http://h'\nlocal = true\n";
        assert!(said(&format!("{base}quirks = ['no_streaming']")).starts_with(
            "c.toml:4: providers.m.quirks: \"no_streaming\" is no quirk; they are max_completion_tokens, "
        ));
        assert_eq!(
            said(&format!("{base}quirks = ['no_cache_control']")),
            "c.toml:4: providers.m.quirks = \"no_cache_control\": means nothing on the chat wire"
        );
    }

    #[test]
    fn a_price_is_that_of_the_address_it_is_asked_at() {
        let text = "[prices.\"openai:gpt-5.4-nano\"]\ninput = 9\noutput = 9\n[prices.\"http://gpu.lan/v1#q\"]\n\
                    input = 1\noutput = 2\n[providers.groq]\nbase_url = 'https://proxy.example/v1'\n";
        let catalogue = catalogue(text).unwrap();
        let price = |text: &str, base_url: Option<&str>| {
            let mut spec = catalogue.providers.spec(text).unwrap();
            spec.provider = spec.provider.clone().moved(base_url.unwrap_or(&spec.provider.base_url).to_owned());
            catalogue.price(text, &spec).map(|price| price.input)
        };
        assert_eq!(price("openai:gpt-5.4", None), Some(2.5));
        assert_eq!(price("openai:gpt-5.4-nano-2026-03-17", None), Some(9.0));
        assert_eq!(price("openai:no-such-model", None), None);
        // Somebody else's server has other prices; one on this machine has none.
        assert_eq!(price("openai:gpt-5.4", Some("https://proxy.example/v1")), None);
        assert_eq!(price("openai:gpt-5.4", Some("http://localhost:8080/v1")), Some(0.0));
        assert_eq!(price("groq:openai/gpt-oss-120b", None), None);
        assert_eq!(price("ollama:qwen3", None), Some(0.0));
        assert_eq!(price("ollama:qwen3", Some("http://gpu.lan:11434/v1")), Some(0.0));
        assert_eq!(price("http://127.0.0.1:8080/v1#m", None), Some(0.0));
        assert_eq!(price("https://api.example/v1#m", None), None);
        assert_eq!(price("http://gpu.lan/v1#q", None), Some(1.0));
    }
}
