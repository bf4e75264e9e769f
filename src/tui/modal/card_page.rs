//! What a decision's card says: the proposal first, then everything that speaks for and against it.

use crate::{
    run::{
        Ask, Axis, AxisOutcome, Chain, Citation, Decision, Proposal, Ruling, Run, Scope, Trajectory, Verdict,
        estimate_tokens,
    },
    tui::{theme::Role, widget::page::Page, words},
};

use super::{answer::with_labels, task::field};

/// The proposal itself: all that approving it lets through. Gives the citation cursor's paragraph on pages that end in
/// a chain.
pub fn proposal(page: &mut Page, decision: &Decision, run: &Run) {
    match &decision.ask {
        Ask::Write { proposal } => {
            let (glyph, role) = words::entry_glyph(proposal.kind);
            page.paragraph(0).add(glyph, role).add("  ", Role::Text).add(&format!("{} ", proposal.label), Role::Accent);
            page.add(&format!("by {}, try {}", proposal.agent, proposal.attempt), Role::Dim).blank();
            page.paragraph(0);
            with_labels(page, &proposal.result);
            page.blank();
            field(page, "sub-task", &proposal.subtask, Role::Text);
        }
        Ask::Budget { scope, cap, used, call, worst } => {
            page.line(&format!("{scope} has reached its cap"), Role::Title).blank();
            field(page, "cap", &cap.to_string(), Role::Text);
            field(page, "used", &words::spent(used), Role::Text);
            let task = decision.task.map(|task| format!(" for {task}")).unwrap_or_default();
            let next = format!("{} {call} of {}{task}, up to {}", call.letter(), decision.agent, words::spent(worst));
            field(page, "next call", &next, Role::Text);
            if cap.usd.is_some() && worst.usd.is_none() {
                let why = "its price is unknown, so no cap in dollars can hold it";
                field(page, "! price", why, Role::Warn);
            }
            page.blank();
            field(page, "raise", "a new cap; all who wait for it go on", Role::Text);
            field(page, "finish", finishing(*scope), Role::Text);
            field(page, "stop", "this session ends; the run is saved with this question open", Role::Text);
        }
        Ask::Finish { answer } => {
            page.line("The final answer", Role::Dim).blank();
            page.paragraph(0);
            with_labels(page, &answer.text);
        }
        Ask::Plan { round, tasks, revised } => {
            let what =
                if *round == 0 { "The question as tasks".to_owned() } else { format!("More tasks, round {round}") };
            page.line(&what, Role::Dim).blank();
            for task in tasks {
                page.paragraph(5).add(&format!("{:<5}", task.id), Role::Accent).add(&task.text, Role::Text);
                if !task.deps.is_empty() {
                    page.add(&format!("  ⟵{}", words::ids(&task.deps)), Role::Dim);
                }
            }
            for new in revised {
                page.paragraph(5).add(&format!("{:<5}", new.task), Role::Accent);
                page.add(&format!("depends on {} from now on", words::ids(&new.deps)), Role::Text);
            }
            if tasks.is_empty() && revised.is_empty() {
                page.line("No more tasks: the answer comes next.", Role::Text);
            }
        }
        Ask::Claim => {
            page.line(&format!("{} wants to claim", decision.agent), Role::Dim).blank();
            task(page, decision, run);
        }
        Ask::Think { call } => {
            page.line(
                &format!("{} is about to call the model: {call} ({})", decision.agent, call.letter()),
                Role::Text,
            );
            page.blank();
            task(page, decision, run);
        }
        Ask::Unfold { labels } => {
            page.line(&format!("{} wants to unfold", decision.agent), Role::Dim).blank();
            for label in labels {
                let gist = run.context.get(*label).map(|entry| entry.gist.as_str()).unwrap_or_default();
                page.paragraph(9).add(&format!("{label:<8} "), Role::Accent).add(gist, Role::Text);
            }
            page.blank();
            task(page, decision, run);
        }
    }
}

fn task(page: &mut Page, decision: &Decision, run: &Run) {
    let Some(task) = decision.task.and_then(|id| run.task(id)) else { return };
    field(page, &task.id.to_string(), &task.text, Role::Text);
    if !task.deps.is_empty() {
        field(page, "builds on", &words::ids(&task.deps), Role::Text);
    }
    for feedback in &task.feedback {
        field(page, "turned down", &format!("✗ {}: {}", feedback.by, feedback.reason), Role::Warn);
    }
}

/// What it means to go no further than a cap allows.
fn finishing(scope: Scope) -> &'static str {
    match scope {
        Scope::Run => "no further call is made: the run ends with what is there, where it stands",
        Scope::Agent(_) => "this agent stops; its task goes to another, and without another the run ends",
        Scope::Task(_) => "this task is dropped; what was found stays",
    }
}

/// What speaks against it, who waits, what it costs.
pub fn weight(page: &mut Page, decision: &Decision, run: &Run) {
    if let Ask::Write { proposal } = &decision.ask {
        for doubt in &proposal.doubts {
            page.paragraph(12).add(&format!("{:<12}", "! doubt"), Role::Warn).add(&doubt.to_string(), Role::Text);
        }
        verdict(page, &proposal.verdict);
    }
    let waiting: Vec<_> = run
        .tasks
        .iter()
        .filter(|task| decision.task.is_some_and(|id| task.deps.contains(&id)))
        .map(|task| task.id)
        .collect();
    let mut blocked = match &decision.ask {
        Ask::Budget { scope: Scope::Run, .. } => format!("{}, and every agent at its next call", decision.agent),
        _ => decision.agent.to_string(),
    };
    if !waiting.is_empty() {
        blocked.push_str(&format!(", and behind it {}", words::ids(&waiting)));
    }
    field(page, "blocks", &blocked, Role::Text);
    if let Ask::Write { proposal } = &decision.ask {
        field(page, "costs", &format!("about {} tokens of every later prompt", tokens(proposal)), Role::Text);
    }
    let by = match &decision.ask {
        Ask::Budget { scope, .. } => format!("the cap on {scope}, before a call is sent"),
        _ => format!("the policy: gate {}", run.options.gate),
    };
    field(page, "asked by", &by, Role::Dim);
}

fn tokens(proposal: &Proposal) -> u64 {
    estimate_tokens(proposal.subtask.chars().count() + proposal.result.chars().count() + 32)
}

/// The verifier's axes, each with its reason when it failed.
pub fn verdict(page: &mut Page, verdict: &Verdict) {
    if let Ruling::Wrong(line) = &verdict.ruling {
        page.paragraph(12).add(&format!("{:<12}", "✗ verifier"), Role::Bad).add(line, Role::Text);
    }
    let failed = verdict.axes.iter().filter_map(|(axis, outcome)| match outcome {
        AxisOutcome::Fail(reason) => Some((axis, reason)),
        AxisOutcome::Pass | AxisOutcome::NotApplicable => None,
    });
    for (axis, reason) in failed {
        page.paragraph(12).add(&format!("{:<12}", format!("✗ {axis}")), Role::Bad);
        page.add(&format!("{}: {reason}", axis.name()), Role::Text);
    }
    let rest: Vec<String> = Axis::ALL.iter().filter_map(|axis| passed(verdict, *axis)).collect();
    if !rest.is_empty() {
        field(page, "verifier", &rest.join(" · "), Role::Good);
    }
}

fn passed(verdict: &Verdict, wanted: Axis) -> Option<String> {
    verdict.axes.iter().find(|(axis, _)| *axis == wanted).and_then(|(axis, outcome)| match outcome {
        // No break inside an axis.
        AxisOutcome::Pass => Some(format!("✓ {axis} {}", axis.name()).replace(' ', "\u{a0}")),
        AxisOutcome::NotApplicable => Some(format!("{axis}\u{a0}n/a")),
        AxisOutcome::Fail(_) => None,
    })
}

/// The steps with their citations; the cursor counts through all of them, each once. Gives its paragraph.
pub fn chain(page: &mut Page, chain: &Chain, cursor: usize) -> Option<usize> {
    let all = chain.citations();
    let chosen = all.get(cursor);
    let mut at = None;
    for (number, step) in (1..).zip(&chain.steps) {
        if at.is_none() && step.citations.iter().any(|citation| Some(citation) == chosen) {
            at = Some(page.paragraphs());
        }
        page.paragraph(4).add(&format!("{number:>2}. "), Role::Dim);
        with_labels(page, &step.text);
        chips(page, &step.citations, chosen);
    }
    page.paragraph(4).add("  ⇒ ", Role::Title);
    with_labels(page, &chain.output);
    at
}

fn chips(page: &mut Page, citations: &[Citation], chosen: Option<&Citation>) {
    for citation in citations {
        if Some(citation) == chosen {
            page.add(" ", Role::Text).add(&format!("▸[{}]", citation.label), Role::Focus);
        } else {
            page.add(&format!(" [{}]", citation.label), Role::Accent);
        }
    }
}

/// What is cited: by the chain when it is known, else by the proposal.
#[must_use]
pub fn citations(decision: &Decision, told: Option<&Trajectory>) -> Vec<Citation> {
    match (&decision.ask, told) {
        (Ask::Write { .. }, Some(told)) => told.chain.citations(),
        (Ask::Write { proposal }, None) => proposal.citations.clone(),
        (Ask::Finish { answer }, _) => answer.citations.clone(),
        _ => vec![],
    }
}
