//! A small stand-in for the engine: plays the loop of METHOD §3a over the `Reasoner` trait, one task after another.

// Each test file uses its own share of it.
#![allow(dead_code, clippy::unwrap_used)]

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use delm::{
    llm::Request,
    reason::{
        Approved, Brief, Case, Closing, Desk, FinalTurn, GistReply, Progress, ReasonError, Reasoner, Redundancy,
        Thought, Turn, Unfolded, UnfoldedText,
    },
    run::{
        Admission, AgentId, Answer, Author, BlobId, CallKind, Chain, Context, Corpus, Critic, Entry, EntryKind, Event,
        Fact, Feedback, Label, Media, NewTask, Options, Run, Seq, Source, SourceId, Stream, Summary, Task, TaskId,
        Unit, Verdict, rules,
    },
};

/// A desk that keeps what is said and lets every thought pass.
#[derive(Default)]
pub struct Notebook {
    pub said: Mutex<String>,
}

#[async_trait]
impl Desk for Notebook {
    async fn call(&self, kind: CallKind, _request: Request) -> Result<String, ReasonError> {
        Err(ReasonError::Unreadable { kind, why: "no model stands behind this desk".into() })
    }

    async fn think(&self, _kind: CallKind) -> Result<(), ReasonError> {
        Ok(())
    }

    fn say(&self, _stream: Stream, text: &str) {
        self.said.lock().unwrap().push_str(text);
    }
}

/// A corpus of named texts; a text is cut at paragraph borders into units of about 25,000 bytes.
pub fn corpus_of(texts: &[(String, String)]) -> Arc<Corpus> {
    let mut corpus = Corpus::default();
    let mut label = 0;
    for (index, (path, text)) in (1..).zip(texts) {
        let source = Source {
            id: SourceId(index),
            path: path.clone(),
            media: Media::Text,
            bytes: text.len() as u64,
            text: BlobId([0; 32]),
            sections: vec![],
            suspicions: vec![],
        };
        let mut borders = vec![0];
        while text.len() - borders.last().unwrap() > 30_000 {
            let mut aim = borders.last().unwrap() + 25_000;
            while !text.is_char_boundary(aim) {
                aim += 1;
            }
            borders.push(text[aim..].find("\n\n").map_or(text.len(), |at| aim + at + 2));
        }
        borders.push(text.len());
        let parts = borders.len() - 1;
        let units: Vec<Unit> = borders
            .windows(2)
            .zip(1..)
            .filter(|(border, _)| border[0] < border[1])
            .map(|(border, part)| {
                label += 1;
                let name = path.clone();
                Unit {
                    label: Label::unit(label),
                    source: SourceId(index),
                    title: if parts > 1 { format!("{name} (part {part}/{parts})") } else { name },
                    start: border[0],
                    end: border[1],
                }
            })
            .collect();
        corpus.add(&source, text.as_str().into(), units);
    }
    Arc::new(corpus)
}

/// Every file of a folder, by name.
pub fn texts_in(folder: &Path) -> Vec<(String, String)> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())).collect()
}

/// What a run came to.
pub struct Played {
    pub answer: Answer,
    pub context: Context,
    pub tasks: Vec<Task>,
    /// For each task, its doubts; empty when it brought nothing in.
    pub doubts: Vec<(String, Vec<String>)>,
    pub said: String,
    pub rejections: Vec<String>,
}

/// Gists of the documents, as the run has them before planning.
pub async fn documents(reasoner: &dyn Reasoner, corpus: &Corpus, question: &str) -> Context {
    let desk = Notebook::default();
    let mut context = Context::default();
    for unit in corpus.units() {
        let summary = reasoner.summarize(&desk, corpus, unit.label).await.unwrap();
        let gist = reasoner.gist_unit(&desk, question, &unit.title, &summary).await.unwrap();
        context.push(entry(unit.label, EntryKind::Document, None, "", &gist, vec![]));
    }
    context
}

pub fn entry(
    label: Label,
    kind: EntryKind,
    task: Option<TaskId>,
    subtask: &str,
    gist: &str,
    citations: Vec<delm::run::Citation>,
) -> Entry {
    Entry {
        label,
        kind,
        task,
        subtask: subtask.into(),
        gist: gist.into(),
        citations,
        admission: Admission::Verified,
        taint: vec![],
        summary: None,
        trajectory: None,
    }
}

/// Tasks as the run makes them of new ones.
pub fn tasks(new: Vec<NewTask>) -> Vec<Task> {
    let mut run = Run::default();
    let facts = [
        Fact::RunStarted { question: String::new(), paths: vec![], options: Box::new(Options::default()) },
        Fact::TasksAdded { tasks: new, by: Author::Human },
    ];
    for (fact, seq) in facts.into_iter().zip(1..) {
        run.apply(&Event { seq: Seq(seq), at: 0, fact });
    }
    run.tasks.iter().cloned().collect()
}

/// The evidence that an unfolding brings.
pub fn unfold(corpus: &Corpus, labels: &[Label]) -> Vec<Unfolded> {
    let raw = |label: &Label| {
        Some(Unfolded {
            label: *label,
            title: corpus.unit(*label)?.title.clone(),
            text: UnfoldedText::Raw { text: corpus.text(*label)?.to_owned(), start: 0 },
        })
    };
    labels.iter().filter_map(raw).collect()
}

/// Thinks until there is a chain.
pub async fn conclude(
    reasoner: &dyn Reasoner,
    desk: &dyn Desk,
    corpus: &Corpus,
    brief: &Brief,
    task: &Task,
    feedback: &[Feedback],
) -> Chain {
    let mut unfolded: Vec<Unfolded> = Vec::new();
    for round in 0.. {
        let thought = Thought {
            brief: brief.clone(),
            task: task.clone(),
            unfolded: unfolded.clone(),
            feedback: feedback.to_vec(),
            may_unfold: round < 3,
        };
        match reasoner.think(desk, &thought).await.unwrap() {
            Turn::Unfold(labels) | Turn::DeepUnfold(labels) => unfolded.extend(unfold(corpus, &labels)),
            Turn::Conclude(chain) => return chain,
        }
    }
    unreachable!("no thought may unfold for ever")
}

pub async fn judge(
    reasoner: &dyn Reasoner,
    desk: &dyn Desk,
    corpus: &Corpus,
    brief: &Brief,
    task: &Task,
    chain: &Chain,
) -> Verdict {
    let labels: Vec<Label> = chain.citations().iter().map(|citation| citation.label).collect();
    let case = Case {
        brief: brief.clone(),
        task: task.clone(),
        label: Label::new(Author::Agent(AgentId(1)), task.id.0),
        chain: chain.clone(),
        evidence: unfold(corpus, &labels),
    };
    reasoner.verify(desk, &case).await.unwrap()
}

/// The whole loop, from the question to the answer.
pub async fn play(reasoner: &dyn Reasoner, corpus: &Arc<Corpus>, question: &str) -> Played {
    reasoner.study(corpus);
    let context = documents(reasoner, corpus, question).await;
    play_from(reasoner, corpus, context, question).await
}

/// The loop from the decomposition on; the reasoner has studied the corpus.
pub async fn play_from(reasoner: &dyn Reasoner, corpus: &Corpus, mut context: Context, question: &str) -> Played {
    let desk = Notebook::default();
    let brief = |context: &Context| Brief { question: question.into(), context: context.snapshot() };
    let (mut doubts, mut rejections) = (Vec::new(), Vec::new());
    let mut done: Vec<Task> = Vec::new();
    for round in 0..3 {
        let progress = Progress { brief: brief(&context), tasks: done.clone(), round, objections: vec![] };
        let drafts = match round {
            0 => reasoner.decompose(&desk, &progress).await.unwrap(),
            _ => reasoner.more_tasks(&desk, &progress).await.unwrap(),
        };
        if drafts.is_empty() {
            break;
        }
        let mut run = Run::default();
        let known = done.iter().map(new_task).collect();
        let facts = [
            Fact::RunStarted { question: question.into(), paths: vec![], options: Box::new(Options::default()) },
            Fact::TasksAdded { tasks: known, by: Author::Human },
        ];
        for (fact, seq) in facts.into_iter().zip(1..) {
            run.apply(&Event { seq: Seq(seq), at: 0, fact });
        }
        let plan = rules::plan::check(&run, rules::plan::TasksSeen(run.tasks.len()), &drafts).unwrap();
        for task in tasks(plan.tasks) {
            let label = Label::new(Author::Agent(AgentId(1)), task.id.0);
            let brief = brief(&context);
            reasoner.choose(&desk, &brief, &task, 5).await.unwrap();
            let mut feedback: Vec<Feedback> = Vec::new();
            for _ in 0..3 {
                let chain = conclude(reasoner, &desk, corpus, &brief, &task, &feedback).await;
                let verdict = judge(reasoner, &desk, corpus, &brief, &task, &chain).await;
                if let Some(reason) = verdict.objection() {
                    rejections.push(format!("{}: {reason}\n{}", task.text, chain.render()));
                    feedback.push(Feedback {
                        by: Critic::Verifier,
                        reason,
                        rejected: chain.output.clone(),
                        citations: chain.citations(),
                    });
                    continue;
                }
                let approved =
                    Approved { task: task.clone(), label, chain: chain.clone(), paragraph: chain.output.clone() };
                let GistReply::Gist(gist) = reasoner.gist(&desk, &approved).await.unwrap() else {
                    rejections.push(format!("{}: refused", task.text));
                    break;
                };
                assert!(reasoner.check_form(&desk, &gist).await.unwrap(), "no form: {gist:?}");
                let citations = chain.citations();
                match reasoner.check_redundancy(&desk, &brief, &gist, &citations).await.unwrap() {
                    Redundancy::Redundant(_) => {}
                    Redundancy::Accept => {
                        doubts.push((gist.result.clone(), gist.doubts.clone()));
                        context.push(entry(label, chain.kind, Some(task.id), &gist.subtask, &gist.result, citations));
                    }
                }
                break;
            }
            done.push(task);
        }
    }
    let closing =
        Closing { brief: brief(&context), unfolded: vec![], failed: vec![], objections: vec![], may_unfold: true };
    let FinalTurn::Answer(answer) = reasoner.finalize(&desk, &closing).await.unwrap() else {
        panic!("the answer needs no unfolding");
    };
    let said = desk.said.lock().unwrap().clone();
    Played { answer, context, tasks: done, doubts, said, rejections }
}

pub fn new_task(task: &Task) -> NewTask {
    NewTask { id: task.id, text: task.text.clone(), deps: task.deps.clone(), focus: task.focus.clone() }
}

/// A unit's summary.
pub async fn summary(reasoner: &dyn Reasoner, corpus: &Corpus, label: Label) -> Summary {
    reasoner.summarize(&Notebook::default(), corpus, label).await.unwrap()
}

/// White space collapsed.
pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
