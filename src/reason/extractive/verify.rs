//! Verification by rules: exact quotes, numbers, qualifiers, citations (call G). It proves that a chain says what its
//! sources say, never that the sources are right or that they answer the task.

use crate::{
    reason::{Case, UnfoldedText},
    run::{Axis, AxisOutcome, Citation, EntryKind, Ruling, Verdict, one_line},
};

use super::{
    claim::{Claim, numbers, qualifiers},
    state::Studied,
    think::NOT_FOUND,
    word::words,
};

/// The share of a statement's content words that must stand in what it cites, when it does not quote.
const GROUNDED: f32 = 0.6;

#[must_use]
pub fn verify(studied: &Studied, case: &Case) -> Verdict {
    let cited = Cited::read(studied, case);
    let axes = vec![
        (Axis::U1, cited.support()),
        (Axis::U2, cited.coherence()),
        (Axis::C1, cited.arithmetic()),
        (Axis::C2, cited.drift()),
        (Axis::C3, cited.synthesis()),
    ];
    let failed = axes.iter().find_map(|(axis, outcome)| match outcome {
        AxisOutcome::Fail(reason) => Some(format!("{axis} {}: {reason}", axis.name())),
        AxisOutcome::Pass | AxisOutcome::NotApplicable => None,
    });
    let ruling = failed.map_or_else(|| Ruling::Approved(one_line(&case.chain.output)), Ruling::Wrong);
    Verdict { axes, ruling }
}

/// One statement of the chain with what it cites.
struct Statement {
    /// `step 2` or `the output`.
    name: String,
    claim: Claim,
    citations: Vec<Citation>,
    /// The cited text on one line each; `None` where there is no such text.
    slices: Vec<Option<String>>,
}

struct Cited<'a> {
    studied: &'a Studied,
    case: &'a Case,
    steps: Vec<Statement>,
    output: Statement,
}

impl<'a> Cited<'a> {
    fn read(studied: &'a Studied, case: &'a Case) -> Self {
        let statement = |name: String, text: &str, citations: Vec<Citation>| {
            let slices: Vec<Option<String>> = citations.iter().map(|citation| slice(studied, case, citation)).collect();
            let known: Vec<String> = slices.iter().flatten().cloned().collect();
            Statement { name, claim: Claim::read(text, &known), citations, slices }
        };
        let steps = (1..)
            .zip(&case.chain.steps)
            .map(|(n, step)| statement(format!("step {n}"), &step.text, step.citations.clone()))
            .collect();
        let output = statement("the output".to_owned(), &case.chain.output, case.chain.citations());
        Cited { studied, case, steps, output }
    }

    fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.steps.iter().chain([&self.output])
    }

    /// U1: every step cites, every citation exists, every quote is what stands there.
    fn support(&self) -> AxisOutcome {
        if self.steps.is_empty() {
            return AxisOutcome::Fail("the chain has no step".to_owned());
        }
        for statement in self.statements() {
            if statement.citations.is_empty() {
                return AxisOutcome::Fail(format!("{} cites nothing", statement.name));
            }
            if let Some(at) = statement.slices.iter().position(Option::is_none) {
                let label = statement.citations[at].label;
                return AxisOutcome::Fail(format!("{} cites {label}, where there is no such text", statement.name));
            }
            for quote in &statement.claim.quotes {
                if let Some(reason) = altered(quote, &statement.slices) {
                    return AxisOutcome::Fail(format!("{}: {reason}", statement.name));
                }
            }
        }
        AxisOutcome::Pass
    }

    /// U2: the output quotes and names only what the steps quote and name.
    fn coherence(&self) -> AxisOutcome {
        let quoted = |quote: &String| self.steps.iter().any(|step| step.claim.quotes.contains(quote));
        if let Some(quote) = self.output.claim.quotes.iter().find(|quote| !quoted(quote)) {
            return AxisOutcome::Fail(format!("the output quotes “{}”, which no step does", short(quote)));
        }
        let all: Vec<_> = self.output.citations.iter().map(|citation| citation.label).collect();
        let strange =
            self.output.claim.labels.iter().find(|label| {
                !all.iter().any(|known| known == *label || label.part.is_none() && known.whole() == **label)
            });
        if let Some(label) = strange {
            return AxisOutcome::Fail(format!("the output cites {label}, which no step does"));
        }
        let negative = is_absence(self.case);
        if negative && self.case.chain.kind != EntryKind::Fail {
            return AxisOutcome::Fail("an absence is reported as a finding".to_owned());
        }
        AxisOutcome::Pass
    }

    /// C1: a number outside quotes must stand in the cited text, or be the count of what was searched.
    fn arithmetic(&self) -> AxisOutcome {
        let mut recomputed = false;
        for statement in self.statements() {
            let raw: Vec<String> = statement.slices.iter().flatten().flat_map(|slice| numbers(slice)).collect();
            let names: Vec<String> = statement.citations.iter().flat_map(|c| self.names(c)).collect();
            for number in numbers(&statement.claim.frame) {
                if raw.contains(&number) || names.contains(&number) {
                    continue;
                }
                if is_absence(self.case) {
                    // How much was searched follows from the citations, unless they stand for more.
                    recomputed = true;
                    let searched: usize = statement
                        .citations
                        .iter()
                        .map(|citation| self.studied.library.sentences_of(citation.label.whole()).len())
                        .sum();
                    let more = statement.claim.frame.contains("more units");
                    if number == searched.to_string() || more {
                        continue;
                    }
                    return AxisOutcome::Fail(format!("{number} sentences are claimed, {searched} are cited"));
                }
                return AxisOutcome::Fail(format!("{}: the number {number} is not in the cited text", statement.name));
            }
        }
        if recomputed { AxisOutcome::Pass } else { AxisOutcome::NotApplicable }
    }

    /// Numbers in the names of things: `GPL-3`, a heading's number.
    fn names(&self, citation: &Citation) -> Vec<String> {
        let mut found = numbers(&self.studied.library.title(citation.label.whole()));
        if let Some(unit) = self.studied.library.corpus().unit(citation.label) {
            found.extend(numbers(&unit.title));
        }
        if let Some(id) = self.studied.library.find(citation) {
            found.extend(self.studied.library.under(id).iter().flat_map(|under| numbers(under)));
        }
        for entry in self.case.brief.context.entries().filter(|entry| entry.label == citation.label) {
            found.extend(numbers(&entry.gist));
            let of = entry.citations.iter().map(|citation| self.studied.library.title(citation.label.whole()));
            found.extend(of.flat_map(|title| numbers(&title)));
        }
        found
    }

    /// C2: a statement in own words keeps the qualifiers of its source and adds none.
    fn drift(&self) -> AxisOutcome {
        for statement in self.statements().filter(|statement| self.is_paraphrase(statement)) {
            let source = statement.slices.iter().flatten().cloned().collect::<Vec<_>>().join(" ");
            let (said, meant) = (qualifiers(&statement.claim.frame), qualifiers(&source));
            if let Some(word) = meant.iter().find(|word| strong(word) && !said.contains(word)) {
                return AxisOutcome::Fail(format!("{} drops “{word}” of its source", statement.name));
            }
            if let Some(word) = said.iter().find(|word| !meant.contains(word)) {
                return AxisOutcome::Fail(format!("{} adds “{word}”, which its source does not say", statement.name));
            }
        }
        AxisOutcome::Pass
    }

    /// C3: words that are no quote must stand in what is cited.
    fn synthesis(&self) -> AxisOutcome {
        let mut applies = false;
        for statement in self.statements().filter(|statement| self.is_paraphrase(statement)) {
            applies = true;
            let source = statement.slices.iter().flatten().cloned().collect::<Vec<_>>().join(" ");
            let share = self.share(&statement.claim.frame, &source);
            if share < GROUNDED {
                let percent = (share * 100.0).round();
                return AxisOutcome::Fail(format!(
                    "{} says more than its source: {percent} % of its words stand there",
                    statement.name
                ));
            }
        }
        if applies { AxisOutcome::Pass } else { AxisOutcome::NotApplicable }
    }

    /// Whether a statement claims something about a document in words of its own.
    fn is_paraphrase(&self, statement: &Statement) -> bool {
        let of_documents = statement.citations.iter().any(|citation| citation.span.is_some());
        of_documents && statement.claim.quotes.is_empty() && !is_absence(self.case)
    }

    fn share(&self, text: &str, source: &str) -> f32 {
        let vocabulary = &self.studied.library.vocabulary;
        let stems = |text: &str| -> Vec<String> {
            let content = words(text).map(|at| &text[at]).filter(|word| !vocabulary.is_stop_word(word));
            content.map(|word| vocabulary.stem(word)).collect()
        };
        let (own, there) = (stems(text), stems(source));
        own.iter().filter(|word| there.contains(word)).count() as f32 / own.len().max(1) as f32
    }
}

/// Words whose loss reverses or widens a statement.
fn strong(word: &str) -> bool {
    matches!(
        word,
        "not"
            | "no"
            | "never"
            | "neither"
            | "cannot"
            | "none"
            | "may"
            | "must"
            | "only"
            | "unless"
            | "except"
            | "without"
    )
}

/// Whether the chain reports that nothing was found.
fn is_absence(case: &Case) -> bool {
    case.chain.output.trim_start().to_lowercase().starts_with(NOT_FOUND)
}

/// The cited text on one line: from the documents, which are authoritative, else from what was supplied.
fn slice(studied: &Studied, case: &Case, citation: &Citation) -> Option<String> {
    let Some(span) = citation.span.clone() else {
        let entries = case.brief.context.entries();
        return entries.into_iter().find(|entry| entry.label == citation.label.whole()).map(|e| one_line(&e.gist));
    };
    if let Some(text) = studied.library.corpus().text(citation.label) {
        return text.get(span).filter(|slice| !slice.trim().is_empty()).map(one_line);
    }
    case.evidence.iter().filter(|unfolded| unfolded.label.whole() == citation.label.whole()).find_map(|unfolded| {
        match &unfolded.text {
            UnfoldedText::Raw { text, start } => {
                text.get(span.start.checked_sub(*start)?..span.end.checked_sub(*start)?).map(one_line)
            }
            UnfoldedText::Summary(_) => None,
        }
    })
}

/// Why a quote is not what stands at its place; `None` when it is, byte for byte up to white space.
fn altered(quote: &str, slices: &[Option<String>]) -> Option<String> {
    let quote = one_line(quote);
    if quote.is_empty() {
        return Some("an empty quote".to_owned());
    }
    if slices.iter().flatten().any(|slice| *slice == quote || is_whole_words_of(&quote, slice)) {
        return None;
    }
    // The slice that shares most of its words is the one that was meant.
    let said: Vec<&str> = quote.split(' ').collect();
    let meant =
        slices.iter().flatten().max_by_key(|slice| slice.split(' ').filter(|word| said.contains(word)).count())?;
    let meant: Vec<&str> = meant.split(' ').collect();
    let lost = qualifiers(&meant.join(" ")).into_iter().find(|word| !qualifiers(&quote).contains(word));
    let subset = said.iter().filter(|word| meant.iter().any(|known| bare(known) == bare(word))).count();
    if let Some(word) = lost.filter(|_| subset * 10 >= said.len() * 8) {
        return Some(format!("the quote leaves out “{word}”"));
    }
    let added = qualifiers(&quote).into_iter().find(|word| !qualifiers(&meant.join(" ")).contains(word));
    if let Some(word) = added {
        return Some(format!("the quote adds “{word}”"));
    }
    let differ = said.iter().zip(&meant).find(|(a, b)| a != b);
    Some(match differ {
        Some((said, meant)) => format!("the quote has “{said}” where the source has “{meant}”"),
        None => "the quote is not what stands at its place".to_owned(),
    })
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// A shorter quote may stand inside the cited text, but not begin or end in the middle of a word.
fn is_whole_words_of(quote: &str, slice: &str) -> bool {
    slice.match_indices(quote).any(|(at, _)| {
        let before = slice[..at].chars().next_back();
        let after = slice[at + quote.len()..].chars().next();
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_none_or(|c| !c.is_alphanumeric())
    })
}

fn short(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() <= 8 { words.join(" ") } else { format!("{} …", words[..8].join(" ")) }
}
