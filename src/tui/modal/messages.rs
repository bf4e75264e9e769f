//! Everything that was said to the person, newest last.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::Timeline,
    tui::{
        action::Action,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
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

#[derive(Default)]
pub struct MessagesView {
    reader: Reader,
}

impl MessagesView {
    #[must_use]
    pub fn shown(&self) -> &Page {
        self.reader.page()
    }

    pub fn on_action(&mut self, action: Action, _: &mut Ui, _: &Timeline, _: &mut Vec<Effect>) -> Flow {
        if action == Action::Back {
            return Flow::Back;
        }
        self.reader.on_action(action);
        Flow::Stay
    }

    pub fn settle(&mut self, ui: &Ui, timeline: &Timeline, area: Rect) {
        let newest = ui.notices.all().next_back().map_or(0, |(at, _)| at.0 as u64);
        self.reader.refresh((ui.notices.len() as u64, newest), || page(ui, timeline.run().started_at));
        self.reader.settle(inside(area));
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let titles = Titles {
            name: "Messages".to_owned(),
            place: self.reader.place(),
            beyond: self.reader.beyond(),
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        self.reader.draw(buffer, inside(area), screen.theme);
    }
}

/// Each with the time since the run was started.
fn page(ui: &Ui, started: i64) -> Page {
    let mut page = Page::default();
    for (at, text) in ui.notices.all() {
        let time = words::clock(at.0 - started);
        page.paragraph(10).add(&format!("{time:<10}"), Role::Dim).add(text, Role::Text);
    }
    page
}
