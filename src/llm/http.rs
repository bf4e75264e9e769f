//! The HTTP client that every wire shares: how it trusts, how long it waits for a connection, and how its failures read.
//!
//! There is no total timeout: a long answer is not a slow one. The waits for words are counted where words are read.

use std::{error::Error, sync::Once, time::Duration};

use reqwest::{Certificate, Client, Response, redirect::Policy};
use tokio::time::{Instant, timeout_at};

use super::CallError;

/// Body of a refusal that is read at most, in bytes; the rest says nothing new.
const REFUSAL_BYTES: usize = 64 * 1024;

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
    /// For the first word, thought included, from when the request is sent; and for any later one while nothing but
    /// signs of life come.
    pub first: Duration,
    /// For any sign of life between two words.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(15),
            // A model on a slow machine reads a long request for minutes before it says a word.
            first: Duration::from_secs(600),
            // A model that thinks without streaming its thought may be silent for minutes.
            silence: Duration::from_secs(300),
        }
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
        // Wherever it leads, neither the key nor the documents were meant for it.
        .redirect(Policy::none())
        .tls_certs_merge(roots);
    let builder = match proxies {
        Proxies::Environment => builder,
        Proxies::None => builder.no_proxy(),
    };
    builder.build().map_err(|error| CallError::Refused(format!("no HTTP client: {}", sentence(error, patience))))
}

/// Why a request failed, down to its first cause, without the address: that may carry secrets.
#[must_use]
pub fn sentence(error: reqwest::Error, patience: Patience) -> String {
    let error = error.without_url();
    let what = match () {
        () if error.is_timeout() => {
            return format!("no connection to the server came about for {:?}", patience.connect);
        }
        () if error.is_connect() => "the server was not reached",
        () if error.is_body() || error.is_decode() => "the connection broke off",
        () => "the request failed",
    };
    let mut cause: &dyn Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("{what} ({cause})")
}

/// The body of a refusal as text, cut where it gets long or late. What cannot be read is left out.
pub async fn refusal(mut response: Response, deadline: Instant) -> String {
    let mut body = Vec::new();
    while let Ok(Ok(Some(piece))) = timeout_at(deadline, response.chunk()).await {
        body.extend_from_slice(&piece);
        if body.len() >= REFUSAL_BYTES {
            body.truncate(REFUSAL_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_built_twice() {
        assert!(client(Patience::default(), Proxies::None).is_ok());
        assert!(client(Patience::default(), Proxies::Environment).is_ok());
    }
}
