//! What is whole of a damaged run: the longest beginning of its log whose chain holds. The damaged file is only read.

use std::{collections::HashSet, fmt, path::Path};

use crate::run::{BlobId, Event, Run, RunId, Seq};

use super::{Body, Journal as _, RunDir, Sqlite, StoreError, named, sqlite::Stored};

/// What a damaged run has lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The last event that is whole.
    pub whole: Seq,
    /// The last event that there was, where that is known.
    pub last: Option<Seq>,
    /// The first thing that is wrong.
    pub reason: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Loss { whole, last, reason } = self;
        match last.map(|last| last.0.saturating_sub(whole.0)) {
            None => write!(f, "all events after #{whole} are damaged and left out: {reason}"),
            Some(0) => write!(f, "all {whole} events are whole, other parts of the file are not: {reason}"),
            Some(1) => write!(f, "the event after #{whole} is damaged and left out: {reason}"),
            Some(lost) => write!(f, "{lost} events after #{whole} are damaged and left out: {reason}"),
        }
    }
}

/// A run as far as it is whole.
pub struct Salvaged {
    pub store: Sqlite,
    pub events: Vec<Event>,
    pub loss: Option<Loss>,
}

impl Salvaged {
    /// Opens a run to look at it and reads its log, damaged or not.
    ///
    /// # Errors
    /// When it is no run file, one of a newer delm, or so damaged that nothing can be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut events = Vec::new();
        let (store, loss) = salvage(path, &mut |event| events.push(event))?;
        Ok(Salvaged { store, events, loss })
    }

    /// A body, if it is whole: by the index, and when that is damaged by looking at each.
    fn body(&self, id: BlobId) -> Option<Body> {
        ["bodies", "bodies NOT INDEXED"].into_iter().find_map(|table| match self.store.stored_in(table, id) {
            Ok(Stored::Whole(bytes)) => Some(Body { id, bytes }),
            _ => None,
        })
    }
}

/// Opens a run to look at it and gives its log, damaged or not, to `each`, as far as it is whole: every event once.
///
/// # Errors
/// As [`Salvaged::open`].
pub fn salvage(path: &Path, each: &mut dyn FnMut(Event)) -> Result<(Sqlite, Option<Loss>), StoreError> {
    let mut whole = Seq(0);
    let mut once = |event: Event| {
        if event.seq > whole {
            whole = event.seq;
            each(event);
        }
        Ok(())
    };
    let reason = loop {
        let was_still = Sqlite::is_still(path);
        match Sqlite::open_to_read(path).and_then(|store| store.walk(Seq(0), &mut once).map(|_| store)) {
            Ok(store) => return Ok((store, None)),
            // Somebody began to write while we read without locks.
            Err(StoreError::Damaged { .. }) if was_still && !Sqlite::is_still(path) => {}
            Err(StoreError::Damaged { reason, .. }) => break reason,
            Err(error) => return Err(error),
        }
    };
    let store = Sqlite::open_damaged(path)?;
    match store.walk(Seq(0), &mut once) {
        Ok(_) | Err(StoreError::Damaged { .. }) => {}
        Err(error) => return Err(error),
    }
    let last = store.noted_head().ok().map(|head| head.seq).filter(|last| *last >= whole);
    Ok((store, Some(Loss { whole, last, reason })))
}

impl StoreError {
    /// What the damage of a run comes to: `Lost` where not one event of the file is whole. Any other error as it is.
    #[must_use]
    pub fn appraised(self, file: &Path) -> Self {
        let StoreError::Damaged { path, reason } = self else { return self };
        let lost = match salvage(file, &mut |_| ()) {
            Ok((_, loss)) => loss.is_some_and(|loss| loss.whole == Seq(0)),
            Err(error) => matches!(error, StoreError::Damaged { .. }),
        };
        if lost { StoreError::Lost { path, reason } } else { StoreError::Damaged { path, reason } }
    }
}

/// A new run made of what was whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    pub id: RunId,
    pub events: usize,
    pub bodies: usize,
    /// Bodies that its events name and that could not be read, in words.
    pub lost: Vec<String>,
}

impl RunDir {
    /// Copies what is whole of a run into a new one beside it.
    ///
    /// # Errors
    /// `Lost` when nothing is whole; and when the new file cannot be written.
    pub fn repair(&self, id: &RunId) -> Result<Repaired, StoreError> {
        let file = self.file(id);
        let damaged = Salvaged::open(&file).map_err(|error| error.appraised(&file))?;
        if damaged.events.is_empty() {
            let reason = damaged.loss.map_or_else(|| "it holds no event".to_owned(), |loss| loss.reason);
            return Err(StoreError::Lost { path: file.display().to_string(), reason });
        }
        let (mut bodies, mut lost, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for (body, what) in damaged.events.iter().flat_map(|event| named::bodies(&event.fact)) {
            if seen.insert(body) {
                match damaged.body(body) {
                    Some(body) => bodies.push(body),
                    None => lost.push(what),
                }
            }
        }
        let names = std::iter::once(String::new()).chain((2..100).map(|n| format!("-{n}")));
        let names = names.map(|n| RunId(format!("{id}-repaired{n}")));
        let (id, mut store) = names
            .filter(|id| !self.file(id).exists())
            .map(|id| Sqlite::create(&self.file(&id)).map(|store| (id, store)))
            .next()
            .ok_or_else(|| damaged.store.damaged("there are a hundred repaired copies of it already"))??;
        store.append(Seq(0), &damaged.events, &bodies)?;
        let mut run = Run::default();
        damaged.events.iter().for_each(|event| run.apply(event));
        store.write_digest(&run)?;
        Ok(Repaired { id, events: damaged.events.len(), bodies: bodies.len(), lost })
    }
}
