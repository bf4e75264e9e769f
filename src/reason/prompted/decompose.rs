//! K, decompose: the tasks to start with (METHOD §3a stage 3), and the reader of task lists that L shares.

use std::collections::{HashMap, HashSet};

use crate::{
    reason::{Desk, Progress, ReasonError},
    run::{CallKind, Label, Snapshot, Task, normalised_subject, one_line, rules::plan::Draft},
};

use super::{cite::Shelf, frame, lines};

pub const PHRASE: &str = "# Break the question into tasks";

pub const REPLY_TOKENS: u32 = 2_000;

/// What both planners are told about a list.
pub const FORM: &str = "\
A task is a small question of its own that one worker can settle from a few documents; name its subject, and the labels \
of the documents it should begin with, so that it is understood without the rest of the list. Two tasks never ask the \
same. A task depends on another only if it cannot be done without its result; what can be done at once depends on \
nothing.

One task a line, in this form:

1. text of the task, with labels [W0 S3] [deps: ]
2. text of the task [deps: 1]";

/// # Errors
/// `Call`, `Stopped`, `Unreadable` when the second reply holds no task either.
pub async fn ask(desk: &dyn Desk, progress: &Progress) -> Result<Vec<Draft>, ReasonError> {
    let request = frame::on_context(&progress.brief, PHRASE, &prompt(progress), REPLY_TOKENS);
    let reply = desk.call(CallKind::Decompose, request.clone()).await?;
    let drafts = parse(&reply, &progress.tasks, &progress.brief.context);
    if !drafts.is_empty() {
        return Ok(drafts);
    }
    let why = "It had no line such as `1. text [deps: ]`.";
    let reply = desk.call(CallKind::Decompose, frame::again(request, why)).await?;
    match parse(&reply, &progress.tasks, &progress.brief.context) {
        drafts if drafts.is_empty() => {
            Err(ReasonError::Unreadable { kind: CallKind::Decompose, why: "it holds no numbered task".to_owned() })
        }
        drafts => Ok(drafts),
    }
}

fn prompt(progress: &Progress) -> String {
    let queue = match progress.tasks.is_empty() {
        true => String::new(),
        false => format!(
            "## Tasks that are queued already\n\n{}\nDo not repeat these. Your numbers begin at {}.\n\n",
            queue(&progress.tasks),
            next_number(&progress.tasks)
        ),
    };
    format!(
        "{queue}{}## What to do\n\nList the tasks that together answer the question. Use few: as many as there are things \
         to find out, no more. If findings must be brought together, add one last task for that, which depends on the \
         others. If the question offers options, plan for telling them apart. {FORM}",
        objections(&progress.objections)
    )
}

/// Why earlier lists were sent back.
#[must_use]
pub fn objections(objections: &[String]) -> String {
    if objections.is_empty() {
        return String::new();
    }
    let list: String = objections.iter().map(|why| format!("- {}\n", why.trim())).collect();
    format!("## Why your last list was sent back\n\n{list}\n")
}

/// A line for each task, under its number.
#[must_use]
pub fn queue(tasks: &[Task]) -> String {
    let line = |task: &Task| {
        let deps = task.deps.iter().map(|dep| dep.0.to_string()).collect::<Vec<_>>().join(", ");
        format!("{}. {} [deps: {deps}]\n", task.id.0, one_line(&task.text))
    };
    tasks.iter().map(line).collect()
}

/// The number that the next new task has.
#[must_use]
pub fn next_number(tasks: &[Task]) -> u32 {
    tasks.iter().map(|task| task.id.0).max().unwrap_or(0).saturating_add(1)
}

/// Every task of a list. A line with the number and the text of a queued task revises it; any other task is a new one,
/// and when its number is taken the new ones are numbered afresh, their dependencies on each other with them.
#[must_use]
pub fn parse(reply: &str, tasks: &[Task], context: &Snapshot) -> Vec<Draft> {
    let shelf = Shelf::new(context, &[]);
    let items: Vec<Item> = items(reply).into_iter().filter(|item| !item.text.is_empty()).collect();
    let next = next_number(tasks);
    let revises = |item: &Item| tasks.iter().any(|task| task.id.0 == item.number && same(&task.text, &item.text));
    let mut numbers = HashSet::new();
    let taken =
        items.iter().filter(|item| !revises(item)).any(|item| item.number < next || !numbers.insert(item.number));
    let mut afresh: HashMap<u32, u32> = HashMap::new();
    let mut free = next;
    let mut drafts = Vec::new();
    for item in &items {
        let mut number = item.number;
        if taken && !revises(item) {
            number = free;
            free = free.saturating_add(1);
            afresh.entry(item.number).or_insert(number);
        }
        let units = Label::scan(&item.text).into_iter().map(|(label, _)| label.whole());
        let focus = lines::each_once(units.filter(|label| label.is_unit() && shelf.knows(*label)).collect());
        drafts.push(Draft { number, text: item.text.clone(), deps: item.deps.clone(), focus });
    }
    for draft in &mut drafts {
        for dep in &mut draft.deps {
            *dep = afresh.get(dep).copied().unwrap_or(*dep);
        }
        draft.deps = lines::each_once(std::mem::take(&mut draft.deps));
    }
    drafts
}

/// Whether a listed text is that of a queued task; the end may have been left out.
fn same(queued: &str, listed: &str) -> bool {
    let (queued, listed) = (normalised_subject(queued), normalised_subject(listed));
    let listed = listed.trim_end_matches(['.', '…']);
    queued.trim_end_matches('.') == listed || (listed.chars().count() >= 20 && queued.starts_with(listed))
}

#[derive(Debug)]
struct Item {
    number: u32,
    text: String,
    deps: Vec<u32>,
}

/// The numbered items of a list, each with the lines below it up to its dependencies or a blank line.
fn items(reply: &str) -> Vec<Item> {
    let mut raw: Vec<(u32, String)> = Vec::new();
    let mut open = false;
    for line in lines::lines(reply) {
        if let Some((number, text)) = lines::numbered(line) {
            raw.push((number, text.to_owned()));
            open = deps_at(text).is_none();
        } else if line.is_empty() {
            open = false;
        } else if open && let Some((_, text)) = raw.last_mut() {
            text.push(' ');
            text.push_str(line);
            open = deps_at(line).is_none();
        }
    }
    let item = |(number, text): (u32, String)| {
        let (text, deps) = match deps_at(&text) {
            Some((at, list)) => (text[..at].to_owned(), numbers(list)),
            None => (text, vec![]),
        };
        let text = one_line(lines::bare_text(text.trim_end_matches(['-', '–', '—', ';', ' '])));
        let text = if text.eq_ignore_ascii_case("[DONE]") { String::new() } else { text };
        Item { number, text, deps }
    };
    raw.into_iter().map(item).collect()
}

/// Where the list of dependencies begins, and what is in it.
fn deps_at(text: &str) -> Option<(usize, &str)> {
    // ASCII lower case keeps byte offsets.
    let lower = text.to_ascii_lowercase();
    let tags = ["[deps:", "(deps:", "[deps]", "[dependencies:", "[depends on:"];
    let (at, len) = tags.iter().filter_map(|tag| Some((lower.rfind(tag)?, tag.len()))).max()?;
    let list = &text[at + len..];
    Some((at, list.split([']', ')']).next().unwrap_or(list)))
}

fn numbers(list: &str) -> Vec<u32> {
    list.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reason::prompted::testing::{self, TestDesk};

    fn read(reply: &str, queued: &[&str]) -> Vec<(u32, String, Vec<u32>)> {
        let tasks: Vec<Task> = queued.iter().zip(1..).map(|(text, id)| testing::task(id, text)).collect();
        parse(reply, &tasks, &testing::context(3)).into_iter().map(|d| (d.number, d.text, d.deps)).collect()
    }

    fn row(number: u32, text: &str, deps: &[u32]) -> (u32, String, Vec<u32>) {
        (number, text.to_owned(), deps.to_vec())
    }

    #[test]
    fn a_list_is_read_through_its_markdown() {
        let reply = "Plan:\r\n```\r\n1. Read [W0 S3] [deps: ]\r\n**2)** Compare the two,\r\n   row by row [Deps: T1, 1]\r\n3. Sum up (deps: 1 and 2).\r\n```\r\nThat is all.";
        assert_eq!(
            read(reply, &[]),
            [row(1, "Read [W0 S3]", &[]), row(2, "Compare the two, row by row", &[1]), row(3, "Sum up", &[1, 2])]
        );
        assert_eq!(read("1. No tag\nwith more\n\nprose", &[]), [row(1, "No tag with more", &[])]);
    }

    #[test]
    fn the_focus_is_what_a_task_names() {
        let drafts = parse("1. See [W0 S3.2], W0 S1, W1 S1 and W0 S9 [deps:]", &[], &testing::context(3));
        assert_eq!(drafts[0].focus, [Label::unit(3), Label::unit(1)]);
    }

    #[test]
    fn taken_numbers_are_given_afresh() {
        let queued = ["Read the LGPL", "Compare"];
        assert_eq!(
            read("1. New one [deps: ]\n2. New two [deps: 1]", &queued),
            [row(3, "New one", &[]), row(4, "New two", &[3])]
        );
        assert_eq!(
            read("2. compare [deps: 3]\n3. New [deps: 1]", &queued),
            [row(2, "compare", &[3]), row(3, "New", &[1])]
        );
        assert_eq!(read("1. a\n1. b [deps: 1]", &[]), [row(1, "a", &[]), row(2, "b", &[1])]);
        assert_eq!(read("0. a", &[]), [row(1, "a", &[])]);
    }

    #[tokio::test]
    async fn a_reply_without_tasks_is_asked_again_and_then_unreadable() {
        let progress = Progress {
            brief: testing::brief(2),
            tasks: vec![testing::task(4, "Mine")],
            round: 0,
            objections: vec!["the dependencies go in a circle".into()],
        };
        let desk = TestDesk::replying(&["Sure!", "5. a [deps: 4]"]);
        assert_eq!(ask(&desk, &progress).await.unwrap()[0].number, 5);
        assert!(desk.asked(0).contains("go in a circle") && desk.asked(0).contains("begin at 5"));
        let desk = TestDesk::replying(&["Sure!", "[DONE]"]);
        assert!(matches!(ask(&desk, &progress).await, Err(ReasonError::Unreadable { .. })));
    }

    proptest! {
        #[test]
        fn new_tasks_have_numbers_of_their_own(reply in "([0-9]\\. |a|b|\\[deps: |[0-9]|\\]|,|é|\n| ){0,30}") {
            let drafts = read(&reply, &["a", "b"]);
            let mut new: Vec<u32> = drafts.iter().map(|draft| draft.0).filter(|number| *number > 2).collect();
            let count = new.len();
            new.sort_unstable();
            new.dedup();
            prop_assert_eq!(new.len(), count);
        }
    }
}
