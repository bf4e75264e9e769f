//! The OpenAI Chat Completions wire, as OpenAI and the many servers that imitate it speak it.
//!
//! Keys go into the header and nowhere else: not into what is recorded, not into errors, not into `Debug`.

mod dialect;
mod fold;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{Stream, StreamExt, stream};
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{AUTHORIZATION, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use sse_stream::{Sse, SseByteStream};
use tokio::time::{Instant, timeout_at};

use super::{
    CallError, Chunk, Model, Reply, Request,
    http::{self, Patience, Proxies},
};
use dialect::Dialect;
use fold::Fold;

/// A reply that is longer than this many bytes on the wire is no reply.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// How long the counts of a reply that is whole are waited for.
const COUNTS: Duration = Duration::from_secs(10);

/// Which server, which model, and how to reach it.
#[derive(Debug, Clone)]
pub struct ChatOptions {
    /// `provider:model`, for the log and the screen.
    pub name: String,
    /// Up to and without `/chat/completions`, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// As the server knows it.
    pub model: String,
    pub key: Option<SecretString>,
    pub patience: Patience,
    pub proxies: Proxies,
}

/// A model behind one such server.
pub struct ChatModel {
    options: ChatOptions,
    address: Url,
    bearer: Option<HeaderValue>,
    client: Client,
    /// What this server turned out to understand.
    dialect: Mutex<Dialect>,
}

impl fmt::Debug for ChatModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatModel").field("options", &self.options).finish_non_exhaustive()
    }
}

impl ChatModel {
    /// # Errors
    /// `Refused` when the address or the key cannot be used; nothing is sent yet.
    pub fn new(options: ChatOptions) -> Result<Self, CallError> {
        let refused = |why: &str| CallError::Refused(format!("{}: {why}", options.name));
        let address = format!("{}/chat/completions", options.base_url.trim_end_matches('/'));
        let address = Url::parse(&address).map_err(|why| refused(&format!("the base URL is no address ({why})")))?;
        if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
            return Err(refused("the base URL must begin with http:// or https://"));
        }
        if !address.username().is_empty() || address.password().is_some() {
            return Err(refused("the base URL must not hold a password; a key belongs where keys are set"));
        }
        let bearer = options.key.as_ref().map(|key| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim()))
                .map_err(|_| refused("the key has characters that no key has"))?;
            value.set_sensitive(true);
            Ok(value)
        });
        let bearer = bearer.transpose()?;
        let client = http::client(options.patience, options.proxies)?;
        Ok(ChatModel { options, address, bearer, client, dialect: Mutex::default() })
    }

    /// Sends the request in the dialect known so far, and in another one where the server objects to a field.
    async fn open(&self, request: &Request) -> Result<(Vec<u8>, Response), CallError> {
        loop {
            let dialect = *self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = dialect.body(&self.options.model, request);
            let mut post = self.client.post(self.address.clone()).header("content-type", "application/json");
            if let Some(bearer) = &self.bearer {
                post = post.header(AUTHORIZATION, bearer.clone());
            }
            let answer = post.body(sent.clone()).send().await;
            let response = answer.map_err(|error| {
                let unreached = error.is_connect();
                let why = self.clean(&http::sentence(error));
                if unreached { CallError::Unreached(why) } else { CallError::Transient(why) }
            })?;
            let status = response.status();
            if status.is_success() {
                return Ok((sent, response));
            }
            let body = http::refusal(response).await;
            match dialect.without_what(status, &body) {
                // Each step gives up one field, so this ends.
                Some(simpler) => *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = simpler,
                None => return Err(self.turned_down(status, &body)),
            }
        }
    }

    /// The error for a status that is no success.
    fn turned_down(&self, status: StatusCode, body: &str) -> CallError {
        // Some servers call an empty purse a rate limit; waiting does not fill it.
        let broke = status == StatusCode::PAYMENT_REQUIRED || body.contains("insufficient_quota");
        let meaning = match status.as_u16() {
            _ if broke => "the account has no credit left",
            400 | 422 => "the server did not understand the request",
            401 => "the server did not accept the key",
            403 => "the key may not use this model",
            404 => "there is no such model or address",
            408 => "the server gave up waiting",
            413 => "the request is too long for the server",
            429 => "the server asks for fewer requests",
            500.. => "the server failed",
            _ => "the server turned the request down",
        };
        // Hidden before it is cut short, or half a key could stay.
        let detail = http::detail(&self.without_key(body));
        let sentence = format!("{}: {meaning} ({}): {detail}", self.options.name, status.as_u16());
        match status.as_u16() {
            _ if broke => CallError::Refused(sentence),
            408 | 409 | 425 | 429 | 500.. => CallError::Transient(sentence),
            _ => CallError::Refused(sentence),
        }
    }

    /// Folds events until the stream is over. Gives why it broke off, if it did.
    async fn drain<E>(
        &self,
        events: &mut E,
        fold: &mut Fold,
        on_chunk: &mut (dyn FnMut(Chunk) + Send),
    ) -> Result<Option<String>, CallError>
    where
        E: Stream<Item = Result<Sse, sse_stream::Error>> + Unpin + Send,
    {
        let silence = self.options.patience.silence;
        // Comments keep a connection alive, but they are no progress.
        let mut deadline = Instant::now() + silence;
        while !fold.is_done() {
            let event = match timeout_at(deadline, events.next()).await {
                Ok(Some(Ok(event))) => event,
                Ok(Some(Err(sse_stream::Error::Body(body)))) => return Ok(Some(body.to_string())),
                Ok(Some(Err(error))) => return Ok(Some(format!("the stream is garbled ({error})"))),
                Ok(None) => break,
                Err(_) => return Ok(Some(format!("nothing but signs of life came for {silence:?}"))),
            };
            let Some(data) = event.data else { continue };
            fold.event(&data, on_chunk).map_err(|error| error.reworded(|why| self.clean(&why)))?;
            deadline = Instant::now() + if fold.is_stopped() { COUNTS.min(silence) } else { silence };
        }
        Ok(None)
    }

    /// A sentence of an error, under the model's name.
    fn clean(&self, text: &str) -> String {
        format!("{}: {}", self.options.name, self.without_key(text))
    }

    /// A server may quote the key in its complaint.
    fn without_key(&self, text: &str) -> String {
        let key = self.options.key.as_ref().map_or("", |key| key.expose_secret().trim());
        if key.is_empty() { text.to_owned() } else { text.replace(key, "[key]") }
    }
}

/// What can go wrong while a body comes in.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("{0}")]
    Broke(String),
    #[error("the reply is longer than {} MiB", MOST_BYTES / 1024 / 1024)]
    TooLong,
}

#[async_trait]
impl Model for ChatModel {
    fn name(&self) -> &str {
        &self.options.name
    }

    async fn send(&self, request: &Request, on_chunk: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError> {
        let (sent, response) = self.open(request).await?;
        let mut received = Vec::new();
        let mut fold = Fold::default();
        let pieces = response.bytes_stream().map(|piece| {
            let piece = piece.map_err(|error| BodyError::Broke(http::sentence(error)))?;
            received.extend_from_slice(&piece);
            if received.len() > MOST_BYTES { Err(BodyError::TooLong) } else { Ok(piece) }
        });
        // Servers forget the blank line behind the last event.
        let end = stream::once(std::future::ready(Ok("\n\n".into())));
        let mut events = SseByteStream::new(Box::pin(pieces.chain(end)));
        let broken = self.drain(&mut events, &mut fold, on_chunk).await?;
        drop(events);
        if fold.is_empty() && broken.is_none() {
            // A server that does not stream answers with one object, which has no event in it.
            fold.whole(&received, on_chunk).map_err(|error| error.reworded(|why| self.clean(&why)))?;
        }
        let mut reply = fold.finish(broken, request.max_tokens, on_chunk);
        if let Ok(reply) = &mut reply {
            (reply.sent, reply.received) = (sent, received);
        }
        reply.map_err(|error| error.reworded(|why| self.clean(&why)))
    }
}

impl CallError {
    /// The same kind of error in other words.
    fn reworded(self, words: impl FnOnce(String) -> String) -> Self {
        match self {
            CallError::Unreached(why) => CallError::Unreached(words(why)),
            CallError::Transient(why) => CallError::Transient(words(why)),
            CallError::Refused(why) => CallError::Refused(words(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(base_url: &str, key: &str) -> ChatOptions {
        ChatOptions {
            name: "test:m".into(),
            base_url: base_url.into(),
            model: "m".into(),
            key: Some(key.to_owned().into()),
            patience: Patience::default(),
            proxies: Proxies::None,
        }
    }

    #[test]
    fn an_unusable_address_or_key_is_refused_without_quoting_the_key() {
        let error = |base_url, key| ChatModel::new(options(base_url, key)).unwrap_err().to_string();
        assert!(error("not an address", "k").contains("the base URL"));
        assert!(error("ftp://host/v1", "k").contains("must begin with"));
        assert!(error("http://me:canary@host/v1", "k").contains("must not hold a password"));
        assert!(!error("http://host/v1", "can\nary").contains("ary"));
    }

    #[test]
    fn debug_shows_no_key() {
        let model = ChatModel::new(options("http://host/v1/", "canary")).unwrap();
        assert!(!format!("{model:?} {:?}", model.options).contains("canary"));
        assert_eq!(model.address.as_str(), "http://host/v1/chat/completions");
    }

    #[test]
    fn what_is_worth_another_try_is_told_from_what_is_not() {
        let model = ChatModel::new(options("http://host/v1", "canary")).unwrap();
        let error = |status: u16, body: &str| model.turned_down(StatusCode::from_u16(status).unwrap(), body);
        assert!(matches!(error(429, "slow down"), CallError::Transient(_)));
        assert!(matches!(error(503, ""), CallError::Transient(_)));
        assert!(matches!(error(404, ""), CallError::Refused(_)));
        assert!(matches!(error(429, r#"{"error":{"code":"insufficient_quota"}}"#), CallError::Refused(_)));
        let why = error(401, r#"{"error":{"message":"Incorrect key canary."}}"#).to_string();
        assert_eq!(why, "test:m: the server did not accept the key (401): Incorrect key [key].");
    }
}
