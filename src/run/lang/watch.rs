//! What names stand for over a run as it stands.

use regex::RegexBuilder;

use crate::run::{
    agent::AgentState,
    call::{CallKind, Role},
    cost::{Scope, Usage},
    entry::EntryKind,
    event::Outcome,
    label::{Author, Label},
    state::Run,
};

use super::{
    ast::{Literal, Name},
    eval::Values,
    value::{self, Value},
    vocabulary,
};

/// A run as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    pub run: &'a Run,
}

impl<'a> From<&'a Run> for Watch<'a> {
    fn from(run: &'a Run) -> Self {
        Watch { run }
    }
}

impl Values for Watch<'_> {
    /// Constant time but for `entries`, `entries.by` and `text("…")`, which look at each entry.
    fn value(&self, name: &Name) -> Option<Value> {
        let Watch { run, .. } = *self;
        let field = name.path.get(1).map(String::as_str);
        let number = |number: f64| Some(Value::Number(number));
        let count = |count: usize| number(count as f64);
        match (name.path.first()?.as_str(), &name.argument) {
            ("readers", Some(Literal::Label(label))) => self.readers_of(*label),
            ("text", Some(Literal::Text(text))) => count(self.entries_with(text)),
            ("entries", _) => match (field, name.path.get(2)) {
                (Some("by"), Some(author)) => {
                    let author = value::author(author)?;
                    count(run.context.entries().filter(|entry| entry.label.author == author).count())
                }
                (Some(kind), _) => count(run.entries_of(entry_kind(kind)?).count()),
                (None, _) => count(run.context.len()),
            },
            ("cost", _) => number(self.used(field)?.usd?),
            ("tokens", _) => number(self.used(field)?.tokens() as f64),
            ("queue", _) => count(self.queued(field)?),
            ("context", _) => match field {
                Some("tokens") => number(run.context.tokens() as f64),
                _ => count(run.context.len()),
            },
            ("agents", _) => count(self.agents(field)?),
            ("decisions", _) => count(run.decisions.len()),
            ("rejections", _) => number(f64::from(run.rejections)),
            ("vetoes", _) => number(f64::from(run.vetoes)),
            ("redundant", _) => number(f64::from(run.redundant)),
            ("calls", _) => number(run.calls as f64),
            ("elapsed", _) => number((run.last_at - run.started_at).max(0) as f64 / 1e3),
            ("seq", _) => number(run.head.0 as f64),
            ("outcome", _) => run.outcome.as_ref().map(|outcome| {
                Value::word(match outcome {
                    Outcome::Answered => "answered",
                    Outcome::Unanswered(_) => "unanswered",
                    Outcome::OverBudget(_) => "over-budget",
                })
            }),
            ("answer", _) => run.answer.as_ref().map(|answer| Value::Text(answer.text.clone())),
            _ => None,
        }
    }
}

impl Watch<'_> {
    fn readers_of(&self, label: Label) -> Option<Value> {
        let agents = self.run.agents_that_read(label);
        Some(Value::Many(agents.into_iter().map(Value::word).collect()))
    }

    fn entries_with(&self, text: &str) -> usize {
        // A pattern of plain letters is searched for faster than texts are turned into lower case.
        let Ok(pattern) = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build() else { return 0 };
        let has = |part: &str| pattern.is_match(part);
        self.run.context.entries().filter(|entry| has(&entry.gist) || has(&entry.subtask)).count()
    }

    /// What the run, an agent, a task, a role or a kind of call has used; a role goes before a kind of the same name.
    fn used(&self, field: Option<&str>) -> Option<Usage> {
        let run = self.run;
        let of = |is: &dyn Fn(CallKind) -> bool| {
            run.usage_of.iter().filter(|(kind, _)| is(**kind)).fold(Usage::NONE, |mut sum, (_, usage)| {
                sum += *usage;
                sum
            })
        };
        let Some(field) = field.filter(|field| *field != "run") else { return Some(run.usage) };
        if let Some(agent) = value::agent(field) {
            return run.agent(agent).map(|agent| run.used(Scope::Agent(agent.id)));
        }
        if let Some(task) = value::task(field) {
            return run.task(task).map(|task| task.usage());
        }
        if let Some(role) = Role::ALL.into_iter().find(|role| role.name() == field) {
            return Some(of(&|kind| kind.role() == role));
        }
        let wanted = vocabulary::call(field)?;
        Some(of(&|kind| kind == wanted))
    }

    fn queued(&self, field: Option<&str>) -> Option<usize> {
        let counts = self.run.counts;
        Some(match field {
            None | Some("total") => counts.total(),
            Some("ready") => counts.ready,
            Some("blocked") => counts.blocked,
            Some("running") => counts.running,
            Some("checking") => counts.checking,
            Some("done") => counts.done,
            Some("failed") => counts.failed,
            Some("dropped") => counts.dropped,
            Some(_) => return None,
        })
    }

    fn agents(&self, field: Option<&str>) -> Option<usize> {
        let count = |is: &dyn Fn(&AgentState) -> bool| self.run.agents.iter().filter(|agent| is(&agent.state)).count();
        Some(match field {
            None => self.run.agents.len(),
            Some("idle") => count(&|state| matches!(state, AgentState::Idle)),
            Some("asking") => count(&|state| matches!(state, AgentState::Asking(_))),
            Some("failed") => count(&|state| state.is_gone()),
            Some("working") => count(&|state| {
                matches!(state, AgentState::Working(_) | AgentState::Planning(_) | AgentState::Finalizing)
            }),
            Some(_) => return None,
        })
    }
}

fn entry_kind(word: &str) -> Option<EntryKind> {
    match word {
        "document" => Some(EntryKind::Document),
        "fact" => Some(EntryKind::Fact),
        "fail" => Some(EntryKind::Fail),
        "done" => Some(EntryKind::Done),
        _ => None,
    }
}

/// The word for an author.
pub(super) fn author_word(author: Author) -> Value {
    Value::word(author)
}
