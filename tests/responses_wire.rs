//! The OpenAI Responses wire against a server on a real socket: what is sent, and whole streams. What goes wrong on every
//! wire stands in `faults.rs`.

#[path = "support/model_server.rs"]
mod server;

use delm::llm::{Chunk, Tokens, responses::ResponsesModel};
use serde_json::{Value, json};
use server::{KEY, Outcome, Play};

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

fn text(text: &str) -> String {
    event(&json!({ "type": "response.output_text.delta", "item_id": "msg_1", "delta": text }))
}

fn hello() -> String {
    let thought = json!({ "type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "delta": "hm" });
    let usage = json!({ "input_tokens": 12, "input_tokens_details": { "cached_tokens": 8 }, "output_tokens": 3 });
    let response = json!({ "status": "completed", "error": null, "usage": usage });
    [
        event(&json!({ "type": "response.created", "response": { "status": "in_progress", "error": null } })),
        event(&thought),
        text("naïve "),
        text("“words”"),
        event(&json!({ "type": "response.output_text.done", "text": "naïve “words”" })),
        event(&json!({ "type": "response.completed", "response": response })),
    ]
    .concat()
}

async fn ask(play: Play) -> Outcome {
    server::ask(ResponsesModel::new, "/v1/responses", play).await
}

#[tokio::test]
async fn a_clean_stream_is_a_reply() {
    let play = Play::stream(&[&hello()]);
    let (reply, chunks) = ask(play.clone()).await;
    let reply = reply.unwrap();
    assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("hm", "naïve “words”"));
    assert_eq!(reply.tokens, Some(Tokens { input: 12, cached: 8, output: 3, ..Tokens::default() }));
    assert_eq!(chunks[0], Chunk::Reasoning("hm".into()));
    assert_eq!((chunks.len(), reply.received.as_slice()), (3, hello().as_bytes()));
    let seen = play.seen.lock().unwrap();
    assert_eq!(seen[0].0["authorization"], format!("Bearer {KEY}"));
    assert_eq!(seen[0].1, reply.sent);
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let body = json!({ "status": "completed", "error": null, "output": [
        { "type": "reasoning", "summary": [{ "type": "summary_text", "text": "hm" }] },
        { "type": "message", "content": [{ "type": "output_text", "text": "yes" }] },
    ] });
    let reply = ask(Play::page(200, "application/json", &body.to_string())).await.0.unwrap();
    assert_eq!((reply.text.as_str(), reply.reasoning.as_str(), reply.tokens), ("yes", "hm", None));
}

#[tokio::test]
async fn a_summary_that_the_model_objects_to_is_given_up() {
    let complaint = r#"{"error":{"message":"Unsupported parameter: 'reasoning.summary'"}}"#;
    let reply = ask(Play::stream(&[&hello()]).objecting("\"reasoning\"", complaint)).await.0.unwrap();
    assert!(!String::from_utf8_lossy(&reply.sent).contains("reasoning"));
}
