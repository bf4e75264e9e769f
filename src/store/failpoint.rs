//! Places where a test lets the disk fail or the process die. `DELM_FAIL` names them: `events=kill@17` dies the 17th
//! time that a commit is about to be made, `begin=full@3-5,claim=kill@1` finds the disk full three times and then dies
//! at its next claim, `begin=full@FILE` finds it full for as long as there is a file of that name.
//!
//! Only a build with debug assertions has them. In a released program they are empty functions and nobody reads the
//! variable, which a feature could not promise: it is on for all that is built with it.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// Before the transaction of an append.
    Begin,
    /// In it, after the bodies.
    Bodies,
    /// In it, after the events, before the commit.
    Events,
    /// After the commit, before anybody is told.
    Committed,
    /// Before the digest, whose single statement is all or nothing.
    Digest,
    /// When a run's lock is held and its holder is not noted yet.
    Claim,
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub(super) fn at(_: Point) -> rusqlite::Result<()> {
    Ok(())
}

#[cfg(debug_assertions)]
pub(super) use armed::at;

#[cfg(debug_assertions)]
mod armed {
    use std::{
        path::PathBuf,
        sync::{
            OnceLock,
            atomic::{AtomicU64, Ordering},
        },
    };

    use rusqlite::{Error, ffi};

    use super::Point;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Deed {
        Kill,
        /// A result code of SQLite.
        Fail(i32),
    }

    #[derive(Debug, PartialEq, Eq)]
    enum When {
        /// The first and the last time, counted from 1.
        Times(u64, u64),
        While(PathBuf),
    }

    #[derive(Debug)]
    struct Fail {
        point: Point,
        deed: Deed,
        when: When,
        reached: AtomicU64,
    }

    pub fn at(point: Point) -> rusqlite::Result<()> {
        static FAILS: OnceLock<Vec<Fail>> = OnceLock::new();
        let parse = |text: String| {
            let fail =
                |one: &str| Fail::parse(one).unwrap_or_else(|| panic!("DELM_FAIL holds no such thing as {one:?}"));
            text.split(',').map(fail).collect()
        };
        let fails = FAILS.get_or_init(|| std::env::var("DELM_FAIL").map(parse).unwrap_or_default());
        fails.iter().filter(|fail| fail.point == point && fail.is_due()).try_for_each(|fail| match fail.deed {
            Deed::Kill => die(),
            Deed::Fail(code) => Err(Error::SqliteFailure(ffi::Error::new(code), None)),
        })
    }

    /// As if somebody had sent SIGKILL, where that is at hand.
    fn die() -> ! {
        #[cfg(target_os = "linux")]
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort()
    }

    impl Fail {
        fn parse(text: &str) -> Option<Self> {
            let (point, rest) = text.split_once('=')?;
            let (deed, when) = rest.split_once('@')?;
            let point = match point {
                "begin" => Point::Begin,
                "bodies" => Point::Bodies,
                "events" => Point::Events,
                "committed" => Point::Committed,
                "digest" => Point::Digest,
                "claim" => Point::Claim,
                _ => return None,
            };
            let deed = match deed {
                "kill" => Deed::Kill,
                "full" => Deed::Fail(ffi::SQLITE_FULL),
                "io" => Deed::Fail(ffi::SQLITE_IOERR_FSYNC),
                "busy" => Deed::Fail(ffi::SQLITE_BUSY),
                "readonly" => Deed::Fail(ffi::SQLITE_READONLY),
                _ => return None,
            };
            let times = |when: &str| match when.split_once('-') {
                Some((from, to)) => Some(When::Times(from.parse().ok()?, to.parse().ok()?)),
                None => when.parse().ok().map(|only| When::Times(only, only)),
            };
            let when = times(when).unwrap_or_else(|| When::While(when.into()));
            Some(Fail { point, deed, when, reached: AtomicU64::new(0) })
        }

        fn is_due(&self) -> bool {
            let reached = self.reached.fetch_add(1, Ordering::Relaxed) + 1;
            match &self.when {
                When::Times(first, last) => (*first..=*last).contains(&reached),
                When::While(file) => file.exists(),
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_failpoint_is_due_when_it_says() {
            let due = |text: &str| {
                let fail = Fail::parse(text).unwrap();
                (1..=6).filter(|_| fail.is_due()).count()
            };
            assert_eq!((due("begin=full@3"), due("begin=full@3-5"), due("begin=full@5-100")), (1, 3, 2));
            let dir = tempfile::tempdir().unwrap();
            let there = |name: &str| due(&format!("events=io@{}", dir.path().join(name).display()));
            std::fs::write(dir.path().join("full"), "").unwrap();
            assert_eq!((there("full"), there("gone")), (6, 0));
            assert!(
                ["", "begin", "begin=full", "end=full@1", "begin=empty@1"].iter().all(|no| Fail::parse(no).is_none())
            );
        }
    }
}
