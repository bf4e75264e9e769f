//! One agent: prepares units while there are any, then takes what the rules give it until the run is over.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;

use crate::run::{
    AgentId, Checkpoint, Phase, Run,
    rules::work::{self, Work},
};

use super::{
    Stopped, attempt, finalize, plan, prepare,
    shop::{Shop, has_failed},
};

/// Works until the run is over.
///
/// # Errors
/// When the session ends before.
pub async fn live(shop: Arc<Shop>, agent: AgentId) -> Result<(), Stopped> {
    shop.turnstile.start_moving(agent);
    let mut wakes = shop.log.wakes();
    let mut prepared = false;
    loop {
        wakes.mark_unchanged();
        if !prepared {
            prepared = prepare_units(&shop, agent).await?;
        }
        match take(&shop, agent).await? {
            Work::Task(task, claim) => attempt::work_on(&shop, claim, task).await?,
            Work::Plan(round, claim) => plan::hold(&shop, claim, round).await?,
            Work::Final(claim) => finalize::hold(&shop, claim).await?,
            Work::Await(decision) => {
                let task = shop.log.read(move |run| run.decisions.get(&decision).and_then(|open| open.task)).await?;
                shop.decided(agent, task, decision).await?;
            }
            Work::Wait => {
                let blocked = shop.log.read(|run: &Run| run.counts.blocked > 0).await?;
                shop.tap.phase(agent, if blocked { Phase::WaitsForTasks } else { Phase::Idle });
                shop.rest(agent, wakes.changed()).await.map_err(|_| Stopped)?;
            }
            Work::Over => {
                shop.tap.phase(agent, Phase::Idle);
                shop.turnstile.stop_moving(agent);
                return Ok(());
            }
        }
    }
}

/// Prepares units for as long as there are any; those of an agent that was stopped come back. Says whether all are done,
/// by whomever.
async fn prepare_units(shop: &Arc<Shop>, agent: AgentId) -> Result<bool, Stopped> {
    loop {
        // Whoever is held leaves the units to the others.
        if shop.turnstile.is_barred(agent) {
            if shop.log.read(move |run| work::take_unit(run, agent).0).await?.is_none() {
                return Ok(false);
            }
            shop.checkpoint(agent, Checkpoint::Claim).await?;
        }
        let take = move |run: &Run| {
            let (unit, claimed) = work::take_unit(run, agent);
            ((unit, run.is_prepared()), claimed)
        };
        let (unit, all) = shop.log.propose(vec![], take).await?;
        let Some(unit) = unit else { return Ok(all) };
        // What stands in one document must not keep the team from the others.
        match AssertUnwindSafe(prepare::unit(shop, agent, unit)).catch_unwind().await {
            Ok(prepared) => prepared?,
            Err(_) => prepare::bare_unit(shop, agent, unit).await?,
        }
        // The others take the rest; whoever reaches its cap last closes the work instead.
        if shop.log.read(move |run| has_failed(run, agent)).await? {
            return Ok(false);
        }
    }
}

/// Takes the next work. While it would not pass, an agent looks first and is held before it takes anything.
async fn take(shop: &Shop, agent: AgentId) -> Result<Work, Stopped> {
    if !shop.turnstile.is_open(agent) {
        let (peek, claims) = shop.log.read(move |run: &Run| work::take(run, agent)).await?;
        // A claim that is to be asked for is no decision yet.
        if claims.is_empty() && !matches!(peek, Work::Task(..) | Work::Plan(..) | Work::Final(_)) {
            return Ok(peek);
        }
    }
    shop.checkpoint(agent, Checkpoint::Claim).await?;
    Ok(shop.log.propose(vec![], move |run| work::take(run, agent)).await?)
}
