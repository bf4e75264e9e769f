//! The Chat Completions wire against a server on a real socket: whole streams, and those of servers that do it their own
//! way. What goes wrong on every wire stands in `faults.rs`.

#[path = "support/model_server.rs"]
mod server;

use delm::llm::{Chunk, Tokens, chat::ChatModel};
use server::{KEY, Outcome, Play};

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

async fn ask(play: Play) -> Outcome {
    server::ask(ChatModel::new, "/v1/chat/completions", play).await
}

#[tokio::test]
async fn a_clean_stream_is_a_reply() {
    let play = Play::stream(&[HELLO]);
    let (reply, chunks) = ask(play.clone()).await;
    let reply = reply.unwrap();
    assert_eq!(reply.text, "naïve “words”");
    assert_eq!(reply.tokens, Some(Tokens { input: 12, output: 3, ..Tokens::default() }));
    assert_eq!(chunks, [Chunk::Output("naïve ".into()), Chunk::Output("“words”".into())]);
    assert_eq!(reply.received, HELLO.as_bytes());
    let seen = play.seen.lock().unwrap();
    assert_eq!(seen[0].0["authorization"], format!("Bearer {KEY}"));
    assert_eq!(seen[0].1, reply.sent);
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
        assert_eq!(server::said(&chunks), "yes");
    }
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let body = r#"{"choices":[{"message":{"content":"<think>hm</think>yes"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let (reply, chunks) = ask(Play::page(200, "application/json", body)).await;
    let reply = reply.unwrap();
    assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), ("yes", "hm"));
    assert_eq!(reply.tokens, Some(Tokens { input: 1, output: 2, ..Tokens::default() }));
    assert_eq!((server::said(&chunks).as_str(), &chunks[0]), ("yes", &Chunk::Reasoning("hm".into())));
}

#[tokio::test]
async fn a_field_that_the_server_objects_to_is_given_up() {
    let complaint = r#"{"error":{"message":"Use 'max_completion_tokens' instead of 'max_tokens'."}}"#;
    let play = Play::stream(&[HELLO]).objecting("\"max_tokens\"", complaint);
    let reply = ask(play).await.0.unwrap();
    assert!(String::from_utf8_lossy(&reply.sent).contains("max_completion_tokens"));
    assert_eq!(reply.text, "naïve “words”");
}
