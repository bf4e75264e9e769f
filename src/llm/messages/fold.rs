//! Folding the events of one message into a reply, and telling a whole reply from half of one.

use serde_json::Value;

use crate::llm::{
    CallError, Chunk, Reply, Tokens, failure,
    wire::{self, OnChunk},
};

/// One message as far as it has come.
#[derive(Debug, Default)]
pub struct Fold {
    reply: Reply,
    counts: Counts,
    events: usize,
    /// Why the model stopped, in the server's word.
    stopped: Option<String>,
    /// The stream said that it is over.
    done: bool,
}

impl wire::Fold for Fold {
    fn events(&self) -> usize {
        self.events
    }

    fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn event(&mut self, data: &str, on_chunk: OnChunk<'_>) -> Result<(), CallError> {
        let data = data.trim();
        if data.is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_str(data).map_err(|_| failure::garbled(data))?;
        let part = |name: &str| value.get(name).unwrap_or(&Value::Null);
        match part("type").as_str() {
            Some("ping") => return Ok(()),
            Some("message_start") => self.message(part("message"), on_chunk),
            Some("content_block_start") => self.block(part("content_block"), on_chunk),
            Some("content_block_delta") => self.block(part("delta"), on_chunk),
            Some("message_delta") => {
                self.counts.take(part("usage"), Stage::Last);
                self.stop(part("delta"));
            }
            Some("message_stop") => self.done = true,
            // An error, from whichever layer; kinds of event that are yet to come say nothing to us.
            _ => failure::in_reply(&value).map_or(Ok(()), Err)?,
        }
        self.events += 1;
        Ok(())
    }

    fn whole(&mut self, body: &str, on_chunk: OnChunk<'_>) -> Result<(), CallError> {
        if body.trim().is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_str(body).map_err(|_| failure::no_reply(body))?;
        if let Some(error) = failure::in_reply(&value) {
            return Err(error);
        }
        if !value.get("content").is_some_and(Value::is_array) {
            return Err(CallError::Refused(format!("the answer is no message but {}", failure::detail(body))));
        }
        self.events += 1;
        self.message(&value, on_chunk);
        self.counts.take(value.get("usage").unwrap_or(&Value::Null), Stage::Last);
        // One object has no second half.
        self.done = true;
        Ok(())
    }

    fn finish(mut self, broken: Option<String>, max_tokens: u32, _: OnChunk<'_>) -> Result<Reply, CallError> {
        self.reply.tokens = self.counts.tokens();
        let empty = self.reply.text.trim().is_empty();
        match (self.stopped.as_deref(), broken) {
            (Some("refusal"), _) => Err(CallError::Refused("the model declined to answer".into())),
            (Some("max_tokens"), _) if empty => Err(failure::used_up(max_tokens)),
            (Some("model_context_window_exceeded"), _) if empty => {
                Err(CallError::TooLong("the request fills the model's context, with no room for a reply".into()))
            }
            (Some(_), _) => Ok(self.reply),
            (None, Some(why)) => Err(CallError::Transient(why)),
            (None, None) if self.done => Ok(self.reply),
            (None, None) => Err(failure::half(self.events)),
        }
    }
}

impl Fold {
    /// A message, whole or at its start.
    fn message(&mut self, message: &Value, on_chunk: OnChunk<'_>) {
        self.counts.take(message.get("usage").unwrap_or(&Value::Null), Stage::First);
        for block in message.get("content").and_then(Value::as_array).into_iter().flatten() {
            self.block(block, on_chunk);
        }
        self.stop(message);
    }

    /// A block or a piece of one. Signatures and redacted thought are for the server alone, and stay in the record.
    fn block(&mut self, block: &Value, on_chunk: OnChunk<'_>) {
        let text = |name: &str| block.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let chunk = match block.get("type").and_then(Value::as_str) {
            Some("text" | "text_delta") => text("text").map(|text| Chunk::Output(text.to_owned())),
            Some("thinking" | "thinking_delta") => text("thinking").map(|text| Chunk::Reasoning(text.to_owned())),
            _ => None,
        };
        if let Some(chunk) = chunk {
            self.reply.take(&chunk);
            on_chunk(chunk);
        }
    }

    fn stop(&mut self, place: &Value) {
        if let Some(stopped) = place.get("stop_reason").and_then(Value::as_str) {
            self.stopped = Some(stopped.to_owned());
        }
    }
}

/// Whether counts came with the first event or the last: what a message has cost is known only at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Last,
}

/// What the server counted so far. Each count only grows, and proxies leave out or zero what they said before.
#[derive(Debug, Default)]
struct Counts {
    input: Option<u64>,
    cache_read: u64,
    cache_written: u64,
    output: Option<u64>,
}

impl Counts {
    fn take(&mut self, usage: &Value, stage: Stage) {
        let count = |name: &str| usage.get(name).and_then(Value::as_u64);
        self.input = self.input.max(count("input_tokens"));
        self.cache_read = self.cache_read.max(count("cache_read_input_tokens").unwrap_or(0));
        self.cache_written = self.cache_written.max(count("cache_creation_input_tokens").unwrap_or(0));
        if stage == Stage::Last {
            self.output = self.output.max(count("output_tokens"));
        }
    }

    /// Input is all that the model read: sent anew, written to the cache or read from it.
    fn tokens(&self) -> Option<Tokens> {
        let input = self.input?.saturating_add(self.cache_read).saturating_add(self.cache_written);
        // Thought is part of the output, and not told apart.
        let tokens = Tokens {
            input,
            cached: self.cache_read,
            cache_write: self.cache_written,
            output: self.output?,
            reasoning: 0,
        };
        Some(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::{wire::Fold as _, *};

    fn fold(events: &[&str]) -> Result<Reply, CallError> {
        let mut fold = Fold::default();
        events.iter().try_for_each(|event| fold.event(event, &mut |_| {}))?;
        fold.finish(None, 9, &mut |_| {})
    }

    const START: &str = r#"{"type":"message_start","message":{"content":[],"usage":{"input_tokens":5,"output_tokens":1,"cache_read_input_tokens":70,"cache_creation_input_tokens":200}}}"#;
    const TEXT: &str = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"half"}}"#;
    const THOUGHT: &str = r#"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}"#;
    const SIGNED: &str = r#"{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"EqQB"}}"#;
    const STOP: &str = r#"{"type":"message_stop"}"#;

    fn stopped(reason: &str, usage: &str) -> String {
        format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}},"usage":{usage}}}"#)
    }

    #[test]
    fn half_a_reply_is_no_reply() {
        assert!(matches!(fold(&[]), Err(CallError::Transient(why)) if why.contains("empty")));
        assert!(matches!(fold(&[START, TEXT]), Err(CallError::Transient(why)) if why.contains("in the middle")));
        assert_eq!(fold(&[START, TEXT, STOP]).unwrap().text, "half");
        assert_eq!(fold(&[START, TEXT, &stopped("end_turn", "null")]).unwrap().text, "half");
    }

    #[test]
    fn thought_is_told_apart_and_signatures_are_no_text() {
        let reply = fold(&[START, THOUGHT, SIGNED, TEXT, r#"{"type":"news"}"#, STOP]).unwrap();
        assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("hm", "half"));
    }

    #[test]
    fn input_counts_what_was_read_from_the_cache_and_written_to_it() {
        let tokens = |events: &[&str]| fold(events).unwrap().tokens;
        let counted =
            |input, cached, cache_write, output| Some(Tokens { input, cached, cache_write, output, reasoning: 0 });
        let end = stopped("end_turn", r#"{"output_tokens":12}"#);
        assert_eq!(tokens(&[START, TEXT, &end, STOP]), counted(275, 70, 200, 12));
        // The count at the start is no count of the reply.
        assert_eq!(tokens(&[START, TEXT, STOP]), None);
        let proxy = stopped("end_turn", r#"{"input_tokens":9,"cache_read_input_tokens":0,"output_tokens":3}"#);
        assert_eq!(tokens(&[TEXT, &proxy, STOP]), counted(9, 0, 0, 3));
        assert_eq!(tokens(&[START, &proxy, STOP]), counted(279, 70, 200, 3));
    }

    #[test]
    fn why_the_model_stopped_is_told() {
        let error = |reason: &str| fold(&[START, THOUGHT, &stopped(reason, "{}")]).unwrap_err().to_string();
        assert!(error("max_tokens").contains("9 tokens"));
        assert!(error("refusal").contains("declined"));
        let full = fold(&[START, THOUGHT, &stopped("model_context_window_exceeded", "{}")]).unwrap_err();
        assert!(matches!(full, CallError::TooLong(why) if why.contains("context")));
        assert_eq!(fold(&[TEXT, &stopped("max_tokens", "{}")]).unwrap().text, "half");
    }

    #[test]
    fn errors_in_a_stream_are_told_apart() {
        let error = |kind: &str| {
            let event = format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"why"}}}}"#);
            fold(&[START, TEXT, &event]).unwrap_err()
        };
        for busy in ["overloaded_error", "rate_limit_error"] {
            assert!(matches!(error(busy), CallError::Busy { why, .. } if why == "the server reports: why"));
        }
        for passing in ["api_error", "timeout_error"] {
            assert!(matches!(error(passing), CallError::Transient(why) if why == "the server reports: why"));
        }
        assert!(matches!(error("request_too_large"), CallError::TooLong(_)));
        for lasting in ["invalid_request_error", "authentication_error", "billing_error"] {
            assert!(matches!(error(lasting), CallError::Refused(why) if why == "the server reports: why"));
        }
        assert!(matches!(fold(&[START, "{not json"]), Err(CallError::Transient(_))));
    }
}
