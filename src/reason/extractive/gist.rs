//! From an approved chain to its gist: the gate, the doubts a human should see, the form check and the redundancy check
//! (calls H, I and J).

use crate::{
    reason::{Approved, Brief, Gist, GistReply, Redundancy},
    run::{Citation, EntryKind, normalised_subject, one_line},
};

use super::{
    claim::Claim,
    expect::{Expectation, meets},
    state::Studied,
    subject::topic_of_task,
    think::{NOT_FOUND, is_sentence},
};

/// Words by which a document holds back.
const HEDGES: &[&str] =
    &["might", "probably", "possibly", "perhaps", "typically", "in most cases", "is likely", "tend to"];

/// Call H.
#[must_use]
pub fn gist(studied: &Studied, approved: &Approved) -> GistReply {
    let chain = &approved.chain;
    if chain.citations().is_empty() {
        return GistReply::Refused("no step cites anything".to_owned());
    }
    let subtask = one_line(&approved.task.text);
    let result = one_line(&chain.output);
    if result.is_empty() {
        return GistReply::Refused("the output is empty".to_owned());
    }
    let doubts = if chain.kind == EntryKind::Fact { doubts(studied, approved) } else { vec![] };
    GistReply::Gist(Gist { subtask, result, doubts })
}

/// Why a human should look although it passed; about the first quote, which carries the finding.
fn doubts(studied: &Studied, approved: &Approved) -> Vec<String> {
    let Some(citation) = approved.chain.citations().into_iter().find(|citation| is_sentence(studied, citation)) else {
        return vec![];
    };
    let Some(id) = studied.library.find(&citation) else { return vec![] };
    let quote = one_line(studied.library.text(id));
    let question = studied.question(topic_of_task(&approved.task.text));
    let (covered, all) = studied.words_covered(&question, id);
    let mut doubts = Vec::new();
    if all >= 4 && covered * 4 <= all {
        doubts.push(format!("the quote covers {covered} of {all} words of the sub-task"));
    }
    let lower = quote.to_lowercase();
    if let Some(hedge) = HEDGES.iter().find(|hedge| lower.contains(*hedge)) {
        doubts.push(format!("the quote holds back: “{hedge}”"));
    }
    let closed = quote.ends_with(['.', '!', '?', ':', ';', ')', '"', '”', '’', '\'', '`', '。', '|']);
    let words = quote.split_whitespace().count();
    if !closed && words > 12 {
        doubts.push("the quote ends in the middle of a sentence".to_owned());
    }
    let unmet = question.expects.iter().find(|expectation| {
        let plain = matches!(expectation, Expectation::Number | Expectation::Duration | Expectation::Date);
        plain && meets(**expectation, &quote) == 0.0
    });
    if let Some(expectation) = unmet {
        doubts
            .push(format!("the sub-task asks for a {}, the quote has none", format!("{expectation:?}").to_lowercase()));
    }
    doubts
}

/// Call I: a sub-task, a result with a label, and nothing that leans on text the reader does not see.
#[must_use]
pub fn has_form(gist: &Gist) -> bool {
    let claim = Claim::read(&gist.result, &[]);
    let frame = claim.frame.to_lowercase();
    let leans = ["as above", "see above", "as mentioned", "the previous step", "the text above"];
    !gist.subtask.trim().is_empty()
        && !gist.result.trim().is_empty()
        && !claim.labels.is_empty()
        && !leans.iter().any(|phrase| frame.contains(phrase))
}

/// Call J: C has it when one entry rests on everything that this rests on, or quotes the same words.
#[must_use]
pub fn redundancy(brief: &Brief, gist: &Gist, citations: &[Citation]) -> Redundancy {
    let wanted = normalised_subject(topic_of_task(&gist.subtask));
    let same_place = |a: &Citation, b: &Citation| {
        a.label.whole() == b.label.whole()
            && a.span.as_ref().zip(b.span.as_ref()).is_some_and(|(a, b)| {
                let common = a.end.min(b.end).saturating_sub(a.start.max(b.start));
                common * 10 >= a.len().max(1) * 9
            })
    };
    let quotes = Claim::read(&gist.result, &[]).quotes;
    let found = brief.context.entries().find(|entry| {
        if matches!(entry.kind, EntryKind::Document | EntryKind::Done) || citations.is_empty() {
            return false;
        }
        if gist.result.starts_with(NOT_FOUND) {
            // Absences are the same only for the same subject and the same places.
            return normalised_subject(topic_of_task(&entry.subtask)) == wanted && entry.citations == citations;
        }
        let rests = citations.iter().all(|own| entry.citations.iter().any(|known| same_place(own, known)));
        let says = !quotes.is_empty() && quotes.iter().all(|quote| entry.gist.contains(quote.as_str()));
        rests || says
    });
    found.map_or(Redundancy::Accept, |entry| Redundancy::Redundant(Some(entry.label)))
}
