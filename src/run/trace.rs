//! How one call went, piece by piece: enough to show it again as it streamed, and to answer it again.

use serde::{Deserialize, Serialize};

use super::live::Stream;

/// What is stored of a call beside its request and its reply.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trace {
    /// What the model wrote, and what it thought, as they were read from the reply.
    pub text: String,
    pub reasoning: String,
    /// In the order in which they came.
    pub pieces: Vec<Piece>,
    /// Tries that failed before the last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Try>,
    /// What the server said beside the reply, as name and value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
}

/// So many bytes of one stream, so many milliseconds after the call began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u64, Stream, usize)", from = "(u64, Stream, usize)")]
pub struct Piece {
    pub at_ms: u64,
    pub stream: Stream,
    pub bytes: usize,
}

impl From<Piece> for (u64, Stream, usize) {
    fn from(piece: Piece) -> Self {
        (piece.at_ms, piece.stream, piece.bytes)
    }
}

impl From<(u64, Stream, usize)> for Piece {
    fn from((at_ms, stream, bytes): (u64, Stream, usize)) -> Self {
        Piece { at_ms, stream, bytes }
    }
}

/// A try that brought nothing, and the wait after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// Milliseconds after the call began.
    pub at_ms: u64,
    pub why: String,
    pub wait_ms: u64,
}
