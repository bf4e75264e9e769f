//! All open decisions as one text to be edited, and what an edited text wishes. Pure: no file, no editor, no run.
//!
//! A block left as it is approves, a reworded one edits, a deleted one vetoes, an added one is a note. Nothing here is
//! done; what a text wishes is shown before it is.

use crate::{
    plain::plain,
    run::{Choice, DecisionId, EntryKind, Run, Then},
};

use super::{modal::batch::Deed, update::ask_has_text, words};

const HEAD: &str = "== ";
const BECAUSE: &str = "because:";
/// What an agent reads when no reason was given.
const NO_REASON: &str = "the human turned it down without a reason";

const HOW: &str = "\
# Every open decision, a block each. Saving does nothing yet: what this text wishes is shown to you first.
#
# Leave a block as it is   approved
# Reword its text          approved in your words
# Delete it, head and all  vetoed; a line `because: REASON` in its place says why
# Add a block              + FACT or + FAIL alone on a line, then its text: a note that every agent reads
#
# Lines that begin with # are not read. An empty text, or this one unchanged, does nothing.
";

/// One decision as it was written.
#[derive(Debug, Clone, PartialEq)]
struct Block {
    id: DecisionId,
    text: String,
    /// Whether other words would mean something.
    has_text: bool,
}

/// The text that was handed out, and what came back last.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    blocks: Vec<Block>,
    written: String,
    pub text: String,
}

/// What a text wishes.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// It was left as it was, or emptied.
    Nothing,
    Deeds(Vec<Deed>),
}

impl Sheet {
    /// `None` when no decision is open that a text can decide; caps are never among them.
    #[must_use]
    pub fn of(run: &Run) -> Option<Self> {
        let mut written = HOW.to_owned();
        let mut blocks = Vec::new();
        for decision in run.inbox() {
            let task = decision.task.map(|task| format!(" {task}")).unwrap_or_default();
            let head = format!("{} {} {}{task}", decision.id, words::ask_kind(&decision.ask), decision.agent);
            let Some(text) = words::decidable(decision, run) else {
                written.push_str(&format!("\n# {head} is about money: it is decided on its card.\n"));
                continue;
            };
            let text = tidy(&plain(&text));
            written.push_str(&format!("\n{HEAD}{head}\n"));
            for line in text.lines() {
                written.push_str(format!("  {line}").trim_end());
                written.push('\n');
            }
            blocks.push(Block { id: decision.id, text, has_text: ask_has_text(&decision.ask) });
        }
        (!blocks.is_empty()).then(|| Sheet { blocks, text: written.clone(), written })
    }

    /// Whether a decision of it is still open.
    #[must_use]
    pub fn is_about(&self, run: &Run) -> bool {
        self.blocks.iter().any(|block| run.decisions.contains_key(&block.id))
    }

    /// What the edited text wishes, in the order of the decisions, notes last.
    ///
    /// # Errors
    /// With the line and what is wrong with it. Nothing is wished then.
    pub fn read(&self) -> Result<Wish, String> {
        let pieces = pieces(&self.text)?;
        if tidy(&self.text) == tidy(&self.written) || pieces.is_empty() {
            return Ok(Wish::Nothing);
        }
        let mut kept: Vec<Option<&Piece>> = vec![None; self.blocks.len()];
        for piece in pieces.iter().filter(|piece| matches!(piece.head, Head::Block(_))) {
            let Head::Block(id) = piece.head else { continue };
            let at =
                self.place(id).ok_or_else(|| piece.wrong(&format!("{id} is not among the decisions of this text")))?;
            if kept[at].replace(piece).is_some() {
                return Err(piece.wrong(&format!("{id} stands here twice")));
            }
        }
        let reasons = self.reasons(&pieces, &kept)?;
        let mut deeds = Vec::new();
        for ((block, kept), reason) in self.blocks.iter().zip(&kept).zip(reasons) {
            deeds.push(Deed::Decide(block.id, block.choice(*kept, reason)?));
        }
        for piece in &pieces {
            if let Head::Note(kind) = piece.head {
                if piece.body.is_empty() {
                    return Err(piece.wrong("the note has no text"));
                }
                deeds.push(Deed::Note(kind, piece.body.clone()));
            }
        }
        Ok(Wish::Deeds(deeds))
    }

    fn place(&self, id: DecisionId) -> Option<usize> {
        self.blocks.iter().position(|block| block.id == id)
    }

    /// The reason of each block: what stands in its place, when it is gone or emptied. One reason in the place of
    /// several blocks is that of all of them.
    fn reasons(&self, pieces: &[Piece], kept: &[Option<&Piece>]) -> Result<Vec<Option<String>>, String> {
        let mut reasons = vec![None; kept.len()];
        let mut at = 0;
        while at < pieces.len() {
            let run = pieces[at..].iter().take_while(|piece| piece.head == Head::Because).count();
            if run == 0 {
                at += 1;
                continue;
            }
            let neighbour = |piece: Option<&Piece>| match piece?.head {
                Head::Block(id) => self.place(id),
                _ => None,
            };
            let before = pieces[..at].iter().rev().find_map(|piece| neighbour(Some(piece)));
            let after = pieces[at + run..].iter().find_map(|piece| neighbour(Some(piece)));
            // A block that was emptied is vetoed where its head stands.
            let emptied = before.filter(|at| kept[*at].is_some_and(|piece| piece.body.is_empty()));
            let gap = before.map_or(0, |at| at + 1)..after.unwrap_or(kept.len());
            let vetoed: Vec<usize> = emptied.into_iter().chain(gap.filter(|at| kept[*at].is_none())).collect();
            let said = &pieces[at..at + run];
            if vetoed.is_empty() {
                return Err(said[0].wrong("no block was deleted here that this is the reason for"));
            }
            if run > 1 && run != vetoed.len() {
                let count = words::count(vetoed.len(), "block was", "blocks were");
                return Err(said[0].wrong(&format!("{run} reasons, but {count} deleted here")));
            }
            for (nth, block) in vetoed.iter().enumerate() {
                reasons[*block] = Some(said[nth.min(run - 1)].body.clone());
            }
            at += run;
        }
        Ok(reasons)
    }
}

impl Block {
    fn choice(&self, kept: Option<&Piece>, reason: Option<String>) -> Result<Choice, String> {
        let veto = |reason: Option<String>| {
            let reason = reason.filter(|reason| !reason.is_empty()).unwrap_or_else(|| NO_REASON.to_owned());
            Choice::Veto { reason, then: Then::Retry }
        };
        match kept {
            None => Ok(veto(reason)),
            Some(piece) if piece.body.is_empty() && reason.is_some() => Ok(veto(reason)),
            Some(piece) if piece.body.is_empty() && !self.text.is_empty() => {
                Err(piece.wrong(&format!("{} has no text: delete its head too to veto it", self.id)))
            }
            Some(piece) if piece.body == self.text => Ok(Choice::Approve),
            Some(piece) if !self.has_text => {
                Err(piece.wrong(&format!("{} has no text to change: leave it or delete it", self.id)))
            }
            Some(piece) => Ok(Choice::Edit { text: piece.body.clone() }),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Head {
    Block(DecisionId),
    Note(EntryKind),
    Because,
}

/// A head and what stands under it.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    head: Head,
    /// From 1.
    line: usize,
    body: String,
}

impl Piece {
    fn wrong(&self, why: &str) -> String {
        format!("line {}: {why}", self.line)
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (line, said) in (1..).zip(text.lines()) {
        let wrong = |why: String| Err(format!("line {line}: {why}"));
        let mut begin = |head, body: &str| pieces.push(Piece { head, line, body: body.trim().to_owned() });
        match said.trim_end() {
            said if said.starts_with('#') => {}
            "+ FACT" => begin(Head::Note(EntryKind::Fact), ""),
            "+ FAIL" => begin(Head::Note(EntryKind::Fail), ""),
            said if said.starts_with('+') => return wrong(format!("{said:?} is neither + FACT nor + FAIL")),
            said if said.starts_with(BECAUSE) => begin(Head::Because, &said[BECAUSE.len()..]),
            said if said.starts_with(HEAD.trim_end()) => {
                let id = said[HEAD.trim_end().len()..].split_whitespace().next().unwrap_or_default();
                match id.parse::<DecisionId>() {
                    Ok(id) => begin(Head::Block(id), ""),
                    Err(_) => return wrong(format!("{said:?} names no decision such as #12")),
                }
            }
            said => match pieces.last_mut() {
                // A reason ends with its line: a blank one may follow.
                Some(last) if last.head == Head::Because && !said.is_empty() => {
                    return wrong("this belongs to no block; a reason is one line".to_owned());
                }
                Some(last) => {
                    let bare = said.strip_prefix("  ").unwrap_or(said);
                    last.body.push_str(bare);
                    last.body.push('\n');
                }
                None if said.is_empty() => {}
                None => return wrong("this belongs to no block".to_owned()),
            },
        }
    }
    for piece in &mut pieces {
        piece.body = tidy(&piece.body);
    }
    Ok(pieces)
}

/// Without blanks at line ends, and without empty lines at both ends.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        run::{Ask, CallKind, Cap, NewTask, Scope, TaskId, Usage},
        tui::fixture::Story,
    };

    fn sheet() -> Sheet {
        let mut story = Story::working(140, 40);
        let task = |id: u32, text: &str| NewTask { id: TaskId(id), text: text.into(), deps: vec![], focus: vec![] };
        let tasks = vec![task(7, "Look for transition rules."), task(8, "# of licences?")];
        story.open(3, None, Ask::Plan { round: 1, tasks, revised: vec![] });
        let cap = Cap { usd: Some(1.0), tokens: None };
        let ask = Ask::Budget { scope: Scope::Run, cap, used: Usage::NONE, call: CallKind::Reason, worst: Usage::NONE };
        story.open(3, None, ask);
        Sheet::of(story.timeline.head()).unwrap()
    }

    fn read(edit: impl Fn(&str) -> String) -> Result<Vec<Deed>, String> {
        let mut sheet = sheet();
        sheet.text = edit(&sheet.written);
        match sheet.read()? {
            Wish::Nothing => Ok(vec![]),
            Wish::Deeds(deeds) => Ok(deeds),
        }
    }

    fn veto(id: u32, reason: &str) -> Deed {
        Deed::Decide(DecisionId(id), Choice::Veto { reason: reason.into(), then: Then::Retry })
    }

    fn approve(id: u32) -> Deed {
        Deed::Decide(DecisionId(id), Choice::Approve)
    }

    /// The text without one block, with something in its place.
    fn without(text: &str, id: u32, instead: &str) -> String {
        let start = text.find(&format!("{HEAD}#{id} ")).unwrap();
        let end = text[start + 1..].find("\n\n").map_or(text.len(), |end| start + 1 + end + 1);
        format!("{}{instead}{}", &text[..start], &text[end..])
    }

    #[test]
    fn a_text_that_was_not_touched_or_was_emptied_wishes_nothing() {
        assert_eq!(read(str::to_owned), Ok(vec![]));
        assert_eq!(read(|text| format!("{text}\n\n")), Ok(vec![]));
        assert_eq!(read(|_| String::new()), Ok(vec![]));
        assert_eq!(read(|_| HOW.to_owned()), Ok(vec![]));
    }

    #[test]
    fn deleting_vetoes_rewording_edits_and_the_rest_is_approved() {
        let text = sheet().written;
        assert!(
            text.contains("\n== #2 WRITE a2 T2\n  Who modifies an AGPL program must") && text.contains("# #4 BUDGET")
        );
        let deeds = read(|text| without(text, 1, "")).unwrap();
        assert_eq!(deeds, [veto(1, NO_REASON), approve(2), approve(3)]);
        let deeds = read(|text| without(text, 1, "because: it was done before\n")).unwrap();
        assert_eq!(deeds, [veto(1, "it was done before"), approve(2), approve(3)]);
        let deeds = read(|text| text.replace("at no charge.", "for nothing.")).unwrap();
        let Deed::Decide(_, Choice::Edit { text }) = &deeds[1] else { panic!("{deeds:?}") };
        assert!(text.starts_with("Who modifies") && text.ends_with("for nothing."));
        assert_eq!([&deeds[0], &deeds[2]], [&approve(1), &approve(3)]);
        let deeds = read(|text| text.replace("  # of licences?\n", "")).unwrap();
        assert_eq!(deeds[2], Deed::Decide(DecisionId(3), Choice::Edit { text: "Look for transition rules.".into() }));
    }

    #[test]
    fn reasons_belong_to_the_blocks_whose_place_they_take() {
        let two = |reasons: &str| read(|text| without(&without(text, 2, reasons), 1, ""));
        assert_eq!(two("because: late\n").unwrap(), [veto(1, "late"), veto(2, "late"), approve(3)]);
        assert_eq!(two("because: one\nbecause: two\n").unwrap(), [veto(1, "one"), veto(2, "two"), approve(3)]);
        assert!(two("because: 1\nbecause: 2\nbecause: 3\n").unwrap_err().contains("3 reasons, but 2 blocks were"));
        // Nothing but reasons is no empty text.
        assert_eq!(read(|_| "because: start over".into()).unwrap(), [1, 2, 3].map(|id| veto(id, "start over")));
        let emptied = read(|text| {
            text.replace("  Compare the duties of both licences towards a network user.\n", "because: no\n")
        });
        assert_eq!(emptied.unwrap()[0], veto(1, "no"));
    }

    #[test]
    fn added_blocks_are_notes() {
        let deeds =
            read(|text| format!("{text}\n+ FAIL\nDo not look at\n  the GFDL.\n\n+ FACT\n  It is old.\n")).unwrap();
        assert_eq!(deeds[3], Deed::Note(EntryKind::Fail, "Do not look at\nthe GFDL.".into()));
        assert_eq!(deeds[4], Deed::Note(EntryKind::Fact, "It is old.".into()));
    }

    #[test]
    fn what_cannot_be_read_names_its_line() {
        let wrong = |edit: &dyn Fn(&str) -> String| read(edit).unwrap_err();
        assert_eq!(wrong(&|text| format!("hello\n{text}")), "line 1: this belongs to no block");
        assert!(wrong(&|text| text.replace("== #1 ", "== one ")).contains("names no decision such as #12"));
        assert!(wrong(&|text| text.replace("== #1 ", "== #9 ")).contains("#9 is not among the decisions of this text"));
        assert!(wrong(&|text| text.replace("== #1 ", "== #2 ")).contains("#2 stands here twice"));
        assert!(wrong(&|text| text.replace("both licences", "all licences")).contains("#1 has no text to change"));
        assert!(wrong(&|text| format!("{text}because: no\n")).contains("no block was deleted here"));
        assert!(wrong(&|text| format!("{text}+ FACT\n")).contains("the note has no text"));
        assert!(wrong(&|text| format!("{text}+ MAYBE\n")).contains("neither + FACT nor + FAIL"));
        let line = 1 + sheet().written.lines().position(|line| line.starts_with("== #2")).unwrap();
        assert!(wrong(&|text| text.replace("== #2 ", "== #1 ")).starts_with(&format!("line {line}: ")));
    }
}
