//! Which model answers which call, and what it costs. Models that are named while the run goes on are made when they
//! are first needed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::{
    llm::{CallError, Chunk, Model, Reply, Request, Tokens, price::Price},
    run::{CallKind, Role, Usage, estimate_tokens},
};

/// Makes models by their names. Making one may read files and run programs, and is never done where others wait.
pub trait Maker: Send + Sync {
    /// What a model costs; `None` is unknown, which is not free.
    fn price(&self, name: &str) -> Option<Price>;

    /// # Errors
    /// With a sentence that says why it cannot be had.
    fn make(&self, name: &str) -> Result<Voice, String>;
}

/// A model and its price; `None` is unknown, which is not free.
#[derive(Clone)]
pub struct Voice {
    pub model: Arc<dyn Model>,
    pub price: Option<Price>,
}

/// The models of a run.
#[derive(Clone)]
pub struct Models {
    all: Voice,
    roles: BTreeMap<Role, Voice>,
    /// `None` when no other can be had.
    maker: Option<Arc<dyn Maker>>,
    /// Others, by their names.
    named: Arc<Mutex<BTreeMap<String, Arc<Named>>>>,
}

impl Models {
    /// One model for every role but those that have their own.
    #[must_use]
    pub fn new(all: Voice, roles: BTreeMap<Role, Voice>) -> Self {
        Models { all, roles, maker: None, named: Arc::default() }
    }

    /// The same, and whatever `maker` can make.
    #[must_use]
    pub fn with_maker(self, maker: Arc<dyn Maker>) -> Self {
        Models { maker: Some(maker), ..self }
    }

    /// One model for everything.
    #[must_use]
    pub fn one(model: Arc<dyn Model>, price: Option<Price>) -> Self {
        Models::new(Voice { model, price }, BTreeMap::new())
    }

    #[must_use]
    pub fn of(&self, kind: CallKind) -> &Voice {
        self.roles.get(&kind.role()).unwrap_or(&self.all)
    }

    /// What answers under a name that was set while the run went on. It need not have been made yet: a call that it
    /// cannot answer for that fails with the reason.
    #[must_use]
    pub fn named(&self, name: &str) -> Voice {
        let named = self.find(name);
        Voice { price: named.price, model: named }
    }

    /// Makes a model now, unless it is made already.
    ///
    /// # Errors
    /// With a sentence that says why it cannot be had.
    pub async fn make(&self, name: &str) -> Result<(), String> {
        self.find(name).made().await.map(drop)
    }

    fn find(&self, name: &str) -> Arc<Named> {
        let mut named = self.named.lock().expect("nobody panics while holding the models");
        let one = named.entry(name.to_owned()).or_insert_with(|| {
            let price = self.maker.as_ref().and_then(|maker| maker.price(name));
            Arc::new(Named { name: name.to_owned(), price, maker: self.maker.clone(), made: OnceCell::new() })
        });
        Arc::clone(one)
    }
}

/// A model of which only the name and the price are known until it is needed.
struct Named {
    name: String,
    price: Option<Price>,
    maker: Option<Arc<dyn Maker>>,
    made: OnceCell<Arc<dyn Model>>,
}

impl Named {
    async fn made(&self) -> Result<&Arc<dyn Model>, String> {
        let make = || async {
            let Some(maker) = self.maker.clone() else {
                return Err("no other model can be had in this run".to_owned());
            };
            let name = self.name.clone();
            let made = tokio::task::spawn_blocking(move || maker.make(&name).map(|voice| voice.model)).await;
            made.unwrap_or_else(|_| Err("making it failed unexpectedly; the log file has more".to_owned()))
        };
        self.made.get_or_try_init(make).await
    }
}

#[async_trait]
impl Model for Named {
    fn name(&self) -> &str {
        &self.name
    }

    async fn send(&self, request: &Request, on_chunk: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError> {
        match self.made().await {
            Ok(model) => model.send(request, on_chunk).await,
            // Nobody received it, so it costs nothing.
            Err(why) => Err(CallError::Unreached(why)),
        }
    }
}

impl Voice {
    /// The most that a request may use. Its tokens are not known before it is sent: a third of its bytes is more than
    /// the tokenizers in use make of prose, code or CJK.
    #[must_use]
    pub fn worst(&self, request: &Request) -> Usage {
        let bytes: usize = request.messages.iter().map(|message| message.text.len() + FRAME_BYTES).sum();
        let (input_tokens, output_tokens) = (bytes.div_ceil(3) as u64, u64::from(request.max_tokens));
        let usd = self.price.map(|price| price.worst(input_tokens, output_tokens));
        Usage { input_tokens, output_tokens, estimated_tokens: input_tokens, usd, ..Usage::NONE }
    }

    /// What a call used, as its provider counted.
    #[must_use]
    pub fn counted(&self, tokens: Tokens) -> Usage {
        Usage {
            input_tokens: tokens.input,
            cached_tokens: tokens.cached,
            cache_write_tokens: tokens.cache_write,
            output_tokens: tokens.output,
            reasoning_tokens: tokens.reasoning,
            estimated_tokens: 0,
            usd: self.price.map(|price| price.of(tokens)),
        }
    }

    /// What a call used that nobody counted, by the method's estimate: `written` characters came back.
    #[must_use]
    pub fn estimated(&self, request: &Request, written: usize) -> Usage {
        let read = request.messages.iter().map(|message| message.text.chars().count()).sum();
        let tokens = Tokens { input: estimate_tokens(read), output: estimate_tokens(written), ..Tokens::default() };
        Usage { estimated_tokens: tokens.input + tokens.output, ..self.counted(tokens) }
    }
}

/// What a message costs beside its text, in bytes: its role and its marks.
const FRAME_BYTES: usize = 24;
