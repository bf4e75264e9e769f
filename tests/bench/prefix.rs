//! How much of a call a provider has just read: `cargo bench --bench prefix`.
//!
//! A run of a hundred tasks, four agents and a model on a loopback socket that answers each kind of call in its form. Of
//! every request as it came in that stands on the shared context, the bytes that it has in common with the beginning of
//! the one before, whichever agent sent that; told as a share of its frame and shared context, and of all its text.

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/loopback.rs"]
#[allow(dead_code, reason = "another test answers in JSON")]
mod loopback;

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use loopback::{Answer, Loopback};
use serde_json::{Value, json};

const CONTEXT: &str = "# The shared context\n\n";

/// What a request says, and where in it the part begins that is of this call alone. The wire joins that to the shared
/// context; an entry is one line and never begins as a heading does.
fn said(body: &str) -> (String, usize) {
    let body: Value = serde_json::from_str(body).expect("a request is JSON");
    let text = |message: &Value| message["content"].as_str().expect("a message has text").to_owned();
    let messages: Vec<String> = body["messages"].as_array().expect("there are some").iter().map(text).collect();
    let text = messages.concat();
    let from = text.find(CONTEXT).map_or(messages[0].len(), |at| at + CONTEXT.len());
    let ask = text[from..].find("# ").map_or(text.len(), |at| from + at);
    (text, ask)
}

/// What stands behind a mark, up to the end of the line.
fn after<'t>(text: &'t str, mark: &str) -> &'t str {
    text.split_once(mark).and_then(|(_, rest)| rest.lines().next()).unwrap_or_default()
}

/// A reply in the form that the call asks for. What it says is of the length that such replies have.
fn reply(ask: &str, tasks: u32, results: &AtomicU32) -> String {
    let words = "as the text says in words that are about as long as those of a finding are in a run of this kind";
    match ask.lines().next().unwrap_or_default() {
        "# Break the question into tasks" => {
            (1..=tasks).map(|n| format!("{n}. Find fact number {n} of the licences, in [W0 S1] [deps: ]\n")).collect()
        }
        "# Choose what to unfold" => "W0 S1".to_owned(),
        "# Work on your task" => {
            let task = after(ask, "## Your task\n\n");
            format!("1. It holds, {words} [W0 S1].\nOUTPUT FACT: {task} holds, {words} [W0 S1].")
        }
        "# Verify the chain" => format!(
            "VERIFICATION:\nU1 citation support: PASS\nU2 output coherence: PASS\nC1 arithmetic: N/A\n\
             C2 qualifier drift: PASS\nC3 unsupported synthesis: PASS\nAPPROVED: {} holds, {words} [W0 S1].",
            after(ask, "## The task\n\n").replace(" [W0 S1]", "")
        ),
        "# Write the gist" => {
            let n = results.fetch_add(1, Ordering::Relaxed);
            let label = after(ask, "Label: ");
            format!(
                "**[{label}] GIST**\nSUB-TASK: What fact number {n} is.\nRESULT: Number {n} holds, {words} [W0 S1]."
            )
        }
        "# Check the form of a gist" | "# Check the document gist" => "Yes.".to_owned(),
        "# Write the document gist" => format!("Gist: A licence, {words}."),
        "# Check for redundancy" => "ACCEPT".to_owned(),
        "# Decide what is still missing" => "[DONE]".to_owned(),
        "# Answer the question" => "They hold [W0 S1].".to_owned(),
        _ => "I cannot say anything about this.".to_owned(),
    }
}

/// The requests of a run, in the order in which they came.
fn requests(tasks: u32) -> Vec<(String, usize)> {
    let results = AtomicU32::new(1);
    let server = Loopback::start(move |seen| {
        let (text, ask) = said(&seen.body);
        let text = reply(&text[ask..], tasks, &results);
        let text = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }).to_string();
        Answer::stream(&[&text, r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]"])
    });
    let runs = tempfile::tempdir().expect("a folder");
    let status = Command::new(env!("CARGO_BIN_EXE_delm"))
        .args(["run", "Which facts do the licences hold?", "assets/licences", "--headless", "--agents", "4"])
        .args(["--gate", "auto", "--model", &format!("{}#tiny", server.url()), "--run-dir"])
        .arg(runs.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("it starts").success());
    let seen = server.seen();
    seen.iter().filter(|seen| seen.path.ends_with("/chat/completions")).map(|seen| said(&seen.body)).collect()
}

/// Bytes, and those of them that repeat.
#[derive(Default)]
struct Share {
    bytes: usize,
    again: usize,
}

impl Share {
    fn add(&mut self, bytes: usize, again: usize) {
        self.bytes += bytes;
        self.again += again;
    }

    fn percent(&self) -> f64 {
        100.0 * self.again as f64 / self.bytes.max(1) as f64
    }
}

fn main() {
    // The test runner asks benches whether they still run.
    let tasks = if std::env::args().any(|arg| arg == "--bench") { 100 } else { 8 };
    let (mut block, mut whole, mut others) = (Share::default(), Share::default(), 0);
    let mut kinds: BTreeMap<String, Share> = BTreeMap::new();
    let mut before = String::new();
    for (text, stable) in requests(tasks) {
        if !text.contains(CONTEXT) {
            others += text.len();
            continue;
        }
        let common = text.bytes().zip(before.bytes()).take_while(|(a, b)| a == b).count();
        block.add(stable, common.min(stable));
        whole.add(text.len(), common);
        let kind = text[stable..].lines().next().unwrap_or_default();
        kinds.entry(kind.to_owned()).or_default().add(stable, common.min(stable));
        before = text;
    }
    for (kind, share) in &kinds {
        println!("{:>6.2} % of {:>9} bytes  {kind}", share.percent(), share.bytes);
    }
    println!("calls that do not read the shared context: {others} bytes");
    figures::row(
        &format!(
            "Bytes of the frame and the shared context of a call that repeat the call before, {tasks} tasks, 4 agents"
        ),
        &format!("{:.1} %; of all its text {:.1} %", block.percent(), whole.percent()),
        "",
        "≥ 95 %",
    );
}
