//! One entry of the shared context at three depths: gist, summary, raw text or trajectory.

use ratatui::{buffer::Buffer, layout::Rect};
use serde::de::DeserializeOwned;

use crate::{
    plain::is_blank,
    run::{Admission, BlobId, Citation, Entry, EntryKind, Label, Run, Summary, TAINTED, Timeline, Trajectory},
    tui::{
        action::Action,
        bodies::{Bodies, Body},
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            page::Page,
        },
        words,
    },
};

use super::{
    Flow, Modal,
    card_page::{chain, verdict},
    evidence::{raw, unit_text},
    reader::{Reader, inside},
    task::field,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Gist,
    Summary,
    Raw,
}

pub struct EntryView {
    label: Label,
    level: Level,
    reader: Reader,
    citations: Vec<Citation>,
    /// The citation under the cursor.
    cursor: usize,
    /// The paragraph that it stands in, on a page that lists citations.
    cursor_at: Option<usize>,
}

impl EntryView {
    #[must_use]
    pub fn new(label: Label) -> Self {
        let reader = Reader::default();
        EntryView { label, level: Level::Gist, reader, citations: vec![], cursor: 0, cursor_at: None }
    }

    #[must_use]
    pub fn cites(&self) -> bool {
        !self.citations.is_empty()
    }

    /// Why there is no way further down.
    #[must_use]
    pub fn is_deepest(&self, action: Action) -> Option<&'static str> {
        let opens_citation = action == Action::Open && self.cites();
        (self.level == Level::Raw && !opens_citation).then_some("this is the raw level")
    }

    fn go(&mut self, level: Level) {
        (self.level, self.cursor) = (level, 0);
        self.reader.restart();
    }

    fn move_cursor(&mut self, by: isize) {
        let last = self.citations.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.reader.outdate();
    }

    #[must_use]
    pub fn label(&self) -> Label {
        self.label
    }

    #[must_use]
    pub fn shown(&self) -> &Page {
        self.reader.page()
    }

    pub fn outdate(&mut self) {
        self.reader.outdate();
    }

    pub fn on_action(&mut self, action: Action, _: &mut Ui, _: &Timeline, _: &mut Vec<Effect>) -> Flow {
        let on_citation = !self.citations.is_empty() && self.level != Level::Summary;
        match (action, self.level) {
            (Action::Evidence, _) | (Action::Open, Level::Raw) if on_citation => {
                return Flow::onto(Modal::cited(&self.citations[self.cursor]));
            }
            (Action::Open | Action::Deeper, Level::Gist) => self.go(Level::Summary),
            (Action::Open | Action::Deeper, Level::Summary) => self.go(Level::Raw),
            (Action::Shallower | Action::Back, Level::Raw) => self.go(Level::Summary),
            (Action::Shallower | Action::Back, Level::Summary) => self.go(Level::Gist),
            (Action::Shallower | Action::Back, Level::Gist) => return Flow::Back,
            (Action::NextCitation, _) => self.move_cursor(1),
            (Action::PreviousCitation, _) => self.move_cursor(-1),
            (Action::CycleCitation, _) if self.cursor + 1 >= self.citations.len() => self.move_cursor(isize::MIN),
            (Action::CycleCitation, _) => self.move_cursor(1),
            (action, _) => self.reader.on_action(action),
        }
        Flow::Stay
    }

    pub fn settle(&mut self, ui: &mut Ui, timeline: &Timeline, area: Rect, effects: &mut Vec<Effect>) {
        let run = timeline.run();
        let stamp = (ui.bodies.version, self.cursor as u64 | (run.standing(self.label) as u64) << 32);
        if let Some(entry) = run.context.get(self.label).cloned()
            && self.reader.is_stale(stamp)
        {
            let (page, citations, cursor_at) = self.page(&entry, run, &mut ui.bodies, effects);
            (self.citations, self.cursor_at) = (citations, cursor_at);
            self.reader.refresh(stamp, || page);
            self.reader.settle(inside(area));
            if let Some(at) = self.cursor_at.filter(|_| self.cursor > 0) {
                let lines = self.reader.page().height_of(at)..self.reader.page().height_of(at + 1);
                self.reader.reveal(lines);
            }
        }
        self.reader.settle(inside(area));
    }

    fn page(
        &self,
        entry: &Entry,
        run: &Run,
        bodies: &mut Bodies,
        effects: &mut Vec<Effect>,
    ) -> (Page, Vec<Citation>, Option<usize>) {
        match (self.level, run.unit(entry.label)) {
            (Level::Gist, _) => gist(entry, run, self.cursor),
            (Level::Summary, _) => (summary(entry, bodies, effects), vec![], None),
            (Level::Raw, Some(unit)) => {
                let page = match unit_text(unit, run, bodies, effects) {
                    Ok(text) => raw(&text, None),
                    Err(why) => sentence(&why),
                };
                (page, vec![], None)
            }
            (Level::Raw, None) => trajectory(entry, self.cursor, bodies, effects),
        }
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let is_unit = self.label.is_unit();
        let raw = if is_unit { "raw text" } else { "trajectory" };
        let levels = [(Level::Gist, "gist"), (Level::Summary, "summary"), (Level::Raw, raw)];
        let path: Vec<String> = levels
            .into_iter()
            .map(|(level, name)| if level == self.level { format!("[{name}]") } else { name.to_owned() })
            .collect();
        let titles = Titles {
            name: self.label.to_string(),
            more: path.join(" → "),
            place: self.reader.place(),
            beyond: self.reader.beyond(),
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        self.reader.draw(buffer, inside(area), screen.theme);
    }
}

fn sentence(text: &str) -> Page {
    let mut page = Page::default();
    page.line(text, Role::Dim);
    page
}

/// A body that is JSON.
///
/// # Errors
/// Why it cannot be shown, as a sentence.
pub fn parsed<T: DeserializeOwned>(id: BlobId, bodies: &mut Bodies, effects: &mut Vec<Effect>) -> Result<T, String> {
    match bodies.want(id, effects) {
        Body::Waiting => Err("fetching…".to_owned()),
        Body::Missing(why) => Err(format!("it is missing: {why}")),
        Body::Here(bytes) => serde_json::from_slice(&bytes).map_err(|error| format!("it cannot be read: {error}")),
    }
}

/// Citations one a line, with a cursor; gives the paragraph of the cursor.
pub fn cited(page: &mut Page, citations: &[Citation], cursor: usize, run: &Run) -> Option<usize> {
    let mut at = None;
    for (number, citation) in citations.iter().enumerate() {
        let chosen = number == cursor;
        if chosen {
            at = Some(page.paragraphs());
        }
        let place = match run.unit(citation.label) {
            Some(unit) => format!("{} · {}", run.path(unit).unwrap_or_default(), unit.title),
            None => run.context.get(citation.label).map(|entry| entry.gist.clone()).unwrap_or_default(),
        };
        let (mark, role) = if chosen { ("▸", Role::Focus) } else { (" ", Role::Accent) };
        page.paragraph(4).add(mark, Role::Focus).add(&format!(" {:<9}", citation.label), role).add(&place, Role::Dim);
    }
    at
}

fn gist(entry: &Entry, run: &Run, cursor: usize) -> (Page, Vec<Citation>, Option<usize>) {
    let mut page = Page::default();
    page.line(&entry.gist, Role::Title).blank();
    let (glyph, role) = words::entry_glyph(entry.kind);
    let kind = if entry.kind == EntryKind::Document { "document" } else { glyph };
    field(&mut page, "kind", kind, if entry.kind == EntryKind::Document { Role::Text } else { role });
    if let Some(unit) = run.unit(entry.label) {
        field(&mut page, "title", &unit.title, Role::Text);
        field(&mut page, "from", run.path(unit).unwrap_or("?"), Role::Text);
    } else {
        field(&mut page, "author", &entry.label.author.to_string(), Role::Text);
    }
    if let Some(task) = entry.task.and_then(|id| run.task(id)) {
        field(&mut page, "task", &format!("{} {}", task.id, task.text), Role::Text);
    }
    if !is_blank(&entry.subtask) {
        field(&mut page, "sub-task", &entry.subtask, Role::Text);
    }
    let admission = match entry.admission {
        Admission::Verified => "✓ verified; no policy asked".to_owned(),
        Admission::Approved(id) => format!("✓ approved by you, {id}"),
        Admission::Edited(id) => format!("✓ edited and approved by you, {id}"),
        Admission::Injected => "● written by you".to_owned(),
    };
    field(&mut page, "admitted", &admission, Role::Text);
    if let Some((word, role)) = words::standing(run.standing(entry.label)) {
        let why = if role == Role::Bad { "it must not be used" } else { "it rests on what is recalled" };
        field(&mut page, "standing", &format!("{word}: {why}"), role);
    }
    for taint in &entry.taint {
        field(&mut page, TAINTED, &taint.to_string(), Role::Warn);
    }
    let mut at = None;
    if !entry.citations.is_empty() {
        page.blank();
        page.line("Rests on (] and [ walk, o opens)", Role::Title);
        at = cited(&mut page, &entry.citations, cursor, run);
    }
    (page, entry.citations.clone(), at)
}

fn summary(entry: &Entry, bodies: &mut Bodies, effects: &mut Vec<Effect>) -> Page {
    let Some(id) = entry.summary else { return sentence("a note has no summary") };
    let summary: Summary = match parsed(id, bodies, effects) {
        Ok(summary) => summary,
        Err(why) => return sentence(&why),
    };
    let mut page = Page::default();
    page.line(&summary.topic, Role::Title);
    for part in &summary.parts {
        page.blank();
        let label = entry.label.with_part(part.number);
        page.paragraph(10).add(&format!("{label:<9} "), Role::Accent).add(&part.text, Role::Text);
        page.paragraph(10).add("          ", Role::Dim).add(&format!("“{}” … “{}”", part.head, part.tail), Role::Dim);
    }
    page
}

fn trajectory(
    entry: &Entry,
    cursor: usize,
    bodies: &mut Bodies,
    effects: &mut Vec<Effect>,
) -> (Page, Vec<Citation>, Option<usize>) {
    let Some(id) = entry.trajectory else { return (sentence("a note has no trajectory"), vec![], None) };
    let told: Trajectory = match parsed(id, bodies, effects) {
        Ok(trajectory) => trajectory,
        Err(why) => return (sentence(&why), vec![], None),
    };
    let mut page = Page::default();
    page.line(&told.subtask, Role::Title);
    page.line(&format!("{} {}, try {}", told.agent, told.task, told.attempt), Role::Dim);
    if !told.unfolded.is_empty() {
        let labels: Vec<String> = told.unfolded.iter().map(ToString::to_string).collect();
        page.blank();
        field(&mut page, "unfolded", &labels.join(", "), Role::Accent);
    }
    for feedback in &told.feedback {
        field(&mut page, "was told", &format!("✗ {}: {}", feedback.by, feedback.reason), Role::Warn);
    }
    page.blank();
    let at = chain(&mut page, &told.chain, cursor);
    page.blank();
    verdict(&mut page, &told.verdict);
    (page, told.chain.citations(), at)
}
