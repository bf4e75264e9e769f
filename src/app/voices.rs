//! Models from their names: which server, with which key, at which price. Roles at the same server with the same key share
//! one line to it.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use anyhow::Context as _;
use reqwest::Client;
use secrecy::SecretString;

use crate::{
    engine::{Maker, Voice},
    llm::{
        self, CallError, Limiter, Model, Patience, Retrying, ServerOptions,
        chat::ChatModel,
        messages::MessagesModel,
        price::Price,
        provider::{Address, Provider, Spec, Wire},
        responses::ResponsesModel,
        scripted::{Rule, Scripted},
    },
    run::Options,
};

use super::{Catalogue, KeySource, mind::payable};

/// A file of rules that a scripted model plays.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    rules: Vec<Rule>,
    /// As if it cost something.
    price: Option<Price>,
}

/// Makes the models of one run.
pub struct Voices<'a> {
    options: &'a Options,
    catalogue: &'a Catalogue,
    lines: Vec<Arc<Line>>,
}

/// What models at the same address with the same key share.
struct Line {
    base_url: String,
    source: Option<KeySource>,
    key: Option<SecretString>,
    client: Client,
    limiter: Arc<Limiter>,
}

impl<'a> Voices<'a> {
    #[must_use]
    pub fn new(options: &'a Options, catalogue: &'a Catalogue) -> Self {
        Voices { options, catalogue, lines: vec![] }
    }

    /// What can make others later, over the same lines.
    #[must_use]
    pub fn later(self) -> Later {
        Later { options: self.options.clone(), catalogue: self.catalogue.clone(), lines: Mutex::new(self.lines) }
    }

    /// The model that `spec` names: a SPEC, or `scripted:FILE` for tests and demos. `setting` is where it was named.
    ///
    /// # Errors
    /// When it names none, or its key or script cannot be had.
    pub fn voice(&mut self, setting: &str, spec: &str) -> anyhow::Result<Voice> {
        let (Voice { model, price }, limiter) = self.find(setting, spec)?;
        Ok(Voice { model: Arc::new(Retrying::new(model, limiter, self.options.seed)), price })
    }

    /// The same without trying again what fails.
    ///
    /// # Errors
    /// As [`Voices::voice`].
    pub fn once(&mut self, setting: &str, spec: &str) -> anyhow::Result<Voice> {
        Ok(self.find(setting, spec)?.0)
    }

    /// The model, and what holds all calls to its server back together.
    fn find(&mut self, setting: &str, spec: &str) -> anyhow::Result<(Voice, Arc<Limiter>)> {
        match spec.split_once(':') {
            Some(("scripted", file)) if !file.is_empty() => {
                let script = std::fs::read_to_string(Path::new(file)).with_context(|| file.to_owned())?;
                let Script { rules, price } = toml::from_str(&script).with_context(|| file.to_owned())?;
                let model = Arc::new(Scripted::named(spec.to_owned(), rules));
                let limiter = Arc::new(Limiter::new(self.options.seed));
                Ok((Voice { model, price: Some(price.unwrap_or(Price::FREE)) }, limiter))
            }
            _ => self.served(setting, spec),
        }
    }

    fn served(&mut self, setting: &str, text: &str) -> anyhow::Result<(Voice, Arc<Limiter>)> {
        let wrong = |reason: &str| self.catalogue.origins.blame(setting, text, reason);
        let spec = self.catalogue.providers.spec(text).map_err(|why| wrong(&why.to_string()))?;
        let source = KeySource::of(&spec.provider);
        if source.is_none() && !spec.provider.local && self.elsewhere(&spec).is_none() {
            let places = places(&spec.provider);
            return Err(wrong(&format!("needs a key in {places}, or --base-url with a server that needs none")).into());
        }
        let spec = self.moved(spec);
        let line = match self.lines.iter().find(|line| line.base_url == spec.provider.base_url && line.source == source)
        {
            Some(line) => Arc::clone(line),
            None => {
                let line = Arc::new(
                    Line::open(&spec.provider, source, self.options.seed).map_err(|why| wrong(&why.to_string()))?,
                );
                self.lines.push(Arc::clone(&line));
                line
            }
        };
        let price = self.catalogue.price(text, &spec);
        let model = line.model(text, spec).map_err(|why| wrong(&why.to_string()))?;
        Ok((Voice { model, price }, Arc::clone(&line.limiter)))
    }

    /// A model at the address where it is asked.
    fn moved(&self, spec: Spec) -> Spec {
        match self.elsewhere(&spec) {
            Some(base_url) => Spec { provider: spec.provider.moved(base_url), ..spec },
            None => spec,
        }
    }

    /// Where `--base-url` moves a model to: it belongs to the run's model, and to roles of the same provider. An address
    /// in the SPEC says more, and no key is sent to another provider's address.
    fn elsewhere(&self, spec: &Spec) -> Option<String> {
        let of = |spec: &str| spec.split_once(':').map(|(provider, _)| provider.to_owned());
        let meant = spec.address == Address::Usual && of(&self.options.model).as_ref() == Some(&spec.provider.name);
        self.options.base_url.clone().filter(|_| meant)
    }
}

/// Makes models that are named while the run goes on.
pub struct Later {
    options: Options,
    catalogue: Catalogue,
    lines: Mutex<Vec<Arc<Line>>>,
}

impl Maker for Later {
    fn price(&self, name: &str) -> Option<Price> {
        if name.starts_with("scripted:") {
            return self.make(name).ok()?.price;
        }
        let spec = self.catalogue.providers.spec(name).ok()?;
        let voices = Voices { options: &self.options, catalogue: &self.catalogue, lines: vec![] };
        self.catalogue.price(name, &voices.moved(spec))
    }

    fn make(&self, name: &str) -> Result<Voice, String> {
        let mut lines = self.lines.lock().expect("nobody panics while holding the lines");
        let mut voices =
            Voices { options: &self.options, catalogue: &self.catalogue, lines: std::mem::take(&mut *lines) };
        let made = voices.voice("new model", name).map_err(|why| format!("{why:#}"));
        *lines = voices.lines;
        let voice = made?;
        payable(&self.options, &self.catalogue, &voice).map_err(|why| why.to_string())?;
        Ok(voice)
    }
}

impl Line {
    /// Fetches the key; nothing is sent yet. What all calls of a server and key have to keep in common is made here.
    fn open(provider: &Provider, source: Option<KeySource>, seed: u64) -> anyhow::Result<Self> {
        let key = source.clone().map(KeySource::fetch).transpose()?.map(|key| key.secret);
        let client = llm::client(Patience::default(), provider.proxies())?;
        Ok(Line { base_url: provider.base_url.clone(), source, key, client, limiter: Arc::new(Limiter::new(seed)) })
    }

    fn model(&self, name: &str, spec: Spec) -> Result<Arc<dyn Model>, CallError> {
        let Spec { provider, model, .. } = spec;
        let server = ServerOptions {
            name: name.to_owned(),
            base_url: self.base_url.clone(),
            model,
            key: self.key.clone(),
            patience: Patience::default(),
            proxies: provider.proxies(),
            quirks: provider.quirks,
        };
        let client = self.client.clone();
        Ok(match provider.wire {
            Wire::Chat => Arc::new(ChatModel::over(client, server)?),
            Wire::Responses => Arc::new(ResponsesModel::over(client, server)?),
            Wire::Messages => Arc::new(MessagesModel::over(client, server)?),
        })
    }
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
    use crate::run::{Cap, Limits};

    #[test]
    fn roles_at_one_server_with_one_key_share_a_line() {
        let (options, catalogue) = (Options::default(), Catalogue::shipped());
        let mut voices = Voices::new(&options, &catalogue);
        for (spec, lines) in [("ollama:a", 1), ("ollama:b", 1), ("lmstudio:a", 2), ("http://127.0.0.1:11434/v1#c", 2)] {
            voices.voice("model", spec).unwrap();
            assert_eq!(voices.lines.len(), lines, "{spec}");
        }
    }

    #[test]
    fn models_that_are_named_later_share_the_lines_and_are_refused_in_a_sentence() {
        let options = Options { model: "ollama:a".into(), ..Options::default() };
        let catalogue = Catalogue::shipped();
        let mut voices = Voices::new(&options, &catalogue);
        voices.voice("model", &options.model).unwrap();
        let later = voices.later();
        assert_eq!(later.make("ollama:b").unwrap().model.name(), "ollama:b");
        assert_eq!(later.lines.lock().unwrap().len(), 1);
        assert_eq!(later.price("ollama:b"), Some(Price::FREE));
        assert_eq!(later.price("openai:gpt-5.4").map(|price| price.input), Some(2.5), "no key is needed to know it");
        let said = |name: &str| later.make(name).err().unwrap();
        assert!(said("nobody:m").contains("nobody"), "{}", said("nobody:m"));
        assert!(said("scripted:no/such/file").contains("no/such/file"));
        assert_eq!(later.lines.lock().unwrap().len(), 1, "what fails takes nothing away");
    }

    #[test]
    fn a_model_without_a_price_is_not_set_under_a_cap_in_dollars() {
        let limits = Limits { run: Cap { usd: Some(1.0), tokens: None }, ..Limits::default() };
        let options = Options { model: "ollama:a".into(), limits, ..Options::default() };
        let catalogue = Catalogue::shipped();
        let later = Voices::new(&options, &catalogue).later();
        assert!(later.make("ollama:b").is_ok());
        let said = later.make("http://gpu.lan/v1#b").err().unwrap();
        assert!(said.contains("the price of http://gpu.lan/v1#b is not known"), "{said}");
    }

    #[test]
    fn another_address_is_for_the_provider_of_the_runs_model_alone() {
        let options =
            Options { model: "openai:a".into(), base_url: Some("http://127.0.0.1:1/v1".into()), ..Options::default() };
        let catalogue = Catalogue::shipped();
        let voices = Voices::new(&options, &catalogue);
        let elsewhere = |text: &str| voices.elsewhere(&catalogue.providers.spec(text).unwrap());
        assert_eq!(elsewhere("openai:b"), options.base_url);
        assert_eq!(elsewhere("anthropic:b"), None);
        assert_eq!(elsewhere("http://host/v1#m"), None);
    }
}
