//! Which moment of the run is looked at: steps through the past and the way back to live. Nothing is changed from here,
//! and the run goes on behind it.

use crate::run::{Seq, Timeline, travel};

use super::{
    action::{Action, Place},
    modal::Modal,
    player,
    tape::Tape,
    ui::Ui,
};

/// A moment of the past that is looked at.
pub struct Past {
    /// The newest event when live was left.
    left: Seq,
    /// What lay on the panes when they were left for a moment that it named; it lies there again with live.
    aside: Vec<Modal>,
    /// The recorded time until which everything is shown, in milliseconds since the epoch.
    pub until: i64,
    pub tape: Tape,
}

impl Past {
    /// Events that came since live was left.
    #[must_use]
    pub fn missed(&self, head: Seq) -> u64 {
        head.0.saturating_sub(self.left.0)
    }
}

/// What is said of whatever would change the run.
pub const UNCHANGEABLE: &str = "this is the past, and nothing in it can be changed: L goes back to live";

/// Looks at the run as it stood after an event, or after the nearest one that there is; the last one is live. Halts what
/// is played.
pub fn go(ui: &mut Ui, timeline: &mut Timeline, seq: Seq) {
    if timeline.head().head == Seq(0) {
        return;
    }
    player::halt(ui);
    let seq = seq.max(Seq(1));
    look(ui, timeline, seq);
    let until = timeline.run().last_at;
    if let Some(past) = &mut ui.past {
        past.until = until;
        past.tape.rewind(seq);
    }
}

/// The same with nothing lying on the panes but what was being typed.
pub fn show(ui: &mut Ui, timeline: &mut Timeline, seq: Seq) {
    ui.modals.retain(|modal| modal.draft().is_some());
    go(ui, timeline, seq);
}

/// Looks at a moment that something on the panes names, which lies there again once live is back.
pub fn visit(ui: &mut Ui, timeline: &mut Timeline, seq: Seq) {
    let mut aside = std::mem::take(&mut ui.modals);
    // What comes later is shown when it comes.
    aside.retain(|modal| !modal.is_awaited());
    go(ui, timeline, seq);
    match &mut ui.past {
        Some(past) => past.aside.extend(aside),
        None => ui.modals.extend(aside),
    }
}

/// Back to the run as it is now; ends what is played.
pub fn live(ui: &mut Ui, timeline: &mut Timeline) {
    let head = timeline.head().head;
    look(ui, timeline, head);
}

/// Looks at a moment, without a word about what was streamed.
pub fn look(ui: &mut Ui, timeline: &mut Timeline, seq: Seq) {
    let head = timeline.head().head;
    if timeline.is_live() {
        ui.decisions.leave();
    }
    timeline.look_at(seq);
    match timeline.is_live() {
        true => {
            let aside = ui.past.take().map(|past| past.aside).unwrap_or_default();
            ui.modals.splice(0..0, aside);
            ui.player = None;
        }
        false => {
            let until = timeline.run().last_at;
            ui.past.get_or_insert_with(|| Past { left: head, aside: vec![], until, tape: Tape::default() });
        }
    }
    ui.decisions.arrive(timeline.run());
    ui.modals.iter_mut().for_each(Modal::outdate);
}

/// A key that moves through time; false when it does something else.
pub fn on_action(ui: &mut Ui, timeline: &mut Timeline, action: Action) -> bool {
    let tenth = (timeline.head().head.0 / 10).max(1) as isize;
    let by = match action {
        Action::Earlier => -1,
        Action::Later => 1,
        Action::MuchEarlier => -tenth,
        Action::MuchLater => tenth,
        Action::FirstMoment => isize::MIN,
        Action::LastMoment => isize::MAX,
        Action::Live => {
            live(ui, timeline);
            return true;
        }
        Action::Slower | Action::Faster => {
            player::turn(ui, action);
            return true;
        }
        Action::PauseOrResume if ui.past.is_some() => {
            player::toggle(ui, timeline);
            return true;
        }
        _ => return false,
    };
    if let Some(seq) = travel::nearby(timeline, by) {
        go(ui, timeline, seq);
    }
    true
}

/// Why an action means nothing at the moment that is looked at.
#[must_use]
pub fn why_not(action: Action, ui: &Ui, at: Seq) -> Option<&'static str> {
    let past = ui.past.is_some();
    match action {
        Action::Live | Action::Later | Action::MuchLater | Action::LastMoment if !past => Some("this is now"),
        Action::Earlier | Action::MuchEarlier | Action::FirstMoment if at == Seq(0) => Some("nothing has happened yet"),
        Action::Earlier | Action::MuchEarlier | Action::FirstMoment if at == Seq(1) => Some("this is the first event"),
        Action::Slower | Action::Faster => player::why_not(action, ui),
        action if past && changes(action, ui.place()) => Some(UNCHANGEABLE),
        _ => None,
    }
}

/// Whether an action is about the run as it is now.
fn changes(action: Action, place: Place) -> bool {
    match action {
        Action::Approve | Action::Edit | Action::Veto | Action::Raise => true,
        Action::Step | Action::Continue | Action::Inject | Action::Finish => true,
        Action::FinishWithIt | Action::DoAll => true,
        Action::StepAgent | Action::StopAgent | Action::Undo | Action::Defer | Action::Editor => true,
        Action::MoveSooner | Action::MoveLater | Action::Toggle | Action::Remove => true,
        Action::StopAndSave => place != Place::QuitForm,
        Action::Accept | Action::Send => {
            matches!(place, Place::EditForm | Place::VetoForm | Place::RaiseForm | Place::InjectForm)
        }
        _ => false,
    }
}
