//! The OpenAI Responses wire against a server on a real socket: whole streams, cut ones and broken ones.

#[path = "support/model_server.rs"]
mod server;

use delm::llm::{CallError, Chunk, Tokens, responses::ResponsesModel};
use serde_json::{Value, json};
use server::{Ending, KEY, Outcome, Play, hasty, options, promised, raw_server};

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
async fn a_stream_may_be_cut_anywhere() {
    let crlf = format!("\u{feff}: keep-alive\r\n\r\n{}", hello().replace('\n', "\r\n"));
    for text in [hello(), crlf] {
        let reply = ask(Play::bytes(text.bytes().map(|byte| vec![byte]).collect())).await.0.unwrap();
        assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("hm", "naïve “words”"));
    }
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
async fn failures_are_told_by_their_kind() {
    let failed = |code: &str, message: &str| {
        let response = json!({ "status": "failed", "error": { "code": code, "message": message } });
        text("half") + &event(&json!({ "type": "response.failed", "response": response }))
    };
    let why = server::transient(ask(Play::stream(&[&failed("server_error", "upstream died")])).await);
    assert_eq!(why, "test:tiny: the server reports: upstream died");
    let why = server::refused(ask(Play::stream(&[&failed("insufficient_quota", &format!("no {KEY}"))])).await);
    assert_eq!(why, "test:tiny: the server reports: no [key]");
    let page = "<html><title>Login</title></html>";
    let why = server::refused(ask(Play::page(200, "text/html", page)).await);
    assert!(why.ends_with("an HTML page, “Login”"), "{why}");
    let echo = format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY}."}}}}"#);
    let why = server::refused(ask(Play::page(401, "application/json", &echo)).await);
    assert!(why.ends_with("Incorrect API key provided: [key]."), "{why}");
}

#[tokio::test]
async fn half_a_stream_is_never_a_reply() {
    let half = text("half");
    for (pieces, said) in [
        (vec![half.as_str()], "ended in the middle"),
        (vec![], "empty reply"),
        (vec![&half, "data: {\"type\":\"resp"], "garbled"),
        (vec![&half, "data: {not json}\n\n"], "garbled"),
    ] {
        let why = server::transient(ask(Play::stream(&pieces)).await);
        assert!(why.contains(said), "{why}");
    }
    let port = raw_server(promised(&half), Ending::Reset).await;
    let (reply, chunks) = server::ask_at(ResponsesModel::new, options(port)).await;
    assert!(matches!(&reply, Err(CallError::Transient(why)) if why.contains("broke off")), "{reply:?}");
    assert_eq!(chunks, [Chunk::Output("half".into())]);
    for (ending, said) in [(Ending::Silence, "silent"), (Ending::Again(": ping\n\n"), "signs of life")] {
        let port = raw_server(promised(&half), ending).await;
        let why = server::transient(server::ask_at(ResponsesModel::new, hasty(port, 100)).await);
        assert!(why.contains(said), "{why}");
    }
}

#[tokio::test]
async fn a_summary_that_the_model_objects_to_is_given_up() {
    let complaint = r#"{"error":{"message":"Unsupported parameter: 'reasoning.summary'"}}"#;
    let reply = ask(Play::stream(&[&hello()]).objecting("\"reasoning\"", complaint)).await.0.unwrap();
    assert!(!String::from_utf8_lossy(&reply.sent).contains("reasoning"));
}
