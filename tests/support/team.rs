//! A team at work on one register of facts, in memory: a model that knows every right answer and, by its seed, how long
//! it takes, how much it writes and when it fails. Time is that of tokio.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use delm::{
    engine::{Audience, Engine, Models, Replay, Start, Tap},
    llm::{CallError, Chunk, Limiter, Model, Reply, Request, Retrying, Tokens},
    reason::prompted::{
        Prompted, decompose, document_gist, finalize, form_check, gist, more_tasks, reason, redundancy, summary,
        unfold, verify,
    },
    run::{
        Ask, Choice, Command, Decision, DecisionId, Event, Fact, Media, Options, Parting, Section, Seq, Source,
        SourceId,
    },
    store::{Body, Journal, Memory},
};
use tokio::sync::mpsc;

use super::{dice::Dice, scenario::fold};

pub const REGISTER: &str = "This register begins here. It holds every fact there is, and each fact in it holds. The register \
    ends at this point.";

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Unreached,
    Transient,
    Busy,
    /// It breaks off in the middle of its stream.
    Half,
    Refused,
}

/// What the planner does when its tasks are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planner {
    Content,
    /// Each time there are fifty more.
    Greedy,
}

pub struct Register {
    tasks: u32,
    planner: Planner,
    /// Each call fails with one of these, so often in a hundred.
    faults: (&'static [Fault], u64),
    dice: Mutex<Dice>,
    /// Calls that it was asked to answer.
    pub sent: AtomicUsize,
    /// What it charged for each call that it answered.
    pub charged: Mutex<Vec<Tokens>>,
    closed: AtomicBool,
    /// Calls after it was closed.
    pub late: AtomicUsize,
}

impl Register {
    pub fn new(seed: u64, tasks: u32, planner: Planner, faults: (&'static [Fault], u64)) -> Self {
        Register {
            tasks,
            planner,
            faults,
            dice: Mutex::new(Dice(seed)),
            sent: AtomicUsize::new(0),
            charged: Mutex::default(),
            closed: AtomicBool::new(false),
            late: AtomicUsize::new(0),
        }
    }

    /// From now on nobody may call, or may again.
    pub fn close(&self, closed: bool) {
        self.closed.store(closed, Ordering::SeqCst);
    }

    fn roll(&self, end: u64) -> u64 {
        self.dice.lock().unwrap().below(end)
    }

    fn fault(&self) -> Option<Fault> {
        let (kinds, share) = self.faults;
        (self.roll(100) < share).then(|| kinds[self.roll(kinds.len() as u64) as usize])
    }

    /// As a provider would count it: never more than the worst that is known of a request.
    fn tokens(&self, request: &Request) -> Tokens {
        let bytes: usize = request.messages.iter().map(|message| message.text.len()).sum();
        let (least, most) = (bytes as u64 / 6, bytes as u64 / 3);
        let input = least + self.roll(most - least + 1);
        let cached = self.roll(input + 1);
        let output = 1 + self.roll(u64::from(request.max_tokens));
        let cache_write = self.roll(input - cached + 1);
        Tokens { input, cached, cache_write, output, reasoning: self.roll(output + 1) }
    }

    /// What it says to the last message of a request.
    pub fn answer(&self, ask: &str) -> String {
        let phrase = ask.lines().next().unwrap_or_default();
        let fact = between(ask, "Find fact ", |c| !c.is_ascii_digit());
        match phrase {
            summary::PHRASE => {
                "Chunk topic: A register.\nSub-chunks:\n- [Sub-chunk 1] All facts [anchor: This register \
                begins here ... ends at this point.]"
                    .to_owned()
            }
            document_gist::PHRASE => "Gist: A register of facts.".to_owned(),
            document_gist::CHECK_PHRASE | form_check::PHRASE => "yes".to_owned(),
            decompose::PHRASE => self.plan(0, 0),
            unfold::PHRASE => "W0 S1".to_owned(),
            reason::PHRASE => {
                format!("1. \"each fact in it holds\" [W0 S1].\nOUTPUT FACT: Fact {fact} holds [W0 S1].")
            }
            verify::PHRASE => {
                format!("U1: PASS\nU2: PASS\nC1: N/A\nC2: PASS\nC3: PASS\nAPPROVED: Fact {fact} holds [W0 S1].")
            }
            gist::PHRASE => {
                let label = between(ask, gist::LABEL_LINE, |c| c == '\n');
                format!("**[{label}] GIST**\nSUB-TASK: Fact {fact}.\nRESULT: {}", result(fact))
            }
            redundancy::PHRASE => "ACCEPT".to_owned(),
            more_tasks::PHRASE => match self.planner {
                // The plan may have failed at first.
                Planner::Content if !ask.contains(&format!("Find fact {} ", self.tasks)) => self.plan(0, 1000),
                Planner::Content => "[DONE]".to_owned(),
                Planner::Greedy => self.plan(1 + self.roll(1_000_000) as u32 * 100, 1000),
            },
            finalize::PHRASE => "All facts hold [W0 S1].".to_owned(),
            other => unreachable!("{other}"),
        }
    }

    /// Some tasks wait for another.
    fn plan(&self, after: u32, number: u32) -> String {
        let tasks = if after == 0 { self.tasks } else { 50 };
        let line = |k: u32| {
            let dep = if k.is_multiple_of(7) { (number + k - 3).to_string() } else { String::new() };
            format!("{}. Find fact {} in [W0 S1] [deps: {dep}]\n", number + k, after + k)
        };
        (1..=tasks).map(line).collect()
    }
}

/// What the shared context must say of a fact.
pub fn result(fact: impl std::fmt::Display) -> String {
    format!("Fact {fact} holds [W0 S1].")
}

fn between<'a>(text: &'a str, from: &str, end: impl Fn(char) -> bool) -> &'a str {
    let rest = text.find(from).map_or("", |at| &text[at + from.len()..]);
    &rest[..rest.find(end).unwrap_or(rest.len())]
}

#[async_trait]
impl Model for Register {
    fn name(&self) -> &str {
        "register"
    }

    async fn send(&self, request: &Request, on_chunk: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        self.late.fetch_add(usize::from(self.closed.load(Ordering::SeqCst)), Ordering::SeqCst);
        let ask = &request.messages.last().expect("a request has messages").text;
        let text = self.answer(ask);
        tokio::time::sleep(Duration::from_millis(1 + self.roll(4000))).await;
        match self.fault() {
            None => {}
            Some(Fault::Unreached) => return Err(CallError::Unreached("nobody listens".to_owned())),
            Some(Fault::Transient) => return Err(CallError::Transient("500".to_owned())),
            Some(Fault::Refused) => return Err(CallError::Refused("no credit".to_owned())),
            Some(Fault::Busy) => {
                let retry_after = (self.roll(2) == 0).then(|| Duration::from_millis(self.roll(9000)));
                return Err(CallError::Busy { why: "too many requests".to_owned(), retry_after });
            }
            Some(Fault::Half) => {
                on_chunk(Chunk::Output(text[..text.len() / 2].to_owned()));
                tokio::time::sleep(Duration::from_millis(self.roll(1000))).await;
                return Err(CallError::Transient("the stream broke off".to_owned()));
            }
        }
        on_chunk(Chunk::Output(text.clone()));
        let tokens = self.tokens(request);
        self.charged.lock().unwrap().push(tokens);
        Ok(Reply { text, tokens: Some(tokens), ..Reply::default() })
    }
}

/// A run that has not begun to work.
pub fn begin(options: Options) -> Memory {
    let text = Body::of(REGISTER);
    let section = Section { title: "register".into(), span: 0..REGISTER.len() };
    let source = Source {
        id: SourceId(1),
        path: "register".into(),
        media: Media::Text,
        bytes: REGISTER.len() as u64,
        text: text.id,
        sections: vec![section],
        suspicions: vec![],
    };
    let started = Fact::RunStarted {
        question: "Which facts hold?".into(),
        paths: vec!["register".into()],
        options: Box::new(options),
    };
    let facts = [started, Fact::SourceRead { source }];
    let events: Vec<Event> =
        facts.into_iter().zip(1..).map(|(fact, seq)| Event { seq: Seq(seq), at: 0, fact }).collect();
    let mut journal = Memory::default();
    journal.append(Seq(0), &events, &[text]).unwrap();
    journal
}

/// What a run left.
pub struct Played {
    pub events: Vec<Event>,
    pub journal: Memory,
    pub model: Arc<Register>,
}

/// How a session went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nobody had anything to do any more.
    Ended,
    /// It was stopped, or its process died.
    Stopped,
}

/// As the program has it: every model stands behind the retries.
pub fn behind_retries(model: Arc<dyn Model>, seed: u64) -> Arc<dyn Model> {
    Arc::new(Retrying::new(model, Arc::new(Limiter::new(seed)), seed))
}

/// One process's time with the run, without a human: at a cap it goes no further, as a run without a screen does.
pub async fn session(journal: Box<dyn Journal>, models: &Models, most: Duration) -> Left {
    let (sender, mut shown) = mpsc::channel(64);
    let run = fold(&journal.events(Seq(0)).unwrap());
    let left_open: Vec<Decision> = run.decisions.values().cloned().collect();
    let start = Start {
        reasoner: Arc::new(Prompted::new("register".into(), run.options.method.clone())),
        run,
        journal,
        models: Some(models.clone()),
        audience: Some(Audience::new(sender)),
        tap: Tap::default(),
        replay: Replay::default(),
    };
    let mut engine = Engine::start(start).await.unwrap();
    for decision in left_open {
        finish(&engine, decision.id).await;
    }
    let enough = tokio::time::sleep(most);
    tokio::pin!(enough);
    let left = loop {
        tokio::select! {
            Some(batch) = shown.recv() => for event in batch {
                if let Fact::GateOpened { decision } = event.fact && matches!(decision.ask, Ask::Budget { .. }) {
                    finish(&engine, decision.id).await;
                }
            },
            () = engine.ended() => break Left::Ended,
            () = &mut enough => break Left::Stopped,
        }
    };
    let drain = tokio::spawn(async move { while shown.recv().await.is_some() {} });
    // A process that is dead cannot say good-bye.
    let left = engine.stop(Parting::Interrupted).await.map_or(Left::Stopped, |_| left);
    drain.await.unwrap();
    left
}

async fn finish(engine: &Engine, decision: DecisionId) {
    // Answered meanwhile, or the process is dead.
    let _ = engine.command(Command::Decide { decision, choice: Choice::Finish }).await;
}

/// Plays a future on a clock of its own that waits for nothing.
pub fn on_paused_time<T>(play: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(play)
}

/// Every seed once, on as many threads as help.
pub fn for_seeds(seeds: std::ops::Range<u64>, play: impl Fn(u64) + Sync) {
    let next = std::sync::atomic::AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::SeqCst)).filter(|seed| *seed < seeds.end) {
                    play(seed);
                }
            });
        }
    });
}
