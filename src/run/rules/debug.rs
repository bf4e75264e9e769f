//! Stopping: breakpoints, and the rules that decide what is asked.

use crate::run::{
    breakpoint::{BreakId, BreakKind, BreakSpec, Breakpoint, Hit},
    command::{BreakChange, Command, Refusal},
    event::Fact,
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

/// Whether the team is to be held.
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

/// What hits come to: a fact for each, what its commands do, and whether the team is held.
#[must_use]
pub fn hit(run: &Run, ids: &[BreakId], agent: Option<AgentId>, what: &str) -> (Halt, Vec<Fact>) {
    let (mut facts, mut halt) = (Vec::new(), Halt::No);
    for breakpoint in ids.iter().filter_map(|id| run.breakpoints.get(id)) {
        let came = breakpoint.clone().on_match();
        let (mut said, mut done, mut goes_on) = (Vec::new(), Vec::new(), false);
        if came != Hit::Ignored {
            for line in &breakpoint.commands {
                match Line::parse(line) {
                    Ok(Line::Do(Command::Resume)) => goes_on = true,
                    Ok(Line::Do(command)) => match human::carry_out(run, &command) {
                        Ok(facts) => done.extend(facts),
                        Err(Refusal(why)) => said.push(format!("{line}: {why}")),
                    },
                    Ok(Line::Look(Look::Print(expr))) => said.push(format!("{expr} = {}", value(run, &expr))),
                    Ok(_) => {}
                    Err(why) => said.push(format!("{line}: {}", why.in_line())),
                }
            }
        }
        if came == Hit::Stop && !goes_on {
            halt = Halt::Yes;
        }
        facts.push(Fact::BreakpointHit { id: breakpoint.id, agent, what: what.to_owned(), said });
        facts.extend(done);
    }
    if halt == Halt::Yes && run.pace == Pace::Running {
        facts.push(Fact::PauseAsked);
    }
    (halt, facts)
}

/// The value of an expression over the run, in words.
#[must_use]
pub fn value(run: &Run, expr: &str) -> String {
    match Expr::parse(expr, Vocabulary::Watch) {
        Ok(expr) => expr.value(&Watch::from(run)).map_or_else(|| "undefined".to_owned(), |value| value.to_string()),
        Err(why) => why.in_line(),
    }
}
