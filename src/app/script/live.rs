//! A script from its first line to the exit code of the program.

use crate::{
    app::{
        Exit, Minds, Recorder, Recording, Saved,
        headless::say_why_not,
        log_file,
        print::{self, ReaderGone, warn},
        runtime,
    },
    run::Parting,
    store::RunDir,
};

use super::{
    Script,
    looks::World,
    play::{Played, play},
    stage::{Came, Stage},
};

/// Plays a script on a new run, which is held before anybody moves.
///
/// # Errors
/// When the run's file, its session or standard output fails.
pub fn on_run(
    script: &Script,
    saved: Saved,
    recording: Option<Recording>,
    runs: RunDir,
    minds: Minds,
    recorder: Option<Recorder>,
) -> anyhow::Result<Exit> {
    let stage = Stage::new(saved, runs.clone(), minds.clone());
    on(script, stage, Some(recording), World { runs, minds, watches: vec![], recorder })
}

/// Plays a script on a saved run. It is looked at until a line does something to it.
///
/// # Errors
/// As [`on_run`].
pub fn on_saved(
    script: &Script,
    saved: Saved,
    runs: RunDir,
    minds: Minds,
    recorder: Option<Recorder>,
) -> anyhow::Result<Exit> {
    let stage = Stage::new(saved, runs.clone(), minds.clone());
    on(script, stage, None, World { runs, minds, watches: vec![], recorder })
}

/// With a recording, or the want of one, the run is taken up at once.
fn on(script: &Script, mut stage: Stage, begins: Option<Option<Recording>>, mut world: World) -> anyhow::Result<Exit> {
    let _log = log_file::start(world.runs.path());
    let runtime = runtime::of_a_team()?;
    runtime.block_on(async {
        let began = match begins {
            Some(recording) => stage.take_up(recording).await?,
            None => Came::There,
        };
        let played = match began {
            Came::Interrupted => Ok(Played::Interrupted),
            Came::There | Came::Stuck => play(script, &mut stage, &mut world).await,
        };
        // Whatever went wrong, the run is saved.
        let saved = stage.let_go(Parting::Interrupted).await;
        saved?;
        let played = match played {
            Err(error) if error.is::<ReaderGone>() && stage.run().outcome.is_none() => Played::Interrupted,
            played => played?,
        };
        conclude(played, &stage)
    })
}

fn conclude(played: Played, stage: &Stage) -> anyhow::Result<Exit> {
    let (id, run) = (&stage.kept.id, stage.run());
    let exit = match played {
        Played::Failed(why) => {
            warn(&why);
            Some(Exit::Failed)
        }
        Played::Interrupted => Some(Exit::Interrupted),
        Played::Through => None,
    };
    match (exit, Exit::of(run)) {
        (None, Some(exit)) => {
            print::answer(run, &stage.kept.corpus(run)?)?;
            say_why_not(id, run);
            return Ok(exit);
        }
        (_, None) => warn(&format!("saved; `delm resume {id}` goes on")),
        (Some(_), Some(_)) => {}
    }
    Ok(exit.unwrap_or(Exit::Saved))
}
