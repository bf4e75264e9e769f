//! One process's time with a run, up to its end or its death: without a screen, or in a terminal with somebody at the
//! keyboard who approves every write, read to its end.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
    sync::{Mutex, mpsc},
    thread,
};

use delm::run::Event;

use crate::{
    plan::Death,
    support::{place::Place, terminal::Terminal},
};

#[derive(Debug, Default)]
pub struct Stage {
    pub killed: bool,
    /// Its exit code, when it was not killed.
    pub code: Option<u32>,
    /// Every event that it told, oldest first.
    pub told: Vec<Event>,
    pub said: String,
}

/// `known`: events that are in the log when it begins, which it tells first.
pub fn headless(place: &Place, args: &[&str], known: usize, death: &Death) -> Stage {
    let mut command = place.delm(args);
    command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped()).envs(death.variable());
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut errors = child.stderr.take().unwrap();
    // Nobody waits for it before it is dead, so its number stays its own.
    let child = Mutex::new(child);
    let kill = || child.lock().unwrap().kill().unwrap();
    let mut stage = Stage::default();
    thread::scope(|scope| {
        let (over, is_over) = mpsc::channel::<()>();
        if let Death::After(time) = *death {
            scope.spawn(move || {
                if is_over.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
                    kill();
                }
            });
        }
        let mut lines = output.lines();
        loop {
            if matches!(death, Death::Told(count) if stage.told.len() == known + count) {
                kill();
            }
            // The last line may be torn, and the result is no event.
            match lines.next() {
                Some(Ok(line)) => stage.told.extend(serde_json::from_str::<Event>(&line)),
                _ => break,
            }
        }
        drop(over);
    });
    errors.read_to_string(&mut stage.said).unwrap();
    let status = child.into_inner().unwrap().wait().unwrap();
    stage.killed = status.signal() == Some(9);
    stage.code = status.code().map(|code| code as u32);
    stage
}

/// The number of the last event, from the bottom right of the screen.
fn seq(screen: &str) -> u64 {
    let line = screen.lines().rev().find(|line| line.trim_end().ends_with("· live")).unwrap_or_default();
    let number = line.trim_end().trim_end_matches("· live").trim_end().rsplit(' ').next().unwrap_or_default();
    number.parse().unwrap_or(0)
}

fn open_decisions(screen: &str) -> usize {
    let Some((before, _)) = screen.split_once(" to decide") else { return 0 };
    before.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn sigkill(pid: u32) {
    assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
}

pub fn in_terminal(place: &Place, args: &[&str], death: &Death) -> Stage {
    let runs = place.path().join("runs");
    let args: Vec<&str> = args.iter().copied().chain(["--run-dir", runs.to_str().unwrap()]).collect();
    let mut env = vec![("XDG_CONFIG_HOME", place.path().to_str().unwrap())];
    env.extend(death.variable());
    let mut terminal = Terminal::start_in(place.path(), &args, &env, (120, 40));
    let pid = terminal.pid();
    thread::scope(|scope| {
        let (over, is_over) = mpsc::channel::<()>();
        if let Death::After(time) = *death {
            scope.spawn(move || {
                if is_over.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
                    sigkill(pid);
                }
            });
        }
        let most = if let Death::Decided(count) = *death { count } else { usize::MAX };
        if decide(&mut terminal, most).is_some() {
            sigkill(pid);
        }
        drop(over);
    });
    let (status, said) = terminal.end_status();
    let killed = status.signal().is_some();
    Stage { killed, code: (!killed).then(|| status.exit_code()), told: vec![], said }
}

/// Approves what is asked and leaves at the end; `None` when the program has ended, else `most` decisions were made.
fn decide(terminal: &mut Terminal, most: usize) -> Option<()> {
    for n in 1..=most {
        let screen = terminal.wait(|screen| open_decisions(screen) > 0 || screen.contains("✓ DONE"))?;
        if screen.contains("✓ DONE") {
            terminal.try_press("q");
            terminal.wait(|_| false)?;
        }
        let before = seq(&screen);
        terminal.try_press("4");
        terminal.try_press("\r");
        terminal.wait(|screen| screen.contains("For and against"))?;
        terminal.try_press("G");
        terminal.wait(|screen| screen.contains("y approve") && !screen.contains("keys rest"))?;
        terminal.try_press("y");
        // Whoever dies at this key must not be waited for.
        if n < most {
            terminal.wait(|screen| screen.contains("1 Queue") && seq(screen) > before)?;
        }
    }
    Some(())
}
