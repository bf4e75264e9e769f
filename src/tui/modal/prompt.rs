//! The line in which commands are typed, with what it can go on with above it and what is wrong below it.
//!
//! Typing here decides nothing; Enter hands the line on, and what is refused leaves the line as it is.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use crate::{
    plain::plain_line,
    run::{
        Seq, Timeline,
        lang::Complaint,
        line::{Line, VERBS, Verb},
    },
    tui::{
        action::Action,
        completion::{Candidate, Known, MOST, candidates, usage, verb_of},
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            row::{self, Row},
            wrap,
        },
    },
};

use super::{
    Flow, Modal,
    form::{Field, Lines},
    reader::inside_wide,
};

/// Completions in sight at most.
const LISTED: u16 = 7;
/// Lines kept to be typed again.
const KEPT: usize = 200;

/// Lines that were typed, oldest first.
#[derive(Debug, Default)]
pub struct History {
    lines: Vec<String>,
}

impl History {
    pub fn keep(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() || self.lines.last().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.len() == KEPT {
            self.lines.remove(0);
        }
        self.lines.push(line.to_owned());
    }
}

/// Moves in the report that the line is about.
fn travel(ui: &mut Ui, action: Action) {
    if let Some(Modal::Report(view)) = ui.modals.last_mut() {
        view.travel(action);
    }
}

pub struct Prompt {
    field: Field,
    complaint: Option<Complaint>,
    /// What the text before the cursor can go on with.
    found: Vec<Candidate>,
    /// The text and the moment that it was found for.
    found_for: Option<(String, Seq)>,
    /// While Tab walks the completions: the text before the first one, and the one that is taken.
    walk: Option<(String, usize)>,
    /// The place in the history that is shown, and what was typed before it was.
    recalled: Option<(usize, String)>,
    rows: u16,
}

impl Prompt {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Prompt {
            field: Field::new(&plain_line(text), Lines::One),
            complaint: None,
            found: vec![],
            found_for: None,
            walk: None,
            recalled: None,
            rows: 0,
        }
        .at_end()
    }

    fn at_end(mut self) -> Self {
        let end = self.field.text().chars().count();
        self.field.go_to(end);
        self
    }

    #[must_use]
    pub fn text(&self) -> String {
        self.field.text()
    }

    /// Says what is wrong with the line, which stays, and puts the cursor there.
    pub fn complain(&mut self, complaint: Complaint) {
        self.field.go_to((complaint.column as usize).saturating_sub(1));
        self.complaint = Some(complaint);
    }

    /// Says why the line, which stays, cannot be done as things are; the cursor stands at its end.
    pub fn refuse(&mut self, why: String) {
        let end = self.text().chars().count() as u32;
        self.complain(Complaint::at(end + 1, why));
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, _: &mut Vec<Effect>) -> Flow {
        match action {
            Action::Back => {
                ui.history.keep(&self.text());
                return Flow::Back;
            }
            Action::CarryOut => {
                let text = self.text();
                match Line::parse(&text) {
                    Ok(Line::Nothing) => return Flow::Back,
                    Ok(line) => {
                        ui.history.keep(&text);
                        return Flow::Carry(line);
                    }
                    Err(complaint) => self.complain(complaint),
                }
            }
            Action::Complete => self.complete(),
            Action::PreviousLine => self.recall(ui, -1),
            Action::NextLine => self.recall(ui, 1),
            Action::ReportDown => travel(ui, Action::PageDown),
            Action::ReportUp => travel(ui, Action::PageUp),
            _ => {}
        }
        Flow::Stay
    }

    fn complete(&mut self) {
        let (base, at) = match self.walk.take() {
            Some((base, at)) => (base, (at + 1) % self.found.len().max(1)),
            None => (self.before_cursor(), 0),
        };
        let Some(candidate) = self.found.get(at) else { return };
        let end = if self.found.len() == 1 { " " } else { "" };
        let after: String = self.text().chars().skip(self.field.column()).collect();
        let taken = format!("{}{}{end}", &base[..candidate.replaces.start], candidate.text);
        self.field.set(&format!("{taken}{after}"));
        self.field.go_to(taken.chars().count());
        self.walk = (self.found.len() > 1).then_some((base, at));
        self.complaint = None;
    }

    fn recall(&mut self, ui: &Ui, by: isize) {
        let lines = &ui.history.lines;
        let (at, typed) = self.recalled.take().unwrap_or_else(|| (lines.len(), self.text()));
        let to = at.saturating_add_signed(by);
        match lines.get(to) {
            Some(line) => {
                self.field.set(line);
                self.recalled = Some((to, typed));
            }
            None => self.field.set(&typed),
        }
        self.touched();
    }

    fn touched(&mut self) {
        (self.complaint, self.walk) = (None, None);
    }

    fn before_cursor(&self) -> String {
        self.text().chars().take(self.field.column()).collect()
    }

    pub fn on_text_key(&mut self, key: KeyEvent) {
        // As in a shell.
        if key.code == KeyCode::Char('u') && key.modifiers == KeyModifiers::CONTROL {
            self.field = Field::new("", Lines::One);
            self.recalled = None;
            self.touched();
            return;
        }
        // One line has no second, and Enter is spoken for.
        if key.code != KeyCode::Enter {
            self.field.on_key(key);
            self.recalled = None;
            self.touched();
        }
    }

    pub fn on_paste(&mut self, text: &str) {
        self.field.on_paste(text);
        self.recalled = None;
        self.touched();
    }

    pub fn settle(&mut self, ui: &Ui, timeline: &Timeline, area: Rect) {
        let wanted = Some((self.before_cursor(), timeline.run().head));
        if self.walk.is_none() && self.found_for != wanted {
            let watches = ui.watches.exprs();
            let known = Known { run: timeline.run(), answered: &ui.answered, watches: &watches };
            self.found = candidates(&self.before_cursor(), &known);
            self.found_for = wanted;
        }
        let most = LISTED.min(area.height / 2).saturating_sub(1).max(1);
        self.rows = (self.found.len() as u16).min(most);
    }

    /// Where it stands: at the lower edge, as high as what it shows.
    #[must_use]
    pub fn area(&self, body: Rect) -> Rect {
        let height = (self.rows + 4).min(body.height);
        Rect { y: body.bottom() - height, height, ..body }
    }

    /// The verb that the line is about: the one it begins with, else the marked completion.
    fn verb(&self) -> Option<&'static Verb> {
        let marked = || self.found.get(self.walk.as_ref().map_or(0, |(_, at)| *at));
        let named = |name: &str| VERBS.iter().find(|verb| verb.names[0] == name);
        verb_of(&self.text()).or_else(|| marked().and_then(|candidate| named(&candidate.text)))
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let style = |role| screen.theme.style(role);
        let area = self.area(area);
        let verb = self.verb();
        let titles =
            Titles { name: "Command".to_owned(), more: verb.map(usage).unwrap_or_default(), ..Titles::default() };
        frame::draw_over(buffer, area, titles, screen.theme);
        let inside = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..inside_wide(area) };
        let line = |at: u16| Rect { y: inside.y + at, height: 1, ..inside };
        self.draw_found(buffer, Rect { height: self.rows, ..inside }, screen);
        let (start, shift) = self.window(usize::from(inside.width).saturating_sub(4));
        row::text(buffer, line(self.rows), " :", style(Role::Key));
        self.draw_text(buffer, Rect { x: inside.x + 3, ..line(self.rows) }, start, screen);
        let below = line(self.rows + 1);
        match (&self.complaint, verb) {
            (Some(complaint), _) => self.draw_complaint(buffer, below, 3 + shift, complaint, screen),
            (None, Some(verb)) => {
                let mut row = Row::new(usize::from(below.width));
                row.push(format!("   {}", verb.help), style(Role::Dim));
                row.push(format!("  e.g. {}", verb.example), style(Role::Accent));
                row.draw(buffer, below.x, below.y);
            }
            (None, None) => row::text(buffer, below, "   help lists what there is", style(Role::Dim)),
        }
    }

    fn draw_found(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let style = |role| screen.theme.style(role);
        let marked = self.walk.as_ref().map_or(0, |(_, at)| *at);
        let top = (marked + 1).saturating_sub(usize::from(area.height));
        let widest = self.found.iter().map(|found| wrap::width(&found.text)).max().unwrap_or(0).min(24);
        for ((at, found), y) in self.found.iter().enumerate().skip(top).zip(area.y..area.bottom()) {
            let mut row = Row::new(usize::from(area.width));
            row.push(if at == marked { " ▸ " } else { "   " }, style(Role::Focus));
            let verb = VERBS.iter().find(|verb| found.replaces.start == 0 && verb.names[0] == found.text);
            let role = if at == marked { Role::Title } else { Role::Text };
            let gap = widest.saturating_sub(wrap::width(&found.text)) + 2;
            row.push(plain_line(&found.text), style(role));
            row.push(" ".repeat(gap), style(Role::Text));
            if let Some(form) = verb.map(|verb| verb.form).filter(|form| !form.is_empty()) {
                row.push(format!("{form}  "), style(Role::Accent));
            }
            // How many more there are stands behind the last one in sight.
            let more = self.found.len() - top - usize::from(area.height).min(self.found.len() - top);
            let last = y + 1 == area.bottom() && more > 0;
            let at_least = if self.found.len() < MOST { "" } else { "+" };
            let tail = if last { format!(" {more}{at_least} more ") } else { String::new() };
            let mut what = Row::new(row.left().saturating_sub(wrap::width(&tail)));
            what.push(plain_line(&found.what), style(Role::Dim));
            what.pad_to(0);
            row.append(what);
            row.push(tail, style(Role::Warn));
            row.draw(buffer, area.x, y);
        }
    }

    /// The first character in sight, and the cells between it and the cursor.
    fn window(&self, cells: usize) -> (usize, usize) {
        let chars: Vec<char> = self.text().chars().collect();
        let column = self.field.column().min(chars.len());
        let width = |from: usize| wrap::width(&chars[from..column].iter().collect::<String>());
        let start = (0..=column).find(|from| width(*from) < cells.max(2)).unwrap_or(column);
        (start, width(start))
    }

    fn draw_text(&self, buffer: &mut Buffer, area: Rect, start: usize, screen: &Screen) {
        let (text, column) = (self.text(), self.field.column());
        let piece = |from: usize, to: usize| text.chars().skip(from).take(to - from).collect::<String>();
        let under = text.chars().nth(column).unwrap_or(' ');
        let style = screen.theme.style(Role::Text);
        let mut row = Row::new(usize::from(area.width).saturating_sub(2));
        row.push(piece(start, column), style);
        row.push(under.to_string(), style.add_modifier(Modifier::REVERSED));
        row.push(piece(column + 1, usize::MAX), style);
        row.draw(buffer, area.x, area.y);
    }

    /// The caret stands under the column; the sentence where there is room for it.
    fn draw_complaint(&self, buffer: &mut Buffer, area: Rect, at: usize, complaint: &Complaint, screen: &Screen) {
        let style = screen.theme.style(Role::Warn);
        let mut row = Row::new(usize::from(area.width));
        let said = plain_line(&complaint.message).into_owned();
        let cells = wrap::width(&said);
        if at + 2 + cells > usize::from(area.width) && cells < at {
            row.push(format!("{said:>width$} ^", width = at - 1), style);
        } else if at + 2 + cells > usize::from(area.width) {
            // Nothing is cut: without the room for a caret the column is named.
            row.push(format!("   {}", complaint.in_line()), style);
        } else {
            row.push(format!("{:at$}^ {said}", ""), style);
        }
        row.draw(buffer, area.x, area.y);
    }
}
