//! What the agents think with, from the model's name.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;

use crate::{
    engine::Models,
    llm::{
        Model, Patience, Retrying, ServerOptions,
        chat::ChatModel,
        messages::MessagesModel,
        provider::{Address, Provider, Spec, Wire},
        responses::ResponsesModel,
        scripted::{Rule, Scripted},
    },
    reason::{Reasoner, extractive::Extractive, prompted::Prompted},
    run::Options,
};

use super::{Catalogue, KeySource};

/// A file of rules that a scripted model plays.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    rules: Vec<Rule>,
}

#[derive(Clone)]
pub struct Mind {
    pub reasoner: Arc<dyn Reasoner>,
    pub models: Option<Models>,
}

impl Mind {
    /// The reasoner that `options.model` names: `extractive`, a SPEC (see [`Providers::spec`](crate::llm::provider::Providers::spec)), or `scripted:FILE` for tests
    /// and demos.
    ///
    /// # Errors
    /// When it names none, or its key or script is missing.
    pub fn of(options: &Options, catalogue: &Catalogue) -> anyhow::Result<Self> {
        match options.model.split_once(':') {
            None if options.model == "extractive" => {
                Ok(Mind { reasoner: Arc::new(Extractive::new(options.seed)), models: None })
            }
            Some(("scripted", file)) if !file.is_empty() => {
                let script = std::fs::read_to_string(Path::new(file)).with_context(|| file.to_owned())?;
                let script: Script = toml::from_str(&script).with_context(|| file.to_owned())?;
                Ok(Mind::prompted(options, Scripted::new(script.rules)))
            }
            _ => Ok(Mind::prompted(options, Retrying::new(served(options, catalogue)?, options.seed))),
        }
    }

    fn prompted(options: &Options, model: impl Model + 'static) -> Self {
        let reasoner = Prompted::new(options.model.clone(), options.method.clone());
        Mind { reasoner: Arc::new(reasoner), models: Some(Models::one(Arc::new(model), None)) }
    }
}

/// The model behind a server, by its SPEC.
fn served(options: &Options, catalogue: &Catalogue) -> anyhow::Result<Arc<dyn Model>> {
    let wrong = |reason: &str| catalogue.origins.blame("model", &options.model, reason);
    let Spec { provider, model, address } =
        catalogue.providers.spec(&options.model).map_err(|why| wrong(&why.to_string()))?;
    // An address in the SPEC says more than one that stands in a file for all models.
    let elsewhere = options.base_url.clone().filter(|_| address == Address::Usual);
    let source = KeySource::of(&provider);
    if source.is_none() && !provider.local && elsewhere.is_none() {
        let reason = format!("needs a key in {}, or --base-url with a server that needs none", places(&provider));
        return Err(wrong(&reason).into());
    }
    let key = source.map(KeySource::fetch).transpose().map_err(|why| wrong(&why.to_string()))?;
    let provider = match elsewhere {
        Some(base_url) => provider.moved(base_url),
        None => provider,
    };
    let server = ServerOptions {
        name: options.model.clone(),
        base_url: provider.base_url.clone(),
        model,
        key: key.map(|key| key.secret),
        patience: Patience::default(),
        proxies: provider.proxies(),
        quirks: provider.quirks,
    };
    Ok(match provider.wire {
        Wire::Chat => Arc::new(ChatModel::new(server)?),
        Wire::Responses => Arc::new(ResponsesModel::new(server)?),
        Wire::Messages => Arc::new(MessagesModel::new(server)?),
    })
}

/// Where a key may be put, in words.
fn places(provider: &Provider) -> String {
    match provider.keys.join(" or ") {
        none if none.is_empty() => format!("key_file or key_command of [providers.{}]", provider.name),
        variables => variables,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::CallKind;

    fn name(model: &str, base_url: Option<&str>) -> Result<String, String> {
        let options = Options { model: model.into(), base_url: base_url.map(str::to_owned), ..Options::default() };
        let mind = Mind::of(&options, &Catalogue::shipped()).map_err(|error| error.to_string())?;
        let name = |models: Models| models.of(CallKind::Reason).model.name().to_owned();
        Ok(mind.models.map_or_else(String::new, name))
    }

    #[test]
    fn a_server_of_ones_own_needs_no_key() {
        let own = Some("http://localhost:11434/v1");
        assert_eq!(name("openai:llama3.1", own).unwrap(), "openai:llama3.1");
        assert_eq!(name("groq:llama3.1", own).unwrap(), "groq:llama3.1");
        assert_eq!(name("anthropic:m", own).unwrap(), "anthropic:m");
        assert_eq!(name("lmstudio:tiny", None).unwrap(), "lmstudio:tiny");
    }

    #[test]
    fn an_address_in_the_spec_is_not_overridden() {
        let spec = "http://127.0.0.1:8080/v1#m";
        // An override would be refused here for what it is.
        assert_eq!(name(spec, Some("nonsense")).unwrap(), spec);
        assert!(name("ollama:m", Some("nonsense")).unwrap_err().contains("the base URL is no address"));
    }

    #[test]
    fn the_embedded_reasoner_has_no_model() {
        assert_eq!(name("extractive", None).unwrap(), "");
    }
}
