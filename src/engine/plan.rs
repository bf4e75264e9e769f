//! The holder of the plan: decomposition at the start, the queue-empty decision later (METHOD §3a stage 3 and
//! "Queue-empty decision"). Exactly one agent holds it at a time.

use std::sync::Arc;

use crate::{
    reason::{Brief, Progress, ReasonError},
    run::{
        AgentId, Checkpoint, Claim, Fact, Run,
        rules::plan::{self, Draft, PlanError, Planned, TasksSeen},
    },
};

use super::{Stopped, desk::AgentDesk, shop::Shop};

/// Times a list that does not pass its checks is asked for again; then its dependencies are left out.
const REASKS: usize = 1;

/// Decides about new tasks and lets the plan go.
///
/// # Errors
/// When the session ends.
pub async fn hold(shop: &Arc<Shop>, claim: Claim, round: u32) -> Result<(), Stopped> {
    let agent = claim.agent;
    shop.tap.begin(agent, if round == 0 { "plan".to_owned() } else { format!("is more needed? round {round}") });
    let mut progress = shop.log.propose(vec![], look(shop, agent, round)).await?;
    let (drafts, note) = drafts(shop, agent, &mut progress).await?;
    shop.checkpoint(agent, Checkpoint::Plan).await?;
    let seen = TasksSeen(progress.tasks.len());
    let submit = move |run: &Run| {
        let checked = plan::check(run, seen, &drafts).or_else(|_| plan::check(run, seen, &unordered(&drafts)));
        let checked = checked.unwrap_or_default();
        plan::submit(run, claim, round, checked, &note)
    };
    match shop.log.propose(vec![], submit).await? {
        Planned::Settled | Planned::Stale => Ok(()),
        Planned::Asked(decision) => shop.decided(agent, None, decision).await.map(|_| ()),
    }
}

fn look(shop: &Shop, agent: AgentId, round: u32) -> impl FnMut(&Run) -> (Progress, Vec<Fact>) + Send + use<> {
    let question = Arc::clone(&shop.question);
    move |run| {
        let brief = Brief { question: Arc::clone(&question), context: run.context.snapshot() };
        let progress = Progress {
            brief,
            tasks: run.tasks.iter().cloned().collect(),
            round,
            objections: run.plan.objections.clone(),
        };
        (progress, vec![Fact::ContextRead { agent, task: None, snapshot: run.head }])
    }
}

/// The planner's list. When there is none at the start, the question itself is the only task; when there is none later,
/// nothing more is needed. The note says so.
async fn drafts(shop: &Arc<Shop>, agent: AgentId, progress: &mut Progress) -> Result<(Vec<Draft>, String), Stopped> {
    let desk = AgentDesk { shop: Arc::clone(shop), agent, task: None };
    let mut asked = 0;
    loop {
        let reply = match progress.round {
            0 => shop.reasoner.decompose(&desk, progress).await,
            _ => shop.reasoner.more_tasks(&desk, progress).await,
        };
        let drafts = match reply {
            Ok(drafts) => drafts,
            Err(ReasonError::Stopped) => return Err(Stopped),
            // Nobody would do it any more.
            Err(why @ ReasonError::Closed) => return Ok((vec![], format!("no plan: {why}"))),
            Err(why) => return Ok((fallback(shop, progress.round), format!("no plan: {why}"))),
        };
        let tried = drafts.clone();
        let seen = TasksSeen(progress.tasks.len());
        let objection: Option<PlanError> = shop.log.read(move |run| plan::check(run, seen, &tried).err()).await?;
        match objection {
            Some(error) if asked < REASKS => {
                asked += 1;
                progress.objections.push(error.to_string());
            }
            Some(error) => return Ok((drafts, format!("dependencies left out: {error}"))),
            None if drafts.is_empty() => return Ok((fallback(shop, progress.round), String::new())),
            None => return Ok((drafts, String::new())),
        }
    }
}

fn fallback(shop: &Shop, round: u32) -> Vec<Draft> {
    match round {
        0 => vec![Draft { number: 1, text: shop.question.to_string(), deps: vec![], focus: vec![] }],
        _ => vec![],
    }
}

fn unordered(drafts: &[Draft]) -> Vec<Draft> {
    drafts.iter().map(|draft| Draft { deps: vec![], ..draft.clone() }).collect()
}
