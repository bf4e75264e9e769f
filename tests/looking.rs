//! Looking at saved runs: the real program for `why`, `diff` and `runs --tree`, and every report over every scenario.

mod support;

use std::{collections::HashMap, sync::Arc};

use delm::{
    run::{
        BlobId, EntryKind, Event, Fact, Label, Ledger, Seq, Timeline,
        bubble::Bubbles,
        line::{Line, Look},
        report::{Made, Report, Row, Scene, Target, compare, make},
    },
    store::Journal as _,
};
use support::{
    place::{Place, SEA, code, script, text},
    scenario::{Scenario, play},
};

/// A place with a finished run of a model that does everything right; its finding is `W1 S1`.
fn leased() -> Place {
    let place = Place::new();
    let model = script(&place, "");
    let run = ["run", "What is the rent?", "lease", "--headless", "--agents", "1", "--model", &model];
    let output = place.run(&run);
    assert_eq!(code(&output), 0, "{output:?}");
    place
}

fn said(place: &Place, args: &[&str]) -> String {
    let output = place.run(args);
    assert_eq!(code(&output), 0, "{args:?}: {output:?}");
    text(&output.stdout).to_owned()
}

fn refused(place: &Place, args: &[&str]) -> String {
    let output = place.run(args);
    assert_eq!((code(&output), text(&output.stdout)), (2, ""), "{args:?}: {output:?}");
    text(&output.stderr).to_owned()
}

#[test]
fn why_leads_from_a_line_of_the_answer_to_the_words_of_the_document() {
    let place = leased();
    let why = said(&place, &["why", "latest", "1"]);
    assert!(why.starts_with("Why line 1 of the answer, at event "), "{why}");
    assert!(why.contains("lease/lease.txt"), "{why}");
    assert!(why.contains("M finalize"), "{why}");
    assert!(why.contains("cites the same words: FACT The rent is 40 francs"), "{why}");
    let finding = said(&place, &["why", "latest", "W1", "S1"]);
    for part in
        ["W1 S1  FACT The rent is 40 francs", "F reason  ", "G verify  ", "step 1  ", ". The rent is 40 francs. "]
    {
        assert!(finding.contains(part), "{part} in {finding}");
    }
    assert!(finding.contains("asked for by a1"), "{finding}");
    assert_eq!(said(&place, &["why", "latest", "W1 S1"]), finding, "as one argument or as two");
    assert!(said(&place, &["why", "latest", "T1"]).contains("brought W1 S1"));
    assert!(said(&place, &["why", "latest", "W0 S1"]).contains("D document gist"), "documents have calls too");
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let place = leased();
    assert!(refused(&place, &["why", "latest", "W1 S9"]).contains("W1 S9 is not in the shared context; a1 has W1 S1"));
    assert!(refused(&place, &["why", "latest", "T9"]).contains("T9 does not exist; the only task is T1"));
    assert!(
        refused(&place, &["why", "latest", "77"]).contains("line 77 of the answer says nothing; line 1 is all of it")
    );
    assert!(refused(&place, &["why", "latest", "rent"]).contains("\"rent\" is neither a label such as W1 S2"));
    assert!(refused(&place, &["why", "2001", "1"]).contains("2001"));
    assert!(refused(&place, &["diff", "latest"]).contains("--from"), "one run alone");
    assert!(refused(&place, &["diff", "latest", "--from", "3", "--to", "9999"]).contains("there is no event 9999"));
    assert!(refused(&place, &["diff", "latest", "latest", "--from", "3"]).contains("--from"));
}

#[test]
fn a_run_is_compared_with_itself_its_fork_and_another_moment() {
    let place = leased();
    let moments = said(&place, &["diff", "latest", "--from", "9"]);
    assert!(
        moments.contains("W1 S1  new: FACT The rent is 40 francs") && moments.contains("outcome  answered"),
        "{moments}"
    );

    let listed = said(&place, &["runs", "--json"]);
    let run: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
    let parent = run["run"].as_str().unwrap().to_owned();
    let itself = said(&place, &["diff", &parent, &parent]);
    assert!(itself.contains("neither team did anything otherwise"), "{itself}");
    assert!(said(&place, &["runs", "--tree"]).contains(&parent));

    let fork = place.run(&["fork", &parent, "--headless", "--offline"]);
    assert_eq!(code(&fork), 0, "{fork:?}");
    let tree = said(&place, &["runs", "--tree"]);
    let lines: Vec<&str> = tree.lines().collect();
    assert!(lines[1].starts_with(&format!("  {parent}  answered: ")), "{tree}");
    assert!(
        lines[2].starts_with("    2") && lines[2].contains("  from event "),
        "a fork stands under its parent: {tree}"
    );
    let child = lines[2].split_whitespace().next().unwrap();
    let both = said(&place, &["diff", &parent, child]);
    assert!(both.contains(&format!("family  {child} was forked from {parent} at event ")), "{both}");
    assert!(both.contains("neither team did anything otherwise"), "{both}");
    assert!(both.contains("the same, word for word"), "{both}");
}

#[test]
fn nothing_in_a_document_acts_on_the_terminal() {
    let place = Place::new();
    let told = format!("The lighthouse \x1b]0;owned\x07\u{202e} was built in 1871.\n\n{SEA}");
    std::fs::write(place.path().join("docs/land.txt"), told).unwrap();
    let run = ["run", "When was the lighthouse built?", "docs", "--headless", "--model", "extractive"];
    assert_eq!(code(&place.run(&run)), 0);
    let why = said(&place, &["why", "latest", "1"]);
    assert!(why.contains("built in 1871"), "{why}");
    assert_eq!(delm::plain::plain(&why), why);
    assert!(why.contains("␛]0;owned␇"), "{why}");
}

fn look(line: &str) -> Look {
    match Line::parse(line) {
        Ok(Line::Look(look)) => look,
        other => panic!("{line}: {other:?}"),
    }
}

/// One told run, and everything stored behind it.
struct Told {
    timeline: Timeline,
    bodies: HashMap<BlobId, Vec<u8>>,
}

impl Told {
    fn report(&self, line: &str) -> Report {
        let body = |id| self.bodies.get(&id).cloned();
        match make(&look(line), &Scene { timeline: &self.timeline, body: &body, watches: &[] }) {
            Made::Report(report) => report,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// What a row opens must be there.
    fn check(&self, row: &Row, at: &str) {
        let run = self.timeline.run();
        let mut events = self.timeline.events_so_far();
        let is_call = |fact: &Fact, id| match fact {
            Fact::CallStarted { call } => call.id == id,
            Fact::CallFinished { call } => call.id == id,
            _ => false,
        };
        let is_there = match &row.target {
            None => true,
            Some(Target::Seq(seq)) => *seq <= run.head && *seq > Seq(0) || row.head == "had read",
            Some(Target::Entry(label)) => run.context.get(*label).is_some(),
            Some(Target::Evidence(citation)) => citation.span.is_some() && run.unit(citation.label).is_some(),
            Some(Target::Task(task)) => run.task(*task).is_some(),
            Some(Target::Agent(agent)) => run.agent(*agent).is_some(),
            Some(Target::Call(id)) => events.any(|event| is_call(&event.fact, *id)),
            Some(Target::Decision(id)) => {
                events.any(|event| matches!(&event.fact, Fact::GateOpened { decision } if decision.id == *id))
            }
            Some(Target::Pair(a, b)) => run.context.get(*a).is_some() && run.context.get(*b).is_some(),
            Some(Target::Answer) => run.answer.is_some(),
            Some(Target::Run(_)) => true,
        };
        assert!(is_there, "{at}: {row:?}");
    }
}

fn bodies(events: &[Event], journal: &delm::store::Memory) -> HashMap<BlobId, Vec<u8>> {
    let named = events.iter().flat_map(|event| match &event.fact {
        Fact::SourceRead { source } => vec![source.text],
        Fact::EntryAdmitted { entry } => entry.summary.into_iter().chain(entry.trajectory).collect(),
        Fact::CallFinished { call } => [Some(call.request), call.reply, call.trace].into_iter().flatten().collect(),
        _ => vec![],
    });
    named.filter_map(|id| Some((id, journal.body(id).ok()?))).collect()
}

/// The calls under the try that brought an entry.
fn calls_of(report: &Report, label: Label) -> usize {
    let brought = format!("brought {label}, event ");
    let Some(at) = report.rows.iter().position(|row| row.text.contains(&brought)) else { return 0 };
    let below = report.rows[at + 1..].iter().take_while(|row| row.depth > report.rows[at].depth);
    below.filter(|row| matches!(row.target, Some(Target::Call(_)))).count()
}

/// Every report of every scenario, at its end and halfway: nothing is opened that is not there, every call of a try is
/// told, and every millisecond of every agent is accounted for.
#[tokio::test(start_paused = true)]
async fn every_scenario_can_be_looked_at() {
    let mut files: Vec<_> = std::fs::read_dir("tests/scenarios").unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let (mut findings, mut lines) = (0, 0);
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let played = play(&Scenario::read(&file)).await;
        let mut timeline = Timeline::default();
        played.events.iter().cloned().for_each(|event| timeline.push(event));
        let mut told = Told { timeline, bodies: bodies(&played.events, &played.journal) };
        let head = told.timeline.head().head;
        for seq in [head, Seq(head.0.div_ceil(2))] {
            told.timeline.look_at(seq);
            let run = told.timeline.run();
            let at = format!("{name} at event {seq}");
            let kinds = ["breakpoints", "decisions", "tasks", "entries", "agents", "rules", "contradictions"];
            let mut asked: Vec<String> = kinds.iter().map(|kind| format!("info {kind}")).collect();
            asked.extend(["bubbles".to_owned(), "find a".to_owned(), "diff 1".to_owned()]);
            asked.extend(run.tasks.iter().map(|task| format!("why {}", task.id)));
            for entry in run.context.entries() {
                asked.push(format!("why {}", entry.label));
                asked.push(format!("radius {}", entry.label));
            }
            if let Some(answer) = &run.answer {
                let full = (1..).zip(answer.text.lines()).filter(|(_, line)| !line.trim().is_empty());
                let why: Vec<String> = full.map(|(number, _)| format!("why {number}")).collect();
                lines += why.len();
                asked.extend(why);
            }
            for line in &asked {
                told.report(line).rows.iter().for_each(|row| told.check(row, &format!("{at}: {line}")));
            }
            let ledger = Ledger::of(told.timeline.events_so_far());
            for entry in run.context.entries().filter(|entry| entry.kind != EntryKind::Document) {
                let Some(cost) = ledger.of_entry(entry.label) else { continue };
                let report = told.report(&format!("why {}", entry.label));
                assert_eq!(calls_of(&report, entry.label) as u64, cost.calls, "{at}\n{}", report.text());
                findings += 1;
            }
            let bubbles = Bubbles::of(told.timeline.events_so_far(), &|_| vec![]);
            for lane in &bubbles.lanes {
                let all: i64 = lane.slices.iter().map(|slice| slice.to - slice.from).sum();
                assert_eq!(all, bubbles.to - bubbles.from, "{at}: {}", lane.agent);
            }
        }
        let itself = compare("one", &told.timeline, "other", &told.timeline).text();
        assert!(itself.contains("neither team did anything otherwise"), "{name}: {itself}");
    }
    assert!(findings > 50 && lines > 50, "there is much to look at: {findings} findings, {lines} lines");
}

/// Tasks in a row, each with two calls, a finding that rests on the one before it, and every tenth turned down once.
fn long(events: u64) -> Told {
    use delm::run::{
        Admission, AgentId, Author, Call, CallId, CallKind, Citation, Critic, Entry, Feedback, NewTask, Options,
        StartedCall, TaskId, Usage,
    };
    let mut timeline = Timeline::default();
    let mut bodies = HashMap::new();
    let mut add = |fact: Fact| {
        let seq = timeline.head().head.next();
        timeline.push(Event { seq, at: 1_000 * seq.0 as i64, fact });
        seq.0
    };
    let options = Options { agents: 8, ..Options::default() };
    add(Fact::RunStarted { question: "why?".into(), paths: vec![], options: Box::new(options) });
    add(Fact::SessionStarted { pid: 1 });
    add(Fact::CorpusSplit { units: vec![] });
    let (mut id, mut calls, mut signed) = (0_u32, 0, [0_u32; 8]);
    let mut last: Option<Label> = None;
    loop {
        id += 1;
        let (task, agent) = (TaskId(id), AgentId((id % 8) as u16 + 1));
        let new = NewTask { id: task, text: format!("look into matter {id}"), deps: vec![], focus: vec![] };
        add(Fact::TasksAdded { tasks: vec![new], by: Author::Human });
        let claimed = add(Fact::TaskClaimed { task, agent });
        let snapshot = Seq(claimed);
        add(Fact::AttemptStarted { task, agent, attempt: 1, snapshot, heeds: vec![] });
        for kind in [CallKind::Reason, CallKind::Verify] {
            calls += 1;
            let mut name = [7; 32];
            name[..8].copy_from_slice(&u64::to_be_bytes(calls));
            let body =
                format!(r#"{{"messages":[{{"content":"matter {id} of\nmany, {}"}}]}}"#, "some words ".repeat(200));
            bodies.insert(BlobId(name), body.into_bytes());
            let (id, model, task) = (CallId(calls), "m".to_owned(), Some(task));
            let call = StartedCall { id, kind, agent, task, model: model.clone(), key: None, worst: Usage::NONE };
            add(Fact::CallStarted { call: Box::new(call) });
            let (request, usage) = (BlobId(name), Usage { input_tokens: 100, ..Usage::NONE });
            let call = Call {
                id,
                kind,
                agent,
                task,
                model,
                request,
                reply: None,
                usage,
                elapsed_ms: 1_000,
                first_ms: None,
                stable: 0,
                key: None,
                trace: None,
                from: None,
                error: None,
                fault: None,
            };
            add(Fact::CallFinished { call: Box::new(call) });
        }
        if id.is_multiple_of(10) {
            let feedback =
                Feedback { by: Critic::Verifier, reason: "no".into(), rejected: String::new(), citations: vec![] };
            add(Fact::WriteRejected { task, agent, attempt: 1, feedback });
        }
        signed[usize::from(agent.0) - 1] += 1;
        let label = Label::new(Author::Agent(agent), signed[usize::from(agent.0) - 1]);
        let entry = Entry {
            label,
            kind: EntryKind::Fact,
            task: Some(task),
            subtask: String::new(),
            gist: format!("The limit of part {id} is {} MB in the default setting.", id % 50),
            citations: last.into_iter().map(Citation::of_entry).collect(),
            admission: Admission::Verified,
            taint: vec![],
            summary: None,
            trajectory: None,
        };
        last = Some(label);
        add(Fact::EntryAdmitted { entry: Arc::new(entry) });
        if add(Fact::TaskFinished { task, agent, entry: Some(label) }) >= events {
            return Told { timeline, bodies };
        }
    }
}

/// The bound is for an unoptimised program on a busy machine: what it guards against is work that grows with the square
/// of the log. `--nocapture` shows the times.
#[test]
fn a_long_log_is_looked_at_in_moments() {
    let told = long(100_000);
    let last = told.timeline.head().context.entries().last().unwrap().label;
    let timed = |what: &str, made: &dyn Fn() -> Report| {
        let start = std::time::Instant::now();
        let rows = made().rows.len();
        println!("{what}: {rows} rows, {:?}", start.elapsed());
        assert!(start.elapsed().as_secs() < 20, "{what}: {:?}", start.elapsed());
    };
    let lines =
        ["find matter 9 of many", "find of matter", "find nothing of the kind", "bubbles", "diff 1", "info entries"];
    for line in
        lines.map(str::to_owned).into_iter().chain([format!("why {last}"), "why W2 S1".into(), "radius W2 S1".into()])
    {
        timed(&line, &|| told.report(&line));
    }
    timed("compare", &|| compare("one", &told.timeline, "other", &told.timeline));
    let thousand = long(9_100);
    let entries = thousand.timeline.head().context.len();
    timed(&format!("info contradictions of {entries} entries"), &|| thousand.report("info contradictions"));
}
