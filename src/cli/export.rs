//! `delm export`: a run as text, whole or without what people, documents and models wrote.

use std::{io, path::PathBuf};

use clap::Args;

use crate::app::{
    Exit, Saved,
    export::{self, Content, Existing},
    print::{out, warn},
};

use super::flags::Shared;

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The run, or the beginning of its id
    #[arg(default_value = "latest")]
    run: String,
    /// Keep the structure and leave out every text: prompts, replies, thought, documents, gists, questions, paths and
    /// what people wrote
    #[arg(long)]
    redact: bool,
    /// Write here, readable for you alone, instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it is already there
    #[arg(long, requires = "output")]
    force: bool,
}

pub fn export(args: &ExportArgs, shared: Shared) -> anyhow::Result<Exit> {
    let saved = Saved::open(&shared.runs()?, &args.run)?;
    let content = if args.redact { Content::Redacted } else { Content::Everything };
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let written = match &args.output {
        None => match export::export(&saved, content, &mut io::stdout().lock()) {
            Err(error) if is_broken_pipe(&error) => return Ok(Exit::Answered),
            written => written?,
        },
        Some(file) => {
            let written = export::export_to_file(&saved, content, file, existing)?;
            let shown = file.display().to_string();
            out(&format!(
                "{}: {} events, {} bodies",
                crate::plain::plain_line(&shown),
                written.events,
                written.bodies
            ))?;
            written
        }
    };
    if written.lost > 0 {
        warn(&format!("{} of {} bodies are lost", written.lost, written.bodies));
    }
    let is_whole = written.lost == 0 && saved.loss.is_none();
    Ok(if is_whole { Exit::Answered } else { Exit::Damaged })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
