//! What a script looks at: reports of the run as text, moments of its past, and other runs.

use crate::{
    app::{Fork, Minds, Recorder, Saved, Stand, fork, screen::about, what_if},
    engine::Unrecorded,
    run::{
        Parting, Refusal, Seq,
        line::Look,
        report::{self, Made, Report, Scene},
        travel,
    },
    store::RunDir,
};

use super::stage::{Came, Stage};

/// What a script has beside its run.
pub struct World {
    pub runs: RunDir,
    pub minds: Minds,
    pub watches: Vec<String>,
    /// Writes down the lines that were carried out.
    pub recorder: Option<Recorder>,
}

/// What became of a look.
pub enum Looked {
    Text(String),
    Report(Report),
    Done,
    Refused(String),
    Interrupted,
}

impl From<Result<Seq, Refusal>> for Looked {
    fn from(found: Result<Seq, Refusal>) -> Self {
        match found {
            Ok(seq) => Looked::Text(format!("at event {seq}")),
            Err(Refusal(why)) => Looked::Refused(why),
        }
    }
}

pub async fn look(look: &Look, stage: &mut Stage, world: &mut World) -> anyhow::Result<Looked> {
    Ok(match look {
        Look::Goto(moment) => goto(stage, |stage| travel::find(&stage.seen.timeline, moment)),
        Look::Back(back) => goto(stage, |stage| travel::back(&stage.seen.timeline, *back)),
        Look::Live => goto(stage, |stage| Ok(stage.run().head)),
        Look::Watch(expr) => {
            if !world.watches.contains(expr) {
                world.watches.push(expr.clone());
            }
            Looked::Done
        }
        Look::Unwatch(expr) => {
            let before = world.watches.len();
            world.watches.retain(|watched| watched != expr);
            if world.watches.len() == before { Looked::Refused(format!("{expr} is not watched")) } else { Looked::Done }
        }
        Look::Fork(at) => go_to_fork(*at, stage, world).await?,
        Look::Open(run) => {
            let saved = match Saved::open(&world.runs, &run.0) {
                Ok(saved) => saved,
                Err(why) => return Ok(Looked::Refused(format!("{why:#}"))),
            };
            go_to(saved, stage, world).await?;
            Looked::Text(format!("open {}", stage.kept.id))
        }
        Look::WhatIf(wish) => found(what_if(&world.runs, &world.minds, &stage.kept.id.0, wish).await),
        Look::Compare(_) | Look::Family => found(about(&world.runs, &stage.kept.id, look)),
        look => report(look, stage, world),
    })
}

fn found(report: anyhow::Result<Report>) -> Looked {
    report.map_or_else(|why| Looked::Refused(format!("{why:#}")), Looked::Report)
}

fn goto(stage: &mut Stage, find: impl Fn(&Stage) -> Result<Seq, Refusal>) -> Looked {
    let found = find(stage);
    if let Ok(seq) = found {
        stage.seen.timeline.look_at(seq);
    }
    found.into()
}

fn report(look: &Look, stage: &Stage, world: &World) -> Looked {
    let timeline = &stage.seen.timeline;
    let scene = Scene { timeline, body: &|id| stage.kept.body(id).ok(), watches: &world.watches };
    match report::make(look, &scene) {
        Made::Report(report) => Looked::Report(report),
        Made::Refused(why) => Looked::Refused(why),
        Made::Elsewhere => Looked::Refused("this can only be looked at on the screen".to_owned()),
    }
}

/// Leaves the run, saved, for a fork of it, held.
async fn go_to_fork(at: Option<Seq>, stage: &mut Stage, world: &World) -> anyhow::Result<Looked> {
    stage.let_go(Parting::Interrupted).await?;
    let wish = Fork { at, commands: vec![], stand: Stand::Hold, unrecorded: Unrecorded::Send };
    let (saved, recording) = match fork(&world.runs, &stage.kept.id.0, wish) {
        Ok(made) => made,
        Err(why) => return Ok(Looked::Refused(format!("{why:#}"))),
    };
    go_to(saved, stage, world).await?;
    if stage.take_up(Some(recording)).await? == Came::Interrupted {
        return Ok(Looked::Interrupted);
    }
    Ok(match stage.run().parent {
        Some(_) => Looked::Text(format!("fork {}", stage.kept.id)),
        None => Looked::Refused(format!("{} did not come as far as the fork; the log file has more", stage.kept.id)),
    })
}

async fn go_to(saved: Saved, stage: &mut Stage, world: &World) -> anyhow::Result<()> {
    stage.let_go(Parting::Interrupted).await?;
    *stage = Stage::new(saved, world.runs.clone(), world.minds.clone());
    Ok(())
}
