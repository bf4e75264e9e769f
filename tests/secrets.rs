//! A key is in no output, however it came in and whatever goes wrong: keys that can be recognised are planted in every
//! place that may hold one, everything that can fail is made to, and all that was printed or written is searched. (FAILURES 15)
#![cfg(unix)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use delm::app::KeySource;
use serde_json::json;
use support::{
    loopback::{Answer, Loopback},
    place::{Place, code, text},
};

const VARIABLE: &str = "sk-canary-variable-1a2b3c4d5e6f";
const FILE: &str = "sk-canary-file-1a2b3c4d5e6f";
const COMMAND: &str = "sk-canary-command-1a2b3c4d5e6f";
const STDERR: &str = "sk-canary-stderr-1a2b3c4d5e6f";

/// What all of them contain.
const CANARY: &str = "canary";

/// Providers with a key in each place, at a server; and one whose program fails and prints the key where it should not.
fn config(place: &Place, base_url: &str) {
    fs::write(place.path().join("key"), format!("{FILE}\n")).unwrap();
    let script = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    script("print.sh", &format!("echo noise >&2\necho {COMMAND}\n"));
    script("fail.sh", &format!("echo {COMMAND}\necho 'vault: cannot give {STDERR} away' >&2\nexit 3\n"));
    let program = |name: &str| format!("['sh', '{}']", place.path().join(name).display());
    let provider = |name: &str, rest: String| format!("[providers.{name}]\nbase_url = '{base_url}'\n{rest}\n");
    let text = [
        provider("variable", "keys = ['CANARY_KEY']".into()),
        provider("file", "key_file = 'key'".into()),
        provider("command", format!("key_command = {}", program("print.sh"))),
        provider("failing", format!("key_command = {}", program("fail.sh"))),
    ];
    fs::write(place.path().join("c.toml"), text.concat()).unwrap();
}

fn delm(place: &Place, args: &[&str]) -> Output {
    let mut command = place.delm(args);
    command.args(["--config", "c.toml"]).env("CANARY_KEY", VARIABLE).env("DELM_LOG", "trace");
    command.env("RUST_BACKTRACE", "full").output().unwrap()
}

/// Everything below a folder that may hold no key.
fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

fn search(place: &Place, outputs: &[Output]) {
    for output in outputs {
        for printed in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(printed).contains(CANARY), "{output:?}");
        }
    }
    let mut all = vec![];
    files(&place.path().join("runs"), &mut all);
    for file in all {
        let bytes = fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(CANARY), "{}", file.display());
    }
}

const RUN: [&str; 3] = ["run", "When was the lighthouse built?", "docs"];

/// Runs with this provider at a server that answers so, and everything that reads what a run left behind.
fn everything(provider: &str, answer: Answer) -> (Loopback, Vec<Output>) {
    let place = Place::new();
    let server = Loopback::start(move |_| answer.clone());
    config(&place, &server.url());
    let model = format!("{provider}:m");
    let run = |form| delm(&place, &[&RUN[..], &["--model", &model, form]].concat());
    let mut outputs = vec![run("--headless"), run("--json")];
    for args in [&["show", "latest", "--json"][..], &["show"], &["runs", "--json"], &["show", "--source", "W0 S1"]] {
        outputs.push(delm(&place, args));
    }
    search(&place, &outputs);
    assert!(outputs[..2].iter().all(|output| code(output) == 1), "{outputs:?}");
    (server, outputs)
}

#[test]
fn a_server_that_quotes_the_key_in_its_refusal_gets_it_into_no_output() {
    for (provider, key) in [("variable", VARIABLE), ("file", FILE), ("command", COMMAND)] {
        let message = format!("Incorrect API key provided: {key}. Find yours elsewhere.");
        let (server, outputs) = everything(provider, Answer::json(401, json!({ "error": { "message": message } })));
        // The key was there to be quoted, and the refusal is told.
        assert!(!server.seen().is_empty());
        assert!(server.seen().iter().all(|seen| seen.headers["authorization"] == format!("Bearer {key}").as_str()));
        assert!(text(&outputs[0].stderr).contains("did not accept the key (401)"), "{:?}", outputs[0]);
    }
}

#[test]
fn an_error_in_the_stream_gets_no_key_into_any_output() {
    for (provider, key) in [("variable", VARIABLE), ("file", FILE), ("command", COMMAND)] {
        let error = json!({ "error": { "message": format!("no credit for {key}"), "type": "invalid_request_error" } });
        everything(provider, Answer::stream(&[&error.to_string()]));
    }
}

#[test]
fn a_panic_says_no_key() {
    let place = Place::new();
    config(&place, "http://127.0.0.1:9/v1");
    let key = KeySource::File(place.path().join("key")).fetch().unwrap();
    let said = std::panic::catch_unwind(|| panic!("{key:?}")).unwrap_err();
    let said = said.downcast_ref::<String>().unwrap();
    assert!(said.contains("REDACTED") && !said.contains(CANARY), "{said}");
}

#[test]
fn what_is_refused_before_a_run_begins_says_no_key() {
    let place = Place::new();
    config(&place, "http://127.0.0.1:9/v1");
    let failing = delm(&place, &[&RUN[..], &["--headless", "--model", "failing:m"]].concat());
    assert_eq!(code(&failing), 2);
    let said = text(&failing.stderr);
    assert!(said.contains("key_command sh failed") && said.contains("vault: cannot give [hidden] away"), "{said}");
    // A key with a character that no header can hold.
    fs::write(place.path().join("key"), format!("{FILE}\u{1}\n")).unwrap();
    let mut outputs = vec![failing, delm(&place, &[&RUN[..], &["--headless", "--model", "file:m"]].concat())];
    assert!(text(&outputs[1].stderr).contains("characters that no key has"), "{:?}", outputs[1]);
    for model in ["nobody:m", "variable:", "http://127.0.0.1:9/v1"] {
        outputs.push(delm(&place, &[&RUN[..], &["--headless", "--model", model]].concat()));
    }
    assert!(outputs.iter().all(|output| code(output) == 2), "{outputs:?}");
    assert!(!place.path().join("runs").exists());
    fs::create_dir(place.path().join("runs")).unwrap();
    search(&place, &outputs);
}
