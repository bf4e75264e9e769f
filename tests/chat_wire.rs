//! The Chat Completions wire against a server on a real socket: whole streams, cut ones, broken ones, and those of
//! servers that do it their own way.

#![allow(clippy::unwrap_used)] // Helpers of tests fail as tests do.

use std::{
    convert::Infallible,
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
    CallError, Chunk, Message, Model, Patience, Proxies, Reply, Request, Role, Tokens,
    chat::{ChatModel, ChatOptions},
};
use futures_util::stream;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const KEY: &str = "sk-canary-7391";

const HELLO: &str = concat!(
    r#"data: {"choices":[{"delta":{"role":"assistant","content":""}}]}"#,
    "\n\n",
    r#"data: {"choices":[{"delta":{"content":"naïve "}}]}"#,
    "\n\n",
    r#"data: {"choices":[{"delta":{"content":"“words”"},"finish_reason":"stop"}]}"#,
    "\n\n",
    r#"data: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":3}}"#,
    "\n\ndata: [DONE]\n\n"
);

/// One answer of the server, with the requests it saw.
#[derive(Clone)]
struct Play {
    status: u16,
    kind: &'static str,
    /// Sent one by one.
    pieces: Vec<Vec<u8>>,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Play {
    fn stream(pieces: &[&str]) -> Self {
        Play::bytes(pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect())
    }

    fn bytes(pieces: Vec<Vec<u8>>) -> Self {
        Play { status: 200, kind: "text/event-stream", pieces, seen: Arc::default() }
    }

    fn page(status: u16, kind: &'static str, body: &str) -> Self {
        Play { status, kind, ..Play::stream(&[body]) }
    }
}

async fn answer(State(play): State<Play>, headers: HeaderMap, body: Bytes) -> Response {
    play.seen.lock().unwrap().push((headers, body));
    let pieces = play.pieces.into_iter().map(Ok::<_, Infallible>);
    let status = StatusCode::from_u16(play.status).unwrap();
    (status, [("content-type", play.kind)], Body::from_stream(stream::iter(pieces))).into_response()
}

fn options(port: u16) -> ChatOptions {
    ChatOptions {
        name: "test:tiny".into(),
        base_url: format!("http://127.0.0.1:{port}/v1"),
        model: "tiny".into(),
        key: Some(KEY.to_owned().into()),
        patience: Patience { connect: Duration::from_secs(5), silence: Duration::from_secs(5) },
        proxies: Proxies::None,
    }
}

fn request() -> Request {
    let message = |role, text: &str| Message { role, text: text.into() };
    let messages = vec![message(Role::System, "Be brief."), message(Role::User, "Hello?")];
    Request { messages, stable: 1, max_tokens: 100, temperature: None }
}

/// Asks a server that plays this; gives the outcome and the chunks as they came. No outcome may hold the key.
async fn ask(play: Play) -> (Result<Reply, CallError>, Vec<Chunk>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().route("/v1/chat/completions", post(answer)).with_state(play);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let outcome = ask_port(port, options(port)).await;
    server.abort();
    outcome
}

async fn ask_port(port: u16, options: ChatOptions) -> (Result<Reply, CallError>, Vec<Chunk>) {
    let model = ChatModel::new(ChatOptions { base_url: format!("http://127.0.0.1:{port}/v1/"), ..options }).unwrap();
    let mut chunks = vec![];
    let reply = model.send(&request(), &mut |chunk| chunks.push(chunk)).await;
    assert!(!format!("{model:?} {reply:?}").contains(KEY));
    match &reply {
        Ok(reply) => assert!(!String::from_utf8_lossy(&reply.sent).contains(KEY)),
        Err(error) => assert!(!error.to_string().contains(KEY)),
    }
    (reply, chunks)
}

async fn transient(play: Play) -> String {
    match ask(play).await.0 {
        Err(CallError::Transient(why)) => why,
        other => panic!("{other:?}"),
    }
}

async fn refused(play: Play) -> String {
    match ask(play).await.0 {
        Err(CallError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_clean_stream_is_a_reply() {
    let play = Play::stream(&[HELLO]);
    let (reply, chunks) = ask(play.clone()).await;
    let reply = reply.unwrap();
    assert_eq!(reply.text, "naïve “words”");
    assert_eq!(reply.tokens, Some(Tokens { input: 12, output: 3 }));
    assert_eq!(chunks, [Chunk::Output("naïve ".into()), Chunk::Output("“words”".into())]);
    assert_eq!(reply.received, HELLO.as_bytes());
    let seen = play.seen.lock().unwrap();
    assert_eq!(seen[0].0["authorization"], format!("Bearer {KEY}"));
    assert_eq!(seen[0].1, reply.sent);
}

#[tokio::test]
async fn a_stream_may_be_cut_anywhere() {
    let crlf = format!("\u{feff}: ping\r\n\r\nevent: message\r\n{}", HELLO.replace('\n', "\r\n"));
    for text in [HELLO, &crlf] {
        let (reply, _) = ask(Play::bytes(text.bytes().map(|byte| vec![byte]).collect())).await;
        assert_eq!(reply.unwrap().text, "naïve “words”");
    }
}

#[tokio::test]
async fn the_last_blank_line_and_the_usage_may_be_missing() {
    let text = HELLO.split("data: {\"choices\":[],").next().unwrap().trim_end();
    let reply = ask(Play::stream(&[text])).await.0.unwrap();
    assert_eq!((reply.text.as_str(), reply.tokens), ("naïve “words”", None));
}

#[tokio::test]
async fn thought_is_told_apart_however_it_comes() {
    let tags = [
        r#"data: {"choices":[{"delta":{"content":"<thi"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"nk>h"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"m</thin"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"k>\n\nyes"},"finish_reason":"stop"}]}"#,
        "\n\n",
    ];
    let field = [
        "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\",\"content\":null}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"yes\"}}]}\n\ndata: [DONE]\n\n",
    ];
    for pieces in [&tags[..], &field[..]] {
        let (reply, chunks) = ask(Play::stream(pieces)).await;
        let reply = reply.unwrap();
        assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("hm", "yes"));
        assert_eq!(chunks.last(), Some(&Chunk::Output("yes".into())));
    }
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let body = r#"{"choices":[{"message":{"content":"<think>hm</think>yes"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let (reply, chunks) = ask(Play::page(200, "application/json", body)).await;
    let reply = reply.unwrap();
    assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), ("yes", "hm"));
    assert_eq!(reply.tokens, Some(Tokens { input: 1, output: 2 }));
    assert_eq!(chunks.len(), 2);
}

#[tokio::test]
async fn refusals_name_their_cause() {
    let echo = format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY}."}}}}"#);
    let why = refused(Play::page(401, "application/json", &echo)).await;
    assert_eq!(why, "test:tiny: the server did not accept the key (401): Incorrect API key provided: [key].");
    let why = refused(Play::page(404, "text/html", "<html><title>Not here</title></html>")).await;
    assert_eq!(why, "test:tiny: there is no such model or address (404): an HTML page, “Not here”");
    let why = refused(Play::page(200, "text/html", "<html><title>Login</title></html>")).await;
    assert_eq!(why, "test:tiny: the answer is no completion but an HTML page, “Login”");
}

#[tokio::test]
async fn failures_that_may_pass_are_transient() {
    let why = transient(Play::page(429, "application/json", r#"{"error":{"message":"slow down"}}"#)).await;
    assert_eq!(why, "test:tiny: the server asks for fewer requests (429): slow down");
    assert!(transient(Play::page(500, "text/plain", "")).await.contains("the server failed (500)"));
    let page = format!("<html><title>502 Bad Gateway</title>{}</html>", "x".repeat(200_000));
    let why = transient(Play::page(502, "text/html", &page)).await;
    assert!(why.ends_with("an HTML page, “502 Bad Gateway”"), "{why}");
}

#[tokio::test]
async fn half_a_stream_is_never_a_reply() {
    let start = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n";
    assert!(transient(Play::stream(&[start])).await.contains("ended in the middle"));
    assert!(transient(Play::stream(&[])).await.contains("empty reply"));
    assert!(transient(Play::stream(&[": ping\n\n"])).await.starts_with("test:tiny: "));
    assert!(transient(Play::stream(&[start, "data: {\"choices\":[{\"del"])).await.contains("garbled"));
    assert!(transient(Play::stream(&[start, "data: {not json}\n\n"])).await.contains("garbled"));
    let why =
        transient(Play::stream(&[start, "data: {\"error\":{\"message\":\"upstream died\",\"code\":502}}\n\n"])).await;
    assert_eq!(why, "test:tiny: the server reports: upstream died");
    let why = refused(Play::stream(&["data: {\"error\":{\"message\":\"too long\",\"code\":400}}\n\n"])).await;
    assert_eq!(why, "test:tiny: the server reports: too long");
}

/// Answers one request with these bytes and then closes the connection, or keeps it open and silent.
async fn raw_server(bytes: &'static str, then: Ending) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        let _ = socket.read(&mut head).await;
        socket.write_all(bytes.as_bytes()).await.unwrap();
        socket.flush().await.unwrap();
        match then {
            Ending::Reset => {}
            Ending::Silence => std::future::pending().await,
            // Ends when the client hangs up.
            Ending::Pings => {
                let mut beat = tokio::time::interval(Duration::from_millis(5));
                while socket.write_all(b": ping\n\n").await.is_ok() {
                    beat.tick().await;
                }
            }
        }
    });
    port
}

enum Ending {
    Reset,
    Silence,
    Pings,
}

/// Promises more bytes than come.
const PROMISED: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n";

#[tokio::test]
async fn a_reset_in_the_stream_is_transient() {
    let port = raw_server(PROMISED, Ending::Reset).await;
    let (reply, chunks) = ask_port(port, options(port)).await;
    assert!(matches!(&reply, Err(CallError::Transient(why)) if why.contains("broke off")), "{reply:?}");
    assert_eq!(chunks, [Chunk::Output("half".into())]);
}

#[tokio::test]
async fn silence_ends_the_wait() {
    let port = raw_server(PROMISED, Ending::Silence).await;
    let patience = Patience { silence: Duration::from_millis(50), ..options(port).patience };
    let (reply, _) = ask_port(port, ChatOptions { patience, ..options(port) }).await;
    assert!(matches!(&reply, Err(CallError::Transient(why)) if why.contains("silent")), "{reply:?}");
}

#[tokio::test]
async fn silence_before_the_first_byte_ends_the_wait() {
    let port = raw_server("", Ending::Silence).await;
    let patience = Patience { silence: Duration::from_millis(50), ..options(port).patience };
    let (reply, _) = ask_port(port, ChatOptions { patience, ..options(port) }).await;
    assert!(matches!(&reply, Err(CallError::Transient(why)) if why.contains("silent")), "{reply:?}");
}

#[tokio::test]
async fn signs_of_life_alone_are_no_progress() {
    let port = raw_server(PROMISED, Ending::Pings).await;
    let patience = Patience { silence: Duration::from_millis(100), ..options(port).patience };
    let (reply, chunks) = ask_port(port, ChatOptions { patience, ..options(port) }).await;
    assert!(matches!(&reply, Err(CallError::Transient(why)) if why.contains("signs of life")), "{reply:?}");
    assert_eq!(chunks.len(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let (reply, _) = ask_port(port, options(port)).await;
    assert!(matches!(&reply, Err(CallError::Unreached(why)) if why.contains("not reached")), "{reply:?}");
}

async fn particular(State(play): State<Play>, headers: HeaderMap, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    if text.contains("\"max_tokens\"") {
        let complaint = r#"{"error":{"message":"Use 'max_completion_tokens' instead of 'max_tokens'."}}"#;
        return (StatusCode::BAD_REQUEST, complaint).into_response();
    }
    answer(State(play), headers, body).await
}

#[tokio::test]
async fn a_field_that_the_server_objects_to_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().route("/v1/chat/completions", post(particular)).with_state(Play::stream(&[HELLO]));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let (reply, _) = ask_port(port, options(port)).await;
    let reply = reply.unwrap();
    assert!(String::from_utf8_lossy(&reply.sent).contains("max_completion_tokens"));
    assert_eq!(reply.text, "naïve “words”");
    server.abort();
}
