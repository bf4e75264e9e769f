//! The rule that "always for this kind" would add, and what it would have decided in this run so far. It adds nothing.

use std::collections::HashMap;

use crate::run::{
    event::Fact,
    gate::{Choice, Decision},
    id::DecisionId,
    policy::{Otherwise, Policy, Verdict, proposed_rule, would_have_decided},
};

use super::{
    Made, Report, Row, Scene, Target, Tone,
    told::{target, told},
    words::{choice, clock, count},
};

pub(super) fn always(id: Option<DecisionId>, scene: &Scene) -> Made {
    let run = scene.timeline.run();
    let asked = |id: DecisionId| {
        scene.timeline.events_so_far().find_map(|event| match &event.fact {
            Fact::GateOpened { decision } if decision.id == id => Some((**decision).clone()),
            _ => None,
        })
    };
    let decision: Decision = match (id, run.inbox().next()) {
        (Some(id), _) => match asked(id) {
            Some(decision) => decision,
            None => return Made::Refused(format!("{id} was never asked; `info decisions` lists what is open")),
        },
        (None, Some(first)) => first.clone(),
        (None, None) => return Made::Refused("no decision is open; name one, such as `always #1`".to_owned()),
    };
    let rule = proposed_rule(&decision);
    if let Some(why) = rule.strip_prefix("# ") {
        return Made::Refused(why.to_owned());
    }
    let Ok(policy) = Policy::parse(&rule) else { return Made::Refused(format!("{rule} is not a rule")) };
    let mut report = Report::new(format!("Always for what {} asks", decision.id));
    report.row(0, Tone::Title, "rule", rule.clone());
    report.row(1, Tone::Dim, "", format!("`rule {rule}` adds it before all others"));
    let moments = would_have_decided(&policy, scene.timeline.events_so_far());
    let taken = taken(scene);
    let head = count(moments.len(), "moment of this run so far", "moments of this run so far");
    report.row(0, Tone::Title, "it would have decided", head);
    for (seq, ruling) in moments {
        let Some(event) = scene.timeline.event(seq) else { continue };
        let fact = &event.fact;
        let mut said = format!("{}, {}: {}", verdict(&ruling.verdict), clock(run, event.at), told(fact));
        let mut tone = Tone::Plain;
        if let Fact::GateOpened { decision } = fact
            && let Some((chosen, by)) = taken.get(&decision.id)
        {
            said.push_str(&format!(" ({by}: {})", choice(chosen)));
            let is_pass = matches!(chosen, Choice::Approve);
            if is_pass != matches!(ruling.verdict, Verdict::Pass) {
                tone = Tone::Warn;
            }
        }
        let opens = target(fact).unwrap_or(Target::Seq(seq));
        report.push(Row::new(1, tone, format!("event {seq}"), said).opens(opens));
    }
    Made::Report(report)
}

fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Ask { within: None } => "ask".to_owned(),
        Verdict::Ask { within: Some(deadline) } => match &deadline.default {
            Otherwise::Pass => "ask, then pass".to_owned(),
            Otherwise::Veto { reason, .. } => format!("ask, then veto: {reason}"),
        },
        Verdict::Veto { reason, .. } => format!("veto: {reason}"),
    }
}

/// How decisions were in fact taken, and by whom.
fn taken(scene: &Scene) -> HashMap<DecisionId, (Choice, String)> {
    let taken = scene.timeline.events_so_far().filter_map(|event| match &event.fact {
        Fact::GateDecided { decision, choice, rule } => {
            Some((*decision, (choice.clone(), rule.clone().unwrap_or_else(|| "you".to_owned()))))
        }
        _ => None,
    });
    taken.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{AgentId, Ask, CallKind, Cap, Scope, TaskId, Then, Usage, report::fixture::Log};

    fn asked(log: &mut Log, ask: Ask) -> DecisionId {
        let id = log.timeline.head().next_decision();
        let task = matches!(ask, Ask::Claim).then_some(TaskId(1));
        log.add(Fact::GateOpened { decision: Box::new(Decision { id, agent: AgentId(1), task, ask, deadline: None }) });
        id
    }

    #[test]
    fn the_rule_is_shown_with_every_moment_that_it_would_have_decided() {
        let mut log = Log::prepared(1);
        log.plan(1, &[("one", &[])]);
        assert_eq!(log.refused("always"), "no decision is open; name one, such as `always #1`");
        let first = asked(&mut log, Ask::Claim);
        let choice = Choice::Veto { reason: "not yet".into(), then: Then::Requeue };
        log.add(Fact::GateDecided { decision: first, choice, rule: None });
        asked(&mut log, Ask::Unfold { labels: vec![] });
        asked(&mut log, Ask::Claim);
        let report = log.report("always #3");
        assert_eq!(report.rows[0].text, "pass claim");
        assert_eq!(report.rows[2].text, "2 moments of this run so far", "the unfold is of another kind");
        assert!(report.rows[3].text.ends_with("(you: vetoed (requeue): not yet)"), "{}", report.text());
        assert_eq!(report.rows[3].tone, Tone::Warn, "it was decided otherwise");
        assert_eq!(report.rows[3].target, Some(Target::Decision(first)));
        assert_eq!(log.report("always").rows[0].text, "pass unfold", "the oldest open one");
        assert_eq!(log.refused("always #9"), "#9 was never asked; `info decisions` lists what is open");
    }

    #[test]
    fn money_has_no_rule() {
        let mut log = Log::prepared(1);
        let (cap, used, worst) = (Cap { usd: Some(1.0), tokens: None }, Usage::NONE, Usage::NONE);
        asked(&mut log, Ask::Budget { scope: Scope::Run, cap, used, call: CallKind::Reason, worst });
        assert!(log.refused("always").starts_with("a question of money is always yours"));
    }
}
