//! What a human changes of a run, and takes back: each wish as the rule carries it out, with what it refuses and why.

use delm::run::{
    AgentId, AgentState, Author, BlobId, Cap, Chain, Choice, Claim, Command, DecisionId, EntryKind, Event, Fact,
    GateLevel, Label, Options, Outcome, Pace, Proposal, Refusal, Rerun, Role, Ruling, Run, Scope, Settle, TaskId,
    TaskState, Then, Verdict, Whose,
    rules::{
        human,
        work::{self, Work},
        write,
    },
};

struct Play(Run);

impl Play {
    /// Three agents and the tasks T1, T2 and T3, of which the last waits for the first.
    fn new() -> Self {
        Play::with(Options { agents: 3, model: "scripted:x".into(), gate: GateLevel::Auto, ..Options::default() })
    }

    fn with(options: Options) -> Self {
        let mut play = Play(Run::default());
        play.log(vec![
            Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) },
            Fact::SessionStarted { pid: 1 },
            Fact::CorpusSplit { units: vec![] },
        ]);
        for (text, deps) in [("one", vec![]), ("two", vec![]), ("three", vec![TaskId(1)])] {
            play.ok(Command::AddTask { text: text.into(), deps });
        }
        play
    }

    fn log(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            self.0.apply(&Event { seq: self.0.head.next(), at: 0, fact });
        }
    }

    fn ask(&mut self, command: Command) -> Result<(), String> {
        let facts = human::carry_out(&self.0, &command).map_err(|Refusal(why)| why)?;
        self.log(facts);
        Ok(())
    }

    fn ok(&mut self, command: Command) {
        let said = self.ask(command.clone());
        assert_eq!(said, Ok(()), "{command:?}");
    }

    fn refused(&mut self, command: Command, why: &str) {
        let head = self.0.head;
        assert_eq!(self.ask(command), Err(why.to_owned()));
        assert_eq!(self.0.head, head);
    }

    fn undo(&mut self) {
        self.ok(Command::Undo);
    }

    fn claim(&mut self, agent: u16) -> Work {
        let (work, facts) = work::take(&self.0, AgentId(agent));
        self.log(facts);
        work
    }

    fn claim_task(&mut self, agent: u16) -> Option<TaskId> {
        match self.claim(agent) {
            Work::Task(task, _) => Some(task),
            _ => None,
        }
    }

    /// The last claim of an agent.
    fn last_claim(&self, agent: AgentId) -> Claim {
        Claim { agent, number: self.0.agent(agent).unwrap().claim }
    }

    /// An agent writes what it found for a task that it holds.
    fn write(&mut self, agent: u16, task: u32) -> Label {
        let (agent, task) = (AgentId(agent), TaskId(task));
        let facts = work::start_attempt(&self.0, self.last_claim(agent), task).map(|(.., fact)| vec![fact]).unwrap();
        self.log(facts);
        let label = self.0.next_label(Author::Agent(agent));
        let chain = Chain { kind: EntryKind::Fact, steps: vec![], output: "o".into() };
        let proposal = Proposal {
            label,
            kind: chain.kind,
            agent,
            task,
            attempt: 1,
            subtask: "t".into(),
            result: chain.output,
            citations: vec![],
            summary: BlobId([0; 32]),
            trajectory: BlobId([1; 32]),
            verdict: Verdict { axes: vec![], ruling: Ruling::Approved("p".into()) },
            doubts: vec![],
        };
        let facts = write::submit(&self.0, self.last_claim(agent), proposal).1;
        self.log(facts);
        label
    }

    fn state(&self, task: u32) -> TaskState {
        self.0.task(TaskId(task)).unwrap().state.clone()
    }

    fn deps(&self, task: u32) -> Vec<u32> {
        self.0.task(TaskId(task)).unwrap().deps.iter().map(|dep| dep.0).collect()
    }

    /// Everything about the tasks that an undo has to bring back.
    fn queue(&self) -> Vec<(String, Vec<u32>, bool, Option<AgentId>)> {
        let row = |task: &delm::run::Task| {
            (task.text.clone(), task.deps.iter().map(|dep| dep.0).collect(), task.is_over(), task.reserved)
        };
        self.0.tasks.iter().map(row).collect()
    }
}

fn t(id: u32) -> TaskId {
    TaskId(id)
}

fn a(id: u16) -> AgentId {
    AgentId(id)
}

/// Each deed about the queue is taken back exactly, and the taking back too.
#[test]
fn what_waits_is_changed_and_taken_back_and_taken_back_again() {
    let deeds = [
        Command::AddTask { text: "four".into(), deps: vec![t(2)] },
        Command::EditTask { task: t(2), text: "two or more".into() },
        Command::EditTask { task: t(2), text: "Two".into() },
        Command::SetDeps { task: t(2), deps: vec![t(1)] },
        Command::ReserveTask { task: t(2), agent: Some(a(2)) },
        Command::DropTask { task: t(2), reason: "no".into() },
        Command::SplitTask { task: t(1), into: vec!["one half".into(), "the other".into()] },
        Command::MergeTasks { tasks: vec![t(1), t(2)], text: "both".into() },
        Command::MergeTasks { tasks: vec![t(1), t(3)], text: "first and last".into() },
    ];
    for deed in deeds {
        let mut play = Play::new();
        let before = play.queue();
        play.ok(deed.clone());
        let after = play.queue();
        assert_ne!(before, after, "{deed:?}");
        for _ in 0..2 {
            play.undo();
            let mut undone = play.queue();
            let added = undone.split_off(before.len());
            assert!(added.iter().all(|(.., is_over, _)| *is_over), "{deed:?}: what was added is over");
            assert_eq!(undone, before, "{deed:?}");
            play.undo();
            assert_eq!(play.queue(), after, "{deed:?} again");
        }
    }
}

#[test]
fn a_moved_task_goes_back_to_its_place() {
    let mut play = Play::new();
    play.ok(Command::MoveTask { task: t(2), before: Some(t(1)) });
    play.undo();
    assert_eq!(play.claim_task(1), Some(t(1)));
    play.refused(Command::MoveTask { task: t(1), before: None }, "a1 has claimed T1");
    play.refused(Command::MoveTask { task: t(2), before: Some(t(2)) }, "T2 cannot come before itself");
    play.refused(Command::MoveTask { task: t(2), before: Some(t(9)) }, "T9 does not exist");
}

#[test]
fn what_a_human_changes_while_the_plan_is_held_is_theirs_to_take_back() {
    let mut play = Play::new();
    play.log(vec![Fact::PlanClaimed { agent: AgentId(3), round: 1 }]);
    play.ok(Command::SetDeps { task: t(2), deps: vec![t(1)] });
    play.undo();
    assert_eq!(play.deps(2), [0_u32; 0]);
    // What its holder changes is not.
    play.log(vec![Fact::DependenciesRevised { task: t(2), deps: vec![t(1)], by: None }]);
    play.undo();
    assert_eq!(play.deps(2), [1], "the taking back was taken back, which is the same");
}

#[test]
fn a_deed_that_was_built_on_is_not_taken_back() {
    let mut play = Play::new();
    play.ok(Command::EditTask { task: t(1), text: "one and only".into() });
    play.claim(1);
    play.refused(Command::Undo, "a1 has claimed T1 meanwhile");

    let mut play = Play::new();
    play.ok(Command::AddTask { text: "four".into(), deps: vec![] });
    play.log(vec![Fact::DependenciesRevised { task: t(2), deps: vec![t(4)], by: Some(Author::Human) }]);
    // The revision is the last deed now; it is taken back, and nothing waits for T4 any more.
    play.undo();
    assert_eq!(play.deps(2), [0_u32; 0]);

    let mut play = Play::new();
    play.refused(
        Command::SplitTask { task: t(1), into: vec!["half".into()] },
        "T1: name at least two tasks to split it into",
    );
    play.ok(Command::SplitTask { task: t(1), into: vec!["one half".into(), "the other".into()] });
    assert_eq!(play.deps(3), [4, 5], "what waited for it waits for both");
    play.claim(1);
    play.claim(1);
    let first = play.claim_task(2).unwrap();
    assert!(matches!(play.state(4), TaskState::Running(_)) || first == t(4));
    let said = play.ask(Command::Undo).unwrap_err();
    assert!(said.ends_with("has claimed T4 meanwhile"), "{said}");
}

#[test]
fn what_cannot_be_merged_or_split_is_said() {
    let mut play = Play::new();
    play.ok(Command::AddTask { text: "four".into(), deps: vec![t(3)] });
    play.refused(
        Command::MergeTasks { tasks: vec![t(1), t(4)], text: "ends".into() },
        "merged, they would wait for themselves: T1 → T3 → T1",
    );
    play.refused(Command::MergeTasks { tasks: vec![t(1)], text: "x".into() }, "name at least two tasks to merge");
    play.refused(Command::MergeTasks { tasks: vec![t(1), t(2)], text: "Three".into() }, "T3 has this subject already");
    play.refused(Command::EditTask { task: t(1), text: " TWO ".into() }, "T2 has this subject already");
    play.refused(Command::SetDeps { task: t(1), deps: vec![t(4)] }, "T1 would wait for itself: T1 → T4 → T3 → T1");
    play.refused(Command::SplitTask { task: t(1), into: vec!["a".into(), " ".into()] }, "a task needs a text");
    play.refused(Command::SplitTask { task: t(1), into: vec!["same".into(), "Same".into()] }, "same is named twice");
    play.refused(Command::MergeTasks { tasks: vec![t(1), t(1)], text: "x".into() }, "T1 is named twice");
}

#[test]
fn a_reserved_task_is_claimed_by_its_agent_alone_until_that_is_gone() {
    let mut play = Play::new();
    play.ok(Command::ReserveTask { task: t(1), agent: Some(a(2)) });
    assert_eq!(play.claim_task(1), Some(t(2)));
    assert_eq!(play.claim(3), Work::Wait);
    play.ok(Command::StopAgent { agent: a(2) });
    assert_eq!(play.claim_task(3), Some(t(1)));
    play.refused(Command::ReserveTask { task: t(3), agent: Some(a(2)) }, "a2 works no more");
    play.refused(Command::ReserveTask { task: t(3), agent: Some(a(7)) }, "a7 does not exist");
    play.refused(Command::Tell { agent: a(2), text: "hear".into() }, "a2 works no more");
}

#[test]
fn a_reserved_task_that_its_agent_is_refused_is_anybodys() {
    let mut play = Play::with(Options { agents: 2, gate: GateLevel::Claims, ..Options::default() });
    play.ok(Command::ReserveTask { task: t(1), agent: Some(a(1)) });
    play.claim(1);
    let veto = Choice::Veto { reason: "not you".into(), then: Then::Requeue };
    play.ok(Command::DecideOldest { choice: veto });
    assert!(matches!(play.claim(2), Work::Await(_)));
    assert!(matches!(play.state(1), TaskState::Checking(AgentId(2), _)));
    play.refused(Command::ReserveTask { task: t(1), agent: Some(a(2)) }, "a2 has claimed T1");
}

#[test]
fn an_agent_that_is_stopped_leaves_its_work_to_the_others() {
    let mut play = Play::new();
    play.claim(1);
    play.ok(Command::StopAgent { agent: a(1) });
    assert_eq!((play.state(1), &play.0.agents[0].state), (TaskState::Ready, &AgentState::Stopped));
    assert_eq!(play.claim(1), Work::Over);
    assert_eq!(play.claim_task(2), Some(t(1)));
    play.refused(Command::Undo, "stopping a1 cannot be taken back: `agent+` adds another one");
    play.ok(Command::StopAgent { agent: a(3) });
    play.refused(
        Command::StopAgent { agent: a(2) },
        "a2 is the last of the team; `stop` ends the session, `finish` the work",
    );
    play.log(vec![Fact::SessionStarted { pid: 2 }]);
    assert_eq!(play.0.agents[0].state, AgentState::Stopped, "also in the next session");
    assert_eq!(play.0.agents[1].state, AgentState::Idle);
}

#[test]
fn a_task_that_only_the_stopped_agent_might_have_done_is_dropped() {
    let mut play = Play::with(Options { agents: 2, gate: GateLevel::Claims, ..Options::default() });
    play.claim(1);
    let veto = Choice::Veto { reason: "not you".into(), then: Then::Requeue };
    play.ok(Command::DecideOldest { choice: veto });
    play.ok(Command::StopAgent { agent: a(2) });
    assert!(matches!(play.state(1), TaskState::Dropped(_)), "{:?}", play.state(1));
}

#[test]
fn a_stopped_agent_gives_back_the_plan_the_answer_and_its_unit() {
    let mut play = Play(Run::default());
    let unit = |n| delm::run::Unit {
        label: Label::unit(n),
        source: delm::run::SourceId(1),
        title: "u".into(),
        start: 0,
        end: 1,
    };
    let options = Options { agents: 2, ..Options::default() };
    play.log(vec![
        Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) },
        Fact::SessionStarted { pid: 1 },
        Fact::CorpusSplit { units: vec![unit(1), unit(2)] },
    ]);
    let take = |play: &mut Play, agent| {
        let (unit, facts) = work::take_unit(&play.0, a(agent));
        play.log(facts);
        unit
    };
    assert_eq!(take(&mut play, 1), Some(Label::unit(1)));
    assert_eq!(take(&mut play, 2), Some(Label::unit(2)));
    assert_eq!(take(&mut play, 2), None);
    play.ok(Command::StopAgent { agent: a(1) });
    assert_eq!(take(&mut play, 1), None, "it works no more");
    assert_eq!(take(&mut play, 2), Some(Label::unit(1)));
    assert_eq!(take(&mut play, 2), None);
}

#[test]
fn agents_are_added_held_and_released() {
    let mut play = Play::new();
    play.ok(Command::AddAgent);
    assert_eq!(play.claim_task(4), Some(t(1)));
    play.refused(Command::Undo, "a4 has begun to work; `stop a4` stops it");
    play.ok(Command::AddAgent);
    play.undo();
    assert_eq!(play.0.agents[4].state, AgentState::Stopped);
    play.refused(Command::Undo, "stopping a5 cannot be taken back: `agent+` adds another one");
    play.ok(Command::HoldAgent { agent: a(1) });
    play.refused(Command::HoldAgent { agent: a(1) }, "a1 is held already");
    play.undo();
    assert!(!play.0.agents[0].held);
    play.undo();
    assert!(play.0.agents[0].held);
    play.log(vec![Fact::SessionStarted { pid: 2 }]);
    assert!(play.0.agents[0].held, "also in the next session");
    play.refused(Command::ReleaseAgent { agent: a(2) }, "a2 is not held");
    play.refused(Command::HoldAgent { agent: a(5) }, "a5 works no more");
}

#[test]
fn a_message_is_taken_back_until_it_is_read() {
    let mut play = Play::new();
    for text in ["first", "second"] {
        play.ok(Command::Tell { agent: a(1), text: text.into() });
    }
    play.undo();
    assert_eq!(play.0.agents[0].messages, ["first"]);
    play.undo();
    assert_eq!(play.0.agents[0].messages, ["first", "second"], "taking back is a deed too");
    play.log(vec![Fact::MessagesRead { agent: a(1), count: 2 }]);
    play.refused(Command::Undo, "a1 has read it");
}

#[test]
fn a_note_is_taken_back_until_it_is_read() {
    let mut play = Play::new();
    for text in ["a", "b"] {
        play.ok(Command::AddNote { kind: EntryKind::Fact, text: text.into() });
    }
    play.undo();
    assert!(play.0.context.is_recalled(Label::new(Author::Human, 2)), "the second of two in a row");
    play.refused(
        Command::Undo,
        "the recall of H S2 cannot be taken back: it has told the team; `note FACT …` tells them that it holds after all",
    );
    play.ok(Command::AddNote { kind: EntryKind::Fact, text: "c".into() });
    play.claim(1);
    let started = work::start_attempt(&play.0, play.last_claim(a(1)), t(1)).map(|(.., fact)| vec![fact]).unwrap();
    play.log(started);
    play.refused(Command::Undo, "a1 read H S4; `recall H S4 REASON` marks it as false");
}

#[test]
fn a_recall_and_what_follows_from_it_is_one_deed_that_stays() {
    let mut play = Play::new();
    play.claim(1);
    let label = play.write(1, 1);
    play.ok(Command::Recall { label, reason: "false".into(), rerun: Rerun::All });
    assert_eq!(play.state(1), TaskState::Ready);
    let said = play.ask(Command::Undo).unwrap_err();
    assert!(said.starts_with("the recall of W1 S1 cannot be taken back"), "{said}");
    play.ok(Command::AddNote { kind: EntryKind::Fact, text: "mine".into() });
    play.undo();
}

#[test]
fn a_contradiction_is_settled_once_and_each_way_does_what_it_says() {
    let entries = || {
        let mut play = Play::new();
        play.claim(1);
        let first = play.write(1, 1);
        play.claim(2);
        let second = play.write(2, 2);
        (play, first, second)
    };
    let settle = |how: Settle, first, second| Command::Settle { first, second, how };
    let never = "settling W1 S1 against W2 S1 cannot be taken back: `note FACT …` tells the team otherwise";

    let (mut play, first, second) = entries();
    play.refused(
        settle(Settle::First(" ".into()), first, second),
        "a recall needs a reason; whoever does the work again reads it",
    );
    play.refused(settle(Settle::First("x".into()), first, first), "W1 S1 cannot contradict itself");
    play.refused(settle(Settle::Both("x".into()), first, Label::unit(9)), "W0 S9 is not in the shared context");
    play.ok(settle(Settle::First("older".into()), first, second));
    assert!(play.0.context.is_recalled(second) && !play.0.context.is_recalled(first));
    assert_eq!((play.state(1), play.state(2)), (TaskState::Done, TaskState::Ready));
    play.refused(settle(Settle::Both("x".into()), second, first), "W2 S1 and W1 S1 are settled already");
    play.refused(Command::Undo, never);

    let (mut play, first, second) = entries();
    play.ok(settle(Settle::Second("older".into()), first, second));
    assert!(play.0.context.is_recalled(first) && !play.0.context.is_recalled(second));

    let (mut play, first, second) = entries();
    play.refused(settle(Settle::Both(" ".into()), first, second), "say in what scope each of them holds");
    play.ok(settle(Settle::Both("one before May, one after".into()), first, second));
    let text = play.0.context.snapshot().render();
    assert!(text.contains("W1 S1 and W2 S1 both hold: one before May, one after"), "{text}");
    play.refused(Command::Undo, never);

    let (mut play, first, second) = entries();
    play.ok(settle(Settle::Examine("which of them".into()), first, second));
    assert_eq!(play.state(4), TaskState::Ready);
    play.refused(Command::Undo, never);
    play.ok(Command::DropTask { task: t(4), reason: "no".into() });
    play.undo();
    assert_eq!(play.state(4), TaskState::Ready);
}

#[test]
fn an_answer_to_a_decision_and_what_follows_from_it_stays() {
    let asks = || Play::with(Options { agents: 1, gate: GateLevel::Writes, ..Options::default() });
    let mut play = asks();
    play.claim(1);
    play.write(1, 1);
    play.ok(Command::DecideOldest { choice: Choice::Veto { reason: "no".into(), then: Then::Drop } });
    assert!(matches!(play.state(1), TaskState::Dropped(_)));
    let never =
        "the answer to #1 cannot be taken back: its agent has gone on with it; `whatif` and `fork` take the other way";
    play.refused(Command::Undo, never);
    play.ok(Command::DropTask { task: t(2), reason: "no".into() });
    play.undo();
    assert_eq!(play.state(2), TaskState::Ready, "a drop of its own is");

    let mut play = asks();
    play.claim(1);
    play.write(1, 1);
    play.ok(Command::DecideOldest { choice: Choice::Approve });
    play.ok(Command::DropTask { task: t(2), reason: "no".into() });
    play.undo();
    assert_eq!(play.state(2), TaskState::Ready);
}

#[test]
fn caps_rules_models_and_breakpoints_go_back_to_what_they_were() {
    let mut play = Play::new();
    let cap = |tokens| Cap { usd: None, tokens: Some(tokens) };
    play.ok(Command::SetCap { scope: Scope::Run, cap: cap(100) });
    play.ok(Command::SetCap { scope: Scope::Run, cap: cap(50) });
    play.undo();
    assert_eq!(play.0.cap(Scope::Run), cap(100));
    play.undo();
    assert_eq!(play.0.cap(Scope::Run), cap(50));

    play.ok(Command::SetPolicy { text: "ask write\npass any".into() });
    play.ok(Command::AddRule { text: " ask claim \n".into() });
    assert_eq!(play.0.policy_text, "ask claim\nask write\npass any");
    play.undo();
    assert_eq!(play.0.policy_text, "ask write\npass any");
    play.undo();
    assert_eq!(play.0.policy_text, "ask claim\nask write\npass any");
    assert!(matches!(play.claim(1), Work::Await(_)), "and it holds");
    play.ok(Command::DecideOldest { choice: Choice::Approve });
    let said = play.ask(Command::AddRule { text: "ask wrte".into() }).unwrap_err();
    assert!(said.contains("wrte"), "{said}");

    let whose = Whose::Role(Role::Verify);
    let set = |model: Option<&str>| Command::SetModel { whose, model: model.map(str::to_owned) };
    play.ok(set(Some("x:a")));
    play.ok(set(Some("x:b")));
    play.undo();
    assert_eq!(play.0.models.get(&whose).map(String::as_str), Some("x:a"));
    play.ok(set(None));
    play.undo();
    assert_eq!(play.0.models.get(&whose).map(String::as_str), Some("x:a"));
    play.refused(set(Some(" ")), "name a model as provider:name");

    let spec = Box::new(delm::run::BreakSpec::parse("write W2").unwrap());
    play.ok(Command::Break { spec, kind: Default::default(), temporary: Default::default() });
    play.undo();
    assert!(play.0.breakpoints.is_empty());
    play.undo();
    assert_eq!(play.0.breakpoints.len(), 1);
}

#[test]
fn a_run_without_a_model_is_set_none() {
    let mut play = Play::with(Options { agents: 1, ..Options::default() });
    let set = Command::SetModel { whose: Whose::Everybody, model: Some("x:a".into()) };
    play.refused(set, "this run thinks without a model, so none can be set");
}

#[test]
fn deferred_decisions_come_last_in_the_order_in_which_they_were_deferred() {
    let mut play = Play::with(Options { agents: 3, gate: GateLevel::Claims, ..Options::default() });
    play.refused(Command::Defer { decision: None }, "nothing waits to be decided");
    play.ok(Command::SetDeps { task: t(3), deps: vec![] });
    for agent in 1..=3 {
        assert!(matches!(play.claim(agent), Work::Await(_)));
    }
    let order = |play: &Play| play.0.inbox().map(|open| open.id.0).collect::<Vec<_>>();
    assert_eq!(order(&play), [1, 2, 3]);
    play.ok(Command::Defer { decision: None });
    assert_eq!(order(&play), [2, 3, 1]);
    play.ok(Command::Defer { decision: Some(DecisionId(3)) });
    assert_eq!(order(&play), [2, 1, 3]);
    play.refused(Command::Undo, "it is open still; take it when you like");
    play.refused(Command::Defer { decision: Some(DecisionId(9)) }, "#9 is not open (any more)");
    for next in [2, 1, 3] {
        play.ok(Command::DecideOldest { choice: Choice::Approve });
        assert!(!play.0.decisions.contains_key(&DecisionId(next)), "{next} was next");
    }
    play.refused(Command::DecideOldest { choice: Choice::Approve }, "nothing waits to be decided");
}

#[test]
fn the_pace_is_a_fact_like_any_other() {
    let mut play = Play::new();
    play.ok(Command::Pause);
    assert_eq!(play.0.pace, Pace::Pausing);
    let head = play.0.head;
    play.ok(Command::Pause);
    assert_eq!(play.0.head, head, "once is enough");
    play.ok(Command::Resume);
    assert_eq!(play.0.pace, Pace::Running);
    play.ok(Command::Resume);
    play.log(vec![Fact::RunEnded { outcome: Outcome::Answered }]);
    play.refused(Command::Pause, "the run has ended");
    play.refused(Command::AddAgent, "the run has ended");
}
