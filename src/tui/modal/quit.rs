//! The question that leaving a running team asks. Nothing is preselected.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Ask, Decision, GateLevel, Timeline},
    tui::{
        Left,
        action::Action,
        arming::REST,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            row::Row,
        },
    },
};

use super::Flow;

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
        let keymap = &screen.ui.keymap;
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
            (Action::Detach, "detach", detached),
            (Action::StopAndSave, "stop and save", "ends here; can be resumed"),
            (Action::Back, "stay", ""),
        ];
        let area = frame::centred(area, 62, choices.len() as u16 + 4);
        let titles = Titles { name: "Leave a running team?".to_owned(), ..Titles::default() };
        let inside = frame::draw_over(buffer, area, titles, screen.theme);
        for ((action, name, what), y) in choices.into_iter().zip(inside.y + 1..) {
            let mut row = Row::new(usize::from(inside.width));
            row.push(format!("  {:<5}", keymap.first(action)), screen.theme.style(Role::Key));
            row.push(format!("{name:<15}"), screen.theme.style(Role::Title));
            row.push(what, screen.theme.style(Role::Dim));
            row.draw(buffer, inside.x, y);
        }
    }
}
