//! Saved runs looked at without a screen: a run over time with its bodies, the families, and a report as text. Hostile
//! text is made plain here.

use anyhow::bail;

use crate::{
    plain::plain_line,
    run::{
        Event, Fact, Seq,
        line::Look,
        report::{self, Kin, Made, Report, Row, Scene},
    },
    store::{RunDir, Sqlite},
};

use super::{
    Saved,
    print::{out, warn},
};

/// What a line that only looks shows of a saved run, on standard output.
///
/// # Errors
/// When there is nothing to look at, with the reason, or it cannot be written.
pub fn look(saved: &Saved, look: &Look) -> anyhow::Result<()> {
    let body = |id| saved.body(id).ok();
    match report::make(look, &Scene { timeline: &saved.timeline, body: &body, watches: &[] }) {
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
    let (all, unread) = relatives(runs);
    unread.iter().for_each(|why| warn(why));
    all
}

/// Every run with its parent, newest first, and why others cannot be read.
#[must_use]
pub fn relatives(runs: &RunDir) -> (Vec<Kin>, Vec<String>) {
    let (mut all, mut unread) = (Vec::new(), Vec::new());
    for run in runs.list() {
        let summary = match run {
            Ok(summary) => summary,
            Err((_, error)) => {
                unread.push(error.to_string());
                continue;
            }
        };
        let mut parent = None;
        let is_parent = &mut |event: Event| {
            if let Fact::Forked { from, upto } = event.fact {
                parent = Some((from, upto));
            }
        };
        match Sqlite::open_to_read(&runs.file(&summary.id)).and_then(|store| store.scan(Seq(0), is_parent)) {
            Ok(()) => {
                let (question, outcome) = (summary.question, summary.state.to_string());
                all.push(Kin { parent, question, outcome, id: summary.id });
            }
            Err(error) => unread.push(format!("{}: {error}", summary.id)),
        }
    }
    (all, unread)
}
