//! What the README says is what the program does: its tables of keys and commands, its configuration.
//! `DELM_UPDATE=1 cargo test --test readme` writes the tables anew.

#[path = "support/table.rs"]
mod figures;

use delm::{config::Settings, run::line, tui::action};

fn readme() -> String {
    std::fs::read_to_string("README.md").unwrap()
}

/// The fenced blocks of one language.
fn blocks<'a>(text: &'a str, language: &'a str) -> impl Iterator<Item = &'a str> {
    text.split("```").skip(1).step_by(2).filter_map(move |block| block.strip_prefix(language)?.strip_prefix('\n'))
}

/// Holds a table of the README against what the program has, or writes it anew.
fn table(name: &str, title: &str, wanted: &str) {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let text = readme();
    let (before, rest) = text.split_once(&open).unwrap();
    let (table, after) = rest.split_once(&close).unwrap();
    let wanted = format!("<details><summary>{title}</summary>\n\n{wanted}\n</details>\n");
    if std::env::var_os("DELM_UPDATE").is_some() {
        std::fs::write("README.md", format!("{before}{open}{wanted}{close}{after}")).unwrap();
    } else {
        assert_eq!(table, wanted, "DELM_UPDATE=1 cargo test --test readme writes it anew");
    }
}

#[test]
fn its_tables_are_those_of_the_program() {
    table("keys", "All keys", &action::markdown());
    table("verbs", "All commands", &line::markdown());
}

#[test]
fn its_configuration_is_one() {
    let text = readme();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    let block = blocks(&text, "toml").next().unwrap();
    // What is commented out has to be right as well.
    let settings: Vec<_> = block.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
    std::fs::write(&file, settings.join("\n")).unwrap();
    let settings = Settings::from_file(&file).unwrap();
    assert_eq!(settings.agents, Some(4));
    assert!(settings.method.is_some() && settings.run_dir.is_some() && settings.base_url.is_some());
    assert!(settings.budget.usd.is_some() && !settings.roles.is_empty() && !settings.prices.is_empty());
    let provider = &settings.providers["work"];
    assert!(provider.key_file.is_some() && provider.key_command.is_some() && provider.quirks.is_some());
    // It can be a provider as it stands.
    assert!(delm::app::Catalogue::of(&settings.resolve(delm::config::Where::Headless)).is_ok());
}

#[test]
fn its_result_line_is_json() {
    let text = readme();
    let block = blocks(&text, "json").next().unwrap();
    let line: serde_json::Value = serde_json::from_str(block).unwrap();
    assert_eq!(line["type"], "result");
}

#[test]
fn its_first_command_gives_a_newcomer_a_write_to_veto() {
    let text = readme();
    let (_, after) = text.split_once("<!-- run -->\n").unwrap();
    let command = blocks(after, "sh").next().unwrap();
    let question = command.trim().strip_prefix("cargo run --release -- run \"").unwrap();
    let question = question.strip_suffix("\" assets/licences").unwrap();
    // As on the screen: a newcomer has a write to veto. Without one there, the run is left undecided.
    let runs = tempfile::tempdir().unwrap();
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_delm"))
        .args(["run", question, "assets/licences", "--headless", "--gate", "doubts", "--run-dir"])
        .arg(runs.path())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(4), "{done:?}");
}

#[test]
fn its_figures_are_written_as_its_benches_print_them() {
    let readme = readme();
    let (before, benches, after) = figures::read(&readme).unwrap();
    assert_eq!(figures::write(before, &benches, after), readme, "cargo run --example figures writes it so");
    let manifest: toml::Table = std::fs::read_to_string("Cargo.toml").unwrap().parse().unwrap();
    let known: Vec<_> = manifest["bench"].as_array().unwrap().iter().map(|bench| bench["name"].as_str()).collect();
    for bench in &benches {
        assert!(known.contains(&Some(&bench.name)), "{} is no bench", bench.name);
        assert!(!bench.rows.is_empty(), "{} has no row", bench.name);
        let [date, cores, cpu] = bench.measured.splitn(3, ", ").collect::<Vec<_>>().try_into().unwrap();
        assert!(date.starts_with(|c: char| c.is_ascii_digit()) && cores.ends_with(" cores"), "{}", bench.measured);
        assert!(!cpu.contains(['/', '\\']), "no path: {cpu}");
    }
}

#[test]
fn a_bench_that_is_measured_again_leaves_the_rows_of_others_as_they_are() {
    let bench = |name: &str, measured: &str, lines: &[&str]| figures::Bench {
        name: name.into(),
        measured: measured.into(),
        rows: lines.iter().map(|line| figures::printed(line).unwrap()).collect(),
    };
    let benches = [
        bench("b", "2 May 2026, 2 cores, one", &["| b does | 2 s | 1 s | ≤ 3 s |"]),
        bench("a", "1 May 2026, 4 cores, other: old", &["| a does | 5 |  |  |", "| and | 6 |  | < 7 |"]),
        bench("silent", "1 May 2026, 4 cores, other: old", &[]),
    ];
    let text = figures::write("before", &benches, "after");
    let (before, read, after) = figures::read(&text).unwrap();
    assert_eq!((before, after), ("before", "after"));
    assert_eq!(read, [benches[1].clone(), benches[0].clone()], "by name, and none without a row");
    assert!(text.contains("| b does | 2 s | 1 s | ≤ 3 s | `cargo bench --profile dist --bench b` |"), "{text}");
    for bad in ["| too | few | cells |", "| one | too | many | of | them |", "| no figure |  |  |  |", "|  | 1 |  |  |"]
    {
        assert_eq!(figures::printed(bad), Err(bad.to_owned()));
    }
}
