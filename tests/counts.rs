//! What may not grow unseen: the instructions that three fixed pieces of work take, counted by callgrind and held against
//! `counts.toml`. Wall clocks are too noisy for a guard; a count hardly varies (the file says how much).
//!
//! The work is single-threaded and has no clock in it. As plain tests its results are checked; the test that counts runs
//! this binary under valgrind, one piece of work at a time, and counts inside of its function alone.
//! `DELM_UPDATE=1 cargo test --test counts -- --ignored` writes the counts anew.

#[path = "support/long_log.rs"]
#[allow(dead_code, reason = "benches let it grow")]
mod long_log;
#[path = "support/stages.rs"]
mod stages;
#[path = "support/stand_in.rs"]
mod stand_in;

use std::{collections::BTreeMap, fs, path::Path, process::Command, thread};

use delm::{
    ingest::ReadOptions,
    reason::{Reasoner as _, extractive::Extractive},
    run::{
        AgentId, Author, Chain, EntryKind, Event, Fact, Live, Method, NewTask, Options, Proposal, Ruling, Run, Seq,
        Sight, Step, Stream, Summary, TaskId, Trajectory, Verdict,
        rules::{
            work::{self, Work},
            write,
        },
    },
    store::{Body, Journal, Sqlite},
    tui::{Easel, Feed, Theme},
};

const RECORD: &str = "tests/counts.toml";

/// The functions that are counted, by the names that they have in the record.
const WORK: [&str; 3] = ["coordination", "frame", "ingest"];

/// The most that a count may have grown by.
const TENTH: f64 = 1.1;

#[test]
#[ignore = "needs valgrind"]
fn nothing_takes_a_tenth_more_instructions_than_it_did() {
    let text = fs::read_to_string(RECORD).unwrap();
    let counts: BTreeMap<&str, u64> = thread::scope(|scope| {
        let counting = WORK.map(|work| (work, scope.spawn(move || count(work))));
        counting.map(|(work, count)| (work, count.join().unwrap())).into()
    });
    if std::env::var_os("DELM_UPDATE").is_some() {
        fs::write(RECORD, renewed(&text, &counts)).unwrap();
        return;
    }
    let record: BTreeMap<String, u64> = toml::from_str(&text).unwrap();
    assert!(record.keys().eq(WORK), "{RECORD} records what is counted");
    let grown = counts.iter().filter(|(work, count)| **count as f64 > record[**work] as f64 * TENTH);
    let grown: Vec<_> =
        grown.map(|(work, now)| format!("{work}: {now} instructions, once {}", record[*work])).collect();
    assert!(grown.is_empty(), "{}\nIf it must be so, {RECORD} says how to renew it.", grown.join("\n"));
}

/// Instructions inside of a function of this file, while its test runs.
fn count(work: &str) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    // On one core the work has no other thread that would not be counted.
    let done = Command::new("taskset")
        .args([
            "--cpu-list",
            &first_core(),
            "valgrind",
            "--tool=callgrind",
            &format!("--toggle-collect=counts::{work}"),
        ])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{work}_is_done"), "--test-threads=1"])
        .env_remove("NO_COLOR")
        .output()
        .expect("valgrind is installed");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let profile = fs::read_to_string(out).unwrap();
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: ")).expect("callgrind tells the total");
    let total = total.trim().parse().unwrap();
    assert!(total > 1_000_000, "{work} was not found in the binary");
    total
}

/// The first core that this process may run on.
fn first_core() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    cores.trim().chars().take_while(char::is_ascii_digit).collect()
}

/// The record with these counts; what it says besides stays.
fn renewed(text: &str, counts: &BTreeMap<&str, u64>) -> String {
    let line = |line: &str| match line.split_once(" = ").and_then(|(work, _)| counts.get_key_value(work)) {
        Some((work, count)) => format!("{work} = {count}\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_renewed_record_keeps_its_words() {
    let counts = BTreeMap::from([("a", 5), ("b", 6)]);
    assert_eq!(
        renewed("# a = 1 is said\na = 1\n\nb = 2\nc = 3\n", &counts),
        "# a = 1 is said\na = 5\n\nb = 6\nc = 3\n"
    );
}

/// Tasks that are done one after another by the rules, each step appended to a run file and folded.
#[inline(never)]
fn coordination(file: &Path, tasks: u32) -> Run {
    let mut log = Log { run: Run::default(), journal: Sqlite::create(file).unwrap() };
    let method = Method { max_tasks: tasks as usize, ..Method::default() };
    let options = Box::new(Options { agents: 4, method, ..Options::default() });
    log.append(vec![Fact::RunStarted { question: "why?".into(), paths: vec![], options }], &[]);
    log.append(vec![Fact::CorpusSplit { units: vec![] }], &[]);
    let text = |n| format!("Find out what the register says of fact number {n}");
    let new = |n| NewTask { id: TaskId(n), text: text(n), deps: vec![], focus: vec![] };
    log.append(vec![Fact::TasksAdded { tasks: (1..=tasks).map(new).collect(), by: Author::Human }], &[]);
    for n in 0..tasks {
        let agent = AgentId((n % 4 + 1) as u16);
        let (next, facts) = work::take(&log.run, agent);
        let Work::Task(task, claim) = next else { panic!("{next:?}") };
        log.append(facts, &[]);
        let (task, _, fact) = work::start_attempt(&log.run, claim, task).unwrap();
        log.append(vec![fact], &[]);
        let (proposal, bodies) = proposal(&log.run, agent, task.id, task.text);
        let (_, facts) = write::submit(&log.run, claim, proposal);
        log.append(facts, &bodies);
    }
    log.run
}

struct Log {
    run: Run,
    journal: Sqlite,
}

impl Log {
    fn append(&mut self, facts: Vec<Fact>, bodies: &[Body]) {
        let head = self.run.head;
        let events: Vec<Event> =
            facts.into_iter().zip(head.0 + 1..).map(|(fact, seq)| Event { seq: Seq(seq), at: 0, fact }).collect();
        self.journal.append(head, &events, bodies).unwrap();
        events.iter().for_each(|event| self.run.apply(event));
    }
}

/// A result of about a hundred tokens on two kilobytes of evidence.
fn proposal(run: &Run, agent: AgentId, task: TaskId, subtask: String) -> (Proposal, [Body; 2]) {
    let result = format!("{subtask}: it says so, {}", "in words as long as those of a gist are, ".repeat(8));
    let step = Step { text: result.repeat(5), citations: vec![] };
    let chain = Chain { kind: EntryKind::Fact, steps: vec![step], output: result.clone() };
    let verdict = Verdict { axes: vec![], ruling: Ruling::Approved(result.clone()) };
    let trajectory = Trajectory {
        task,
        agent,
        attempt: 1,
        subtask: subtask.clone(),
        feedback: vec![],
        unfolded: vec![],
        chain,
        verdict: verdict.clone(),
    };
    let summary = Body::of(serde_json::to_vec(&Summary { topic: result.clone(), parts: vec![] }).unwrap());
    let trajectory = Body::of(serde_json::to_vec(&trajectory).unwrap());
    let proposal = Proposal {
        label: run.next_label(Author::Agent(agent)),
        kind: EntryKind::Fact,
        agent,
        task,
        attempt: 1,
        subtask,
        result,
        citations: vec![],
        summary: summary.id,
        trajectory: trajectory.id,
        verdict,
        doubts: vec![],
    };
    (proposal, [summary, trajectory])
}

#[test]
fn coordination_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let run = coordination(&dir.path().join("a.delm"), 40);
    assert_eq!((run.counts.done, run.context.len()), (40, 40));
}

/// Frames of 200×60 while sixteen agents stream: each a few words of each of them, and the cells that change.
#[inline(never)]
fn frame(easel: &mut Easel, frames: i64) -> usize {
    let mut bytes = 0;
    for n in 0..frames {
        let text = |agent| format!("word {n} of agent {agent}, ");
        let live = |agent| Live { agent: AgentId(agent), sight: Sight::Text(Stream::Output, text(agent)) };
        easel.feed(Feed::Live((1..=16).map(live).collect()), n * 16);
        bytes += easel.draw();
    }
    bytes
}

#[test]
fn frame_is_done() {
    let mut easel = Easel::new(200, 60, Theme::named("ansi").unwrap(), 0);
    easel.feed(Feed::Facts(long_log::long_log(1_000)), 0);
    let first = easel.draw();
    let later = frame(&mut easel, 4);
    assert!(0 < later && later < 4 * first, "{later} bytes for 4 frames, {first} for the first");
}

/// Text and HTML from files to gists, without a model.
#[inline(never)]
fn ingest(paths: &[String], reasoner: &Extractive) -> Vec<String> {
    // One by one, since files are read side by side.
    let one = |path: &String| stages::read(std::slice::from_ref(path), &ReadOptions::default());
    let documents = paths.iter().flat_map(one).collect();
    let desk = stand_in::Notebook::default();
    futures_util::FutureExt::now_or_never(async {
        let corpus = stages::cut(documents, reasoner, &desk).await;
        reasoner.study(&corpus);
        let mut gists = vec![];
        for unit in corpus.units() {
            gists.push(stages::gist(&corpus, unit.label, "Who must offer the source?", reasoner, &desk).await);
        }
        gists
    })
    .expect("nothing waits")
}

#[test]
fn ingest_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("page.html");
    let paragraphs = fs::read_to_string("assets/licences/MIT.txt").unwrap().replace("\n\n", "</p>\n<p>");
    fs::write(&page, format!("<title>MIT</title><body><h1>MIT</h1><p>{paragraphs}</p>")).unwrap();
    let paths = ["assets/licences/Artistic.txt".to_owned(), page.to_string_lossy().into_owned()];
    // What is built once, such as the rules about injections, does not grow with the documents.
    drop(stages::read(&["assets/licences/Zlib.txt".to_owned()], &ReadOptions::default()));
    let gists = ingest(&paths, &Extractive::new(0));
    assert!(gists.len() == 2 && gists.iter().all(|gist| gist.contains("covers")), "{gists:?}");
}
