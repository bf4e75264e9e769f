//! Which model answers which call, and what it costs.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    llm::{Model, Request, Tokens, price::Price},
    run::{CallKind, Role, Usage, estimate_tokens},
};

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
}

impl Models {
    /// One model for every role but those that have their own.
    #[must_use]
    pub fn new(all: Voice, roles: BTreeMap<Role, Voice>) -> Self {
        Models { all, roles }
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
