//! A command as the line that asks for it: reading the line gives the command back.

use std::fmt::Write as _;

use crate::run::{
    breakpoint::BreakKind,
    command::{BreakChange, Command, Rerun, Settle},
    cost::{Cap, Scope},
    entry::EntryKind,
    event::Whose,
    gate::Choice,
    id::{DecisionId, TaskId},
    rules::debug::Times,
};

/// One line, whatever stands in its texts.
#[must_use]
pub fn of(command: &Command) -> String {
    match command {
        Command::Decide { decision, choice } => decide(Some(*decision), choice),
        Command::DecideOldest { choice } => decide(None, choice),
        Command::Pause => "pause".to_owned(),
        Command::Resume => "continue".to_owned(),
        Command::Step { agent: None } => "step".to_owned(),
        Command::Step { agent: Some(agent) } => format!("stepi {agent}"),
        Command::AddTask { text, deps } => match deps.is_empty() {
            true => format!("task {}", quote(text)),
            false => format!("task {} after{}", quote(text), list(deps)),
        },
        Command::AddNote { kind: EntryKind::Fail, text } => format!("note FAIL {}", quote(text)),
        Command::AddNote { text, .. } => format!("note FACT {}", quote(text)),
        Command::Tell { agent, text } => format!("tell {agent} {}", quote(text)),
        Command::DropTask { task, reason } if reason.is_empty() => format!("drop {task}"),
        Command::DropTask { task, reason } => format!("drop {task} {}", quote(reason)),
        Command::EditTask { task, text } => format!("reword {task} {}", quote(text)),
        Command::SetDeps { task, deps } if deps.is_empty() => format!("after {task} none"),
        Command::SetDeps { task, deps } => format!("after {task}{}", list(deps)),
        Command::MoveTask { task, before: None } => format!("before {task} last"),
        Command::MoveTask { task, before: Some(before) } => format!("before {task} {before}"),
        Command::ReserveTask { task, agent: None } => format!("assign {task} anybody"),
        Command::ReserveTask { task, agent: Some(agent) } => format!("assign {task} {agent}"),
        Command::ReopenTask { task, reason } => format!("again {task} {}", quote(reason)),
        Command::SplitTask { task, into } => format!("split {task}{}", texts(into)),
        Command::MergeTasks { tasks, text } => format!("merge{} {}", list(tasks), quote(text)),
        Command::Recall { label, reason, rerun } => {
            let again = match rerun {
                Rerun::All => " all".to_owned(),
                Rerun::These(tasks) if !tasks.is_empty() => list(tasks),
                Rerun::These(_) | Rerun::Nothing => " nothing".to_owned(),
            };
            format!("recall {label}{again} {}", quote(reason))
        }
        Command::Settle { first, second, how } => {
            let (word, text) = match how {
                Settle::First(text) => ("first", text),
                Settle::Second(text) => ("second", text),
                Settle::Both(text) => ("both", text),
                Settle::Examine(text) => ("examine", text),
            };
            format!("settle {first} {second} {word} {}", quote(text))
        }
        Command::AddAgent => "agent+".to_owned(),
        Command::StopAgent { agent } => format!("stop {agent}"),
        Command::HoldAgent { agent } => format!("hold {agent}"),
        Command::ReleaseAgent { agent } => format!("release {agent}"),
        Command::SetModel { whose, model } => {
            let whose = match whose {
                Whose::Everybody => String::new(),
                Whose::Role(role) => format!(" {role}"),
                Whose::Agent(agent) => format!(" {agent}"),
            };
            let model = model.as_deref().map_or_else(|| "default".to_owned(), quote);
            format!("model{whose} {model}")
        }
        Command::Break { spec, kind, temporary } => {
            let verb = match (kind, temporary) {
                (BreakKind::Trace, _) => "trace",
                (BreakKind::Stop, Times::Once) => "tbreak",
                (BreakKind::Stop, Times::Always) => "break",
            };
            format!("{verb} {spec}")
        }
        Command::ChangeBreak { id, change } => match change {
            BreakChange::Remove => format!("delete {id}"),
            BreakChange::Enable => format!("enable {id}"),
            BreakChange::Disable => format!("disable {id}"),
            BreakChange::Ignore(times) => format!("ignore {id} {times}"),
            BreakChange::Commands(lines) => format!("commands {id}{}", texts(lines)),
        },
        Command::Until { spec } => format!("until {spec}"),
        Command::SetPolicy { text } => format!("rules {}", quote(text)),
        Command::AddRule { text } => format!("rule {}", quote(text)),
        Command::Defer { decision: None } => "defer".to_owned(),
        Command::Defer { decision: Some(decision) } => format!("defer {decision}"),
        Command::Undo => "undo".to_owned(),
        Command::SetCap { scope, cap } => {
            let scope = match scope {
                Scope::Run => String::new(),
                Scope::Agent(agent) => format!("{agent} "),
                Scope::Task(task) => format!("{task} "),
            };
            format!("cap {scope}{}", capped(*cap))
        }
        Command::Finish => "finish".to_owned(),
        Command::Stop => "stop".to_owned(),
    }
}

fn decide(decision: Option<DecisionId>, choice: &Choice) -> String {
    let at = decision.map_or_else(String::new, |decision| format!(" {decision}"));
    match choice {
        Choice::Approve => format!("approve{at}"),
        Choice::Edit { text } => format!("edit{at} {}", quote(text)),
        Choice::Veto { reason, then } => format!("veto{at} {then} {}", quote(reason)),
        Choice::Raise { cap } => format!("raise{at} {}", capped(*cap)),
        Choice::Finish => format!("enough{at}"),
    }
}

fn capped(cap: Cap) -> String {
    match cap.is_none() {
        true => "none".to_owned(),
        false => cap.to_string(),
    }
}

fn list(tasks: &[TaskId]) -> String {
    tasks.iter().fold(String::new(), |mut list, task| {
        let _ = write!(list, " {task}");
        list
    })
}

fn texts(texts: &[String]) -> String {
    texts.iter().fold(String::new(), |list, text| format!("{list} {}", quote(text)))
}

/// A text as one word of a line, however many lines it has.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{
        AgentId, Author, BreakId, Label, Role,
        gate::Then,
        line::{Line, VERBS},
    };

    const NASTY: &str = " after T1 FAIL \"he said\";\n  none # \\n last ";

    fn commands() -> Vec<Command> {
        let label = |index| Label::new(Author::Agent(AgentId(1)), index);
        let text = || NASTY.to_owned();
        let cap = Cap { usd: Some(0.1 + 0.2), tokens: Some(1_234_567) };
        let spec = || Box::new("write a1 if doubts".parse().unwrap());
        let (task, agent, decision, id) = (TaskId(3), AgentId(2), DecisionId(7), BreakId(4));
        let choices = [
            Choice::Approve,
            Choice::Edit { text: text() },
            Choice::Veto { reason: text(), then: Then::Drop },
            Choice::Veto { reason: "retry".into(), then: Then::Requeue },
            Choice::Raise { cap },
            Choice::Raise { cap: Cap { usd: None, ..cap } },
            Choice::Finish,
        ];
        let mut all: Vec<Command> = choices
            .into_iter()
            .flat_map(|choice| [Command::Decide { decision, choice: choice.clone() }, Command::DecideOldest { choice }])
            .collect();
        for change in [
            BreakChange::Remove,
            BreakChange::Enable,
            BreakChange::Disable,
            BreakChange::Ignore(3),
            BreakChange::Commands(vec![]),
            BreakChange::Commands(vec!["print cost".into(), "note FACT a; b \"c\"".into()]),
        ] {
            all.push(Command::ChangeBreak { id, change });
        }
        for how in [Settle::First(text()), Settle::Second(text()), Settle::Both(text()), Settle::Examine(text())] {
            all.push(Command::Settle { first: label(1), second: label(2), how });
        }
        for rerun in [Rerun::All, Rerun::Nothing, Rerun::These(vec![task, TaskId(9)])] {
            all.push(Command::Recall { label: label(2), reason: text(), rerun });
        }
        for whose in [Whose::Everybody, Whose::Role(Role::Verify), Whose::Agent(agent)] {
            all.push(Command::SetModel { whose, model: None });
            all.push(Command::SetModel { whose, model: Some("default".into()) });
        }
        for scope in [Scope::Run, Scope::Agent(agent), Scope::Task(task)] {
            all.push(Command::SetCap { scope, cap });
            all.push(Command::SetCap { scope, cap: Cap::default() });
        }
        all.extend([
            Command::Pause,
            Command::Resume,
            Command::Step { agent: None },
            Command::Step { agent: Some(agent) },
            Command::AddTask { text: "look after T1".into(), deps: vec![] },
            Command::AddTask { text: text(), deps: vec![TaskId(1), TaskId(2)] },
            Command::AddNote { kind: EntryKind::Fact, text: "FAIL".into() },
            Command::AddNote { kind: EntryKind::Fail, text: text() },
            Command::Tell { agent, text: text() },
            Command::DropTask { task, reason: String::new() },
            Command::DropTask { task, reason: text() },
            Command::EditTask { task, text: text() },
            Command::SetDeps { task, deps: vec![] },
            Command::SetDeps { task, deps: vec![TaskId(1)] },
            Command::MoveTask { task, before: None },
            Command::MoveTask { task, before: Some(TaskId(1)) },
            Command::ReserveTask { task, agent: None },
            Command::ReserveTask { task, agent: Some(agent) },
            Command::ReopenTask { task, reason: text() },
            Command::SplitTask { task, into: vec![text(), "b".into()] },
            Command::MergeTasks { tasks: vec![task, TaskId(4)], text: "T5 too".into() },
            Command::AddAgent,
            Command::StopAgent { agent },
            Command::HoldAgent { agent },
            Command::ReleaseAgent { agent },
            Command::Break { spec: spec(), kind: BreakKind::Stop, temporary: Times::Always },
            Command::Break { spec: spec(), kind: BreakKind::Stop, temporary: Times::Once },
            Command::Break { spec: spec(), kind: BreakKind::Trace, temporary: Times::Always },
            Command::Until { spec: spec() },
            Command::SetPolicy { text: "ask write if text ~ \"a;b\"\npass any".into() },
            Command::AddRule { text: "veto write if text ~ \"x\"".into() },
            Command::Defer { decision: None },
            Command::Defer { decision: Some(decision) },
            Command::Undo,
            Command::Finish,
            Command::Stop,
        ]);
        all
    }

    #[test]
    fn reading_the_line_of_a_command_gives_the_command() {
        for command in commands() {
            let line = of(&command);
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(Line::parse(&line), Ok(Line::Do(command)), "{line}");
        }
    }

    /// A new verb that does something brings its command here.
    #[test]
    fn every_verb_that_does_something_is_among_them() {
        let all = commands();
        let kind = |command: &Command| std::mem::discriminant(command);
        for verb in VERBS {
            if let Ok(Line::Do(command)) = Line::parse(verb.example) {
                assert!(all.iter().any(|one| kind(one) == kind(&command)), "{}", verb.example);
                assert_eq!(Line::parse(&of(&command)), Ok(Line::Do(command)));
            }
        }
    }
}
