//! Open decisions, oldest first and deferred ones last: one row each, or all of them as one line on a narrow screen.
//!
//! A row can be approved only when all of the proposal stands in it; otherwise `y` opens the card.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::plain_start,
    run::{Ask, AxisOutcome, Choice, Decision, DecisionId, Run},
    tui::{
        action::Action,
        modal::Modal,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        update::{armed, decide},
        widget::{
            frame::{self, Lit, Titles},
            row::{Row, START},
            wrap,
        },
        words,
    },
};

#[derive(Debug, Default)]
pub struct DecisionsPane {
    selected: Option<DecisionId>,
    /// What the person selected last; it is selected again where it is open, when another moment is looked at.
    wanted: Option<DecisionId>,
    /// The first decision in sight.
    top: usize,
}

impl DecisionsPane {
    /// The selected decision; without one, the first.
    #[must_use]
    pub fn selected(&self, run: &Run) -> Option<DecisionId> {
        self.selected
            .filter(|id| run.decisions.contains_key(id))
            .or_else(|| run.inbox().next().map(|decision| decision.id))
    }

    /// The past is about to be looked at.
    pub fn leave(&mut self) {
        self.wanted = self.selected;
    }

    /// Another moment is looked at.
    pub fn arrive(&mut self, run: &Run) {
        self.selected = self.wanted.filter(|id| run.decisions.contains_key(id)).or(self.selected);
    }

    pub fn settle(&mut self, run: &Run, room: usize) {
        // A closed decision hands the selection to the next younger one, else to the first; the keys rest then.
        if let Some(id) = self.selected.filter(|id| !run.decisions.contains_key(id)) {
            self.selected = run.decisions.range(id..).next().map(|(id, _)| *id);
        }
        self.selected = self.selected(run);
        let at = self.place(run);
        self.top = self.top.min(at).max((at + 1).saturating_sub(room)).min(run.decisions.len().saturating_sub(room));
    }

    fn place(&self, run: &Run) -> usize {
        self.selected.map_or(0, |id| run.inbox().take_while(|decision| decision.id != id).count())
    }

    fn step(&mut self, by: isize, run: &Run) {
        let last = run.decisions.len().saturating_sub(1);
        let at = self.place(run).saturating_add_signed(by).min(last);
        self.selected = run.inbox().nth(at).map(|decision| decision.id);
        self.wanted = self.selected;
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen, lit: Lit) {
        let run = screen.run();
        let open = run.decisions.len();
        let room = usize::from(area.height.saturating_sub(2));
        let below = open.saturating_sub(self.top + room);
        let titles = Titles {
            name: "4 Decisions".to_owned(),
            more: format!("{open} open{}", if screen.ui.past.is_some() { " then" } else { "" }),
            place: if open > room {
                super::place(&(self.top..(self.top + room).min(open)), open)
            } else {
                String::new()
            },
            beyond: if below > 0 { format!("{below} more ↓") } else { String::new() },
            ..Titles::default()
        };
        let inside = frame::draw(buffer, area, titles, lit, screen.theme);
        if open == 0 {
            let gate = run.options.gate;
            let mut row = Row::new(usize::from(inside.width));
            let waits = if screen.ui.past.is_some() { "waited" } else { "waits" };
            row.push(format!(" nothing {waits} for you (gate: {gate})"), screen.theme.style(Role::Dim));
            row.draw(buffer, inside.x, inside.y);
        }
        for (decision, y) in run.inbox().skip(self.top).zip(inside.y..inside.bottom()) {
            let area = Rect { y, height: 1, ..inside };
            let selected = self.selected(run) == Some(decision.id);
            row(decision, screen, area.width, if selected { "▸" } else { " " }).draw(buffer, area.x, y);
            if selected && lit == Lit::Focused {
                buffer.set_style(area, screen.theme.style(Role::Selected));
            }
        }
    }

    /// All of it as one line, for narrow screens.
    pub fn draw_line(&self, buffer: &mut Buffer, area: Rect, screen: &Screen, lit: Lit) {
        let (run, style) = (screen.run(), |role| screen.theme.style(role));
        let mut line = Row::new(usize::from(area.width));
        let head = if lit == Lit::Focused { Role::Focus } else { Role::Title };
        line.push(if lit == Lit::Focused { "▸" } else { " " }, style(Role::Focus));
        let then = if screen.ui.past.is_some() { "then " } else { "" };
        line.push(format!("4 Decisions {} open {then}", run.decisions.len()), style(head));
        if let Some(decision) = self.selected(run).and_then(|id| run.decisions.get(&id)) {
            let rest = row(decision, screen, line.left() as u16, " ");
            line.append(rest);
        }
        line.draw(buffer, area.x, area.y);
    }
}

/// What a row of this width has to say of the verifier, and how it looks.
fn verdict(decision: &Decision, width: u16) -> (String, Role) {
    let Ask::Write { proposal } = &decision.ask else { return (String::new(), Role::Dim) };
    let failed: Vec<String> = proposal
        .verdict
        .axes
        .iter()
        .filter(|(_, outcome)| matches!(outcome, AxisOutcome::Fail(_)))
        .map(|(axis, _)| axis.to_string())
        .collect();
    let who = if has_clock(width) { " verifier" } else { "" };
    match (failed.is_empty(), proposal.verdict.objection(), proposal.doubts.len()) {
        (false, ..) => (format!("✗ {}", failed.join(" ")), Role::Bad),
        (true, Some(_), _) => (format!("✗{who}"), Role::Bad),
        (true, None, 0) => (format!("✓{who}"), Role::Good),
        (true, None, doubts) => (format!("! {}", words::count(doubts, "doubt", "doubts")), Role::Warn),
    }
}

/// What stands before the proposal in its row.
fn head(decision: &Decision) -> String {
    let task = decision.task.map(|task| task.to_string()).unwrap_or_default();
    format!("{:<4} {:<6} {:<3} {:<4}", decision.id, words::ask_kind(&decision.ask), decision.agent, task)
}

/// Cells of what stands after the proposal.
fn tail_cells(decision: &Decision, width: u16) -> usize {
    let verdict = wrap::width(&verdict(decision, width).0);
    2 + verdict + if verdict > 0 { 2 } else { 0 } + clock_cells(decision, width)
}

/// Cells of the time that it is open, or that is left: what decides itself says so however narrow the screen is.
fn clock_cells(decision: &Decision, width: u16) -> usize {
    match words::countdown(decision, None, None) {
        Some(whole) => wrap::width(&whole).max("00:00 → veto".chars().count()) + 1,
        None if has_clock(width) => "00:00:00 ".len(),
        None => 0,
    }
}

/// On a narrow screen the proposal needs the cells.
fn has_clock(width: u16) -> bool {
    width >= 60
}

/// Cells for the proposal in a row of this width.
fn text_cells(decision: &Decision, width: u16) -> usize {
    usize::from(width).saturating_sub(1 + wrap::width(&head(decision)) + 1 + tail_cells(decision, width))
}

fn quoted(decision: &Decision, run: &Run) -> String {
    format!("“{}”", plain_start(&words::proposal(decision, run), START))
}

/// Whether the row says everything that approving it would approve.
fn says_all(decision: &Decision, run: &Run, width: u16) -> bool {
    let whole = match &decision.ask {
        // A list reads as a list or not at all, and a doubt deserves its card.
        Ask::Plan { tasks, revised, .. } => tasks.len() == 1 && revised.is_empty(),
        Ask::Write { proposal } => proposal.doubts.is_empty() && proposal.verdict.objection().is_none(),
        Ask::Budget { .. } => false,
        Ask::Claim | Ask::Unfold { .. } | Ask::Think { .. } | Ask::Finish { .. } => true,
    };
    let text = words::proposal(decision, run);
    whole && text.len() <= START && wrap::width(&quoted(decision, run)) <= text_cells(decision, width)
}

fn row(decision: &Decision, screen: &Screen, width: u16, cursor: &str) -> Row {
    let (run, style) = (screen.run(), |role| screen.theme.style(role));
    let mut row = Row::new(usize::from(width));
    row.push(cursor, style(Role::Accent));
    row.push(head(decision), style(Role::Ask));
    row.push(" ", style(Role::Text));
    let mut text = Row::new(text_cells(decision, width));
    text.push(quoted(decision, run), style(Role::Text));
    row.append(text);
    row.pad_to(tail_cells(decision, width));
    let (verdict, role) = verdict(decision, width);
    row.push("  ", style(Role::Text));
    if !verdict.is_empty() {
        row.push(format!("{verdict}  "), style(role));
    }
    let open = run.opened_at.get(&decision.id).map_or(0, |at| screen.until() - at);
    let sent = screen.ui.past.is_none() && screen.ui.sent.contains_key(&decision.id);
    let (clock, role) = match screen.ui.countdown(decision, run) {
        _ if sent => ("sent".to_owned(), Role::Dim),
        Some(left) => (left, Role::Warn),
        None => (words::clock(open), Role::Dim),
    };
    let cells = clock_cells(decision, width);
    if cells > 0 {
        row.push(format!("{clock:>width$} ", width = cells - 1), style(role));
    }
    row
}

/// Cells of a row; the one line of a narrow screen says less.
fn shown_in(area: Rect) -> u16 {
    if area.height > 1 { area.width.saturating_sub(2) } else { 0 }
}

/// Keys in the focused pane.
pub fn on_action(ui: &mut Ui, run: &Run, action: Action, effects: &mut Vec<Effect>) -> Option<Modal> {
    let area = ui.regions().pane(crate::tui::layout::Focus::Decisions)?;
    let page = isize::try_from(area.height.saturating_sub(2).max(1)).unwrap_or(1);
    let id = ui.decisions.selected(run);
    match action {
        Action::Down => ui.decisions.step(1, run),
        Action::Up => ui.decisions.step(-1, run),
        Action::PageDown | Action::HalfDown => ui.decisions.step(page, run),
        Action::PageUp | Action::HalfUp => ui.decisions.step(-page, run),
        Action::First => ui.decisions.step(isize::MIN, run),
        Action::Last => ui.decisions.step(isize::MAX, run),
        Action::Open => return id.map(Modal::card),
        Action::Approve => {
            let decision = run.decisions.get(&armed(ui, run)?)?;
            if !says_all(decision, run, shown_in(area)) {
                ui.notices.push("opened: its row does not say all of it", ui.now);
                return Some(Modal::card(decision.id));
            }
            decide(ui, decision.id, Choice::Approve, effects);
        }
        Action::Edit => {
            let decision = run.decisions.get(&armed(ui, run)?)?;
            if says_all(decision, run, shown_in(area)) {
                ui.arming.mark_read(decision.id);
            }
            return Some(Modal::edit(decision, run));
        }
        Action::Veto => return armed(ui, run).map(Modal::veto),
        Action::Raise => return armed(ui, run).and_then(|id| run.decisions.get(&id)).and_then(Modal::raise),
        Action::FinishWithIt | Action::StopAndSave => {
            let id = armed(ui, run)?;
            ui.notices.push("opened: its row does not say all of it", ui.now);
            return Some(Modal::card(id));
        }
        _ => {}
    }
    None
}
