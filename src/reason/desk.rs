//! What a reasoner may do while it works: call the model and be seen thinking. The engine stands behind it and makes
//! checkpoints, records and streams of it.

use async_trait::async_trait;

use crate::{
    llm::Request,
    run::{CallKind, Stream},
};

use super::ReasonError;

/// One agent's desk, for one piece of work.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Asks the model and gives its reply's text. Passes the think checkpoint first, so it may wait for a human.
    ///
    /// # Errors
    /// `Call` when no whole reply came, `Stopped` when the session ends.
    async fn call(&self, kind: CallKind, request: Request) -> Result<String, ReasonError>;

    /// The think checkpoint of a reasoner that calls no model.
    ///
    /// # Errors
    /// `Stopped` when the session ends.
    async fn think(&self, kind: CallKind) -> Result<(), ReasonError>;

    /// Shows text in the agent's pane.
    fn say(&self, stream: Stream, text: &str);
}
