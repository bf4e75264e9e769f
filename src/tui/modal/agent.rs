//! One agent: its calls, and all that it streamed and that is kept. The stream follows its end until the person scrolls
//! away from it. Where there is no room for both, the part that has the keys is shown.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
};

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
            frame::{self, Lit, Titles},
            page::Scroll,
            row::{self, Row},
            wrap::Growing,
        },
        words,
    },
};

use super::{
    Flow, Modal,
    history::{Chosen, History},
    reader::{inside, inside_wide},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    End,
    Still,
}

/// The part that has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Calls,
    Stream,
}

/// From this width on the calls stand beside the stream, from this height on above it.
const BESIDE: u16 = 120;
const ABOVE: u16 = 16;

pub struct AgentView {
    id: AgentId,
    history: History,
    side: Side,
    /// Where the calls were laid out.
    calls: Option<Rect>,
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
        let (history, side, calls) = (History::new(id), Side::Calls, None);
        AgentView { id, history, side, calls, wrapped, generation: 0, scroll, follow: Follow::End, room: 1 }
    }

    #[must_use]
    pub fn id(&self) -> AgentId {
        self.id
    }

    /// The calls and the stream; a part without room, or without anything in it, is left out.
    fn parts(&self, area: Rect, calls: usize) -> (Option<Rect>, Option<Rect>) {
        if calls == 0 {
            return (None, Some(area));
        }
        if area.width >= BESIDE {
            let [calls, stream] = Layout::horizontal([Constraint::Percentage(54), Constraint::Fill(1)]).areas(area);
            return (Some(calls), Some(stream));
        }
        if area.height >= ABOVE {
            let [calls, stream] = Layout::vertical([Constraint::Percentage(50), Constraint::Fill(1)]).areas(area);
            return (Some(calls), Some(stream));
        }
        match self.side {
            Side::Calls => (Some(area), None),
            Side::Stream => (None, Some(area)),
        }
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, timeline: &Timeline, _: &mut Vec<Effect>) -> Flow {
        let has_calls = self.history.len(ui, timeline) > 0;
        match action {
            Action::Back => return Flow::Back,
            Action::OtherSide if has_calls => {
                self.side = if self.side == Side::Calls { Side::Stream } else { Side::Calls };
            }
            action if has_calls && (self.side == Side::Calls || action == Action::Open) => {
                let area = inside_wide(self.calls.unwrap_or_default());
                match self.history.on_action(action, ui, timeline, area) {
                    Chosen::Call(at) => return Flow::onto(Modal::call(self.id, at)),
                    Chosen::InFlight(call) => {
                        ui.notices.push(format!("{} has not come back yet; its text streams here", call.id), ui.now);
                    }
                    Chosen::Nothing => {}
                }
            }
            action => self.scroll_by(action),
        }
        Flow::Stay
    }

    fn scroll_by(&mut self, action: Action) {
        let page = self.room.max(2) as isize - 1;
        let by = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::PageDown => page,
            Action::PageUp => -page,
            Action::HalfDown => page / 2 + 1,
            Action::HalfUp => -(page / 2 + 1),
            Action::First => isize::MIN,
            Action::Last => isize::MAX,
            _ => return,
        };
        self.scroll.by(by);
        let last = self.wrapped.lines().len().saturating_sub(self.room);
        self.follow = if self.scroll.top >= last { Follow::End } else { Follow::Still };
    }

    pub fn settle(&mut self, ui: &mut Ui, timeline: &Timeline, area: Rect, effects: &mut Vec<Effect>) {
        let (calls, stream) = self.parts(area, self.history.len(ui, timeline));
        self.calls = calls;
        if let Some(area) = calls {
            self.history.settle(ui, timeline, inside_wide(area), effects);
        }
        let Some(area) = stream else { return };
        let area = inside(area);
        self.room = usize::from(area.height);
        let Some(stream) = ui.stream(self.id) else { return };
        if self.generation != stream.generation {
            self.generation = stream.generation;
            self.wrapped = Growing::default();
        }
        self.wrapped.grow(stream.text(), usize::from(area.width));
        if self.follow == Follow::End {
            self.scroll.top = usize::MAX;
        }
        self.scroll.settle(self.wrapped.lines().len(), self.room);
    }

    /// Everything that it streamed.
    #[must_use]
    pub fn copied(&self, ui: &Ui) -> String {
        ui.stream(self.id).map(|stream| stream.text().to_owned()).unwrap_or_default()
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let (run, len) = (screen.run(), self.history.len(screen.ui, screen.timeline));
        let (calls, stream) = self.parts(area, len);
        frame::clear(buffer, area, screen.theme);
        let agent = run.agent(self.id);
        let phase = agent.map(|agent| condition(agent, screen).0).unwrap_or_default();
        let totals = agent.map_or_else(String::new, |agent| {
            let entries = words::count(agent.entries as usize, "entry", "entries");
            let (tokens, money) = (words::tokens(&agent.usage), words::money(agent.usage.usd));
            format!("{entries} · {} turned down · {tokens} · {money}", agent.rejections)
        });
        let mut titles =
            Titles { name: format!("Agent {}", self.id), more: phase.clone(), right: totals, ..Titles::default() };
        let lit = |side| match (len, self.side == side) {
            (0, _) | (_, true) => Lit::OnTop,
            _ => Lit::Unfocused,
        };
        if let Some(area) = calls {
            let inside = inside_wide(area);
            titles.place = self.history.place(len, inside);
            let unseen = self.history.unseen(len);
            titles.beyond = if unseen > 0 { format!("{unseen} new ↑") } else { String::new() };
            frame::draw(buffer, area, std::mem::take(&mut titles), lit(Side::Calls), screen.theme);
            self.history.draw(buffer, inside, screen, lit(Side::Calls));
            // Beside it the totals leave no room for what it does.
            titles.name = "Stream".to_owned();
            titles.more = if screen.ui.size.width >= BESIDE { phase } else { String::new() };
        }
        if let Some(area) = stream {
            let below = self.scroll.below(self.wrapped.lines().len(), self.room);
            titles.beyond = if below > 0 { format!("{below} lines ↓ (G follows)") } else { String::new() };
            frame::draw(buffer, area, titles, lit(Side::Stream), screen.theme);
            self.draw_stream(buffer, inside(area), screen);
        }
    }

    fn draw_stream(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let stream = screen.ui.stream(self.id).filter(|stream| !stream.text().is_empty());
        let Some(stream) = stream else {
            let why = match screen.ui.past {
                Some(_) => "nothing was recorded of what it said at this moment",
                None => "nothing was streamed since this screen was opened",
            };
            row::text(buffer, area, why, screen.theme.style(Role::Dim));
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
