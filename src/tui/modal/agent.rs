//! One agent: all that it streamed and that is kept. Follows the end until the person scrolls away from it.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{AgentId, Timeline},
    tui::{
        action::Action,
        condition::condition,
        msg::Effect,
        pane::agents::tone_role,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            page::Scroll,
            row::Row,
            wrap::Growing,
        },
        words,
    },
};

use super::{Flow, reader::inside};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    End,
    Still,
}

pub struct AgentView {
    id: AgentId,
    wrapped: Growing,
    generation: u64,
    scroll: Scroll,
    follow: Follow,
    room: usize,
}

impl AgentView {
    #[must_use]
    pub fn new(id: AgentId) -> Self {
        let (wrapped, scroll) = (Growing::default(), Scroll::default());
        AgentView { id, wrapped, generation: 0, scroll, follow: Follow::End, room: 1 }
    }

    pub fn on_action(&mut self, action: Action, _: &mut Ui, _: &Timeline, _: &mut Vec<Effect>) -> Flow {
        let page = self.room.max(2) as isize - 1;
        let by = match action {
            Action::Back => return Flow::Back,
            Action::Down => 1,
            Action::Up => -1,
            Action::PageDown => page,
            Action::PageUp => -page,
            Action::HalfDown => page / 2 + 1,
            Action::HalfUp => -(page / 2 + 1),
            Action::First => isize::MIN,
            Action::Last => isize::MAX,
            _ => return Flow::Stay,
        };
        self.scroll.by(by);
        let last = self.wrapped.lines().len().saturating_sub(self.room);
        self.follow = if self.scroll.top >= last { Follow::End } else { Follow::Still };
        Flow::Stay
    }

    pub fn settle(&mut self, ui: &Ui, area: Rect) {
        let area = inside(area);
        self.room = usize::from(area.height);
        let Some(stream) = ui.streams.get(&self.id) else { return };
        if self.generation != stream.generation {
            self.generation = stream.generation;
            self.wrapped.reset();
        }
        self.wrapped.grow(stream.text(), usize::from(area.width));
        if self.follow == Follow::End {
            self.scroll.top = usize::MAX;
        }
        self.scroll.settle(self.wrapped.lines().len(), self.room);
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let run = screen.run();
        let stream = screen.ui.streams.get(&self.id);
        let phase = run.agent(self.id).map(|agent| condition(agent, screen).0);
        let below = self.scroll.below(self.wrapped.lines().len(), self.room);
        let totals = run.agent(self.id).map_or_else(String::new, |agent| {
            let entries = words::count(agent.entries as usize, "entry", "entries");
            format!("{entries} · {} turned down · {} tok", agent.rejections, words::amount(agent.usage.tokens()))
        });
        let titles = Titles {
            name: format!("Agent {}", self.id),
            more: phase.unwrap_or_default(),
            right: totals,
            beyond: if below > 0 { format!("{below} lines ↓ (G follows)") } else { String::new() },
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        let area = inside(area);
        let Some(stream) = stream.filter(|stream| !stream.text().is_empty()) else {
            let mut row = Row::new(usize::from(area.width));
            row.push("nothing was streamed since this screen was opened", screen.theme.style(Role::Dim));
            row.draw(buffer, area.x, area.y);
            return;
        };
        let lines = self.wrapped.lines().iter().skip(self.scroll.top);
        for (line, y) in lines.zip(area.y..area.bottom()) {
            let Some(text) = stream.text().get(line.clone()) else { break };
            let mut row = Row::new(usize::from(area.width));
            row.push(text, screen.theme.style(tone_role(stream.tone_at(line.start))));
            row.draw(buffer, area.x, y);
        }
    }
}
