//! A server on a real socket that plays what a test tells it, for the tests of every wire.
#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses its part, and fails as tests do")]

use std::{
    convert::Infallible,
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use delm::llm::{
    CallError, Chunk, Message, Model, Patience, Proxies, Reply, Request, Role, ServerOptions, quirk::Quirks,
};
use futures_util::stream;
use tokio::net::TcpListener;

pub const KEY: &str = "sk-canary-7391";

/// What a call came to, and its chunks as they came.
pub type Outcome = (Result<Reply, CallError>, Vec<Chunk>);

/// Makes the model of the wire that is tested.
pub type Make<M> = fn(ServerOptions) -> Result<M, CallError>;

/// One answer of the server, with the requests it saw.
#[derive(Clone)]
pub struct Play {
    status: u16,
    kind: &'static str,
    /// Sent one by one.
    pieces: Vec<Vec<u8>>,
    /// A word in a request that this server objects to, and how.
    objection: Option<(&'static str, &'static str)>,
    pub seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Play {
    pub fn stream(pieces: &[&str]) -> Self {
        Play::bytes(pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect())
    }

    pub fn bytes(pieces: Vec<Vec<u8>>) -> Self {
        Play { status: 200, kind: "text/event-stream", pieces, objection: None, seen: Arc::default() }
    }

    pub fn page(status: u16, kind: &'static str, body: &str) -> Self {
        Play { status, kind, ..Play::stream(&[body]) }
    }

    /// Turns down every request that holds `word`, with 400 and this complaint.
    pub fn objecting(self, word: &'static str, complaint: &'static str) -> Self {
        Play { objection: Some((word, complaint)), ..self }
    }
}

async fn answer(State(play): State<Play>, headers: HeaderMap, body: Bytes) -> Response {
    let objection = play.objection.filter(|(word, _)| String::from_utf8_lossy(&body).contains(word));
    play.seen.lock().unwrap().push((headers, body));
    if let Some((_, complaint)) = objection {
        return (StatusCode::BAD_REQUEST, complaint).into_response();
    }
    let pieces = play.pieces.into_iter().map(Ok::<_, Infallible>);
    let status = StatusCode::from_u16(play.status).unwrap();
    (status, [("content-type", play.kind)], Body::from_stream(stream::iter(pieces))).into_response()
}

const FIVE: Duration = Duration::from_secs(5);

pub fn options(port: u16) -> ServerOptions {
    ServerOptions {
        name: "test:tiny".into(),
        base_url: format!("http://127.0.0.1:{port}/v1/"),
        model: "tiny".into(),
        key: Some(KEY.to_owned().into()),
        patience: Patience { connect: FIVE, first: FIVE, silence: FIVE },
        proxies: Proxies::None,
        quirks: Quirks::new(),
    }
}

pub fn request() -> Request {
    let message = |role, text: &str| Message { role, text: text.into() };
    let messages = vec![message(Role::System, "Be brief."), message(Role::User, "Hello?")];
    Request { messages, stable: 1, max_tokens: 100, temperature: None }
}

/// Asks a server that plays this at `path`. No outcome may hold the key.
pub async fn ask<M: Model + Debug>(make: Make<M>, path: &str, play: Play) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().route(path, post(answer)).with_state(play);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let outcome = ask_at(make, options(port)).await;
    server.abort();
    outcome
}

pub async fn ask_at<M: Model + Debug>(make: Make<M>, options: ServerOptions) -> Outcome {
    let model = make(options).unwrap();
    let mut chunks = vec![];
    let (request, mut on_chunk) = (request(), |chunk| chunks.push(chunk));
    let call = model.send(&request, &mut on_chunk);
    let reply = tokio::time::timeout(Duration::from_secs(60), call).await.expect("every call ends");
    assert!(!format!("{model:?} {reply:?}").contains(KEY));
    match &reply {
        Ok(reply) => assert!(!String::from_utf8_lossy(&reply.sent).contains(KEY)),
        Err(error) => assert!(!error.to_string().contains(KEY)),
    }
    (reply, chunks)
}

/// The text of the reply as it streamed.
pub fn said(chunks: &[Chunk]) -> String {
    let said = chunks.iter().filter_map(|chunk| match chunk {
        Chunk::Output(text) => Some(text.as_str()),
        Chunk::Reasoning(_) | Chunk::Waiting(_) => None,
    });
    said.collect()
}

/// A port where nobody listens.
pub async fn nobody() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}
