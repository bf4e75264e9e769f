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
    pub watches: Option<Rect>,
    pub timeline: Option<Rect>,
    pub footer: Rect,
}

/// What takes lines of its own when there is something to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strips {
    pub watches: usize,
    /// Where the moment stands is shown on a terminal of any shape, also below what lies on the panes.
    pub past: bool,
}

/// Lines of watches at most.
const WATCHES: usize = 6;

impl Regions {
    /// Where a pane is, if it is visible.
    #[must_use]
    pub fn pane(&self, focus: Focus) -> Option<Rect> {
        self.panes[focus as usize]
    }
}

#[must_use]
pub fn regions(size: Size, focus: Focus, zoom: Zoom, strips: Strips) -> Regions {
    let whole = Rect::new(0, 0, size.width, size.height);
    let shape = match (size.width, size.height) {
        (..50, _) | (_, ..15) => Shape::TooSmall,
        (..80, _) => Shape::One,
        (..120, _) => Shape::Two,
        _ => Shape::Wide,
    };
    let status_lines = if shape == Shape::Wide { 1 } else { 2 };
    let moment = u16::from(strips.past);
    let [status, body, timeline, footer] = Layout::vertical([
        Constraint::Length(status_lines),
        Constraint::Fill(1),
        Constraint::Length(moment),
        Constraint::Length(1),
    ])
    .areas(whole);
    let mut regions = Regions {
        shape,
        status,
        tabs: None,
        body,
        panes: [None; 4],
        decisions_line: None,
        watches: None,
        timeline: strips.past.then_some(timeline),
        footer,
    };
    let shown = strips.watches.min(WATCHES).min(usize::from(body.height / 4)) as u16;
    match (shape, zoom) {
        (Shape::TooSmall, _) => regions.timeline = None,
        (Shape::One, _) => one_pane(&mut regions, focus, shown),
        (_, Zoom::On) => one_pane(&mut regions, focus, 0),
        (Shape::Two, Zoom::Off) => two_columns(&mut regions, shown),
        (Shape::Wide, Zoom::Off) => three_columns(&mut regions, shown),
    }
    regions
}

fn one_pane(regions: &mut Regions, focus: Focus, watches: u16) {
    let [tabs, pane, strip] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(watches)]).areas(regions.body);
    regions.tabs = Some(tabs);
    regions.panes[focus as usize] = Some(pane);
    regions.watches = (watches > 0).then_some(strip);
}

fn two_columns(regions: &mut Regions, watches: u16) {
    let timeline_lines = u16::from(regions.timeline.is_none() && regions.body.height >= 18);
    let [panes, decisions, strip, timeline] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(watches),
        Constraint::Length(timeline_lines),
    ])
    .areas(regions.body);
    let [left, agents] = Layout::horizontal([Constraint::Percentage(47), Constraint::Fill(1)]).areas(panes);
    let [queue, context] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(left);
    regions.panes = [Some(queue), Some(agents), Some(context), Some(decisions)];
    regions.decisions_line = Some(decisions);
    regions.watches = (watches > 0).then_some(strip);
    regions.timeline = regions.timeline.or((timeline_lines > 0).then_some(timeline));
}

fn three_columns(regions: &mut Regions, watches: u16) {
    // A fixed height, so that nothing jumps when a decision opens or closes.
    let rows = (regions.body.height / 9).clamp(1, 5);
    let timeline_lines = u16::from(regions.timeline.is_none());
    let [panes, decisions, strip, timeline] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(rows + 2),
        Constraint::Length(watches),
        Constraint::Length(timeline_lines),
    ])
    .areas(regions.body);
    let [queue, agents, context] =
        Layout::horizontal([Constraint::Percentage(27), Constraint::Fill(1), Constraint::Percentage(34)]).areas(panes);
    regions.panes = [Some(queue), Some(agents), Some(context), Some(decisions)];
    regions.watches = (watches > 0).then_some(strip);
    regions.timeline = regions.timeline.or(Some(timeline));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_focused_pane_is_always_visible_and_nothing_overlaps() {
        let strips = [(0, false), (0, true), (2, false), (9, true)].map(|(watches, past)| Strips { watches, past });
        // Around each border between two shapes, and well inside of them.
        let widths = [20, 49, 50, 51, 65, 79, 80, 81, 100, 119, 120, 121, 150, 180];
        for (width, height) in widths.into_iter().flat_map(|width| (5..50).map(move |height| (width, height))) {
            for (focus, strips) in Focus::ALL.into_iter().flat_map(|focus| strips.map(|strips| (focus, strips))) {
                for zoom in [Zoom::Off, Zoom::On] {
                    check(regions(Size { width, height }, focus, zoom, strips), focus, strips);
                }
            }
        }
    }

    fn check(regions: Regions, focus: Focus, strips: Strips) {
        if regions.shape == Shape::TooSmall {
            assert!(Focus::ALL.iter().all(|focus| regions.pane(*focus).is_none()));
            return;
        }
        assert!(regions.pane(focus).is_some_and(|pane| pane.height >= 3 || pane == regions.decisions_line.unwrap()));
        assert!(!strips.past || regions.timeline.is_some_and(|line| line.height == 1));
        let panes = Focus::ALL.iter().filter_map(|focus| regions.pane(*focus));
        let inner: Vec<Rect> = panes.chain(regions.watches).collect();
        let shown: Vec<Rect> = inner.iter().copied().chain(regions.timeline).collect();
        for (at, area) in shown.iter().enumerate() {
            assert!(at >= inner.len() || regions.body.intersection(*area) == *area);
            assert!(shown[at + 1..].iter().all(|other| !other.intersects(*area)));
        }
    }
}
