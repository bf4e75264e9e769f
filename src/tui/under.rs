//! What the cursor is on, wherever it is: keys that are about a thing ask here which.

use crate::run::{AgentId, DecisionId, Label, Run, TaskId, report::Target};

use super::{layout::Focus, modal::Modal, ui::Ui};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    Task(TaskId),
    Agent(AgentId),
    Entry(Label),
    Decision(DecisionId),
    Answer,
}

/// `None` where nothing is selected, or what is selected is none of these.
#[must_use]
pub fn under(ui: &Ui, run: &Run) -> Option<Under> {
    match ui.modals.last() {
        Some(Modal::Card(card)) => Some(Under::Decision(card.id)),
        Some(Modal::Entry(view)) => Some(Under::Entry(view.label())),
        Some(Modal::Task(view)) => Some(Under::Task(view.id())),
        Some(Modal::Agent(view)) => Some(Under::Agent(view.id())),
        Some(Modal::Answer(_)) => Some(Under::Answer),
        Some(Modal::Report(view)) => match view.target()? {
            Target::Entry(label) => Some(Under::Entry(label.whole())),
            Target::Evidence(citation) => Some(Under::Entry(citation.label.whole())),
            Target::Task(task) => Some(Under::Task(*task)),
            Target::Agent(agent) => Some(Under::Agent(*agent)),
            Target::Decision(id) => Some(Under::Decision(*id)),
            _ => None,
        },
        Some(_) => None,
        None => match ui.focus {
            Focus::Queue => ui.queue.selected().map(Under::Task),
            Focus::Agents => ui.agents.selected(run).map(Under::Agent),
            Focus::Context => ui.context.selected(run).map(Under::Entry),
            Focus::Decisions => ui.decisions.selected(run).map(Under::Decision),
        },
    }
}
