//! The embedded reasoner: ranks, quotes and checks without a model. It answers every call of METHOD §4.1 by rules over
//! the words of the documents, states only what it can quote, and says so.

mod abreast;
mod block;
mod claim;
mod combine;
mod expect;
mod finalize;
mod gist;
mod library;
mod parts;
mod plan;
mod question;
mod rank;
mod sentence;
mod spelling;
mod state;
mod study;
mod subject;
mod thesaurus;
mod think;
mod units;
mod verify;
mod word;

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

use crate::run::{
    CallKind, Citation, Corpus, CutPoint, EntryKind, Label, Stream, Summary, Task, Verdict, rules::plan::Draft,
};

use super::{
    Approved, Brief, Case, Closing, Desk, FinalTurn, Gist, GistReply, Progress, ReasonError, Reasoner, Redundancy,
    Thought, Turn,
};

pub use library::Library;
pub use study::study;

use state::Studied;

/// A reasoner that only quotes.
pub struct Extractive {
    seed: u64,
    studied: RwLock<Arc<Studied>>,
}

impl Extractive {
    /// Nothing is drawn at random; the seed only picks between equal phrases of the working text.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Extractive { seed, studied: RwLock::new(Arc::new(Studied::of(&Arc::default()))) }
    }

    fn studied(&self) -> Arc<Studied> {
        self.studied.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens a piece of work in the agent's pane.
    fn open(&self, desk: &dyn Desk, what: &str) {
        const WAYS: [&str; 3] = ["Now", "Next", "My turn"];
        desk.say(Stream::Output, &format!("{}: {what}.\n", WAYS[(self.seed % WAYS.len() as u64) as usize]));
    }
}

#[async_trait]
impl Reasoner for Extractive {
    fn name(&self) -> &str {
        "extractive"
    }

    fn caveat(&self) -> Option<&'static str> {
        Some("The embedded reasoner quotes sentences that match the question's words; it does not reason about them.")
    }

    fn study(&self, corpus: &Arc<Corpus>) {
        let studied = Arc::new(Studied::of(corpus));
        *self.studied.write().unwrap_or_else(PoisonError::into_inner) = studied;
    }

    async fn split(
        &self,
        _desk: &dyn Desk,
        _title: &str,
        points: &[CutPoint],
        most: usize,
    ) -> Result<Vec<usize>, ReasonError> {
        Ok(parts::cuts(points, most))
    }

    async fn summarize(&self, _desk: &dyn Desk, corpus: &Corpus, unit: Label) -> Result<Summary, ReasonError> {
        let title = corpus.unit(unit).map_or("", |unit| unit.title.as_str());
        Ok(parts::summarize(&self.studied().library, unit, title, corpus.text(unit).unwrap_or_default()))
    }

    async fn gist_unit(
        &self,
        _desk: &dyn Desk,
        question: &str,
        title: &str,
        summary: &Summary,
    ) -> Result<String, ReasonError> {
        Ok(parts::gist(&self.studied().library, question, title, summary))
    }

    async fn decompose(&self, desk: &dyn Desk, progress: &Progress) -> Result<Vec<Draft>, ReasonError> {
        desk.think(CallKind::Decompose).await?;
        self.open(desk, "which documents should be looked into");
        let drafts = plan::decompose(&self.studied(), progress);
        for draft in &drafts {
            desk.say(Stream::Output, &format!("{}. {}\n", draft.number, draft.text));
        }
        Ok(drafts)
    }

    async fn choose(
        &self,
        desk: &dyn Desk,
        brief: &Brief,
        task: &Task,
        most: usize,
    ) -> Result<Vec<Label>, ReasonError> {
        let labels = think::choose(&self.studied(), brief, task, most);
        desk.say(Stream::Output, &format!("I unfold {}.\n", think::list(&labels)));
        Ok(labels)
    }

    async fn think(&self, desk: &dyn Desk, thought: &Thought) -> Result<Turn, ReasonError> {
        desk.think(CallKind::Reason).await?;
        let think::Thinking { says, turn } = think::think(&self.studied(), thought);
        // Line by line, so that a pane shows it as it comes.
        says.split_inclusive('\n').for_each(|line| desk.say(Stream::Output, line));
        Ok(turn)
    }

    async fn verify(&self, desk: &dyn Desk, case: &Case) -> Result<Verdict, ReasonError> {
        desk.think(CallKind::Verify).await?;
        let verdict = verify::verify(&self.studied(), case);
        let line = verdict.objection().unwrap_or_else(|| "every quote stands where it is said to stand".to_owned());
        desk.say(Stream::Output, &format!("I check {}: {line}.\n", case.label));
        Ok(verdict)
    }

    async fn gist(&self, _desk: &dyn Desk, approved: &Approved) -> Result<GistReply, ReasonError> {
        Ok(gist::gist(&self.studied(), approved))
    }

    async fn check_form(&self, _desk: &dyn Desk, gist: &Gist) -> Result<bool, ReasonError> {
        Ok(gist::has_form(gist))
    }

    async fn check_redundancy(
        &self,
        _desk: &dyn Desk,
        brief: &Brief,
        gist: &Gist,
        citations: &[Citation],
    ) -> Result<Redundancy, ReasonError> {
        Ok(gist::redundancy(brief, gist, citations))
    }

    async fn more_tasks(&self, desk: &dyn Desk, progress: &Progress) -> Result<Vec<Draft>, ReasonError> {
        desk.think(CallKind::MoreTasks).await?;
        let drafts = plan::more_tasks(&self.studied(), progress);
        let found = progress.brief.context.entries().filter(|entry| entry.kind == EntryKind::Fact).count();
        let next = if drafts.is_empty() { "nothing more is needed" } else { "some of the question is still open" };
        desk.say(Stream::Output, &format!("{found} findings so far; {next}.\n"));
        Ok(drafts)
    }

    async fn finalize(&self, desk: &dyn Desk, closing: &Closing) -> Result<FinalTurn, ReasonError> {
        desk.think(CallKind::Finalize).await?;
        desk.say(Stream::Output, &finalize::says(closing));
        let answer = finalize::answer(&self.studied(), closing);
        answer.text.split_inclusive('\n').for_each(|line| desk.say(Stream::Output, line));
        Ok(FinalTurn::Answer(answer))
    }
}
