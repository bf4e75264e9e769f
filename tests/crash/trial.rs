//! One run over as many deaths as its seed brings, looked at after each.

use std::collections::HashMap;

use delm::{
    run::{BlobId, Event, Fact, GateLevel, Outcome},
    store::{Body, RunDir},
};
use serde_json::{Value, json};

use crate::{
    check,
    plan::Death,
    stage::{self, Stage},
    support::{
        dice::Dice,
        loopback::{Answer, Loopback, Seen},
        place::{Place, text},
        scenario::fold,
        team::{Planner, REGISTER, Register},
    },
};

const TASKS: u32 = 6;
/// Processes that may die before the run is left alone.
const MORTALS: usize = 14;
const QUESTION: &str = "Which facts hold?";

/// What a run came to, the same however it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    pub answer: String,
    /// Of each task, sorted.
    pub entries: Vec<String>,
}

pub struct Played {
    pub came: Came,
    pub killed: Vec<Death>,
    pub processes: usize,
    /// Those that were killed after they had written something.
    pub at_work: usize,
}

pub struct Trial {
    place: Place,
    server: Loopback,
    gate: GateLevel,
    dice: Dice,
    /// The log as it was when the last process was gone.
    log: Vec<Event>,
}

impl Trial {
    /// With a gate there is a terminal and somebody who approves every write; without, there is no screen.
    pub fn new(seed: u64, gate: GateLevel) -> Self {
        let place = Place::in_memory();
        std::fs::create_dir(place.path().join("facts")).unwrap();
        std::fs::write(place.path().join("facts/register.txt"), REGISTER).unwrap();
        let register = Register::new(seed, TASKS, Planner::Content, (&[], 0));
        let server = Loopback::start(move |seen| answer(&register, seen));
        Trial { place, server, gate, dice: Dice(seed), log: vec![] }
    }

    /// Plays it to its end, over so many processes that may die.
    pub fn play(mut self, mortals: usize) -> Played {
        let (mut killed, mut at_work) = (vec![], 0);
        for processes in 1.. {
            let (stage, death) = self.process(if processes <= mortals { Mortal::Yes } else { Mortal::No });
            let before = self.log.len();
            self.check(&stage, &death);
            if stage.killed {
                at_work += usize::from(self.log.len() > before);
                killed.push(death);
            }
            if fold(&self.log).outcome.is_some() {
                return Played { came: self.end(), killed, processes, at_work };
            }
            assert!(processes <= mortals, "nothing ended it, and it has no end: {stage:?}");
        }
        unreachable!("it was left alone")
    }

    fn process(&mut self, mortal: Mortal) -> (Stage, Death) {
        let model = format!("{}#m", self.server.url());
        let gate = if self.gate == GateLevel::Auto { "auto" } else { "writes" };
        let args = match self.log.is_empty() {
            true => vec!["run", QUESTION, "facts", "--agents", "3", "--model", &model, "--gate", gate],
            false => vec!["resume", "latest"],
        };
        let dice = &mut self.dice;
        let has_screen = self.gate != GateLevel::Auto && (mortal == Mortal::No || dice.below(5) > 0);
        let death = match (mortal, has_screen) {
            (Mortal::No, _) => Death::Never,
            (Mortal::Yes, true) => Death::in_terminal(dice),
            (Mortal::Yes, false) => Death::headless(dice),
        };
        let stage = match has_screen {
            true => stage::in_terminal(&self.place, &args, &death),
            false => stage::headless(&self.place, &args, self.log.len(), &death),
        };
        (stage, death)
    }

    fn check(&mut self, stage: &Stage, death: &Death) {
        let runs = RunDir::open(self.place.path().join("runs")).unwrap();
        let (log, bodies) = runs.find("latest").map(|id| check::read(&runs.file(&id))).unwrap_or_default();
        assert!(log.starts_with(&self.log), "{death:?}: the log was rewritten");
        for event in &stage.told {
            assert_eq!(log.get(event.seq.0 as usize - 1), Some(event), "{death:?}: it was told and is not saved");
        }
        let wrong = check::wrong(&log, &bodies);
        assert!(wrong.is_empty(), "{death:?}: {wrong:#?}\n{}", stage.said);
        let sent = self.sent();
        let finished = log.iter().filter_map(|event| match &event.fact {
            Fact::CallFinished { call } => Some(call.request),
            _ => None,
        });
        for (request, times) in tally(finished) {
            assert!(sent.get(&request) >= Some(&times), "{death:?}: a call came back that was not sent");
        }
        let started = log.iter().filter(|event| matches!(event.fact, Fact::CallStarted { .. })).count();
        assert!(sent.values().sum::<usize>() <= started, "{death:?}: a call was sent twice or before it was noted");
        // A process that was not killed ended as it should: with the answer, or with a decision that nobody was there for.
        assert!(stage.killed || matches!(stage.code, Some(0 | 4)), "{death:?}: {stage:?}");
        self.log = log;
    }

    /// Nothing happens after the end, and the file is whole.
    fn end(&self) -> Came {
        let sent = self.sent();
        let refused = self.place.run(&["resume", "latest", "--headless"]);
        assert!(text(&refused.stderr).contains("has ended"), "{refused:?}");
        let verified = self.place.run(&["verify", "latest"]);
        assert!(verified.status.success() && text(&verified.stdout).contains(" is whole: "), "{verified:?}");
        assert_eq!(self.sent(), sent, "something was sent after the end");
        let run = fold(&self.log);
        assert_eq!(run.outcome, Some(Outcome::Answered));
        let asked = self.log.iter().filter(|event| matches!(event.fact, Fact::GateDecided { .. })).count();
        assert_eq!(asked, if self.gate == GateLevel::Auto { 0 } else { TASKS as usize }, "each write is decided once");
        let shown: Value = serde_json::from_slice(&self.place.run(&["show", "latest", "--json"]).stdout).unwrap();
        let answer = run.answer.as_ref().expect("it is answered").text.clone();
        assert_eq!(shown["answer"], answer.as_str());
        let entries = run.context.entries().filter(|entry| entry.task.is_some());
        let mut entries: Vec<_> = entries.map(|entry| entry.gist.clone()).collect();
        entries.sort();
        Came { answer, entries }
    }

    /// How often each request came in.
    fn sent(&self) -> HashMap<BlobId, usize> {
        tally(self.server.seen().iter().map(|seen| Body::of(seen.body.clone()).id))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mortal {
    Yes,
    No,
}

/// A run with deaths.
pub fn mortal(seed: u64, gate: GateLevel) -> Played {
    Trial::new(seed, gate).play(MORTALS)
}

fn tally(ids: impl Iterator<Item = BlobId>) -> HashMap<BlobId, usize> {
    let mut times = HashMap::new();
    ids.for_each(|id| *times.entry(id).or_default() += 1);
    times
}

/// As a server that speaks chat completions.
fn answer(register: &Register, seen: &Seen) -> Answer {
    let request: Value = serde_json::from_str(&seen.body).unwrap();
    let last = request["messages"].as_array().and_then(|messages| messages.last()).unwrap();
    let last = last["content"].as_str().unwrap();
    // On this wire what comes before may be in one message with what is asked.
    let asked = last.rfind("\n# ").map_or(last, |at| &last[at + 1..]);
    let text = register.answer(asked);
    let said = json!({ "choices": [{ "delta": { "content": text }, "finish_reason": "stop" }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": seen.body.len() / 4, "completion_tokens": 20 } });
    Answer::stream(&[&said.to_string(), &usage.to_string(), "[DONE]"])
}
