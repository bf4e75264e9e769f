//! The line of figures of one agent: the call it is about, what its calls used, how fast the reply comes.
//!
//! An agent that never called a model has none.

use crate::{
    plain::plain_start,
    run::{Agent, Ask, Call, CallKind, Phase},
    tui::{
        condition::call_of,
        theme::Role,
        ui::Screen,
        widget::{
            row::{Row, START},
            wrap,
        },
        words,
    },
};

/// `F reason  12.3k→840 tok  ~38/s  $0.004  9.1k cached  first 1.2s`: what does not fit is left out from the right.
#[must_use]
pub fn meter(agent: &Agent, screen: &Screen, width: usize) -> Option<Row> {
    let (run, ui) = (screen.run(), screen.ui);
    let stream = ui.streams.get(&agent.id).filter(|_| ui.ticks(run));
    let flying = call_of(agent, run);
    let last = ui.calls.last(agent.id, run.head, screen.timeline);
    let last = last.as_deref();
    let pulse = stream.map(|stream| stream.pulse).unwrap_or_default();
    let phase = stream.and_then(|stream| stream.phase.as_ref());
    let held_back = matches!(phase, Some(Phase::WaitsForMoney));
    if flying.is_none() && last.is_none() && !held_back {
        return None;
    }
    let kind = flying.map(|call| call.kind).or(pulse.kind).or(last.map(|call| call.kind));
    let mut parts = vec![];
    match phase {
        Some(Phase::TriesAgain { why, .. }) => parts.push((plain_start(why, START).into_owned(), Role::Warn)),
        Some(Phase::WaitsForMoney) => {
            let asked = run.decisions.values().find(|open| matches!(open.ask, Ask::Budget { .. }));
            let calls = words::count(run.in_flight.len(), "call", "calls");
            let why = match asked {
                Some(open) => format!("{} asks for more", open.id),
                None => format!("{calls} in flight may use what is left"),
            };
            parts.push((why, Role::Warn));
        }
        _ => {}
    }
    let used = agent.usage;
    let coming = if flying.is_some() { pulse.tokens() } else { 0 };
    let written = if coming > 0 || used.estimated_tokens > 0 { "~" } else { "" };
    let output = words::amount(used.output_tokens + coming);
    parts.push((
        format!("{}{}→{written}{output} tok", words::about(&used), words::amount(used.input_tokens)),
        Role::Dim,
    ));
    let (speed, first) = match flying {
        Some(_) => (pulse.speed(ui.now).map(|speed| format!("~{speed:.0}/s")), pulse.first_ms()),
        None => (last.and_then(speed), last.and_then(|call| call.first_ms)),
    };
    parts.extend(speed.map(|speed| (speed, if flying.is_some() { Role::Text } else { Role::Dim })));
    parts.push((words::money(used.usd), Role::Dim));
    if used.cached_tokens > 0 {
        parts.push((format!("{} cached", words::amount(used.cached_tokens)), Role::Dim));
    }
    parts.extend(first.map(|ms| (format!("first {}", seconds(ms)), Role::Dim)));
    Some(fitting(kind, &parts, width, screen))
}

fn fitting(kind: Option<CallKind>, parts: &[(String, Role)], width: usize, screen: &Screen) -> Row {
    let mut row = Row::new(width.saturating_sub(1));
    row.push(" ", screen.theme.style(Role::Text));
    if let Some(kind) = kind {
        row.push(format!("{} {kind}", kind.letter()), screen.theme.style(Role::Accent));
    }
    for (text, role) in parts {
        // A reason is cut rather than left out.
        if wrap::width(text) + 2 > row.left() && *role != Role::Warn {
            break;
        }
        row.push("  ", screen.theme.style(Role::Text));
        row.push(text, screen.theme.style(*role));
    }
    row
}

/// Tokens a second of a call that came back, from its first piece on.
#[must_use]
pub fn speed(call: &Call) -> Option<String> {
    let ms = call.elapsed_ms.checked_sub(call.first_ms?).filter(|ms| *ms > 0)?;
    let speed = call.usage.output_tokens as f64 * 1000.0 / ms as f64;
    Some(format!("{}{speed:.0}/s", words::about(&call.usage)))
}

/// `850ms`, `3.2s`, `04:10`.
#[must_use]
pub fn seconds(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..100_000 => format!("{:.1}s", ms as f64 / 1e3),
        _ => words::clock(ms as i64),
    }
}
