//! What a run will ask its models first, and what that may cost: the real prompts are made for the real documents, with
//! stand-ins for the replies, and nothing is sent.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;

use crate::{
    engine::{Models, Voice},
    ingest::split,
    llm::Request,
    reason::{
        Approved, Brief, Case, Desk, Gist, Progress, ReasonError, Reasoner, Thought, Turn, Unfolded, UnfoldedText,
        prompted::{document_gist, summary::REPLY_TOKENS},
    },
    run::{
        Admission, AgentId, Author, CallKind, Corpus, Cost, Critic, Entry, EntryKind, Event, Fact, Feedback, Label,
        Method, NewTask, Options, Run, Section, Stream, TaskId, Unit, Usage,
    },
    store::Body,
};

use super::{Mind, runtime};

/// The calls of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub kind: CallKind,
    pub model: String,
    /// Nothing fails and replies are short.
    pub least: Cost,
    /// Every reply is as long as it may be and is asked for as often as the method allows.
    pub most: Cost,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    pub units: Vec<Unit>,
    /// Characters of each unit.
    pub characters: Vec<usize>,
    /// None for a reasoner that calls no model.
    pub lines: Vec<Line>,
    /// The first wave has between one and so many tasks.
    pub tasks: u16,
    /// Whether a model is asked where long documents are cut.
    pub cuts: bool,
}

impl Forecast {
    /// What facts and bodies of a run that has not begun lead to.
    ///
    /// # Errors
    /// When no runtime can be had, or a stand-in reply is not understood.
    pub fn of(mind: &Mind, facts: &[Fact], bodies: &[Body]) -> anyhow::Result<Self> {
        let mut run = Run::default();
        facts.iter().for_each(|fact| add(&mut run, fact.clone()));
        let runtime = runtime::of_one_thread()?;
        runtime.block_on(forecast(mind, run, bodies))
    }

    /// Least and most of everything.
    #[must_use]
    pub fn total(&self) -> [Cost; 2] {
        [|line: &Line| line.least, |line: &Line| line.most].map(|side| {
            self.lines.iter().map(side).fold(Cost::default(), |mut sum, one| {
                sum.calls += one.calls;
                sum.usage += one.usage;
                sum
            })
        })
    }
}

async fn forecast(mind: &Mind, mut run: Run, bodies: &[Body]) -> anyhow::Result<Forecast> {
    let texts: HashMap<_, Arc<str>> =
        bodies.iter().map(|body| (body.id, String::from_utf8_lossy(&body.bytes).into())).collect();
    let text = |source: &crate::run::Source| texts.get(&source.text).cloned().unwrap_or_default();
    let desk = Rehearsal::new(Scale::Least, &run.options.method);
    let mut units: Vec<Unit> = Vec::new();
    for source in &run.sources {
        let text = text(source);
        let pieces = cut(mind.reasoner.as_ref(), &desk, &text, &source.sections, &run.options.method).await?;
        for piece in split::settle(&text, pieces, &run.options.method) {
            let label = Label::unit(units.len() as u32 + 1);
            let (start, end) = (piece.span.start, piece.span.end);
            units.push(Unit { label, source: source.id, title: piece.title, start, end });
        }
    }
    let splits = desk.take();
    add(&mut run, Fact::CorpusSplit { units: units.clone() });
    let corpus = Corpus::of(run.sources.iter().map(|source| (source, text(source))), &units);
    let characters: Vec<usize> =
        units.iter().map(|unit| corpus.text(unit.label).unwrap_or_default().chars().count()).collect();
    let tasks = run.options.agents;
    let mut lines = Vec::new();
    if let Some(models) = &mind.models {
        let mut tally = Tally { models, options: &run.options, lines: BTreeMap::new() };
        for scale in [Scale::Least, Scale::Most] {
            splits.iter().for_each(|call| tally.enter(scale, call));
            let calls = rehearse(mind.reasoner.as_ref(), run.clone(), &corpus, scale).await?;
            calls.iter().for_each(|call| tally.enter(scale, call));
        }
        lines = tally.lines.into_values().collect();
    }
    Ok(Forecast { units, characters, lines, tasks, cuts: !splits.is_empty() })
}

fn add(run: &mut Run, fact: Fact) {
    run.apply(&Event { seq: run.head.next(), at: 0, fact });
}

/// As the engine cuts; where a model is to choose, in even parts.
async fn cut(
    reasoner: &dyn Reasoner,
    desk: &Rehearsal,
    text: &str,
    sections: &[Section],
    method: &Method,
) -> anyhow::Result<Vec<split::Piece>> {
    let mut pieces = Vec::new();
    for Section { title, span } in sections.iter().cloned() {
        let mut open = vec![(split::Piece { title, span }, 0)];
        while let Some((piece, depth)) = open.pop() {
            if depth == split::DEPTH || !split::oversized(text, &piece, method) {
                pieces.push(piece);
                continue;
            }
            let points = split::cut_points(text, &piece);
            let most = split::most_cuts(text, &piece, method);
            let even = (0..most).filter_map(|i| points.get(i * points.len() / most));
            desk.show(even.map(|point| format!("({}, \"\")", point.offset)).collect());
            let offsets = reasoner.split(desk, &piece.title, &points, most).await?;
            let parts = split::cut(text, &piece, &offsets, method);
            match parts.len() {
                0 | 1 => pieces.push(piece),
                _ => open.extend(parts.into_iter().rev().map(|part| (part, depth + 1))),
            }
        }
    }
    Ok(pieces)
}

/// The preparation of every unit, the plan, and one task up to its admission.
async fn rehearse(reasoner: &dyn Reasoner, mut run: Run, corpus: &Corpus, scale: Scale) -> anyhow::Result<Vec<Sent>> {
    let method = run.options.method.clone();
    let desk = Rehearsal::new(scale, &method);
    let question: Arc<str> = run.question.as_str().into();
    for unit in corpus.units() {
        desk.show(corpus.text(unit.label).unwrap_or_default().to_owned());
        let summary = reasoner.summarize(&desk, corpus, unit.label).await?;
        let gist = reasoner.gist_unit(&desk, &question, &unit.title, &summary).await?;
        add(&mut run, Fact::EntryAdmitted { entry: Arc::new(entry(unit.label, EntryKind::Document, gist)) });
    }
    let agent = AgentId(1);
    let brief = |run: &Run| Brief { question: Arc::clone(&question), context: run.context.snapshot() };
    reasoner.decompose(&desk, &Progress { brief: brief(&run), tasks: vec![], round: 0, objections: vec![] }).await?;
    let new = NewTask { id: TaskId(1), text: desk.words(12, 40), deps: vec![], focus: vec![] };
    add(&mut run, Fact::TasksAdded { tasks: vec![new], by: Author::Agent(agent) });
    let Some(task) = run.tasks.iter().next().cloned() else { return Ok(desk.take()) };
    let feedback = match scale {
        Scale::Least => vec![],
        Scale::Most => {
            // What peers have found meanwhile, and the tries before.
            for peer in 2..=run.options.agents {
                let label = Label::new(Author::Agent(AgentId(peer)), 1);
                let gist = desk.words(0, 2 * method.gist_words);
                add(&mut run, Fact::EntryAdmitted { entry: Arc::new(entry(label, EntryKind::Fact, gist)) });
            }
            let one = Feedback {
                by: Critic::Verifier,
                reason: desk.words(10, 40),
                rejected: desk.words(0, LONG),
                citations: vec![],
            };
            vec![one; method.regenerations as usize]
        }
    };
    let brief = brief(&run);
    reasoner.choose(&desk, &brief, &task, method.coarse_unfold).await?;
    let unfolded = evidence(corpus, scale, &method);
    let thought =
        Thought { brief: brief.clone(), task: task.clone(), unfolded: unfolded.clone(), feedback, may_unfold: true };
    let Turn::Conclude(chain) = reasoner.think(&desk, &thought).await? else { return Ok(desk.take()) };
    let label = Label::new(Author::Agent(agent), 1);
    let case = Case { brief: brief.clone(), task: task.clone(), label, chain: chain.clone(), evidence: unfolded };
    reasoner.verify(&desk, &case).await?;
    let paragraph = format!("{} [W0 S1].", desk.words(20, LONG));
    reasoner.gist(&desk, &Approved { task, label, chain, paragraph }).await?;
    let gist = Gist { subtask: desk.words(8, 40), result: desk.words(20, 2 * method.gist_words), doubts: vec![] };
    reasoner.check_form(&desk, &gist).await?;
    reasoner.check_redundancy(&desk, &brief, &gist, &[]).await?;
    Ok(desk.take())
}

fn entry(label: Label, kind: EntryKind, gist: String) -> Entry {
    Entry {
        label,
        kind,
        task: None,
        subtask: String::new(),
        gist,
        citations: vec![],
        admission: Admission::Verified,
        summary: None,
        trajectory: None,
        taint: vec![],
    }
}

/// The raw text of the shortest unit; or of the longest, one for each unfolding that the method allows.
fn evidence(corpus: &Corpus, scale: Scale, method: &Method) -> Vec<Unfolded> {
    let mut units: Vec<&Unit> = corpus.units().iter().collect();
    units.sort_by_key(|unit| unit.end - unit.start);
    let most = method.coarse_unfold + method.unfold_rounds as usize;
    let chosen: Vec<&Unit> = match scale {
        Scale::Least => units.into_iter().take(1).collect(),
        Scale::Most => units.into_iter().rev().take(most).collect(),
    };
    let open = |unit: &Unit| {
        let text = corpus.text(unit.label).unwrap_or_default().to_owned();
        Unfolded { label: unit.label, title: unit.title.clone(), text: UnfoldedText::Raw { text, start: 0 } }
    };
    chosen.into_iter().map(open).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    Least,
    Most,
}

/// Words of a reply that is as long as the method's cap on it.
const LONG: usize = 1_600;

/// A call that would be sent, and the characters of its stand-in reply.
struct Sent {
    kind: CallKind,
    request: Request,
    replied: usize,
}

/// Answers every call with a stand-in, short or long, and keeps what was asked.
struct Rehearsal {
    scale: Scale,
    gist_words: usize,
    /// The text of the unit at hand, or the places where a long one is cut.
    shown: Mutex<String>,
    sent: Mutex<Vec<Sent>>,
}

impl Rehearsal {
    fn new(scale: Scale, method: &Method) -> Self {
        Rehearsal { scale, gist_words: method.gist_words, shown: Mutex::default(), sent: Mutex::default() }
    }

    fn show(&self, text: String) {
        *self.shown.lock().expect("one thread rehearses") = text;
    }

    fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().expect("one thread rehearses"))
    }

    fn words(&self, least: usize, most: usize) -> String {
        let count = if self.scale == Scale::Least { least } else { most };
        vec!["words"; count].join(" ")
    }

    fn reply(&self, kind: CallKind, request: &Request) -> String {
        let shown = self.shown.lock().expect("one thread rehearses");
        let ask = request.messages.last().map_or("", |message| message.text.as_str());
        match kind {
            CallKind::Split => shown.clone(),
            CallKind::Summary => {
                let words: Vec<&str> = shown.split_whitespace().collect();
                let (head, tail) = (words.len().min(5), words.len().saturating_sub(5));
                let anchor = format!("{} ... {}", words[..head].join(" "), words[tail..].join(" "));
                let text = self.words(10, REPLY_TOKENS as usize / 2);
                format!("Chunk topic: {}\nSub-chunks:\n- [Sub-chunk 1] {text} [anchor: {anchor}]", self.words(10, 40))
            }
            CallKind::DocumentGist if ask.starts_with(document_gist::CHECK_PHRASE) => "yes".to_owned(),
            CallKind::DocumentGist => format!("Gist: {}", self.words(15, 2 * self.gist_words)),
            CallKind::Unfold => "W0 S1".to_owned(),
            CallKind::Reason => {
                let text = self.words(20, LONG);
                format!("1. {text} [W0 S1].\nOUTPUT FACT: {text} [W0 S1].")
            }
            CallKind::Verify => {
                let text = self.words(20, LONG);
                format!("U1: PASS\nU2: PASS\nC1: PASS\nC2: PASS\nC3: PASS\nAPPROVED: {text} [W0 S1].")
            }
            CallKind::Gist => {
                let text = self.words(20, self.gist_words);
                format!("**[W1 S1] GIST**\nSUB-TASK: {}\nRESULT: {text} [W0 S1].", self.words(8, 40))
            }
            CallKind::FormCheck => "yes".to_owned(),
            CallKind::Redundancy => "ACCEPT".to_owned(),
            CallKind::Decompose | CallKind::MoreTasks => format!("1. {} [deps: ]", self.words(12, 40)),
            CallKind::GapFill | CallKind::Finalize => String::new(),
        }
    }
}

#[async_trait]
impl Desk for Rehearsal {
    async fn call(&self, kind: CallKind, request: Request) -> Result<String, ReasonError> {
        let reply = self.reply(kind, &request);
        // Whether there are gaps is up to the model; what they may cost is counted with the summary.
        if kind != CallKind::GapFill {
            let replied = reply.chars().count();
            self.sent.lock().expect("one thread rehearses").push(Sent { kind, request, replied });
        }
        Ok(reply)
    }

    async fn think(&self, _kind: CallKind) -> Result<(), ReasonError> {
        Ok(())
    }

    fn say(&self, _stream: Stream, _text: &str) {}
}

struct Tally<'a> {
    models: &'a Models,
    options: &'a Options,
    lines: BTreeMap<CallKind, Line>,
}

impl Tally<'_> {
    fn enter(&mut self, scale: Scale, call: &Sent) {
        let Sent { kind, request, replied } = call;
        let voice = self.models.of(*kind).clone();
        let times = times(self.options, *kind, scale);
        let usage = match scale {
            Scale::Least => voice.estimated(request, *replied),
            Scale::Most => voice.worst(request),
        };
        self.count(&voice, *kind, scale, times, usage);
        if (*kind, scale) == (CallKind::Summary, Scale::Most) {
            let mut next = request.clone();
            for _ in 0..self.options.method.gap_rounds {
                // The reply before stands in the request for the next.
                let last = next.messages.last().cloned();
                next.messages.extend(last.map(|mut message| {
                    message.text = "x".repeat(3 * request.max_tokens as usize);
                    message
                }));
                let voice = self.models.of(CallKind::GapFill).clone();
                let usage = voice.worst(&next);
                self.count(&voice, CallKind::GapFill, scale, 1, usage);
            }
        }
    }

    fn count(&mut self, voice: &Voice, kind: CallKind, scale: Scale, times: u64, usage: Usage) {
        let line = self.lines.entry(kind).or_insert_with(|| Line {
            kind,
            model: voice.model.name().to_owned(),
            least: Cost::default(),
            most: Cost::default(),
        });
        let side = if scale == Scale::Least { &mut line.least } else { &mut line.most };
        for _ in 0..times {
            side.calls += 1;
            side.usage += usage;
        }
    }
}

/// How often a rehearsed call is made: at most in every try of the claim of each of the first tasks, and again where its
/// reply cannot be used (METHOD §4).
fn times(options: &Options, kind: CallKind, scale: Scale) -> u64 {
    let method = &options.method;
    let votes = u64::from(method.form_votes.max(1));
    let tries = u64::from(options.agents) * u64::from(method.regenerations + 1);
    match (kind, scale) {
        (CallKind::FormCheck, Scale::Least) => votes,
        (_, Scale::Least) => 1,
        (CallKind::Split | CallKind::Summary | CallKind::GapFill, _) => 1,
        (CallKind::DocumentGist, _) => 2,
        (CallKind::Decompose, _) => 4,
        (CallKind::Reason, _) => tries * u64::from(method.unfold_rounds + 1),
        (CallKind::Verify | CallKind::Gist, _) => 2 * tries,
        (CallKind::FormCheck, _) => votes * tries,
        (CallKind::Unfold | CallKind::Redundancy, _) => tries,
        (CallKind::MoreTasks | CallKind::Finalize, _) => 0,
    }
}
