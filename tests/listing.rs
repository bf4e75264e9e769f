//! `delm models` at servers of our own: what is listed, whose key is sent where, and what one call tells.

mod support;

use std::fs;

use delm::llm::provider::Providers;
use serde_json::{Value, json};
use support::{
    loopback::{Answer, Loopback, Seen},
    place::{Place, code, text},
};

const KEY: &str = "sk-canary-listing-1a2b3c";

/// Lists two models to everybody, but to `openai` and `anthropic` only with a key.
fn lists(seen: &Seen) -> Answer {
    let wants = seen.path.starts_with("/openai/") || seen.path.starts_with("/anthropic/");
    let has = seen.headers.contains_key("authorization") || seen.headers.contains_key("x-api-key");
    match () {
        () if seen.path.starts_with("/groq/") => Answer::json(404, "{}"),
        () if wants && !has => Answer::json(401, json!({ "error": { "message": "no key" } })),
        () => Answer::json(200, json!({ "object": "list", "data": [{ "id": "models/big" }, { "id": "small:8b" }] })),
    }
}

/// Every provider that ships, moved to this server, so that nobody else is asked.
fn moved(place: &Place, server: &Loopback, first: &str) {
    let mut text = format!("{first}\n");
    for provider in Providers::shipped().iter() {
        let name = &provider.name;
        text.push_str(&format!("[providers.{name}]\nbase_url = 'http://127.0.0.1:{}/{name}'\n", server.port));
    }
    fs::write(place.path().join("c.toml"), text).unwrap();
}

fn delm(place: &Place, args: &[&str]) -> std::process::Output {
    let mut command = place.delm(args);
    command.args(["--config", "c.toml"]).env("OPENAI_API_KEY", KEY).env("ANTHROPIC_API_KEY", KEY);
    let output = command.output().unwrap();
    assert!(!format!("{output:?}").contains("canary"), "{output:?}");
    output
}

fn row<'a>(rows: &'a [Value], name: &str) -> &'a Value {
    rows.iter().find(|row| row["provider"] == name).unwrap()
}

#[test]
fn a_list_says_where_keys_are_and_uses_none_that_nobody_chose() {
    let place = Place::new();
    let server = Loopback::start(lists);
    moved(&place, &server, "");
    let output = delm(&place, &["models", "--json"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let rows: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), Providers::shipped().iter().count());
    assert_eq!(
        (&row(&rows, "openai")["key"], &row(&rows, "openai")["server"]),
        (&json!("OPENAI_API_KEY"), &json!("wants_key"))
    );
    assert_eq!(row(&rows, "mistral")["key"], Value::Null);
    assert_eq!(row(&rows, "ollama")["models"], json!(["big", "small:8b"]));
    assert_eq!((&row(&rows, "groq")["server"], &row(&rows, "groq")["why"]), (&json!("answers"), &json!("status 404")));
    let sent = |seen: &Seen| seen.headers.contains_key("authorization") || seen.headers.contains_key("x-api-key");
    assert!(!server.seen().iter().any(sent));

    let table = delm(&place, &["models"]);
    let line = |name: &str| text(&table.stdout).lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("openai ").contains("`delm models openai` asks with the key"), "{}", line("openai "));
    assert!(line("ollama ").contains("none needed") && line("ollama ").ends_with("2 models: big, small:8b"));
    assert!(line("mistral ").contains("none in MISTRAL_API_KEY"));
    assert!(!server.seen().iter().any(sent));
}

#[test]
fn a_provider_that_is_named_is_asked_with_its_key() {
    let place = Place::new();
    let server = Loopback::start(lists);
    moved(&place, &server, "");
    let output = delm(&place, &["models", "openai", "anthropic"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let shown = text(&output.stdout);
    assert!(shown.contains("\n  openai:big\n") && shown.contains("\n  anthropic:small:8b\n"), "{shown}");
    assert!(!shown.contains("ollama"));
    let header = |path: &str, name: &str| {
        let seen = server.seen().iter().find(|seen| seen.path == path).cloned().unwrap();
        seen.headers[name].to_str().unwrap().to_owned()
    };
    assert_eq!(header("/openai/models", "authorization"), format!("Bearer {KEY}"));
    assert_eq!(header("/anthropic/models", "x-api-key"), KEY);
    assert_eq!(header("/anthropic/models", "anthropic-version"), "2023-06-01");
    let unknown = delm(&place, &["models", "opneai"]);
    assert_eq!(code(&unknown), 2);
    assert!(text(&unknown.stderr).contains("did you mean \"openai\"?"), "{unknown:?}");
}

#[test]
fn the_provider_of_the_configured_model_is_chosen() {
    let place = Place::new();
    let server = Loopback::start(lists);
    moved(&place, &server, "model = 'openai:big'");
    let output = delm(&place, &["models"]);
    let with_key: Vec<String> = server
        .seen()
        .iter()
        .filter(|seen| seen.headers.contains_key("authorization") || seen.headers.contains_key("x-api-key"))
        .map(|seen| seen.path.clone())
        .collect();
    assert_eq!(with_key, ["/openai/models"], "{output:?}");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let place = Place::new();
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let text_of = format!("[providers.mine]\nbase_url = 'http://127.0.0.1:{port}/v1'\nlocal = true\n");
    fs::write(place.path().join("c.toml"), text_of).unwrap();
    let output = delm(&place, &["models", "mine"]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(text(&output.stdout).contains("nobody answers"), "{output:?}");
}

fn checked(answer: Answer, price: &str) -> (Value, String) {
    let place = Place::new();
    let server = Loopback::start(move |_| answer.clone());
    let config = format!("[providers.mine]\nbase_url = '{}'\nkeys = ['OPENAI_API_KEY']\n{price}", server.url());
    fs::write(place.path().join("c.toml"), config).unwrap();
    let output = delm(&place, &["models", "--check", "mine:m", "--json"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let json = serde_json::from_str(text(&output.stdout)).unwrap();
    let shown = delm(&place, &["models", "--check", "mine:m"]);
    // One call each, and no more.
    assert_eq!(server.seen().len(), 2);
    (json, text(&shown.stdout).to_owned())
}

#[test]
fn a_check_tells_what_the_server_can() {
    let stream = Answer::stream(&[
        r#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#,
        r#"{"choices":[{"delta":{"content":"one, "}}]}"#,
        r#"{"choices":[{"delta":{"content":"two"},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":100}}"#,
        "[DONE]",
    ]);
    let (json, shown) = checked(stream, "[prices.\"mine:m\"]\ninput = 1\noutput = 10\n");
    assert_eq!((&json["streams"], &json["reasoning"], &json["text"]), (&json!(true), &json!(true), &json!("one, two")));
    assert_eq!((&json["usage"]["input"], &json["usage"]["output"]), (&json!(1000), &json!(100)));
    // 1,000 tokens at 1 and 100 at 10 dollars a million.
    assert_eq!(json["usd"], 0.002);
    for part in ["streams    yes, 2 pieces", "reasoning  shown", "1000 tokens in, 100 out", "this cost $0.002"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_check_tells_what_the_server_cannot() {
    let whole = json!({ "choices": [{ "message": { "content": "one" }, "finish_reason": "stop" }] });
    let (json, shown) = checked(Answer::json(200, whole), "");
    assert_eq!((&json["streams"], &json["reasoning"], &json["usage"]), (&json!(false), &json!(false), &Value::Null));
    // The server is on this machine, so it sends no bill.
    for part in ["no, in one piece", "not shown", "not counted", "$0 in, $0 out"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_check_that_fails_says_why_at_once() {
    let place = Place::new();
    let server = Loopback::start(|_| Answer::json(500, json!({ "error": { "message": format!("{KEY} broke it") } })));
    let config = format!("[providers.mine]\nbase_url = '{}'\nkeys = ['OPENAI_API_KEY']\n", server.url());
    fs::write(place.path().join("c.toml"), config).unwrap();
    let output = delm(&place, &["models", "--check", "mine:m"]);
    assert_eq!(code(&output), 2, "{output:?}");
    assert!(text(&output.stderr).contains("the server failed (500)"), "{output:?}");
    assert_eq!(server.seen().len(), 1);
}
