//! Keys that stand for commands: what each types, or does at once, given what the cursor is on.
//!
//! What changes the run for good is typed first, so that the person sees what will be done.

use crate::run::{
    Ask, Choice, Command, DecisionId, Run, TaskId, TaskState, Timeline,
    line::{Line, Listing, Look, Subject},
};

use super::{
    action::Action,
    look,
    modal::Modal,
    msg::Effect,
    ui::Ui,
    under::{Under, under},
};

/// What a key stands for.
enum Shortcut {
    /// The beginning of a line.
    Type(String),
    Do(Line),
    /// Something to look at, and below it the beginning of a line.
    Weigh(Look, String),
    Cannot(&'static str),
}

/// Whether the action is one of these, and then carries it out.
pub fn on_action(ui: &mut Ui, timeline: &mut Timeline, action: Action, effects: &mut Vec<Effect>) -> bool {
    let run = timeline.run();
    let under = under(ui, run);
    let shortcut = match action {
        Action::OtherAnswer => Some(other_answer(under, &ui.answered)),
        action => shortcut(action, under, run),
    };
    let Some(shortcut) = shortcut else { return false };
    let done = match shortcut {
        Shortcut::Type(text) => {
            ui.modals.push(Modal::prompt(&text));
            Ok(())
        }
        Shortcut::Do(line) => look::carry_out(line, ui, timeline, effects),
        Shortcut::Weigh(look, text) => look::carry_out(Line::Look(look), ui, timeline, effects).map(|()| {
            ui.modals.push(Modal::prompt(&text));
        }),
        Shortcut::Cannot(why) => Err(why.to_owned()),
    };
    if let Err(why) = done {
        ui.arming.disturb(ui.now);
        ui.notices.push(why, ui.now);
    }
    true
}

fn shortcut(action: Action, under: Option<Under>, run: &Run) -> Option<Shortcut> {
    use Shortcut::{Cannot, Do, Type, Weigh};
    let act = |command: Command| Do(Line::Do(command));
    let look = |look: Look| Do(Line::Look(look));
    Some(match (action, under) {
        (Action::Prompt, _) => Type(String::new()),
        (Action::Find, _) => Type("find ".to_owned()),
        (Action::Until, _) => Type("until ".to_owned()),
        (Action::Break, under) => Type(format!("break {}", spec(under, run))),
        (Action::Breakpoints, _) => look(Look::List(Listing::Breakpoints)),
        (Action::Contradictions, _) => look(Look::List(Listing::Contradictions)),
        (Action::Watch, under) => Type(format!("watch {}", expression(under))),
        (Action::StepAgent, under) => match agent(under, run) {
            Some(agent) => act(Command::Step { agent: Some(agent) }),
            None => Type("stepi ".to_owned()),
        },
        (Action::Recall, Some(Under::Entry(label))) if run.context.is_recalled(label) => look(Look::Radius(label)),
        (Action::Recall, Some(Under::Entry(label))) => Weigh(Look::Radius(label), format!("recall {label} all ")),
        (Action::Recall, _) => Type("recall ".to_owned()),
        (Action::Why, Some(Under::Entry(label))) => look(Look::Why(Subject::Entry(label))),
        (Action::Why, Some(Under::Task(task))) => look(Look::Why(Subject::Task(task))),
        (Action::Why, Some(Under::Answer)) if lines(run) == 1 => look(Look::Why(Subject::Answer(1))),
        (Action::Why, _) => Type("why ".to_owned()),
        (Action::Undo, _) => act(Command::Undo),
        (Action::Always, Some(Under::Decision(id))) => look(Look::Always(Some(id))),
        (Action::Defer, Some(Under::Decision(id))) => act(Command::Defer { decision: Some(id) }),
        (Action::Always | Action::Defer, _) => Cannot("no decision is open"),
        (Action::Editor, _) => look(Look::Editor),
        (Action::StopAgent, under) => match agent(under, run) {
            Some(agent) => act(Command::StopAgent { agent }),
            None => Cannot("select an agent first"),
        },
        (Action::StopAll, _) => act(Command::Stop),
        (Action::MoveSooner | Action::MoveLater, Some(Under::Task(task))) => match moved(task, action, run) {
            Ok(before) => act(Command::MoveTask { task, before }),
            Err(why) => Cannot(why),
        },
        (Action::MoveSooner | Action::MoveLater, _) => Cannot("select a task first"),
        _ => return None,
    })
}

/// The line that would have answered a decision otherwise.
fn other_answer(under: Option<Under>, answered: &[(DecisionId, Choice)]) -> Shortcut {
    let Some(Under::Decision(id)) = under else { return Shortcut::Cannot("select a decision first") };
    match answered.iter().rev().find(|(asked, _)| *asked == id) {
        Some((_, Choice::Approve | Choice::Edit { .. })) => Shortcut::Type(format!("whatif {id} veto ")),
        Some(_) => Shortcut::Type(format!("whatif {id} approve")),
        None => Shortcut::Cannot("it is not decided yet: this is for a decision of the past"),
    }
}

/// What a breakpoint at this would wait for.
fn spec(under: Option<Under>, run: &Run) -> String {
    match under {
        Some(Under::Task(task)) => format!("task {task}"),
        Some(Under::Agent(agent)) => format!("agent {agent}"),
        Some(Under::Entry(label)) => format!("read {label}"),
        Some(Under::Answer) => "finish".to_owned(),
        Some(Under::Decision(id)) => match run.decisions.get(&id) {
            Some(decision) if matches!(decision.ask, Ask::Write { .. }) => format!("write {}", decision.agent),
            Some(decision) => decision.task.map_or(String::new(), |task| format!("task {task}")),
            None => String::new(),
        },
        None => String::new(),
    }
}

/// What is worth watching of this.
fn expression(under: Option<Under>) -> String {
    match under {
        Some(Under::Task(task)) => format!("tokens.{task}"),
        Some(Under::Agent(agent)) => format!("cost.{agent}"),
        Some(Under::Entry(label)) => format!("readers({label})"),
        Some(Under::Decision(_)) => "decisions".to_owned(),
        Some(Under::Answer) | None => String::new(),
    }
}

fn agent(under: Option<Under>, run: &Run) -> Option<crate::run::AgentId> {
    match under? {
        Under::Agent(agent) => Some(agent),
        Under::Task(task) => match run.task(task)?.state {
            TaskState::Running(agent) | TaskState::Checking(agent, _) => Some(agent),
            _ => None,
        },
        Under::Decision(id) => run.decisions.get(&id).map(|decision| decision.agent),
        Under::Entry(_) | Under::Answer => None,
    }
}

fn lines(run: &Run) -> usize {
    run.answer.as_ref().map_or(0, |answer| answer.text.lines().count())
}

/// The task that this one would be claimed before, one place sooner or later among those that wait.
fn moved(id: TaskId, action: Action, run: &Run) -> Result<Option<TaskId>, &'static str> {
    let waiting = run.waiting();
    let at = waiting.iter().position(|task| *task == id).ok_or("only what nobody has claimed can be moved")?;
    match action {
        Action::MoveSooner => {
            let before = at.checked_sub(1).ok_or("it is claimed next already")?;
            Ok(Some(waiting[before]))
        }
        _ if at + 1 == waiting.len() => Err("it is claimed last already"),
        _ => Ok(waiting.get(at + 2).copied()),
    }
}
