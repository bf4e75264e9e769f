//! The answer, and what it rests on.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Answer, Citation, Fact, Label, Outcome, Run, TaskState, Timeline},
    tui::{
        action::Action,
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
    entry::cited,
    reader::{Reader, inside},
};

/// What has to be said before the answer, or instead of it, and why.
type Above = (&'static str, String);

#[derive(Default)]
pub struct AnswerView {
    reader: Reader,
    /// What the page was made from: the answer, and what stands above it.
    answer: Option<Answer>,
    above: Option<Above>,
    cursor: usize,
    cursor_at: Option<usize>,
}

impl AnswerView {
    fn citations(&self) -> &[Citation] {
        self.answer.as_ref().map_or(&[], |answer| &answer.citations)
    }

    #[must_use]
    pub fn cites(&self) -> bool {
        !self.citations().is_empty()
    }

    fn move_cursor(&mut self, by: isize) {
        let last = self.citations().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.reader.outdate();
    }

    #[must_use]
    pub fn shown(&self) -> &Page {
        self.reader.page()
    }

    pub fn outdate(&mut self) {
        self.reader.outdate();
    }

    pub fn on_action(&mut self, action: Action, _: &mut Ui, _: &Timeline, _: &mut Vec<Effect>) -> Flow {
        match action {
            Action::Back => return Flow::Back,
            Action::Open | Action::Evidence => {
                if let Some(citation) = self.citations().get(self.cursor) {
                    return Flow::onto(Modal::cited(citation));
                }
            }
            Action::CycleCitation if self.cursor + 1 >= self.citations().len() => self.move_cursor(isize::MIN),
            Action::Down | Action::NextCitation | Action::CycleCitation => self.move_cursor(1),
            Action::Up | Action::PreviousCitation => self.move_cursor(-1),
            action => self.reader.on_action(action),
        }
        Flow::Stay
    }

    pub fn settle(&mut self, _: &mut Ui, timeline: &Timeline, area: Rect, _: &mut Vec<Effect>) {
        let run = timeline.run();
        if self.answer != run.answer {
            self.answer.clone_from(&run.answer);
            (self.cursor, self.cursor_at) = (0, None);
            self.reader.restart();
        }
        let above = above(timeline);
        if self.above != above {
            (self.above, self.cursor_at) = (above, None);
            self.reader.outdate();
        }
        let stamp = (self.cursor as u64, 0);
        if self.reader.is_stale(stamp) {
            let (page, at) = page(self.answer.as_ref(), self.above.as_ref(), run, self.cursor);
            self.reader.refresh(stamp, || page);
            self.reader.settle(inside(area));
            if let Some(at) = at.filter(|_| self.cursor_at.is_some()) {
                let lines = self.reader.page().height_of(at)..self.reader.page().height_of(at + 1);
                self.reader.reveal(lines);
            }
            self.cursor_at = at;
        }
        self.reader.settle(inside(area));
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let answered = screen.run().answer.is_some();
        let titles = Titles {
            name: if answered { "Answer" } else { "No answer" }.to_owned(),
            more: if answered { words::count(self.citations().len(), "citation", "citations") } else { String::new() },
            place: self.reader.place(),
            beyond: self.reader.beyond(),
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        self.reader.draw(buffer, inside(area), screen.theme);
    }
}

/// Text with its labels in their own colour.
pub fn with_labels(page: &mut Page, text: &str) {
    let mut from = 0;
    for (_, at) in Label::scan(text) {
        page.add(&text[from..at.start], Role::Text).add(&text[at.clone()], Role::Accent);
        from = at.end;
    }
    page.add(&text[from..], Role::Text);
}

/// Nothing, when it is what the run ended with.
fn above(timeline: &Timeline) -> Option<Above> {
    let run = timeline.run();
    let why = match &run.outcome {
        Some(Outcome::Answered) => return None,
        Some(Outcome::OverBudget(_)) if run.answer.is_some() => return None,
        Some(Outcome::Unanswered(why) | Outcome::OverBudget(why)) => why.clone(),
        None => run.objections.last().cloned().unwrap_or_default(),
    };
    // The run ends with the event after the one that brings the answer.
    let has_come = || timeline.event(run.head).is_some_and(|event| matches!(event.fact, Fact::AnswerWritten { .. }));
    let said = match (&run.outcome, &run.answer) {
        (None, Some(_)) if has_come() => return None,
        (None, Some(_)) => "This answer is being written again",
        (None, None) => "The answer is not written yet",
        (Some(_), Some(_)) => "The run went on from this answer and ended without another one",
        (Some(_), None) => "The run ended without an answer",
    };
    Some((said, why))
}

fn page(answer: Option<&Answer>, above: Option<&Above>, run: &Run, cursor: usize) -> (Page, Option<usize>) {
    let mut page = Page::default();
    page.line(&run.question, Role::Title).blank();
    if let Some((said, why)) = above {
        page.paragraph(0).add(said, if run.outcome.is_some() { Role::Bad } else { Role::Warn });
        if !why.is_empty() {
            with_labels(&mut page, &format!(": {why}"));
        }
    }
    let Some(answer) = answer else {
        undone(&mut page, run);
        return (page, None);
    };
    if above.is_some() {
        page.blank();
    }
    page.paragraph(0);
    with_labels(&mut page, &answer.text);
    if !answer.entries.is_empty() {
        let labels: Vec<String> = answer.entries.iter().map(ToString::to_string).collect();
        page.blank();
        page.paragraph(6).add("Used  ", Role::Dim).add(&labels.join(", "), Role::Accent);
    }
    page.blank();
    page.line("Rests on (j and k walk, Enter opens the quoted place)", Role::Title);
    let at = cited(&mut page, &answer.citations, cursor, run);
    (page, at)
}

/// What was given up, each with its reason.
fn undone(page: &mut Page, run: &Run) {
    for task in &run.tasks {
        if let TaskState::Failed(reason) | TaskState::Dropped(reason) = &task.state {
            page.blank();
            page.paragraph(5).add(&format!("{:<5}", task.id), Role::Accent).add(&task.text, Role::Text);
            page.paragraph(5).add("     ", Role::Dim).add(reason, Role::Dim);
        }
    }
}
