//! A run file torn at a thousand places: it opens with what is whole and says what was lost, or is refused in a clear
//! sentence. Never a panic, never silently another run.

#![expect(clippy::unwrap_used, reason = "the helpers belong to tests")]

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use delm::{
    run::{AgentId, Call, CallId, CallKind, Depth, Event, Fact, Label, Options, Run, RunId, Seq, TaskId, Usage},
    store::{Body, Journal as _, RunDir, Salvaged, Sqlite, StoreError, load},
};
use tempfile::TempDir;

const TEARS: u64 = 1_000;
/// One in so many is also repaired or gone on with, which wait for the disk.
const WRITTEN: u64 = 10;

/// Xorshift: the same tears everywhere, for ever.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn text(&mut self, bytes: usize) -> String {
        (0..bytes).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }
}

struct Original {
    id: RunId,
    bytes: Vec<u8>,
    events: Vec<Event>,
    bodies: Vec<Body>,
}

/// Some three hundred events and a hundred bodies, of a few bytes to several pages.
fn original() -> Original {
    let dir = TempDir::new().unwrap();
    let runs = RunDir::open(dir.path()).unwrap();
    let question = "What does a torn file say?";
    let (id, mut store) = runs.create(question, 1_795_379_505_000).unwrap();
    let mut dice = Dice(0x5eed);
    let started = Fact::RunStarted { question: question.into(), paths: vec![], options: Box::new(Options::default()) };
    let (mut events, mut bodies) = (vec![], vec![]);
    for round in 0..50 {
        let size = [40, 300, 900, 5_000][dice.below(4)];
        let (request, reply) = (Body::of(dice.text(size)), Body::of(dice.text(size / 2)));
        let (agent, task) = (AgentId(1 + round % 4), TaskId(1 + u32::from(round)));
        let call = Call {
            id: CallId(1 + u64::from(round)),
            kind: CallKind::Reason,
            agent,
            task: Some(task),
            model: "scripted".into(),
            request: request.id,
            reply: Some(reply.id),
            usage: Usage::default(),
            elapsed_ms: 7,
            first_ms: Some(3),
            stable: 1,
            key: None,
            trace: None,
            from: None,
            fault: None,
            error: None,
        };
        let mut facts = vec![
            Fact::TaskClaimed { task, agent },
            Fact::Unfolded { agent, task: Some(task), labels: vec![Label::unit(1)], depth: Depth::Raw },
            Fact::CallFinished { call: Box::new(call) },
            Fact::TaskRequeued { task, agent, reason: dice.text(60), refused: false },
            Fact::PauseAsked,
            Fact::RunResumed,
        ];
        if round == 0 {
            facts.insert(0, started.clone());
        }
        let head = events.len() as u64;
        let at = 1_795_379_505_000 + i64::from(round);
        let batch: Vec<_> =
            facts.into_iter().zip(head + 1..).map(|(fact, seq)| Event { seq: Seq(seq), at, fact }).collect();
        store.append(Seq(head), &batch, &[request.clone(), reply.clone()]).unwrap();
        events.extend(batch);
        bodies.extend([request, reply]);
    }
    store.write_digest(&load(&store).unwrap().0).unwrap();
    drop(store);
    Original { bytes: fs::read(runs.file(&id)).unwrap(), id, events, bodies }
}

#[derive(Debug)]
enum Tear {
    Cut(usize),
    Flip {
        byte: usize,
        bit: u8,
    },
    /// A sector of the disk that was never written.
    Blank(usize),
}

impl Tear {
    fn tear(&self, bytes: &[u8]) -> Vec<u8> {
        let mut torn = bytes.to_vec();
        match *self {
            Tear::Cut(length) => torn.truncate(length),
            Tear::Flip { byte, bit } => torn[byte] ^= 1 << bit,
            Tear::Blank(sector) => torn[sector * 512..(sector + 1) * 512].fill(0),
        }
        torn
    }
}

fn tears(length: usize) -> impl Iterator<Item = Tear> {
    let mut dice = Dice(20_261_122);
    (0..TEARS).map(move |n| match n % 10 {
        0..3 => Tear::Cut(dice.below(length)),
        3..5 => Tear::Blank(dice.below(length / 512)),
        // The header and the schema are a small part of the file, and the touchiest.
        5 => Tear::Flip { byte: dice.below(1024), bit: dice.below(8) as u8 },
        _ => Tear::Flip { byte: dice.below(length), bit: dice.below(8) as u8 },
    })
}

/// What became of a torn file.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Whole,
    Salvaged,
    Refused,
}

fn assert_clear(error: &StoreError, path: &Path) {
    let said = error.to_string();
    let said = said.strip_prefix(&path.display().to_string()).unwrap_or_else(|| panic!("no path: {said}"));
    let clear = match error {
        StoreError::Damaged { .. } => said.starts_with(" is damaged: ") && said.contains("--repair"),
        StoreError::Lost { .. } => said.starts_with(" is damaged: ") && !said.contains("--repair"),
        StoreError::Newer { .. } => said.ends_with("upgrade delm to open it"),
        _ => [": this is not a run file of delm", ": it may only be read"].contains(&said),
    };
    assert!(clear, "{said:?}");
}

fn check(torn: &[u8], original: &Original, write: bool) -> Fate {
    let dir = TempDir::new().unwrap();
    let runs = RunDir::open(dir.path()).unwrap();
    let path = runs.file(&original.id);
    fs::write(&path, torn).unwrap();

    let fate = match Salvaged::open(&path) {
        Ok(Salvaged { events, loss: None, store }) => {
            assert_eq!(events, original.events);
            let is_verified = store.verify().map_err(|error| assert_clear(&error, &path)).is_ok();
            for body in &original.bodies {
                match store.body(body.id) {
                    Ok(bytes) => assert_eq!(bytes, body.bytes),
                    Err(StoreError::Missing(_)) => assert!(!is_verified),
                    Err(error) => assert_clear(&error, &path),
                }
            }
            Fate::Whole
        }
        Ok(Salvaged { events, loss: Some(loss), .. }) => {
            assert_eq!(events, original.events[..events.len()]);
            assert_eq!(loss.whole.0, events.len() as u64);
            assert!(loss.last.is_none_or(|last| last.0 == original.events.len() as u64), "{loss}");
            assert!(!loss.reason.is_empty());
            if write {
                check_repair(&runs, original, &events);
            }
            Fate::Salvaged
        }
        Err(error) => {
            assert_clear(&error, &path);
            Fate::Refused
        }
    };
    // A list believes nothing either.
    match runs.list().into_iter().find(|run| run.as_ref().map_or(true, |run| run.id == original.id)).unwrap() {
        Ok(listed) => {
            assert_eq!((listed.question.as_str(), listed.started_at), ("What does a torn file say?", 1_795_379_505_000))
        }
        Err((_, error)) => assert_clear(&error, &path),
    }
    assert!(fs::read(&path).unwrap() == torn, "reading changed it");
    check_writer(&path, original, &fate, torn, write);
    fate
}

fn check_repair(runs: &RunDir, original: &Original, whole: &[Event]) {
    match runs.repair(&original.id) {
        Ok(repaired) => {
            let store = Sqlite::open(&runs.file(&repaired.id)).unwrap();
            assert_eq!(store.events(Seq(0)).unwrap(), whole);
            let readable = original.bodies.iter().filter(|body| store.body(body.id).is_ok_and(|it| it == body.bytes));
            assert_eq!(readable.count(), repaired.bodies);
            assert_eq!(store.verify().is_ok(), repaired.lost.is_empty());
            drop(store);
            fs::remove_file(runs.file(&repaired.id)).unwrap();
        }
        Err(error) => assert!(whole.is_empty() && matches!(error, StoreError::Lost { .. }), "{error}"),
    }
}

/// Whoever goes on with a torn run is refused, or the run was whole and still is.
fn check_writer(path: &Path, original: &Original, fate: &Fate, torn: &[u8], write: bool) {
    let opened = Sqlite::open(path).and_then(|store| Ok((load(&store)?, store)));
    let ((run, events), mut store): ((Run, _), _) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            assert_clear(&error, path);
            assert!(fs::read(path).unwrap() == torn, "a refused writer changed it");
            return;
        }
    };
    assert_eq!(*fate, Fate::Whole, "a damaged run must not go on");
    assert_eq!(events, original.events);
    if !write {
        return;
    }
    let next = Event { seq: run.head.next(), at: 1, fact: Fact::PauseAsked };
    let body = Body::of("what comes after");
    match store.append(run.head, std::slice::from_ref(&next), std::slice::from_ref(&body)) {
        Ok(()) => {
            drop(store);
            let store = Sqlite::open_to_read(path).unwrap();
            let (before, after) = (store.events(Seq(0)).unwrap(), store.events(run.head).unwrap());
            assert_eq!((&before[..events.len()], after), (&events[..], vec![next]));
            assert_eq!(store.body(body.id).unwrap(), body.bytes);
        }
        Err(error) => assert_clear(&error, path),
    }
}

/// (FAILURES 14)
#[test]
fn a_torn_file_is_never_silently_another_run() {
    let original = original();
    assert!(original.events.len() > 300 && original.bytes.len() > 100_000, "{}", original.bytes.len());
    assert_eq!(check(&original.bytes, &original, true), Fate::Whole);
    let (mut whole, mut salvaged, mut refused) = (0, 0, 0);
    for (tear, n) in tears(original.bytes.len()).zip(0..) {
        let torn = tear.tear(&original.bytes);
        let checked = catch_unwind(AssertUnwindSafe(|| check(&torn, &original, n % WRITTEN == 0)));
        match checked.unwrap_or_else(|_| panic!("tear {n}: {tear:?}")) {
            Fate::Whole => whole += 1,
            Fate::Salvaged => salvaged += 1,
            Fate::Refused => refused += 1,
        }
    }
    println!("of {TEARS} torn files {whole} keep every event, {salvaged} a beginning, {refused} are refused");
    // A cut nearly always spares the beginning, so a store that refuses whatever is damaged fails here.
    assert!(salvaged > TEARS / 4, "{salvaged}");
}

/// A process that was killed leaves its last appends in the write-ahead log, whose frames SQLite checks itself: a torn
/// one is as if the power had failed earlier.
/// (FAILURES 10, 14)
#[test]
fn a_torn_write_ahead_log_gives_a_beginning() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("run.delm");
    let mut store = Sqlite::create(&path).unwrap();
    let event = |seq| Event { seq: Seq(seq), at: 0, fact: Fact::SessionStarted { pid: seq as u32 } };
    let events: Vec<_> = (1..=60).map(event).collect();
    events.iter().for_each(|event| store.append(Seq(event.seq.0 - 1), std::slice::from_ref(event), &[]).unwrap());
    let log = fs::read(dir.path().join("run.delm-wal")).unwrap();
    let main = fs::read(&path).unwrap();
    let mut dice = Dice(7);
    let mut shortened = 0;
    for n in 0..100 {
        let mut torn = log.clone();
        match n % 2 {
            0 => torn.truncate(dice.below(log.len())),
            _ => torn[dice.below(log.len())] ^= 1 << dice.below(8),
        }
        let dir = TempDir::new().unwrap();
        let copy = dir.path().join("run.delm");
        fs::write(&copy, &main).unwrap();
        fs::write(dir.path().join("run.delm-wal"), &torn).unwrap();
        match Salvaged::open(&copy) {
            Ok(Salvaged { events: read, loss: None, .. }) => {
                assert_eq!(read, events[..read.len()]);
                shortened += usize::from(read.len() < events.len());
            }
            Ok(Salvaged { loss: Some(loss), .. }) => panic!("{loss}"),
            Err(error) => assert_clear(&error, &copy),
        }
    }
    assert!(shortened > 10, "{shortened}");
}
