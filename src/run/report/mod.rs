//! What can be looked at beside the panes, as rows: how an entry came about, what changed between two moments, where
//! time went. One form for the screen and for text, so that whatever is shown can be printed, scripted and tested.

mod always;
mod around;
mod bodies;
mod bubbles;
mod cited;
mod compare;
mod difference;
mod family;
mod find;
#[cfg(test)]
pub(in crate::run) mod fixture;
mod help;
mod list;
mod pairs;
mod past;
mod radius;
mod told;
mod why;
mod words;

use std::fmt::Write as _;

use super::{
    id::{AgentId, BlobId, CallId, DecisionId, RunId, Seq, TaskId},
    label::Label,
    line::Look,
    source::Citation,
    timeline::Timeline,
};

pub use compare::compare;
pub use difference::between;
pub use family::{Kin, families, family};
pub use told::told;

/// What a report is made from.
pub struct Scene<'a> {
    pub timeline: &'a Timeline,
    /// Bodies as far as they are at hand; what is behind others is left out, and the report says so.
    pub body: &'a dyn Fn(BlobId) -> Option<Vec<u8>>,
    /// The expressions that are watched.
    pub watches: &'a [String],
}

/// What became of a wish to look at something.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    Report(Report),
    /// There is nothing to look at, as the sentence says.
    Refused(String),
    /// It moves the view, or needs other runs: whoever has the view sees to it.
    Elsewhere,
}

/// Makes what can be made of one run: everything but moving about in it, forks and other runs.
#[must_use]
pub fn make(look: &Look, scene: &Scene) -> Made {
    match look {
        Look::Why(subject) => why::why(*subject, scene),
        Look::Always(decision) => always::always(*decision, scene),
        Look::Bubbles => bubbles::bubbles(scene),
        Look::Diff(from, to) => difference::difference(*from, *to, scene),
        Look::Find(text) => find::find(text, scene),
        Look::Help(verb) => help::help(verb.as_deref()),
        Look::Radius(label) => radius::radius(*label, scene),
        Look::List(listing) => list::list(*listing, scene),
        Look::Print(expr) => match list::value(scene.timeline.run(), expr) {
            Ok(value) => {
                let mut report = Report::new(format!("At event {}", scene.timeline.run().head));
                report.row(0, Tone::Plain, expr.clone(), format!("= {value}"));
                Made::Report(report)
            }
            Err(why) => Made::Refused(why),
        },
        _ => Made::Elsewhere,
    }
}

/// Rows to read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    pub title: String,
    pub rows: Vec<Row>,
}

/// One row of a report. Its texts come from anywhere: whoever draws or prints it makes them plain.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// How far it is indented: what it belongs to is the last row above with a smaller depth.
    pub depth: usize,
    pub tone: Tone,
    /// What it is, in a word or a label: `W1 S2`, `read by`.
    pub head: String,
    pub text: String,
    /// What opening it shows.
    pub target: Option<Target>,
}

/// What a row means; never by colour alone, its words say it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    Title,
    #[default]
    Plain,
    Dim,
    Good,
    Bad,
    Warn,
}

/// Something that a row stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    Seq(Seq),
    Entry(Label),
    Evidence(Citation),
    Task(TaskId),
    Agent(AgentId),
    Call(CallId),
    Decision(DecisionId),
    /// Two entries that may contradict each other.
    Pair(Label, Label),
    Answer,
    Run(RunId),
}

impl Row {
    #[must_use]
    pub fn new(depth: usize, tone: Tone, head: impl Into<String>, text: impl Into<String>) -> Self {
        Row { depth, tone, head: head.into(), text: text.into(), target: None }
    }

    #[must_use]
    pub fn opens(self, target: Target) -> Self {
        Row { target: Some(target), ..self }
    }
}

impl Report {
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Report { title: title.into(), rows: vec![] }
    }

    pub fn row(&mut self, depth: usize, tone: Tone, head: impl Into<String>, text: impl Into<String>) {
        self.rows.push(Row::new(depth, tone, head, text));
    }

    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// The report as text: its title, then a line a row, two blanks a depth.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        for Row { depth, head, text: said, .. } in &self.rows {
            let gap = if head.is_empty() || said.is_empty() { "" } else { "  " };
            let _ = writeln!(text, "{:1$}{head}{gap}{said}", "", 2 * (depth + 1));
        }
        text
    }
}
