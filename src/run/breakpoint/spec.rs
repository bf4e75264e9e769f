//! What a breakpoint waits for, as it is typed: a fact, a state of the run, or that nothing happens.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::run::{
    contradiction::same_subject,
    event::Fact,
    gate::Ask,
    id::AgentId,
    label::Author,
    lang::{
        self, Complaint, Completion, Expr, Moment, Parser, Token, Vocabulary, Watch, complete, is_reserved, quoted,
        split_at_word,
    },
    task::TaskState,
};

/// What may follow the first word, and the name of a moment that it narrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// `~ "pattern"`
    Pattern(&'static str),
    Label(&'static str),
    Agent(&'static str),
    Task,
    Kind,
    Call,
}

/// A word that a breakpoint on facts begins with.
#[derive(Debug)]
pub struct Head {
    pub name: &'static str,
    takes: &'static [Takes],
    /// Whether it says nothing without what it takes.
    needs: Needs,
    is: fn(&Fact) -> bool,
    pub what: &'static str,
    pub example: &'static str,
}

#[derive(Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    Something,
}

const fn head(
    name: &'static str,
    takes: &'static [Takes],
    is: fn(&Fact) -> bool,
    what: &'static str,
    example: &'static str,
) -> Head {
    Head { name, takes, needs: Needs::Nothing, is, what, example }
}

const TEXT: Takes = Takes::Pattern("text");
const AGENT: Takes = Takes::Agent("agent");

pub const HEADS: &[Head] = &[
    head("claim", &[TEXT, AGENT, Takes::Task], is_claim, "a task is claimed", "claim ~ \"parser\""),
    head(
        "write",
        &[TEXT, AGENT, Takes::Task, Takes::Label("label"), Takes::Kind],
        is_write,
        "an entry is proposed, or put in by you",
        "write W2 if contradicts",
    ),
    head(
        "entry",
        &[TEXT, Takes::Agent("author"), Takes::Task, Takes::Label("label"), Takes::Kind],
        |fact| matches!(fact, Fact::EntryAdmitted { .. }),
        "an entry comes in",
        "entry FAIL",
    ),
    head(
        "read",
        &[Takes::Label("reads"), AGENT, Takes::Task],
        |fact| matches!(fact, Fact::Unfolded { .. }),
        "a document or an entry is opened",
        "read W0 S3",
    ),
    head(
        "call",
        &[Takes::Call, AGENT, Takes::Task],
        |fact| matches!(fact, Fact::CallStarted { .. }),
        "a call is about to be sent; with a condition on what comes back, when it has",
        "call verify if fails",
    ),
    head("plan", &[TEXT, AGENT], is_plan, "tasks are planned", "plan if tasks > 8"),
    head("finish", &[TEXT, AGENT], is_finish, "the answer is there", "finish"),
    Head { needs: Needs::Something, ..head("agent", &[AGENT], |_| true, "an agent does anything", "agent a2") },
    Head { needs: Needs::Something, ..head("task", &[Takes::Task], |_| true, "anything happens to a task", "task T7") },
    head(
        "error",
        &[Takes::Pattern("error"), AGENT, Takes::Task],
        is_error,
        "a call, a task or an agent fails",
        "error",
    ),
    head("duplicate", &[AGENT], is_claim, "a task is claimed that overlaps with one in hand", "duplicate"),
];

fn is_claim(fact: &Fact) -> bool {
    matches!(fact, Fact::TaskClaimed { .. })
}

fn is_write(fact: &Fact) -> bool {
    match fact {
        Fact::WriteProposed { .. } => true,
        Fact::EntryAdmitted { entry } => entry.label.author == Author::Human,
        _ => false,
    }
}

fn is_plan(fact: &Fact) -> bool {
    match fact {
        Fact::TasksAdded { .. } => true,
        Fact::GateOpened { decision } => matches!(decision.ask, Ask::Plan { .. }),
        _ => false,
    }
}

fn is_finish(fact: &Fact) -> bool {
    match fact {
        Fact::AnswerWritten { .. } => true,
        Fact::GateOpened { decision } => matches!(decision.ask, Ask::Finish { .. }),
        _ => false,
    }
}

fn is_error(fact: &Fact) -> bool {
    match fact {
        Fact::AgentFailed { .. } | Fact::TaskFailed { .. } => true,
        Fact::CallFinished { call } => call.error.is_some(),
        _ => false,
    }
}

/// A call has come back, or was found wanting.
fn is_return(fact: &Fact) -> bool {
    matches!(fact, Fact::CallFinished { .. } | Fact::WriteRejected { .. })
}

/// Names that say something of a call only when it has come back.
const RETURNED: &[&str] = &["fails", "error", "verdict", "cost", "tokens", "text", "chars", "cites"];

/// What follows the first word: how it is written and what it means.
#[derive(Debug, Clone, PartialEq)]
struct Operand {
    written: String,
    expr: Expr,
}

#[derive(Debug, Clone)]
enum On {
    Facts(&'static Head, Vec<Operand>),
    Silence(Duration),
    State(Expr),
}

impl PartialEq for On {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (On::Facts(a, of_a), On::Facts(b, of_b)) => a.name == b.name && of_a == of_b,
            (On::Silence(a), On::Silence(b)) => a == b,
            (On::State(a), On::State(b)) => a == b,
            _ => false,
        }
    }
}

/// What a breakpoint waits for. Prints as a text that reads back.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakSpec {
    on: On,
    condition: Option<Expr>,
    thread: Option<AgentId>,
}

impl BreakSpec {
    /// # Errors
    /// When the text names nothing to wait for.
    pub fn parse(text: &str) -> Result<Self, Complaint> {
        let mut parser = Parser::new(text)?;
        let named = match parser.peek() {
            Some(Token::Word(word)) => HEADS.iter().find(|head| head.name.eq_ignore_ascii_case(word)),
            _ => None,
        };
        let (on, vocabulary) = if let Some(head) = named {
            parser.take();
            (On::Facts(head, operands(&mut parser, head)?), Vocabulary::Moment)
        } else if parser.eat("no-progress") {
            (On::Silence(parser.time()?), Vocabulary::Watch)
        } else {
            (On::State(state(&mut parser)?), Vocabulary::Watch)
        };
        let condition = if parser.eat("if") { Some(parser.expr(vocabulary)?) } else { None };
        let thread = if parser.eat("thread") { Some(thread(&mut parser)?) } else { None };
        match parser.peek() {
            None => Ok(BreakSpec { on, condition, thread }),
            Some(_) if thread.is_some() => parser.expected("the end"),
            Some(_) => parser.expected("if, thread or the end"),
        }
    }

    /// Only this agent counts, and only it is stopped.
    #[must_use]
    pub fn thread(&self) -> Option<AgentId> {
        self.thread
    }

    /// Whether facts that are about to be logged in one append are waited for.
    #[must_use]
    pub fn matches<'a>(&self, before: impl Into<Watch<'a>>, facts: &'a [Fact]) -> bool {
        let On::Facts(head, operands) = &self.on else { return false };
        let before = before.into();
        let after_return = self.condition.as_ref().is_some_and(|condition| {
            condition.names().iter().any(|name| name.path.len() == 1 && RETURNED.contains(&name.path[0].as_str()))
        });
        let is = if head.name == "call" && after_return { is_return } else { head.is };
        facts.iter().filter(|fact| is(fact)).any(|fact| {
            let moment = Moment::of_fact(before, fact);
            let of_call = head.name != "call" || moment.call().is_some();
            of_call
                && self.thread.is_none_or(|thread| moment.agent == Some(thread))
                && operands.iter().all(|operand| operand.expr.holds(&moment))
                && (head.name != "duplicate" || overlaps(&moment))
                && self.condition.as_ref().is_none_or(|condition| condition.holds(&moment))
        })
    }

    /// Whether a state of the run that is waited for is there. See [`Breakpoint::on_state`](super::Breakpoint::on_state).
    #[must_use]
    pub fn holds<'a>(&self, at: impl Into<Watch<'a>>) -> bool {
        let at = at.into();
        matches!(&self.on, On::State(expr) if expr.holds(&at)) && self.allows(at)
    }

    /// How long nothing must happen.
    #[must_use]
    pub fn silence(&self) -> Option<Duration> {
        match self.on {
            On::Silence(time) => Some(time),
            _ => None,
        }
    }

    /// Whether its condition over the run, if it has one, holds: what is left to ask when the silence was long enough.
    #[must_use]
    pub fn allows<'a>(&self, at: impl Into<Watch<'a>>) -> bool {
        let at = at.into();
        self.condition.as_ref().is_none_or(|condition| condition.holds(&at))
    }
}

/// Whether a claimed task asks for much the same as one that another agent holds.
fn overlaps(claim: &Moment) -> bool {
    let Some(claimed) = claim.task.and_then(|task| claim.run().task(task)) else { return false };
    claim.run().tasks.iter().any(|task| {
        let held = matches!(task.state, TaskState::Running(by) | TaskState::Checking(by, _) if Some(by) != claim.agent);
        held && task.id != claimed.id && same_subject(&task.text, &claimed.text)
    })
}

fn operands(parser: &mut Parser, head: &Head) -> Result<Vec<Operand>, Complaint> {
    let mut found = Vec::new();
    while let Some(token) = parser.peek() {
        if matches!(token, Token::Word(word) if is_reserved(word)) {
            break;
        }
        let column = parser.column();
        let (written, expr) = if *token == Token::Sign("~") {
            let Some(name) = head.takes.iter().find_map(|takes| match takes {
                Takes::Pattern(name) => Some(*name),
                _ => None,
            }) else {
                return parser.expected(&wanted(head));
            };
            parser.take();
            let text = quoted(&parser.text("a pattern in quotes")?);
            (format!("~ {text}"), format!("{name} ~ {text}"))
        } else {
            let Some((name, written)) = head.takes.iter().find_map(|takes| takes.reads(token)) else {
                return parser.expected(&wanted(head));
            };
            parser.take();
            (written.clone(), format!("{name} {written}"))
        };
        let expr = Expr::parse(&expr, Vocabulary::Moment).map_err(|why| Complaint::at(column, why.message))?;
        found.push(Operand { written, expr });
    }
    if found.is_empty() && head.needs == Needs::Something {
        return parser.expected(&wanted(head));
    }
    Ok(found)
}

impl Takes {
    /// The name that a token narrows, and the token as it is written.
    fn reads(self, token: &Token) -> Option<(&'static str, String)> {
        match (self, token) {
            (Takes::Label(name), Token::Label(label)) => Some((name, label.to_string())),
            (Takes::Agent("author"), Token::Word(word)) => {
                lang::author(word).map(|author| ("author", author.to_string()))
            }
            (Takes::Agent(name), Token::Word(word)) => lang::agent(word).map(|agent| (name, agent.to_string())),
            (Takes::Task, Token::Word(word)) => lang::task(word).map(|task| ("task", task.to_string())),
            (Takes::Kind, Token::Word(word)) => {
                let kind = ["FACT", "FAIL", "DONE", "DOC"].into_iter().find(|kind| kind.eq_ignore_ascii_case(word))?;
                Some(("kind", kind.to_owned()))
            }
            (Takes::Call, Token::Word(word)) => lang::call(word).map(|kind| ("call", lang::call_word(kind))),
            _ => None,
        }
    }
}

fn wanted(head: &Head) -> String {
    let takes = head.takes.iter().map(|takes| match takes {
        Takes::Pattern(_) => "~ and a pattern in quotes",
        Takes::Label(_) => "a label such as W1 S2",
        Takes::Agent(_) => "an agent such as a2",
        Takes::Task => "a task such as T5",
        Takes::Kind => "FACT, FAIL or DONE",
        Takes::Call => "a kind of call such as verify",
    });
    let takes: Vec<&str> = takes.collect();
    match head.needs {
        Needs::Something => format!("{} after {}", takes.join(", "), head.name),
        Needs::Nothing => format!("{}, if or thread after {}", takes.join(", "), head.name),
    }
}

fn state(parser: &mut Parser) -> Result<Expr, Complaint> {
    let first = parser.peek().cloned();
    let column = parser.column();
    parser.expr(Vocabulary::Watch).map_err(|complaint| match first {
        Some(Token::Word(word)) if complaint.column == column => {
            let heads = HEADS.iter().map(|head| head.name).chain(["no-progress"]);
            let names = heads.chain(Vocabulary::Watch.rows().map(|row| row.name));
            let hint = lang::nearest(&word, names).map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let message =
                format!("expected what to wait for, such as write, read W0 S3 or cost > 0.50, found {word}{hint}");
            Complaint { message, ..complaint }
        }
        None => Complaint {
            message: "expected what to wait for, such as write, read W0 S3 or cost > 0.50".to_owned(),
            ..complaint
        },
        _ => complaint,
    })
}

fn thread(parser: &mut Parser) -> Result<AgentId, Complaint> {
    let agent = match parser.peek() {
        Some(Token::Word(word)) => lang::agent(word),
        _ => None,
    };
    match agent {
        Some(agent) => {
            parser.take();
            Ok(agent)
        }
        None => parser.expected("an agent such as a2"),
    }
}

/// What can follow the beginning of a spec.
#[must_use]
pub fn completions(prefix: &str) -> Vec<Completion> {
    let first = prefix.split_whitespace().next().unwrap_or_default();
    let on_facts = HEADS.iter().find(|head| head.name.eq_ignore_ascii_case(first));
    if let Some((_, expr)) = split_at_word(prefix, "if") {
        return complete(expr, if on_facts.is_some() { Vocabulary::Moment } else { Vocabulary::Watch });
    }
    let is_first = !prefix.trim_start().contains(char::is_whitespace);
    match on_facts {
        Some(head) if !is_first => {
            let partial = prefix.rsplit(char::is_whitespace).next().unwrap_or_default();
            let words = head.takes.iter().flat_map(|takes| match takes {
                Takes::Call => lang::Sort::Call.words(),
                Takes::Kind => ["FACT", "FAIL", "DONE"].map(str::to_owned).to_vec(),
                Takes::Agent(_) => vec!["a1".to_owned()],
                Takes::Task => vec!["T1".to_owned()],
                Takes::Pattern(_) => vec!["~".to_owned()],
                Takes::Label(_) => vec![],
            });
            let next = words.chain(["if", "thread"].map(str::to_owned)).filter(|word| word.starts_with(partial));
            next.map(Completion::bare).collect()
        }
        _ => {
            let heads = HEADS.iter().map(|head| Completion { text: head.name.to_owned(), what: head.what });
            let silence = Completion { text: "no-progress".to_owned(), what: "nothing happens for a time" };
            let typed = first.to_lowercase();
            let heads = heads.chain([silence]).filter(|head| is_first && head.text.starts_with(&typed));
            heads.chain(complete(prefix, Vocabulary::Watch)).collect()
        }
    }
}

impl fmt::Display for BreakSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.on {
            On::Facts(head, operands) => {
                f.write_str(head.name)?;
                operands.iter().try_for_each(|operand| write!(f, " {}", operand.written))?;
            }
            On::Silence(time) => write!(f, "no-progress {}s", time.as_secs_f64())?,
            On::State(expr) => expr.fmt(f)?,
        }
        if let Some(condition) = &self.condition {
            write!(f, " if {condition}")?;
        }
        self.thread.map_or(Ok(()), |thread| write!(f, " thread {thread}"))
    }
}

impl FromStr for BreakSpec {
    type Err = Complaint;

    fn from_str(text: &str) -> Result<Self, Complaint> {
        BreakSpec::parse(text)
    }
}

impl Serialize for BreakSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BreakSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|why: Complaint| de::Error::custom(why.in_line()))
    }
}
