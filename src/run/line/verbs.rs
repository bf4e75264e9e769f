//! The table of verbs, and how each reads its line.

use crate::run::{
    breakpoint::BreakKind,
    command::{BreakChange, Command},
    gate::Choice,
    id::{DecisionId, RunId},
    lang::Complaint,
    rules::debug::Times,
};

use super::read::{
    act, add_task, agent, break_id, cap, change, decide, expression, info, lines, look, moment, note, recall, seq,
    set_break, set_cap, set_model, settle, spec, speed, subject, task, veto, what_if,
};
use super::{Back, Line, Look, args::Args};

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
        act(Command::Step { agent: Some(agent(args)?) })
    }),
    verb(&["until", "u"], "SPEC", "go on and stop once at a breakpoint like this", "until write a1", |args| {
        act(Command::Until { spec: Box::new(spec(args)?) })
    }),
    verb(
        &["stop"],
        "[AGENT]",
        "end this session, the run stays resumable; or one agent, for good",
        "stop a3",
        |args| {
            act(match args.optional() {
                Some(agent) => Command::StopAgent { agent },
                None => Command::Stop,
            })
        },
    ),
    verb(&["hold"], "AGENT", "hold one agent at its next checkpoint", "hold a2", |args| {
        act(Command::HoldAgent { agent: agent(args)? })
    }),
    verb(&["release"], "AGENT", "let a held agent go on", "release a2", |args| {
        act(Command::ReleaseAgent { agent: agent(args)? })
    }),
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
            act(Command::ChangeBreak { id, change: BreakChange::Commands(lines(args)) })
        },
    ),
    verb(
        &["rules"],
        "RULE; RULE…",
        "who decides at a checkpoint, first match first",
        "rules ask write if doubts",
        |args| act(Command::SetPolicy { text: lines(args).join("\n") }),
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
    verb(&["defer"], "[DECISION]", "take it after the others", "defer #1", |args| {
        act(Command::Defer { decision: args.optional() })
    }),
    verb(
        &["always"],
        "[DECISION]",
        "a rule for all of its kind, and what it would have decided",
        "always #1",
        |args| look(Look::Always(args.optional())),
    ),
    verb(&["rule"], "RULE", "a rule before all others", "rule pass write if kind FACT and verdict passes", |args| {
        act(Command::AddRule { text: args.wanted_text("a rule")? })
    }),
    verb(&["edit-all"], "", "all open decisions as one text in your editor", "edit-all", |_| look(Look::Editor)),
    verb(&["undo"], "", "take back what you did last, while nothing has built on it", "undo", |_| act(Command::Undo)),
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
        let agent = agent(args)?;
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
        let agent = if args.takes("anybody") { None } else { Some(agent(args)?) };
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
    verb(
        &["settle"],
        "LABEL LABEL first|second REASON | both SCOPES | examine [TASK]",
        "what becomes of two entries that contradict each other",
        "settle W1 S2 W2 S1 first the second misreads the table",
        settle,
    ),
    verb(
        &["model"],
        "[AGENT|ROLE] PROVIDER/MODEL | default",
        "which model answers from now on",
        "model verify openai/gpt-5-mini",
        set_model,
    ),
    verb(&["agent+"], "", "one agent more", "agent+", |_| act(Command::AddAgent)),
    verb(&["cap"], "[AGENT|TASK] CAP | none", "the most that may be used", "cap $1.00", set_cap),
    // Looking.
    verb(&["print", "p"], "EXPR", "the value of an expression", "print entries.fail", |args| {
        look(Look::Print(expression(args)?))
    }),
    verb(&["watch", "w"], "EXPR", "show a value as it changes", "watch cost.a2", |args| {
        look(Look::Watch(expression(args)?))
    }),
    verb(&["unwatch"], "EXPR", "stop showing a value", "unwatch cost.a2", |args| {
        look(Look::Unwatch(expression(args)?))
    }),
    verb(
        &["why"],
        "LINE | LABEL | TASK",
        "how a line of the answer, an entry or a task came about, and what came of it",
        "why W1 S2",
        |args| look(Look::Why(subject(args)?)),
    ),
    verb(&["radius"], "LABEL", "what a recall would reach", "radius W1 S2", |args| {
        look(Look::Radius(args.wanted_label()?))
    }),
    verb(&["goto"], "SEQ | LABEL | TASK | TIME", "look at the run as it was then", "goto 120", |args| {
        look(Look::Goto(moment(args)?))
    }),
    verb(&["rn"], "", "one event back", "rn", |_| look(Look::Back(Back::Event))),
    verb(&["rc"], "", "back to the last hit of a breakpoint", "rc", |_| look(Look::Back(Back::Hit))),
    verb(&["rs"], "AGENT", "back to the last event of an agent", "rs a2", |args| {
        look(Look::Back(Back::Agent(agent(args)?)))
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
    verb(&["compare"], "RUN", "where another run went otherwise", "compare 20260102-lamp", |args| {
        look(Look::Compare(RunId(args.wanted_text("a run")?)))
    }),
    verb(&["bubbles"], "", "where each agent's time went", "bubbles", |_| look(Look::Bubbles)),
    verb(
        &["info"],
        "WHAT",
        "list breakpoints, watches, decisions, tasks, entries, agents, rules or contradictions",
        "info tasks",
        info,
    ),
    verb(&["fork"], "[SEQ]", "a new run that shares the past up to there", "fork 120", |args| {
        let at = if args.peek().is_some() { Some(seq(args)?) } else { None };
        look(Look::Fork(at))
    }),
    verb(
        &["whatif"],
        "DECISION approve | veto REASON | edit TEXT [xCOUNT] [CAP]",
        "fork at a past decision, answer it so, and see what comes of it",
        "whatif #2 veto not in the documents x2 $0.10",
        what_if,
    ),
    verb(&["family"], "", "the runs that share a past with this one", "family", |_| look(Look::Family)),
    verb(&["open"], "RUN", "another run in place of this one", "open 20260102-lamp", |args| {
        look(Look::Open(RunId(args.wanted_text("a run")?)))
    }),
    verb(&["play"], "[1x|4x|16x|max]", "what was recorded, again, as it streamed", "play 4x", |args| {
        look(Look::Play(speed(args)?))
    }),
    verb(&["help"], "[VERB]", "what can be typed", "help recall", |args| {
        look(Look::Help(args.word().map(str::to_owned)))
    }),
    // Scripts.
    verb(&["expect"], "EXPR", "fail the script unless this holds", "expect entries.fail = 0", |args| {
        Ok(Line::Expect(expression(args)?))
    }),
    verb(&["wait"], "EXPR", "hold the script until this holds", "wait decisions > 0", |args| {
        Ok(Line::Wait(expression(args)?))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{AgentId, Author, Cap, Label, Rerun, Scope, TaskId};

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
        assert!(wrong("expect entries.fal > 0").starts_with("column 16: "), "{}", wrong("expect entries.fal > 0"));
        assert!(wrong("watch tokens now").starts_with("column 14: "), "{}", wrong("watch tokens now"));
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
