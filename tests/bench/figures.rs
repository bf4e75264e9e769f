//! Measures the README's table of figures anew: `cargo run --example figures`, or with the names of some benches behind
//! `--`. The rest of the machine should have nothing to do.
//!
//! Runs the benches that Cargo.toml names, one after the other, takes the rows that they print, and writes the table
//! after each of them. A bench that fails or prints no row is named at the end and keeps the rows it had.

#[path = "../support/table.rs"]
#[allow(dead_code, reason = "a test asks for its markers")]
mod table;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, ExitCode, Stdio},
};

use table::Bench;
use time::OffsetDateTime;

fn main() -> ExitCode {
    let all = benches();
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|name| !all.contains(name)) {
        eprintln!("no bench is called {unknown}; there are {}", all.join(", "));
        return ExitCode::FAILURE;
    }
    let failed: Vec<String> = if asked.is_empty() { &all } else { &asked }
        .iter()
        .filter_map(|name| measure(name).and_then(|rows| keep(name, rows)).err().map(|why| format!("{name}: {why}")))
        .collect();
    failed.iter().for_each(|why| eprintln!("its old rows stay: {why}"));
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The names of all benches.
fn benches() -> Vec<String> {
    let manifest: toml::Table =
        fs::read_to_string("Cargo.toml").expect("run in the project").parse().expect("it is TOML");
    let benches = manifest["bench"].as_array().expect("there are some");
    benches.iter().filter_map(|bench| Some(bench["name"].as_str()?.to_owned())).collect()
}

/// The rows that a bench prints; all that it prints is shown.
fn measure(bench: &str) -> Result<Vec<[String; 4]>, String> {
    let command = table::command(bench);
    println!("$ {command}");
    let mut words = command.split(' ');
    let cargo = words.next().expect("a program");
    let mut child = Command::new(cargo).args(words).stdout(Stdio::piped()).spawn().map_err(|why| why.to_string())?;
    let mut rows = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok) {
        println!("{line}");
        if line.starts_with("| ") {
            rows.push(table::printed(&line));
        }
    }
    let status = child.wait().map_err(|why| why.to_string())?;
    match rows.is_empty() {
        _ if !status.success() => Err(status.to_string()),
        true => Err("it printed no row".to_owned()),
        false => rows.into_iter().collect::<Result<_, _>>().map_err(|line| format!("not a row: {line}")),
    }
}

/// Puts the rows of a bench in the place of those it had.
fn keep(name: &str, rows: Vec<[String; 4]>) -> Result<(), String> {
    let readme = fs::read_to_string("README.md").map_err(|why| why.to_string())?;
    let (before, mut benches, after) = table::read(&readme)?;
    benches.retain(|bench| bench.name != name);
    benches.push(Bench { name: name.to_owned(), measured: here_and_now(), rows });
    fs::write("README.md", table::write(before, &benches, after)).map_err(|why| why.to_string())
}

/// The date, the cores and the model of the CPU.
fn here_and_now() -> String {
    let today = OffsetDateTime::now_utc();
    let date = format!("{} {} {}", today.day(), today.month(), today.year());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!("{date}, {cores} cores, {}", model.map_or(std::env::consts::ARCH, |(_, model)| model.trim()))
}
