//! Everything of one kind, a row each: breakpoints, watches, decisions, tasks, entries, agents, rules.

use crate::run::{
    breakpoint::BreakKind,
    cost::Scope,
    gate::Decision,
    lang::{Expr, Vocabulary, Watch},
    line::Listing,
    state::Run,
    task::Task,
};

use super::{
    Made, Report, Row, Scene, Target, Tone, pairs,
    words::{agent_state, ask, clock, count, entry, names, span, task_state, used},
};

pub(super) fn list(listing: Listing, scene: &Scene) -> Made {
    let run = scene.timeline.run();
    let mut report = Report::new("");
    let (what, none) = match listing {
        Listing::Breakpoints => {
            breakpoints(run, &mut report);
            ("Breakpoints", "none is set; `break SPEC` sets one")
        }
        Listing::Watches => {
            watches(run, scene.watches, &mut report);
            ("Watches", "nothing is watched; `watch EXPR` adds one")
        }
        Listing::Decisions => {
            run.inbox().for_each(|decision| report.push(of_decision(run, decision)));
            ("Decisions", "none is open")
        }
        Listing::Tasks => {
            tasks(run, &mut report);
            ("Tasks", "none is planned yet")
        }
        Listing::Entries => {
            entries(run, &mut report);
            ("Entries", "the shared context is empty")
        }
        Listing::Agents => {
            agents(run, &mut report);
            ("Agents", "there is none yet")
        }
        Listing::Rules => {
            rules(run, &mut report);
            ("Rules", "")
        }
        Listing::Contradictions => {
            pairs::all(scene, &mut report);
            ("Contradictions", "no two entries seem to contradict each other")
        }
    };
    report.title = format!("{what}, at event {}", run.head);
    if report.rows.is_empty() {
        report.row(0, Tone::Dim, "", none);
    }
    Made::Report(report)
}

fn breakpoints(run: &Run, report: &mut Report) {
    for (id, breakpoint) in &run.breakpoints {
        let mut said = vec![breakpoint.spec.to_string(), count(breakpoint.hits as usize, "hit", "hits")];
        if breakpoint.kind == BreakKind::Trace {
            said.push("only says that it happens".to_owned());
        }
        if breakpoint.temporary {
            said.push("once".to_owned());
        }
        if breakpoint.ignore > 0 {
            said.push(format!("ignores {} more", breakpoint.ignore));
        }
        if !breakpoint.enabled {
            said.push("off".to_owned());
        }
        let tone = if breakpoint.enabled { Tone::Plain } else { Tone::Dim };
        report.row(0, tone, id.to_string(), said.join(", "));
        breakpoint.commands.iter().for_each(|command| report.row(1, Tone::Dim, "then", command.clone()));
    }
}

fn watches(run: &Run, watches: &[String], report: &mut Report) {
    for watch in watches {
        match value(run, watch) {
            Ok(value) => report.row(0, Tone::Plain, watch.clone(), format!("= {value}")),
            Err(why) => report.row(0, Tone::Bad, watch.clone(), why),
        }
    }
}

/// What an expression comes to now.
pub(super) fn value(run: &Run, text: &str) -> Result<String, String> {
    let expr = Expr::parse(text, Vocabulary::Watch).map_err(|wrong| wrong.in_line())?;
    let value = expr.value(&Watch::from(run));
    Ok(value.map_or_else(|| "nothing is known of it".to_owned(), |value| value.to_string()))
}

fn of_decision(run: &Run, decision: &Decision) -> Row {
    let mut said = format!("{}, {}", decision.agent, decision.ask.checkpoint());
    if let Some(task) = decision.task {
        said.push_str(&format!(", {task}"));
    }
    let opened = run.opened_at.get(&decision.id).copied().unwrap_or(run.last_at);
    said.push_str(&format!(", since {}", clock(run, opened)));
    if let Some(due) = &decision.deadline {
        let left = opened + due.after_ms as i64 - run.last_at;
        let when = if left > 0 { format!("in {}", span(left)) } else { "any moment".to_owned() };
        said.push_str(&format!(", {when} by itself: {}", due.choice));
    }
    said.push_str(&format!(": {}", ask(&decision.ask)));
    Row::new(0, Tone::Warn, decision.id.to_string(), said).opens(Target::Decision(decision.id))
}

fn tasks(run: &Run, report: &mut Report) {
    let mut tasks: Vec<&Task> = run.tasks.iter().collect();
    tasks.sort_by_key(|task| task.rank);
    for task in tasks {
        let (tone, state) = task_state(&task.state);
        let mut said = vec![state];
        if !task.deps.is_empty() {
            said.push(format!("after {}", names(&task.deps)));
        }
        if let Some(agent) = task.reserved {
            said.push(format!("only for {agent}"));
        }
        if !task.feedback.is_empty() {
            said.push(count(task.feedback.len(), "try turned down", "tries turned down"));
        }
        if let Some(label) = task.entry {
            said.push(format!("brought {label}"));
        }
        let text = format!("{} ({})", task.text, said.join(", "));
        report.push(Row::new(0, tone, task.id.to_string(), text).opens(Target::Task(task.id)));
    }
}

fn entries(run: &Run, report: &mut Report) {
    for one in run.context.entries() {
        let (tone, said) = entry(run, one);
        report.push(Row::new(0, tone, one.label.to_string(), said).opens(Target::Entry(one.label)));
    }
}

fn agents(run: &Run, report: &mut Report) {
    for agent in &run.agents {
        let (tone, state) = agent_state(&agent.state);
        let mut said = vec![state];
        if agent.held {
            said.push("held by you".to_owned());
        }
        said.push(count(agent.entries as usize, "entry", "entries"));
        if agent.rejections > 0 {
            said.push(count(agent.rejections as usize, "try turned down", "tries turned down"));
        }
        said.push(used(&agent.usage));
        let cap = run.cap(Scope::Agent(agent.id));
        if !cap.is_none() {
            said.push(format!("of {cap}"));
        }
        if !agent.messages.is_empty() {
            said.push(count(agent.messages.len(), "message not read", "messages not read"));
        }
        report.push(Row::new(0, tone, agent.id.to_string(), said.join(", ")).opens(Target::Agent(agent.id)));
    }
}

fn rules(run: &Run, report: &mut Report) {
    for rule in run.policy.rules() {
        report.row(0, Tone::Plain, format!("line {}", rule.line), rule.to_string());
    }
    let level = run.options.gate;
    let said = match run.policy.rules() {
        [] => format!("there are no rules; the gate level {level} decides"),
        _ => format!("what no rule speaks of, the gate level {level} decides"),
    };
    report.row(0, Tone::Dim, "then", said);
}

#[cfg(test)]
mod tests {
    use crate::run::{
        Ask, BreakId, BreakSpec, Breakpoint, Choice, Decision, DecisionId, DueChoice, Fact, TaskId, Then,
        report::{
            Made, Scene, Target,
            fixture::{Log, look, rows},
            make,
        },
    };

    #[test]
    fn each_kind_is_listed_with_what_matters_of_it() {
        let mut log = Log::answered();
        let tasks = log.report("info tasks");
        assert_eq!(tasks.title, "Tasks, at event 35");
        assert_eq!(tasks.rows[0].text, "When was it completed? (done, 1 try turned down, brought W1 S1)");
        assert_eq!(tasks.rows[1].text, "How old is it? (done, after T1, brought W2 S1)");
        assert_eq!(tasks.rows[1].target, Some(Target::Task(TaskId(2))));
        assert_eq!(log.report("info entries").rows.len(), 3);
        let agents = log.report("info agents");
        assert_eq!(agents.rows[0].text, "idle, 1 entry, 1 try turned down, 400 tokens, $2.000");

        let spec: BreakSpec = "write if contradicts".parse().unwrap();
        let mut breakpoint = Breakpoint::new(BreakId(1), spec);
        (breakpoint.ignore, breakpoint.commands) = (2, vec!["print cost".into()]);
        log.add(Fact::BreakpointSet { breakpoint: Box::new(breakpoint) });
        let breakpoints = log.report("info breakpoints");
        assert!(breakpoints.rows[0].text.ends_with("0 hits, ignores 2 more"), "{}", breakpoints.text());
        assert_eq!(breakpoints.rows[1].text, "print cost");

        let text = "ask write if doubts any\npass any".to_owned();
        log.add(Fact::PolicySet { text });
        let rules = log.report("info rules");
        assert_eq!(rows(&rules, "line 2")[0].text, "pass any");
        assert_eq!(rules.rows.last().unwrap().text, "what no rule speaks of, the gate level auto decides");
    }

    #[test]
    fn a_decision_says_what_it_comes_to_and_when() {
        let mut log = Log::prepared(1);
        assert_eq!(log.report("info decisions").rows[0].text, "none is open");
        let veto = Choice::Veto { reason: "too late".into(), then: Then::Retry };
        let decision = Decision {
            id: DecisionId(1),
            agent: crate::run::AgentId(1),
            task: None,
            ask: Ask::Claim,
            deadline: Some(DueChoice { after_ms: 90_000, choice: veto }),
        };
        log.add(Fact::GateOpened { decision: Box::new(decision) });
        log.pass(29_000);
        log.add(Fact::PauseAsked);
        let said = &log.report("info decisions").rows[0].text;
        assert!(said.ends_with("in 1 min 00 s by itself: vetoed (retry): too late: may it claim this task?"), "{said}");
    }

    #[test]
    fn watches_and_print_give_values() {
        let log = Log::answered();
        let watches = ["calls".to_owned(), "nonsense".to_owned()];
        let scene = Scene { timeline: &log.timeline, body: &|_| None, watches: &watches };
        let Made::Report(report) = make(&look("info watches"), &scene) else { panic!("a report") };
        assert_eq!(report.rows[0].text, "= 6");
        assert!(report.rows[1].text.contains("nonsense"), "{}", report.text());
        assert_eq!(log.report("print entries.fact").rows[0].text, "= 2");
        let Made::Refused(why) = make(&crate::run::line::Look::Print("cost.".to_owned()), &scene) else {
            panic!("a refusal")
        };
        assert!(why.starts_with("column"), "{why}");
    }
}
