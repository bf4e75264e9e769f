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
        Ok(text) => {
            let (text, span) = reflowed(text, span, cells.saturating_sub(2));
            raw(&text, span)
        }
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

/// Lines that were broken by hand flow on where they would be broken a second time: where prose goes on, the line break
/// and the indentation behind it become one space. The span moves with its text.
fn reflowed(text: String, span: Option<Range<usize>>, cells: usize) -> (String, Option<Range<usize>>) {
    if text.lines().all(|line| wrap::width(line) <= cells) {
        return (text, span);
    }
    let mut flowing = String::with_capacity(text.len());
    let mut left_out: Vec<Range<usize>> = Vec::new();
    let mut lines = text.split('\n');
    let mut line = lines.next().unwrap_or_default();
    let mut end = line.len();
    flowing.push_str(line);
    for next in lines {
        let indent = next.len() - next.trim_start_matches([' ', '\t']).len();
        if goes_on(line, &next[indent..], indent > 0) {
            flowing.push(' ');
            flowing.push_str(&next[indent..]);
            left_out.push(end + 1..end + 1 + indent);
        } else {
            flowing.push('\n');
            flowing.push_str(next);
        }
        end += 1 + next.len();
        line = next;
    }
    let moved = |at: usize| {
        let before: usize = left_out.iter().map(|gap| at.min(gap.end).saturating_sub(gap.start)).sum();
        at - before
    };
    (flowing, span.map(|span| moved(span.start)..moved(span.end)))
}

/// Whether a line was broken for its width alone, and `next` goes on with its prose. What is indented may be code, whose
/// lines end in other ways.
fn goes_on(line: &str, next: &str, is_indented: bool) -> bool {
    /// A line shorter than this, in bytes, was ended on purpose.
    const FULL: usize = 45;
    let is_prose = next.starts_with(|c: char| c.is_alphanumeric() || "\"'“(".contains(c)) && !opens_an_item(next);
    let ends_as_prose = line.ends_with(|c: char| c.is_alphanumeric() || ".,-\"'”".contains(c));
    line.len() >= FULL && is_prose && (ends_as_prose || !is_indented)
}

/// `J. `, `12) `, `(iv) `.
fn opens_an_item(line: &str) -> bool {
    let word = line.split(' ').next().unwrap_or_default().trim_start_matches('(');
    word.strip_suffix(['.', ')']).is_some_and(|number| number.len() <= 3 && number.chars().all(char::is_alphanumeric))
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
    fn reflowing_keeps_what_was_broken_on_purpose() {
        let text =
            "Title\n\nThis line of prose was broken by hand at some width\nand goes on here.\n  - an item\nend\n";
        let (flowing, _) = reflowed(text.to_owned(), None, 40);
        assert_eq!(flowing.len(), text.len());
        assert!(flowing.contains("width and goes on here.\n  - an item\nend\n") && flowing.starts_with("Title\n\n"));
        assert_eq!(reflowed(text.to_owned(), Some(3..9), 80), (text.to_owned(), Some(3..9)), "it fits as it is");
    }

    #[test]
    fn an_indented_item_flows_on_and_its_mark_with_it() {
        let text = "I. Preserve the section Entitled \"History\", Preserve its Title,\n   and add to it an item stating at \
                    least the title, the year,\n   and the authors of the Modified Version.\nJ. Preserve the network \
                    location, if any, given in the Document\n   for public access.\n";
        let mark = text.find("year").unwrap()..text.find(" Version").unwrap();
        let (flowing, moved) = reflowed(text.to_owned(), Some(mark), 40);
        assert_eq!(&flowing[moved.unwrap()], "year, and the authors of the Modified");
        let lines: Vec<_> = flowing.lines().collect();
        assert!(
            lines.len() == 2 && lines[0].ends_with("Modified Version.") && lines[1].ends_with("for public access.")
        );
    }

    #[test]
    fn indented_code_stays_as_it_is() {
        let code = "    let answer = ask(&question, Options::default())?;\n    answer.keep(the_first_of(&answer.quotes, 3));\n    drop(it);\n";
        assert_eq!(reflowed(code.to_owned(), None, 20).0, code);
    }
}
