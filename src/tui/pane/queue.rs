//! The queue: one line a task. What was claimed stands first, by number; below it what waits, as it will be claimed.
//!
//! Until the person moves in it, the window keeps the oldest unfinished tasks in sight.

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::plain_start,
    run::{Author, Run, Seq, Stage, Task, TaskId, TaskState},
    tui::{
        action::Action,
        modal::Modal,
        theme::Role,
        ui::Screen,
        widget::{
            frame::{self, Lit, Titles},
            list::{Anchor, List},
            row::{Row, START},
        },
        words,
    },
};

use super::{beyond, place, travel};

/// Finished tasks that stay in sight above the first unfinished one.
const HISTORY: usize = 3;

#[derive(Debug)]
pub struct QueuePane {
    list: List,
    rows: Rows,
    /// When they stood so.
    at: Seq,
    /// The selected task; it is again once it exists, after a look at a time before it did.
    chosen: Option<TaskId>,
}

impl Default for QueuePane {
    fn default() -> Self {
        QueuePane { list: List::new(Anchor::Top(0)), rows: Rows::default(), at: Seq(0), chosen: None }
    }
}

impl QueuePane {
    pub fn settle(&mut self, run: &Run, area: Rect) {
        if self.at != run.head {
            (self.at, self.rows) = (run.head, Rows::of(run));
            if let Some(at) = self.chosen.and_then(|id| self.rows.place(id)) {
                self.list.moved_to(at);
            }
        }
        if self.list.selected().is_none() && self.list.anchor != Anchor::End {
            let unfinished = run.first_held().and_then(|id| self.rows.place(id)).unwrap_or(self.rows.claimed());
            self.list.anchor = Anchor::Top(unfinished.saturating_sub(HISTORY));
        }
        self.list.settle(self.rows.len(), usize::from(area.height), |_| 1);
    }

    fn shown(&self, area: Rect) -> Range<usize> {
        self.list.window(self.rows.len(), usize::from(area.height), |_| 1)
    }

    #[must_use]
    pub fn selected(&self) -> Option<TaskId> {
        self.rows.at(self.list.selected()?)
    }

    /// The selected task.
    #[must_use]
    pub fn copied(&self, run: &Run) -> Option<String> {
        let task = run.task(self.selected()?)?;
        Some(format!("{} {}\n", task.id, task.text))
    }

    pub fn on_action(&mut self, action: Action, area: Rect) -> Option<Modal> {
        let (len, shown) = (self.rows.len(), self.shown(area));
        let mut opened = None;
        if !travel(&mut self.list, action, len, shown.clone()) {
            match action {
                Action::Last => self.list.follow(),
                Action::Open => match self.selected() {
                    Some(task) => opened = Some(Modal::task(task)),
                    None => self.list.step(1, len, shown),
                },
                _ => {}
            }
        }
        self.chosen = self.selected();
        opened
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen, lit: Lit) {
        let run = screen.run();
        let shown = self.shown(super::inside(area));
        let titles = Titles {
            name: "1 Queue".to_owned(),
            more: format!("{}/{} done", run.counts.done, run.counts.total()),
            place: place(&shown, run.tasks.len()),
            beyond: beyond(self.list.unseen(run.tasks.len())),
            ..Titles::default()
        };
        let inside = frame::draw(buffer, area, titles, lit, screen.theme);
        if run.tasks.is_empty() {
            let why = match run.stage() {
                Stage::Reading | Stage::Preparing => "no tasks yet: the documents come first",
                Stage::Working => "no tasks yet: the question is being divided",
                Stage::Finalizing | Stage::Ended => "there were no tasks",
            };
            super::quietly(buffer, inside, why, screen);
        }
        for (at, y) in shown.zip(inside.y..inside.bottom()) {
            let selected = self.list.selected() == Some(at);
            if let Some(task) = self.rows.at(at).and_then(|id| run.task(id)) {
                draw_task(buffer, Rect { y, height: 1, ..inside }, task, screen, selected.then_some(lit));
            }
        }
    }
}

/// The tasks as they stand below each other: those that were claimed by number, then those that wait as they will be
/// claimed. Costs what waits, however many were claimed.
#[derive(Debug, Default)]
struct Rows {
    tasks: usize,
    waiting: Vec<TaskId>,
    /// The same by number, each with how many claimed ones come before it.
    gaps: Vec<(TaskId, usize)>,
}

impl Rows {
    fn of(run: &Run) -> Self {
        let waiting = run.waiting();
        let mut gaps: Vec<(TaskId, usize)> = waiting.iter().map(|id| (*id, 0)).collect();
        gaps.sort_unstable();
        for (waiting_before, (id, claimed_before)) in gaps.iter_mut().enumerate() {
            *claimed_before = (id.0 as usize).saturating_sub(1 + waiting_before);
        }
        Rows { tasks: run.tasks.len(), waiting, gaps }
    }

    fn len(&self) -> usize {
        self.tasks
    }

    fn claimed(&self) -> usize {
        self.tasks - self.waiting.len()
    }

    fn at(&self, row: usize) -> Option<TaskId> {
        if let Some(waiting) = row.checked_sub(self.claimed()) {
            return self.waiting.get(waiting).copied();
        }
        let waiting_before = self.gaps.partition_point(|(_, claimed_before)| *claimed_before <= row);
        u32::try_from(row + waiting_before + 1).ok().map(TaskId)
    }

    fn place(&self, id: TaskId) -> Option<usize> {
        match self.gaps.binary_search_by_key(&id, |(waiting, _)| *waiting) {
            Ok(_) => self.waiting.iter().position(|one| *one == id).map(|at| self.claimed() + at),
            Err(waiting_before) => (id.0 as usize).checked_sub(1 + waiting_before).filter(|row| *row < self.claimed()),
        }
    }
}

fn draw_task(buffer: &mut Buffer, area: Rect, task: &Task, screen: &Screen, selected: Option<Lit>) {
    let (run, style) = (screen.run(), |role| screen.theme.style(role));
    let (glyph, role) = words::task_glyph(&task.state);
    let waits: Vec<TaskId> = task
        .deps
        .iter()
        .copied()
        .filter(|dep| {
            task.state == TaskState::Blocked && !run.task(*dep).is_some_and(|dep| dep.state == TaskState::Done)
        })
        .collect();
    let mut right = String::new();
    if !waits.is_empty() {
        // The text is what tells the tasks apart.
        right = format!(" ⟵{}", words::ids_within(&waits, usize::from(area.width / 3)));
    } else if let Some(agent) = task.agent {
        right = format!(" {agent}");
    } else if task.by == Author::Human {
        right = " you".to_owned();
    }
    let mut row = Row::new(usize::from(area.width));
    row.push(if selected.is_some() { "▸" } else { " " }, style(Role::Focus));
    row.push(format!("{glyph} "), style(role));
    let digits = run.tasks.len().to_string().len();
    let quiet = if task.is_over() { Role::Dim } else { Role::Text };
    row.push(format!("{:<width$} ", task.id, width = digits + 1), style(Role::Accent));
    let room = row.left().saturating_sub(right.chars().count() + 1);
    let mut text = Row::new(room);
    text.push(plain_start(&task.text, START), style(quiet));
    text.pad_to(0);
    row.append(text);
    row.push(right, style(Role::Dim));
    row.push(" ", style(Role::Dim));
    row.draw(buffer, area.x, area.y);
    if selected == Some(Lit::Focused) {
        buffer.set_style(area, style(Role::Selected));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{AgentId, Event, Fact, NewTask};

    #[test]
    fn a_row_is_found_by_its_task_and_its_task_by_the_row() {
        let mut run = Run::default();
        let apply = |run: &mut Run, fact| run.apply(&Event { seq: run.head.next(), at: 0, fact });
        let new = |id| NewTask { id: TaskId(id), text: format!("task {id}"), deps: vec![], focus: vec![] };
        apply(&mut run, Fact::TasksAdded { tasks: (1..=9).map(new).collect(), by: Author::Human });
        for (task, agent) in [(2, 1), (6, 2), (5, 3)] {
            apply(&mut run, Fact::TaskClaimed { task: TaskId(task), agent: AgentId(agent) });
        }
        apply(&mut run, Fact::TaskFinished { task: TaskId(2), agent: AgentId(1), entry: None });
        apply(&mut run, Fact::TaskMoved { task: TaskId(8), before: Some(TaskId(1)) });
        let (rows, order) = (Rows::of(&run), [2, 5, 6, 8, 1, 3, 4, 7, 9].map(TaskId));
        assert_eq!((rows.len(), rows.claimed(), run.first_held()), (9, 3, Some(TaskId(5))));
        assert_eq!((0..9).filter_map(|row| rows.at(row)).collect::<Vec<_>>(), order);
        assert_eq!(order.map(|id| rows.place(id)), [0, 1, 2, 3, 4, 5, 6, 7, 8].map(Some));
        assert_eq!((rows.at(9), rows.place(TaskId(10)), rows.place(TaskId(0))), (None, None, None));
    }
}
