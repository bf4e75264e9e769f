//! `delm why`: how an entry, a task or a line of the answer came about, and what came of it.

use anyhow::anyhow;
use clap::Args;

use crate::{
    app::{self, Exit, Saved},
    run::line::{Look, Subject},
};

use super::flags::Shared;

#[derive(Debug, Args)]
pub struct WhyArgs {
    /// The run, or the beginning of its id; `latest` is the newest
    run: String,
    /// An entry or a document such as W1 S2, a task such as T5, or the number of a line of the answer
    #[arg(required = true, num_args = 1..=2, value_name = "LABEL|TASK|LINE")]
    what: Vec<String>,
}

pub fn why(args: &WhyArgs, shared: Shared) -> anyhow::Result<Exit> {
    let subject = subject(&args.what.join(" "))?;
    let saved = Saved::open(&shared.runs()?, &args.run)?;
    app::look(&saved, &Look::Why(subject))?;
    Ok(Exit::Answered)
}

fn subject(text: &str) -> anyhow::Result<Subject> {
    let label = text.parse().map(Subject::Entry).ok();
    let task = || text.to_uppercase().parse().map(Subject::Task).ok();
    let line = || text.parse().map(Subject::Answer).ok();
    label.or_else(task).or_else(line).ok_or_else(|| {
        anyhow!(
            "{text:?} is neither a label such as W1 S2, nor a task such as T5, nor the number of a line of the answer"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{AgentId, Author, Label, TaskId};

    #[test]
    fn what_is_meant_is_read_from_its_form() {
        let entry = Label::new(Author::Agent(AgentId(1)), 2);
        for text in ["W1 S2", "w1 s2", "W1S2", "[W1 S2]"] {
            assert_eq!(subject(text).unwrap(), Subject::Entry(entry), "{text}");
        }
        assert_eq!(subject("t5").unwrap(), Subject::Task(TaskId(5)));
        assert_eq!(subject("12").unwrap(), Subject::Answer(12));
        assert!(subject("W1").unwrap_err().to_string().starts_with("\"W1\" is neither a label"));
    }
}
