//! How something came about, and what came of it: from a line of the answer, an entry, a document or a task back to the
//! calls and the verbatim evidence, and forward to whoever read it. It says where a body or a call is not known.

mod back;
mod forward;

use crate::run::{
    id::TaskId,
    label::{Author, Label},
    line::Subject,
    state::Run,
};

use super::{Made, Report, Row, Scene, Target, Tone, bodies::Bodies, cited, past::Past, words};
use back::Walk;
pub(super) use forward::of_answer;

pub(super) fn why(subject: Subject, scene: &Scene) -> Made {
    let run = scene.timeline.run();
    let events: Vec<_> = scene.timeline.events_so_far().collect();
    let past = Past::of(run, &events);
    let bodies = Bodies::new(run, scene.body);
    let mut walk = Walk::new(&past, &bodies);
    let title = |what: String| Report::new(format!("Why {what}, at event {}", run.head));
    let mut report = match subject {
        Subject::Entry(label) => match run.context.get(label) {
            Some(entry) => {
                let mut report = title(entry.label.to_string());
                walk.entry(&mut report, 0, entry.label);
                walk.rest(&mut report);
                forward::of(&past, entry.label, &mut report);
                report
            }
            None => return Made::Refused(no_entry(scene, label)),
        },
        Subject::Task(id) => match run.task(id) {
            Some(task) => {
                let mut report = title(id.to_string());
                walk.task(&mut report, task);
                walk.rest(&mut report);
                match task.entry {
                    Some(label) => forward::of(&past, label, &mut report),
                    None => report.row(0, Tone::Dim, "came of it", "it brought no entry"),
                }
                report
            }
            None => return Made::Refused(no_task(run, id)),
        },
        Subject::Answer(line) => match cited::line(run, line) {
            Ok(_) => {
                let mut report = title(format!("line {line} of the answer"));
                walk.answer(&mut report, line);
                walk.rest(&mut report);
                report
            }
            Err(why) => return Made::Refused(why),
        },
    };
    if bodies.missing() > 0 {
        let said = format!(
            "{} not at hand; what they say is left out",
            words::count(bodies.missing(), "body is", "bodies are")
        );
        report.row(0, Tone::Warn, "not known", said);
    }
    Made::Report(report)
}

/// That there is no such entry, and which there are near it.
pub(super) fn no_entry(scene: &Scene, label: Label) -> String {
    let (run, label) = (scene.timeline.run(), label.whole());
    if let Some(descent) = scene.timeline.head().lineage.of(label)
        && scene.timeline.head().context.get(label).is_some()
    {
        return format!("{label} came in at event {}, after the moment that is looked at", descent.admitted);
    }
    let of = |author: Author| {
        let entries = run.context.entries().filter(move |entry| entry.label.author == author);
        let mut labels: Vec<_> = entries.map(|entry| entry.label).collect();
        // They came in as their authors were done with them.
        labels.sort_unstable();
        labels
    };
    let range = |labels: &[Label]| match labels {
        [] => None,
        [one] => Some(one.to_string()),
        [first, .., last] => Some(format!("{first} to {last}")),
    };
    let near = range(&of(label.author)).map(|labels| format!("; {} has {labels}", label.author));
    let others = || {
        let authors = run.agents.iter().map(|agent| Author::Agent(agent.id)).chain([Author::Human, Author::Source]);
        let known: Vec<String> = authors.filter_map(|author| range(&of(author))).collect();
        if known.is_empty() { "; it holds nothing yet".to_owned() } else { format!("; it holds {}", known.join(", ")) }
    };
    format!("{label} is not in the shared context{}", near.unwrap_or_else(others))
}

pub(super) fn no_task(run: &Run, id: TaskId) -> String {
    match run.tasks.last() {
        Some(last) if last.id == TaskId(1) => format!("{id} does not exist; the only task is T1"),
        Some(last) => format!("{id} does not exist; the tasks are T1 to {}", last.id),
        None => format!("{id} does not exist; no task is planned yet"),
    }
}

/// A row for an entry that is only named.
pub(super) fn mention(run: &Run, depth: usize, label: Label) -> Row {
    match run.context.get(label) {
        Some(entry) => {
            let (tone, said) = words::entry(run, entry);
            Row::new(depth, tone, label.to_string(), said).opens(Target::Entry(label.whole()))
        }
        None => Row::new(depth, Tone::Warn, label.to_string(), "is not in the shared context"),
    }
}

#[cfg(test)]
mod tests {
    use crate::run::report::{
        Target, Tone,
        fixture::{Log, agent, quote, rows, under},
    };

    #[test]
    fn the_way_back_from_an_entry_leads_to_the_words_that_it_rests_on() {
        let report = Log::answered().report("why W2 S1");
        assert_eq!(report.title, "Why W2 S1, at event 35");
        let evidence = rows(&report, "W0 S1.1");
        assert_eq!(evidence.len(), 1);
        assert!(evidence[0].text.ends_with("“completed in 1871”"), "{}", evidence[0].text);
        assert_eq!(evidence[0].target, Some(Target::Evidence(quote("completed in 1871"))));
        // Mentioned as a step's citation, and told in full once below.
        let cited: Vec<_> = rows(&report, "W1 S1").iter().map(|row| row.text.clone()).collect();
        assert_eq!(cited, ["FACT The lamp was completed in 1871.", "cited: FACT The lamp was completed in 1871."]);
        let turned_down: Vec<_> = report.rows.iter().filter(|row| row.text.contains("turned down")).collect();
        assert!(turned_down[0].text.contains("verifier: the year is missing"), "{}", turned_down[0].text);
        let calls: Vec<_> = report.rows.iter().filter(|row| matches!(row.target, Some(Target::Call(_)))).collect();
        assert!(calls.iter().any(|row| row.head == "c5 F reason" && row.text == "test:m, 100 tokens, $0.500, 400 ms"));
        let asked_for = rows(&report, "task")[0];
        assert!(asked_for.text.starts_with("T2 How old is it?, asked for by a1 at event "), "{}", asked_for.text);
    }

    #[test]
    fn the_way_on_tells_who_read_and_what_came_of_it() {
        let log = Log::answered();
        let report = log.report("why W1 S1");
        let readers = under(&report, "read by");
        assert_eq!(readers[0], ("a2", "for the answer: had its line before it"));
        assert_eq!(readers[1], ("a2", "for T2: had its line before it; its W2 S1 rests on it"));
        assert_eq!(under(&report, "what rests on it"), [("W2 S1", "FACT It is 150 years old in 2021.")]);
        assert_eq!(under(&report, "answer"), [("line 3", "It is 150 years old [W2 S1]. (through W2 S1)")]);
        let text = report.text();
        assert!(text.contains("had read  1 entry of the shared context, as of event 18; opened W0 S1"), "{text}");
        assert!(!text.contains("not known"), "{text}");
    }

    #[test]
    fn a_line_of_the_answer_leads_to_what_it_names_and_an_empty_one_says_so() {
        let log = Log::answered();
        let report = log.report("why 3");
        assert_eq!(rows(&report, "author")[0].text, "a2");
        assert!(rows(&report, "W2 S1")[0].text.starts_with("named: FACT It is 150"));
        assert_eq!(rows(&report, "W0 S1.1").len(), 1, "down to the evidence");
        assert!(log.report("why 1").text().contains("nothing in this line; the answer as a whole rests on:"));
        assert_eq!(log.refused("why 2"), "line 2 of the answer says nothing; its lines are 1 to 3");
        assert_eq!(log.refused("why 9"), "line 9 of the answer says nothing; its lines are 1 to 3");
    }

    #[test]
    fn a_task_and_a_document_are_asked_about_too() {
        let log = Log::answered();
        let task = log.report("why T1");
        assert!(
            task.rows[0].text == "When was it completed? (done)"
                && rows(&task, "try 2")[0].text.contains("brought W1 S1")
        );
        let document = log.report("why W0 S1");
        assert!(document.text().contains("prepared  a1 read and compressed it"), "{}", document.text());
        assert_eq!(rows(&document, "c1 B summary").len(), 1);
        assert_eq!(under(&document, "read by"), [("a1", "for T1: opened it; its W1 S1 rests on it")]);
    }

    #[test]
    fn recalled_and_suspect_entries_are_marked_wherever_they_are_named() {
        let mut log = Log::answered();
        log.recall(agent(1, 1), "the year is misread");
        let report = log.report("why W2 S1");
        assert!(
            report.rows[0].text.ends_with("[suspect: rests on what is recalled]") && report.rows[0].tone == Tone::Warn
        );
        assert!(rows(&report, "W1 S1").iter().all(|row| row.text.ends_with("[RECALLED]") && row.tone == Tone::Bad));
        assert!(rows(&report, "RECALLED")[0].text.ends_with(": the year is misread"));
    }

    #[test]
    fn what_is_not_known_is_said() {
        let mut log = Log::answered();
        log.bodies.clear();
        let report = log.report("why W1 S1");
        assert!(rows(&report, "steps")[0].text.starts_with("not at hand"), "{}", report.text());
        assert!(rows(&report, "W0 S1.1")[0].text.ends_with("the words are not at hand"));
        assert_eq!(rows(&report, "not known")[0].text, "2 bodies are not at hand; what they say is left out");
        assert_eq!(log.refused("why W1 S7"), "W1 S7 is not in the shared context; a1 has W1 S1");
        assert_eq!(log.refused("why H S1"), "H S1 is not in the shared context; it holds W1 S1, W2 S1, W0 S1");
        assert_eq!(log.refused("why T9"), "T9 does not exist; the tasks are T1 to T2");
        log.timeline.look_at(crate::run::Seq(8));
        let later = log.refused("why W1 S1");
        assert!(later.ends_with("after the moment that is looked at"), "{later}");
    }

    #[test]
    fn what_there_is_near_a_missing_label_is_told_from_the_first_to_the_last() {
        let mut log = Log::prepared(1);
        for n in [4, 11, 2, 10] {
            log.admit(crate::run::report::fixture::entry(crate::run::Label::unit(n), None, "x", vec![]));
        }
        assert_eq!(log.refused("why W0 S12"), "W0 S12 is not in the shared context; document has W0 S1 to W0 S11");
    }

    #[test]
    fn a_long_row_of_entries_is_walked_to_its_end() {
        let mut log = Log::prepared(1);
        log.plan(1, &[("One after the other", &[])]);
        let many = 5_000;
        for n in 1..=many {
            let citations =
                if n == 1 { vec![quote("colza")] } else { vec![crate::run::Citation::of_entry(agent(1, n - 1))] };
            log.admit(crate::run::report::fixture::entry(agent(1, n), None, "x", citations));
        }
        let report = log.report(&format!("why W1 S{many}"));
        assert_eq!(report.rows.iter().filter(|row| row.head == "W1 S1").count(), 2);
        assert_eq!(rows(&report, "W0 S1.1").len(), 1);
    }
}
