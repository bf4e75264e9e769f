//! The strip of watches: a row each with its name, its value at the moment that is looked at, and its course until then.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    theme::Role,
    ui::Screen,
    watches::Watch,
    widget::{row::Row, wrap},
};

const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Cells of a course: fewer say nothing, more are seldom looked at.
const LEAST: usize = 8;
const MOST: usize = 100;
/// Cells of a value beside its course.
const VALUE: usize = 10;

pub fn draw(buffer: &mut Buffer, area: Rect, screen: &Screen) {
    let all: Vec<&Watch> = screen.ui.watches.all().collect();
    let width = usize::from(area.width);
    let longest = all.iter().map(|watch| wrap::width(&watch.text)).max().unwrap_or(0);
    let name = longest.min(width / 3).max(1);
    let hidden = all.len().saturating_sub(usize::from(area.height));
    for (watch, y) in all.iter().zip(area.y..area.bottom()) {
        let more = if hidden > 0 && y + 1 == area.bottom() { format!(" {hidden} more ↓ ") } else { String::new() };
        let mut row = draw_watch(watch, name, width.saturating_sub(wrap::width(&more)), screen);
        if !more.is_empty() {
            row.pad_to(0);
            let mut whole = Row::new(width);
            whole.append(row);
            whole.push(more, screen.theme.style(Role::Warn));
            row = whole;
        }
        row.draw(buffer, area.x, y);
    }
}

/// ` queue.ready          4 ▁▁▂▃▅▇▇▅▃`
fn draw_watch(watch: &Watch, name: usize, width: usize, screen: &Screen) -> Row {
    let style = |role| screen.theme.style(role);
    let mut row = Row::new(width);
    row.push(" ", style(Role::Text));
    let mut text = Row::new(name.min(row.left()));
    text.push(&watch.text, style(Role::Accent));
    text.pad_to(0);
    row.append(text);
    row.push(" ", style(Role::Text));
    let cells = row.left().saturating_sub(VALUE + 2).min(MOST);
    let (upto, head) = (screen.run().head, screen.timeline.head().head);
    match watch.curve(upto, head, cells).filter(|_| cells >= LEAST) {
        None => row.push(watch.value(), style(Role::Title)),
        Some(curve) => {
            let value = watch.value();
            let value = wrap::cut(&value, VALUE);
            let gap = " ".repeat(VALUE.saturating_sub(wrap::width(&value)));
            row.push(format!("{gap}{value} "), style(Role::Title));
            row.push(sparkline(&curve), style(Role::Think));
        }
    }
    row
}

/// One block a cell, the lowest for the least and 0, the highest for the most; a cell without a number is blank.
fn sparkline(curve: &[Option<f64>]) -> String {
    let numbers = || curve.iter().flatten().copied().filter(|number| number.is_finite());
    let (low, high) = (numbers().fold(0.0, f64::min), numbers().fold(0.0, f64::max));
    let block = |number: f64| {
        let part = if high > low { (number - low) / (high - low) } else { 0.0 };
        BLOCKS[((part * 7.0).round() as usize).min(7)]
    };
    curve.iter().map(|cell| cell.filter(|number| number.is_finite()).map_or(" ", block)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_stands_on_nothing_and_reaches_to_its_most() {
        assert_eq!(sparkline(&[None, Some(0.0), Some(7.0), Some(3.0)]), " ▁█▄");
        assert_eq!(sparkline(&[Some(0.0), Some(0.0)]), "▁▁");
        assert_eq!(sparkline(&[Some(-7.0), Some(0.0), Some(f64::INFINITY)]), "▁█ ");
        assert_eq!(sparkline(&[Some(5.0)]), "█");
    }
}
