//! The breakpoints: what each waits for, how often it was there, what it carries out. Toggled and removed here.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::plain_line,
    run::{BreakChange, BreakId, BreakKind, Breakpoint, Command, Run, Timeline},
    tui::{
        action::Action,
        look,
        msg::Effect,
        pane::quietly,
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            row::Row,
        },
        words,
    },
};

use super::{Flow, reader::inside_wide};

#[derive(Default)]
pub struct BreakpointsView {
    selected: Option<BreakId>,
    /// The first line in sight.
    top: usize,
    room: usize,
}

/// Lines of one: itself, and each of its commands.
fn height(one: &Breakpoint) -> usize {
    1 + one.commands.len()
}

impl BreakpointsView {
    fn selected<'a>(&self, run: &'a Run) -> Option<&'a Breakpoint> {
        let chosen = self.selected.and_then(|id| run.breakpoints.get(&id));
        // One that was removed hands the cursor to the next, else to the one before.
        let next = || run.breakpoints.range(self.selected.unwrap_or(BreakId(0))..).next().map(|(_, one)| one);
        chosen.or_else(next).or_else(|| run.breakpoints.values().next_back())
    }

    fn step(&mut self, by: isize, run: &Run) {
        let all: Vec<BreakId> = run.breakpoints.keys().copied().collect();
        let at = self.selected(run).and_then(|one| all.iter().position(|id| *id == one.id)).unwrap_or(0);
        self.selected = all.get(at.saturating_add_signed(by).min(all.len().saturating_sub(1))).copied();
    }

    /// Why there is nothing to change.
    #[must_use]
    pub fn is_empty(run: &Run) -> Option<&'static str> {
        run.breakpoints.is_empty().then_some("no breakpoint is set: b on a row sets one")
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) -> Flow {
        let run = timeline.run();
        let page = self.room.max(2) as isize - 1;
        let change = match action {
            Action::Back => return Flow::Back,
            Action::Down => return self.moved(1, run),
            Action::Up => return self.moved(-1, run),
            Action::PageDown | Action::HalfDown => return self.moved(page, run),
            Action::PageUp | Action::HalfUp => return self.moved(-page, run),
            Action::First => return self.moved(isize::MIN, run),
            Action::Last => return self.moved(isize::MAX, run),
            Action::Toggle if self.selected(run).is_some_and(|one| one.enabled) => BreakChange::Disable,
            Action::Toggle => BreakChange::Enable,
            Action::Remove => BreakChange::Remove,
            _ => return Flow::Stay,
        };
        if let Some(one) = self.selected(run) {
            self.selected = Some(one.id);
            let command = Command::ChangeBreak { id: one.id, change };
            match look::why_not(&command, ui, timeline) {
                Some(why) => ui.notices.push(why, ui.now),
                None => effects.push(Effect::Send(command)),
            }
        }
        Flow::Stay
    }

    fn moved(&mut self, by: isize, run: &Run) -> Flow {
        self.step(by, run);
        Flow::Stay
    }

    pub fn settle(&mut self, timeline: &Timeline, area: Rect) {
        let run = timeline.run();
        self.room = usize::from(inside_wide(area).height);
        let Some(selected) = self.selected(run) else { return };
        let before: usize = run.breakpoints.range(..selected.id).map(|(_, one)| height(one)).sum();
        let all: usize = run.breakpoints.values().map(height).sum();
        let end = before + height(selected).min(self.room);
        self.top = self.top.min(before).max(end.saturating_sub(self.room)).min(all.saturating_sub(self.room));
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let (run, style) = (screen.run(), |role| screen.theme.style(role));
        let all: usize = run.breakpoints.values().map(height).sum();
        let below = all.saturating_sub(self.top + self.room);
        let enabled = run.breakpoints.values().filter(|one| one.enabled).count();
        let titles = Titles {
            name: "Breakpoints".to_owned(),
            more: format!("{enabled} of {} on", run.breakpoints.len()),
            beyond: if below > 0 { format!("{below} lines ↓") } else { String::new() },
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        let inside = inside_wide(area);
        if run.breakpoints.is_empty() {
            let text = "None is set. b on a task, an agent or an entry begins one; so does : break.";
            quietly(buffer, Rect { x: inside.x - 1, width: inside.width + 2, ..inside }, text, screen);
        }
        let selected = self.selected(run).map(|one| one.id);
        let lines = run.breakpoints.values().flat_map(|one| {
            let commands = one.commands.iter().map(move |command| (one, Some(command)));
            std::iter::once((one, None)).chain(commands)
        });
        for ((one, command), y) in lines.skip(self.top).zip(inside.y..inside.bottom()) {
            let mut row = Row::new(usize::from(inside.width));
            match command {
                None => head(&mut row, one, selected == Some(one.id), screen),
                Some(command) => row.push(format!("          then  {}", plain_line(command)), style(Role::Dim)),
            }
            row.draw(buffer, inside.x, y);
            if selected == Some(one.id) {
                buffer.set_style(Rect { y, height: 1, ..inside }, style(Role::Selected));
            }
        }
    }
}

fn head(row: &mut Row, one: &Breakpoint, selected: bool, screen: &Screen) {
    let style = |role| screen.theme.style(role);
    row.push(if selected { "▸" } else { " " }, style(Role::Focus));
    row.push(format!("{:<4}", one.id), style(Role::Accent));
    let (mark, role) = if one.enabled { ("● on   ", Role::Good) } else { ("○ off  ", Role::Dim) };
    row.push(mark, style(role));
    let mut notes = vec![words::count(one.hits as usize, "hit", "hits")];
    if one.kind == BreakKind::Trace {
        notes.insert(0, "only says so".to_owned());
    }
    if one.temporary {
        notes.insert(0, "once".to_owned());
    }
    if one.ignore > 0 {
        notes.push(format!("passes over {} more", one.ignore));
    }
    let notes = notes.join(" · ");
    let mut spec = Row::new(row.left().saturating_sub(notes.chars().count() + 2));
    spec.push(plain_line(&one.spec.to_string()), style(Role::Text));
    spec.pad_to(0);
    row.append(spec);
    row.push(format!("  {notes}"), style(Role::Dim));
}
