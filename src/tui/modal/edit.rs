//! Changing a proposed text before it is approved.

use crossterm::event::KeyEvent;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Ask, Choice, Decision, DecisionId, Run, Timeline},
    tui::{
        action::Action,
        msg::Effect,
        theme::Role,
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
    Flow, Modal,
    form::{Field, Lines},
    reader::inside,
};

/// Cells of the form at most.
const WIDTH: u16 = 100;

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
            // It would approve what was proposed.
            Action::Accept if !self.field.is_changed() && !ui.arming.is_read(self.id) => {
                let why = match ui.modals.last() {
                    Some(Modal::Card(card)) => card.unread_yet(),
                    _ => "not taken: its row does not say all of it; open it and read to its end first".to_owned(),
                };
                ui.notices.push(why, ui.now);
            }
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
        let width = area.width.min(WIDTH);
        let lines = self.field.height(width.saturating_sub(4)).min(usize::from(area.height));
        let height = (lines as u16 + 9).clamp(12, area.height.saturating_sub(2).max(12));
        let area = frame::centred(area, width, height);
        let titles = Titles { name: format!("Edit {}, then approve", self.id), ..Titles::default() };
        frame::draw_over(buffer, area, titles, screen.theme);
        let inside = inside(area);
        let last = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
        let text = Rect { height: inside.height.saturating_sub(2), ..inside };
        self.field.draw(buffer, text, screen.theme);
        let hidden = match self.field.hidden(text) {
            (0, 0) => String::new(),
            (above, 0) => format!("↑ {}", words::count(above, "line", "lines")),
            (0, below) => format!("↓ {}", words::count(below, "line", "lines")),
            (above, below) => format!("↑ {}  ↓ {below}", words::count(above, "line", "lines")),
        };
        row::text(buffer, Rect { y: text.bottom(), height: 1, ..inside }, &hidden, screen.theme.style(Role::Warn));
        let (text, role) = self.field.or_asked(self.hint);
        row::text(buffer, last, text, screen.theme.style(role));
    }
}
