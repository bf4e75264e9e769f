//! What a frame costs however long the log is: `cargo bench --bench frame`.
//!
//! The screen at 200×60 on a team of 16 that streams 200 tokens a second each and finishes a task every fourth frame,
//! over logs of 1,000, 100,000 and 1,000,000 events, and over 1,000,000 entries of the shared context. A frame is all of it: what came in since the last one, three rows
//! of scrolling, and drawing into the bytes that a terminal gets. Measured at the top, in the middle and at the bottom of
//! each pane, and so is every key that goes there. Beside it stands ratatui alone, with as many rows of plain text.

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/long_log.rs"]
#[allow(dead_code, reason = "other benches want it whole")]
mod long_log;

use std::{
    collections::VecDeque,
    io::sink,
    iter,
    time::{Duration, Instant},
};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use delm::{
    run::{AgentId, CallId, CallKind, Live, Phase, Sight, Stream},
    tui::{Easel, Feed, Theme},
};
use long_log::Log;
use ratatui::{
    Terminal, TerminalOptions, Viewport,
    backend::CrosstermBackend,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::{Block, Paragraph},
};

const SIZE: Rect = Rect::new(0, 0, 200, 60);
const AGENTS: u16 = 16;
/// From one frame of streams to the next, in milliseconds.
const BEAT: i64 = 33;
const WORDS: [&str; 7] = ["the ", "register ", "says ", "of ", "fact ", "that ", "it holds; "];

struct Stage {
    easel: Easel,
    log: Log,
    /// What each agent works on, the oldest first.
    open: VecDeque<(u32, CallId)>,
    next: u32,
    now: i64,
    frames: usize,
}

impl Stage {
    /// A team at work after so many events, with at least so many entries.
    fn after(events: usize, entries: u32) -> Self {
        let mut log = Log::begin();
        log.admit_documents(entries);
        let mut next = 1;
        while log.events.len() < events {
            let thought = log.begin_task(next);
            log.end_task(next, thought);
            next += 1;
        }
        let mut open = VecDeque::new();
        for _ in 0..AGENTS {
            open.push_back((next, log.begin_task(next)));
            next += 1;
        }
        let now = log.events.last().expect("it has begun").at;
        let theme = Theme::named("ansi").expect("it ships");
        let mut easel = Easel::new(SIZE.width, SIZE.height, theme, now);
        easel.feed(Feed::Facts(std::mem::take(&mut log.events)), now);
        let phase = Sight::Phase(Phase::Thinking(CallKind::Reason));
        let begins = (1..=AGENTS).map(|agent| Live { agent: AgentId(agent), sight: phase.clone() });
        easel.feed(Feed::Live(begins.collect()), now);
        Stage { easel, log, open, next, now, frames: 0 }
    }

    /// What every agent said since the last frame.
    fn words(&self) -> Feed {
        let said = |agent: u16| {
            let from = self.frames + usize::from(agent);
            let text = (0..7).map(|word| WORDS[(from + word) % WORDS.len()]).collect();
            Live { agent: AgentId(agent), sight: Sight::Text(Stream::Output, text) }
        };
        Feed::Live((1..=AGENTS).map(said).collect())
    }

    /// The oldest task is done, and its agent begins another one.
    fn facts(&mut self) -> Feed {
        let (task, thought) = self.open.pop_front().expect("every agent is at work");
        self.log.end_task(task, thought);
        self.open.push_back((self.next, self.log.begin_task(self.next)));
        self.next += 1;
        Feed::Facts(std::mem::take(&mut self.log.events))
    }

    /// What it took, and the bytes that the terminal gets for it.
    fn frame(&mut self, key: KeyCode) -> (Duration, usize) {
        self.now += BEAT;
        self.frames += 1;
        let (words, facts) = (self.words(), self.frames.is_multiple_of(4).then(|| self.facts()));
        let began = Instant::now();
        self.easel.feed(words, self.now);
        if let Some(facts) = facts {
            self.easel.feed(facts, self.now);
        }
        for _ in 0..3 {
            self.easel.press(KeyEvent::new(key, KeyModifiers::NONE), self.now);
        }
        let bytes = self.easel.draw();
        (began.elapsed(), bytes)
    }

    /// A key and the frame that shows what it did.
    fn press(&mut self, key: KeyCode) -> Duration {
        let began = Instant::now();
        self.easel.press(KeyEvent::new(key, KeyModifiers::NONE), self.now);
        self.easel.draw();
        began.elapsed()
    }
}

/// Frames and keys of one log.
struct Measured {
    frames: Vec<Duration>,
    keys: Vec<Duration>,
    /// To the terminal, a frame.
    bytes: usize,
}

fn measure((events, entries): (usize, u32), frames: usize) -> Measured {
    let mut stage = Stage::after(events, entries);
    let (tasks, entries) = (events / 11, (events / 11).max(entries as usize));
    println!("{events} events, {entries} entries");
    let (mut all, mut keys, mut bytes) = (vec![], vec![], 0);
    // The first frame draws every cell.
    stage.frame(KeyCode::Null);
    for pane in ['1', '2', '3', '4'] {
        for (place, there) in [("top", 'g'), ("middle", 'g'), ("bottom", 'G')] {
            let pages = match (place, pane) {
                ("middle", '1') => tasks / 2 / 40,
                ("middle", '3') => entries / 2 / 40,
                _ => 0,
            };
            let there = [KeyCode::Char(pane), KeyCode::Char(there)];
            for key in there.into_iter().chain(iter::repeat_n(KeyCode::PageDown, pages)) {
                let time = stage.press(key);
                if keys.iter().all(|before| *before < time) {
                    println!("pane {pane}, the slowest key so far is {key}: {} ms", ms(time));
                }
                keys.push(time);
            }
            let (mut here, away) = (vec![], usize::from(place == "bottom"));
            for n in 0..frames {
                let (time, sent) = stage.frame(KeyCode::Char(if n / 20 % 2 == away { 'j' } else { 'k' }));
                here.push(time);
                bytes += sent;
            }
            println!("pane {pane}, {place:<6}  {}", words(here.clone()));
            all.extend(here);
        }
    }
    println!("keys            {}", words(keys.clone()));
    Measured { bytes: bytes / all.len(), frames: all, keys }
}

/// Three panes of plain rows, the visible ones alone, scrolled by three.
fn floor(frames: usize) -> Duration {
    let options = TerminalOptions { viewport: Viewport::Fixed(SIZE) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(sink()), options).expect("no terminal is asked");
    let rows: Vec<String> = (0..1_000).map(|n| format!("T{n} {}", WORDS.concat().repeat(3))).collect();
    let panes = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(2), Constraint::Fill(2)]).split(SIZE);
    let mut times: Vec<Duration> = (0..frames)
        .map(|n| {
            let began = Instant::now();
            let draw = |frame: &mut ratatui::Frame| {
                for area in panes.iter() {
                    let shown = rows.iter().skip(n * 3 % 900).take(usize::from(area.height) - 2);
                    let lines: Vec<Line> = shown.map(|row| Line::from(row.as_str())).collect();
                    frame.render_widget(Paragraph::new(lines).block(Block::bordered()), *area);
                }
            };
            terminal.draw(draw).expect("nothing to fail");
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    at(&times, 0.5)
}

fn at(sorted: &[Duration], share: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e3)
}

fn words(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let (median, late) = (ms(at(&times, 0.5)), ms(at(&times, 0.99)));
    format!("{median} ms median, {late} ms 99 %, {} ms at most, of {}", ms(at(&times, 1.0)), times.len())
}

fn main() {
    // The test runner asks benches whether they still run.
    let (sizes, frames): (&[(usize, u32)], usize) = match std::env::args().any(|arg| arg == "--bench") {
        true => (&[(1_000, 0), (100_000, 0), (1_000_000, 0), (1_000_000, 1_000_000)], 100),
        false => (&[(1_000, 0)], 4),
    };
    let floor = floor(frames * 12);
    let measured: Vec<Measured> = sizes.iter().map(|size| measure(*size, frames)).collect();
    let each = |figure: &dyn Fn(&Measured) -> String| measured.iter().map(figure).collect::<Vec<_>>().join(" / ");
    let share = |times: &[Duration], share: f64| {
        let mut times = times.to_vec();
        times.sort_unstable();
        ms(at(&times, share))
    };
    let beside = format!("ratatui, plain rows: {} ms", ms(floor));
    let sizes = "at 1,000 / 100,000 / 1,000,000 events / 1,000,000 entries";
    figures::row(
        &format!("a frame at 200×60, 16 agents streaming, {sizes}: median"),
        &format!("{} ms", each(&|one| share(&one.frames, 0.5))),
        &beside,
        "≤ 2 ms, flat",
    );
    figures::row("the same: 99 %", &format!("{} ms", each(&|one| share(&one.frames, 0.99))), "", "≤ 4 ms, flat");
    figures::row("the same: bytes to the terminal", &each(&|one| one.bytes.to_string()), "", "reported");
    figures::row(
        &format!("a key and its frame, {sizes}: 99 %"),
        &format!("{} ms", each(&|one| share(&one.keys, 0.99))),
        "",
        "flat",
    );
}
