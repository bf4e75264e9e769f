//! A candidate for the shared context on its way through admission: chain of steps, verdict, gist (METHOD §3a stages
//! 6–10).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    entry::EntryKind,
    id::{AgentId, BlobId, TaskId},
    label::Label,
    source::Citation,
    taint::Taint,
};

/// One numbered step of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub text: String,
    pub citations: Vec<Citation>,
}

/// What reasoning ends in: numbered steps and one output statement (stage 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    pub kind: EntryKind,
    pub steps: Vec<Step>,
    pub output: String,
}

impl Chain {
    /// Every citation of every step, in order, each once.
    #[must_use]
    pub fn citations(&self) -> Vec<Citation> {
        let mut all: Vec<Citation> = Vec::new();
        for citation in self.steps.iter().flat_map(|step| &step.citations) {
            if !all.contains(citation) {
                all.push(citation.clone());
            }
        }
        all
    }

    /// The chain as the verifier and the human read it.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (number, step) in (1..).zip(&self.steps) {
            text.push_str(&format!("{number}. {}\n", step.text));
        }
        text.push_str(&format!("OUTPUT {}", self.output));
        text
    }
}

/// The five questions of verification (METHOD §3a stage 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Axis {
    /// Citation support.
    U1,
    /// Output coherence.
    U2,
    /// Arithmetic.
    C1,
    /// Qualifier drift.
    C2,
    /// Unsupported synthesis.
    C3,
}

impl Axis {
    pub const ALL: [Axis; 5] = [Axis::U1, Axis::U2, Axis::C1, Axis::C2, Axis::C3];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Axis::U1 => "citation support",
            Axis::U2 => "output coherence",
            Axis::C1 => "arithmetic",
            Axis::C2 => "qualifier drift",
            Axis::C3 => "unsupported synthesis",
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AxisOutcome {
    Pass,
    /// Only the C axes may not apply.
    NotApplicable,
    Fail(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// With a clean one-paragraph rewrite that keeps the chain's labels and adds none.
    Approved(String),
    /// With one specific line.
    Wrong(String),
}

/// The verifier's answer to one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub axes: Vec<(Axis, AxisOutcome)>,
    pub ruling: Ruling,
}

impl Verdict {
    /// Any failed axis makes the chain wrong, whatever the ruling says (METHOD §3a stage 7, "Decision").
    #[must_use]
    pub fn objection(&self) -> Option<String> {
        if let Ruling::Wrong(line) = &self.ruling {
            return Some(line.clone());
        }
        self.axes.iter().find_map(|(axis, outcome)| match outcome {
            AxisOutcome::Fail(reason) => Some(format!("{axis} {}: {reason}", axis.name())),
            AxisOutcome::Pass | AxisOutcome::NotApplicable => None,
        })
    }
}

/// Why a write that passes may still deserve a human's eyes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The verifier said WRONG to the last try.
    Unverified(String),
    /// It says that something is absent or contradicted, and could close a good path (METHOD §7).
    Negative,
    /// It rests on text that speaks to a model, or on an entry that does.
    Tainted(Taint),
    /// A rule of the reasoner's own, in its words.
    Rule(String),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Unverified(line) => write!(f, "the verifier objects: {line}"),
            Doubt::Negative => f.write_str("a FAIL can close a good path"),
            Doubt::Tainted(taint) => taint.fmt(f),
            Doubt::Rule(rule) => f.write_str(rule),
        }
    }
}

/// A candidate with everything that its admission would need, so that a decision about it needs nobody's memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The label it would be published under.
    pub label: Label,
    pub kind: EntryKind,
    pub agent: AgentId,
    pub task: TaskId,
    /// The try of this claim, from 1.
    pub attempt: u32,
    /// The gist: restated sub-task and result (stage 8).
    pub subtask: String,
    pub result: String,
    pub citations: Vec<Citation>,
    /// The approved paragraph, a [`super::summary::Summary`] as JSON.
    pub summary: BlobId,
    /// The full [`Trajectory`] as JSON.
    pub trajectory: BlobId,
    pub verdict: Verdict,
    pub doubts: Vec<Doubt>,
}

/// Who turned a write down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Critic {
    Verifier,
    GistGate,
    FormCheck,
    Human,
    /// No usable reply came.
    Model,
}

impl fmt::Display for Critic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Critic::Verifier => "verifier",
            Critic::GistGate => "gist gate",
            Critic::FormCheck => "form check",
            Critic::Human => "you",
            Critic::Model => "model",
        })
    }
}

/// What an author is told of a try that was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    pub by: Critic,
    pub reason: String,
    /// What was turned down, so that it is not offered again; empty when no text came to be.
    pub rejected: String,
    /// What that text rested on.
    #[serde(default)]
    pub citations: Vec<Citation>,
}

impl Feedback {
    /// A human's reason, where no text had come to be.
    #[must_use]
    pub fn by_human(reason: &str) -> Self {
        Feedback { by: Critic::Human, reason: reason.to_owned(), rejected: String::new(), citations: vec![] }
    }
}

/// Everything behind a result: the raw level of a worker's entry (METHOD §2.1 "Raw").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trajectory {
    pub task: TaskId,
    pub agent: AgentId,
    pub attempt: u32,
    pub subtask: String,
    /// What the author was told before this try.
    pub feedback: Vec<Feedback>,
    /// What it had unfolded, in order.
    pub unfolded: Vec<Label>,
    pub chain: Chain,
    pub verdict: Verdict,
}
