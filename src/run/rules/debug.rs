//! Stopping: breakpoints, and the rules that decide what is asked.

use std::borrow::Cow;

use crate::run::{
    breakpoint::{BreakId, BreakKind, BreakSpec, Breakpoint, Hit},
    command::{BreakChange, Command, Refusal},
    event::{Event, Fact},
    id::AgentId,
    lang::{Expr, Vocabulary, Watch},
    line::{Line, Look},
    policy::Policy,
    state::{Pace, Run},
};

use super::human;

/// Whether something stops once only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    #[default]
    Always,
    Once,
}

#[must_use]
pub fn set(run: &Run, spec: &BreakSpec, kind: BreakKind, times: Times) -> Vec<Fact> {
    let mut breakpoint = Breakpoint::new(run.next_breakpoint(), spec.clone());
    breakpoint.kind = kind;
    breakpoint.temporary = times == Times::Once;
    vec![Fact::BreakpointSet { breakpoint: Box::new(breakpoint) }]
}

/// # Errors
/// When there is no such breakpoint, or a command on its list cannot be read.
pub fn change(run: &Run, id: BreakId, change: &BreakChange) -> Result<Vec<Fact>, Refusal> {
    let Some(breakpoint) = run.breakpoints.get(&id) else { return Err(Refusal(format!("{id} does not exist"))) };
    let mut breakpoint = breakpoint.clone();
    match change {
        BreakChange::Remove => return Ok(vec![Fact::BreakpointRemoved { id }]),
        BreakChange::Enable => breakpoint.enabled = true,
        BreakChange::Disable => breakpoint.enabled = false,
        BreakChange::Ignore(times) => breakpoint.ignore = *times,
        BreakChange::Commands(lines) => {
            for line in lines {
                Line::parse(line).map_err(|why| Refusal(format!("{line:?}, {}", why.in_line())))?;
            }
            breakpoint.commands.clone_from(lines);
        }
    }
    Ok(vec![Fact::BreakpointSet { breakpoint: Box::new(breakpoint) }])
}

/// Goes on, and stops once.
#[must_use]
pub fn until(run: &Run, spec: &BreakSpec) -> Vec<Fact> {
    let mut facts = set(run, spec, BreakKind::Stop, Times::Once);
    if run.pace != Pace::Running {
        facts.push(Fact::RunResumed);
    }
    facts
}

/// # Errors
/// With everything that is wrong with the rules.
pub fn set_policy(run: &Run, text: &str) -> Result<Vec<Fact>, Refusal> {
    human::while_it_runs(run)?;
    match Policy::parse(text) {
        Ok(_) => Ok(vec![Fact::PolicySet { text: text.to_owned() }]),
        Err(wrong) => Err(Refusal(wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))),
    }
}

/// Puts a rule before all others.
///
/// # Errors
/// With what is wrong with it.
pub fn add_rule(run: &Run, rule: &str) -> Result<Vec<Fact>, Refusal> {
    set_policy(run, &format!("{}\n{}", rule.trim(), run.policy_text))
}

/// Whether whoever brings about what was hit is to be held, alone or with the team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    Yes,
    No,
}

/// The breakpoints that facts match before anybody sees them.
#[must_use]
pub fn matches(run: &Run, facts: &[Fact]) -> Vec<BreakId> {
    let enabled = run.breakpoints.values().filter(|breakpoint| breakpoint.enabled);
    enabled.filter(|breakpoint| breakpoint.spec.matches(run, facts)).map(|breakpoint| breakpoint.id).collect()
}

/// What hits come to: a fact for each, what its commands do one after another, and whom it holds: the team, or its
/// thread alone.
#[must_use]
pub fn hit(run: &Run, ids: &[BreakId], agent: Option<AgentId>, what: &str) -> (Halt, Vec<Fact>) {
    let (mut after, mut halt) = (Unfolding { run: Cow::Borrowed(run), facts: vec![] }, Halt::No);
    for breakpoint in ids.iter().filter_map(|id| run.breakpoints.get(id)) {
        let came = breakpoint.clone().on_match();
        let place = after.facts.len();
        after.add(Fact::BreakpointHit { id: breakpoint.id, agent, what: what.to_owned(), said: vec![] });
        if came == Hit::Ignored {
            continue;
        }
        let (said, goes_on) = carry_out(&mut after, &breakpoint.commands);
        if let Some(Fact::BreakpointHit { said: words, .. }) = after.facts.get_mut(place) {
            *words = said;
        }
        if came == Hit::Stop && !goes_on && after.run.outcome.is_none() {
            halt = Halt::Yes;
            after.halt(breakpoint.spec.thread());
        }
    }
    (halt, after.facts)
}

/// Facts in the making, and the run as it will be: what comes later counts on what came before.
struct Unfolding<'a> {
    run: Cow<'a, Run>,
    facts: Vec<Fact>,
}

impl Unfolding<'_> {
    fn add(&mut self, fact: Fact) {
        let run = self.run.to_mut();
        let event = Event { seq: run.head.next(), at: run.last_at, fact };
        run.apply(&event);
        self.facts.push(event.fact);
    }

    /// Holds one agent, or the team.
    fn halt(&mut self, thread: Option<AgentId>) {
        match thread {
            Some(agent) if self.run.agent(agent).is_some_and(|one| !one.held && !one.state.is_gone()) => {
                self.add(Fact::AgentHeld { agent });
            }
            Some(_) => {}
            None if self.run.pace == Pace::Running => self.add(Fact::PauseAsked),
            None => {}
        }
    }
}

/// Carries out what stands on a list; gives what it printed or was refused, and whether the team goes on.
fn carry_out(after: &mut Unfolding, lines: &[String]) -> (Vec<String>, bool) {
    let (mut said, mut goes_on) = (Vec::new(), false);
    for line in lines {
        match Line::parse(line) {
            Ok(Line::Do(Command::Resume)) => goes_on = true,
            Ok(Line::Do(command)) => match human::carry_out(&after.run, &command) {
                Ok(facts) => facts.into_iter().for_each(|fact| after.add(fact)),
                Err(Refusal(why)) => said.push(format!("{line}: {why}")),
            },
            Ok(Line::Look(Look::Print(expr))) => said.push(format!("{expr} = {}", value(&after.run, &expr))),
            Ok(_) => {}
            Err(why) => said.push(format!("{line}: {}", why.in_line())),
        }
    }
    (said, goes_on)
}

/// The value of an expression over the run, in words.
#[must_use]
pub fn value(run: &Run, expr: &str) -> String {
    match Expr::parse(expr, Vocabulary::Watch) {
        Ok(expr) => expr.value(&Watch::from(run)).map_or_else(|| "undefined".to_owned(), |value| value.to_string()),
        Err(why) => why.in_line(),
    }
}
