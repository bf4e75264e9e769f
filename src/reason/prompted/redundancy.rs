//! J, redundancy: whether the shared context says it already (METHOD §3a stage 10). What cannot be read is accepted: a
//! repeated entry costs some tokens, a lost one costs the answer.

use crate::{
    reason::{Brief, Desk, Gist, ReasonError, Redundancy},
    run::{CallKind, Label, Snapshot},
};

use super::{cite::Shelf, frame, lines};

pub const PHRASE: &str = "# Check for redundancy";

const REPLY_TOKENS: u32 = 100;

/// # Errors
/// `Call`, `Stopped`.
pub async fn ask(desk: &dyn Desk, brief: &Brief, gist: &Gist) -> Result<Redundancy, ReasonError> {
    let request = frame::on_context(brief, PHRASE, &prompt(gist), REPLY_TOKENS);
    Ok(parse(&desk.call(CallKind::Redundancy, request).await?, &brief.context))
}

fn prompt(gist: &Gist) -> String {
    let entry = format!("SUB-TASK: {}\nRESULT: {}", gist.subtask, gist.result);
    format!(
        "A new entry is proposed:\n\n{}\n\nDoes an entry of the shared context already say all of it? A DOC entry that \
         merely says what a document is about does not. An entry that adds a value, a condition, a source or a \
         contradiction is new.\n\nReply with `ACCEPT` if it is new, or with `REDUNDANT` and the label of the entry that \
         says it, such as `REDUNDANT W2 S1`.",
        frame::quoted(&entry)
    )
}

fn parse(reply: &str, context: &Snapshot) -> Redundancy {
    match lines::first_word(reply) {
        Some((word, rest)) if word == "REDUNDANT" => {
            let shelf = Shelf::new(context, &[]);
            let of = Label::scan(rest).into_iter().map(|(label, _)| label.whole()).find(|label| shelf.knows(*label));
            Redundancy::Redundant(of)
        }
        _ => Redundancy::Accept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::prompted::testing;

    #[test]
    fn the_first_word_decides() {
        let read = |reply: &str| parse(reply, &testing::context(2));
        assert_eq!(read("**REDUNDANT** [W1 S1] says so"), Redundancy::Redundant(Some("W1 S1".parse().unwrap())));
        assert_eq!(read("Redundant: W9 S9"), Redundancy::Redundant(None));
        assert_eq!(read("ACCEPT, not redundant with W1 S1"), Redundancy::Accept);
        assert_eq!(read("It is redundant."), Redundancy::Accept);
        assert_eq!(read(""), Redundancy::Accept);
    }
}
