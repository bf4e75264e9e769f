//! A request as it was sent, read back as messages: whichever of the three wires it went on, or none.

use serde_json::Value;

/// The form that a request was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Chat,
    Responses,
    Messages,
    /// Never put on a wire: a script answered it, or it failed.
    Plain,
}

/// A message, or a block of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub role: String,
    pub text: String,
    /// The provider was told to cache up to here.
    cached: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub wire: Wire,
    pub parts: Vec<Part>,
    /// All other fields, as name and JSON.
    pub rest: Vec<(String, String)>,
}

/// How much of a request is the same in the next one: so many whole parts, and so many bytes of the one after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prefix {
    pub parts: usize,
    pub bytes: usize,
    pub end: End,
}

/// Where a shared prefix ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    #[default]
    Whole,
    /// Inside of a part, as far as an earlier call had the same bytes.
    Compared,
    /// Inside of a part; without an earlier call nobody can see where.
    Unseen,
}

impl Sent {
    /// `None` when it is no request of a form that is known here.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let Value::Object(fields) = serde_json::from_slice(bytes).ok()? else { return None };
        let mut parts = vec![];
        let mut rest = vec![];
        // What is said first stands first, wherever the wire puts it.
        for name in ["system", "instructions"] {
            fields.get(name).into_iter().for_each(|value| blocks("system", value, &mut parts));
        }
        let said = fields.get("messages").or_else(|| fields.get("input"))?;
        match said {
            Value::Array(messages) => messages.iter().for_each(|one| message(one, &mut parts)),
            text => blocks("user", text, &mut parts),
        }
        for (name, value) in &fields {
            if !["system", "instructions", "messages", "input"].contains(&name.as_str()) {
                rest.push((name.clone(), value.to_string()));
            }
        }
        let wire = match () {
            () if fields.contains_key("input") => Wire::Responses,
            () if fields.contains_key("stable") => Wire::Plain,
            () if fields.contains_key("system") || said.as_array().is_some_and(|all| all.iter().all(has_blocks)) => {
                Wire::Messages
            }
            () => Wire::Chat,
        };
        Some(Sent { wire, parts, rest })
    }

    /// The part that the next call of its kind shares. `stable` counts messages before they went on the wire. One wire
    /// joins neighbours of one role, so where the prefix ends inside of a part is seen only beside the call `before`.
    #[must_use]
    pub fn prefix(&self, stable: u32, before: Option<&Sent>) -> Prefix {
        let stable = stable as usize;
        if let Some(marked) = self.parts.iter().rposition(|part| part.cached) {
            return Prefix { parts: marked + 1, ..Prefix::default() };
        }
        if self.wire != Wire::Chat {
            return Prefix { parts: stable.min(self.parts.len()), ..Prefix::default() };
        }
        let whole = stable.min(self.parts.len().saturating_sub(1));
        let next = |sent: &Sent| sent.parts.get(whole).map(|part| part.text.clone());
        let before = before.filter(|before| before.parts.get(..whole) == self.parts.get(..whole));
        let (bytes, end) = match (next(self), before) {
            (Some(mine), Some(before)) if stable > whole => {
                (shared(&mine, &next(before).unwrap_or_default()), End::Compared)
            }
            (Some(_), None) if stable > whole => (0, End::Unseen),
            _ => (0, End::Whole),
        };
        Prefix { parts: whole, bytes, end }
    }

    /// All of it as one text, a heading before each part.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| format!("── {} ──\n{}\n", part.role, part.text)).collect()
    }
}

fn has_blocks(message: &Value) -> bool {
    message.get("content").is_some_and(Value::is_array)
}

fn message(message: &Value, parts: &mut Vec<Part>) {
    let role = message.get("role").and_then(Value::as_str).unwrap_or("?");
    match message.get("content").or_else(|| message.get("text")) {
        Some(content) => blocks(role, content, parts),
        // What is no message, such as a call of a tool, is shown as it is.
        None => parts.push(Part { role: role.to_owned(), text: message.to_string(), cached: false }),
    }
}

fn blocks(role: &str, content: &Value, parts: &mut Vec<Part>) {
    let mut push = |text: String, cached| parts.push(Part { role: role.to_owned(), text, cached });
    match content {
        Value::String(text) => push(text.clone(), false),
        Value::Array(blocks) => {
            for block in blocks {
                let text = block.get("text").and_then(Value::as_str).map_or_else(|| block.to_string(), str::to_owned);
                push(text, block.get("cache_control").is_some());
            }
        }
        other => push(other.to_string(), false),
    }
}

/// Bytes that two texts begin with alike, in whole characters.
fn shared(one: &str, other: &str) -> usize {
    let differs = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
    differs.map_or(one.len().min(other.len()), |((at, _), _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Sent {
        Sent::read(json.as_bytes()).unwrap()
    }

    fn said(sent: &Sent) -> Vec<(&str, &str)> {
        sent.parts.iter().map(|part| (part.role.as_str(), part.text.as_str())).collect()
    }

    #[test]
    fn three_wires_and_none_read_alike() {
        let wanted = [("system", "s"), ("user", "c"), ("user", "t")];
        let plain = read(
            r#"{"messages":[{"role":"system","text":"s"},{"role":"user","text":"c"},{"role":"user","text":"t"}],"stable":2}"#,
        );
        assert_eq!((plain.wire, said(&plain)), (Wire::Plain, wanted.to_vec()));
        assert_eq!(plain.prefix(2, None), Prefix { parts: 2, ..Prefix::default() });
        let responses = read(
            r#"{"model":"m","instructions":"s","input":[{"role":"user","content":[{"type":"input_text","text":"c"}]},{"role":"user","content":"t"}]}"#,
        );
        assert_eq!((responses.wire, said(&responses)), (Wire::Responses, wanted.to_vec()));
        assert_eq!(responses.rest, [("model".to_owned(), "\"m\"".to_owned())]);
        let messages = read(
            r#"{"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[{"type":"text","text":"c","cache_control":{"type":"ephemeral"}},{"type":"text","text":"t"}]}]}"#,
        );
        assert_eq!((messages.wire, said(&messages)), (Wire::Messages, wanted.to_vec()));
        assert_eq!(messages.prefix(9, None), Prefix { parts: 2, ..Prefix::default() }, "its own mark counts");
        for nothing in ["", "[]", "{}", "null", r#"{"prompt":"x"}"#, "\u{0}"] {
            assert_eq!(Sent::read(nothing.as_bytes()), None, "{nothing}");
        }
    }

    #[test]
    fn where_messages_were_joined_the_call_before_tells_the_prefix() {
        let chat = |task: &str| {
            read(&format!(
                r#"{{"messages":[{{"role":"system","content":"s"}},{{"role":"user","content":"Contéxt.\n\n{task}"}}]}}"#
            ))
        };
        let (one, two) = (chat("task one"), chat("task two"));
        assert_eq!(one.wire, Wire::Chat);
        assert_eq!(two.prefix(2, None), Prefix { parts: 1, bytes: 0, end: End::Unseen });
        assert_eq!(
            two.prefix(2, Some(&one)),
            Prefix { parts: 1, bytes: "Contéxt.\n\ntask ".len(), end: End::Compared }
        );
        assert_eq!(two.prefix(1, Some(&one)), Prefix { parts: 1, ..Prefix::default() });
    }
}
