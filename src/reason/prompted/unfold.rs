//! E, coarse unfold: the few labels that an agent opens before it reasons (METHOD §3a stage 5). Nothing valid opens
//! nothing.

use crate::{
    reason::{Brief, Desk, ReasonError},
    run::{CallKind, Label, Snapshot, Task},
};

use super::{cite::Shelf, frame, lines};

pub const PHRASE: &str = "# Choose what to unfold";

const REPLY_TOKENS: u32 = 200;

/// # Errors
/// `Call`, `Stopped`.
pub async fn ask(desk: &dyn Desk, brief: &Brief, task: &Task, most: usize) -> Result<Vec<Label>, ReasonError> {
    if brief.context.is_empty() || most == 0 {
        return Ok(vec![]);
    }
    let request = frame::on_context(brief, PHRASE, &prompt(task, most), REPLY_TOKENS);
    Ok(parse(&desk.call(CallKind::Unfold, request).await?, &brief.context, most))
}

fn prompt(task: &Task, most: usize) -> String {
    format!(
        "## Your task\n\n{}\n\n## What to do\n\nBefore you work on the task you may open entries of the shared context \
         to read their summaries. Name the fewest that you need, {most} at most. If the task turns on an exact value, \
         date, wording or condition, open the document that would carry it: a gist is not enough. Prefer documents \
         (`W0 …`) for evidence; open findings of workers only for a conclusion you want to build on. Open nothing only if \
         the entries you have read are all that you need.\n\nReply with labels and commas, such as `W0 S3, W0 S7`, or \
         with `NONE`.",
        task.text.trim()
    )
}

/// The labels of the last line that is a list of labels, else every label in the reply.
fn parse(reply: &str, context: &Snapshot, most: usize) -> Vec<Label> {
    let lists = lines::lines(reply).filter(|line| {
        let mut pieces = line.split(',').map(|piece| piece.trim().trim_matches(['[', ']', '.', '*', '`']));
        pieces.all(|piece| piece.parse::<Label>().is_ok())
    });
    let list = match lists.last() {
        Some(list) => list,
        None if lines::lines(reply).any(|line| line.trim_matches(['*', '`', '.']).eq_ignore_ascii_case("none")) => "",
        None => reply,
    };
    let shelf = Shelf::new(context, &[]);
    let mut labels = lines::labels(list);
    labels.retain(|label| shelf.knows(*label));
    labels.truncate(most);
    labels
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reason::prompted::testing;

    fn read(reply: &str) -> Vec<String> {
        parse(reply, &testing::context(7), 2).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn known_labels_are_kept_up_to_the_limit() {
        assert_eq!(read("W0 S3, W0 S99, W1 S1, W0 S4"), ["W0 S3", "W1 S1"]);
        assert_eq!(read("W0 S1 looks useless to me.\n\n**[W0 S3.2], s4**"), ["W0 S3.2", "W0 S4"]);
        assert_eq!(read("I open [W0 S5] first."), ["W0 S5"]);
    }

    #[test]
    fn none_and_nonsense_open_nothing() {
        assert_eq!(read("W0 S1 is not needed.\n**NONE**"), [""; 0]);
        assert_eq!(read("None."), [""; 0]);
        assert_eq!(read(""), [""; 0]);
    }

    proptest! {
        #[test]
        fn any_reply_gives_known_labels(reply in "(W|0| |S|1|\\.|,|\\[|\n|é){0,40}") {
            prop_assert!(parse(&reply, &testing::context(2), 2).len() <= 2);
        }
    }
}
