//! What documents cost before the first task: `cargo bench --bench ingest`.
//!
//! Files are read, cut into units, studied, summarised and put into gists by the embedded reasoner, as text, as web pages
//! and as PDFs, and told is the time of each stage. Bytes are those of the text inside. Summaries are made side by side
//! as the agents of a run make them. Linear means that four times the documents go at the same speed.

#[path = "../support/documents.rs"]
mod documents;
#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/process.rs"]
#[allow(dead_code, reason = "other benches ask for more")]
mod process;
#[path = "../support/stages.rs"]
mod stages;
#[path = "../support/stand_in.rs"]
mod stand_in;

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use delm::{
    ingest::ReadOptions,
    reason::{Reasoner as _, extractive::Extractive},
    run::Corpus,
};
use futures_util::FutureExt as _;

/// A way to write documents of so many bytes in all, each of at most so many characters.
type Kind = fn(&Path, usize, usize);

/// Longer than any of the licences.
const WHOLE: usize = 100_000;

/// Megabytes of text a second, and the share of all cores that was used.
fn measure(what: &str, kind: Kind, bytes: usize) -> (f64, f64) {
    let dir = tempfile::tempdir().expect("a folder");
    kind(dir.path(), bytes, WHOLE);
    let pdf_program = Some(env!("CARGO_BIN_EXE_delm").into());
    let options = ReadOptions { pdf_program, ..ReadOptions::default() };
    let reasoner = Extractive::new(0);
    let desk = stand_in::Notebook::default();
    let cpu = || process::cpu_of(std::process::id()) + process::cpu_of_ended();
    let before = cpu();
    let began = Instant::now();
    let mut told = String::new();
    let mut lap = {
        let mut last = began;
        move |stage: &str| {
            let took = last.elapsed().as_secs_f64();
            last = Instant::now();
            told += &format!("  {stage} {:.0} ms", took * 1e3);
            told.clone()
        }
    };
    let documents = stages::read(&[dir.path().to_string_lossy().into_owned()], &options);
    lap("read");
    let corpus = stages::cut(documents, &reasoner, &desk).now_or_never().expect("nothing waits");
    lap("cut");
    reasoner.study(&corpus);
    lap("study");
    gists(&corpus, &reasoner);
    let told = lap("summaries and gists");
    let took = began.elapsed().as_secs_f64();
    let cores = thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
    let used = (cpu() - before) / took / cores;
    let speed = bytes as f64 / 1e6 / took;
    println!("{what:<5} {:>5.1} MB {speed:>6.1} MB/s{told}, {:.0} % of all cores", bytes as f64 / 1e6, used * 100.0);
    (speed, used)
}

/// Every unit's gist, made by as many threads as a run has workers.
fn gists(corpus: &Corpus, reasoner: &Extractive) {
    let next = AtomicUsize::new(0);
    let work = || {
        let desk = stand_in::Notebook::default();
        while let Some(unit) = corpus.units().get(next.fetch_add(1, Ordering::Relaxed)) {
            let gist = stages::gist(corpus, unit.label, "Who must offer the source to whom?", reasoner, &desk);
            assert!(!gist.now_or_never().expect("nothing waits").is_empty());
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
}

fn main() {
    let kinds: [(&str, Kind); 3] = [("text", documents::texts), ("html", documents::pages), ("pdf", documents::pdfs)];
    // The test runner asks benches whether they still run.
    if !std::env::args().any(|arg| arg == "--bench") {
        for (what, kind) in kinds {
            measure(what, kind, 50_000);
        }
        return;
    }
    let speeds = kinds.map(|(what, kind)| {
        let small = measure(what, kind, 4_000_000);
        let large = measure(what, kind, 16_000_000);
        (small, large)
    });
    let [text, html, pdf] = speeds.map(|((small, _), (large, _))| format!("{small:.0} / {large:.0}"));
    let [(_, (_, used)), ..] = speeds;
    figures::row(
        "Documents read, cut, summarised and put into gists without a model, 4 / 16 MB of text",
        &format!("{text} MB/s, {:.0} % of all cores; the same as HTML {html}, as PDF {pdf} MB/s", used * 100.0),
        "",
        "text ≥ 20 MB/s, the larger as fast as the smaller",
    );
}
