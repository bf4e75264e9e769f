//! The calls of a run as jobs with dependencies: what one agent did in one go, and what had to be there before.

use std::{borrow::Borrow, collections::HashMap};

use crate::run::{
    call::Call,
    event::{Event, Fact},
    id::{AgentId, CallId, TaskId},
    trace::Try,
};

use super::Job;

/// A job for the cutting of documents, each unit, each round of planning, each claim of a task, and each answer; its
/// length is that of its calls that came back, waits between their tries left out. A plan waits for all that stood
/// before it, a task for its plan, its dependencies and its earlier claims, the answer for everything. In the order in
/// which they began.
#[must_use]
pub fn jobs(events: impl IntoIterator<Item: Borrow<Event>>, tries: &dyn Fn(&Call) -> Vec<Try>) -> Vec<Job> {
    let mut told = Telling::default();
    events.into_iter().for_each(|event| told.event(event.borrow(), tries));
    told.jobs
}

#[derive(Default)]
struct Telling {
    jobs: Vec<Job>,
    /// The cutting of documents, when a model was asked about it.
    cut: Option<usize>,
    /// The job that each agent works on beside tasks, and for each task the last one.
    sides: HashMap<AgentId, usize>,
    tasks: HashMap<TaskId, usize>,
    deps: HashMap<TaskId, Vec<TaskId>>,
    /// The round of planning that a task came from.
    plans: HashMap<TaskId, usize>,
    /// Jobs since the last plan or answer: that, and what followed.
    since: Vec<usize>,
    sent: HashMap<CallId, i64>,
}

impl Telling {
    fn begin(&mut self, after: Vec<usize>) -> usize {
        self.jobs.push(Job { ms: 0, after });
        self.since.push(self.jobs.len() - 1);
        self.jobs.len() - 1
    }

    /// Waits for everything, and everything that follows waits for it.
    fn barrier(&mut self, agent: AgentId) {
        let after = std::mem::take(&mut self.since);
        let place = self.begin(after);
        self.sides.insert(agent, place);
    }

    fn event(&mut self, event: &Event, tries: &dyn Fn(&Call) -> Vec<Try>) {
        match &event.fact {
            Fact::UnitClaimed { agent, .. } => {
                let place = self.begin(self.cut.into_iter().collect());
                self.sides.insert(*agent, place);
            }
            Fact::PlanClaimed { agent, .. } | Fact::FinalClaimed { agent, .. } => self.barrier(*agent),
            Fact::TasksAdded { tasks, by } => {
                let plan = match by {
                    crate::run::Author::Agent(agent) => self.sides.get(agent).copied(),
                    _ => None,
                };
                for task in tasks {
                    self.deps.insert(task.id, task.deps.clone());
                    self.plans.extend(plan.map(|plan| (task.id, plan)));
                }
            }
            Fact::TasksReplaced { new, .. } => {
                self.deps.extend(new.iter().map(|task| (task.id, task.deps.clone())));
            }
            Fact::DependenciesRevised { task, deps, .. } => drop(self.deps.insert(*task, deps.clone())),
            Fact::TaskClaimed { task, .. } => {
                let deps = self.deps.get(task).into_iter().flatten().chain([task]);
                let mut after: Vec<usize> = deps.filter_map(|task| self.tasks.get(task).copied()).collect();
                after.extend(self.plans.get(task));
                let place = self.begin(after);
                self.tasks.insert(*task, place);
            }
            Fact::CallStarted { call } => drop(self.sent.insert(call.id, event.at)),
            Fact::CallFinished { call } => self.count(call, event.at, tries),
            _ => {}
        }
    }

    fn count(&mut self, call: &Call, at: i64, tries: &dyn Fn(&Call) -> Vec<Try>) {
        let Some(sent) = self.sent.remove(&call.id) else { return };
        let waited: u64 = tries(call).iter().map(|one| one.wait_ms).sum();
        // It may have been sent before a fork and have come back after it.
        let lasted = ((at - sent).max(0) as u64).min(call.elapsed_ms);
        let ms = lasted.saturating_sub(waited);
        let known = match call.task {
            Some(task) => self.tasks.get(&task),
            None => self.sides.get(&call.agent),
        };
        // Documents are cut before anybody claims a unit.
        let place = known.copied().unwrap_or_else(|| {
            let place = self.begin(vec![]);
            self.cut = Some(place);
            self.sides.insert(call.agent, place);
            place
        });
        self.jobs[place].ms += ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{
        CallKind,
        bubble::schedule,
        report::fixture::{Log, agent},
    };

    fn told(log: &Log) -> Vec<(u64, Vec<usize>)> {
        jobs(log.timeline.events(), &|_| vec![]).into_iter().map(|job| (job.ms, job.after)).collect()
    }

    #[test]
    fn each_claim_is_a_job_after_its_plan_and_its_dependencies() {
        // The unit, the plan, two tasks of which the second waits for the first, the answer. A fact takes a second, a
        // call as long as it is told to.
        let jobs = told(&Log::answered());
        let expected: [(u64, &[usize]); 5] =
            [(500, &[]), (200, &[0]), (1_600, &[1]), (400, &[2, 1]), (300, &[1, 2, 3])];
        assert_eq!(jobs, expected.map(|(ms, after)| (ms, after.to_vec())));
    }

    #[test]
    fn tasks_that_were_done_one_after_the_other_could_have_been_done_together() {
        let mut log = Log::prepared(2);
        log.plan(1, &[("one", &[]), ("two", &[])]);
        for task in [1, 2] {
            log.claim(task, 1);
            log.call(1, Some(task), CallKind::Reason, 3_000);
            log.result(task, agent(1, task), "x", vec![]);
        }
        let jobs = jobs(log.timeline.events(), &|_| vec![]);
        // 500 for the unit, 200 for the plan, then both tasks beside each other or not.
        assert_eq!(schedule(&jobs, 2), 500 + 200 + 3_000);
        assert_eq!(schedule(&jobs, 1), 500 + 200 + 6_000);
        let wait = |_: &Call| vec![Try { at_ms: 0, why: "busy".into(), wait_ms: 400 }];
        let shorter = super::jobs(log.timeline.events(), &wait);
        assert_eq!(schedule(&shorter, 2), 100 + 2_600, "waits are no work, and 200 of planning are less than one");
    }

    #[test]
    fn a_call_on_both_sides_of_a_fork_is_as_long_as_it_took() {
        let mut log = Log::prepared(1);
        log.plan(1, &[("one", &[])]);
        log.claim(1, 1);
        let call = log.sends(1, Some(1), CallKind::Reason);
        log.pass(60_000);
        log.add(Fact::Forked { from: crate::run::RunId("old".into()), upto: log.head() });
        log.answers(call, 3_000);
        assert_eq!(told(&log).last().map(|(ms, _)| *ms), Some(3_000));
    }
}
