//! Streaming, from a socket to the screen: `cargo bench --bench streaming`.
//!
//! A server on loopback streams one-token pieces to 16 agents. Printed are: the time from the moment a piece is written
//! to the socket until its text stands in a buffer behind the tap; what a burst of a million pieces costs the program
//! without a screen, from the socket into the run file, and that all of them are there; the share of one core that the
//! program takes at 200 pieces a second and agent, with its screen open at 200×60 and without one. Beside them stand a
//! bounded channel, and a program that does nothing but read the same sockets.

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/process.rs"]
#[allow(dead_code, reason = "another bench counts wake-ups")]
mod process;
#[path = "../support/streaming_server.rs"]
mod streaming_server;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use delm::{
    engine::Tap,
    llm::{Chunk, Message, Model as _, Patience, Proxies, Request, Role, ServerOptions, chat::ChatModel},
    run::{AgentId, Fact, Seq, Sight, Stream, Trace},
    store::{Journal as _, RunDir, Sqlite},
};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use process::{cpu_of, cpu_of_ended};
use streaming_server::{Flow, StreamingServer, nanos};
use tokio::sync::mpsc;

const AGENTS: u16 = 16;
const EVERY: Duration = Duration::from_millis(5);
/// Pieces a second at that beat.
const RATE: f64 = AGENTS as f64 * 200.0;
/// The argument by which this program becomes the one that only reads.
const ONLY_READ: &str = "--only-read";

/// From the socket through wire, tap and channel into a buffer, on the runtimes that the program uses.
fn latency(measured: Duration) {
    let server = StreamingServer::start(Flow::Beat(EVERY));
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
    let end = Instant::now() + measured;
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
    let figure = format!("median {:.0} µs, 99 % {:.0} µs", at(0.5), at(0.99));
    figures::row("a piece of streamed text: socket → buffer behind the tap, 16 × 200/s", &figure, "", "reported");
}

/// Documents for everybody, and a folder for the run.
fn place() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for number in 0..AGENTS {
        let text = format!("Document {number}. ").repeat(100);
        std::fs::write(dir.path().join(format!("{number}.txt")), text).expect("room");
    }
    dir
}

fn arguments(dir: &Path, model: &str) -> Vec<String> {
    let mut args = ["run", "What do they say?"].map(str::to_owned).to_vec();
    args.push(dir.to_string_lossy().into_owned());
    args.extend(["--agents", "16", "--gate", "auto", "--model", model, "--run-dir"].map(str::to_owned));
    args.push(dir.join("runs").to_string_lossy().into_owned());
    args
}

/// CPU time of a whole run without a screen in which the first replies are that long, and pieces written and kept.
fn whole_run(pieces: u64) -> (f64, u64, u64) {
    let server = StreamingServer::start(Flow::Burst { replies: u64::from(AGENTS), pieces });
    let dir = place();
    let before = cpu_of_ended();
    let mut child = Command::new(env!("CARGO_BIN_EXE_delm"))
        .args(arguments(dir.path(), &server.model()))
        .arg("--headless")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    child.wait().expect("it runs");
    let cpu = cpu_of_ended() - before;
    (cpu, server.sent(), kept(&dir.path().join("runs")))
}

/// Pieces in the run file.
fn kept(runs: &Path) -> u64 {
    let runs = RunDir::open(runs).expect("it was made");
    let run = runs.find("latest").expect("there is one");
    let journal = Sqlite::open_to_read(&runs.file(&run)).expect("it opens");
    let mut all = 0;
    for event in journal.events(Seq(0)).expect("its log") {
        let Fact::CallFinished { call } = event.fact else { continue };
        let Some(trace) = call.trace else { continue };
        let trace: Trace = serde_json::from_slice(&journal.body(trace).expect("it is kept")).expect("a trace");
        all += trace.text.split_whitespace().filter(|stamp| stamp.parse::<u128>().is_ok()).count() as u64;
    }
    all
}

fn burst(pieces: u64) {
    let (without, ..) = whole_run(1);
    let (with, sent, kept) = whole_run(pieces / u64::from(AGENTS));
    assert_eq!(kept, sent, "a token was lost");
    let each = (with - without).max(0.0) * 1e6 / sent as f64;
    figures::row(
        &format!("CPU a streamed piece, end to end, screen shut, a burst of {sent} pieces, all of them kept"),
        &format!("{each:.2} µs"),
        &format!("bounded channel: {:.2} µs", channel(pieces)),
        "< 5 µs",
    );
}

/// What a piece costs that only goes through a bounded channel, in microseconds.
fn channel(pieces: u64) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let began = Instant::now();
    runtime.block_on(async {
        let (sender, mut receiver) = mpsc::channel(64);
        tokio::spawn(async move {
            for piece in 0..pieces {
                let _ = sender.send(piece.to_string()).await;
            }
        });
        let mut bytes = 0;
        while let Some(piece) = receiver.recv().await {
            bytes += piece.len();
        }
        std::hint::black_box(bytes);
    });
    began.elapsed().as_secs_f64() * 1e6 / pieces as f64
}

/// What the real program takes of one core while 16 agents read documents to a model that never stops.
fn share_of_core(screen: bool, measured: Duration) -> f64 {
    let server = StreamingServer::start(Flow::Beat(EVERY));
    let dir = place();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_delm"));
    command.args(arguments(dir.path(), &server.model()));
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
    let share = share_of(child.process_id().expect("it runs"), measured);
    let _ = child.kill();
    let _ = child.wait();
    drop(pair.master);
    let drawn = drawn.join().unwrap_or(0);
    println!("to the terminal: {} kB", drawn / 1024);
    share
}

/// What a process takes of one core, once it is at work.
fn share_of(pid: u32, measured: Duration) -> f64 {
    thread::sleep(measured.min(Duration::from_secs(3)));
    let (before, since) = (cpu_of(pid), Instant::now());
    thread::sleep(measured);
    (cpu_of(pid) - before) / since.elapsed().as_secs_f64()
}

/// What a program takes that reads the same sockets on the same runtime, and does nothing with what it reads.
fn share_of_reader(measured: Duration) -> f64 {
    let server = StreamingServer::start(Flow::Beat(EVERY));
    let own = std::env::current_exe().expect("it runs");
    let mut child: Child =
        Command::new(own).args([ONLY_READ, &server.port.to_string()]).spawn().expect("it starts again");
    let share = share_of(child.id(), measured);
    let _ = child.kill();
    let _ = child.wait();
    share
}

fn only_read(port: u16) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let readers: Vec<_> = (0..AGENTS)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server");
            stream.write_all(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n").expect("the server");
            stream.set_nonblocking(true).expect("a socket");
            runtime.spawn(async move {
                let stream = tokio::net::TcpStream::from_std(stream).expect("a socket");
                let mut bytes = [0; 8192];
                while stream.readable().await.is_ok() && !matches!(stream.try_read(&mut bytes), Ok(0)) {}
            })
        })
        .collect();
    runtime.block_on(futures_util::future::join_all(readers));
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == ONLY_READ) {
        return only_read(args[at + 1].parse().expect("a port"));
    }
    // The test runner asks benches whether they still run.
    let (measured, pieces) = match args.iter().any(|arg| arg == "--bench") {
        true => (Duration::from_secs(10), 1_000_000),
        false => (Duration::from_millis(100), 1_600),
    };
    latency(measured);
    burst(pieces);
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let (open, shut, floor) =
        (share_of_core(true, measured), share_of_core(false, measured), share_of_reader(measured));
    let only = format!("only reading the sockets: {}", percent(floor));
    figures::row("share of one core, 16 agents × 200 tokens/s, screen open at 200×60", &percent(open), &only, "< 15 %");
    figures::row("the same, screen shut", &percent(shut), &only, "reported");
    println!(
        "a piece with the screen shut: {:.1} µs of CPU, {:.1} of it to read the socket",
        shut * 1e6 / RATE,
        floor * 1e6 / RATE
    );
}
