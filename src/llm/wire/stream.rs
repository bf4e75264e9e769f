//! Reading one answer from the socket to its end: bytes to events to a fold. Knows no wire format.

use std::{
    future::ready,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
use reqwest::Response;
use sse_stream::{Sse, SseByteStream};
use tokio::time::{Instant, timeout_at};

use super::{Fold, OnChunk};
use crate::llm::{
    CallError, Reply,
    http::{self, Patience},
    mask::Mask,
};

/// A reply that is longer than this many bytes on the wire is no reply.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// How long the counts of a reply that is whole are waited for.
const COUNTS: Duration = Duration::from_secs(10);

/// What can go wrong while a body comes in.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("{0}")]
    Broke(String),
    #[error("the reply is longer than {} MiB", MOST_BYTES / 1024 / 1024)]
    TooLong,
}

/// How to read one answer.
pub struct Reading<'a> {
    /// What the fold must not see.
    pub mask: &'a Mask,
    pub patience: Patience,
    /// When the request was sent.
    pub began: Instant,
    /// The cap that the request named.
    pub max_tokens: u32,
}

impl Reading<'_> {
    /// The reply in the body of `response`, with the bytes it came in.
    ///
    /// # Errors
    /// When no whole reply came; see [`Fold::finish`].
    pub async fn read<F: Fold>(&self, response: Response, on_chunk: OnChunk<'_>) -> Result<Reply, CallError> {
        let mut received = Vec::new();
        let mut fold = F::default();
        let watch = Watch::new(self.patience, self.began);
        let pieces = response.bytes_stream().map(|piece| {
            let piece = piece.map_err(|error| BodyError::Broke(http::sentence(error, self.patience)))?;
            watch.heard();
            received.extend_from_slice(&piece);
            if received.len() > MOST_BYTES { Err(BodyError::TooLong) } else { Ok(piece) }
        });
        // Servers forget the blank line behind the last event.
        let end = stream::once(ready(Ok("\n\n".into())));
        let mut events = SseByteStream::new(Box::pin(pieces.chain(end)));
        let broken = self.drain(&mut events, &mut fold, &watch, on_chunk).await?;
        drop(events);
        if fold.events() == 0 && broken.is_none() {
            // A server that does not stream answers with one object, which has no event in it.
            fold.whole(&self.mask.text(&String::from_utf8_lossy(&received)), on_chunk)?;
        }
        let reply = fold.finish(broken, self.max_tokens, on_chunk)?;
        Ok(Reply { received, ..reply })
    }

    /// Folds events until the stream is over. Gives why it broke off, if it did.
    async fn drain<E>(
        &self,
        events: &mut E,
        fold: &mut impl Fold,
        watch: &Watch,
        on_chunk: OnChunk<'_>,
    ) -> Result<Option<String>, CallError>
    where
        E: Stream<Item = Result<Sse, sse_stream::Error>> + Unpin + Send,
    {
        let mut word = Word::NotYet;
        while !fold.is_done() {
            let deadline = watch.deadline(word);
            let event = match timeout_at(deadline, events.next()).await {
                Ok(Some(Ok(event))) => event,
                Ok(Some(Err(sse_stream::Error::Body(body)))) => return Ok(Some(body.to_string())),
                Ok(Some(Err(error))) => return Ok(Some(format!("the stream is garbled ({error})"))),
                Ok(None) => break,
                // A sign of life has moved it.
                Err(_) if watch.deadline(word) > deadline => continue,
                Err(_) => return Ok(Some(watch.late(word))),
            };
            let Some(data) = event.data else { continue };
            let before = fold.events();
            let mut spoke = false;
            fold.event(&self.mask.text(&data), &mut |chunk| {
                spoke = true;
                on_chunk(chunk);
            })?;
            let now = Instant::now();
            word = match word {
                _ if fold.events() == before => word,
                _ if fold.is_stopped() => Word::Stopped(now),
                Word::NotYet if !spoke => Word::NotYet,
                _ => Word::At(now),
            };
        }
        Ok(None)
    }
}

/// How far the model has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// It has said nothing yet.
    NotYet,
    /// It said something last at this moment.
    At(Instant),
    /// It stopped at this moment, and only its counts may come.
    Stopped(Instant),
}

/// How long to wait for the next word. Pings and comments are signs of life and no words.
struct Watch {
    patience: Patience,
    began: Instant,
    /// When bytes came last, in microseconds since it began; 0 when none did.
    heard: AtomicU64,
}

impl Watch {
    fn new(patience: Patience, began: Instant) -> Self {
        Watch { patience, began, heard: AtomicU64::new(0) }
    }

    fn heard(&self) {
        self.heard.store(self.began.elapsed().as_micros() as u64, Ordering::Relaxed);
    }

    fn last_heard(&self) -> Instant {
        self.began + Duration::from_micros(self.heard.load(Ordering::Relaxed))
    }

    fn deadline(&self, word: Word) -> Instant {
        let Patience { first, silence, .. } = self.patience;
        match word {
            Word::NotYet => self.began + first,
            Word::At(then) => (self.last_heard().max(then) + silence).min(then + first.max(silence)),
            Word::Stopped(then) => then + COUNTS.min(silence),
        }
    }

    /// Why the wait is over.
    fn late(&self, word: Word) -> String {
        let Patience { first, silence, .. } = self.patience;
        match word {
            Word::NotYet if self.heard.load(Ordering::Relaxed) == 0 => silent(first, BEFORE),
            Word::NotYet => alive(first, BEFORE),
            Word::At(then) | Word::Stopped(then) if self.last_heard().max(then) + silence <= Instant::now() => {
                silent(silence, AFTER)
            }
            _ => alive(first.max(silence), AFTER),
        }
    }
}

pub const BEFORE: &str = "before its first word";
const AFTER: &str = "in the middle of the reply";

pub fn silent(wait: Duration, place: &str) -> String {
    format!("the server was silent for {wait:?} {place}")
}

fn alive(wait: Duration, place: &str) -> String {
    format!("the server gave nothing but signs of life for {wait:?} {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn each_wait_has_its_own_length_and_is_named() {
        let patience = Patience { connect: SECOND, first: 60 * SECOND, silence: 20 * SECOND };
        let watch = Watch::new(patience, Instant::now());
        let after = |word| watch.deadline(word) - Instant::now();
        assert_eq!(after(Word::NotYet), 60 * SECOND);
        assert_eq!(watch.late(Word::NotYet), "the server was silent for 60s before its first word");

        tokio::time::advance(5 * SECOND).await;
        watch.heard();
        assert_eq!(after(Word::NotYet), 55 * SECOND, "a sign of life is no word");
        let alive = "the server gave nothing but signs of life for 60s before its first word";
        assert_eq!(watch.late(Word::NotYet), alive);

        let said = Word::At(Instant::now());
        assert_eq!(after(said), 20 * SECOND);
        tokio::time::advance(15 * SECOND).await;
        watch.heard();
        assert_eq!(after(said), 20 * SECOND, "a sign of life keeps the connection");
        tokio::time::advance(20 * SECOND).await;
        assert_eq!(watch.late(said), "the server was silent for 20s in the middle of the reply");
        watch.heard();
        tokio::time::advance(10 * SECOND).await;
        watch.heard();
        assert_eq!(after(said), 15 * SECOND, "but not for ever");
        assert_eq!(watch.late(said), "the server gave nothing but signs of life for 60s in the middle of the reply");
        assert_eq!(after(Word::Stopped(Instant::now())), COUNTS);
    }
}
