//! Saved runs looked at without a screen: a run over time with its bodies, the families, and a report as text. Hostile
//! text is made plain here.

use anyhow::bail;

use crate::{
    plain::plain_line,
    run::{
        Timeline,
        line::Look,
        report::{self, Kin, Made, Report, Row, Scene},
    },
    store::RunDir,
};

use super::{
    Saved,
    print::{out, warn},
};

/// The run over time.
#[must_use]
pub fn timeline(saved: &Saved) -> Timeline {
    let mut timeline = Timeline::default();
    saved.events.iter().cloned().for_each(|event| timeline.push(event));
    timeline
}

/// What a line that only looks shows of a saved run, on standard output.
///
/// # Errors
/// When there is nothing to look at, with the reason, or it cannot be written.
pub fn look(saved: &Saved, look: &Look) -> anyhow::Result<()> {
    let body = |id| saved.body(id).ok();
    match report::make(look, &Scene { timeline: &timeline(saved), body: &body, watches: &[] }) {
        Made::Report(report) => print(report),
        Made::Refused(why) => bail!("{}: {why}", saved.id),
        Made::Elsewhere => bail!("{}: that is for the screen; `delm open {}` shows it", saved.id, saved.id),
    }
}

/// A report on standard output.
///
/// # Errors
/// When it cannot be written.
pub fn print(report: Report) -> anyhow::Result<()> {
    let plain = |text: &str| plain_line(text).into_owned();
    let rows = report.rows.into_iter().map(|row| Row { head: plain(&row.head), text: plain(&row.text), ..row });
    let report = Report { title: plain(&report.title), rows: rows.collect() };
    out(report.text().trim_end())
}

/// Every run with its parent, newest first; what cannot be read is told on standard error. Reads every log.
#[must_use]
pub fn kin(runs: &RunDir) -> Vec<Kin> {
    let mut all = Vec::new();
    for run in runs.list() {
        let summary = match run {
            Ok(summary) => summary,
            Err((path, error)) => {
                warn(&format!("{}: {error}", path.display()));
                continue;
            }
        };
        match Saved::open(runs, &summary.id.0) {
            Ok(saved) => all.push(Kin {
                parent: saved.run.parent.clone(),
                question: summary.question,
                outcome: summary.state.to_string(),
                id: summary.id,
            }),
            Err(error) => warn(&format!("{error:#}")),
        }
    }
    all
}
