//! Plays a run from a recorded log: proposals wait for their turn in the record, and what came from outside the team is
//! brought in at its place. Where the run cannot follow any more it goes its own way, and says from where and why.

use std::sync::Arc;

use tokio::sync::watch;

use crate::run::{
    Command, Event, Fact, Refusal, Run, Seq,
    rules::{human, lease},
    score::{Departure, Score, Times},
};

use super::record::Record;

/// What happens once the record is played to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Appended first, as they are.
    pub facts: Vec<Fact>,
    /// Then carried out as if a human had asked for it here; a refusal is a departure.
    pub commands: Vec<Command>,
}

impl Change {
    /// What it comes to after this run, and what of it was refused.
    #[must_use]
    pub fn carried_out(&self, mut run: Run) -> (Vec<Event>, Vec<Departure>) {
        let (mut events, mut departures) = (Vec::new(), Vec::new());
        let mut add = |run: &mut Run, fact: Fact| {
            let event = Event { seq: run.head.next(), at: run.last_at, fact };
            run.apply(&event);
            events.push(event);
        };
        self.facts.iter().for_each(|fact| add(&mut run, fact.clone()));
        for command in &self.commands {
            match human::carry_out(&run, command) {
                Ok(facts) => facts.into_iter().for_each(|fact| add(&mut run, fact)),
                Err(Refusal(why)) => departures.push(Departure { at: run.head.next(), why }),
            }
        }
        (events, departures)
    }
}

/// How far a run has come with its record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The last event that was the record's.
    pub followed: Seq,
    /// Set once the run goes its own way.
    pub departure: Option<Departure>,
    /// Everything was played.
    pub done: bool,
    /// The last event that was not the team's own.
    pub given: Seq,
    /// Sessions that ended within the record: the agents are to be started anew.
    pub sessions: u32,
}

impl Progress {
    /// Whether somebody who has seen the log so far sees a team that goes its own way: what was open in the record may
    /// be closed by what comes next in it, or by the change at its end.
    #[must_use]
    pub fn is_over_at(&self, seen: Seq) -> bool {
        self.done && seen >= self.given
    }
}

/// What to do with a proposal.
pub enum Turn {
    /// Its facts are appended as they are.
    Free,
    /// It is what comes next; these stand for its facts.
    Recorded(Vec<Event>),
    /// Not yet.
    Hold,
}

/// What a session plays before it goes its own way.
#[derive(Default)]
pub struct Replay {
    /// Answers calls; also those that the score does not lead to.
    pub record: Option<Arc<Record>>,
    pub score: Option<Score>,
    pub change: Option<Change>,
}

pub struct Guide {
    /// `None` once it is played, or left.
    score: Option<Score>,
    change: Option<Change>,
    record: Option<Arc<Record>>,
    progress: watch::Sender<Progress>,
    /// A session has been started by this process.
    in_session: bool,
}

impl Guide {
    /// Leads along `score`; without one, every proposal is free.
    #[must_use]
    pub fn new(Replay { record, score, change }: Replay) -> Self {
        if let Some(record) = &record {
            record.follow(score.is_some());
        }
        let done = score.is_none();
        let (progress, _) = watch::channel(Progress { done, ..Progress::default() });
        Guide { score, change, record, progress, in_session: false }
    }

    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    #[must_use]
    pub fn leads(&self) -> bool {
        self.score.is_some()
    }

    #[must_use]
    pub fn times(&self) -> Times {
        self.score.as_ref().map_or(Times::Now, |score| score.times)
    }

    /// Judges what somebody proposes for the run as it stands.
    pub fn judge(&mut self, facts: &[Fact]) -> Turn {
        let Some(score) = &mut self.score else { return Turn::Free };
        match score.take(facts) {
            Some(events) => {
                self.in_session |= events.iter().any(|event| matches!(event.fact, Fact::SessionStarted { .. }));
                self.note(&events);
                Turn::Recorded(events)
            }
            None => Turn::Hold,
        }
    }

    fn note(&mut self, events: &[Event]) {
        if let Some(last) = events.last() {
            self.progress.send_modify(|progress| progress.followed = last.seq);
        }
    }

    /// Whether what comes next is not for the team to bring.
    #[must_use]
    pub fn has_cue(&self, run: &Run) -> bool {
        let Some(score) = &self.score else { return false };
        match score.next() {
            None => true,
            Some(Event { fact: Fact::SessionStarted { .. }, .. }) => self.in_session,
            Some(_) => score.is_cue(run),
        }
    }

    /// What comes next from outside the team, where [`Guide::has_cue`] says that it does, and at the end of the record the
    /// change. `None` when the record's session ended here.
    pub fn cue(&mut self, run: &Run) -> Option<Vec<Event>> {
        let score = self.score.as_mut()?;
        let Some(next) = score.next().cloned() else { return self.end(run) };
        if matches!(next.fact, Fact::SessionStarted { .. }) && self.in_session {
            self.in_session = false;
            self.progress.send_modify(|progress| progress.sessions += 1);
            return None;
        }
        let facts = match &next.fact {
            Fact::GateDecided { decision, choice, rule } => {
                let mut facts = human::decide(run, *decision, choice).unwrap_or_default();
                if let Some(Fact::GateDecided { rule: by, .. }) = facts.first_mut() {
                    by.clone_from(rule);
                }
                facts
            }
            Fact::LeaseExpired { agent, .. } => lease::expire(run, *agent),
            fact => vec![fact.clone()],
        };
        // A question that another command made moot was closed by itself alone, by a choice that may not fit it.
        let facts = if facts.is_empty() { vec![next.fact.clone()] } else { facts };
        let events = score.take(&facts).or_else(|| score.take(std::slice::from_ref(&next.fact)))?;
        self.note(&events);
        Some(events)
    }

    /// The record is played: what was to be different happens now, before anybody moves on.
    fn end(&mut self, run: &Run) -> Option<Vec<Event>> {
        let Some(change) = self.change.take() else {
            self.stop_leading(run.head);
            return None;
        };
        let (events, departures) = change.carried_out(run.clone());
        for departure in departures {
            self.progress.send_modify(|progress| progress.departure = Some(departure));
        }
        self.stop_leading(events.last().map_or(run.head, |event| event.seq));
        Some(events)
    }

    /// Whether somebody proposes something else than what the record says of them.
    #[must_use]
    pub fn contradicts(&self, run: &Run, facts: &[Fact]) -> bool {
        self.score.as_ref().is_some_and(|score| score.contradicts(run, facts))
    }

    /// Leaves the record: from here on every proposal is free.
    pub fn leave(&mut self, run: &Run, why: String) {
        let departure = Departure { at: run.head.next(), why };
        tracing::info!(at = %departure.at, why = departure.why, "leaves the record");
        self.change = None;
        self.progress.send_modify(|progress| progress.departure = Some(departure));
        self.stop_leading(run.head);
    }

    /// Leaves it because what comes next did not come.
    pub fn leave_without_next(&mut self, run: &Run) {
        let next = self.score.as_ref().and_then(Score::next).map(place);
        self.leave(run, format!("{} did not happen again", next.unwrap_or_default()));
    }

    fn stop_leading(&mut self, given: Seq) {
        self.score = None;
        if let Some(record) = &self.record {
            record.follow(false);
        }
        self.progress.send_modify(|progress| (progress.done, progress.given) = (true, given));
    }
}

/// `event 12 (task_claimed)`.
fn place(event: &Event) -> String {
    format!("event {} ({})", event.seq, words(std::slice::from_ref(&event.fact)))
}

/// The kinds of facts, as the log names them.
pub(super) fn words(facts: &[Fact]) -> String {
    let kind = |fact: &Fact| {
        let fact = serde_json::to_value(fact).ok()?;
        Some(fact.get("type")?.as_str()?.to_owned())
    };
    facts.iter().filter_map(kind).collect::<Vec<_>>().join(", ")
}
