//! Reading one answer from the socket to its end: bytes to events to a fold. Knows no wire format.

use std::{future::ready, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use reqwest::Response;
use sse_stream::{Sse, SseByteStream};
use tokio::time::{Instant, timeout_at};

use super::{Fold, OnChunk};
use crate::llm::{CallError, Reply, http};

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

/// The reply in the body of `response`, with the bytes it came in. `silence` is the longest wait for the next event
/// that says something.
///
/// # Errors
/// When no whole reply came; see [`Fold::finish`].
pub async fn read<F: Fold>(
    response: Response,
    silence: Duration,
    max_tokens: u32,
    on_chunk: OnChunk<'_>,
) -> Result<Reply, CallError> {
    let mut received = Vec::new();
    let mut fold = F::default();
    let pieces = response.bytes_stream().map(|piece| {
        let piece = piece.map_err(|error| BodyError::Broke(http::sentence(error)))?;
        received.extend_from_slice(&piece);
        if received.len() > MOST_BYTES { Err(BodyError::TooLong) } else { Ok(piece) }
    });
    // Servers forget the blank line behind the last event.
    let end = stream::once(ready(Ok("\n\n".into())));
    let mut events = SseByteStream::new(Box::pin(pieces.chain(end)));
    let broken = drain(&mut events, &mut fold, silence, on_chunk).await?;
    drop(events);
    if fold.events() == 0 && broken.is_none() {
        // A server that does not stream answers with one object, which has no event in it.
        fold.whole(&String::from_utf8_lossy(&received), on_chunk)?;
    }
    let reply = fold.finish(broken, max_tokens, on_chunk)?;
    Ok(Reply { received, ..reply })
}

/// Folds events until the stream is over. Gives why it broke off, if it did.
async fn drain<E>(
    events: &mut E,
    fold: &mut impl Fold,
    silence: Duration,
    on_chunk: OnChunk<'_>,
) -> Result<Option<String>, CallError>
where
    E: Stream<Item = Result<Sse, sse_stream::Error>> + Unpin + Send,
{
    // Comments and pings keep a connection alive, but they are no progress.
    let mut deadline = Instant::now() + silence;
    while !fold.is_done() {
        let event = match timeout_at(deadline, events.next()).await {
            Ok(Some(Ok(event))) => event,
            Ok(Some(Err(sse_stream::Error::Body(body)))) => return Ok(Some(body.to_string())),
            Ok(Some(Err(error))) => return Ok(Some(format!("the stream is garbled ({error})"))),
            Ok(None) => break,
            Err(_) => return Ok(Some(format!("nothing but signs of life came for {silence:?}"))),
        };
        let Some(data) = event.data else { continue };
        let before = fold.events();
        fold.event(&data, on_chunk)?;
        if fold.events() > before {
            deadline = Instant::now() + if fold.is_stopped() { COUNTS.min(silence) } else { silence };
        }
    }
    Ok(None)
}
