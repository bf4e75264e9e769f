//! Writes down what is done to a run, so that a script can do it again. What was given while the team went on freely is
//! written behind a `wait` for the same place in the log, so that a replay is close to it.

use std::{fs::File, io::Write as _, path::Path};

use anyhow::Context as _;

use crate::run::{Command, Pace, Run, RunId, line};

use super::{print::warn, script::stands};

/// A script that is being written.
pub struct Recorder {
    file: File,
    /// The team was let go on since the last line, and nothing says so yet.
    moves: bool,
    /// Why it could not be written any further, which is said once.
    broken: bool,
}

impl Recorder {
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        Ok(Recorder { file, moves: false, broken: false })
    }

    /// A run comes into hand; whether its team goes on at once.
    pub fn begins(&mut self, id: &RunId, live: bool) {
        self.line(&format!("# {id}"));
        self.moves = live;
    }

    /// A command that was carried out on the run as it stood before.
    pub fn write(&mut self, before: &Run, command: &Command) {
        let command = numbered(before, command);
        if command == Command::Resume {
            self.moves = true;
            return;
        }
        self.catch_up(before);
        self.line(&line::of(&command));
        // Those stop by themselves when they are played.
        let stops = matches!(command, Command::Pause | Command::Step { .. } | Command::Until { .. });
        self.moves = !stops && before.pace == Pace::Running;
    }

    /// The run is left as it is now.
    pub fn ends(&mut self, run: &Run) {
        self.catch_up(run);
        self.moves = false;
    }

    /// A line as somebody wrote it.
    pub fn line(&mut self, text: &str) {
        if let Err(why) = writeln!(self.file, "{text}")
            && !std::mem::replace(&mut self.broken, true)
        {
            warn(&format!("the script is not written any further: {why}"));
        }
    }

    fn catch_up(&mut self, run: &Run) {
        match (self.moves, stands(run)) {
            (true, true) => self.line("continue"),
            (true, false) => self.line(&format!("wait seq >= {}", run.head)),
            (false, _) => {}
        }
    }
}

/// Which decision is the oldest may be another one the next time.
fn numbered(run: &Run, command: &Command) -> Command {
    let oldest = run.inbox().next().map(|open| open.id);
    match (command.clone(), oldest) {
        (Command::DecideOldest { choice }, Some(decision)) => Command::Decide { decision, choice },
        (Command::Defer { decision: None }, oldest) => Command::Defer { decision: oldest },
        (command, _) => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Event, Fact, Options, Seq};

    #[test]
    fn what_the_team_did_in_between_is_waited_for() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut recorder = Recorder::create(file.path()).unwrap();
        let mut run = Run::default();
        let add = |run: &mut Run, fact| run.apply(&Event { seq: run.head.next(), at: 0, fact });
        let options = Box::new(Options::default());
        add(&mut run, Fact::RunStarted { question: "why?".into(), paths: vec![], options });
        recorder.begins(&RunId("x".into()), true);
        recorder.write(&run, &Command::Pause);
        add(&mut run, Fact::PauseAsked);
        add(&mut run, Fact::RunPaused);
        recorder.write(&run, &Command::Step { agent: None });
        recorder.write(&run, &Command::AddAgent);
        recorder.write(&run, &Command::Resume);
        add(&mut run, Fact::RunResumed);
        add(&mut run, Fact::PauseAsked);
        add(&mut run, Fact::RunPaused);
        assert_eq!(run.head, Seq(6));
        recorder.write(&run, &Command::Undo);
        recorder.ends(&run);
        let written = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(written, "# x\nwait seq >= 1\npause\nstep\nagent+\ncontinue\nundo\n");
    }
}
