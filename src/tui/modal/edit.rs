//! Changing a proposed text before it is approved.

use crossterm::event::KeyEvent;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Ask, Choice, Decision, DecisionId, Run, Timeline},
    tui::{
        action::Action,
        msg::Effect,
        ui::{Screen, Ui},
        update::decide,
        widget::{
            frame::{self, Titles},
            row,
        },
        words,
    },
};

use super::{
    Flow,
    form::{Field, Lines},
    reader::inside,
};

pub struct EditForm {
    pub id: DecisionId,
    field: Field,
    hint: &'static str,
}

impl EditForm {
    #[must_use]
    pub fn new(decision: &Decision, run: &Run) -> Self {
        let hint = match &decision.ask {
            Ask::Plan { .. } => "a line a task; kept lines keep dependencies",
            _ => "this is written in place of the proposal",
        };
        let text = words::decidable(decision, run).unwrap_or_default();
        EditForm { id: decision.id, field: Field::new(&text, Lines::Many), hint }
    }

    #[must_use]
    pub fn draft(&self) -> Option<String> {
        self.field.is_changed().then(|| self.field.text())
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        match action {
            Action::Back if self.field.may_leave() => return Flow::Back,
            Action::Accept if self.field.is_blank() => ui.notices.push("an empty text is a veto: use that", ui.now),
            Action::Accept => {
                decide(ui, self.id, Choice::Edit { text: self.field.text() }, effects);
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
        let height = (self.field.height() as u16 + 9).clamp(12, area.height.saturating_sub(2).max(12));
        let area = frame::centred(area, 100, height);
        let titles = Titles { name: format!("Edit {}, then approve", self.id), ..Titles::default() };
        frame::draw_over(buffer, area, titles, screen.theme);
        let inside = inside(area);
        let last = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
        self.field.draw(buffer, Rect { height: inside.height.saturating_sub(2), ..inside }, screen.theme);
        let (text, role) = self.field.or_asked(self.hint);
        row::text(buffer, last, text, screen.theme.style(role));
    }
}
