//! One run in the making, played by its rules alone: an agent or a human does the next thing, and what must hold of every
//! run is checked at every step.

use std::collections::HashSet;

use delm::run::{
    Agent, AgentId, AgentState, Answer, Ask, Author, BlobId, Call, CallId, CallKind, Cap, Chain, Choice, Citation,
    Claim, Closing, Command, Critic, DecisionId, Doubt, EntryKind, Event, Fact, Feedback, GateLevel, Label, Limits,
    Method, Options, Proposal, Rerun, Ruling, Run, Scope, Settle, Step, TaskId, TaskState, Then, Usage, Verdict, Whose,
    rules::{
        answer, human, lease,
        plan::{self, Draft, TasksSeen},
        spend::{self, Begun, Wish},
        work::{self, Work},
        write,
    },
};

/// One run in the making.
pub struct Play {
    pub run: Run,
    pub events: Vec<Event>,
    /// More facts of the same append follow.
    in_append: bool,
    finished: HashSet<TaskId>,
    /// What agents work on that hang, in a call or not: they come back with it late, or never.
    pub hanging: Vec<(Work, Option<CallId>)>,
}

/// The most that a call may use.
const WORST: u64 = 7;

fn tokens(tokens: u64) -> Usage {
    Usage { output_tokens: tokens, ..Usage::NONE }
}

pub fn cap(tokens: u64) -> Cap {
    Cap { usd: None, tokens: Some(tokens) }
}

impl Play {
    pub fn new(agents: u16, gate: GateLevel, cap: Cap) -> Self {
        let method = Method { plan_rounds: 3, max_tasks: 30, ..Method::default() };
        let limits = Limits { run: cap, ..Limits::default() };
        let options = Options { agents, gate, method, limits, model: "scripted:x".into(), ..Options::default() };
        let mut play =
            Play { run: Run::default(), events: vec![], in_append: false, finished: HashSet::new(), hanging: vec![] };
        play.log(vec![
            Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) },
            Fact::SessionStarted { pid: 1 },
            Fact::CorpusSplit { units: vec![] },
        ]);
        play
    }

    pub fn log(&mut self, facts: Vec<Fact>) {
        let count = facts.len();
        for (place, fact) in (1..).zip(facts) {
            self.in_append = place < count;
            let event = Event { seq: self.run.head.next(), at: 0, fact };
            self.check_step(&event.fact);
            self.run.apply(&event);
            if let Fact::TaskFinished { task, .. } = event.fact {
                self.finished.insert(task);
            }
            self.events.push(event);
            self.check();
        }
    }

    /// What may not happen as the run stands.
    fn check_step(&self, fact: &Fact) {
        let run = &self.run;
        match fact {
            Fact::CallStarted { call } => {
                let capped = matches!(run.closing, Some(Closing::CapReached(_)));
                assert!(run.outcome.is_none() && !capped, "{} is sent after the end of the work", call.id);
                // A human may lower the cap below what is in flight already; then nothing more is sent.
                let mut most = run.used(Scope::Run);
                most += call.worst;
                run.in_flight.values().for_each(|call| most += call.worst);
                assert!(run.cap(Scope::Run).holds(&most), "{} is sent over the cap", call.id);
            }
            Fact::PlanClaimed { .. } => assert_eq!(run.plan.holder, None, "one plans at a time"),
            Fact::FinalClaimed { .. } => assert!(run.finalizer.is_none(), "one writes the answer at a time"),
            Fact::TaskClaimed { task, .. } => {
                let state = run.task(*task).map(|task| &task.state);
                assert_eq!(state, Some(&TaskState::Ready), "{task} is claimed once");
            }
            Fact::RunEnded { .. } => assert_eq!(run.outcome, None, "the run ends once"),
            _ => {}
        }
    }

    /// What must hold after every event.
    fn check(&self) {
        let run = &self.run;
        let counts = run.counts;
        assert_eq!(counts.total(), run.tasks.len(), "every task is counted once");
        for agent in &run.agents {
            let held = run.tasks.iter().filter(
                |task| matches!(task.state, TaskState::Running(by) | TaskState::Checking(by, _) if by == agent.id),
            );
            assert!(held.count() <= 1, "{} holds one task at most", agent.id);
            if let AgentState::Asking(decision) = agent.state {
                assert!(run.decisions.contains_key(&decision), "{} waits for an open decision", agent.id);
            }
        }
        let order: Vec<DecisionId> = run.inbox().map(|open| open.id).collect();
        assert!(
            order.len() == run.decisions.len() && order.iter().all(|id| run.decisions.contains_key(id)),
            "every open decision is in the inbox once"
        );
        for task in &run.tasks {
            if let TaskState::Ready | TaskState::Running(_) | TaskState::Checking(..) | TaskState::Done = task.state {
                // One that is done again after that makes nobody wait.
                let was_done = |dep: &TaskId| self.finished.contains(dep);
                assert!(task.deps.iter().all(was_done), "{} runs only when its dependencies are done", task.id);
            }
            if let TaskState::Ready | TaskState::Blocked = task.state {
                let lives = |agent: &&Agent| !agent.state.is_gone();
                let mut living = run.agents.iter().filter(lives).peekable();
                assert!(
                    self.in_append || living.peek().is_none() || living.any(|agent| !task.refused.contains(&agent.id)),
                    "{} has somebody who may claim it",
                    task.id
                );
            }
            let asked = run.decisions.values().filter(|decision| decision.task == Some(task.id)).count();
            assert_eq!(
                asked,
                usize::from(matches!(task.state, TaskState::Checking(..))),
                "{} is asked about once",
                task.id
            );
        }
    }

    pub fn agent(&self, luck: u16) -> AgentId {
        AgentId(1 + luck % self.run.agents.len() as u16)
    }

    /// An agent does the next thing it can; `luck` decides how it goes.
    pub fn agent_acts(&mut self, agent: AgentId, luck: u8) {
        if self.hangs(agent) {
            return;
        }
        let (work, facts) = work::take(&self.run, agent);
        self.log(facts);
        self.work_on(work, luck);
    }

    /// Whether the agent whose work it is has sent a call that has not come back.
    fn is_in_a_call(&self, work: &Work) -> bool {
        let (Work::Task(_, claim) | Work::Plan(_, claim) | Work::Final(claim)) = work else { return false };
        self.run.in_flight.values().any(|call| call.agent == claim.agent)
    }

    /// Wants to send a call for a piece of work.
    fn begin_call(&mut self, work: &Work) -> Begun {
        let (agent, task, kind) = match work {
            Work::Task(task, claim) => (claim.agent, Some(*task), CallKind::Reason),
            Work::Plan(_, claim) => (claim.agent, None, CallKind::Decompose),
            Work::Final(claim) => (claim.agent, None, CallKind::Finalize),
            Work::Await(_) | Work::Wait | Work::Over => return Begun::Denied,
        };
        let wish = Wish { kind, agent, task, model: "m".into(), key: None, worst: tokens(WORST) };
        let (begun, facts) = spend::begin(&self.run, &wish);
        self.log(facts);
        begun
    }

    /// A call comes back, if its process still lives.
    fn end_call(&mut self, id: CallId, luck: u8) {
        let Some(started) = self.run.in_flight.get(&id).cloned() else { return };
        let call = Call {
            id,
            kind: started.kind,
            agent: started.agent,
            task: started.task,
            model: started.model,
            request: BlobId([2; 32]),
            reply: None,
            usage: tokens(u64::from(luck) % (WORST + 1)),
            elapsed_ms: 0,
            first_ms: None,
            stable: 0,
            key: None,
            trace: None,
            from: None,
            error: None,
            fault: None,
        };
        self.log(vec![Fact::CallFinished { call: Box::new(call) }]);
    }

    /// What comes of a piece of work that takes a call.
    fn work_on(&mut self, work: Work, luck: u8) {
        match (self.begin_call(&work), &work) {
            (Begun::Sent(id), _) => {
                self.end_call(id, luck);
                self.bring(work, luck);
            }
            // It waits for money.
            (Begun::Short | Begun::Asked(_), _) => {}
            (Begun::Closed, Work::Task(task, claim)) => {
                let left = work::leave(&self.run, *claim, *task);
                self.log(left.into_iter().collect());
            }
            // A plan has no tasks then, an answer is put together without a call.
            (Begun::Closed | Begun::Denied, _) => self.bring(work, luck),
        }
    }

    /// What comes of a piece of work, now or after its lease.
    fn bring(&mut self, work: Work, luck: u8) {
        let facts = match work {
            Work::Task(task, claim) => self.try_task(claim, task, luck),
            Work::Plan(round, claim) => {
                let drafts = drafts(&self.run, round, luck);
                let checked = plan::check(&self.run, TasksSeen(self.run.tasks.len()), &drafts).unwrap_or_default();
                plan::submit(&self.run, claim, round, checked, "").1
            }
            Work::Final(claim) if luck.is_multiple_of(5) => answer::fail(&self.run, claim, "nothing came").1,
            Work::Final(claim) => {
                let answer = Answer { text: "because".into(), citations: vec![], entries: vec![] };
                answer::submit(&self.run, claim, answer).1
            }
            Work::Await(_) | Work::Wait | Work::Over => vec![],
        };
        self.log(facts);
    }

    fn try_task(&mut self, claim: Claim, task: TaskId, luck: u8) -> Vec<Fact> {
        let started = work::start_attempt(&self.run, claim, task).map(|(.., fact)| fact);
        let holds = started.is_some();
        self.log(started.into_iter().collect());
        let agent = claim.agent;
        let stands = lease::stands(&self.run, claim);
        let facts = match luck % 6 {
            0 => write::reject(&self.run, claim, task, feedback()),
            1 => write::redundant(&self.run, claim, task, None),
            2 if luck > 200 && holds => work::fail_agent(&self.run, agent, "gone"),
            _ => write::submit(&self.run, claim, proposal(&self.run, agent, task, luck)).1,
        };
        let refused = matches!(facts[..], [Fact::WriteRefused { .. }]);
        assert_eq!(refused, !stands, "{claim:?} of {task} brings {facts:?}");
        facts
    }

    /// Whether an agent is in work that it has not lost. Whoever lost it may act again before that work comes late.
    fn hangs(&self, agent: AgentId) -> bool {
        self.hanging.iter().any(|(work, call)| match work {
            Work::Task(_, claim) | Work::Plan(_, claim) | Work::Final(claim) => {
                claim.agent == agent && (call.is_some() || lease::stands(&self.run, *claim))
            }
            Work::Await(_) | Work::Wait | Work::Over => false,
        })
    }

    /// An agent takes work and hangs in it, in a call or before one.
    pub fn agent_hangs(&mut self, agent: AgentId, in_call: bool) {
        if self.hangs(agent) {
            return;
        }
        let (work, facts) = work::take(&self.run, agent);
        self.log(facts);
        let call = match in_call.then(|| self.begin_call(&work)) {
            Some(Begun::Sent(id)) => Some(id),
            Some(_) => return,
            None => None,
        };
        self.hanging.push((work, call));
    }

    /// One that hung comes back, whether its lease has run out or not.
    pub fn agent_wakes(&mut self, luck: u8) {
        if !self.hanging.is_empty() {
            match self.hanging.remove(usize::from(luck) % self.hanging.len()) {
                (work, Some(call)) => {
                    self.end_call(call, luck);
                    self.bring(work, luck);
                }
                // It has begun something else since, and makes one call at a time.
                (work, None) if self.is_in_a_call(&work) => self.bring(work, luck),
                (work, None) => self.work_on(work, luck),
            }
        }
    }

    /// As the engine says it of an agent that hung too long.
    pub fn lease_ends(&mut self, agent: AgentId) {
        let held = lease::in_hand(&self.run, self.run.agent(agent).unwrap());
        let facts = lease::expire(&self.run, agent);
        let lost = facts.len();
        self.log(facts);
        if lost > 0 {
            let one = self.run.agent(agent).unwrap();
            assert!(one.lost == held && held.is_some(), "{agent} had {held:?} in hand");
            assert_eq!(lease::expire(&self.run, agent), [], "{agent} loses it once");
        }
    }

    /// As the engine says it of an agent that panicked.
    pub fn agent_fails(&mut self, agent: AgentId) {
        if !matches!(
            self.run.agent(agent).unwrap().state,
            AgentState::Asking(_) | AgentState::Failed(_) | AgentState::Stopped
        ) {
            self.log(work::fail_agent(&self.run, agent, "gone"));
        }
    }

    pub fn human_acts(&mut self, deed: u8, luck: u8) {
        let choices = [
            Choice::Approve,
            Choice::Edit { text: "my words".into() },
            Choice::Veto { reason: "no".into(), then: Then::Retry },
            Choice::Veto { reason: "no".into(), then: Then::Requeue },
            Choice::Veto { reason: "no".into(), then: Then::Drop },
            Choice::Raise { cap: cap(self.run.used(Scope::Run).tokens() + u64::from(luck)) },
            Choice::Finish,
        ];
        let done = match deed % 6 {
            0 => human::add_note(&self.run, EntryKind::Fact, "I know this"),
            1 => human::add_task(&self.run, &format!("do {luck}"), &[]),
            2 | 3 => human::carry_out(&self.run, &self.steering(deed / 6, luck)),
            _ => {
                let open: Vec<DecisionId> = self.run.decisions.keys().copied().collect();
                let id = open.get(usize::from(luck) % open.len().max(1)).copied().unwrap_or(DecisionId(9999));
                human::decide(&self.run, id, &choices[usize::from(luck) % choices.len()])
            }
        };
        if let Ok(facts) = done {
            let decided = facts.iter().find_map(|fact| match fact {
                Fact::GateDecided { decision, .. } => Some(*decision),
                _ => None,
            });
            self.log(facts);
            if let Some(decision) = decided {
                let again = human::decide(&self.run, decision, &Choice::Approve);
                assert!(again.is_err(), "{decision} applies once");
            }
        }
    }

    /// A wish to steer, sensible or not.
    fn steering(&self, deed: u8, luck: u8) -> Command {
        let agent = AgentId(1 + u16::from(luck) % self.run.agents.len() as u16);
        let task = |offset: u8| TaskId(1 + u32::from(luck.wrapping_add(offset)) % (self.run.tasks.len() as u32 + 1));
        let entry = |offset: u8| {
            let at = usize::from(luck.wrapping_add(offset)) % self.run.context.len().max(1);
            self.run.context.at(at).map_or(Label::unit(1), |entry| entry.label)
        };
        let text = |what: &str| format!("{what} {deed} {luck}");
        match deed % 20 {
            0 => Command::StopAgent { agent },
            1 => Command::HoldAgent { agent },
            2 => Command::ReleaseAgent { agent },
            3 => Command::AddAgent,
            4 => Command::Defer { decision: None },
            5 | 6 => Command::Undo,
            7 => Command::SplitTask { task: task(0), into: vec![text("half"), text("rest")] },
            8 => Command::MergeTasks { tasks: vec![task(0), task(1)], text: text("both") },
            9 => Command::Settle { first: entry(0), second: entry(1), how: Settle::First("older".into()) },
            10 => Command::Settle { first: entry(0), second: entry(1), how: Settle::Examine(text("which")) },
            11 => Command::SetModel { whose: Whose::Agent(agent), model: Some("scripted:y".into()) },
            12 => Command::ReserveTask { task: task(0), agent: Some(agent) },
            13 => Command::MoveTask { task: task(0), before: Some(task(1)) },
            14 => Command::SetDeps { task: task(0), deps: vec![task(1)] },
            15 => Command::DropTask { task: task(0), reason: "not this".into() },
            16 => Command::SetCap { scope: Scope::Run, cap: Cap::default() },
            deed => {
                let rerun = [Rerun::Nothing, Rerun::These(vec![task(0)]), Rerun::All][usize::from(deed - 17)].clone();
                Command::Recall { label: entry(0), reason: "it is false".into(), rerun }
            }
        }
    }

    /// Plays on with everything approved and caps raised, or kept, until nobody has anything to do.
    pub fn play_out(&mut self) {
        // Agents that failed come back with the next session; one that is left does without them.
        let lives = |agent: &Agent| !agent.state.is_gone();
        if self.run.outcome.is_none() && !self.run.agents.iter().any(lives) {
            self.log(vec![Fact::SessionStarted { pid: 3 }]);
        }
        while !self.hanging.is_empty() {
            self.agent_wakes(3);
        }
        for _ in 0..2000 {
            if self.run.outcome.is_some() {
                return;
            }
            if let Some(id) = self.run.decisions.keys().next().copied() {
                let choice = match self.run.decisions[&id].ask {
                    Ask::Budget { .. } if id.0.is_multiple_of(2) => Choice::Raise { cap: Cap::default() },
                    Ask::Budget { .. } => Choice::Finish,
                    _ => Choice::Approve,
                };
                let facts = human::decide(&self.run, id, &choice).unwrap();
                self.log(facts);
            }
            for agent in self.run.agents.iter().map(|agent| agent.id).collect::<Vec<_>>() {
                self.agent_acts(agent, 3);
            }
        }
        panic!("the run does not end: {:?} {:?}", self.run.counts, self.run.plan);
    }
}

fn feedback() -> Feedback {
    Feedback { by: Critic::Verifier, reason: "wrong".into(), rejected: "it".into(), citations: vec![] }
}

fn drafts(run: &Run, round: u32, luck: u8) -> Vec<Draft> {
    let first = run.next_task().0;
    let count = if round == 0 { 4 } else { u32::from(luck % 3) };
    (0..count)
        .map(|i| Draft {
            number: first + i,
            text: format!("task {round}.{i}"),
            deps: if i > 1 { vec![first] } else { vec![] },
            focus: vec![],
        })
        .collect()
}

fn proposal(run: &Run, agent: AgentId, task: TaskId, luck: u8) -> Proposal {
    let chain = Chain {
        kind: EntryKind::Fact,
        steps: vec![Step { text: "s".into(), citations: vec![Citation::of(Label::unit(1), 0..1)] }],
        output: "o".into(),
    };
    Proposal {
        label: run.next_label(Author::Agent(agent)),
        kind: chain.kind,
        agent,
        task,
        attempt: run.task(task).map_or(0, |task| task.attempt),
        subtask: "t".into(),
        result: chain.output.clone(),
        citations: chain.citations(),
        summary: BlobId([0; 32]),
        trajectory: BlobId([1; 32]),
        verdict: Verdict { axes: vec![], ruling: Ruling::Approved("p".into()) },
        doubts: if luck.is_multiple_of(2) { vec![Doubt::Negative] } else { vec![] },
    }
}
