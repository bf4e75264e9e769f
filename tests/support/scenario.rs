//! Plays a scenario on the real engine with a scripted model and a scripted human, and holds the log against what was
//! expected and against what must hold of every run.

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use delm::{
    engine::{Audience, Engine, Maker, Models, Replay, Start, Tap, Voice},
    llm::{
        CallError, Chunk, Limiter, Model, Reply, Request, Retrying,
        price::Price,
        scripted::{Rule, Scripted},
    },
    reason::prompted::Prompted,
    run::{
        Choice, Command, Corpus, DecisionId, Event, Fact, GateLevel, Limits, Media, Method, Options, Parting, Role,
        Run, Section, Seq, Source, SourceId,
    },
    store::{Body, Journal as _, Memory},
};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::{
    invariants,
    mortal::{Death, Mortal, contains_all},
};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Why it is there, for the reader.
    #[expect(dead_code)]
    about: String,
    /// What the scenario leaves out of question and documents comes from `base/rules.toml`, and the rules there stand
    /// behind its own.
    #[serde(default)]
    base: bool,
    #[serde(default)]
    question: String,
    #[serde(default)]
    documents: Vec<Document>,
    #[serde(default)]
    pub options: Overrides,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    human: Vec<Deed>,
    /// Whether the human approves whatever no deed answers.
    #[serde(default)]
    approves: bool,
    /// Whether the human, once the run is paused, steps until it ends.
    #[serde(default)]
    steps: bool,
    /// Kill the process once this event is durable, then take the run up again.
    #[serde(default)]
    crash_after: Option<Vec<String>>,
    /// Whether what is left to do may be nothing the team can do by itself: then the run does not end.
    #[serde(default)]
    waits: bool,
    expect: Expect,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    path: String,
    text: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// One, unless said otherwise.
    agents: Option<u16>,
    gate: Option<GateLevel>,
    method: Option<Method>,
    limits: Limits,
    policy: Option<String>,
    /// Whether calls that fail in passing are tried again, as they are with a real provider.
    retries: bool,
    /// What a role's tokens cost; nothing, unless said otherwise.
    prices: BTreeMap<Role, Tag>,
    /// Models that can be had while the run goes on, and their prices; no other can.
    voices: BTreeMap<String, Tag>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tag {
    Unknown,
    /// US dollars for a million tokens, read or written.
    Million(f64),
}

impl Overrides {
    pub fn models(&self, model: &Arc<Scripted>) -> Models {
        let model: Arc<dyn Model> = Arc::new(Treacherous(Arc::clone(model)));
        let model = match self.retries {
            true => Arc::new(Retrying::new(model, Arc::new(Limiter::new(0)), 0)),
            false => model,
        };
        let voice = |price| Voice { model: Arc::clone(&model), price };
        let roles = self.prices.iter().map(|(role, tag)| (*role, voice(tag.price()))).collect();
        let others = Others { tags: self.voices.clone(), model: Arc::clone(&model) };
        Models::new(voice(Some(Price::FREE)), roles).with_maker(Arc::new(others))
    }
}

impl Tag {
    fn price(self) -> Option<Price> {
        match self {
            Tag::Unknown => None,
            Tag::Million(usd) => Some(Price { input: usd, output: usd, ..Price::FREE }),
        }
    }
}

/// Models that are named while the run goes on. All play the same script, each under its name.
struct Others {
    tags: BTreeMap<String, Tag>,
    model: Arc<dyn Model>,
}

impl Maker for Others {
    fn price(&self, name: &str) -> Option<Price> {
        self.tags.get(name)?.price()
    }

    fn make(&self, name: &str) -> Result<Voice, String> {
        match self.tags.get(name) {
            Some(tag) => Ok(Voice { model: Arc::clone(&self.model), price: tag.price() }),
            None => Err(format!("{name} cannot be had")),
        }
    }
}

/// What the human does once an event whose JSON contains all of `after` is in the log. Deeds happen in order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deed {
    /// Empty: at once after the deed before.
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    wait_ms: u64,
    /// Deeds of a scenario that crashes belong to the time after, but for these.
    #[serde(default)]
    before_crash: bool,
    command: Command,
    /// The refusal that is expected.
    #[serde(default)]
    refused: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// `answered`, or a part of the reason why not.
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
    /// Requests to the model in this order, others between them; each is a list of texts that it contains.
    #[serde(default)]
    requests: Vec<Vec<String>>,
    /// How many requests contain these texts.
    #[serde(default)]
    request_times: Vec<(usize, Vec<String>)>,
}

/// What a scenario led to.
pub struct Played {
    pub events: Vec<Event>,
    pub run: Run,
    pub corpus: Corpus,
    pub journal: Memory,
    requests: Vec<String>,
    human: Human,
    ended: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    question: String,
    documents: Vec<Document>,
    rules: Vec<Rule>,
}

impl Scenario {
    pub fn read(file: &Path) -> Self {
        let mut scenario: Scenario = parse(file);
        if scenario.base {
            let Base { question, documents, rules } = parse(&file.with_file_name("base").join("rules.toml"));
            if scenario.question.is_empty() {
                scenario.question = question;
            }
            if scenario.documents.is_empty() {
                scenario.documents = documents;
            }
            scenario.rules.extend(rules);
        }
        scenario
    }

    fn options(&self) -> Options {
        Options {
            model: "scripted:test".into(),
            agents: self.options.agents.unwrap_or(1),
            policy: self.options.policy.clone(),
            gate: self.options.gate.unwrap_or(GateLevel::Auto),
            method: self.options.method.clone().unwrap_or_default(),
            limits: self.options.limits,
            ..Options::default()
        }
    }

    /// What the model says.
    pub fn rules(&self) -> Vec<Rule> {
        self.rules.clone()
    }

    pub fn begin(&self, journal: &mut Memory) {
        let mut facts = vec![Fact::RunStarted {
            question: self.question.clone(),
            paths: self.documents.iter().map(|document| document.path.clone()).collect(),
            options: Box::new(self.options()),
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
                suspicions: delm::ingest::injection::suspicions(&document.text),
            };
            facts.push(Fact::SourceRead { source });
            bodies.push(text);
        }
        let events: Vec<Event> =
            facts.into_iter().zip(1..).map(|(fact, seq)| Event { seq: Seq(seq), at: 0, fact }).collect();
        journal.append(Seq(0), &events, &bodies).unwrap();
    }

    /// Everything that is not as expected, in words.
    pub fn complaints(&self, played: &Played) -> Vec<String> {
        let lines: Vec<String> = played.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let Expect { outcome, answer, events, never, times, requests, request_times } = &self.expect;
        let mut complaints = invariants::violations(played);
        if played.ended == self.waits {
            complaints.push(if self.waits { "it ends" } else { "it does not end" }.to_owned());
        }
        let found = serde_json::to_string(&played.run.outcome).unwrap();
        if !found.contains(outcome) {
            complaints.push(format!("the outcome is {found}, not {outcome}"));
        }
        let text = played.run.answer.as_ref().map_or("", |answer| answer.text.as_str());
        let lacks = answer.iter().filter(|part| !text.contains(*part));
        complaints.extend(lacks.map(|part| format!("the answer lacks {part:?}: {text:?}")));
        complaints
            .extend(out_of_order(&lines, events).map(|wanted| format!("no event {wanted:?} where it is expected")));
        for unwanted in never {
            let found = lines.iter().find(|line| contains_all(line, unwanted));
            complaints.extend(found.map(|line| format!("unwanted: {line}")));
        }
        complaints.extend(miscounted(&lines, times).map(|wrong| format!("events: {wrong}")));
        let missing = out_of_order(&played.requests, requests);
        complaints.extend(missing.map(|wanted| format!("no request {wanted:?} where it is expected")));
        complaints.extend(miscounted(&played.requests, request_times).map(|wrong| format!("requests: {wrong}")));
        let Human { deeds, refusals, .. } = &played.human;
        complaints.extend(deeds.iter().map(|deed| format!("the human never came to {deed:?}")));
        let refused: Vec<_> = self.human.iter().filter_map(|deed| deed.refused.as_ref()).collect();
        let as_expected = refused.iter().zip(refusals).all(|(wanted, found)| found.contains(*wanted));
        if refused.len() != refusals.len() || !as_expected {
            complaints.push(format!("refusals: {refusals:?}, not {refused:?}"));
        }
        if !complaints.is_empty() {
            complaints.push(format!("the log was:\n  {}", lines.join("\n  ")));
            let asked: Vec<_> = played.requests.iter().filter_map(|text| Some(&text[text.rfind("\n# ")?..])).collect();
            complaints.extend(std::env::var("DELM_REQUESTS").map(|_| asked.join("\n=====")));
        }
        complaints
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &Path) -> T {
    let text = std::fs::read_to_string(file).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The first of `wanted` that is not among the lines in its order.
fn out_of_order<'a>(lines: &[String], wanted: &'a [Vec<String>]) -> Option<&'a Vec<String>> {
    let mut rest = lines.iter();
    wanted.iter().find(|wanted| !rest.any(|line| contains_all(line, wanted)))
}

fn miscounted(lines: &[String], wanted: &[(usize, Vec<String>)]) -> impl Iterator<Item = String> {
    wanted.iter().filter_map(|(times, wanted)| {
        let found = lines.iter().filter(|line| contains_all(line, wanted)).count();
        (found != *times).then(|| format!("{wanted:?} is there {found} times, not {times}"))
    })
}

pub fn fold(events: &[Event]) -> Run {
    let mut run = Run::default();
    events.iter().for_each(|event| run.apply(event));
    run
}

/// Plays a scenario to its end, over its crash if it has one.
pub async fn play(scenario: &Scenario) -> Played {
    play_with(scenario, scenario.crash_after.clone().map_or(Death::Never, Death::After)).await
}

/// Plays a scenario whose process dies, and takes the run up again.
pub async fn play_with(scenario: &Scenario, death: Death) -> Played {
    let mut journal = Memory::default();
    scenario.begin(&mut journal);
    let model = Arc::new(Scripted::new(scenario.rules.clone()));
    let (before, after): (VecDeque<_>, VecDeque<_>) =
        scenario.human.iter().cloned().partition(|deed| deed.before_crash);
    let models = scenario.options.models(&model);
    let mut human = Human {
        deeds: before,
        approves: scenario.approves,
        steps: scenario.steps,
        left_open: vec![],
        refusals: vec![],
    };
    if !matches!(death, Death::Never) {
        session(Mortal::new(journal.clone(), death), &models, &mut human).await;
    }
    human.deeds.extend(after);
    let ended = session(Mortal::new(journal.clone(), Death::Never), &models, &mut human).await;
    let events = journal.events(Seq(0)).unwrap();
    let run = fold(&events);
    let corpus = corpus(&run, &journal);
    let text = |request: delm::llm::Request| request.messages.into_iter().map(|m| m.text + "\n").collect();
    let requests = model.requests().into_iter().map(text).collect();
    Played { events, run, corpus, journal, requests, human, ended }
}

struct Human {
    deeds: VecDeque<Deed>,
    approves: bool,
    steps: bool,
    left_open: Vec<DecisionId>,
    refusals: Vec<String>,
}

impl Human {
    async fn see(&mut self, event: &Event, engine: &Engine) {
        let line = serde_json::to_string(event).unwrap();
        let mut due = self.deeds.front().is_some_and(|deed| contains_all(&line, &deed.after));
        let asked = match &event.fact {
            Fact::GateOpened { decision } => vec![decision.id],
            // What an earlier process left open.
            Fact::SessionStarted { .. } => std::mem::take(&mut self.left_open),
            _ => vec![],
        };
        for decision in asked.into_iter().filter(|_| self.approves && !due) {
            let approve = Command::Decide { decision, choice: Choice::Approve };
            // In a process that has just died nothing comes of it.
            let _ = engine.command(approve).await;
        }
        while due {
            let deed = self.deeds.pop_front().expect("it was seen at the front");
            tokio::time::sleep(Duration::from_millis(deed.wait_ms)).await;
            if let Err(refusal) = engine.command(deed.command).await {
                self.refusals.push(refusal.to_string());
            }
            due = self.deeds.front().is_some_and(|next| next.after.is_empty());
        }
    }
}

/// Stands for a fault of ours: a reply that begins with `PANIC` takes the agent that gets it down. And for a server with
/// a small context: `TOO LONG` refuses the request for its length.
struct Treacherous(Arc<Scripted>);

#[async_trait]
impl Model for Treacherous {
    fn name(&self) -> &str {
        self.0.name()
    }

    async fn send(&self, request: &Request, on_chunk: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError> {
        let reply = self.0.send(request, on_chunk).await?;
        assert!(!reply.text.starts_with("PANIC"), "as the script says");
        match reply.text.starts_with("TOO LONG") {
            true => Err(CallError::TooLong("9000 tokens do not fit into 8000".to_owned())),
            false => Ok(reply),
        }
    }
}

/// One process's time with the run. False when the run had not ended after an hour in which nothing else could happen.
async fn session(journal: Mortal, models: &Models, human: &mut Human) -> bool {
    // A slow screen: one batch may wait for it.
    let (sender, mut events) = mpsc::channel(1);
    let run = fold(&journal.events(Seq(0)).unwrap());
    human.left_open = run.decisions.keys().copied().collect();
    let start = Start {
        reasoner: Arc::new(Prompted::new("scripted:test".into(), run.options.method.clone())),
        run,
        journal: Box::new(journal),
        models: Some(models.clone()),
        audience: Some(Audience::new(sender)),
        tap: Tap::default(),
        replay: Replay::default(),
    };
    let mut engine = Engine::start(start).await.unwrap();
    let deadline = tokio::time::sleep(Duration::from_secs(3600));
    tokio::pin!(deadline);
    let mut ended = true;
    loop {
        tokio::select! {
            biased;
            Some(batch) = events.recv() => for event in batch {
                human.see(&event, &engine).await;
            },
            () = engine.ended() => break,
            () = tokio::time::sleep(Duration::from_secs(1)), if human.steps => {
                // Nobody moves any more.
                let _ = engine.command(Command::Step { agent: None }).await;
            }
            () = &mut deadline => {
                ended = false;
                break;
            }
        }
    }
    while let Ok(Some(batch)) = tokio::time::timeout(Duration::from_secs(1), events.recv()).await {
        for event in batch {
            human.see(&event, &engine).await;
        }
    }
    let drain = tokio::spawn(async move { while events.recv().await.is_some() {} });
    // A process that is dead cannot say good-bye.
    let _ = engine.stop(Parting::Interrupted).await;
    drain.await.unwrap();
    ended
}

pub fn corpus(run: &Run, journal: &Memory) -> Corpus {
    let text = |source| String::from_utf8(journal.body(source).unwrap()).unwrap();
    Corpus::of(run.sources.iter().map(|source| (source, text(source.text).into())), &run.units)
}
