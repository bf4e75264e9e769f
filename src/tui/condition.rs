//! What an agent is doing or waits for, in words. A fact in the log outweighs what was last seen, and silence is never
//! called work.

use crate::run::{Agent, AgentState, Pace, Phase, Run, StartedCall};

use super::{
    msg::Now,
    stream::{Stream, Tone},
    theme::Role,
    ui::Screen,
    words::{clock, time_of_day},
};

/// Milliseconds without a sign of life after which an agent that should work counts as stale.
pub const SILENT: i64 = 30_000;

/// The call that an agent has sent and that has not come back.
#[must_use]
pub fn call_of<'a>(agent: &Agent, run: &'a Run) -> Option<&'a StartedCall> {
    run.in_flight.values().find(|call| call.agent == agent.id)
}

/// Whose model it is: `openai`, or the host of an address.
#[must_use]
pub fn provider(model: &str) -> &str {
    match model.strip_prefix("https://").or_else(|| model.strip_prefix("http://")) {
        Some(address) => address.split(['/', '#']).next().unwrap_or(address),
        None => model.split(':').next().unwrap_or(model),
    }
}

/// Milliseconds since an agent that should be at work was last seen.
#[must_use]
pub fn silence(agent: &Agent, stream: &Stream, now: Now) -> Option<i64> {
    if matches!(agent.state, AgentState::Asking(_)) || agent.state.is_gone() || agent.lost.is_some() {
        return None;
    }
    let works = matches!(stream.phase, Some(Phase::Thinking(_) | Phase::Reading(_) | Phase::Writing));
    Some(now.since(stream.last_sign.filter(|_| works)?))
}

#[must_use]
pub fn is_stale(agent: &Agent, stream: &Stream, now: Now) -> bool {
    silence(agent, stream, now).is_some_and(|ms| ms >= SILENT)
}

/// Whether an agent that was last seen at work has been held since: where a record ends, what it was about to do is held
/// for it. Nobody moves in a run that is paused.
fn is_held_since(phase: &Phase, run: &Run) -> bool {
    run.pace == Pace::Paused && matches!(phase, Phase::Thinking(_) | Phase::Reading(_) | Phase::Writing)
}

/// Whether an agent is at work now; what it holds or waits for is not work.
#[must_use]
pub fn works(agent: &Agent, screen: &Screen) -> bool {
    let (run, ui) = (screen.run(), screen.ui);
    if ui.past.is_some() {
        // What happened between facts is not known: who had something to do counts.
        let has_work = call_of(agent, run).is_some() || agent.state != AgentState::Idle;
        return run.outcome.is_none() && !agent.state.is_gone() && has_work;
    }
    if !ui.attachment.is_live() || run.outcome.is_some() {
        return false;
    }
    let stream = ui.streams.get(&agent.id);
    if stream.is_some_and(|stream| is_stale(agent, stream, ui.now)) {
        return false;
    }
    match (&agent.state, stream.and_then(|stream| stream.phase.as_ref())) {
        _ if agent.lost.is_some() => false,
        (AgentState::Asking(_) | AgentState::Failed(_) | AgentState::Stopped, _) => false,
        (_, Some(Phase::WaitsForYou(_) | Phase::Held(_) | Phase::WaitsForTasks)) => false,
        (_, Some(Phase::TriesAgain { .. } | Phase::WaitsForMoney)) => false,
        (_, Some(phase)) if is_held_since(phase, run) => false,
        (_, Some(Phase::Reading(_) | Phase::Thinking(_) | Phase::Writing)) => true,
        (AgentState::Idle, _) => false,
        (AgentState::Working(_) | AgentState::Planning(_) | AgentState::Finalizing, _) => true,
    }
}

/// What an agent is doing or waits for, with the end of the wait where it is known.
#[must_use]
pub fn condition(agent: &Agent, screen: &Screen) -> (String, Role) {
    let (run, ui) = (screen.run(), screen.ui);
    let stream = ui.streams.get(&agent.id).filter(|_| ui.attachment.is_live() && ui.past.is_none());
    match (&agent.state, stream.and_then(|stream| Some((stream, stream.phase.as_ref()?)))) {
        (AgentState::Failed(reason), _) => (format!("✗ failed: {reason}"), Role::Bad),
        (AgentState::Stopped, _) => ("✗ stopped by you".to_owned(), Role::Dim),
        _ if agent.held => ("⏸ held by you".to_owned(), Role::Wait),
        _ if run.outcome.is_some() => ("idle".to_owned(), Role::Wait),
        _ if let Some(held) = agent.lost => (format!("! lost its lease on {held}"), Role::Warn),
        (AgentState::Asking(id), _) | (_, Some((_, Phase::WaitsForYou(id)))) => {
            (format!("◆ waits: you {id}"), Role::Ask)
        }
        (_, Some((stream, phase))) if *phase != Phase::Idle => seen(agent, stream, phase, screen),
        _ if ui.past.is_some() && call_of(agent, run).is_some() => in_flight_then(agent, run),
        (AgentState::Idle, _) => ("idle".to_owned(), Role::Wait),
        (AgentState::Working(_), _) => ("claimed".to_owned(), Role::Wait),
        (AgentState::Planning(0), _) => ("plans".to_owned(), Role::Think),
        (AgentState::Planning(round), _) => (format!("plans, round {round}"), Role::Think),
        (AgentState::Finalizing, _) => ("writes the answer".to_owned(), Role::Think),
    }
}

/// A call that was in flight at a moment of the past.
fn in_flight_then(agent: &Agent, run: &Run) -> (String, Role) {
    let what = call_of(agent, run).map_or_else(String::new, |call| format!("{} {}", call.kind.letter(), call.kind));
    (format!("in flight then: {what}"), Role::Think)
}

fn seen(agent: &Agent, stream: &Stream, phase: &Phase, screen: &Screen) -> (String, Role) {
    let (run, now) = (screen.run(), screen.ui.now);
    let silent = silence(agent, stream, now).filter(|ms| *ms >= SILENT && screen.ui.ticks(run));
    if let Some(ms) = silent {
        let who = call_of(agent, run).map_or("it", |call| provider(&call.model));
        return (format!("! stale: {who} silent {}", clock(ms)), Role::Warn);
    }
    match phase {
        phase if is_held_since(phase, run) => ("‖ held".to_owned(), Role::Warn),
        Phase::Held(checkpoint) => (format!("‖ held at {checkpoint}"), Role::Warn),
        Phase::Reading(label) => (format!("reads {label}"), Role::Tool),
        Phase::Thinking(_) if call_of(agent, run).is_some() && stream.pulse.first.is_none() => {
            ("waits: model".to_owned(), Role::Wait)
        }
        Phase::Thinking(call) => {
            let answers = call_of(agent, run).is_some() && stream.last_tone() == Some(Tone::Output);
            (format!("{}: {} {call}", if answers { "answers" } else { "thinks" }, call.letter()), Role::Think)
        }
        Phase::TriesAgain { until, .. } => {
            let who = call_of(agent, run).map_or("model", |call| provider(&call.model));
            let at = time_of_day(*until, screen.ui.options.utc_offset_secs);
            let left = ((until - now.0).max(0) + 999) / 1000;
            (format!("waits: {who} until {at}, {left}s"), Role::Warn)
        }
        Phase::WaitsForMoney => ("waits: money".to_owned(), Role::Warn),
        Phase::Writing => ("writes".to_owned(), Role::Tool),
        Phase::WaitsForTasks => (waited_for(run), Role::Wait),
        Phase::Idle | Phase::WaitsForYou(_) => ("idle".to_owned(), Role::Wait),
    }
}

/// `waits: T5 of a1, T6 of a2`.
fn waited_for(run: &Run) -> String {
    let held: Vec<String> = run
        .agents
        .iter()
        .filter_map(|agent| match agent.state {
            AgentState::Working(task) => Some(format!("{task} of {}", agent.id)),
            AgentState::Asking(_) => agent.task.map(|task| format!("{task} of {}", agent.id)),
            _ => None,
        })
        .take(4)
        .collect();
    if held.is_empty() { "waits: tasks".to_owned() } else { format!("waits: {}", held.join(", ")) }
}

/// How long ago an agent that works gave its last sign of life; its condition says it once it is stale.
#[must_use]
pub fn sign_of_life(agent: &Agent, screen: &Screen) -> Option<String> {
    let stream = screen.ui.streams.get(&agent.id).filter(|_| screen.ui.ticks(screen.run()))?;
    let ms = silence(agent, stream, screen.ui.now).filter(|ms| *ms < SILENT)?;
    Some(format!("{:>3}s", ms / 1000))
}

#[cfg(test)]
mod tests {
    use super::provider;

    #[test]
    fn a_provider_is_named_by_its_model() {
        let models = ["openai:gpt", "http://127.0.0.1:8080/v1#qwen", "https://a.b#m", "scripted"];
        assert_eq!(models.map(provider), ["openai", "127.0.0.1:8080", "a.b", "scripted"]);
    }
}
