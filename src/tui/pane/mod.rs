//! The regions of the screen, one file each: its state, what keys do in it, how it is drawn.

pub mod agents;
pub mod context;
pub mod decisions;
pub mod footer;
pub mod meter;
pub mod moment;
pub mod queue;
pub mod status;
pub mod timeline;
pub mod watches;

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect};

use crate::run::{Run, Timeline};

use super::{
    action::Action,
    layout::{Focus, Regions},
    modal::Modal,
    msg::Effect,
    theme::Role,
    ui::{Screen, Ui},
    widget::{list::List, row, wrap},
};

/// Brings every visible pane in line with the run.
pub fn settle(ui: &mut Ui, run: &Run, regions: &Regions) {
    if let Some(area) = regions.pane(Focus::Queue) {
        ui.queue.settle(run, inside(area));
    }
    settle_streams(ui, run, regions);
    if let Some(area) = regions.pane(Focus::Context) {
        ui.context.settle(run, inside(area));
    }
    let room = regions.pane(Focus::Decisions).map_or(1, |area| usize::from(area.height.saturating_sub(2)).max(1));
    ui.decisions.settle(run, room);
}

/// Brings the one pane that shows streams in line with them.
pub fn settle_streams(ui: &mut Ui, run: &Run, regions: &Regions) {
    if let Some(area) = regions.pane(Focus::Agents) {
        let streams = match &mut ui.past {
            Some(past) => &mut past.tape.streams,
            None => &mut ui.streams,
        };
        ui.agents.settle(run, inside(area), streams);
    }
}

/// Carries out an action in the focused pane. Nothing happens in a pane that is not visible.
pub fn on_action(ui: &mut Ui, timeline: &Timeline, action: Action, effects: &mut Vec<Effect>) -> Option<Modal> {
    let run = timeline.run();
    let area = inside(ui.regions().pane(ui.focus)?);
    match ui.focus {
        Focus::Queue => ui.queue.on_action(action, area),
        Focus::Agents => ui.agents.on_action(action, run, area),
        Focus::Context => ui.context.on_action(action, run, area),
        Focus::Decisions => decisions::on_action(ui, run, action, effects),
    }
}

/// Inside the border.
fn inside(area: Rect) -> Rect {
    Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height.saturating_sub(2) }
}

/// Moves the selection of a list; false when the action is no movement.
pub fn travel(list: &mut List, action: Action, len: usize, shown: Range<usize>) -> bool {
    let page = shown.len().max(2) as isize - 1;
    match action {
        Action::Down => list.step(1, len, shown),
        Action::Up => list.step(-1, len, shown),
        Action::PageDown => list.step(page, len, shown),
        Action::PageUp => list.step(-page, len, shown),
        Action::HalfDown => list.step(page / 2 + 1, len, shown),
        Action::HalfUp => list.step(-(page / 2 + 1), len, shown),
        Action::First if len > 0 => list.select(0, shown),
        _ => return false,
    }
    true
}

/// `4–20 of 312`.
#[must_use]
pub fn place(shown: &Range<usize>, len: usize) -> String {
    match len {
        0 => String::new(),
        _ => format!("{}–{} of {len}", shown.start + 1, shown.end),
    }
}

/// Says why a pane is empty, or what an agent that streams nothing is about; cut to what fits.
pub fn quietly(buffer: &mut Buffer, inside: Rect, text: &str, screen: &Screen) {
    let mut lines = wrap::wrap(text, usize::from(inside.width.saturating_sub(2)), 0);
    if let Some(last) = lines.get_mut(usize::from(inside.height.saturating_sub(1))) {
        last.end = text.len();
    }
    for (line, y) in lines.into_iter().zip(inside.y..inside.bottom()) {
        let area = Rect { x: inside.x + 1, y, width: inside.width.saturating_sub(2), height: 1 };
        row::text(buffer, area, &text[line], screen.theme.style(Role::Dim));
    }
}

fn beyond(unseen: usize) -> String {
    if unseen == 0 { String::new() } else { format!("{unseen} new ↓") }
}
