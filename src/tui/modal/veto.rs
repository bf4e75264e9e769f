//! Turning a proposal down: a reason that the agent reads, and what becomes of its task.

use crossterm::event::KeyEvent;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Ask, Choice, DecisionId, Then, Timeline},
    tui::{
        action::Action,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        update::decide,
        widget::{
            frame::{self, Titles},
            row::{self, Row},
        },
    },
};

use super::{
    Flow,
    form::{Field, Lines},
    reader::inside,
};

pub struct VetoForm {
    pub id: DecisionId,
    field: Field,
    then: Then,
}

const CHOICES: [Then; 3] = [Then::Retry, Then::Requeue, Then::Drop];

impl VetoForm {
    #[must_use]
    pub fn new(id: DecisionId) -> Self {
        VetoForm { id, field: Field::new("", Lines::One), then: Then::Retry }
    }

    #[must_use]
    pub fn draft(&self) -> Option<String> {
        (!self.field.is_blank()).then(|| self.field.text())
    }

    fn turn(&mut self, by: usize) {
        self.field.stay();
        let at = CHOICES.iter().position(|then| *then == self.then).unwrap_or(0);
        self.then = CHOICES[(at + by) % CHOICES.len()];
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        match action {
            Action::Back if self.field.may_leave() => return Flow::Back,
            Action::OtherKind => self.turn(1),
            Action::PreviousKind => self.turn(2),
            Action::Send if self.field.is_blank() => {
                ui.notices.push("a veto needs a reason: the agent reads it", ui.now);
            }
            Action::Send => {
                let reason = self.field.text().trim().to_owned();
                decide(ui, self.id, Choice::Veto { reason, then: self.then }, effects);
                return Flow::Back;
            }
            _ => {}
        }
        Flow::Stay
    }

    pub fn on_text_key(&mut self, key: KeyEvent) {
        self.field.on_key(key);
    }

    pub fn on_paste(&mut self, text: &str) {
        self.field.on_paste(text);
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let style = |role| screen.theme.style(role);
        let area = frame::at_bottom(area, 84, 8);
        let titles = Titles { name: format!("Veto {}", self.id), ..Titles::default() };
        frame::draw_over(buffer, area, titles, screen.theme);
        let inside = inside(area);
        row::text(buffer, inside, "Reason, which the agent reads:", style(Role::Dim));
        let text = Rect { y: inside.y + 1, height: inside.height.saturating_sub(4), ..inside };
        self.field.draw(buffer, text, screen.theme);
        let mut choices = Row::new(usize::from(inside.width));
        choices.push("Then  ", style(Role::Dim));
        for then in CHOICES {
            let chosen = then == self.then;
            let mark = if chosen { "●" } else { "○" };
            choices.push(format!("{mark} {then}   "), style(if chosen { Role::Focus } else { Role::Text }));
        }
        choices.draw(buffer, inside.x, inside.bottom().saturating_sub(2));
        let last = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
        let (text, role) = self.field.or_asked(self.consequence(screen));
        row::text(buffer, last, text, style(role));
    }

    /// What the choice means for what was asked.
    fn consequence(&self, screen: &Screen) -> &'static str {
        let ask = screen.run().decisions.get(&self.id).map(|decision| &decision.ask);
        match (ask, self.then) {
            (Some(Ask::Plan { .. }), Then::Drop) => "no new tasks; the planner's list is dropped",
            (Some(Ask::Plan { .. }), _) => "the list is planned anew, with your reason",
            (Some(Ask::Finish { .. }), Then::Drop) => "the run ends without an answer",
            (Some(Ask::Finish { .. }), _) => "the answer is written anew, with your reason",
            (Some(Ask::Claim), Then::Retry | Then::Requeue) => "another agent may claim it; this one may not",
            (_, Then::Retry) => "the same agent tries again, with your reason",
            (_, Then::Requeue) => "back to the queue, with your reason",
            (_, Then::Drop) => "the task is dropped for good",
        }
    }
}
