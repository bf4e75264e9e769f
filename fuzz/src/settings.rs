//! The TOML settings file. Held true: no panic, and what is wrong is told with a line that the file has.

#![allow(clippy::unwrap_used, reason = "it fails as tests do")]

use std::{fs, sync::LazyLock};

use delm::config::{ConfigError, Settings};
use tempfile::TempDir;

pub fn check(data: &[u8]) {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    let file = FOLDER.path().join(format!("{:?}.toml", std::thread::current().id()));
    fs::write(&file, data).unwrap();
    match Settings::from_file(&file) {
        Err(ConfigError::Wrong { line, reason, .. }) => {
            let lines = 1 + data.iter().filter(|byte| **byte == b'\n').count();
            assert!((1..=lines).contains(&line) && !reason.trim().is_empty(), "{line} of {lines}: {reason:?}");
        }
        Err(ConfigError::Unreadable { .. }) => assert!(std::str::from_utf8(data).is_err()),
        Err(error) => panic!("{error}"),
        Ok(_) => {}
    }
}
