//! The README's table of figures as text: what stands between its two markers, and what becomes of it when a bench has
//! printed rows. It runs nothing and reads no file.

/// The line above the table and the one below it.
pub const MARKERS: (&str, &str) = ("<!-- figures -->\n", "<!-- /figures -->");

const HEAD: &str = "| What | Figure | Beside it | Goal | Command |\n|---|---|---|---|---|\n";

/// The rows of one bench, and when and where they were measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bench {
    pub name: String,
    /// A date and a machine, as in `23 November 2026, 2 cores, a model of CPU`.
    pub measured: String,
    /// What, figure, beside and goal of each.
    pub rows: Vec<[String; 4]>,
}

/// What reproduces the rows of a bench.
pub fn command(bench: &str) -> String {
    format!("cargo bench --profile dist --bench {bench}")
}

/// The four cells of a row as a bench prints it.
///
/// # Errors
/// The line, when it has another number of cells or an empty one where something must stand.
pub fn printed(line: &str) -> Result<[String; 4], String> {
    let cells = cells(line).and_then(|cells| <[String; 4]>::try_from(cells).ok());
    cells.filter(|[what, figure, ..]| !what.is_empty() && !figure.is_empty()).ok_or_else(|| line.to_owned())
}

/// The cells of a line of a table, without the blanks around them.
fn cells(line: &str) -> Option<Vec<String>> {
    let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inside.split('|').map(|cell| cell.trim().to_owned()).collect())
}

/// The text before the table, the benches whose rows are in it, and the text after it.
///
/// # Errors
/// A sentence that names the line that is not as [`write`] writes it.
pub fn read(readme: &str) -> Result<(&str, Vec<Bench>, &str), String> {
    let missing = || format!("the README has no {} … {}", MARKERS.0.trim(), MARKERS.1);
    let (before, rest) = readme.split_once(MARKERS.0).ok_or_else(missing)?;
    let (inside, after) = rest.split_once(MARKERS.1).ok_or_else(missing)?;
    let (above, table) = inside.split_once(HEAD).ok_or("the table of figures has other columns")?;
    let mut benches = Vec::new();
    for line in above.lines().filter(|line| !line.is_empty()) {
        let (measured, names) = line.trim_start_matches("- ").rsplit_once(": ").ok_or_else(|| line.to_owned())?;
        benches.extend(names.trim_end_matches('.').split(", ").map(|name| Bench {
            name: name.trim_matches('`').to_owned(),
            measured: measured.to_owned(),
            rows: vec![],
        }));
    }
    for line in table.lines() {
        let row = cells(line).and_then(|cells| <[String; 5]>::try_from(cells).ok()).ok_or_else(|| line.to_owned())?;
        let [what, figure, beside, goal, its] = row;
        let bench = benches.iter_mut().find(|bench| its == format!("`{}`", command(&bench.name)));
        bench.ok_or_else(|| format!("when was it measured? {line}"))?.rows.push([what, figure, beside, goal]);
    }
    Ok((before, benches, after))
}

/// The README with these benches in its table, by name; those that were measured together share a line above it.
pub fn write(before: &str, benches: &[Bench], after: &str) -> String {
    let mut benches: Vec<&Bench> = benches.iter().filter(|bench| !bench.rows.is_empty()).collect();
    benches.sort_by(|a, b| a.name.cmp(&b.name));
    let mut times: Vec<&str> = Vec::new();
    for bench in &benches {
        if !times.contains(&bench.measured.as_str()) {
            times.push(&bench.measured);
        }
    }
    let mut text = format!("{before}{}", MARKERS.0);
    for time in times {
        let names = benches.iter().filter(|bench| bench.measured == time).map(|bench| format!("`{}`", bench.name));
        text += &format!("- {time}: {}.\n", names.collect::<Vec<_>>().join(", "));
    }
    text += &format!("\n{HEAD}");
    for bench in benches {
        for [what, figure, beside, goal] in &bench.rows {
            text += &format!("| {what} | {figure} | {beside} | {goal} | `{}` |\n", command(&bench.name));
        }
    }
    text + MARKERS.1 + after
}
