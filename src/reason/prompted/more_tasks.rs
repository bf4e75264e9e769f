//! L, more tasks: what is still missing when the queue is empty (METHOD §3a, "Queue-empty decision"). A reply that cannot
//! be read twice means that nothing is.

use crate::{
    reason::{Desk, Progress, ReasonError},
    run::{CallKind, Task, TaskState, one_line, rules::plan::Draft},
};

use super::{
    decompose::{self, FORM, REPLY_TOKENS},
    frame, lines,
};

pub const PHRASE: &str = "# Decide what is still missing";

const DONE: &str = "[DONE]";

/// # Errors
/// `Call`, `Stopped`.
pub async fn ask(desk: &dyn Desk, progress: &Progress) -> Result<Vec<Draft>, ReasonError> {
    let request = frame::on_context(&progress.brief, PHRASE, &prompt(progress), REPLY_TOKENS);
    let reply = desk.call(CallKind::MoreTasks, request.clone()).await?;
    if let Some(drafts) = parse(&reply, progress) {
        return Ok(drafts);
    }
    let why = "It was neither a list of tasks nor `[DONE]`.";
    let reply = desk.call(CallKind::MoreTasks, frame::again(request, why)).await?;
    Ok(parse(&reply, progress).unwrap_or_default())
}

fn prompt(progress: &Progress) -> String {
    let states: String = progress.tasks.iter().map(state).collect();
    format!(
        "## The tasks so far\n\n{}\n## What became of them\n\n{states}\n{}## What to do\n\nNo task is running, and none \
         can be started. Decide what is still missing before the question can be answered: a gap in the findings, two \
         findings that contradict each other, a failed task that must be tried in another way, a task that waits for \
         something that will never come. If every planned task is over and a look at more evidence is not expected to \
         change any conclusion, reply with `{DONE}` alone. Do not ask for what has been found, and do not repeat a task \
         that failed for want of evidence.\n\nOtherwise list the new tasks, numbered from {}. To change what a waiting \
         task depends on, list it under its own number with its own text. {FORM}",
        decompose::queue(&progress.tasks),
        decompose::objections(&progress.objections),
        decompose::next_number(&progress.tasks),
    )
}

/// Where a task stands, in a line.
fn state(task: &Task) -> String {
    let state = match &task.state {
        TaskState::Done => match task.entry {
            Some(label) => format!("done, see [{label}]"),
            None => "done, known already".to_owned(),
        },
        TaskState::Failed(why) => format!("failed: {}", one_line(why)),
        TaskState::Dropped(why) => format!("dropped: {}", one_line(why)),
        TaskState::Blocked => "waits for others".to_owned(),
        TaskState::Ready | TaskState::Running(_) | TaskState::Checking(..) => "not finished".to_owned(),
    };
    format!("- {}: {state}\n", task.id.0)
}

/// The new tasks, none when nothing is missing; `None` when the reply says neither. Tasks outweigh a `[DONE]` beside
/// them, since stopping early costs more than one more look.
fn parse(reply: &str, progress: &Progress) -> Option<Vec<Draft>> {
    let drafts = decompose::parse(reply, &progress.tasks, &progress.brief.context);
    let done = || {
        lines::lines(reply).any(|line| {
            line.to_ascii_uppercase().contains(DONE)
                || line.trim_matches(['*', '`', '.', ' ']).eq_ignore_ascii_case("done")
        })
    };
    if drafts.is_empty() && !done() { None } else { Some(drafts) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::prompted::testing::{self, TestDesk};

    fn progress() -> Progress {
        let mut failed = testing::task(1, "Read it");
        failed.state = TaskState::Failed("no such\ndocument".into());
        Progress { brief: testing::brief(2), tasks: vec![failed], round: 1, objections: vec![] }
    }

    #[test]
    fn done_is_read_in_any_dress() {
        for reply in ["[DONE]", "**[Done]**", "done.", "1. [DONE]", "Nothing is missing: [DONE]"] {
            assert_eq!(parse(reply, &progress()), Some(vec![]), "{reply}");
        }
        assert_eq!(parse("Nothing.", &progress()), None);
        assert_eq!(parse("2. Look again [deps: ]\n[DONE]", &progress()).map(|drafts| drafts.len()), Some(1));
    }

    #[tokio::test]
    async fn an_unreadable_reply_is_asked_again_and_then_means_done() {
        let desk = TestDesk::replying(&["hm", "hm"]);
        assert_eq!(ask(&desk, &progress()).await.unwrap(), []);
        assert!(desk.asked(0).contains("- 1: failed: no such document"));
        assert!(desk.asked(1).contains("neither a list of tasks"));
    }
}
