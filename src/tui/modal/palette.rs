//! Everything that can be done, found by words: keys that work here, and commands. Nothing that decides is in it.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{
        Timeline,
        line::{VERBS, Verb},
    },
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
            row::{self, Row},
            wrap,
        },
    },
};

use super::{
    Flow, Modal,
    form::{Field, Lines},
    reader::inside_wide,
};

/// What has a key of its own on its own card, and no other way.
const DECIDING: [Action; 11] = [
    Action::Approve,
    Action::Edit,
    Action::Veto,
    Action::Raise,
    Action::FinishWithIt,
    Action::StopAndSave,
    Action::Detach,
    Action::Accept,
    Action::Send,
    Action::Confirm,
    Action::DoAll,
];

/// Cells of the column with the names.
const NAMES: usize = 22;

#[derive(Clone, Copy)]
enum Item {
    Act(&'static action::Row),
    Type(&'static Verb),
}

impl Item {
    fn help(self) -> &'static str {
        match self {
            Item::Act(row) => row.help,
            Item::Type(verb) => verb.help,
        }
    }

    /// How well it fits what was typed, the least the best; `None` when a word is found nowhere.
    fn rank(self, words: &[String]) -> Option<u32> {
        let name = match self {
            Item::Act(row) => row.name.to_lowercase(),
            Item::Type(verb) => verb.names.join(" "),
        };
        let help = self.help().to_lowercase();
        words.iter().map(|word| rank(word, &name, &help)).sum()
    }
}

/// A word begins the name, a word of it, is in it, in the help, or has its letters in the name, in this order.
fn rank(word: &str, name: &str, help: &str) -> Option<u32> {
    let begins = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word));
    match () {
        () if name.starts_with(word) => Some(0),
        () if begins(name) => Some(1),
        () if name.contains(word) => Some(2),
        () if begins(help) => Some(4),
        () if has_letters(word, name) => Some(6),
        () if help.contains(word) => Some(8),
        () => None,
    }
}

/// Whether the letters of a word stand in a text in their order.
fn has_letters(word: &str, text: &str) -> bool {
    let mut letters = text.chars();
    word.chars().all(|wanted| letters.any(|letter| letter == wanted))
}

pub struct Palette {
    /// Where it was opened.
    place: Place,
    field: Field,
    items: Vec<Item>,
    cursor: usize,
    room: usize,
}

impl Palette {
    #[must_use]
    pub fn new(place: Place) -> Self {
        Palette { place, field: Field::new("", Lines::One), items: vec![], cursor: 0, room: 0 }
    }

    pub fn on_action(&mut self, action: Action, ui: &mut Ui, _: &Timeline, _: &mut Vec<Effect>) -> Flow {
        let last = self.items.len().saturating_sub(1);
        let step = |by: isize, at: usize| at.saturating_add_signed(by).min(last);
        match action {
            Action::Back => return Flow::Back,
            Action::NextLine => self.cursor = step(1, self.cursor),
            Action::PreviousLine => self.cursor = step(-1, self.cursor),
            Action::ReportDown => self.cursor = step(self.room as isize, self.cursor),
            Action::ReportUp => self.cursor = step(-(self.room as isize), self.cursor),
            Action::CarryOut => match self.items.get(self.cursor) {
                Some(Item::Act(row)) => return Flow::Act(row.action),
                Some(Item::Type(verb)) => {
                    let gap = if verb.form.is_empty() { "" } else { " " };
                    return Flow::Instead(Box::new(Modal::prompt(&format!("{}{gap}", verb.names[0]))));
                }
                None => ui.notices.push("nothing is called that", ui.now),
            },
            _ => {}
        }
        Flow::Stay
    }

    pub fn on_text_key(&mut self, key: KeyEvent) {
        if key.code != KeyCode::Enter {
            self.field.on_key(key);
            self.cursor = 0;
        }
    }

    pub fn on_paste(&mut self, text: &str) {
        self.field.on_paste(text);
        self.cursor = 0;
    }

    pub fn settle(&mut self, ui: &Ui, timeline: &Timeline, area: Rect) {
        let typed = self.field.text().to_lowercase();
        let words: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
        let works = |row: &&'static action::Row| {
            !DECIDING.contains(&row.action)
                && !matches!(row.action, Action::Back | Action::Palette)
                && why_not(row.action, ui, timeline.run()).is_none()
        };
        let actions = action::rows_in(self.place).filter(works).map(Item::Act);
        let verbs = VERBS.iter().map(Item::Type);
        let mut ranked: Vec<(u32, Item)> =
            actions.chain(verbs).filter_map(|item| Some((item.rank(&words)?, item))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        self.items = ranked.into_iter().map(|(_, item)| item).collect();
        self.cursor = self.cursor.min(self.items.len().saturating_sub(1));
        self.room = usize::from(inside_wide(Palette::area(area)).height.saturating_sub(2));
    }

    fn area(area: Rect) -> Rect {
        frame::centred(area, 100, 24)
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let style = |role| screen.theme.style(role);
        let area = Palette::area(area);
        let top = (self.cursor + 1).saturating_sub(self.room);
        let shown = top..(top + self.room).min(self.items.len());
        let titles = Titles {
            name: "What can be done here".to_owned(),
            place: crate::tui::pane::place(&shown, self.items.len()),
            ..Titles::default()
        };
        frame::draw_over(buffer, area, titles, screen.theme);
        let inside = inside_wide(area);
        row::text(buffer, Rect { height: 1, ..inside }, "›", style(Role::Key));
        self.field.draw(buffer, Rect { x: inside.x + 2, width: inside.width - 2, height: 1, ..inside }, screen.theme);
        for ((at, item), y) in self.items.iter().enumerate().skip(top).zip(inside.y + 2..inside.bottom()) {
            let mut row = Row::new(usize::from(inside.width));
            let selected = at == self.cursor;
            row.push(if selected { "▸ " } else { "  " }, style(Role::Focus));
            let (key, name) = match item {
                Item::Act(action) => {
                    let key = screen.ui.keymap.keys(action.action).first().map(spoken);
                    (key.unwrap_or_default(), action.name.to_owned())
                }
                Item::Type(verb) => (":".to_owned(), usage(verb)),
            };
            row.push(format!("{key:<7} "), style(Role::Key));
            row.push(format!("{:<NAMES$}  ", wrap::cut(&name, NAMES)), style(Role::Title));
            row.push(item.help(), style(Role::Dim));
            row.draw(buffer, inside.x, y);
            if selected {
                buffer.set_style(Rect { y, height: 1, ..inside }, style(Role::Selected));
            }
        }
        if self.items.is_empty() {
            let line = Rect { y: inside.y + 2, height: 1, ..inside };
            row::text(buffer, line, "nothing is called that", style(Role::Dim));
        }
    }

    /// What it offers, by name; for tests.
    #[cfg(test)]
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let name = |item: &Item| match item {
            Item::Act(row) => row.name,
            Item::Type(verb) => verb.names[0],
        };
        self.items.iter().map(name).collect()
    }
}
