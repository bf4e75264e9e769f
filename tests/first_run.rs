//! The first run on the screen when nobody has named a model: what is found is shown, and only what is picked is used and
//! remembered.
#![cfg(unix)]

mod support;

use std::fs;

use delm::{config::Settings, llm::provider::Providers};
use serde_json::json;
use support::{
    loopback::{Answer, Loopback},
    terminal::Terminal,
};

/// A folder with a configuration in which every provider that ships is at this server, and a key stands in a file.
fn settled(server: &Loopback) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut text = "# mine\nagents = 1\n\n".to_owned();
    for provider in Providers::shipped().iter() {
        let name = &provider.name;
        text.push_str(&format!("[providers.{name}]\nbase_url = 'http://127.0.0.1:{}/{name}'\n", server.port));
        if name == "openai" {
            text.push_str("key_file = 'key'\n");
        }
    }
    fs::write(dir.path().join("c.toml"), text).unwrap();
    fs::write(dir.path().join("key"), "sk-canary-first-run-1a2b3c\n").unwrap();
    dir
}

fn start(dir: &tempfile::TempDir) -> Terminal {
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (config, runs) = (path("c.toml"), path("runs"));
    let args = ["run", "why?", "assets/licences/BSD.txt", "--config", &config, "--run-dir", &runs];
    Terminal::start(&args, (100, 30))
}

fn server() -> Loopback {
    Loopback::start(|seen| match seen.path.as_str() {
        "/ollama/models" => Answer::json(200, json!({ "data": [{ "id": "tiny:1b" }] })),
        "/openai/models" if seen.headers.contains_key("authorization") => {
            Answer::json(200, json!({ "data": [{ "id": "big" }, { "id": "small" }] }))
        }
        _ => Answer::json(400, json!({ "error": { "message": "no", "type": "invalid_request_error" } })),
    })
}

fn keys_sent(server: &Loopback) -> usize {
    server.seen().iter().filter(|seen| seen.headers.contains_key("authorization")).count()
}

#[test]
fn what_is_picked_is_remembered_and_nothing_else_is_used() {
    let server = server();
    let dir = settled(&server);
    let mut terminal = start(&dir);
    let shown = terminal.see("Which model?");
    assert!(shown.contains("ollama:tiny:1b") && shown.contains("openai") && shown.contains("extractive"), "{shown}");
    assert!(!shown.contains("canary"));
    assert_eq!(keys_sent(&server), 0, "a key that nobody chose");
    terminal.press("j");
    terminal.press("\r");
    terminal.see("openai:small");
    assert_eq!(keys_sent(&server), 1);
    terminal.press("j");
    terminal.press("\r");
    terminal.see("1 Queue");
    let file = dir.path().join("c.toml");
    assert_eq!(Settings::from_file(&file).unwrap().model.as_deref(), Some("openai:small"));
    assert!(fs::read_to_string(&file).unwrap().starts_with("# mine\nagents = 1\nmodel = \"openai:small\"\n"));
}

#[test]
fn leaving_the_list_goes_on_without_a_model_and_remembers_nothing() {
    let server = server();
    let dir = settled(&server);
    let before = fs::read_to_string(dir.path().join("c.toml")).unwrap();
    let mut terminal = start(&dir);
    terminal.see("Which model?");
    terminal.press("\x1b");
    terminal.see("1 Queue");
    assert_eq!(keys_sent(&server), 0);
    assert_eq!(fs::read_to_string(dir.path().join("c.toml")).unwrap(), before);
}
