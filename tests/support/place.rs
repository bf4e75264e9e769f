//! The real program in a folder of its own: two documents, no settings but what a test writes there.
#![allow(clippy::unwrap_used, reason = "it fails as tests do")]

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

pub const LAND: &str = "The lighthouse at Cape Arden was built in 1871.\n\nIts lamp burns oil of colza, which the keeper \
    brings up by hand each evening.\n\nShips pass the cape at a distance of two miles.\n";
pub const SEA: &str = "The ferry to Skerry leaves at noon.\n\nPassengers without a ticket pay nine shillings on board.\n\n\
    The crossing takes forty minutes in fair weather.\n";

pub struct Place {
    dir: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Place::at(tempfile::tempdir().unwrap())
    }

    /// In memory where that can be had: a killed process loses nothing that it wrote, so no disk needs to be waited for.
    pub fn in_memory() -> Self {
        Place::at(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
    }

    fn at(dir: TempDir) -> Self {
        std::fs::create_dir(dir.path().join("docs")).unwrap();
        std::fs::write(dir.path().join("docs/land.txt"), LAND).unwrap();
        std::fs::write(dir.path().join("docs/sea.txt"), SEA).unwrap();
        Place { dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn delm(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_delm"));
        command.args(args).arg("--run-dir").arg(self.path().join("runs")).current_dir(self.path());
        // Settings and keys of whoever runs the tests are nobody's business here.
        let own = |name: &str| name.starts_with("DELM_") || name.ends_with("_API_KEY");
        for (name, _) in std::env::vars().filter(|(name, _)| own(name)) {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", self.path()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.delm(args).output().unwrap()
    }
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {output:?}"))
}

/// The base script of the scenarios, without its documents; `first` comes before it.
pub fn script(place: &Place, first: &str) -> String {
    let base = std::fs::read_to_string("tests/scenarios/base/rules.toml").unwrap();
    let (documents, rules) = base.split_once("[[rules]]").unwrap();
    let text = documents.split("text = \"").nth(1).unwrap().split('"').next().unwrap();
    std::fs::create_dir(place.path().join("lease")).unwrap();
    std::fs::write(place.path().join("lease/lease.txt"), text).unwrap();
    let file = place.path().join("script.toml");
    std::fs::write(&file, format!("{first}\n[[rules]]{rules}")).unwrap();
    format!("scripted:{}", file.display())
}
