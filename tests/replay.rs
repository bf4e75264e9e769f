//! A recorded run is played again from its record: every scenario, with its humans, pauses, crashes and failing calls,
//! gives the same log again, and no call is sent.

mod support;

use std::{path::PathBuf, sync::Arc, time::Duration};

use delm::{
    engine::{Engine, Models, Progress, Record, Replay, Start, Tally, Tap, Unrecorded},
    llm::scripted::Scripted,
    reason::prompted::Prompted,
    run::{
        Event, Fact, Parting, Run, Seq,
        score::{Score, Times, same},
    },
    store::{Body, Journal as _, Memory},
};
use support::scenario::{Played, Scenario, play};

/// Scenarios in which an agent panics: a fault of the program's own is not played again.
const PANICS: &[&str] = &[
    "agents_fail_at_every_stage",
    "b_unit_that_fails_is_published_bare",
    "budget_is_short_and_a_call_fails_unexpectedly",
];

/// What stands in a log before its first session.
fn beginning(events: &[Event]) -> Vec<Event> {
    let is_first = |event: &&Event| !matches!(event.fact, Fact::SessionStarted { .. });
    events.iter().take_while(is_first).cloned().collect()
}

struct Again {
    events: Vec<Event>,
    progress: Progress,
    tally: Tally,
    failure: Option<String>,
}

/// Plays the record of a run in a journal of its own, with a model that has nothing to say.
async fn again(recorded: &[Event], journal: &Memory, models: Models) -> Again {
    let mut fresh = Memory::default();
    let first = beginning(recorded);
    let bodies = first.iter().filter_map(|event| match &event.fact {
        Fact::SourceRead { source } => Some(Body { id: source.text, bytes: journal.body(source.text).unwrap() }),
        _ => None,
    });
    fresh.append(Seq(0), &first, &bodies.collect::<Vec<_>>()).unwrap();
    let mut run = Run::default();
    first.iter().for_each(|event| run.apply(event));
    let record = Arc::new(Record::new(recorded, journal.reader().unwrap(), Unrecorded::Stop));
    let score = Score::new(recorded.to_vec(), run.head, Times::Recorded);
    let start = Start {
        reasoner: Arc::new(Prompted::new("scripted:test".into(), run.options.method.clone())),
        run,
        journal: Box::new(fresh.clone()),
        models: Some(models),
        audience: None,
        tap: Tap::default(),
        replay: Replay { record: Some(Arc::clone(&record)), score: Some(score), change: None },
    };
    let mut engine = Engine::start(start).await.unwrap();
    let _ = tokio::time::timeout(Duration::from_secs(3600), engine.ended()).await;
    let progress = engine.progress();
    let failure = engine.failure();
    engine.stop(Parting::Interrupted).await.unwrap();
    let progress = progress.borrow().clone();
    Again { events: fresh.events(Seq(0)).unwrap(), progress, tally: record.tally(), failure }
}

fn without_end(events: &[Event]) -> &[Event] {
    match events {
        [rest @ .., Event { fact: Fact::SessionEnded { .. }, .. }] => rest,
        all => all,
    }
}

fn complaint(played: &Played, again: &Again) -> Option<String> {
    let (theirs, ours) = (without_end(&played.events), without_end(&again.events));
    if let Some((a, b)) = theirs.iter().zip(ours).find(|(a, b)| a.at != b.at || !same(&a.fact, &b.fact)) {
        return Some(format!("{a:?}\n  is now {b:?}\n  {:?}", again.progress.departure));
    }
    if theirs.len() != ours.len() {
        let next = theirs.get(ours.len());
        return Some(format!("{} events are {} now; missing {next:?}", theirs.len(), ours.len()));
    }
    if let Some(left) = &again.progress.departure {
        return Some(format!("left at {}: {}", left.at, left.why));
    }
    (again.tally.sent > 0 || again.failure.is_some()).then(|| format!("{:?} {:?}", again.tally, again.failure))
}

#[tokio::test(start_paused = true)]
async fn every_scenario_plays_again_from_its_record() {
    let mut complaints = Vec::new();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir("tests/scenarios").unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        let name = file.file_stem().unwrap().to_string_lossy();
        if PANICS.contains(&&*name) || std::env::var("DELM_SCENARIO").is_ok_and(|wanted| wanted != name) {
            continue;
        }
        let scenario = Scenario::read(file);
        let played = play(&scenario).await;
        let models = scenario.options.models(&Arc::new(Scripted::new(vec![])));
        let again = again(&played.events, &played.journal, models).await;
        complaints.extend(complaint(&played, &again).map(|why| format!("{name}: {why}")));
    }
    assert!(complaints.is_empty(), "{} of {}\n{}", complaints.len(), files.len(), complaints.join("\n"));
}
