//! The program's own log, in a file that is changed daily; never on the screen. `DELM_LOG` sets its level.

use std::{
    io::{self, Write},
    path::Path,
};

use tracing::level_filters::LevelFilter;
use tracing_appender::{
    non_blocking::{NonBlockingBuilder, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};

use crate::plain::plain_line;

/// Days that are kept.
const DAYS: usize = 7;
/// Lines that may wait to be written; more are dropped. Room for all is taken at once: 32 bytes each.
const LINES: usize = 4096;

/// Starts logging into `dir/logs`; what is logged is written when the guard is dropped. A log that cannot be written
/// is no reason not to run.
#[must_use]
pub fn start(dir: &Path) -> Option<WorkerGuard> {
    let level = std::env::var("DELM_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let dir = dir.join("logs");
    // The appender would complain over the screen if the folder were missing.
    std::fs::create_dir_all(&dir).ok()?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("delm")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(&dir)
        .ok()?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(appender);
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_writer(move || Plain(writer.clone()))
        .try_init()
        .ok()?;
    Some(guard)
}

/// One event is one line, and nothing in it acts on the terminal that shows the file: errors quote what servers and
/// documents say.
struct Plain<W>(W);

impl<W: Write> Write for Plain<W> {
    /// The subscriber hands over an event at a time.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        self.0.write_all(format!("{}\n", plain_line(text.trim_end_matches('\n'))).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_harmless_line() {
        let mut file = Plain(Vec::new());
        file.write_all(b"WARN a call failed error=\x1b]0;x\x07\nINFO forged\xff\xc2\x9b\n").unwrap();
        assert_eq!(String::from_utf8(file.0).unwrap(), "WARN a call failed error=␛]0;x␇ INFO forged\u{fffd}⟪U+009B⟫\n");
    }
}
