//! What a line that is being typed can go on with: verbs, and what their forms name as far as the run knows it.
//!
//! It only proposes. Reading a line is `run::line`'s work.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    ops::Range,
};

use crate::run::{
    Choice, DecisionId, Label, Role, Run,
    breakpoint::completions as of_spec,
    lang::{self, Completion, Vocabulary},
    line::{VERBS, Verb, complete},
    policy::completions as of_rule,
};

/// Ways to go on that are proposed at most: nobody reads more, and a run may know a million.
pub const MOST: usize = 200;

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub text: String,
    /// What it is; empty where the text says it.
    pub what: String,
    /// The bytes of the typed line that it takes the place of; they reach to its end.
    pub replaces: Range<usize>,
}

/// What a run offers for the words of a form.
pub struct Known<'a> {
    pub run: &'a Run,
    /// Decisions that were taken, and how, in the order of the log.
    pub answered: &'a [(DecisionId, Choice)],
    /// Expressions that are watched.
    pub watches: &'a [String],
}

/// The verb that a line begins with, once a blank ends its name.
#[must_use]
pub fn verb_of(typed: &str) -> Option<&'static Verb> {
    let word = typed.split_whitespace().next()?;
    let ended = typed.trim_start().len() > word.len();
    if ended { complete(typed).first().copied() } else { None }
}

/// How a verb is typed: its name and what follows it.
#[must_use]
pub fn usage(verb: &Verb) -> String {
    format!("{} {}", verb.names[0], verb.form).trim_end().to_owned()
}

/// What can follow `typed`, the line up to the cursor.
#[must_use]
pub fn candidates(typed: &str, known: &Known) -> Vec<Candidate> {
    let start = typed.len() - typed.trim_start().len();
    match verb_of(typed) {
        Some(verb) => {
            let name = typed[start..].split_whitespace().next().map_or(0, str::len);
            arguments(verb, typed, start + name, known)
        }
        None if typed[start..].contains(char::is_whitespace) => vec![],
        None => {
            let word = &typed[start..];
            let mut found = complete(word);
            // A second name counts less than the beginning of a first one, unless it is the whole word.
            found.sort_by_key(|verb| (!verb.names.contains(&word), !verb.names[0].starts_with(word)));
            let candidate = |verb: &&Verb| Candidate {
                text: verb.names[0].to_owned(),
                what: verb.help.to_owned(),
                replaces: start..typed.len(),
            };
            found.iter().map(candidate).collect()
        }
    }
}

/// Words of a form that stand in one place, and how often.
struct Group<'a> {
    words: Vec<&'a str>,
    is_optional: bool,
    is_repeated: bool,
}

impl Group<'_> {
    fn is_text(&self) -> bool {
        self.words.iter().any(|word| is_free(word))
    }
}

fn groups(form: &str) -> Vec<Group<'_>> {
    let mut found: Vec<Group> = Vec::new();
    let mut joins = false;
    for token in form.split_whitespace() {
        if token == "|" {
            joins = true;
            continue;
        }
        let bare = token.trim_matches(|c| "[]\";…".contains(c));
        let words = bare.split('|').map(|word| word.trim_matches('…'));
        let repeated = token.contains('…');
        match found.last_mut().filter(|_| std::mem::take(&mut joins)) {
            Some(last) => last.words.extend(words),
            None => {
                found.push(Group { words: words.collect(), is_optional: token.starts_with('['), is_repeated: repeated })
            }
        }
    }
    found
}

/// A word of a form that stands for anything: nothing can be proposed for it.
fn is_free(word: &str) -> bool {
    let known = [
        "AGENT",
        "TASK",
        "LABEL",
        "LINE",
        "DECISION",
        "ANSWERED",
        "BREAKPOINT",
        "ROLE",
        "VERB",
        "WHAT",
        "FACT",
        "FAIL",
    ];
    word.contains(char::is_uppercase) && !known.contains(&word)
}

/// A value that a word of a form can have, and what it is.
type Value<'a> = (String, Cow<'a, str>);

/// What a word of a form can be, of that what begins with `start`. There may be as many as there are entries: they are
/// made as they are asked for.
fn values<'a>(word: &'a str, start: &'a str, known: &Known<'a>) -> Box<dyn Iterator<Item = Value<'a>> + 'a> {
    let run = known.run;
    match word {
        "AGENT" => beginning(start, run.agents.iter(), |agent| agent.id, |_| "".into()),
        "TASK" => beginning(start, run.tasks.iter(), |task| task.id, |task| task.text.as_str().into()),
        "LABEL" => {
            // What was found is asked for more often than what was read.
            let found = run.context.entries().rev().filter(|entry| !entry.label.is_unit());
            let read = run.context.entries().filter(|entry| entry.label.is_unit());
            beginning(start, found.chain(read), |entry| entry.label, |entry| entry.gist.as_str().into())
        }
        "LINE" => {
            let lines = run.answer.iter().flat_map(|answer| answer.text.lines());
            beginning(start, (1..).zip(lines), |(number, _): &(usize, &str)| *number, |(_, line)| line.into())
        }
        "DECISION" => beginning(start, run.inbox(), |open| open.id, |open| super::words::proposal(open, run)),
        "ANSWERED" => {
            beginning(start, known.answered.iter().rev(), |(id, _)| *id, |(_, choice)| choice.to_string().into())
        }
        "BREAKPOINT" => beginning(start, run.breakpoints.values(), |one| one.id, |one| one.spec.to_string().into()),
        "ROLE" => beginning(start, Role::ALL.iter(), |role| role.name(), |_| "".into()),
        "VERB" => beginning(start, VERBS.iter(), |verb| verb.names[0], |verb| verb.help.into()),
        "WHAT" => {
            let lists =
                ["breakpoints", "watches", "decisions", "tasks", "entries", "agents", "rules", "contradictions"];
            beginning(start, lists.into_iter(), |list| *list, |_| "".into())
        }
        word if is_free(word) => Box::new(std::iter::empty()),
        word => beginning(start, std::iter::once(word), |word| *word, |_| "".into()),
    }
}

/// Those whose name begins with `start`. The names of the others are not even written down: a key may ask for those of
/// every entry.
fn beginning<'a, T, N: fmt::Display>(
    start: &'a str,
    all: impl Iterator<Item = T> + 'a,
    name: impl Fn(&T) -> N + 'a,
    what: impl Fn(T) -> Cow<'a, str> + 'a,
) -> Box<dyn Iterator<Item = Value<'a>> + 'a> {
    Box::new(all.filter_map(move |one| {
        let name = name(&one);
        begins(&name, start).then(|| (name.to_string(), what(one)))
    }))
}

/// Whether what is written out begins with a text; writing ends where it is known.
fn begins(written: &impl fmt::Display, start: &str) -> bool {
    /// What is still to come.
    struct Rest<'a>(&'a str);

    impl fmt::Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            let same = part.len().min(self.0.len());
            self.0 = self.0.strip_prefix(part.get(..same).ok_or(fmt::Error)?).ok_or(fmt::Error)?;
            if self.0.is_empty() { Err(fmt::Error) } else { Ok(()) }
        }
    }

    let mut rest = Rest(start);
    // An error only says that no more need be written.
    let _ = write!(rest, "{written}");
    rest.0.is_empty()
}

fn arguments(verb: &Verb, typed: &str, name_end: usize, known: &Known) -> Vec<Candidate> {
    let rest = &typed[name_end..];
    let rest_at = typed.len() - rest.trim_start().len();
    let rest = rest.trim_start();
    let watched = |word: &str| known.watches.iter().filter(|expr| expr.starts_with(word)).cloned().collect::<Vec<_>>();
    match verb.form {
        "SPEC" => return of_language(of_spec(rest), typed),
        "RULE" => return of_language(of_rule(rest), typed),
        "RULE; RULE…" => return of_language(of_rule(rest.rsplit(';').next().unwrap_or(rest).trim_start()), typed),
        "EXPR" if verb.names[0] == "unwatch" => {
            let candidate =
                |text: String| Candidate { text, what: "watched".to_owned(), replaces: rest_at..typed.len() };
            return watched(rest).into_iter().map(candidate).collect();
        }
        "EXPR" => return of_language(lang::complete(rest, Vocabulary::Watch), typed),
        _ => {}
    }
    // What is asked of the past is not asked of what is open.
    let form =
        if verb.names[0] == "whatif" { verb.form.replacen("DECISION", "ANSWERED", 1) } else { verb.form.to_owned() };
    let groups = groups(&form);
    let (whole, partial_at) = tokens(typed, rest_at);
    let is = |word: &str, token: &str| values(word, token, known).any(|(value, _)| value == token);
    let mut at = 0;
    for token in &whole {
        let found = (at..groups.len()).find(|at| groups[*at].words.iter().any(|word| is(word, token)));
        if let Some(found) = found {
            let group = &groups[found];
            // Several things of a kind may follow each other; a word that stands for itself stands alone.
            let again = group.is_repeated && !group.words.contains(token);
            at = if again { found } else { found + 1 };
        }
    }
    let partial = &typed[partial_at..];
    let mut candidates = Vec::new();
    let mut after_text = false;
    for group in groups.iter().skip(at) {
        let fits = |(text, _): &(String, Cow<str>)| {
            let new = !whole.contains(&text.as_str()) || !group.is_repeated;
            new && text != partial && !(after_text && partial.is_empty())
        };
        let found = group.words.iter().flat_map(|word| values(word, partial, known)).filter(fits);
        let candidate = |(text, what): (String, Cow<str>)| Candidate {
            text,
            what: what.into_owned(),
            replaces: partial_at..typed.len(),
        };
        candidates.extend(found.take(MOST - candidates.len().min(MOST)).map(candidate));
        after_text |= group.is_text();
        let literal = group.words.iter().all(|word| !word.contains(char::is_uppercase));
        if !group.is_optional && !literal && !group.is_text() {
            break;
        }
    }
    candidates
}

/// The whole words from a place on, labels as one, and where the word that is being typed begins.
fn tokens(typed: &str, from: usize) -> (Vec<&str>, usize) {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut at = from;
    for word in typed[from..].split_inclusive(char::is_whitespace) {
        let end = at + word.trim_end().len();
        if end > at {
            words.push(at..end);
        }
        at += word.len();
    }
    let ended = typed.ends_with(char::is_whitespace);
    let mut whole: Vec<&str> = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let two = words.get(i + 1).map(|next| words[i].start..next.end);
        let is_label = |span: &Range<usize>| typed[span.clone()].parse::<Label>().is_ok();
        // A label whose second half is still being typed is one word too.
        let half = |span: &Range<usize>| {
            let word = &typed[span.clone()];
            word == "H" || word.strip_prefix('W').is_some_and(|n| !n.is_empty() && n.parse::<u16>().is_ok())
        };
        match two {
            Some(two) if is_label(&two) && (i + 2 < words.len() || ended) => {
                whole.push(&typed[two]);
                i += 2;
            }
            Some(two) if half(&words[i]) && i + 2 == words.len() && !ended => return (whole, two.start),
            None if half(&words[i]) && ended => return (whole, words[i].start),
            None if !ended => return (whole, words[i].start),
            _ => {
                whole.push(&typed[words[i].clone()]);
                i += 1;
            }
        }
    }
    (whole, typed.len())
}

/// What the language proposes in place of the word that is being typed.
fn of_language(found: Vec<Completion>, typed: &str) -> Vec<Candidate> {
    let word = typed.rfind(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').map_or(0, |at| {
        let char = typed[at..].chars().next().map_or(1, char::len_utf8);
        at + char
    });
    let partial = typed[word..].to_lowercase();
    let candidate = |completion: Completion| {
        let start = if completion.text.to_lowercase().starts_with(&partial) { word } else { typed.len() };
        Candidate { text: completion.text, what: completion.what.to_owned(), replaces: start..typed.len() }
    };
    found.into_iter().map(candidate).filter(|candidate| candidate.text != typed[candidate.replaces.clone()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Fact;
    use crate::tui::fixture::Story;

    fn after(typed: &str) -> Vec<String> {
        let story = Story::working(140, 40);
        let watches = ["entries.fail".to_owned()];
        let known = Known { run: story.timeline.head(), answered: &story.ui.answered, watches: &watches };
        candidates(typed, &known)
            .into_iter()
            .map(|found| format!("{}{}", &typed[..found.replaces.start], found.text))
            .collect()
    }

    #[test]
    fn every_verb_is_completed_by_each_of_its_names() {
        for verb in VERBS {
            for name in verb.names {
                let found = after(name);
                assert_eq!(found.first().map(String::as_str), Some(verb.names[0]), "{name}");
            }
        }
    }

    #[test]
    fn what_the_run_knows_is_proposed_where_its_kind_belongs() {
        assert_eq!(after("stepi "), ["stepi a1", "stepi a2", "stepi a3", "stepi a4"]);
        assert_eq!(after("drop T6"), [] as [&str; 0]);
        assert_eq!(after("before T"), ["T1", "T2", "T3", "T4", "T5", "T6"].map(|task| format!("before {task}")));
        assert_eq!(after("recall "), ["W1 S1", "W0 S1", "W0 S2"].map(|label| format!("recall {label}")));
        assert_eq!(after("recall W0 "), ["recall W0 S1", "recall W0 S2"]);
        assert_eq!(after("recall W1 S1 no"), ["recall W1 S1 nothing"]);
        assert_eq!(after("recall W1 S1 all "), [] as [&str; 0]);
        assert_eq!(
            after("recall W1 S1 T1 T"),
            ["T2", "T3", "T4", "T5", "T6"].map(|task| format!("recall W1 S1 T1 {task}"))
        );
        assert_eq!(after("settle W1 S1 W0 S1 b"), ["settle W1 S1 W0 S1 both"]);
        assert_eq!(after("approve "), ["approve #1", "approve #2"]);
        assert_eq!(after("veto #1 re"), ["veto #1 retry", "veto #1 requeue"]);
        assert_eq!(after("model ver"), ["model verify"]);
        assert_eq!(after("info con"), ["info contradictions"]);
        assert_eq!(after("assign T1 any"), ["assign T1 anybody"]);
        assert_eq!(after("task look again af"), ["task look again after"]);
    }

    #[test]
    fn a_name_begins_with_what_was_typed_wherever_its_parts_are_written() {
        let label = Label::unit(12).with_part(3);
        for start in ["", "W", "W0 ", "W0 S1", "W0 S12.3"] {
            assert!(begins(&label, start), "{start:?}");
        }
        for start in ["w", "W1", "W0 S2", "W0 S12.34", "Wä"] {
            assert!(!begins(&label, start), "{start:?}");
        }
        assert!(begins(&"", "") && !begins(&"", "a") && !begins(&"aé", "aa"));
    }

    #[test]
    fn what_if_is_asked_of_decisions_that_were_taken_and_says_how() {
        assert_eq!(after("whatif #"), [] as [&str; 0]);
        let mut story = Story::working(140, 40);
        story.decided(DecisionId(1));
        let choice = Choice::Veto { reason: "too broad".to_owned(), then: crate::run::Then::Drop };
        story.fact(Fact::GateDecided { decision: DecisionId(2), choice, rule: None });
        let known = Known { run: story.timeline.head(), answered: &story.ui.answered, watches: &[] };
        let found = candidates("whatif ", &known);
        let said: Vec<_> = found.iter().map(|found| (found.text.as_str(), found.what.as_str())).collect();
        assert_eq!(said, [("#2", "vetoed (drop): too broad"), ("#1", "approved")]);
        assert_eq!(candidates("whatif #1 ap", &known)[0].text, "approve");
    }

    #[test]
    fn expressions_specs_and_rules_are_completed_by_their_language() {
        assert!(after("watch ent").contains(&"watch entries".to_owned()));
        assert!(
            after("print entries.fa").iter().all(|line| line == "print entries.fact" || line == "print entries.fail")
        );
        assert!(after("break wri").contains(&"break write".to_owned()));
        assert!(after("rule ask wr").contains(&"rule ask write".to_owned()));
        assert_eq!(after("unwatch e"), ["unwatch entries.fail"]);
    }
}
