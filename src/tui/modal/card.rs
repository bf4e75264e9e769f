//! The card of one open decision: the proposal at the left, its evidence at the right, what speaks for and against it
//! below; all in one column where there is no room.
//!
//! It decides by its own keys only, and what lets the proposal through does so only after its end was in sight (SCREEN
//! rules 1 and 2).

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
};

use crate::{
    run::{Ask, Choice, Citation, Decision, DecisionId, Run, Timeline, Trajectory},
    tui::{
        Left,
        action::Action,
        bodies::Bodies,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        update::{armed, decide},
        widget::{
            frame::{self, Lit, Titles},
            page::Page,
        },
        words,
    },
};

use super::{
    Flow, Modal, card_page,
    entry::{cited, parsed},
    evidence::Evidence,
    reader::{Reader, inside, inside_wide},
};

/// From this width on evidence stands beside the proposal.
const SIDE_BY_SIDE: u16 = 100;

pub struct Card {
    pub id: DecisionId,
    proposal: Reader,
    weight: Reader,
    evidence: Evidence,
    columns: Columns,
    /// Paragraphs that must have been in sight before it can be approved.
    must_read: usize,
    citations: Vec<Citation>,
    cursor: usize,
}

/// Whether evidence and weight stand beside the proposal or below it, in the same column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Columns {
    One,
    Two,
}

/// Where the parts of a card are.
struct Parts {
    proposal: Rect,
    evidence: Option<Rect>,
    weight: Option<Rect>,
}

impl Card {
    #[must_use]
    pub fn new(id: DecisionId) -> Self {
        Card {
            id,
            proposal: Reader::default(),
            weight: Reader::default(),
            evidence: Evidence::default(),
            columns: Columns::One,
            must_read: 0,
            citations: vec![],
            cursor: 0,
        }
    }

    pub fn outdate(&mut self) {
        self.proposal.outdate();
        self.weight.outdate();
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        let run = timeline.run();
        match action {
            Action::Back => return Flow::Back,
            Action::Approve => self.take(Choice::Approve, ui, run, effects),
            Action::FinishWithIt => self.take(Choice::Finish, ui, run, effects),
            Action::Raise => {
                let form = armed(ui, run).and_then(|id| run.decisions.get(&id)).and_then(Modal::raise);
                if let Some(form) = form {
                    return Flow::onto(form);
                }
            }
            Action::StopAndSave => {
                if armed(ui, run).is_some() {
                    effects.push(Effect::Leave(Left::Quit));
                }
            }
            Action::Edit => {
                if let Some(decision) = armed(ui, run).and_then(|id| run.decisions.get(&id)) {
                    return Flow::onto(Modal::edit(decision, run));
                }
            }
            Action::Veto => {
                if let Some(id) = armed(ui, run) {
                    return Flow::onto(Modal::veto(id));
                }
            }
            Action::NextDecision => {
                let mut after = run.inbox().skip_while(|decision| decision.id != self.id).skip(1);
                let next = after.next().or_else(|| run.inbox().next());
                if let Some(next) = next.filter(|next| next.id != self.id) {
                    return Flow::Instead(Box::new(Modal::card(next.id)));
                }
            }
            Action::NextCitation => self.move_cursor(1),
            Action::PreviousCitation => self.move_cursor(-1),
            Action::Open | Action::Evidence => {
                if let Some(citation) = self.citations.get(self.cursor) {
                    return Flow::onto(Modal::cited(citation));
                }
            }
            action => self.proposal.on_action(action),
        }
        Flow::Stay
    }

    #[must_use]
    pub fn cites(&self) -> bool {
        !self.citations.is_empty()
    }

    fn take(&self, choice: Choice, ui: &mut Ui, run: &Run, effects: &mut Vec<Effect>) {
        let Some(id) = armed(ui, run).filter(|id| *id == self.id) else { return };
        if !ui.arming.is_read(id) {
            ui.notices.push(self.unread_yet(), ui.now);
            return;
        }
        decide(ui, id, choice, effects);
    }

    /// Why what lets the proposal through is not taken.
    #[must_use]
    pub fn unread_yet(&self) -> String {
        let left = words::count(self.unread(), "line", "lines");
        format!("not taken: {left} of the proposal below; read to its end first")
    }

    /// Lines of the proposal that were not in sight yet.
    fn unread(&self) -> usize {
        self.proposal.lines_to(self.proposal.page().height_of(self.must_read))
    }

    fn move_cursor(&mut self, by: isize) {
        let last = self.citations.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.proposal.outdate();
    }

    pub fn settle(&mut self, ui: &mut Ui, timeline: &Timeline, area: Rect, effects: &mut Vec<Effect>) {
        let run = timeline.run();
        let Some(decision) = run.decisions.get(&self.id) else { return };
        // Of the run only new tasks can change what a card says.
        let tasks = run.tasks.len() as u64;
        self.weight.refresh((tasks, 0), || {
            let mut page = Page::default();
            card_page::weight(&mut page, decision, run);
            page
        });
        // What does not fit below stands in the column that scrolls, so that nothing is out of reach.
        self.weight.settle(inside_wide(area));
        let fits = self.weight.page().height() + 2 <= usize::from(area.height / 3);
        self.columns = if area.width >= SIDE_BY_SIDE && fits { Columns::Two } else { Columns::One };
        let stamp = (ui.bodies.version ^ tasks << 32, self.cursor as u64 | (self.columns as u64) << 32);
        let mut cursor_at = None;
        if self.proposal.is_stale(stamp) {
            let page = self.page(decision, run, &mut ui.bodies, effects, &mut cursor_at);
            self.proposal.refresh(stamp, || page);
        }
        let parts = self.parts(area, decision);
        self.proposal.settle(inside(parts.proposal));
        if let Some(at) = cursor_at.filter(|_| self.cursor > 0) {
            let lines = self.proposal.page().height_of(at)..self.proposal.page().height_of(at + 1);
            self.proposal.reveal(lines);
        }
        if let Some(area) = parts.weight {
            self.weight.settle(inside_wide(area));
        }
        if let Some(area) = parts.evidence {
            self.evidence.show(self.citations.get(self.cursor), run, inside(area), &mut ui.bodies, effects);
            self.evidence.settle(inside(area));
        }
        if self.unread() == 0 && timeline.is_live() {
            ui.arming.mark_read(self.id);
        }
    }

    fn page(
        &mut self,
        decision: &Decision,
        run: &Run,
        bodies: &mut Bodies,
        effects: &mut Vec<Effect>,
        cursor_at: &mut Option<usize>,
    ) -> Page {
        let mut page = Page::default();
        card_page::proposal(&mut page, decision, run);
        if self.columns == Columns::One {
            page.blank();
            card_page::weight(&mut page, decision, run);
        }
        self.must_read = page.paragraphs();
        let told: Option<Result<Trajectory, String>> = match &decision.ask {
            Ask::Write { proposal } => Some(parsed(proposal.trajectory, bodies, effects)),
            _ => None,
        };
        let chain = told.as_ref().and_then(|told| told.as_ref().ok());
        self.citations = card_page::citations(decision, chain);
        self.cursor = self.cursor.min(self.citations.len().saturating_sub(1));
        match &told {
            Some(Ok(told)) => {
                page.blank();
                page.line("Chain of steps", Role::Title);
                *cursor_at = card_page::chain(&mut page, &told.chain, self.cursor);
            }
            Some(Err(why)) => {
                page.blank();
                page.line(&format!("Chain of steps: {why}"), Role::Dim);
            }
            None if !self.citations.is_empty() => {
                page.blank();
                page.line("Rests on", Role::Title);
                *cursor_at = cited(&mut page, &self.citations, self.cursor, run);
            }
            None => {}
        }
        page
    }

    fn parts(&self, area: Rect, decision: &Decision) -> Parts {
        if self.columns == Columns::One {
            return Parts { proposal: area, evidence: None, weight: None };
        }
        let weight = self.weight.page().height() as u16 + 2;
        let [upper, weight] = Layout::vertical([Constraint::Fill(1), Constraint::Length(weight)]).areas(area);
        let has_evidence = matches!(decision.ask, Ask::Write { .. } | Ask::Finish { .. });
        if !has_evidence {
            return Parts { proposal: upper, evidence: None, weight: Some(weight) };
        }
        let [proposal, evidence] = Layout::horizontal([Constraint::Percentage(50), Constraint::Fill(1)]).areas(upper);
        Parts { proposal, evidence: Some(evidence), weight: Some(weight) }
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let run = screen.run();
        let Some(decision) = run.decisions.get(&self.id) else { return };
        let parts = self.parts(area, decision);
        frame::clear(buffer, area, screen.theme);
        let task = decision.task.map(|task| format!(" {task}")).unwrap_or_default();
        let place = run.inbox().take_while(|one| one.id != self.id).count() + 1;
        let beyond = match screen.ui.arming.is_read(self.id) || !screen.timeline.is_live() {
            true => self.proposal.beyond(),
            false => {
                let what = if matches!(decision.ask, Ask::Budget { .. }) { "finishing" } else { "approving" };
                format!("{} ↓ to read before {what}", words::count(self.unread(), "line", "lines"))
            }
        };
        let past = !screen.timeline.is_live();
        let titles = Titles {
            name: format!("{} {} {}{task}", self.id, words::ask_kind(&decision.ask), decision.agent),
            more: format!("{place} of {} open{}", run.decisions.len(), if past { " then" } else { "" }),
            right: screen.ui.countdown(decision, run).unwrap_or_default(),
            place: self.proposal.place(),
            beyond,
        };
        frame::draw(buffer, parts.proposal, titles, Lit::OnTop, screen.theme);
        self.proposal.draw(buffer, inside(parts.proposal), screen.theme);
        if let Some(area) = parts.evidence {
            let citation = self.citations.get(self.cursor);
            let mut titles = self.evidence.titles(citation, run);
            if !self.citations.is_empty() {
                titles.right = format!("{} of {}", self.cursor + 1, self.citations.len());
            }
            frame::draw(buffer, area, titles, Lit::Unfocused, screen.theme);
            self.evidence.reader.draw(buffer, inside(area), screen.theme);
        }
        if let Some(area) = parts.weight {
            let titles =
                Titles { name: "For and against".to_owned(), beyond: self.weight.beyond(), ..Titles::default() };
            frame::draw(buffer, area, titles, Lit::Unfocused, screen.theme);
            self.weight.draw(buffer, inside_wide(area), screen.theme);
        }
    }
}
