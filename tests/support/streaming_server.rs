//! A server on loopback that streams pieces of one token, each the time at which it was written, in nanoseconds.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How replies come.
#[derive(Debug, Clone, Copy)]
pub enum Flow {
    /// A piece every so often, for as long as the server is there.
    Beat(Duration),
    /// The first replies have so many pieces, written as fast as they are taken; later ones have one.
    Burst { replies: u64, pieces: u64 },
}

pub struct StreamingServer {
    pub port: u16,
    on: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
}

impl StreamingServer {
    pub fn start(flow: Flow) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (on, sent) = (Arc::new(AtomicBool::new(true)), Arc::<AtomicU64>::default());
        let (going, counted) = (Arc::clone(&on), Arc::clone(&sent));
        thread::spawn(move || {
            for (stream, number) in listener.incoming().take(4096).flatten().zip(0..) {
                let (on, sent) = (Arc::clone(&going), Arc::clone(&counted));
                thread::spawn(move || drop(serve(stream, number, flow, &on, &sent)));
            }
        });
        StreamingServer { port, on, sent }
    }

    /// As `--model` wants it.
    pub fn model(&self) -> String {
        format!("http://127.0.0.1:{}/v1#tiny", self.port)
    }

    /// Pieces that were written so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for StreamingServer {
    fn drop(&mut self) {
        self.on.store(false, Ordering::Relaxed);
    }
}

pub fn nanos() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos()
}

/// Answers one request.
fn serve(mut stream: TcpStream, number: u64, flow: Flow, on: &AtomicBool, sent: &AtomicU64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    match flow {
        Flow::Beat(every) => {
            let mut due = Instant::now();
            while on.load(Ordering::Relaxed) {
                due += every;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                stream.write_all(piece().as_bytes())?;
                sent.fetch_add(1, Ordering::Relaxed);
            }
        }
        Flow::Burst { replies, pieces } => {
            let mut left = if number < replies { pieces } else { 1 };
            while left > 0 {
                let now = left.min(256);
                let text: String = (0..now).map(|_| piece()).collect();
                stream.write_all(text.as_bytes())?;
                sent.fetch_add(now, Ordering::Relaxed);
                left -= now;
            }
        }
    }
    stream.write_all(b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
}

fn piece() -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{} \"}}}}]}}\n\n", nanos())
}
