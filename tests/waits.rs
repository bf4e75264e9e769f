//! A run without a screen at a server that sends it away: standard error says what is waited for.
#![cfg(unix)]

mod support;

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use support::{
    loopback::{Answer, Loopback},
    place::Place,
};

#[test]
fn what_is_waited_for_is_said_once_for_each_reason() {
    let place = Place::new();
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let server = Loopback::start(|_| match ASKED.fetch_add(1, Ordering::SeqCst) {
        0..3 => Answer::json(429, r#"{"error":{"message":"slow \u001b[31mdown"}}"#),
        _ => Answer::json(500, r#"{"error":{"message":"out of order"}}"#),
    });
    let model = format!("{}#m", server.url());
    let args = ["run", "When was the lighthouse built?", "docs", "--headless", "--agents", "1", "--model", &model];
    let mut child = place.delm(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let (mut first, mut second) = (String::new(), String::new());
    stderr.read_line(&mut first).unwrap();
    stderr.read_line(&mut second).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(ASKED.load(Ordering::SeqCst) > 3, "the first reason came three times");
    let begins =
        |line: &str| line.starts_with("delm: a1 tries again") && line.contains(&format!("127.0.0.1:{}", server.port));
    assert!(begins(&first) && first.contains("(429)") && first.contains("slow ␛[31mdown"), "{first:?}");
    assert!(begins(&second) && second.contains("(500)") && second.contains("out of order"), "{second:?}");
    assert!(rest.starts_with("delm: interrupted and saved") && rest.lines().count() == 1, "{rest:?}");
}
