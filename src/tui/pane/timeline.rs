//! The timeline line: what each agent was doing of late, a cell a second, and the place in the log.
//!
//! A run that is over is shown whole: a cell is then as long as it must be.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    lane::{Doing, Lane},
    theme::Role,
    ui::Screen,
    widget::row::Row,
};

/// Cells of a lane: fewer say nothing, more are seldom looked at.
const LEAST: usize = 8;
const MOST: usize = 40;

pub fn draw(buffer: &mut Buffer, area: Rect, screen: &Screen) {
    if screen.ui.past.is_some() {
        return super::moment::draw(buffer, area, screen);
    }
    let (run, style) = (screen.run(), |role| screen.theme.style(role));
    let width = usize::from(area.width);
    let place = format!("{} · live ", run.head);
    let legend = Doing::LEGEND.iter().map(|(_, name)| name.len() + 4).sum::<usize>();
    let mut right = Row::new(width);
    let roomy = width > place.len() + legend + run.agents.len().min(4) * (LEAST + 6);
    if roomy {
        for (doing, name) in Doing::LEGEND {
            right.push(doing.glyph(), style(doing.role()));
            right.push(format!(" {name}  "), style(Role::Dim));
        }
    }
    right.push(&place, style(Role::Dim));
    let used = width - right.left();

    let mut row = Row::new(width);
    let room = width.saturating_sub(used + 1);
    let agents = run.agents.len().min(room / (LEAST + 6)).max(1);
    let cells = (room / agents).saturating_sub(6).min(MOST);
    for agent in run.agents.iter().take(agents) {
        row.push(format!(" {:<3} ", agent.id), style(Role::Dim));
        let empty = Lane::default();
        let lane = screen.ui.lanes.get(&agent.id).unwrap_or(&empty);
        for alike in sampled(lane, cells, screen).chunk_by(Doing::eq) {
            row.push(alike[0].glyph().repeat(alike.len()), style(alike[0].role()));
        }
        row.push(" ", style(Role::Text));
    }
    row.pad_to(used);
    row.append(right);
    row.draw(buffer, area.x, area.y);
}

fn sampled(lane: &Lane, cells: usize, screen: &Screen) -> Vec<Doing> {
    let run = screen.run();
    let (until, step) = match screen.ui.ticks(run) {
        true => (screen.ui.now.0, 1000),
        false => (run.last_at, ((run.last_at - run.started_at) / cells.max(1) as i64).max(1)),
    };
    (0..cells as i64).rev().map(|ago| lane.before(until - ago * step)).collect()
}
