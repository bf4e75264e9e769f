//! The body of a request, and what to leave out of it for a server or a model that objects.

use serde_json::{Map, Value, json};

use crate::llm::{
    Request,
    quirk::{Quirk, Quirks},
    wire,
};

/// The fields that servers and models differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    temperature: bool,
    /// Asks for a summary of the thought; models that do not reason object to it.
    summary: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { temperature: true, summary: true }
    }
}

impl wire::Dialect for Dialect {
    fn knowing(quirks: &Quirks) -> Self {
        Dialect {
            temperature: !quirks.contains(&Quirk::NoTemperature),
            summary: !quirks.contains(&Quirk::NoReasoningSummary),
        }
    }

    /// The server is told to keep nothing: the record of a call is the run's.
    fn body(self, model: &str, request: &Request) -> Vec<u8> {
        let input: Vec<Value> =
            request.messages.iter().map(|message| json!({ "role": message.role, "content": message.text })).collect();
        let mut body = Map::new();
        body.insert("model".into(), model.into());
        body.insert("input".into(), input.into());
        body.insert("stream".into(), true.into());
        body.insert("store".into(), false.into());
        body.insert("max_output_tokens".into(), request.max_tokens.into());
        if self.summary {
            body.insert("reasoning".into(), json!({ "summary": "auto" }));
        }
        if let Some(temperature) = request.temperature.filter(|_| self.temperature) {
            body.insert("temperature".into(), temperature.into());
        }
        Value::Object(body).to_string().into_bytes()
    }

    fn without_what(self, complaint: &str) -> Option<Dialect> {
        if self.temperature && complaint.contains("temperature") {
            return Some(Dialect { temperature: false, ..self });
        }
        if self.summary && complaint.contains("reasoning") {
            return Some(Dialect { summary: false, ..self });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{wire::Dialect as _, *};
    use crate::llm::{Message, Role};

    fn body(dialect: Dialect) -> Value {
        let message = |role, text: &str| Message { role, text: text.into() };
        let messages = vec![message(Role::System, "s"), message(Role::User, "u")];
        let request = Request { messages, stable: 1, max_tokens: 9, temperature: Some(0.0) };
        serde_json::from_slice(&dialect.body("m", &request)).unwrap()
    }

    #[test]
    fn the_body_is_what_the_wire_wants() {
        assert_eq!(
            body(Dialect::default()),
            json!({
                "model": "m",
                "input": [{ "role": "system", "content": "s" }, { "role": "user", "content": "u" }],
                "stream": true,
                "store": false,
                "max_output_tokens": 9,
                "reasoning": { "summary": "auto" },
                "temperature": 0.0,
            })
        );
    }

    #[test]
    fn a_field_is_given_up_once_and_only_for_a_complaint_about_it() {
        let second = Dialect::default().without_what("Unsupported parameter: 'reasoning.summary'").unwrap();
        assert_eq!(second.without_what("Unsupported parameter: 'reasoning.summary'"), None);
        let third = second.without_what("Unsupported parameter: 'temperature'").unwrap();
        assert!(body(third).get("reasoning").is_none() && body(third).get("temperature").is_none());
    }

    #[test]
    fn quirks_change_the_first_request() {
        let plain = body(Dialect::knowing(&Quirks::from([Quirk::NoTemperature, Quirk::NoReasoningSummary])));
        assert!(plain.get("reasoning").is_none() && plain.get("temperature").is_none());
        assert_eq!(Dialect::knowing(&Quirks::new()), Dialect::default());
    }
}
