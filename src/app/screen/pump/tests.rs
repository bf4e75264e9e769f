//! The pump between a screen that is a channel and an engine that is real.

use super::*;
use crate::{
    app::{Catalogue, Exit, screen::leave},
    run::{EntryKind, Fact, Media, Options, Section, Source, SourceId, TaskId},
    store::Body,
    tui::Left,
};

const FEED: usize = 64;

const TEXT: &str = "The lighthouse at Cape Arden was built in 1871. Its lamp burns oil of colza.";

fn saved(dir: &tempfile::TempDir) -> Saved {
    let text = Body::of(TEXT);
    let sections = vec![Section { title: "a".into(), span: 0..TEXT.len() }];
    let bytes = TEXT.len() as u64;
    let source = Source {
        id: SourceId(1),
        path: "a.txt".into(),
        media: Media::Text,
        bytes,
        text: text.id,
        sections,
        suspicions: vec![],
    };
    let question = "When was the lighthouse built?".to_owned();
    let started = Fact::RunStarted { question: question.clone(), paths: vec![], options: Box::new(Options::default()) };
    let runs = RunDir::open(dir.path()).unwrap();
    Saved::create(&runs, &question, vec![started, Fact::SourceRead { source }], &[text]).unwrap()
}

/// A pump, its ends, and what the screen holds of it.
fn pump(saved: Saved, dir: &tempfile::TempDir) -> (Pump, Ends, mpsc::Receiver<Feed>, mpsc::Sender<Command>) {
    let (feed, to_screen) = mpsc::channel(FEED);
    let (commands, from_screen) = mpsc::channel(FEED);
    let ((_, wanted), (_, asked)) = (mpsc::channel(FEED), mpsc::channel(FEED));
    let around = (RunDir::open(dir.path()).unwrap(), Minds::new(Catalogue::shipped()));
    let ends = Ends { feed, commands: from_screen, wanted, asked };
    (Pump::new(saved, None, around), ends, to_screen, commands)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_team_goes_on_when_its_screen_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let (pump, ends, to_screen, commands) = pump(saved(&dir), &dir);
    // The key and the leaving in the same breath.
    commands.send(Command::Pause).await.unwrap();
    drop(to_screen);
    let ended = pump.run(Attachment::Saved, ends).await.unwrap();
    assert!(ended.engine.is_some(), "the key was not lost");
    let left = tokio::time::timeout(std::time::Duration::from_secs(60), leave(ended, Left::Detach)).await;
    assert_eq!(left.expect("it does not hang").unwrap(), Exit::Answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_a_saved_run_is_done_before_anybody_moves() {
    let dir = tempfile::tempdir().unwrap();
    let saved = saved(&dir);
    let id = saved.id.clone();
    let (pump, ends, mut to_screen, commands) = pump(saved, &dir);
    let pumping = tokio::spawn(pump.run(Attachment::Saved, ends));
    commands.send(Command::AddNote { kind: EntryKind::Fact, text: "It was 1871.".into() }).await.unwrap();
    let noted = async {
        while let Some(feed) = to_screen.recv().await {
            let is_note = |event: &Event| matches!(&event.fact, Fact::EntryAdmitted { entry } if entry.task.is_none());
            if matches!(feed, Feed::Facts(facts) if facts.iter().any(is_note)) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), noted).await.expect("it is done");
    drop((to_screen, commands));
    leave(pumping.await.unwrap().unwrap(), Left::Quit).await.unwrap();
    let events = Saved::open(&RunDir::open(dir.path()).unwrap(), &id.0).unwrap().events();
    let begun = events.iter().skip_while(|event| !matches!(event.fact, Fact::SessionStarted { .. }));
    let next: Vec<&Fact> = begun.skip(1).map(|event| &event.fact).collect();
    assert_eq!(next[0], &Fact::PauseAsked, "{next:?}");
    assert!(!next.iter().any(|fact| matches!(fact, Fact::UnitClaimed { .. })), "{next:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_is_said_on_the_screen() {
    let dir = tempfile::tempdir().unwrap();
    let saved = saved(&dir);
    let file = RunDir::open(dir.path()).unwrap().file(&saved.id);
    let (pump, ends, mut to_screen, _commands) = pump(saved, &dir);
    rusqlite::Connection::open(file).unwrap().execute_batch("DROP TABLE events").unwrap();
    let pumping = tokio::spawn(pump.run(Attachment::Live, ends));
    let mut said = String::new();
    let told = async {
        while let Some(feed) = to_screen.recv().await {
            match feed {
                Feed::Notice(text) => said = text,
                Feed::Closed => break,
                _ => {}
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), told).await.expect("it is told");
    assert!(said.starts_with("the team has stopped: "), "{said:?}");
    drop(to_screen);
    assert!(leave(pumping.await.unwrap().unwrap(), Left::Quit).await.is_err());
}

#[test]
fn a_task_is_done_again_after_the_answer() {
    let dir = tempfile::tempdir().unwrap();
    let saved = saved(&dir);
    let (id, mind) = (saved.id.clone(), Minds::new(Catalogue::shipped()).of(&saved.run.options).unwrap());
    assert_eq!(crate::app::headless(saved, mind, None, false).unwrap(), Exit::Answered);
    let runtime = crate::app::runtime::of_a_team().unwrap();
    runtime.block_on(async {
        let saved = Saved::open(&RunDir::open(dir.path()).unwrap(), &id.0).unwrap();
        let ended = saved.run.head;
        let (pump, ends, mut to_screen, commands) = pump(saved, &dir);
        commands.send(Command::Pause).await.unwrap();
        commands.send(Command::ReopenTask { task: TaskId(1), reason: "look again".into() }).await.unwrap();
        let pumping = tokio::spawn(pump.run(Attachment::Finished, ends));
        let (mut said, mut facts) = (Vec::new(), Vec::new());
        let told = async {
            while let Some(feed) = to_screen.recv().await {
                match feed {
                    Feed::Notice(text) => said.push(text),
                    Feed::Facts(events) => {
                        facts.extend(events.into_iter().filter(|event| event.seq > ended).map(|event| event.fact));
                    }
                    _ => {}
                }
                if facts.iter().any(|fact| matches!(fact, Fact::RunEnded { .. })) {
                    break;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), told).await.expect("it ends again");
        assert_eq!(said, ["the run has ended"], "of the pause");
        let place = |is: fn(&Fact) -> bool| facts.iter().position(is).unwrap();
        let reopened = place(|fact| matches!(fact, Fact::RunReopened { .. }));
        let session = place(|fact| matches!(fact, Fact::SessionStarted { .. }));
        assert!(reopened < session && session < place(|fact| matches!(fact, Fact::TaskClaimed { .. })));
        drop(to_screen);
        assert_eq!(leave(pumping.await.unwrap().unwrap(), Left::Quit).await.unwrap(), Exit::Answered);
    });
}
