//! What names stand for at one moment of a run: a question before it is decided, or a fact before it is visible.

use crate::run::{
    call::CallKind,
    contradiction::contradictions,
    cost::Usage,
    entry::{Admission, Entry},
    event::{Depth, Fact},
    gate::{Ask, Decision},
    id::{AgentId, TaskId},
    label::{Author, Label},
    source::Citation,
    state::Run,
    task::NewTask,
    write::{Axis, AxisOutcome, Critic, Doubt, Proposal, Verdict},
};

use super::{
    ast::Name,
    eval::Values,
    value::Value,
    watch::{Watch, author_word},
};

#[derive(Debug, Clone, Copy)]
enum What<'a> {
    Ask(&'a Ask),
    Fact(&'a Fact),
}

/// One moment. What it does not say of itself, its run says.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    watch: Watch<'a>,
    what: What<'a>,
    pub agent: Option<AgentId>,
    pub task: Option<TaskId>,
    doubts: &'a [Doubt],
}

impl<'a> Moment<'a> {
    /// A question that an agent is about to put.
    #[must_use]
    pub fn of_ask(
        at: impl Into<Watch<'a>>,
        agent: AgentId,
        task: Option<TaskId>,
        ask: &'a Ask,
        doubts: &'a [Doubt],
    ) -> Self {
        Moment { watch: at.into(), what: What::Ask(ask), agent: Some(agent), task, doubts }
    }

    /// A question that was put.
    #[must_use]
    pub fn of_decision(at: impl Into<Watch<'a>>, decision: &'a Decision) -> Self {
        let doubts: &[Doubt] = match &decision.ask {
            Ask::Write { proposal } => &proposal.doubts,
            _ => &[],
        };
        Moment::of_ask(at, decision.agent, decision.task, &decision.ask, doubts)
    }

    /// A fact, with the run as it stands before it.
    #[must_use]
    pub fn of_fact(before: impl Into<Watch<'a>>, fact: &'a Fact) -> Self {
        let watch = before.into();
        let (agent, task) = actor(watch.run, fact);
        let doubts: &[Doubt] = match fact {
            Fact::WriteProposed { proposal } => &proposal.doubts,
            Fact::GateOpened { decision } => {
                return Moment { what: What::Fact(fact), ..Moment::of_decision(watch, decision) };
            }
            _ => &[],
        };
        Moment { watch, what: What::Fact(fact), agent, task, doubts }
    }

    #[must_use]
    pub fn run(&self) -> &'a Run {
        self.watch.run
    }

    /// What is asked, where it is a question.
    #[must_use]
    pub fn ask(&self) -> Option<&'a Ask> {
        match self.what {
            What::Ask(ask) => Some(ask),
            What::Fact(Fact::GateOpened { decision }) => Some(&decision.ask),
            What::Fact(_) => None,
        }
    }

    #[must_use]
    pub fn fact(&self) -> Option<&'a Fact> {
        match self.what {
            What::Fact(fact) => Some(fact),
            What::Ask(_) => None,
        }
    }

    fn proposal(&self) -> Option<&'a Proposal> {
        match (self.ask(), self.what) {
            (Some(Ask::Write { proposal }), _) | (_, What::Fact(Fact::WriteProposed { proposal })) => Some(proposal),
            _ => None,
        }
    }

    fn entry(&self) -> Option<&'a Entry> {
        match self.what {
            What::Fact(Fact::EntryAdmitted { entry }) => Some(entry),
            _ => None,
        }
    }

    fn verdict(&self) -> Option<&'a Verdict> {
        self.proposal().map(|proposal| &proposal.verdict)
    }

    fn subject(&self) -> Option<&'a str> {
        self.run().task(self.task?).map(|task| task.text.as_str())
    }

    fn new_tasks(&self) -> Option<&'a [NewTask]> {
        match (self.ask(), self.what) {
            (Some(Ask::Plan { tasks, .. }), _) | (_, What::Fact(Fact::TasksAdded { tasks, .. })) => Some(tasks),
            _ => None,
        }
    }

    /// What is proposed, written, claimed or answered.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let tasks = |tasks: &[NewTask]| tasks.iter().map(|task| task.text.as_str()).collect::<Vec<_>>().join("\n");
        if let Some(proposal) = self.proposal() {
            return Some(proposal.result.clone());
        }
        match (self.ask(), self.what) {
            (Some(Ask::Finish { answer }), _) | (_, What::Fact(Fact::AnswerWritten { answer })) => {
                Some(answer.text.clone())
            }
            (Some(Ask::Claim), _) | (_, What::Fact(Fact::TaskClaimed { .. })) => self.subject().map(str::to_owned),
            (_, What::Fact(Fact::EntryAdmitted { entry })) => Some(entry.gist.clone()),
            (_, What::Fact(Fact::WriteRejected { feedback, .. } | Fact::WriteVetoed { feedback, .. })) => {
                Some(feedback.rejected.clone())
            }
            _ => self.new_tasks().map(tasks),
        }
    }

    fn citations(&self) -> Option<&'a [Citation]> {
        match (self.ask(), self.what) {
            (Some(Ask::Finish { answer }), _) | (_, What::Fact(Fact::AnswerWritten { answer })) => {
                Some(&answer.citations)
            }
            (_, What::Fact(Fact::WriteRejected { feedback, .. } | Fact::WriteVetoed { feedback, .. })) => {
                Some(&feedback.citations)
            }
            _ => self
                .proposal()
                .map(|proposal| proposal.citations.as_slice())
                .or_else(|| self.entry().map(|entry| entry.citations.as_slice())),
        }
    }

    fn label(&self) -> Option<Label> {
        let of_fact = match self.what {
            What::Fact(Fact::TaskFinished { entry, .. }) => *entry,
            What::Fact(Fact::WriteFoundRedundant { of, .. }) => *of,
            _ => None,
        };
        self.proposal().map(|proposal| proposal.label).or_else(|| self.entry().map(|entry| entry.label)).or(of_fact)
    }

    fn author(&self) -> Option<Author> {
        if let Some(label) = self.label() {
            return Some(label.author);
        }
        match self.what {
            What::Fact(Fact::TasksAdded { by, .. } | Fact::TaskDropped { by, .. }) => Some(*by),
            _ => self.agent.map(Author::Agent),
        }
    }

    /// Whether the verifier found what is written supported by what it cites (METHOD §3a stage 7, U1).
    fn evidence(&self) -> Option<&'static str> {
        let citations = self.citations()?;
        if citations.is_empty() {
            return Some("none");
        }
        let supported = match (self.verdict(), self.entry()) {
            (Some(verdict), _) => verdict.axes.contains(&(Axis::U1, AxisOutcome::Pass)),
            (None, Some(entry)) => entry.admission == Admission::Verified,
            (None, None) => return None,
        };
        Some(if supported { "verified" } else { "unverified" })
    }

    fn passes(&self) -> Option<bool> {
        match self.what {
            What::Fact(Fact::WriteRejected { .. } | Fact::WriteVetoed { .. }) => Some(false),
            _ => self.verdict().map(|verdict| verdict.objection().is_none()),
        }
    }

    /// Entries that say otherwise, its own under the same label left out.
    #[must_use]
    pub fn contradicts(&self) -> Option<Vec<Label>> {
        let text = self.text().filter(|_| self.proposal().is_some() || self.entry().is_some())?;
        let mut labels = contradictions(&self.run().context, &text, self.citations().unwrap_or_default());
        labels.retain(|label| Some(*label) != self.label());
        Some(labels)
    }

    fn opened(&self) -> Option<(&'a [Label], Option<Depth>)> {
        match (self.ask(), self.what) {
            (Some(Ask::Unfold { labels }), _) => Some((labels, None)),
            (_, What::Fact(Fact::Unfolded { labels, depth, .. })) => Some((labels, Some(*depth))),
            _ => None,
        }
    }

    /// The kind of call that it is about; a rejection is what came of the call that judged.
    #[must_use]
    pub fn call(&self) -> Option<CallKind> {
        match (self.ask(), self.what) {
            (Some(Ask::Think { call } | Ask::Budget { call, .. }), _) => Some(*call),
            (_, What::Fact(Fact::CallStarted { call })) => Some(call.kind),
            (_, What::Fact(Fact::CallFinished { call })) => Some(call.kind),
            (_, What::Fact(Fact::WriteRejected { feedback, .. })) => match feedback.by {
                Critic::Verifier => Some(CallKind::Verify),
                Critic::FormCheck => Some(CallKind::FormCheck),
                Critic::GistGate => Some(CallKind::Gist),
                Critic::Human | Critic::Model => None,
            },
            _ => None,
        }
    }

    fn model(&self) -> Option<String> {
        let options = &self.run().options;
        match self.what {
            What::Fact(Fact::CallStarted { call }) => Some(call.model.clone()),
            What::Fact(Fact::CallFinished { call }) => Some(call.model.clone()),
            _ => self.call().map(|call| options.roles.get(&call.role()).unwrap_or(&options.model).clone()),
        }
    }

    fn error(&self) -> Option<&'a str> {
        match self.what {
            What::Fact(Fact::CallFinished { call }) => call.error.as_deref(),
            What::Fact(Fact::AgentFailed { reason, .. } | Fact::TaskFailed { reason, .. }) => Some(reason),
            _ => None,
        }
    }

    fn usage(&self) -> Option<Usage> {
        match self.what {
            What::Fact(Fact::CallFinished { call }) => Some(call.usage),
            _ => None,
        }
    }

    fn attempt(&self) -> Option<u32> {
        match self.what {
            What::Fact(
                Fact::AttemptStarted { attempt, .. }
                | Fact::WriteRejected { attempt, .. }
                | Fact::WriteFoundRedundant { attempt, .. }
                | Fact::WriteVetoed { attempt, .. },
            ) => Some(*attempt),
            _ => match self.proposal() {
                Some(proposal) => Some(proposal.attempt),
                None => self.run().task(self.task?).map(|task| task.attempt),
            },
        }
    }

    fn round(&self) -> Option<u32> {
        match (self.ask(), self.what) {
            (Some(Ask::Plan { round, .. }), _) | (_, What::Fact(Fact::PlanClaimed { round, .. })) => Some(*round),
            (_, What::Fact(Fact::TasksAdded { by: Author::Agent(_), .. })) => Some(self.run().plan.round),
            _ => None,
        }
    }
}

fn doubt(doubt: &Doubt) -> Value {
    match doubt {
        Doubt::Unverified(_) => Value::word("unverified"),
        Doubt::Negative => Value::word("negative"),
        Doubt::Tainted(_) => Value::word("tainted"),
        Doubt::Rule(rule) => Value::Text(rule.clone()),
    }
}

impl Values for Moment<'_> {
    fn value(&self, name: &Name) -> Option<Value> {
        let number = |number: u32| Value::Number(f64::from(number));
        if name.path.len() > 1 || name.argument.is_some() {
            return self.watch.value(name);
        }
        match name.path.first()?.as_str() {
            "agent" => self.agent.map(Value::word),
            "task" => self.task.map(Value::word),
            "try" => self.attempt().map(number),
            "subject" => self.subject().map(|text| Value::Text(text.to_owned())),
            "text" => self.text().map(Value::Text),
            "chars" => self.text().map(|text| Value::Number(text.chars().count() as f64)),
            "kind" => match (self.proposal(), self.entry()) {
                (Some(proposal), _) => Some(Value::word(proposal.kind)),
                (None, entry) => entry.map(|entry| Value::word(entry.kind)),
            },
            "author" => self.author().map(author_word),
            "label" => self.label().map(Value::Label),
            "evidence" => self.evidence().map(Value::word),
            "verdict" => self.passes().map(|passes| Value::word(if passes { "passes" } else { "fails" })),
            "fails" => match (self.passes(), self.error()) {
                (Some(passes), _) => Some(Value::Flag(!passes)),
                (None, Some(_)) => Some(Value::Flag(true)),
                (None, None) => self.usage().map(|_| Value::Flag(false)),
            },
            "error" => self.error().map(|why| Value::Text(why.to_owned())),
            "doubts" => {
                let judged = !self.doubts.is_empty() || self.proposal().is_some();
                judged.then(|| Value::Many(self.doubts.iter().map(doubt).collect()))
            }
            "contradicts" => self.contradicts().map(Value::labels),
            "cites" => self.citations().map(|all| Value::labels(all.iter().map(|citation| citation.label))),
            "reads" => self.opened().map(|(labels, _)| Value::labels(labels.iter().copied())),
            "depth" => self.opened().and_then(|(_, depth)| depth).map(|depth| {
                Value::word(match depth {
                    Depth::Summary => "summary",
                    Depth::Raw => "raw",
                })
            }),
            "call" => self.call().map(Value::call),
            "model" => self.model().map(Value::Text),
            "tasks" => self.new_tasks().map(|tasks| Value::Number(tasks.len() as f64)),
            "round" => self.round().map(number),
            "cost" if self.usage().is_some() => self.usage()?.usd.map(Value::Number),
            "tokens" if self.usage().is_some() => Some(Value::Number(self.usage()?.tokens() as f64)),
            _ => self.watch.value(name),
        }
    }
}

/// The agent and the task that a fact is about.
fn actor(run: &Run, fact: &Fact) -> (Option<AgentId>, Option<TaskId>) {
    let held = |agent: AgentId| {
        run.agent(agent).and_then(|agent| match agent.state {
            crate::run::agent::AgentState::Working(task) => Some(task),
            crate::run::agent::AgentState::Asking(_) => agent.task,
            _ => None,
        })
    };
    let of_author = |author: Author| match author {
        Author::Agent(agent) => Some(agent),
        Author::Source | Author::Human => None,
    };
    let holder = |task: TaskId| run.task(task).and_then(|task| task.agent);
    match fact {
        Fact::TaskClaimed { task, agent }
        | Fact::TaskFinished { task, agent, .. }
        | Fact::TaskRequeued { task, agent, .. }
        | Fact::AttemptStarted { task, agent, .. }
        | Fact::WriteRejected { task, agent, .. }
        | Fact::WriteFoundRedundant { task, agent, .. }
        | Fact::WriteVetoed { task, agent, .. } => (Some(*agent), Some(*task)),
        Fact::Unfolded { agent, task, .. } | Fact::ContextRead { agent, task, .. } => (Some(*agent), *task),
        Fact::CallStarted { call } => (Some(call.agent), call.task),
        Fact::CallFinished { call } => (Some(call.agent), call.task),
        Fact::WriteProposed { proposal } => (Some(proposal.agent), Some(proposal.task)),
        Fact::GateOpened { decision } => (Some(decision.agent), decision.task),
        Fact::GateDecided { decision, .. } => {
            run.decisions.get(decision).map_or((None, None), |decision| (Some(decision.agent), decision.task))
        }
        Fact::EntryAdmitted { entry } => (of_author(entry.label.author), entry.task),
        Fact::TasksAdded { by, .. } => (of_author(*by), None),
        Fact::TaskDropped { task, by, .. } => (of_author(*by), Some(*task)),
        Fact::TaskFailed { task, .. } => (holder(*task), Some(*task)),
        Fact::DependenciesRevised { task, by: Some(by), .. } => (of_author(*by), Some(*task)),
        Fact::DependenciesRevised { task, by: None, .. } => (run.plan.holder, Some(*task)),
        Fact::AgentFailed { agent, .. } => (Some(*agent), held(*agent)),
        Fact::LeaseExpired { agent, held, .. } | Fact::WriteRefused { agent, held, .. } => (Some(*agent), held.task()),
        Fact::PlanClaimed { agent, .. }
        | Fact::PlanSettled { agent, .. }
        | Fact::StepGranted { agent, .. }
        | Fact::FinalClaimed { agent, .. } => (Some(*agent), None),
        Fact::AnswerWritten { .. } | Fact::FinalReopened { .. } => {
            (run.finalizer.as_ref().map(|finalizer| finalizer.agent), None)
        }
        _ => (None, None),
    }
}
