//! What a human changes of a run, and takes back: each wish as the rule carries it out, with what it refuses and why.

mod queue;
mod said;
mod team;

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
