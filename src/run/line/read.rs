//! How verbs read what follows them.

use crate::run::{
    breakpoint::{BreakId, BreakKind, BreakSpec},
    call::Role,
    command::{BreakChange, Command, Rerun, Settle},
    cost::{Cap, Scope},
    entry::EntryKind,
    event::Whose,
    gate::{Choice, Then},
    id::{AgentId, DecisionId, Seq, TaskId},
    lang::{Complaint, Expr, Vocabulary},
    rules::debug::Times,
};

use super::{Line, Listing, Look, Moment, Speed, Subject, WhatIf, args::Args};

pub(super) fn act(command: Command) -> Result<Line, Complaint> {
    Ok(Line::Do(command))
}

pub(super) fn look(look: Look) -> Result<Line, Complaint> {
    Ok(Line::Look(look))
}

/// What is left of the line, as an expression over the run.
pub(super) fn expression(args: &mut Args<'_>) -> Result<String, Complaint> {
    let start = args.complaint("an expression is missing");
    let text = args.rest();
    if text.is_empty() {
        return Err(start);
    }
    match Expr::parse(text, Vocabulary::Watch) {
        Ok(_) => Ok(text.to_owned()),
        Err(wrong) => Err(Complaint { column: start.column + wrong.column.saturating_sub(1), ..wrong }),
    }
}

/// What is left of the line, as what to stop at.
pub(super) fn spec(args: &mut Args<'_>) -> Result<BreakSpec, Complaint> {
    let start = args.complaint("what to stop at is missing");
    let text = args.rest();
    if text.is_empty() {
        return Err(start);
    }
    BreakSpec::parse(text).map_err(|wrong| Complaint { column: start.column + wrong.column.saturating_sub(1), ..wrong })
}

pub(super) fn set_break(args: &mut Args<'_>, kind: BreakKind, temporary: Times) -> Result<Line, Complaint> {
    act(Command::Break { spec: Box::new(spec(args)?), kind, temporary })
}

pub(super) fn break_id(args: &mut Args<'_>) -> Result<BreakId, Complaint> {
    args.wanted("a breakpoint such as b1")
}

pub(super) fn change(args: &mut Args<'_>, change: BreakChange) -> Result<Line, Complaint> {
    act(Command::ChangeBreak { id: break_id(args)?, change })
}

pub(super) fn agent(args: &mut Args<'_>) -> Result<AgentId, Complaint> {
    args.wanted("an agent such as a2")
}

pub(super) fn task(args: &mut Args<'_>) -> Result<TaskId, Complaint> {
    args.wanted("a task such as T5")
}

pub(super) fn seq(args: &mut Args<'_>) -> Result<Seq, Complaint> {
    Ok(Seq(args.wanted("an event's number")?))
}

/// A decision's number may be left out: the oldest open one is meant.
pub(super) fn decide(
    args: &mut Args<'_>,
    choice: impl FnOnce(&mut Args<'_>) -> Result<Choice, Complaint>,
) -> Result<Line, Complaint> {
    let decision = args.optional::<DecisionId>();
    let choice = choice(args)?;
    act(match decision {
        Some(decision) => Command::Decide { decision, choice },
        None => Command::DecideOldest { choice },
    })
}

pub(super) fn veto(args: &mut Args<'_>) -> Result<Choice, Complaint> {
    let then = match args.peek() {
        Some("retry") => Then::Retry,
        Some("requeue") => Then::Requeue,
        Some("drop") => Then::Drop,
        _ => return Ok(Choice::Veto { reason: args.wanted_text("a reason")?, then: Then::Retry }),
    };
    args.word();
    Ok(Choice::Veto { reason: args.wanted_text("a reason")?, then })
}

/// Several lines in one: each in quotes, or with `;` between them.
pub(super) fn lines(args: &mut Args<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    while args.peek().is_some_and(|word| word.starts_with('"')) {
        lines.push(args.text());
    }
    lines.extend(args.rest().split(';').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    lines
}

pub(super) fn add_task(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let quoted = args.peek().is_some_and(|word| word.starts_with('"'));
    let mut text = args.wanted_text("the task's text")?;
    let mut deps = Vec::new();
    if args.takes("after") {
        deps = args.list();
    } else if let Some((before, after)) = text.rsplit_once(" after ").filter(|_| !quoted) {
        let named: Option<Vec<TaskId>> = after.split_whitespace().map(|word| word.parse().ok()).collect();
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            deps = named;
            text = before.to_owned();
        }
    }
    act(Command::AddTask { text, deps })
}

pub(super) fn note(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let kind = match () {
        () if args.takes("FAIL") => EntryKind::Fail,
        () => {
            args.takes("FACT");
            EntryKind::Fact
        }
    };
    act(Command::AddNote { kind, text: args.wanted_text("the note")? })
}

pub(super) fn recall(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let label = args.wanted_label()?;
    let tasks = args.list();
    let rerun = match () {
        () if !tasks.is_empty() => Rerun::These(tasks),
        () if args.takes("nothing") => Rerun::Nothing,
        () => {
            args.takes("all");
            Rerun::All
        }
    };
    act(Command::Recall { label, reason: args.wanted_text("the reason")?, rerun })
}

pub(super) fn settle(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let (first, second) = (args.wanted_label()?, args.wanted_label()?);
    let here = args.complaint("first, second, both or examine is expected");
    let how = match args.word() {
        Some("first") => Settle::First(args.wanted_text("the reason")?),
        Some("second") => Settle::Second(args.wanted_text("the reason")?),
        Some("both") => Settle::Both(args.wanted_text("in what scope each holds")?),
        Some("examine") => Settle::Examine(match args.text() {
            text if text.is_empty() => format!("Which of {first} and {second} holds, and in what scope?"),
            text => text,
        }),
        _ => return Err(here),
    };
    act(Command::Settle { first, second, how })
}

pub(super) fn set_model(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let whose = match (args.optional::<AgentId>(), args.optional::<Role>()) {
        (Some(agent), _) => Whose::Agent(agent),
        (None, Some(role)) => Whose::Role(role),
        (None, None) => Whose::Everybody,
    };
    let model = if args.takes("default") { None } else { Some(args.wanted_text("a model such as openai/gpt-5-mini")?) };
    act(Command::SetModel { whose, model })
}

pub(super) fn what_if(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let decision: DecisionId = args.wanted("a decision such as #2")?;
    let here = args.complaint("approve, veto or edit is expected");
    let verb = args.word();
    let mut text = args.text();
    let tail = args.rest();
    if !tail.is_empty() {
        text = format!("{text} {tail}");
    }
    let mut what = WhatIf { decision, choice: Choice::Approve, samples: 1, cap: Cap::default() };
    // What stands behind the answer is read from the end, so that a reason needs no quotes.
    while let Some(word) = text.split_whitespace().next_back() {
        match (word.strip_prefix('$').map(str::parse), word.strip_prefix('x').map(str::parse)) {
            (Some(Ok(usd)), _) => what.cap.usd = Some(usd),
            (_, Some(Ok(samples))) => what.samples = samples,
            _ => break,
        }
        text.truncate(text.trim_end().len() - word.len());
    }
    let text = text.trim().to_owned();
    what.choice = match verb {
        Some("approve" | "y") if text.is_empty() => Choice::Approve,
        Some("veto" | "d") if !text.is_empty() => Choice::Veto { reason: text, then: Then::Retry },
        Some("edit" | "e") if !text.is_empty() => Choice::Edit { text },
        _ => return Err(here),
    };
    let sound = (1..=16).contains(&what.samples) && what.cap.usd.is_none_or(|usd| usd.is_finite() && usd >= 0.0);
    if sound {
        look(Look::WhatIf(what))
    } else {
        Err(args.complaint("1 to 16 forks and a cap such as $0.10 are expected"))
    }
}

pub(super) fn speed(args: &mut Args<'_>) -> Result<Speed, Complaint> {
    let here = args.complaint("1x, 4x, 16x or max is expected");
    match args.word() {
        None => Ok(Speed::Times(1)),
        Some("max") => Ok(Speed::Max),
        Some(word) => match word.strip_suffix('x').unwrap_or(word).parse().ok() {
            Some(times @ 1..=1000) => Ok(Speed::Times(times)),
            _ => Err(here),
        },
    }
}

pub(super) fn set_cap(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let scope = match (args.optional::<AgentId>(), args.optional::<TaskId>()) {
        (Some(agent), _) => Scope::Agent(agent),
        (None, Some(task)) => Scope::Task(task),
        (None, None) => Scope::Run,
    };
    let cap = if args.takes("none") { Cap::default() } else { cap(args)? };
    act(Command::SetCap { scope, cap })
}

/// `$1.50`, `200k`, or both.
pub(super) fn cap(args: &mut Args<'_>) -> Result<Cap, Complaint> {
    let here = args.complaint("a cap such as $1.50 or 200k tokens is expected");
    let mut cap = Cap::default();
    while let Some(word) = args.peek() {
        match word.strip_prefix('$') {
            Some(dollars) => cap.usd = Some(dollars.parse().map_err(|_| here.clone())?),
            None if word == "tokens" || word == "and" => {}
            None => cap.tokens = Some(tokens(word).ok_or_else(|| here.clone())?),
        }
        args.word();
    }
    let sound = !cap.is_none() && cap.usd.is_none_or(|usd| usd.is_finite() && usd >= 0.0);
    if sound { Ok(cap) } else { Err(here) }
}

pub(super) fn tokens(word: &str) -> Option<u64> {
    let (digits, times) = match word.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1e3),
        None => word.strip_suffix(['m', 'M']).map_or((word, 1.0), |digits| (digits, 1e6)),
    };
    let value: f64 = digits.parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some((value * times) as u64)
}

pub(super) fn subject(args: &mut Args<'_>) -> Result<Subject, Complaint> {
    if let Some(label) = args.label() {
        return Ok(Subject::Entry(label));
    }
    if let Some(task) = args.optional() {
        return Ok(Subject::Task(task));
    }
    Ok(Subject::Answer(args.wanted("a label, a task or the number of a line of the answer")?))
}

pub(super) fn moment(args: &mut Args<'_>) -> Result<Moment, Complaint> {
    if let Some(label) = args.label() {
        return Ok(Moment::Entry(label));
    }
    if let Some(task) = args.optional() {
        return Ok(Moment::Task(task));
    }
    let here = args.complaint("an event's number, a label, a task or a time such as 01:30 is expected");
    let word = args.word().ok_or_else(|| here.clone())?;
    if let Ok(seq) = word.parse() {
        return Ok(Moment::Seq(Seq(seq)));
    }
    time(word).map(Moment::Time).ok_or(here)
}

/// `mm:ss` or `hh:mm:ss` after the start, in milliseconds.
pub(super) fn time(word: &str) -> Option<i64> {
    let parts = word.split(':').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>()?;
    match parts[..] {
        [m, s] => Some(i64::from(m) * 60_000 + i64::from(s) * 1000),
        [h, m, s] => Some((i64::from(h) * 60 + i64::from(m)) * 60_000 + i64::from(s) * 1000),
        _ => None,
    }
}

pub(super) fn info(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let here =
        args.complaint("breakpoints, watches, decisions, tasks, entries, agents, rules or contradictions is expected");
    look(Look::List(match args.word() {
        Some("breakpoints" | "b") => Listing::Breakpoints,
        Some("watches" | "w") => Listing::Watches,
        Some("decisions") => Listing::Decisions,
        Some("tasks" | "queue") => Listing::Tasks,
        Some("entries" | "context") => Listing::Entries,
        Some("agents") => Listing::Agents,
        Some("rules") => Listing::Rules,
        Some("contradictions") => Listing::Contradictions,
        _ => return Err(here),
    }))
}
