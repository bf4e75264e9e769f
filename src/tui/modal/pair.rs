//! Two entries that may contradict each other, beside each other with what each rests on, to the letter. Settling them
//! is a command: each key begins to type it.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
};

use crate::{
    run::{Label, Run, Timeline},
    tui::{
        action::Action,
        bodies::Bodies,
        copy::Form,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Lit, Titles},
            page::Page,
        },
        words,
    },
};

use super::{
    Flow, Modal,
    evidence::{part_span, unit_text},
    reader::{Reader, inside},
};

/// From this width on they stand beside each other.
const SIDE_BY_SIDE: u16 = 76;

pub struct PairView {
    labels: [Label; 2],
    sides: [Reader; 2],
}

impl PairView {
    #[must_use]
    pub fn new(first: Label, second: Label) -> Self {
        PairView { labels: [first.whole(), second.whole()], sides: [Reader::default(), Reader::default()] }
    }

    #[must_use]
    pub fn copied(&self, form: Form) -> String {
        let page = |reader: &Reader| match form {
            Form::Text => reader.page().text(),
            Form::Markdown => reader.page().markdown(),
        };
        format!("{}\n{}", page(&self.sides[0]), page(&self.sides[1]))
    }

    pub fn on_action(&mut self, action: Action, _: &mut Ui, _: &Timeline, _: &mut Vec<Effect>) -> Flow {
        let [first, second] = self.labels;
        let settle = |how: &str| Flow::onto(Modal::prompt(&format!("settle {first} {second} {how} ")));
        match action {
            Action::Back => return Flow::Back,
            Action::KeepFirst => return settle("first"),
            Action::KeepSecond => return settle("second"),
            Action::KeepBoth => return settle("both"),
            Action::Reexamine => return settle("examine"),
            action => self.sides.iter_mut().for_each(|side| side.on_action(action)),
        }
        Flow::Stay
    }

    fn areas(area: Rect) -> [Rect; 2] {
        let halves = [Constraint::Percentage(50), Constraint::Fill(1)];
        match area.width >= SIDE_BY_SIDE {
            true => Layout::horizontal(halves).areas(area),
            false => Layout::vertical(halves).areas(area),
        }
    }

    pub fn settle(&mut self, ui: &mut Ui, timeline: &Timeline, area: Rect, effects: &mut Vec<Effect>) {
        let run = timeline.run();
        let stamp = (ui.bodies.version, run.head.0);
        for ((side, label), area) in self.sides.iter_mut().zip(self.labels).zip(PairView::areas(area)) {
            if side.is_stale(stamp) {
                let page = page(label, run, &mut ui.bodies, effects);
                side.refresh(stamp, || page);
            }
            side.settle(inside(area));
        }
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        frame::clear(buffer, area, screen.theme);
        let settled = screen.run().is_settled(self.labels[0], self.labels[1]);
        for ((side, (number, label)), area) in self.sides.iter().zip((1..).zip(self.labels)).zip(PairView::areas(area))
        {
            let titles = Titles {
                name: format!("{number} {label}"),
                right: if settled { "settled".to_owned() } else { String::new() },
                place: side.place(),
                beyond: side.beyond(),
                ..Titles::default()
            };
            frame::draw(buffer, area, titles, Lit::OnTop, screen.theme);
            side.draw(buffer, inside(area), screen.theme);
        }
    }
}

/// What an entry says, and the words of the documents that it rests on.
fn page(label: Label, run: &Run, bodies: &mut Bodies, effects: &mut Vec<Effect>) -> Page {
    let mut page = Page::default();
    let Some(entry) = run.context.get(label).cloned() else {
        page.line("it is not in the shared context at this moment", Role::Warn);
        return page;
    };
    let (glyph, role) = words::entry_glyph(entry.kind);
    let task = entry.task.map(|task| format!(" {task}")).unwrap_or_default();
    page.paragraph(0).add(glyph, role).add(&format!("  {}{task}", label.author), Role::Dim);
    for taint in &entry.taint {
        page.line(&format!("! {taint}"), Role::Warn);
    }
    page.line(&entry.gist, Role::Text);
    if entry.citations.is_empty() {
        page.blank().line("it cites nothing", Role::Warn);
    }
    for citation in &entry.citations {
        page.blank();
        let Some(unit) = run.unit(citation.label) else {
            page.paragraph(2).add(&format!("[{}] ", citation.label), Role::Accent);
            let gist = run.context.get(citation.label).map_or("not in the shared context", |entry| &entry.gist);
            page.add(gist, Role::Text);
            continue;
        };
        page.paragraph(2).add(&format!("[{}] ", citation.label), Role::Accent);
        page.add(run.path(unit).unwrap_or_default(), Role::Dim);
        let span = citation.span.clone().or_else(|| part_span(citation, run, bodies, effects));
        match unit_text(unit, run, bodies, effects) {
            Ok(text) => match span.and_then(|span| text.get(span)) {
                Some(quoted) => drop(page.verbatim().add(quoted, Role::Mark)),
                None => drop(page.line("the whole of it; its entry opens it", Role::Dim)),
            },
            Err(why) => drop(page.line(&why, Role::Dim)),
        }
    }
    page
}
