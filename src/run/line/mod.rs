//! What can be typed: every command of the debugger as a line, for the screen's `:`, for scripts and for forks. One table
//! ([`VERBS`]) gives names, forms, help and examples; help, completion and the parser read it.
//!
//! A line is only read here. What it does to the run is a [`Command`], what it shows is for whoever shows it.

mod args;
mod read;
mod verbs;
mod write;

use super::{
    command::Command,
    cost::Cap,
    gate::Choice,
    id::{AgentId, DecisionId, RunId, Seq, TaskId},
    label::Label,
    lang::Complaint,
};

pub use verbs::{VERBS, Verb};
pub use write::of;

/// One line, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    Do(Command),
    Look(Look),
    /// Fails the script unless this holds.
    Expect(String),
    /// Holds the script until this holds, or the run can no more bring it about.
    Wait(String),
    /// Nothing but white space or a remark.
    Nothing,
}

/// What is only looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// The value of an expression.
    Print(String),
    /// Its value from now on, in the pane of watches.
    Watch(String),
    Unwatch(String),
    /// How an entry, or a line of the answer, came about and what came of it.
    Why(Subject),
    /// What a recall would reach.
    Radius(Label),
    Goto(Moment),
    /// One event back, or to the last hit of a breakpoint, or to the last event of an agent.
    Back(Back),
    Live,
    Find(String),
    /// Between two moments; the second is now when there is none.
    Diff(Seq, Option<Seq>),
    /// With another run, from the first fact that differs.
    Compare(RunId),
    List(Listing),
    /// Where each agent's time went.
    Bubbles,
    /// A rule for every decision of this kind, and what it would have decided; the first open one when none is named.
    Always(Option<DecisionId>),
    /// A new run that goes on from there, held.
    Fork(Option<Seq>),
    /// A fork at a past decision with another answer, run to its end.
    WhatIf(WhatIf),
    /// The runs that share a past with this one.
    Family,
    /// Another run, in place of this one.
    Open(RunId),
    /// What was recorded, again, as fast as that.
    Play(Speed),
    /// All open decisions as one text.
    Editor,
    Help(Option<String>),
}

/// A fork at a past decision.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    pub decision: DecisionId,
    /// What to answer this time.
    pub choice: Choice,
    /// How many forks to run, at least one.
    pub samples: u32,
    /// The most that all of them together may use of what is not in the record.
    pub cap: Cap,
}

/// How fast a recorded run is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// So many times as fast as it went.
    Times(u32),
    Max,
}

/// What `why` is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Entry(Label),
    Task(TaskId),
    /// A line of the answer, from 1.
    Answer(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Seq(Seq),
    /// When an entry came in.
    Entry(Label),
    /// When a task was claimed first.
    Task(TaskId),
    /// Milliseconds after the start of the run.
    Time(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    Event,
    Hit,
    Agent(AgentId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    Breakpoints,
    Watches,
    Decisions,
    Tasks,
    Entries,
    Agents,
    Rules,
    Contradictions,
}

impl Line {
    /// Reads one line. `#` begins a remark.
    ///
    /// # Errors
    /// With the column and what was expected; an unknown verb names the nearest one.
    pub fn parse(text: &str) -> Result<Self, Complaint> {
        verbs::parse(text)
    }
}

/// What a line that is being typed could go on with: whole verbs with their forms, best first.
#[must_use]
pub fn complete(typed: &str) -> Vec<&'static Verb> {
    let typed = typed.trim_start();
    let word = typed.split_whitespace().next().unwrap_or_default();
    if typed.len() > word.len() {
        return verbs::find(word).into_iter().collect();
    }
    VERBS.iter().filter(|verb| verb.names.iter().any(|name| name.starts_with(word))).collect()
}

/// The table of commands for people who read.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| Command | What it does | For example |\n|---|---|---|\n");
    for verb in VERBS {
        let plain = |text: &str| text.replace('|', "\\|");
        let form = format!("{} {}", verb.names.join(", "), verb.form);
        let (form, help, example) = (plain(form.trim_end()), verb.help, plain(verb.example));
        text.push_str(&format!("| `{form}` | {help} | `{example}` |\n"));
    }
    text
}
