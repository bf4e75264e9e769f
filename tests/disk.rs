//! A disk that is full, busy or read-only for a while, and a file that goes away: the run waits, says so, keeps what it
//! has and goes on; nobody acts on what is not durable. On the engine with paused time, then with the real program.

#![expect(clippy::unwrap_used, reason = "it is a test")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use delm::{
    engine::{Engine, EngineError, Models, Replay, Start, Tap},
    llm::price::Price,
    reason::prompted::Prompted,
    run::{Command, Fact, Method, Options, Parting, Run, Seq},
    store::{Journal as _, Memory, StoreError},
};
use support::{
    ailing::Ailing,
    invariants,
    scenario::fold,
    team::{Planner, Register, begin, for_seeds, on_paused_time, result, session},
};

const TASKS: u32 = 20;
const A_DAY: Duration = Duration::from_secs(86_400);

fn team(seed: u64) -> (Arc<Register>, Models, Memory) {
    let model = Arc::new(Register::new(seed, TASKS, Planner::Content, (&[], 0)));
    let models = Models::one(model.clone(), Some(Price::FREE));
    (model, models, begin(Options { agents: 4, ..Options::default() }))
}

fn found(run: &Run) -> Vec<String> {
    let mut found: Vec<_> =
        run.context.entries().filter(|entry| entry.task.is_some()).map(|entry| entry.gist.clone()).collect();
    found.sort();
    found
}

/// (FAILURES 10, 14)
#[test]
fn a_disk_that_fails_now_and_then_loses_and_doubles_nothing() {
    let failed = AtomicUsize::new(0);
    for_seeds(0..40, |seed| {
        let (model, models, journal) = team(seed);
        let ailing = Ailing::new(journal.clone(), seed, 5 + 10 * (seed % 8));
        // It ends; whether its good-bye can be saved is another matter.
        on_paused_time(session(Box::new(ailing.clone()), &models, A_DAY));
        let events = journal.events(Seq(0)).unwrap();
        let run = fold(&events);
        assert_eq!(invariants::violations_of(&events, &journal), [""; 0], "seed {seed}");
        let mut wanted: Vec<_> = (1..=TASKS).map(result).collect();
        wanted.sort();
        assert_eq!(found(&run), wanted, "seed {seed}: each result is there once");
        assert_eq!(run.calls, model.sent.load(Ordering::SeqCst) as u64, "seed {seed}: each call is counted once");
        assert!(run.answer.is_some(), "seed {seed}");
        failed.fetch_add(ailing.failed.load(Ordering::SeqCst), Ordering::SeqCst);
    });
    assert!(failed.into_inner() > 1000, "the disk was well");
}

async fn start(models: &Models, journal: Ailing) -> Engine {
    let run = fold(&journal.events(Seq(0)).unwrap());
    let start = Start {
        reasoner: Arc::new(Prompted::new("register".into(), run.options.method.clone())),
        run,
        journal: Box::new(journal),
        models: Some(models.clone()),
        audience: None,
        tap: Tap::default(),
        replay: Replay::default(),
    };
    Engine::start(start).await.unwrap()
}

/// Waits until so many tries to save have failed in a row.
async fn failed(engine: &Engine, tries: u32) {
    let mut trouble = engine.trouble();
    let enough = trouble.wait_for(|now| now.as_ref().is_some_and(|trouble| trouble.tries >= tries));
    tokio::time::timeout(A_DAY, enough).await.expect("it is told").unwrap();
}

async fn well(engine: &Engine) {
    engine.trouble().wait_for(Option::is_none).await.unwrap();
}

/// (FAILURES 8, 14)
#[test]
fn while_nothing_can_be_saved_nobody_goes_on_and_a_key_has_it_tried_at_once() {
    on_paused_time(async {
        let (model, models, journal) = team(1);
        let ailing = Ailing::new(journal.clone(), 1, 0);
        let mut engine = start(&models, ailing.clone()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        ailing.full.store(true, Ordering::SeqCst);
        failed(&engine, 3).await;
        // What was sent before comes back.
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (sent, head) = (model.sent.load(Ordering::SeqCst), journal.events(Seq(0)).unwrap().len());
        assert!(sent > 5, "the team is at work");
        let before = ailing.failed.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(model.sent.load(Ordering::SeqCst), sent, "something was sent");
        assert_eq!(journal.events(Seq(0)).unwrap().len(), head);
        let tries = ailing.failed.load(Ordering::SeqCst) - before;
        assert!((110..=125).contains(&tries), "a try each five seconds, not {tries} in ten minutes");

        // Still full: what the human asks for waits as well, and is not lost.
        let why = engine.command(Command::Pause).await.unwrap_err().to_string();
        assert_eq!(why, "this is done as soon as the run can be saved: the disk is full: memory");

        // There is room; the next try would be seconds away.
        ailing.full.store(false, Ordering::SeqCst);
        let asked = tokio::time::Instant::now();
        engine.command(Command::Resume).await.unwrap();
        well(&engine).await;
        assert!(asked.elapsed() < Duration::from_millis(100), "{:?}", asked.elapsed());
        tokio::time::timeout(A_DAY, engine.ended()).await.expect("it goes on");
        let run = engine.stop(Parting::Ended).await.unwrap();
        assert_eq!(found(&run).len(), TASKS as usize);
        let events = journal.events(Seq(0)).unwrap();
        assert_eq!(events.iter().filter(|event| event.fact == Fact::PauseAsked).count(), 1);
        assert_eq!(invariants::violations_of(&events, &journal), [""; 0]);
    });
}

#[test]
fn a_disk_that_is_full_for_longer_than_a_lease_takes_nobody_its_claim() {
    on_paused_time(async {
        let (_, models, journal) = team(4);
        let ailing = Ailing::new(journal.clone(), 4, 0);
        let mut engine = start(&models, ailing.clone()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        ailing.full.store(true, Ordering::SeqCst);
        failed(&engine, 1).await;
        tokio::time::sleep(3 * Duration::from_secs(Method::default().claim_seconds.into())).await;
        ailing.full.store(false, Ordering::SeqCst);
        tokio::time::timeout(A_DAY, engine.ended()).await.expect("it goes on");
        let run = engine.stop(Parting::Ended).await.unwrap();
        assert_eq!(found(&run).len(), TASKS as usize);
        let events = journal.events(Seq(0)).unwrap();
        assert!(!events.iter().any(|event| matches!(event.fact, Fact::LeaseExpired { .. })));
    });
}

/// (FAILURES 14)
#[test]
fn whoever_leaves_while_the_disk_is_full_is_told_what_was_saved() {
    on_paused_time(async {
        let (_, models, journal) = team(2);
        let ailing = Ailing::new(journal.clone(), 2, 0);
        let engine = start(&models, ailing.clone()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        ailing.full.store(true, Ordering::SeqCst);
        failed(&engine, 1).await;
        let stopped = tokio::time::timeout(Duration::from_secs(1), engine.stop(Parting::Interrupted)).await;
        let error = stopped.expect("it does not hang").unwrap_err();
        let last = Seq(journal.events(Seq(0)).unwrap().len() as u64);
        assert_eq!(error.to_string(), format!("event {last} is the last that was saved: memory: the disk is full"));
    });
}

#[test]
fn whoever_leaves_when_there_is_room_again_leaves_everything_saved() {
    on_paused_time(async {
        let (_, models, journal) = team(3);
        let ailing = Ailing::new(journal.clone(), 3, 0);
        let engine = start(&models, ailing.clone()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        ailing.full.store(true, Ordering::SeqCst);
        failed(&engine, 2).await;
        ailing.full.store(false, Ordering::SeqCst);
        let run = engine.stop(Parting::Interrupted).await.unwrap();
        let events = journal.events(Seq(0)).unwrap();
        assert_eq!(Seq(events.len() as u64), run.head);
        assert!(matches!(events.last().unwrap().fact, Fact::SessionEnded { .. }));
    });
}

#[test]
fn a_file_that_is_gone_ends_the_session_at_once() {
    on_paused_time(async {
        let (model, models, journal) = team(4);
        let ailing = Ailing::new(journal.clone(), 4, 0);
        let mut engine = start(&models, ailing.clone()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        ailing.gone.store(true, Ordering::SeqCst);
        tokio::time::timeout(Duration::from_secs(60), engine.ended()).await.expect("it ends");
        let error = engine.stop(Parting::Interrupted).await.unwrap_err();
        let saved = Seq(journal.events(Seq(0)).unwrap().len() as u64);
        assert!(
            matches!(&error, EngineError::Unsaved { last, error: StoreError::Gone { .. } } if *last == saved),
            "{error}"
        );
        let sent = model.sent.load(Ordering::SeqCst);
        tokio::time::sleep(A_DAY).await;
        assert_eq!(model.sent.load(Ordering::SeqCst), sent);
    });
}

/// The real program on a disk that a test fills and empties.
#[cfg(all(unix, debug_assertions))]
mod program {
    use std::{
        io::{BufRead as _, BufReader, Lines},
        path::PathBuf,
        process::{Child, ChildStderr, ChildStdout, Command, Stdio},
        sync::mpsc,
        thread,
    };

    use delm::{
        run::Event,
        store::{self, RunDir, Sqlite},
    };
    use serde_json::Value;

    use crate::support::{
        place::{Place, code, text},
        terminal::Terminal,
    };

    const RUN: [&str; 9] =
        ["run", "What do passengers pay?", "docs", "--pace", "20", "--model", "extractive", "--agents", "1"];

    /// What standard output said: events, and the result at the end.
    #[derive(Default)]
    struct Told {
        events: Vec<Event>,
        result: Option<Value>,
    }

    struct Program {
        child: Child,
        output: mpsc::Receiver<String>,
        errors: Lines<BufReader<ChildStderr>>,
        told: Told,
    }

    impl Program {
        fn start(mut command: Command) -> Self {
            let mut child = command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let errors = BufReader::new(child.stderr.take().unwrap()).lines();
            let output = lines(child.stdout.take().unwrap());
            Program { child, output, errors, told: Told::default() }
        }

        /// The next line that it tells, kept; `false` at its end.
        fn hear(&mut self) -> bool {
            let Ok(line) = self.output.recv() else { return false };
            match serde_json::from_str(&line) {
                Ok(event) => self.told.events.push(event),
                Err(_) => self.told.result = Some(serde_json::from_str(&line).unwrap()),
            }
            true
        }

        fn under_way(&mut self) {
            while self.told.events.len() < 12 {
                assert!(self.hear(), "it ended early");
            }
        }

        /// Reads standard error up to a line with this text.
        fn said(&mut self, wanted: &str) -> String {
            let line = self.errors.by_ref().map(Result::unwrap).find(|line| line.contains(wanted));
            line.unwrap_or_else(|| panic!("never said {wanted:?}"))
        }

        fn end(mut self) -> (i32, Told, String) {
            while self.hear() {}
            let errors: Vec<String> = self.errors.map(Result::unwrap).collect();
            (self.child.wait().unwrap().code().unwrap(), self.told, errors.join("\n"))
        }
    }

    /// Read as they come, so that the program never waits for us.
    fn lines(output: ChildStdout) -> mpsc::Receiver<String> {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        lines
    }

    fn file(place: &Place) -> PathBuf {
        let runs = RunDir::open(place.path().join("runs")).unwrap();
        runs.file(&runs.find("latest").unwrap())
    }

    fn log(place: &Place) -> Vec<Event> {
        let store = Sqlite::open_to_read(&file(place)).unwrap();
        store.verify().unwrap();
        store::load(&store).unwrap().1
    }

    /// What comes of it when nothing is wrong.
    fn unharmed() -> Value {
        let place = Place::new();
        let (code, told, _) = Program::start(place.delm(&RUN)).end();
        assert_eq!(code, 0);
        told.result.unwrap()["answer"].clone()
    }

    fn failing(place: &Place, args: &[&str], how: &str) -> Program {
        let mut command = place.delm(args);
        command.env("DELM_FAIL", format!("{how}@{}", place.path().join("flag").display()));
        Program::start(command)
    }

    fn goes_on(place: &Place, program: Program) {
        let (code, told, errors) = program.end();
        assert_eq!(code, 0, "{errors}");
        assert_eq!(told.result.unwrap()["answer"], unharmed());
        assert_eq!(told.events, log(place), "what was told is what is saved, each once");
    }

    /// (FAILURES 10, 14)
    #[test]
    fn a_run_goes_on_when_the_disk_is_well_again() {
        for (how, why) in [
            ("begin=full", "the disk is full"),
            ("bodies=full", "the disk is full"),
            ("events=io", "the disk does not do what it is asked"),
            // It is in the log, and the program is told that it is not.
            ("committed=io", "the disk does not do what it is asked"),
            ("begin=readonly", "it may only be read"),
            ("begin=busy", "another process is writing to it"),
        ] {
            let place = Place::new();
            let flag = place.path().join("flag");
            let mut program = failing(&place, &RUN, how);
            program.under_way();
            std::fs::write(&flag, "").unwrap();
            let said = program.said("the run waits and tries again, for it cannot be saved: ");
            assert!(said.contains(why), "{how}: {said}");
            std::fs::remove_file(&flag).unwrap();
            program.said("the run is saved again and goes on");
            goes_on(&place, program);
        }
    }

    #[test]
    fn a_run_waits_for_whoever_holds_its_file() {
        let place = Place::new();
        let mut program = Program::start(place.delm(&RUN));
        program.under_way();
        // This process is another one.
        let other = rusqlite::Connection::open(file(&place)).unwrap();
        other.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(program.said("the run waits ").contains("another process is writing to it"));
        other.execute_batch("ROLLBACK").unwrap();
        drop(other);
        program.said(" goes on");
        goes_on(&place, program);
    }

    /// (FAILURES 14)
    #[test]
    fn a_run_whose_file_is_deleted_stops_and_names_the_last_that_was_saved() {
        let place = Place::new();
        let mut program = Program::start(place.delm(&RUN));
        program.under_way();
        let file = file(&place);
        std::fs::remove_file(&file).unwrap();
        let (code, told, errors) = program.end();
        assert_eq!(code, 1, "{errors}");
        assert!(
            errors.contains(&format!("{} was deleted, moved or replaced while it was open", file.display())),
            "{errors}"
        );
        let last = errors.split("event ").nth(1).unwrap().split(' ').next().unwrap();
        assert!(last.parse::<u64>().unwrap() >= told.events.last().unwrap().seq.0, "{errors}");
        assert!(errors.contains(&format!("event {last} is the last that was saved")), "{errors}");
        assert!(told.result.is_none());
    }

    #[test]
    fn a_run_that_is_left_while_the_disk_is_full_can_be_resumed() {
        let place = Place::new();
        let flag = place.path().join("flag");
        let mut program = failing(&place, &RUN, "begin=full");
        program.under_way();
        std::fs::write(&flag, "").unwrap();
        program.said("the run waits ");
        let pid = program.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let (code, _, errors) = program.end();
        std::fs::remove_file(&flag).unwrap();
        assert_eq!(code, 1, "{errors}");
        let last = log(&place).len();
        assert!(errors.contains(&format!("event {last} is the last that was saved: ")), "{errors}");
        assert!(errors.contains("the disk is full"), "{errors}");
        goes_on(&place, Program::start(place.delm(&["resume", "latest"])));
    }

    /// (FAILURES 14)
    #[test]
    fn the_screen_says_that_the_disk_is_full_and_a_key_goes_on() {
        let place = Place::new();
        let flag = place.path().join("flag");
        let runs = place.path().join("runs");
        let fail = format!("begin=full@{}", flag.display());
        let args = [&RUN[..], &["--run-dir", runs.to_str().unwrap()]].concat();
        let home = place.path().to_str().unwrap();
        let env = [("DELM_FAIL", fail.as_str()), ("XDG_CONFIG_HOME", home)];
        let mut terminal = Terminal::start_in(place.path(), &args, &env, (120, 40));
        terminal.until("a claimed task", |screen| screen.contains('▶'));
        std::fs::write(&flag, "").unwrap();
        terminal.see("it cannot be saved: the disk is full");
        terminal.press(" ");
        terminal.see("this is done as soon as the run can be saved");
        std::fs::remove_file(&flag).unwrap();
        terminal.see("‖ PAUSED");
        terminal.press("c");
        terminal.see("✓ DONE");
        terminal.press("q");
        assert_eq!(terminal.end().0, 0);
        let pauses = log(&place).iter().filter(|event| event.fact == delm::run::Fact::PauseAsked).count();
        assert_eq!(pauses, 1, "the key was kept and done once");
    }

    /// Whoever may write everywhere, as root may, is let in.
    #[test]
    fn a_folder_that_may_only_be_read_is_named() {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
        let place = Place::new();
        let runs = place.path().join("runs");
        std::fs::create_dir(&runs).unwrap();
        std::fs::set_permissions(&runs, Permissions::from_mode(0o500)).unwrap();
        let may_write = std::fs::write(runs.join("x"), "").is_ok();
        let output = place.run(&[&RUN[..], &["--headless"]].concat());
        std::fs::set_permissions(&runs, Permissions::from_mode(0o700)).unwrap();
        let said = text(&output.stderr);
        let named = said.contains(runs.to_str().unwrap()) && said.contains("Permission denied");
        assert_eq!((code(&output), named), if may_write { (0, false) } else { (2, true) }, "{said}");
    }
}
