//! Time travel is exact. 200 runs of a random team under a random human: what the screen held at each event is what
//! scrubbing shows of it later; a fork at any decision stands where its parent stood and leaves it as it is, byte for
//! byte; a fork without a change comes to the same answer without a call. (FAILURES 11)

mod support;

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc, time::Duration};

use delm::{
    app::{self, Fork, Mind, Saved, Stand},
    engine::{Audience, Engine, Models, Replay, Start, Tap, Unrecorded},
    llm::price::Price,
    reason::prompted::Prompted,
    run::{
        AgentId, Choice, Command, EntryKind, Event, Fact, GateLevel, Options, Parting, Run, RunId, Seq, TaskId, Then,
        Timeline,
    },
    store::{Body, Journal as _, Memory, RunDir, named},
};
use support::{
    dice::Dice,
    scenario::fold,
    team::{Planner, Register, begin, for_seeds, on_paused_time},
};
use tokio::sync::mpsc;

const SEEDS: u64 = 200;

/// Everything that a fold knows, as one number: two that differ anywhere have different ones.
fn digest(run: &Run) -> blake3::Hash {
    struct Hashed(blake3::Hasher);
    impl std::fmt::Write for Hashed {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.update(text.as_bytes());
            Ok(())
        }
    }
    let mut hashed = Hashed(blake3::Hasher::new());
    write!(hashed, "{run:?}").unwrap();
    hashed.0.finalize()
}

fn mind(model: &Arc<Register>, options: &Options) -> Mind {
    let reasoner = Arc::new(Prompted::new("register".into(), options.method.clone()));
    Mind { reasoner, models: Some(Models::one(Arc::clone(model) as _, Some(Price::FREE))) }
}

/// What somebody does who does not know what he wants.
fn deed(run: &Run, dice: &mut Dice) -> Command {
    let open: Vec<_> = run.decisions.keys().copied().collect();
    let task = TaskId(1 + dice.below(run.tasks.len() as u64) as u32);
    let text = format!("Find fact {} in [W0 S1]", 100 + dice.below(50));
    match dice.below(if open.is_empty() { 10 } else { 40 }) {
        0 => Command::Pause,
        1 | 2 => Command::Resume,
        3 => Command::Step { agent: None },
        4 => Command::AddTask { text, deps: vec![] },
        5 => Command::AddNote { kind: EntryKind::Fact, text: format!("Fact {} holds.", dice.below(9)) },
        6 => Command::Tell { agent: AgentId(1), text: "look again".into() },
        7 => Command::DropTask { task, reason: "not needed".into() },
        8 => Command::EditTask { task, text },
        9 => Command::MoveTask { task, before: None },
        roll => {
            let decision = open[dice.below(open.len() as u64) as usize];
            let then = [Then::Retry, Then::Requeue, Then::Drop][dice.below(3) as usize];
            let choice = match roll % 5 {
                0 => Choice::Veto { reason: "not so".into(), then },
                1 => Choice::Edit { text: format!("Find fact {} in [W0 S1]", 200 + dice.below(50)) },
                _ => Choice::Approve,
            };
            Command::Decide { decision, choice }
        }
    }
}

/// A run as it went, and the digest that its fold had at each event when that was shown.
struct Lived {
    events: Vec<Event>,
    journal: Memory,
    shown: Vec<(Seq, blake3::Hash)>,
}

async fn live(seed: u64) -> Lived {
    let mut dice = Dice(seed);
    // Where everything is asked there are dozens of decisions, and as many forks.
    let gate = if seed.is_multiple_of(20) { GateLevel::All } else { GateLevel::Writes };
    let options = Options { agents: 1 + dice.below(4) as u16, gate, model: "register".into(), ..Options::default() };
    let journal = begin(options);
    let model = Arc::new(Register::new(seed, 1 + dice.below(4) as u32, Planner::Content, (&[], 0)));
    let run = fold(&journal.events(Seq(0)).unwrap());
    let Mind { reasoner, models } = mind(&model, &run.options);
    let (sender, mut batches) = mpsc::channel(64);
    let mut timeline = Timeline::default();
    journal.events(Seq(0)).unwrap().into_iter().for_each(|event| timeline.push(event));
    let start = Start {
        run,
        journal: Box::new(journal.clone()),
        reasoner,
        models,
        audience: Some(Audience::new(sender)),
        tap: Tap::default(),
        replay: Replay::default(),
    };
    let mut engine = Engine::start(start).await.unwrap();
    let mut shown = Vec::new();
    let mut acts = 0;
    let enough = tokio::time::sleep(Duration::from_secs(24 * 3600));
    tokio::pin!(enough);
    loop {
        let wait = tokio::time::sleep(Duration::from_millis(1 + dice.below(3000)));
        tokio::select! {
            Some(batch) = batches.recv() => for event in batch {
                timeline.push(event);
                shown.push((timeline.head().head, digest(timeline.head())));
            },
            () = engine.ended() => break,
            () = &mut enough => break,
            () = wait => {
                acts += 1;
                // Whoever has seen enough lets everything pass.
                let command = match timeline.head().decisions.keys().next() {
                    _ if acts < 60 => deed(timeline.head(), &mut dice),
                    Some(decision) => Command::Decide { decision: *decision, choice: Choice::Approve },
                    None => Command::Resume,
                };
                // What the run refuses has no place in its log.
                let _ = engine.command(command).await;
            }
        }
    }
    let drain = async {
        let mut rest = vec![];
        while let Some(batch) = batches.recv().await {
            rest.extend(batch);
        }
        rest
    };
    let (ended, rest) = tokio::join!(engine.stop(Parting::Interrupted), drain);
    ended.unwrap();
    for event in rest {
        timeline.push(event);
        shown.push((timeline.head().head, digest(timeline.head())));
    }
    let events = journal.events(Seq(0)).unwrap();
    Lived { events, journal, shown }
}

/// In any order, forward and back, from the log as it is on disk.
fn scrubbing_shows_what_was(lived: &Lived, dice: &mut Dice) {
    let mut timeline = Timeline::default();
    for event in &lived.events {
        let read: Event = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
        timeline.push(read);
    }
    let mut order: Vec<usize> = (0..lived.shown.len()).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, dice.below(at as u64 + 1) as usize);
    }
    for at in order {
        let (seq, then) = lived.shown[at];
        timeline.look_at(seq);
        assert_eq!(timeline.run().head, seq);
        assert_eq!(digest(timeline.run()), then, "event {seq}: {:?}", lived.events[seq.0 as usize - 1]);
    }
}

/// The parent in its file.
fn saved(runs: &RunDir, lived: &Lived) -> String {
    let (id, mut store) = runs.create("Which facts hold?", 0).unwrap();
    let reader = lived.journal.reader().unwrap();
    let named = lived.events.iter().flat_map(|event| named::bodies(&event.fact));
    let bodies: Vec<Body> = named.map(|(id, _)| Body { id, bytes: reader.body(id).unwrap() }).collect();
    store.append(Seq(0), &lived.events, &bodies).unwrap();
    id.0
}

/// Plays a fork to where the record ends. Gives its events and how many calls were sent.
async fn play_fork(runs: &RunDir, parent: &str, seed: u64, fork: Fork, whole: bool) -> (Vec<Event>, usize) {
    let (child, recording) = app::fork(runs, parent, fork).unwrap();
    let file = runs.file(&child.id);
    // Who is asked anything has failed.
    let model = Arc::new(Register::new(seed, 0, Planner::Content, (&[], 0)));
    let (replay, _) = recording.split();
    let mind = mind(&model, &child.run.options);
    let mut engine = child.start(mind, None, Tap::default(), replay).await.unwrap();
    let mut progress = engine.progress();
    let arrived = async {
        let seen = progress.wait_for(|progress| progress.done).await.unwrap().clone();
        if whole {
            engine.ended().await;
        }
        seen
    };
    let seen = tokio::time::timeout(Duration::from_secs(3600), arrived).await.expect("the record is followed");
    assert_eq!(seen.departure, None);
    engine.stop(Parting::Interrupted).await.unwrap();
    let events = Saved::open(runs, file.file_stem().unwrap().to_str().unwrap()).unwrap().events();
    std::fs::remove_file(&file).unwrap();
    (events, model.sent.load(std::sync::atomic::Ordering::SeqCst))
}

/// What a fork stands at, but for what says that its calls came from a record.
fn stand(mut run: Run) -> blake3::Hash {
    run.recorded = Default::default();
    run.parent = None;
    digest(&run)
}

async fn forks_stand_where_their_parent_stood(runs: &RunDir, seed: u64, lived: &Lived) -> usize {
    let parent = saved(runs, lived);
    let file = runs.file(&RunId(parent.clone()));
    let before = std::fs::read(&file).unwrap();
    let decisions: Vec<Seq> = lived
        .events
        .iter()
        .filter(|event| matches!(event.fact, Fact::GateOpened { .. }))
        .map(|event| event.seq)
        .collect();
    for upto in &decisions {
        let fork = Fork { at: Some(*upto), commands: vec![], stand: Stand::Hold, unrecorded: Unrecorded::Stop };
        let (events, sent) = play_fork(runs, &parent, seed, fork, false).await;
        assert_eq!(sent, 0);
        let then = fold(&lived.events[..upto.0 as usize]);
        let upto = upto.0 as usize;
        assert_eq!(stand(fold(&events[..upto])), stand(then), "a fork at event {upto}");
        assert!(matches!(&events[upto].fact, Fact::Forked { from, .. } if from.0 == parent));
    }
    let fork = Fork { at: None, commands: vec![], stand: Stand::Follow, unrecorded: Unrecorded::Stop };
    let (events, sent) = play_fork(runs, &parent, seed, fork, true).await;
    let (ours, theirs) = (fold(&events), fold(&lived.events));
    assert_eq!((sent, &ours.answer, &ours.outcome), (0, &theirs.answer, &theirs.outcome));
    assert!(theirs.outcome.is_some(), "the run came to its end");
    assert_eq!(std::fs::read(&file).unwrap(), before, "the parent is as it was");
    decisions.len()
}

#[test]
fn time_travel_is_exact() {
    let forks = std::sync::Mutex::new(BTreeMap::new());
    for_seeds(0..SEEDS, |seed| {
        let lived = on_paused_time(live(seed));
        scrubbing_shows_what_was(&lived, &mut Dice(seed ^ 1));
        let dir = tempfile::tempdir().unwrap();
        let runs = RunDir::open(dir.path()).unwrap();
        let count = on_paused_time(forks_stand_where_their_parent_stood(&runs, seed, &lived));
        forks.lock().unwrap().insert(seed, (lived.events.len(), count));
    });
    let forks = forks.into_inner().unwrap();
    let (events, count) = forks.values().fold((0, 0), |(e, c), (events, count)| (e + events, c + count));
    println!("{} runs, {events} events, {count} forks", forks.len());
    assert_eq!(forks.len() as u64, SEEDS);
}
