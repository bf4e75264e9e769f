//! The HTTP client that every wire shares: how it trusts, how long it waits, and how its failures read.
//!
//! There is no total timeout: a long answer is not a slow one. What is bounded is the wait for a connection and the
//! silence between two pieces.

use std::{error::Error, sync::Once, time::Duration};

use reqwest::{Certificate, Client, Response};
use serde_json::Value;

use super::CallError;

/// Body of a refusal that is read at most, in bytes; the rest says nothing new.
const REFUSAL_BYTES: usize = 64 * 1024;

/// What an error message keeps of a server's own words, in characters.
const DETAIL_CHARS: usize = 300;

/// What an error's type or code says when it will hold for the same request again.
const LASTING: &[&str] = &[
    "invalid_request",
    "authentication",
    "permission",
    "not_found",
    "insufficient_quota",
    "billing",
    "request_too_large",
];

/// Whether the proxies of the environment are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Proxies {
    #[default]
    Environment,
    /// Straight to the server, for models on this machine and for tests.
    None,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the next piece of a reply, the first included.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // A model that thinks without streaming its thought may be silent for minutes.
        Patience { connect: Duration::from_secs(15), silence: Duration::from_secs(300) }
    }
}

/// A client that works with no certificate files on the machine: the web's roots come with the program.
///
/// # Errors
/// `Refused` when the TLS library does not start.
pub fn client(patience: Patience, proxies: Proxies) -> Result<Client, CallError> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that the process has a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der).ok());
    let builder = Client::builder()
        .user_agent(concat!("delm/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(patience.connect)
        .read_timeout(patience.silence)
        .tls_certs_merge(roots);
    let builder = match proxies {
        Proxies::Environment => builder,
        Proxies::None => builder.no_proxy(),
    };
    builder.build().map_err(|error| CallError::Refused(format!("no HTTP client: {}", sentence(error))))
}

/// Why a request failed, down to its first cause, without the address: that may carry secrets.
#[must_use]
pub fn sentence(error: reqwest::Error) -> String {
    let error = error.without_url();
    let what = if error.is_timeout() {
        "the server was silent for too long"
    } else if error.is_connect() {
        "the server was not reached"
    } else if error.is_body() || error.is_decode() {
        "the connection broke off"
    } else {
        "the request failed"
    };
    let mut cause: &dyn Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("{what} ({cause})")
}

/// The body of a refusal as text, cut where it gets long. What cannot be read is left out.
pub async fn refusal(mut response: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() >= REFUSAL_BYTES {
            body.truncate(REFUSAL_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// One line of a server's own words: the message of an error object, the title of a page, or the start of the text.
#[must_use]
pub fn detail(body: &str) -> String {
    let message = serde_json::from_str::<Value>(body).ok().and_then(|value| message_of(&value));
    let text = message.or_else(|| page_title(body)).unwrap_or_else(|| body.to_owned());
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(DETAIL_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None if line.is_empty() => "no reason given".to_owned(),
        None => line,
    }
}

/// The sentence in an error object, wherever the server put it.
#[must_use]
pub fn message_of(value: &Value) -> Option<String> {
    let error = value.get("error").unwrap_or(value);
    let message = error.as_str().or_else(|| ["message", "detail"].iter().find_map(|key| error.get(key)?.as_str()));
    message.map(str::to_owned)
}

/// The error that stands in a stream or a body of a call that was accepted.
#[must_use]
pub fn failure(value: &Value) -> Option<CallError> {
    let error = match value.get("error").filter(|error| !error.is_null()) {
        Some(error) => error,
        None if value.get("object").and_then(Value::as_str) == Some("error") => value,
        None => return None,
    };
    let why = format!("the server reports: {}", detail(&value.to_string()));
    let word = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
    let code = error.get("code").and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let refused = match code {
        Some(408 | 409 | 425 | 429) => false,
        Some(400..500) => true,
        _ => LASTING.iter().any(|sign| word("type").contains(sign) || word("code").contains(sign)),
    };
    Some(if refused { CallError::Refused(why) } else { CallError::Transient(why) })
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

    #[test]
    fn the_detail_is_the_servers_own_sentence() {
        assert_eq!(detail(r#"{"error":{"message":"no such\nmodel"}}"#), "no such model");
        assert_eq!(detail(r#"{"error":"busy"}"#), "busy");
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
    fn a_client_is_built_twice() {
        assert!(client(Patience::default(), Proxies::None).is_ok());
        assert!(client(Patience::default(), Proxies::Environment).is_ok());
    }
}
