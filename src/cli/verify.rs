//! `delm verify`: whether a run's file is what was written.

use clap::Args;

use crate::{
    app::{
        Exit,
        print::{out, warn},
    },
    plain::plain_line,
    store::{Checked, RunDir, Sqlite},
};

use super::flags::Shared;

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The run, or the beginning of its id
    #[arg(default_value = "latest")]
    run: String,
}

pub fn verify(args: &VerifyArgs, shared: Shared) -> anyhow::Result<Exit> {
    let runs: RunDir = shared.runs()?;
    let id = runs.find(&args.run)?;
    match Sqlite::open_to_read(&runs.file(&id)).and_then(|store| store.verify()) {
        Ok(Checked { events, bodies, body_bytes, link }) => {
            let chain = match link {
                Some(link) => format!("the chain ends in {link}"),
                None => "it is of a schema without a chain".to_owned(),
            };
            let id = plain_line(&id.0);
            out(&format!("{id} is whole: {events} events, {bodies} bodies of {body_bytes} bytes; {chain}"))?;
            Ok(Exit::Answered)
        }
        Err(error) => {
            warn(&error.to_string());
            Ok(Exit::Damaged)
        }
    }
}
