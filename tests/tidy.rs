//! The rooms of the house: which part of `src` may name which other, and what every file owes its reader.
//!
//! A crate has no walls inside, so this reads the source. It looks at words, not at meaning; comments, strings and the
//! tests of a room, which may set up whatever they need, do not count.

#![expect(clippy::unwrap_used, reason = "the helpers belong to tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Lines that a file may have before its tests.
const LONGEST: usize = 500;

const ROOMS: &[&str] = &["app", "cli", "config", "engine", "ingest", "llm", "plain", "reason", "run", "store", "tui"];

/// A room, the rooms it may name, and the words outside of this crate that it must not. `app`, `cli` and `main` compose
/// the others and may name everything.
const WALLS: &[(&str, &[&str], &[&str])] = &[
    // Beside std it names serde and serde_json, and crates as pure as itself for what people type and read: regex,
    // strsim and similar. A length of time is no clock.
    (
        "run",
        &[],
        &[
            "tokio",
            "ratatui",
            "crossterm",
            "std::fs",
            "std::time::Instant",
            "std::time::SystemTime",
            "std::net",
            "std::env",
            "rusqlite",
            "reqwest",
        ],
    ),
    ("plain", &[], &["tokio", "ratatui", "crossterm", "std::fs", "std::time", "rusqlite", "reqwest"]),
    ("llm", &[], &["ratatui", "crossterm", "rusqlite"]),
    ("ingest", &["run"], &["ratatui", "crossterm", "rusqlite", "reqwest"]),
    ("store", &["run"], &["ratatui", "crossterm", "tokio", "reqwest"]),
    ("reason", &["run", "llm"], &["ratatui", "crossterm", "rusqlite", "reqwest"]),
    (
        "engine",
        // It stands behind every call of a reasoner: holds it at a checkpoint, streams it and records it whole.
        &["run", "ingest", "llm", "reason", "store"],
        // Of the store, the engine knows the seam alone.
        &["ratatui", "crossterm", "rusqlite", "reqwest", "crate::store::Sqlite", "crate::store::sqlite"],
    ),
    ("tui", &["run", "plain"], &["std::fs", "tokio::fs", "rusqlite", "reqwest"]),
    ("config", &["run"], &["tokio", "ratatui", "crossterm", "rusqlite", "reqwest"]),
];

#[test]
fn no_room_names_what_it_must_not() {
    let mut wrong = Vec::new();
    for file in sources() {
        if let Some(wall) = WALLS.iter().find(|(room, ..)| *room == file.room) {
            wrong.extend(file.trespasses(wall));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_opens_by_saying_what_it_owns() {
    let silent: Vec<_> = sources()
        .into_iter()
        // A single line says it all.
        .filter(|file| !file.text.starts_with("//!") && file.text.lines().count() > 1)
        .map(|file| format!("{}:1: a file opens with `//!` lines that say what it owns", file.name))
        .collect();
    assert!(silent.is_empty(), "\n{}", silent.join("\n"));
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<_> = sources()
        .into_iter()
        .filter_map(|file| {
            let lines = before_tests(&file.text);
            (lines > LONGEST)
                .then(|| format!("{}:{lines}: at most {LONGEST} lines before the tests: split it", file.name))
        })
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn every_room_has_its_walls() {
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let room = name.trim_end_matches(".rs");
        assert!(
            ROOMS.contains(&room) || matches!(room, "main" | "lib"),
            "src/{name}:1: a new room: say in tests/tidy.rs what it may name"
        );
    }
}

struct Source {
    /// From the top of the project, with `/`.
    name: String,
    /// The first folder or file under `src`.
    room: String,
    /// Folders and files down to this module, `src` left out: `run::rules::plan`.
    module: Vec<String>,
    text: String,
}

impl Source {
    fn trespasses(&self, (room, may, must_not): &(&str, &[&str], &[&str])) -> Vec<String> {
        if self.module.iter().any(|module| module == "tests") {
            return vec![];
        }
        let text: Vec<_> = self.text.lines().take(before_tests(&self.text)).collect();
        let code = code(&text.join("\n"));
        let mut wrong = Vec::new();
        for (at, name) in paths(&code) {
            let line = 1 + code[..at].matches('\n').count();
            let named = self.room_of(&name).filter(|named| *named != self.room && ROOMS.contains(&named.as_str()));
            if let Some(named) = named.filter(|named| !may.contains(&named.as_str())) {
                wrong.push(format!("{}:{line}: `{room}` must not name `{named}`: {name}", self.name));
            }
            for word in *must_not {
                if name == *word || name.starts_with(&format!("{word}::")) {
                    wrong.push(format!("{}:{line}: `{room}` must not name `{word}`: {name}", self.name));
                }
            }
        }
        wrong
    }

    /// The room that a path leads into, if it stays in this crate.
    fn room_of(&self, path: &str) -> Option<String> {
        let mut words = path.split("::").peekable();
        match *words.peek()? {
            "crate" | "delm" => words.nth(1).map(str::to_owned),
            "super" => {
                let up = words.clone().take_while(|word| *word == "super").count();
                // In a module inside a file `super` stays in the file; we cannot tell, and take the wider meaning.
                match up >= self.module.len() {
                    true => words.nth(up).map(str::to_owned),
                    false => None,
                }
            }
            _ => None,
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    assert!(files.len() > 10, "the source is where we look");
    files.sort();
    files.into_iter().map(|path| source(&path)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn source(path: &Path) -> Source {
    let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    let mut module: Vec<_> = name.trim_end_matches(".rs").split('/').skip(1).map(str::to_owned).collect();
    let room = module[0].clone();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    Source { name, room, module, text: fs::read_to_string(path).unwrap() }
}

/// Lines before the module of tests that ends a file.
fn before_tests(text: &str) -> usize {
    let lines: Vec<_> = text.lines().collect();
    let is_tests = |at: usize| {
        let mut after = lines[at + 1..].iter().skip_while(|line| line.starts_with('#'));
        after.next().is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    };
    let tests = (0..lines.len()).rev().find(|at| lines[*at] == "#[cfg(test)]" && is_tests(*at));
    tests.unwrap_or(lines.len())
}

/// The text with comments and literals blanked out, byte for byte, so that places stay where they were.
fn code(text: &str) -> String {
    let mut rest = text;
    let mut code = String::with_capacity(text.len());
    while let Some(first) = rest.chars().next() {
        let blank = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => quoted(rest),
            'r' if !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') => raw_quoted(rest),
            '\'' => character(rest),
            _ => 0,
        };
        match blank {
            0 => {
                code.push(first);
                rest = &rest[first.len_utf8()..];
            }
            blank => {
                code.extend(rest[..blank].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
                rest = &rest[blank..];
            }
        }
    }
    code
}

/// The length of the string literal that `rest` begins with.
fn quoted(rest: &str) -> usize {
    let mut escaped = true;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The same of a raw string; 0 when it is none.
fn raw_quoted(rest: &str) -> usize {
    let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    if rest.as_bytes().get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let body = 2 + hashes;
    rest[body..].find(&close).map_or(rest.len(), |end| body + end + close.len())
}

/// The length of a character literal; 0 when the quote begins a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest[1..].chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), Some(escape)) => {
            let from = 2 + escape.len_utf8();
            rest[from..].find('\'').map_or(0, |end| from + end + 1)
        }
        (Some(only), Some('\'')) => 2 + only.len_utf8(),
        _ => 0,
    }
}

/// Every `a::b::c` of the code with its place, groups written out: `use a::{b, c::{d}}` gives `a::b` and `a::c::d`.
fn paths(code: &str) -> Vec<(usize, String)> {
    let bytes = code.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii());
    let skip_blanks = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    };
    let mut found = Vec::new();
    // What the groups around this place begin with; a brace of another kind begins with nothing.
    let mut groups: Vec<String> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' => groups.push(String::new()),
            b'}' => drop(groups.pop()),
            _ if is_word(at) => {
                let start = at;
                let mut path = groups.last().cloned().unwrap_or_default();
                loop {
                    let word = at;
                    while is_word(at) {
                        at += 1;
                    }
                    path.push_str(&code[word..at]);
                    let next = skip_blanks(at);
                    let after = skip_blanks(next + 2);
                    if !code[next..].starts_with("::") {
                        break;
                    }
                    match bytes.get(after) {
                        Some(b'{') => {
                            groups.push(format!("{path}::"));
                            at = after + 1;
                            path.clear();
                            break;
                        }
                        Some(_) if is_word(after) => {
                            path.push_str("::");
                            at = after;
                        }
                        _ => break,
                    }
                }
                if !path.is_empty() {
                    found.push((start, path));
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[test]
fn paths_are_found_wherever_they_are_written() {
    let text = r##"
        use crate::{run::Seq, store::{self, Journal as J}};
        // crate::tui is only talked about
        fn f<'a>(x: &'a str) -> char { let s = "crate::llm"; let r = r#"crate::cli "quoted""#; super::super::app::go(); '"' }
        use std::{collections::HashMap, fs};
    "##;
    let code = code(text);
    let names: Vec<_> = paths(&code).into_iter().map(|(_, name)| name).collect();
    for name in ["crate::run::Seq", "crate::store::self", "crate::store::Journal", "super::super::app::go", "std::fs"] {
        assert!(names.iter().any(|found| found == name), "{name} in {names:?}");
    }
    assert!(
        !names.iter().any(|name| name.contains("tui") || name.contains("llm") || name.contains("cli")),
        "{names:?}"
    );
    assert_eq!(code.len(), text.len());
}

#[test]
fn a_trespass_is_told_with_its_place() {
    let wall = WALLS.iter().find(|(room, ..)| *room == "run").unwrap();
    let source = |text: &str| Source {
        name: "src/run/rules/plan.rs".to_owned(),
        room: "run".to_owned(),
        module: ["run", "rules", "plan"].map(str::to_owned).to_vec(),
        text: text.to_owned(),
    };
    let told = source("use super::state::Run;\nuse super::super::super::store::Journal;\nuse std::{fmt, fs::File};\n");
    assert_eq!(
        told.trespasses(wall),
        [
            "src/run/rules/plan.rs:2: `run` must not name `store`: super::super::super::store::Journal",
            "src/run/rules/plan.rs:3: `run` must not name `std::fs`: std::fs::File",
        ]
    );
    let tests = "#[cfg(test)]\nmod tests {\n    use crate::store::Memory;\n}\n";
    assert!(source(&format!("use crate::run::Seq; // tokio\n{tests}")).trespasses(wall).is_empty());
    assert_eq!(before_tests(&format!("one\n\nthree\n{tests}")), 3);
}
