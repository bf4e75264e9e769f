//! How the screen says things: one word for one thing, wherever it stands.

use std::borrow::Cow;

use crate::run::{Agent, AgentState, Ask, Decision, EntryKind, Outcome, Pace, Phase, Run, Stage, TaskState};

use super::{Attachment, msg::Now, stream::Stream, theme::Role};

/// Seconds without a sign of life after which a working agent counts as silent.
const SILENT: i64 = 20;

/// `00:42`, `1:02:03`.
#[must_use]
pub fn clock(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `950`, `41.2k`, `3.1M`.
#[must_use]
pub fn amount(n: u64) -> String {
    match n {
        0..1000 => n.to_string(),
        1000..1_000_000 => format!("{:.1}k", n as f64 / 1e3),
        _ => format!("{:.1}M", n as f64 / 1e6),
    }
}

/// `$0.031`; unknown is not zero.
#[must_use]
pub fn money(usd: Option<f64>) -> String {
    match usd {
        None => "$ ?".to_owned(),
        Some(0.0) => "$0".to_owned(),
        Some(usd) if usd < 1.0 => format!("${usd:.3}"),
        Some(usd) => format!("${usd:.2}"),
    }
}

/// `1 entry`, `9 entries`.
#[must_use]
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Where a run stands as a whole.
#[must_use]
pub fn badge(run: &Run, attachment: Attachment) -> (&'static str, Role) {
    match (&run.outcome, attachment, run.pace) {
        (Some(Outcome::Answered), ..) => ("✓ DONE", Role::Good),
        (Some(Outcome::Unanswered(_)), ..) => ("✗ NO ANSWER", Role::Bad),
        (Some(Outcome::OverBudget(_)), ..) => ("✗ OVER BUDGET", Role::Bad),
        (None, Attachment::Saved | Attachment::Finished, _) => ("■ SAVED", Role::Warn),
        (None, Attachment::Live, _) if run.head.0 == 0 => ("◌ STARTING", Role::Warn),
        (None, Attachment::Live, Pace::Running) => ("● RUNNING", Role::Good),
        (None, Attachment::Live, Pace::Pausing) => ("◌ PAUSING", Role::Warn),
        (None, Attachment::Live, Pace::Paused) => ("‖ PAUSED", Role::Warn),
    }
}

/// The part of the method, where it says more than that the team works.
#[must_use]
pub fn stage(run: &Run) -> Option<String> {
    match run.stage() {
        Stage::Reading if run.head.0 == 0 => None,
        Stage::Reading => Some(format!("reading, {}", count(run.sources.len(), "source", "sources"))),
        Stage::Preparing => Some(format!("preparing {}/{} units", run.units_prepared(), run.units.len())),
        Stage::Finalizing => Some("writing the answer".to_owned()),
        Stage::Working | Stage::Ended => None,
    }
}

#[must_use]
pub fn task_glyph(state: &TaskState) -> (&'static str, Role) {
    match state {
        TaskState::Blocked => ("◌", Role::Dim),
        TaskState::Ready => ("○", Role::Text),
        TaskState::Running(_) => ("▶", Role::Think),
        TaskState::Checking(..) => ("◆", Role::Ask),
        TaskState::Done => ("✓", Role::Good),
        TaskState::Failed(_) => ("✗", Role::Bad),
        TaskState::Dropped(_) => ("−", Role::Dim),
    }
}

/// A task's state as a sentence.
#[must_use]
pub fn task_state(state: &TaskState) -> String {
    match state {
        TaskState::Blocked => "blocked: waits for other tasks".to_owned(),
        TaskState::Ready => "ready: any agent may claim it".to_owned(),
        TaskState::Running(agent) => format!("running, held by {agent}"),
        TaskState::Checking(agent, decision) => format!("{agent} waits for you, decision {decision}"),
        TaskState::Done => "done".to_owned(),
        TaskState::Failed(reason) => format!("failed: {reason}"),
        TaskState::Dropped(reason) => format!("dropped: {reason}"),
    }
}

#[must_use]
pub fn entry_glyph(kind: EntryKind) -> (&'static str, Role) {
    match kind {
        EntryKind::Document => ("", Role::Dim),
        EntryKind::Fact => ("✓ FACT", Role::Good),
        EntryKind::Fail => ("✗ FAIL", Role::Bad),
        EntryKind::Done => ("● DONE", Role::Accent),
    }
}

#[must_use]
pub fn ask_kind(ask: &Ask) -> &'static str {
    match ask {
        Ask::Claim => "CLAIM",
        Ask::Unfold { .. } => "UNFOLD",
        Ask::Think { .. } => "THINK",
        Ask::Write { .. } => "WRITE",
        Ask::Plan { .. } => "PLAN",
        Ask::Finish { .. } => "FINISH",
        Ask::Budget { .. } => "BUDGET",
    }
}

/// What is proposed, in full.
#[must_use]
pub fn proposal<'a>(decision: &'a Decision, run: &'a Run) -> Cow<'a, str> {
    let task = || decision.task.and_then(|id| run.task(id)).map(|task| task.text.as_str()).unwrap_or_default();
    Cow::Owned(match &decision.ask {
        Ask::Claim => return Cow::Borrowed(task()),
        Ask::Unfold { labels } => labels.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Ask::Think { call } => {
            let what = if decision.task.is_some() { task() } else { &run.question };
            format!("the call \"{call}\" ({}) for: {what}", call.letter())
        }
        Ask::Write { proposal } => return Cow::Borrowed(&proposal.result),
        Ask::Plan { tasks, revised, .. } => {
            let mut lines: Vec<String> = tasks.iter().map(|task| format!("{} {}", task.id, task.text)).collect();
            lines.extend(revised.iter().map(|new| format!("{} depends on {}", new.task, ids(&new.deps))));
            lines.join("\n")
        }
        Ask::Finish { answer } => return Cow::Borrowed(&answer.text),
        Ask::Budget { scope, cap, .. } => format!("{scope} has reached its cap of {cap}"),
    })
}

/// `T5 T6`.
#[must_use]
pub fn ids<T: ToString>(ids: &[T]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Whether an agent is at work now; what it holds or waits for is not work.
#[must_use]
pub fn works(agent: &Agent, stream: Option<&Stream>, run: &Run, attachment: Attachment) -> bool {
    if attachment != Attachment::Live || run.outcome.is_some() {
        return false;
    }
    match (&agent.state, stream.and_then(|stream| stream.phase.as_ref())) {
        (AgentState::Asking(_) | AgentState::Failed(_), _) => false,
        (_, Some(Phase::WaitsForYou(_) | Phase::Held(_) | Phase::WaitsForTasks)) => false,
        (_, Some(Phase::Reading(_) | Phase::Thinking(_) | Phase::Writing)) => true,
        (AgentState::Idle, _) => false,
        (AgentState::Working(_) | AgentState::Planning(_) | AgentState::Finalizing, _) => true,
    }
}

/// What an agent is doing or waits for. A fact in the log outweighs what was last seen.
#[must_use]
pub fn agent_phase(agent: &Agent, stream: Option<&Stream>, run: &Run, attachment: Attachment) -> (String, Role) {
    let seen = stream.and_then(|stream| stream.phase.as_ref()).filter(|_| attachment == Attachment::Live);
    match (&agent.state, seen) {
        (AgentState::Failed(reason), _) => (format!("✗ failed: {reason}"), Role::Bad),
        _ if run.outcome.is_some() => ("idle".to_owned(), Role::Wait),
        (AgentState::Asking(id), _) | (_, Some(Phase::WaitsForYou(id))) => (format!("◆ waits: you {id}"), Role::Ask),
        (_, Some(Phase::Held(checkpoint))) => (format!("‖ held at {checkpoint}"), Role::Warn),
        (_, Some(Phase::Reading(label))) => (format!("reads {label}"), Role::Tool),
        (_, Some(Phase::Thinking(call))) => (format!("thinks: {call}"), Role::Think),
        (_, Some(Phase::Writing)) => ("writes".to_owned(), Role::Tool),
        (_, Some(Phase::WaitsForTasks)) => (waited_for(run), Role::Wait),
        (AgentState::Idle, _) => ("idle".to_owned(), Role::Wait),
        (AgentState::Working(_), _) => ("claimed".to_owned(), Role::Wait),
        (AgentState::Planning(0), _) => ("plans".to_owned(), Role::Think),
        (AgentState::Planning(round), _) => (format!("plans, round {round}"), Role::Think),
        (AgentState::Finalizing, _) => ("writes the answer".to_owned(), Role::Think),
    }
}

fn waited_for(run: &Run) -> String {
    let held: Vec<String> = run
        .agents
        .iter()
        .filter_map(|agent| match agent.state {
            AgentState::Working(task) => Some(task.to_string()),
            AgentState::Asking(_) => agent.task.map(|task| task.to_string()),
            _ => None,
        })
        .take(4)
        .collect();
    if held.is_empty() { "waits: tasks".to_owned() } else { format!("waits: {}", held.join(" ")) }
}

/// How long ago an agent that works gave its last sign of life.
#[must_use]
pub fn sign_of_life(agent: &Agent, stream: &Stream, now: Now) -> Option<(String, Role)> {
    if matches!(agent.state, AgentState::Asking(_) | AgentState::Failed(_)) {
        return None;
    }
    let works = matches!(stream.phase, Some(Phase::Thinking(_) | Phase::Reading(_) | Phase::Writing));
    let seconds = now.since(stream.last_sign.filter(|_| works)?) / 1000;
    Some(match seconds {
        ..SILENT => (format!("{seconds:>3}s"), Role::Dim),
        _ => (format!("! silent {}", clock(seconds * 1000)), Role::Warn),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([clock(42_000), clock(3_723_000)], ["00:42", "1:02:03"]);
        assert_eq!([amount(950), amount(41_234), amount(3_100_000)], ["950", "41.2k", "3.1M"]);
        assert_eq!(
            [money(None), money(Some(0.0)), money(Some(0.0312)), money(Some(12.5))],
            ["$ ?", "$0", "$0.031", "$12.50"]
        );
    }
}
