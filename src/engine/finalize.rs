//! The answer, from the shared context and what the finalizer unfolds (METHOD §3a "Finalization").

use std::sync::Arc;

use crate::{
    reason::{Brief, Closing, FinalTurn, ReasonError, Unfolded},
    run::{
        self, AgentId, Answer, Ask, Checkpoint, Citation, Claim, Depth, Fact, Label, Run, TaskState,
        rules::answer::{self, Finished},
    },
};

use super::{
    Stopped,
    desk::AgentDesk,
    shop::{Leave, Shop},
};

/// Writes the answer and ends the run, unless something came in meanwhile.
///
/// # Errors
/// When the session ends.
pub async fn hold(shop: &Arc<Shop>, claim: Claim) -> Result<(), Stopped> {
    let agent = claim.agent;
    shop.tap.begin(agent, "the answer".to_owned());
    let (closing, capped) = shop.log.propose(vec![], look(shop, agent)).await?;
    let answer = match capped {
        Capped::Yes => gather(shop, &closing),
        Capped::No => write(shop, agent, closing).await?,
    };
    shop.checkpoint(agent, Checkpoint::Finish).await?;
    let submit = move |run: &Run| match &answer {
        Ok(answer) => answer::submit(run, claim, answer.clone()),
        Err(why) => answer::fail(run, claim, why),
    };
    match shop.log.propose(vec![], submit).await? {
        Finished::Ended | Finished::Reopened | Finished::Stale => Ok(()),
        Finished::Asked(decision) => shop.decided(agent, None, decision).await.map(|_| ()),
    }
}

/// Whether a cap leaves nothing for a call.
enum Capped {
    Yes,
    No,
}

fn gather(shop: &Shop, closing: &Closing) -> Result<Answer, String> {
    let gathered = Answer::gathered(&closing.brief.context);
    gathered.map(|answer| settle(shop, closing, answer)).ok_or_else(|| "nothing was found yet".to_owned())
}

async fn write(shop: &Arc<Shop>, agent: AgentId, closing: Closing) -> Result<Result<Answer, String>, Stopped> {
    Ok(match compose(shop, agent, closing.clone()).await {
        Err(ReasonError::Closed) => gather(shop, &closing),
        Ok(answer) => Ok(answer),
        Err(ReasonError::Stopped) => return Err(Stopped),
        Err(why) => Err(why.to_string()),
    })
}

/// What the answer is written from, and whether a call may be made for it.
type View = (Closing, Capped);

fn look(shop: &Shop, agent: AgentId) -> impl FnMut(&Run) -> (View, Vec<Fact>) + Send + use<> {
    let question = Arc::clone(&shop.question);
    move |run| {
        let capped = match run.closing {
            Some(run::Closing::CapReached(_)) => Capped::Yes,
            Some(run::Closing::Wanted) | None => Capped::No,
        };
        ((closing(&question, run), capped), vec![Fact::ContextRead { agent, task: None, snapshot: run.head }])
    }
}

fn closing(question: &Arc<str>, run: &Run) -> Closing {
    Closing {
        brief: Brief { question: Arc::clone(question), context: run.context.snapshot() },
        unfolded: vec![],
        failed: run
            .tasks
            .iter()
            .filter_map(|task| match &task.state {
                TaskState::Failed(why) | TaskState::Dropped(why) => Some((task.clone(), why.clone())),
                _ => None,
            })
            .collect(),
        objections: run.objections.clone(),
        may_unfold: true,
    }
}

async fn compose(shop: &Arc<Shop>, agent: AgentId, mut closing: Closing) -> Result<Answer, ReasonError> {
    let desk = AgentDesk { shop: Arc::clone(shop), agent, task: None };
    for round in 0..=shop.method.unfold_rounds {
        closing.may_unfold = round < shop.method.unfold_rounds;
        match shop.reasoner.finalize(&desk, &closing).await? {
            FinalTurn::Answer(answer) => return Ok(settle(shop, &closing, answer)),
            FinalTurn::Unfold(labels) => unfold(shop, agent, &mut closing, labels, Depth::Summary).await?,
            FinalTurn::DeepUnfold(labels) => unfold(shop, agent, &mut closing, labels, Depth::Raw).await?,
        }
    }
    Err(ReasonError::Unreadable {
        kind: crate::run::CallKind::Finalize,
        why: "it asked for more evidence than the rounds allow".to_owned(),
    })
}

async fn unfold(
    shop: &Shop,
    agent: AgentId,
    closing: &mut Closing,
    labels: Vec<Label>,
    depth: Depth,
) -> Result<(), ReasonError> {
    let open = |label: Label| shop.library().unfold(closing.brief.context.get(label)?, label, depth);
    let found: Vec<Unfolded> = labels.into_iter().filter_map(open).collect();
    let labels: Vec<Label> = found.iter().map(|one| one.label).collect();
    if labels.is_empty() {
        return Ok(());
    }
    match shop.ask(agent, None, Ask::Unfold { labels: labels.clone() }).await? {
        Leave::Granted => {}
        Leave::Denied => return Err(ReasonError::Denied),
    }
    let fact = Fact::Unfolded { agent, task: None, labels, depth };
    shop.log.append(vec![], vec![fact]).await.map_err(Stopped::from)?;
    closing.unfolded.extend(found);
    Ok(())
}

/// Leaves only citations that can be opened: exact spans of documents, and entries that the finalizer had read. What
/// the reasoner cannot do is said with every answer.
fn settle(shop: &Shop, closing: &Closing, answer: Answer) -> Answer {
    let known = |label: &Label| closing.brief.context.get(*label).is_some();
    let citations: Vec<Citation> = shop
        .library()
        .settle(&answer.citations)
        .into_iter()
        .filter(|citation| citation.span.is_some() && known(&citation.label))
        .collect();
    let text = match shop.reasoner.caveat() {
        Some(caveat) => format!("{}\n\n{caveat}", answer.text.trim_end()),
        None => answer.text,
    };
    Answer { text, citations, entries: answer.entries.into_iter().filter(known).collect() }
}
