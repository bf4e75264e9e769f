//! Folding the pieces of one completion into a reply, and telling a whole reply from half of one.

use serde_json::Value;

use crate::llm::{
    CallError, Chunk, Reply, Tokens, http,
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
        let value = serde_json::from_str(data).map_err(|_| http::garbled(data))?;
        self.piece(&value, on_chunk)
    }

    fn whole(&mut self, body: &str, on_chunk: OnChunk<'_>) -> Result<(), CallError> {
        if body.trim().is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_str(body).map_err(|_| http::no_reply(body))?;
        self.events += 1;
        self.piece(&value, on_chunk)?;
        // One object has no second half.
        self.done = true;
        match value.get("choices").and_then(Value::as_array).is_some_and(|choices| !choices.is_empty()) {
            true => Ok(()),
            false => Err(CallError::Refused(format!("the answer is no completion but {}", http::detail(body)))),
        }
    }

    /// A completion without content is an empty reply (METHOD §4.4).
    fn finish(mut self, broken: Option<String>, max_tokens: u32, on_chunk: OnChunk<'_>) -> Result<Reply, CallError> {
        if let Some(chunk) = self.tags.finish() {
            self.keep(chunk, on_chunk);
        }
        match (self.stopped.as_deref(), broken) {
            (Some("content_filter"), _) => Err(CallError::Refused("the provider's filter stopped the reply".into())),
            (Some("error"), _) => Err(CallError::Transient("the model failed in the middle of its reply".into())),
            (Some("length"), _) if self.reply.text.trim().is_empty() => Err(http::used_up(max_tokens)),
            (Some(_), _) => Ok(self.reply),
            (None, Some(why)) => Err(CallError::Transient(why)),
            (None, None) if self.done => Ok(self.reply),
            (None, None) => Err(http::half(self.events)),
        }
    }
}

impl Fold {
    fn piece(&mut self, value: &Value, on_chunk: OnChunk<'_>) -> Result<(), CallError> {
        if let Some(error) = http::failure(value) {
            return Err(error);
        }
        if let Some(tokens) = value.get("usage").and_then(usage) {
            self.reply.tokens = Some(tokens);
        }
        let Some(choice) = value.get("choices").and_then(|choices| choices.get(0)) else { return Ok(()) };
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
            return Err(CallError::Refused(format!("the model declined: {}", http::detail(refusal))));
        }
        if let Some(stopped) = choice.get("finish_reason").and_then(Value::as_str) {
            self.stopped = Some(stopped.to_owned());
        }
        Ok(())
    }

    fn keep(&mut self, chunk: Chunk, on_chunk: OnChunk<'_>) {
        match &chunk {
            Chunk::Reasoning(text) => self.reply.reasoning.push_str(text),
            Chunk::Output(text) => self.reply.text.push_str(text),
            Chunk::Waiting(_) => {}
        }
        on_chunk(chunk);
    }
}

fn usage(usage: &Value) -> Option<Tokens> {
    Some(Tokens {
        input: usage.get("prompt_tokens")?.as_u64()?,
        output: usage.get("completion_tokens")?.as_u64()?,
        ..Tokens::default()
    })
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
        assert!(matches!(error(r#"{"error":{"message":"busy","code":429}}"#), CallError::Transient(_)));
        assert!(matches!(error(r#"{"error":{"message":"no","code":400}}"#), CallError::Refused(_)));
        assert!(matches!(error(r#"{"error":{"message":"no","type":"invalid_request_error"}}"#), CallError::Refused(_)));
        assert!(matches!(error(r#"{"error":"upstream"}"#), CallError::Transient(_)));
        assert!(matches!(error("{not json"), CallError::Transient(_)));
    }

    #[test]
    fn content_may_come_in_parts() {
        let parts = r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#;
        assert_eq!(fold(&[parts, "[DONE]"]).unwrap().text, "ab");
    }
}
