//! What may leave the house: a fact without what people, documents and models wrote. The structure stays, and so does the
//! fold: `redact.toml` names what is harmless, and whatever it does not name is replaced, also in facts that it has
//! never heard of. It redacts facts alone; of a body nothing is kept but its name and its length.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use serde::Deserialize;
use serde_json::Value;

use crate::{ingest::injection, run::EXTRACTIVE};

/// The tag of a fact, which is not a field of it.
const KIND: &str = "type";

/// The fields of an event that are not the fact's.
const FRAME: [&str; 2] = ["seq", "at"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    shapes: BTreeMap<String, String>,
    facts: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Whole,
    /// A text only if it is a word of the program's own.
    OwnWords,
    /// A text but for what stands in quotes.
    Unquoted,
}

/// By kind of fact, and there by the names of the fields on the way, `a.b.c`.
static KEPT: LazyLock<HashMap<String, HashMap<String, Keep>>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("redact.toml")).expect("a test reads the table");
    let row = |(kind, row): (&String, &String)| {
        let mut kept = HashMap::new();
        let rest = fields(row, "", &table.shapes, &mut kept);
        assert!(rest.is_empty(), "{kind}: nothing is open at {rest:?}");
        (kind.clone(), kept)
    };
    table.facts.iter().map(row).collect()
});

/// Reads the fields of a row up to its end or to the parenthesis that closes it, and returns what comes after.
fn fields<'a>(
    row: &'a str,
    path: &str,
    shapes: &BTreeMap<String, String>,
    kept: &mut HashMap<String, Keep>,
) -> &'a str {
    let mut rest = row.trim_start();
    while !rest.is_empty() && !rest.starts_with(')') {
        let end = rest.find([' ', '(', ')', '?', '"']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        rest = after.trim_start();
        if let Some(shape) = name.strip_prefix('$') {
            fields(&shapes[shape], path, shapes, kept);
            continue;
        }
        let field = join(path, name);
        if let Some(inner) = after.strip_prefix('(') {
            let after = fields(inner, &field, shapes, kept);
            rest = after.strip_prefix(')').expect("what is opened is closed").trim_start();
            continue;
        }
        let keep = match after.chars().next() {
            Some('?') => Keep::OwnWords,
            Some('"') => Keep::Unquoted,
            _ => Keep::Whole,
        };
        rest = rest.trim_start_matches(['?', '"']).trim_start();
        kept.insert(field, keep);
    }
    rest
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What stands for a text that is left out: its length stays. An empty text gives nothing away.
#[must_use]
pub fn marker(bytes: usize) -> String {
    if bytes == 0 { String::new() } else { format!("‹redacted {bytes} bytes›") }
}

/// The kinds of facts that the table has a row for.
pub fn known() -> impl Iterator<Item = &'static str> {
    KEPT.keys().map(String::as_str)
}

/// An event, or a fact alone, as JSON. Of a kind without a row everything goes but the kind itself.
pub fn redact(event: &mut Value) {
    let Value::Object(fields) = event else { return };
    let kept = fields.get(KIND).and_then(Value::as_str).and_then(|kind| KEPT.get(kind));
    let kept = Kept { fields: kept };
    for (name, value) in fields.iter_mut() {
        if name != KIND && !FRAME.contains(&name.as_str()) {
            kept.walk(value, name);
        }
    }
}

struct Kept {
    fields: Option<&'static HashMap<String, Keep>>,
}

impl Kept {
    fn walk(&self, value: &mut Value, path: &str) {
        let keep = self.fields.and_then(|fields| fields.get(path));
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.walk(value, path)),
            Value::Object(fields) => {
                for (name, mut value) in std::mem::take(fields) {
                    self.walk(&mut value, &join(path, &name));
                    fields.insert(if is_name(&name) { name } else { marker(name.len()) }, value);
                }
            }
            Value::String(text) => match keep {
                Some(Keep::Whole) => {}
                Some(Keep::OwnWords) if is_own_word(text) => {}
                Some(Keep::Unquoted) => *text = unquoted(text),
                Some(Keep::OwnWords) | None => *text = marker(text.len()),
            },
            // They have no length to keep, and a field that wants a number gets one.
            Value::Number(number) if keep.is_none() => *number = 0.into(),
            Value::Bool(yes) if keep.is_none() => *yes = false,
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }
}

/// Whether it can be the name of a field or of a variant; the keys of a map may be anything.
fn is_name(name: &str) -> bool {
    name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
}

/// What this program calls things: no person, document or model has put it there.
fn is_own_word(text: &str) -> bool {
    text == EXTRACTIVE || injection::rules().iter().any(|(name, _)| *name == text)
}

/// The words of a breakpoint without its texts, so that it still reads.
fn unquoted(text: &str) -> String {
    let mut kept = String::new();
    let mut quoted: Option<usize> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (&mut quoted, c) {
            (None, '"') => quoted = Some(0),
            (None, c) => kept.push(c),
            (Some(bytes), '"') => {
                kept.push_str(&format!("\"{}\"", marker(*bytes)));
                quoted = None;
            }
            (Some(bytes), '\\') => *bytes += 1 + chars.next().map_or(0, char::len_utf8),
            (Some(bytes), c) => *bytes += c.len_utf8(),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::BreakSpec;

    fn redacted(mut value: Value) -> Value {
        redact(&mut value);
        value
    }

    #[test]
    fn the_structure_stays_and_the_words_go() {
        let event = json!({ "seq": 3, "at": 5, "type": "task_failed", "task": 2, "reason": "the lease says ä" });
        let wanted = json!({ "seq": 3, "at": 5, "type": "task_failed", "task": 2, "reason": "‹redacted 17 bytes›" });
        assert_eq!(redacted(event), wanted);
    }

    #[test]
    fn a_fact_without_a_row_keeps_nothing() {
        let event = json!({ "seq": 3, "at": 5, "type": "unheard_of", "agent": 7, "yes": true, "a": [{ "b": "text" }] });
        let wanted = json!({ "seq": 3, "at": 5, "type": "unheard_of", "agent": 0, "yes": false,
            "a": [{ "b": "‹redacted 4 bytes›" }] });
        assert_eq!(redacted(event), wanted);
    }

    #[test]
    fn a_new_field_of_an_old_fact_goes() {
        let event = json!({ "type": "agent_held", "agent": 2, "because": { "label": "W0 S1", "my cat": 1 } });
        let because = json!({ "label": "‹redacted 5 bytes›", "‹redacted 6 bytes›": 0 });
        let wanted = json!({ "type": "agent_held", "agent": 2, "because": because });
        assert_eq!(redacted(event), wanted);
    }

    #[test]
    fn a_model_is_kept_where_it_is_the_programs_own() {
        let set = |model: &str| redacted(json!({ "type": "model_set", "whose": "everybody", "model": model }));
        assert_eq!(set("extractive")["model"], "extractive");
        assert_eq!(set("http://gpu.lan/v1#m")["model"], "‹redacted 19 bytes›");
    }

    #[test]
    fn a_breakpoint_reads_without_its_texts() {
        let spec = r#"write if text ~ "the \"secret\" rent" and text ~ "x" thread a2"#;
        let bare = unquoted(&spec.parse::<BreakSpec>().unwrap().to_string());
        assert!(!bare.contains("secret") && !bare.contains("rent"), "{bare}");
        assert!(bare.parse::<BreakSpec>().is_ok(), "{bare}");
    }
}
