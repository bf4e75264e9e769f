//! What a server's failure means, from its status and its own words: whether to try again, to wait, or to ask for less.
//!
//! It sees text that the key has been taken out of, and never cuts before that.

use reqwest::{
    StatusCode, Url,
    header::{HeaderMap, LOCATION},
};
use serde_json::Value;

use super::{CallError, headers};

/// What an error message keeps of a server's own words, in characters.
const DETAIL_CHARS: usize = 300;

/// What an error's type or code says when it will hold for the same request again.
const LASTING: &[&str] =
    &["invalid_request", "authentication", "permission", "not_found", "insufficient_quota", "billing"];

/// What it says when the server has too much to do for now.
const BUSY: &[&str] = &["overloaded", "rate_limit", "too_many_requests"];

/// What a complaint says, in small letters, when the request does not fit: codes and sentences of OpenAI, Anthropic,
/// Gemini, llama.cpp, LM Studio and vLLM.
const TOO_LONG: &[&str] = &[
    "context_length_exceeded",
    "context length is",
    "context length of",
    "context window",
    "exceed context",
    "exceed_context",
    "exceeds the available context",
    "exceeds the maximum number of tokens",
    "maximum context length",
    "prompt is too long",
    "request_too_large",
];

/// What some proxies say, in small letters and under a status that blames the request, when they know no such model.
const NO_MODEL: &[&str] = &["invalid model name", "model_not_found", "model not exist"];

/// The error for a status that is no success.
#[must_use]
pub fn turned_down(status: StatusCode, headers: &HeaderMap, body: &str) -> CallError {
    if status.is_redirection() {
        let goal = headers.get(LOCATION).and_then(|goal| goal.to_str().ok()).and_then(|goal| Url::parse(goal).ok());
        let host = goal.as_ref().and_then(Url::host_str).unwrap_or("another address");
        return CallError::Refused(format!(
            "the server sends requests on to {host}, where they do not go by themselves ({}): set `base_url` to it if \
             it is to have them",
            status.as_u16()
        ));
    }
    let error = serde_json::from_str(body).map_or(Value::Null, |value: Value| error_of(&value).clone());
    // Some servers call an empty purse a rate limit; waiting does not fill it.
    let broke = status == StatusCode::PAYMENT_REQUIRED || body.contains("insufficient_quota");
    let too_long = says_too_long(status, body);
    let meaning = match status.as_u16() {
        _ if broke => "the account has no credit left",
        _ if too_long => "the request is too long for the model",
        400 if NO_MODEL.iter().any(|sign| body.to_lowercase().contains(sign)) => "there is no such model",
        400 | 422 => "the server did not understand the request",
        401 => "the server did not accept the key",
        403 => "the key may not use this model",
        404 => "there is no such model or address",
        408 => "the server gave up waiting",
        429 => "the server asks for fewer requests",
        529 => "the server has too much to do",
        500.. => "the server failed",
        _ => "the server turned the request down",
    };
    let why = format!("{meaning} ({}): {}", status.as_u16(), detail(body));
    let retry_after = headers::retry_after(headers);
    match status.as_u16() {
        _ if broke => CallError::Refused(why),
        _ if too_long => CallError::TooLong(why),
        429 | 529 => CallError::Busy { why, retry_after },
        // A server that says when to come back is up, and full.
        503 if retry_after.is_some() => CallError::Busy { why, retry_after },
        500.. if names(&error, BUSY) => CallError::Busy { why, retry_after },
        408 | 409 | 425 | 500.. => CallError::Transient(why),
        _ => CallError::Refused(why),
    }
}

/// Whether a request was turned down for its length.
#[must_use]
pub fn says_too_long(status: StatusCode, body: &str) -> bool {
    match status.as_u16() {
        413 => true,
        // These are about who asks and how often, whatever else they mention.
        401..=404 | 429 => false,
        _ => is_too_long(body),
    }
}

/// The error that stands in a stream or a body of a call that was accepted.
#[must_use]
pub fn in_reply(value: &Value) -> Option<CallError> {
    let error = match value.get("error").filter(|error| !error.is_null()) {
        Some(error) => error,
        None if value.get("object").and_then(Value::as_str) == Some("error") => value,
        None => return None,
    };
    let why = format!("the server reports: {}", detail(&value.to_string()));
    let code = error.get("code").and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let lasting = names(error, LASTING);
    Some(match code {
        _ if is_too_long(&error.to_string()) => CallError::TooLong(why),
        // An empty purse may come as a rate limit.
        Some(429 | 529) if !lasting => CallError::Busy { why, retry_after: None },
        Some(408 | 409 | 425) => CallError::Transient(why),
        Some(400..500) => CallError::Refused(why),
        _ if lasting => CallError::Refused(why),
        _ if names(error, BUSY) => CallError::Busy { why, retry_after: None },
        _ => CallError::Transient(why),
    })
}

/// One line of a server's own words: the message of an error object with the sizes beside it, the title of a page, or
/// the start of the text.
#[must_use]
pub fn detail(body: &str) -> String {
    let message = serde_json::from_str::<Value>(body).ok().and_then(|value| {
        let error = error_of(&value);
        let sizes = ["n_prompt_tokens", "n_ctx"].map(|name| error.get(name).and_then(Value::as_u64));
        let message = message_of(error)?;
        Some(match sizes {
            [Some(asked), Some(fit)] => format!("{message} ({asked} tokens, {fit} fit)"),
            _ => message,
        })
    });
    let text = message.or_else(|| page_title(body)).unwrap_or_else(|| body.to_owned());
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(DETAIL_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None if line.is_empty() => "no reason given".to_owned(),
        None => line,
    }
}

/// The error for an event that is no JSON.
#[must_use]
pub fn garbled(data: &str) -> CallError {
    CallError::Transient(format!("a piece of the stream is garbled: {}", detail(data)))
}

/// The error for a body that is neither a stream nor JSON.
#[must_use]
pub fn no_reply(body: &str) -> CallError {
    let why = format!("the answer is no completion but {}", detail(body));
    // A page is a wrong address; anything else may be an answer cut off.
    if body.trim_start().starts_with('<') { CallError::Refused(why) } else { CallError::Transient(why) }
}

/// The error for a stream that ended after so many events and before its end.
#[must_use]
pub fn half(events: usize) -> CallError {
    CallError::Transient(match events {
        0 => "the server sent an empty reply".to_owned(),
        _ => "the stream ended in the middle of the reply".to_owned(),
    })
}

/// The error for a reply that ran into its cap with nothing but thought.
#[must_use]
pub fn used_up(max_tokens: u32) -> CallError {
    CallError::Refused(format!("the model used up its {max_tokens} tokens before it came to a reply"))
}

/// The error object of a body, wherever the server put it.
fn error_of(body: &Value) -> &Value {
    // One server wraps its error in a list.
    let body = body.get(0).unwrap_or(body);
    body.get("error").filter(|error| !error.is_null()).unwrap_or(body)
}

fn message_of(error: &Value) -> Option<String> {
    let message = error.as_str().or_else(|| ["message", "detail"].iter().find_map(|key| error.get(key)?.as_str()));
    message.map(str::to_owned)
}

/// Whether the type or the code of an error holds one of these words.
fn names(error: &Value, words: &[&str]) -> bool {
    let said = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
    words.iter().any(|word| said("type").contains(word) || said("code").contains(word))
}

fn is_too_long(complaint: &str) -> bool {
    let complaint = complaint.to_lowercase();
    TOO_LONG.iter().any(|sign| complaint.contains(sign))
}

fn page_title(body: &str) -> Option<String> {
    let start = body.trim_start();
    if !start.starts_with('<') {
        return None;
    }
    // ASCII lower case keeps byte offsets.
    let lower = start.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + "<title>".len());
    let title = title.and_then(|at| start[at..].split('<').next()).map_or("without a title", str::trim);
    Some(format!("an HTML page, “{title}”"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down(status: u16, body: &str) -> CallError {
        turned_down(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body)
    }

    #[test]
    fn the_detail_is_the_servers_own_sentence() {
        assert_eq!(detail(r#"{"error":{"message":"no such\nmodel"}}"#), "no such model");
        assert_eq!(detail(r#"{"error":"busy"}"#), "busy");
        assert_eq!(detail(r#"[{"error":{"message":"busy","code":429}}]"#), "busy");
        assert_eq!(detail(r#"{"object":"error","message":"too long"}"#), "too long");
        assert_eq!(detail(r#"{"detail":"Not Found"}"#), "Not Found");
        assert_eq!(detail("  "), "no reason given");
    }

    #[test]
    fn a_page_is_named_by_its_title() {
        let page = "<!DOCTYPE html><html><head><TITLE>502 Bad Gateway</TITLE></head><body>x</body></html>";
        assert_eq!(detail(page), "an HTML page, “502 Bad Gateway”");
        assert_eq!(detail("<html></html>"), "an HTML page, “without a title”");
    }

    #[test]
    fn a_long_text_is_cut_on_a_character_border() {
        let line = detail(&"é".repeat(1000));
        assert_eq!(line.chars().count(), DETAIL_CHARS + 1);
        assert!(line.ends_with('…'));
    }

    #[test]
    fn what_is_worth_another_try_is_told_from_what_is_not() {
        assert!(matches!(down(503, ""), CallError::Transient(_)));
        assert!(matches!(down(429, "slow down"), CallError::Busy { retry_after: None, .. }));
        assert!(matches!(down(529, ""), CallError::Busy { why, .. } if why.contains("too much to do (529)")));
        assert!(matches!(down(500, r#"{"error":{"type":"overloaded_error"}}"#), CallError::Busy { .. }));
        assert!(matches!(down(404, ""), CallError::Refused(_)));
        assert!(matches!(down(429, r#"{"error":{"code":"insufficient_quota"}}"#), CallError::Refused(_)));
        let mut later = HeaderMap::new();
        later.insert("retry-after", "7".parse().unwrap());
        let full = turned_down(StatusCode::SERVICE_UNAVAILABLE, &later, "");
        assert!(matches!(full, CallError::Busy { retry_after: Some(wait), .. } if wait.as_secs() == 7));
    }

    #[test]
    fn an_unknown_model_is_named_whatever_the_status() {
        let body = r#"{"error":{"message":"Invalid model name passed in model=nobody.","type":"None","code":"400"}}"#;
        let why = down(400, body).to_string();
        assert_eq!(why, "there is no such model (400): Invalid model name passed in model=nobody.");
    }

    #[test]
    fn a_request_that_does_not_fit_is_known_by_many_words_and_keeps_its_sizes() {
        for (status, body, sizes) in [
            (
                400,
                r#"{"error":{"message":"Your input of 9000 tokens exceeds 8192.","code":"context_length_exceeded"}}"#,
                ["9000", "8192"],
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
                ["210000", "200000"],
            ),
            (
                400,
                r#"{"error":{"message":"input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"}}"#,
                ["188240", "200000"],
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}"#,
                ["5000", "4096"],
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."}"#,
                ["5000", "4096"],
            ),
            (413, "Request too large: limit 6000, requested 7000", ["6000", "7000"]),
        ] {
            let CallError::TooLong(why) = down(status, body) else { panic!("{body}") };
            assert!(sizes.iter().all(|size| why.contains(size)), "{why}");
        }
        let cap = r#"{"error":{"message":"max_tokens is too large: 5000. This model supports at most 4096."}}"#;
        assert!(matches!(down(400, cap), CallError::Refused(_)));
        assert!(matches!(down(403, "no context window for you"), CallError::Refused(_)));
    }

    #[test]
    fn an_error_in_a_reply_is_told_by_its_code_or_its_type() {
        let error = |error: &str| in_reply(&serde_json::from_str(&format!(r#"{{"error":{error}}}"#)).unwrap()).unwrap();
        assert!(matches!(error(r#"{"message":"slow down","code":429}"#), CallError::Busy { .. }));
        assert!(matches!(error(r#"{"message":"m","code":"rate_limit_exceeded"}"#), CallError::Busy { .. }));
        assert!(matches!(error(r#"{"message":"m","type":"insufficient_quota","code":"429"}"#), CallError::Refused(_)));
        assert!(matches!(error(r#"{"message":"m","code":401}"#), CallError::Refused(_)));
        assert!(matches!(error(r#"{"message":"m","code":502}"#), CallError::Transient(_)));
        assert!(matches!(error(r#"{"message":"m","code":"context_length_exceeded"}"#), CallError::TooLong(_)));
        assert!(matches!(error(r#""upstream died""#), CallError::Transient(why) if why.ends_with(": upstream died")));
        assert!(in_reply(&serde_json::json!({ "error": null })).is_none());
    }
}
