//! The one expression language: policy rules, breakpoints, watches and `expect` lines are written in it.
//!
//! It says what a text means and what it comes to; it knows no screen and changes nothing.
#![doc = include_str!("GRAMMAR.md")]

mod ast;
mod complaint;
mod complete;
mod eval;
mod moment;
mod parse;
mod token;
mod value;
mod vocabulary;
mod watch;

pub use ast::{Expr, Literal, Name, Op, Pattern, Term};
pub use complaint::{Complaint, nearest};
pub use complete::{Completion, complete, split_at_word};
pub use eval::Values;
pub use moment::Moment;
pub(in crate::run) use parse::{Parser, is_reserved};
pub(in crate::run) use token::Token;
pub use token::{Measure, quoted};
pub use value::{Value, agent, author, call_word, task};
pub use vocabulary::{Argument, Field, Fields, Row, Sort, Vocabulary, call};
pub use watch::Watch;

#[cfg(test)]
pub(in crate::run) mod tests;
