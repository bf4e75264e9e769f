//! A breakpoint that matches stops the run before a call is sent, counted at the model, and before a write is visible to
//! anybody.

mod support;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use delm::{
    engine::{Audience, Engine, Models, Replay, Start, Tap},
    llm::price::Price,
    reason::prompted::Prompted,
    run::{
        BreakKind, BreakSpec, Command, Event, Fact, GateLevel, Options, Pace, Parting, Run, Seq, rules::debug::Times,
    },
    store::{Journal as _, Memory},
};
use support::{
    scenario::fold,
    team::{Planner, Register, begin, for_seeds, on_paused_time},
};
use tokio::sync::mpsc;

const CALLS: [&str; 4] = ["call reason", "call verify", "call gist", "call finalize"];
const WRITES: [&str; 2] = ["write", "entry"];

struct Team {
    engine: Engine,
    model: Arc<Register>,
    shown: mpsc::Receiver<Vec<Event>>,
    run: Run,
    events: Vec<Event>,
}

impl Team {
    async fn start(seed: u64) -> Self {
        let journal: Memory =
            begin(Options { agents: 4, gate: GateLevel::Auto, model: "register".into(), ..Options::default() });
        let model = Arc::new(Register::new(seed, 8, Planner::Content, (&[], 0)));
        let run = fold(&journal.events(Seq(0)).unwrap());
        let (sender, shown) = mpsc::channel(64);
        let start = Start {
            reasoner: Arc::new(Prompted::new("register".into(), run.options.method.clone())),
            run: run.clone(),
            journal: Box::new(journal),
            models: Some(Models::one(Arc::clone(&model) as _, Some(Price::FREE))),
            audience: Some(Audience::new(sender)),
            tap: Tap::default(),
            replay: Replay::default(),
        };
        let engine = Engine::start(start).await.unwrap();
        Team { engine, model, shown, run, events: vec![] }
    }

    /// Follows the run until it stands, or is over.
    async fn stands(&mut self) -> bool {
        while self.run.outcome.is_none() && self.run.pace != Pace::Paused {
            let batch = self.shown.recv().await.expect("the run goes on");
            batch.iter().for_each(|event| self.run.apply(event));
            self.events.extend(batch);
        }
        self.run.outcome.is_none()
    }

    fn count(&self, is: impl Fn(&Fact) -> bool) -> usize {
        self.events.iter().filter(|event| is(&event.fact)).count()
    }

    fn sent(&self) -> usize {
        self.model.sent.load(Ordering::SeqCst)
    }
}

async fn stops_before(seed: u64, spec: &str) -> usize {
    let mut team = Team::start(seed).await;
    let set = Command::Break {
        spec: Box::new(BreakSpec::parse(spec).unwrap()),
        kind: BreakKind::default(),
        temporary: Times::Always,
    };
    team.engine.command(set).await.unwrap();
    let mut stops = 0;
    while team.stands().await {
        stops += 1;
        let hits = team.count(|fact| matches!(fact, Fact::BreakpointHit { .. }));
        let admitted = team.count(|fact| matches!(fact, Fact::EntryAdmitted { entry } if !entry.label.is_unit()));
        let started = team.count(|fact| matches!(fact, Fact::CallStarted { .. }));
        assert_eq!(team.sent(), started, "what was sent stands in the log; what was stopped at does not");
        if WRITES.contains(&spec) {
            // Each hit but those of writes that are still held was let through once.
            assert!(admitted < hits, "{admitted} entries after {hits} hits");
        }
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(team.sent(), started, "nothing is sent while the run stands");
        assert!(team.shown.try_recv().is_err(), "and nothing happens");
        team.engine.command(Command::Resume).await.unwrap();
        // The fact that it goes on is on its way.
        let batch = team.shown.recv().await.unwrap();
        batch.iter().for_each(|event| team.run.apply(event));
        team.events.extend(batch);
    }
    team.engine.stop(Parting::Interrupted).await.unwrap();
    stops
}

#[test]
fn a_run_stops_before_what_a_breakpoint_waits_for() {
    for spec in CALLS.iter().chain(&WRITES) {
        let stops = std::sync::atomic::AtomicUsize::new(0);
        for_seeds(0..20, |seed| {
            let stopped = on_paused_time(stops_before(seed, spec));
            assert!(stopped > 0, "{spec} never stopped seed {seed}");
            stops.fetch_add(stopped, Ordering::SeqCst);
        });
        println!("{spec}: stopped {} times in 20 runs", stops.into_inner());
    }
}
