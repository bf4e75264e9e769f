//! An expression as it is understood. It prints as a text that reads back to the same expression.

use std::fmt;

use regex::Regex;

use crate::run::label::Label;

use super::token::{Measure, quoted, write_number};

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Two or more.
    Or(Vec<Expr>),
    And(Vec<Expr>),
    Not(Box<Expr>),
    /// A bare name: whether it is something.
    Truth(Name),
    Compare(Name, Op, Term),
}

/// A name of the vocabulary as it is looked up: `cost`, `cost.a2`, `readers(W1 S2)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// The parts between the dots, in their one spelling: `a2`, `T5`, all else in lower case.
    pub path: Vec<String>,
    pub argument: Option<Literal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Nothing between a name and its value.
    Is,
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Matches,
    Contains,
}

impl Op {
    pub(super) const WRITTEN: &[(&str, Op)] = &[
        ("=", Op::Equal),
        ("!=", Op::Unequal),
        ("<", Op::Less),
        ("<=", Op::AtMost),
        (">", Op::Greater),
        (">=", Op::AtLeast),
        ("~", Op::Matches),
        ("contains", Op::Contains),
    ];

    /// Whether it compares sizes.
    #[must_use]
    pub fn orders(self) -> bool {
        matches!(self, Op::Less | Op::AtMost | Op::Greater | Op::AtLeast)
    }
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    Literal(Literal),
    Name(Name),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Number(f64, Measure),
    Text(String),
    Word(String),
    Label(Label),
    Pattern(Pattern),
    /// Something, whatever it is.
    Any,
}

/// A regular expression with its text.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub text: String,
    pub(super) regex: Regex,
}

impl Pattern {
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Expr {
    /// Every name that it looks up, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&Name> {
        match self {
            Expr::Or(many) | Expr::And(many) => many.iter().flat_map(Expr::names).collect(),
            Expr::Not(one) => one.names(),
            Expr::Truth(name) | Expr::Compare(name, _, Term::Literal(_)) => vec![name],
            Expr::Compare(name, _, Term::Name(other)) => vec![name, other],
        }
    }

    /// How tightly it holds together; what holds less tightly than its surroundings stands in brackets.
    fn tightness(&self) -> u8 {
        match self {
            Expr::Or(_) => 0,
            Expr::And(_) => 1,
            Expr::Not(_) => 2,
            Expr::Truth(_) | Expr::Compare(..) => 3,
        }
    }

    fn write_inside(&self, f: &mut fmt::Formatter<'_>, around: u8) -> fmt::Result {
        match self.tightness() < around {
            true => write!(f, "({self})"),
            false => write!(f, "{self}"),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = |f: &mut fmt::Formatter<'_>, many: &[Expr], between: &str| {
            many.iter().enumerate().try_for_each(|(at, one)| {
                if at > 0 {
                    f.write_str(between)?;
                }
                one.write_inside(f, self.tightness() + 1)
            })
        };
        match self {
            Expr::Or(all) => many(f, all, " or "),
            Expr::And(all) => many(f, all, " and "),
            Expr::Not(one) => {
                f.write_str("not ")?;
                one.write_inside(f, 2)
            }
            Expr::Truth(name) => name.fmt(f),
            Expr::Compare(name, Op::Is, term) => write!(f, "{name} {term}"),
            Expr::Compare(name, op, term) => write!(f, "{name} {op} {term}"),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = Op::WRITTEN.iter().find(|(_, op)| op == self);
        f.write_str(written.map_or("", |(written, _)| written))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path.join("."))?;
        match &self.argument {
            Some(argument) => write!(f, "({argument})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Literal(literal) => literal.fmt(f),
            Term::Name(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Number(value, measure) => write_number(f, *value, *measure),
            Literal::Text(text) => f.write_str(&quoted(text)),
            Literal::Pattern(pattern) => f.write_str(&quoted(&pattern.text)),
            Literal::Word(word) => f.write_str(word),
            Literal::Label(label) => label.fmt(f),
            Literal::Any => f.write_str("any"),
        }
    }
}
