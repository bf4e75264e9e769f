//! The whole picture: panes, then what lies on them, then the footer. Reads, never changes.

use ratatui::{Frame, buffer::Buffer, layout::Rect};

use super::{
    layout::{Focus, Shape},
    msg::Size,
    pane,
    theme::Role,
    ui::Screen,
    widget::{
        frame::{self, Lit, Titles},
        row::{self, Row},
        wrap,
    },
};

pub fn draw(frame: &mut Frame, screen: &Screen) {
    // The terminal may have another size than the last message said; the next message brings the rest in line.
    let area = frame.area();
    let regions = screen.ui.regions_at(Size { width: area.width, height: area.height });
    let past = screen.ui.past.is_some().then(|| screen.theme.in_the_past());
    let (now, screen) = (screen, &Screen { theme: past.as_ref().unwrap_or(screen.theme), ..*screen });
    let buffer = frame.buffer_mut();
    buffer.set_style(area, screen.theme.style(Role::Text));
    if regions.shape == Shape::TooSmall {
        too_small(buffer, screen);
        return;
    }
    pane::status::draw(buffer, regions.status, screen);
    if let Some(tabs) = regions.tabs {
        draw_tabs(buffer, tabs, screen);
    }
    let focused = |focus| match screen.ui.modals.is_empty() && screen.ui.focus == focus {
        true => Lit::Focused,
        false => Lit::Unfocused,
    };
    for focus in Focus::ALL {
        let Some(area) = regions.pane(focus) else { continue };
        match focus {
            Focus::Queue => screen.ui.queue.draw(buffer, area, screen, focused(focus)),
            Focus::Agents => screen.ui.agents.draw(buffer, area, screen, focused(focus)),
            Focus::Context => screen.ui.context.draw(buffer, area, screen, focused(focus)),
            Focus::Decisions if regions.decisions_line.is_some() => {
                screen.ui.decisions.draw_line(buffer, area, screen, focused(focus));
            }
            Focus::Decisions => screen.ui.decisions.draw(buffer, area, screen, focused(focus)),
        }
    }
    if let Some(watches) = regions.watches {
        pane::watches::draw(buffer, watches, screen);
    }
    if let Some(timeline) = regions.timeline {
        pane::timeline::draw(buffer, timeline, screen);
    }
    for (at, modal) in screen.ui.modals.iter().enumerate() {
        let screen = if modal.is_of_now() { now } else { screen };
        let area = modal.area(regions.body, screen.ui.modals.get(at + 1));
        match modal.exists(screen.ui, screen.timeline) {
            true => modal.draw(buffer, area, screen),
            false => draw_absent(buffer, area, screen),
        }
    }
    pane::footer::draw(buffer, regions.footer, screen);
}

/// What lies on the panes is about something that came later than the moment that is looked at, or was over by then.
fn draw_absent(buffer: &mut Buffer, area: Rect, screen: &Screen) {
    let titles = Titles { name: "Not at this moment".to_owned(), ..Titles::default() };
    let inside = frame::draw_over(buffer, area, titles, screen.theme);
    let text = "What was opened here is not there at this moment of the run. Move on in time, L for now, Esc to close.";
    for (line, y) in wrap::wrap(text, usize::from(inside.width), 0).into_iter().zip(inside.y..inside.bottom()) {
        row::text(buffer, Rect { y, height: 1, ..inside }, &text[line], screen.theme.style(Role::Dim));
    }
}

fn draw_tabs(buffer: &mut Buffer, area: Rect, screen: &Screen) {
    let mut row = Row::new(usize::from(area.width));
    row.push(" ", screen.theme.style(Role::Dim));
    for (focus, number) in Focus::ALL.into_iter().zip(1..) {
        let role = if focus == screen.ui.focus { Role::Focus } else { Role::Dim };
        let mark = if focus == screen.ui.focus { "▸" } else { " " };
        let name = if focus == Focus::Context { "Context" } else { focus.name() };
        row.push(format!("{mark}{number} {name} "), screen.theme.style(role));
    }
    row.draw(buffer, area.x, area.y);
}

fn too_small(buffer: &mut Buffer, screen: &Screen) {
    let area = buffer.area;
    let open = screen.run().decisions.len();
    let mut text = "This terminal is too small to show the run; 50×15 is enough. The run goes on.".to_owned();
    if open > 0 {
        text.push_str(&format!(" ◆ {open} to decide."));
    }
    let lines = wrap::wrap(&text, usize::from(area.width), 0);
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        let area = Rect { y, height: 1, ..area };
        row::text(buffer, area, &text[line], screen.theme.style(Role::Text));
    }
}
