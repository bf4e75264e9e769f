//! What facts do to the queue of tasks: its order, its dependencies, and the counts of what stands where.

use crate::run::{
    agent::AgentState,
    id::{Seq, TaskId},
    label::Author,
    state::Run,
    task::{NewTask, Task, TaskState, subject_hash},
    write::Feedback,
};

/// The rank of the task that stands at this place when nobody has moved any.
fn rank(place: TaskId) -> u64 {
    u64::from(place.0)
}

impl Run {
    pub(super) fn edit_task(&mut self, id: TaskId, text: &str) {
        let Some(task) = self.task_mut(id) else { return };
        let old = std::mem::replace(&mut task.text, text.to_owned());
        if self.subjects.get(&subject_hash(&old)) == Some(&id) {
            self.subjects.remove(&subject_hash(&old));
        }
        self.subjects.entry(subject_hash(text)).or_insert(id);
    }

    pub(super) fn move_task(&mut self, id: TaskId, before: Option<TaskId>) {
        let mut order: Vec<(u64, TaskId)> = self.tasks.iter().map(|task| (task.rank, task.id)).collect();
        order.sort_unstable();
        order.retain(|(_, task)| *task != id);
        let at = order.iter().position(|(_, task)| Some(*task) == before).unwrap_or(order.len());
        order.insert(at, (0, id));
        for ((_, task), place) in order.into_iter().zip(1..) {
            let rank = rank(TaskId(place));
            let Some(task) = self.task_mut(task) else { continue };
            let (old, id) = (std::mem::replace(&mut task.rank, rank), task.id);
            for queue in [&mut self.ready, &mut self.blocked] {
                if queue.remove(&(old, id)).is_some() {
                    queue.insert((rank, id));
                }
            }
        }
    }

    /// Back in the queue with all its tries; what it brought stays where it is.
    pub(super) fn reopen_task(&mut self, id: TaskId, reason: &str) {
        let result = self.task(id).and_then(|task| task.entry).and_then(|label| self.context.get(label));
        let rejected = result.map_or_else(String::new, |entry| entry.gist.clone());
        let Some(task) = self.task_mut(id) else { return };
        task.requeues = 0;
        task.attempt = 0;
        task.feedback.push(Feedback { rejected, ..Feedback::by_human(reason) });
        self.bring_back(id);
        self.plan.done = false;
        // Who has not claimed yet waits for the new result; who has goes on, and waits for it once it gives up.
        let waits = |task: &&Task| !task.is_over() && task.deps.contains(&id);
        let waiting: Vec<(TaskId, Vec<TaskId>)> =
            self.tasks.iter().filter(waits).map(|task| (task.id, task.deps.clone())).collect();
        waiting.into_iter().for_each(|(task, deps)| self.revise(task, &deps));
    }

    pub(super) fn replace_tasks(&mut self, old: &[TaskId], new: &[NewTask]) {
        // One that is there already comes back: a replacement was taken back.
        let (back, fresh): (Vec<&NewTask>, Vec<&NewTask>) = new.iter().partition(|new| self.task(new.id).is_some());
        fresh.into_iter().for_each(|task| self.add_task(task, Author::Human));
        back.into_iter().for_each(|task| self.bring_back(task.id));
        let ids = new.iter().map(|task| task.id);
        let waits = |task: &&Task| task.waits_for_any(old);
        let waiting: Vec<(TaskId, Vec<TaskId>)> = self
            .tasks
            .iter()
            .filter(waits)
            .map(|task| {
                let kept = task.deps.iter().copied().filter(|dep| !old.contains(dep));
                (task.id, kept.chain(ids.clone()).collect())
            })
            .collect();
        waiting.into_iter().for_each(|(task, deps)| self.revise(task, &deps));
        let names: Vec<String> = ids.map(|id| id.to_string()).collect();
        let reason = format!("replaced by {}", names.join(", "));
        old.iter().for_each(|task| self.end_task(*task, TaskState::Dropped(reason.clone())));
    }

    pub(super) fn add_task(&mut self, new: &NewTask, by: Author) {
        let waits_for = new.deps.iter().filter(|dep| !self.is_done(**dep)).count();
        let state = if waits_for == 0 { TaskState::Ready } else { TaskState::Blocked };
        for dep in &new.deps {
            self.dependants.entry(*dep).or_default().push(new.id);
        }
        self.subjects.entry(subject_hash(&new.text)).or_insert(new.id);
        *self.counts.slot(&state) += 1;
        let queue = if waits_for == 0 { &mut self.ready } else { &mut self.blocked };
        queue.insert((rank(new.id), new.id));
        self.tasks.push(Task {
            id: new.id,
            text: new.text.clone(),
            deps: new.deps.clone(),
            focus: new.focus.clone(),
            by,
            state,
            agent: None,
            attempt: 0,
            requeues: 0,
            feedback: vec![],
            refused: vec![],
            spent: vec![],
            entry: None,
            repeats: None,
            waits_for,
            rank: rank(new.id),
            reserved: None,
            unfolded: vec![],
            snapshot: Seq(0),
        });
        self.plan.done = false;
    }

    pub(super) fn revise(&mut self, id: TaskId, deps: &[TaskId]) {
        let waits_for = deps.iter().filter(|dep| !self.is_done(**dep)).count();
        let before = self.task(id).map(|task| task.deps.clone()).unwrap_or_default();
        for dep in before {
            if let Some(dependants) = self.dependants.get_mut(&dep) {
                dependants.retain(|dependant| *dependant != id);
            }
        }
        for dep in deps {
            self.dependants.entry(*dep).or_default().push(id);
        }
        let Some(task) = self.task_mut(id) else { return };
        task.deps = deps.to_vec();
        task.waits_for = waits_for;
        match (&task.state, waits_for) {
            (TaskState::Blocked, 0) => self.set_task(id, TaskState::Ready),
            (TaskState::Ready, 1..) => self.set_task(id, TaskState::Blocked),
            _ => {}
        }
    }

    /// Puts a task back; its agent, if it has one, holds nothing more.
    pub(super) fn free(&mut self, id: TaskId) {
        self.let_go(id);
        let blocked = self.task(id).is_some_and(|task| task.waits_for > 0);
        self.set_task(id, if blocked { TaskState::Blocked } else { TaskState::Ready });
    }

    /// A task that was over is in the queue again, behind what it depends on. Those to whom it was refused may be all who
    /// are left, so anybody may take it.
    pub(super) fn bring_back(&mut self, id: TaskId) {
        let Some(task) = self.task_mut(id) else { return };
        task.refused.clear();
        // What it depends on may be done again too.
        let deps = task.deps.clone();
        self.revise(id, &deps);
        self.free(id);
    }

    pub(super) fn end_task(&mut self, id: TaskId, state: TaskState) {
        self.let_go(id);
        self.set_task(id, state);
    }

    pub(super) fn let_go(&mut self, id: TaskId) {
        let holder = self.task(id).and_then(|task| match task.state {
            TaskState::Running(agent) | TaskState::Checking(agent, _) => Some(agent),
            _ => None,
        });
        if let Some(agent) = holder {
            self.set_agent(agent, AgentState::Idle);
        }
    }

    pub(super) fn release_dependants(&mut self, id: TaskId) {
        for dependant in self.dependants.remove(&id).unwrap_or_default() {
            let Some(task) = self.task_mut(dependant) else { continue };
            task.waits_for = task.waits_for.saturating_sub(1);
            if task.waits_for == 0 && task.state == TaskState::Blocked {
                self.set_task(dependant, TaskState::Ready);
            }
        }
    }

    pub(super) fn set_task(&mut self, id: TaskId, state: TaskState) {
        let Some(task) = self.tasks.get_mut((id.0 as usize).wrapping_sub(1)) else { return };
        *self.counts.slot(&task.state) -= 1;
        *self.counts.slot(&state) += 1;
        match state {
            TaskState::Ready => drop(self.ready.insert((task.rank, id))),
            _ => drop(self.ready.remove(&(task.rank, id))),
        }
        match state {
            TaskState::Blocked => drop(self.blocked.insert((task.rank, id))),
            _ => drop(self.blocked.remove(&(task.rank, id))),
        }
        match state {
            TaskState::Running(_) | TaskState::Checking(..) => drop(self.held.insert(id)),
            _ => drop(self.held.remove(&id)),
        }
        task.state = state;
    }

    pub(super) fn is_done(&self, id: TaskId) -> bool {
        self.task(id).is_some_and(|task| task.state == TaskState::Done)
    }

    pub(super) fn task_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.tasks.get_mut((id.0 as usize).checked_sub(1)?)
    }
}
