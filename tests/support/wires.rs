//! The three wires as a server writes them: the same reply, the same errors, each in its own words.
#![allow(clippy::unwrap_used, reason = "it fails as tests do")]

use delm::llm::{Model, ServerOptions, chat::ChatModel, messages::MessagesModel, responses::ResponsesModel};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Chat,
    Responses,
    Messages,
}

/// What goes wrong, for an error object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Busy,
    Server,
    Request,
    TooLong,
}

impl Wire {
    pub fn model(self, options: ServerOptions) -> Box<dyn Model> {
        match self {
            Wire::Chat => Box::new(ChatModel::new(options).unwrap()),
            Wire::Responses => Box::new(ResponsesModel::new(options).unwrap()),
            Wire::Messages => Box::new(MessagesModel::new(options).unwrap()),
        }
    }

    fn event(self, data: &Value) -> String {
        match data["type"].as_str().filter(|_| self != Wire::Chat) {
            Some(kind) => format!("event: {kind}\ndata: {data}\n\n"),
            None => format!("data: {data}\n\n"),
        }
    }

    pub fn start(self) -> String {
        self.event(&match self {
            Wire::Chat => json!({ "choices": [{ "delta": { "role": "assistant", "content": "" } }] }),
            Wire::Responses => json!({ "type": "response.created", "response": { "status": "in_progress" } }),
            Wire::Messages => json!({ "type": "message_start", "message": { "content": [], "usage": {
                "input_tokens": 2, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 3, "output_tokens": 1 } } }),
        })
    }

    pub fn thought(self, text: &str) -> String {
        self.event(&match self {
            Wire::Chat => json!({ "choices": [{ "delta": { "reasoning_content": text } }] }),
            Wire::Responses => json!({ "type": "response.reasoning_summary_text.delta", "delta": text }),
            Wire::Messages => {
                json!({ "type": "content_block_delta", "delta": { "type": "thinking_delta", "thinking": text } })
            }
        })
    }

    pub fn text(self, text: &str) -> String {
        self.event(&match self {
            Wire::Chat => json!({ "choices": [{ "delta": { "content": text } }] }),
            Wire::Responses => json!({ "type": "response.output_text.delta", "delta": text }),
            Wire::Messages => json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": text } }),
        })
    }

    /// The end, with counts: 9 in, 4 of them from a cache, and 5 out.
    pub fn end(self) -> String {
        match self {
            Wire::Chat => {
                let counts = json!({ "prompt_tokens": 9, "completion_tokens": 5,
                    "prompt_tokens_details": { "cached_tokens": 4 } });
                self.end_without_counts().replace("data: [DONE]\n\n", "")
                    + &self.event(&json!({ "choices": [], "usage": counts }))
                    + "data: [DONE]\n\n"
            }
            Wire::Responses => {
                let counts =
                    json!({ "input_tokens": 9, "input_tokens_details": { "cached_tokens": 4 }, "output_tokens": 5 });
                self.event(
                    &json!({ "type": "response.completed", "response": { "status": "completed", "usage": counts } }),
                )
            }
            Wire::Messages => {
                self.event(&json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" },
                    "usage": { "output_tokens": 5 } }))
                    + &self.event(&json!({ "type": "message_stop" }))
            }
        }
    }

    pub fn end_without_counts(self) -> String {
        match self {
            Wire::Chat => {
                self.event(&json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] })) + "data: [DONE]\n\n"
            }
            Wire::Responses => {
                self.event(&json!({ "type": "response.completed", "response": { "status": "completed" } }))
            }
            Wire::Messages => self.event(&json!({ "type": "message_stop" })),
        }
    }

    /// What a server that ignores `stream` answers.
    pub fn whole(self, thought: &str, text: &str) -> String {
        match self {
            Wire::Chat => json!({ "choices": [{ "message": { "reasoning": thought, "content": text },
                "finish_reason": "stop" }], "usage": { "prompt_tokens": 9, "completion_tokens": 5,
                "prompt_tokens_details": { "cached_tokens": 4 } } }),
            Wire::Responses => json!({ "status": "completed", "output": [
                { "type": "reasoning", "summary": [{ "type": "summary_text", "text": thought }] },
                { "type": "message", "content": [{ "type": "output_text", "text": text }] }],
                "usage": { "input_tokens": 9, "input_tokens_details": { "cached_tokens": 4 }, "output_tokens": 5 } }),
            Wire::Messages => json!({ "content": [{ "type": "thinking", "thinking": thought },
                { "type": "text", "text": text }], "stop_reason": "end_turn", "usage": { "input_tokens": 2,
                "cache_read_input_tokens": 4, "cache_creation_input_tokens": 3, "output_tokens": 5 } }),
        }
        .to_string()
    }

    /// A sign of life that is an event, where there is such a thing.
    pub fn ping(self) -> &'static str {
        match self {
            Wire::Messages => "event: ping\ndata: {\"type\": \"ping\"}\n\n",
            Wire::Chat | Wire::Responses => ": keep-alive\n\n",
        }
    }

    /// The body of a request that is turned down.
    pub fn error(self, trouble: Trouble, message: &str) -> String {
        self.error_object(trouble, message).to_string()
    }

    /// The same in the middle of a stream.
    pub fn error_event(self, trouble: Trouble, message: &str) -> String {
        let error = self.error_object(trouble, message);
        match self {
            Wire::Responses => {
                let response = json!({ "status": "failed", "error": error["error"] });
                self.event(&json!({ "type": "response.failed", "response": response }))
            }
            Wire::Chat | Wire::Messages => self.event(&error),
        }
    }

    fn error_object(self, trouble: Trouble, message: &str) -> Value {
        let (code, kind) = match trouble {
            Trouble::Busy => ("rate_limit_exceeded", "overloaded_error"),
            Trouble::Server => ("server_error", "api_error"),
            Trouble::Request => ("invalid_request_error", "invalid_request_error"),
            Trouble::TooLong => ("context_length_exceeded", "invalid_request_error"),
        };
        match self {
            Wire::Messages => json!({ "type": "error", "error": { "type": kind, "message": message } }),
            Wire::Chat | Wire::Responses => json!({ "error": { "code": code, "message": message } }),
        }
    }
}
