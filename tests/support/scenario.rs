//! Plays a scenario on the real engine with a scripted model and a scripted human, and holds the log against what was
//! expected and against what must hold of every run.

use std::{collections::HashSet, path::Path, sync::Arc, time::Duration};

use delm::{
    engine::{Audience, Engine, Start, Tap},
    llm::scripted::{Rule, Scripted},
    reason::prompted::Prompted,
    run::{Author, Command, Corpus, Event, Fact, Media, Options, Parting, Run, Section, Seq, Source, SourceId, TaskId},
    store::{Body, Journal as _, Memory},
};
use serde::Deserialize;
use tokio::sync::mpsc;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Why it is there, for the reader.
    #[expect(dead_code)]
    about: String,
    question: String,
    #[serde(default)]
    documents: Vec<Document>,
    #[serde(default)]
    options: Overrides,
    rules: Vec<Rule>,
    #[serde(default)]
    human: Vec<Deed>,
    /// Let the process go after this event, then take the run up again.
    #[serde(default)]
    crash_after: Option<Vec<String>>,
    expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    path: String,
    text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Overrides {
    agents: Option<u16>,
    gate: Option<delm::run::GateLevel>,
    method: Option<delm::run::Method>,
}

/// What the human does once an event whose JSON contains all of `after` is in the log. Deeds happen in order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deed {
    after: Vec<String>,
    command: Command,
    /// The refusal that is expected.
    #[serde(default)]
    refused: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// `answered`, or the beginning of the reason why not.
    outcome: String,
    #[serde(default)]
    answer: Vec<String>,
    /// Events in this order, others between them; each is a list of texts that its JSON contains.
    #[serde(default)]
    events: Vec<Vec<String>>,
    /// Events that must not be there.
    #[serde(default)]
    never: Vec<Vec<String>>,
    /// How often an event is there.
    #[serde(default)]
    times: Vec<(usize, Vec<String>)>,
    /// Texts that some request to the model contains, all in one request.
    #[serde(default)]
    requests: Vec<Vec<String>>,
}

/// What a scenario led to.
pub struct Played {
    pub events: Vec<Event>,
    pub run: Run,
    pub corpus: Corpus,
    requests: Vec<String>,
    refusals: Vec<String>,
}

impl Scenario {
    pub fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    fn options(&self) -> Options {
        let default = Options { model: "scripted:test".into(), agents: 2, ..Options::default() };
        Options {
            agents: self.options.agents.unwrap_or(default.agents),
            gate: self.options.gate.unwrap_or(default.gate),
            method: self.options.method.clone().unwrap_or_default(),
            ..default
        }
    }

    fn begin(&self, journal: &mut Memory) -> Run {
        let mut facts = vec![Fact::RunStarted {
            question: self.question.clone(),
            paths: self.documents.iter().map(|document| document.path.clone()).collect(),
            options: self.options(),
        }];
        let mut bodies = vec![];
        for (document, id) in self.documents.iter().zip(1..) {
            let text = Body::of(document.text.clone());
            let section = Section { title: document.path.clone(), span: 0..document.text.len() };
            let source = Source {
                id: SourceId(id),
                path: document.path.clone(),
                media: Media::Text,
                bytes: document.text.len() as u64,
                text: text.id,
                sections: vec![section],
            };
            facts.push(Fact::SourceRead { source });
            bodies.push(text);
        }
        let events: Vec<Event> =
            facts.into_iter().zip(1..).map(|(fact, seq)| Event { seq: Seq(seq), at: 0, fact }).collect();
        journal.append(Seq(0), &events, &bodies).unwrap();
        fold(&events)
    }

    /// Everything that is not as expected, in words.
    pub fn complaints(&self, played: &Played) -> Vec<String> {
        let lines: Vec<String> = played.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let mut complaints = invariants(played);
        let outcome = serde_json::to_string(&played.run.outcome).unwrap();
        if !outcome.contains(&self.expect.outcome) {
            complaints.push(format!("the outcome is {outcome}, not {}", self.expect.outcome));
        }
        let answer = played.run.answer.as_ref().map_or("", |answer| answer.text.as_str());
        complaints.extend(
            self.expect
                .answer
                .iter()
                .filter(|part| !answer.contains(*part))
                .map(|part| format!("answer lacks {part:?}: {answer:?}")),
        );
        let mut rest = lines.iter();
        for wanted in &self.expect.events {
            if !rest.any(|line| contains_all(line, wanted)) {
                complaints.push(format!("no event {wanted:?} where it is expected"));
                break;
            }
        }
        for unwanted in &self.expect.never {
            complaints
                .extend(lines.iter().find(|line| contains_all(line, unwanted)).map(|line| format!("unwanted: {line}")));
        }
        for (times, wanted) in &self.expect.times {
            let found = lines.iter().filter(|line| contains_all(line, wanted)).count();
            if found != *times {
                complaints.push(format!("{wanted:?} is there {found} times, not {times}"));
            }
        }
        for wanted in &self.expect.requests {
            if !played.requests.iter().any(|request| contains_all(request, wanted)) {
                complaints.push(format!("no request with {wanted:?}"));
            }
        }
        let refused: Vec<_> = self.human.iter().filter_map(|deed| deed.refused.as_ref()).collect();
        if refused.len() != played.refusals.len()
            || !refused.iter().zip(&played.refusals).all(|(wanted, found)| found.contains(*wanted))
        {
            complaints.push(format!("refusals: {:?}, not {refused:?}", played.refusals));
        }
        if !complaints.is_empty() {
            complaints.push(format!("the log was:\n  {}", lines.join("\n  ")));
        }
        complaints
    }
}

fn contains_all(line: &str, wanted: &[String]) -> bool {
    wanted.iter().all(|part| line.contains(part.as_str()))
}

fn fold(events: &[Event]) -> Run {
    let mut run = Run::default();
    events.iter().for_each(|event| run.apply(event));
    run
}

/// Plays a scenario to its end. A scenario that hangs for an hour of paused time is one that does not end.
pub async fn play(scenario: &Scenario) -> Played {
    let mut journal = Memory::default();
    scenario.begin(&mut journal);
    let model = Arc::new(Scripted::new(scenario.rules.clone()));
    let mut human = Human { deeds: scenario.human.clone().into(), refusals: vec![] };
    if let Some(after) = &scenario.crash_after {
        session(scenario, &journal, &model, &mut human, Some(after)).await;
    }
    session(scenario, &journal, &model, &mut human, None).await;
    let events = journal.events(Seq(0)).unwrap();
    let run = fold(&events);
    let corpus = corpus(&run, &journal);
    let text = |request: delm::llm::Request| request.messages.into_iter().map(|m| m.text + "\n").collect();
    let requests = model.requests().into_iter().map(text).collect();
    Played { events, run, corpus, requests, refusals: human.refusals }
}

struct Human {
    deeds: std::collections::VecDeque<Deed>,
    refusals: Vec<String>,
}

impl Human {
    async fn see(&mut self, event: &Event, engine: &Engine) {
        let line = serde_json::to_string(event).unwrap();
        // Several deeds may follow one event.
        let mut seen = self.deeds.front().is_some_and(|deed| contains_all(&line, &deed.after));
        while seen {
            let deed = self.deeds.pop_front().unwrap();
            if let Err(refusal) = engine.command(deed.command.clone()).await {
                self.refusals.push(refusal.to_string());
            }
            seen = self.deeds.front().is_some_and(|next| next.after == deed.after || next.after.is_empty());
        }
    }
}

async fn session(
    scenario: &Scenario,
    journal: &Memory,
    model: &Arc<Scripted>,
    human: &mut Human,
    crash_after: Option<&Vec<String>>,
) {
    let (sender, mut events) = mpsc::channel(4);
    let run = fold(&journal.events(Seq(0)).unwrap());
    let start = Start {
        reasoner: Arc::new(Prompted::new("scripted:test".into(), run.options.method.clone())),
        run,
        journal: Box::new(journal.clone()),
        model: Some(Arc::clone(model) as _),
        audience: Some(Audience::new(sender)),
        tap: Tap::default(),
    };
    let mut engine = Engine::start(start).await.unwrap();
    let deadline = tokio::time::sleep(Duration::from_secs(3600));
    tokio::pin!(deadline);
    let mut over = false;
    while !over {
        tokio::select! {
            batch = events.recv() => for event in batch.unwrap_or_default() {
                let line = serde_json::to_string(&event).unwrap();
                over |= crash_after.is_some_and(|after| contains_all(&line, after));
                over |= matches!(event.fact, Fact::RunEnded { .. });
                human.see(&event, &engine).await;
            },
            () = engine.ended() => over = true,
            () = &mut deadline => panic!("{}: does not end", scenario.question),
        }
    }
    if crash_after.is_none() {
        tokio::select! {
            () = engine.ended() => {}
            () = async { while events.recv().await.is_some() {} } => {}
        }
    }
    let drain = tokio::spawn(async move { while events.recv().await.is_some() {} });
    engine.stop(Parting::Interrupted).await.unwrap();
    drain.await.unwrap();
}

fn corpus(run: &Run, journal: &Memory) -> Corpus {
    let mut corpus = Corpus::default();
    for source in &run.sources {
        let text: Arc<str> = String::from_utf8(journal.body(source.text).unwrap()).unwrap().into();
        corpus.add(source, text, run.units.iter().filter(|unit| unit.source == source.id).cloned());
    }
    corpus
}

/// What must hold of every run, however it went (METHOD §2.6).
pub fn invariants(played: &Played) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut run = Run::default();
    let mut held: HashSet<TaskId> = HashSet::new();
    let mut context = String::new();
    for event in &played.events {
        match &event.fact {
            Fact::TaskClaimed { task, .. } if !held.insert(*task) => {
                complaints.push(format!("{task} is claimed twice at {}", event.seq));
            }
            Fact::TaskFinished { task, .. } | Fact::TaskRequeued { task, .. } => drop(held.remove(task)),
            Fact::TaskFailed { task, .. } | Fact::TaskDropped { task, .. } => drop(held.remove(task)),
            // What a dead process held is free again.
            Fact::SessionStarted { .. } => held.retain(|task| {
                run.task(*task).is_some_and(|task| matches!(task.state, delm::run::TaskState::Checking(..)))
            }),
            Fact::TaskClaimed { task, .. } => {
                let deps = run.task(*task).map(|task| task.deps.clone()).unwrap_or_default();
                let undone = |dep: &&TaskId| run.task(**dep).is_some_and(|d| d.state != delm::run::TaskState::Done);
                complaints.extend(deps.iter().find(undone).map(|dep| format!("{task} ran before {dep}")));
            }
            Fact::EntryAdmitted { entry } if matches!(entry.label.author, Author::Agent(_)) => {
                let verified = match entry.admission {
                    delm::run::Admission::Verified => was_approved(&played.events, event.seq, entry.label),
                    _ => true,
                };
                if !verified {
                    complaints.push(format!("{} was admitted unverified", entry.label));
                }
            }
            _ => {}
        }
        run.apply(event);
        let now = run.context.snapshot().render();
        if !now.starts_with(&context) {
            complaints.push(format!("the context did not only grow at {}", event.seq));
        }
        context = now;
    }
    let ends = played.events.iter().filter(|event| matches!(event.fact, Fact::RunEnded { .. })).count();
    if ends > 1 {
        complaints.push(format!("the run ended {ends} times"));
    }
    let answers = run.answer.iter().flat_map(|answer| &answer.citations);
    let entries = run.context.entries().flat_map(|entry| &entry.citations);
    for citation in answers.chain(entries).filter(|citation| citation.label.is_unit()) {
        if played.corpus.quote(citation).is_none_or(str::is_empty) {
            complaints.push(format!("{citation:?} quotes nothing"));
        }
    }
    complaints
}

/// Whether the proposal behind a label had no objection.
fn was_approved(events: &[Event], before: Seq, label: delm::run::Label) -> bool {
    events.iter().take_while(|event| event.seq < before).any(|event| match &event.fact {
        Fact::WriteProposed { proposal } => proposal.label == label && proposal.verdict.objection().is_none(),
        _ => false,
    })
}
