//! One task: where it stands, what it waits for, and what was turned down so far.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::is_blank,
    run::{Run, Task, TaskId, Timeline},
    tui::{
        action::Action,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            page::Page,
        },
        words,
    },
};

use super::{
    Flow, Modal,
    reader::{Reader, inside},
};

pub struct TaskView {
    id: TaskId,
    reader: Reader,
}

impl TaskView {
    #[must_use]
    pub fn new(id: TaskId) -> Self {
        TaskView { id, reader: Reader::default() }
    }

    /// Why there is nothing to open.
    #[must_use]
    pub fn has_no_entry(&self, run: &Run) -> Option<&'static str> {
        let entry = run.task(self.id).and_then(|task| task.entry);
        entry.is_none().then_some("it brought nothing into the shared context yet")
    }

    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    #[must_use]
    pub fn shown(&self) -> &Page {
        self.reader.page()
    }

    pub fn on_action(&mut self, action: Action, _: &mut Ui, timeline: &Timeline, _: &mut Vec<Effect>) -> Flow {
        match action {
            Action::Back => return Flow::Back,
            Action::Open => {
                if let Some(entry) = timeline.run().task(self.id).and_then(|task| task.entry) {
                    return Flow::onto(Modal::entry(entry));
                }
            }
            action => self.reader.on_action(action),
        }
        Flow::Stay
    }

    pub fn settle(&mut self, timeline: &Timeline, area: Rect) {
        let run = timeline.run();
        if let Some(task) = run.task(self.id) {
            self.reader.refresh((run.head.0, 0), || page(task, run));
        }
        self.reader.settle(inside(area));
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let titles = Titles {
            name: format!("Task {}", self.id),
            place: self.reader.place(),
            beyond: self.reader.beyond(),
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        self.reader.draw(buffer, inside(area), screen.theme);
    }
}

/// A line `name   value` of a view.
pub fn field(page: &mut Page, name: &str, value: &str, role: Role) {
    page.paragraph(12).add(&format!("{name:<11} "), Role::Dim).add(value, role);
}

fn page(task: &Task, run: &Run) -> Page {
    let mut page = Page::default();
    page.line(&task.text, Role::Title).blank();
    let (glyph, role) = words::task_glyph(&task.state);
    field(&mut page, "state", &format!("{glyph} {}", words::task_state(&task.state)), role);
    field(&mut page, "asked by", &task.by.to_string(), Role::Text);
    if let Some(agent) = task.agent {
        let tries = words::count(task.attempt as usize, "try", "tries");
        let requeues = words::count(task.requeues as usize, "time", "times");
        field(&mut page, "claimed by", &format!("{agent}, {tries}, back in the queue {requeues}"), Role::Text);
    }
    for dep in &task.deps {
        let Some(dep) = run.task(*dep) else { continue };
        let (glyph, _) = words::task_glyph(&dep.state);
        field(&mut page, "waits for", &format!("{glyph} {} {}", dep.id, dep.text), Role::Text);
    }
    if !task.focus.is_empty() {
        field(&mut page, "may look at", &words::ids(&task.focus), Role::Accent);
    }
    if !task.refused.is_empty() {
        field(&mut page, "refused to", &words::ids(&task.refused), Role::Warn);
    }
    if let Some(entry) = task.entry.and_then(|label| run.context.get(label)) {
        page.blank();
        page.line(&format!("Brought {} into the shared context (Enter opens it)", entry.label), Role::Title);
        page.line(&entry.gist, Role::Text);
    }
    if !task.feedback.is_empty() {
        page.blank();
        page.line("Turned down so far", Role::Title);
    }
    for (number, feedback) in (1..).zip(&task.feedback) {
        page.paragraph(3).add(&format!("{number}. "), Role::Dim);
        page.add(&format!("✗ {}: ", feedback.by), Role::Bad).add(&feedback.reason, Role::Text);
        if !is_blank(&feedback.rejected) {
            page.paragraph(3).add("   ", Role::Dim).add(&format!("“{}”", feedback.rejected), Role::Dim);
        }
    }
    page
}
