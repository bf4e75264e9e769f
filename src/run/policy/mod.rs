//! Who decides at a checkpoint: rules read from the top, of which the first that matches decides.
//!
//! The levels of `--gate` are such rules too, so there is one way of deciding. It decides nothing about money: a cap is
//! the human's own word.

use std::{
    borrow::Borrow,
    fmt,
    sync::{Arc, LazyLock},
    time::Duration,
};

use super::{
    event::{Event, Fact},
    gate::{Ask, Checkpoint, Decision, Then},
    id::Seq,
    lang::{Complaint, Completion, Expr, Moment, Parser, Token, Vocabulary, call_word, complete, nearest, quoted},
    options::GateLevel,
    state::Run,
};

/// What a rule says.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Pass,
    /// Put it to the human; with a deadline, it is decided without them when that has passed.
    Ask {
        within: Option<Deadline>,
    },
    Veto {
        then: Then,
        reason: String,
    },
}

/// How long an open decision waits, and what it comes to then.
#[derive(Debug, Clone, PartialEq)]
pub struct Deadline {
    pub after: Duration,
    pub default: Otherwise,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Otherwise {
    Pass,
    Veto { then: Then, reason: String },
}

/// What was decided, and by which line of the rules; without a line by the gate level.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruling {
    pub verdict: Verdict,
    pub line: Option<u32>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// From 1.
    pub line: u32,
    /// `None` is any.
    pub checkpoint: Option<Checkpoint>,
    pub condition: Option<Expr>,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    rules: Arc<[Rule]>,
}

const VERDICTS: [&str; 3] = ["pass", "ask", "veto"];

const CHECKPOINTS: [(&str, Option<Checkpoint>); 8] = [
    ("claim", Some(Checkpoint::Claim)),
    ("unfold", Some(Checkpoint::Unfold)),
    ("think", Some(Checkpoint::Think)),
    ("write", Some(Checkpoint::Write)),
    ("plan", Some(Checkpoint::Plan)),
    ("finish", Some(Checkpoint::Finish)),
    ("tool", Some(Checkpoint::Tool)),
    ("any", None),
];

/// The rules of each gate level, in their order.
static LEVELS: LazyLock<[Policy; 5]> = LazyLock::new(|| {
    GateLevel::ALL.map(|level| {
        let text = match level {
            GateLevel::Auto => "pass any",
            GateLevel::Doubts => "ask write if doubts any\npass any",
            GateLevel::Writes => "ask write\npass any",
            GateLevel::Claims => "ask claim\nask write\npass any",
            GateLevel::All => "ask any",
        };
        Policy::parse(text).expect("the rules of the levels are rules")
    })
});

impl Policy {
    /// Reads rules, one a line.
    ///
    /// # Errors
    /// With everything that is wrong, one complaint a line.
    pub fn parse(text: &str) -> Result<Self, Vec<Complaint>> {
        let (mut rules, mut wrong) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            match rule(line, number) {
                Ok(rule) => rules.extend(rule),
                Err(complaint) => wrong.push(complaint.on_line(number)),
            }
        }
        if wrong.is_empty() { Ok(Policy { rules: rules.into() }) } else { Err(wrong) }
    }

    /// A gate level as rules.
    #[must_use]
    pub fn of_level(level: GateLevel) -> Self {
        LEVELS[level as usize].clone()
    }

    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What is decided at a checkpoint. What no rule speaks of is left to the run's gate level; a question of money is
    /// always the human's.
    #[must_use]
    pub fn decide(&self, run: &Run, moment: &Moment) -> Ruling {
        if matches!(moment.ask(), Some(Ask::Budget { .. })) {
            return Ruling { verdict: Verdict::Ask { within: None }, line: None };
        }
        if let Some(rule) = self.first_match(moment) {
            return Ruling { verdict: rule.verdict.clone(), line: Some(rule.line) };
        }
        let level = LEVELS[run.options.gate as usize].first_match(moment);
        Ruling { verdict: level.map_or(Verdict::Pass, |rule| rule.verdict.clone()), line: None }
    }

    /// The first rule that speaks of a moment.
    #[must_use]
    pub fn first_match(&self, moment: &Moment) -> Option<&Rule> {
        let checkpoint = checkpoint_of(moment)?;
        self.rules.iter().find(|rule| {
            rule.checkpoint.is_none_or(|wanted| wanted == checkpoint)
                && rule.condition.as_ref().is_none_or(|condition| condition.holds(moment))
        })
    }
}

/// Where a moment stands: what it asks, or what could have been asked of the fact.
fn checkpoint_of(moment: &Moment) -> Option<Checkpoint> {
    match (moment.ask(), moment.fact()) {
        (Some(ask), _) => Some(ask.checkpoint()),
        (None, Some(Fact::WriteProposed { .. })) => Some(Checkpoint::Write),
        _ => None,
    }
}

/// What the rules that speak of them would have decided in a run, over its questions and its proposed writes, each once.
/// Moments that no rule speaks of are left out.
#[must_use]
pub fn would_have_decided(policy: &Policy, events: impl IntoIterator<Item: Borrow<Event>>) -> Vec<(Seq, Ruling)> {
    let mut run = Run::default();
    let mut decided: Vec<(Seq, Ruling)> = Vec::new();
    let mut events = events.into_iter().peekable();
    while let Some(event) = events.next() {
        let event: &Event = event.borrow();
        // A proposal that is put to the human is one moment, not two.
        let put = |other: &Event| matches!(&other.fact, Fact::GateOpened { decision } if matches!(decision.ask, Ask::Write { .. }));
        let is_put_next =
            matches!(event.fact, Fact::WriteProposed { .. }) && events.peek().is_some_and(|next| put(next.borrow()));
        let moment = Moment::of_fact(&run, &event.fact);
        let is_money = matches!(moment.ask(), Some(Ask::Budget { .. }));
        if !is_put_next
            && !is_money
            && let Some(rule) = policy.first_match(&moment)
        {
            decided.push((event.seq, Ruling { verdict: rule.verdict.clone(), line: Some(rule.line) }));
        }
        run.apply(event);
    }
    decided
}

/// The rule that "always for this kind" would add for an open decision: what its kind is, and nothing else of it.
#[must_use]
pub fn proposed_rule(decision: &Decision) -> String {
    let condition = match &decision.ask {
        Ask::Write { proposal } => {
            let verdict = if proposal.verdict.objection().is_none() { "passes" } else { "fails" };
            let doubts = if proposal.doubts.is_empty() { " and doubts none" } else { "" };
            format!(" if kind {} and verdict {verdict}{doubts}", proposal.kind)
        }
        Ask::Think { call } => format!(" if call {}", call_word(*call)),
        Ask::Plan { tasks, .. } => format!(" if tasks <= {}", tasks.len()),
        Ask::Claim | Ask::Unfold { .. } | Ask::Finish { .. } => String::new(),
        Ask::Budget { .. } => return "# a question of money is always yours; set the cap instead".to_owned(),
    };
    format!("pass {}{condition}", decision.ask.checkpoint())
}

fn rule(line: &str, number: u32) -> Result<Option<Rule>, Complaint> {
    let mut parser = Parser::new(line)?;
    if parser.peek().is_none() {
        return Ok(None);
    }
    let said = one_of(&mut parser, &VERDICTS)?;
    let names = CHECKPOINTS.map(|(name, _)| name);
    let (_, checkpoint) = CHECKPOINTS[one_of(&mut parser, &names)?];
    let condition = if parser.eat("if") { Some(parser.expr(Vocabulary::Moment)?) } else { None };
    let verdict = match VERDICTS[said] {
        "pass" => Verdict::Pass,
        "veto" => {
            let (then, reason) = veto(&mut parser, number)?;
            Verdict::Veto { then, reason }
        }
        _ => Verdict::Ask { within: if parser.eat("within") { Some(deadline(&mut parser, number)?) } else { None } },
    };
    if parser.peek().is_some() {
        let more = match (&verdict, &condition) {
            (Verdict::Pass, None) => "if or the end",
            (Verdict::Pass, Some(_)) => "and, or, or the end",
            (Verdict::Ask { within: None }, None) => "if, within or the end",
            (Verdict::Ask { within: None }, Some(_)) => "and, or, within or the end",
            (Verdict::Ask { .. }, _) => "the end",
            (Verdict::Veto { .. }, None) => "if, retry, requeue, drop, because or the end",
            (Verdict::Veto { .. }, Some(_)) => "and, or, retry, requeue, drop, because or the end",
        };
        return parser.expected(more);
    }
    Ok(Some(Rule { line: number, checkpoint, condition, verdict }))
}

/// The place of the word that comes next among those that may.
fn one_of(parser: &mut Parser, words: &[&str]) -> Result<usize, Complaint> {
    if let Some(at) = words.iter().position(|word| parser.eat(word)) {
        return Ok(at);
    }
    let hint = match parser.peek() {
        Some(Token::Word(word)) => nearest(word, words.iter().copied()).map(|near| format!("; did you mean {near}?")),
        _ => None,
    };
    parser.expected(&format!("one of {}", words.join(", "))).map_err(|complaint: Complaint| Complaint {
        message: complaint.message + &hint.unwrap_or_default(),
        ..complaint
    })
}

/// `[retry|requeue|drop] [because "…"]`
fn veto(parser: &mut Parser, line: u32) -> Result<(Then, String), Complaint> {
    let then = match () {
        () if parser.eat("requeue") => Then::Requeue,
        () if parser.eat("drop") => Then::Drop,
        () => {
            parser.eat("retry");
            Then::Retry
        }
    };
    let reason =
        if parser.eat("because") { parser.text("a reason in quotes")? } else { format!("rule {line} says no") };
    Ok((then, reason))
}

/// What follows `within`.
fn deadline(parser: &mut Parser, line: u32) -> Result<Deadline, Complaint> {
    let after = parser.time()?;
    if !parser.eat("else") {
        return parser.expected("else pass or else veto");
    }
    let default = match one_of(parser, &["pass", "veto"])? {
        0 => Otherwise::Pass,
        _ => {
            let (then, reason) = veto(parser, line)?;
            Otherwise::Veto { then, reason }
        }
    };
    Ok(Deadline { after, default })
}

/// What can follow the beginning of a rule.
#[must_use]
pub fn completions(prefix: &str) -> Vec<Completion> {
    if let Some((head, expr)) = super::lang::split_at_word(prefix, "if") {
        let mut next = complete(expr, Vocabulary::Moment);
        // After a whole expression, what may follow it.
        if expr.ends_with(char::is_whitespace) && Expr::parse(expr, Vocabulary::Moment).is_ok() {
            let after: &[&str] = match head.split_whitespace().next() {
                Some("veto") => &["retry", "requeue", "drop", "because"],
                Some("ask") => &["within"],
                _ => &[],
            };
            next.extend(after.iter().map(|word| Completion::bare(*word)));
        }
        return next;
    }
    let words: Vec<&str> = prefix.split_whitespace().collect();
    let partial = if prefix.ends_with(char::is_whitespace) { "" } else { words.last().copied().unwrap_or_default() };
    let next: Vec<&str> = match words.len() - usize::from(!partial.is_empty()) {
        0 => VERDICTS.to_vec(),
        1 => CHECKPOINTS.map(|(name, _)| name).to_vec(),
        2 => vec!["if"],
        _ => vec![],
    };
    next.into_iter().filter(|word| word.starts_with(partial)).map(Completion::bare).collect()
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = match self.verdict {
            Verdict::Pass => "pass",
            Verdict::Ask { .. } => "ask",
            Verdict::Veto { .. } => "veto",
        };
        let checkpoint = self.checkpoint.map_or_else(|| "any".to_owned(), |checkpoint| checkpoint.to_string());
        write!(f, "{said} {checkpoint}")?;
        if let Some(condition) = &self.condition {
            write!(f, " if {condition}")?;
        }
        match &self.verdict {
            Verdict::Veto { then, reason } => write!(f, " {then} because {}", quoted(reason)),
            Verdict::Ask { within: Some(Deadline { after, default }) } => {
                write!(f, " within {}s else ", after.as_secs_f64())?;
                match default {
                    Otherwise::Pass => f.write_str("pass"),
                    Otherwise::Veto { then, reason } => write!(f, "veto {then} because {}", quoted(reason)),
                }
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Policy {
    /// One rule a line; comments are gone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rules.iter().try_for_each(|rule| writeln!(f, "{rule}"))
    }
}

#[cfg(test)]
mod tests;
