//! What a recall reaches equals what a plain walk over the whole log finds, which knows neither the lineage nor the index
//! of readers.

use std::{collections::BTreeSet, sync::Arc};

use delm::run::{
    Admission, AgentId, Answer, Author, Citation, Depth, Entry, EntryKind, Event, Fact, Label, NewTask, Options, Run,
    Seq, TaskId,
    rules::recall::{Radius, radius},
};
use proptest::prelude::*;

const AGENTS: u16 = 4;
const TASKS: u32 = 6;
const UNITS: u32 = 3;

/// One thing that happens, by numbers that are made to fit.
#[derive(Debug, Clone)]
enum Deed {
    /// A task is tried from what stands in the shared context now, or stood a while ago.
    Try {
        task: u32,
        agent: u16,
        ago: u64,
    },
    Unfold {
        task: u32,
        which: Vec<usize>,
        part: u32,
    },
    /// Beside any task.
    UnfoldFree {
        agent: u16,
        which: usize,
    },
    Read {
        agent: u16,
        task: Option<u32>,
        ago: u64,
    },
    Admit {
        task: u32,
        cites: Vec<usize>,
    },
    Claim {
        agent: u16,
        ago: u64,
    },
    Answer {
        cites: Vec<usize>,
        rests: Vec<usize>,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let task = 1..=TASKS;
    let agent = 1..=AGENTS;
    let some = || prop::collection::vec(0..64usize, 0..3);
    prop_oneof![
        4 => (task.clone(), agent.clone(), 0..12u64).prop_map(|(task, agent, ago)| Deed::Try { task, agent, ago }),
        3 => (task.clone(), some(), 0..3u32).prop_map(|(task, which, part)| Deed::Unfold { task, which, part }),
        1 => (agent.clone(), 0..64usize).prop_map(|(agent, which)| Deed::UnfoldFree { agent, which }),
        1 => (agent.clone(), prop::option::of(task.clone()), 0..12u64)
            .prop_map(|(agent, task, ago)| Deed::Read { agent, task, ago }),
        5 => (task, some()).prop_map(|(task, cites)| Deed::Admit { task, cites }),
        1 => (agent, 0..12u64).prop_map(|(agent, ago)| Deed::Claim { agent, ago }),
        1 => (some(), some()).prop_map(|(cites, rests)| Deed::Answer { cites, rests }),
    ]
}

/// A log of these deeds. `holders[t]` is the agent that tried task `t` last.
struct Writer {
    events: Vec<Event>,
    labels: Vec<Label>,
    signed: [u32; AGENTS as usize + 1],
    holders: [Option<AgentId>; TASKS as usize + 1],
}

impl Writer {
    fn write(deeds: Vec<Deed>) -> Vec<Event> {
        let mut writer = Writer { events: vec![], labels: vec![], signed: Default::default(), holders: [None; 7] };
        let options = Options { agents: AGENTS, ..Options::default() };
        writer.push(Fact::RunStarted { question: "?".into(), paths: vec![], options: Box::new(options) });
        let task = |id| NewTask { id: TaskId(id), text: format!("task {id}"), deps: vec![], focus: vec![] };
        writer.push(Fact::TasksAdded { tasks: (1..=TASKS).map(task).collect(), by: Author::Human });
        (1..=UNITS).for_each(|unit| writer.admit(Label::unit(unit), None, vec![]));
        deeds.into_iter().for_each(|deed| writer.deed(deed));
        writer.events
    }

    fn push(&mut self, fact: Fact) {
        let seq = Seq(self.events.len() as u64 + 1);
        self.events.push(Event { seq, at: 0, fact });
    }

    fn admit(&mut self, label: Label, task: Option<TaskId>, citations: Vec<Citation>) {
        let kind = if label.is_unit() { EntryKind::Document } else { EntryKind::Fact };
        let entry = Entry {
            label,
            kind,
            task,
            subtask: String::new(),
            gist: "x".into(),
            citations,
            admission: Admission::Verified,
            taint: vec![],
            summary: None,
            trajectory: None,
        };
        self.labels.push(label);
        self.push(Fact::EntryAdmitted { entry: Arc::new(entry) });
    }

    fn label(&self, which: usize) -> Label {
        self.labels[which % self.labels.len()]
    }

    fn deed(&mut self, deed: Deed) {
        let head = self.events.len() as u64;
        let seen = |ago: u64| Seq(head.saturating_sub(ago).max(1));
        let holder = |writer: &Self, task: u32| writer.holders[task as usize];
        match deed {
            Deed::Try { task, agent, ago } => {
                self.holders[task as usize] = Some(AgentId(agent));
                let (task, agent) = (TaskId(task), AgentId(agent));
                self.push(Fact::TaskClaimed { task, agent });
                self.push(Fact::AttemptStarted { task, agent, attempt: 1, snapshot: seen(ago), heeds: vec![] });
            }
            Deed::Unfold { task, which, part } => {
                let Some(agent) = holder(self, task) else { return };
                let labels = which.into_iter().map(|which| self.label(which));
                let labels = labels.map(|label| if part > 0 { label.with_part(part) } else { label }).collect();
                self.push(Fact::Unfolded { agent, task: Some(TaskId(task)), labels, depth: Depth::Raw });
            }
            Deed::UnfoldFree { agent, which } => {
                let labels = vec![self.label(which)];
                self.push(Fact::Unfolded { agent: AgentId(agent), task: None, labels, depth: Depth::Summary });
            }
            Deed::Read { agent, task, ago } => {
                self.push(Fact::ContextRead { agent: AgentId(agent), task: task.map(TaskId), snapshot: seen(ago) });
            }
            Deed::Admit { task, cites } => {
                let Some(agent) = holder(self, task) else { return };
                self.signed[usize::from(agent.0)] += 1;
                let label = Label::new(Author::Agent(agent), self.signed[usize::from(agent.0)]);
                let citations = cites.into_iter().map(|which| Citation::of(self.label(which), 0..1)).collect();
                self.admit(label, Some(TaskId(task)), citations);
            }
            Deed::Claim { agent, ago } => {
                self.push(Fact::FinalClaimed { agent: AgentId(agent), snapshot: seen(ago) });
            }
            Deed::Answer { cites, rests } => {
                let citations = cites.into_iter().map(|which| Citation::of(self.label(which), 0..1)).collect();
                let entries = rests.into_iter().map(|which| self.label(which)).collect();
                let answer = Answer { text: "so".into(), citations, entries };
                self.push(Fact::AnswerWritten { answer: Box::new(answer) });
            }
        }
    }
}

/// What the author of the entry at `at` cited, and had unfolded in the try that brought it.
fn rests_on(events: &[Event], at: usize, entry: &Entry) -> BTreeSet<Label> {
    let mut on: BTreeSet<Label> = entry.citations.iter().map(|citation| citation.label.whole()).collect();
    for event in events[..at].iter().rev() {
        match &event.fact {
            Fact::AttemptStarted { task, .. } if Some(*task) == entry.task => break,
            Fact::Unfolded { task, labels, .. } if *task == entry.task && task.is_some() => {
                on.extend(labels.iter().map(|label| label.whole()));
            }
            _ => {}
        }
    }
    on
}

fn by_hand(events: &[Event], label: Label) -> Radius {
    let admitted = |fact: &Fact| match fact {
        Fact::EntryAdmitted { entry } => Some((**entry).clone()),
        _ => None,
    };
    let entries: Vec<(usize, Entry)> =
        events.iter().enumerate().filter_map(|(at, event)| Some((at, admitted(&event.fact)?))).collect();
    // Again and again over everything, until nothing new rests on what was found.
    let mut reached = BTreeSet::from([label]);
    loop {
        let before = reached.len();
        for (at, entry) in &entries {
            if rests_on(events, *at, entry).iter().any(|on| reached.contains(on)) {
                reached.insert(entry.label);
            }
        }
        if reached.len() == before {
            break;
        }
    }
    let came = entries.iter().find(|(_, entry)| entry.label == label).map(|(at, _)| events[*at].seq).unwrap();
    let mut radius = Radius::default();
    let mut read = |agent: AgentId, task: Option<TaskId>| {
        radius.agents.insert(agent);
        radius.saw.extend(task);
    };
    for event in events {
        // The gist of a document stands before everybody; who opened it has read it.
        let saw = |snapshot: &Seq| !label.is_unit() && *snapshot >= came;
        match &event.fact {
            Fact::Unfolded { agent, task, labels, .. } if labels.iter().any(|one| one.whole() == label) => {
                read(*agent, *task);
            }
            Fact::AttemptStarted { agent, task, snapshot, .. } if saw(snapshot) => read(*agent, Some(*task)),
            Fact::ContextRead { agent, task, snapshot } if saw(snapshot) => read(*agent, *task),
            Fact::FinalClaimed { agent, snapshot } if saw(snapshot) => read(*agent, None),
            _ => {}
        }
    }
    radius.tasks = entries
        .iter()
        .filter(|(_, entry)| reached.contains(&entry.label))
        .filter_map(|(_, entry)| entry.task)
        .collect();
    let last = events.iter().rev().find_map(|event| match &event.fact {
        Fact::AnswerWritten { answer } => Some(answer),
        _ => None,
    });
    radius.answer = last.is_some_and(|answer| {
        let cited = answer.citations.iter().map(|citation| citation.label.whole());
        cited.chain(answer.entries.iter().copied()).any(|one| reached.contains(&one))
    });
    reached.remove(&label);
    radius.entries = reached;
    radius
}

proptest! {
    #[test]
    fn a_recall_reaches_what_a_walk_over_the_log_finds(deeds in prop::collection::vec(deed(), 0..60)) {
        let events = Writer::write(deeds);
        let mut run = Run::default();
        events.iter().for_each(|event| run.apply(event));
        for entry in run.context.entries() {
            prop_assert_eq!(radius(&run, entry.label), by_hand(&events, entry.label), "{}", entry.label);
        }
    }
}
