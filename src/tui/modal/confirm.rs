//! One question with one way to say yes, which has its own key. Enter and Esc never do.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::Timeline,
    tui::{
        action::Action,
        arming::REST,
        msg::{Effect, Now},
        ui::{Screen, Ui},
    },
};

use super::{
    Flow,
    choices::{Choice, draw},
};

pub struct ConfirmForm {
    title: String,
    does: &'static str,
    what: Vec<String>,
    effect: Effect,
    since: Now,
}

impl ConfirmForm {
    #[must_use]
    pub fn new(title: String, does: &'static str, what: Vec<String>, effect: Effect, since: Now) -> Self {
        ConfirmForm { title, does, what, effect, since }
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        // Somebody who types a word with a y in it does not mean it.
        let typed = ui.now.since(ui.last_key) < REST || ui.now.since(self.since) < REST;
        match action {
            Action::Confirm if typed => ui.notices.push("not taken: keys rest a moment", ui.now),
            Action::Confirm => {
                effects.push(self.effect.clone());
                return Flow::Back;
            }
            Action::Back => return Flow::Back,
            _ => {}
        }
        Flow::Stay
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let mut what = self.what.iter().cloned();
        let mut choices = vec![Choice::key(Action::Confirm, self.does, what.next().unwrap_or_default())];
        choices.extend(what.map(Choice::more));
        choices.push(Choice::key(Action::Back, "not now", String::new()));
        draw(buffer, area, &self.title, &choices, screen);
    }
}
