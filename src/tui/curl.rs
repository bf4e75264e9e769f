//! A request as a command that sends it again. The key is left out: `$KEY` stands in its place.

use super::request::Wire;

/// `None` for a request that was never put on a wire. `base_url` is what the run was given for this model, if anything;
/// without one a variable named after the provider stands in its place.
#[must_use]
pub fn curl(wire: Wire, body: &[u8], model: &str, base_url: Option<&str>) -> Option<String> {
    let (path, headers) = match wire {
        Wire::Chat => ("chat/completions", "-H \"authorization: Bearer $KEY\""),
        Wire::Responses => ("responses", "-H \"authorization: Bearer $KEY\""),
        Wire::Messages => ("messages", "-H \"x-api-key: $KEY\" -H 'anthropic-version: 2023-06-01'"),
        Wire::Plain => return None,
    };
    let own = model.split_once('#').map(|(address, _)| address).filter(|address| address.contains("://"));
    let address = match own.or(base_url) {
        Some(base) => quoted(&format!("{}/{path}", without_password(base).trim_end_matches('/'))),
        None => format!("\"${}_BASE_URL/{path}\"", variable(model)),
    };
    let body = quoted(&escaped(&String::from_utf8_lossy(body)));
    Some(format!("curl -sSN {address} \\\n  -H 'content-type: application/json' {headers} \\\n  -d {body}\n"))
}

/// One word to a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// JSON of the same meaning, in which every character that could act on a terminal is an escape.
fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        let text = c.encode_utf8(&mut [0; 4]).to_owned();
        if c == '\n' || crate::plain::plain(&text) == text {
            safe.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
        }
    }
    safe
}

fn without_password(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[host..])
        }
        None => address.to_owned(),
    }
}

/// `OPENAI` of `openai:gpt`.
fn variable(model: &str) -> String {
    let provider = model.split(':').next().unwrap_or_default();
    provider.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_the_address_and_never_the_key() {
        let body = br#"{"model":"m","messages":[{"role":"user","content":"it's"}]}"#;
        let said = curl(Wire::Chat, body, "openai:m", None).unwrap();
        assert!(said.starts_with("curl -sSN \"$OPENAI_BASE_URL/chat/completions\" \\\n"), "{said}");
        assert!(said.contains("Bearer $KEY") && said.contains(r#""content":"it'\''s""#), "{said}");
        let own = curl(Wire::Messages, body, "http://u:secret@h:1/v1#m", Some("http://other")).unwrap();
        assert!(own.contains("'http://h:1/v1/messages'") && !own.contains("secret"), "{own}");
        let given = curl(Wire::Responses, body, "openai-responses:m", Some("https://a.b/v1/")).unwrap();
        assert!(given.contains("'https://a.b/v1/responses'"), "{given}");
        assert_eq!(curl(Wire::Plain, body, "scripted", None), None);
    }

    #[test]
    fn hostile_text_is_the_same_request_in_other_letters() {
        let json = serde_json::json!({ "input": "a\u{202e}b\u{9b}c\u{200b}d\u{e0041} '; rm -rf ~" });
        let safe = escaped(&json.to_string());
        assert_eq!(crate::plain::plain(&safe), safe);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), json);
    }

    #[test]
    fn a_shell_takes_it_as_one_word() {
        let hostile = "it's $(id) `id` \\ \"x\"\n!!";
        let shell = std::process::Command::new("sh").arg("-c").arg(format!("printf %s {}", quoted(hostile))).output();
        assert_eq!(String::from_utf8(shell.unwrap().stdout).unwrap(), hostile);
    }
}
