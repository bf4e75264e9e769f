//! From tokens to an expression. Every complaint has its column and says what was expected.

use regex::RegexBuilder;

use super::{
    ast::{Expr, Literal, Name, Op, Pattern, Term},
    complaint::{Complaint, did_you_mean},
    token::{Measure, Placed, Token, tokens},
    value,
    vocabulary::{Argument, Field, Fields, MOMENT, Row, Sort, Vocabulary, call},
};

/// Words that end an expression or hold it together, and so are no values unless in quotes.
pub(super) const RESERVED: &[&str] =
    &["and", "or", "not", "contains", "if", "thread", "within", "else", "because", "retry", "requeue", "drop"];

/// Brackets and `not`s inside each other.
const DEEPEST: u32 = 64;

/// Bytes that a pattern may come to when compiled.
const LARGEST_PATTERN: usize = 1 << 20;

impl Expr {
    /// # Errors
    /// When the text is no expression of the vocabulary.
    pub fn parse(text: &str, vocabulary: Vocabulary) -> Result<Self, Complaint> {
        let mut parser = Parser::new(text)?;
        let expr = parser.expr(vocabulary)?;
        parser.end()?;
        Ok(expr)
    }
}

/// A line that is being read; rules and breakpoints read their own words with it.
pub(in crate::run) struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    /// Where the line ends.
    end: u32,
    depth: u32,
}

impl Parser {
    pub fn new(line: &str) -> Result<Self, Complaint> {
        Ok(Parser { tokens: tokens(line)?, at: 0, end: line.chars().count() as u32 + 1, depth: 0 })
    }

    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|placed| &placed.token)
    }

    fn peek_second(&self) -> Option<&Token> {
        self.tokens.get(self.at + 1).map(|placed| &placed.token)
    }

    pub fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += usize::from(token.is_some());
        token
    }

    pub fn column(&self) -> u32 {
        self.tokens.get(self.at).map_or(self.end, |placed| placed.column)
    }

    /// Takes this word if it comes next.
    pub fn eat(&mut self, word: &str) -> bool {
        let comes = matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(comes);
        comes
    }

    pub fn eat_sign(&mut self, sign: &str) -> bool {
        let comes = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(comes);
        comes
    }

    /// `expected …, found …` at the next token.
    pub fn expected<T>(&self, what: &str) -> Result<T, Complaint> {
        let found = self.peek().map_or_else(|| "the end".to_owned(), ToString::to_string);
        Err(Complaint::at(self.column(), format!("expected {what}, found {found}")))
    }

    pub fn end(&self) -> Result<(), Complaint> {
        match self.peek() {
            None => Ok(()),
            Some(_) => self.expected("and, or, or the end"),
        }
    }

    pub fn expr(&mut self, vocabulary: Vocabulary) -> Result<Expr, Complaint> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Complaint::at(self.column(), format!("expected at most {DEEPEST} brackets inside each other")));
        }
        let mut any = vec![self.all_of(vocabulary)?];
        while self.eat("or") {
            any.push(self.all_of(vocabulary)?);
        }
        self.depth -= 1;
        Ok(if any.len() == 1 { any.remove(0) } else { Expr::Or(any) })
    }

    fn all_of(&mut self, vocabulary: Vocabulary) -> Result<Expr, Complaint> {
        let mut all = vec![self.one(vocabulary)?];
        while self.eat("and") {
            all.push(self.one(vocabulary)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::And(all) })
    }

    fn one(&mut self, vocabulary: Vocabulary) -> Result<Expr, Complaint> {
        if self.eat("not") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(Complaint::at(self.column(), format!("expected at most {DEEPEST} times not")));
            }
            let inside = self.one(vocabulary)?;
            self.depth -= 1;
            return Ok(Expr::Not(Box::new(inside)));
        }
        if self.eat_sign("(") {
            let inside = self.expr(vocabulary)?;
            return if self.eat_sign(")") { Ok(inside) } else { self.expected("and, or, or a closing )") };
        }
        let (name, row) = self.name(vocabulary)?;
        match self.op(row)? {
            Some(op) => {
                let term = self.term(row, op, vocabulary)?;
                Ok(Expr::Compare(name, op, term))
            }
            None => Ok(Expr::Truth(name)),
        }
    }

    /// The operator that follows a name; `Is` where a value follows with nothing between.
    fn op(&mut self, row: &Row) -> Result<Option<Op>, Complaint> {
        let written = match self.peek() {
            Some(Token::Sign(sign)) => *sign,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("contains") => "contains",
            Some(Token::Word(word)) if is_reserved(word) => return Ok(None),
            Some(Token::Word(_)) if row.sort == Sort::Number => {
                return self.expected("= != < <= > >= and a number, or and, or the end");
            }
            Some(_) => return Ok(Some(Op::Is)),
            None => return Ok(None),
        };
        let op = Op::WRITTEN.iter().find(|(sign, _)| *sign == written).map(|(_, op)| *op);
        if let Some(op) = op {
            if op.orders() && !row.sort.has_size() {
                return self.expected(&format!("= != ~ or contains, since {} has no size", row.name));
            }
            self.at += 1;
        }
        Ok(op)
    }

    fn name(&mut self, vocabulary: Vocabulary) -> Result<(Name, &'static Row), Complaint> {
        let column = self.column();
        let first = match self.peek() {
            Some(Token::Word(word)) if !is_reserved(word) => word.to_lowercase(),
            _ => return self.expected("a name such as cost or queue.ready, not, or ("),
        };
        let has_argument = matches!(self.peek_second(), Some(Token::Sign("(")));
        let Some(mut row) = vocabulary.row(&first, has_argument) else {
            return Err(Complaint::at(column, unknown(&first, has_argument, vocabulary)));
        };
        self.at += 1;
        let argument = if has_argument { Some(self.argument(row)?) } else { None };
        let mut path = vec![first];
        while self.eat_sign(".") {
            let Some(Token::Word(word)) = self.peek() else { return self.expected(&fields_of(row)) };
            let longer = format!("{}.{}", path.join("."), word.to_lowercase());
            if let Some(inner) = vocabulary.row(&longer, false) {
                path.push(word.to_lowercase());
                row = inner;
            } else if path.join(".") == row.name
                && let Some(spelling) = row.fields().iter().find_map(|field| field.spelling(word))
            {
                path.push(spelling);
            } else {
                let known: Vec<String> = row.fields().iter().flat_map(|field| field.words()).collect();
                let hint = did_you_mean(word, known.iter().map(String::as_str));
                return self
                    .expected(&fields_of(row))
                    .map_err(|complaint: Complaint| Complaint { message: complaint.message + &hint, ..complaint });
            }
            self.at += 1;
        }
        if matches!(row.fields, Fields::Must(_)) && path.join(".") == row.name {
            return self.expected(&fields_of(row));
        }
        Ok((Name { path, argument }, row))
    }

    /// What stands in the brackets after a name; the bracket comes next.
    fn argument(&mut self, row: &Row) -> Result<Literal, Complaint> {
        self.at += 1;
        let argument = match (row.argument, self.peek()) {
            (Argument::Label, Some(Token::Label(label))) => Literal::Label(*label),
            (Argument::Text, Some(Token::Text(text))) => Literal::Text(text.clone()),
            (Argument::Label, _) => return self.expected("a label such as W1 S2"),
            _ => return self.expected("a text in quotes"),
        };
        self.at += 1;
        if self.eat_sign(")") { Ok(argument) } else { self.expected("a closing )") }
    }

    /// The right side of a comparison.
    fn term(&mut self, row: &Row, op: Op, vocabulary: Vocabulary) -> Result<Term, Complaint> {
        if op == Op::Matches {
            return match self.peek() {
                Some(Token::Text(text)) => {
                    let pattern = pattern(text).map_err(|why| Complaint::at(self.column(), why))?;
                    self.at += 1;
                    Ok(Term::Literal(Literal::Pattern(pattern)))
                }
                _ => self.expected("a pattern in quotes"),
            };
        }
        let by_size = op.orders() || row.sort == Sort::Number;
        if by_size && matches!(self.peek(), Some(Token::Word(word)) if !word.eq_ignore_ascii_case("any")) {
            let column = self.column();
            let (name, other) = self.name(vocabulary)?;
            return match other.sort.has_size() {
                true => Ok(Term::Name(name)),
                false => Err(Complaint::at(column, format!("expected a number, found {name}, which has no size"))),
            };
        }
        let literal = match self.peek() {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("any") && !op.orders() => Literal::Any,
            Some(Token::Word(word)) if !is_reserved(word) => Literal::Word(word.clone()),
            Some(Token::Number(number, measure)) => Literal::Number(*number, *measure),
            Some(Token::Text(text)) => Literal::Text(text.clone()),
            Some(Token::Label(label)) => Literal::Label(*label),
            _ if by_size => return self.expected("a number"),
            _ => return self.expected(&wanted(row.sort)),
        };
        if !fits(row.sort, op, &literal) {
            let words = row.sort.words();
            let hint = did_you_mean(&literal.to_string(), words.iter().map(String::as_str));
            let wanted = if op.orders() { "a number".to_owned() } else { wanted(row.sort) };
            return self
                .expected(&wanted)
                .map_err(|complaint: Complaint| Complaint { message: complaint.message + &hint, ..complaint });
        }
        self.at += 1;
        Ok(Term::Literal(literal))
    }

    /// A time such as `60s`.
    pub fn time(&mut self) -> Result<std::time::Duration, Complaint> {
        match self.peek() {
            Some(Token::Number(seconds, Measure::Seconds)) => {
                let time = std::time::Duration::from_secs_f64(*seconds);
                self.at += 1;
                Ok(time)
            }
            _ => self.expected("a time such as 60s, 5m or 300ms"),
        }
    }

    /// A text in quotes.
    pub fn text(&mut self, what: &str) -> Result<String, Complaint> {
        match self.peek() {
            Some(Token::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => self.expected(what),
        }
    }
}

pub(in crate::run) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// # Errors
/// In words that follow a column.
fn pattern(text: &str) -> Result<Pattern, String> {
    let regex = RegexBuilder::new(text).size_limit(LARGEST_PATTERN).build().map_err(|why| {
        let why = why.to_string();
        format!("expected a pattern: {}", why.lines().last().unwrap_or_default().trim_start_matches("error: "))
    })?;
    Ok(Pattern { text: text.to_owned(), regex })
}

fn unknown(name: &str, has_argument: bool, vocabulary: Vocabulary) -> String {
    if let Some(row) = vocabulary.row(name, !has_argument) {
        return match row.argument {
            Argument::None => format!("expected {name} without brackets, such as {}", row.example),
            _ => format!("expected brackets after {name}, such as {}", row.example),
        };
    }
    if MOMENT.iter().any(|row| row.name == name) {
        return format!("expected a name over the run; {name} says something of a single fact, in a rule or after if");
    }
    let names = vocabulary.rows().map(|row| row.name);
    format!("expected a name such as cost or queue.ready, found {name}{}", did_you_mean(name, names))
}

fn fields_of(row: &Row) -> String {
    let words: Vec<String> = row
        .fields()
        .iter()
        .map(|field| match field {
            Field::Word(word) => (*word).to_owned(),
            Field::Agent => "an agent".to_owned(),
            Field::Author => "an author such as a1".to_owned(),
            Field::Task => "a task such as T5".to_owned(),
            Field::Role => "a role".to_owned(),
            Field::Call => "a kind of call".to_owned(),
        })
        .collect();
    match words.as_slice() {
        [] => format!("no field, since {} has none", row.name),
        words => format!("one of {} after {}.", words.join(", "), row.name),
    }
}

/// What a name of this sort can be compared with, in words.
fn wanted(sort: Sort) -> String {
    match sort {
        Sort::Number => "a number such as 8, 40k or $0.50".to_owned(),
        Sort::Text => "a text in quotes".to_owned(),
        Sort::Flag => "true or false".to_owned(),
        Sort::Words(words) => format!("one of {}", words.join(", ")),
        Sort::Agent => "an agent such as a2".to_owned(),
        Sort::Agents => "any, an agent such as a2, or a number".to_owned(),
        Sort::Author => "an author: a1 (or W1), document or you".to_owned(),
        Sort::Task => "a task such as T5".to_owned(),
        Sort::Call => format!("a kind of call: {}, or a letter from A to M", Sort::Call.words().join(", ")),
        Sort::Label => "a label such as W1 S2".to_owned(),
        Sort::Labels => "any, or a label such as W1 S2".to_owned(),
        Sort::Doubts => "any, unverified, negative or a text in quotes".to_owned(),
    }
}

fn fits(sort: Sort, op: Op, literal: &Literal) -> bool {
    if op.orders() {
        return matches!(literal, Literal::Number(..));
    }
    if op == Op::Contains && matches!(sort, Sort::Text | Sort::Doubts) {
        return matches!(literal, Literal::Word(_) | Literal::Text(_) | Literal::Label(_));
    }
    let word = match literal {
        Literal::Any => return op != Op::Contains,
        Literal::Word(word) | Literal::Text(word) => Some(word.as_str()),
        _ => None,
    };
    let is_none = word.is_some_and(|word| word.eq_ignore_ascii_case("none"));
    match sort {
        Sort::Number => matches!(literal, Literal::Number(..)),
        Sort::Text => word.is_some(),
        Sort::Doubts => word.is_some() || matches!(literal, Literal::Number(..)),
        Sort::Flag => word.and_then(value::truth).is_some(),
        Sort::Words(known) => word.is_some_and(|word| {
            known.iter().any(|known| known.eq_ignore_ascii_case(word))
                || word.eq_ignore_ascii_case("document") && known.contains(&"DOC")
        }),
        Sort::Agent => word.and_then(value::agent).is_some(),
        Sort::Agents => is_none || word.and_then(value::agent).is_some() || matches!(literal, Literal::Number(..)),
        Sort::Author => word.and_then(value::author).is_some(),
        Sort::Task => word.and_then(value::task).is_some(),
        Sort::Call => word.and_then(call).is_some(),
        Sort::Label => matches!(literal, Literal::Label(_)),
        Sort::Labels => is_none || matches!(literal, Literal::Label(_) | Literal::Number(..)),
    }
}
