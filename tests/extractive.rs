//! The embedded reasoner over real licence texts: does it find the sentence, quote it exactly, heed what it is told, and
//! check what others wrote?

#[path = "support/baseline.rs"]
mod baseline;
mod support;

use std::{path::Path, sync::Arc};

use baseline::Plain;
use delm::{
    reason::{
        Approved, Brief, Closing, FinalTurn, Gist, GistReply, Progress, Reasoner, Redundancy,
        extractive::{Extractive, study},
    },
    run::{
        Admission, AgentId, Author, AxisOutcome, Chain, Citation, Context, Corpus, Critic, DecisionId, Entry,
        EntryKind, Feedback, Label, NewTask, Ruling, Step, Task, TaskId, TaskState, Verdict, summary::resolve_anchor,
    },
};
use support::stand_in::*;

#[derive(serde::Deserialize)]
struct Asked {
    question: String,
    file: String,
    answer: String,
}

#[derive(serde::Deserialize)]
struct Questions {
    question: Vec<Asked>,
}

fn folder(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn licences() -> Arc<Corpus> {
    corpus_of(&texts_in(&folder("assets/licences")))
}

fn small(texts: &[(&str, &str)]) -> (Extractive, Arc<Corpus>) {
    let owned: Vec<_> = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let corpus = corpus_of(&owned);
    let reasoner = Extractive::new(7);
    reasoner.study(&corpus);
    (reasoner, corpus)
}

fn task(id: u32, text: &str, focus: &[Label]) -> Task {
    let new = (1..=id).map(|n| NewTask {
        id: TaskId(n),
        text: if n == id { text.to_owned() } else { format!("task {n}") },
        deps: vec![],
        focus: if n == id { focus.to_vec() } else { vec![] },
    });
    tasks(new.collect()).pop().unwrap()
}

fn brief(question: &str, context: &Context) -> Brief {
    Brief { question: question.into(), context: context.snapshot() }
}

/// (a) and (b): the sentence that answers is among the first three quotes of the answer, and every citation is exact.
#[tokio::test]
async fn the_answer_is_among_the_first_three_quotes() {
    let set: Questions =
        toml::from_str(&std::fs::read_to_string(folder("tests/data/licence-questions.toml")).unwrap()).unwrap();
    assert_eq!(set.question.len(), 30);
    let corpus = licences();
    let reasoner = Extractive::new(1);
    reasoner.study(&corpus);
    let context = documents(&reasoner, &corpus, "").await;
    let library = study(&corpus);
    let plain = Plain::new(&library);
    let (mut found, mut found_by_plain) = (0, 0);
    for asked in &set.question {
        let wanted = flat(&asked.answer);
        let stated = std::fs::read_to_string(folder("assets/licences").join(&asked.file)).unwrap();
        assert!(flat(&stated).contains(&wanted), "{} does not state {wanted:?}", asked.file);
        let played = play_from(&reasoner, &corpus, context.clone(), &asked.question).await;
        assert_eq!(played.rejections, Vec::<String>::new(), "its own quotes pass its own checks");
        for citation in played.answer.citations.iter().filter(|citation| citation.span.is_some()) {
            let quote = corpus.quote(citation).expect("the span lies in the unit");
            assert!(flat(&played.answer.text).contains(&flat(quote)), "{quote:?} is quoted");
            assert_eq!(quote.trim(), quote);
        }
        for entry in played.context.entries() {
            assert!(entry.citations.iter().all(|c| c.span.is_none() || corpus.quote(c).is_some()));
        }
        let quotes = played.answer.citations.iter().filter_map(|citation| corpus.quote(citation));
        let hit = quotes.take(3).any(|quote| flat(quote).contains(&wanted));
        // Near-copies of a sentence in other licences take one place, as they do in the answer.
        let mut distinct: Vec<String> = Vec::new();
        for id in plain.rank(&asked.question, 100) {
            let text = flat(library.text(id));
            if !distinct.contains(&text) {
                distinct.push(text);
            }
        }
        let plain_hit = distinct.iter().take(3).any(|quote| quote.contains(&wanted));
        found += usize::from(hit);
        found_by_plain += usize::from(plain_hit);
        println!(
            "{} {} {}",
            if hit { "found " } else { "missed" },
            if plain_hit { "plain" } else { "     " },
            asked.question
        );
    }
    println!("{found} of 30 in the first three quotes, plain BM25 {found_by_plain}");
    assert!(found >= 24, "{found} of 30");
    assert!(2 * found >= 3 * found_by_plain, "{found} against {found_by_plain} by plain BM25");
}

/// (c): what was turned down is not offered again, and the reason is named.
#[tokio::test]
async fn feedback_is_heeded() {
    let (reasoner, corpus) = small(&[(
        "manual.txt",
        "The cache is cleared after ten minutes.\n\nThe cache is cleared by the command purge.\n\nTrees are green.\n",
    )]);
    let context = Context::default();
    let brief = brief("When is the cache cleared?", &context);
    let task = task(1, "\"manual\": when is the cache cleared", &[Label::unit(1)]);
    let desk = Notebook::default();
    let first = conclude(&reasoner, &desk, &corpus, &brief, &task, &[]).await;
    assert_eq!(first.kind, EntryKind::Fact);
    let mut offered: Vec<Citation> = first.citations();
    let mut feedback = vec![Feedback {
        by: Critic::Human,
        reason: "not this one".into(),
        rejected: first.output,
        citations: first.steps[0].citations.clone(),
    }];
    let turned_down = corpus.quote(&first.steps[0].citations[0]).unwrap().to_owned();
    let second = conclude(&reasoner, &desk, &corpus, &brief, &task, &feedback).await;
    assert!(!second.output.contains(&turned_down), "{second:?}");
    assert!(second.steps[0].text.contains("not this one"), "{second:?}");
    assert!(desk.said.lock().unwrap().contains("not this one"));
    // Turned down again and again, it ends with a report of absence instead of repeating itself.
    offered.extend(second.citations());
    for _ in 0..3 {
        let chain = conclude(&reasoner, &desk, &corpus, &brief, &task, &feedback).await;
        feedback.push(Feedback {
            by: Critic::Verifier,
            reason: "no".into(),
            rejected: chain.output.clone(),
            citations: chain.citations(),
        });
    }
    let last = conclude(&reasoner, &desk, &corpus, &brief, &task, &feedback).await;
    assert_eq!(last.kind, EntryKind::Fail, "{last:?}");
    assert!(judge(&reasoner, &desk, &corpus, &brief, &task, &last).await.objection().is_none());
}

/// (d): a report of absence says where was looked and for what.
#[tokio::test]
async fn an_absence_is_scoped() {
    let (reasoner, corpus) = small(&[
        ("a.txt", "One sentence here.  Another sentence there.\n"),
        ("b.txt", "Only this text about pears.\n"),
    ]);
    let context = Context::default();
    let question = "Which colour has the submarine?";
    let brief = brief(question, &context);
    let task = task(1, "\"a\": the colour of the submarine", &[Label::unit(1)]);
    let chain = conclude(&reasoner, &Notebook::default(), &corpus, &brief, &task, &[]).await;
    assert_eq!(chain.kind, EntryKind::Fail);
    assert_eq!(chain.output, "not found in [W0 S1] (2 sentences searched for ‘the colour of the submarine’)");
    let whole = corpus.text(Label::unit(1)).unwrap().len();
    assert_eq!(chain.citations(), [Citation::of(Label::unit(1), 0..whole)]);
    assert!(judge(&reasoner, &Notebook::default(), &corpus, &brief, &task, &chain).await.objection().is_none());

    let mut wrong = chain.clone();
    wrong.output = wrong.output.replace("2 sentences", "20 sentences");
    let verdict = judge(&reasoner, &Notebook::default(), &corpus, &brief, &task, &wrong).await;
    assert!(verdict.objection().unwrap().contains("20 sentences are claimed, 2 are cited"), "{verdict:?}");

    let played = play(&reasoner, &corpus, question).await;
    assert!(played.answer.text.starts_with("Not found in a, b (3 sentences searched for"), "{}", played.answer.text);
}

const CLAUSE: &str = "You must not remove the notice within 30 days unless the owner agrees.";

async fn ruling_on(text: &str, output: &str) -> Verdict {
    let (reasoner, corpus) = small(&[("rules.txt", CLAUSE)]);
    let context = Context::default();
    let brief = brief("May the notice be removed?", &context);
    let chain = Chain {
        kind: EntryKind::Fact,
        steps: vec![Step { text: text.into(), citations: vec![Citation::of(Label::unit(1), 0..CLAUSE.len())] }],
        output: output.into(),
    };
    let task = task(1, "\"rules\": removing the notice", &[]);
    judge(&reasoner, &Notebook::default(), &corpus, &brief, &task, &chain).await
}

fn failed(verdict: &Verdict) -> String {
    assert!(matches!(verdict.ruling, Ruling::Wrong(_)), "{verdict:?}");
    let reasons = verdict.axes.iter().filter_map(|(axis, outcome)| match outcome {
        AxisOutcome::Fail(reason) => Some(format!("{axis} {reason}")),
        _ => None,
    });
    reasons.collect::<Vec<_>>().join("; ")
}

/// (e): altered quotes, numbers and qualifiers are caught, with the reason.
#[tokio::test]
async fn the_verifier_catches_what_was_altered() {
    let exact = format!("rules: “{CLAUSE}” [W0 S1]");
    let verdict = ruling_on(&exact, &format!("rules says: “{CLAUSE}” [W0 S1]")).await;
    assert_eq!(verdict.objection(), None);
    assert!(verdict.axes.iter().any(|(_, outcome)| *outcome == AxisOutcome::NotApplicable), "only quoting");

    for (altered, reason) in [
        (CLAUSE.replace("30", "60"), "the quote has “60” where the source has “30”"),
        (CLAUSE.replace("not ", ""), "leaves out “not”"),
        (CLAUSE.replace(" unless the owner agrees", ""), "leaves out “unless”"),
        (CLAUSE.replace("must not", "may not"), "“may”"),
        (CLAUSE.replace("notice", "label"), "the quote has “label” where the source has “notice”"),
    ] {
        let text = format!("rules: “{altered}” [W0 S1]");
        let found = failed(&ruling_on(&text, &text).await);
        assert!(found.contains(reason) || found.contains("leaves out"), "{altered}: {found}");
    }
    let found =
        failed(&ruling_on("You must remove the notice within 30 days unless the owner agrees [W0 S1]", &exact).await);
    assert!(found.contains("drops “not”"), "{found}");
    let found = failed(
        &ruling_on("You must not remove the notice within 45 days unless the owner agrees [W0 S1]", &exact).await,
    );
    assert!(found.contains("45"), "{found}");
    let found = failed(&ruling_on(&exact, "rules says: “You may remove it.” [W0 S1]").await);
    assert!(found.contains("quotes “You may remove it.”"), "{found}");
    let found = failed(&ruling_on(&exact, &format!("“{CLAUSE}” [W0 S9]")).await);
    assert!(found.contains("W0 S9"), "{found}");
    let found =
        failed(&ruling_on("Submarines must not dive within 30 days unless painted yellow [W0 S1]", &exact).await);
    assert!(found.contains("C3"), "{found}");
}

/// (f): anchors resolve to their spans, and nothing but white space lies between the parts.
#[tokio::test]
async fn summaries_tile_their_units() {
    let corpus = licences();
    let reasoner = Extractive::new(1);
    reasoner.study(&corpus);
    for unit in corpus.units() {
        let text = corpus.text(unit.label).unwrap();
        let summary = summary(&reasoner, &corpus, unit.label).await;
        let mut end = 0;
        for (number, part) in (1..).zip(&summary.parts) {
            assert_eq!(part.number, number);
            assert_eq!(resolve_anchor(text, &part.head, &part.tail), Some(part.span.clone()), "{}", unit.title);
            assert!(text[end..part.span.start].trim().is_empty(), "{}: a gap before part {number}", unit.title);
            assert!(!part.text.contains(|c: char| c.is_ascii_digit()), "no values: {}", part.text);
            end = part.span.end;
        }
        assert!(text[end..].trim().is_empty(), "{}: a gap at the end", unit.title);
        let mut heads: Vec<&str> = summary.parts.iter().map(|part| part.head.as_str()).collect();
        heads.sort_unstable();
        heads.dedup();
        assert_eq!(heads.len(), summary.parts.len(), "heads differ");
        assert!(summary.parts.len() <= 12);
        let gist = reasoner.gist_unit(&Notebook::default(), "patents", &unit.title, &summary).await.unwrap();
        assert!(gist.split_whitespace().count() <= 100 && !gist.contains('\n'), "{gist}");
    }
}

/// The plan is short, its tasks differ, and a wait for a lost task is given up.
#[tokio::test]
async fn the_plan_is_short_and_frees_what_waits_in_vain() {
    let corpus = licences();
    let reasoner = Extractive::new(1);
    reasoner.study(&corpus);
    let context = documents(&reasoner, &corpus, "").await;
    let question = "Which licences require offering source code to network users?";
    let progress = Progress { brief: brief(question, &context), tasks: vec![], round: 0, objections: vec![] };
    let drafts = reasoner.decompose(&Notebook::default(), &progress).await.unwrap();
    assert!((3..=13).contains(&drafts.len()), "{drafts:#?}");
    assert!(drafts[0].text.starts_with('"'), "{}", drafts[0].text);
    assert!(drafts.iter().any(|draft| draft.text.contains("AGPL-3")), "{drafts:#?}");
    let last = drafts.last().unwrap();
    assert_eq!(last.deps.len(), drafts.len() - 1, "the last one puts the others together");

    let new: Vec<NewTask> = drafts
        .iter()
        .map(|draft| NewTask {
            id: TaskId(draft.number),
            text: draft.text.clone(),
            deps: draft.deps.iter().map(|dep| TaskId(*dep)).collect(),
            focus: draft.focus.clone(),
        })
        .collect();
    let mut held = tasks(new);
    held[0].state = TaskState::Failed("three tries".into());
    let progress = Progress { brief: brief(question, &context), tasks: held, round: 2, objections: vec![] };
    let revised = reasoner.more_tasks(&Notebook::default(), &progress).await.unwrap();
    assert_eq!(revised.len(), 1);
    assert_eq!(revised[0].number, last.number);
    assert!(!revised[0].deps.contains(&1));
}

/// The human's words stay the human's; absences and vetoes are kept apart from findings.
#[tokio::test]
async fn the_answer_marks_what_the_human_wrote_and_leaves_out_what_was_vetoed() {
    let (reasoner, corpus) = small(&[(
        "manual.txt",
        "The cache is cleared after ten minutes.\n\nThe cache is cleared by the command purge.\n\nTrees are green.\n",
    )]);
    let question = "When is the cache cleared?";
    let text = corpus.text(Label::unit(1)).unwrap();
    let first = "The cache is cleared after ten minutes.";
    let at = text.find(first).unwrap();
    let cited = Citation::of(Label::unit(1), at..at + first.len());
    let agent = |index| Label::new(Author::Agent(AgentId(1)), index);

    let mut context = Context::default();
    context.push(Entry {
        admission: Admission::Edited(DecisionId(1)),
        taint: vec![],
        ..entry(agent(1), EntryKind::Fact, None, "when", "After ten minutes, I say.", vec![cited.clone()])
    });
    context.push(Entry {
        admission: Admission::Injected,
        taint: vec![],
        ..entry(Label::new(Author::Human, 1), EntryKind::Fact, None, "", "Ask Ann about the cache.", vec![])
    });
    let closing = |context: &Context, failed: Vec<(Task, String)>| Closing {
        brief: brief(question, context),
        unfolded: vec![],
        failed,
        objections: vec![],
        may_unfold: false,
    };
    let FinalTurn::Answer(answer) = reasoner.finalize(&Notebook::default(), &closing(&context, vec![])).await.unwrap()
    else {
        panic!("an answer")
    };
    assert!(answer.text.contains("As you edited it [W1 S1]: After ten minutes, I say."), "{}", answer.text);
    assert!(answer.text.contains("Your note [H S1]: Ask Ann about the cache."), "{}", answer.text);
    assert!(!answer.text.contains(first), "what was rewritten is not quoted beside it: {}", answer.text);

    // Nothing in C at all: the documents may speak, but not with what was turned down.
    let mut lost = task(1, "\"manual\": the cache", &[]);
    lost.feedback.push(Feedback {
        by: Critic::Human,
        reason: "wrong".into(),
        rejected: format!("“{first}”"),
        citations: vec![cited],
    });
    let closing = closing(&Context::default(), vec![(lost, "dropped".into())]);
    let FinalTurn::Answer(answer) = reasoner.finalize(&Notebook::default(), &closing).await.unwrap() else {
        panic!("an answer")
    };
    assert!(!answer.text.contains(first), "{}", answer.text);
    assert!(answer.text.contains("command purge"), "{}", answer.text);
}

/// Gate, form and redundancy.
#[tokio::test]
async fn a_gist_stands_alone_and_is_not_said_twice() {
    let (reasoner, corpus) = small(&[("rules.txt", CLAUSE)]);
    let desk = Notebook::default();
    let mut context = Context::default();
    let task = task(1, "\"rules\": removing the notice", &[]);
    let chain = conclude(&reasoner, &desk, &corpus, &brief("notice", &context), &task, &[]).await;
    let label = Label::new(Author::Agent(AgentId(1)), 1);
    let approved = Approved { task: task.clone(), label, chain: chain.clone(), paragraph: chain.output.clone() };
    let GistReply::Gist(gist) = reasoner.gist(&desk, &approved).await.unwrap() else { panic!("a gist") };
    assert!(gist.result.contains(CLAUSE));
    assert!(reasoner.check_form(&desk, &gist).await.unwrap());
    let leaning = Gist { subtask: "x".into(), result: "As above.".into(), doubts: vec![] };
    assert!(!reasoner.check_form(&desk, &leaning).await.unwrap());

    let empty = Approved { chain: Chain { steps: vec![], ..chain.clone() }, ..approved };
    assert!(matches!(reasoner.gist(&desk, &empty).await.unwrap(), GistReply::Refused(_)));

    let citations = chain.citations();
    let check = |context: &Context| brief("notice", context);
    let fresh = reasoner.check_redundancy(&desk, &check(&context), &gist, &citations).await.unwrap();
    assert_eq!(fresh, Redundancy::Accept);
    context.push(entry(label, chain.kind, Some(task.id), &gist.subtask, &gist.result, citations.clone()));
    let again = reasoner.check_redundancy(&desk, &check(&context), &gist, &citations).await.unwrap();
    assert_eq!(again, Redundancy::Redundant(Some(label)));
}

/// Texts that no one would write: nothing panics, and what is quoted is exact.
#[tokio::test]
async fn odd_texts_are_read_without_harm() {
    let rows = "| a | b |\n".repeat(400);
    let same = "The same line again.\n\n".repeat(900);
    let wide = "word ".repeat(8_000);
    for text in [
        "",
        " \n\t\n",
        "\u{feff}Ünïcödé “quotes” — ‘and’ 日本語の文。次の文。\r\n\r\nCRLF line one.\r\nLine two?\r\n",
        "####\n# \n=====\n-----\n* \n1.\n(a)\n.. _x: y\n[1]: z\n",
        "no end mark at all",
        "…!?。",
        rows.as_str(),
        same.as_str(),
        wide.as_str(),
    ] {
        let (reasoner, corpus) = small(&[("odd.txt", text), ("plain.txt", "The line is read by the cache.")]);
        let played = play(&reasoner, &corpus, "Which line is read again, and what does the word 日本 say?").await;
        assert_eq!(played.rejections, Vec::<String>::new());
        for entry in played.context.entries() {
            let exact = |citation: &Citation| citation.span.is_none() || corpus.quote(citation).is_some();
            assert!(entry.citations.iter().all(exact), "{entry:?}");
        }
        for unit in corpus.units() {
            let text = corpus.text(unit.label).unwrap();
            for part in summary(&reasoner, &corpus, unit.label).await.parts {
                assert_eq!(resolve_anchor(text, &part.head, &part.tail), Some(part.span));
            }
        }
    }
}

/// A question about nothing, and no documents at all.
#[tokio::test]
async fn nothing_to_go_by_is_said_plainly() {
    let (reasoner, corpus) = small(&[("plain.txt", "The line is read by the cache.")]);
    for question in ["", "?", "What is the?", "Who are you"] {
        let played = play(&reasoner, &corpus, question).await;
        assert!(!played.answer.text.is_empty());
    }
    let (reasoner, corpus) = small(&[]);
    let played = play(&reasoner, &corpus, "Which line is read?").await;
    assert_eq!(played.answer.text, "The documents say nothing that fits the question.");
}
