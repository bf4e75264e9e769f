//! What a run cost, for `delm show`: as JSON in full, as text in a few lines. An unknown price is unknown, never 0, and
//! tokens that nobody counted are marked ~.

use serde_json::{Value, json};

use crate::{
    app::print::{self, out},
    run::{Cap, Cost, Fate, Ledger, Run, Scope, Task, Tried, Usage},
};

/// The `cost` of `delm show --json`.
#[must_use]
pub fn as_json(run: &Run, ledger: &Ledger) -> Value {
    let agents = run.agents.iter().map(|agent| {
        let mut shown = cost(&ledger.agents.get(&agent.id).copied().unwrap_or_default());
        shown["agent"] = json!(agent.id);
        shown["cap"] = cap(run.cap(Scope::Agent(agent.id)));
        shown
    });
    let roles = ledger.roles.iter().map(|(role, sum)| {
        let mut shown = cost(sum);
        shown["role"] = json!(role);
        shown
    });
    let kinds = ledger.kinds.iter().map(|(kind, sum)| {
        let mut shown = cost(sum);
        shown["kind"] = json!(kind);
        shown["letter"] = json!(kind.letter());
        shown
    });
    json!({
        "usage": print::usage(&run.usage),
        "calls": run.calls,
        "calls_failed": ledger.failed,
        "calls_lost": run.lost_calls(),
        "caps": {
            "run": cap(run.cap(Scope::Run)),
            "agent": cap(run.options.limits.agent),
            "task": cap(run.options.limits.task),
        },
        "agents": agents.collect::<Value>(),
        "tasks": run.tasks.iter().map(|task| of_task(run, ledger, task)).collect::<Value>(),
        "roles": roles.collect::<Value>(),
        "kinds": kinds.collect::<Value>(),
    })
}

fn of_task(run: &Run, ledger: &Ledger, task: &Task) -> Value {
    let tries = ledger.tries.get(&task.id).map_or(&[][..], Vec::as_slice);
    let calls: u64 = tries.iter().map(|tried| tried.cost.calls).sum();
    let mut shown = cost(&Cost { calls, usage: task.usage() });
    shown["task"] = json!(task.id);
    shown["text"] = json!(task.text);
    shown["cap"] = cap(run.cap(Scope::Task(task.id)));
    shown["tries"] = (1..).zip(tries).map(|(number, tried)| of_try(number, tried)).collect();
    shown
}

fn of_try(number: u32, tried: &Tried) -> Value {
    let (fate, detail) = match &tried.fate {
        Fate::Open => ("open", Value::Null),
        Fate::Admitted(label) => ("admitted", json!(label)),
        Fate::Redundant => ("redundant", Value::Null),
        Fate::Rejected(why) => ("rejected", json!(why)),
        Fate::Vetoed(why) => ("vetoed", json!(why)),
        Fate::LeftOff(why) => ("left off", json!(why)),
    };
    let mut shown = cost(&tried.cost);
    shown["try"] = json!(number);
    shown["agent"] = json!(tried.agent);
    shown["rejected"] = json!(tried.fate.is_rejected());
    shown["fate"] = json!(fate);
    shown["detail"] = detail;
    shown
}

/// Calls and what they used.
#[must_use]
pub fn cost(cost: &Cost) -> Value {
    json!({ "calls": cost.calls, "usage": print::usage(&cost.usage) })
}

fn cap(cap: Cap) -> Value {
    if cap.is_none() { Value::Null } else { json!(cap) }
}

/// The section of the text form; nothing when no call was made.
///
/// # Errors
/// When standard output cannot be written to.
pub fn as_text(run: &Run, ledger: &Ledger) -> anyhow::Result<()> {
    lines(run, ledger).iter().try_for_each(|line| out(line))
}

fn lines(run: &Run, ledger: &Ledger) -> Vec<String> {
    let lost = run.lost_calls();
    if run.calls + lost == 0 {
        return vec![];
    }
    let mut lines = vec!["\nCost".to_owned()];
    lines.push(format!("  {}", sum(&Cost { calls: run.calls, usage: run.usage })));
    if lost > 0 {
        lines.push(format!("  {} lost with their process; what they cost is unknown", calls(lost)));
    }
    let roles = ledger.roles.iter().map(|(role, sum)| format!("{role} {}", money(&sum.usage)));
    lines.push(format!("  by role: {}", roles.collect::<Vec<_>>().join(", ")));
    let (tries, rejected) = ledger.rejected();
    if tries > 0 {
        let tries = if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") };
        lines.push(format!("  turned down: {tries}, {}", sum(&rejected)));
    }
    let limits = [("run", run.cap(Scope::Run)), ("agent", run.options.limits.agent), ("task", run.options.limits.task)];
    for (scope, cap) in limits.into_iter().filter(|(_, cap)| !cap.is_none()) {
        lines.push(format!("  cap of {} {scope}: {cap}", if scope == "run" { "the" } else { "each" }));
    }
    lines
}

fn sum(cost: &Cost) -> String {
    let Usage { input_tokens, cached_tokens, output_tokens, reasoning_tokens, .. } = cost.usage;
    let about = if cost.usage.estimated_tokens > 0 { "~" } else { "" };
    let part = |tokens: u64, name: &str| if tokens > 0 { format!(" ({tokens} {name})") } else { String::new() };
    format!(
        "{}, {about}{input_tokens} tokens in{}, {about}{output_tokens} out{}, {}",
        money(&cost.usage),
        part(cached_tokens, "cached"),
        part(reasoning_tokens, "thought"),
        calls(cost.calls)
    )
}

fn calls(calls: u64) -> String {
    if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") }
}

/// What was used has a price, or nobody knows it. It is as sure as its tokens are.
#[must_use]
pub fn money(usage: &Usage) -> String {
    let about = if usage.estimated_tokens > 0 && usage.usd.is_some_and(|usd| usd > 0.0) { "~" } else { "" };
    match usage.usd {
        None => "price unknown".to_owned(),
        usd => format!("{about}{}", print::usd(usd)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_not_nothing_and_an_estimate_says_so() {
        let usage = Usage { input_tokens: 12, estimated_tokens: 12, ..Usage::NONE };
        assert_eq!(money(&Usage { usd: None, ..usage }), "price unknown");
        assert_eq!(money(&Usage { usd: Some(0.5), ..usage }), "~$0.500");
        assert_eq!(money(&usage), "$0.000", "free is free, however many tokens there were");
        assert_eq!(sum(&Cost { calls: 1, usage }), "$0.000, ~12 tokens in, ~0 out, 1 call");
        let counted = Usage { input_tokens: 9, cached_tokens: 3, output_tokens: 2, usd: Some(0.00004), ..Usage::NONE };
        assert_eq!(sum(&Cost { calls: 2, usage: counted }), "$0.00004, 9 tokens in (3 cached), 2 out, 2 calls");
    }
}
