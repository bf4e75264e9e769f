//! What changed between two moments of one run: queue, entries, agents, decisions, cost, and what was set by hand.

use crate::run::{
    cost::Usage,
    id::{DecisionId, Seq},
    label::Label,
    state::{Pace, Run},
    task::Task,
};

use super::{
    Made, Report, Row, Scene, Target, Tone, told,
    why::mention,
    words::{agent_state, ask, count, money, names, outcome, task_state},
};

pub(super) fn difference(from: Seq, to: Option<Seq>, scene: &Scene) -> Made {
    let head = scene.timeline.head().head;
    let to = to.unwrap_or(scene.timeline.run().head);
    let (from, to) = (from.min(to), from.max(to));
    if from == to {
        return Made::Refused(format!("nothing lies between event {from} and itself"));
    }
    if to > head {
        return Made::Refused(format!("there is no event {to}; the last one is {head}"));
    }
    let mut report = Report::new(format!("What changed from event {from} to event {to}"));
    report.rows = between(&scene.timeline.at(from), &scene.timeline.at(to));
    if report.rows.is_empty() {
        report.row(0, Tone::Dim, "", "nothing that can be seen");
    }
    Made::Report(report)
}

/// What a run has at a later moment that it had not at an earlier one.
#[must_use]
pub fn between(before: &Run, after: &Run) -> Vec<Row> {
    let mut rows = vec![];
    section(&mut rows, "tasks", tasks(before, after));
    section(&mut rows, "entries", entries(before, after));
    section(&mut rows, "agents", agents(before, after));
    section(&mut rows, "decisions", decisions(before, after));
    section(&mut rows, "cost", cost(before, after));
    section(&mut rows, "run", frame(before, after));
    section(&mut rows, "set by hand", settings(before, after));
    rows
}

fn section(rows: &mut Vec<Row>, title: &str, of: Vec<Row>) {
    if !of.is_empty() {
        rows.push(Row::new(0, Tone::Title, title, ""));
        rows.extend(of);
    }
}

fn tasks(before: &Run, after: &Run) -> Vec<Row> {
    let changed = after.tasks.iter().filter_map(|task| {
        let (tone, state) = task_state(&task.state);
        let said = match before.task(task.id) {
            None => vec![format!("new, by {}, {state}: {}", task.by, task.text)],
            Some(old) => since(old, task),
        };
        let row = Row::new(1, tone, task.id.to_string(), said.join("; ")).opens(Target::Task(task.id));
        (!said.is_empty()).then_some(row)
    });
    changed.collect()
}

fn since(old: &Task, new: &Task) -> Vec<String> {
    let mut said = vec![];
    let (was, is) = (task_state(&old.state).1, task_state(&new.state).1);
    if was != is {
        said.push(format!("{was} → {is}"));
    }
    if old.text != new.text {
        said.push(format!("reworded from “{}” to “{}”", old.text, new.text));
    }
    if old.deps != new.deps {
        said.push(format!("waits for {}, before for {}", names(&new.deps), names(&old.deps)));
    }
    if old.reserved != new.reserved {
        said.push(new.reserved.map_or_else(|| "for anybody again".to_owned(), |agent| format!("only for {agent}")));
    }
    let down = new.feedback.len().saturating_sub(old.feedback.len());
    if down > 0 {
        said.push(count(down, "try turned down", "tries turned down"));
    }
    if let Some(label) = new.entry.filter(|label| old.entry != Some(*label)) {
        said.push(format!("brought {label}"));
    }
    said
}

fn entries(before: &Run, after: &Run) -> Vec<Row> {
    let mut rows: Vec<Row> = (before.context.len()..after.context.len())
        .filter_map(|place| after.context.at(place))
        .map(|entry| {
            let row = mention(after, 1, entry.label);
            Row { text: format!("new: {}", row.text), ..row }
        })
        .collect();
    let old = |label: &Label| before.context.get(*label).is_some();
    let recalled = after.context.entries().map(|entry| entry.label);
    let recalled = recalled.filter(|one| after.context.is_recalled(*one) && !before.context.is_recalled(*one));
    rows.extend(recalled.filter(old).map(|label| mention(after, 1, label)));
    rows.extend(after.suspects.difference(&before.suspects).filter(|one| old(one)).map(|one| mention(after, 1, *one)));
    rows
}

fn agents(before: &Run, after: &Run) -> Vec<Row> {
    let changed = after.agents.iter().filter_map(|agent| {
        let (tone, is) = agent_state(&agent.state);
        let mut said = vec![];
        match before.agent(agent.id) {
            None => said.push(format!("new, {is}")),
            Some(old) => {
                let was = agent_state(&old.state).1;
                if was != is {
                    said.push(format!("{was} → {is}"));
                }
                if old.held != agent.held {
                    said.push(if agent.held { "held by you" } else { "goes on" }.to_owned());
                }
                let brought = agent.entries.saturating_sub(old.entries) as usize;
                if brought > 0 {
                    said.push(format!("brought {}", count(brought, "entry", "entries")));
                }
            }
        }
        let row = Row::new(1, tone, agent.id.to_string(), said.join("; ")).opens(Target::Agent(agent.id));
        (!said.is_empty()).then_some(row)
    });
    changed.collect()
}

fn decisions(before: &Run, after: &Run) -> Vec<Row> {
    let mut rows = vec![];
    let mut row = |tone, id: DecisionId, said: String| {
        rows.push(Row::new(1, tone, id.to_string(), said).opens(Target::Decision(id)));
    };
    for (id, decision) in before.decisions.iter().filter(|(id, _)| !after.decisions.contains_key(id)) {
        row(Tone::Good, *id, format!("decided: {}", ask(&decision.ask)));
    }
    for (id, decision) in after.decisions.iter().filter(|(id, _)| !before.decisions.contains_key(id)) {
        row(Tone::Warn, *id, format!("opened: {}", ask(&decision.ask)));
    }
    let open = after.decisions.keys().filter(|id| id.0 > before.decisions_opened).count();
    let opened = after.decisions_opened.saturating_sub(before.decisions_opened) as usize;
    let passed = opened.saturating_sub(open);
    if passed > 0 {
        rows.push(Row::new(1, Tone::Plain, "", format!("{passed} opened and decided in between")));
    }
    rows
}

fn cost(before: &Run, after: &Run) -> Vec<Row> {
    let mut rows = vec![];
    let calls = after.calls - before.calls.min(after.calls);
    if calls > 0 {
        let tokens = after.usage.tokens().saturating_sub(before.usage.tokens());
        let usd = after.usage.usd.zip(before.usage.usd).map(|(after, before)| after - before);
        let said = format!("{} more, {tokens} tokens, {}", count(calls as usize, "call", "calls"), money(usd));
        rows.push(Row::new(1, Tone::Plain, "calls", said));
    }
    let used = |run: &Run| run.recorded != Usage::NONE;
    if used(after) && !used(before) {
        rows.push(Row::new(1, Tone::Dim, "calls", "some were answered from the record, at no cost"));
    }
    let lost = after.calls_lost.saturating_sub(before.calls_lost);
    if lost > 0 {
        let said = format!("{} lost; what they cost is not known", count(lost as usize, "call was", "calls were"));
        rows.push(Row::new(1, Tone::Warn, "calls", said));
    }
    rows
}

fn frame(before: &Run, after: &Run) -> Vec<Row> {
    let mut rows = vec![];
    let mut row = |tone, head: &str, text: String| rows.push(Row::new(1, tone, head, text));
    if before.pace != after.pace {
        row(Tone::Plain, "pace", format!("{} → {}", pace(before.pace), pace(after.pace)));
    }
    if before.stage() != after.stage() {
        row(Tone::Plain, "stage", format!("{:?} → {:?}", before.stage(), after.stage()).to_lowercase());
    }
    if before.plan.round != after.plan.round {
        row(Tone::Plain, "plan", format!("round {} → {}", before.plan.round, after.plan.round));
    }
    if before.outcome != after.outcome {
        let said = after.outcome.as_ref().map_or_else(|| "open again".to_owned(), outcome);
        row(Tone::Plain, "outcome", said);
    }
    if before.answer != after.answer {
        match &after.answer {
            Some(answer) => {
                rows.push(Row::new(1, Tone::Good, "answer", answer.text.clone()).opens(Target::Answer));
            }
            None => row(Tone::Warn, "answer", "taken back".to_owned()),
        }
    }
    rows
}

fn settings(before: &Run, after: &Run) -> Vec<Row> {
    let mut rows = vec![];
    let mut row = |head: &str, text: String| rows.push(Row::new(1, Tone::Plain, head, text));
    let rules = |run: &Run| run.policy.rules().iter().map(ToString::to_string).collect::<Vec<_>>();
    let (old, new) = (rules(before), rules(after));
    new.iter().filter(|rule| !old.contains(rule)).for_each(|rule| row("rule", format!("new: {rule}")));
    old.iter().filter(|rule| !new.contains(rule)).for_each(|rule| row("rule", format!("gone: {rule}")));
    for (id, breakpoint) in &after.breakpoints {
        match before.breakpoints.get(id) {
            None => row("breakpoint", format!("new: {breakpoint}")),
            Some(old) if old.to_string() != breakpoint.to_string() => {
                row("breakpoint", format!("{old} → {breakpoint}"))
            }
            Some(_) => {}
        }
    }
    let gone = before.breakpoints.iter().filter(|(id, _)| !after.breakpoints.contains_key(id));
    gone.for_each(|(_, old)| row("breakpoint", format!("gone: {old}")));
    for (scope, cap) in after.caps.iter().filter(|(scope, cap)| before.caps.get(scope) != Some(cap)) {
        row("cap", format!("{scope}: {cap}, before {}", before.cap(*scope)));
    }
    for (whose, model) in after.models.iter().filter(|(whose, model)| before.models.get(whose) != Some(model)) {
        row("model", format!("{} answered by {model}", told::whose_calls(*whose)));
    }
    let gone = before.models.keys().filter(|whose| !after.models.contains_key(whose));
    gone.for_each(|whose| row("model", format!("{} answered as the run began", told::whose_calls(*whose))));
    rows
}

fn pace(pace: Pace) -> &'static str {
    match pace {
        Pace::Running => "running",
        Pace::Pausing => "pausing",
        Pace::Paused => "paused",
    }
}

#[cfg(test)]
mod tests {
    use crate::run::report::fixture::{Log, agent, rows, under};

    #[test]
    fn only_what_changed_is_told() {
        let log = Log::answered();
        // From before the second try of the first task to after the claim of the second.
        let report = log.report("diff 18 25");
        assert_eq!(report.title, "What changed from event 18 to event 25");
        assert_eq!(
            under(&report, "tasks"),
            [("T1", "running, a1 → done; brought W1 S1"), ("T2", "blocked → running, a2")]
        );
        assert_eq!(under(&report, "entries"), [("W1 S1", "new: FACT The lamp was completed in 1871.")]);
        assert_eq!(
            under(&report, "agents"),
            [("a1", "works on T1 → idle; brought 1 entry"), ("a2", "idle → works on T2")]
        );
        assert_eq!(under(&report, "cost"), [("calls", "1 call more, 100 tokens, $0.500")]);
        assert!(rows(&report, "set by hand").is_empty() && rows(&report, "decisions").is_empty());
        assert_eq!(log.report("diff 25 18"), report, "in whatever order");
        assert!(log.report("diff 33").text().contains("answer  It was lit long ago."));
        assert_eq!(log.refused("diff 7 7"), "nothing lies between event 7 and itself");
        assert_eq!(log.refused("diff 7 99"), "there is no event 99; the last one is 35");
    }

    #[test]
    fn a_recall_and_what_was_set_are_changes() {
        let mut log = Log::answered();
        log.recall(agent(1, 1), "misread");
        log.add(crate::run::Fact::PolicySet { text: "ask write".into() });
        log.add(crate::run::Fact::PauseAsked);
        let report = log.report("diff 35");
        let entries = under(&report, "entries");
        assert!(
            entries[0].0 == "H S1" && entries[1].0 == "W1 S1" && entries[1].1.ends_with("[RECALLED]"),
            "{entries:?}"
        );
        assert!(entries[2].0 == "W2 S1" && entries[2].1.contains("suspect"), "{entries:?}");
        assert_eq!(under(&report, "set by hand"), [("rule", "new: ask write")]);
        assert_eq!(rows(&report, "pace")[0].text, "running → pausing");
        assert_eq!(rows(&report, "outcome")[0].text, "open again");
    }
}
