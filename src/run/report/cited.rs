//! What the lines of the answer rest on, and which of them rest on an entry.

use std::collections::BTreeSet;

use crate::run::{answer::Answer, entry::Entry, label::Label, source::Citation, state::Run};

/// One line of the answer with what it names.
#[derive(Debug)]
pub(super) struct Cited<'a> {
    /// From 1.
    pub number: usize,
    pub text: &'a str,
    /// Labels in the line, each once.
    pub labels: Vec<Label>,
    /// The answer's citations under those labels.
    pub citations: Vec<&'a Citation>,
    /// Findings that the line does not name, and that cite just the same words.
    pub through: Vec<Label>,
}

/// All lines that say something.
pub(super) fn lines<'a>(run: &'a Run, answer: &'a Answer) -> Vec<Cited<'a>> {
    let lines = (1..).zip(answer.text.lines()).filter(|(_, text)| !text.trim().is_empty());
    lines.map(|(number, text)| cited(run, answer, number, text)).collect()
}

fn cited<'a>(run: &'a Run, answer: &'a Answer, number: usize, text: &'a str) -> Cited<'a> {
    let mut labels: Vec<Label> = Vec::new();
    for (label, _) in Label::scan(text) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let citations: Vec<&Citation> = answer.citations.iter().filter(|one| labels.contains(&one.label)).collect();
    let shares = |entry: &&Entry| entry.citations.iter().any(|one| citations.contains(&one));
    let findings = run.context.entries().map(AsRef::as_ref).filter(|entry: &&Entry| !entry.label.is_unit());
    let through = findings.filter(shares).map(|entry| entry.label).filter(|label| !labels.contains(label)).collect();
    Cited { number, text, labels, citations, through }
}

/// One line of the answer.
///
/// # Errors
/// When there is no such line, with which there are.
pub(super) fn line(run: &Run, number: usize) -> Result<Cited<'_>, String> {
    let Some(answer) = &run.answer else { return Err("there is no answer yet".to_owned()) };
    let lines = lines(run, answer);
    let known: Vec<String> = lines.iter().map(|line| line.number.to_string()).collect();
    let found = lines.into_iter().find(|line| line.number == number);
    found.ok_or_else(|| match &known[..] {
        [] => "the answer is empty".to_owned(),
        [only] => format!("line {number} of the answer says nothing; line {only} is all of it"),
        [first, .., last] => format!("line {number} of the answer says nothing; its lines are {first} to {last}"),
    })
}

/// Lines of the answer that rest on one of these entries, each with the entries of them that it names or uses.
pub(super) fn lines_on<'a>(run: &'a Run, touched: &BTreeSet<Label>) -> Vec<(Cited<'a>, Vec<Label>)> {
    let Some(answer) = &run.answer else { return vec![] };
    let found = lines(run, answer).into_iter().map(|line| {
        let named: BTreeSet<Label> = line.labels.iter().chain(&line.through).map(|label| label.whole()).collect();
        let on = named.intersection(touched).copied().collect();
        (line, on)
    });
    found.filter(|(_, on): &(_, Vec<Label>)| !on.is_empty()).collect()
}
