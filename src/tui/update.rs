//! One message changes the screen's state and asks for effects. No IO, no waiting, no clock but the time handed in.

use crate::{
    plain::plain_line,
    run::{Command, Event, Fact, Live, Pace, Run, Timeline, report},
};

use super::{
    Attachment, Bell, Feed, Left, Saving,
    action::{Action, Place},
    condition::{SILENT, is_stale},
    copy::{Form, copy},
    keymap::Key,
    lane::{self, Doing},
    layout::{Focus, Shape, Zoom},
    look,
    modal::{Flow, Modal},
    msg::{Effect, Msg, Now},
    pane, player, scrub, shortcut,
    ui::Ui,
    under::{Under, under},
};

/// How soon a second Ctrl-C must follow to leave, in milliseconds.
const TWICE: i64 = 2_000;
/// How long nobody must have typed before a decision rings, in milliseconds.
const AWAY: i64 = 10_000;
/// How long a sent choice is waited for before it may be sent again, in milliseconds.
const SENT: i64 = 2_000;

/// What a message can have moved on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    Everything,
    /// Streams come in by the thousand, and nothing but the agents shows them.
    Streams,
    Clock,
}

pub fn update(ui: &mut Ui, timeline: &mut Timeline, msg: Msg, now: Now) -> Vec<Effect> {
    ui.now = now;
    let mut effects = Vec::new();
    let mut moved = match &msg {
        Msg::Feed(Feed::Live(_)) => Moved::Streams,
        Msg::Tick => Moved::Clock,
        _ => Moved::Everything,
    };
    match msg {
        Msg::Key(key) => {
            on_key(ui, timeline, key, &mut effects);
            ui.last_key = now;
        }
        // Pasted text goes to the form on top; anywhere else it means nothing.
        Msg::Paste(text) => {
            if let Some(modal) = ui.modals.last_mut() {
                modal.on_paste(&text);
            }
        }
        Msg::Resize(size) => ui.size = size,
        Msg::Feed(feed) => on_feed(ui, timeline, feed, &mut effects),
        Msg::Tick => {
            note_silence(ui, timeline.head());
            if player::advance(ui, timeline) {
                moved = Moved::Everything;
            }
        }
        Msg::NotAsked(id) => {
            ui.bodies.not_asked(id);
            // It is asked for again by what comes next: asked for here, it would be refused without end.
            return effects;
        }
        Msg::Edited(text) => look::edited(text, ui, timeline.head()),
    }
    settle(ui, timeline, moved, &mut effects);
    if ui.past.is_some() {
        hold_back(ui, &mut effects);
    }
    effects
}

/// In the past nothing can be changed, whatever key or line asked for it. Holding the team is no change of what is seen.
fn hold_back(ui: &mut Ui, effects: &mut Vec<Effect>) {
    let before = effects.len();
    effects.retain(|effect| !matches!(effect, Effect::Send(command) if *command != Command::Pause));
    if effects.len() < before {
        ui.notices.push(scrub::UNCHANGEABLE, ui.now);
    }
}

fn on_feed(ui: &mut Ui, timeline: &mut Timeline, feed: Feed, effects: &mut Vec<Effect>) {
    match feed {
        Feed::Lost(why) => {
            timeline.end_here();
            ui.notices.push(why, ui.now);
        }
        Feed::Facts(events) => events.into_iter().for_each(|event| on_event(ui, timeline, event, effects)),
        Feed::Live(seen) => seen.into_iter().for_each(|live| on_live(ui, live)),
        Feed::Body { id, bytes } => ui.bodies.arrived(id, bytes),
        Feed::Missing { id, why } => ui.bodies.missing(id, why),
        Feed::Report(report) => look::receive(report, ui),
        Feed::Notice(text) => {
            if let Some(Modal::Report(view)) = ui.modals.last_mut().filter(|modal| modal.is_awaited()) {
                view.hear(&text);
            }
            ui.notices.push(text, ui.now);
        }
        Feed::Saving(saving) => ui.saving = saving,
        Feed::Closed => {
            ui.saving = Saving::Goes;
            ui.stopwatch.stop();
            ui.attachment = match timeline.head().outcome {
                Some(_) => Attachment::Finished,
                None => Attachment::Saved,
            };
        }
    }
}

fn on_event(ui: &mut Ui, timeline: &mut Timeline, event: Event, effects: &mut Vec<Effect>) {
    ui.stopwatch.see(&event);
    ui.calls.see(&event);
    ui.marks.see(&event);
    if let Some((agent, doing)) = lane::said_by(&event.fact) {
        ui.lanes.entry(agent).or_default().change(event.at, doing);
    }
    match &event.fact {
        // An old session of the log does not bring a saved run to life; one that starts while we look does.
        Fact::SessionStarted { .. } if ui.attachment == Attachment::Saved && event.at >= ui.started.0 => {
            ui.attachment = Attachment::Live;
        }
        // What has ended goes on; the session that starts for it says who has it in hand.
        Fact::RunReopened { .. } if ui.attachment == Attachment::Finished && event.at >= ui.started.0 => {
            ui.attachment = Attachment::Saved;
        }
        Fact::GateOpened { decision } => {
            ui.opened.insert(decision.id, event.at);
            let fresh = ui.now.since(Now(event.at)) < AWAY;
            let alone = ui.now.since(ui.last_key) >= AWAY;
            if ui.attachment.is_live() && fresh && alone && ui.options.bell == Bell::Ring {
                effects.push(Effect::Bell);
            }
        }
        Fact::GateDecided { decision, choice, .. } => {
            ui.answered.push((*decision, choice.clone()));
            ui.opened.remove(decision);
            ui.sent.remove(decision);
        }
        Fact::GateDeferred { decision } if event.at >= ui.started.0 => {
            ui.notices.push(format!("{decision} is put after the others"), ui.now);
        }
        Fact::BreakpointHit { id, agent, what, said } if event.at >= ui.started.0 => {
            // What it waits for is in the person's own words.
            let what = timeline.head().breakpoints.get(id).map_or_else(|| what.clone(), |one| one.spec.to_string());
            let by = agent.map_or(String::new(), |agent| format!(" by {agent}"));
            let said: String = said.iter().map(|line| format!("; {line}")).collect();
            ui.notices.push(format!("breakpoint {id} hit{by}: {what}{said}"), ui.now);
        }
        Fact::AgentFailed { agent, reason } => ui.notices.push(format!("{agent} failed: {reason}"), ui.now),
        Fact::LeaseExpired { .. } | Fact::WriteRefused { .. } => {
            ui.notices.push(report::told(&event.fact), ui.now);
        }
        Fact::SourceSkipped { path, reason } => ui.notices.push(format!("{path} was skipped: {reason}"), ui.now),
        _ => {}
    }
    timeline.push(event);
    ui.watches.see(timeline.folded());
}

fn on_live(ui: &mut Ui, live: Live) {
    let Live { agent, sight } = live;
    let stream = ui.streams.entry(agent).or_default();
    stream.see(sight, ui.now);
    // Also for a piece of text: it ends a silence.
    if let Some(phase) = &stream.phase {
        ui.lanes.entry(agent).or_default().change(ui.now.0, Doing::of(phase));
    }
}

/// An agent that is silent for long is not at work, from the moment on that says so.
fn note_silence(ui: &mut Ui, run: &Run) {
    for agent in &run.agents {
        let Some(stream) = ui.streams.get(&agent.id).filter(|stream| is_stale(agent, stream, ui.now)) else { continue };
        let since = stream.last_sign.map_or(ui.now.0, |sign| sign.0 + SILENT);
        ui.lanes.entry(agent.id).or_default().change(since, Doing::Waits);
    }
}

/// Brings everything in line with the run and the size: closed cards go, windows follow, views are laid out.
fn settle(ui: &mut Ui, timeline: &Timeline, moved: Moved, effects: &mut Vec<Effect>) {
    if let Some(why) = timeline.trouble() {
        ui.notices.push(format!("not all of the past can be read: {why}"), ui.now);
    }
    let run = timeline.run();
    let regions = ui.regions();
    match moved {
        Moved::Clock => {}
        Moved::Streams => pane::settle_streams(ui, run, &regions),
        Moved::Everything => {
            if timeline.is_live() {
                close_decided(ui, run);
                prune_batches(ui, run);
            }
            if let Some(past) = &mut ui.past {
                past.tape.wind(run, past.until, &ui.calls, timeline, &mut ui.bodies, effects);
            }
            ui.watches.settle(run);
            pane::settle(ui, run, &regions);
        }
    }
    // Each with those below it in place: what the help says of keys depends on them.
    let mut modals = std::mem::take(&mut ui.modals).into_iter().peekable();
    while let Some(mut modal) = modals.next() {
        let area = modal.area(regions.body, modals.peek());
        modal.settle(ui, timeline, area, effects);
        ui.modals.push(modal);
    }
    let decidable = regions.shape != Shape::TooSmall && ui.past.is_none();
    let target = decidable.then(|| ui.aim(run)).flatten();
    ui.arming.aim_at(target, ui.now);
}

/// What a form of several items covers shrinks with what is open.
fn prune_batches(ui: &mut Ui, run: &Run) {
    let now = ui.now;
    let mut gone = Vec::new();
    ui.modals.retain_mut(|modal| match modal {
        Modal::Batch(form) => {
            let (closed, is_left) = form.prune(run, now);
            gone.extend(closed);
            is_left
        }
        _ => true,
    });
    for id in gone {
        ui.notices.push(format!("{id} was decided meanwhile and is no longer covered"), now);
    }
}

/// A card closes because the run says that its decision is closed, never because a key was pressed.
fn close_decided(ui: &mut Ui, run: &Run) {
    let (open, closed): (Vec<_>, Vec<_>) = std::mem::take(&mut ui.modals)
        .into_iter()
        .partition(|modal| modal.decision().is_none_or(|id| run.decisions.contains_key(&id)));
    ui.modals = open;
    for modal in closed {
        if let Some((id, text)) = modal.decision().zip(modal.draft()) {
            ui.notices.push(format!("{id} was decided meanwhile; what you wrote was not sent: {text}"), ui.now);
        }
    }
}

fn on_key(ui: &mut Ui, timeline: &mut Timeline, event: crossterm::event::KeyEvent, effects: &mut Vec<Effect>) {
    let place = ui.place();
    let action = ui.keymap.action(place, Key::from(event));
    if ui.regions().shape == Shape::TooSmall && !matches!(action, Some(Action::Interrupt | Action::Suspend)) {
        return;
    }
    match action {
        Some(action) => on_action(ui, timeline, action, effects),
        None => {
            ui.arming.disturb(ui.now);
            if let Some(modal) = ui.modals.last_mut() {
                modal.on_text_key(event);
            }
        }
    }
}

fn on_action(ui: &mut Ui, timeline: &mut Timeline, action: Action, effects: &mut Vec<Effect>) {
    let run = timeline.run();
    if let Some(why) = why_not(action, ui, run) {
        if action == Action::Back {
            return;
        }
        // Somebody may be typing a sentence.
        ui.arming.disturb(ui.now);
        ui.notices.push(why, ui.now);
        return;
    }
    if scrub::on_action(ui, timeline, action) {
        return;
    }
    let run = timeline.run();
    match action {
        Action::Interrupt => interrupt(ui, timeline.head(), effects),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Quit => look::stop(ui, timeline.head(), effects),
        Action::Help => {
            let place = ui.place();
            ui.modals.push(Modal::help(place));
        }
        Action::Messages => ui.modals.push(Modal::messages()),
        Action::Answer => ui.modals.push(Modal::answer()),
        Action::Copy => copy(ui, timeline, Form::Text, effects),
        Action::CopyMarkdown => copy(ui, timeline, Form::Markdown, effects),
        Action::Palette => {
            let place = ui.place();
            ui.modals.push(Modal::palette(place));
        }
        Action::Inject => ui.modals.push(Modal::inject()),
        Action::Finish => ui.modals.push(Modal::finish()),
        Action::PauseOrResume => {
            let holds = ui.attachment == Attachment::Saved || run.pace != Pace::Running;
            effects.push(Effect::Send(if holds { Command::Resume } else { Command::Pause }));
        }
        Action::Continue => effects.push(Effect::Send(Command::Resume)),
        Action::Step => effects.push(Effect::Send(Command::Step { agent: None })),
        Action::Back if ui.modals.is_empty() && ui.zoom == Zoom::Off => scrub::live(ui, timeline),
        action if shortcut::on_action(ui, timeline, action, effects) => {}
        action if ui.modals.is_empty() => on_pane_action(ui, timeline, action, effects),
        action => on_modal_action(ui, timeline, action, effects),
    }
}

fn on_modal_action(ui: &mut Ui, timeline: &mut Timeline, action: Action, effects: &mut Vec<Effect>) {
    let Some(mut modal) = ui.modals.pop() else { return };
    if !modal.exists(ui, timeline) {
        // Keys never act on what is not in sight.
        ui.modals.extend((action != Action::Back).then_some(modal));
        return;
    }
    match modal.on_action(action, ui, timeline, effects) {
        Flow::Stay => ui.modals.push(modal),
        Flow::Back => {}
        Flow::Onto(next) => ui.modals.extend([modal, *next]),
        Flow::Instead(next) => ui.modals.push(*next),
        Flow::Act(action) => on_action(ui, timeline, action, effects),
        Flow::Visit(seq) => {
            ui.modals.push(modal);
            scrub::visit(ui, timeline, seq);
        }
        Flow::Carry(line) => {
            if let Err(why) = look::carry_out(line, ui, timeline, effects) {
                ui.notices.push(&why, ui.now);
                // What was typed is not lost.
                if let Modal::Prompt(prompt) = &mut modal {
                    prompt.refuse(why);
                }
                ui.modals.push(modal);
            }
        }
    }
}

fn on_pane_action(ui: &mut Ui, timeline: &Timeline, action: Action, effects: &mut Vec<Effect>) {
    let at = ui.focus as usize;
    let turn = |by: usize| Focus::ALL[(at + by) % Focus::ALL.len()];
    match action {
        Action::NextPane => ui.focus = turn(1),
        Action::PreviousPane => ui.focus = turn(3),
        Action::QueuePane => ui.focus = Focus::Queue,
        Action::AgentsPane => ui.focus = Focus::Agents,
        Action::ContextPane => ui.focus = Focus::Context,
        Action::DecisionsPane => ui.focus = Focus::Decisions,
        Action::Zoom => ui.zoom = Zoom::On,
        Action::Unzoom | Action::Back => ui.zoom = Zoom::Off,
        action => {
            if let Some(modal) = pane::on_action(ui, timeline, action, effects) {
                ui.modals.push(modal);
            }
        }
    }
}

fn interrupt(ui: &mut Ui, run: &Run, effects: &mut Vec<Effect>) {
    if ui.interrupted.is_some_and(|at| ui.now.since(at) < TWICE) {
        effects.push(Effect::Leave(Left::Interrupted));
        return;
    }
    ui.interrupted = Some(ui.now);
    if ui.works(run) && ui.attachment == Attachment::Live {
        effects.push(Effect::Send(Command::Pause));
        ui.notices.push("pausing the team; Ctrl-C again leaves, with everything saved", ui.now);
    } else {
        ui.notices.push("Ctrl-C again leaves, with everything saved", ui.now);
    }
}

/// Why an action means nothing here and now; the help and the footer say the same.
#[must_use]
pub fn why_not(action: Action, ui: &Ui, run: &Run) -> Option<&'static str> {
    if let Some(why) = scrub::why_not(action, ui, run.head) {
        return Some(why);
    }
    let over = run.outcome.is_some() || ui.attachment == Attachment::Finished;
    let saved = ui.attachment == Attachment::Saved;
    let holds = run.pace != Pace::Running;
    let open = |of: &dyn Fn(&crate::run::Ask) -> bool| {
        let id = ui.aim(run).or_else(|| ui.modals.last().and_then(Modal::decision));
        id.and_then(|id| run.decisions.get(&id)).is_some_and(|decision| of(&decision.ask))
    };
    let decides = match action {
        Action::Approve | Action::Edit | Action::Veto | Action::Raise => true,
        Action::Always | Action::Defer | Action::Editor => true,
        Action::FinishWithIt | Action::StopAndSave => matches!(ui.place(), Place::Card | Place::Decisions),
        _ => false,
    };
    let is_budget = |ask: &crate::run::Ask| matches!(ask, crate::run::Ask::Budget { .. });
    match action {
        _ if (decides || action == Action::NextDecision) && run.decisions.is_empty() => Some("no decision is open"),
        Action::Approve | Action::Edit | Action::Veto if open(&is_budget) => {
            Some("a cap is neither approved nor vetoed: raise it, finish with what is there, or stop and save")
        }
        Action::Raise | Action::FinishWithIt | Action::StopAndSave if decides && !open(&is_budget) => {
            Some("this decision is not about money")
        }
        _ if decides && over => Some("the run is over"),
        _ if decides && saved => Some("nobody works on this run: continue it first"),
        Action::Edit if !open(&|ask| ask_has_text(ask)) => Some("this decision has no text to edit"),
        Action::OtherAnswer if !matches!(under(ui, run), Some(Under::Decision(_))) => Some("select a decision first"),
        Action::OtherAnswer if ui.past.is_none() && ui.place() != Place::Report => {
            Some("it is for a decision of the past: go back in time to one")
        }
        Action::PauseOrResume if ui.past.is_some() => None,
        action if over && works_on_it(action) => Some("the run is over"),
        Action::Finish if run.closing.is_some() => Some("the work is being finished already"),
        Action::Recall | Action::Undo if saved && !over => Some("nobody works on this run: continue it first"),
        action if saved && works_on_it(action) && !matches!(action, Action::PauseOrResume | Action::Continue) => {
            Some("nobody works on this run: continue it first")
        }
        Action::Continue if !saved && !holds => Some("the team is running"),
        Action::Answer if run.answer.is_none() && run.outcome.is_none() => Some("there is no answer yet"),
        Action::Zoom if ui.zoom == Zoom::On || ui.regions().shape == Shape::One => {
            Some("the pane has the screen already")
        }
        Action::Back if ui.modals.is_empty() && ui.zoom == Zoom::Off && ui.past.is_none() => {
            Some("nothing lies on the panes")
        }
        Action::Unzoom if ui.zoom == Zoom::Off => Some("nothing is zoomed"),
        Action::Open | Action::OtherSide if ui.place() == Place::Agent && !ui.has_calls(run) => {
            Some("it has called no model")
        }
        Action::Messages if ui.notices.is_empty() => Some("no messages so far"),
        Action::Help | Action::Messages | Action::Answer if ui.place() == same_place(action) => Some("it is open"),
        action => ui.modals.last().and_then(|modal| modal.why_not(action, run)),
    }
}

/// Whether it changes what the team does.
fn works_on_it(action: Action) -> bool {
    matches!(
        action,
        Action::PauseOrResume
            | Action::Step
            | Action::StepAgent
            | Action::Continue
            | Action::Until
            | Action::Inject
            | Action::Finish
            | Action::Break
            | Action::MoveSooner
            | Action::MoveLater
            | Action::StopAgent
            | Action::StopAll
    )
}

fn same_place(action: Action) -> Place {
    match action {
        Action::Help => Place::Help,
        Action::Messages => Place::Messages,
        _ => Place::Answer,
    }
}

/// Whether what is asked is a text that can be changed.
pub fn ask_has_text(ask: &crate::run::Ask) -> bool {
    use crate::run::Ask;
    matches!(ask, Ask::Write { .. } | Ask::Plan { .. } | Ask::Finish { .. })
}

/// The decision that a deciding key may act on now; otherwise the person is told why not.
pub fn armed(ui: &mut Ui, run: &Run) -> Option<crate::run::DecisionId> {
    let target = ui.arming.target(ui.now).filter(|id| run.decisions.contains_key(id));
    let Some(id) = target else {
        ui.arming.disturb(ui.now);
        ui.notices.push("not taken: keys rest a moment after a decision comes under the cursor", ui.now);
        return None;
    };
    if ui.sent.get(&id).is_some_and(|at| ui.now.since(*at) < SENT) {
        ui.notices.push(format!("your answer to {id} is on its way"), ui.now);
        return None;
    }
    Some(id)
}

/// Sends a choice.
pub fn decide(ui: &mut Ui, id: crate::run::DecisionId, choice: crate::run::Choice, effects: &mut Vec<Effect>) {
    // What is sent to another process is not taken yet.
    if !matches!(ui.attachment, Attachment::Following(_)) {
        ui.notices.push(format!("{id} {}", plain_line(&choice.to_string())), ui.now);
    }
    ui.sent.insert(id, ui.now);
    effects.push(Effect::Send(Command::Decide { decision: id, choice }));
}
