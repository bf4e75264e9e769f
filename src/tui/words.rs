//! How the screen says things: one word for one thing, wherever it stands.

use std::borrow::Cow;

use crate::run::{Ask, Cap, Choice, Decision, EntryKind, Outcome, Pace, Run, Stage, Standing, TaskState, Usage};

use super::{Attachment, Holding, theme::Role};

/// The part of a cap from which on its use is a warning.
const NEAR: f64 = 0.8;

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

/// `12:03:10`: the time of the day at an offset from UTC, which is marked when there is none.
#[must_use]
pub fn time_of_day(ms: i64, utc_offset_secs: Option<i32>) -> String {
    let seconds = (ms.div_euclid(1000) + i64::from(utc_offset_secs.unwrap_or(0))).rem_euclid(86_400);
    let zone = if utc_offset_secs.is_none() { "Z" } else { "" };
    format!("{:02}:{:02}:{:02}{zone}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `950`, `41.2k`, `100k`, `3.1M`.
#[must_use]
pub fn amount(n: u64) -> String {
    let (short, unit) = match n {
        0..1000 => return n.to_string(),
        1000..999_950 => (n as f64 / 1e3, "k"),
        _ => (n as f64 / 1e6, "M"),
    };
    format!("{short:.1}").trim_end_matches(".0").to_owned() + unit
}

/// `$0.031`; unknown is not zero, and little is not nothing.
#[must_use]
pub fn money(usd: Option<f64>) -> String {
    match usd {
        None => "$?".to_owned(),
        Some(0.0) => "$0".to_owned(),
        Some(usd) if usd < 0.000_05 => "<$0.0001".to_owned(),
        Some(usd) if usd < 0.01 => format!("${usd:.4}"),
        Some(usd) if usd < 1.0 => format!("${usd:.3}"),
        Some(usd) => format!("${usd:.2}"),
    }
}

/// `41.2k tok`, and `~41.2k tok` when some of them nobody counted.
#[must_use]
pub fn tokens(used: &Usage) -> String {
    format!("{}{} tok", about(used), amount(used.tokens()))
}

/// `512 B`, `41.2 kB`, `9.7 MB`.
#[must_use]
pub fn bytes(n: usize) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..999_950 => format!("{:.1} kB", n as f64 / 1e3),
        _ => format!("{:.1} MB", n as f64 / 1e6),
    }
}

/// Everything that is known of a use: `$0.031 · 12.3k tok in, 840 out, 9.1k cached · 300 of them estimated`.
#[must_use]
pub fn spent(used: &Usage) -> String {
    let mut text =
        format!("{} · {} tok in, {} out", money(used.usd), amount(used.input_tokens), amount(used.output_tokens));
    for (tokens, what) in [
        (used.cached_tokens, "cached"),
        (used.cache_write_tokens, "written to the cache"),
        (used.reasoning_tokens, "of it thought"),
    ] {
        if tokens > 0 {
            text.push_str(&format!(", {} {what}", amount(tokens)));
        }
    }
    if used.estimated_tokens > 0 {
        text.push_str(&format!(" · ~{} of them estimated", amount(used.estimated_tokens)));
    }
    text
}

/// The mark of an estimate.
#[must_use]
pub fn about(used: &Usage) -> &'static str {
    if used.estimated_tokens > 0 { "~" } else { "" }
}

/// `41.2k / 100k tok`: what is used of a cap on tokens, as a warning when it nears.
#[must_use]
pub fn tokens_of(used: &Usage, cap: Cap) -> (String, Role) {
    let Some(most) = cap.tokens else { return (tokens(used), Role::Text) };
    let near = used.tokens() as f64 >= most as f64 * NEAR;
    let text = format!("{}{} / {} tok", about(used), amount(used.tokens()), amount(most));
    (text, if near { Role::Warn } else { Role::Text })
}

/// `$0.031 / 1.00`: the same of a cap in dollars. What is unknown may be near.
#[must_use]
pub fn money_of(used: &Usage, cap: Cap) -> (String, Role) {
    let Some(most) = cap.usd else { return (money(used.usd), Role::Text) };
    let near = used.usd.is_none_or(|usd| usd >= most * NEAR);
    let most = if (most * 100.0).fract().abs() < 1e-9 { format!("{most:.2}") } else { most.to_string() };
    (format!("{} / {most}", money(used.usd)), if near { Role::Warn } else { Role::Text })
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
        (None, Attachment::Live | Attachment::Following(_), _) if run.head.0 == 0 => ("◌ STARTING", Role::Warn),
        (None, Attachment::Live | Attachment::Following(_), Pace::Running) => ("● RUNNING", Role::Good),
        (None, Attachment::Live | Attachment::Following(_), Pace::Pausing) => ("◌ PAUSING", Role::Warn),
        (None, Attachment::Live | Attachment::Following(_), Pace::Paused) => ("‖ PAUSED", Role::Warn),
    }
}

/// `FOLLOWING pid 4711 since 12:03`: who has the run in hand, when that is another process.
#[must_use]
pub fn following(attachment: Attachment, utc_offset_secs: Option<i32>) -> Option<String> {
    let Attachment::Following(Holding { pid, since }) = attachment else { return None };
    let pid = pid.map_or_else(String::new, |pid| format!(" pid {pid}"));
    let since = since.map_or_else(String::new, |since| {
        let at = time_of_day(since, utc_offset_secs);
        let zone = if utc_offset_secs.is_none() { "Z" } else { "" };
        format!(" since {}{zone}", &at[..5])
    });
    Some(format!("FOLLOWING{pid}{since}"))
}

/// The part of the method, where it says more than that the team works.
#[must_use]
pub fn stage(run: &Run) -> Option<String> {
    match run.stage() {
        Stage::Reading if run.head.0 == 0 => None,
        Stage::Reading => Some(format!("reading, {}", count(run.sources.len(), "source", "sources"))),
        Stage::Preparing => Some(format!("preparing {}/{} units", run.units_prepared(), run.units.len())),
        Stage::Finalizing => Some("writing the answer".to_owned()),
        Stage::Working if run.closing.is_some() => Some("finishing".to_owned()),
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

/// What has to be said of an entry wherever it is shown.
#[must_use]
pub fn standing(standing: Standing) -> Option<(&'static str, Role)> {
    match standing {
        Standing::Holds => None,
        Standing::Recalled => Some(("RECALLED", Role::Bad)),
        Standing::Suspect => Some(("suspect", Role::Warn)),
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
        Ask::Budget { scope, cap, used, call, worst } => {
            let (letter, worst) = (call.letter(), under(worst, *cap));
            format!("{scope}: {} of {cap} used, {letter} {call} may use {worst}", under(used, *cap))
        }
    })
}

/// What is proposed, as a text that can be changed: a plan is a line a task. `None` when it is about money.
#[must_use]
pub fn decidable(decision: &Decision, run: &Run) -> Option<String> {
    match &decision.ask {
        Ask::Budget { .. } => None,
        Ask::Plan { tasks, .. } => Some(tasks.iter().map(|task| task.text.as_str()).collect::<Vec<_>>().join("\n")),
        _ => Some(proposal(decision, run).into_owned()),
    }
}

/// What is left until a decision decides itself, and how: `0:25 → veto`; `None` when it waits for ever.
#[must_use]
pub fn countdown(decision: &Decision, opened: Option<i64>, now: Option<i64>) -> Option<String> {
    let due = decision.deadline.as_ref()?;
    let default = match &due.choice {
        Choice::Approve => "pass",
        Choice::Edit { .. } => "edit",
        Choice::Veto { .. } => "veto",
        Choice::Raise { .. } => "raise",
        Choice::Finish => "finish",
    };
    let after = i64::try_from(due.after_ms).unwrap_or(i64::MAX);
    // The second that has begun counts whole, so that it never says 0 before its time.
    let left = match opened.zip(now) {
        Some((opened, now)) => (opened.saturating_add(after) - now).max(0).saturating_add(999),
        None => after,
    };
    Some(format!("{} → {default}", clock(left)))
}

/// A use in the units of a cap: `$0.031`, `1.2k tok`, or both.
#[must_use]
pub fn under(used: &Usage, cap: Cap) -> String {
    match (cap.usd, cap.tokens) {
        (Some(_), Some(_)) => format!("{} and {}", money(used.usd), tokens(used)),
        (Some(_), None) => money(used.usd),
        (None, _) => tokens(used),
    }
}

/// `T5 T6`.
#[must_use]
pub fn ids<T: ToString>(ids: &[T]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// As many of them as fit into the cells, one at least, and how many more there are: `T1 T2 +10`.
#[must_use]
pub fn ids_within<T: ToString>(names: &[T], cells: usize) -> String {
    let said = |named: usize| match names.len().saturating_sub(named) {
        0 => ids(names),
        more => format!("{} +{more}", ids(&names[..named])),
    };
    let most = names.len().min(cells / 2).max(1);
    (1..=most).rev().map(said).find(|said| said.len() <= cells).unwrap_or_else(|| said(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([clock(42_000), clock(3_723_000)], ["00:42", "1:02:03"]);
        assert_eq!([amount(950), amount(41_234), amount(3_100_000)], ["950", "41.2k", "3.1M"]);
        assert_eq!([amount(100_000), amount(999_960)], ["100k", "1M"]);
        assert_eq!(
            [money(None), money(Some(0.0)), money(Some(0.0312)), money(Some(12.5))],
            ["$?", "$0", "$0.031", "$12.50"]
        );
        assert_eq!([money(Some(0.00312)), money(Some(0.000_01))], ["$0.0031", "<$0.0001"]);
        assert_eq!(time_of_day(1_760_000_000_000, Some(7200)), "10:53:20");
        assert_eq!(time_of_day(1_760_000_000_000, None), "08:53:20Z");
    }

    #[test]
    fn a_countdown_ends_in_what_happens_by_itself() {
        use crate::run::{AgentId, DecisionId, DueChoice};
        let mut decision =
            Decision { id: DecisionId(1), agent: AgentId(1), task: None, ask: Ask::Claim, deadline: None };
        assert_eq!(countdown(&decision, Some(0), Some(0)), None);
        decision.deadline = Some(DueChoice { after_ms: 30_000, choice: Choice::Approve });
        let at = |now| countdown(&decision, Some(1_000), Some(now)).unwrap();
        assert_eq!(
            [at(1_000), at(1_001), at(30_999), at(31_000), at(99_000)],
            ["00:30 → pass", "00:30 → pass", "00:01 → pass", "00:00 → pass", "00:00 → pass"]
        );
        assert_eq!(countdown(&decision, Some(1_000), None).unwrap(), "00:30 → pass");
    }

    #[test]
    fn a_cap_that_nears_is_a_warning() {
        let used = |tokens, usd| Usage { input_tokens: tokens, usd, ..Usage::NONE };
        let cap = Cap { usd: Some(1.0), tokens: Some(100_000) };
        assert_eq!(tokens_of(&used(79_999, None), cap), ("80k / 100k tok".to_owned(), Role::Text));
        assert_eq!(tokens_of(&used(80_000, None), cap).1, Role::Warn);
        assert_eq!(money_of(&used(0, Some(0.031)), cap), ("$0.031 / 1.00".to_owned(), Role::Text));
        assert_eq!(money_of(&used(0, Some(0.8)), cap).1, Role::Warn);
        assert_eq!(money_of(&used(0, None), cap), ("$? / 1.00".to_owned(), Role::Warn));
        assert_eq!(money_of(&used(0, None), Cap::default()), ("$?".to_owned(), Role::Text));
        let guessed = Usage { estimated_tokens: 1, ..used(1_500, None) };
        assert_eq!(tokens(&guessed), "~1.5k tok");
    }
}
