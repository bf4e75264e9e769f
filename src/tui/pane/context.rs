//! The shared context: what every agent reads, in order of admission. Follows its end until the person moves in it.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::plain_start,
    run::{Admission, Entry, EntryKind, Label, Run, Standing, TAINTED},
    tui::{
        action::Action,
        modal::Modal,
        theme::Role,
        ui::Screen,
        widget::{
            frame::{self, Lit, Titles},
            list::{Anchor, List},
            row::{Row, START},
            wrap,
        },
        words,
    },
};

use super::{beyond, place, travel};

/// Lines that an entry takes at most.
const DOCUMENT_LINES: usize = 2;
const RESULT_LINES: usize = 3;

#[derive(Debug)]
pub struct ContextPane {
    list: List,
    blocks: Blocks,
}

impl Default for ContextPane {
    fn default() -> Self {
        ContextPane { list: List::new(Anchor::End), blocks: Blocks::default() }
    }
}

/// An entry as the pane shows it.
#[derive(Debug, Clone)]
struct Block {
    standing: Standing,
    /// Cells of the column with its label and a blank behind.
    label: usize,
    /// Standing, kind and gist in one.
    text: String,
    lines: Vec<Range<usize>>,
    /// Author, task, and the decision it went through.
    tail: String,
    tail_has_own_line: bool,
}

/// What the column has where no label is longer.
const LABEL: usize = 7;

fn block(entry: &Entry, standing: Standing, width: usize) -> Block {
    let lead: String = lead(entry, standing).into_iter().map(|(word, _)| format!("{word} ")).collect();
    let text = format!("{lead}{}", plain_start(&entry.gist, START));
    let most = if entry.kind == EntryKind::Document { DOCUMENT_LINES } else { RESULT_LINES };
    let label = LABEL.max(entry.label.to_string().len() + 1);
    let cells = width.saturating_sub(label + 2).max(8);
    let mut lines = wrap::wrap(&text, cells, 0);
    if lines.len() > most {
        // The rest of the text goes to the last line, where it is cut with an ellipsis.
        lines.truncate(most);
        lines[most - 1].end = text.len();
    }
    let mut tail = String::new();
    if !entry.label.is_unit() {
        tail = entry.label.author.to_string();
        if let Some(task) = entry.task {
            tail.push_str(&format!(" {task}"));
        }
        if let Admission::Approved(id) | Admission::Edited(id) = entry.admission {
            tail.push_str(&format!(" {id}"));
        }
    }
    if !entry.taint.is_empty() {
        tail = format!("{TAINTED} {tail}").trim_end().to_owned();
    }
    let last = lines.last().map_or(0, |line| wrap::width(&text[line.clone()]));
    let tail_has_own_line = !tail.is_empty() && last + tail.len() + 3 > cells && lines.len() < most;
    Block { standing, label, text, lines, tail, tail_has_own_line }
}

/// The words before a gist.
fn lead(entry: &Entry, standing: Standing) -> Vec<(&'static str, Role)> {
    let kind = Some(words::entry_glyph(entry.kind)).filter(|(glyph, _)| !glyph.is_empty());
    words::standing(standing).into_iter().chain(kind).collect()
}

impl Block {
    fn height(&self) -> usize {
        self.lines.len() + usize::from(self.tail_has_own_line)
    }
}

/// Blocks near the window, wrapped for one width. Of an entry nothing changes but how it stands, and its place is the
/// same at every moment.
#[derive(Debug, Default)]
struct Blocks {
    width: usize,
    known: BTreeMap<usize, Block>,
}

/// Blocks that are kept: more than there are rows on any screen.
const KEPT: usize = 512;

impl Blocks {
    /// Forgets what was wrapped for another width, and what is too much.
    fn settle(&mut self, width: usize) {
        if self.width != width || self.known.len() > KEPT {
            *self = Blocks { width, known: BTreeMap::new() };
        }
    }

    /// The height of a block that is needed again soon.
    fn height(&mut self, run: &Run, at: usize) -> usize {
        let Some(entry) = run.context.at(at) else { return 1 };
        let standing = run.standing(entry.label);
        if let Some(block) = self.known.get(&at).filter(|block| block.standing == standing) {
            return block.height();
        }
        let block = block(entry, standing, self.width);
        let height = block.height();
        self.known.insert(at, block);
        height
    }

    fn get(&self, run: &Run, at: usize, width: usize) -> Option<Cow<'_, Block>> {
        let entry = run.context.at(at)?;
        let standing = run.standing(entry.label);
        let known = self.known.get(&at).filter(|block| self.width == width && block.standing == standing);
        Some(known.map_or_else(|| Cow::Owned(block(entry, standing, width)), Cow::Borrowed))
    }
}

impl ContextPane {
    pub fn settle(&mut self, run: &Run, area: Rect) {
        let ContextPane { list, blocks } = self;
        blocks.settle(usize::from(area.width));
        list.settle(run.context.len(), usize::from(area.height), |at| blocks.height(run, at));
    }

    fn shown(&self, run: &Run, area: Rect) -> Range<usize> {
        let height = |at| self.blocks.get(run, at, usize::from(area.width)).map_or(1, |block| block.height());
        self.list.window(run.context.len(), usize::from(area.height), height)
    }

    #[must_use]
    pub fn selected(&self, run: &Run) -> Option<Label> {
        run.context.at(self.list.selected()?).map(|entry| entry.label)
    }

    /// The selected entry.
    #[must_use]
    pub fn copied(&self, run: &Run) -> Option<String> {
        let entry = run.context.at(self.list.selected()?)?;
        Some(format!("[{}] {}\n", entry.label, entry.gist))
    }

    pub fn on_action(&mut self, action: Action, run: &Run, area: Rect) -> Option<Modal> {
        let (shown, len) = (self.shown(run, area), run.context.len());
        if travel(&mut self.list, action, len, shown.clone()) {
            return None;
        }
        match (action, self.list.selected()) {
            (Action::Last, _) => self.list.follow(),
            (Action::Open, Some(at)) => return run.context.at(at).map(|entry| Modal::entry(entry.label)),
            // The newest row may change at any moment: select it first, open it with the next key.
            (Action::Open, None) => self.list.step(-1, len, shown),
            _ => {}
        }
        None
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen, lit: Lit) {
        let run = screen.run();
        let len = run.context.len();
        let shown = self.shown(run, super::inside(area));
        let titles = Titles {
            name: "3 Shared context".to_owned(),
            more: format!("{} · {} tok", words::count(len, "entry", "entries"), words::amount(run.context.tokens())),
            place: place(&shown, len),
            beyond: beyond(self.list.unseen(len)),
            ..Titles::default()
        };
        let inside = frame::draw(buffer, area, titles, lit, screen.theme);
        if len == 0 {
            super::quietly(buffer, inside, "nothing is shared yet", screen);
        }
        let mut y = inside.y;
        for at in shown {
            let known = self.blocks.get(run, at, usize::from(inside.width));
            let Some((entry, block)) = run.context.at(at).zip(known) else { break };
            let height = (block.height() as u16).min(inside.bottom().saturating_sub(y));
            let area = Rect { y, height, ..inside };
            draw_entry(buffer, area, entry, &block, screen, (self.list.selected() == Some(at)).then_some(lit));
            y += height;
        }
    }
}

fn draw_entry(buffer: &mut Buffer, area: Rect, entry: &Entry, block: &Block, screen: &Screen, selected: Option<Lit>) {
    let style = |role| screen.theme.style(role);
    let quiet = if entry.kind == EntryKind::Document { Role::Dim } else { Role::Text };
    let tail_line = block.height() - 1;
    for (at, y) in (0..block.height()).zip(area.y..area.bottom()) {
        let mut row = Row::new(usize::from(area.width));
        row.push(if selected.is_some() { "▸" } else { " " }, style(Role::Focus));
        let label = if at == 0 { entry.label.to_string() } else { String::new() };
        row.push(format!("{label:<0$}", block.label), style(Role::Accent));
        let reserved = if at == tail_line && !block.tail.is_empty() { wrap::width(&block.tail) + 3 } else { 0 };
        if let Some(line) = block.lines.get(at) {
            let mut text = Row::new(row.left() - reserved.max(1).min(row.left()));
            let mut piece = &block.text[line.clone()];
            for (word, role) in lead(entry, block.standing).into_iter().filter(|_| at == 0) {
                let Some(rest) = piece.strip_prefix(word) else { break };
                text.push(word, style(role));
                piece = rest.trim_start_matches(' ');
                text.push(&rest[..rest.len() - piece.len()], style(quiet));
            }
            text.push(piece, style(quiet));
            row.append(text);
        }
        if reserved > 0 {
            row.pad_to(reserved);
            let role = if entry.taint.is_empty() { Role::Dim } else { Role::Warn };
            row.push(format!("  {} ", block.tail), style(role));
        }
        row.draw(buffer, area.x, y);
    }
    if selected == Some(Lit::Focused) {
        buffer.set_style(area, style(Role::Selected));
    }
}
