//! Whether a server answers, and which models it has: `GET /models`, which every wire's servers know.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::provider::Wire;

/// What a list that is longer than this many bytes says is not waited for.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// How a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It has these models, in its own order.
    Models(Vec<String>),
    /// It answers, and wants a key or another one.
    WantsKey,
    /// It answers, but not with a list of models.
    Answers(StatusCode),
    /// Why it was not reached, in words.
    Unreached(String),
}

/// Asks the server at `base_url`, for `patience` at most. Without a key nothing secret is sent.
pub async fn ask(client: &Client, base_url: &str, wire: Wire, key: Option<&SecretString>, patience: Duration) -> Reach {
    let request = client.get(format!("{}/models", base_url.trim_end_matches('/'))).timeout(patience);
    let key = key.map(|key| key.expose_secret().trim());
    let request = match wire {
        Wire::Messages => request.header("anthropic-version", "2023-06-01"),
        Wire::Chat | Wire::Responses => request,
    };
    let request = match (wire, key) {
        (_, None) => request,
        (Wire::Messages, Some(key)) => request.header("x-api-key", key),
        (Wire::Chat | Wire::Responses, Some(key)) => request.bearer_auth(key),
    };
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_timeout() => return Reach::Unreached(format!("no answer within {patience:?}")),
        Err(error) if error.is_builder() => return Reach::Unreached("its address or key cannot be used".to_owned()),
        Err(_) => return Reach::Unreached("nobody answers".to_owned()),
    };
    let status = response.status();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Reach::WantsKey,
        // Some say that a request without a key is no request.
        StatusCode::BAD_REQUEST if key.is_none() => return Reach::WantsKey,
        _ if !status.is_success() => return Reach::Answers(status),
        _ => {}
    }
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() > MOST_BYTES {
            return Reach::Answers(status);
        }
    }
    models(&body).map_or(Reach::Answers(status), Reach::Models)
}

/// `{"data": [{"id": …}]}`, as OpenAI and Anthropic have it and most servers imitate.
fn models(body: &[u8]) -> Option<Vec<String>> {
    let list: Value = serde_json::from_slice(body).ok()?;
    let id = |model: &Value| {
        let id = model.get("id")?.as_str()?;
        // Google's have a prefix that its own requests do without.
        Some(id.strip_prefix("models/").unwrap_or(id).to_owned())
    };
    list.get("data")?.as_array()?.iter().map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_models_is_told_from_anything_else() {
        let read = |text: &str| models(text.as_bytes());
        assert_eq!(read(r#"{"object":"list","data":[{"id":"b"},{"id":"models/a"}]}"#).unwrap(), ["b", "a"]);
        assert_eq!(read(r#"{"data":[]}"#), Some(vec![]));
        for other in ["<html>", "{}", r#"{"data":{}}"#, r#"{"data":[{"name":"a"}]}"#, "[]"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
