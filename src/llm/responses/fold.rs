//! Folding the events of one response into a reply, and telling a whole reply from half of one.

use serde_json::Value;

use crate::llm::{
    CallError, Chunk, Reply, Tokens, failure,
    wire::{self, OnChunk},
};

/// One response as far as it has come.
#[derive(Debug, Default)]
pub struct Fold {
    reply: Reply,
    events: usize,
    /// The text of the refusal, as far as it has come.
    refusal: String,
    end: End,
}

/// How the response ended.
#[derive(Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    NotYet,
    Completed,
    /// Cut short, for this reason in the server's word.
    Incomplete(String),
}

impl wire::Fold for Fold {
    fn events(&self) -> usize {
        self.events
    }

    /// The event that ends a response carries its counts.
    fn is_stopped(&self) -> bool {
        self.is_done()
    }

    fn is_done(&self) -> bool {
        self.end != End::NotYet
    }

    fn event(&mut self, data: &str, on_chunk: OnChunk<'_>) -> Result<(), CallError> {
        let data = data.trim();
        // Some proxies end every stream as they end the other wire's.
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let value: Value = serde_json::from_str(data).map_err(|_| failure::garbled(data))?;
        self.events += 1;
        let piece = || value.get("delta").and_then(Value::as_str).unwrap_or_default().to_owned();
        match value.get("type").and_then(Value::as_str) {
            Some("response.output_text.delta") => self.keep(Chunk::Output(piece()), on_chunk),
            Some("response.reasoning_summary_text.delta" | "response.reasoning_text.delta") => {
                self.keep(Chunk::Reasoning(piece()), on_chunk);
            }
            // Sections of a summary begin with a title each.
            Some("response.reasoning_summary_part.added") if !self.reply.reasoning.is_empty() => {
                self.keep(Chunk::Reasoning("\n\n".to_owned()), on_chunk);
            }
            Some("response.refusal.delta") => self.refusal.push_str(&piece()),
            Some("response.completed" | "response.incomplete" | "response.failed") => {
                let response = value.get("response").unwrap_or(&Value::Null);
                // Some proxies stream nothing but this.
                if self.reply.text.is_empty() {
                    self.items(response, on_chunk);
                }
                self.ended(response)?;
            }
            // Its message and code stand in the event itself.
            Some("error") if value.get("error").is_none() => {
                return Err(
                    failure::in_reply(&serde_json::json!({ "error": value })).unwrap_or_else(|| failure::garbled(data))
                );
            }
            _ => failure::in_reply(&value).map_or(Ok(()), Err)?,
        }
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
        if !value.get("output").is_some_and(Value::is_array) {
            return Err(CallError::Refused(format!("the answer is no response but {}", failure::detail(body))));
        }
        self.events += 1;
        self.items(&value, on_chunk);
        self.ended(&value)
    }

    fn finish(self, broken: Option<String>, max_tokens: u32, _: OnChunk<'_>) -> Result<Reply, CallError> {
        if self.is_done() && !self.refusal.is_empty() {
            return Err(CallError::Refused(format!("the model declined: {}", failure::detail(&self.refusal))));
        }
        let empty = self.reply.text.trim().is_empty();
        match (self.end, broken) {
            (End::Incomplete(why), _) if why == "content_filter" => {
                Err(CallError::Refused("the provider's filter stopped the reply".into()))
            }
            (End::Incomplete(why), _) if why == "max_output_tokens" && empty => Err(failure::used_up(max_tokens)),
            (End::Incomplete(why), _) if why == "max_output_tokens" => Ok(self.reply),
            (End::Incomplete(why), _) => Err(CallError::Transient(format!("the reply was cut short: {why}"))),
            (End::Completed, _) => Ok(self.reply),
            (End::NotYet, Some(why)) => Err(CallError::Transient(why)),
            (End::NotYet, None) => Err(failure::half(self.events)),
        }
    }
}

impl Fold {
    fn keep(&mut self, chunk: Chunk, on_chunk: OnChunk<'_>) {
        if chunk != Chunk::Output(String::new()) && chunk != Chunk::Reasoning(String::new()) {
            self.reply.take(&chunk);
            on_chunk(chunk);
        }
    }

    /// Takes what of a whole response has not been streamed.
    fn items(&mut self, response: &Value, on_chunk: OnChunk<'_>) {
        let (thought_is_known, refusal_is_known) = (!self.reply.reasoning.is_empty(), !self.refusal.is_empty());
        for item in response.get("output").and_then(Value::as_array).into_iter().flatten() {
            let parts = ["summary", "content"].iter().filter_map(|name| item.get(name)?.as_array()).flatten();
            for part in parts {
                let text = |name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                match part.get("type").and_then(Value::as_str) {
                    Some("output_text") => self.keep(Chunk::Output(text("text")), on_chunk),
                    Some("summary_text" | "reasoning_text") if !thought_is_known => {
                        self.keep(Chunk::Reasoning(text("text")), on_chunk);
                    }
                    Some("refusal") if !refusal_is_known => self.refusal.push_str(&text("refusal")),
                    _ => {}
                }
            }
        }
    }

    /// Takes the response as it is at its end.
    fn ended(&mut self, response: &Value) -> Result<(), CallError> {
        if let Some(error) = failure::in_reply(response) {
            return Err(error);
        }
        self.reply.tokens = response.get("usage").and_then(usage);
        let reason = response.pointer("/incomplete_details/reason").and_then(Value::as_str);
        self.end = match response.get("status").and_then(Value::as_str) {
            Some("incomplete") => End::Incomplete(reason.unwrap_or("no reason given").to_owned()),
            Some("failed" | "cancelled") => {
                return Err(CallError::Transient("the model failed in the middle of its reply".into()));
            }
            _ => End::Completed,
        };
        Ok(())
    }
}

/// Cached input is part of the input and thought is part of the output, as the server counts them.
fn usage(usage: &Value) -> Option<Tokens> {
    let count = |place: &str| usage.pointer(place).and_then(Value::as_u64);
    let tokens = Tokens {
        input: count("/input_tokens")?,
        cached: count("/input_tokens_details/cached_tokens").unwrap_or(0),
        cache_write: 0,
        output: count("/output_tokens")?,
        reasoning: count("/output_tokens_details/reasoning_tokens").unwrap_or(0),
    };
    Some(tokens.sound())
}

#[cfg(test)]
mod tests {
    use super::{wire::Fold as _, *};

    fn fold(events: &[&str]) -> Result<Reply, CallError> {
        let mut fold = Fold::default();
        events.iter().try_for_each(|event| fold.event(event, &mut |_| {}))?;
        fold.finish(None, 9, &mut |_| {})
    }

    const TEXT: &str = r#"{"type":"response.output_text.delta","delta":"half"}"#;
    const PART: &str = r#"{"type":"response.reasoning_summary_part.added"}"#;
    const THOUGHT: &str = r#"{"type":"response.reasoning_summary_text.delta","delta":"hm"}"#;
    const REFUSAL: &str = r#"{"type":"response.refusal.delta","delta":"no, I will not"}"#;
    const DONE: &str = r#"{"type":"response.completed","response":{"status":"completed","error":null,"usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":3}}}}"#;

    fn incomplete(reason: &str) -> String {
        format!(
            r#"{{"type":"response.incomplete","response":{{"status":"incomplete","incomplete_details":{{"reason":"{reason}"}}}}}}"#
        )
    }

    #[test]
    fn only_its_last_event_makes_a_reply_whole() {
        assert!(matches!(fold(&[]), Err(CallError::Transient(why)) if why.contains("empty")));
        assert!(matches!(fold(&[TEXT, "[DONE]"]), Err(CallError::Transient(why)) if why.contains("in the middle")));
        let reply = fold(&[PART, THOUGHT, PART, THOUGHT, TEXT, DONE]).unwrap();
        assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("hm\n\nhm", "half"));
        assert_eq!(reply.tokens, Some(Tokens { input: 7, cached: 4, cache_write: 0, output: 5, reasoning: 3 }));
    }

    #[test]
    fn what_stands_in_the_last_event_alone_is_taken_and_nothing_twice() {
        let output =
            r#"[{"summary":[{"type":"summary_text","text":"hm"}]},{"content":[{"type":"output_text","text":"all"}]}]"#;
        let last = format!(r#"{{"type":"response.completed","response":{{"status":"completed","output":{output}}}}}"#);
        for (events, text) in [(vec![last.as_str()], "all"), (vec![THOUGHT, &last], "all"), (vec![TEXT, &last], "half")]
        {
            let reply = fold(&events).unwrap();
            assert_eq!(reply.text, text);
            assert!(reply.reasoning == "hm" || text == "half");
        }
    }

    #[test]
    fn why_a_reply_is_incomplete_is_told() {
        let error = |events: &[&str]| fold(events).unwrap_err().to_string();
        assert!(error(&[THOUGHT, &incomplete("max_output_tokens")]).contains("9 tokens"));
        assert_eq!(fold(&[TEXT, &incomplete("max_output_tokens")]).unwrap().text, "half");
        assert!(error(&[TEXT, &incomplete("content_filter")]).contains("filter"));
        assert!(error(&[REFUSAL, DONE]).contains("declined: no, I will not"));
    }

    #[test]
    fn failures_are_told_apart() {
        let failed = |code: &str| {
            let error = format!(r#"{{"status":"failed","error":{{"code":"{code}","message":"why"}}}}"#);
            fold(&[TEXT, &format!(r#"{{"type":"response.failed","response":{error}}}"#)]).unwrap_err()
        };
        assert!(matches!(failed("server_error"), CallError::Transient(why) if why == "the server reports: why"));
        assert!(matches!(failed("rate_limit_exceeded"), CallError::Busy { .. }));
        assert!(matches!(failed("context_length_exceeded"), CallError::TooLong(_)));
        assert!(matches!(failed("insufficient_quota"), CallError::Refused(_)));
        let flat = |code: &str| fold(&[&format!(r#"{{"type":"error","code":"{code}","message":"why"}}"#)]).unwrap_err();
        assert!(matches!(flat("server_error"), CallError::Transient(why) if why == "the server reports: why"));
        assert!(matches!(flat("invalid_request_error"), CallError::Refused(_)));
        assert!(matches!(fold(&["{not json"]), Err(CallError::Transient(_))));
    }
}
