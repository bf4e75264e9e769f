//! A run that another process has in hand: what that writes is read as it comes, and what is asked here is left for it.
//! It never writes to the log.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use tokio::time::Instant;

use crate::{
    engine,
    run::{Command, Event, Fact, Run, line},
    store::{Follower, Holder, Inbox, Mailbox as _, StoreError},
    tui::Holding,
};

use super::Saved;

/// Between two looks at the log. A look asks SQLite for one number unless somebody has written.
const BETWEEN: Duration = Duration::from_millis(250);

pub struct Following {
    /// Who has it, for sentences.
    pub name: String,
    file: PathBuf,
    holder: Option<Holder>,
    follower: Follower,
    /// Opened for the first command.
    inbox: Option<Inbox>,
    /// Commands that were left and are not answered yet, by their number.
    left: BTreeMap<i64, String>,
    run: Run,
    next: Instant,
}

/// What a look has brought; nothing but `is_over` may be all.
#[derive(Debug, Default)]
pub struct Seen {
    pub events: Vec<Event>,
    /// What became of what was asked here.
    pub told: Vec<String>,
    /// There is nothing more to follow: the run has ended, or nobody has it in hand any more.
    pub is_over: bool,
}

impl Following {
    /// `None` when the run has ended or nobody has it in hand.
    #[must_use]
    pub fn begin(saved: &Saved) -> Option<Self> {
        if saved.run.outcome.is_some() {
            return None;
        }
        let file = saved.keep().file().to_owned();
        let follower = Follower::after(&file, saved.run.head).ok().filter(Follower::is_live)?;
        let holder = Holder::of(&file);
        let pid = holder.as_ref().map(|holder| format!("process {}", holder.pid));
        Some(Following {
            name: pid.unwrap_or_else(|| "another process".to_owned()),
            file,
            holder,
            follower,
            inbox: None,
            left: BTreeMap::new(),
            run: saved.run.clone(),
            next: Instant::now(),
        })
    }

    #[must_use]
    pub fn holding(&self) -> Holding {
        let (pid, since) = self.holder.as_ref().map(|holder| (holder.pid, holder.since)).unzip();
        Holding { pid, since }
    }

    /// Leaves a command for the process that has the run. Says so once it is durable.
    ///
    /// # Errors
    /// When there is no such process, or the file cannot be written.
    pub fn post(&mut self, command: &Command) -> Result<String, StoreError> {
        let inbox = match &mut self.inbox {
            Some(inbox) => inbox,
            empty => empty.insert(Inbox::open(&self.file)?),
        };
        let number = inbox.post(command, engine::now())?;
        let words = line::of(command);
        let told = format!("sent to {}: {words}", self.name);
        self.left.insert(number, words);
        Ok(told)
    }

    /// Waits until there is something to say. Cancel-safe.
    pub async fn next(&mut self) -> Seen {
        loop {
            tokio::time::sleep_until(self.next).await;
            self.next = Instant::now() + BETWEEN;
            let seen = tokio::task::block_in_place(|| self.look());
            if seen.is_over || !seen.events.is_empty() || !seen.told.is_empty() {
                return seen;
            }
        }
    }

    fn look(&mut self) -> Seen {
        // Asked before the log is read: what was written until then is seen.
        let is_live = self.follower.is_live();
        let mut seen = Seen::default();
        match self.follower.news() {
            Ok(events) => seen.events = events,
            Err(error) => {
                seen.told.push(format!("the run cannot be followed any more: {error}"));
                seen.is_over = true;
                return seen;
            }
        }
        for event in &seen.events {
            self.run.apply(event);
            seen.told.extend(self.answer(&event.fact));
        }
        let has_ended = self.run.outcome.is_some();
        seen.is_over = !is_live || has_ended && self.left.is_empty();
        if !is_live {
            seen.told.extend(self.farewell(has_ended));
        }
        seen
    }

    /// A refusal is told; what was accepted shows by itself.
    fn answer(&mut self, fact: &Fact) -> Option<String> {
        let Fact::CommandTaken { number, refused, .. } = fact else { return None };
        let words = self.left.remove(number)?;
        refused.as_ref().map(|why| format!("not taken: {words}: {why}"))
    }

    fn farewell(&mut self, has_ended: bool) -> Option<String> {
        let left = std::mem::take(&mut self.left);
        match (has_ended, left.is_empty()) {
            (true, true) => None,
            (true, false) => {
                // Nobody would ever read it.
                if let Some(inbox) = &mut self.inbox {
                    left.keys().for_each(|number| drop(inbox.strike(*number)));
                }
                let words: Vec<_> = left.into_values().collect();
                Some(format!("not taken, for the run has ended: {}", words.join("; ")))
            }
            (false, true) => Some(format!("{} has ended: c takes the run up", self.name)),
            (false, false) => {
                let words: Vec<_> = left.into_values().collect();
                Some(format!("{} has ended: c takes the run up, and then does {}", self.name, words.join("; ")))
            }
        }
    }
}
