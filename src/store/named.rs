//! Which bodies a fact names, and what each is in words.

use crate::run::{Ask, BlobId, Call, Entry, Fact, Proposal, Source};

/// The bodies that a fact names.
#[must_use]
pub fn bodies(fact: &Fact) -> Vec<(BlobId, String)> {
    match fact {
        Fact::SourceRead { source: Source { id, path, text, .. } } => {
            vec![(*text, format!("the text of {id}, {path}"))]
        }
        Fact::EntryAdmitted { entry } => {
            let Entry { label, summary, trajectory, .. } = &**entry;
            let summary = summary.map(|body| (body, format!("the summary of {label}")));
            let trajectory = trajectory.map(|body| (body, format!("the trajectory of {label}")));
            summary.into_iter().chain(trajectory).collect()
        }
        Fact::CallFinished { call } => {
            let Call { id, request, reply, trace, .. } = &**call;
            let request = (*request, format!("the request of {id}"));
            let reply = reply.map(|body| (body, format!("the reply of {id}")));
            let trace = trace.map(|body| (body, format!("the trace of {id}")));
            [Some(request), reply, trace].into_iter().flatten().collect()
        }
        Fact::WriteProposed { proposal } => proposed(proposal),
        Fact::GateOpened { decision } => match &decision.ask {
            Ask::Write { proposal } => proposed(proposal),
            _ => vec![],
        },
        _ => vec![],
    }
}

fn proposed(proposal: &Proposal) -> Vec<(BlobId, String)> {
    let Proposal { label, summary, trajectory, .. } = proposal;
    vec![
        (*summary, format!("the summary proposed as {label}")),
        (*trajectory, format!("the trajectory proposed as {label}")),
    ]
}
