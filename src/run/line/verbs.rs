//! The table of verbs, and how each reads its line.

use crate::run::{
    breakpoint::{BreakId, BreakKind, BreakSpec},
    command::{BreakChange, Command, Rerun},
    cost::{Cap, Scope},
    entry::EntryKind,
    gate::{Choice, Then},
    id::{AgentId, DecisionId, Seq, TaskId},
    lang::Complaint,
    rules::debug::Times,
};

use super::{Back, Line, Listing, Look, Moment, Subject, args::Args};

type Read = fn(&mut Args<'_>) -> Result<Line, Complaint>;

/// One row of the table.
pub struct Verb {
    /// The first is the one that help names.
    pub names: &'static [&'static str],
    /// What follows it.
    pub form: &'static str,
    pub help: &'static str,
    pub example: &'static str,
    read: Read,
}

const fn verb(
    names: &'static [&'static str],
    form: &'static str,
    help: &'static str,
    example: &'static str,
    read: Read,
) -> Verb {
    Verb { names, form, help, example, read }
}

/// Everything that can be typed.
pub static VERBS: &[Verb] = &[
    // Pace.
    verb(&["pause"], "", "hold every agent at its next checkpoint", "pause", |_| act(Command::Pause)),
    verb(&["continue", "c", "resume"], "", "let the team go on", "continue", |_| act(Command::Resume)),
    verb(&["step", "n"], "", "let one agent pass one checkpoint", "step", |_| act(Command::Step { agent: None })),
    verb(&["stepi", "s"], "AGENT", "let this agent pass one checkpoint", "stepi a2", |args| {
        act(Command::Step { agent: Some(args.wanted("an agent such as a2")?) })
    }),
    verb(&["until", "u"], "SPEC", "go on and stop once at a breakpoint like this", "until write a1", |args| {
        act(Command::Until { spec: Box::new(spec(args)?) })
    }),
    verb(&["stop"], "", "end this session; the run stays resumable", "stop", |_| act(Command::Stop)),
    verb(&["finish"], "", "begin no further task and write the answer", "finish", |_| act(Command::Finish)),
    // Stopping.
    verb(&["break", "b"], "SPEC", "stop the run before this happens", "break write if contradicts", |args| {
        set_break(args, BreakKind::Stop, Times::Always)
    }),
    verb(&["tbreak", "tb"], "SPEC", "stop there once", "tbreak claim ~ \"lamp\"", |args| {
        set_break(args, BreakKind::Stop, Times::Once)
    }),
    verb(&["trace"], "SPEC", "only say that it happens", "trace call verify if fails", |args| {
        set_break(args, BreakKind::Trace, Times::Always)
    }),
    verb(&["delete"], "BREAKPOINT", "remove a breakpoint", "delete b1", |args| change(args, BreakChange::Remove)),
    verb(&["enable"], "BREAKPOINT", "let a breakpoint stop again", "enable b1", |args| {
        change(args, BreakChange::Enable)
    }),
    verb(&["disable"], "BREAKPOINT", "let a breakpoint pass for now", "disable b1", |args| {
        change(args, BreakChange::Disable)
    }),
    verb(&["ignore"], "BREAKPOINT COUNT", "pass over so many matches", "ignore b1 3", |args| {
        let id = break_id(args)?;
        act(Command::ChangeBreak { id, change: BreakChange::Ignore(args.wanted("a count")?) })
    }),
    verb(
        &["commands"],
        "BREAKPOINT [COMMAND; COMMAND…]",
        "what is carried out when it is hit",
        "commands b1 print cost; continue",
        |args| {
            let id = break_id(args)?;
            let text = args.text();
            let lines = text.split(';').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
            act(Command::ChangeBreak { id, change: BreakChange::Commands(lines.collect()) })
        },
    ),
    verb(
        &["rules"],
        "RULE; RULE…",
        "who decides at a checkpoint, first match first",
        "rules ask write if doubts",
        |args| {
            let text = args.text().replace(';', "\n");
            act(Command::SetPolicy { text })
        },
    ),
    // Decisions.
    verb(&["approve", "y"], "[DECISION]", "let it through as it is", "approve #1", |args| {
        decide(args, |_| Ok(Choice::Approve))
    }),
    verb(
        &["edit", "e"],
        "[DECISION] TEXT",
        "let it through in these words",
        "edit #1 The lamp was lit in 1871.",
        |args| decide(args, |args| Ok(Choice::Edit { text: args.wanted_text("the text")? })),
    ),
    verb(
        &["veto", "d"],
        "[DECISION] [retry|requeue|drop] REASON",
        "turn it down; the reason is read by whoever tries next",
        "veto #1 retry the quote says 1871",
        |args| decide(args, veto),
    ),
    verb(&["raise"], "[DECISION] CAP", "go on under this cap", "raise #1 $2.50", |args| {
        decide(args, |args| Ok(Choice::Raise { cap: cap(args)? }))
    }),
    verb(&["enough"], "[DECISION]", "go no further than a cap allows", "enough #1", |args| {
        decide(args, |_| Ok(Choice::Finish))
    }),
    // Steering.
    verb(&["task", "t"], "TEXT [after TASK…]", "queue a task", "task \"Who built it?\" after T1", add_task),
    verb(&["note"], "[FACT|FAIL] TEXT", "put this into the shared context", "note FACT The lamp burns colza.", note),
    verb(&["tell"], "AGENT TEXT", "one agent reads this before its next thought", "tell a2 look at part 3", |args| {
        let agent: AgentId = args.wanted("an agent such as a2")?;
        act(Command::Tell { agent, text: args.wanted_text("the message")? })
    }),
    verb(&["drop"], "TASK [REASON]", "nobody does this task", "drop T3 not needed", |args| {
        act(Command::DropTask { task: task(args)?, reason: args.text() })
    }),
    verb(&["reword"], "TASK TEXT", "change a task that nobody has claimed", "reword T3 Who lit it first?", |args| {
        act(Command::EditTask { task: task(args)?, text: args.wanted_text("the text")? })
    }),
    verb(&["after"], "TASK TASK… | none", "what a task waits for", "after T3 T1 T2", |args| {
        let task = task(args)?;
        let deps = if args.takes("none") { vec![] } else { args.list() };
        act(Command::SetDeps { task, deps })
    }),
    verb(&["before"], "TASK TASK | last", "when a task is claimed", "before T3 T1", |args| {
        let id = task(args)?;
        let before = if args.takes("last") { None } else { Some(task(args)?) };
        act(Command::MoveTask { task: id, before })
    }),
    verb(&["assign"], "TASK AGENT | anybody", "who may claim a task", "assign T3 a2", |args| {
        let task = task(args)?;
        let agent = if args.takes("anybody") { None } else { Some(args.wanted("an agent such as a2")?) };
        act(Command::ReserveTask { task, agent })
    }),
    verb(
        &["split"],
        "TASK \"TEXT\" \"TEXT\"…",
        "several tasks in place of one",
        "split T3 \"Who?\" \"When?\"",
        |args| {
            let task = task(args)?;
            let mut into = Vec::new();
            while args.peek().is_some() {
                into.push(args.text());
            }
            act(Command::SplitTask { task, into })
        },
    ),
    verb(&["merge"], "TASK TASK… TEXT", "one task in place of several", "merge T3 T4 Who, and when?", |args| {
        let tasks = args.list();
        act(Command::MergeTasks { tasks, text: args.wanted_text("the text")? })
    }),
    verb(&["again"], "TASK REASON", "a task that is over is done again", "again T3 it missed part 2", |args| {
        act(Command::ReopenTask { task: task(args)?, reason: args.wanted_text("the reason")? })
    }),
    verb(
        &["recall", "r"],
        "LABEL [all|nothing|TASK…] REASON",
        "an entry is false: what rests on it is suspect and done again",
        "recall W1 S2 all the year is misread",
        recall,
    ),
    verb(&["agent+"], "", "one agent more", "agent+", |_| act(Command::AddAgent)),
    verb(&["cap"], "[AGENT|TASK] CAP | none", "the most that may be used", "cap $1.00", set_cap),
    // Looking.
    verb(&["print", "p"], "EXPR", "the value of an expression", "print entries.fail", |args| {
        look(Look::Print(args.wanted_text("an expression")?))
    }),
    verb(&["watch", "w"], "EXPR", "show a value as it changes", "watch cost.a2", |args| {
        look(Look::Watch(args.wanted_text("an expression")?))
    }),
    verb(&["unwatch"], "EXPR", "stop showing a value", "unwatch cost.a2", |args| {
        look(Look::Unwatch(args.wanted_text("an expression")?))
    }),
    verb(&["why"], "LABEL | TASK | LINE", "how it came about, and what came of it", "why W1 S2", |args| {
        look(Look::Why(subject(args)?))
    }),
    verb(&["radius"], "LABEL", "what a recall would reach", "radius W1 S2", |args| {
        look(Look::Radius(args.wanted_label()?))
    }),
    verb(&["goto"], "SEQ | LABEL | TASK | TIME", "look at the run as it was then", "goto 120", |args| {
        look(Look::Goto(moment(args)?))
    }),
    verb(&["rn"], "", "one event back", "rn", |_| look(Look::Back(Back::Event))),
    verb(&["rc"], "", "back to the last hit of a breakpoint", "rc", |_| look(Look::Back(Back::Hit))),
    verb(&["rs"], "AGENT", "back to the last event of an agent", "rs a2", |args| {
        look(Look::Back(Back::Agent(args.wanted("an agent such as a2")?)))
    }),
    verb(&["live"], "", "look at the run as it is now", "live", |_| look(Look::Live)),
    verb(&["find"], "TEXT", "the first event that made the run contain a text", "find colza", |args| {
        look(Look::Find(args.wanted_text("the text")?))
    }),
    verb(&["diff"], "SEQ [SEQ]", "what changed between two moments", "diff 40 60", |args| {
        let from = seq(args)?;
        let to = if args.peek().is_some() { Some(seq(args)?) } else { None };
        look(Look::Diff(from, to))
    }),
    verb(
        &["info"],
        "WHAT",
        "list breakpoints, watches, decisions, tasks, entries, agents or rules",
        "info tasks",
        info,
    ),
    verb(&["fork"], "[SEQ]", "a new run that shares the past up to there", "fork 120", |args| {
        let at = if args.peek().is_some() { Some(seq(args)?) } else { None };
        look(Look::Fork(at))
    }),
    verb(&["help"], "[VERB]", "what can be typed", "help recall", |args| {
        look(Look::Help(args.word().map(str::to_owned)))
    }),
    // Scripts.
    verb(&["expect"], "EXPR", "fail the script unless this holds", "expect entries.fail = 0", |args| {
        Ok(Line::Expect(args.wanted_text("an expression")?))
    }),
];

/// The verb of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.names.contains(&name))
}

pub fn parse(text: &str) -> Result<Line, Complaint> {
    let mut args = Args::new(text);
    let name = match args.peek() {
        None => return Ok(Line::Nothing),
        Some(word) if word.starts_with('#') && word.parse::<DecisionId>().is_err() => return Ok(Line::Nothing),
        Some(word) => word,
    };
    let Some(verb) = find(name) else { return Err(args.complaint(unknown(name))) };
    args.word();
    let line = (verb.read)(&mut args)?;
    args.end()?;
    Ok(line)
}

fn unknown(name: &str) -> String {
    let names = VERBS.iter().flat_map(|verb| verb.names).filter(|known| known.len() > 2);
    let near = names.map(|known| (strsim::damerau_levenshtein(name, known), known)).min();
    match near {
        Some((distance, known)) if distance <= 2 => format!("there is no {name:?} (did you mean {known:?}?)"),
        _ => format!("there is no {name:?}; `help` lists what there is"),
    }
}

fn act(command: Command) -> Result<Line, Complaint> {
    Ok(Line::Do(command))
}

fn look(look: Look) -> Result<Line, Complaint> {
    Ok(Line::Look(look))
}

/// What is left of the line, as what to stop at.
fn spec(args: &mut Args<'_>) -> Result<BreakSpec, Complaint> {
    let start = args.complaint("what to stop at is missing");
    let text = args.rest();
    if text.is_empty() {
        return Err(start);
    }
    BreakSpec::parse(text).map_err(|wrong| Complaint { column: start.column + wrong.column.saturating_sub(1), ..wrong })
}

fn set_break(args: &mut Args<'_>, kind: BreakKind, temporary: Times) -> Result<Line, Complaint> {
    act(Command::Break { spec: Box::new(spec(args)?), kind, temporary })
}

fn break_id(args: &mut Args<'_>) -> Result<BreakId, Complaint> {
    args.wanted("a breakpoint such as b1")
}

fn change(args: &mut Args<'_>, change: BreakChange) -> Result<Line, Complaint> {
    act(Command::ChangeBreak { id: break_id(args)?, change })
}

fn task(args: &mut Args<'_>) -> Result<TaskId, Complaint> {
    args.wanted("a task such as T5")
}

fn seq(args: &mut Args<'_>) -> Result<Seq, Complaint> {
    Ok(Seq(args.wanted("an event's number")?))
}

/// A decision's number may be left out: the oldest open one is meant.
fn decide(
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

fn veto(args: &mut Args<'_>) -> Result<Choice, Complaint> {
    let then = match args.peek() {
        Some("retry") => Then::Retry,
        Some("requeue") => Then::Requeue,
        Some("drop") => Then::Drop,
        _ => return Ok(Choice::Veto { reason: args.wanted_text("a reason")?, then: Then::Retry }),
    };
    args.word();
    Ok(Choice::Veto { reason: args.wanted_text("a reason")?, then })
}

fn add_task(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let mut text = args.wanted_text("the task's text")?;
    let mut deps = Vec::new();
    if args.takes("after") {
        deps = args.list();
    } else if let Some((before, after)) = text.rsplit_once(" after ") {
        let named: Option<Vec<TaskId>> = after.split_whitespace().map(|word| word.parse().ok()).collect();
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            deps = named;
            text = before.to_owned();
        }
    }
    act(Command::AddTask { text, deps })
}

fn note(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let kind = match () {
        () if args.takes("FAIL") => EntryKind::Fail,
        () => {
            args.takes("FACT");
            EntryKind::Fact
        }
    };
    act(Command::AddNote { kind, text: args.wanted_text("the note")? })
}

fn recall(args: &mut Args<'_>) -> Result<Line, Complaint> {
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

fn set_cap(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let scope = match (args.optional::<AgentId>(), args.optional::<TaskId>()) {
        (Some(agent), _) => Scope::Agent(agent),
        (None, Some(task)) => Scope::Task(task),
        (None, None) => Scope::Run,
    };
    let cap = if args.takes("none") { Cap::default() } else { cap(args)? };
    act(Command::SetCap { scope, cap })
}

/// `$1.50`, `200k`, or both.
fn cap(args: &mut Args<'_>) -> Result<Cap, Complaint> {
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

fn tokens(word: &str) -> Option<u64> {
    let (digits, times) = match word.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1e3),
        None => word.strip_suffix(['m', 'M']).map_or((word, 1.0), |digits| (digits, 1e6)),
    };
    let value: f64 = digits.parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some((value * times) as u64)
}

fn subject(args: &mut Args<'_>) -> Result<Subject, Complaint> {
    if let Some(label) = args.label() {
        return Ok(Subject::Entry(label));
    }
    if let Some(task) = args.optional() {
        return Ok(Subject::Task(task));
    }
    Ok(Subject::Answer(args.wanted("a label, a task or the number of a line of the answer")?))
}

fn moment(args: &mut Args<'_>) -> Result<Moment, Complaint> {
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
fn time(word: &str) -> Option<i64> {
    let parts = word.split(':').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>()?;
    match parts[..] {
        [m, s] => Some(i64::from(m) * 60_000 + i64::from(s) * 1000),
        [h, m, s] => Some((i64::from(h) * 60 + i64::from(m)) * 60_000 + i64::from(s) * 1000),
        _ => None,
    }
}

fn info(args: &mut Args<'_>) -> Result<Line, Complaint> {
    let here = args.complaint("breakpoints, watches, decisions, tasks, entries, agents or rules is expected");
    look(Look::List(match args.word() {
        Some("breakpoints" | "b") => Listing::Breakpoints,
        Some("watches" | "w") => Listing::Watches,
        Some("decisions") => Listing::Decisions,
        Some("tasks" | "queue") => Listing::Tasks,
        Some("entries" | "context") => Listing::Entries,
        Some("agents") => Listing::Agents,
        Some("rules") => Listing::Rules,
        _ => return Err(here),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Author, Label};

    #[test]
    fn every_example_is_read_and_no_name_is_used_twice() {
        let mut names: Vec<&str> = Vec::new();
        for verb in VERBS {
            parse(verb.example).unwrap_or_else(|why| panic!("{}: {why}", verb.example));
            names.extend(verb.names.iter().copied());
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_column() {
        let wrong = |line: &str| parse(line).unwrap_err().in_line();
        assert_eq!(wrong("aprove #1"), r#"column 1: there is no "aprove" (did you mean "approve"?)"#);
        assert_eq!(wrong("stepi T2"), r#"column 7: "T2" is not an agent such as a2"#);
        assert_eq!(wrong("pause now"), r#"column 7: "now" is not expected here"#);
        assert_eq!(wrong("cap a1 lots"), "column 8: a cap such as $1.50 or 200k tokens is expected");
        assert_eq!(wrong("recall W1 because"), "column 8: a label such as W1 S2 is expected");
    }

    #[test]
    fn labels_texts_and_lists_are_told_apart() {
        let label = Label::new(Author::Agent(AgentId(1)), 2);
        let recalled = Command::Recall { label, reason: "it is false".into(), rerun: Rerun::These(vec![TaskId(3)]) };
        assert_eq!(parse("recall W1 S2 T3 it is false"), act(recalled));
        let queued = Command::AddTask { text: "look after it".into(), deps: vec![TaskId(1)] };
        assert_eq!(parse("task look after it after T1"), act(queued.clone()));
        assert_eq!(parse(r#"task "look after it" after T1"#), act(queued));
        let both = Cap { usd: Some(1.5), tokens: Some(200_000) };
        assert_eq!(parse("cap $1.50 and 200k tokens"), act(Command::SetCap { scope: Scope::Run, cap: both }));
        assert_eq!(parse("# a remark"), Ok(Line::Nothing));
    }
}
