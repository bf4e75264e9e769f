//! A debugger for decentralized teams of language-model agents, in the terminal.
//!
//! **Every fact is an [`run::Event`] in one ordered log; one pure function folds events into a [`run::Run`]; the engine
//! makes facts, the screen shows them; nothing else holds truth.** From that come time travel (fold a prefix), recovery
//! (fold what is on disk), several screens on one run, and tests that need no terminal.
//!
//! # Rooms, in reading order
//!
//! - [`run`]: what a run is. All that can happen is the table in `run/event.rs`, all that a human may ask the one in
//!   `run/command.rs`, all that follows from a wish in [`run::rules`]. Pure.
//! - [`ingest`]: files become documents, documents become labelled units.
//! - [`llm`]: talking to models; one file a wire.
//! - [`reason`]: what an agent thinks with. One trait, [`reason::Reasoner`]; `prompted` asks a model, `extractive` none.
//! - [`store`]: the log and the bodies that its facts name; one SQLite file a run.
//! - [`engine`]: the loop. One sequencer writes the log; agents are straight code between checkpoints.
//! - [`tui`]: the screen. It is handed facts and hands back commands, and cannot tell a live run from a saved one.
//! - [`app`] wires them, [`cli`] reads the arguments, [`config`] the settings; [`plain`] disarms hostile text.
//!
//! # What always holds
//!
//! - What others act on is durable before they do, and all that a call or an answer rests on before it leaves the
//!   process (`engine/unsaved.rs`); a decision and its effect are one append.
//! - Nothing enters the shared context but through admission: verified, or by a human's own decision.
//! - One process writes a run, by a lock that its death lets go; others follow it and leave it commands, each of which is
//!   done once. Looking at a run writes nothing. A changed byte of the log is found when it is read.
//! - What is visible can be unfolded: bodies are stored before or with the fact that names them.
//! - The text of the shared context only grows.
//! - A claim, the plan and the answer have one holder each; rules decide it under the log, not locks.
//! - An open decision is data of the run and blocks only its asker. Paused means that nobody moves.
//! - `run` and `plain` do no IO; `tui` names neither engine nor store. `tests/tidy.rs` holds the walls.
//!
//! Comments name sections of METHOD, the specification of DeLM (arXiv 2606.10662) that this program was built from.

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
