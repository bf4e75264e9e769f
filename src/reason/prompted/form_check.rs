//! I, form check: whether a gist stands on its own (METHOD §3a stage 9). It looks at the form, not at the facts; anything
//! but a clear yes is a no.

use crate::{
    reason::{Desk, Gist, ReasonError},
    run::CallKind,
};

use super::{frame, lines};

pub const PHRASE: &str = "# Check the form of a gist";

const REPLY_TOKENS: u32 = 50;

/// # Errors
/// `Call`, `Stopped`.
pub async fn ask(desk: &dyn Desk, gist: &Gist) -> Result<bool, ReasonError> {
    let request = frame::alone(PHRASE, &prompt(gist), REPLY_TOKENS);
    Ok(parse(&desk.call(CallKind::FormCheck, request).await?))
}

fn prompt(gist: &Gist) -> String {
    let entry = format!("SUB-TASK: {}\nRESULT: {}", gist.subtask, gist.result);
    format!(
        "An entry of the team's shared context:\n\n{}\n\nIs it well formed? It is if the sub-task is named so that a \
         stranger understands it, if there is a result that says something definite about it (that something was not \
         found counts, when it says where), and if it refers to no text that the reader cannot see, such as \"the above\" \
         or \"step 2\". Labels in square brackets are fine. Do not judge whether it is true.\n\nReply with one word: yes \
         or no.",
        frame::quoted(&entry)
    )
}

fn parse(reply: &str) -> bool {
    lines::first_word(reply).is_some_and(|(word, _)| word == "YES")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::prompted::testing::TestDesk;

    #[test]
    fn only_a_clear_yes_is_one() {
        assert!(["yes", " **Yes**.", "```\nYES\n```", "\"yes\", it is"].iter().all(|reply| parse(reply)));
        assert!(!["no", "", "Yesterday", "I think yes", "\u{1f600}"].iter().any(|reply| parse(reply)));
    }

    #[tokio::test]
    async fn the_gist_is_quoted() {
        let desk = TestDesk::replying(&["no"]);
        let gist = Gist { subtask: "a".into(), result: "b".into(), doubts: vec![] };
        assert!(!ask(&desk, &gist).await.unwrap());
        assert!(desk.asked(0).starts_with(PHRASE) && desk.asked(0).contains("~~~~\nSUB-TASK: a\nRESULT: b\n~~~~"));
    }
}
