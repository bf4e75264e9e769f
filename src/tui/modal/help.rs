//! What works here and now, read from the table of actions; then what works in forms, which have no help of their own,
//! and what can be typed.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{Timeline, line::VERBS},
    tui::{
        action::{self, Action, Place},
        completion::usage,
        keymap::spoken,
        msg::Effect,
        theme::Role,
        ui::{Screen, Ui},
        update::why_not,
        widget::{
            frame::{self, Titles},
            page::Page,
        },
    },
};

use super::{
    Flow,
    reader::{Reader, inside},
};

pub struct HelpView {
    place: Place,
    reader: Reader,
}

impl HelpView {
    #[must_use]
    pub fn new(place: Place) -> Self {
        HelpView { place, reader: Reader::default() }
    }

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
        let place = self.place;
        self.reader.refresh((timeline.head().head.0, timeline.run().head.0), || page(place, ui, timeline));
        self.reader.settle(inside(area));
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let titles = Titles {
            name: "Help: what works here and now".to_owned(),
            place: self.reader.place(),
            beyond: self.reader.beyond(),
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        self.reader.draw(buffer, inside(area), screen.theme);
    }
}

fn page(place: Place, ui: &Ui, timeline: &Timeline) -> Page {
    let mut page = Page::default();
    let (mut now, mut not_now) = (vec![], vec![]);
    for row in action::rows_in(place) {
        match why_not(row.action, ui, timeline.run()) {
            None => now.push((row, None)),
            Some(why) => not_now.push((row, Some(why))),
        }
    }
    page.line("Now", Role::Title);
    rows(&mut page, now, ui);
    if !not_now.is_empty() {
        page.blank();
        page.line("Not now", Role::Title);
        rows(&mut page, not_now, ui);
    }
    page.blank();
    page.line("In forms, on the line for commands and in the palette", Role::Title);
    rows(&mut page, action::rows_of_forms().map(|row| (row, None)).collect(), ui);
    page.blank();
    page.line(&format!("Commands, after {}", ui.keymap.first(Action::Prompt)), Role::Title);
    for verb in VERBS {
        let usage = usage(verb);
        let gap = " ".repeat(COMMANDS.saturating_sub(usage.chars().count()).max(2));
        page.paragraph(COMMANDS + 2).add("  ", Role::Text).add(&usage, Role::Key).add(&gap, Role::Text);
        page.add(verb.help, Role::Text);
    }
    page
}

/// Cells of the column with the commands.
const COMMANDS: usize = 30;

fn rows(page: &mut Page, rows: Vec<(&action::Row, Option<&'static str>)>, ui: &Ui) {
    const KEYS: usize = 18;
    for (row, why) in rows {
        let keys: Vec<String> = ui.keymap.keys(row.action).iter().map(spoken).collect();
        let keys = keys.join(" ");
        let gap = " ".repeat(KEYS.saturating_sub(keys.chars().count()).max(1));
        let role = if why.is_none() { Role::Text } else { Role::Dim };
        page.paragraph(KEYS + 2).add("  ", role).add(&keys, Role::Key).add(&gap, role).add(row.help, role);
        if let Some(why) = why {
            page.add(&format!(" ({why})"), Role::Warn);
        }
    }
}
