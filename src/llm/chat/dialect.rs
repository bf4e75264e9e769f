//! The body of a request, and what to leave out of it for a server that objects.
//!
//! Imitations lag behind and originals move on; what a server says about a field decides, not a list of models.

use serde_json::{Map, Value, json};

use crate::llm::{
    Request, Role,
    quirk::{Quirk, Quirks},
    wire,
};

/// The fields that servers differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Name of the field that caps the reply.
    cap: &'static str,
    temperature: bool,
    /// Asks for the token counts of a stream.
    stream_options: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { cap: "max_tokens", temperature: true, stream_options: true }
    }
}

impl wire::Dialect for Dialect {
    fn knowing(quirks: &Quirks) -> Self {
        Dialect {
            cap: if quirks.contains(&Quirk::MaxCompletionTokens) { "max_completion_tokens" } else { "max_tokens" },
            temperature: !quirks.contains(&Quirk::NoTemperature),
            stream_options: !quirks.contains(&Quirk::NoStreamOptions),
        }
    }

    /// Neighbouring messages of one role are joined, since some models' templates want roles to
    /// alternate; a common prefix of two requests stays one.
    fn body(self, model: &str, request: &Request) -> Vec<u8> {
        let mut messages: Vec<(Role, String)> = Vec::new();
        for message in &request.messages {
            match messages.last_mut() {
                Some((role, text)) if *role == message.role => {
                    text.push_str("\n\n");
                    text.push_str(&message.text);
                }
                _ => messages.push((message.role, message.text.clone())),
            }
        }
        let messages: Vec<Value> =
            messages.into_iter().map(|(role, text)| json!({ "role": role, "content": text })).collect();
        let mut body = Map::new();
        body.insert("model".into(), model.into());
        body.insert("messages".into(), messages.into());
        body.insert("stream".into(), true.into());
        if self.stream_options {
            body.insert("stream_options".into(), json!({ "include_usage": true }));
        }
        body.insert(self.cap.into(), request.max_tokens.into());
        if let Some(temperature) = request.temperature.filter(|_| self.temperature) {
            body.insert("temperature".into(), temperature.into());
        }
        Value::Object(body).to_string().into_bytes()
    }

    fn without_what(self, complaint: &str) -> Option<Dialect> {
        if self.cap == "max_tokens" && complaint.contains("max_completion_tokens") {
            return Some(Dialect { cap: "max_completion_tokens", ..self });
        }
        if self.stream_options && complaint.contains("stream_options") {
            return Some(Dialect { stream_options: false, ..self });
        }
        if self.temperature && complaint.contains("temperature") {
            return Some(Dialect { temperature: false, ..self });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{wire::Dialect as _, *};
    use crate::llm::Message;

    fn message(role: Role, text: &str) -> Message {
        Message { role, text: text.into() }
    }

    #[test]
    fn the_body_is_what_the_wire_wants() {
        let request = Request {
            messages: vec![message(Role::System, "s"), message(Role::User, "c"), message(Role::User, "t")],
            stable: 2,
            max_tokens: 9,
            temperature: Some(0.0),
        };
        let body: Value = serde_json::from_slice(&Dialect::default().body("m", &request)).unwrap();
        assert_eq!(
            body,
            json!({
                "model": "m",
                "messages": [{ "role": "system", "content": "s" }, { "role": "user", "content": "c\n\nt" }],
                "stream": true,
                "stream_options": { "include_usage": true },
                "max_tokens": 9,
                "temperature": 0.0,
            })
        );
    }

    #[test]
    fn a_field_is_given_up_once_and_only_for_a_complaint_about_it() {
        let first = Dialect::default();
        let second = first.without_what("use 'max_completion_tokens' instead").unwrap();
        assert_eq!(second.cap, "max_completion_tokens");
        assert_eq!(second.without_what("use 'max_completion_tokens' instead"), None);
        assert!(!second.without_what("temperature must be 1").unwrap().temperature);
        assert_eq!(first.without_what("the prompt is too long"), None);
    }

    #[test]
    fn quirks_change_the_first_request() {
        let quirks = Quirks::from([Quirk::MaxCompletionTokens, Quirk::NoStreamOptions, Quirk::NoTemperature]);
        let request =
            Request { messages: vec![message(Role::User, "u")], stable: 0, max_tokens: 9, temperature: Some(0.0) };
        let body: Value = serde_json::from_slice(&Dialect::knowing(&quirks).body("m", &request)).unwrap();
        let messages = json!([{ "role": "user", "content": "u" }]);
        assert_eq!(body, json!({ "model": "m", "messages": messages, "stream": true, "max_completion_tokens": 9 }));
        assert_eq!(Dialect::knowing(&Quirks::new()), Dialect::default());
    }
}
