//! What the person adds: a task for the queue, or a FACT or FAIL for every agent to read.

use crossterm::event::KeyEvent;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Command, EntryKind, Timeline},
    tui::{
        action::Action,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Task,
    Fact,
    Fail,
}

const KINDS: [(Kind, &str, &str); 3] = [
    (Kind::Task, "task", "queued; the next free agent may claim it"),
    (Kind::Fact, "FACT", "goes into the shared context, unverified, in your name"),
    (Kind::Fail, "FAIL", "tells every agent that this path leads nowhere"),
];

pub struct InjectForm {
    kind: Kind,
    field: Field,
}

impl Default for InjectForm {
    fn default() -> Self {
        InjectForm { kind: Kind::Task, field: Field::new("", Lines::Many) }
    }
}

impl InjectForm {
    fn turn(&mut self, by: usize) {
        self.field.stay();
        self.kind = KINDS[(self.kind as usize + by) % KINDS.len()].0;
    }

    #[must_use]
    pub fn draft(&self) -> Option<String> {
        (!self.field.is_blank()).then(|| self.field.text())
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        match action {
            Action::Back if self.field.may_leave() => return Flow::Back,
            Action::OtherKind => self.turn(1),
            Action::PreviousKind => self.turn(2),
            Action::Accept if self.field.is_blank() => ui.notices.push("write something first", ui.now),
            Action::Accept => {
                let text = self.field.text();
                effects.push(Effect::Send(match self.kind {
                    Kind::Task => Command::AddTask { text, deps: vec![] },
                    Kind::Fact => Command::AddNote { kind: EntryKind::Fact, text },
                    Kind::Fail => Command::AddNote { kind: EntryKind::Fail, text },
                }));
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
        let area = frame::centred(area, 84, 13);
        let titles = Titles { name: "Inject".to_owned(), ..Titles::default() };
        frame::draw_over(buffer, area, titles, screen.theme);
        let inside = inside(area);
        let mut kinds = Row::new(usize::from(inside.width));
        for (kind, name, _) in KINDS {
            let chosen = kind == self.kind;
            let mark = if chosen { "●" } else { "○" };
            kinds.push(format!("{mark} {name}   "), style(if chosen { Role::Focus } else { Role::Text }));
        }
        kinds.draw(buffer, inside.x, inside.y);
        let text = Rect { y: inside.y + 2, height: inside.height.saturating_sub(4), ..inside };
        self.field.draw(buffer, text, screen.theme);
        let last = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
        let (text, role) = self.field.or_asked(KINDS[self.kind as usize].2);
        row::text(buffer, last, text, style(role));
    }
}
