//! What the agents think with, from the model's name.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use secrecy::SecretString;

use crate::{
    llm::{
        Model, Patience, Proxies, Retrying,
        chat::{ChatModel, ChatOptions},
        scripted::{Rule, Scripted},
    },
    reason::{Reasoner, extractive::Extractive, prompted::Prompted},
    run::Options,
};

/// A file of rules that a scripted model plays.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    rules: Vec<Rule>,
}

#[derive(Clone)]
pub struct Mind {
    pub reasoner: Arc<dyn Reasoner>,
    pub model: Option<Arc<dyn Model>>,
}

impl Mind {
    /// The reasoner that `options.model` names: `extractive`, `openai:NAME`, or `scripted:FILE` for tests and demos.
    ///
    /// # Errors
    /// When it names none, or its key or script is missing.
    pub fn of(options: &Options) -> anyhow::Result<Self> {
        match options.model.split_once(':') {
            None if options.model == "extractive" => {
                Ok(Mind { reasoner: Arc::new(Extractive::new(options.seed)), model: None })
            }
            Some(("openai", name)) if !name.is_empty() => {
                let key = std::env::var("OPENAI_API_KEY").ok().filter(|key| !key.is_empty()).map(SecretString::from);
                if key.is_none() && options.base_url.is_none() {
                    bail!("openai:{name} needs a key in OPENAI_API_KEY, or --base-url with a server that needs none");
                }
                let base_url = options.base_url.clone().unwrap_or_else(|| "https://api.openai.com/v1".to_owned());
                let chat = ChatModel::new(ChatOptions {
                    name: options.model.clone(),
                    base_url,
                    model: name.to_owned(),
                    key,
                    patience: Patience::default(),
                    proxies: Proxies::default(),
                })?;
                Ok(Mind::prompted(options, Retrying::new(Arc::new(chat), options.seed)))
            }
            Some(("scripted", file)) if !file.is_empty() => {
                let script = std::fs::read_to_string(Path::new(file)).with_context(|| file.to_owned())?;
                let script: Script = toml::from_str(&script).with_context(|| file.to_owned())?;
                Ok(Mind::prompted(options, Scripted::new(script.rules)))
            }
            _ => bail!(
                "{:?} is not a model: use extractive, or openai:NAME with --base-url for a server of yours",
                options.model
            ),
        }
    }

    fn prompted(options: &Options, model: impl Model + 'static) -> Self {
        let reasoner = Prompted::new(options.model.clone(), options.method.clone());
        Mind { reasoner: Arc::new(reasoner), model: Some(Arc::new(model)) }
    }
}
