//! How the process that has a run in hand hears that another has left something for it, without looking again and again.
//!
//! The bell is the run's lock file, which is there while anybody has the run in hand: whoever leaves something sets its
//! time, and the operating system tells whoever watches. What another machine does on a shared disk is not heard.

use std::{fs::OpenOptions, path::Path, sync::Arc, time::SystemTime};

use notify::{Config, Event, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use super::{StoreError, claim::Claim, explain::unusable};

type OnRing = Arc<dyn Fn() + Send + Sync>;

/// Rings until it is dropped.
pub struct Bell {
    _watcher: Box<dyn Watcher + Send>,
}

impl Bell {
    /// Calls `on_ring` from a thread of its own each time that somebody rings, and now and then when nobody has. The run
    /// must be in hand.
    ///
    /// # Errors
    /// When the lock file cannot be watched.
    pub fn hang(run: &Path, on_ring: impl Fn() + Send + Sync + 'static) -> Result<Self, StoreError> {
        let path = Claim::file(run);
        let on_ring: OnRing = Arc::new(on_ring);
        let watcher = watch::<RecommendedWatcher>(&path, Arc::clone(&on_ring));
        // A system gives each user so many watches and no more.
        let watcher = watcher.or_else(|_| watch::<PollWatcher>(&path, on_ring));
        Ok(Bell { _watcher: watcher.map_err(|error| unusable(&path, error))? })
    }

    /// Rings at whoever has the run in hand, if anybody has.
    ///
    /// # Errors
    /// When the lock file is not there or not ours.
    pub fn ring(run: &Path) -> std::io::Result<()> {
        OpenOptions::new().write(true).open(Claim::file(run))?.set_modified(SystemTime::now())
    }
}

fn watch<W: Watcher + Send + 'static>(path: &Path, on_ring: OnRing) -> notify::Result<Box<dyn Watcher + Send>> {
    let hear = move |event: notify::Result<Event>| {
        // What only reads, such as asking whether the run is in hand, is no ring.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            on_ring();
        }
    };
    let mut watcher = W::new(hear, Config::default())?;
    watcher.watch(path, RecursiveMode::NonRecursive)?;
    Ok(Box::new(watcher))
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    #[test]
    fn whoever_has_the_run_in_hand_hears_each_ring() {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("run.delm");
        assert!(Bell::ring(&run).is_err(), "nobody has it in hand");
        let _claim = Claim::take(&run).unwrap();
        let (ring, rung) = mpsc::channel();
        let bell = Bell::hang(&run, move || {
            let _ = ring.send(());
        })
        .unwrap();
        for _ in 0..3 {
            rung.try_iter().for_each(drop);
            Bell::ring(&run).unwrap();
            rung.recv_timeout(Duration::from_secs(10)).expect("it rings");
        }
        drop(bell);
        assert!(rung.into_iter().count() < 100, "and no more once it is taken down");
    }
}
