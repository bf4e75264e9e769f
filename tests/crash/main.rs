//! The real program, killed again and again and taken up again each time: without a screen and in a terminal, after a
//! random amount of what it tells, after a random time, and at places inside of an append. What must hold is looked up
//! in the run's file after each death, and every run comes to what it comes to when nothing interrupts it.
//!
//! `cargo test --test crash -- --nocapture` prints the figures; `DELM_KILLS=5000` kills so often instead of 500 times,
//! `DELM_SEED=7` plays one run. The seeds are fixed; when a process dies by the clock, the machine has a say in it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "it is a test")]

mod check;
mod plan;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod trial;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use delm::run::GateLevel;
use plan::Death;
use trial::{Came, Played, Trial};

const KILLS: usize = 500;
/// One run of so many is in a terminal, where a death takes longer to come.
const IN_TERMINAL: u64 = 4;

#[derive(Default)]
struct Figures {
    next: u64,
    kills: BTreeMap<&'static str, usize>,
    in_terminal: usize,
    processes: usize,
    at_work: usize,
}

impl Figures {
    fn kills(&self) -> usize {
        self.kills.values().sum()
    }
}

fn gate(seed: u64) -> GateLevel {
    if seed % IN_TERMINAL == IN_TERMINAL - 1 { GateLevel::Writes } else { GateLevel::Auto }
}

/// (FAILURES 10)
#[test]
fn a_run_survives_every_kill() {
    let wanted = std::env::var("DELM_KILLS").map_or(KILLS, |count| count.parse().expect("a number"));
    let alone: Vec<Came> =
        [GateLevel::Auto, GateLevel::Writes].into_iter().map(|gate| Trial::new(0, gate).play(0).came).collect();
    assert_eq!(alone[0], alone[1], "whoever approves everything changes nothing");
    assert_eq!(alone[0].entries.len(), 6);
    if let Ok(seed) = std::env::var("DELM_SEED") {
        let seed = seed.parse().expect("a number");
        assert_eq!(trial::mortal(seed, gate(seed)).came, alone[0]);
        return;
    }
    let figures = Mutex::new(Figures::default());
    let work = || loop {
        let seed = {
            let mut figures = figures.lock().unwrap();
            if figures.kills() >= wanted {
                return;
            }
            figures.next += 1;
            figures.next - 1
        };
        let played = catch_unwind(AssertUnwindSafe(|| trial::mortal(seed, gate(seed))));
        let Played { came, killed, processes, at_work } = played.unwrap_or_else(|_| panic!("seed {seed}"));
        assert_eq!(came, alone[0], "seed {seed}");
        let mut figures = figures.lock().unwrap();
        figures.processes += processes;
        figures.at_work += at_work;
        figures.in_terminal += if gate(seed) == GateLevel::Writes { killed.len() } else { 0 };
        for death in killed {
            *figures.kills.entry(kind(&death)).or_default() += 1;
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let figures = figures.into_inner().unwrap();
    let kinds: Vec<_> = figures.kills.iter().map(|(kind, times)| format!("{times} {kind}")).collect();
    println!(
        "{} kills ({}; {} of them in a terminal, {} after the log had grown) of {} processes over {} runs: each came to what it comes to unharmed",
        figures.kills(),
        kinds.join(", "),
        figures.in_terminal,
        figures.at_work,
        figures.processes,
        figures.next
    );
    assert!(figures.at_work * 2 > figures.kills(), "most die before they do anything");
}

fn kind(death: &Death) -> &'static str {
    match death {
        Death::Never => "by themselves",
        Death::Told(_) => "after so many events",
        Death::After(_) => "after a time",
        Death::Failpoint(_) => "inside the store",
        Death::Decided(_) => "at a key that decides",
    }
}
