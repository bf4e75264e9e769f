//! `delm verify`: whether a run's file is what was written.

use clap::Args;

use crate::{
    app::{
        Exit,
        print::{out, warn},
    },
    plain::plain_line,
    run::RunId,
    store::{Checked, Repaired, RunDir, Salvaged, Sqlite, StoreError},
};

use super::flags::Shared;

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The run, or the beginning of its id
    #[arg(default_value = "latest")]
    run: String,
    /// Copy what is whole of a damaged run into a new one; the damaged one stays as it is
    #[arg(long)]
    repair: bool,
}

pub fn verify(args: &VerifyArgs, shared: Shared) -> anyhow::Result<Exit> {
    let runs = shared.runs()?;
    let id = runs.find(&args.run)?;
    let file = runs.file(&id);
    match Sqlite::open_to_read(&file).and_then(|store| store.verify()) {
        Ok(checked) => whole(&id, checked),
        Err(StoreError::Damaged { .. }) if args.repair => repair(&runs, &id),
        Err(error) => {
            let error = error.appraised(&file);
            warn(&error.to_string());
            if !matches!(error, StoreError::Lost { .. })
                && let Ok(Salvaged { loss: Some(loss), .. }) = Salvaged::open(&file)
            {
                warn(&format!("{id}: {loss}"));
            }
            Ok(Exit::Damaged)
        }
    }
}

fn whole(id: &RunId, checked: Checked) -> anyhow::Result<Exit> {
    let Checked { events, bodies, body_bytes, link } = checked;
    let chain = match link {
        Some(link) => format!("the chain ends in {link}"),
        None => "it is of a schema without a chain".to_owned(),
    };
    let id = plain_line(&id.0);
    out(&format!("{id} is whole: {events} events, {bodies} bodies of {body_bytes} bytes; {chain}"))?;
    Ok(Exit::Answered)
}

fn repair(runs: &RunDir, id: &RunId) -> anyhow::Result<Exit> {
    let Repaired { id: copy, events, bodies, lost } = runs.repair(id)?;
    out(&format!(
        "{} holds what is whole of {}: {events} events, {bodies} bodies",
        plain_line(&copy.0),
        plain_line(&id.0)
    ))?;
    for what in lost {
        warn(&format!("lost: {what}"));
    }
    Ok(Exit::Answered)
}
