//! A debugger for decentralized teams of language-model agents, in the terminal.
//!
//! Every fact is an [`run::Event`] in one ordered log; one pure function folds events into a [`run::Run`]; the engine
//! makes facts, the screen shows them; nothing else holds truth.

#![warn(clippy::unwrap_used)]

pub mod app;
pub mod cli;
pub mod config;
pub mod engine;
pub mod ingest;
pub mod llm;
pub mod plain;
pub mod reason;
pub mod run;
pub mod store;
pub mod tui;
