//! How reports say things: times, amounts, marks. One word for one thing in all of them.

use crate::run::{
    agent::AgentState,
    call::{Call, StartedCall},
    cost::Usage,
    entry::Entry,
    event::Outcome,
    gate::{Ask, Choice},
    label::Label,
    state::Run,
    taint::TAINTED,
    task::TaskState,
};

use super::Tone;

/// `00:42` or `1:02:03` after the start of the run.
pub(super) fn clock(run: &Run, at: i64) -> String {
    let seconds = (at - run.started_at).max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `240 ms`, `3.2 s`, `4 min 05 s`, `2 h 03 min`.
pub(super) fn span(ms: i64) -> String {
    match ms.max(0) {
        ms @ 0..1_000 => format!("{ms} ms"),
        ms @ 1_000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        ms @ 60_000..3_600_000 => format!("{} min {:02} s", ms / 60_000, ms / 1000 % 60),
        ms => format!("{} h {:02} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// `1 entry`, `9 entries`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Dollars; unknown is not zero.
pub(super) fn money(usd: Option<f64>) -> String {
    match usd {
        None => "cost unknown".to_owned(),
        Some(0.0) => "$0".to_owned(),
        Some(usd) if usd < 0.01 => format!("${usd:.5}"),
        Some(usd) => format!("${usd:.3}"),
    }
}

/// `1234 tokens, $0.012`; an estimate is marked.
pub(super) fn used(usage: &Usage) -> String {
    let about = if usage.estimated_tokens > 0 { "~" } else { "" };
    format!("{about}{} tokens, {}", usage.tokens(), money(usage.usd))
}

/// Names in a row; `nothing` when there are none.
pub(super) fn names<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

/// `c12 F reason`.
pub(super) fn call_name(call: &Call) -> String {
    format!("{} {} {}", call.id, call.kind.letter(), call.kind)
}

/// What is known of a call that came back.
pub(super) fn call(call: &Call) -> String {
    let mut said = format!("{}, {}, {}", call.model, used(&call.usage), span(call.elapsed_ms as i64));
    if let Some(from) = call.from {
        said.push_str(&format!(", answered from the record ({from}) at no cost"));
    }
    if let Some(error) = &call.error {
        said.push_str(&format!(", failed: {error}"));
    }
    said
}

/// What is known of one that did not.
pub(super) fn unanswered(run: &Run, call: &StartedCall) -> String {
    let is_flying = run.in_session && run.in_flight.contains_key(&call.id);
    let fate = if is_flying { "is in flight" } else { "was lost; what it cost is not known" };
    format!("{}, {fate}", call.model)
}

/// What must be said of an entry wherever it is named, and how loud.
pub(super) fn marks(run: &Run, label: Label) -> (Tone, String) {
    let mut said = String::new();
    let mut tone = Tone::Plain;
    if run.context.get(label).is_some_and(|entry| !entry.taint.is_empty()) {
        said.push_str(&format!(" [{TAINTED}]"));
        tone = Tone::Warn;
    }
    if run.suspects.contains(&label.whole()) {
        said.push_str(" [suspect: rests on what is recalled]");
        tone = Tone::Warn;
    }
    if run.context.is_recalled(label) {
        said.push_str(" [RECALLED]");
        tone = Tone::Bad;
    }
    (tone, said)
}

/// An entry in a line: kind, text, marks.
pub(super) fn entry(run: &Run, entry: &Entry) -> (Tone, String) {
    let (tone, marks) = marks(run, entry.label);
    (tone, format!("{} {}{marks}", entry.kind, entry.gist))
}

pub(super) fn task_state(state: &TaskState) -> (Tone, String) {
    match state {
        TaskState::Blocked => (Tone::Dim, "blocked".to_owned()),
        TaskState::Ready => (Tone::Plain, "ready".to_owned()),
        TaskState::Running(agent) => (Tone::Plain, format!("running, {agent}")),
        TaskState::Checking(agent, decision) => (Tone::Warn, format!("{agent} waits for you, {decision}")),
        TaskState::Done => (Tone::Good, "done".to_owned()),
        TaskState::Failed(why) => (Tone::Bad, format!("failed: {why}")),
        TaskState::Dropped(why) => (Tone::Dim, format!("dropped: {why}")),
    }
}

pub(super) fn agent_state(state: &AgentState) -> (Tone, String) {
    match state {
        AgentState::Idle => (Tone::Dim, "idle".to_owned()),
        AgentState::Working(task) => (Tone::Plain, format!("works on {task}")),
        AgentState::Asking(decision) => (Tone::Warn, format!("waits for you, {decision}")),
        AgentState::Planning(0) => (Tone::Plain, "plans".to_owned()),
        AgentState::Planning(round) => (Tone::Plain, format!("plans, round {round}")),
        AgentState::Finalizing => (Tone::Plain, "writes the answer".to_owned()),
        AgentState::Failed(why) => (Tone::Bad, format!("failed: {why}")),
        AgentState::Stopped => (Tone::Dim, "stopped".to_owned()),
    }
}

pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered => "answered".to_owned(),
        Outcome::Unanswered(why) => format!("no answer: {why}"),
        Outcome::OverBudget(why) => format!("over budget: {why}"),
    }
}

/// A choice with its words.
pub(super) fn choice(choice: &Choice) -> String {
    match choice {
        Choice::Edit { text } => format!("edited: {text}"),
        other => other.to_string(),
    }
}

/// What is asked, with its words.
pub(super) fn ask(ask: &Ask) -> String {
    match ask {
        Ask::Claim => "may it claim this task?".to_owned(),
        Ask::Unfold { labels } => format!("may it unfold {}?", names(labels)),
        Ask::Think { call } => format!("may it call {} {call}?", call.letter()),
        Ask::Write { proposal } => format!("may it write {} {} {}", proposal.label, proposal.kind, proposal.result),
        Ask::Plan { tasks, revised, .. } => {
            let mut said: Vec<String> = tasks.iter().map(|task| format!("{} {}", task.id, task.text)).collect();
            said.extend(revised.iter().map(|new| format!("{} after {}", new.task, names(&new.deps))));
            format!("may it plan {}", said.join("; "))
        }
        Ask::Finish { answer } => format!("may it answer {}", answer.text),
        Ask::Budget { scope, cap, used: spent, call, worst } => {
            format!("{scope} used {} of {cap}; {} {call} may use {}. Go on?", used(spent), call.letter(), used(worst))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_amounts_read_well() {
        let run = Run { started_at: 1_000, ..Run::default() };
        assert_eq!([clock(&run, 43_000), clock(&run, 3_724_000), clock(&run, 0)], ["00:42", "1:02:03", "00:00"]);
        assert_eq!(
            [span(240), span(3_290), span(245_000), span(7_380_000)],
            ["240 ms", "3.2 s", "4 min 05 s", "2 h 03 min"]
        );
        assert_eq!([money(None), money(Some(0.0)), money(Some(0.0012))], ["cost unknown", "$0", "$0.00120"]);
        assert_eq!(names::<u32>([]), "nothing");
    }
}
