//! A report to walk through: rows with what they open. One that was made from the run is made again when the run moves
//! or a body comes, with the cursor on the row it was on.

use std::{cell::RefCell, collections::BTreeSet, ops::Range};

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::plain_line,
    run::{
        BlobId, RunId, Seq, Timeline,
        line::{Line, Look},
        report::{Made, Report, Row as Item, Scene, Target, Tone, make},
    },
    tui::{
        action::Action,
        copy::Form,
        msg::{Effect, Now},
        pane::travel,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            list::{Anchor, List},
            row::Row,
            wrap,
        },
    },
};

use super::{Flow, Modal, reader::inside_wide};

/// How soon a report may be made again, in milliseconds: some look at every event.
const REST: i64 = 300;
/// Lines that a row takes at most; opening it shows the rest.
const TALLEST: usize = 6;
/// Bodies that are asked for at once.
const ASKED: usize = 64;

/// Where the rows come from.
enum Origin {
    /// The run: it is made again.
    Run(Look),
    /// Somebody with other runs at hand, who has not answered yet.
    Awaited,
    Given,
}

pub struct ReportView {
    origin: Origin,
    report: Report,
    list: List,
    lines: Vec<Vec<Range<usize>>>,
    /// Rows as they are shown, their texts made plain.
    texts: Vec<String>,
    width: usize,
    room: usize,
    /// What it was made from, and when.
    made: Option<((Seq, Seq, u64), Now)>,
    is_stale: bool,
    /// Bodies that were at hand once: they are not asked for again.
    had: BTreeSet<BlobId>,
}

impl ReportView {
    fn of(origin: Origin, report: Report) -> Self {
        let (list, made, had) = (List::new(Anchor::Top(0)), None, BTreeSet::new());
        let mut view = ReportView {
            origin,
            report,
            list,
            lines: vec![],
            texts: vec![],
            width: 0,
            room: 0,
            made,
            is_stale: false,
            had,
        };
        view.list.select(0, 0..0);
        view
    }

    #[must_use]
    pub fn given(report: Report) -> Self {
        ReportView::of(Origin::Given, report)
    }

    /// One that somebody else is asked for.
    #[must_use]
    pub fn awaited(title: &str) -> Self {
        let mut report = Report::new(title);
        report.row(0, Tone::Dim, "", "looking it up…");
        ReportView::of(Origin::Awaited, report)
    }

    /// # Errors
    /// Why there is nothing to look at; `None` when it cannot be made from the run.
    pub fn made(
        look: &Look,
        ui: &mut Ui,
        timeline: &Timeline,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<Self>, String> {
        let mut view = ReportView::of(Origin::Run(look.clone()), Report::default());
        match view.make(look, ui, timeline, effects) {
            Made::Report(report) => {
                view.report = report;
                Ok(Some(view))
            }
            Made::Refused(why) => Err(why),
            Made::Elsewhere => Ok(None),
        }
    }

    #[must_use]
    pub fn is_awaited(&self) -> bool {
        matches!(self.origin, Origin::Awaited)
    }

    /// What was awaited has come.
    pub fn fill(&mut self, report: Report) {
        *self = ReportView::given(report);
    }

    /// What was said while it is awaited; it may be why it does not come.
    pub fn hear(&mut self, said: &str) {
        self.report.row(1, Tone::Warn, "meanwhile", said);
        self.width = 0;
    }

    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    fn make(&mut self, look: &Look, ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) -> Made {
        let missed: RefCell<Vec<BlobId>> = RefCell::default();
        let had: RefCell<BTreeSet<BlobId>> = RefCell::default();
        let made = {
            let bodies = &ui.bodies;
            let body = |id: BlobId| match bodies.held(id) {
                Some(bytes) => {
                    had.borrow_mut().insert(id);
                    Some(bytes.to_vec())
                }
                None => {
                    missed.borrow_mut().push(id);
                    None
                }
            };
            let watches = ui.watches.exprs();
            make(look, &Scene { timeline, body: &body, watches: &watches })
        };
        self.had.append(&mut had.into_inner());
        for id in missed.into_inner().into_iter().filter(|id| !self.had.contains(id)).take(ASKED) {
            ui.bodies.want(id, effects);
        }
        self.made = Some((stamp(ui, timeline), ui.now));
        made
    }

    fn make_again(&mut self, ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) {
        let Origin::Run(look) = &self.origin else { return };
        let look = look.clone();
        let Some((stamped, at)) = self.made else { return };
        self.is_stale = stamped != stamp(ui, timeline);
        if !self.is_stale || ui.now.since(at) < REST {
            return;
        }
        self.is_stale = false;
        let Made::Report(report) = self.make(&look, ui, timeline, effects) else { return };
        if report == self.report {
            return;
        }
        let at = self.list.selected().and_then(|at| same_row(&self.report.rows, at, &report.rows));
        let shown = self.shown(self.room);
        self.report = report;
        self.width = 0;
        if let Some(at) = at {
            self.list.select(at, shown);
        }
    }

    /// When it is due to be made again.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Now> {
        self.made.filter(|_| self.is_stale).map(|(_, at)| Now(at.0 + REST))
    }

    fn height(&self, at: usize) -> usize {
        self.lines.get(at).map_or(1, Vec::len)
    }

    fn shown(&self, room: usize) -> Range<usize> {
        self.list.window(self.report.rows.len(), room, |at| self.height(at))
    }

    /// Moves the cursor.
    pub fn travel(&mut self, action: Action) {
        let len = self.report.rows.len();
        let shown = self.shown(self.room);
        if action == Action::Last && len > 0 {
            self.list.select(len - 1, shown);
        } else {
            travel(&mut self.list, action, len, shown);
        }
    }

    /// What the row under the cursor stands for.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        self.report.rows.get(self.list.selected()?)?.target.as_ref()
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, timeline: &Timeline, _: &mut Vec<Effect>) -> Flow {
        match action {
            Action::Back => return Flow::Back,
            Action::Open => {
                if let Some(target) = self.target().cloned() {
                    return open(target, ui, timeline);
                }
                ui.notices.push("this row opens nothing", ui.now);
            }
            action => self.travel(action),
        }
        Flow::Stay
    }

    #[must_use]
    pub fn copied(&self, form: Form) -> String {
        match form {
            Form::Text => self.report.text(),
            Form::Markdown => {
                let rows = self.report.rows.iter().map(|row| format!("{:1$}- {2}\n", "", 2 * row.depth, said(row)));
                format!("## {}\n\n{}", self.report.title, rows.collect::<String>())
            }
        }
    }

    pub fn settle(&mut self, ui: &mut Ui, timeline: &Timeline, area: Rect, effects: &mut Vec<Effect>) {
        self.make_again(ui, timeline, effects);
        let inside = inside_wide(area);
        let width = usize::from(inside.width);
        self.room = usize::from(inside.height);
        if self.width != width {
            self.width = width;
            self.texts = self.report.rows.iter().map(said).collect();
            let wrapped = |(row, text): (&Item, &String)| {
                let mut lines = wrap::wrap(text, width.saturating_sub(indent(row)).max(8), hang(row));
                if lines.len() > TALLEST {
                    lines.truncate(TALLEST);
                    lines[TALLEST - 1].end = text.len();
                }
                lines
            };
            self.lines = self.report.rows.iter().zip(&self.texts).map(wrapped).collect();
        }
        self.list.settle(self.lines.len(), self.room, |at| self.lines[at].len());
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let inside = inside_wide(area);
        let len = self.report.rows.len();
        let shown = self.shown(usize::from(inside.height));
        let below = len - shown.end.min(len);
        let titles = Titles {
            name: plain_line(&self.report.title).into_owned(),
            place: if shown.len() < len { crate::tui::pane::place(&shown, len) } else { String::new() },
            beyond: if below > 0 { format!("{below} more ↓") } else { String::new() },
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        let mut y = inside.y;
        for at in shown {
            let height = (self.height(at) as u16).min(inside.bottom().saturating_sub(y));
            self.draw_row(buffer, Rect { y, height, ..inside }, at, screen);
            y += height;
        }
        if len == 0 {
            let row = Rect { height: 1, ..inside };
            crate::tui::widget::row::text(buffer, row, "nothing to show", screen.theme.style(Role::Dim));
        }
    }

    fn draw_row(&self, buffer: &mut Buffer, area: Rect, at: usize, screen: &Screen) {
        let (row, text) = (&self.report.rows[at], &self.texts[at]);
        let style = |role| screen.theme.style(role);
        let selected = self.list.selected() == Some(at);
        let head = plain_line(&row.head).len();
        let (head_role, role) = roles(row.tone);
        for ((number, line), y) in self.lines[at].iter().enumerate().zip(area.y..area.bottom()) {
            let mut cells = Row::new(usize::from(area.width));
            let mark = match (number, selected, row.target.is_some()) {
                (0, true, _) => "▸",
                (0, false, true) => "·",
                _ => " ",
            };
            cells.push(mark, style(if selected { Role::Focus } else { Role::Dim }));
            let gap = indent(row) - 1 + if number > 0 { hang(row) } else { 0 };
            cells.push(" ".repeat(gap), style(role));
            let split = head.clamp(line.start, line.end);
            cells.push(&text[line.start..split], style(head_role));
            cells.push(&text[split..line.end], style(role));
            cells.draw(buffer, area.x, y);
        }
        if selected {
            buffer.set_style(area, style(Role::Selected));
        }
    }
}

fn stamp(ui: &Ui, timeline: &Timeline) -> (Seq, Seq, u64) {
    (timeline.head().head, timeline.run().head, ui.bodies.version)
}

/// A row as one text: its head, then what it says.
fn said(row: &Item) -> String {
    let gap = if row.head.is_empty() || row.text.is_empty() { "" } else { "  " };
    format!("{}{gap}{}", plain_line(&row.head), plain_line(&row.text))
}

fn indent(row: &Item) -> usize {
    2 + 2 * row.depth.min(20)
}

fn hang(row: &Item) -> usize {
    if row.head.is_empty() { 0 } else { 2 }
}

/// How head and text look. The words of a row say the same.
fn roles(tone: Tone) -> (Role, Role) {
    match tone {
        Tone::Title => (Role::Title, Role::Title),
        Tone::Plain => (Role::Accent, Role::Text),
        Tone::Dim => (Role::Dim, Role::Dim),
        Tone::Good => (Role::Good, Role::Text),
        Tone::Bad => (Role::Bad, Role::Text),
        Tone::Warn => (Role::Warn, Role::Text),
    }
}

/// Where a row stands in a report that was made again: the one that stands for the same, as often as it came before;
/// else the one in its place.
fn same_row(before: &[Item], at: usize, after: &[Item]) -> Option<usize> {
    let wanted = before.get(at)?;
    let is_same = |row: &&Item| match &wanted.target {
        Some(target) => row.target.as_ref() == Some(target) && row.head == wanted.head && row.depth == wanted.depth,
        None => row.target.is_none() && row.head == wanted.head && row.depth == wanted.depth && row.text == wanted.text,
    };
    let nth = before[..at].iter().filter(is_same).count();
    let mut same = (0..after.len()).filter(|at| is_same(&&after[*at]));
    same.nth(nth).or_else(|| after.len().checked_sub(1).map(|last| at.min(last)))
}

/// What opening a row does.
fn open(target: Target, ui: &mut Ui, timeline: &Timeline) -> Flow {
    let run = timeline.run();
    let gone = |what: String, ui: &mut Ui| {
        ui.notices.push(what, ui.now);
        Flow::Stay
    };
    match target {
        Target::Seq(seq) if seq == run.head => gone(format!("event {seq} is what is looked at"), ui),
        Target::Seq(seq) => Flow::Visit(seq),
        Target::Entry(label) if run.context.get(label).is_none() => {
            gone(format!("{label} is not in the shared context at this moment"), ui)
        }
        Target::Entry(label) => Flow::onto(Modal::entry(label.whole())),
        Target::Evidence(citation) => Flow::onto(Modal::cited(&citation)),
        Target::Task(task) => Flow::onto(Modal::task(task)),
        Target::Agent(agent) => Flow::onto(Modal::agent(agent)),
        Target::Call(call) => match place_of(call, ui, timeline) {
            Some((agent, at)) => Flow::onto(Modal::call(agent, at)),
            None => gone(format!("{call} has not come back yet"), ui),
        },
        Target::Decision(id) if run.decisions.contains_key(&id) => Flow::onto(Modal::card(id)),
        Target::Decision(id) => gone(format!("{id} is not open at this moment: it was decided, or comes later"), ui),
        Target::Pair(first, second) => Flow::onto(Modal::pair(first, second)),
        Target::Answer if run.answer.is_none() => gone("there is no answer at this moment".to_owned(), ui),
        Target::Answer => Flow::onto(Modal::answer()),
        Target::Run(RunId(id)) => Flow::Carry(Line::Look(Look::Open(RunId(id)))),
    }
}

/// Which call of its agent a call is.
fn place_of(id: crate::run::CallId, ui: &Ui, timeline: &Timeline) -> Option<(crate::run::AgentId, usize)> {
    let run = timeline.run();
    run.agents.iter().find_map(|agent| {
        let calls = ui.calls.of(agent.id, run.head);
        let at = calls.iter().position(|place| place.call(timeline).is_some_and(|call| call.id == id))?;
        Some((agent.id, at))
    })
}
