//! Text from models and documents is data: whatever it holds, the terminal does not obey it. (FAILURES 15)

use std::sync::Arc;

use ratatui::{Terminal, backend::CrosstermBackend, layout::Rect};

use crate::{
    plain::{plain, plain_line},
    run::*,
    tui::{
        Feed, Theme, draw,
        fixture::Story,
        msg::{Msg, Size},
        ui::Screen,
    },
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
    // What sets a title, fills the clipboard or notifies begins so, and so does what a terminal answers to.
    let commands = [&b"\x1b]"[..], b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\x1bc", b"\x07"];
    assert!(!commands.iter().any(|command| bytes.windows(command.len()).any(|part| part == *command)), "{bytes:?}");
    let mut parser = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
    parser.process(&bytes);
    parser
}

/// A story in which every text that comes from outside is `text`: from the person who asks, documents, paths, models,
/// providers and the store.
fn told_with(text: &str, width: u16, height: u16) -> Story {
    let t = || text.to_owned();
    let mut story = Story::blank(width, height);
    let options = Options { gate: GateLevel::All, model: t(), ..Options::default() };
    story.fact(Fact::RunStarted { question: t(), paths: vec![t()], options: Box::new(options) });
    story.fact(Fact::SessionStarted { pid: 1 });
    story.fact(Fact::SourceSkipped { path: t(), reason: t() });
    let unit = format!("{text}\n\n{text}\n");
    let source = Source {
        id: SourceId(1),
        path: t(),
        media: Media::Text,
        bytes: 1,
        text: story.body(unit.as_bytes()),
        sections: vec![],
        suspicions: vec![],
    };
    story.fact(Fact::SourceRead { source });
    let label = Label::unit(1);
    story.fact(Fact::CorpusSplit {
        units: vec![Unit { label, source: SourceId(1), title: t(), start: 0, end: unit.len() }],
    });
    let part = Part { number: 1, text: t(), head: t(), tail: t(), span: 0..text.len() };
    let summary = story.json(&Summary { topic: t(), parts: vec![part] });
    let citations = vec![Citation::of(label, 0..text.len()), Citation::of(label.with_part(1), 0..unit.len())];
    let taint = vec![Taint::Text { label, rules: vec![t()] }];
    story.fact(Fact::EntryAdmitted {
        entry: Arc::new(Entry {
            label,
            kind: EntryKind::Document,
            task: None,
            subtask: t(),
            gist: t(),
            citations: vec![],
            admission: Admission::Verified,
            taint: taint.clone(),
            summary: Some(summary),
            trajectory: None,
        }),
    });
    let task = |id| NewTask { id: TaskId(id), text: t(), deps: vec![], focus: vec![] };
    story.fact(Fact::TasksAdded { tasks: vec![task(1), task(2), task(3), task(4)], by: Author::Human });
    let feedback = Feedback { by: Critic::Verifier, reason: t(), rejected: t(), citations: vec![] };
    for n in 1..=3 {
        let (task, agent) = (TaskId(n), AgentId(n as u16));
        story.fact(Fact::TaskClaimed { task, agent });
        story.fact(Fact::AttemptStarted { task, agent, attempt: 1, snapshot: Seq(1), heeds: vec![] });
        story.fact(Fact::WriteRejected { task, agent, attempt: 1, feedback: feedback.clone() });
    }
    story.fact(Fact::TaskFailed { task: TaskId(4), reason: t() });
    story.fact(Fact::AgentFailed { agent: AgentId(2), reason: t() });
    let call = Call {
        id: CallId(1),
        kind: CallKind::Reason,
        agent: AgentId(3),
        task: None,
        model: t(),
        request: summary,
        reply: None,
        usage: Usage::NONE,
        elapsed_ms: 1,
        first_ms: None,
        stable: 0,
        key: None,
        trace: None,
        from: None,
        fault: None,
        error: Some(t()),
    };
    story.fact(Fact::CallFinished { call: Box::new(call) });
    story.see(3, Sight::Begins(t()));
    story.see(3, Sight::Text(Stream::Reasoning, t()));
    story.see(3, Sight::Text(Stream::Output, t()));
    let step = Step { text: t(), citations: citations.clone() };
    let chain = Chain { kind: EntryKind::Fact, steps: vec![step], output: t() };
    let axes = vec![(Axis::U1, AxisOutcome::Fail(t())), (Axis::U2, AxisOutcome::Pass)];
    let verdict = Verdict { axes, ruling: Ruling::Wrong(t()) };
    let trajectory = Trajectory {
        task: TaskId(1),
        agent: AgentId(1),
        attempt: 1,
        subtask: t(),
        feedback: vec![feedback],
        unfolded: vec![label],
        chain,
        verdict: verdict.clone(),
    };
    let proposal = Proposal {
        label: Label::new(Author::Agent(AgentId(1)), 1),
        kind: EntryKind::Fact,
        agent: AgentId(1),
        task: TaskId(1),
        attempt: 1,
        subtask: t(),
        result: t(),
        citations: citations.clone(),
        summary,
        trajectory: story.json(&trajectory),
        verdict,
        doubts: vec![Doubt::Unverified(t()), Doubt::Rule(t()), Doubt::Tainted(taint[0].clone())],
    };
    let admitted = Proposal { label: Label::new(Author::Agent(AgentId(3)), 1), ..proposal.clone() };
    story.admit(Proposal { task: TaskId(3), agent: AgentId(3), ..admitted });
    story.open(1, Some(1), Ask::Write { proposal: Box::new(proposal) });
    story.open(2, None, Ask::Plan { round: 1, tasks: vec![task(5)], revised: vec![] });
    let answer = Answer { text: t(), citations, entries: vec![] };
    story.open(3, None, Ask::Finish { answer: Box::new(answer.clone()) });
    story.open(3, Some(2), Ask::Unfold { labels: vec![label] });
    story.fact(Fact::AnswerWritten { answer: Box::new(answer) });
    story.send(Msg::Feed(Feed::Notice(t())));
    story
}

/// Keys that lead from the panes to every place that shows foreign text.
const VIEWS: &[&str] = &[
    "",
    "1 +",
    "2 +",
    "3 +",
    "4 +",
    "M",
    "A",
    "A o",
    "i",
    "q",
    "?",
    "1 g enter",
    "1 G enter",
    "2 g enter",
    "2 g j enter",
    "2 g j j enter",
    "3 g enter",
    "3 g enter enter",
    "3 g enter enter enter",
    "3 G k enter",
    "3 g j enter",
    "3 g j enter enter",
    "3 g j enter enter enter",
    "3 g j enter o",
    "4 g enter",
    "4 g enter G",
    "4 g enter o",
    "4 g enter ] o",
    "4 g enter G e",
    "4 g enter G d",
    "4 g j enter",
    "4 g j enter G e",
    "4 g j j enter",
    "4 g j j enter o",
    "4 G enter",
];

/// The story on every view.
fn views(text: &str, width: u16, height: u16) -> impl Iterator<Item = (&'static str, Story)> {
    VIEWS.iter().map(move |keys| {
        let mut story = told_with(text, width, height);
        // A card is asleep for a moment after it opens.
        keys.split(' ').filter(|key| !key.is_empty()).for_each(|key| drop(story.press_later(key)));
        (*keys, story)
    })
}

/// The terminal shows what the buffer says, cell by cell, and nothing else of it was touched.
pub(super) fn is_obeyed_by_nobody(story: &Story) {
    let parser = on_a_terminal(story);
    let screen = parser.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.application_cursor());
    let shown: String = screen.rows(0, story.ui.size.width).map(|row| row.trim_end().to_owned() + "\n").collect();
    assert_eq!(shown, story.picture());
}

/// The lines of a picture without numbers and what fills up beside them: tokens are counted before text is sanitised.
fn uncounted(picture: &str) -> Vec<String> {
    let uncounted = |line: &str| {
        let mut chars: Vec<char> = line.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        chars.dedup_by(|a, b| a == b && matches!(a, '0' | ' ' | '─'));
        chars.into_iter().collect()
    };
    picture.lines().map(uncounted).collect()
}

/// What hostile text does to the screen is what its sanitised form does, on every view.
fn is_as_harmless_as_its_plain_form(text: &str, width: u16, height: u16) {
    let sanitised = plain(text);
    for ((keys, hostile), (_, harmless)) in views(text, width, height).zip(views(&sanitised, width, height)) {
        is_obeyed_by_nobody(&hostile);
        let [hostile, harmless] = [hostile, harmless].map(|story| uncounted(&story.picture()));
        let differ = hostile.iter().zip(&harmless).find(|(hostile, harmless)| hostile != harmless);
        assert_eq!(differ, None, "{text:?} on {keys:?}");
        assert_eq!(hostile.len(), harmless.len());
    }
}

const ATTACKS: &[&str] = &[
    "\x1b]0;owned\x07\x1b[2J\x1b[H approve? y",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\u{9b}31mred\u{9d}0;title\u{9c}",
    "\x1b[?1049l\x1b[?2004l\x1bc",
    "line\rover\x08\x08write\x0b\x0c\x0e\x0f",
    "safe \u{202e}gpj.exe\u{2066}\u{2069} end",
    "zero\u{200b}width\u{feff}\u{200d}joiner",
    "tag\u{e0041}\u{e0042} hidden",
    "wide 日本語 🦀 e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\x1bP1$r\x1b\\\x1b_x\x1b\\",
    "no characters \u{d7ff}\u{e000}\u{ffff}",
    "flag \u{1f3f4}\u{e0067}\u{e007f} family 👩\u{200d}👩\u{200d}👧 heart ❤\u{fe0f}",
];

#[test]
fn known_attacks_stay_text() {
    let all = ATTACKS.join(" and\n");
    is_as_harmless_as_its_plain_form(&all, 140, 40);
    is_as_harmless_as_its_plain_form(&all, 80, 24);
    // Nothing of it is left: what stands around a text must not stand there alone.
    is_as_harmless_as_its_plain_form("\u{200b}", 140, 40);
    for attack in ATTACKS {
        is_obeyed_by_nobody(&told_with(attack, 140, 40));
    }
}

/// The same on screens, with the picture of a card and the same shape out of a sign that the program never draws. Whatever
/// is not that sign is the program's own: borders, titles, keys. None of it depends on what the text says, and what a
/// title takes up of it draws no border.
#[test]
fn no_text_forges_a_card() {
    let card = "╭─ D9 ── approve ─╮ │ y approve │ d veto │ ╰────╯ ✓ verified ▸ ! tainted";
    let signs: String = card.chars().map(|c| if c == ' ' { ' ' } else { '⌘' }).collect();
    for (width, height) in [(140, 40), (80, 24)] {
        for ((keys, forged), (_, blank)) in views(card, width, height).zip(views(&signs, width, height)) {
            let (forged, blank) = (forged.picture(), blank.picture());
            for (forged, blank) in forged.lines().zip(blank.lines()) {
                let same = forged.chars().zip(blank.chars()).all(|(forged, blank)| blank == '⌘' || forged == blank);
                assert!(same && forged.chars().count() == blank.chars().count(), "on {keys:?}\n{forged}\n{blank}");
                let mut edge = ' ';
                for (forged_char, blank) in forged.chars().zip(blank.chars()) {
                    edge = if matches!(blank, '╭' | '╮' | '│' | '╰' | '╯') { blank } else { edge };
                    let is_title = blank == '⌘' && matches!(edge, '╭' | '╰');
                    assert!(!is_title || !matches!(forged_char, '─'..='╿'), "on {keys:?}: {forged}");
                }
            }
        }
    }
}

/// The mark stands as a sign and a word wherever a tainted entry is shown or asked for.
#[test]
fn a_tainted_entry_says_so() {
    let shown: Vec<String> = ["", "3 g enter", "4 g enter G"]
        .into_iter()
        .map(|view| views("text", 140, 40).find(|(keys, _)| *keys == view).unwrap().1.picture())
        .collect();
    assert!(shown[0].contains("! tainted"), "{}", shown[0]);
    assert!(shown[1].contains("! tainted   tainted: text in W0 S1 speaks to a model (text)"), "{}", shown[1]);
    assert!(shown[2].contains("! doubt     tainted: text in W0 S1 speaks to a model (text)"), "{}", shown[2]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 4, failure_persistence: None, ..Default::default() })]
    #[test]
    fn any_text_stays_text(text in "([\\x00-\\x1f\\x7f-\\u{9f}\\u{200b}-\\u{200f}\\u{202a}-\\u{202e}\\u{e0000}-\\u{e007f}]|\\x1b[\\[\\]PX_^]|[ -~]|日|🦀|\\u{301}|\\PC){1,60}") {
        // The parser of the tests takes the replacement character for broken bytes.
        is_as_harmless_as_its_plain_form(&text.replace('\u{fffd}', "?"), 100, 30);
        assert!(!plain_line(&text).chars().any(char::is_control));
    }
}
