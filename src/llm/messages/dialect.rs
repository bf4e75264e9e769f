//! The body of a request: system text apart, the rest as turns of text blocks, the stable prefix marked for the cache.

use serde_json::{Map, Value, json};

use crate::llm::{
    Request, Role,
    quirk::{Quirk, Quirks},
    wire,
};

/// The fields that servers and models differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    temperature: bool,
    /// Marks the stable prefix; some proxies know no such mark.
    cache: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { temperature: true, cache: true }
    }
}

impl wire::Dialect for Dialect {
    fn knowing(quirks: &Quirks) -> Self {
        Dialect {
            temperature: !quirks.contains(&Quirk::NoTemperature),
            cache: !quirks.contains(&Quirk::NoCacheControl),
        }
    }

    /// Neighbouring messages of one role become blocks of one turn, so that the mark stands exactly where the stable
    /// prefix ends. A message without text is left out: the server refuses empty blocks.
    fn body(self, model: &str, request: &Request) -> Vec<u8> {
        let said = |text: &str| !text.trim().is_empty();
        let stable = &request.messages[..request.stable.min(request.messages.len())];
        let marked = stable.iter().rposition(|message| said(&message.text));
        let (mut system, mut turns): (Vec<Value>, Vec<(Role, Vec<Value>)>) = (vec![], vec![]);
        for (at, message) in request.messages.iter().enumerate().filter(|(_, message)| said(&message.text)) {
            let mut block = json!({ "type": "text", "text": message.text });
            if self.cache && marked == Some(at) {
                block["cache_control"] = json!({ "type": "ephemeral" });
            }
            match turns.last_mut() {
                _ if message.role == Role::System => system.push(block),
                Some((role, blocks)) if *role == message.role => blocks.push(block),
                _ => turns.push((message.role, vec![block])),
            }
        }
        let turns: Vec<Value> =
            turns.into_iter().map(|(role, blocks)| json!({ "role": role, "content": blocks })).collect();
        let mut body = Map::new();
        body.insert("model".into(), model.into());
        body.insert("max_tokens".into(), request.max_tokens.into());
        if !system.is_empty() {
            body.insert("system".into(), system.into());
        }
        body.insert("messages".into(), turns.into());
        body.insert("stream".into(), true.into());
        if let Some(temperature) = request.temperature.filter(|_| self.temperature) {
            body.insert("temperature".into(), temperature.into());
        }
        Value::Object(body).to_string().into_bytes()
    }

    fn without_what(self, complaint: &str) -> Option<Dialect> {
        if self.temperature && complaint.contains("temperature") {
            return Some(Dialect { temperature: false, ..self });
        }
        if self.cache && complaint.contains("cache_control") {
            return Some(Dialect { cache: false, ..self });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{wire::Dialect as _, *};
    use crate::llm::Message;

    fn body(dialect: Dialect, messages: &[(Role, &str)], stable: usize) -> Value {
        let messages = messages.iter().map(|&(role, text)| Message { role, text: text.into() }).collect();
        let request = Request { messages, stable, max_tokens: 9, temperature: Some(0.0) };
        serde_json::from_slice(&dialect.body("m", &request)).unwrap()
    }

    #[test]
    fn the_body_is_what_the_wire_wants() {
        let messages = [
            (Role::System, "s"),
            (Role::User, "c"),
            (Role::User, "t"),
            (Role::Assistant, "a"),
            (Role::User, " "),
            (Role::User, "u"),
        ];
        assert_eq!(
            body(Dialect::default(), &messages, 2),
            json!({
                "model": "m",
                "max_tokens": 9,
                "system": [{ "type": "text", "text": "s" }],
                "messages": [
                    { "role": "user", "content": [
                        { "type": "text", "text": "c", "cache_control": { "type": "ephemeral" } },
                        { "type": "text", "text": "t" },
                    ] },
                    { "role": "assistant", "content": [{ "type": "text", "text": "a" }] },
                    { "role": "user", "content": [{ "type": "text", "text": "u" }] },
                ],
                "stream": true,
                "temperature": 0.0,
            })
        );
    }

    #[test]
    fn the_mark_is_on_the_last_stable_message_that_says_something() {
        let messages = [(Role::System, "s"), (Role::User, ""), (Role::User, "u")];
        let system = body(Dialect::default(), &messages, 2);
        assert_eq!(system["system"][0]["cache_control"]["type"], "ephemeral");
        assert!(!system["messages"].to_string().contains("cache_control"));
        assert!(!body(Dialect::default(), &messages, 0).to_string().contains("cache_control"));
        assert!(body(Dialect::default(), &messages, 99)["messages"].to_string().contains("cache_control"));
    }

    #[test]
    fn a_field_is_given_up_once_and_only_for_a_complaint_about_it() {
        let second = Dialect::default().without_what("`temperature` is deprecated for this model").unwrap();
        assert_eq!(second.without_what("`temperature` is deprecated for this model"), None);
        let third = second.without_what("cache_control: Extra inputs are not permitted").unwrap();
        let plain = body(third, &[(Role::User, "u")], 1).to_string();
        assert!(!plain.contains("cache_control") && !plain.contains("temperature"));
    }

    #[test]
    fn quirks_change_the_first_request() {
        let knowing = Dialect::knowing(&Quirks::from([Quirk::NoTemperature, Quirk::NoCacheControl]));
        let plain = body(knowing, &[(Role::User, "u")], 1).to_string();
        assert!(!plain.contains("cache_control") && !plain.contains("temperature"));
        assert_eq!(Dialect::knowing(&Quirks::new()), Dialect::default());
    }
}
