//! What there is to think with on this machine: keys by the names of their providers, servers that answer, and the reasoner
//! without a model. Nothing found here is used until somebody has chosen it: no key is sent anywhere.

use std::time::Duration;

use futures_util::future::join_all;

use reqwest::Client;

use crate::llm::{
    self, CallError, Patience, Proxies,
    listing::{self, Reach},
    provider::{Provider, Providers},
};

use super::{Key, KeySource};

/// How long a server on this machine may take.
pub const HERE: Duration = Duration::from_millis(300);
/// How long one elsewhere may take.
const ELSEWHERE: Duration = Duration::from_secs(5);

/// Something to think with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A server on this machine answers, and has this model.
    Model {
        provider: String,
        model: String,
    },
    /// There is a key for this provider; which models it opens is not known before it is used.
    Key {
        provider: String,
        source: KeySource,
    },
    Extractive,
}

/// Asks servers whether they are there. Clients take long to make beside what a server on this machine may take, so they
/// are made before anything is asked.
pub struct Probe {
    here: Client,
    elsewhere: Client,
}

impl Probe {
    /// # Errors
    /// When the TLS library does not start.
    pub fn new() -> Result<Self, CallError> {
        let client = |proxies| llm::client(Patience::default(), proxies);
        Ok(Probe { here: client(Proxies::None)?, elsewhere: client(Proxies::Environment)? })
    }

    /// How a provider's server answers. A key is for providers that somebody has chosen.
    pub async fn reach(&self, provider: &Provider, key: Option<&Key>) -> Reach {
        let (client, patience) = match provider.is_here() {
            true => (&self.here, HERE),
            false => (&self.elsewhere, ELSEWHERE),
        };
        listing::ask(client, &provider.base_url, provider.wire, key.map(|key| &key.secret), patience).await
    }

    /// All there is: servers on this machine first, then keys, then the reasoner without a model.
    pub async fn find(&self, providers: &Providers) -> Vec<Found> {
        let local = providers.iter().filter(|provider| provider.local && provider.is_here());
        let models = join_all(local.map(async |provider| {
            let name = &provider.name;
            match self.reach(provider, None).await {
                Reach::Models(models) => {
                    models.into_iter().map(|model| Found::Model { provider: name.clone(), model }).collect()
                }
                Reach::WantsKey | Reach::Answers(_) | Reach::Unreached(_) => vec![],
            }
        }));
        let mut found: Vec<Found> = models.await.into_iter().flatten().collect();
        let remote = providers.iter().filter(|provider| !provider.local);
        let key = |provider: &Provider| {
            Some(Found::Key { provider: provider.name.clone(), source: KeySource::of(provider)? })
        };
        found.extend(remote.filter_map(key));
        found.push(Found::Extractive);
        found
    }
}
