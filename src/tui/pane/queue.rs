//! The queue: one line a task, in order of their numbers.
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
    /// All tasks before this place are over.
    over: usize,
    /// When that was so.
    at: Seq,
}

impl Default for QueuePane {
    fn default() -> Self {
        QueuePane { list: List::new(Anchor::Top(0)), over: 0, at: Seq(0) }
    }
}

impl QueuePane {
    pub fn settle(&mut self, run: &Run, area: Rect) {
        // What is over stays over, so this moves forward, unless an earlier moment is looked at.
        self.over = if run.head < self.at { 0 } else { self.over.min(run.tasks.len()) };
        self.at = run.head;
        while run.tasks.get(self.over).is_some_and(Task::is_over) {
            self.over += 1;
        }
        if self.list.selected().is_none() && self.list.anchor != Anchor::End {
            self.list.anchor = Anchor::Top(self.over.saturating_sub(HISTORY));
        }
        self.list.settle(run.tasks.len(), usize::from(area.height), |_| 1);
    }

    fn shown(&self, run: &Run, area: Rect) -> Range<usize> {
        self.list.window(run.tasks.len(), usize::from(area.height), |_| 1)
    }

    #[must_use]
    pub fn selected(&self, run: &Run) -> Option<TaskId> {
        run.tasks.get(self.list.selected()?).map(|task| task.id)
    }

    /// The selected task.
    #[must_use]
    pub fn copied(&self, run: &Run) -> Option<String> {
        let task = run.tasks.get(self.list.selected()?)?;
        Some(format!("{} {}\n", task.id, task.text))
    }

    pub fn on_action(&mut self, action: Action, run: &Run, area: Rect) -> Option<Modal> {
        let shown = self.shown(run, area);
        if travel(&mut self.list, action, run.tasks.len(), shown.clone()) {
            return None;
        }
        match action {
            Action::Last => self.list.follow(),
            Action::Open => match self.list.selected() {
                Some(at) => return Some(Modal::task(TaskId(at as u32 + 1))),
                None => self.list.step(1, run.tasks.len(), shown),
            },
            _ => {}
        }
        None
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen, lit: Lit) {
        let run = screen.run();
        let shown = self.shown(run, super::inside(area));
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
            draw_task(buffer, Rect { y, height: 1, ..inside }, &run.tasks[at], screen, selected.then_some(lit));
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
