//! A small run, told by real facts, and a screen on it: for the tests of this room.

use std::{collections::HashMap, sync::Arc};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend};

use crate::run::*;

use super::{
    Attachment, Feed, ScreenOptions, Theme, draw,
    msg::{Effect, Msg, Now, Size},
    ui::{Screen, Ui},
    update::update,
    widget::wrap,
};

/// When the story begins, in milliseconds since the epoch.
const BEGIN: i64 = 1_760_000_000_000;

const GPL: &str = "13. Use with the GNU Affero General Public License.\n\n\
Notwithstanding any other provision of this License, you have permission to link or combine any covered work with a \
work licensed under version 3 of the GNU Affero General Public License into a single combined work, and to convey the \
resulting work. The terms of this License will continue to apply to the part which is the covered work, but the \
special requirements of the GNU Affero General Public License, section 13, concerning interaction through a network \
will apply to the combination as such.\n\n14. Revised Versions of this License.\n\nThe Free Software Foundation may \
publish revised and/or new versions of the GNU General Public License from time to time.\n";

const AGPL: &str = "13. Remote Network Interaction; Use with the GNU General Public License.\n\n\
Notwithstanding any other provision of this License, if you modify the Program, your modified version must \
prominently offer all users interacting with it remotely through a computer network an opportunity to receive the \
Corresponding Source of your version by providing access to the Corresponding Source from a network server at no \
charge, through some standard or customary means of facilitating copying of software.\n";

/// What [`Story::working`] asks of its human: an agent's claim, and a write.
pub const CLAIM: DecisionId = DecisionId(1);
pub const WRITE: DecisionId = DecisionId(2);

/// How a call went.
pub struct Answered {
    pub request: Vec<u8>,
    pub reply: Vec<u8>,
    pub trace: Trace,
    pub usage: Usage,
    pub ms: u64,
    pub first_ms: Option<u64>,
    pub stable: u32,
    pub error: Option<String>,
}

impl Default for Answered {
    fn default() -> Self {
        let usage = Usage { input_tokens: 400, output_tokens: 100, ..Usage::NONE };
        let (request, reply, trace) = (b"{}".to_vec(), b"{}".to_vec(), Trace::default());
        Answered { request, reply, trace, usage, ms: 2_000, first_ms: Some(800), stable: 0, error: None }
    }
}

/// The commands among what the screen wants done.
pub fn sent(effects: &[Effect]) -> Vec<Command> {
    let command = |effect: &Effect| if let Effect::Send(command) = effect { Some(command.clone()) } else { None };
    effects.iter().filter_map(command).collect()
}

/// A screen, the run it shows, and the store behind it.
pub struct Story {
    pub ui: Ui,
    pub timeline: Timeline,
    store: HashMap<BlobId, Arc<[u8]>>,
    now: Now,
}

impl Story {
    pub fn blank(width: u16, height: u16) -> Self {
        let now = Now(BEGIN);
        let ui = Ui::new(Size { width, height }, Attachment::Live, ScreenOptions::default(), now);
        Story { ui, timeline: Timeline::default(), store: HashMap::new(), now }
    }

    /// A team in the middle of its work: one decision about a write, one about a claim.
    pub fn working(width: u16, height: u16) -> Self {
        let mut story = Story::blank(width, height);
        story.prepared();
        story.plan();
        story.work();
        story
    }

    pub fn prepared(&mut self) {
        let question = "Which licences oblige a network user to be offered the source?".to_owned();
        let options = Options { gate: GateLevel::Claims, model: "openai:gpt".to_owned(), ..Options::default() };
        self.fact(Fact::RunStarted { question, paths: vec!["licences".to_owned()], options: Box::new(options) });
        self.fact(Fact::SessionStarted { pid: 7 });
        let mut units = vec![];
        for (n, (path, title, text)) in
            (1..).zip([("licences/gpl-3.0.md", "GPL-3 §13–§14", GPL), ("licences/agpl-3.0.md", "AGPL-3 §13", AGPL)])
        {
            let id = self.body(text.as_bytes());
            let media = Media::Markdown;
            let source = Source {
                id: SourceId(n),
                path: path.to_owned(),
                media,
                bytes: text.len() as u64,
                text: id,
                sections: vec![],
                suspicions: vec![],
            };
            self.fact(Fact::SourceRead { source });
            let title = title.to_owned();
            units.push(Unit { label: Label::unit(n), source: SourceId(n), title, start: 0, end: text.len() });
        }
        self.fact(Fact::CorpusSplit { units });
        self.document(1, "GPL-3 §13–§14: permission to combine with works under the AGPL-3, and revised versions.");
        self.document(2, "AGPL-3 §13: who modifies the program must offer remote users the Corresponding Source.");
    }

    fn document(&mut self, n: u32, gist: &str) {
        let summary = Summary {
            topic: gist.to_owned(),
            parts: vec![Part {
                number: 1,
                text: "Remote interaction and what is owed to remote users.".to_owned(),
                head: "Notwithstanding any other provision".to_owned(),
                tail: "copying of software.".to_owned(),
                span: 60..200,
            }],
        };
        let summary = self.body(&serde_json::to_vec(&summary).unwrap());
        let entry = Entry {
            label: Label::unit(n),
            kind: EntryKind::Document,
            task: None,
            subtask: String::new(),
            gist: gist.to_owned(),
            citations: vec![],
            admission: Admission::Verified,
            taint: vec![],
            summary: Some(summary),
            trajectory: None,
        };
        self.fact(Fact::EntryAdmitted { entry: Arc::new(entry) });
    }

    pub fn plan(&mut self) {
        self.fact(Fact::PlanClaimed { agent: AgentId(1), round: 0 });
        let texts: [(&str, &[u32]); 6] = [
            ("What does GPL-3 §13 say about works under the AGPL?", &[]),
            ("What must a person who modifies an AGPL program offer to remote users?", &[]),
            ("Does the GPL-3 itself oblige anybody towards remote users?", &[]),
            ("Is running a modified program on a server conveying it?", &[]),
            ("Compare the duties of both licences towards a network user.", &[2, 3]),
            ("Summarise when the source must be offered, and to whom.", &[4, 5]),
        ];
        let tasks = (1..)
            .zip(texts)
            .map(|(id, (text, deps))| NewTask {
                id: TaskId(id),
                text: text.to_owned(),
                deps: deps.iter().copied().map(TaskId).collect(),
                focus: vec![],
            })
            .collect();
        self.fact(Fact::TasksAdded { tasks, by: Author::Agent(AgentId(1)) });
        self.fact(Fact::PlanSettled { agent: AgentId(1), next_round: 1, done: true, note: String::new() });
    }

    fn work(&mut self) {
        for n in 1..=4 {
            self.claim(n, n as u16);
        }
        self.see(1, Sight::Phase(Phase::Thinking(CallKind::Reason)));
        let proposal = self.proposal(
            1,
            1,
            "GPL-3 §13 lets a covered work be combined with one under the AGPL-3; the \
            network clause then applies to the combination as such.",
        );
        self.admit(proposal);
        self.claim_gate(5, 1);
        let proposal = self.proposal(
            2,
            2,
            "Who modifies an AGPL program must prominently offer every remote user its \
            Corresponding Source, at no charge.",
        );
        self.open(2, Some(2), Ask::Write { proposal: Box::new(proposal) });
        self.see(2, Sight::Phase(Phase::WaitsForYou(WRITE)));
        self.pass(6_000);
        self.see(3, Sight::Begins("reason, try 1".to_owned()));
        self.see(3, Sight::Phase(Phase::Thinking(CallKind::Reason)));
        let thought = "The task asks for a duty in the GPL-3 itself. §13 only permits combining, it does not oblige. ";
        self.see(3, Sight::Text(Stream::Reasoning, thought.to_owned()));
        let output = "1. GPL-3 §13 permits linking with AGPL-3 works [W0 S1.1]\n2. It names no duty towards remote";
        self.see(3, Sight::Text(Stream::Output, output.to_owned()));
        self.pass(2_000);
        self.see(4, Sight::Begins("unfold".to_owned()));
        self.see(4, Sight::Phase(Phase::Reading(Label::unit(2))));
        self.pass(3_400);
    }

    pub fn claim(&mut self, task: u32, agent: u16) {
        let (task, agent) = (TaskId(task), AgentId(agent));
        self.fact(Fact::TaskClaimed { task, agent });
        self.fact(Fact::AttemptStarted { task, agent, attempt: 1, snapshot: Seq(1), heeds: vec![] });
    }

    /// A claim that is put to the human. The task must be free of dependencies for a real run to get there.
    fn claim_gate(&mut self, task: u32, agent: u16) {
        self.fact(Fact::TaskClaimed { task: TaskId(task), agent: AgentId(agent) });
        self.open(agent, Some(task), Ask::Claim);
    }

    /// An agent sends a call, which is in flight from then on.
    pub fn sends(&mut self, agent: u16, task: Option<u32>, kind: CallKind) -> CallId {
        let id = self.timeline.head().next_call();
        let (agent_id, task, model) = (AgentId(agent), task.map(TaskId), self.timeline.head().options.model.clone());
        let worst = Usage { input_tokens: 4_000, output_tokens: 2_000, usd: Some(0.02), ..Usage::NONE };
        let call = StartedCall { id, kind, agent: agent_id, task, model, key: None, worst };
        self.fact(Fact::CallStarted { call: Box::new(call) });
        self.see(agent, Sight::Phase(Phase::Thinking(kind)));
        self.see(agent, Sight::Begins(format!("{} {kind}", kind.letter())));
        id
    }

    /// A whole call.
    pub fn call(&mut self, agent: u16, task: Option<u32>, kind: CallKind, answered: Answered) -> CallId {
        let id = self.sends(agent, task, kind);
        self.answers(id, answered);
        id
    }

    /// A call in flight comes back.
    pub fn answers(&mut self, id: CallId, answered: Answered) {
        let StartedCall { id, kind, agent, task, model, .. } = self.timeline.head().in_flight[&id].clone();
        let Answered { request, reply, trace, usage, ms, first_ms, stable, error } = answered;
        let trace = self.body(&serde_json::to_vec(&trace).unwrap());
        let call = Call {
            id,
            kind,
            agent,
            task,
            model,
            request: self.body(&request),
            reply: error.is_none().then(|| self.body(&reply)),
            usage,
            elapsed_ms: ms,
            first_ms,
            stable,
            key: None,
            trace: Some(trace),
            from: None,
            fault: None,
            error,
        };
        self.fact(Fact::CallFinished { call: Box::new(call) });
    }

    pub fn open(&mut self, agent: u16, task: Option<u32>, ask: Ask) -> DecisionId {
        let id = self.timeline.head().next_decision();
        let decision = Decision { id, agent: AgentId(agent), task: task.map(TaskId), ask, deadline: None };
        self.fact(Fact::GateOpened { decision: Box::new(decision) });
        id
    }

    pub fn proposal(&mut self, task: u32, agent: u16, result: &str) -> Proposal {
        let at = |text: &str, words: &str| {
            let start = text.find(words).expect("the fixture quotes itself");
            start..start + words.len()
        };
        let citations = vec![
            Citation::of(Label::unit(2).with_part(1), at(AGPL, "must prominently offer all users")),
            Citation::of(Label::unit(1).with_part(1), at(GPL, "will apply to the combination as such")),
        ];
        let step = |text: &str, citation: &Citation| Step { text: text.to_owned(), citations: vec![citation.clone()] };
        let chain = Chain {
            kind: EntryKind::Fact,
            steps: vec![
                step(
                    "A modified version must prominently offer all users interacting remotely the source.",
                    &citations[0],
                ),
                step("The requirement covers the combination with a GPL work as such.", &citations[1]),
            ],
            output: result.to_owned(),
        };
        let verdict = Verdict {
            axes: Axis::ALL
                .into_iter()
                .map(|axis| (axis, if axis == Axis::C1 { AxisOutcome::NotApplicable } else { AxisOutcome::Pass }))
                .collect(),
            ruling: Ruling::Approved(result.to_owned()),
        };
        let subtask = self.timeline.head().task(TaskId(task)).map(|task| task.text.clone()).unwrap_or_default();
        let trajectory = Trajectory {
            task: TaskId(task),
            agent: AgentId(agent),
            attempt: 1,
            subtask: subtask.clone(),
            feedback: vec![],
            unfolded: vec![Label::unit(1), Label::unit(2)],
            chain,
            verdict: verdict.clone(),
        };
        let summary = Summary { topic: result.to_owned(), parts: vec![] };
        Proposal {
            label: self.timeline.head().next_label(Author::Agent(AgentId(agent))),
            kind: EntryKind::Fact,
            agent: AgentId(agent),
            task: TaskId(task),
            attempt: 1,
            subtask,
            result: result.to_owned(),
            citations,
            summary: self.body(&serde_json::to_vec(&summary).unwrap()),
            trajectory: self.body(&serde_json::to_vec(&trajectory).unwrap()),
            verdict,
            doubts: vec![],
        }
    }

    pub fn admit(&mut self, proposal: Proposal) {
        let entry = Entry {
            label: proposal.label,
            kind: proposal.kind,
            task: Some(proposal.task),
            subtask: proposal.subtask.clone(),
            gist: proposal.result.clone(),
            citations: proposal.citations.clone(),
            admission: Admission::Verified,
            taint: vec![],
            summary: Some(proposal.summary),
            trajectory: Some(proposal.trajectory),
        };
        self.fact(Fact::EntryAdmitted { entry: Arc::new(entry) });
        let Proposal { task, agent, label, .. } = proposal;
        self.fact(Fact::TaskFinished { task, agent, entry: Some(label) });
    }

    pub fn answered(&mut self) {
        for id in self.timeline.head().decisions.keys().copied().collect::<Vec<_>>() {
            self.decided(id);
        }
        let citations = self.proposal(2, 2, "").citations;
        let text = "Only the AGPL-3 obliges: who modifies the program must offer every remote user the Corresponding \
            Source [W0 S2.1]. The GPL-3 lets a work be combined with an AGPL work, and the network clause then applies \
            to the combination as such [W0 S1.1, W1 S1].";
        let answer =
            Answer { text: text.to_owned(), citations, entries: vec![Label::new(Author::Agent(AgentId(1)), 1)] };
        self.fact(Fact::AnswerWritten { answer: Box::new(answer) });
        self.fact(Fact::RunEnded { outcome: Outcome::Answered });
        self.fact(Fact::SessionEnded { parting: Parting::Ended });
        self.send(Msg::Feed(Feed::Closed));
    }

    pub fn decided(&mut self, decision: DecisionId) {
        self.fact(Fact::GateDecided { decision, choice: Choice::Approve, rule: None });
    }

    /// Stores a body and gives its name. Not a hash: the screen takes names as they come.
    pub fn body(&mut self, bytes: &[u8]) -> BlobId {
        let mut name = [0; 32];
        name[..8].copy_from_slice(&(self.store.len() as u64 + 1).to_be_bytes());
        self.store.insert(BlobId(name), Arc::from(bytes));
        BlobId(name)
    }

    pub fn json(&mut self, value: &impl serde::Serialize) -> BlobId {
        self.body(&serde_json::to_vec(value).unwrap())
    }

    pub fn fact(&mut self, fact: Fact) {
        self.pass(400);
        let event = Event { seq: self.timeline.head().head.next(), at: self.now.0, fact };
        self.send(Msg::Feed(Feed::Facts(vec![event])));
    }

    pub fn see(&mut self, agent: u16, sight: Sight) {
        self.send(Msg::Feed(Feed::Live(vec![Live { agent: AgentId(agent), sight }])));
    }

    /// Lets milliseconds go by.
    pub fn pass(&mut self, ms: i64) {
        self.now.0 += ms;
        self.send(Msg::Tick);
    }

    /// Hands over a message, and every body that is asked for; gives the other effects.
    pub fn send(&mut self, msg: Msg) -> Vec<Effect> {
        let mut effects = update(&mut self.ui, &mut self.timeline, msg, self.now);
        let mut rest = vec![];
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Fetch(id) => {
                    let feed = match self.store.get(&id) {
                        Some(bytes) => Feed::Body { id, bytes: bytes.clone() },
                        None => Feed::Missing { id, why: "not in the store".to_owned() },
                    };
                    effects.extend(update(&mut self.ui, &mut self.timeline, Msg::Feed(feed), self.now));
                }
                effect => rest.push(effect),
            }
        }
        rest
    }

    /// Presses keys at once, written as in the table: `j j enter ctrl-s`.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        self.keys(keys).into_iter().flat_map(|event| self.send(Msg::Key(event))).collect()
    }

    /// Keys written as in the table.
    pub fn keys(&self, keys: &str) -> Vec<KeyEvent> {
        let event = |key: &str| match key {
            "enter" => KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE),
            "esc" => KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE),
            "tab" => KeyEvent::new(KeyCode::Tab, KeyModifiers::NONE),
            "space" => KeyEvent::new(KeyCode::Char(' '), KeyModifiers::NONE),
            "right" => KeyEvent::new(KeyCode::Right, KeyModifiers::NONE),
            "left" => KeyEvent::new(KeyCode::Left, KeyModifiers::NONE),
            "home" => KeyEvent::new(KeyCode::Home, KeyModifiers::NONE),
            "end" => KeyEvent::new(KeyCode::End, KeyModifiers::NONE),
            "shift-left" => KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT),
            "shift-right" => KeyEvent::new(KeyCode::Right, KeyModifiers::SHIFT),
            "pgdn" => KeyEvent::new(KeyCode::PageDown, KeyModifiers::NONE),
            "pgup" => KeyEvent::new(KeyCode::PageUp, KeyModifiers::NONE),
            "up" => KeyEvent::new(KeyCode::Up, KeyModifiers::NONE),
            "down" => KeyEvent::new(KeyCode::Down, KeyModifiers::NONE),
            "backspace" => KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE),
            key if key.starts_with("ctrl-") => {
                KeyEvent::new(KeyCode::Char(key.chars().next_back().unwrap()), KeyModifiers::CONTROL)
            }
            key => KeyEvent::new(KeyCode::Char(key.chars().next().unwrap()), KeyModifiers::NONE),
        };
        keys.split_whitespace().map(event).collect()
    }

    /// Waits until keys are awake, then presses.
    pub fn press_later(&mut self, keys: &str) -> Vec<Effect> {
        self.pass(400);
        self.press(keys)
    }

    pub fn type_text(&mut self, text: &str) -> Vec<Effect> {
        let keys = text.chars().map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)).collect::<Vec<_>>();
        keys.into_iter().flat_map(|key| self.send(Msg::Key(key))).collect()
    }

    /// What the screen shows, a line each.
    pub fn picture(&self) -> String {
        self.picture_on(self.ui.size)
    }

    /// What is drawn on a terminal that was resized a moment ago.
    pub fn picture_on(&self, size: Size) -> String {
        let Size { width, height } = size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let theme = Theme::named("ansi").unwrap();
        let screen = Screen { ui: &self.ui, timeline: &self.timeline, theme: &theme };
        terminal.draw(|frame| draw::draw(frame, &screen)).unwrap();
        let buffer = terminal.backend().buffer();
        let mut picture = String::new();
        for y in 0..height {
            let (mut line, mut x) = (String::new(), 0);
            while x < width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                // A wide character hides the cell after it.
                x += (wrap::width(symbol) as u16).max(1);
            }
            picture.push_str(line.trim_end());
            picture.push('\n');
        }
        picture
    }
}
