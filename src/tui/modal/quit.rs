//! The question that leaving a running team asks. Nothing is preselected.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Ask, Decision, GateLevel, Timeline},
    tui::{
        Left,
        action::Action,
        arming::REST,
        msg::Effect,
        ui::{Screen, Ui},
    },
};

use super::{
    Flow,
    choices::{Choice, draw},
};

pub struct QuitForm;

impl QuitForm {
    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        // Somebody who types a word with a q and an s in it does not want to leave.
        let typed = ui.now.since(ui.last_key) < REST;
        match action {
            Action::Detach | Action::StopAndSave if typed => ui.notices.push("not taken: keys rest a moment", ui.now),
            Action::Detach => effects.push(Effect::Leave(Left::Detach)),
            Action::StopAndSave => effects.push(Effect::Leave(Left::Quit)),
            Action::Back => return Flow::Back,
            _ => {}
        }
        Flow::Stay
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        // Without a screen nobody can be asked.
        let open = &screen.run().decisions;
        let about_money = |open: &Decision| matches!(open.ask, Ask::Budget { .. });
        let detached = match (open.is_empty(), screen.run().options.gate) {
            (false, _) if open.values().all(about_money) => "ends at its cap, with what is there",
            (false, _) => "stops: decisions are open",
            (true, GateLevel::Auto) => "goes on without a screen",
            (true, _) => "goes on until a decision",
        };
        let choices = [
            Choice::key(Action::Detach, "detach", detached.to_owned()),
            Choice::key(Action::StopAndSave, "stop and save", "ends here; can be resumed".to_owned()),
            Choice::key(Action::Back, "stay", String::new()),
        ];
        draw(buffer, area, "Leave a running team?", &choices, screen);
    }
}
