//! Everything that a text or a line would decide, one item after the other, before any of it is done. Its own key sends
//! it, after its end was in sight and a moment of rest (SCREEN rules 1 and 2).

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Ask, Choice, Command, DecisionId, EntryKind, Run, Timeline},
    tui::{
        action::Action,
        arming::REST,
        msg::{Effect, Now},
        theme::Role,
        ui::{Screen, Ui},
        update::{ask_has_text, decide},
        widget::{
            frame::{self, Titles},
            page::Page,
        },
        words,
    },
};

use super::{
    Flow,
    reader::{Reader, inside},
};

/// One thing that would be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    Decide(DecisionId, Choice),
    Note(EntryKind, String),
}

pub struct BatchForm {
    deeds: Vec<Deed>,
    reader: Reader,
    since: Now,
    /// Its end was in sight.
    is_read: bool,
    /// Grows when something was taken out.
    version: u64,
}

/// Why a choice does not fit what is asked.
fn unfit(ask: &Ask, choice: &Choice) -> Option<&'static str> {
    match (ask, choice) {
        (Ask::Budget { .. }, Choice::Approve | Choice::Edit { .. } | Choice::Veto { .. }) => {
            Some("a cap is neither approved nor vetoed: raise it, or enough")
        }
        (Ask::Budget { .. }, _) => None,
        (_, Choice::Raise { .. } | Choice::Finish) => Some("this decision is not about money"),
        (ask, Choice::Edit { .. }) if !ask_has_text(ask) => Some("this decision has no text to edit"),
        _ => None,
    }
}

impl BatchForm {
    /// # Errors
    /// When one of them cannot be done as things stand, or nothing is left to do.
    pub fn new(deeds: Vec<Deed>, run: &Run, now: Now) -> Result<Self, String> {
        for deed in &deeds {
            let Deed::Decide(id, choice) = deed else { continue };
            let decision = run.decisions.get(id).ok_or_else(|| format!("{id} is not open"))?;
            if let Some(why) = unfit(&decision.ask, choice) {
                return Err(format!("{id}: {why}"));
            }
        }
        match deeds.is_empty() {
            true => Err("there is nothing to do".to_owned()),
            false => Ok(BatchForm { deeds, reader: Reader::default(), since: now, is_read: false, version: 0 }),
        }
    }

    /// What a typed command decides.
    ///
    /// # Errors
    /// As [`BatchForm::new`].
    pub fn of(command: Command, run: &Run, now: Now) -> Result<Self, String> {
        let (id, choice) = match command {
            Command::Decide { decision, choice } => (decision, choice),
            Command::DecideOldest { choice } => (run.inbox().next().ok_or("no decision is open")?.id, choice),
            _ => return Err("it decides nothing".to_owned()),
        };
        BatchForm::new(vec![Deed::Decide(id, choice)], run, now)
    }

    /// Takes out what was decided meanwhile; gives those, and whether anything is left.
    pub fn prune(&mut self, run: &Run, now: Now) -> (Vec<DecisionId>, bool) {
        let mut gone = Vec::new();
        self.deeds.retain(|deed| match deed {
            Deed::Decide(id, _) if !run.decisions.contains_key(id) => {
                gone.push(*id);
                false
            }
            _ => true,
        });
        if !gone.is_empty() {
            // What stands under the key has changed.
            (self.since, self.is_read, self.version) = (now, false, self.version + 1);
        }
        (gone, !self.deeds.is_empty())
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        let rests = ui.now.since(ui.last_key) < REST || ui.now.since(self.since) < REST;
        match action {
            Action::Back => return Flow::Back,
            Action::DoAll if rests => ui.notices.push("not taken: keys rest a moment", ui.now),
            Action::DoAll if !self.is_read => {
                let left = words::count(self.reader.below(), "line", "lines");
                ui.notices.push(format!("not taken: {left} below; read to its end first"), ui.now);
            }
            Action::DoAll => {
                for deed in self.deeds.drain(..) {
                    match deed {
                        Deed::Decide(id, choice) => decide(ui, id, choice, effects),
                        Deed::Note(kind, text) => effects.push(Effect::Send(Command::AddNote { kind, text })),
                    }
                }
                // What was wished in a text is done.
                ui.sheet = None;
                return Flow::Back;
            }
            action => self.reader.on_action(action),
        }
        Flow::Stay
    }

    pub fn settle(&mut self, timeline: &Timeline, area: Rect) {
        let deeds = &self.deeds;
        self.reader.refresh((self.version, 0), || page(deeds, timeline.run()));
        self.reader.settle(inside(area));
        self.is_read |= self.reader.below() == 0;
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let beyond = match self.is_read {
            true => self.reader.beyond(),
            false => format!("{} ↓ to read first", words::count(self.reader.below(), "line", "lines")),
        };
        let open = screen.run().decisions.len();
        let decided = self.deeds.iter().filter(|deed| matches!(deed, Deed::Decide(..))).count();
        let titles = Titles {
            name: "To be done".to_owned(),
            more: format!("{decided} of {} · {} in all", words::count(open, "decision", "decisions"), self.deeds.len()),
            place: self.reader.place(),
            beyond,
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        self.reader.draw(buffer, inside(area), screen.theme);
    }
}

fn page(deeds: &[Deed], run: &Run) -> Page {
    let mut page = Page::default();
    for (at, deed) in deeds.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        match deed {
            Deed::Decide(id, choice) => item(&mut page, *id, choice, run),
            Deed::Note(kind, text) => {
                let (glyph, role) = words::entry_glyph(*kind);
                page.paragraph(0).add("+ note  ", Role::Title).add(glyph, role);
                page.add("  in your name, for every agent", Role::Dim);
                page.paragraph(2).add("  ", Role::Text).add(text, Role::Text);
            }
        }
    }
    page
}

fn item(page: &mut Page, id: DecisionId, choice: &Choice, run: &Run) {
    let Some(decision) = run.decisions.get(&id) else { return };
    let (mark, verb, role) = match choice {
        Choice::Approve => ("✓", "approve".to_owned(), Role::Good),
        Choice::Edit { .. } => ("±", "edit, then approve".to_owned(), Role::Warn),
        Choice::Veto { then, .. } => ("✗", format!("veto, then {then}"), Role::Bad),
        Choice::Raise { cap } => ("✓", format!("raise to {cap}"), Role::Good),
        Choice::Finish => ("✗", "finish with what is there".to_owned(), Role::Bad),
    };
    let task = decision.task.map(|task| format!(" {task}")).unwrap_or_default();
    page.paragraph(0).add(&format!("{mark} {verb}  "), role);
    page.add(&format!("{id} {} {}{task}", words::ask_kind(&decision.ask), decision.agent), Role::Title);
    let said = words::proposal(decision, run);
    match choice {
        Choice::Edit { text } => {
            page.paragraph(10).add("  now     ", Role::Dim).add(text, Role::Text);
            page.paragraph(10).add("  before  ", Role::Dim).add(&said, Role::Dim);
        }
        Choice::Veto { reason, .. } => {
            page.paragraph(10).add("  because ", Role::Dim).add(reason, Role::Text);
            page.paragraph(2).add("  ", Role::Dim).add(&said, Role::Dim);
        }
        _ => drop(page.paragraph(2).add("  ", Role::Text).add(&said, Role::Text)),
    }
}
