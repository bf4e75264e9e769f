//! What must hold of a run's file, however often its processes died.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use delm::{
    run::{Admission, DecisionId, Event, Fact, Run, Seq, TaskId, TaskState},
    store::{self, Body, Journal as _, Memory, Sqlite, named},
};

use crate::support::{invariants, scenario::fold};

/// The log as it is on disk and every body that it names, found whole. Empty when the process died before there was any.
pub fn read(file: &Path) -> (Vec<Event>, Memory) {
    let mut memory = Memory::default();
    let Ok(store) = Sqlite::open_to_read(file) else { return (vec![], memory) };
    let (_, events) = store::load(&store).unwrap();
    store.verify().unwrap();
    let names = events.iter().flat_map(|event| named::bodies(&event.fact));
    let bodies: Vec<_> = names.map(|(id, _)| Body { id, bytes: store.body(id).unwrap() }).collect();
    memory.append(Seq(0), &events, &bodies).unwrap();
    (events, memory)
}

/// Everything that does not hold, in words.
pub fn wrong(events: &[Event], bodies: &Memory) -> Vec<String> {
    let mut wrong = invariants::violations_of(events, bodies);
    wrong.extend(sessions(events));
    wrong.extend(doubles(events));
    wrong.extend(counts(events));
    wrong
}

/// What a process finds when it takes the run up: nothing in the hands of the one before but its questions.
fn sessions(events: &[Event]) -> Vec<String> {
    let (mut run, mut wrong) = (Run::default(), vec![]);
    for event in events {
        let open = run.decisions.keys().copied().collect::<Vec<_>>();
        run.apply(event);
        if !matches!(event.fact, Fact::SessionStarted { .. }) {
            continue;
        }
        let held = run.tasks.iter().filter(|task| matches!(task.state, TaskState::Running(_)));
        wrong.extend(held.map(|task| format!("{} is in dead hands at {}", task.id, event.seq)));
        if !run.in_flight.is_empty() {
            wrong.push(format!("{:?} are in flight at {}", run.in_flight.keys(), event.seq));
        }
        if run.decisions.keys().copied().collect::<Vec<_>>() != open {
            wrong.push(format!("the open decisions were {open:?} before {}", event.seq));
        }
        for decision in run.decisions.values().filter(|decision| decision.task.is_some()) {
            let checks =
                |task: &&delm::run::Task| matches!(task.state, TaskState::Checking(_, by) if by == decision.id);
            if !run.tasks.iter().any(|task| checks(&task)) {
                wrong.push(format!("{} waits and no task waits for it at {}", decision.id, event.seq));
            }
        }
    }
    wrong
}

/// Each task is done once and has one entry; each decision is opened once and answered once, and its answer had effect.
fn doubles(events: &[Event]) -> Vec<String> {
    let mut done: BTreeMap<TaskId, u32> = BTreeMap::new();
    let (mut opened, mut approved) = (HashSet::new(), HashSet::new());
    let (mut labels, mut tasks, mut wrong) = (HashSet::new(), HashSet::new(), vec![]);
    for event in events {
        match &event.fact {
            Fact::TaskFinished { task, .. } => *done.entry(*task).or_default() += 1,
            Fact::EntryAdmitted { entry } => {
                if !labels.insert(entry.label) || entry.task.is_some_and(|task| !tasks.insert(task)) {
                    wrong.push(format!("{} is admitted twice", entry.label));
                }
                if let Admission::Approved(decision) = entry.admission
                    && !approved.remove(&decision)
                {
                    wrong.push(format!("{} was admitted without its decision", entry.label));
                }
            }
            Fact::GateOpened { decision } if !opened.insert(decision.id) => {
                wrong.push(format!("{} is asked twice", decision.id));
            }
            Fact::GateDecided { decision, .. } => {
                approved.insert(*decision);
                if !opened.contains(decision) {
                    wrong.push(format!("{decision} was never asked"));
                }
            }
            _ => {}
        }
    }
    let without: Vec<DecisionId> = approved.into_iter().collect();
    if !without.is_empty() {
        wrong.push(format!("{without:?} are decided without effect"));
    }
    wrong.extend(done.iter().filter(|(_, times)| **times > 1).map(|(task, _)| format!("{task} was done twice")));
    wrong
}

/// What was spent is the sum of the calls that came back, each once.
fn counts(events: &[Event]) -> Vec<String> {
    let run = fold(events);
    let (mut finished, mut tokens, mut started, mut wrong) = (HashSet::new(), 0, 0, vec![]);
    for event in events {
        match &event.fact {
            Fact::CallStarted { .. } => started += 1,
            Fact::CallFinished { call } => {
                tokens += call.usage.tokens();
                if !finished.insert(call.id) {
                    wrong.push(format!("{} came back twice", call.id));
                }
            }
            _ => {}
        }
    }
    let counted = (run.usage.tokens(), run.calls, run.calls + run.calls_lost + run.in_flight.len() as u64);
    if counted != (tokens, finished.len() as u64, started) {
        wrong.push(format!("{counted:?} is counted, ({tokens}, {}, {started}) happened", finished.len()));
    }
    wrong
}
