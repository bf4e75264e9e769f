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
}

/// What was heard of a call.
pub struct Heard {
    pub trace: Trace,
    pub elapsed: Duration,
    /// Until the first piece of the try that counts.
    pub first: Option<Duration>,
}

impl<'a> Recorder<'a> {
    #[must_use]
    pub fn start(tap: &'a Tap, turnstile: &'a Turnstile, agent: AgentId, kind: CallKind) -> Self {
        tap.begin(agent, title(kind));
        let started = Instant::now();
        Recorder { tap, turnstile, agent, kind, started, trace: Trace::default(), first: None }
    }

    /// Gives back the wait after a try that broke off when it had begun to answer: what it wrote may be charged, so
    /// another try is another call.
    #[must_use]
    pub fn hear(&mut self, chunk: Chunk) -> Option<Wait> {
        match chunk {
            Chunk::Reasoning(text) => self.piece(Stream::Reasoning, &text),
            Chunk::Output(text) => self.piece(Stream::Output, &text),
            Chunk::Waiting(wait) if !self.trace.pieces.is_empty() => return Some(wait),
            Chunk::Waiting(wait) => self.wait(wait),
        }
        None
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

    fn wait(&mut self, wait: Wait) {
        let at_ms = self.started.elapsed().as_millis() as u64;
        announce(self.tap, self.agent, self.kind, &wait);
        self.turnstile.see(self.agent, wait.wait);
        let Wait { why, wait } = wait;
        self.trace.tries.push(Try { at_ms, why, wait_ms: wait.as_millis() as u64 });
    }

    #[must_use]
    pub fn finish(self) -> Heard {
        Heard { trace: self.trace, elapsed: self.started.elapsed(), first: self.first }
    }
}

/// Shows what a call waits for before it is tried again.
pub fn announce(tap: &Tap, agent: AgentId, kind: CallKind, Wait { why, wait }: &Wait) {
    tap.phase(agent, Phase::TriesAgain { why: why.clone(), until: now() + wait.as_millis() as i64 });
    tap.begin(agent, format!("{} again: {why}", title(kind)));
}

fn title(kind: CallKind) -> String {
    format!("{} {kind}", kind.letter())
}
