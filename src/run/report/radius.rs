//! What a recall would reach: who read the entry, what rests on it, which lines of the answer, and what would be done
//! again. It recalls nothing.

use crate::run::{
    label::Label,
    rules::recall::{self, Radius},
    task::Task,
};

use super::{
    Made, Report, Row, Scene, Target, Tone,
    past::Past,
    why::{mention, no_entry, of_answer},
    words::{count, names, task_state},
};

pub(super) fn radius(label: Label, scene: &Scene) -> Made {
    let run = scene.timeline.run();
    let label = label.whole();
    if run.context.get(label).is_none() {
        return Made::Refused(no_entry(scene, label));
    }
    let Radius { agents, saw, tasks, entries, .. } = recall::radius(run, label);
    let is_recalled = run.context.is_recalled(label);
    let mut report = Report::new(match is_recalled {
        false => format!("What a recall of {label} would reach, at event {}", run.head),
        true => format!("What the recall of {label} reaches, at event {}", run.head),
    });
    report.push(mention(run, 0, label));
    if is_recalled {
        report.row(1, Tone::Bad, "", "it is recalled already");
    }
    let events: Vec<_> = scene.timeline.events_so_far().collect();
    let past = Past::of(run, &events);
    let since = run.lineage.of(label).map(|descent| descent.admitted).unwrap_or_default();
    report.row(0, Tone::Title, "agents", count(agents.len(), "agent read it", "agents read it"));
    for agent in agents {
        let readers = run.readers_of(label).into_iter().filter(|reader| reader.agent == agent);
        let for_what: Vec<String> = readers.map(|reader| past.purpose(reader, since)).collect();
        let row = Row::new(1, Tone::Plain, agent.to_string(), format!("for {}", for_what.join(", ")));
        report.push(row.opens(Target::Agent(agent)));
    }
    let task = |task: &Task, depth| {
        let (tone, state) = task_state(&task.state);
        Row::new(depth, tone, task.id.to_string(), format!("{} ({state})", task.text)).opens(Target::Task(task.id))
    };
    report.row(0, Tone::Title, "tasks that read it", count(saw.len(), "task", "tasks"));
    saw.iter().filter_map(|id| run.task(*id)).for_each(|one| report.push(task(one, 1)));

    let direct: Vec<Label> = run.lineage.used_by(label).collect();
    let (near, far): (Vec<Label>, Vec<Label>) = entries.iter().partition(|one| direct.contains(one));
    report.row(0, Tone::Title, "rest on it", count(near.len(), "entry directly", "entries directly"));
    near.iter().for_each(|one| report.push(mention(run, 1, *one)));
    report.row(0, Tone::Title, "rest on those", count(far.len(), "entry", "entries"));
    for one in far {
        let mut row = mention(run, 1, one);
        let on = run.lineage.of(one).map(|descent| descent.rests_on.clone()).unwrap_or_default();
        row.text = format!("through {}: {}", names(on.into_iter().filter(|on| entries.contains(on))), row.text);
        report.push(row);
    }
    of_answer(run, label, &mut report);
    if is_recalled {
        return Made::Report(report);
    }
    let again: Vec<&Task> = tasks.iter().filter_map(|id| run.task(*id)).filter(|task| task.is_over()).collect();
    let said = count(again.len(), "task would be done again", "tasks would be done again");
    report.row(0, Tone::Title, "recall … all", said);
    again.into_iter().for_each(|one| report.push(task(one, 1)));
    Made::Report(report)
}

#[cfg(test)]
mod tests {
    use crate::run::report::{
        Row,
        fixture::{Log, agent, rows, under},
    };

    #[test]
    fn everything_that_a_recall_would_reach_is_named() {
        let mut log = Log::answered();
        let report = log.report("radius W1 S1");
        assert_eq!(under(&report, "agents"), [("a2", "for the answer, T2")]);
        assert_eq!(under(&report, "tasks that read it"), [("T2", "How old is it? (done)")]);
        assert_eq!(under(&report, "rest on it"), [("W2 S1", "FACT It is 150 years old in 2021.")]);
        assert_eq!(rows(&report, "rest on those")[0].text, "0 entries");
        assert_eq!(under(&report, "answer"), [("line 3", "It is 150 years old [W2 S1]. (through W2 S1)")]);
        let again = under(&report, "recall … all");
        assert_eq!(again, [("T1", "When was it completed? (done)"), ("T2", "How old is it? (done)")]);

        let far = log.report("radius W0 S1");
        assert_eq!(under(&far, "rest on it"), [("W1 S1", "FACT The lamp was completed in 1871.")]);
        assert_eq!(under(&far, "rest on those"), [("W2 S1", "through W1 S1: FACT It is 150 years old in 2021.")]);
        assert_eq!(log.refused("radius W3 S1"), "W3 S1 is not in the shared context; it holds W1 S1, W2 S1, W0 S1");
        log.recall(agent(1, 1), "misread");
        let recalled = log.report("radius W1 S1");
        assert!(recalled.text().contains("it is recalled already"));
        assert_eq!(rows(&recalled, "recall … all"), Vec::<&Row>::new(), "it is not recalled twice");
    }
}
