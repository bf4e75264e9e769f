//! Talking to models. Knows no other room: what a call is for, and what becomes of its text, is decided elsewhere.

pub mod chat;
mod failure;
mod headers;
mod http;
mod jitter;
mod limiter;
pub mod listing;
mod mask;
pub mod messages;
pub mod price;
pub mod provider;
pub mod quirk;
pub mod responses;
mod retry;
pub mod scripted;
mod think;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use http::{Patience, Proxies, client};
pub use limiter::{Limiter, Turn};
pub use retry::Retrying;
pub use wire::{ServerOptions, WireModel};

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub text: String,
}

/// One call, before it is put on any wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub messages: Vec<Message>,
    /// How many leading messages are the same in the next call of this run, so that a provider may cache them.
    pub stable: usize,
    /// Cap on the reply, in tokens.
    pub max_tokens: u32,
    /// The provider's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
}

/// A piece of a reply as it streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// Thought that is not part of the reply.
    Reasoning(String),
    Output(String),
    Waiting(Wait),
}

/// A try has failed, or a limiter holds this call, and the next try starts after `wait`. What streamed before is void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    pub why: String,
    pub wait: Duration,
}

/// What a provider counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// All that the model read, from a cache and into one included.
    pub input: u64,
    /// The part of the input that came from a cache.
    #[serde(default)]
    pub cached: u64,
    /// The part of the input that was written to a cache.
    #[serde(default)]
    pub cache_write: u64,
    /// All that the model wrote, thought included.
    pub output: u64,
    /// The part of the output that is thought; 0 as well when the provider does not tell it apart.
    #[serde(default)]
    pub reasoning: u64,
}

impl Tokens {
    /// No part is more than its whole, whatever a server counts.
    fn sound(self) -> Self {
        let cached = self.cached.min(self.input);
        let cache_write = self.cache_write.min(self.input - cached);
        Tokens { cached, cache_write, reasoning: self.reasoning.min(self.output), ..self }
    }
}

/// A finished call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    pub text: String,
    pub reasoning: String,
    /// `None` when the provider did not say.
    pub tokens: Option<Tokens>,
    /// The request as it went over the wire, without secrets.
    pub sent: Vec<u8>,
    /// The reply as it came, without secrets.
    pub received: Vec<u8>,
    /// Headers of the reply that are worth seeing, such as its id and the rate limits: names in lower case, values of
    /// at most 200 characters.
    pub headers: Vec<(String, String)>,
}

impl Reply {
    fn take(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::Reasoning(text) => self.reasoning.push_str(text),
            Chunk::Output(text) => self.text.push_str(text),
            Chunk::Waiting(_) => {}
        }
    }
}

/// Why a call brought no usable reply.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection came about, so nothing was sent and nothing was spent; trying again may help.
    #[error("{0}")]
    Unreached(String),
    /// The server failed or the stream broke off; trying again may help.
    #[error("{0}")]
    Transient(String),
    /// The server has too much to do, or asks for fewer requests; nothing was spent, and waiting helps.
    #[error("{why}")]
    Busy {
        why: String,
        /// How long to wait, in the server's own words.
        retry_after: Option<Duration>,
    },
    /// Trying again will not help.
    #[error("{0}")]
    Refused(String),
    /// The request does not fit the model's context; a shorter one may.
    #[error("{0}")]
    TooLong(String),
}

impl CallError {
    /// The same kind of error in other words.
    fn reworded(self, words: impl FnOnce(String) -> String) -> Self {
        match self {
            CallError::Unreached(why) => CallError::Unreached(words(why)),
            CallError::Transient(why) => CallError::Transient(words(why)),
            CallError::Busy { why, retry_after } => CallError::Busy { why: words(why), retry_after },
            CallError::Refused(why) => CallError::Refused(words(why)),
            CallError::TooLong(why) => CallError::TooLong(words(why)),
        }
    }
}

/// A model behind some wire.
#[async_trait]
pub trait Model: Send + Sync {
    /// `provider:model`, for the log and the screen.
    fn name(&self) -> &str;

    /// Sends one request and hands on each piece of the reply as it comes. Dropping the future ends the call.
    ///
    /// # Errors
    /// When no whole reply came; half a reply is never returned.
    async fn send(&self, request: &Request, on_chunk: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError>;
}
