//! Where everything stands on a terminal of a given size. Pure; `update` and drawing read the same answer.
//!
//! ```text
//! wide, 120 columns and more           two columns, 80–119      one pane, 50–79
//! ╭ status ───────────────────╮        ╭ status ─────────╮      ╭ status ──╮
//! │ queue │ agents  │ context │        │ queue   │ agents│      │ tabs     │
//! ├───────┴─────────┴─────────┤        │ context │       │      │ the pane │
//! │ decisions                 │        ├─────────┴───────┤      │          │
//! │ timeline                  │        │ decisions, line │      │          │
//! ╰ footer ───────────────────╯        ╰ footer ─────────╯      ╰ footer ──╯
//! ```

use ratatui::layout::{Constraint, Layout, Rect};

use super::msg::Size;

/// The pane that keys go to when nothing lies on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    Queue,
    Agents,
    Context,
    Decisions,
}

impl Focus {
    pub const ALL: [Focus; 4] = [Focus::Queue, Focus::Agents, Focus::Context, Focus::Decisions];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Focus::Queue => "Queue",
            Focus::Agents => "Agents",
            Focus::Context => "Shared context",
            Focus::Decisions => "Decisions",
        }
    }
}

/// Whether the focused pane has the whole screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zoom {
    #[default]
    Off,
    On,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Wide,
    Two,
    One,
    TooSmall,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regions {
    pub shape: Shape,
    pub status: Rect,
    /// Names of the panes, where only one is shown.
    pub tabs: Option<Rect>,
    /// Between status and footer: where views lie.
    pub body: Rect,
    panes: [Option<Rect>; 4],
    /// Open decisions as one line, without a border.
    pub decisions_line: Option<Rect>,
    pub timeline: Option<Rect>,
    pub footer: Rect,
}

impl Regions {
    /// Where a pane is, if it is visible.
    #[must_use]
    pub fn pane(&self, focus: Focus) -> Option<Rect> {
        self.panes[focus as usize]
    }
}

#[must_use]
pub fn regions(size: Size, focus: Focus, zoom: Zoom) -> Regions {
    let whole = Rect::new(0, 0, size.width, size.height);
    let shape = match (size.width, size.height) {
        (..50, _) | (_, ..15) => Shape::TooSmall,
        (..80, _) => Shape::One,
        (..120, _) => Shape::Two,
        _ => Shape::Wide,
    };
    let status_lines = if shape == Shape::Wide { 1 } else { 2 };
    let [status, body, footer] =
        Layout::vertical([Constraint::Length(status_lines), Constraint::Fill(1), Constraint::Length(1)]).areas(whole);
    let mut regions =
        Regions { shape, status, tabs: None, body, panes: [None; 4], decisions_line: None, timeline: None, footer };
    match (shape, zoom) {
        (Shape::TooSmall, _) => {}
        (Shape::One, _) | (_, Zoom::On) => one_pane(&mut regions, focus),
        (Shape::Two, Zoom::Off) => two_columns(&mut regions),
        (Shape::Wide, Zoom::Off) => three_columns(&mut regions),
    }
    regions
}

fn one_pane(regions: &mut Regions, focus: Focus) {
    let [tabs, pane] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(regions.body);
    regions.tabs = Some(tabs);
    regions.panes[focus as usize] = Some(pane);
}

fn two_columns(regions: &mut Regions) {
    let timeline_lines = u16::from(regions.body.height >= 18);
    let [panes, decisions, timeline] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1), Constraint::Length(timeline_lines)])
            .areas(regions.body);
    let [left, agents] = Layout::horizontal([Constraint::Percentage(47), Constraint::Fill(1)]).areas(panes);
    let [queue, context] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(left);
    regions.panes = [Some(queue), Some(agents), Some(context), Some(decisions)];
    regions.decisions_line = Some(decisions);
    regions.timeline = (timeline_lines > 0).then_some(timeline);
}

fn three_columns(regions: &mut Regions) {
    // A fixed height, so that nothing jumps when a decision opens or closes.
    let rows = (regions.body.height / 9).clamp(1, 5);
    let [panes, decisions, timeline] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(rows + 2), Constraint::Length(1)])
            .areas(regions.body);
    let [queue, agents, context] =
        Layout::horizontal([Constraint::Percentage(27), Constraint::Fill(1), Constraint::Percentage(34)]).areas(panes);
    regions.panes = [Some(queue), Some(agents), Some(context), Some(decisions)];
    regions.timeline = Some(timeline);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_focused_pane_is_always_visible_and_nothing_overlaps() {
        for width in 20..180 {
            for height in 5..50 {
                for (focus, zoom) in Focus::ALL.into_iter().flat_map(|focus| [(focus, Zoom::Off), (focus, Zoom::On)]) {
                    let regions = regions(Size { width, height }, focus, zoom);
                    if regions.shape == Shape::TooSmall {
                        assert!(Focus::ALL.iter().all(|focus| regions.pane(*focus).is_none()));
                        continue;
                    }
                    assert!(regions.pane(focus).is_some_and(|pane| !pane.is_empty()), "{width}×{height}");
                    let shown: Vec<Rect> = Focus::ALL.iter().filter_map(|focus| regions.pane(*focus)).collect();
                    for (at, pane) in shown.iter().enumerate() {
                        assert_eq!(regions.body.intersection(*pane), *pane);
                        assert!(shown[at + 1..].iter().all(|other| !other.intersects(*pane)));
                    }
                }
            }
        }
    }
}
