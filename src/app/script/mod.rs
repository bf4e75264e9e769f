//! A file of lines that are carried out without a screen, so that a debugging session becomes a regression test.
//!
//! Here is what such a file says; who carries it out is `play`, what stands behind it `stage`. What the lines mean:
#![doc = include_str!("SCRIPTS.md")]

mod live;
mod looks;
mod play;
mod stage;
mod standing;

use anyhow::bail;

use crate::run::{
    BreakChange, Command,
    lang::{Complaint, Expr, Vocabulary},
    line::{self, Line, Look},
};

pub use live::{on_run, on_saved};
pub(super) use standing::stands;

/// A file of lines, all of which can be read.
#[derive(Debug)]
pub struct Script {
    /// The file, as it was named.
    pub name: String,
    steps: Vec<Step>,
}

/// One line, or one block.
#[derive(Debug)]
struct Step {
    /// From 1.
    at: usize,
    line: Line,
    /// What `expect`, `wait` and the like are about.
    expr: Option<Expr>,
    /// In one line, as it is recorded.
    text: String,
    /// It must be refused, with this in what is said.
    refused: Option<String>,
}

impl Script {
    /// Reads a whole script; nothing is carried out when a line of it is wrong.
    ///
    /// # Errors
    /// With `FILE:LINE:COLUMN` of everything that is wrong.
    pub fn read(name: &str, text: &str) -> anyhow::Result<Self> {
        let (mut steps, mut wrong) = (Vec::new(), Vec::new());
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        while let Some((at, text)) = lines.next() {
            let (refused, said) = match must_be_refused(text) {
                Some((why, said)) => (Some(why), said),
                None => (None, text),
            };
            let step = match Line::parse(said) {
                Ok(Line::Nothing | Line::Expect(_) | Line::Wait(_)) if refused.is_some() => {
                    Err(Complaint::at(1, "a command that must be refused is expected"))
                }
                Ok(Line::Nothing) => continue,
                Ok(Line::Do(Command::ChangeBreak { id, change: BreakChange::Commands(list) })) if list.is_empty() => {
                    block(&mut lines, &mut wrong).map(|list| {
                        let change = BreakChange::Commands(list);
                        let command = Command::ChangeBreak { id, change };
                        let text = format!("{}{}", &text[..text.len() - said.len()], line::of(&command));
                        Step { at, line: Line::Do(command), expr: None, text, refused }
                    })
                }
                Ok(line) => step(at, said, line).map(|step| Step { text: text.trim().to_owned(), refused, ..step }),
                Err(why) => Err(why),
            };
            // What was read begins somewhere in the line.
            let before = text[..text.len() - said.len()].chars().count() as u32;
            let step = step.map_err(|why| Complaint { column: why.column + before, ..why });
            match step {
                Ok(step) => steps.push(step),
                Err(why) => wrong.push(why.on_line(at as u32)),
            }
        }
        if wrong.is_empty() {
            return Ok(Script { name: name.to_owned(), steps });
        }
        wrong.sort_by_key(|one| (one.line, one.column));
        bail!("{}", wrong.iter().map(|one| format!("{name}:{one}")).collect::<Vec<_>>().join("\n"))
    }
}

/// `! COMMAND` and `! "TEXT" COMMAND`: what the refusal must say, and the command.
fn must_be_refused(text: &str) -> Option<(String, &str)> {
    let said = text.trim_start().strip_prefix('!')?;
    match said.trim_start().strip_prefix('"').and_then(|said| said.split_once('"')) {
        Some((why, said)) => Some((why.to_owned(), said)),
        None => Some((String::new(), said)),
    }
}

/// The lines up to `end`.
fn block<'a>(
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
    wrong: &mut Vec<Complaint>,
) -> Result<Vec<String>, Complaint> {
    let mut list = Vec::new();
    for (at, line) in lines {
        match (line.trim(), Line::parse(line)) {
            ("end", _) => return Ok(list),
            (_, Ok(Line::Nothing)) => {}
            (said, Ok(_)) => list.push(said.to_owned()),
            (_, Err(why)) => wrong.push(why.on_line(at as u32)),
        }
    }
    Err(Complaint::at(1, "`end` is missing: it closes the list that begins here"))
}

fn step(at: usize, text: &str, line: Line) -> Result<Step, Complaint> {
    let column = |part: &str| text.find(part).map_or(1, |at| text[..at].chars().count() as u32 + 1);
    let said = match &line {
        Line::Expect(said) | Line::Wait(said) | Line::Look(Look::Print(said) | Look::Watch(said)) => Some(said),
        Line::Look(Look::Play(_) | Look::Editor) => {
            return Err(Complaint::at(column(text.trim()), "this needs the screen"));
        }
        Line::Do(Command::ChangeBreak { change: BreakChange::Commands(list), .. }) => {
            for line in list {
                Line::parse(line)
                    .map_err(|why| Complaint { column: column(line) + why.column.saturating_sub(1), ..why })?;
            }
            None
        }
        _ => None,
    };
    let parsed = |said: &String| {
        let placed = |why: Complaint| Complaint { column: column(said) + why.column.saturating_sub(1), ..why };
        Expr::parse(said, Vocabulary::Watch).map_err(placed)
    };
    let expr = said.map(parsed).transpose()?;
    Ok(Step { at, expr, line, text: text.trim().to_owned(), refused: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::BreakId;

    #[test]
    fn what_is_wrong_is_found_before_anything_runs() {
        let wrong = |text: &str| Script::read("walk", text).unwrap_err().to_string();
        assert_eq!(wrong("# begin\n\n  aprove #1"), "walk:3:3: there is no \"aprove\" (did you mean \"approve\"?)");
        assert!(wrong("expect entires = 1").starts_with("walk:1:8: "), "{}", wrong("expect entires = 1"));
        assert!(wrong("wait seq >= ").starts_with("walk:1:"));
        assert!(wrong("commands b1 print cost; aprove").starts_with("walk:1:25: there is no \"aprove\""));
        assert_eq!(wrong("play 4x"), "walk:1:1: this needs the screen");
        assert_eq!(
            wrong("commands b1\n  prnt cost\nend\nnosuch"),
            "walk:2:3: there is no \"prnt\" (did you mean \"print\"?)\n\
             walk:4:1: there is no \"nosuch\"; `help` lists what there is"
        );
        assert_eq!(
            wrong("commands b1\n  print cost"),
            "walk:1:1: `end` is missing: it closes the list that begins here"
        );
    }

    #[test]
    fn what_must_be_refused_is_a_command() {
        let script = Script::read("walk", "! drop T9\n  ! \"does not exist\" drop T9 why").unwrap();
        let wanted = |reason: &str| Line::Do(Command::DropTask { task: crate::run::TaskId(9), reason: reason.into() });
        let [any, said] = &script.steps[..] else { panic!("two steps") };
        assert_eq!((&any.line, any.refused.as_deref()), (&wanted(""), Some("")));
        assert_eq!((&said.line, said.refused.as_deref()), (&wanted("why"), Some("does not exist")));
        assert_eq!(said.text, "! \"does not exist\" drop T9 why", "it is recorded whole");
        let wrong = |text: &str| Script::read("walk", text).unwrap_err().to_string();
        assert_eq!(wrong("! aprove #1"), "walk:1:3: there is no \"aprove\" (did you mean \"approve\"?)");
        assert_eq!(wrong("! \"no\" stepi T2"), "walk:1:14: \"T2\" is not an agent such as a2");
        for line in ["!", "! expect entries = 1", "! \"no\" wait entries = 1", "! # nothing"] {
            assert!(wrong(line).ends_with("a command that must be refused is expected"), "{line}: {}", wrong(line));
        }
    }

    #[test]
    fn a_block_is_one_line() {
        let script = Script::read("walk", "commands b1\n  print cost\n\n  # why not\n  continue\nend\nstep\n").unwrap();
        let change = BreakChange::Commands(vec!["print cost".into(), "continue".into()]);
        assert_eq!(script.steps[0].line, Line::Do(Command::ChangeBreak { id: BreakId(1), change }));
        assert_eq!((script.steps[1].at, script.steps.len()), (7, 2));
    }
}
