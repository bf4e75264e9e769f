//! What starting and opening cost: `cargo bench --bench opening`.
//!
//! The real program on its screen at 200×60: from the start of its process until the first frame, until the newest state
//! of a saved run of 10,000 and of 1,000,000 events is there, and what it holds in memory then, once it has read the
//! whole log, and after going to moments all over it. (FAILURES 14)

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/long_log.rs"]
#[allow(dead_code, reason = "other benches ask for more")]
mod long_log;
#[path = "../support/process.rs"]
#[allow(dead_code, reason = "other benches ask for more")]
mod process;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "a test resizes")]
mod terminal;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use delm::{
    run::{Event, Run, Seq},
    store::{Journal as _, RunDir},
};
use figures::row;
use terminal::Terminal;

const SIZE: (u16, u16) = (200, 60);
/// Events that are written in one commit.
const COMMIT: usize = 10_000;

/// A run in its file.
struct Made {
    id: String,
    events: u64,
}

fn main() {
    // The test runner asks benches whether they still run.
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    let (small, middle, large, times) =
        if is_bench { (10_000, 120_000, 1_000_000, 15_u32) } else { (1_500, 2_000, 3_000, 1) };
    let dir = tempfile::tempdir().expect("a folder");
    let runs = RunDir::open(dir.path()).expect("a folder for runs");
    let empty = make(&runs, long_log::long_log(0));
    let floor = median((0..times * 3).map(|_| bare()).collect());
    let first = median((0..times * 3).map(|_| until_shown(dir.path(), &empty).0).collect());
    row("start to the first frame", &ms(first), &format!("{} for `--version`", ms(floor)), "< 20 ms");
    let held = Held::by(&until_shown(dir.path(), &empty).1);
    held.row("memory with an empty run open", "< 15 MB");

    let small = make(&runs, long_log::long_log(small));
    let opened = median((0..times).map(|_| until_shown(dir.path(), &small).0).collect());
    row(&format!("open a saved run of {} events", small.events), &ms(opened), "", "< 50 ms");

    let middle = make(&runs, long_log::long_log(middle));
    let held = look_around(dir.path(), &middle).0;
    held.row(&format!("memory of 16 agents after {} events", middle.events), "< 60 MB");

    let large = make(&runs, long_log::long_log(large));
    let opened = median((0..times.div_ceil(3)).map(|_| until_shown(dir.path(), &large).0).collect());
    row(&format!("open a saved run of {} events", large.events), &ms(opened), "", "< 1 s");
    let (held, anywhere) = look_around(dir.path(), &large);
    held.row(&format!("memory with {} events open", large.events), "< 250 MB");
    row(&format!("go to any moment of {} events", large.events), &ms(anywhere), "", "< 100 ms");
}

/// What a process holds in memory.
struct Held {
    all: u64,
    own: u64,
}

impl Held {
    fn by(terminal: &Terminal) -> Self {
        Held { all: process::resident(terminal.pid()), own: process::own(terminal.pid()) }
    }

    /// The pages of the program itself are in the figure, and told apart beside it.
    fn row(&self, what: &str, goal: &str) {
        row(what, &mb(self.all), &format!("{} without the program's own pages", mb(self.own)), goal);
    }
}

/// Writes a run as a session that has ended leaves it.
fn make(runs: &RunDir, log: Vec<Event>) -> Made {
    let (id, mut store) = runs.create("Which facts hold?", 0).expect("a run");
    let mut run = Run::default();
    for batch in log.chunks(COMMIT) {
        store.append(run.head, batch, &[]).expect("room");
        batch.iter().for_each(|event| run.apply(event));
    }
    store.write_digest(&run).expect("room");
    assert_eq!(run.head, Seq(log.len() as u64));
    Made { id: id.0, events: run.head.0 }
}

/// From the start of the process until it has sent a whole frame that shows where the log ends.
fn until_shown(dir: &Path, run: &Made) -> (Duration, Terminal) {
    let terminal = Terminal::start(&["open", &run.id, "--run-dir", &dir.to_string_lossy()], SIZE);
    let newest = format!("{} ", run.events);
    // The keys stand in the last row, which is drawn last; until then nothing else is looked at, which would take longer
    // than the program does.
    let is_whole = |screen: &vt100::Screen| {
        screen.rows(0, SIZE.0).nth(SIZE.1 as usize - 1).is_some_and(|row| row.contains("help"))
    };
    terminal.look_until("the newest event", |screen| is_whole(screen) && screen.contents().contains(&newest));
    (terminal.age(), terminal)
}

/// Waits until a process has nothing more to do.
fn be_done(pid: u32) {
    let mut before = f64::MAX;
    while process::cpu_of(pid) > before || before == f64::MAX {
        before = process::cpu_of(pid);
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// How long the same program takes to start and say its version in a terminal.
fn bare() -> Duration {
    let terminal = Terminal::start(&["--version"], SIZE);
    terminal.look_until("the version", |screen| screen.contents().contains("delm "));
    terminal.age()
}

/// Goes to moments all over the log; the bytes held after that, and the time to get to one.
fn look_around(dir: &Path, run: &Made) -> (Held, Duration) {
    let (_, mut terminal) = until_shown(dir, run);
    println!("as it is shown    {:>9}", mb(process::resident(terminal.pid())));
    let pid = terminal.pid();
    let mut go = |to: u64| {
        let began = Instant::now();
        let here = format!("PAST {to}/");
        terminal.press(&format!(":goto {to}\r"));
        terminal.until(&here, |screen| screen.contains(&here));
        began.elapsed()
    };
    println!("to the last but one {:>7}, the log being read", ms(go(run.events - 1)));
    be_done(pid);
    let times: Vec<Duration> = (1..=60).map(|n| go(1 + n * 7919 * 31 % (run.events - 2))).collect();
    println!("to any moment     {:>9} at most", ms(times.iter().max().copied().unwrap_or_default()));
    println!("at its peak       {:>9}", mb(process::peak(terminal.pid())));
    (Held::by(&terminal), median(times))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn mb(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
