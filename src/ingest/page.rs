//! Plain text in the making: white space collapses, blocks part, headings are remembered. It knows nothing of tags.

use crate::run::one_line;

use super::document::Heading;

/// What parts the text so far from the text to come. The stronger one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Nothing,
    Space,
    /// Between two cells of a row.
    Cell,
    Line,
    Blank,
}

/// A page without its markup.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub title: Option<String>,
    pub text: String,
    pub headings: Vec<Heading>,
}

/// Where a row began, and how many breaks stood before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    start: usize,
    breaks: usize,
}

/// Where a link began, and what parted it from the text before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    start: usize,
    part: Part,
}

/// Builds a page.
#[derive(Debug)]
pub(super) struct Writer {
    text: String,
    headings: Vec<Heading>,
    title: String,
    part: Part,
    /// How many line breaks were written, counting a blank line and a stretch of verbatim lines as one.
    breaks: usize,
    /// The level of a heading that has no text yet.
    opening: Option<u8>,
    /// A list item's mark that waits for its text.
    mark: Option<String>,
    /// Whether a cell or an item has begun and has no text yet.
    fresh: bool,
    /// Whether the item has more than one paragraph.
    is_loose: bool,
    /// Whether the next text is raised: `10²` must not read 102.
    raised: bool,
}

impl Writer {
    pub(super) fn new(capacity: usize) -> Self {
        Writer {
            text: String::with_capacity(capacity),
            headings: Vec::new(),
            title: String::new(),
            part: Part::Nothing,
            breaks: 0,
            opening: None,
            mark: None,
            fresh: false,
            is_loose: false,
            raised: false,
        }
    }

    /// What comes next is parted from what stands by at least this, but at the start of a cell or an item.
    pub(super) fn part(&mut self, part: Part) {
        if !self.fresh {
            self.part = self.part.max(part);
        }
    }

    /// The same without exception.
    pub(super) fn part_always(&mut self, part: Part) {
        self.fresh = false;
        self.part(part);
    }

    /// A table or one of its rows begins, parted by at least this.
    pub(super) fn row(&mut self, part: Part) -> Row {
        self.part_always(part);
        Row { start: self.text.len(), breaks: self.breaks }
    }

    /// The next cell of a row.
    pub(super) fn cell(&mut self, row: Row) {
        self.end_cell(row);
        if self.text.len() > row.start {
            self.part = self.part.max(Part::Cell);
        }
        self.fresh = true;
    }

    /// What a cell ends with does not part it from the next one, but a row that broke into lines goes on in lines.
    pub(super) fn end_cell(&mut self, row: Row) {
        self.fresh = false;
        if self.text.len() > row.start {
            // One break stands before the row.
            let is_one_line = self.breaks <= row.breaks + 1;
            self.part = if is_one_line { Part::Space } else { self.part.max(Part::Line) };
        }
    }

    /// A heading begins; a bullet before it would not be part of it.
    pub(super) fn heading(&mut self, level: u8) {
        self.part_always(Part::Blank);
        self.mark = self.mark.take().filter(|mark| !mark.ends_with("- "));
        self.opening = Some(level);
    }

    pub(super) fn end_heading(&mut self) {
        self.opening = None;
        self.part(Part::Blank);
    }

    pub(super) fn item(&mut self, mark: String) {
        self.part_always(Part::Line);
        self.mark = Some(mark);
        self.fresh = true;
        self.is_loose = false;
    }

    /// The end of an item, or of its text before a list inside of it. An item without text leaves no mark; one of several
    /// paragraphs stands off from the next.
    pub(super) fn end_item(&mut self) {
        self.fresh = false;
        self.mark = None;
        self.part = if self.is_loose { self.part.max(Part::Line) } else { Part::Line };
    }

    pub(super) fn raise(&mut self) {
        self.raised = true;
    }

    /// Where a link begins.
    pub(super) fn link(&self) -> Link {
        // Where the text after a break will be put: `flush` takes off what stands at its end.
        let kept = if self.part >= Part::Line { self.text.trim_end() } else { &self.text };
        Link { start: kept.len(), part: self.part }
    }

    /// Takes a link's text back when it is a mark that only links to its own place.
    pub(super) fn end_link(&mut self, link: Link) {
        let is_mark = |text: &str| matches!(text.trim(), "¶" | "§" | "#" | "🔗");
        if !self.text.get(link.start..).is_some_and(is_mark) {
            return;
        }
        self.text.truncate(link.start);
        self.part = self.part.max(link.part);
        // A heading that had no other text has none again.
        if let Some(heading) = self.headings.pop_if(|heading| heading.offset >= link.start) {
            self.opening = Some(heading.level);
        }
    }

    pub(super) fn title(&mut self, text: &str) {
        self.title.push_str(text);
    }

    /// Running text: white space, the unbreakable kind too, collapses; invisible characters go.
    pub(super) fn text(&mut self, text: &str) {
        for (i, word) in text.split(|c: char| c.is_whitespace()).enumerate() {
            if i > 0 {
                self.part(Part::Space);
            }
            if word.contains(['\u{ad}', '\u{200b}', '\u{feff}']) {
                self.word(&word.replace(['\u{ad}', '\u{200b}', '\u{feff}'], ""));
            } else {
                self.word(word);
            }
        }
    }

    /// Text whose white space counts.
    pub(super) fn verbatim(&mut self, text: &str) {
        if (self.part >= Part::Line || self.opening.is_some()) && text.trim().is_empty() {
            return; // Nothing to show before the block has begun.
        }
        // A block that begins loses its first line end, not its first indent.
        let text = if self.opening.is_some() { text.trim_start() } else { text };
        let text = if self.part >= Part::Line { text.trim_start_matches(['\r', '\n']) } else { text };
        self.flush();
        self.breaks += usize::from(text.contains('\n'));
        self.text.push_str(text);
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        let joins = self.part == Part::Nothing && self.text.ends_with(char::is_alphanumeric);
        if std::mem::take(&mut self.raised)
            && joins
            && word.starts_with(|c: char| c.is_ascii_digit() || "-−+".contains(c))
        {
            self.text.push('^');
        }
        self.flush();
        self.text.push_str(word);
    }

    /// Writes what parts the texts, and remembers where a heading begins.
    fn flush(&mut self) {
        self.fresh = false;
        let part = std::mem::replace(&mut self.part, Part::Nothing);
        self.is_loose |= part == Part::Blank && self.mark.is_none();
        if part >= Part::Line {
            self.breaks += 1;
            self.text.truncate(self.text.trim_end().len());
        }
        if !self.text.is_empty() {
            self.text.push_str(match part {
                Part::Nothing => "",
                // After a line end in verbatim text.
                Part::Space if self.text.ends_with('\n') => "",
                Part::Space => " ",
                Part::Cell => " | ",
                Part::Line => "\n",
                Part::Blank => "\n\n",
            });
        }
        let mark = self.mark.take().unwrap_or_default();
        if let Some(level) = self.opening.take() {
            let indent = mark.len() - mark.trim_start().len();
            self.headings.push(Heading { offset: self.text.len() + indent, level });
        }
        self.text.push_str(&mark);
    }

    /// The page. Its title stands above the text unless the text begins with it.
    pub(super) fn finish(mut self) -> Page {
        self.text.truncate(self.text.trim_end().len());
        let title = one_line(&self.title);
        if title.is_empty() {
            return Page { title: None, text: self.text, headings: self.headings };
        }
        let first = self.headings.first().map(|first| self.text[first.offset..].lines().next().unwrap_or_default());
        let says_it = |line: &str| !line.is_empty() && (title.contains(line) || line.contains(&title));
        if !self.text.is_empty() && !first.is_some_and(says_it) && !self.text.starts_with(&title) {
            self.text.insert_str(0, &format!("{title}\n\n"));
            self.headings.iter_mut().for_each(|heading| heading.offset += title.len() + 2);
        }
        Page { title: Some(title), text: self.text, headings: self.headings }
    }
}
