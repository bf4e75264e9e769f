//! Hears one call: shows it as it streams, keeps when each piece came, and takes it for a sign of life.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    llm::{Chunk, Wait},
    run::{AgentId, CallKind, Phase, Piece, Stream, Trace, Try},
};

use super::{sequencer::now, tap::Tap, turnstile::Turnstile};

pub struct Recorder<'a> {
    tap: &'a Tap,
    turnstile: &'a Turnstile,
    agent: AgentId,
    kind: CallKind,
    started: Instant,
    trace: Trace,
    first: Option<Duration>,
    /// Characters of each try that failed after it had begun to answer; they were written, and may be charged.
    voided: Vec<usize>,
}

/// What was heard of a call.
pub struct Heard {
    pub trace: Trace,
    pub elapsed: Duration,
    /// Until the first piece of the try that counts.
    pub first: Option<Duration>,
    pub voided: Vec<usize>,
}

impl<'a> Recorder<'a> {
    #[must_use]
    pub fn start(tap: &'a Tap, turnstile: &'a Turnstile, agent: AgentId, kind: CallKind) -> Self {
        tap.begin(agent, title(kind));
        let started = Instant::now();
        Recorder { tap, turnstile, agent, kind, started, trace: Trace::default(), first: None, voided: vec![] }
    }

    pub fn hear(&mut self, chunk: Chunk) {
        match chunk {
            Chunk::Reasoning(text) => self.piece(Stream::Reasoning, &text),
            Chunk::Output(text) => self.piece(Stream::Output, &text),
            Chunk::Waiting(wait) => self.wait(wait),
        }
    }

    fn piece(&mut self, stream: Stream, text: &str) {
        let at = self.started.elapsed();
        self.first.get_or_insert(at);
        match stream {
            Stream::Reasoning => self.trace.reasoning.push_str(text),
            Stream::Output => self.trace.text.push_str(text),
        }
        self.trace.pieces.push(Piece { at_ms: at.as_millis() as u64, stream, bytes: text.len() });
        if self.trace.pieces.len() == 1 && !self.trace.tries.is_empty() {
            self.tap.phase(self.agent, Phase::Thinking(self.kind));
        }
        self.tap.text(self.agent, stream, text);
        self.turnstile.see(self.agent, Duration::ZERO);
    }

    /// What streamed before is void; the next try starts from nothing.
    fn wait(&mut self, Wait { why, wait }: Wait) {
        if !self.trace.pieces.is_empty() {
            self.voided.push(self.trace.text.chars().count() + self.trace.reasoning.chars().count());
        }
        let tries = std::mem::take(&mut self.trace).tries;
        self.trace.tries = tries;
        self.first = None;
        let at_ms = self.started.elapsed().as_millis() as u64;
        let wait_ms = wait.as_millis() as u64;
        self.tap.phase(self.agent, Phase::TriesAgain { why: why.clone(), until: now() + wait_ms as i64 });
        self.tap.begin(self.agent, format!("{} again: {why}", title(self.kind)));
        self.turnstile.see(self.agent, wait);
        self.trace.tries.push(Try { at_ms, why, wait_ms });
    }

    #[must_use]
    pub fn finish(self) -> Heard {
        Heard { trace: self.trace, elapsed: self.started.elapsed(), first: self.first, voided: self.voided }
    }
}

fn title(kind: CallKind) -> String {
    format!("{} {kind}", kind.letter())
}
