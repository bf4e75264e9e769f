//! The question whether the work ends now, with what is there. Nothing is preselected.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Command, Timeline},
    tui::{
        action::Action,
        arming::REST,
        msg::Effect,
        ui::{Screen, Ui},
        words,
    },
};

use super::{
    Flow,
    choices::{Choice, draw},
};

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
        let choices = [
            Choice::key(Action::FinishWithIt, "finish now", format!("an answer from {found}")),
            Choice::more(format!("{} not done: dropped", words::count(undone, "task", "tasks"))),
            Choice::key(Action::Back, "go on", String::new()),
        ];
        draw(buffer, area, "Finish with what is there?", &choices, screen);
    }
}
