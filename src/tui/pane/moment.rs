//! Where the moment that is looked at stands in the log, with what stands out of it. Drawn in the past only.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    marks::{Mark, cell_of},
    theme::Role,
    ui::Screen,
    widget::{row::Row, wrap},
    words,
};

/// Cells of the log from which on there is room for anything else at the right.
const LEAST: usize = 12;

/// `PAST 431/812  00:42`
#[must_use]
pub fn name(screen: &Screen) -> String {
    let (run, head) = (screen.run(), screen.timeline.head().head);
    let worked = screen.ui.stopwatch.elapsed(run.head, screen.until());
    format!("PAST {}/{head}  {}", run.head, words::clock(worked))
}

/// `+12 live`: what came while the past is looked at.
#[must_use]
pub fn missed(screen: &Screen) -> Option<String> {
    let past = screen.ui.past.as_ref()?;
    let missed = past.missed(screen.timeline.head().head);
    (missed > 0).then(|| format!("+{missed} live"))
}

/// ` ◂ 431 / 812 ▸  ━━━+━━━✗━━█──●──+──  ▶ 4×  + write  ✗ veto  ● break  ! failure `
pub fn draw(buffer: &mut Buffer, area: Rect, screen: &Screen) {
    let style = |role| screen.theme.style(role);
    let (at, head) = (screen.run().head, screen.timeline.head().head);
    let width = usize::from(area.width);
    let mut row = Row::new(width);
    row.push(format!(" ◂ {at} / {head} ▸  "), style(Role::Warn));
    let mut right: Vec<(String, Role)> = vec![];
    right.extend(screen.ui.player.map(|player| (player.sign(), Role::Think)));
    // Half of the line belongs to the log at least.
    let mut room = (row.left() / 2).saturating_sub(right.iter().map(|(text, _)| wrap::width(text) + 2).sum());
    for (mark, name) in Mark::LEGEND {
        let text = format!("{} {name}", mark.glyph());
        let Some(left) = room.checked_sub(wrap::width(&text) + 2) else { break };
        room = left;
        right.push((text, mark.role()));
    }
    let used: usize = right.iter().map(|(text, _)| wrap::width(text) + 2).sum();
    let cells = row.left().saturating_sub(if row.left() > LEAST + used { used + 1 } else { 1 });
    let here = cell_of(at, head, cells);
    for (cell, mark) in screen.ui.marks.scaled(head, cells).into_iter().enumerate() {
        match mark {
            _ if cell == here => row.push("█", style(Role::Warn)),
            Some(mark) => row.push(mark.glyph(), style(mark.role())),
            None if cell < here => row.push("━", style(Role::Text)),
            None => row.push("─", style(Role::Dim)),
        }
    }
    for (text, role) in right {
        row.push("  ", style(Role::Text));
        row.push(text, style(role));
    }
    row.draw(buffer, area.x, area.y);
}
