//! HTML into plain text, straight off the tokenizer: no tree is built, so depth costs no stack and time is linear.
//! Paragraphs come unwrapped, rows of tables as one line with ` | ` between cells, headings without marks.

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use html5ever::{
    Attribute,
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind::{Rawtext, Rcdata, ScriptData},
    },
};

use super::page::{Link, Page, Part, Row, Writer};

/// What is read between two looks at the clock, in bytes.
const STEP: usize = 64 << 10;

/// The text of a page; `None` when it takes longer than `time`.
pub(super) fn page(html: &str, time: Duration) -> Option<Page> {
    in_steps(html, STEP, time)
}

fn in_steps(html: &str, step: usize, time: Duration) -> Option<Page> {
    let started = Instant::now();
    let input = BufferQueue::default();
    let mut reader = Reader::new(html.len() / 2);
    // One that is never closed would swallow the page.
    reader.closed = ["nav", "div"].into_iter().filter(|name| is_closed(html, name)).collect();
    let tokenizer = Tokenizer::new(Sink(RefCell::new(reader)), TokenizerOpts::default());
    let mut rest = html;
    while !rest.is_empty() {
        if started.elapsed() >= time {
            return None;
        }
        let (now, later) = rest.split_at(cut(rest, step));
        input.push_back(StrTendril::from_slice(now));
        // Each end of a script hands control back here.
        while !input.is_empty() {
            let _ = tokenizer.feed(&input);
        }
        rest = later;
    }
    tokenizer.end();
    Some(tokenizer.sink.0.into_inner().writer.finish())
}

/// Where a step ends: before a tag, if one comes soon, for there the tokenizer parts the text itself.
fn cut(rest: &str, step: usize) -> usize {
    let least = rest.ceil_char_boundary(step);
    let most = rest.ceil_char_boundary(least + STEP);
    rest[least..most].find('<').map_or(most, |tag| least + tag)
}

struct Sink(RefCell<Reader>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reader = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => reader.text(&text),
            Token::TagToken(tag) => match tag.kind {
                TagKind::StartTag => return reader.start(&tag),
                TagKind::EndTag => reader.end(&tag.name),
            },
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// What the open tags mean for the text.
struct Reader {
    writer: Writer,
    /// The elements that may be left out when they only hold links to other places.
    closed: Vec<&'static str>,
    /// The element whose content is left out, and how many of its name are open.
    silent: Option<(String, usize)>,
    in_title: bool,
    /// Open `<pre>` and the like.
    verbatim: usize,
    /// For each open list: the number of its next item, or none for bullets.
    lists: Vec<Option<i64>>,
    /// The row that each open table is at.
    rows: Vec<Row>,
    link: Option<Link>,
}

impl Reader {
    fn new(capacity: usize) -> Self {
        let writer = Writer::new(capacity);
        Reader {
            writer,
            closed: Vec::new(),
            silent: None,
            in_title: false,
            verbatim: 0,
            lists: Vec::new(),
            rows: Vec::new(),
            link: None,
        }
    }

    fn text(&mut self, text: &str) {
        if self.silent.is_some() {
        } else if self.in_title {
            self.writer.title(text);
        } else if self.verbatim > 0 {
            self.writer.verbatim(text);
        } else {
            self.writer.text(text);
        }
    }

    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if let Some((silent, depth)) = &mut self.silent {
            *depth += usize::from(silent == name && !tag.self_closing);
            return TokenSinkResult::Continue;
        }
        match name {
            "script" => return self.silence(name, TokenSinkResult::RawData(ScriptData)),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
                return self.silence(name, TokenSinkResult::RawData(Rawtext));
            }
            "textarea" => return self.silence(name, TokenSinkResult::RawData(Rcdata)),
            "template" | "svg" | "select" | "noscript" | "datalist" if !tag.self_closing => {
                return self.silence(name, TokenSinkResult::Continue);
            }
            _ if self.closed.contains(&name) && is_navigation(tag) => {
                return self.silence(name, TokenSinkResult::Continue);
            }
            "title" => {
                self.in_title = true;
                return TokenSinkResult::RawData(Rcdata);
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.writer.heading(name.as_bytes()[1] - b'0'),
            "pre" | "listing" => {
                self.writer.part(Part::Blank);
                self.verbatim += 1;
            }
            "br" if self.verbatim > 0 => self.writer.verbatim("\n"),
            "ul" | "menu" | "dir" => self.list(None),
            "ol" => self.list(Some(number(&tag.attrs, "start").unwrap_or(1))),
            "li" => self.item(number(&tag.attrs, "value")),
            "table" => {
                let row = self.writer.row(Part::Blank);
                self.rows.push(row);
            }
            "tr" => {
                let row = self.writer.row(Part::Line);
                if let Some(open) = self.rows.last_mut() {
                    *open = row;
                }
            }
            "td" | "th" => {
                if let Some(row) = self.rows.last() {
                    self.writer.cell(*row);
                }
            }
            "sup" => self.writer.raise(),
            "a" => self.link = Some(self.writer.link()),
            _ => self.writer.part(parting(name)),
        }
        TokenSinkResult::Continue
    }

    fn end(&mut self, name: &str) {
        if let Some((silent, depth)) = &mut self.silent {
            *depth -= usize::from(silent == name);
            if *depth == 0 {
                self.silent = None;
            }
            return;
        }
        match name {
            "title" => self.in_title = false,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.writer.end_heading(),
            "pre" | "listing" => {
                self.verbatim = self.verbatim.saturating_sub(1);
                self.writer.part(Part::Blank);
            }
            "li" => self.writer.end_item(),
            "ul" | "menu" | "dir" | "ol" => {
                self.lists.pop();
                self.writer.end_item();
                if self.lists.is_empty() {
                    self.writer.part(Part::Blank);
                }
            }
            "td" | "th" => {
                if let Some(row) = self.rows.last() {
                    self.writer.end_cell(*row);
                }
            }
            "table" => {
                self.rows.pop();
                self.writer.part_always(Part::Blank);
            }
            "a" => {
                if let Some(link) = self.link.take() {
                    self.writer.end_link(link);
                }
            }
            _ => self.writer.part(parting(name)),
        }
    }

    fn silence(&mut self, name: &str, then: TokenSinkResult<()>) -> TokenSinkResult<()> {
        self.silent = Some((name.to_owned(), 1));
        then
    }

    fn list(&mut self, first: Option<i64>) {
        if self.lists.is_empty() {
            self.writer.part_always(Part::Blank);
        } else {
            self.writer.end_item();
        }
        self.lists.push(first);
    }

    fn item(&mut self, value: Option<i64>) {
        let depth = self.lists.len().clamp(1, 8) - 1;
        let mark = match self.lists.last_mut() {
            Some(Some(next)) => {
                let own = value.unwrap_or(*next);
                *next = own.saturating_add(1);
                format!("{own}. ")
            }
            _ => "- ".to_owned(),
        };
        self.writer.item(format!("{:1$}{mark}", "", depth * 2));
    }
}

/// How a tag without a meaning of its own parts the text on either side of it.
fn parting(name: &str) -> Part {
    match name {
        "p" | "blockquote" | "dl" | "hr" | "figure" | "section" | "article" | "header" | "footer" | "nav" | "main"
        | "aside" | "fieldset" | "details" | "caption" => Part::Blank,
        "div" | "br" | "dt" | "dd" | "tr" | "figcaption" | "summary" | "address" | "center" | "form" | "legend"
        | "body" | "option" | "thead" | "tbody" | "tfoot" | "hgroup" => Part::Line,
        "button" | "img" | "label" => Part::Space,
        _ => Part::Nothing,
    }
}

/// Whether an element is closed as often as it is opened.
fn is_closed(html: &str, name: &str) -> bool {
    html.matches(&format!("<{name}")).count() <= html.matches(&format!("</{name}")).count()
}

fn is_navigation(tag: &Tag) -> bool {
    let is_role = |attribute: &Attribute| &*attribute.name.local == "role" && &*attribute.value == "navigation";
    &*tag.name == "nav" || tag.attrs.iter().any(is_role)
}

fn number(attributes: &[Attribute], name: &str) -> Option<i64> {
    attributes.iter().find(|attribute| &*attribute.name.local == name)?.value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        let whole = super::page(html, Duration::MAX).expect("there is time");
        // Where a page is cut says nothing about it.
        for step in [1, 7] {
            let cut = in_steps(html, step, Duration::MAX).expect("there is time");
            assert_eq!(
                (&cut.text, &cut.title, &cut.headings),
                (&whole.text, &whole.title, &whole.headings),
                "{html:.200}"
            );
        }
        whole
    }

    fn text(html: &str) -> String {
        page(html).text
    }

    #[test]
    fn a_page_may_not_take_for_ever() {
        assert!(super::page("<p>x", Duration::ZERO).is_none());
    }

    #[test]
    fn paragraphs_are_unwrapped_and_parted() {
        assert_eq!(
            text("<p>One\n  <b>two</b>,&nbsp; three&amp;four.<p>Five&shy;six<br>seven"),
            "One two, three&four.\n\nFivesix\nseven"
        );
    }

    #[test]
    fn headings_stand_alone_and_are_remembered() {
        let page =
            page("<title>A  page</title>intro<h2>First <i>one</i></h2><p>x</p><h3></h3><h3>Sub<a href=#s>¶</a></h3>y");
        assert_eq!(page.text, "A page\n\nintro\n\nFirst one\n\nx\n\nSub\n\ny");
        assert_eq!(page.title.as_deref(), Some("A page"));
        let found: Vec<_> = page.headings.iter().map(|heading| (heading.level, &page.text[heading.offset..])).collect();
        assert_eq!(found[0].0, 2);
        assert!(found[0].1.starts_with("First one\n"), "{found:?}");
        assert_eq!(found.last().map(|last| (last.0, &last.1[..4])), Some((3, "Sub\n")));
        assert_eq!(found.len(), 2, "a heading without text is none");
        assert_eq!(
            text("<p>a.<h5><a href=#b>§</a>Title</h5><pre>x\n\n\n</pre><h5><a>¶</a> T</h5>"),
            "a.\n\nTitle\n\nx\n\nT"
        );
    }

    #[test]
    fn a_title_that_the_page_repeats_is_written_once() {
        assert_eq!(text("<title>Growth — The Site</title><h1>Growth</h1>x"), "Growth\n\nx");
    }

    #[test]
    fn what_is_not_text_is_left_out() {
        let html = "a<script>if (a < b) '<p>x</p>'</script> b<style>p{}</style><!-- c --><svg><svg>d</svg>e</svg> f<noscript>g</noscript>";
        assert_eq!(text(html), "a b f");
        assert_eq!(text("<nav>x<nav>y</nav></nav>z"), "z");
        assert_eq!(text("<div role=navigation>x<div>y</div></div><div>z</div>"), "z");
        assert_eq!(text("<nav>x<p>z"), "x\n\nz", "a page is not lost to a missing tag");
    }

    #[test]
    fn tables_give_a_line_for_each_row() {
        let html =
            "<p>t</p><table><tr><th>Year</th><th>Sum</th></tr>\n<tr><td>2024</td> <td>\n1,200 </td></tr></table>end";
        assert_eq!(text(html), "t\n\nYear | Sum\n2024 | 1,200\n\nend");
    }

    #[test]
    fn cells_with_lines_of_their_own_are_not_joined() {
        assert_eq!(text("<table><tr><td><p>one</p><p>two</p></td><td>three</td></tr></table>"), "one\n\ntwo\n\nthree");
        let paragraphs = "<tr><td><p>a</p></td><td></td><td><p>b</p></td></tr>".repeat(2);
        assert_eq!(text(&format!("<table>{paragraphs}</table>")), "a | b\na | b");
    }

    #[test]
    fn lists_keep_their_numbers() {
        let html = "<ul><li></li><li>a</li><li><p>b</p><ol start=3><li>c</li><li value=7>d</li></ol></li></ul>after";
        assert_eq!(text(html), "- a\n- b\n  3. c\n  7. d\n\nafter");
    }

    #[test]
    fn items_of_several_paragraphs_stand_off_and_may_begin_with_a_heading() {
        assert_eq!(text("<ol><li><p>a</p><p>b</p></li><li>c</li><li>d</li></ol>"), "1. a\n\nb\n\n2. c\n3. d");
        let page = page("x<ol><li><h2>One</h2>a</li></ol><ul><li><h2>Two</h2>b</li></ul>");
        assert_eq!(page.text, "x\n\n1. One\n\na\n\nTwo\n\nb");
        assert_eq!(page.headings.iter().map(|heading| heading.offset).collect::<Vec<_>>(), [3, 14]);
    }

    #[test]
    fn preformatted_text_keeps_its_white_space() {
        assert_eq!(text("x<pre>\n  a\n    <b>b</b>  c\n</pre>y"), "x\n\n  a\n    b  c\n\ny");
    }

    #[test]
    fn raised_numbers_do_not_join_what_they_stand_on() {
        assert_eq!(text("10<sup>6</sup>, the 1<sup>st</sup>, so<sup>[2]</sup>"), "10^6, the 1st, so[2]");
    }

    #[test]
    fn depth_and_broken_tags_are_harmless() {
        let deep = format!("{}x{}", "<div><table><ul>".repeat(50_000), "</b>".repeat(50_000));
        assert_eq!(text(&deep), "x");
        assert_eq!(text("</li></table></ol>a<b</p"), "a");
        assert_eq!(text("<title>never closed"), "");
        assert_eq!(text("a &lt;b&gt; &#228; &unknown; &"), "a <b> ä &unknown; &");
    }
}
