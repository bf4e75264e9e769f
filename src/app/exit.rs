//! How the program ends, as a number. The table is in `delm --help`.

use std::process::ExitCode;

use crate::run::{Outcome, Run};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Answered,
    /// A script was through before the run was.
    Saved,
    Unanswered,
    /// A line of a script was refused, or did not hold.
    Failed,
    /// A file is not what was written.
    Damaged,
    Usage,
    OverBudget,
    Undecided,
    Interrupted,
}

impl Exit {
    /// The exit for a run that has ended; `None` while it has not.
    #[must_use]
    pub fn of(run: &Run) -> Option<Self> {
        Some(match run.outcome.as_ref()? {
            Outcome::Answered => Exit::Answered,
            Outcome::Unanswered(_) => Exit::Unanswered,
            Outcome::OverBudget(_) => Exit::OverBudget,
        })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Answered | Exit::Saved => 0,
            Exit::Unanswered | Exit::Failed | Exit::Damaged => 1,
            Exit::Usage => 2,
            Exit::OverBudget => 3,
            Exit::Undecided => 4,
            Exit::Interrupted => 130,
        })
    }
}

/// A run that broke in the middle has no answer; everything else is something that the user can put right.
#[must_use]
pub fn exit_of_error(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<crate::engine::EngineError>() {
        Some(_) => Exit::Unanswered,
        None => Exit::Usage,
    }
}
