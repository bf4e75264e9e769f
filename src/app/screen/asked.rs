//! What the screen asks about other runs, answered beside the pump.

use tokio::sync::mpsc;

use crate::{
    app::{Minds, Saved, relatives, what_if},
    run::{
        RunId,
        line::Look,
        report::{self, Report},
    },
    store::RunDir,
    tui::Feed,
};

/// Who asks, and where the other runs are.
pub struct Asked {
    pub runs: RunDir,
    pub minds: Minds,
    pub of: RunId,
}

impl Asked {
    /// Finds it out and sends it, or why it cannot be found out.
    pub async fn answer(self, look: Look, feed: mpsc::Sender<Feed>) {
        let found = match look {
            Look::WhatIf(wish) => {
                let begun = format!("what if {}: {} to be run …", wish.decision, wish.samples);
                let _ = feed.send(Feed::Notice(begun)).await;
                what_if(&self.runs, &self.minds, &self.of.0, &wish).await
            }
            look => {
                let found = tokio::task::spawn_blocking(move || about(&self.runs, &self.of, &look)).await;
                found.unwrap_or_else(|why| Err(why.into()))
            }
        };
        let _ = feed.send(found.map_or_else(|why| Feed::Notice(format!("{why:#}")), Feed::Report)).await;
    }
}

/// What only reads other runs.
///
/// # Errors
/// When one cannot be read, or it is no question about other runs.
pub fn about(runs: &RunDir, of: &RunId, look: &Look) -> anyhow::Result<Report> {
    match look {
        Look::Compare(other) => {
            let (own, other) = (Saved::open(runs, &of.0)?, Saved::open(runs, &other.0)?);
            Ok(report::compare(&own.id.0, &own.timeline, &other.id.0, &other.timeline))
        }
        Look::Family => Ok(report::family(of, &relatives(runs).0)),
        _ => anyhow::bail!("this is no question about other runs"),
    }
}
