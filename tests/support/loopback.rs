//! A server on a loopback socket for tests of the whole program: a thread of its own answers each request as a test says,
//! and keeps what came.
#![allow(clippy::unwrap_used, reason = "it fails as tests do")]

use std::sync::{Arc, Mutex, MutexGuard};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, runtime::Runtime};

#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    pub body: String,
}

impl Answer {
    pub fn json(status: u16, body: impl ToString) -> Self {
        Answer { status, kind: "application/json", body: body.to_string() }
    }

    /// Events of a stream, without their `data: `.
    pub fn stream(events: &[&str]) -> Self {
        let body = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        Answer { status: 200, kind: "text/event-stream", body }
    }
}

type Rule = Arc<dyn Fn(&Seen) -> Answer + Send + Sync>;

pub struct Loopback {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Dropping it ends the server.
    _runtime: Runtime,
}

impl Loopback {
    pub fn start(rule: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let app = Router::new().fallback(answer).with_state((Arc::new(rule) as Rule, Arc::clone(&seen)));
        runtime.spawn(async move { axum::serve(listener, app).await });
        Loopback { port, seen, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap()
    }
}

async fn answer(
    State((rule, seen)): State<(Rule, Arc<Mutex<Vec<Seen>>>)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    let asked = Seen { method, path: uri.path().to_owned(), headers, body };
    let Answer { status, kind, body } = rule(&asked);
    seen.lock().unwrap().push(asked);
    (StatusCode::from_u16(status).unwrap(), [("content-type", kind)], body).into_response()
}
