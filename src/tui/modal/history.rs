//! The calls of one agent, newest first. A selected call keeps its place while others come back.

use std::{collections::BTreeMap, ops::Range};

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{AgentId, Call, CallId, StartedCall, TaskId, Timeline, Trace},
    tui::{
        action::Action,
        bodies::{Bodies, Body},
        calls::Place,
        condition::call_of,
        msg::Effect,
        pane::{meter::seconds, travel},
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::Lit,
            list::{Anchor, List},
            row::{Row, START},
        },
        words,
    },
};

/// What the person wants of a row.
pub enum Chosen<'a> {
    Nothing,
    /// The place of the call among those of its agent.
    Call(usize),
    InFlight(&'a StartedCall),
}

pub struct History {
    agent: AgentId,
    /// Oldest first; drawn the other way round.
    list: List,
    /// How often each call was tried again, as far as its trace was looked at.
    retries: BTreeMap<CallId, usize>,
}

impl History {
    #[must_use]
    pub fn new(agent: AgentId) -> Self {
        History { agent, list: List::new(Anchor::End), retries: BTreeMap::new() }
    }

    fn flying<'a>(&self, timeline: &'a Timeline) -> Option<&'a StartedCall> {
        let run = timeline.run();
        run.agent(self.agent).and_then(|agent| call_of(agent, run))
    }

    /// Calls that came back and the one in flight.
    #[must_use]
    pub fn len(&self, ui: &Ui, timeline: &Timeline) -> usize {
        ui.calls.of(self.agent, timeline.run().head).len() + usize::from(self.flying(timeline).is_some())
    }

    fn shown(&self, len: usize, area: Rect) -> Range<usize> {
        self.list.window(len, usize::from(area.height), |_| 1)
    }

    /// `4–20 of 312`, the newest being the first.
    #[must_use]
    pub fn place(&self, len: usize, area: Rect) -> String {
        let shown = self.shown(len, area);
        if shown.len() == len {
            String::new()
        } else {
            format!("{}–{} of {len}", len + 1 - shown.end, len - shown.start)
        }
    }

    #[must_use]
    pub fn unseen(&self, len: usize) -> usize {
        self.list.unseen(len)
    }

    pub fn on_action<'a>(&mut self, action: Action, ui: &Ui, timeline: &'a Timeline, area: Rect) -> Chosen<'a> {
        let len = self.len(ui, timeline);
        let shown = self.shown(len, area);
        // What is below on the screen is older, so stands before in the list.
        let turned = match action {
            Action::Down => Action::Up,
            Action::Up => Action::Down,
            Action::PageDown => Action::PageUp,
            Action::PageUp => Action::PageDown,
            Action::HalfDown => Action::HalfUp,
            Action::HalfUp => Action::HalfDown,
            Action::Last => Action::First,
            action => action,
        };
        match (action, self.list.selected()) {
            (Action::First, _) => self.list.follow(),
            (Action::Open, None) => self.list.step(-1, len, shown),
            (Action::Open, Some(at)) if at < ui.calls.of(self.agent, timeline.run().head).len() => {
                return Chosen::Call(at);
            }
            (Action::Open, Some(_)) => return self.flying(timeline).map_or(Chosen::Nothing, Chosen::InFlight),
            _ => drop(travel(&mut self.list, turned, len, shown)),
        }
        Chosen::Nothing
    }

    pub fn settle(&mut self, ui: &mut Ui, timeline: &Timeline, area: Rect, effects: &mut Vec<Effect>) {
        let len = self.len(ui, timeline);
        self.list.settle(len, usize::from(area.height), |_| 1);
        for at in self.shown(len, area) {
            let places = ui.calls.of(self.agent, timeline.run().head);
            let Some(call) = places.get(at).and_then(|place| place.call(timeline)) else { continue };
            if let Some(trace) = call.trace.filter(|_| !self.retries.contains_key(&call.id))
                && let Some(retries) = retries(trace, &mut ui.bodies, effects)
            {
                self.retries.insert(call.id, retries);
            }
        }
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen, lit: Lit) {
        let len = self.len(screen.ui, screen.timeline);
        let places = screen.ui.calls.of(self.agent, screen.run().head);
        for (at, y) in self.shown(len, area).rev().zip(area.y..area.bottom()) {
            let mut row = Row::new(usize::from(area.width));
            let selected = self.list.selected() == Some(at);
            row.push(if selected { "▸" } else { " " }, screen.theme.style(Role::Focus));
            match places.get(at).and_then(|place| Some((place, place.call(screen.timeline)?))) {
                Some((place, call)) => self.finished(&mut row, *place, &call, screen),
                None => in_flight(&mut row, self.flying(screen.timeline), screen),
            }
            row.draw(buffer, area.x, y);
            if selected && lit != Lit::Unfocused {
                buffer.set_style(Rect { y, height: 1, ..area }, screen.theme.style(Role::Selected));
            }
        }
    }

    /// `✓ c12  F reason         T5.2  12.3k→840     $0.004   3.2s  2 retries`
    fn finished(&self, row: &mut Row, place: Place, call: &Call, screen: &Screen) {
        let style = |role| screen.theme.style(role);
        let (glyph, role) = if call.error.is_some() { ("✗", Role::Bad) } else { ("✓", Role::Good) };
        row.push(glyph, style(role));
        head(row, call.id, &format!("{} {}", call.kind.letter(), call.kind), call.task, place.attempt, screen);
        let used = &call.usage;
        let about = words::about(used);
        let both = format!("{about}{}→{}", words::amount(used.input_tokens), words::amount(used.output_tokens));
        row.push(format!("{both:<12} "), style(Role::Text));
        for figure in [format!("{:>8} ", words::money(used.usd)), format!("{:>6} ", seconds(call.elapsed_ms))] {
            if row.left() < figure.len() {
                return;
            }
            row.push(figure, style(Role::Dim));
        }
        if let Some(error) = &call.error {
            row.push(format!(" {}", crate::plain::plain_start(error, START)), style(Role::Bad));
        } else if let Some(from) = call.from {
            row.push(format!(" from the record, {from}"), style(Role::Dim));
        }
        if let Some(retries) = self.retries.get(&call.id).filter(|retries| **retries > 0) {
            row.push(format!(" {}", words::count(*retries, "retry", "retries")), style(Role::Warn));
        }
    }
}

fn head(row: &mut Row, id: CallId, kind: &str, task: Option<TaskId>, attempt: u32, screen: &Screen) {
    let style = |role| screen.theme.style(role);
    row.push(format!(" {id:<5}"), style(Role::Dim));
    row.push(format!("{kind:<16}"), style(Role::Accent));
    let task = match (task, attempt) {
        (Some(task), 0) => task.to_string(),
        (Some(task), attempt) => format!("{task}.{attempt}"),
        (None, _) => String::new(),
    };
    row.push(format!("{task:<6} "), style(Role::Text));
}

fn in_flight(row: &mut Row, call: Option<&StartedCall>, screen: &Screen) {
    let Some(call) = call else { return };
    row.push("…", screen.theme.style(Role::Think));
    head(row, call.id, &format!("{} {}", call.kind.letter(), call.kind), call.task, 0, screen);
    row.push(format!("in flight, up to {}", words::spent(&call.worst)), screen.theme.style(Role::Dim));
}

fn retries(trace: crate::run::BlobId, bodies: &mut Bodies, effects: &mut Vec<Effect>) -> Option<usize> {
    match bodies.want(trace, effects) {
        Body::Waiting => None,
        Body::Missing(_) => Some(0),
        Body::Here(bytes) => Some(serde_json::from_slice::<Trace>(&bytes).map_or(0, |trace| trace.tries.len())),
    }
}
