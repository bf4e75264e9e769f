//! The table of names that an expression may use: parsing, help and completion all read it.

use crate::run::call::{CallKind, Role};

use super::value::{self, call_word};

/// Where an expression stands, which says what names it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    /// Over the run as it stands: watches, state breakpoints, `expect` lines.
    Watch,
    /// Over a fact or a question in its run: rules, and what follows `if` at a breakpoint on facts.
    Moment,
}

/// What a name stands for, and so what it may be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Number,
    Text,
    Flag,
    /// One of these.
    Words(&'static [&'static str]),
    Agent,
    Agents,
    Author,
    Task,
    Call,
    Label,
    Labels,
    /// Words and texts.
    Doubts,
}

/// What may follow a name after a dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Word(&'static str),
    Agent,
    Author,
    Task,
    Role,
    Call,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fields {
    None,
    May(&'static [Field]),
    Must(&'static [Field]),
}

/// What stands in brackets after a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    None,
    Label,
    Text,
}

/// One name.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub name: &'static str,
    pub argument: Argument,
    pub fields: Fields,
    pub sort: Sort,
    pub what: &'static str,
    pub example: &'static str,
}

const fn row(name: &'static str, sort: Sort, what: &'static str, example: &'static str) -> Row {
    Row { name, argument: Argument::None, fields: Fields::None, sort, what, example }
}

const fn number(name: &'static str, fields: Fields, what: &'static str, example: &'static str) -> Row {
    Row { name, argument: Argument::None, fields, sort: Sort::Number, what, example }
}

const SPENDERS: Fields = Fields::May(&[Field::Word("run"), Field::Agent, Field::Task, Field::Role, Field::Call]);

/// Names over a run.
pub const WATCH: &[Row] = &[
    number(
        "entries",
        Fields::May(&[Field::Word("document"), Field::Word("fact"), Field::Word("fail"), Field::Word("done")]),
        "entries of the shared context, all or of one kind",
        "entries.fail > 2",
    ),
    number("entries.by", Fields::Must(&[Field::Author]), "entries by one author", "entries.by.a1 >= 3"),
    number("cost", SPENDERS, "dollars used by the run, an agent, a task, a role or a kind of call", "cost.a2 > $0.50"),
    number("tokens", SPENDERS, "tokens used by the run, an agent, a task, a role or a kind of call", "tokens > 40k"),
    number(
        "queue",
        Fields::May(&[
            Field::Word("ready"),
            Field::Word("blocked"),
            Field::Word("running"),
            Field::Word("checking"),
            Field::Word("done"),
            Field::Word("failed"),
            Field::Word("dropped"),
            Field::Word("total"),
        ]),
        "tasks, all or in one state",
        "queue.ready = 0",
    ),
    number(
        "context",
        Fields::May(&[Field::Word("tokens"), Field::Word("entries")]),
        "the shared context: its entries, or the estimated tokens of its text",
        "context.tokens > 20k",
    ),
    number(
        "agents",
        Fields::May(&[Field::Word("idle"), Field::Word("working"), Field::Word("asking"), Field::Word("failed")]),
        "agents, all or in one state",
        "agents.working < 2",
    ),
    number("decisions", Fields::None, "open decisions", "decisions > 3"),
    number("rejections", Fields::None, "writes turned down before a human saw them", "rejections > 5"),
    number("vetoes", Fields::None, "writes that a human turned down", "vetoes > 0"),
    number("redundant", Fields::None, "writes that said nothing new", "redundant > 2"),
    number("calls", Fields::None, "calls to models that came back", "calls > 100"),
    number("elapsed", Fields::None, "time from the first to the last event, in seconds", "elapsed > 5m"),
    number("seq", Fields::None, "the number of the last event", "seq >= 1200"),
    row(
        "outcome",
        Sort::Words(&["answered", "unanswered", "over-budget"]),
        "how the run ended; nothing while it goes on",
        "outcome answered",
    ),
    row("answer", Sort::Text, "the answer's text", "answer ~ \"(?i)deadline\""),
    Row {
        argument: Argument::Label,
        ..row("readers", Sort::Agents, "agents that read an entry, or opened a document", "readers(W1 S2) > 1")
    },
    Row {
        argument: Argument::Text,
        ..row("text", Sort::Number, "how many entries contain a text, in any case", "text(\"deadline\") > 0")
    },
];

/// Names over a moment; the names over its run can be used beside them.
pub const MOMENT: &[Row] = &[
    row("agent", Sort::Agent, "who acts or asks", "agent a2"),
    row("task", Sort::Task, "the task it is about", "task T7"),
    number("try", Fields::None, "the try of the task's present claim, from 1", "try > 1"),
    row("subject", Sort::Text, "the task's text", "subject ~ \"parser\""),
    row("text", Sort::Text, "what is proposed, written, claimed or answered", "text ~ \"(?i)as an ai\""),
    row("kind", Sort::Words(&["FACT", "FAIL", "DONE", "DOC"]), "what kind of entry it is", "kind FAIL"),
    row("author", Sort::Author, "who wrote it: a1 (or W1), document, you", "author = a1"),
    row("label", Sort::Label, "the label it has or will have", "label W1 S2"),
    row(
        "evidence",
        Sort::Words(&["verified", "unverified", "none"]),
        "whether the verifier found it supported by what it cites",
        "evidence verified",
    ),
    row("verdict", Sort::Words(&["passes", "fails"]), "what the verifier says of a write", "verdict fails"),
    row(
        "doubts",
        Sort::Doubts,
        "why a write deserves a look: unverified, negative, or the rule's own words",
        "doubts negative",
    ),
    row(
        "contradicts",
        Sort::Labels,
        "entries that say otherwise on the same subject",
        "contradicts any or contradicts W1 S2",
    ),
    row("cites", Sort::Labels, "labels it rests on", "cites W0 S3"),
    row("reads", Sort::Labels, "labels that are opened", "reads W0 S3"),
    row("depth", Sort::Words(&["summary", "raw"]), "how deep they are opened", "depth raw"),
    row("call", Sort::Call, "the kind of call, by name or METHOD's letter", "call verify or call K"),
    row("model", Sort::Text, "the model that is called", "model ~ \"mini\""),
    row("fails", Sort::Flag, "the verdict fails, or there is an error", "fails"),
    row("error", Sort::Text, "why a call, a task or an agent failed", "error ~ \"(?i)timeout\""),
    number("tasks", Fields::None, "tasks in a plan", "tasks > 8"),
    number("round", Fields::None, "the round of a plan; 0 is the decomposition", "round > 2"),
    number("chars", Fields::None, "characters of the text", "chars > 600"),
    number("tokens", SPENDERS, "tokens of a call that came back; else of the run", "tokens > 40k"),
    number("cost", SPENDERS, "dollars of a call that came back; else of the run", "cost > $0.50"),
];

impl Vocabulary {
    /// Every name that can be used; where two are the same, the first counts.
    pub fn rows(self) -> impl Iterator<Item = &'static Row> {
        let moment = if self == Vocabulary::Moment { MOMENT } else { &[] };
        let hidden = move |row: &&Row| !moment.iter().any(|first| first.is_called(row.name, row.argument));
        moment.iter().chain(WATCH.iter().filter(hidden))
    }

    #[must_use]
    pub fn row(self, name: &str, has_argument: bool) -> Option<&'static Row> {
        self.rows().find(|row| row.name == name && (row.argument != Argument::None) == has_argument)
    }
}

impl Row {
    fn is_called(&self, name: &str, argument: Argument) -> bool {
        self.name == name && self.argument == argument
    }

    #[must_use]
    pub fn fields(&self) -> &'static [Field] {
        match self.fields {
            Fields::None => &[],
            Fields::May(fields) | Fields::Must(fields) => fields,
        }
    }
}

impl Field {
    /// The one spelling of what stands for it; `None` when the word does not.
    #[must_use]
    pub fn spelling(self, word: &str) -> Option<String> {
        let same = |known: &str| known.eq_ignore_ascii_case(word);
        match self {
            Field::Word(known) => same(known).then(|| known.to_owned()),
            Field::Agent => value::agent(word).map(|agent| agent.to_string()),
            Field::Author => value::author(word).map(|author| author.to_string()),
            Field::Task => value::task(word).map(|task| task.to_string()),
            Field::Role => Role::ALL.into_iter().map(Role::name).find(|name| same(name)).map(str::to_owned),
            Field::Call => {
                call(word).map(|kind| if same(&call_word(kind)) { call_word(kind) } else { kind.letter().to_string() })
            }
        }
    }

    /// What can be typed for it, as far as that is known without a run.
    #[must_use]
    pub fn words(self) -> Vec<String> {
        match self {
            Field::Word(known) => vec![known.to_owned()],
            Field::Agent => vec!["a1".to_owned()],
            Field::Author => vec!["a1".to_owned(), "document".to_owned(), "you".to_owned()],
            Field::Task => vec!["T1".to_owned()],
            Field::Role => Role::ALL.map(|role| role.name().to_owned()).to_vec(),
            Field::Call => CallKind::ALL.map(call_word).to_vec(),
        }
    }
}

/// The kind of call that a word or METHOD's letter names.
#[must_use]
pub fn call(word: &str) -> Option<CallKind> {
    let is = |kind: &CallKind| {
        call_word(*kind).eq_ignore_ascii_case(word) || word.eq_ignore_ascii_case(&kind.letter().to_string())
    };
    CallKind::ALL.into_iter().find(is)
}

impl Sort {
    /// Whether it has a size that can be compared.
    #[must_use]
    pub fn has_size(self) -> bool {
        matches!(self, Sort::Number | Sort::Agents | Sort::Labels | Sort::Doubts)
    }

    /// What can be typed for it, as far as that is known without a run.
    #[must_use]
    pub fn words(self) -> Vec<String> {
        match self {
            Sort::Words(words) => words.iter().map(|word| (*word).to_owned()).collect(),
            Sort::Flag => vec!["true".to_owned(), "false".to_owned()],
            Sort::Agent => Field::Agent.words(),
            Sort::Author => Field::Author.words(),
            Sort::Task => Field::Task.words(),
            Sort::Call => Field::Call.words(),
            Sort::Agents | Sort::Labels => vec!["any".to_owned(), "none".to_owned()],
            Sort::Doubts => ["any", "none", "unverified", "negative"].map(str::to_owned).to_vec(),
            Sort::Number | Sort::Text | Sort::Label => vec![],
        }
    }
}
