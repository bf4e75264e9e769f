//! The events of a run as they are looked at: by their seq, or in a row. Beside the newest, and some that were looked at
//! last, they stay where the log is kept.

use std::{
    collections::VecDeque,
    fmt,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use super::{event::Event, id::Seq};

/// Where the events of a run can be read again.
pub trait Log: fmt::Debug + Send {
    /// The events after `after`, oldest first: `most` of them, or as many as there are.
    ///
    /// # Errors
    /// When they cannot be read, as a sentence.
    fn read(&self, after: Seq, most: usize) -> Result<Vec<Event>, String>;
}

/// Events that are read at a time.
const PAGE: u64 = 128;
/// Pages that are kept.
const PAGES: usize = 32;
/// The newest events, kept as they came.
const NEWEST: usize = 4096;

/// Events as they were read: page 0 begins with event 1.
#[derive(Debug)]
struct Page {
    number: u64,
    events: Vec<Arc<Event>>,
}

/// What was read of a log.
#[derive(Debug, Default)]
struct Read {
    /// The one that was looked at last comes first.
    pages: VecDeque<Page>,
    /// Events that were decoded so far.
    decoded: u64,
    /// Why the last page could not be read.
    trouble: Option<String>,
}

/// The events up to the newest. Without a log to read them from, all of them are kept.
#[derive(Debug, Default)]
pub struct Events {
    log: Option<Box<dyn Log>>,
    last: Seq,
    newest: VecDeque<Arc<Event>>,
    read: Mutex<Read>,
}

impl Events {
    /// The events of a log up to `last`.
    #[must_use]
    pub fn of(log: Box<dyn Log>, last: Seq) -> Self {
        Events { log: Some(log), last, ..Events::default() }
    }

    /// The newest event there is.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.last
    }

    /// One more event.
    pub fn push(&mut self, event: Event) {
        self.last = event.seq;
        self.newest.push_back(Arc::new(event));
        if self.log.is_some() && self.newest.len() > NEWEST {
            self.newest.pop_front();
        }
    }

    /// What came after `last` is no part of the run.
    pub fn end_at(&mut self, last: Seq) {
        self.last = self.last.min(last);
        self.newest.retain(|event| event.seq <= last);
    }

    /// `None` when there is none of this number, or it cannot be read.
    #[must_use]
    pub fn get(&self, seq: Seq) -> Option<Arc<Event>> {
        if seq == Seq(0) || seq > self.last {
            return None;
        }
        match self.newest.front() {
            Some(first) if first.seq <= seq => self.newest.get((seq.0 - first.seq.0) as usize).cloned(),
            _ => self.turn_to(seq),
        }
    }

    /// From the page that the event is on.
    fn turn_to(&self, seq: Seq) -> Option<Arc<Event>> {
        let log = self.log.as_ref()?;
        let (number, place) = ((seq.0 - 1) / PAGE, ((seq.0 - 1) % PAGE) as usize);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = read.pages.iter().position(|page| page.number == number && place < page.events.len())
            && let Some(page) = read.pages.remove(at)
        {
            read.pages.push_front(page);
        } else {
            match log.read(Seq(number * PAGE), PAGE as usize) {
                Ok(events) => {
                    read.decoded += events.len() as u64;
                    // The last page there was has grown.
                    read.pages.retain(|page| page.number != number);
                    read.pages.push_front(Page { number, events: events.into_iter().map(Arc::new).collect() });
                    read.pages.truncate(PAGES);
                }
                Err(why) => {
                    read.trouble = Some(why);
                    return None;
                }
            }
        }
        read.pages.front()?.events.get(place).cloned()
    }

    /// The events after `after` up to `upto`, from either end.
    #[must_use]
    pub fn between(&self, after: Seq, upto: Seq) -> Row<'_> {
        Row { events: self, left: after.0 + 1..upto.min(self.last).0 + 1 }
    }

    /// Why an event could not be read, once.
    pub fn trouble(&self) -> Option<String> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).trouble.take()
    }

    /// How many events are in memory, and how many were read so far to be looked at.
    #[must_use]
    pub fn weight(&self) -> (usize, u64) {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        (self.newest.len() + read.pages.iter().map(|page| page.events.len()).sum::<usize>(), read.decoded)
    }
}

/// Events in a row. It ends early where one cannot be read.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    events: &'a Events,
    left: Range<u64>,
}

impl Iterator for Row<'_> {
    type Item = Arc<Event>;

    fn next(&mut self) -> Option<Arc<Event>> {
        self.left.next().and_then(|seq| self.events.get(Seq(seq)))
    }

    fn nth(&mut self, n: usize) -> Option<Arc<Event>> {
        self.left.nth(n).and_then(|seq| self.events.get(Seq(seq)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.left.size_hint().1)
    }
}

impl DoubleEndedIterator for Row<'_> {
    fn next_back(&mut self) -> Option<Arc<Event>> {
        self.left.next_back().and_then(|seq| self.events.get(Seq(seq)))
    }

    fn nth_back(&mut self, n: usize) -> Option<Arc<Event>> {
        self.left.nth_back(n).and_then(|seq| self.events.get(Seq(seq)))
    }
}
