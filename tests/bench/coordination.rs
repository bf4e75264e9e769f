//! What coordination costs: `cargo bench --bench coordination`.
//!
//! Tasks that think no time, a real run file, every admission durable. Beside each figure stands the floor's: the same
//! events appended to the same kind of file by one loop, one commit a task, with no engine. The last line tells whether
//! a task costs more when the shared context is long.

use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

use async_trait::async_trait;
use criterion::{BenchmarkId, Criterion, Throughput};
use delm::{
    engine::{Engine, Replay, Start, Tap},
    reason::{
        Approved, Brief, Case, Closing, Desk, FinalTurn, Gist, GistReply, Progress, ReasonError, Reasoner, Redundancy,
        Thought, Turn,
    },
    run::{
        Answer, Chain, Citation, Corpus, CutPoint, EntryKind, Event, Fact, Label, Method, Options, Parting, Ruling,
        Run, Seq, Step, Summary, Task, Verdict, rules::plan::Draft,
    },
    store::{Body, Journal as _, Sqlite},
};

/// About a hundred tokens.
const RESULT: &str = "The covered work may be conveyed in object code form if its corresponding source is offered from \
    the same place, for as long as the object code is, at no further charge, with clear directions next to the object \
    code that say where the source is to be found; whoever runs the server on which the source stands, the one who \
    conveys the object code remains obliged to see that it is available for as long as these terms ask for it.";

/// Thinks nothing and takes no time.
struct Instantly {
    tasks: u32,
}

type Answered<T> = Result<T, ReasonError>;

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

    async fn decompose(&self, _: &dyn Desk, _: &Progress) -> Answered<Vec<Draft>> {
        let draft = |number| Draft { number, text: format!("task {number}"), deps: vec![], focus: vec![] };
        Ok((1..=self.tasks).map(draft).collect())
    }

    async fn choose(&self, _: &dyn Desk, brief: &Brief, _: &Task, _: usize) -> Answered<Vec<Label>> {
        black_box(brief.context.len());
        Ok(vec![])
    }

    async fn think(&self, _: &dyn Desk, thought: &Thought) -> Answered<Turn> {
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

/// A whole run of `tasks` tasks; its events, for the floor and for the last line.
fn run(dir: &Path, agents: u16, tasks: u32) -> Vec<Event> {
    let file = dir.join(format!("{agents}-{tasks}-{:?}.delm", Instant::now()));
    let mut journal = Sqlite::create(&file).expect("room");
    let method = Method { max_tasks: tasks as usize, ..Method::default() };
    let options = Options { agents, method, ..Options::default() };
    let facts = [
        Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) },
        Fact::CorpusSplit { units: vec![] },
    ];
    let events: Vec<Event> =
        facts.into_iter().zip(1..).map(|(fact, seq)| Event { seq: Seq(seq), at: 0, fact }).collect();
    journal.append(Seq(0), &events, &[]).expect("room");
    let mut folded = Run::default();
    events.iter().for_each(|event| folded.apply(event));
    let reader = journal.reader().expect("it opens again");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let start = Start {
            run: folded,
            journal: Box::new(journal),
            reasoner: Arc::new(Instantly { tasks }),
            models: None,
            audience: None,
            tap: Tap::default(),
            replay: Replay::default(),
        };
        let mut engine = Engine::start(start).await.expect("it starts");
        engine.ended().await;
        let run = engine.stop(Parting::Ended).await.expect("it stops");
        assert_eq!(run.counts.done, tasks as usize);
    });
    reader.events(Seq(0)).expect("it reads")
}

/// The same events with no engine: one loop, one commit a task.
fn floor(dir: &Path, tasks: u32) {
    let mut journal = Sqlite::create(&dir.join(format!("floor-{:?}.delm", Instant::now()))).expect("room");
    for task in 0..tasks {
        let body = Body::of(format!("{task} {}", RESULT.repeat(5)));
        let head = u64::from(task) * 5;
        let event = |seq| Event {
            seq: Seq(seq),
            at: 0,
            fact: Fact::SourceSkipped { path: RESULT.into(), reason: String::new() },
        };
        let events: Vec<Event> = (head + 1..=head + 5).map(event).collect();
        journal.append(Seq(head), &events, &[body]).expect("room");
    }
}

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("coordination");
    group.sample_size(10);
    for tasks in [200, 2_000] {
        group.throughput(Throughput::Elements(u64::from(tasks)));
        group.bench_function(BenchmarkId::new("floor", tasks), |bench| bench.iter(|| floor(dir.path(), tasks)));
        for agents in [4, 16] {
            let name = BenchmarkId::new(format!("{agents} agents"), tasks);
            group.bench_function(name, |bench| bench.iter(|| run(dir.path(), agents, tasks).len()));
        }
    }
    group.finish();
    let events = run(dir.path(), 4, 10_000);
    let ends: Vec<i64> =
        events.iter().filter(|event| matches!(event.fact, Fact::TaskFinished { .. })).map(|event| event.at).collect();
    let cost = |from: usize, to: usize| (ends[to] - ends[from]) as f64 / (to - from) as f64;
    println!("ms a task around 100 entries {:.3}, around 10,000 {:.3}", cost(50, 1050), cost(8_999, 9_999));
}
