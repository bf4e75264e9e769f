//! The footer: what was just said to the person, and the keys that work here and now.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::Pace,
    tui::{
        Attachment,
        action::{self, Action, Place as P},
        layout::Focus,
        theme::Role,
        ui::Screen,
        update::why_not,
        widget::{row::Row, wrap},
    },
};

/// Cells that a notice leaves to the keys of a form at least: nothing else says how it is sent.
const KEYS: usize = 31;

/// Cells that it leaves in every view: for the way out, and the way to the help.
const WAYS: usize = 20;

pub fn draw(buffer: &mut Buffer, area: Rect, screen: &Screen) {
    let (ui, style) = (screen.ui, |role| screen.theme.style(role));
    let mut row = Row::new(usize::from(area.width));
    row.push(" ", style(Role::Text));
    let notice = ui.notices.fresh(ui.now).map(str::to_owned);
    let resting = ui.arming.is_resting(ui.now).then(|| "keys rest a moment".to_owned());
    // For a third of a second it matters more than what was said before.
    if let Some(text) = resting.or(notice) {
        let room = match ui.place() {
            P::EditForm
            | P::VetoForm
            | P::RaiseForm
            | P::InjectForm
            | P::FinishForm
            | P::QuitForm
            | P::Prompt
            | P::ConfirmForm => row.left().saturating_sub(KEYS),
            _ if !ui.modals.is_empty() => row.left().saturating_sub(WAYS),
            _ => usize::MAX,
        };
        let room = room.min(row.left() * 2 / 3);
        row.push(wrap::cut(&text, room), style(Role::Warn));
        row.push("   ", style(Role::Text));
    }
    let keys = |action| (ui.keymap.first(action), action);
    // The way to all the rest is always named.
    let (help, _) = keys(Action::Help);
    let has_help = action::rows_in(ui.place()).any(|row| row.action == Action::Help);
    let last = if has_help { format!("{help} help") } else { String::new() };
    // So is the way out of what lies on the panes.
    let out = |row: &&action::Row| row.action == Action::Back && why_not(Action::Back, ui, screen.run()).is_none();
    let mut out = match ui.modals.is_empty() {
        true => 0,
        false => action::rows_in(ui.place())
            .find(out)
            .map_or(0, |row| wrap::width(&keys(row.action).0) + row.brief.len() + 3),
    };
    for entry in action::rows_in(ui.place()) {
        if entry.brief.is_empty() || entry.action == Action::Help || why_not(entry.action, ui, screen.run()).is_some() {
            continue;
        }
        // Whoever is in the past moves in it; from now there is `?` to find the way.
        if matches!(entry.action, Action::Earlier | Action::Later) && ui.past.is_none() {
            continue;
        }
        // Tabs say it already.
        let said = ui.focus == Focus::Decisions || ui.regions().tabs.is_some();
        if entry.action == Action::DecisionsPane && (said || screen.run().decisions.is_empty()) {
            continue;
        }
        let (key, _) = keys(entry.action);
        let word = brief(entry, screen);
        if entry.action == Action::Back {
            out = 0;
        }
        if wrap::width(&key) + word.len() + 3 + out + last.len() + 1 > row.left() {
            continue;
        }
        row.push(key, style(Role::Key));
        row.push(format!(" {word}  "), style(Role::Dim));
    }
    if has_help && row.left() > last.len() {
        row.push(help, style(Role::Key));
        row.push(" help", style(Role::Dim));
    }
    row.draw(buffer, area.x, area.y);
}

fn brief(row: &action::Row, screen: &Screen) -> &'static str {
    let holds = screen.ui.attachment == Attachment::Saved || screen.run().pace != Pace::Running;
    match row.action {
        Action::PauseOrResume if screen.ui.past.is_some() => {
            let plays = screen.ui.player.is_some_and(|player| !player.is_halted());
            if plays { "halt" } else { "play" }
        }
        Action::PauseOrResume if holds => "resume",
        Action::Answer if screen.run().answer.is_none() => "why",
        _ => row.brief,
    }
}
