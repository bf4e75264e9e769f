//! Which providers there are in this process: those that ship, and over them what the configuration says. Whatever the
//! configuration has wrong is told with its place.

use crate::{
    config::{ConfigError, Origins, ProviderSettings, Resolved},
    llm::{
        provider::{Provider, Providers, Wire},
        quirk::{Quirk, Quirks},
    },
};

/// What models are made from.
#[derive(Debug, Clone)]
pub struct Catalogue {
    pub providers: Providers,
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
        Ok(Catalogue { providers, origins })
    }

    /// For a run that is taken up: its models stand in its own log, whatever the configuration names by now.
    ///
    /// # Errors
    /// As [`Catalogue::of`].
    pub fn of_saved(resolved: &Resolved) -> Result<Self, ConfigError> {
        let Catalogue { providers, origins } = Catalogue::of(resolved)?;
        let own = |name: &str| name == "model" || name == "base_url" || name.starts_with("roles.");
        Ok(Catalogue { providers, origins: origins.without(own) })
    }

    /// What ships, for tests.
    #[cfg(test)]
    #[must_use]
    pub fn shipped() -> Self {
        Catalogue { providers: Providers::shipped(), origins: Origins::default() }
    }
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
}
