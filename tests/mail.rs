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

impl Mailbox for Letters {
    fn waiting(&mut self) -> Result<Vec<Posted>, StoreError> {
        Ok(self.waiting.lock().unwrap().iter().cloned().collect())
    }

    fn strike(&mut self, number: i64) -> Result<(), StoreError> {
        let Some(left) = self.strikes.checked_sub(1) else {
            return Err(StoreError::Unusable { path: "memory".into(), reason: "the process is dead".into() });
        };
        self.strikes = left;
        self.waiting.lock().unwrap().retain(|posted| posted.number != number);
        Ok(())
    }

    fn log(&self) -> Result<Vec<Event>, StoreError> {
        self.log.events(Seq(0))
    }
}

async fn session(journal: &Memory, waiting: &Arc<Mutex<VecDeque<Posted>>>, death: Death, strikes: usize) {
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
    let letters = Letters { waiting: Arc::clone(waiting), strikes, log: journal.clone() };
    engine.read_mail(Box::new(letters), Arc::default());
    // Paused time: it goes on when there is nothing else to do.
    tokio::time::sleep(Duration::from_secs(2)).await;
    // A process that is dead cannot say good-bye.
    let _ = engine.stop(Parting::Interrupted).await;
}

#[test]
fn each_command_is_done_once_whoever_dies_where() {
    const NOTES: i64 = 5;
    for seed in 0..60 {
        let mut journal = Memory::default();
        let options = Options { agents: 0, ..Options::default() };
        let started = Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) };
        journal.append(Seq(0), &[Event { seq: Seq(1), at: 0, fact: started }], &[]).unwrap();
        let note = |n: i64| Command::AddNote { kind: EntryKind::Fact, text: format!("note {n}") };
        let posted = |number: i64| Posted { number, at: 7, pid: 42, command: Some(note(number)) };
        let mut letters: VecDeque<Posted> = (1..=NOTES).map(posted).collect();
        let decide = Command::Decide { decision: DecisionId(9), choice: Choice::Approve };
        letters.push_back(Posted { number: NOTES + 1, at: 7, pid: 42, command: Some(decide) });
        letters.push_back(Posted { number: NOTES + 2, at: 7, pid: 42, command: None });
        let waiting = Arc::new(Mutex::new(letters));

        let mut dice = Dice(seed);
        for _ in 0..4 {
            let appends = journal.appends() + 1 + dice.below(4) as usize;
            let strikes = dice.below(4) as usize;
            on_paused_time(session(&journal, &waiting, Death::Appends(appends), strikes));
        }
        on_paused_time(session(&journal, &waiting, Death::Never, usize::MAX));

        assert!(waiting.lock().unwrap().is_empty(), "seed {seed}");
        let log = journal.events(Seq(0)).unwrap();
        let said = |event: &Event| match &event.fact {
            Fact::EntryAdmitted { entry } => Some(entry.gist.clone()),
            _ => None,
        };
        let wanted: Vec<_> = (1..=NOTES).map(|n| format!("note {n}")).collect();
        assert_eq!(log.iter().filter_map(said).collect::<Vec<_>>(), wanted, "seed {seed}");
        let taken = |event: &Event| match &event.fact {
            Fact::CommandTaken { number, refused, .. } => Some((*number, refused.is_some())),
            _ => None,
        };
        let wanted: Vec<_> = (1..=NOTES + 2).map(|number| (number, number > NOTES)).collect();
        assert_eq!(log.iter().filter_map(taken).collect::<Vec<_>>(), wanted, "seed {seed}");
    }
}
