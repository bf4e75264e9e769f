//! What a person copies: the logical text of what has the keys, without borders and wraps, disarmed and capped.

use crate::{plain::plain, run::Timeline};

use super::{
    layout::Focus,
    msg::Effect,
    ui::Ui,
    words::{bytes, count},
};

/// Bytes that go to a terminal at once: several take no more than 100 000 characters of base64.
pub const MOST: usize = 74_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Markdown,
}

/// Copies what the view on top or the selected row says.
pub fn copy(ui: &mut Ui, timeline: &Timeline, form: Form, effects: &mut Vec<Effect>) {
    let run = timeline.run();
    let said = match (ui.modals.last(), ui.focus) {
        (Some(modal), _) => modal.copied(form, ui, timeline),
        (None, Focus::Queue) => ui.queue.copied(run).ok_or_else(nothing_selected),
        (None, Focus::Agents) => ui.agents.copied(ui, run).ok_or_else(nothing_selected),
        (None, Focus::Context) => ui.context.copied(run).ok_or_else(nothing_selected),
        (None, Focus::Decisions) => Err("open the decision, and its evidence, to copy".to_owned()),
    };
    match said {
        Ok(text) => put(ui, &text, effects),
        Err(why) => ui.notices.push(why, ui.now),
    }
}

fn nothing_selected() -> String {
    "nothing is selected that could be copied".to_owned()
}

/// Hands a text to the terminal's clipboard, and says how much of it.
fn put(ui: &mut Ui, text: &str, effects: &mut Vec<Effect>) {
    if text.trim().is_empty() {
        ui.notices.push("there is no text to copy", ui.now);
        return;
    }
    // Disarming makes some texts longer, so the end is looked for twice.
    let start = &text[..text.floor_char_boundary(MOST)];
    let harmless = plain(start);
    let kept = &harmless[..harmless.floor_char_boundary(MOST)];
    let whole = start.len() == text.len() && kept.len() == harmless.len();
    let said = match whole {
        true => format!("copied {}, {}", bytes(kept.len()), count(kept.lines().count(), "line", "lines")),
        false => format!("copied the first {} of {}: terminals take no more", bytes(kept.len()), bytes(text.len())),
    };
    ui.notices.push(said, ui.now);
    effects.push(Effect::Copy(kept.to_owned()));
}
