//! What other processes ask is done once and in order, wherever the process that does it dies. (FAILURES 4, 10)

mod support;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use delm::{
    engine::{Engine, Replay, Start, Tap},
    reason::prompted::Prompted,
    run::{Choice, Command, DecisionId, EntryKind, Event, Fact, Options, Parting, Seq},
    store::{Journal as _, Mailbox, Memory, Posted, StoreError},
};
use support::{
    dice::Dice,
    mortal::{Death, Mortal},
    scenario::fold,
    team::on_paused_time,
};

/// Strikes off so many, then no more: its process is dead.
struct Letters {
    waiting: Arc<Mutex<VecDeque<Posted>>>,
    strikes: usize,
    log: Memory,
}

fn letters(journal: &Memory, waiting: &Arc<Mutex<VecDeque<Posted>>>, strikes: usize) -> Letters {
    Letters { waiting: Arc::clone(waiting), strikes, log: journal.clone() }
}

fn refused() -> StoreError {
    StoreError::Unusable { path: "memory".into(), reason: "the process is dead, or the disk full".into() }
}

impl Mailbox for Letters {
    fn waiting(&mut self) -> Result<Vec<Posted>, StoreError> {
        Ok(self.waiting.lock().unwrap().iter().cloned().collect())
    }

    fn strike(&mut self, number: i64) -> Result<(), StoreError> {
        let Some(left) = self.strikes.checked_sub(1) else {
            return Err(refused());
        };
        self.strikes = left;
        self.waiting.lock().unwrap().retain(|posted| posted.number != number);
        Ok(())
    }

    fn log(&self) -> Result<Vec<Event>, StoreError> {
        self.log.events(Seq(0))
    }
}

async fn session(journal: &Memory, mailbox: Box<dyn Mailbox>, death: Death) {
    let run = fold(&journal.events(Seq(0)).unwrap());
    let start = Start {
        reasoner: Arc::new(Prompted::new("nobody".into(), run.options.method.clone())),
        run,
        journal: Box::new(Mortal::new(journal.clone(), death)),
        models: None,
        audience: None,
        tap: Tap::default(),
        replay: Replay::default(),
    };
    let mut engine = Engine::start(start).await.unwrap();
    engine.read_mail(mailbox, Arc::default());
    // Paused time: it goes on when there is nothing else to do.
    tokio::time::sleep(Duration::from_secs(5)).await;
    // A process that is dead cannot say good-bye.
    let _ = engine.stop(Parting::Interrupted).await;
}

fn begun() -> Memory {
    let mut journal = Memory::default();
    let options = Options { agents: 0, ..Options::default() };
    let started = Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) };
    journal.append(Seq(0), &[Event { seq: Seq(1), at: 0, fact: started }], &[]).unwrap();
    journal
}

fn note(n: i64) -> Posted {
    let command = Command::AddNote { kind: EntryKind::Fact, text: format!("note {n}") };
    Posted { number: n, at: 7, pid: 42, command: Some(command) }
}

fn said(log: &[Event]) -> Vec<String> {
    let said = |event: &Event| match &event.fact {
        Fact::EntryAdmitted { entry } => Some(entry.gist.clone()),
        _ => None,
    };
    log.iter().filter_map(said).collect()
}

/// Cannot be read once, and strikes nothing off once.
struct Stumbling {
    letters: Letters,
    reads: usize,
    strikes: usize,
}

impl Mailbox for Stumbling {
    fn waiting(&mut self) -> Result<Vec<Posted>, StoreError> {
        self.reads += 1;
        if self.reads == 1 { Err(refused()) } else { self.letters.waiting() }
    }

    fn strike(&mut self, number: i64) -> Result<(), StoreError> {
        self.strikes += 1;
        if self.strikes == 1 { Err(refused()) } else { self.letters.strike(number) }
    }

    fn log(&self) -> Result<Vec<Event>, StoreError> {
        self.letters.log()
    }
}

#[test]
fn what_could_not_be_read_or_struck_off_is_tried_again_without_a_ring() {
    let journal = begun();
    let waiting = Arc::new(Mutex::new(VecDeque::from([note(1), note(2)])));
    let letters = letters(&journal, &waiting, usize::MAX);
    on_paused_time(session(&journal, Box::new(Stumbling { letters, reads: 0, strikes: 0 }), Death::Never));
    assert!(waiting.lock().unwrap().is_empty());
    assert_eq!(said(&journal.events(Seq(0)).unwrap()), ["note 1", "note 2"]);
}

#[test]
fn each_command_is_done_once_whoever_dies_where() {
    const NOTES: i64 = 5;
    for seed in 0..60 {
        let journal = begun();
        let mut letters_left: VecDeque<Posted> = (1..=NOTES).map(note).collect();
        let decide = Command::Decide { decision: DecisionId(9), choice: Choice::Approve };
        letters_left.push_back(Posted { number: NOTES + 1, at: 7, pid: 42, command: Some(decide) });
        letters_left.push_back(Posted { number: NOTES + 2, at: 7, pid: 42, command: None });
        let waiting = Arc::new(Mutex::new(letters_left));

        let mut dice = Dice(seed);
        for _ in 0..4 {
            let appends = journal.appends() + 1 + dice.below(4) as usize;
            let strikes = dice.below(4) as usize;
            let letters = letters(&journal, &waiting, strikes);
            on_paused_time(session(&journal, Box::new(letters), Death::Appends(appends)));
        }
        let letters = letters(&journal, &waiting, usize::MAX);
        on_paused_time(session(&journal, Box::new(letters), Death::Never));

        assert!(waiting.lock().unwrap().is_empty(), "seed {seed}");
        let log = journal.events(Seq(0)).unwrap();
        let wanted: Vec<_> = (1..=NOTES).map(|n| format!("note {n}")).collect();
        assert_eq!(said(&log), wanted, "seed {seed}");
        let taken = |event: &Event| match &event.fact {
            Fact::CommandTaken { number, refused, .. } => Some((*number, refused.is_some())),
            _ => None,
        };
        let wanted: Vec<_> = (1..=NOTES + 2).map(|number| (number, number > NOTES)).collect();
        assert_eq!(log.iter().filter_map(taken).collect::<Vec<_>>(), wanted, "seed {seed}");
    }
}
