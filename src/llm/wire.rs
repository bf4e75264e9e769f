//! What every wire shares: one HTTP request out, one stream of events back, and how its failures read.
//!
//! Keys go into a header and nowhere else: not into what is recorded, not into errors, not into `Debug`.

mod stream;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout_at};

use super::{
    CallError, Chunk, Model, Reply, Request, failure, headers,
    http::{self, Patience, Proxies},
    mask::Mask,
    quirk::Quirks,
};

/// Where the pieces of a reply go as they come.
pub type OnChunk<'a> = &'a mut (dyn FnMut(Chunk) + Send);

/// One wire format: what it wants of every request, how it writes one, and how it reads the answer.
pub trait Wire: Send + Sync + 'static {
    /// What follows the base URL.
    const PATH: &'static str;
    /// The header of the key, in lower case, and what stands before the key in it.
    const KEY: (&'static str, &'static str);
    /// Headers of every request, names in lower case.
    const HEADERS: &'static [(&'static str, &'static str)];
    type Dialect: Dialect;
    type Fold: Fold;
}

/// How requests are written, as far as servers differ in it.
pub trait Dialect: Copy + Default + Send + Sync {
    /// What is left out from the first request on.
    fn knowing(quirks: &Quirks) -> Self;

    /// The request as JSON.
    fn body(self, model: &str, request: &Request) -> Vec<u8>;

    /// What to say instead when a server did not understand the request because of a field; `None` when it is not about
    /// one. Each step gives something up, so steps end.
    fn without_what(self, complaint: &str) -> Option<Self>;
}

/// One reply as far as it has come.
pub trait Fold: Default + Send {
    /// How many events said something; signs of life do not.
    fn events(&self) -> usize;

    /// Whether the model has stopped; only its counts may still come.
    fn is_stopped(&self) -> bool;

    /// Whether the stream said that it is over.
    fn is_done(&self) -> bool;

    /// Takes the data of one event.
    ///
    /// # Errors
    /// When it says that the call failed, or says nothing that can be read.
    fn event(&mut self, data: &str, on_chunk: OnChunk<'_>) -> Result<(), CallError>;

    /// Takes the body of a server that does not stream, if there is one.
    ///
    /// # Errors
    /// When it is no reply.
    fn whole(&mut self, body: &str, on_chunk: OnChunk<'_>) -> Result<(), CallError>;

    /// The reply, when it is whole. A reply that ran into its cap is given as it is unless nothing came before the cap.
    /// `broken` says why the stream broke off, if it did.
    ///
    /// # Errors
    /// `Transient` or `Busy` when the stream broke off, `Refused` or `TooLong` when the model stopped for a reason that
    /// will hold again.
    fn finish(self, broken: Option<String>, max_tokens: u32, on_chunk: OnChunk<'_>) -> Result<Reply, CallError>;
}

/// Which server, which model, and how to reach it.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// `provider:model`, for the log and the screen.
    pub name: String,
    /// Up to and without the path of the wire, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// As the server knows it.
    pub model: String,
    pub key: Option<SecretString>,
    pub patience: Patience,
    pub proxies: Proxies,
    pub quirks: Quirks,
}

/// A model behind a server that speaks the wire `W`.
pub struct WireModel<W: Wire> {
    options: ServerOptions,
    address: Url,
    headers: HeaderMap,
    client: Client,
    mask: Mask,
    /// What this server turned out to understand.
    dialect: Mutex<W::Dialect>,
}

impl<W: Wire> fmt::Debug for WireModel<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireModel").field("options", &self.options).finish_non_exhaustive()
    }
}

impl<W: Wire> WireModel<W> {
    /// # Errors
    /// `Refused` when the address or the key cannot be used; nothing is sent yet.
    pub fn new(options: ServerOptions) -> Result<Self, CallError> {
        let client = http::client(options.patience, options.proxies)?;
        WireModel::over(client, options)
    }

    /// The same over a client that other models use too.
    ///
    /// # Errors
    /// As [`WireModel::new`].
    pub fn over(client: Client, options: ServerOptions) -> Result<Self, CallError> {
        let refused = |why: &str| CallError::Refused(format!("{}: {why}", options.name));
        let address = format!("{}/{}", options.base_url.trim_end_matches('/'), W::PATH);
        let address = Url::parse(&address).map_err(|why| refused(&format!("the base URL is no address ({why})")))?;
        if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
            return Err(refused("the base URL must begin with http:// or https://"));
        }
        if !address.username().is_empty() || address.password().is_some() {
            return Err(refused("the base URL must not hold a password; a key belongs where keys are set"));
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for &(name, value) in W::HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        if let Some(key) = &options.key {
            let (name, before) = W::KEY;
            let mut value = HeaderValue::from_str(&format!("{before}{}", key.expose_secret().trim()))
                .map_err(|_| refused("the key has characters that no key has"))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let dialect = Mutex::new(W::Dialect::knowing(&options.quirks));
        let mask = Mask::of(options.key.as_ref());
        Ok(WireModel { options, address, headers, client, mask, dialect })
    }

    /// Sends the request in the dialect known so far, and in another one where the server objects to a field. Gives what
    /// was sent, when, and the answer to it.
    async fn open(&self, request: &Request) -> Result<(Vec<u8>, Instant, Response), CallError> {
        let patience = self.options.patience;
        loop {
            let dialect = *self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = dialect.body(&self.options.model, request);
            let post = self.client.post(self.address.clone()).headers(self.headers.clone()).body(sent.clone());
            let began = Instant::now();
            let deadline = began + patience.first;
            let response = match timeout_at(deadline, post.send()).await {
                Ok(Ok(response)) => response,
                Ok(Err(error)) if error.is_connect() => {
                    return Err(CallError::Unreached(http::sentence(error, patience)));
                }
                Ok(Err(error)) => return Err(CallError::Transient(http::sentence(error, patience))),
                Err(_) => return Err(CallError::Transient(stream::silent(patience.first, stream::BEFORE))),
            };
            let status = response.status();
            if status.is_success() {
                return Ok((sent, began, response));
            }
            let headers = response.headers().clone();
            // Hidden before it is cut short, or half a key could stay.
            let body = self.mask.text(&http::refusal(response, deadline).await);
            // A complaint about length may name fields too.
            let misread = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY)
                && !failure::says_too_long(status, &body);
            match dialect.without_what(&body).filter(|_| misread) {
                Some(simpler) => *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = simpler,
                None => return Err(failure::turned_down(status, &headers, &body)),
            }
        }
    }

    async fn try_send(&self, request: &Request, on_chunk: OnChunk<'_>) -> Result<Reply, CallError> {
        let (sent, began, response) = self.open(request).await?;
        let reply = self.take(response, began, request.max_tokens, on_chunk).await?;
        Ok(Reply { sent: self.mask.bytes(&sent), ..reply })
    }

    /// Reads an answer to its end, `sent` left empty.
    async fn take(
        &self,
        response: Response,
        began: Instant,
        max_tokens: u32,
        on_chunk: OnChunk<'_>,
    ) -> Result<Reply, CallError> {
        let headers = headers::worth_seeing(response.headers(), &self.mask);
        let mut veil = self.mask.veil();
        let mut veiled = |chunk| veil.pass(chunk).into_iter().for_each(&mut *on_chunk);
        let reading = stream::Reading { mask: &self.mask, patience: self.options.patience, began, max_tokens };
        let reply = reading.read::<W::Fold>(response, &mut veiled).await?;
        let (rest, in_pieces) = veil.finish();
        rest.for_each(on_chunk);
        Ok(Reply {
            text: self.mask.text(&reply.text),
            reasoning: self.mask.text(&reply.reasoning),
            tokens: reply.tokens,
            sent: vec![],
            // Pieces of a key that lie apart in the record could be put together again.
            received: if in_pieces {
                b"[not kept: the key in pieces]".to_vec()
            } else {
                self.mask.bytes(&reply.received)
            },
            headers,
        })
    }

    /// What [`Model::send`] does once a server has answered, with an answer from elsewhere: the door for fuzzing.
    #[doc(hidden)]
    pub async fn read(&self, response: Response, max_tokens: u32, on_chunk: OnChunk<'_>) -> Result<Reply, CallError> {
        let read = self.take(response, Instant::now(), max_tokens, on_chunk).await;
        read.map_err(|error| self.named(error))
    }

    /// The error with the model's name before it and no key in it.
    fn named(&self, error: CallError) -> CallError {
        error.reworded(|why| format!("{}: {}", self.options.name, self.mask.text(&why)))
    }
}

#[async_trait]
impl<W: Wire> Model for WireModel<W> {
    fn name(&self) -> &str {
        &self.options.name
    }

    async fn send(&self, request: &Request, on_chunk: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError> {
        let sent = self.try_send(request, on_chunk).await;
        sent.map_err(|error| self.named(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{chat::ChatModel, messages::MessagesModel};

    fn options(base_url: &str, key: &str) -> ServerOptions {
        ServerOptions {
            name: "test:m".into(),
            base_url: base_url.into(),
            model: "m".into(),
            key: Some(key.to_owned().into()),
            patience: Patience::default(),
            proxies: Proxies::None,
            quirks: Quirks::new(),
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
        assert!(!format!("{model:?} {:?} {:?}", model.options, model.headers).contains("canary"));
        assert_eq!(model.address.as_str(), "http://host/v1/chat/completions");
        assert_eq!(model.headers["authorization"], "Bearer canary");
    }

    #[test]
    fn each_wire_has_its_own_header_for_the_key() {
        let model = MessagesModel::new(options("http://host/v1", " canary\n")).unwrap();
        assert!(!format!("{model:?} {:?}", model.headers).contains("canary"));
        assert_eq!(model.address.as_str(), "http://host/v1/messages");
        assert_eq!(
            (&model.headers["x-api-key"], model.headers.get("authorization")),
            (&"canary".parse().unwrap(), None)
        );
        assert_eq!(model.headers["anthropic-version"], "2023-06-01");
    }
}
