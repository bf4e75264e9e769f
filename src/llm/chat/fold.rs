//! Folding the pieces of one completion into a reply, and telling a whole reply from half of one.

use serde_json::Value;

use crate::llm::{
    CallError, Chunk, Reply, Tokens, failure,
    think::ThinkTags,
    wire::{self, OnChunk},
};

/// One completion as far as it has come.
#[derive(Debug, Default)]
pub struct Fold {
    reply: Reply,
    tags: ThinkTags,
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
        self.events += 1;
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let value = serde_json::from_str(data).map_err(|_| failure::garbled(data))?;
        self.piece(&value, on_chunk)
    }

    fn whole(&mut self, body: &str, on_chunk: OnChunk<'_>) -> Result<(), CallError> {
        if body.trim().is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_str(body).map_err(|_| failure::no_reply(body))?;
        self.events += 1;
        self.piece(&value, on_chunk)?;
        // One object has no second half.
        self.done = true;
        match value.get("choices").and_then(Value::as_array).is_some_and(|choices| !choices.is_empty()) {
            true => Ok(()),
            false => Err(CallError::Refused(format!("the answer is no completion but {}", failure::detail(body)))),
        }
    }

    /// A completion without content is an empty reply (METHOD §4.4).
    fn finish(mut self, broken: Option<String>, max_tokens: u32, on_chunk: OnChunk<'_>) -> Result<Reply, CallError> {
        if let Some(chunk) = self.tags.finish() {
            self.keep(chunk, on_chunk);
        }
        // Some templates open the thought in the request, so that the reply only closes it; it is known by then alone.
        if self.reply.reasoning.is_empty()
            && let Some((thought, text)) = self.reply.text.split_once("</think>")
        {
            (self.reply.reasoning, self.reply.text) = (thought.trim().to_owned(), text.trim_start().to_owned());
        }
        match (self.stopped.as_deref(), broken) {
            (Some("content_filter"), _) => Err(CallError::Refused("the provider's filter stopped the reply".into())),
            (Some("error" | "abort"), _) => {
                Err(CallError::Transient("the model failed in the middle of its reply".into()))
            }
            (Some("insufficient_system_resource"), _) => {
                let why = "the server ran out of room in the middle of the reply".into();
                Err(CallError::Busy { why, retry_after: None })
            }
            (Some("length" | "model_length"), _) if self.reply.text.trim().is_empty() => {
                Err(failure::used_up(max_tokens))
            }
            (Some(_), _) => Ok(self.reply),
            (None, Some(why)) => Err(CallError::Transient(why)),
            (None, None) if self.done => Ok(self.reply),
            (None, None) => Err(failure::half(self.events)),
        }
    }
}

impl Fold {
    fn piece(&mut self, value: &Value, on_chunk: OnChunk<'_>) -> Result<(), CallError> {
        if let Some(error) = failure::in_reply(value) {
            return Err(error);
        }
        // One server has the counts of a stream in a place of its own.
        let counts = value.get("usage").filter(|counts| !counts.is_null()).or_else(|| value.pointer("/x_groq/usage"));
        if let Some(tokens) = counts.and_then(usage) {
            self.reply.tokens = Some(tokens);
        }
        let Some(choice) = value.get("choices").and_then(|choices| choices.get(0)) else { return Ok(()) };
        if let Some(error) = failure::in_reply(choice) {
            return Err(error);
        }
        let message = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        let thought = ["reasoning_content", "reasoning"].iter().find_map(|key| message.get(key)?.as_str());
        if let Some(thought) = thought.filter(|thought| !thought.is_empty()) {
            self.keep(Chunk::Reasoning(thought.to_owned()), on_chunk);
        }
        for text in texts(message.get("content").or_else(|| choice.get("text"))) {
            for chunk in self.tags.push(text) {
                self.keep(chunk, on_chunk);
            }
        }
        if let Some(refusal) = message.get("refusal").and_then(Value::as_str).filter(|text| !text.is_empty()) {
            return Err(CallError::Refused(format!("the model declined: {}", failure::detail(refusal))));
        }
        if let Some(stopped) = choice.get("finish_reason").and_then(Value::as_str) {
            self.stopped = Some(stopped.to_owned());
        }
        Ok(())
    }

    fn keep(&mut self, chunk: Chunk, on_chunk: OnChunk<'_>) {
        self.reply.take(&chunk);
        on_chunk(chunk);
    }
}

fn usage(usage: &Value) -> Option<Tokens> {
    let count = |place: &str| usage.pointer(place).and_then(Value::as_u64);
    let (input, output) = (count("/prompt_tokens")?, count("/completion_tokens")?);
    let cached = count("/prompt_tokens_details/cached_tokens").or_else(|| count("/prompt_cache_hit_tokens"));
    let cache_write =
        count("/prompt_tokens_details/cache_write_tokens").or_else(|| count("/cache_creation_input_tokens"));
    // Some servers count thought in the total alone.
    let rest = count("/total_tokens").and_then(|total| total.checked_sub(input)).unwrap_or(0);
    let thought = count("/completion_tokens_details/reasoning_tokens").unwrap_or(rest.saturating_sub(output));
    let tokens = Tokens {
        input,
        cached: cached.unwrap_or(0),
        cache_write: cache_write.unwrap_or(0),
        output: output.max(rest),
        reasoning: thought,
    };
    Some(tokens.sound())
}

/// The text of a content: a string, or the text parts of a list.
fn texts(content: Option<&Value>) -> Vec<&str> {
    match content {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => vec![],
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

    const TEXT: &str = r#"{"choices":[{"delta":{"content":"half"}}]}"#;

    #[test]
    fn half_a_reply_is_no_reply() {
        assert!(matches!(fold(&[TEXT]), Err(CallError::Transient(_))));
        assert!(matches!(fold(&[]), Err(CallError::Transient(_))));
        assert_eq!(fold(&[TEXT, "[DONE]"]).unwrap().text, "half");
        let stop = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
        assert_eq!(fold(&[TEXT, stop]).unwrap().text, "half");
        assert_eq!(fold(&[r#"{"choices":[{"delta":{"content":null}}]}"#, "[DONE]"]).unwrap().text, "");
    }

    #[test]
    fn the_cap_is_named_when_it_left_no_reply() {
        let cut = r#"{"choices":[{"delta":{"reasoning":"hm"},"finish_reason":"length"}]}"#;
        assert!(fold(&[cut]).unwrap_err().to_string().contains("9 tokens"));
        assert_eq!(fold(&[TEXT, cut]).unwrap().reasoning, "hm");
    }

    #[test]
    fn errors_in_a_stream_are_told_apart() {
        let error = |text: &str| fold(&[TEXT, text]).unwrap_err();
        assert!(matches!(error(r#"{"error":{"message":"busy","code":429}}"#), CallError::Busy { .. }));
        let choice = r#"{"choices":[{"delta":{},"error":{"message":"died","code":502},"finish_reason":"error"}]}"#;
        assert!(matches!(error(choice), CallError::Transient(why) if why == "the server reports: died"));
        let full = r#"{"choices":[{"delta":{},"finish_reason":"insufficient_system_resource"}]}"#;
        assert!(matches!(error(full), CallError::Busy { .. }));
        assert!(matches!(error(r#"{"error":{"message":"no","code":400}}"#), CallError::Refused(_)));
        assert!(matches!(error(r#"{"error":{"message":"no","type":"invalid_request_error"}}"#), CallError::Refused(_)));
        assert!(matches!(error(r#"{"error":"upstream"}"#), CallError::Transient(_)));
        assert!(matches!(error("{not json"), CallError::Transient(_)));
    }

    #[test]
    fn counts_are_read_as_each_server_writes_them() {
        let counted = |usage: &str| fold(&[TEXT, &format!(r#"{{"usage":{usage}}}"#), "[DONE]"]).unwrap().tokens;
        let tokens = |input, cached, cache_write, output, reasoning| {
            Some(Tokens { input, cached, cache_write, output, reasoning })
        };
        assert_eq!(counted(r#"{"prompt_tokens":9,"completion_tokens":4}"#), tokens(9, 0, 0, 4, 0));
        assert_eq!(
            counted(
                r#"{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":6},"completion_tokens_details":{"reasoning_tokens":3}}"#
            ),
            tokens(9, 6, 0, 4, 3)
        );
        assert_eq!(
            counted(r#"{"prompt_tokens":9,"completion_tokens":4,"prompt_cache_hit_tokens":8}"#),
            tokens(9, 8, 0, 4, 0)
        );
        assert_eq!(
            counted(r#"{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cache_write_tokens":5}}"#),
            tokens(9, 0, 5, 4, 0)
        );
        // Thought that stands in the total alone is output all the same.
        assert_eq!(counted(r#"{"prompt_tokens":9,"completion_tokens":4,"total_tokens":20}"#), tokens(9, 0, 0, 11, 7));
        // A part is never more than its whole.
        assert_eq!(
            counted(
                r#"{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":99},"completion_tokens_details":{"reasoning_tokens":99}}"#
            ),
            tokens(9, 9, 0, 4, 4)
        );
        assert_eq!(counted(r#"{"prompt_tokens":9}"#), None);
    }

    #[test]
    fn thought_that_is_only_closed_is_thought() {
        let closed = r#"{"choices":[{"delta":{"content":"hm\n</think>\n\nyes"}}]}"#;
        let reply = fold(&[closed, "[DONE]"]).unwrap();
        assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("hm", "yes"));
        let told_apart = r#"{"choices":[{"delta":{"reasoning":"hm","content":"a </think> b"}}]}"#;
        assert_eq!(fold(&[told_apart, "[DONE]"]).unwrap().text, "a </think> b");
    }

    #[test]
    fn content_may_come_in_parts() {
        let parts = r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#;
        assert_eq!(fold(&[parts, "[DONE]"]).unwrap().text, "ab");
    }
}
