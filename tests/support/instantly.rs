//! A reasoner that thinks nothing and takes no time but what a bench gives it, so that what is timed is what stands
//! around it.

use std::{hint::black_box, time::Duration};

use async_trait::async_trait;
use delm::{
    reason::{
        Approved, Brief, Case, Closing, Desk, FinalTurn, Gist, GistReply, Progress, ReasonError, Reasoner, Redundancy,
        Thought, Turn,
    },
    run::{
        Answer, Chain, Citation, Corpus, CutPoint, EntryKind, Label, Ruling, Step, Summary, Task, Verdict,
        rules::plan::Draft,
    },
};
use futures_util::{FutureExt as _, future::BoxFuture};

/// About a hundred tokens.
pub const RESULT: &str = "The covered work may be conveyed in object code form if its corresponding source is offered from \
    the same place, for as long as the object code is, at no further charge, with clear directions next to the object \
    code that say where the source is to be found; whoever runs the server on which the source stands, the one who \
    conveys the object code remains obliged to see that it is available for as long as these terms ask for it.";

pub type Answered<T> = Result<T, ReasonError>;

/// What happens while an agent thinks about a task.
type Meanwhile = dyn for<'a> Fn(&'a dyn Desk, &'a Task) -> BoxFuture<'a, Answered<()>> + Send + Sync;

/// Plans so many tasks, and concludes each at once with a result of a hundred tokens on two kilobytes of evidence.
pub struct Instantly {
    tasks: u32,
    meanwhile: Box<Meanwhile>,
    when_planned: Box<dyn Fn() + Send + Sync>,
}

/// Takes a given time, to a tenth of a millisecond: a timer of the runtime knows milliseconds only.
pub async fn wait(time: Duration) -> Answered<()> {
    if !time.is_zero() {
        tokio::task::spawn_blocking(move || std::thread::sleep(time)).await.expect("sleeping does not panic");
    }
    Ok(())
}

impl Instantly {
    pub fn new(tasks: u32) -> Self {
        Instantly::but(tasks, |_, _| std::future::ready(Ok(())).boxed())
    }

    /// The same, but for what happens meanwhile.
    pub fn but<M>(tasks: u32, meanwhile: M) -> Self
    where
        M: for<'a> Fn(&'a dyn Desk, &'a Task) -> BoxFuture<'a, Answered<()>> + Send + Sync + 'static,
    {
        Instantly { tasks, meanwhile: Box::new(meanwhile), when_planned: Box::new(|| ()) }
    }

    pub fn when_planned(self, tell: impl Fn() + Send + Sync + 'static) -> Self {
        Instantly { when_planned: Box::new(tell), ..self }
    }
}

#[async_trait]
impl Reasoner for Instantly {
    fn name(&self) -> &str {
        "instantly"
    }

    async fn split(&self, _: &dyn Desk, _: &str, _: &[CutPoint], _: usize) -> Answered<Vec<usize>> {
        Ok(vec![])
    }

    async fn summarize(&self, _: &dyn Desk, _: &Corpus, _: Label) -> Answered<Summary> {
        Ok(Summary { topic: String::new(), parts: vec![] })
    }

    async fn gist_unit(&self, _: &dyn Desk, _: &str, _: &str, _: &Summary) -> Answered<String> {
        Ok(String::new())
    }

    async fn decompose(&self, _: &dyn Desk, progress: &Progress) -> Answered<Vec<Draft>> {
        let draft = |number| Draft { number, text: format!("task {number}"), deps: vec![], focus: vec![] };
        // Lower numbers are those of tasks that are there.
        let known = progress.tasks.len() as u32;
        (self.when_planned)();
        Ok((known + 1..=known + self.tasks).map(draft).collect())
    }

    async fn choose(&self, _: &dyn Desk, brief: &Brief, _: &Task, _: usize) -> Answered<Vec<Label>> {
        black_box(brief.context.len());
        Ok(vec![])
    }

    async fn think(&self, desk: &dyn Desk, thought: &Thought) -> Answered<Turn> {
        (self.meanwhile)(desk, &thought.task).await?;
        // Two kilobytes of evidence behind a gist.
        let step = Step { text: RESULT.repeat(4), citations: vec![] };
        let output = format!("{}: {RESULT}", thought.task.text);
        Ok(Turn::Conclude(Chain { kind: EntryKind::Fact, steps: vec![step], output }))
    }

    async fn verify(&self, _: &dyn Desk, case: &Case) -> Answered<Verdict> {
        Ok(Verdict { axes: vec![], ruling: Ruling::Approved(case.chain.output.clone()) })
    }

    async fn gist(&self, _: &dyn Desk, approved: &Approved) -> Answered<GistReply> {
        let gist = Gist { subtask: approved.task.text.clone(), result: approved.paragraph.clone(), doubts: vec![] };
        Ok(GistReply::Gist(gist))
    }

    async fn check_form(&self, _: &dyn Desk, _: &Gist) -> Answered<bool> {
        Ok(true)
    }

    async fn check_redundancy(&self, _: &dyn Desk, _: &Brief, _: &Gist, _: &[Citation]) -> Answered<Redundancy> {
        Ok(Redundancy::Accept)
    }

    async fn more_tasks(&self, _: &dyn Desk, _: &Progress) -> Answered<Vec<Draft>> {
        Ok(vec![])
    }

    async fn finalize(&self, _: &dyn Desk, _: &Closing) -> Answered<FinalTurn> {
        Ok(FinalTurn::Answer(Answer { text: "done".into(), citations: vec![], entries: vec![] }))
    }
}
