//! Where time went: for each agent what it did when, from the times of the log alone, and how well the team's calls
//! could have been put beside each other. It decides nothing; a clock that was set back counts as no time.

mod jobs;
mod lane;
mod schedule;

use std::{borrow::Borrow, collections::HashMap};

use super::{
    agent::{Agent, AgentState},
    call::Call,
    event::{Event, Fact},
    id::{AgentId, TaskId},
    label::Label,
    state::{Pace, Run},
    trace::Try,
};

pub use jobs::jobs;
pub use lane::{Lane, Slice};
pub use schedule::{Job, schedule};

/// What an agent does, or waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doing {
    /// A call is in flight.
    Thinks,
    /// It has work in hand and no call in flight: it reads, writes, or thinks without a model.
    Works,
    /// A try of its call failed or the provider wants fewer; the next goes out later. Known from what is stored of a
    /// call; where that is not at hand, it is part of the call.
    WaitsForModel,
    WaitsForYou,
    /// Tasks exist or are being planned, and all of them wait for others.
    WaitsForTasks,
    /// A pause holds it.
    Held,
    Nothing,
    /// No process has the run in hand, or the agent is not there yet or any more.
    Away,
}

impl Doing {
    pub const ALL: [Doing; 8] = [
        Doing::Thinks,
        Doing::Works,
        Doing::WaitsForModel,
        Doing::WaitsForYou,
        Doing::WaitsForTasks,
        Doing::Held,
        Doing::Nothing,
        Doing::Away,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Doing::Thinks => "thinks",
            Doing::Works => "works without a call",
            Doing::WaitsForModel => "waits to try again",
            Doing::WaitsForYou => "waits for you",
            Doing::WaitsForTasks => "waits for a task",
            Doing::Held => "held",
            Doing::Nothing => "nothing to do",
            Doing::Away => "away",
        }
    }

    /// How a stretch of it is drawn.
    #[must_use]
    pub fn glyph(self) -> char {
        match self {
            Doing::Thinks => '█',
            Doing::Works => '▒',
            Doing::WaitsForModel => '░',
            Doing::WaitsForYou => '▓',
            Doing::WaitsForTasks => '·',
            Doing::Held => '=',
            Doing::Nothing => '_',
            Doing::Away => ' ',
        }
    }
}

/// All lanes over the same time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bubbles {
    /// Milliseconds since the Unix epoch.
    pub from: i64,
    pub to: i64,
    /// By agent, from `a1`.
    pub lanes: Vec<Lane>,
}

impl Bubbles {
    /// Folds the log once. `tries` gives what is known of a call's failed tries.
    #[must_use]
    pub fn of(events: impl IntoIterator<Item: Borrow<Event>>, tries: &dyn Fn(&Call) -> Vec<Try>) -> Self {
        let mut watch = Watching::default();
        events.into_iter().for_each(|event| watch.event(event.borrow(), tries));
        let mut lanes: Vec<Lane> = watch.lanes.into_iter().map(|lane| lane.settled(&watch.redone)).collect();
        for (agent, from, to) in watch.waits {
            if let Some(lane) = lanes.iter_mut().find(|lane| lane.agent == agent) {
                lane.carve(from, to);
            }
        }
        let from = watch.run.started_at;
        Bubbles { from, to: watch.now.max(from), lanes }
    }

    /// Milliseconds of all agents together.
    #[must_use]
    pub fn total(&self, doing: Doing) -> i64 {
        self.lanes.iter().map(|lane| lane.total(doing)).sum()
    }

    /// Milliseconds in which a process had the run in hand: the actual makespan.
    #[must_use]
    pub fn makespan(&self) -> i64 {
        let away = self.lanes.iter().map(|lane| lane.total(Doing::Away)).min().unwrap_or(0);
        self.to - self.from - away
    }
}

#[derive(Default)]
struct Watching {
    run: Run,
    now: i64,
    lanes: Vec<lane::Draft>,
    units: HashMap<AgentId, Label>,
    /// The try that each agent works on: a number of its own for each.
    trying: HashMap<AgentId, usize>,
    /// The last try of each task.
    last: HashMap<TaskId, usize>,
    /// Whether each try was in vain.
    redone: Vec<bool>,
    sent: HashMap<super::CallId, i64>,
    waits: Vec<(AgentId, i64, i64)>,
}

impl Watching {
    fn event(&mut self, event: &Event, tries: &dyn Fn(&Call) -> Vec<Try>) {
        let at = if self.run.head.0 == 0 { event.at } else { event.at.max(self.now) };
        // What a fork has of its parent ended before it was made.
        self.pass(at, matches!(event.fact, Fact::SessionStarted { .. } | Fact::Forked { .. }));
        self.now = at;
        match &event.fact {
            Fact::UnitClaimed { unit, agent } => drop(self.units.insert(*agent, *unit)),
            Fact::EntryAdmitted { entry } if entry.label.is_unit() => {
                self.units.retain(|_, unit| *unit != entry.label);
            }
            Fact::SessionStarted { .. } | Fact::Forked { .. } => {
                self.units.clear();
                // What a process that died had begun is begun again.
                let cut: Vec<usize> = self.trying.drain().map(|(_, number)| number).collect();
                cut.into_iter().for_each(|number| self.redone[number] = true);
            }
            Fact::AttemptStarted { task, agent, .. } => {
                self.trying.insert(*agent, self.redone.len());
                self.last.insert(*task, self.redone.len());
                self.redone.push(false);
            }
            Fact::WriteRejected { agent, .. }
            | Fact::WriteVetoed { agent, .. }
            | Fact::TaskRequeued { agent, .. }
            | Fact::AgentFailed { agent, .. } => {
                if let Some(number) = self.trying.remove(agent) {
                    self.redone[number] = true;
                }
            }
            Fact::TaskFinished { agent, .. } => drop(self.trying.remove(agent)),
            Fact::TaskReopened { task, .. } => {
                if let Some(number) = self.last.get(task) {
                    self.redone[*number] = true;
                }
            }
            Fact::CallStarted { call } => drop(self.sent.insert(call.id, at)),
            Fact::CallFinished { call } => {
                if let Some(sent) = self.sent.remove(&call.id) {
                    for Try { at_ms, wait_ms, .. } in tries(call) {
                        let from = sent + at_ms as i64;
                        self.waits.push((call.agent, from, (from + wait_ms as i64).min(at)));
                    }
                }
            }
            _ => {}
        }
        self.run.apply(event);
        for agent in self.lanes.len()..self.run.agents.len() {
            self.lanes.push(lane::Draft::new(self.run.agents[agent].id, self.run.started_at, self.now));
        }
    }

    /// Time goes by, in which nothing changed.
    fn pass(&mut self, until: i64, was_gone: bool) {
        if until <= self.now {
            return;
        }
        let thinking: Vec<AgentId> = self.run.in_flight.values().map(|call| call.agent).collect();
        for (agent, lane) in self.run.agents.iter().zip(&mut self.lanes) {
            let doing = match was_gone || !self.run.in_session {
                true => Doing::Away,
                false => doing(&self.run, agent, &thinking, self.units.contains_key(&agent.id)),
            };
            let number = match doing {
                Doing::Thinks | Doing::Works => self.trying.get(&agent.id).copied(),
                _ => None,
            };
            lane.push(self.now, until, doing, number);
        }
    }
}

fn doing(run: &Run, agent: &Agent, thinking: &[AgentId], prepares: bool) -> Doing {
    let has_work = prepares || !agent.state.is_idle();
    let may_come = || run.plan.holder.is_some() || run.counts.blocked > 0 && run.counts.ready == 0;
    match &agent.state {
        state if state.is_gone() => Doing::Away,
        _ if thinking.contains(&agent.id) => Doing::Thinks,
        AgentState::Asking(_) => Doing::WaitsForYou,
        _ if has_work && (agent.held || run.pace != Pace::Running) => Doing::Held,
        _ if has_work => Doing::Works,
        _ if may_come() => Doing::WaitsForTasks,
        _ => Doing::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Ask, CallKind, Choice, Decision, DecisionId, Parting, TaskId, report::fixture::Log};

    fn told(bubbles: &Bubbles, place: usize) -> Vec<(Doing, i64, bool)> {
        bubbles.lanes[place].slices.iter().map(|slice| (slice.doing, slice.to - slice.from, slice.redone)).collect()
    }

    /// From a moment on, as what was done how long.
    fn since(log: &Log, from: i64, agent: usize) -> Vec<(Doing, i64)> {
        let bubbles = Bubbles::of(log.timeline.events(), &|_| vec![]);
        let slices = bubbles.lanes[agent].slices.iter().filter(|slice| slice.to > from);
        slices.map(|slice| (slice.doing, slice.to - slice.from.max(from))).collect()
    }

    #[test]
    fn every_millisecond_of_every_agent_is_told_once() {
        let log = Log::answered();
        let bubbles = Bubbles::of(log.timeline.events(), &|_| vec![]);
        for lane in &bubbles.lanes {
            assert_eq!(lane.slices.first().map(|slice| slice.from), Some(bubbles.from));
            assert_eq!(lane.slices.last().map(|slice| slice.to), Some(bubbles.to));
            assert!(lane.slices.windows(2).all(|pair| pair[0].to == pair[1].from), "{lane:?}");
        }
        // All calls of the run: a unit, a plan, two tries, the second task, the answer.
        assert_eq!(bubbles.total(Doing::Thinks), 500 + 200 + 700 + 900 + 400 + 300);
        let first = told(&bubbles, 0);
        let redone: i64 = first.iter().filter(|(_, _, redone)| *redone).map(|(_, ms, _)| ms).sum();
        // The first try: a second until its call is sent, the call, a second until it is turned down.
        assert_eq!(redone, 1_000 + 700 + 1_000);
    }

    #[test]
    fn waiting_for_you_for_a_task_and_being_held_are_told_apart() {
        let mut log = Log::prepared(2);
        log.plan(1, &[("one", &[]), ("two", &[1])]);
        log.claim(1, 1);
        let start = log.timeline.head().last_at;
        let id = DecisionId(1);
        let (agent, task) = (AgentId(1), Some(TaskId(1)));
        let decision = Decision { id, agent, task, ask: Ask::Unfold { labels: vec![] }, deadline: None };
        log.add(Fact::GateOpened { decision: Box::new(decision) });
        log.pass(4_000);
        log.add(Fact::GateDecided { decision: id, choice: Choice::Approve, rule: None });
        log.add(Fact::PauseAsked);
        log.add(Fact::RunPaused);
        log.add(Fact::RunResumed);
        let working = [(Doing::Works, 1_000), (Doing::WaitsForYou, 5_000), (Doing::Works, 1_000), (Doing::Held, 2_000)];
        assert_eq!(since(&log, start, 0), working);
        assert_eq!(since(&log, start, 1), [(Doing::WaitsForTasks, 9_000)], "the second waits for the first");
    }

    #[test]
    fn nobody_is_there_between_two_sessions_and_a_lost_try_is_done_again() {
        let mut log = Log::prepared(1);
        log.plan(1, &[("one", &[])]);
        log.claim(1, 1);
        log.sends(1, Some(1), CallKind::Reason);
        let start = log.timeline.head().last_at;
        log.add(Fact::SessionEnded { parting: Parting::Interrupted });
        log.pass(60_000);
        log.add(Fact::SessionStarted { pid: 2 });
        let bubbles = Bubbles::of(log.timeline.events(), &|_| vec![]);
        assert_eq!(since(&log, start, 0), [(Doing::Thinks, 1_000), (Doing::Away, 61_000)]);
        // A second goes by before the first session starts.
        assert_eq!(bubbles.makespan(), bubbles.to - bubbles.from - 1_000 - 61_000);
        assert!(bubbles.lanes[0].redone() >= 1_000, "what the process had begun");
    }

    #[test]
    fn the_time_between_a_fork_and_its_parent_is_nobodys() {
        let mut log = Log::prepared(1);
        log.plan(1, &[("one", &[])]);
        log.claim(1, 1);
        log.sends(1, Some(1), CallKind::Reason);
        let start = log.timeline.head().last_at;
        log.pass(60_000);
        log.add(Fact::Forked { from: crate::run::RunId("old".into()), upto: log.head() });
        assert_eq!(since(&log, start, 0), [(Doing::Away, 61_000)]);
    }

    #[test]
    fn waits_between_tries_are_cut_out_of_a_call() {
        let mut log = Log::prepared(1);
        log.plan(1, &[("one", &[])]);
        log.claim(1, 1);
        let start = log.timeline.head().last_at;
        log.call(1, Some(1), CallKind::Reason, 5_000);
        let tries = |call: &Call| match call.kind {
            CallKind::Reason => vec![Try { at_ms: 1_000, why: "busy".into(), wait_ms: 3_000 }],
            _ => vec![],
        };
        let bubbles = Bubbles::of(log.timeline.events(), &tries);
        let slices = bubbles.lanes[0].slices.iter().filter(|slice| slice.to > start);
        let told: Vec<_> = slices.map(|slice| (slice.doing, slice.to - slice.from)).collect();
        let expected =
            [(Doing::Works, 1_000), (Doing::Thinks, 1_000), (Doing::WaitsForModel, 3_000), (Doing::Thinks, 1_000)];
        assert_eq!(told[told.len() - 4..], expected);
    }
}
