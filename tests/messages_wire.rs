//! The Anthropic Messages wire against a server on a real socket: what is sent, and whole streams. What goes wrong on
//! every wire stands in `faults.rs`.

#[path = "support/model_server.rs"]
mod server;

use delm::llm::{Chunk, Tokens, messages::MessagesModel};
use serde_json::{Value, json};
use server::{KEY, Outcome, Play};

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
async fn a_mark_that_a_proxy_objects_to_is_given_up() {
    let complaint = r#"{"error":{"message":"cache_control: Extra inputs are not permitted"}}"#;
    let play = Play::stream(&[&hello()]).objecting("cache_control", complaint);
    let reply = ask(play.clone()).await.0.unwrap();
    assert!(!String::from_utf8_lossy(&reply.sent).contains("cache_control"));
    assert_eq!((reply.text.as_str(), play.seen.lock().unwrap().len()), ("naïve “words”", 2));
}
