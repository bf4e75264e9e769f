//! The table in `engine/mod.rs` that says which file does each part of the method and what holds it there: every file,
//! scenario and test that it names exists.

use std::{fs, path::Path};

/// The cells of every row whose first cell is a part of the method.
fn rows() -> Vec<Vec<String>> {
    let text = fs::read_to_string("src/engine/mod.rs").unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("//! | "));
    let cells = |line: &str| line.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.map(cells).filter(|row: &Vec<String>| row[0].starts_with('§')).collect()
}

/// What stands between back ticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_file_of_the_table_exists() {
    for row in rows() {
        assert!(names(&row[1]).count() > 0, "{}: no file", row[0]);
        for name in names(&row[1]) {
            assert!(Path::new("src").join(name).is_file(), "{}: src/{name} does not exist", row[0]);
        }
    }
}

#[test]
fn every_test_of_the_table_exists() {
    let sources = sources();
    for row in rows() {
        assert!(names(&row[2]).count() > 0, "{}: nothing holds it", row[0]);
        for name in names(&row[2]) {
            let is_scenario = Path::new("tests/scenarios").join(format!("{name}.toml")).is_file();
            let test = format!("fn {name}(");
            assert!(
                is_scenario || sources.iter().any(|text| text.contains(&test)),
                "{}: no scenario or test {name}",
                row[0]
            );
        }
    }
}

#[test]
fn every_stage_and_invariant_has_its_row() {
    let parts: Vec<String> = rows().into_iter().map(|row| row[0].clone()).collect();
    let stages = (0..=11).map(|stage| format!("§3a {stage} "));
    // 13 is of the other half of the first version, notes of software engineering.
    let invariants = (1..=12).map(|number| format!("§2.6.{number} "));
    let others = ["§3a Retries", "§3a Queue-empty", "§3a Finalization"].map(str::to_owned);
    for part in stages.chain(invariants).chain(others) {
        let found = parts.iter().filter(|row| format!("{row} ").starts_with(&part)).count();
        assert_eq!(found, 1, "{part}has one row");
    }
}

#[test]
fn every_failure_of_other_tools_has_its_row_and_its_tests() {
    let table = fs::read_to_string("tests/FAILURES.md").unwrap();
    let rows: Vec<Vec<&str>> = table.lines().filter(|line| line.starts_with("| ")).skip(1).map(cells).collect();
    let numbers: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(numbers, (1..=15).map(|n| n.to_string()).collect::<Vec<_>>());
    for row in rows {
        let files = row[2].split('`').skip(1).step_by(2);
        for file in files {
            let text = fs::read_to_string(file).unwrap_or_else(|why| panic!("{file}: {why}"));
            let named = text.split("(FAILURES ").skip(1).filter_map(|rest| rest.split(')').next());
            let is_named = named.flat_map(|list| list.split([',', ' '])).any(|number| number == row[0]);
            assert!(is_named, "{file} does not say at which test it holds FAILURES {}", row[0]);
        }
    }
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

fn sources() -> Vec<String> {
    let mut open = vec![Path::new("src").to_owned(), Path::new("tests").to_owned()];
    let mut texts = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false if path.extension().is_some_and(|extension| extension == "rs") => {
                    texts.push(fs::read_to_string(path).unwrap());
                }
                false => {}
            }
        }
    }
    texts
}
