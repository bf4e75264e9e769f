//! The scripts in `tests/scripts`, each played by the real program: between them they say every verb there is.
//!
//! Beside its lines a script says in its remarks how it is run and what comes of that:
//! `#! ARGS` is a call of the program; the last one plays the script, those before it come first and must succeed.
//! `#> TEXT` stands in what the program prints, behind the one before. Lines `#= CODE TEXT` name the exit code, if
//! it is not 0, and what is said on standard error.

mod support;

use std::{collections::BTreeSet, fs, path::PathBuf};

use delm::run::line::VERBS;
use support::place::{Place, code, text};

/// What the scripts read: one lease, which `house.toml` knows by heart.
const LEASE: &str = "Here begins the lease. The rent is 40 francs a month. The deposit is 90 francs. Notice is three months. \
    Here the lease ends.\n";

/// One script, with what its remarks say.
struct Sheet {
    name: String,
    text: String,
    calls: Vec<Vec<String>>,
    prints: Vec<String>,
    ends: i32,
    says: Vec<String>,
}

impl Sheet {
    fn read(path: &PathBuf) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let remarks = |mark: &str| -> Vec<String> {
            text.lines().filter_map(|line| Some(line.strip_prefix(mark)?.trim().to_owned())).collect()
        };
        let ends = remarks("#=");
        let (codes, says): (BTreeSet<i32>, Vec<String>) = ends
            .iter()
            .filter_map(|said| said.split_once(' '))
            .map(|(code, said)| (code.parse::<i32>().unwrap(), said.to_owned()))
            .unzip();
        assert!(codes.len() < 2, "a program has one exit code");
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let calls: Vec<_> = remarks("#!").iter().map(|call| words(call)).collect();
        assert!(!calls.is_empty(), "{name}: a line `#! run …` says how it is played");
        assert!(text.starts_with("# "), "{name}: the first line says what it shows");
        Sheet { calls, prints: remarks("#>"), ends: codes.first().copied().unwrap_or(0), says, name, text }
    }

    /// Plays it in a folder of its own.
    fn play(&self) {
        let place = Place::new();
        fs::create_dir(place.path().join("house")).unwrap();
        fs::write(place.path().join("house/lease.txt"), LEASE).unwrap();
        for name in ["house.toml", "other.toml", "forked.txt"] {
            fs::copy(format!("tests/scripts/{name}"), place.path().join(name)).unwrap();
        }
        fs::write(place.path().join(&self.name), &self.text).unwrap();
        let (last, before) = self.calls.split_last().unwrap();
        for call in before {
            let output = place.run(&call.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(code(&output), 0, "{}: {call:?}: {output:?}", self.name);
        }
        let args: Vec<&str> = last.iter().map(String::as_str).chain(["--script", &self.name]).collect();
        let output = place.run(&args);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(code(&output), self.ends, "{}:\n{stdout}\n{stderr}", self.name);
        for wanted in &self.says {
            assert!(stderr.contains(wanted), "{}: {wanted:?} is not in:\n{stderr}", self.name);
        }
        let mut rest = stdout;
        for wanted in &self.prints {
            let at = rest.find(wanted.as_str());
            let at = at.unwrap_or_else(|| panic!("{}: {wanted:?} is not in:\n{rest}\nof:\n{stdout}", self.name));
            rest = &rest[at + wanted.len()..];
        }
    }

    /// The first word of every line that is carried out; what is only refused does not count.
    fn verbs(&self) -> impl Iterator<Item = &str> {
        let lines = self.text.lines().filter(|line| !line.starts_with('!'));
        lines.filter_map(|line| line.split_whitespace().next())
    }
}

/// Words with blanks between them; those in double quotes are one.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

fn sheets() -> Vec<Sheet> {
    let files = fs::read_dir("tests/scripts").unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "delm")).collect();
    files.sort();
    files.iter().map(Sheet::read).collect()
}

#[test]
fn every_script_holds() {
    let sheets = sheets();
    assert!(sheets.len() > 7, "the scripts are where they are looked for");
    let played: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = sheets.iter().map(|sheet| (sheet, scope.spawn(|| sheet.play()))).collect();
        threads.into_iter().map(|(sheet, thread)| (&sheet.name, thread.join().is_ok())).collect()
    });
    let failed: Vec<_> = played.iter().filter(|(_, holds)| !holds).map(|(name, _)| name).collect();
    assert!(failed.is_empty(), "{failed:?} failed; above stands why");
}

#[test]
fn every_verb_is_in_a_script() {
    let sheets = sheets();
    let said: BTreeSet<&str> = sheets.iter().flat_map(Sheet::verbs).collect();
    let missing: Vec<_> =
        VERBS.iter().filter(|verb| !verb.names.iter().any(|name| said.contains(name))).map(|verb| verb.names).collect();
    assert!(missing.is_empty(), "no script says {missing:?}");
}
