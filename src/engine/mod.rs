//! The loop: agents claim, read, think, verify and write; nobody orchestrates.
//!
//! The engine makes facts through one [`sequencer`] and decides nothing by itself: who gets what and what follows is
//! [`crate::run::rules`]. It never draws and never names a store or a model of its own.

mod agent;
mod attempt;
mod desk;
mod finalize;
mod library;
mod plan;
mod prepare;
mod sequencer;
mod session;
mod shop;
mod tap;
mod turnstile;

pub use sequencer::{Audience, Closed, Log, now};
pub use session::{Engine, EngineError, Start};
pub use tap::Tap;

/// The session ends; whoever sees this lets go at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

impl From<Closed> for Stopped {
    fn from(_: Closed) -> Self {
        Stopped
    }
}
