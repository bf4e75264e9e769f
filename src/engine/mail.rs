//! Carries out what other processes ask of the one that has the run in hand: each command once, in the order they came.
//!
//! What a command comes to is appended in one piece with a fact that names it, and only then is it struck off. Whoever
//! dies in between reads it again and sees in the run that it is done with; whoever dies before that does it then. A step
//! alone is noted after it was taken: it is no fact of its own, and a death lets go of whoever stood.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, oneshot};

use crate::{
    run::{Command, DecisionId, Event, Fact, Refusal, Run, rules::human},
    store::{Mailbox, Posted},
};

use super::{
    log::Closed,
    shop::{Shop, Stepped},
};

/// Before what could not be read or struck off is tried again. Nobody rings for it.
const AGAIN: Duration = Duration::from_secs(1);

/// Reads the mail of a session, now and whenever the bell rings, until its other end is dropped.
pub async fn read(
    shop: Arc<Shop>,
    mut mailbox: Box<dyn Mailbox>,
    bell: Arc<Notify>,
    mut leaving: oneshot::Receiver<()>,
) {
    loop {
        let found;
        (mailbox, found) = on_thread(mailbox, |mailbox| mailbox.waiting()).await;
        let mut is_through = found.is_ok();
        let waiting = found.unwrap_or_else(|error| {
            tracing::warn!(%error, "what other processes ask cannot be read");
            vec![]
        });
        for posted in waiting {
            let number = posted.number;
            let answered = tokio::select! {
                biased;
                _ = &mut leaving => return,
                answered = answer(&shop, posted) => answered,
            };
            let Ok(answered) = answered else { return };
            if let Answered::Refused(Refused { name, command, mut why }) = answered {
                if let Some(Command::Decide { decision, .. }) = command {
                    let log;
                    (mailbox, log) = on_thread(mailbox, |mailbox| mailbox.log()).await;
                    why = log.ok().and_then(|log| first(&log, decision)).unwrap_or(why);
                }
                let refused = tokio::select! {
                    biased;
                    _ = &mut leaving => return,
                    refused = refuse(&shop, name, why) => refused,
                };
                if refused.is_err() {
                    return;
                }
            }
            let struck;
            (mailbox, struck) = on_thread(mailbox, move |mailbox| mailbox.strike(number)).await;
            if let Err(error) = struck {
                // No other is done before this one is off: the run remembers the last alone.
                tracing::warn!(%error, number, "a command that is done cannot be struck off");
                is_through = false;
                break;
            }
        }
        tokio::select! {
            biased;
            _ = &mut leaving => return,
            () = bell.notified() => {}
            () = tokio::time::sleep(AGAIN), if !is_through => {}
        }
    }
}

async fn on_thread<T: Send + 'static>(
    mut mailbox: Box<dyn Mailbox>,
    work: impl FnOnce(&mut dyn Mailbox) -> T + Send + 'static,
) -> (Box<dyn Mailbox>, T) {
    let done = tokio::task::spawn_blocking(move || {
        let value = work(mailbox.as_mut());
        (mailbox, value)
    });
    done.await.expect("a mailbox does not panic")
}

/// What a command is known by.
#[derive(Debug, Clone, Copy)]
struct Name {
    number: i64,
    posted: i64,
    pid: u32,
}

impl Name {
    fn is_done(self, run: &Run) -> bool {
        run.taken == Some((self.number, self.posted))
    }

    fn taken(self, brings: usize, refused: Option<String>) -> Fact {
        let Name { number, posted, pid } = self;
        Fact::CommandTaken { number, posted, pid, brings, refused }
    }
}

enum Answered {
    /// Its facts are durable, or were before.
    Done,
    /// Nothing is in the log yet.
    Refused(Refused),
}

struct Refused {
    name: Name,
    command: Option<Command>,
    why: String,
}

async fn answer(shop: &Shop, posted: Posted) -> Result<Answered, Closed> {
    let Posted { number, at, pid, command } = posted;
    let name = Name { number, posted: at, pid };
    if shop.log.read(move |run| name.is_done(run)).await? {
        return Ok(Answered::Done);
    }
    let refused = |command, why| Ok(Answered::Refused(Refused { name, command, why }));
    let Some(command) = command else { return refused(None, "a newer delm sent it".to_owned()) };
    if let Command::SetModel { model: Some(model), .. } = &command
        && let Err(why) = shop.can_be_had(model).await
    {
        return refused(Some(command), why);
    }
    // `None`: it is done, as far as it is no matter of facts.
    let asks = match &command {
        Command::Step { agent } => match shop.step(*agent) {
            Ok(Stepped::One) => None,
            Ok(Stepped::Runs) => Some(Command::Pause),
            Err(Refusal(why)) => return refused(Some(command), why),
        },
        command => Some(command.clone()),
    };
    let ruled = shop.log.propose(vec![], move |run| rule(run, name, asks.as_ref())).await?;
    match ruled {
        Ok(()) => Ok(Answered::Done),
        Err(Refusal(why)) => refused(Some(command), why),
    }
}

/// What a command comes to, with the fact that says so.
fn rule(run: &Run, name: Name, command: Option<&Command>) -> (Result<(), Refusal>, Vec<Fact>) {
    let carried = match command {
        _ if name.is_done(run) => return (Ok(()), vec![]),
        None => Ok(vec![]),
        Some(command) if run.outcome.is_some() => {
            human::after_the_end(run, command).and_then(|()| human::carry_out(run, command))
        }
        Some(command) => human::carry_out(run, command),
    };
    match carried {
        Ok(mut facts) => {
            facts.insert(0, name.taken(facts.len(), None));
            (Ok(()), facts)
        }
        Err(refusal) => (Err(refusal), vec![]),
    }
}

async fn refuse(shop: &Shop, name: Name, why: String) -> Result<(), Closed> {
    let refused = move |run: &Run| match name.is_done(run) {
        true => ((), vec![]),
        false => ((), vec![name.taken(0, Some(why.clone()))]),
    };
    shop.log.propose(vec![], refused).await
}

/// Who has taken a decision, and how; `None` while it is open.
fn first(log: &[Event], wanted: DecisionId) -> Option<String> {
    let is_it = |event: &Event| matches!(event.fact, Fact::GateDecided { decision, .. } if decision == wanted);
    let at = log.iter().rposition(is_it)?;
    let Fact::GateDecided { choice, rule, .. } = &log[at].fact else { return None };
    let asked = log[..at].iter().enumerate().rev().find_map(|(taken, event)| match event.fact {
        Fact::CommandTaken { pid, brings, .. } => Some((pid, at - taken <= brings)),
        _ => None,
    });
    let by = match (rule, asked) {
        (Some(rule), _) => format!("the rule {rule}"),
        (None, Some((pid, true))) => format!("process {pid}"),
        (None, _) => "whoever has the run in hand".to_owned(),
    };
    Some(format!("{by} was first: {wanted} {choice}"))
}
