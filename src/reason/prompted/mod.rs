//! The reasoner that asks a model: one file for each call of METHOD §4.1, holding its prompt, its parser and what
//! stands in where no usable reply comes.
//!
//! The first line of the last message is a call's `PHRASE`; scripts in tests find the call by it.

mod cite;
pub mod decompose;
pub mod document_gist;
pub mod finalize;
pub mod form_check;
mod frame;
pub mod gap_fill;
pub mod gist;
mod lines;
pub mod more_tasks;
mod paragraphs;
pub mod reason;
pub mod redundancy;
pub mod split;
pub mod summary;
#[cfg(test)]
mod testing;
pub mod unfold;
pub mod verify;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use frame::Grounds;

use crate::run::{Citation, Corpus, CutPoint, Label, Method, Summary, Task, Verdict, rules::plan::Draft};

use super::{
    Approved, Brief, Case, Closing, Desk, FinalTurn, Gist, GistReply, Progress, ReasonError, Reasoner, Redundancy,
    Thought, Turn,
};

/// Reasons by asking a model at the desk.
#[derive(Debug, Clone)]
pub struct Prompted {
    model_name: String,
    method: Method,
    grounds: OnceLock<Grounds>,
}

impl Prompted {
    #[must_use]
    pub fn new(model_name: String, method: Method) -> Self {
        Prompted { model_name, method, grounds: OnceLock::new() }
    }
}

#[async_trait]
impl Reasoner for Prompted {
    fn name(&self) -> &str {
        &self.model_name
    }

    fn study(&self, corpus: &Arc<Corpus>) {
        let grounds = if corpus.units().is_empty() { Grounds::Reasoning } else { Grounds::Documents };
        let _ = self.grounds.set(grounds);
    }

    async fn split(
        &self,
        desk: &dyn Desk,
        title: &str,
        points: &[CutPoint],
        most: usize,
    ) -> Result<Vec<usize>, ReasonError> {
        split::ask(desk, title, points, most).await
    }

    async fn summarize(&self, desk: &dyn Desk, corpus: &Corpus, unit: Label) -> Result<Summary, ReasonError> {
        let title = corpus.unit(unit).map_or("", |unit| unit.title.as_str());
        let text = corpus.text(unit).unwrap_or_default();
        summary::ask(desk, &self.method, unit, title, text).await
    }

    async fn gist_unit(
        &self,
        desk: &dyn Desk,
        question: &str,
        title: &str,
        summary: &Summary,
    ) -> Result<String, ReasonError> {
        document_gist::ask(desk, self.method.gist_words, question, title, summary).await
    }

    async fn decompose(&self, desk: &dyn Desk, progress: &Progress) -> Result<Vec<Draft>, ReasonError> {
        decompose::ask(desk, progress).await
    }

    async fn choose(
        &self,
        desk: &dyn Desk,
        brief: &Brief,
        task: &Task,
        most: usize,
    ) -> Result<Vec<Label>, ReasonError> {
        unfold::ask(desk, brief, task, most).await
    }

    async fn think(&self, desk: &dyn Desk, thought: &Thought) -> Result<Turn, ReasonError> {
        reason::ask(desk, thought).await
    }

    async fn verify(&self, desk: &dyn Desk, case: &Case) -> Result<Verdict, ReasonError> {
        verify::ask(desk, case).await
    }

    async fn gist(&self, desk: &dyn Desk, approved: &Approved) -> Result<GistReply, ReasonError> {
        gist::ask(desk, approved, self.method.gist_words, *self.grounds.get().unwrap_or(&Grounds::Documents)).await
    }

    async fn check_form(&self, desk: &dyn Desk, gist: &Gist) -> Result<bool, ReasonError> {
        form_check::ask(desk, gist).await
    }

    async fn check_redundancy(
        &self,
        desk: &dyn Desk,
        brief: &Brief,
        gist: &Gist,
        _citations: &[Citation],
    ) -> Result<Redundancy, ReasonError> {
        redundancy::ask(desk, brief, gist).await
    }

    async fn more_tasks(&self, desk: &dyn Desk, progress: &Progress) -> Result<Vec<Draft>, ReasonError> {
        more_tasks::ask(desk, progress).await
    }

    async fn finalize(&self, desk: &dyn Desk, closing: &Closing) -> Result<FinalTurn, ReasonError> {
        finalize::ask(desk, closing).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{
        llm::Request,
        reason::{Unfolded, UnfoldedText},
        run::{CallKind, Chain, EntryKind, Label, Step},
    };
    use testing::TestDesk;

    const PHRASES: [&str; 14] = [
        split::PHRASE,
        summary::PHRASE,
        gap_fill::PHRASE,
        document_gist::PHRASE,
        document_gist::CHECK_PHRASE,
        unfold::PHRASE,
        reason::PHRASE,
        verify::PHRASE,
        gist::PHRASE,
        form_check::PHRASE,
        redundancy::PHRASE,
        decompose::PHRASE,
        more_tasks::PHRASE,
        finalize::PHRASE,
    ];

    #[test]
    fn each_call_is_known_by_its_phrase() {
        for (at, phrase) in PHRASES.iter().enumerate() {
            assert!(phrase.starts_with("# "));
            assert!(PHRASES.iter().enumerate().all(|(other, text)| at == other || !text.contains(phrase)), "{phrase}");
        }
    }

    /// Every call that stands on the shared context, made by different agents on different work.
    async fn calls_on(units: u32) -> Vec<(CallKind, Request)> {
        let desk = TestDesk::replying(&[
            "NONE",
            "1. a [W0 S1]\nOUTPUT FACT: a",
            "WRONG: no",
            "ACCEPT",
            "1. a [deps: ]",
            "[DONE]",
            "It is so [W0 S1].",
        ]);
        let reasoner = Prompted::new("test:m".into(), Method::default());
        let (brief, task) = (testing::brief(units), testing::task(units, "Find it."));
        let raw = UnfoldedText::Raw { text: format!("text {units}"), start: 0 };
        let unfolded = vec![Unfolded { label: Label::unit(1), title: "One".into(), text: raw }];
        let chain = Chain {
            kind: EntryKind::Fact,
            steps: vec![Step { text: "a".into(), citations: vec![] }],
            output: format!("output {units}"),
        };
        let gist = Gist { subtask: "s".into(), result: format!("r {units}"), doubts: vec![] };
        let progress = Progress { brief: brief.clone(), tasks: vec![task.clone()], round: units, objections: vec![] };
        let thought = Thought {
            brief: brief.clone(),
            task: task.clone(),
            unfolded: unfolded.clone(),
            feedback: vec![],
            may_unfold: units.is_multiple_of(2),
        };
        let label = Label::new(crate::run::Author::Agent(crate::run::AgentId(2)), units);
        let case = Case { brief: brief.clone(), task: task.clone(), label, chain, evidence: unfolded.clone() };
        let closing = Closing {
            brief: brief.clone(),
            unfolded,
            failed: vec![],
            objections: vec![],
            may_unfold: units.is_multiple_of(2),
        };
        reasoner.choose(&desk, &brief, &task, 5).await.unwrap();
        reasoner.think(&desk, &thought).await.unwrap();
        reasoner.verify(&desk, &case).await.unwrap();
        reasoner.check_redundancy(&desk, &brief, &gist, &[]).await.unwrap();
        reasoner.decompose(&desk, &progress).await.unwrap();
        reasoner.more_tasks(&desk, &progress).await.unwrap();
        reasoner.finalize(&desk, &closing).await.unwrap();
        let calls = desk.requests();
        let kinds: Vec<char> = calls.iter().map(|(kind, _)| kind.letter()).collect();
        assert_eq!(kinds, ['E', 'F', 'G', 'J', 'K', 'L', 'M']);
        for (_, request) in &calls {
            let last = &request.messages.last().unwrap().text;
            assert!(PHRASES.iter().any(|phrase| last.lines().next() == Some(*phrase)));
            assert_eq!(request.stable, request.messages.len() - 1);
        }
        calls
    }

    fn stable_text(request: &Request) -> String {
        request.messages[..request.stable].iter().map(|message| message.text.as_str()).collect()
    }

    #[tokio::test]
    async fn calls_on_the_shared_context_share_a_prefix_that_only_grows() {
        let mut texts: Vec<String> = Vec::new();
        for units in [1, 2, 9, 70, 200] {
            let calls = calls_on(units).await;
            let same: HashSet<String> = calls.iter().map(|(_, request)| stable_text(request)).collect();
            assert_eq!(same.len(), 1, "all calls at one snapshot begin alike");
            texts.extend(same);
        }
        for (at, text) in texts.iter().enumerate() {
            assert!(texts[at..].iter().all(|later| later.starts_with(text.as_str())));
        }
    }
}
