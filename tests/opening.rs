//! A long run is opened and looked at without being read twice or held in memory: told by counting, not by the clock.
//! `tests/bench/opening.rs` has the times, of a million events. (FAILURES 14)

#![expect(clippy::unwrap_used, reason = "the helpers belong to tests")]

#[path = "support/long_log.rs"]
#[allow(dead_code, reason = "other benches ask for more")]
mod long_log;
#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "others ask for more")]
mod terminal;

use std::path::PathBuf;

use delm::{
    app::Saved,
    run::{Event, Log as _, Run, RunId, Seq, Timeline},
    store::{Journal as _, Reread, RunDir},
};
use long_log::long_log;
use rusqlite::Connection;
use tempfile::TempDir;
use terminal::Terminal;

/// Events that a timeline has in memory at most.
const HELD: usize = 4096 + 32 * 128;

fn fold(log: &[Event]) -> Run {
    let mut run = Run::default();
    log.iter().for_each(|event| run.apply(event));
    run
}

/// All that a run says of itself.
fn said(run: &Run) -> String {
    format!("{run:?}")
}

struct Kept {
    _dir: TempDir,
    runs: RunDir,
    id: RunId,
    file: PathBuf,
}

/// A run whose last session ended with event `noted`; what follows came in without any note.
fn kept(log: &[Event], noted: usize) -> Kept {
    let dir = TempDir::new().unwrap();
    let runs = RunDir::open(dir.path()).unwrap();
    let (id, mut store) = runs.create("Which facts hold?", 0).unwrap();
    store.append(Seq(0), &log[..noted], &[]).unwrap();
    store.write_digest(&fold(&log[..noted])).unwrap();
    store.append(Seq(noted as u64), &log[noted..], &[]).unwrap();
    drop(store);
    let file = runs.file(&id);
    Kept { _dir: dir, runs, id, file }
}

impl Kept {
    fn sql(&self, sql: &str) {
        assert_eq!(Connection::open(&self.file).unwrap().execute(sql, []).unwrap(), 1, "{sql}");
    }
}

#[test]
fn what_is_shown_first_is_what_the_log_comes_to_and_takes_no_reading_of_it() {
    let log = long_log(3_000);
    let kept = kept(&log, log.len() - 40);
    let Saved { mut timeline, .. } = Saved::glance(&kept.runs, &kept.id.0).unwrap();
    assert_eq!(said(timeline.head()), said(&fold(&log)));
    assert_eq!((timeline.folded().head, timeline.weight()), (Seq(0), (0, 0)), "nothing was folded or read");
    // An event that cannot be read would have been met.
    kept.sql("UPDATE events SET fact = 'nothing' WHERE seq = 7");
    let shown = Saved::glance(&kept.runs, &kept.id.0).unwrap();
    assert_eq!(said(&shown.run), said(&fold(&log)));
    // Those after the note are read, and checked.
    kept.sql(&format!("UPDATE events SET fact = 'nothing' WHERE seq = {}", log.len() - 3));
    assert_eq!(Saved::glance(&kept.runs, &kept.id.0).unwrap().loss.unwrap().whole, Seq(6));
    // Handed over behind it, once, the log takes the place of what was shown.
    log.iter().for_each(|event| timeline.push(event.clone()));
    assert_eq!(said(timeline.folded()), said(&fold(&log)));
    assert_eq!(timeline.weight().1, 0, "and is not read again for that");
}

#[test]
fn who_goes_on_or_copies_reads_the_log_and_not_the_note() {
    let log = long_log(1_500);
    let kept = kept(&log, log.len());
    kept.sql("UPDATE events SET fact = 'nothing' WHERE seq = 900");
    assert!(Saved::glance(&kept.runs, &kept.id.0).unwrap().loss.is_none(), "it is not seen at once");
    let read = Reread::of(&kept.file);
    assert_eq!(read.read(Seq(0), 2_000).unwrap(), log[..899]);
    assert!(read.read(Seq(899), 1).unwrap_err().contains("event 900 is not what was stored"));
    assert_eq!(Saved::open(&kept.runs, &kept.id.0).unwrap().run.head, Seq(899));
    assert!(Saved::open_to_write(&kept.runs, &kept.id.0).is_err());
}

#[test]
fn a_run_is_folded_once_and_its_events_stay_in_its_file() {
    let log = long_log(20_000);
    let kept = kept(&log, log.len());
    let Saved { mut timeline, .. } = Saved::open(&kept.runs, &kept.id.0).unwrap();
    assert_eq!(said(timeline.folded()), said(&fold(&log)));
    assert_eq!(timeline.weight(), (4096, 0), "the newest are at hand, and none was read twice");
    // Back and forth all over the log.
    for n in 1..=40 {
        let seq = 1 + n * 7919 % (log.len() as u64 - 1);
        timeline.look_at(Seq(seq));
        assert_eq!(said(timeline.run()), said(&fold(&log[..seq as usize])), "event {seq}");
        assert!(timeline.weight().0 <= HELD, "{:?}", timeline.weight());
    }
    // From one kept fold to the next there are 2,048 events, and once more a page on either side.
    assert!(timeline.weight().1 < 40 * (2_048 + 512), "{:?}", timeline.weight());
    assert!(timeline.events().map(|event| event.seq.0).eq(1..=log.len() as u64));
    assert!(timeline.weight().0 <= HELD, "{:?}", timeline.weight());
    assert_eq!(timeline.trouble(), None);
}

#[test]
fn a_damaged_log_ends_what_was_shown_ahead_of_it() {
    let log = long_log(1_200);
    let kept = kept(&log, log.len());
    let mut timeline = Timeline::ahead(fold(&log), Box::new(Reread::of(&kept.file)));
    log[..700].iter().for_each(|event| timeline.push(event.clone()));
    timeline.look_at(Seq(900));
    assert_eq!(timeline.run().head, Seq(900), "what is not handed over yet is read");
    assert_eq!(timeline.folded().head, Seq(900), "and folded for good");
    timeline.end_here();
    assert_eq!((timeline.head().head, timeline.is_live()), (Seq(900), true));
    assert_eq!(said(timeline.head()), said(&fold(&log[..900])));
    assert_eq!(timeline.events().count(), 900);
}

#[test]
fn damage_that_was_not_seen_at_first_is_told_on_the_screen() {
    let log = long_log(1_500);
    let kept = kept(&log, log.len());
    kept.sql("UPDATE events SET fact = 'nothing' WHERE seq = 900");
    let place = kept.file.parent().unwrap().to_string_lossy().into_owned();
    let terminal = Terminal::start(&["open", &kept.id.0, "--run-dir", &place], (200, 60));
    terminal.see("event 900 is not what was stored");
    terminal.until("what is whole", |screen| screen.contains("899 ") && !screen.contains(&format!("{} ", log.len())));
}

#[test]
fn a_note_that_does_not_check_is_left_aside() {
    let log = long_log(1_500);
    let whole = || kept(&log, log.len());
    let is_glance = |kept: &Kept| Saved::glance(&kept.runs, &kept.id.0).unwrap().timeline.folded().head == Seq(0);
    assert!(is_glance(&whole()));
    for (what, sql) in [
        ("of another delm, or changed", "UPDATE fold SET run = zeroblob(length(run))"),
        ("cut short", "UPDATE fold SET run = substr(run, 1, length(run) - 9)"),
        ("next to nothing", "UPDATE fold SET run = x'00'"),
        ("text", "UPDATE fold SET run = 'fold'"),
        ("absent", "DELETE FROM fold"),
    ] {
        let kept = whole();
        kept.sql(sql);
        let saved = Saved::glance(&kept.runs, &kept.id.0).unwrap();
        assert_eq!(saved.timeline.folded().head, Seq(log.len() as u64), "{what}");
        assert_eq!(said(&saved.run), said(&fold(&log)), "{what}");
    }
    // That of another log.
    let (mut other, kept) = (log.clone(), whole());
    other[3].at += 1;
    let stranger = self::kept(&other, other.len());
    let note: Vec<u8> =
        Connection::open(&stranger.file).unwrap().query_row("SELECT run FROM fold", [], |row| row.get(0)).unwrap();
    let db = Connection::open(&kept.file).unwrap();
    db.execute("UPDATE fold SET run = ?1", [note]).unwrap();
    drop(db);
    assert!(!is_glance(&kept));
}

#[test]
fn a_run_that_was_written_down_is_the_run_that_was() {
    let log = long_log(2_000);
    for noted in [1_000, 1_003, 1_007, 1_999] {
        let kept = kept(&log, noted);
        let saved = Saved::glance(&kept.runs, &kept.id.0).unwrap();
        assert_eq!(saved.timeline.folded().head, Seq(0), "it was noted");
        assert_eq!(said(&saved.run), said(&fold(&log)), "written down at event {noted}, and folded on");
    }
}
