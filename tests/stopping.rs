//! Stop means stop, counted at the socket: once it is acknowledged that an agent is stopped, or that the run is paused, no
//! request comes from there, whatever the call was about; and the others go on.
//! (FAILURES 5)

mod support;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use delm::{
    engine::{Audience, Engine, Maker, Models, Replay, Start, Tap, Voice},
    llm::{
        Limiter, Message, Model as _, Patience, Proxies, Request, Retrying, Role, ServerOptions, chat::ChatModel,
        price::Price, quirk::Quirks, scripted::Scripted,
    },
    reason::prompted::Prompted,
    run::{AgentId, Command, Event, Fact, Live, Outcome, Parting, Phase, Run, Seq, Sight, Whose},
    store::{Journal as _, Memory},
};
use support::scenario::{Scenario, fold};
use tokio::sync::mpsc;

/// Where a call stands when its server leaves it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stuck {
    Never,
    /// The connection is there, its handshake is not answered.
    Connecting,
    FirstToken,
    MidStream,
    BackingOff,
    /// Everything is answered but the verification.
    Verifying,
}

/// A server that plays the script of a scenario, and gets stuck.
struct Server {
    port: u16,
    scheme: &'static str,
    /// Connections that were accepted, each good for one request.
    came: Arc<AtomicUsize>,
    /// Says that a call is stuck.
    stuck: mpsc::UnboundedReceiver<()>,
    /// Says that the other end of a stuck call has hung up.
    left: mpsc::UnboundedReceiver<()>,
}

impl Server {
    fn start(scenario: &Scenario, stuck: Stuck) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let came = Arc::<AtomicUsize>::default();
        let (says, is_stuck) = mpsc::unbounded_channel();
        let (tells, left) = mpsc::unbounded_channel();
        let (count, script) = (Arc::clone(&came), Arc::new(Scripted::new(scenario.rules())));
        // It ends with the test's process.
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let (says, tells, script) = (says.clone(), tells.clone(), Arc::clone(&script));
                std::thread::spawn(move || {
                    let mut socket = socket.unwrap();
                    if serve(&mut socket, stuck, &script).is_none() {
                        let _ = says.send(());
                        // Whatever still comes is the end.
                        let _ = socket.read_to_end(&mut vec![]);
                        let _ = tells.send(());
                    }
                });
            }
        });
        let scheme = if stuck == Stuck::Connecting { "https" } else { "http" };
        Server { port, scheme, came, stuck: is_stuck, left }
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }

    fn voice(&self, name: &str) -> Voice {
        let hour = Duration::from_secs(3600);
        let options = ServerOptions {
            name: name.to_owned(),
            base_url: format!("{}://127.0.0.1:{}/v1", self.scheme, self.port),
            model: "m".into(),
            key: None,
            patience: Patience { connect: hour, first: hour, silence: hour },
            proxies: Proxies::None,
            quirks: Quirks::new(),
        };
        let model = Arc::new(ChatModel::new(options).unwrap());
        let model = Arc::new(Retrying::new(model, Arc::new(Limiter::new(1)), 1));
        Voice { model, price: Some(Price::FREE) }
    }
}

/// Answers one request; `None` when it is left alone.
fn serve(socket: &mut TcpStream, stuck: Stuck, script: &Scripted) -> Option<()> {
    if stuck == Stuck::Connecting {
        return None;
    }
    // Nobody has anything to ask.
    let Some(asked) = last_message(socket) else { return Some(()) };
    let text =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(
            async {
                let messages = vec![Message { role: Role::User, text: asked.clone() }];
                let request = Request { messages, stable: 0, max_tokens: 1, temperature: None };
                script.send(&request, &mut |_| {}).await.unwrap().text
            },
        );
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let piece =
        |text: &str| format!("data: {}\n\n", serde_json::json!({ "choices": [{ "delta": { "content": text } }] }));
    match stuck {
        Stuck::FirstToken => return None,
        Stuck::MidStream => {
            socket.write_all(format!("{head}{}", piece("It be")).as_bytes()).unwrap();
            return None;
        }
        Stuck::BackingOff => {
            socket.write_all(b"HTTP/1.1 503 no\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").unwrap();
            return None;
        }
        Stuck::Verifying if asked.contains("# Verify the chain") => return None,
        Stuck::Never | Stuck::Connecting | Stuck::Verifying => {}
    }
    let end = serde_json::json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] });
    // Nobody may be there to read it any more.
    let _ = socket.write_all(format!("{head}{}data: {end}\n\ndata: [DONE]\n\n", piece(&text)).as_bytes());
    Some(())
}

/// The last message of the request that comes.
fn last_message(socket: &mut TcpStream) -> Option<String> {
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).ok()?;
    let last = body["messages"].as_array().unwrap().last().unwrap();
    Some(last["content"].as_str().unwrap().to_owned())
}

/// Makes the model of the server that gets stuck.
struct Other(Voice);

impl Maker for Other {
    fn price(&self, _name: &str) -> Option<Price> {
        self.0.price
    }

    fn make(&self, _name: &str) -> Result<Voice, String> {
        Ok(self.0.clone())
    }
}

struct Session {
    engine: Engine,
    shown: mpsc::Receiver<Vec<Event>>,
    journal: Memory,
    tap: Tap,
}

impl Session {
    /// The first agent thinks with the other server.
    async fn start(scenario: &Scenario, good: &Server, other: &Server) -> Self {
        let mut journal = Memory::default();
        scenario.begin(&mut journal);
        let head = journal.events(Seq(0)).unwrap().len() as u64;
        let set = Fact::ModelSet { whose: Whose::Agent(AgentId(1)), model: Some("other:m".into()) };
        journal.append(Seq(head), &[Event { seq: Seq(head + 1), at: 0, fact: set }], &[]).unwrap();
        let run = fold(&journal.events(Seq(0)).unwrap());
        let (sender, shown) = mpsc::channel(64);
        let tap = Tap::open();
        let models = Models::new(good.voice("good:m"), Default::default());
        let start = Start {
            reasoner: Arc::new(Prompted::new("good:m".into(), run.options.method.clone())),
            run,
            journal: Box::new(journal.clone()),
            models: Some(models.with_maker(Arc::new(Other(other.voice("other:m"))))),
            audience: Some(Audience::new(sender)),
            tap: tap.clone(),
            replay: Replay::default(),
        };
        Session { engine: Engine::start(start).await.unwrap(), shown, journal, tap }
    }

    /// Waits until a call is to be tried again.
    async fn backs_off(&self) {
        let waits = |live: &Live| matches!(live.sight, Sight::Phase(Phase::TriesAgain { .. }));
        while !self.tap.look().await.iter().any(waits) {}
    }

    async fn until(&mut self, wanted: impl Fn(&Fact) -> bool) {
        while let Some(batch) = self.shown.recv().await {
            if batch.iter().any(|event| wanted(&event.fact)) {
                return;
            }
        }
        panic!("the session ended before");
    }

    /// Waits for the end of the run; nobody looks any more.
    async fn end(self) -> Run {
        let Session { mut engine, mut shown, journal, tap: _ } = self;
        let drain = tokio::spawn(async move { while shown.recv().await.is_some() {} });
        engine.ended().await;
        engine.stop(Parting::Interrupted).await.unwrap();
        drain.await.unwrap();
        fold(&journal.events(Seq(0)).unwrap())
    }
}

/// Whatever waits for a time has its time, and whatever was sent before this has come when it returns.
async fn ten_minutes(server: &Server) -> usize {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(600)).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    tokio::time::resume();
    let before = server.came();
    // Connections are accepted in the order in which they came.
    drop(tokio::net::TcpStream::connect(("127.0.0.1", server.port)).await.unwrap());
    while server.came() == before {
        tokio::task::yield_now().await;
    }
    server.came() - 1
}

#[tokio::test]
async fn nothing_is_sent_for_an_agent_that_was_stopped() {
    let scenario = Scenario::read(Path::new("tests/scenarios/two_finish_at_once.toml"));
    for stuck in [Stuck::Connecting, Stuck::FirstToken, Stuck::MidStream, Stuck::BackingOff, Stuck::Verifying] {
        let good = Server::start(&scenario, Stuck::Never);
        let mut other = Server::start(&scenario, stuck);
        let session = Session::start(&scenario, &good, &other).await;
        other.stuck.recv().await.unwrap();
        if stuck == Stuck::BackingOff {
            session.backs_off().await;
            // One that is not stopped tries again after a time.
            let before = other.came();
            while other.came() == before {
                ten_minutes(&good).await;
            }
            session.backs_off().await;
        }
        let asked = Instant::now();
        session.engine.command(Command::StopAgent { agent: AgentId(1) }).await.unwrap();
        let came = other.came();
        println!("{stuck:?}: stopped after {:?}", asked.elapsed());
        other.left.recv().await.unwrap();
        let run = session.end().await;
        assert_eq!(run.outcome, Some(Outcome::Answered), "{stuck:?}: the other goes on");
        assert!(run.entries_of(delm::run::EntryKind::Fact).count() == 2, "{stuck:?}: both tasks are done");
        assert!(run.in_flight.is_empty());
        assert_eq!(ten_minutes(&other).await, came, "{stuck:?}: it had sent all before");
    }
}

#[tokio::test]
async fn nothing_is_sent_while_the_run_is_paused() {
    let scenario = Scenario::read(Path::new("tests/scenarios/two_finish_at_once.toml"));
    let started = |fact: &Fact| matches!(fact, Fact::CallStarted { .. });
    let planned = |fact: &Fact| matches!(fact, Fact::PlanSettled { .. });
    let verified = |fact: &Fact| matches!(fact, Fact::CallStarted { call } if call.kind == delm::run::CallKind::Verify);
    for (name, when) in
        [("preparing", &started as &dyn Fn(&Fact) -> bool), ("claiming", &planned), ("verifying", &verified)]
    {
        let good = Server::start(&scenario, Stuck::Never);
        let other = Server::start(&scenario, Stuck::Never);
        let mut session = Session::start(&scenario, &good, &other).await;
        session.until(when).await;
        session.engine.command(Command::Pause).await.unwrap();
        session.until(|fact| matches!(fact, Fact::RunPaused)).await;
        let came = (good.came(), other.came());
        assert_eq!((ten_minutes(&good).await, ten_minutes(&other).await), came, "{name}");
        session.engine.command(Command::Resume).await.unwrap();
        assert_eq!(session.end().await.outcome, Some(Outcome::Answered), "{name}");
    }
}
