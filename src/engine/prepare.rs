//! Before the first task: documents are cut into units (stage 0), each unit gets its summary (stage 1) and its gist
//! (stage 2), and enters the shared context with both levels behind it.

use std::{fmt::Display, sync::Arc};

use crate::{
    ingest::split,
    reason::ReasonError,
    run::{
        Admission, AgentId, CutPoint, Entry, EntryKind, Fact, Label, Phase, Run, Section, Source, Summary, Unit,
        one_line, rules::write,
    },
};

use super::{Stopped, attempt::json_body, desk::AgentDesk, shop::Shop};

/// Cuts every source and logs the units.
///
/// # Errors
/// When the session ends.
pub async fn cut(shop: &Arc<Shop>, sources: &[(Source, Arc<str>)]) -> Result<Vec<Unit>, Stopped> {
    let mut units = Vec::new();
    for (source, text) in sources {
        let mut pieces = Vec::new();
        for Section { title, span } in source.sections.clone() {
            cut_long(shop, text, split::Piece { title, span }, &mut pieces).await?;
        }
        for piece in split::settle(text, pieces, &shop.method) {
            let label = Label::unit(units.len() as u32 + 1);
            let unit =
                Unit { label, source: source.id, title: piece.title, start: piece.span.start, end: piece.span.end };
            units.push(unit);
        }
    }
    shop.log.append(vec![], vec![Fact::CorpusSplit { units: units.clone() }]).await?;
    Ok(units)
}

/// Stage 0.4 for one piece. Any failure keeps the piece uncut.
async fn cut_long(
    shop: &Arc<Shop>,
    text: &str,
    piece: split::Piece,
    into: &mut Vec<split::Piece>,
) -> Result<(), Stopped> {
    let mut open = vec![(piece, 0)];
    while let Some((piece, depth)) = open.pop() {
        if depth == split::DEPTH || !split::oversized(text, &piece, &shop.method) {
            into.push(piece);
            continue;
        }
        let points = split::cut_points(text, &piece);
        let most = split::most_cuts(text, &piece, &shop.method);
        let offsets = offsets(shop, &piece.title, &points, most).await?;
        let parts = split::cut(text, &piece, &offsets, &shop.method);
        if parts.len() < 2 {
            into.push(piece);
            continue;
        }
        // Last first, so that the pieces come off the stack in source order.
        open.extend(parts.into_iter().rev().map(|part| (part, depth + 1)));
    }
    Ok(())
}

/// Where to cut, says the first of the team who is there; nowhere, when it fails or is stopped.
async fn offsets(shop: &Arc<Shop>, title: &str, points: &[CutPoint], most: usize) -> Result<Vec<usize>, Stopped> {
    let first = |run: &Run| run.agents.iter().find(|agent| !agent.state.is_gone()).map(|agent| agent.id);
    let Some(agent) = shop.log.read(first).await? else { return Ok(vec![]) };
    let desk = AgentDesk { shop: Arc::clone(shop), agent, task: None };
    shop.turnstile.start_moving(agent);
    let offsets = shop.unless_stopped(agent, shop.reasoner.split(&desk, title, points, most)).await;
    shop.turnstile.stop_moving(agent);
    match offsets {
        Some(Ok(offsets)) => Ok(offsets),
        Some(Err(ReasonError::Stopped)) => Err(Stopped),
        Some(Err(_)) | None => Ok(vec![]),
    }
}

/// Stages 1 and 2 for one unit. A unit that no gist could be made of is published under its title, so that it can be
/// unfolded and cited all the same.
///
/// # Errors
/// When the session ends.
pub async fn unit(shop: &Arc<Shop>, agent: AgentId, label: Label) -> Result<(), Stopped> {
    let desk = AgentDesk { shop: Arc::clone(shop), agent, task: None };
    let corpus = shop.library().corpus();
    let Some(unit) = corpus.unit(label) else { return Ok(()) };
    shop.tap.phase(agent, Phase::Reading(label));
    let summary = match shop.reasoner.summarize(&desk, corpus, label).await {
        Ok(summary) => summary,
        Err(ReasonError::Stopped) => return Err(Stopped),
        Err(why) => bare_summary(unit, &why),
    };
    let gist = match shop.reasoner.gist_unit(&desk, &shop.question, &unit.title, &summary).await {
        Ok(gist) => gist,
        Err(ReasonError::Stopped) => return Err(Stopped),
        Err(why) => format!("{} (no gist: {why})", unit.title),
    };
    publish(shop, agent, label, summary, &gist).await
}

/// A unit whose preparation failed unexpectedly is published under its title too.
///
/// # Errors
/// When the session ends.
pub async fn bare_unit(shop: &Shop, agent: AgentId, label: Label) -> Result<(), Stopped> {
    tracing::error!(%label, "a unit could not be prepared");
    let Some(unit) = shop.library().corpus().unit(label) else { return Ok(()) };
    let why = "it failed unexpectedly; the log file has more";
    publish(shop, agent, label, bare_summary(unit, &why), &format!("{} (no gist: {why})", unit.title)).await
}

fn bare_summary(unit: &Unit, why: &dyn Display) -> Summary {
    Summary { topic: format!("{} (no summary: {why})", unit.title), parts: vec![] }
}

async fn publish(shop: &Shop, agent: AgentId, label: Label, summary: Summary, gist: &str) -> Result<(), Stopped> {
    let body = json_body(&summary);
    let entry = Entry {
        label,
        kind: EntryKind::Document,
        task: None,
        subtask: String::new(),
        gist: one_line(gist),
        citations: vec![],
        admission: Admission::Verified,
        taint: vec![],
        summary: Some(body.id),
        trajectory: None,
    };
    shop.library().keep_unit(label, Arc::new(summary));
    shop.log.propose(vec![body], move |run| ((), write::unit(run, agent, entry.clone()))).await?;
    Ok(())
}
