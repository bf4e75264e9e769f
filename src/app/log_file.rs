//! The program's own log, in a file that is changed daily; never on the screen. `DELM_LOG` sets its level.

use std::path::Path;

use tracing::level_filters::LevelFilter;
use tracing_appender::{
    non_blocking::WorkerGuard,
    rolling::{RollingFileAppender, Rotation},
};

/// Days that are kept.
const DAYS: usize = 7;

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
    let (writer, guard) = tracing_appender::non_blocking(appender);
    tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(writer).try_init().ok()?;
    Some(guard)
}
