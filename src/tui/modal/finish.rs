//! The question whether the work ends now, with what is there. Nothing is preselected.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Command, Timeline},
    tui::{
        action::Action,
        arming::REST,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            row::Row,
        },
        words,
    },
};

use super::Flow;

pub struct FinishForm;

impl FinishForm {
    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        let typed = ui.now.since(ui.last_key) < REST;
        match action {
            Action::FinishWithIt if typed => ui.notices.push("not taken: keys rest a moment", ui.now),
            Action::FinishWithIt => {
                effects.push(Effect::Send(Command::Finish));
                return Flow::Back;
            }
            Action::Back => return Flow::Back,
            _ => {}
        }
        Flow::Stay
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let run = screen.run();
        let undone = run.counts.total() - run.counts.over();
        let found = words::count(run.findings(), "finding", "findings");
        let lines = [
            (Some((Action::FinishWithIt, "finish now")), format!("an answer from {found}")),
            (None, format!("{} not done: dropped", words::count(undone, "task", "tasks"))),
            (Some((Action::Back, "go on")), String::new()),
        ];
        let area = frame::centred(area, 62, lines.len() as u16 + 4);
        let titles = Titles { name: "Finish with what is there?".to_owned(), ..Titles::default() };
        let inside = frame::draw_over(buffer, area, titles, screen.theme);
        for ((choice, what), y) in lines.into_iter().zip(inside.y + 1..) {
            let mut row = Row::new(usize::from(inside.width));
            let (key, name) =
                choice.map_or_else(Default::default, |(action, name)| (screen.ui.keymap.first(action), name));
            row.push(format!("  {key:<5}"), screen.theme.style(Role::Key));
            row.push(format!("{name:<15}"), screen.theme.style(Role::Title));
            row.push(what, screen.theme.style(Role::Dim));
            row.draw(buffer, inside.x, y);
        }
    }
}
