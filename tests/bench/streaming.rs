//! Streaming, from a socket to the screen: `cargo bench --bench streaming`.
//!
//! A server on loopback streams one-token pieces to 16 agents, 200 a second each. Printed are: the time from the moment
//! a piece is written to the socket until its text stands in the buffer that the agents pane reads; the share of one
//! core that the whole program takes meanwhile, with its screen open at 200×60 and without one.

#[path = "../support/process.rs"]
#[allow(dead_code, reason = "another bench counts wake-ups")]
mod process;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use delm::{
    engine::Tap,
    llm::{Chunk, Message, Model as _, Patience, Proxies, Request, Role, ServerOptions, chat::ChatModel},
    run::{AgentId, Sight, Stream},
};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use process::cpu_of;
use tokio::sync::mpsc;

const AGENTS: u16 = 16;
const EVERY: Duration = Duration::from_millis(5);
/// How long each part is measured.
const MEASURED: Duration = Duration::from_secs(10);

fn nanos() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos()
}

/// Answers every request with pieces for as long as `on`; each piece is the time at which it was written.
struct Server {
    port: u16,
    on: Arc<AtomicBool>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let on = Arc::new(AtomicBool::new(true));
        let going = Arc::clone(&on);
        thread::spawn(move || {
            for stream in listener.incoming().take(256).flatten() {
                let on = Arc::clone(&going);
                thread::spawn(move || drop(serve(stream, &on)));
            }
        });
        Server { port, on }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.on.store(false, Ordering::Relaxed);
    }
}

fn serve(mut stream: TcpStream, on: &AtomicBool) -> std::io::Result<()> {
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
    let mut due = Instant::now();
    while on.load(Ordering::Relaxed) {
        due += EVERY;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let piece = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{} \"}}}}]}}\n\n", nanos());
        stream.write_all(piece.as_bytes())?;
    }
    stream.write_all(b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
}

/// From the socket through wire, tap and channel into a buffer, on the runtimes that the program uses.
fn latency() {
    let server = Server::start();
    let tap = Tap::open();
    let working = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    for agent in 1..=AGENTS {
        let options = ServerOptions {
            name: "bench:tiny".into(),
            base_url: format!("http://127.0.0.1:{}/v1", server.port),
            model: "tiny".into(),
            key: None,
            patience: Patience::default(),
            proxies: Proxies::None,
            quirks: Default::default(),
        };
        let (model, tap) = (ChatModel::new(options).expect("an address"), tap.clone());
        working.spawn(async move {
            let messages = vec![Message { role: Role::User, text: "go".into() }];
            let request = Request { messages, stable: 0, max_tokens: 1_000_000, temperature: None };
            let mut hear = |chunk| {
                if let Chunk::Output(text) = chunk {
                    tap.text(AgentId(agent), Stream::Output, &text);
                }
            };
            let _ = model.send(&request, &mut hear).await;
        });
    }
    let (feed, mut to_screen) = mpsc::channel(64);
    working.spawn(async move {
        loop {
            let seen = tap.look().await;
            if feed.send(seen).await.is_err() {
                return;
            }
        }
    });
    let watching = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut waits: Vec<u64> = Vec::new();
    let mut buffers = vec![String::new(); usize::from(AGENTS) + 1];
    let end = Instant::now() + MEASURED;
    watching.block_on(async {
        while Instant::now() < end {
            let Some(seen) = to_screen.recv().await else { break };
            for live in seen {
                let Sight::Text(_, text) = live.sight else { continue };
                buffers[usize::from(live.agent.0)].push_str(&text);
                let now = nanos();
                let written = text.split_whitespace().filter_map(|stamp| stamp.parse::<u128>().ok());
                waits.extend(written.map(|written| now.saturating_sub(written) as u64));
            }
        }
    });
    drop(server);
    working.shutdown_background();
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize] as f64 / 1000.0;
    println!(
        "socket → pane buffer, {AGENTS} agents: {} pieces, median {:.0} µs, 99 % {:.0} µs",
        waits.len(),
        at(0.5),
        at(0.99)
    );
}

/// What the real program takes of one core while 16 agents read documents to a model that never stops.
fn share_of_core(screen: bool) {
    let server = Server::start();
    let dir = tempfile::tempdir().expect("a folder");
    for number in 0..AGENTS {
        let text = format!("Document {number}. ").repeat(100);
        std::fs::write(dir.path().join(format!("{number}.txt")), text).expect("room");
    }
    let runs = dir.path().join("runs");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_delm"));
    command.args(["run", "What do they say?", &dir.path().to_string_lossy(), "--agents", "16", "--gate", "auto"]);
    command.args(["--model", &format!("http://127.0.0.1:{}/v1#tiny", server.port)]);
    command.args(["--run-dir", &runs.to_string_lossy()]);
    if !screen {
        command.arg("--headless");
    }
    command.env("TERM", "xterm-256color");
    let size = PtySize { rows: 60, cols: 200, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
    let mut child = pair.slave.spawn_command(command).expect("the program starts");
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let drawn = thread::spawn(move || {
        let (mut bytes, mut all) = ([0; 65_536], 0);
        while let Ok(read @ 1..) = reader.read(&mut bytes) {
            all += read;
        }
        all
    });
    let pid = child.process_id().expect("it runs");
    thread::sleep(Duration::from_secs(3));
    let (before, since) = (cpu_of(pid), Instant::now());
    thread::sleep(MEASURED);
    let share = (cpu_of(pid) - before) / since.elapsed().as_secs_f64();
    let _ = child.kill();
    let _ = child.wait();
    drop(pair.master);
    let drawn = drawn.join().unwrap_or(0);
    let what = if screen { "with its screen" } else { "without a screen" };
    println!("the program {what}: {:.1} % of one core, {} kB to the terminal", share * 100.0, drawn / 1024);
}

fn main() {
    latency();
    share_of_core(true);
    share_of_core(false);
}
