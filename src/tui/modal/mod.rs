//! What lies on the panes: views to read and forms to fill in. The one on top has the keys; Esc takes it away.
//!
//! One file each: its state, what keys do in it, how it is drawn.

pub mod agent;
pub mod answer;
pub mod batch;
pub mod breakpoints;
pub mod call;
pub mod call_page;
pub mod card;
pub mod card_page;
pub mod choices;
pub mod confirm;
pub mod edit;
pub mod entry;
pub mod evidence;
pub mod finish;
pub mod form;
pub mod help;
pub mod history;
pub mod inject;
pub mod messages;
pub mod pair;
pub mod palette;
pub mod prompt;
pub mod quit;
pub mod raise;
pub mod reader;
pub mod report;
pub mod task;
pub mod veto;

use crossterm::event::KeyEvent;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::run::{AgentId, Citation, Command, Decision, DecisionId, Label, Run, Seq, TaskId, Timeline, line::Line};

use super::{
    action::{Action, Place},
    copy::Form,
    msg::{Effect, Now},
    ui::{Screen, Ui},
};

pub enum Modal {
    Card(card::Card),
    Entry(entry::EntryView),
    Task(task::TaskView),
    Agent(agent::AgentView),
    Call(Box<call::CallView>),
    Evidence(evidence::EvidenceView),
    Answer(answer::AnswerView),
    Help(help::HelpView),
    Messages(messages::MessagesView),
    Edit(edit::EditForm),
    Veto(veto::VetoForm),
    Raise(raise::RaiseForm),
    Inject(inject::InjectForm),
    Finish(finish::FinishForm),
    Quit(quit::QuitForm),
    Report(report::ReportView),
    Prompt(prompt::Prompt),
    Confirm(confirm::ConfirmForm),
    Batch(batch::BatchForm),
    Breakpoints(breakpoints::BreakpointsView),
    Pair(pair::PairView),
    Palette(palette::Palette),
}

/// What becomes of a modal after a key.
pub enum Flow {
    Stay,
    Back,
    /// Another one on top of it.
    Onto(Box<Modal>),
    Instead(Box<Modal>),
    /// It goes, and this is carried out; what is refused brings it back.
    Carry(Line),
    /// This moment is looked at without it.
    Visit(Seq),
    /// It goes, and this is done where it was.
    Act(Action),
}

impl Flow {
    #[must_use]
    pub fn onto(modal: Modal) -> Self {
        Flow::Onto(Box::new(modal))
    }
}

/// Calls the same function of whatever modal it is.
macro_rules! each {
    ($modal:expr, $it:ident => $call:expr) => {
        match $modal {
            Modal::Card($it) => $call,
            Modal::Entry($it) => $call,
            Modal::Task($it) => $call,
            Modal::Agent($it) => $call,
            Modal::Call($it) => $call,
            Modal::Evidence($it) => $call,
            Modal::Answer($it) => $call,
            Modal::Help($it) => $call,
            Modal::Messages($it) => $call,
            Modal::Edit($it) => $call,
            Modal::Veto($it) => $call,
            Modal::Raise($it) => $call,
            Modal::Inject($it) => $call,
            Modal::Finish($it) => $call,
            Modal::Quit($it) => $call,
            Modal::Report($it) => $call,
            Modal::Prompt($it) => $call,
            Modal::Confirm($it) => $call,
            Modal::Batch($it) => $call,
            Modal::Breakpoints($it) => $call,
            Modal::Pair($it) => $call,
            Modal::Palette($it) => $call,
        }
    };
}

impl Modal {
    #[must_use]
    pub fn card(id: DecisionId) -> Self {
        Modal::Card(card::Card::new(id))
    }

    #[must_use]
    pub fn entry(label: Label) -> Self {
        Modal::Entry(entry::EntryView::new(label))
    }

    #[must_use]
    pub fn task(id: TaskId) -> Self {
        Modal::Task(task::TaskView::new(id))
    }

    #[must_use]
    pub fn agent(id: AgentId) -> Self {
        Modal::Agent(agent::AgentView::new(id))
    }

    /// A call by its place among those of its agent.
    #[must_use]
    pub fn call(agent: AgentId, at: usize) -> Self {
        Modal::Call(Box::new(call::CallView::new(agent, at)))
    }

    /// What a citation points at: the marked raw text, or the entry it names.
    #[must_use]
    pub fn cited(citation: &Citation) -> Self {
        match citation.label.is_unit() {
            true => Modal::Evidence(evidence::EvidenceView::new(citation.clone())),
            false => Modal::entry(citation.label.whole()),
        }
    }

    #[must_use]
    pub fn answer() -> Self {
        Modal::Answer(answer::AnswerView::default())
    }

    /// The help for a place.
    #[must_use]
    pub fn help(place: Place) -> Self {
        Modal::Help(help::HelpView::new(place))
    }

    #[must_use]
    pub fn messages() -> Self {
        Modal::Messages(messages::MessagesView::default())
    }

    #[must_use]
    pub fn edit(decision: &Decision, run: &Run) -> Self {
        Modal::Edit(edit::EditForm::new(decision, run))
    }

    #[must_use]
    pub fn veto(id: DecisionId) -> Self {
        Modal::Veto(veto::VetoForm::new(id))
    }

    /// `None` when the decision is not about money.
    #[must_use]
    pub fn raise(decision: &Decision) -> Option<Self> {
        raise::RaiseForm::new(decision).map(Modal::Raise)
    }

    #[must_use]
    pub fn finish() -> Self {
        Modal::Finish(finish::FinishForm)
    }

    #[must_use]
    pub fn inject() -> Self {
        Modal::Inject(inject::InjectForm::default())
    }

    #[must_use]
    pub fn quit() -> Self {
        Modal::Quit(quit::QuitForm)
    }

    /// A line to type, which begins like this.
    #[must_use]
    pub fn prompt(text: &str) -> Self {
        Modal::Prompt(prompt::Prompt::new(text))
    }

    /// A question with one way to say yes.
    #[must_use]
    pub fn confirm(title: String, does: &'static str, what: Vec<String>, effect: Effect, now: Now) -> Self {
        Modal::Confirm(confirm::ConfirmForm::new(title, does, what, effect, now))
    }

    /// What a command decides, to be looked at before it does.
    ///
    /// # Errors
    /// When it cannot be done as things stand.
    pub fn decide(command: Command, ui: &Ui, run: &Run) -> Result<Self, String> {
        batch::BatchForm::of(command, run, ui.now).map(Modal::Batch)
    }

    #[must_use]
    pub fn breakpoints() -> Self {
        Modal::Breakpoints(breakpoints::BreakpointsView::default())
    }

    /// What can be done in a place.
    #[must_use]
    pub fn palette(place: Place) -> Self {
        Modal::Palette(palette::Palette::new(place))
    }

    #[must_use]
    pub fn pair(first: Label, second: Label) -> Self {
        Modal::Pair(pair::PairView::new(first, second))
    }

    /// Whether somebody else was asked for what it shows.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        matches!(self, Modal::Report(view) if view.is_awaited())
    }

    /// Where it stands in the room for views while another one lies on it.
    #[must_use]
    pub fn area(&self, body: Rect, above: Option<&Modal>) -> Rect {
        match (self, above) {
            // What is asked about stays in sight while it is typed.
            (Modal::Report(_), Some(Modal::Prompt(prompt))) => {
                Rect { height: body.height - prompt.area(body).height, ..body }
            }
            _ => body,
        }
    }

    /// When something in it changes by the mere passing of time.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Now> {
        match self {
            Modal::Report(view) => view.wakes_at(),
            _ => None,
        }
    }

    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Modal::Card(_) => Place::Card,
            Modal::Entry(_) => Place::Entry,
            Modal::Task(_) => Place::Task,
            Modal::Agent(_) => Place::Agent,
            Modal::Call(_) => Place::Call,
            Modal::Evidence(_) => Place::Evidence,
            Modal::Answer(_) => Place::Answer,
            Modal::Help(_) => Place::Help,
            Modal::Messages(_) => Place::Messages,
            Modal::Edit(_) => Place::EditForm,
            Modal::Veto(_) => Place::VetoForm,
            Modal::Raise(_) => Place::RaiseForm,
            Modal::Inject(_) => Place::InjectForm,
            Modal::Finish(_) => Place::FinishForm,
            Modal::Quit(_) => Place::QuitForm,
            Modal::Report(_) => Place::Report,
            Modal::Prompt(_) => Place::Prompt,
            Modal::Confirm(_) => Place::ConfirmForm,
            Modal::Batch(_) => Place::BatchForm,
            Modal::Breakpoints(_) => Place::Breakpoints,
            Modal::Pair(_) => Place::Pair,
            Modal::Palette(_) => Place::Palette,
        }
    }

    /// Whether it shows the screen itself or asks something, and no moment of the run.
    #[must_use]
    pub fn is_of_now(&self) -> bool {
        let of_the_run = matches!(self, Modal::Card(_) | Modal::Entry(_) | Modal::Task(_) | Modal::Agent(_));
        let of_it = matches!(self, Modal::Report(_) | Modal::Breakpoints(_) | Modal::Pair(_));
        !of_the_run && !of_it && !matches!(self, Modal::Call(_) | Modal::Evidence(_) | Modal::Answer(_))
    }

    /// Whether what it shows is there at the moment that is looked at.
    #[must_use]
    pub fn exists(&self, ui: &Ui, timeline: &Timeline) -> bool {
        let run = timeline.run();
        match self {
            _ if timeline.is_live() => true,
            Modal::Card(it) => run.decisions.contains_key(&it.id),
            Modal::Entry(it) => run.context.get(it.label()).is_some(),
            Modal::Task(it) => run.task(it.id()).is_some(),
            Modal::Agent(it) => run.agent(it.id()).is_some(),
            Modal::Call(it) => it.place(ui, timeline).is_some(),
            Modal::Answer(_) => run.answer.is_some() || run.outcome.is_some(),
            _ => true,
        }
    }

    /// Another moment of the run is looked at.
    pub fn outdate(&mut self) {
        match self {
            Modal::Card(it) => it.outdate(),
            Modal::Entry(it) => it.outdate(),
            Modal::Call(it) => it.outdate(),
            Modal::Answer(it) => it.outdate(),
            _ => {}
        }
    }

    /// The decision that it is about; it closes with it.
    #[must_use]
    pub fn decision(&self) -> Option<DecisionId> {
        match self {
            Modal::Card(card) => Some(card.id),
            Modal::Edit(form) => Some(form.id),
            Modal::Veto(form) => Some(form.id),
            Modal::Raise(form) => Some(form.id),
            _ => None,
        }
    }

    /// Why an action means nothing in it now.
    #[must_use]
    pub fn why_not(&self, action: Action, run: &Run) -> Option<&'static str> {
        let nothing = "nothing is cited here";
        let cites = matches!(
            action,
            Action::NextCitation | Action::PreviousCitation | Action::CycleCitation | Action::Evidence
        );
        match self {
            Modal::Card(card) if cites || action == Action::Open => (!card.cites()).then_some(nothing),
            Modal::Answer(view) if cites || action == Action::Open => (!view.cites()).then_some(nothing),
            Modal::Entry(view) if cites => (!view.cites()).then_some(nothing),
            Modal::Entry(view) if matches!(action, Action::Open | Action::Deeper) => view.is_deepest(action),
            Modal::Task(view) if action == Action::Open => view.has_no_entry(run),
            Modal::Breakpoints(_) if matches!(action, Action::Toggle | Action::Remove) => {
                breakpoints::BreakpointsView::is_empty(run)
            }
            _ => None,
        }
    }

    /// What was typed and would be lost.
    #[must_use]
    pub fn draft(&self) -> Option<String> {
        match self {
            Modal::Edit(form) => form.draft(),
            Modal::Veto(form) => form.draft(),
            Modal::Raise(form) => form.draft(),
            Modal::Inject(form) => form.draft(),
            _ => None,
        }
    }

    /// The text of it, for copying.
    ///
    /// # Errors
    /// Why there is none, as a sentence.
    pub fn copied(&self, form: Form, ui: &Ui, timeline: &Timeline) -> Result<String, String> {
        let page = match self {
            Modal::Agent(view) => return Ok(view.copied(ui)),
            Modal::Call(view) => return view.copied(form, ui, timeline),
            Modal::Report(view) => return Ok(view.copied(form)),
            Modal::Pair(view) => return Ok(view.copied(form)),
            Modal::Entry(view) => view.shown(),
            Modal::Task(view) => view.shown(),
            Modal::Evidence(view) => view.shown(),
            Modal::Answer(view) => view.shown(),
            Modal::Help(view) => view.shown(),
            Modal::Messages(view) => view.shown(),
            _ => return Err("there is no text to copy here".to_owned()),
        };
        Ok(match form {
            Form::Text => page.text(),
            Form::Markdown => page.markdown(),
        })
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        each!(self, it => it.on_action(action, ui, timeline, effects))
    }

    /// A key that is no action: text for a form.
    pub fn on_text_key(&mut self, key: KeyEvent) {
        match self {
            Modal::Edit(form) => form.on_text_key(key),
            Modal::Veto(form) => form.on_text_key(key),
            Modal::Raise(form) => form.on_text_key(key),
            Modal::Inject(form) => form.on_text_key(key),
            Modal::Prompt(prompt) => prompt.on_text_key(key),
            Modal::Palette(palette) => palette.on_text_key(key),
            _ => {}
        }
    }

    pub fn on_paste(&mut self, text: &str) {
        match self {
            Modal::Edit(form) => form.on_paste(text),
            Modal::Veto(form) => form.on_paste(text),
            Modal::Raise(form) => form.on_paste(text),
            Modal::Inject(form) => form.on_paste(text),
            Modal::Prompt(prompt) => prompt.on_paste(text),
            Modal::Palette(palette) => palette.on_paste(text),
            _ => {}
        }
    }

    /// Lays it out for the area it will be drawn in.
    pub fn settle(&mut self, ui: &mut Ui, timeline: &Timeline, area: Rect, effects: &mut Vec<Effect>) {
        match self {
            Modal::Card(it) => it.settle(ui, timeline, area, effects),
            Modal::Entry(it) => it.settle(ui, timeline, area, effects),
            Modal::Task(it) => it.settle(timeline, area),
            Modal::Agent(it) => it.settle(ui, timeline, area, effects),
            Modal::Call(it) => it.settle(ui, timeline, area, effects),
            Modal::Evidence(it) => it.settle(ui, timeline, area, effects),
            Modal::Answer(it) => it.settle(ui, timeline, area, effects),
            Modal::Help(it) => it.settle(ui, timeline, area),
            Modal::Messages(it) => it.settle(ui, timeline, area),
            Modal::Report(it) => it.settle(ui, timeline, area, effects),
            Modal::Prompt(it) => it.settle(ui, timeline, area),
            Modal::Batch(it) => it.settle(timeline, area),
            Modal::Breakpoints(it) => it.settle(timeline, area),
            Modal::Pair(it) => it.settle(ui, timeline, area, effects),
            Modal::Palette(it) => it.settle(ui, timeline, area),
            Modal::Edit(_) | Modal::Veto(_) | Modal::Raise(_) => {}
            Modal::Inject(_) | Modal::Finish(_) | Modal::Quit(_) | Modal::Confirm(_) => {}
        }
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        each!(self, it => it.draw(buffer, area, screen));
    }
}
