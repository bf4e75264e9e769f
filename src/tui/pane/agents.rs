//! The agents: a block each, with what it is doing or waits for, its figures, and the tail of what it streams.
//!
//! Blocks have equal heights that depend on the number of agents only, so nothing jumps while they work.

use std::{collections::BTreeMap, ops::Range};

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::plain_start,
    run::{Agent, AgentId, AgentState, Phase, Run},
    tui::{
        action::Action,
        condition::{call_of, condition, sign_of_life, works},
        modal::Modal,
        stream::{Stream, Tone, tail},
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Lit, Titles},
            list::{Anchor, List},
            row::{self, Row, START},
        },
        words,
    },
};

use super::{meter::meter, place, travel};

/// Lines of the smallest block: its head, its figures and one of its stream or two of it, and the line to the next.
const LEAST: usize = 4;

#[derive(Debug)]
pub struct AgentsPane {
    list: List,
}

impl Default for AgentsPane {
    fn default() -> Self {
        AgentsPane { list: List::new(Anchor::Top(0)) }
    }
}

/// Lines of one block, the separating line included.
fn block(agents: usize, room: usize) -> usize {
    ((room + 1) / agents.max(1)).max(LEAST)
}

impl AgentsPane {
    pub fn settle(&mut self, run: &Run, area: Rect, streams: &mut BTreeMap<AgentId, Stream>) {
        let (len, room) = (run.agents.len(), usize::from(area.height));
        self.list.settle(len, room + 1, |_| block(len, room));
        for at in self.shown(run, area) {
            if let Some(stream) = streams.get_mut(&run.agents[at].id) {
                stream.wrap(usize::from(area.width.saturating_sub(2)));
            }
        }
    }

    fn shown(&self, run: &Run, area: Rect) -> Range<usize> {
        let (len, room) = (run.agents.len(), usize::from(area.height));
        self.list.window(len, room + 1, |_| block(len, room))
    }

    #[must_use]
    pub fn selected(&self, run: &Run) -> Option<AgentId> {
        run.agents.get(self.list.selected()?).map(|agent| agent.id)
    }

    /// What the selected agent streamed.
    #[must_use]
    pub fn copied(&self, ui: &Ui, run: &Run) -> Option<String> {
        let agent = run.agents.get(self.list.selected()?)?;
        Some(ui.stream(agent.id).map(|stream| stream.text().to_owned()).unwrap_or_default())
    }

    pub fn on_action(&mut self, action: Action, run: &Run, area: Rect) -> Option<Modal> {
        let (shown, len) = (self.shown(run, area), run.agents.len());
        if travel(&mut self.list, action, len, shown.clone()) {
            return None;
        }
        match (action, self.list.selected()) {
            (Action::Last, _) if len > 0 => self.list.select(len - 1, shown),
            (Action::Open, Some(at)) => return run.agents.get(at).map(|agent| Modal::agent(agent.id)),
            (Action::Open, None) => self.list.step(1, len, shown),
            _ => {}
        }
        None
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen, lit: Lit) {
        let run = screen.run();
        let inside = super::inside(area);
        let shown = self.shown(run, inside);
        let all = shown.len() == run.agents.len();
        let working = run.agents.iter().filter(|agent| works(agent, screen)).count();
        let what = if screen.ui.past.is_some() { "busy then" } else { "at work" };
        let titles = Titles {
            name: "2 Agents".to_owned(),
            more: format!("{working} of {} {what}", run.agents.len()),
            place: if all { String::new() } else { place(&shown, run.agents.len()) },
            ..Titles::default()
        };
        frame::draw(buffer, area, titles, lit, screen.theme);
        let height = block(run.agents.len(), usize::from(inside.height));
        let mut y = inside.y;
        for at in shown.clone() {
            if y >= inside.bottom() {
                break;
            }
            let last = at + 1 == shown.end;
            let lines = if last { usize::from(inside.bottom() - y) } else { height - 1 };
            let area = Rect { y, height: lines as u16, ..inside }.intersection(inside);
            let selected = (self.list.selected() == Some(at)).then_some(lit);
            draw_agent(buffer, area, &run.agents[at], screen, selected);
            y += lines as u16;
            if !last && y < inside.bottom() {
                row::rule(buffer, Rect { y, height: 1, ..inside }, "─", screen.theme.style(Role::Border));
                y += 1;
            }
        }
    }
}

fn draw_agent(buffer: &mut Buffer, area: Rect, agent: &Agent, screen: &Screen, selected: Option<Lit>) {
    let style = |role| screen.theme.style(role);
    let stream = screen.ui.stream(agent.id);
    head(agent, screen, usize::from(area.width), selected).draw(buffer, area.x, area.y);
    if selected == Some(Lit::Focused) {
        buffer.set_style(Rect { height: 1, ..area }, style(Role::Selected));
    }
    let area = match meter(agent, screen, usize::from(area.width)) {
        Some(meter) if area.height > 1 => {
            meter.draw(buffer, area.x, area.y + 1);
            Rect { y: area.y + 1, height: area.height - 1, ..area }
        }
        _ => area,
    };
    let Some(stream) = stream.filter(|stream| !stream.text().is_empty()) else {
        return silent(buffer, area, agent, screen);
    };
    let room = usize::from(area.height.saturating_sub(1));
    let lines = tail(stream.wrapped.lines(), room);
    for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
        let mut row = Row::new(usize::from(area.width));
        row.push(" ", style(Role::Text));
        row.push(&stream.text()[line.clone()], style(tone_role(stream.tone_at(line.start))));
        let newest = line.end >= stream.text().trim_end().len();
        if newest && streams(agent, stream, screen) {
            row.push("▌", style(Role::Think));
        }
        row.draw(buffer, area.x, y);
    }
}

/// Whether more text is to come right behind what is shown.
fn streams(agent: &Agent, stream: &Stream, screen: &Screen) -> bool {
    let thinks = match screen.ui.past {
        Some(_) => call_of(agent, screen.run()).is_some(),
        None => matches!(stream.phase, Some(Phase::Thinking(_))),
    };
    thinks && stream.last_tone() != Some(Tone::Head) && works(agent, screen)
}

/// An agent that streamed nothing: what it holds or asks, in full.
fn silent(buffer: &mut Buffer, area: Rect, agent: &Agent, screen: &Screen) {
    let run = screen.run();
    let held = agent.task.and_then(|id| run.task(id)).map(|task| task.text.clone());
    let text = match &agent.state {
        AgentState::Asking(id) => run.decisions.get(id).map(|decision| {
            let ask = words::ask_kind(&decision.ask).to_lowercase();
            format!("asks to {ask}: {}", words::proposal(decision, run))
        }),
        AgentState::Working(_) => held,
        _ => None,
    };
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    super::quietly(buffer, inside, &plain_start(&text.unwrap_or_default(), START), screen);
}

/// How a tone of a stream looks.
#[must_use]
pub fn tone_role(tone: Tone) -> Role {
    match tone {
        Tone::Head => Role::Accent,
        Tone::Reasoning => Role::Dim,
        Tone::Output => Role::Text,
    }
}

/// `a1  T5 Does MPL-2 define distribution   thinks: F reason   3s`
fn head(agent: &Agent, screen: &Screen, width: usize, selected: Option<Lit>) -> Row {
    let (run, style) = (screen.run(), |role| screen.theme.style(role));
    let (phase, role) = condition(agent, screen);
    let width = width.saturating_sub(1);
    let mut right = Row::new(width.saturating_sub(6));
    right.push(plain_start(&phase, START), style(role));
    if let Some(sign) = sign_of_life(agent, screen) {
        right.push(format!(" {sign}"), style(Role::Dim));
    }
    let used = width.saturating_sub(6) - right.left();
    let mut row = Row::new(width);
    row.push(if selected.is_some() { "▸" } else { " " }, style(Role::Focus));
    row.push(format!("{:<3} ", agent.id), style(Role::Title));
    let holds = matches!(agent.state, AgentState::Working(_) | AgentState::Asking(_));
    if let Some(task) = agent.task.filter(|_| holds).and_then(|id| run.task(id)) {
        let room = row.left().saturating_sub(used + 2);
        let mut text = Row::new(room);
        text.push(format!("{} ", task.id), style(Role::Accent));
        text.push(plain_start(&task.text, START), style(Role::Title));
        row.append(text);
    }
    row.pad_to(used);
    row.append(right);
    row
}
