//! What an agent thinks with. One trait holds the calls A–M of METHOD §4.1; `prompted` asks a model, `extractive`
//! quotes without one.
//!
//! A reasoner decides nothing about the run: it answers what it is asked, and the engine makes facts of it.

mod desk;
pub mod extractive;
pub mod prompted;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    llm::CallError,
    run::{
        Answer, CallKind, Chain, Citation, Corpus, CutPoint, Feedback, Label, Snapshot, Summary, Task, Verdict,
        rules::plan::Draft,
    },
};

pub use desk::Desk;

/// Why a reasoner has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReasonError {
    #[error(transparent)]
    Call(#[from] CallError),
    /// The reply could not be read, and the contract names no fallback.
    #[error("the reply to {kind} could not be read: {why}")]
    Unreadable { kind: CallKind, why: String },
    /// A human took away what was being worked on.
    #[error("denied")]
    Denied,
    /// The work is closed, and no call is made any more.
    #[error("the work is closed")]
    Closed,
    /// The session ends; nothing is to be recorded.
    #[error("stopped")]
    Stopped,
}

/// What every call about a task stands on: C at the agent's dispatch, and the question.
#[derive(Debug, Clone)]
pub struct Brief {
    pub question: Arc<str>,
    pub context: Snapshot,
}

/// Something unfolded into this call only (METHOD §2.6.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfolded {
    pub label: Label,
    /// A unit's title, or a peer's sub-task.
    pub title: String,
    pub text: UnfoldedText,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnfoldedText {
    /// The summary of a unit or of a peer's result.
    Summary(Arc<Summary>),
    /// Raw text and where it starts in its unit, in bytes; for a peer's result the trajectory.
    Raw { text: String, start: usize },
}

impl Unfolded {
    /// About how long it is in a prompt, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match &self.text {
            UnfoldedText::Raw { text, .. } => text.len(),
            UnfoldedText::Summary(summary) => {
                summary.topic.len() + summary.parts.iter().map(|p| p.text.len()).sum::<usize>()
            }
        }
    }
}

/// What an agent has in front of it when it reasons (stage 6).
#[derive(Debug, Clone)]
pub struct Thought {
    pub brief: Brief,
    pub task: Task,
    pub unfolded: Vec<Unfolded>,
    /// What was turned down before, oldest first; its reasons must be heeded.
    pub feedback: Vec<Feedback>,
    /// Whether it may still ask for more evidence.
    pub may_unfold: bool,
}

/// One turn of reasoning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Wants the summaries of these labels.
    Unfold(Vec<Label>),
    /// Wants the raw text behind these labels.
    DeepUnfold(Vec<Label>),
    Conclude(Chain),
}

/// What the verifier judges (stage 7).
#[derive(Debug, Clone)]
pub struct Case {
    pub brief: Brief,
    pub task: Task,
    pub label: Label,
    pub chain: Chain,
    /// Summary and raw of everything cited; raw is authoritative for values.
    pub evidence: Vec<Unfolded>,
}

/// An approved chain on its way to a gist (stage 8).
#[derive(Debug, Clone)]
pub struct Approved {
    pub task: Task,
    pub label: Label,
    pub chain: Chain,
    /// The verifier's clean paragraph.
    pub paragraph: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GistReply {
    Gist(Gist),
    /// There is no citation-grounded finding to gist.
    Refused(String),
}

/// The compact form of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gist {
    pub subtask: String,
    pub result: String,
    /// Why a human should look although it passed; empty when nothing is odd.
    pub doubts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redundancy {
    Accept,
    /// The entry that says it already, where known.
    Redundant(Option<Label>),
}

/// The state of the plan for the queue-empty decision.
#[derive(Debug, Clone)]
pub struct Progress {
    pub brief: Brief,
    pub tasks: Vec<Task>,
    pub round: u32,
    /// Why the last list was sent back: by a check (cycle, unknown dependency) or by a human.
    pub objections: Vec<String>,
}

/// What the finalizer has in front of it.
#[derive(Debug, Clone)]
pub struct Closing {
    pub brief: Brief,
    pub unfolded: Vec<Unfolded>,
    /// Tasks that ended without a result, with the reason.
    pub failed: Vec<(Task, String)>,
    /// Why earlier answers were sent back.
    pub objections: Vec<String>,
    pub may_unfold: bool,
}

/// One turn of finalization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinalTurn {
    Unfold(Vec<Label>),
    DeepUnfold(Vec<Label>),
    Answer(Answer),
}

/// The calls of METHOD §4.1. Letters in the comments are METHOD's.
///
/// Errors of every method: `Call` when the model gave nothing usable, `Unreadable` where the contract has no fallback,
/// `Stopped` when the desk said so.
#[async_trait]
pub trait Reasoner: Send + Sync {
    /// For the screen, the log and the answer: `extractive`, or the model's name.
    fn name(&self) -> &str;

    /// One sentence about what this reasoner cannot do, printed with every answer; `None` when a model reasons.
    fn caveat(&self) -> Option<&'static str> {
        None
    }

    /// Called once, when the documents are cut and before any other call but A.
    fn study(&self, _corpus: &Arc<Corpus>) {}

    /// A: offsets to cut at, out of `points`; empty leaves the text whole.
    async fn split(
        &self,
        desk: &dyn Desk,
        title: &str,
        points: &[CutPoint],
        most: usize,
    ) -> Result<Vec<usize>, ReasonError>;

    /// B and C: the summary of a unit, its anchors resolved and its gaps filled.
    async fn summarize(&self, desk: &dyn Desk, corpus: &Corpus, unit: Label) -> Result<Summary, ReasonError>;

    /// D: one line about a unit, checked against its summary. The question decides only the order.
    async fn gist_unit(
        &self,
        desk: &dyn Desk,
        question: &str,
        title: &str,
        summary: &Summary,
    ) -> Result<String, ReasonError>;

    /// K: the tasks to start with.
    async fn decompose(&self, desk: &dyn Desk, progress: &Progress) -> Result<Vec<Draft>, ReasonError>;

    /// E: the fewest labels to unfold first, at most `most`.
    async fn choose(&self, desk: &dyn Desk, brief: &Brief, task: &Task, most: usize)
    -> Result<Vec<Label>, ReasonError>;

    /// F: one turn of reasoning.
    async fn think(&self, desk: &dyn Desk, thought: &Thought) -> Result<Turn, ReasonError>;

    /// G: the five axes and the ruling.
    async fn verify(&self, desk: &dyn Desk, case: &Case) -> Result<Verdict, ReasonError>;

    /// H: gate and gist.
    async fn gist(&self, desk: &dyn Desk, approved: &Approved) -> Result<GistReply, ReasonError>;

    /// I: whether the gist stands on its own; one vote.
    async fn check_form(&self, desk: &dyn Desk, gist: &Gist) -> Result<bool, ReasonError>;

    /// J: whether C contains it already. `citations` is what it rests on.
    async fn check_redundancy(
        &self,
        desk: &dyn Desk,
        brief: &Brief,
        gist: &Gist,
        citations: &[Citation],
    ) -> Result<Redundancy, ReasonError>;

    /// L: new tasks or revised dependencies; empty when nothing more is needed (`[DONE]`).
    async fn more_tasks(&self, desk: &dyn Desk, progress: &Progress) -> Result<Vec<Draft>, ReasonError>;

    /// M: one turn of finalization.
    async fn finalize(&self, desk: &dyn Desk, closing: &Closing) -> Result<FinalTurn, ReasonError>;
}
