//! A run that a script is about: saved, or live behind an engine. It carries commands out, and follows the log until the
//! team stands or an expression holds, without ever asking the clock.

use std::{collections::VecDeque, future::Future, pin::Pin};

use anyhow::{Context as _, bail};
use tokio::sync::mpsc;

use crate::{
    app::{Kept, Minds, Recording, Saved, headless::interrupted, replay::Told, saved::held},
    engine::{Audience, Engine, Tap},
    run::{
        AgentId, Command, Event, Pace, Parting, Refusal, Run, Seq,
        lang::{Expr, Watch},
        rules::human,
    },
    store::RunDir,
};

use super::standing::Seen;

/// Batches of events on their way here. Full: the sequencer keeps them for its next batch.
const BATCHES: usize = 256;

/// What is waited for.
pub enum Goal<'a> {
    /// Looked at after every event.
    Holds(&'a Expr),
    Stands,
    /// Every agent is where a pause keeps it.
    Held,
    /// The agent that a step was granted to after this event stands again.
    Stepped(Seq),
}

/// How the waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    There,
    /// The team stands and the goal was not reached.
    Stuck,
    Interrupted,
}

enum Hand {
    /// Only looked at.
    Saved(Option<Box<Saved>>),
    Live {
        engine: Box<Engine>,
        events: mpsc::Receiver<Vec<Event>>,
        told: Option<Told>,
    },
}

/// A run in the hands of a script.
pub struct Stage {
    pub kept: Kept,
    pub seen: Seen,
    runs: RunDir,
    minds: Minds,
    hand: Hand,
    tap: Tap,
    /// Durable, and not looked at yet.
    ahead: VecDeque<Event>,
    interrupted: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Stage {
    /// Only looks at a run until something is done to it.
    pub fn new(mut saved: Saved, runs: RunDir, minds: Minds) -> Self {
        let seen = Seen::of(std::mem::take(&mut saved.timeline));
        Stage {
            kept: saved.keep(),
            seen,
            runs,
            minds,
            hand: Hand::Saved(Some(Box::new(saved))),
            tap: Tap::open(),
            ahead: VecDeque::new(),
            interrupted: Box::pin(interrupted()),
        }
    }

    /// The run as it stands now, as far as it was followed.
    pub fn run(&self) -> &Run {
        self.seen.timeline.head()
    }

    /// Takes the run up, held before anybody moves; with a fork's recording, held where the fork begins.
    ///
    /// # Errors
    /// When another process has it, or no model can be had for it.
    pub async fn take_up(&mut self, recording: Option<Recording>) -> anyhow::Result<Came> {
        let Hand::Saved(saved) = &mut self.hand else { return Ok(Came::There) };
        let saved = saved.take().context("the run cannot be taken up any more")?;
        let mind = match self.minds.of(&saved.run.options) {
            Ok(mind) => mind,
            Err(why) => {
                self.hand = Hand::Saved(Some(saved));
                return Err(why);
            }
        };
        let (replay, told) = recording.map(Recording::split).unzip();
        let replay = held(&saved.run, replay.unwrap_or_default());
        let (sender, events) = mpsc::channel(BATCHES);
        let engine = saved.start(mind, Some(Audience::new(sender)), self.tap.clone(), replay).await?;
        let mut progress = engine.progress();
        self.hand = Hand::Live { engine: Box::new(engine), events, told };
        // What is played of a record is the past; nobody is led by it any more when this is through.
        let led = progress.wait_for(|progress| progress.done);
        tokio::select! {
            led = led => drop(led),
            () = &mut self.interrupted => return Ok(Came::Interrupted),
        }
        // Where nobody moves, nobody says that the pause is complete.
        let _ = self.tell(Command::Pause).await?;
        self.follow(Goal::Stands).await
    }

    /// Carries out a command, and has seen its facts when this returns. A run that is only looked at is taken up first.
    ///
    /// # Errors
    /// When the run cannot be taken up, or its file fails.
    pub async fn command(&mut self, command: Command) -> anyhow::Result<Result<(), Refusal>> {
        if self.run().outcome.is_some() {
            return self.reopen(&command).await;
        }
        if matches!(self.hand, Hand::Saved(_)) && self.take_up(None).await? == Came::Interrupted {
            return Ok(Ok(()));
        }
        self.tell(command).await
    }

    async fn tell(&mut self, command: Command) -> anyhow::Result<Result<(), Refusal>> {
        let Hand::Live { engine, .. } = &self.hand else { return Ok(Ok(())) };
        let done = engine.command(command).await;
        self.catch_up()?;
        Ok(done)
    }

    /// What may be done to a run that has ended; when that opens it again, it is taken up.
    async fn reopen(&mut self, command: &Command) -> anyhow::Result<Result<(), Refusal>> {
        if let Err(refusal) = human::after_the_end(self.run(), command) {
            return Ok(Err(refusal));
        }
        // Nothing is changed when nobody could go on with it.
        self.minds.of(&self.run().options)?;
        self.let_go(Parting::Ended).await?;
        let mut saved = Saved::open_to_write(&self.runs, &self.kept.id.0)?;
        saved.amend(command)?;
        let reopened = saved.run.outcome.is_none();
        self.catch_up()?;
        self.hand = Hand::Saved(Some(Box::new(saved)));
        if reopened {
            self.take_up(None).await?;
        }
        Ok(Ok(()))
    }

    /// Sees everything that is durable.
    ///
    /// # Errors
    /// When the run's file cannot be read.
    pub fn catch_up(&mut self) -> anyhow::Result<()> {
        self.ahead.clear();
        for event in self.kept.news(self.run().head)? {
            self.seen.event(event);
        }
        Ok(())
    }

    /// Follows the log until the goal is reached, or the team stands without it.
    ///
    /// # Errors
    /// When the session cannot go on.
    pub async fn follow(&mut self, goal: Goal<'_>) -> anyhow::Result<Came> {
        let mut crew_is_gone = false;
        loop {
            if let Goal::Holds(expr) = goal
                && expr.holds(&Watch::from(self.run()))
            {
                return Ok(Came::There);
            }
            if let Some(event) = self.ahead.pop_front() {
                if event.seq > self.run().head {
                    self.seen.event(event);
                }
                continue;
            }
            let Hand::Live { engine, events, .. } = &mut self.hand else { return Ok(Came::Stuck) };
            if let Ok(batch) = events.try_recv() {
                self.ahead.extend(batch);
                continue;
            }
            if let Some(why) = engine.failure() {
                bail!("{}: {why}", self.kept.id);
            }
            let ended = self.seen.timeline.head().outcome.is_some();
            let there = match goal {
                Goal::Holds(_) => false,
                Goal::Stands => self.seen.stands(),
                Goal::Held => ended || self.seen.all_held(),
                Goal::Stepped(before) => {
                    ended || self.seen.stepped_after(before).is_some_and(|who| self.seen.holds(who))
                }
            };
            if there {
                return Ok(Came::There);
            }
            if crew_is_gone || ended || matches!(goal, Goal::Holds(_)) && self.seen.stands() {
                return Ok(Came::Stuck);
            }
            tokio::select! {
                biased;
                batch = events.recv() => match batch {
                    Some(batch) => self.ahead.extend(batch),
                    None => {
                        self.let_go(Parting::Interrupted).await?;
                        bail!("{}: the team has stopped; the log file has more", self.kept.id);
                    }
                },
                seen = self.tap.look() => self.seen.live(seen),
                () = engine.ended() => {
                    crew_is_gone = true;
                    self.ahead.extend(self.kept.news(self.seen.timeline.head().head)?);
                }
                () = &mut self.interrupted => return Ok(Came::Interrupted),
            }
        }
    }

    /// Lets one agent pass one checkpoint; it stands again when this returns.
    ///
    /// # Errors
    /// When the session cannot go on.
    pub async fn step(&mut self, agent: Option<AgentId>) -> anyhow::Result<Result<Came, Refusal>> {
        if self.run().pace == Pace::Running || self.run().outcome.is_some() {
            if let Err(refusal) = self.command(Command::Pause).await? {
                return Ok(Err(refusal));
            }
            return self.follow(Goal::Stands).await.map(Ok);
        }
        // What an agent showed on its way here must not be taken for where it comes to next.
        if self.follow(Goal::Held).await? == Came::Interrupted {
            return Ok(Ok(Came::Interrupted));
        }
        let before = self.run().head;
        self.seen.forget_phases();
        if let Err(refusal) = self.tell(Command::Step { agent }).await? {
            return Ok(Err(refusal));
        }
        self.follow(Goal::Stepped(before)).await.map(Ok)
    }

    /// Ends the session, if there is one; everything is saved.
    ///
    /// # Errors
    /// When the log could not be written.
    pub async fn let_go(&mut self, parting: Parting) -> anyhow::Result<()> {
        let Hand::Live { engine, mut events, told } = std::mem::replace(&mut self.hand, Hand::Saved(None)) else {
            return Ok(());
        };
        let progress = engine.progress();
        let drained = tokio::spawn(async move { while events.recv().await.is_some() {} });
        let stopped = engine.stop(parting).await;
        let _ = drained.await;
        let run = stopped?;
        self.kept.note_digest(&run);
        if let Some(told) = told {
            told.tell(&progress.borrow());
        }
        self.catch_up()
    }
}
