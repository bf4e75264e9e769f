//! Carries out the lines of a script, one after the other.

use crate::{
    app::{print::out, print_report},
    plain::plain_line,
    run::{
        Command, Pace,
        lang::{Expr, Name, Values as _, Watch},
        line::Line,
    },
};

use super::{
    Script, Step,
    looks::{self, Looked, World},
    stage::{Came, Goal, Stage},
};

/// How a script ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Played {
    Through,
    /// At its line, with what was expected and seen.
    Failed(String),
    Interrupted,
}

/// What a line came to.
enum Done {
    On,
    Failed(String),
    /// The script ends here.
    Stop,
    Interrupted,
}

/// Plays a script on a run. The stage is that of the run where it ended: forks and other runs take the place of the first.
///
/// # Errors
/// When a run's file, its session or standard output fails.
pub async fn play(script: &Script, stage: &mut Stage, world: &mut World) -> anyhow::Result<Played> {
    for step in &script.steps {
        let done = carry(step, stage, world).await?;
        let done = match &step.refused {
            Some(wanted) => refused(done, wanted),
            None => done,
        };
        match done {
            Done::On => {
                if let Some(recorder) = &mut world.recorder {
                    recorder.line(&step.text);
                }
            }
            Done::Stop => break,
            Done::Failed(why) => return Ok(Played::Failed(format!("{}:{}: {why}", script.name, step.at))),
            Done::Interrupted => return Ok(Played::Interrupted),
        }
    }
    Ok(Played::Through)
}

/// What a line comes to that must be refused.
fn refused(done: Done, wanted: &str) -> Done {
    match done {
        Done::Failed(why) if why.contains(wanted) => Done::On,
        Done::Failed(why) => Done::Failed(format!("expected a refusal that says {wanted:?}; it says {why:?}")),
        Done::On | Done::Stop => Done::Failed("expected a refusal; it was carried out".to_owned()),
        Done::Interrupted => Done::Interrupted,
    }
}

async fn carry(step: &Step, stage: &mut Stage, world: &mut World) -> anyhow::Result<Done> {
    match (&step.line, &step.expr) {
        (Line::Expect(_), Some(expr)) => {
            let seen = Watch::from(stage.seen.timeline.run());
            return Ok(match expr.holds(&seen) {
                true => Done::On,
                false => Done::Failed(format!("expected {expr}; saw {}", values(expr, seen))),
            });
        }
        (Line::Wait(_), Some(expr)) => return wait(expr, stage).await,
        (Line::Do(command), _) => return carry_out(command, stage).await,
        (Line::Look(look), _) => match looks::look(look, stage, world).await? {
            Looked::Text(text) => out(&plain_line(&text))?,
            Looked::Report(report) => print_report(report)?,
            Looked::Done => {}
            Looked::Refused(why) => return Ok(Done::Failed(why)),
            Looked::Interrupted => return Ok(Done::Interrupted),
        },
        (Line::Nothing | Line::Expect(_) | Line::Wait(_), _) => {}
    }
    Ok(Done::On)
}

async fn carry_out(command: &Command, stage: &mut Stage) -> anyhow::Result<Done> {
    let came = match command {
        Command::Stop => return Ok(Done::Stop),
        Command::Step { agent } => match stage.step(*agent).await? {
            Ok(came) => came,
            Err(refusal) => return Ok(Done::Failed(refusal.to_string())),
        },
        command => {
            if let Err(refusal) = stage.command(command.clone()).await? {
                return Ok(Done::Failed(refusal.to_string()));
            }
            match command {
                Command::Resume | Command::Until { .. } | Command::Finish => stage.follow(Goal::Stands).await?,
                _ => Came::There,
            }
        }
    };
    Ok(if came == Came::Interrupted { Done::Interrupted } else { Done::On })
}

/// Lets the team go on until an expression holds; it goes on behind that, too.
async fn wait(expr: &Expr, stage: &mut Stage) -> anyhow::Result<Done> {
    let holds = |stage: &Stage| expr.holds(&Watch::from(stage.run()));
    if holds(stage) {
        return Ok(Done::On);
    }
    if stage.run().outcome.is_none()
        && let Err(refusal) = stage.command(Command::Resume).await?
    {
        return Ok(Done::Failed(refusal.to_string()));
    }
    Ok(match stage.follow(Goal::Holds(expr)).await? {
        Came::There => Done::On,
        Came::Interrupted => Done::Interrupted,
        Came::Stuck => {
            let run = stage.run();
            let why = match (&run.outcome, run.pace, run.decisions.keys().next()) {
                (Some(_), ..) => "the run has ended".to_owned(),
                (None, Pace::Paused, _) => match run.last_hit {
                    Some(hit) => format!("{hit} was hit"),
                    None => "the team is held".to_owned(),
                },
                (None, _, Some(open)) => format!("{open} waits for a decision"),
                (None, _, None) => "nobody can move".to_owned(),
            };
            Done::Failed(format!("waited for {expr}, but {why}; saw {}", values(expr, Watch::from(run))))
        }
    })
}

/// What the names in an expression stand for.
fn values(expr: &Expr, seen: Watch<'_>) -> String {
    let value = |name: &Name| {
        let value = seen.value(name).map_or_else(|| "undefined".to_owned(), |value| value.to_string());
        format!("{name} = {value}")
    };
    let mut said: Vec<String> = Vec::new();
    for one in expr.names().into_iter().map(value) {
        if !said.contains(&one) {
            said.push(one);
        }
    }
    said.join(", ")
}
