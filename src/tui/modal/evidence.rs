//! What a citation points at: the raw text of its unit with the verbatim span marked.

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::plain_line,
    run::{Citation, Run, Summary, Timeline, Unit},
    tui::{
        action::Action,
        bodies::{Bodies, Body},
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            page::Page,
            wrap,
        },
    },
};

use super::{
    Flow,
    reader::{Reader, inside},
};

pub struct EvidenceView {
    citation: Citation,
    pane: Evidence,
}

impl EvidenceView {
    #[must_use]
    pub fn new(citation: Citation) -> Self {
        EvidenceView { citation, pane: Evidence::default() }
    }

    #[must_use]
    pub fn shown(&self) -> &Page {
        self.pane.reader.page()
    }

    pub fn on_action(&mut self, action: Action, _: &mut Ui, _: &Timeline, _: &mut Vec<Effect>) -> Flow {
        if action == Action::Back {
            return Flow::Back;
        }
        self.pane.reader.on_action(action);
        Flow::Stay
    }

    pub fn settle(&mut self, ui: &mut Ui, timeline: &Timeline, area: Rect, effects: &mut Vec<Effect>) {
        self.pane.show(Some(&self.citation), timeline.run(), inside(area), &mut ui.bodies, effects);
        self.pane.settle(inside(area));
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        frame::draw_over(buffer, area, self.pane.titles(Some(&self.citation), screen.run()), screen.theme);
        self.pane.reader.draw(buffer, inside(area), screen.theme);
    }
}

/// The raw text behind one citation, scrolled to the span.
#[derive(Default)]
pub struct Evidence {
    pub reader: Reader,
    shown: Option<Citation>,
    /// The span is still to be brought into sight.
    reveal: Option<()>,
}

impl Evidence {
    pub fn show(
        &mut self,
        citation: Option<&Citation>,
        run: &Run,
        inside: Rect,
        bodies: &mut Bodies,
        effects: &mut Vec<Effect>,
    ) {
        if self.shown.as_ref() != citation {
            self.shown = citation.cloned();
            self.reader.restart();
            self.reveal = Some(());
        }
        let Some(citation) = citation else {
            self.reader.refresh((0, 0), || note("nothing is cited here"));
            return;
        };
        let stamp = (1 + bodies.version, run.context.len() as u64 * u64::from(!citation.label.is_unit()));
        let stamp = (stamp.0, stamp.1 << 16 | u64::from(inside.width));
        self.reader.refresh(stamp, || evidence_page(citation, run, usize::from(inside.width), bodies, effects));
    }

    pub fn settle(&mut self, inside: Rect) {
        self.reader.settle(inside);
        if let Some(line) = self.reader.page().first_mark()
            && self.reveal.take().is_some()
        {
            self.reader.reveal(line..line + usize::from(inside.height / 2));
        }
    }

    #[must_use]
    pub fn titles(&self, citation: Option<&Citation>, run: &Run) -> Titles {
        let (name, more) = match citation {
            None => ("Evidence".to_owned(), String::new()),
            Some(citation) => {
                let path = run.unit(citation.label).and_then(|unit| run.path(unit)).unwrap_or_default();
                (format!("Evidence [{}]", citation.label), plain_line(path).into_owned())
            }
        };
        Titles { name, more, place: self.reader.place(), beyond: self.reader.beyond(), ..Titles::default() }
    }
}

fn note(text: &str) -> Page {
    let mut page = Page::default();
    page.line(text, Role::Dim);
    page
}

fn evidence_page(citation: &Citation, run: &Run, cells: usize, bodies: &mut Bodies, effects: &mut Vec<Effect>) -> Page {
    let label = citation.label;
    let Some(unit) = run.unit(label) else {
        return match run.context.get(label) {
            None => note(&format!("{label} is not in the shared context")),
            Some(entry) => {
                let mut page = Page::default();
                page.line(&entry.gist, Role::Text).blank();
                page.line("an entry of a peer; o opens it down to its own evidence", Role::Dim);
                page
            }
        };
    };
    let span = citation.span.clone().or_else(|| part_span(citation, run, bodies, effects));
    match unit_text(unit, run, bodies, effects) {
        Ok(text) => raw(&reflowed(text, cells.saturating_sub(2)), span),
        Err(why) => note(&why),
    }
}

/// Where the part that a label names stands in its unit.
pub fn part_span(
    citation: &Citation,
    run: &Run,
    bodies: &mut Bodies,
    effects: &mut Vec<Effect>,
) -> Option<Range<usize>> {
    let number = citation.label.part?;
    let summary = run.context.get(citation.label)?.summary?;
    let Body::Here(bytes) = bodies.want(summary, effects) else { return None };
    let summary: Summary = serde_json::from_slice(&bytes).ok()?;
    summary.part(number).map(|part| part.span.clone())
}

/// The raw text of a unit.
///
/// # Errors
/// Why it is not here, as a sentence.
pub fn unit_text(unit: &Unit, run: &Run, bodies: &mut Bodies, effects: &mut Vec<Effect>) -> Result<String, String> {
    let source = run.sources.iter().find(|source| source.id == unit.source).ok_or("its source is unknown")?;
    match bodies.want(source.text, effects) {
        Body::Waiting => Err("fetching…".to_owned()),
        Body::Missing(why) => Err(format!("the text is missing: {why}")),
        Body::Here(bytes) => {
            let slice = bytes.get(unit.start..unit.end).ok_or("the stored text is shorter than the log says")?;
            String::from_utf8(slice.to_vec()).map_err(|_| "the stored text is not UTF-8".to_owned())
        }
    }
}

/// Lines that were broken by hand flow on where they would be broken a second time. No byte moves: a line break becomes
/// a space where prose goes on after it, and nowhere else.
fn reflowed(text: String, cells: usize) -> String {
    /// A line shorter than this, in bytes, was ended on purpose.
    const FULL: usize = 45;
    if text.lines().all(|line| wrap::width(line) <= cells) {
        return text;
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let mut flowing = String::with_capacity(text.len());
    for (at, line) in lines.iter().enumerate() {
        flowing.push_str(line);
        let Some(next) = lines.get(at + 1) else { break };
        let goes_on = next.starts_with(|c: char| c.is_alphanumeric() || "\"'“(".contains(c));
        flowing.push(if goes_on && line.len() >= FULL { ' ' } else { '\n' });
    }
    flowing
}

/// Raw text with a span marked. The span is cut out before the text is made plain, since that moves offsets.
#[must_use]
pub fn raw(text: &str, span: Option<Range<usize>>) -> Page {
    let mut page = Page::default();
    let pieces = span.and_then(|span| Some((text.get(..span.start)?, text.get(span.clone())?, text.get(span.end..)?)));
    page.verbatim();
    match pieces {
        Some((before, marked, after)) => {
            page.add(before, Role::Text).add(marked, Role::Mark).add(after, Role::Text);
        }
        None => {
            page.add(text, Role::Text);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reflowing_moves_no_byte_and_keeps_what_was_broken_on_purpose() {
        let text =
            "Title\n\nThis line of prose was broken by hand at some width\nand goes on here.\n  - an item\nend\n";
        let flowing = reflowed(text.to_owned(), 40);
        assert_eq!(flowing.len(), text.len());
        assert!(flowing.contains("width and goes on here.\n  - an item\nend\n") && flowing.starts_with("Title\n\n"));
        assert_eq!(reflowed(text.to_owned(), 80), text, "nothing is touched where it fits");
    }
}
