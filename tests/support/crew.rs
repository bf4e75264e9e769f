//! A team on a journal, for benches: a run that may have come far already, and the engine that goes on with it.

use std::{path::Path, sync::Arc, time::Duration};

use delm::{
    engine::{Audience, Engine, Replay, Start, Tap},
    reason::Reasoner,
    run::{
        Admission, AgentId, Author, Entry, EntryKind, Event, Fact, Label, Method, NewTask, Options, Parting, Run, Seq,
        TaskId,
    },
    store::{Journal, Sqlite},
};
use tokio::{runtime::Runtime, sync::mpsc};

use crate::instantly::RESULT;

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// A new run file.
pub fn file(dir: &Path) -> Sqlite {
    let name = (0..).map(|n| dir.join(format!("{n}.delm"))).find(|name| !name.exists());
    Sqlite::create(&name.expect("there are more numbers")).expect("room")
}

/// A run of so many agents that has come to so many entries, a finished task behind each, and may have so many tasks
/// more; in the journal.
pub fn begin(journal: &mut dyn Journal, options: Options, entries: u32, tasks: u32) -> Run {
    let method = Method { max_tasks: (entries + tasks) as usize, ..options.method };
    let options = Options { method, ..options };
    let agents = u32::from(options.agents);
    let mut facts = vec![
        Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) },
        Fact::CorpusSplit { units: vec![] },
    ];
    if entries > 0 {
        let new = |n| NewTask { id: TaskId(n), text: format!("What is known of {n}?"), deps: vec![], focus: vec![] };
        facts.push(Fact::TasksAdded { tasks: (1..=entries).map(new).collect(), by: Author::Human });
    }
    for n in 1..=entries {
        let (task, agent) = (TaskId(n), AgentId((n % agents + 1) as u16));
        let label = Label::new(Author::Agent(agent), n / agents + 1);
        let entry = Entry {
            label,
            kind: EntryKind::Fact,
            task: Some(task),
            subtask: format!("What is known of {n}?"),
            gist: RESULT.into(),
            citations: vec![],
            admission: Admission::Verified,
            taint: vec![],
            summary: None,
            trajectory: None,
        };
        facts.extend([
            Fact::TaskClaimed { task, agent },
            Fact::EntryAdmitted { entry: Arc::new(entry) },
            Fact::TaskFinished { task, agent, entry: Some(label) },
        ]);
    }
    let events: Vec<Event> =
        facts.into_iter().zip(1..).map(|(fact, seq)| Event { seq: Seq(seq), at: 0, fact }).collect();
    journal.append(Seq(0), &events, &[]).expect("room");
    let mut run = Run::default();
    events.iter().for_each(|event| run.apply(event));
    run
}

/// The engine at work on a run, and the events as they become durable.
pub async fn engine(
    run: Run,
    journal: Box<dyn Journal>,
    reasoner: impl Reasoner + 'static,
) -> (Engine, mpsc::Receiver<Vec<Event>>) {
    let (sender, events) = mpsc::channel(1024);
    let start = Start {
        run,
        journal,
        reasoner: Arc::new(reasoner),
        models: None,
        audience: Some(Audience::new(sender)),
        tap: Tap::default(),
        replay: Replay::default(),
    };
    (Engine::start(start).await.expect("it starts"), events)
}

/// Lets a team come to its end; so many tasks are done then.
pub async fn finish(mut engine: Engine, done: u32) {
    engine.ended().await;
    let run = engine.stop(Parting::Ended).await.expect("it stops");
    assert_eq!(run.counts.done, done as usize);
}

/// The middle one.
pub fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
