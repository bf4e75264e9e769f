//! Text from models and documents is data: whatever it holds, the terminal does not obey it.

use ratatui::{Terminal, backend::CrosstermBackend, layout::Rect};

use crate::{
    plain::plain_line,
    run::*,
    tui::{Theme, draw, fixture::Story, msg::Size, ui::Screen},
};

/// What a real terminal makes of the bytes that drawing writes.
fn on_a_terminal(story: &Story) -> vt100::Parser {
    let Size { width, height } = story.ui.size;
    let mut bytes = Vec::new();
    let area = Rect::new(0, 0, width, height);
    let options = ratatui::TerminalOptions { viewport: ratatui::Viewport::Fixed(area) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(&mut bytes), options).unwrap();
    let theme = Theme::named("ansi").unwrap();
    let screen = Screen { ui: &story.ui, timeline: &story.timeline, theme: &theme };
    terminal.draw(|frame| draw::draw(frame, &screen)).unwrap();
    drop(terminal);
    let mut parser = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
    parser.process(&bytes);
    parser
}

/// A story in which every text that comes from outside is `text`.
fn told_with(text: &str) -> Story {
    let mut story = Story::blank(140, 40);
    let options = Options { gate: GateLevel::All, ..Options::default() };
    story.fact(Fact::RunStarted { question: text.to_owned(), paths: vec![], options });
    story.fact(Fact::SessionStarted { pid: 1 });
    let entry = Entry {
        label: Label::unit(1),
        kind: EntryKind::Document,
        task: None,
        subtask: text.to_owned(),
        gist: text.to_owned(),
        citations: vec![],
        admission: Admission::Verified,
        summary: None,
        trajectory: None,
    };
    story.fact(Fact::CorpusSplit { units: vec![] });
    story.fact(Fact::EntryAdmitted { entry: Box::new(entry) });
    let task = NewTask { id: TaskId(1), text: text.to_owned(), deps: vec![], focus: vec![] };
    story.fact(Fact::TasksAdded { tasks: vec![task], by: Author::Human });
    story.fact(Fact::TaskClaimed { task: TaskId(1), agent: AgentId(1) });
    story.fact(Fact::AgentFailed { agent: AgentId(2), reason: text.to_owned() });
    story.see(3, Sight::Begins(text.to_owned()));
    story.see(3, Sight::Text(Stream::Reasoning, text.to_owned()));
    story.see(3, Sight::Text(Stream::Output, text.to_owned()));
    let proposal = story.proposal(1, 1, text);
    story.open(1, Some(1), Ask::Write { proposal: Box::new(proposal) });
    story
}

/// The terminal shows what the buffer says, cell by cell, and nothing else of it was touched.
pub(super) fn is_obeyed_by_nobody(story: &Story) {
    let parser = on_a_terminal(story);
    let screen = parser.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.application_cursor());
    let shown: String = screen.rows(0, story.ui.size.width).map(|row| row.trim_end().to_owned() + "\n").collect();
    assert_eq!(shown, story.picture());
}

#[test]
fn known_attacks_stay_text() {
    let attacks = [
        "\x1b]0;owned\x07\x1b[2J\x1b[H approve? y",
        "\x1b]52;c;cm0gLXJm\x07",
        "\u{9b}31mred\u{9d}0;title\u{9c}",
        "\x1b[?1049l\x1b[?2004l\x1bc",
        "line\rover\x08\x08write\x0b\x0c\x0e\x0f",
        "safe \u{202e}gpj.exe\u{2066}\u{2069} end",
        "zero\u{200b}width\u{feff}\u{200d}joiner",
        "tag\u{e0041}\u{e0042} hidden",
        "wide 日本語 🦀 e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "\x1bP1$r\x1b\\\x1b_x\x1b\\",
    ];
    for attack in attacks {
        let mut story = told_with(attack);
        is_obeyed_by_nobody(&story);
        for keys in ["4 enter", "esc esc 1 j enter", "esc esc 3 k enter", "esc esc esc 2 j j j enter", "esc esc M"] {
            story.press_later(keys);
            is_obeyed_by_nobody(&story);
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]
    #[test]
    fn any_text_stays_text(text in "([\\x00-\\x1f\\x7f-\\u{9f}\\u{200b}-\\u{200f}\\u{202a}-\\u{202e}]|[ -~]|日|\\u{301}){0,60}") {
        let mut story = told_with(&text);
        is_obeyed_by_nobody(&story);
        story.press_later("4 enter");
        is_obeyed_by_nobody(&story);
        assert!(!plain_line(&text).chars().any(char::is_control));
    }
}
