//! The Anthropic Messages wire against a server on a real socket: whole streams, cut ones, broken ones, and those that
//! carry an error in the middle.

#[path = "support/model_server.rs"]
mod server;

use delm::llm::{CallError, Chunk, ServerOptions, Tokens, messages::MessagesModel};
use serde_json::{Value, json};
use server::{Ending, KEY, Outcome, Play, hasty, nobody, options, promised, raw_server};

/// One event as the server writes it.
fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

fn start() -> String {
    event(&json!({ "type": "message_start", "message": { "id": "msg_1", "type": "message", "role": "assistant",
        "content": [], "model": "tiny", "stop_reason": null, "usage": { "input_tokens": 3,
        "cache_creation_input_tokens": 20, "cache_read_input_tokens": 100, "output_tokens": 1 } } }))
}

fn delta(kind: &str, field: &str, text: &str) -> String {
    event(&json!({ "type": "content_block_delta", "index": 0, "delta": { "type": kind, field: text } }))
}

fn text(text: &str) -> String {
    delta("text_delta", "text", text)
}

fn end() -> String {
    event(&json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 15 } }))
        + &event(&json!({ "type": "message_stop" }))
}

fn error(kind: &str, message: &str) -> String {
    event(&json!({ "type": "error", "error": { "type": kind, "message": message } }))
}

/// A whole stream as the documentation shows one: thought with its signature, pings, and text.
fn hello() -> String {
    let block = |kind: &str, field: &str| {
        event(&json!({ "type": "content_block_start", "index": 0, "content_block": { "type": kind, field: "" } }))
    };
    let (ping, stop) = (event(&json!({ "type": "ping" })), event(&json!({ "type": "content_block_stop", "index": 0 })));
    [
        start(),
        block("thinking", "thinking"),
        ping.clone(),
        delta("thinking_delta", "thinking", "hm, "),
        delta("thinking_delta", "thinking", "é"),
        delta("signature_delta", "signature", "EqQBCgIYAhIM"),
        stop.clone(),
        block("text", "text"),
        text("naïve "),
        ping,
        text("“words”"),
        stop,
        end(),
    ]
    .concat()
}

async fn ask(play: Play) -> Outcome {
    server::ask(MessagesModel::new, "/v1/messages", play).await
}

async fn ask_at(options: ServerOptions) -> Outcome {
    server::ask_at(MessagesModel::new, options).await
}

async fn transient(play: Play) -> String {
    server::transient(ask(play).await)
}

async fn refused(play: Play) -> String {
    server::refused(ask(play).await)
}

#[tokio::test]
async fn a_clean_stream_is_a_reply() {
    let play = Play::stream(&[&hello()]);
    let (reply, chunks) = ask(play.clone()).await;
    let reply = reply.unwrap();
    assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("hm, é", "naïve “words”"));
    assert_eq!(reply.tokens, Some(Tokens { input: 123, cached: 100, cache_write: 20, output: 15, reasoning: 0 }));
    let thought = |text: &str| Chunk::Reasoning(text.into());
    let said = |text: &str| Chunk::Output(text.into());
    assert_eq!(chunks, [thought("hm, "), thought("é"), said("naïve "), said("“words”")]);
    assert_eq!(reply.received, hello().as_bytes());

    let seen = play.seen.lock().unwrap();
    let (headers, body) = &seen[0];
    assert_eq!(
        (&headers["x-api-key"], &headers["anthropic-version"]),
        (&KEY.parse().unwrap(), &"2023-06-01".parse().unwrap())
    );
    assert!(headers.get("authorization").is_none());
    assert_eq!(body, &reply.sent);
    let body: Value = serde_json::from_slice(body).unwrap();
    let cached = json!([{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" } }]);
    assert_eq!((&body["system"], &body["stream"], &body["max_tokens"]), (&cached, &json!(true), &json!(100)));
    assert_eq!(body["messages"], json!([{ "role": "user", "content": [{ "type": "text", "text": "Hello?" }] }]));
}

#[tokio::test]
async fn a_stream_may_be_cut_anywhere() {
    let crlf = format!("\u{feff}: keep-alive\r\n\r\n{}", hello().replace('\n', "\r\n"));
    for text in [hello(), crlf] {
        let reply = ask(Play::bytes(text.bytes().map(|byte| vec![byte]).collect())).await.0.unwrap();
        assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("hm, é", "naïve “words”"));
    }
}

#[tokio::test]
async fn the_last_event_and_the_usage_may_be_missing() {
    let stopped = event(&json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" } }));
    let reply = ask(Play::stream(&[&text("yes"), stopped.trim_end()])).await.0.unwrap();
    assert_eq!((reply.text.as_str(), reply.tokens), ("yes", None));
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let body = json!({ "type": "message", "content": [{ "type": "thinking", "thinking": "hm", "signature": "E" },
        { "type": "text", "text": "yes" }], "stop_reason": "end_turn", "usage": { "input_tokens": 1, "output_tokens": 2 } });
    let (reply, chunks) = ask(Play::page(200, "application/json", &body.to_string())).await;
    let reply = reply.unwrap();
    assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), ("yes", "hm"));
    assert_eq!(
        (reply.tokens, server::said(&chunks)),
        (Some(Tokens { input: 1, output: 2, ..Tokens::default() }), "yes".to_owned())
    );
}

#[tokio::test]
async fn refusals_name_their_cause() {
    let body = |kind: &str, message: &str| {
        json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": "req_1" }).to_string()
    };
    let echo = body("authentication_error", &format!("invalid x-api-key {KEY}"));
    let why = refused(Play::page(401, "application/json", &echo)).await;
    assert_eq!(why, "test:tiny: the server did not accept the key (401): invalid x-api-key [key]");
    let why = refused(Play::page(404, "application/json", &body("not_found_error", "model: tiny"))).await;
    assert_eq!(why, "test:tiny: there is no such model or address (404): model: tiny");
    let why = refused(Play::page(400, "application/json", &body("invalid_request_error", "no such field"))).await;
    assert_eq!(why, "test:tiny: the server did not understand the request (400): no such field");
    let why = refused(Play::page(200, "text/html", "<html><title>Login</title></html>")).await;
    assert_eq!(why, "test:tiny: the answer is no completion but an HTML page, “Login”");
    let why = refused(Play::page(200, "application/json", r#"{"models":[]}"#)).await;
    assert_eq!(why, r#"test:tiny: the answer is no message but {"models":[]}"#);
}

#[tokio::test]
async fn failures_that_may_pass_are_transient() {
    let busy = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let why = server::busy(ask(Play::page(529, "application/json", busy)).await);
    assert_eq!(why, "test:tiny: the server has too much to do (529): Overloaded");
    assert!(server::busy(ask(Play::page(429, "text/plain", "")).await).contains("fewer requests (429)"));
    assert!(transient(Play::page(500, "text/plain", "")).await.contains("the server failed (500)"));
    let page = format!("<html><title>502 Bad Gateway</title>{}</html>", "x".repeat(200_000));
    assert!(transient(Play::page(502, "text/html", &page)).await.ends_with("an HTML page, “502 Bad Gateway”"));
}

#[tokio::test]
async fn an_error_in_the_stream_is_told_by_its_kind() {
    let half = start() + &text("half");
    let (reply, chunks) = ask(Play::stream(&[&half, &error("overloaded_error", "Overloaded")])).await;
    assert!(matches!(&reply, Err(CallError::Busy { why, .. }) if why == "test:tiny: the server reports: Overloaded"));
    assert_eq!(chunks, [Chunk::Output("half".into())]);
    let why = refused(Play::stream(&[&half, &error("invalid_request_error", &format!("no {KEY}"))])).await;
    assert_eq!(why, "test:tiny: the server reports: no [key]");
}

#[tokio::test]
async fn half_a_stream_is_never_a_reply() {
    let half = start() + &text("half");
    assert!(transient(Play::stream(&[&half])).await.contains("ended in the middle"));
    assert!(transient(Play::stream(&[])).await.contains("empty reply"));
    let ping = event(&json!({ "type": "ping" }));
    assert!(transient(Play::stream(&[&ping])).await.starts_with("test:tiny: "));
    assert!(transient(Play::stream(&[&half, "data: {\"type\":\"content_bl"])).await.contains("garbled"));
    assert!(transient(Play::stream(&[&half, "event: message_stop\ndata: {not json}\n\n"])).await.contains("garbled"));
    let port = raw_server(promised(&half), Ending::Reset).await;
    let (reply, chunks) = ask_at(options(port)).await;
    assert!(matches!(&reply, Err(CallError::Transient(why)) if why.contains("broke off")), "{reply:?}");
    assert_eq!(chunks, [Chunk::Output("half".into())]);
}

#[tokio::test]
async fn a_long_reply_is_whole_and_one_without_end_is_none() {
    let piece = text(&"words and more ".repeat(4096));
    let count = 10_000_000 / piece.len() + 1;
    let long = start() + &piece.repeat(count) + &end();
    assert!(long.len() > 10_000_000);
    let reply = ask(Play::stream(&[&long])).await.0.unwrap();
    assert_eq!(reply.text.len(), count * 15 * 4096);
    let endless = vec![piece.repeat(100); 7];
    let endless = Play::bytes(endless.into_iter().map(String::into_bytes).collect());
    assert!(transient(endless).await.contains("longer than 32 MiB"));
}

#[tokio::test]
async fn silence_ends_the_wait_and_pings_are_silence() {
    let half = start() + &text("half");
    for bytes in [String::new(), promised(&half)] {
        let why = server::transient(ask_at(hasty(raw_server(bytes, Ending::Silence).await, 50)).await);
        assert!(why.contains("silent"), "{why}");
    }
    for sign in [": ping\n\n", "event: ping\ndata: {\"type\":\"ping\"}\n\n"] {
        let port = raw_server(promised(&half), Ending::Again(sign)).await;
        let (reply, chunks) = ask_at(hasty(port, 100)).await;
        assert!(matches!(&reply, Err(CallError::Transient(why)) if why.contains("signs of life")), "{reply:?}");
        assert_eq!(chunks.len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_hangs_up_is_transient() {
    let why = server::unreached(ask_at(options(nobody().await)).await);
    assert!(why.contains("not reached"), "{why}");
    let port = raw_server(String::new(), Ending::Reset).await;
    assert!(server::transient(ask_at(options(port)).await).starts_with("test:tiny: "));
}

#[tokio::test]
async fn a_mark_that_a_proxy_objects_to_is_given_up() {
    let complaint = r#"{"error":{"message":"cache_control: Extra inputs are not permitted"}}"#;
    let play = Play::stream(&[&hello()]).objecting("cache_control", complaint);
    let reply = ask(play.clone()).await.0.unwrap();
    assert!(!String::from_utf8_lossy(&reply.sent).contains("cache_control"));
    assert_eq!((reply.text.as_str(), play.seen.lock().unwrap().len()), ("naïve “words”", 2));
}
