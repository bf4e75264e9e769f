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
    /// The tasks as they stand below each other.
    order: Vec<TaskId>,
    /// When that was so.
    at: Seq,
    /// The selected task; it is again once it exists, after a look at a time before it did.
    chosen: Option<TaskId>,
}

impl Default for QueuePane {
    fn default() -> Self {
        QueuePane { list: List::new(Anchor::Top(0)), order: vec![], at: Seq(0), chosen: None }
    }
}

impl QueuePane {
    pub fn settle(&mut self, run: &Run, area: Rect) {
        if self.at != run.head {
            (self.at, self.order) = (run.head, order(run));
            let stands = |id: TaskId| self.order.iter().position(|one| *one == id);
            if let Some(at) = self.chosen.and_then(stands) {
                self.list.moved_to(at);
            }
        }
        if self.list.selected().is_none() && self.list.anchor != Anchor::End {
            let over = |id: &&TaskId| run.task(**id).is_some_and(Task::is_over);
            let over = self.order.iter().take_while(over).count();
            self.list.anchor = Anchor::Top(over.saturating_sub(HISTORY));
        }
        self.list.settle(self.order.len(), usize::from(area.height), |_| 1);
    }

    fn shown(&self, area: Rect) -> Range<usize> {
        self.list.window(self.order.len(), usize::from(area.height), |_| 1)
    }

    #[must_use]
    pub fn selected(&self) -> Option<TaskId> {
        self.order.get(self.list.selected()?).copied()
    }

    /// The selected task.
    #[must_use]
    pub fn copied(&self, run: &Run) -> Option<String> {
        let task = run.task(self.selected()?)?;
        Some(format!("{} {}\n", task.id, task.text))
    }

    pub fn on_action(&mut self, action: Action, area: Rect) -> Option<Modal> {
        let (len, shown) = (self.order.len(), self.shown(area));
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
            if let Some(task) = self.order.get(at).and_then(|id| run.task(*id)) {
                draw_task(buffer, Rect { y, height: 1, ..inside }, task, screen, selected.then_some(lit));
            }
        }
    }
}

fn order(run: &Run) -> Vec<TaskId> {
    let waits = |task: &&Task| matches!(task.state, TaskState::Ready | TaskState::Blocked);
    let claimed = run.tasks.iter().filter(|task| !waits(task));
    claimed.chain(run.waiting()).map(|task| task.id).collect()
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
        right = format!(" ⟵{}", words::ids(&waits));
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
