//! The Chat Completions wire against a server on a real socket: whole streams, cut ones, broken ones, and those of
//! servers that do it their own way.

#[path = "support/model_server.rs"]
mod server;

use delm::llm::{CallError, Chunk, ServerOptions, Tokens, chat::ChatModel};
use server::{Ending, KEY, Outcome, Play, hasty, nobody, options, promised, raw_server};

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

async fn ask_at(options: ServerOptions) -> Outcome {
    server::ask_at(ChatModel::new, options).await
}

async fn transient(play: Play) -> String {
    server::transient(ask(play).await)
}

async fn refused(play: Play) -> String {
    server::refused(ask(play).await)
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
    let why = server::busy(ask(Play::page(429, "application/json", r#"{"error":{"message":"slow down"}}"#)).await);
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
    let why = refused(Play::stream(&["data: {\"error\":{\"message\":\"bad word\",\"code\":400}}\n\n"])).await;
    assert_eq!(why, "test:tiny: the server reports: bad word");
}

const START: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\n";

#[tokio::test]
async fn a_reset_in_the_stream_is_transient() {
    let port = raw_server(promised(START), Ending::Reset).await;
    let (reply, chunks) = ask_at(options(port)).await;
    assert!(matches!(&reply, Err(CallError::Transient(why)) if why.contains("broke off")), "{reply:?}");
    assert_eq!(chunks, [Chunk::Output("half".into())]);
}

#[tokio::test]
async fn silence_ends_the_wait() {
    // Before the first byte, and in the middle.
    for bytes in [String::new(), promised(START)] {
        let port = raw_server(bytes, Ending::Silence).await;
        let why = server::transient(ask_at(hasty(port, 50)).await);
        assert!(why.contains("silent"), "{why}");
    }
}

#[tokio::test]
async fn signs_of_life_alone_are_no_progress() {
    let port = raw_server(promised(START), Ending::Again(": ping\n\n")).await;
    let (reply, chunks) = ask_at(hasty(port, 100)).await;
    assert!(matches!(&reply, Err(CallError::Transient(why)) if why.contains("signs of life")), "{reply:?}");
    assert_eq!(chunks.len(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_from_one_that_fails() {
    let why = server::unreached(ask_at(options(nobody().await)).await);
    assert!(why.contains("not reached"), "{why}");
}

#[tokio::test]
async fn a_field_that_the_server_objects_to_is_given_up() {
    let complaint = r#"{"error":{"message":"Use 'max_completion_tokens' instead of 'max_tokens'."}}"#;
    let play = Play::stream(&[HELLO]).objecting("\"max_tokens\"", complaint);
    let reply = ask(play).await.0.unwrap();
    assert!(String::from_utf8_lossy(&reply.sent).contains("max_completion_tokens"));
    assert_eq!(reply.text, "naïve “words”");
}
